"""The Batches page's box for the reader's own text."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from hnviz.app.kit.component import publish
from hnviz.app.kit.text import problem
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.data import Text, own_text
from hnviz.data.corpora import LEVELS
from hnviz.data.corpora.texts import MOST_BYTES, read_text
from hnviz.web.corpora import LONGEST_OWN, own_address
from hnviz.web.streams import stream_file

OPENING = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of Light, it was the season of Darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to Heaven, we were all going direct the other way"
)
"""From "A Tale of Two Cities": few words, and many repeat."""

LEVEL = "batches_tokens"
KEY = "batches_text"  # of the box, and of a short text in the address
_KEPT = "_batches_text"  # kept while another text is in view: Streamlit forgets what is not drawn


class Own(NamedTuple):
    """The reader's own text, and how the browser gets it."""

    text: Text
    address: str  # of its tokens, below the app's own
    written: str = ""  # the text as a link to the page carries it; "" for none


def own_text_box(changed: Callable[[], None]) -> Own | None:
    """Draw the box and the file; return the text, or None with a sentence if there is none.

    `changed` is called for another text in the box.
    """
    if state.get(KEY) is None:
        state.put(KEY, typed_text())
    typed = st.text_area("Your text", height=110, key=KEY, on_change=changed)
    state.put(_KEPT, typed)
    level = _level_box(changed)
    file = st.file_uploader(
        "Or a UTF-8 text file of up to 5 MB; it replaces the text in the box",
        key="batches_file",
        max_upload_size=MOST_BYTES // 10**6 + 1,
    )
    try:
        own = _typed(typed, level) if file is None else _long(read_text(file.getvalue()), level)
    except ValueError as error:
        problem(f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return None
    _remarks(own.text, None if own.address.startswith("api/") else file is not None)
    return own


def typed_text() -> str:
    """Return what the box holds, or will hold when it is drawn."""
    kept = state.get(KEY) or state.get(_KEPT)
    return str(kept if kept is not None else st.query_params.get(KEY, OPENING))


def _level_box(changed: Callable[[], None]) -> str:
    """Draw the choice of what a token is."""
    problem(address_problem(LEVEL, LEVELS))
    with st.container(width=180):
        return st.selectbox(
            "Tokens",
            LEVELS,
            key=LEVEL,
            on_change=changed,
            bind="query-params",
            help="word: words and marks. char: characters. bpe: pieces that 500 merges of the most "
            "frequent pairs of neighbours have made of this text.",
        )


def chosen_level() -> str:
    """Return what a token of the text is, or will be when the box is drawn."""
    level = str(state.get(LEVEL) or st.query_params.get(LEVEL, LEVELS[0]))
    return level if level in LEVELS else LEVELS[0]


def _typed(typed: str, level: str) -> Own:
    """Put a short text into the address of its tokens, and into the page's address."""
    typed = read_text(typed.encode("utf-8", "replace"))
    if len(typed) > LONGEST_OWN:
        return _long(typed, level)
    written = "" if typed == OPENING else typed
    return Own(own_text(typed, level), own_address(typed, level), written)


def _long(content: str, level: str) -> Own:
    """Keep a text's tokens for the browser, under their own address."""
    text = own_text(content, level)
    return Own(text, publish(stream_file(text.ids, text.vocab), ".bin"))


def _remarks(text: Text, from_file: bool | None) -> None:
    """Say what the page leaves out of the text, and a link to it; None for nothing."""
    if text.n_left_out:
        problem(
            f"Only the first {len(text.ids):,} of {len(text.ids) + text.n_left_out:,} tokens are "
            "read."
        )
    if from_file is None:
        return
    why = "from a file" if from_file else f"longer than {LONGEST_OWN:,} characters"
    st.markdown(f":gray[:small[The text is {why}, so a link to this page does not contain it.]]")
