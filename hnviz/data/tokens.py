"""Split text into tokens, and name each token's kind."""

import re

from hnviz.data.english import ONES, PLACES, TEENS, TENS
from hnviz.data.vocab import SPECIALS

BOS = "xxbos"
COMMA = ","

KINDS = ("comma", "thousand", "hundred", "tens", "teens", "ones", "special")
"""Every kind of token, in the order in which pages list them."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_TURNS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_KIND_OF_WORD = {
    ",": "comma",
    **{word: word for word in PLACES},
    **dict.fromkeys(TENS, "tens"),
    **dict.fromkeys(TEENS, "teens"),
    **dict.fromkeys(ONES, "ones"),
}


def tokenize(text: str) -> list[str]:
    """Split a document into tokens: ``xxbos`` in front, lower-case words, each mark a token."""
    return [BOS, *_TOKEN.findall(upright(text).lower())]


def upright(text: str) -> str:
    """Replace the characters that would turn the direction of the text around them."""
    return _TURNS.sub("\N{REPLACEMENT CHARACTER}", text)


def kind_in_text(token: str) -> str:
    """Name a token's kind in any text: one of `KINDS`, or "other" for words that count nothing."""
    kind = kind_of(token)
    return "other" if kind == "special" and token not in SPECIALS else kind


def plain_kind(token: str) -> str:
    """Name a token's kind in a text without English numbers: "comma", "special" or "other"."""
    return "comma" if token == COMMA else "special" if token in SPECIALS else "other"


def kind_of(token: str) -> str:
    """Return a token's kind, one of `KINDS`; a token that is not part of a number is "special"."""
    return _KIND_OF_WORD.get(token, "special")
