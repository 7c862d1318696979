"""The Train page's parts: its buttons, its live pictures, its tables."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hnviz.app.kit.live import Panel, live_figures
from hnviz.app.kit.text import escape, lead, page_theme, problem, section
from hnviz.app.rooms.train.inside import what_is_inside
from hnviz.app.rooms.train.settings import config_in_hand, training_settings
from hnviz.app.run import text as run_text
from hnviz.app.run.buttons import run_buttons
from hnviz.app.run.engine import attempt, engine
from hnviz.app.run.text import Standing
from hnviz.app.run.view import look_again
from hnviz.app.shell import session as state
from hnviz.data.stream import SPLITS
from hnviz.figures.curves import (
    accuracy_curves,
    loss_curves,
    n_batches_of,
    schedule_curves,
)
from hnviz.figures.ruler_text import HOW_TO_READ
from hnviz.figures.theme import Theme
from hnviz.runs import RunRecord, notebook_table
from hnviz.runs.ruler import Bound, split_bounds

# Seconds between two looks at a run that trains. Whatever it draws, a tick costs the browser 50 ms,
# in which a click waits: so there are few, and each has a time of its own, here and in the modules
# that draw other parts of the page, since a click that meets several waits for all of them.
TICK = 0.7  # the curves
HEAD_TICK, DETAILS_TICK = 2.8, 3.3  # what changes once an epoch
FIRST_POINT = 0.3  # seconds that a page waits for a new run's first step, sooner than a tick
TABLE_HEIGHT = 318  # px: eight epochs, beside the schedule
MOST_POINTS = 2000  # of one curve


@st.fragment
def settings_and_start(button: DeltaGenerator, told: DeltaGenerator) -> None:
    """Draw the settings here, Train in `button` and what is wrong in `told`, places for one each.

    In a fragment: a choice draws these alone again, not the page's pictures.
    """
    if state.get(state.NEXT_RUN) is not None:
        st.rerun()  # a run was started, which all of the page looks at
    config, wrong = training_settings()
    button.button(
        "Train",
        key="train_start",
        type="primary",
        on_click=_start,
        disabled=config is None,
        help="Starts a run with these settings. It goes on when this tab is closed.",
    )
    told.empty()
    with told:
        problem(wrong or state.get(state.TRAIN_ERROR))


def _start() -> None:
    # Not what the page was drawn with: a number that was typed and a click on Train may arrive
    # together.
    config = config_in_hand()
    if config is None:
        return  # the settings, which are drawn now, say why
    run_id = attempt(state.TRAIN_ERROR, engine().train, config)
    if run_id is not None:
        state.show_run(run_id)


def live(run: Standing, top: DeltaGenerator, bar: DeltaGenerator) -> None:
    """Follow a run in fragments that tick as long as the run does.

    The sentence goes into `top` and the buttons into `bar`, which stand above.
    """
    run_id, ticking = run.record.id, run.is_live

    def part(draw: Callable[..., None], seconds: float) -> Callable[..., None]:
        return st.fragment(draw, run_every=seconds if ticking else None)

    part(_head, HEAD_TICK)(run_id, ticking, (top, bar))
    part(_draw, TICK)(run_id, ticking)
    notes = st.container()
    what_is_inside(run)
    part(_details, DETAILS_TICK)(run_id, notes)


def _head(run_id: str, ticking: bool, boxes: tuple[DeltaGenerator, DeltaGenerator]) -> None:
    run = look_again(run_id)
    if run is None:
        return
    top, bar = boxes
    with top:
        lead(run_text.lead(run))
    with bar:
        run_buttons(run)
    problem(state.get(state.run_error(run_id)))
    _keep_time(run, ticking)


def _keep_time(run: Standing, ticking: bool) -> None:
    """Draw all of the page when a run has ended, or goes on: the clocks must stop, or start."""
    if run.is_live != ticking:
        st.rerun()


def _draw(run_id: str, ticking: bool) -> None:
    run = look_again(run_id)
    if run is None:
        return
    _keep_time(run, ticking)
    run = _with_first_point(run)
    st.progress(
        min(1.0, run.record.progress),
        text=escape(f"{run_text.name(run.record)}: {run_text.progress(run)}"),
    )
    live_figures(_once(_curves, run, page_theme()), "train_live")


def _with_first_point(run: Standing) -> Standing:
    """Wait for the first step of a run that was started just now."""
    until = time.monotonic() + FIRST_POINT
    while run.status == "running" and not run.record.batches and time.monotonic() < until:
        time.sleep(0.02)
        run = look_again(run.record.id) or run
    return run


def _details(run_id: str, notes: DeltaGenerator) -> None:
    run = look_again(run_id)
    if run is None:
        return
    with notes:
        _say_how_to_read(run)
    section("Epoch by epoch", run_text.against_notebook(run.record, _notebook(run)))
    left, right = st.columns([3, 2])
    with left:
        epoch_table(run)
    with right:
        live_figures(_once(_schedule, run, page_theme()), "train_schedule")


def _say_how_to_read(run: Standing) -> None:
    """Say what the curves say, and how they are read."""
    st.markdown(run_text.ruler(run.record, _bounds()))
    told = f"{run_text.loss_alt(run.record)} {run_text.accuracies(run.record)}"
    st.markdown(f":gray[:small[{told} {HOW_TO_READ} {run_text.jumps(run.record)}]]")


_kept: OrderedDict[tuple[str, str, str], tuple[RunRecord, bool, list[Panel]]] = OrderedDict()
MOST_KEPT = 32


def _once(
    draw: Callable[[Standing, Theme], list[Panel]], run: Standing, look: Theme
) -> list[Panel]:
    """Draw charts once for all viewers and reruns, as long as nothing new is known of the run.

    The store hands out the same record until then.
    """
    key = (draw.__name__, run.record.id, look.mode)
    known = _kept.get(key)
    if known is None or known[0] is not run.record or known[1] is not run.is_live:
        known = _kept[key] = (run.record, run.is_live, draw(run, look))
        if len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return known[2]


def _curves(run: Standing, look: Theme) -> list[Panel]:
    record, notebook = _thinned(run.record), _notebook(run)
    return [
        Panel(
            name="loss",
            sketch=loss_curves(record, look, notebook),
            alt=run_text.loss_alt(record),
            of=record.id,
            title="Loss",
            note="cross-entropy a token",
            height=330,
        ),
        Panel(
            name="accuracy",
            sketch=accuracy_curves(record, look, notebook, _bounds()),
            alt=run_text.accuracy_alt(record, _bounds()),
            of=record.id,
            title="Accuracy",
            note="thin lines: the best that k tokens allow",
            height=330,
        ),
    ]


def _schedule(run: Standing, look: Theme) -> list[Panel]:
    record = run.record
    n_steps = n_batches_of(record) * record.config.epochs  # planned, also while it is queued
    now = record.step if run.is_live else None
    return [
        Panel(
            name="schedule",
            sketch=schedule_curves(record.config, n_steps, look, now),
            alt=run_text.schedule(record),
            of=record.id,
            title="One-cycle schedule",
            note="lr and momentum of every step",
            height=260,
        )
    ]


def _thinned(record: RunRecord) -> RunRecord:
    """Keep every n-th mini-batch of a long run: more points than a screen has columns.

    n depends on the run's length alone, so that points already drawn stay.
    """
    n_steps = record.started.n_steps if record.started else 0
    every = -(-n_steps // MOST_POINTS)
    return replace(record, batches=record.batches[::every]) if every > 1 else record


def _bounds() -> Mapping[str, Sequence[Bound]]:
    """Return what few tokens allow on each split."""
    return {split: split_bounds(split) for split in SPLITS}


def _notebook(run: Standing) -> pd.DataFrame:
    return notebook_table(run.record.config.model)


def epoch_table(run: Standing) -> None:
    """Tabulate each epoch's figures beside the notebook's of the same epoch."""
    table = run.record.epoch_frame().set_index("epoch")
    theirs = _notebook(run).set_index("epoch").reindex(table.index)
    shown = pd.DataFrame(
        {
            "train loss": table["train_loss"],
            "valid loss": table["valid_loss"],
            "notebook": theirs["valid_loss"],
            "accuracy": table["accuracy"],
            "notebook ": theirs["accuracy"],
            "on train": table["train_accuracy"],
            "seconds": table["seconds"],
        }
    )
    digits = {name: st.column_config.NumberColumn(format="%.3f") for name in shown.columns}
    digits["seconds"] = st.column_config.NumberColumn(format="%.2f")
    digits["epoch"] = st.column_config.NumberColumn(help="Counted from 0, as in the notebook.")
    st.dataframe(shown, height=TABLE_HEIGHT, column_config=digits, key="train_epochs_table")
