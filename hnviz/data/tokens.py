"""Split text into tokens, and name each token's kind."""

import re

from hnviz.data.corpora import ONES, PLACES, TEENS, TENS

BOS = "xxbos"

KINDS = ("comma", "thousand", "hundred", "tens", "teens", "ones", "special")
"""Every kind of token, in the order in which pages list them."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_KIND_OF_WORD = {
    ",": "comma",
    **{word: word for word in PLACES},
    **dict.fromkeys(TENS, "tens"),
    **dict.fromkeys(TEENS, "teens"),
    **dict.fromkeys(ONES, "ones"),
}


def tokenize(text: str) -> list[str]:
    """Split a document into tokens: ``xxbos`` in front, lower-case words, each mark a token."""
    return [BOS, *_TOKEN.findall(text.lower())]


def kind_of(token: str) -> str:
    """Return a token's kind, one of `KINDS`; a token that is not part of a number is "special"."""
    return _KIND_OF_WORD.get(token, "special")
