"""The Train page's parts: its buttons, its live pictures, its tables."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hnviz.config import RunConfig
from hnviz.data.stream import SPLITS
from hnviz.figures.curves import (
    accuracy_curves,
    loss_curves,
    n_batches_of,
    schedule_curves,
)
from hnviz.figures.ruler_text import HOW_TO_READ
from hnviz.figures.theme import Theme
from hnviz.runs import RESUMABLE, RunRecord, notebook_table
from hnviz.runs.ruler import Bound, split_bounds
from hnviz.ui import run_text, state
from hnviz.ui.engine import attempt, engine
from hnviz.ui.inside import what_is_inside
from hnviz.ui.live import Panel, live_figures
from hnviz.ui.run_text import Standing
from hnviz.ui.run_view import look_again
from hnviz.ui.settings import training_settings
from hnviz.ui.show import escape, lead, page_theme, problem, section

TICK = 0.5  # seconds between two looks at a run that trains
FIRST_POINT = 0.3  # seconds that a page waits for a new run's first step, sooner than a tick
SLOW_TICK = 2.0  # seconds, for what changes once an epoch
MOST_POINTS = 2000  # of one curve

SPEEDS: Mapping[str, float | None] = {
    "full speed": None,
    "20 steps/s": 20.0,
    "5 steps/s": 5.0,
    "1 step/s": 1.0,
}


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
        args=(config,),
        disabled=config is None,
        help="Starts a run with these settings. It goes on when this tab is closed.",
    )
    told.empty()
    with told:
        problem(wrong or state.get(state.TRAIN_ERROR))


def _start(config: RunConfig) -> None:
    run_id = attempt(state.TRAIN_ERROR, engine().train, config)
    if run_id is not None:
        state.show_run(run_id)


def run_buttons(standing: Standing) -> None:
    """Draw Pause, Step and Stop for the run in view; each stays in its place, used or not."""
    run_id, status = standing.record.id, standing.status
    label, action = _second_button(standing)
    st.button(
        label,
        key="train_pause",
        on_click=attempt,
        args=(state.run_error(run_id), action, run_id),
        disabled=status == "queued" or not (standing.is_live or label == "Resume"),
    )
    st.button(
        "Step",
        key="train_step",
        help="Pauses the run and makes one update of the weights.",
        on_click=attempt,
        args=(state.run_error(run_id), engine().step, run_id),
        disabled=status not in ("running", "paused"),
    )
    st.button(
        "Stop",
        key="train_stop",
        help="Ends the run and keeps it. Whoever has its link can stop it.",
        on_click=attempt,
        args=(state.run_error(run_id), engine().stop, run_id),
        disabled=not standing.is_live,
    )
    st.selectbox(
        "Speed",
        tuple(SPEEDS),
        index=_speed_index(standing.speed),
        key=f"train_speed_{run_id}",
        label_visibility="collapsed",
        width=130,
        on_change=_set_speed,
        args=(run_id,),
        disabled=not standing.is_live,
    )


def _second_button(standing: Standing) -> tuple[str, Any]:
    if standing.status == "paused":
        return "Go on", engine().go_on
    if standing.status in RESUMABLE and not standing.is_live and not standing.shipped:
        return "Resume", engine().resume
    return "Pause", engine().pause


def _set_speed(run_id: str) -> None:
    chosen = SPEEDS[state.get(f"train_speed_{run_id}")]
    attempt(state.run_error(run_id), engine().set_speed, run_id, chosen)


def _speed_index(speed: float | None) -> int:
    """Return the choice that a run is at: another viewer may have slowed it."""
    known = list(SPEEDS.values())
    return known.index(speed) if speed in known else 0


def live(run: Standing, top: DeltaGenerator, bar: DeltaGenerator) -> None:
    """Follow a run in fragments that tick as long as the run does.

    The sentence goes into `top` and the buttons into `bar`, which stand above.
    """
    ticking = run.is_live
    draw = st.fragment(_draw, run_every=TICK if ticking else None)
    draw(run.record.id, ticking, (top, bar))
    what_is_inside(run)
    # What changes once an epoch waits for a slower clock: a tick of it all takes twice as long,
    # and a click waits for the tick that it meets.
    details = st.fragment(_details, run_every=SLOW_TICK if ticking else None)
    details(run.record.id)


def _draw(run_id: str, ticking: bool, boxes: tuple[DeltaGenerator, DeltaGenerator]) -> None:
    run = look_again(run_id)
    if run is None:
        return
    if run.is_live != ticking:
        st.rerun()  # it has ended, or goes on: the clock must stop, or start
    run = _with_first_point(run)
    top, bar = boxes
    with top:
        lead(run_text.lead(run))
    with bar:
        run_buttons(run)
    st.progress(
        min(1.0, run.record.progress),
        text=escape(f"{run_text.name(run.record)}: {run_text.progress(run)}"),
    )
    problem(state.get(state.run_error(run_id)))
    live_figures(_once(_curves, run, page_theme()), "train_live")
    st.markdown(run_text.ruler(run.record, _bounds()))
    told = f"{run_text.loss_alt(run.record)} {run_text.accuracies(run.record)}"
    st.markdown(f":gray[:small[{told} {HOW_TO_READ} {run_text.jumps(run.record)}]]")


def _with_first_point(run: Standing) -> Standing:
    """Wait for the first step of a run that was started just now."""
    until = time.monotonic() + FIRST_POINT
    while run.status == "running" and not run.record.batches and time.monotonic() < until:
        time.sleep(0.02)
        run = look_again(run.record.id) or run
    return run


def _details(run_id: str) -> None:
    run = look_again(run_id)
    if run is None:
        return
    section("Epoch by epoch", run_text.against_notebook(run.record, _notebook(run)))
    left, right = st.columns([3, 2])
    with left:
        epoch_table(run)
    with right:
        live_figures(_once(_schedule, run, page_theme()), "train_schedule")


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
            figure=loss_curves(record, look, notebook),
            alt=run_text.loss_alt(record),
            of=record.id,
            title="Loss",
            note="cross-entropy a token",
            height=330,
        ),
        Panel(
            name="accuracy",
            figure=accuracy_curves(record, look, notebook, _bounds()),
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
            figure=schedule_curves(record.config, n_steps, look, now),
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
    st.dataframe(shown, height=292, column_config=digits, key="train_epochs_table")
