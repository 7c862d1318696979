"""Settings of the Data, Batches and Models pages: widgets, their keys, and what is wrong."""

from typing import NamedTuple

import streamlit as st

from hnviz.app.kit.choice import choice
from hnviz.app.kit.text import problem
from hnviz.app.rooms.batches.grid import MAX_SIDE
from hnviz.app.rooms.batches.own_text import own_text_box
from hnviz.app.shell import session as state
from hnviz.app.shell.address import SWITCH, address_problem
from hnviz.catalogue import CATALOGUE
from hnviz.data import BatchLayout, ShuffledLayout, Text, split_text
from hnviz.data.stream import SPLITS

MAX_CHARACTERS = 2_000
"""Characters of one's own sentence that are shown."""

OWN = "your own"
TEXTS = (*SPLITS, OWN)
FIRST_LAYOUT = {"bs": 64, "bptt": 70}  # the notebook's show_batch has these
FIRST_SENTENCE = "eight thousand forty five, eight thousand forty six"

_GOOD_LAYOUT = "_batches_good"


class Reading(NamedTuple):
    """A text and how it is cut."""

    text: Text
    layout: BatchLayout


def batch_settings() -> Reading | None:
    """Draw text, bs and bptt; return the text and its layout.

    A size that cannot be used is told beside its field, and the last one that could be used
    stays in force, so that the picture stays. None, with a sentence, if there is no text, or a
    window is longer than it.
    """
    good = {**FIRST_LAYOUT, **state.get(_GOOD_LAYOUT, {})}
    lost = address_problem("batches_split", TEXTS), address_problem("batches_random", SWITCH)
    with st.container(horizontal=True, gap="medium"):
        split = st.segmented_control(
            "Text",
            TEXTS,
            default="valid",
            required=True,
            key="batches_split",
            bind="query-params",
        )
        with st.container(horizontal=True, gap="medium", width=340):  # one line on a phone too
            for field, label in (("bs", "bs, rows"), ("bptt", "bptt, steps")):
                with st.container(width=150):
                    good[field] = _side(field, label, good[field])
        shuffled = st.toggle("Cut at random instead", key="batches_random", bind="query-params")
    for message in lost:
        problem(message)
    state.put(_GOOD_LAYOUT, good)
    text = own_text_box() if split == OWN else split_text(split or "valid")
    if text is None:
        return None
    kind = ShuffledLayout if shuffled else BatchLayout
    layout = kind(len(text.ids), good["bs"], good["bptt"])
    told = window_problem(layout)
    problem(told)
    return None if told else Reading(text, layout)


def window_problem(layout: BatchLayout) -> str | None:
    """Say that a window is longer than the text, None if it is not."""
    if layout.bptt <= layout.n_tokens:
        return None
    return (
        f"A window of {layout.bptt} steps is longer than the text, which has {layout.n_tokens} "
        f"tokens: set bptt to {layout.n_tokens} or less, or take a longer text."
    )


def _side(field: str, label: str, good: int) -> int:
    """Draw the field for rows or steps; return its number, or `good` if it cannot be used."""
    lost = address_problem(f"batches_{field}", "whole number")
    value = st.number_input(
        label, value=FIRST_LAYOUT[field], step=1, key=f"batches_{field}", bind="query-params"
    )
    message = side_problem(field, value)
    problem(message or lost)
    return good if message else value


def side_problem(field: str, value: int) -> str | None:
    """Say what is wrong with a number of rows or steps, None if nothing is."""
    if 1 <= value <= MAX_SIDE:
        return None
    return f"{field} must be a whole number from 1 to {MAX_SIDE}; got {value}"


def model_choice() -> str:
    """Draw the choice of a model; return its name."""
    return choice("Model", tuple(CATALOGUE), "models_model", "Model2")


def own_sentence() -> tuple[str, str | None]:
    """Draw the box for one's own sentence; return its text, cut where it is too long, and why."""
    typed = st.text_area(
        "A sentence of your own",
        value=FIRST_SENTENCE,
        height=80,
        key="data_sentence",
        bind="query-params",
        help="Words of numbers are in the vocab; any other word becomes xxunk.",
    )
    typed = typed or ""
    if len(typed) <= MAX_CHARACTERS:
        return typed, None
    return typed[:MAX_CHARACTERS], (
        f"Only the first {MAX_CHARACTERS:,} of {len(typed):,} characters are shown."
    )
