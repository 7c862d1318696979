"""The Data page's control: the reader's own sentence, in words or digits."""

import streamlit as st

from hnviz.app.kit.text import problem
from hnviz.app.kit.wrong import mark_field
from hnviz.app.shell import session as state
from hnviz.data import Vocab
from hnviz.figures.sentences import OwnTokens, own_tokens

EXAMPLE = "three thousand forty five, three thousand forty six"
"""What the line shows while the box is empty; written in the box, it would give the words away."""
MOST_CHARACTERS = 2_000
_KEY = "data_sentence"
_GOOD = "data_good"  # the last sentence that could be read


def own_sentence(vocab: Vocab) -> OwnTokens:
    """Draw the box; return its tokens, or those of the last text that could be read."""
    typed = st.text_input(
        "A sentence of your own",
        key=_KEY,
        bind="query-params",
        placeholder="Words or digits, such as 8045, 8046",
        help="Type numbers in words or digits, or a range: 4318 to 4324. Any word that is not in "
        "the vocabulary becomes xxunk.",
    )
    try:
        said = own_tokens(typed[:MOST_CHARACTERS] if typed.strip() else EXAMPLE, vocab)
    except ValueError as error:
        mark_field(_KEY)
        problem(f"{error} The picture still shows the last text.")
        return state.get(_GOOD) or own_tokens(EXAMPLE, vocab)
    state.put(_GOOD, said)
    if len(typed) > MOST_CHARACTERS:
        problem(f"Only the first {MOST_CHARACTERS:,} of {len(typed):,} characters are shown.")
    return said
