"""The text that a Predictions view starts from, and the snapshot that reads it."""

import streamlit as st

from hnviz.app.kit.phrase import Phrase, read_phrase
from hnviz.app.kit.text import escape, problem
from hnviz.app.run.text import Standing
from hnviz.app.run.timeline import LAST, snapshot_box
from hnviz.app.shell import session as state
from hnviz.data import human_numbers_stream

PROMPT = "predictions_prompt"  # of both views: a change of view keeps the text
LONGEST = 200  # tokens of a prompt: each is a word that can be picked
DEFAULT_PROMPT = "4316 to 4318"
EXAMPLES = ("4316 to 4318", "7996 to 7998", "8314 to 8316", "997 to 999")


def opening(run: Standing, *, examples: bool = True) -> tuple[Phrase | None, int | None]:
    """Draw the prompt's box, examples and the time slider; return tokens and snapshot.

    Either is None, with a sentence beside its control, where it cannot be used.
    """
    left, right = st.columns([3, 2])
    with left:
        prompt = phrase_box("Prompt: numbers, a range, or words", DEFAULT_PROMPT, PROMPT)
        if examples:
            st.pills("Try", EXAMPLES, key="predictions_example", on_change=_take_example)
    with right:
        snapshot = snapshot_step(run)
    return prompt, snapshot


def phrase_box(label: str, default: str, key: str) -> Phrase | None:
    """Draw a box for words; return its tokens, or None with a sentence beside it."""
    text = st.text_input(label, default, max_chars=2000, key=key, bind="query-params")
    try:
        phrase = read_phrase(text or "", human_numbers_stream().vocab)
    except ValueError as error:
        problem(str(error))
        return None
    remark = phrase.remark
    if len(phrase.tokens) > LONGEST:
        phrase = read_phrase(" ".join(phrase.tokens[:LONGEST]), human_numbers_stream().vocab)
        remark = f"{phrase.remark} The first {LONGEST} tokens are read.".lstrip()
    if remark:
        st.markdown(f":gray[:small[{escape(remark)}]]")
    return phrase


def snapshot_step(run: Standing) -> int | None:
    """Draw the time slider; None, with a sentence, for a run that has no snapshot."""
    snapshots = run.record.snapshots
    if not snapshots:
        problem(
            "This run has no snapshot yet: the pictures come with its first step."
            if run.is_live
            else "This run ended before its first snapshot, so there is no network to ask: pick "
            "another run."
        )
        return None
    chosen = snapshot_box(run)
    return snapshots[-1] if chosen == LAST else int(chosen)


def _take_example() -> None:
    chosen = state.get("predictions_example")
    if chosen is not None:
        state.put(PROMPT, chosen)
        state.put("predictions_example", None)  # so that it can be taken again
