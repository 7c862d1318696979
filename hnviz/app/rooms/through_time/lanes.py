"""The Through time page: its pictures of state and gradient."""

from typing import Any

import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.text import lead, page_theme, problem, show
from hnviz.app.rooms.through_time.settings import Asked, lanes_params
from hnviz.app.run.engine import observe
from hnviz.app.run.text import Standing
from hnviz.app.run.view import look_again
from hnviz.app.shell import session as state
from hnviz.catalogue import entry
from hnviz.figures import time_text
from hnviz.figures.costs import backward_costs
from hnviz.figures.handover import Crossing, handover
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.scissors import Passes, scissors, scissors_legend

COST_BPTTS = (5, 10, 20, 40)
TICK = 2.0  # seconds between two looks for a newer snapshot


def three_batches(run: Standing, asked: Asked) -> str | None:
    """Draw the lanes; return the sentence that goes above, None where there is no picture."""
    if asked.first is None:
        return None
    run_id, model = run.record.id, run.record.config.model
    answer, trouble = observe(run_id, asked.step, "state_gradients", lanes_params(asked))
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
        # It changes with the run alone, and the lanes of another run are looked at first.
        show(figure, time_text.costs_sentence(measured), "time_costs", can_wait=True)


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
