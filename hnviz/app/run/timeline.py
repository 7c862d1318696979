"""The time slider: which snapshot of the run in view all pages look at, and its Play button."""

from typing import Any

import streamlit as st

from hnviz.app.kit.component import BrowserComponent
from hnviz.app.kit.text import problem
from hnviz.app.run.text import Standing
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem

LAST = "last"
PLAY, STRIP = "timeline_play", "states_strip"
"""The components that report a step for the slider, by the keys they are mounted with."""

_SHOWN = "timeline_shown"  # the run whose slider was drawn, and whether it stood at its end

_component = BrowserComponent("run/timeline", states=("step", "rest"), min_height="40px")


def snapshot_box(run: Standing, *, rests: bool = False) -> int | str:
    """Draw the time slider and its Play button; while a run trains, its newest snapshot is shown.

    Both run again the page, or the fragment, that this is called in. The button asks for the next
    snapshot when that run has ended, so that a slow picture is waited for. With `rests` there is
    one more run when a snapshot has stayed in view for a second: see `is_at_rest`.
    """
    snapshots = run.record.snapshots
    settle(run)
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
    state.put(_SHOWN, (run.record.id, step == snapshots[-1]))
    with button:  # drawn after the slider, which knows what the address asks for
        _component(PLAY, {"steps": snapshots, "shown": step, "rests": rests})
    return step


def settle(run: Standing) -> None:
    """Move the slider to what was reported, and stay at the end when another run comes into view.

    Another run's steps may be other ones. Call it before the slider's place is looked at:
    `snapshot_box` does so itself.
    """
    for key in (PLAY, STRIP):
        _take_step(key)
    shown, at_end = state.get(_SHOWN, (run.record.id, False))
    if shown != run.record.id and at_end:
        state.pop(state.SNAPSHOT)
        state.pop(_SHOWN)


def _take_step(key: str) -> None:
    """Move the slider to the snapshot that a component has reported: [step, when], once.

    Not in a callback: that may run in a fragment's tick, which does not draw the slider, and the
    run after it would take the slider's old place back.
    """
    reported = state.reported(key, "step")
    if isinstance(reported, list):
        state.put(state.SNAPSHOT, reported[0])  # one that there is not is dropped by the slider


def can_play(run: Standing) -> bool:
    """Tell whether there is a slider: not while a run trains, nor for a single snapshot."""
    return not moves(run) and len(run.record.snapshots) > 1


def is_at_rest(step: int) -> bool:
    """Tell whether the slider has stayed at a snapshot since it was moved or played there."""
    mounted: Any = state.get(PLAY) or {}
    return bool(mounted.get("rest") == step)


def moves(run: Standing) -> bool:
    """Tell whether the run trains, and its newest snapshot is shown."""
    return run.is_live and run.status != "paused"
