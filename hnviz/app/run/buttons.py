"""The buttons of the run in view: pause, step, stop, speed."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from hnviz.app.run.engine import attempt, engine
from hnviz.app.run.text import Standing
from hnviz.app.shell import session as state
from hnviz.runs import RESUMABLE

SPEEDS: Mapping[str, float | None] = {
    "full speed": None,
    "20 steps/s": 20.0,
    "5 steps/s": 5.0,
    "1 step/s": 1.0,
}


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
