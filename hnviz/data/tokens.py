"""From text to tokens, and what kind of token each is."""

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
    """Split a document into tokens: ``xxbos`` in front, lower-case words, each mark by itself."""
    return [BOS, *_TOKEN.findall(text.lower())]


def kind_of(token: str) -> str:
    """Name a token's kind, one of `KINDS`; whatever is no word of a number is "special"."""
    return _KIND_OF_WORD.get(token, "special")
