"""The Hidden states page's picture, live while its run trains."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hnviz.catalogue import entry
from hnviz.data import human_numbers_stream
from hnviz.ui.engine import observe
from hnviz.ui.heatmap import state_picture
from hnviz.ui.phrase import Phrase, read_phrase
from hnviz.ui.run_text import Standing
from hnviz.ui.run_view import look_again
from hnviz.ui.show import escape, lead, problem
from hnviz.ui.timeline import LAST

TICK = 0.4  # seconds between two looks at a run that trains
DEFAULT_PHRASE = "4318 to 4324"


def phrase_box() -> Phrase | None:
    """Draw the box for a phrase; return its tokens, or None with a sentence beside it."""
    text = st.text_input(
        "Phrase, or a range of numbers",
        DEFAULT_PHRASE,
        max_chars=2000,
        key="states_phrase",
        bind="query-params",
    )
    try:
        phrase = read_phrase(text or "", human_numbers_stream().vocab)
    except ValueError as error:
        problem(str(error))
        return None
    if phrase.remark:
        st.markdown(f":gray[:small[{escape(phrase.remark)}]]")
    return phrase


def layer_box(run: Standing) -> int:
    """Draw the choice of layer; a model of one layer has nothing to choose."""
    layers = list(range(entry(run.record.config.model).n_layers))
    chosen = st.segmented_control(
        "Layer",
        layers,
        default=layers[-1],
        key="states_layer",
        bind="query-params",
        required=True,
        help="Layer 0 reads the tokens, the last one is what the answer is made from.",
    )
    return chosen if chosen in layers else layers[-1]


def live_states(run: Standing, phrase: Phrase, layer: int, snapshot: int | str) -> None:
    """Draw the heatmap in a fragment that ticks as long as the run does."""
    draw = st.fragment(_draw, run_every=TICK if run.is_live else None)
    draw(run.record.id, run.is_live, (phrase, layer, snapshot))


def _draw(run_id: str, ticking: bool, asked: tuple[Phrase, int, int | str]) -> None:
    run = look_again(run_id)
    if run is None:
        return
    if run.is_live != ticking:
        st.rerun()
    phrase, layer, snapshot = asked
    if not run.record.snapshots:
        lead(
            "The first snapshot comes with the first step: the picture follows."
            if run.is_live
            else "This run ended before its first snapshot: there is no state to show."
        )
        return
    step = run.record.snapshots[-1] if snapshot == LAST else int(snapshot)
    ids = human_numbers_stream().vocab.numericalize(phrase.tokens)
    answer, trouble = observe(run_id, step, "states", {"ids": ids.tolist()})
    if answer is None:
        problem(trouble)
        return
    values = answer.arrays["states"][layer].T  # (nh, n_tokens)
    sentence = states_sentence(run, step, phrase.tokens, values)
    lead(sentence)
    state_picture(values, phrase.tokens, sentence, "states_picture", _scale(run, values))


def states_sentence(
    run: Standing, step: int, tokens: Sequence[str], values: NDArray[np.float32]
) -> str:
    """Say which unit moves most over the phrase, and between which words."""
    if len(tokens) == 1:
        return (
            f"{run.record.config.model}: its {values.shape[0]} units after one token, "
            f"“{tokens[0][:20]}”. Type more words to see what they keep."
        )
    swing = values.max(axis=1) - values.min(axis=1)
    unit = int(swing.argmax())
    low, high = int(values[unit].argmin()), int(values[unit].argmax())
    lowest, highest = tokens[low][:20], tokens[high][:20]
    when = "before any training" if step == 0 else f"after {step:,} steps"
    return (
        f"{run.record.config.model} {when}: of {values.shape[0]} units over {len(tokens)} tokens, "
        f"unit **{unit}** moves most, from **{values[unit, low]:.2f}** after “{lowest}” to "
        f"**{values[unit, high]:.2f}** after “{highest}”."
    )


def _scale(run: Standing, values: NDArray[np.float32]) -> float:
    """Return the value that has full colour: 1 for tanh, the next power of two for relu.

    A power of two, so that the colours do not move with every snapshot.
    """
    if entry(run.record.config.model).nonlinearity == "tanh":
        return 1.0
    return float(2.0 ** np.ceil(np.log2(max(float(np.abs(values).max()), 0.25))))
