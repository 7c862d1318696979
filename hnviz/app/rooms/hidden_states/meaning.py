"""The Hidden states page below its picture: what the state means, one view at a time."""

from collections.abc import Callable

import streamlit as st

from hnviz.app.kit.fields.picture import choice, controls, slider, switch, wrong
from hnviz.app.kit.fields.picture import whole as number
from hnviz.app.kit.picture import ask
from hnviz.app.kit.text import escape, linked, prose, section
from hnviz.app.rooms.hidden_states.controls import Asked
from hnviz.app.rooms.hidden_states.find.picture import FIND, FIND_VIEW, THRESHOLD
from hnviz.app.rooms.hidden_states.path.picture import FIRST, PATH, PATH_VIEW, N, numbers_problem
from hnviz.app.rooms.hidden_states.probes.picture import (
    ALL_PROBES_VIEW,
    ERASED_VIEW,
    PROBES,
    PROBES_VIEW,
)
from hnviz.figures import code_text
from hnviz.figures.offers import without_digits
from hnviz.figures.state_text import reading_note
from hnviz.figures.terms import TERMS
from hnviz.web.state import CurrentRun


def whole(run: CurrentRun, asked: Asked) -> None:
    """Draw what all units show together."""
    section("What the whole state shows", f"A linear probe is {TERMS['linear probe']}.")
    if switch("Erase what the probe reads", "states_erased"):
        PROBES(run=run.record.id, asks=[ask(ERASED_VIEW, at="rest", layer=asked.layer)])
        return
    positions = _positions_box()
    view = ask(PROBES_VIEW, at="rest", layer=asked.layer, positions=positions)
    PROBES(run=run.record.id, asks=[view])
    linked(
        "Does the network use what a probe reads? [Take a digit out of its memory, and see what it "
        "says](remember?remember_part=Another memory&predictions_change=take out a digit"
        "&predictions_digit=ones&predictions_ways=true)"
    )
    if switch("Probe all pre-trained models", "states_all_models"):
        view = ask(ALL_PROBES_VIEW, at="end", positions=positions)
        PROBES(key="states_all_probes", run=run.record.id, asks=[view])


def _positions_box() -> str:
    names = {name: each for each, name in code_text.POSITIONS.items()}
    chosen = choice(
        "Read the digit",
        tuple(names),
        "states_positions",
        code_text.POSITIONS["due"],
        help="Just after a word, even an untrained state still echoes it. Just before a digit's "
        "word comes, the network has to remember the digit.",
    )
    return names[chosen]


def find(run: CurrentRun, asked: Asked) -> None:
    """Draw where else in the text the same units are on."""
    section("Find it elsewhere")
    with controls("states_find_row"):
        share = slider(
            "Threshold, share of the scale",
            "states_threshold",
            THRESHOLD,
            ends=(0.0, 0.95),
            step=0.05,
            width="stretch",
            help="A unit is on if its state is above the threshold at every token of the range. "
            "The scale is 1 for tanh; for relu, one value in twenty is above it.",
        )
        edges = switch("Off just before and after", "states_edges")
    params = {**asked.text.params, "layer": asked.layer, "threshold": share, "edges": edges}
    FIND(run=run.record.id, asks=[ask(FIND_VIEW, at="rest", **params)])


def path(run: CurrentRun, asked: Asked) -> None:
    """Draw the path of the state while the model counts."""
    section(
        "Path of the state",
        "It has its own range, longer than the phrase above: the state goes round once per number.",
    )
    with controls("states_path_row"):
        first = number("First number", "states_path_first", FIRST, width=180)
        n = number("Numbers", "states_path_n", N, width=180)
        lacks = numbers_problem(first, n, run.record.config)
        wrong("states_path_first", lacks)
    if not lacks:
        view = ask(PATH_VIEW, at="rest", layer=asked.layer, first=first, n=n)
        PATH(run=run.record.id, asks=[view])


CLOSED = "no more"
VIEWS: dict[str, Callable[[CurrentRun, Asked], None]] = {
    "What the whole state shows": whole,
    "Find it elsewhere": find,
    "Path of the state": path,
}
"""Each view by its name in the address. Each reads a whole split, so one is drawn once chosen."""


def meaning(run: CurrentRun, asked: Asked) -> None:
    """Draw the choice of a view, and the view."""
    if lacks := without_digits(run.record.config):
        st.markdown(escape(lacks))
        return
    chosen = choice("Look closer", (CLOSED, *VIEWS), "states_view", CLOSED)
    if chosen != CLOSED:
        VIEWS[chosen](run, asked)
    config = run.record.config
    with st.expander("How this was measured"):
        prose(reading_note(config.model, config.bptt, asked.text.split))
        prose(code_text.EXPLAINS_NOTE)
