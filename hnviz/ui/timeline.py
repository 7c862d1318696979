"""The time slider: which snapshot of the run in view all pages look at, and its Play button."""

from typing import Any

import streamlit as st

from hnviz.ui import state
from hnviz.ui.address import address_problem
from hnviz.ui.components import BrowserComponent
from hnviz.ui.run_text import Standing
from hnviz.ui.show import problem

LAST = "last"
PLAY = "timeline_play"

_component = BrowserComponent("timeline", states=("step",), min_height="40px")


def snapshot_box(run: Standing) -> int | str:
    """Draw the time slider and its Play button; while a run trains, its newest snapshot is shown.

    Both run again the page, or the fragment, that this is called in. The button asks for the next
    snapshot when that run has ended, so that a slow picture is waited for.
    """
    snapshots = run.record.snapshots
    if lost := address_problem(state.SNAPSHOT, snapshots):
        problem(lost)
    if not can_play(run):
        word = "the newest, as the run trains" if moves(run) else "the only one"
        st.markdown(f"Snapshot  \n:gray[{word}]")
        return LAST
    if state.get(state.SNAPSHOT) not in snapshots:
        state.pop(state.SNAPSHOT)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        button = st.container(width=88)
        step = st.select_slider(
            "Snapshot, updates of the weights",
            snapshots,
            value=snapshots[-1],
            key=state.SNAPSHOT,
            bind="query-params",
        )
    with button:  # drawn after the slider, which knows what the address asks for
        _component(PLAY, {"steps": snapshots, "shown": step}, lambda: take_step(PLAY))
    return step


def can_play(run: Standing) -> bool:
    """Tell whether there is a slider: not while a run trains, nor for a single snapshot."""
    return not moves(run) and len(run.record.snapshots) > 1


def take_step(key: str) -> None:
    """Move the slider to the snapshot that a component has reported: [step, when, plays]."""
    reported = _reported(key)
    if reported:
        state.put(state.SNAPSHOT, reported[0])  # one that there is not is dropped by the slider


def is_playing() -> bool:
    """Tell whether another snapshot will follow this one by itself."""
    reported = _reported(PLAY)
    return bool(reported and reported[2])


def _reported(key: str) -> list[Any] | None:
    mounted: Any = state.get(key) or {}
    reported = mounted.get("step")
    return reported if isinstance(reported, list) and len(reported) == 3 else None


def moves(run: Standing) -> bool:
    """Tell whether the run trains, and its newest snapshot is shown."""
    return run.is_live and run.status != "paused"
