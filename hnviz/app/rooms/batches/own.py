"""The Batches page's box for the reader's own text."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from hnviz.app.kit.component import publish
from hnviz.app.kit.text import problem
from hnviz.app.shell import session as state
from hnviz.data import Text, own_text
from hnviz.web.listing import LONGEST_OWN, own_address
from hnviz.web.streams import stream_file

OPENING = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of Light, it was the season of Darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to Heaven, we were all going direct the other way"
)
"""From "A Tale of Two Cities": few words, and many repeat."""

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
    file = st.file_uploader(
        "Or a text file",
        type=("txt", "md", "csv"),
        key="batches_file",
        help="A chosen file replaces the text in the box.",
    )
    try:
        own = _typed(typed) if file is None else _long(file.getvalue().decode())
    except UnicodeDecodeError:
        problem("The file is not UTF-8 text: save it as UTF-8 and choose it again.")
        return None
    except ValueError as error:
        problem(f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return None
    _remarks(own.text, None if own.address.startswith("api/") else file is not None)
    return own


def typed_text() -> str:
    """Return what the box holds, or will hold when it is drawn."""
    kept = state.get(KEY) or state.get(_KEPT)
    return str(kept if kept is not None else st.query_params.get(KEY, OPENING))


def _typed(typed: str) -> Own:
    """Put a short text into the address of its tokens, and into the page's address."""
    if len(typed) > LONGEST_OWN:
        return _long(typed)
    return Own(own_text(typed), own_address(typed), "" if typed == OPENING else typed)


def _long(content: str) -> Own:
    """Keep a text's tokens for the browser, under their own address."""
    text = own_text(content)
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
