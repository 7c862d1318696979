"""The box for the reader's own text, and how it becomes tokens: the same text on all pages."""

import re
from typing import Any

import numpy as np
import streamlit as st

from hnviz.app.kit.fields.picture import (
    area,
    ask_again,
    controls,
    menu,
    put_in,
    remark,
    serial,
    text_in,
    whole,
    wrong,
)
from hnviz.app.shell import session as state
from hnviz.data import Choice, CorpusError, stream_of
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import LIMITS, MIN_TOKENS, Way, held_corpus, own_corpus
from hnviz.data.tokens import UNK
from hnviz.figures.numbers import percent
from hnviz.figures.sentences import plural

OWN = "your own"
MANY = 0.5  # share of tokens read as xxunk that is worth a word
LONGEST_LINKED = 2_000  # characters of a text that a link contains
EMPTY = f"Type or paste a text of at least {MIN_TOKENS} words, or choose a file."
_STORED = re.compile(r"~([0-9a-f]{20})")
"""What the browser reports in place of a longer text: its name at the server."""
_LEVELS = {"word": "words", "char": "characters", "bpe": "byte pairs"}
_CHOSEN = "_own_corpus"  # the id of the text in the box
_HELD = "_own_text"  # the row that was drawn last, its last report, and the texts of its controls
_LABELS = {"merges": "Merges", "min_count": "Minimum count", "valid": "Valid, percent"}
_HELP = {
    "merges": "Byte-pair encoding begins with characters, and joins the most frequent pair of "
    "neighbours so many times.",
    "min_count": "A token that is rarer in train is read as xxunk.",
    "valid": "The share at the end of the text that tests the network.",
}


def own_corpus_id() -> str | None:
    """Return the id of the text that the box holds, as it was last drawn; None if it is no text."""
    chosen: str | None = state.get(_CHOSEN)
    return chosen


def own_text_box(page: str, first: str = "") -> str | None:
    """Draw the box; return the id of its text as a corpus; None if it is empty or refused.

    It opens with what the page's address says, or what the box of any page held last, or `first`.
    """
    row, box, chosen = f"{page}_own_box", f"{page}_text", None
    _open(row, page, first)
    with controls(row):
        typed = area(
            "Your text",
            box,
            first,
            empty=EMPTY,
            longest=texts.MAX_TYPED_CHARS,
            linked=LONGEST_LINKED,
            file=texts.MAX_TEXT_BYTES,
        )
        way = _way(page)
        try:
            chosen = _corpus_id(box, typed, way) if typed else None
        except CorpusError as error:
            wrong(box, str(error))
        if chosen:
            _describe(page, chosen, is_linked=not _STORED.fullmatch(typed))
    state.put(_HELD, (row, serial(row), _texts(row, page, first)))
    state.put(_CHOSEN, chosen)
    return chosen


def _open(row: str, page: str, first: str) -> None:
    """Have a row that comes to the page hold what the row that was drawn last held.

    A row leaves the page with another corpus or page, and may come back with an old report.
    """
    drawn, heard, held = state.get(_HELD, ("", 0, {}))
    is_news = drawn == row and serial(row) > heard
    if is_news or f"{page}_text" in st.query_params:
        return
    if drawn != row and not held.get("text"):
        held = {**held, "text": first}
    known = _texts(row, page, first)
    lost = {f"{page}_{name}": text for name, text in held.items() if text != known[name]}
    if lost := {name: text for name, text in lost.items() if name not in st.query_params}:
        put_in(row, lost)


def _texts(row: str, page: str, first: str) -> dict[str, str]:
    """Return what the controls of a row hold, as the address has it."""
    usual = {"text": first, "tokens": Way().level}
    usual |= {f"own_{name}": str(getattr(Way(), name)) for name in LIMITS}
    found = {name: text_in(row, f"{page}_{name}") for name in usual}
    return {name: usual[name] if text is None else text for name, text in found.items()}


def _corpus_id(box: str, typed: str, way: dict[str, Any]) -> str:
    """Return the id of a text that was typed, or that is stored by its name. Raises CorpusError."""
    stored = _STORED.fullmatch(typed)
    if not stored:
        return own_corpus(typed.encode("utf-8", "replace"), Way(**way)).id
    if not texts.is_known(stored[1]):
        ask_again(box)
        raise CorpusError(
            "this server no longer has your text: paste it again, or choose its file again"
        )
    return held_corpus(stored[1], Way(**way)).id


def _way(page: str) -> dict[str, Any]:
    """Draw how the text is read."""
    level = menu("Tokens", tuple(_LEVELS), f"{page}_tokens", shown=_LEVELS, width=132)
    names = [name for name in LIMITS if name != "merges" or level == "bpe"]
    return {"level": level, **{name: _bounded(page, name) for name in names}}


def _bounded(page: str, name: str) -> int:
    first, key, (low, high) = int(getattr(Way(), name)), f"{page}_own_{name}", LIMITS[name]
    value = int(whole(_LABELS[name], key, first, help=_HELP[name]))
    if low <= value <= high:
        return value
    must = f"{_LABELS[name]} must be a whole number from {low} to {high:,}"
    wrong(key, f"{must}; got {value}, so {first} is used")
    return first


def _describe(page: str, corpus_id: str, *, is_linked: bool) -> None:
    stream = stream_of(Choice(corpus_id))
    first = " ".join(stream.vocab.itos[index] for index in stream.train[:13].tolist())
    n_different = len(np.unique(np.concatenate([stream.train, stream.valid])))
    lacks = (
        f"The text is longer than {LONGEST_LINKED:,} characters, so a link to this page does not "
        "contain it. "
    )
    remark(
        f"{page}_text",
        f"{len(stream.train):,} tokens to learn from and {len(stream.valid):,} to test on, of "
        f"{plural(n_different, 'different one')}. {'' if is_linked else lacks}"
        f"The tokens begin: {first} …",
    )
    unknown = float(np.mean(stream.train == stream.vocab.stoi.get(UNK, -1)))
    if unknown > MANY:
        wrong(
            f"{page}_own_min_count",
            f"{percent(unknown)} of the tokens are rarer than the minimum count, so they become "
            "xxunk. Choose a smaller minimum count.",
        )
