"""The Through time page: its settings, and its pictures of state and gradient."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from hnviz.catalogue import CATALOGUE, entry
from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.figures import time_text
from hnviz.figures.costs import backward_costs
from hnviz.figures.handover import Crossing, handover
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.scissors import Passes, scissors, scissors_legend
from hnviz.ui import cards, state
from hnviz.ui.address import address_problem
from hnviz.ui.engine import observe, store
from hnviz.ui.run_text import Standing
from hnviz.ui.run_view import look_again
from hnviz.ui.show import lead, page_theme, problem, show
from hnviz.ui.timeline import LAST, snapshot_box

BETWEEN = {"reset": "reset", "keep, detach": "detach", "keep": "keep"}
LOSSES = {"last step": False, "all steps": True}
FIRST = 5  # the first of the three mini-batches
WINDOWS = 3
COST_BPTTS = (5, 10, 20, 40)
TICK = 2.0  # seconds between two looks for a newer snapshot


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


def _way_box(run: Standing) -> str:
    model = run.record.config.model
    if not entry(model).stateful:
        st.markdown(f"Between mini-batches  \n:gray[reset: {model} carries no state]")
        return "reset"
    problem(address_problem("time_between", tuple(BETWEEN)))
    chosen = st.segmented_control(
        "Between mini-batches",
        tuple(BETWEEN),
        default="keep, detach",
        required=True,
        key="time_between",
        bind="query-params",
    )
    return BETWEEN[chosen or "keep, detach"]


def _loss_box() -> bool:
    problem(address_problem("time_loss", tuple(LOSSES)))
    chosen = st.segmented_control(
        "Loss",
        tuple(LOSSES),
        default="last step",
        required=True,
        key="time_loss",
        bind="query-params",
    )
    return LOSSES[chosen or "last step"]


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
    known = store().ids()
    names = [name for name in CATALOGUE if name in known]
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


def _take_model() -> None:
    chosen = state.get("time_model")
    if chosen is not None:
        state.show_run(chosen)


def _first_box(run: Standing) -> int | None:
    """Draw the first of the three mini-batches; None, with a sentence, if it cannot be used."""
    config = run.record.config
    layout = BatchLayout(len(human_numbers_stream().train), config.bs, config.bptt)
    last = layout.n_batches - WINDOWS
    lost = address_problem("time_first", "whole number")
    value = st.number_input(
        "First mini-batch",
        value=max(0, min(FIRST, last)),
        step=1,
        key="time_first",
        bind="query-params",
    )
    if last >= 0 and not 0 <= value <= last:
        problem(
            f"The text has {layout.n_batches} mini-batches, so the first of {WINDOWS} must be from "
            f"0 to {last}; got {value}."
        )
        return None
    problem(lost)
    return value


def three_batches(run: Standing, asked: Asked) -> str | None:
    """Draw the lanes; return the sentence that goes above, None where there is no picture."""
    if asked.first is None:
        return None
    params = {"first": asked.first, "every": asked.every}
    run_id, model = run.record.id, run.record.config.model
    answer, trouble = observe(run_id, asked.step, "state_gradients", params)
    if answer is None:
        problem(trouble)
        return None
    meta, look = answer.meta, page_theme()
    passes = Passes(
        model=model,
        batches=tuple(meta["batches"]),
        bptt=meta["bptt"],
        bs=meta["bs"],
        every=asked.every,
        ways=answer.arrays,
    )
    cards.two_sizes(
        scissors(passes, look, asked.way, WIDE), scissors(passes, look, asked.way, NARROW)
    )
    cards.drawing(scissors_legend(look))
    note = time_text.passes_note(passes.batches, passes.bs, meta["loss"], meta["n_before"])
    st.markdown(f":gray[:small[{note}]]")
    if asked.way == "keep":
        _second_backward(run_id, asked.step)
    return time_text.gradient_sentence(passes.model, passes.ways, passes.bptt, passes.every,
                                       asked.way)  # fmt: skip


def _second_backward(run_id: str, step: int) -> None:
    """Show what torch says where each mini-batch has its backward and nothing is cut."""
    answer, trouble = observe(run_id, step, "second_backward", {})
    if answer is None:
        problem(trouble)
        return
    st.markdown(
        "A backward after each mini-batch, without detach and without `retain_graph=True`, goes "
        "back into a graph that the one before has freed. Tried here, now, torch said:"
    )
    st.code(answer.meta["error"], language=None, wrap_lines=True)


@st.fragment(parallel=True)
def costs(run_id: str) -> None:
    """Draw what a backward takes; in parallel, so that no picture waits for the measurement."""
    run = look_again(run_id)
    if run is None or not run.record.snapshots:
        return
    longest = entry(run.record.config.model).max_bptt
    bptts = tuple(range(1, longest + 1)) if longest else COST_BPTTS
    place = st.empty()
    known, measured = state.get("time_measured", (None, []))
    if known != run_id:  # a chart that stays is not mounted again with every other setting
        place.markdown(":gray[Measuring what a backward takes on this machine …]")
        measured = []
        for bptt in bptts:
            # The first snapshot: a run that trains would be measured anew with every other one.
            step = run.record.snapshots[0]
            answer, trouble = observe(run_id, step, "backward_costs", {"bptt": bptt})
            if answer is None:
                place.empty()
                problem(trouble)
                return
            measured.append(answer.meta)
        state.put("time_measured", (run_id, measured))
    with place.container():
        figure = backward_costs(measured, page_theme())
        show(figure, time_text.costs_sentence(measured), "time_costs")


def between_texts(run: Standing, asked: Asked) -> None:
    """Draw where the state goes from train to valid; one sentence for a model that has none."""
    model = run.record.config.model
    if not entry(model).stateful:
        st.markdown(time_text.no_handover(model))
        return
    answer, trouble = observe(run.record.id, asked.step, "handover", {})
    if answer is None:
        problem(trouble)
        return
    facts: dict[str, Any] = {**answer.meta, **answer.arrays}
    crossing = Crossing(model=model, **facts)
    look = page_theme()
    st.markdown(crossing.sentence)
    cards.two_sizes(handover(crossing, look, WIDE), handover(crossing, look, NARROW))
    note = time_text.handover_note(run.record.config.reset_state, crossing.n_read)
    st.markdown(f":gray[:small[{note}]]")


def opening(place: st.delta_generator.DeltaGenerator, sentence: str | None) -> None:
    """Write the page's first sentence above the settings."""
    if sentence:
        with place:
            lead(sentence)


def watch(run: Standing) -> None:
    """While a run trains, draw the page anew when it has another snapshot."""
    if run.is_live:
        st.fragment(_look_for_newer, run_every=TICK)(run.record.id, run.record.snapshots[-1:])


def _look_for_newer(run_id: str, shown: tuple[int, ...]) -> None:
    run = look_again(run_id)
    if run is not None and (not run.is_live or run.record.snapshots[-1:] != shown):
        st.rerun()
