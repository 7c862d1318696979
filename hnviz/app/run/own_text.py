"""The box for the reader's own text, and how it becomes tokens: the same text on all pages."""

from typing import Any

import numpy as np
import streamlit as st

from hnviz.app.kit.text import escape, problem
from hnviz.app.shell import session as state
from hnviz.data import Choice, CorpusError, stream_of
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import LIMITS, Way, own_corpus, text_hash, way_of
from hnviz.data.tokens import BOS, UNK
from hnviz.figures.numbers import percent
from hnviz.figures.sentences import plural

OWN = "your own"
MANY = 0.5  # share of tokens read as xxunk that is worth a word
MOST_CHARS = 100_000  # of the box, whose text each press sends; a longer one comes as a file
SHORT = 20_000  # characters that the box of another page is filled with
_LEVELS = {"word": "words", "char": "characters", "bpe": "byte pairs"}
_CHOSEN = "_own_corpus"  # the id of the text in the box
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
    """Draw the box; return the id of its text as a corpus, or None with a sentence.

    It opens with what the page's address says, or what the box of another page held, or `first`.
    """
    known, asked = _known_text(), st.query_params.get(f"{page}_text")
    if state.get(f"{page}_text") is None:
        held = known if len(known) <= SHORT else ""
        state.put(f"{page}_text", asked or held or first)
        _open_as(page, Way() if asked else way_of(own_corpus_id() or "") or Way())
    typed = st.text_area("Your text", height=110, max_chars=MOST_CHARS, key=f"{page}_text")
    file = st.file_uploader(
        "Or a UTF-8 text file of up to 5 MB; it replaces the text in the box",
        key=f"{page}_file",
        max_upload_size=texts.MAX_TEXT_BYTES // 10**6,
    )
    way = _way(page)
    content = typed.encode("utf-8", "replace") if file is None else file.getvalue()
    if not content and len(known) > SHORT:  # a file that another page was given
        content = known.encode()
    chosen = None
    try:
        chosen = own_corpus(content, Way(**way)).id
    except CorpusError as error:
        problem(_told(str(error)))
    state.put(_CHOSEN, chosen)
    if chosen is not None:
        _describe(chosen)
    return chosen


def _told(message: str) -> str:
    """Have an error begin with the name of its field."""
    name, _, rest = message.partition(" ")
    return f"{_LABELS.get(name, name)} {rest}"


def _known_text() -> str:
    """Return the text that the box held last, on any page; "" for none."""
    name = text_hash(own_corpus_id() or "")
    return texts.text_of(name) if name is not None and texts.is_known(name) else ""


def _open_as(page: str, way: Way) -> None:
    """Have the fields open with a way to read the text; the address may say its tokens."""
    asked = st.query_params.get(f"{page}_tokens", "")
    state.put(f"{page}_tokens", asked if asked in _LEVELS else way.level)
    for name in LIMITS:
        state.put(f"{page}_own_{name}", getattr(way, name))


def _way(page: str) -> dict[str, Any]:
    """Draw how the text is read."""
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
        with st.container(width=132):
            level = st.selectbox(
                "Tokens", _LEVELS, format_func=_LEVELS.__getitem__, key=f"{page}_tokens"
            )
        names = [name for name in LIMITS if name != "merges" or level == "bpe"]
        return {"level": level, **{name: _bounded(page, name) for name in names}}


def _bounded(page: str, name: str) -> int:
    with st.container(width=132):
        value = st.number_input(
            _LABELS[name],
            value=getattr(Way(), name),
            step=1,
            key=f"{page}_own_{name}",
            help=_HELP[name],
        )
    return int(value)


def _describe(corpus_id: str) -> None:
    stream = stream_of(Choice(corpus_id))
    first = " ".join(stream.vocab.itos[index] for index in stream.train[1:13].tolist())
    used = np.unique(np.concatenate([stream.train, stream.valid]))
    n_different = int(np.count_nonzero(used != stream.vocab.stoi[BOS]))
    st.markdown(
        f":gray[:small[{len(stream.train):,} tokens to learn from and {len(stream.valid):,} to "
        f"test on, of {plural(n_different, 'different one')}. They begin: {escape(first)} …]]"
    )
    unknown = float(np.mean(stream.train == stream.vocab.stoi[UNK]))
    if unknown > MANY:
        problem(
            f"{percent(unknown)} of the tokens are rarer than the minimum count, so they become "
            "xxunk. Choose a smaller minimum count."
        )
