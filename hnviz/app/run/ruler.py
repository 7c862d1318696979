"""The memory ruler on the Batches and Train pages."""

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hnviz.app.kit import cards
from hnviz.app.kit.choice import choice
from hnviz.app.kit.seen import when_seen
from hnviz.app.kit.text import page_theme, problem, section, show
from hnviz.app.run.engine import observe
from hnviz.app.run.text import Standing
from hnviz.app.run.view import look_again
from hnviz.catalogue import entry
from hnviz.data import BatchLayout, ShuffledLayout, Text, human_numbers_stream, split_text
from hnviz.data.stream import SPLITS
from hnviz.figures import ruler_text
from hnviz.figures.reach import Reach, reach_curves
from hnviz.figures.ruler import Windows, position_curves
from hnviz.runs import RunRecord
from hnviz.runs.ruler import (
    PositionBounds,
    text_any_cut_means,
    text_bounds,
    text_position_bounds,
)

WAITING = "The picture comes when the run has ended."
HEIGHT = 600  # px, of the accuracy by position
NO_SNAPSHOT = "The run has no snapshot to measure: its accuracy cannot be cut by position."
NEVER = "The run ended before its first epoch did: there is no accuracy to cut by position."


def window_bounds(text: Text, layout: BatchLayout) -> None:
    """Show what a layout allows on the chosen text, before anything is trained."""
    texts = [split_text(split) for split in SPLITS] if text.name in SPLITS else [text]
    section("What a memory allows")
    reaches = [Reach(each.name, text_bounds(each), text_any_cut_means(each)) for each in texts]
    show(
        reach_curves(reaches, layout.bptt, page_theme()),
        ruler_text.reach_sentence(reaches, layout.bptt),
        "batches_reach",
    )
    bounds = {each.name: each.bounds for each in reaches}
    st.markdown(ruler_text.table_sentence(text.name, bounds[text.name]))
    st.html(cards.text_table(ruler_text.bounds_table(bounds), page_theme(), long=False))
    section("Position by position")
    windows = Windows(*_bounds(text, layout), split=text.name)
    show(
        position_curves(windows, page_theme()),
        ruler_text.window_sentence(layout, windows),
        "batches_bounds",
    )
    note = ruler_text.window_note(layout, float(text_any_cut_means(text)[layout.bptt - 1]))
    st.markdown(f":gray[:small[{note}]]")


@st.fragment
def positions(run_id: str) -> None:
    """Show a run's accuracy by position in the window once it has been scrolled to.

    In a fragment of its own, which never ticks. The page runs as a whole when a run has ended, and
    then shows its last snapshot; before that it keeps to the last epoch's, so that no tick waits
    for an answer.
    """
    section("Accuracy by position in the window")
    when_seen("train_seen_positions", partial(_positions, run_id), height=HEIGHT, ahead=0)


def _positions(run_id: str) -> None:
    run = look_again(run_id)
    if run is None:
        return
    step = observed_step(run)
    only_last = entry(run.record.config.model).predicts == "last"
    split = "valid" if only_last else _split_box()  # a one-position accuracy is that on valid
    if step is None or not run.record.epochs:
        ended = NO_SNAPSHOT if run.record.epochs else NEVER
        st.markdown(f":gray[{WAITING if run.is_live else ended}]")
        return
    config = run.record.config
    layout = BatchLayout(len(human_numbers_stream().ids(split)), config.bs, config.bptt)
    reset, kept = _bounds(split_text(split), layout)
    if only_last:
        windows, accuracy = Windows(reset, kept, split), run.record.epochs[-1].accuracy
        st.markdown(ruler_text.last_only_sentence(config.model, windows, accuracy))
        return
    measured, trouble = _measured(run.record, step, split)
    if trouble:
        problem(trouble)
        return
    windows = Windows(reset, kept, split, measured, step)
    sentence = ruler_text.measured_sentence(config.model, windows)
    show(position_curves(windows, page_theme()), sentence, "train_positions")
    later = " Anew when the run has ended." if run.is_live else ""
    st.markdown(f":gray[:small[{ruler_text.POSITIONS_NOTE}{later}]]")


def _split_box() -> str:
    return choice("Text", SPLITS, "train_positions_split", "valid", label_visibility="collapsed")


def observed_step(run: Standing) -> int | None:
    """Return the snapshot to look at: the last, of a live run the last one at an epoch's end."""
    snapshots = run.record.snapshots
    if run.is_live:
        ends = {epoch.step for epoch in run.record.epochs}
        snapshots = tuple(step for step in snapshots if step in ends)
    return max(snapshots, default=None)


def _measured(
    record: RunRecord, step: int, split: str
) -> tuple[dict[str, NDArray[np.float64]], str | None]:
    """Ask for the accuracies with the state reset and, of a model that keeps it, kept."""
    measured = {}
    ways = ("reset", "kept") if entry(record.config.model).stateful else ("reset",)
    for way in ways:
        params = {"split": split, "reset": way == "reset"}
        answer, trouble = observe(record.id, step, "accuracy_by_position", params)
        if answer is None:
            return {}, trouble
        measured[way] = answer.arrays["accuracy"]
    return measured, None


def _bounds(text: Text, layout: BatchLayout) -> tuple[PositionBounds, PositionBounds | None]:
    """Return the bounds with the state reset, and kept; None for rows that do not go on."""
    kept = None
    if not isinstance(layout, ShuffledLayout):
        kept = text_position_bounds(text, layout, kept=True)
    return text_position_bounds(text, layout, kept=False), kept
