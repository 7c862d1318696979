"""The settings of the Through time page, and what they ask the observer for."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from hnviz.app.kit.asking import Wanted, asker
from hnviz.app.kit.choice import choice
from hnviz.app.kit.text import problem
from hnviz.app.rooms.through_time import look_back
from hnviz.app.run.engine import expect, standing, store
from hnviz.app.run.text import Standing
from hnviz.app.run.timeline import LAST, can_play, settle, snapshot_box
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.catalogue import CATALOGUE, entry
from hnviz.data import BatchLayout, human_numbers_stream

BETWEEN = {"reset": "reset", "keep, detach": "detach", "keep": "keep"}
LOSSES = {"last step": False, "all steps": True}
FIRST = 5  # the first of the three mini-batches
WINDOWS = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What the settings ask for."""

    step: int  # of the snapshot
    way: str  # between mini-batches
    every: bool  # the loss of all steps
    first: int | None  # mini-batch; None where it cannot be used


def settings(run: Standing) -> Asked | None:
    """Draw the settings; None, with a sentence, for a run that has no snapshot."""
    with st.container(horizontal=True, gap="medium"):
        way = _way_box(run)
        every = _loss_box()
        weights = st.container(width="content")
        with st.container(width=170):
            _model_box(run)
    if not run.record.snapshots:
        problem(
            "This run has no snapshot yet: the pictures come with its first step."
            if run.is_live
            else "This run ended before its first snapshot, so there are no weights to go back "
            "through: pick another run."
        )
        return None
    slider, number = st.columns([3, 1], vertical_alignment="bottom")
    with slider:
        chosen = snapshot_box(run)
    step = run.record.snapshots[-1] if chosen == LAST else int(chosen)
    with weights:
        _weights_box(run, step)
    with number:
        first = _first_box(run)
    return Asked(step, way, every, first)


def foresee(run: Standing) -> None:
    """Let the observer begin with marked row and lanes while the settings are drawn.

    The settings are taken from where their widgets have them, with the defaults that they will
    have. What turns out otherwise is asked for in its place, a moment later.
    """
    snapshots = run.record.snapshots
    settle(run)
    if snapshots:
        step = state.get(state.SNAPSHOT)
        first, loss = state.get("time_first", _default_first(run)), state.get("time_loss")
        asked = Asked(
            step=step if can_play(run) and step in snapshots else snapshots[-1],
            way="",  # the answer has all of them
            every=LOSSES.get(loss or "", False),
            first=first,
        )
        look_back.foresee(run.record.id, asked.step)
        expect(run.record.id, asked.step, "state_gradients", lanes_params(asked))


def foresee_next(run: Standing, asked: Asked, words: tuple[str, ...] | None) -> None:
    """Have at hand what is one key or one choice away: the slider's neighbours, other models."""
    snapshots = run.record.snapshots
    near: list[tuple[str, int]] = []
    if can_play(run):
        place = snapshots.index(asked.step)
        near += [(run.record.id, at) for at in snapshots[place + 1 : place + 2]]
        near += [(run.record.id, at) for at in snapshots[max(0, place - 1) : place]]
    records = [store().record(name) for name in _shipped_models() if name != run.record.id]
    near += [(each.id, each.snapshots[-1]) for each in records]
    lanes = tuple(lanes_params(asked).items())
    wanted = []
    for run_id, step in near:
        if asked.first is not None:
            wanted.append(Wanted(run_id, step, "state_gradients", lanes))
        if words:
            wanted.append(look_back.marked_row(run_id, step, words))
    asker.look(wanted)


def _way_box(run: Standing) -> str:
    model = run.record.config.model
    if not entry(model).stateful:
        st.markdown(f"Between mini-batches  \n:gray[reset: {model} carries no state]")
        return "reset"
    return BETWEEN[choice("Between mini-batches", tuple(BETWEEN), "time_between", "keep, detach")]


def _loss_box() -> bool:
    return LOSSES[choice("Loss", tuple(LOSSES), "time_loss")]


def _weights_box(run: Standing, step: int) -> None:
    """Two short ways on the slider of snapshots: to its first and to its last."""
    snapshots = run.record.snapshots
    if len(snapshots) < 2 or (run.is_live and run.status != "paused"):
        return
    ends = {"untrained" if snapshots[0] == 0 else "first": snapshots[0], "trained": snapshots[-1]}
    state.put("time_weights", next((name for name in ends if ends[name] == step), None))
    st.segmented_control(
        "Weights",
        tuple(ends),
        key="time_weights",
        on_change=_take_weights,
        args=(ends,),
    )


def _take_weights(ends: dict[str, int]) -> None:
    chosen = state.get("time_weights")
    if chosen is not None:
        state.put(state.SNAPSHOT, ends[chosen])


def _model_box(run: Standing) -> None:
    """Bring the shipped run of a model into view."""
    names = _shipped_models()
    state.put("time_model", run.record.id if run.record.id in names else None)
    st.selectbox(
        "Model",
        names,
        index=0 if run.record.id in names else None,
        key="time_model",
        placeholder="a run of your own",
        on_change=_take_model,
        help="The shipped run of a model; any other run is picked in the sidebar.",
    )


def _shipped_models() -> list[str]:
    known = store().ids()
    return [name for name in CATALOGUE if name in known]


def _take_model() -> None:
    chosen = state.get("time_model")
    if chosen is not None:
        state.show_run(chosen)
        foresee(standing(chosen))


def _first_box(run: Standing) -> int | None:
    """Draw the first of the three mini-batches; None, with a sentence, if it cannot be used."""
    n_batches = _n_batches(run)
    last = n_batches - WINDOWS
    lost = address_problem("time_first", "whole number")
    value = st.number_input(
        "First mini-batch",
        value=_default_first(run),
        step=1,
        key="time_first",
        bind="query-params",
    )
    if last >= 0 and not 0 <= value <= last:
        problem(
            f"The text has {n_batches} mini-batches, so the first of {WINDOWS} must be from "
            f"0 to {last}; got {value}."
        )
        return None
    problem(lost)
    return value


def _n_batches(run: Standing) -> int:
    config = run.record.config
    return BatchLayout(len(human_numbers_stream().train), config.bs, config.bptt).n_batches


def _default_first(run: Standing) -> int:
    return max(0, min(FIRST, _n_batches(run) - WINDOWS))


def lanes_params(asked: Asked) -> dict[str, Any]:
    """Return the parameters of the question for the lanes."""
    return {"first": asked.first, "every": asked.every}
