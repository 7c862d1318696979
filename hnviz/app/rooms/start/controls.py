"""The Start page's controls: a number to count on from, and the reader's own run."""

from typing import NamedTuple

import streamlit as st

from hnviz.app.kit.text import problem
from hnviz.app.kit.wrong import mark_field
from hnviz.app.rooms.start.count.picture import FIRST, LAST, TRIED
from hnviz.app.run.start import start
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.config import RunConfig

MODEL = "Model5"
"""The model that the page trains, with its own recipe."""

_NUMBER, _EXAMPLE = "start_number", "start_example"
_GOOD = "start_good"  # the last number that could be counted on from
_TURN = "start_turn"  # how often the reader has asked for a count
_ERROR = "start_error"  # why the last press on the button started nothing
STARTED = "start_started"
"""The session's key of the run last started on this page."""


class Asked(NamedTuple):
    """A number to count on from, and how often the reader has asked for a count."""

    number: int
    turn: int


def number_asked() -> Asked:
    """Draw the number, four examples and the button; return the last number that can be used."""
    lost = address_problem(_NUMBER, "whole number")
    with st.container(horizontal=True, vertical_alignment="bottom", key="start_controls"):
        number = st.number_input(
            "Count on from",
            value=TRIED[1],
            step=1,
            key=_NUMBER,
            width=170,
            bind="query-params",
        )
        state.put(_EXAMPLE, number if number in TRIED else None)
        st.pills("Try", TRIED, key=_EXAMPLE, on_change=_take_example)
        st.button("Count on", key="start_count_on", type="primary", on_click=_ask_again)
    wrong = number_problem(number)
    if wrong:
        mark_field(_NUMBER)
    else:
        state.put(_GOOD, int(number))
    problem(wrong or lost)
    return Asked(state.get(_GOOD, TRIED[1]), state.get(_TURN, 0))


def number_problem(number: int | None) -> str | None:
    """Say why a number cannot be counted on from, None if it can."""
    if number is not None and FIRST <= number <= LAST:
        return None
    got = "nothing" if number is None else f"{number:,}".replace("-", "\N{MINUS SIGN}")
    return f"Count on from a number between {FIRST} and {LAST:,}; got {got}."


def _take_example() -> None:
    chosen = state.get(_EXAMPLE)
    if chosen is not None:
        state.put(_NUMBER, chosen)
    _ask_again()


def _ask_again() -> None:
    state.put(_TURN, state.get(_TURN, 0) + 1)


def train_button() -> None:
    """Draw the button that trains a network at once; the page then shows that run."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Train one yourself",
            key="start_train",
            on_click=_train,
            help=f"Starts a run of {MODEL} with its own recipe. It goes on if you close this tab.",
        )
        st.markdown(
            ":gray[:small[The words above then change with every snapshot, from no training "
            "to a network that counts.]]"
        )
    problem(state.get(_ERROR))


def _train() -> None:
    run_id = start(_ERROR, RunConfig.for_model(MODEL))
    if run_id is not None:
        state.show_run(run_id)
        state.put(STARTED, run_id)
