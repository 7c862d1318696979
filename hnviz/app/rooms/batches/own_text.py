"""The Batches page's box for a text of one's own."""

import streamlit as st

from hnviz.app.kit.text import problem
from hnviz.app.shell import session as state
from hnviz.data import Text, own_text

OPENING = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of Light, it was the season of Darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to Heaven, we were all going direct the other way"
)
"""Of "A Tale of Two Cities": few words, many of them again and again."""

KEY = "batches_text"
_KEPT = "_batches_text"  # while another text is in view, a widget that is not drawn forgets


def own_text_box() -> Text | None:
    """Draw the box and the file; return the text, or None with a sentence if there is none."""
    if state.get(KEY) is None:
        state.put(KEY, state.get(_KEPT, OPENING))
    typed = st.text_area("Your text", height=110, key=KEY)
    state.put(_KEPT, typed)
    file = st.file_uploader(
        "Or a text file",
        type=("txt", "md", "csv"),
        key="batches_file",
        help="As long as a file is chosen, it is read and not the box.",
    )
    try:
        text = own_text(typed if file is None else file.getvalue().decode())
    except UnicodeDecodeError:
        problem("The file is not text in UTF-8: save it as UTF-8 and choose it again.")
        return None
    except ValueError as error:
        problem(f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return None
    if text.n_left_out:
        problem(
            f"Only the first {len(text.ids):,} of {len(text.ids) + text.n_left_out:,} tokens are "
            "read."
        )
    return text
