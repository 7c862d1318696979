"""The Models page: six networks, each one step from the last, and models beyond them."""

from functools import cache

import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.fields.picture import choice, controls
from hnviz.app.kit.picture import ask
from hnviz.app.kit.text import (
    kept_place,
    lead,
    linked,
    opening,
    page_theme,
    page_title,
    prose,
    section,
)
from hnviz.app.machine.picture import reading_machine
from hnviz.app.rooms.models.cursor.picture import CURSOR, CURSOR_VIEW
from hnviz.app.rooms.models.more import more
from hnviz.app.rooms.models.weights import Weights, weights_choice, weights_of
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.shell import session as state
from hnviz.app.shell.server import server
from hnviz.figures.changes import recipe_sentence, takeaway
from hnviz.figures.diagrams import legend
from hnviz.figures.shares import shares_sentence
from hnviz.models.catalogue import CATALOGUE, LADDER, entry, previous
from hnviz.runs import DamagedRun, RunNotFound, one_recipe_table

MODEL, ROW = "models_model", "models_controls"


def page() -> None:
    """Draw the page."""
    with st.container(
        key="room_title_models", horizontal=True, gap="medium", vertical_alignment="bottom"
    ):
        with st.container(width="content"):
            page_title("What is it made of?")
        with st.container(width="content"), controls(ROW):
            model = choice(
                "Model", tuple(CATALOGUE), MODEL, _model_in_view(), bare=True, beside=len(LADDER)
            )
    with opening(one_line=True):
        lead(takeaway(model))
    with kept_place("models_machine"):
        _machine(model)
    _diagrams(model)
    _changes(model)
    with st.container(key="models_code", horizontal=True, gap="large", vertical_alignment="bottom"):
        with st.container(width="content"):
            section("As code and as numbers: press Next line")
        with st.container(width="content"):
            chosen = weights_choice(model)
    weights = weights_of(model, chosen)
    if weights is not None:
        _at_work(weights)
    with st.container(gap="xsmall"):
        more(model, weights)
    linked("[Next: how does it learn to guess right?](train)")


def _model_in_view() -> str:
    """Return the model of the run in view, or the first model where that one is unknown."""
    model = _model_of(state.get(state.RUN))
    return model if model in CATALOGUE else next(iter(CATALOGUE))


def _model_of(run_id: str | None) -> str | None:
    try:
        return server().store.record(run_id).config.model if run_id else None
    except (RunNotFound, DamagedRun):  # the sidebar, or the weights' choice, says why
        return None


def _machine(model: str) -> None:
    """Draw the model at work: in the run in view if it is one, or in the run that hnviz has."""
    in_view = state.get(state.RUN)
    run_id = in_view if _model_of(in_view) == model else model
    if _model_of(run_id):
        config = server().store.record(run_id).config
        reading_machine("models_reading", run_id, config, compact=True)


def _diagrams(model: str) -> None:
    look = page_theme()
    with st.container(key="models_cards"):
        cards.drawing(cards.diagram_cards(cards.model_cards(model, look), look))
    before = previous(model)
    # Beside Model0 is Model5, which carries its state.
    scissors = entry(model).stateful or before is None
    attends = entry(model).attends
    cards.drawing(legend(look, scissors=scissors, since=before or "", attends=attends))


def _changes(model: str) -> None:
    """Say what the model changes in the network and in the recipe, and what each change does."""
    net = entry(model)
    network = f"**The network:** {model} {net.network_change}."
    prose(f"{net.reason} {network} **The recipe:** {recipe_sentence(model)}".strip())
    if shares := _shares(model):
        prose(shares)


@cache  # of tables that come with hnviz: the same for all viewers
def _shares(model: str) -> str:
    """Say how much of a step is the network and how much the recipe, if that was measured."""
    measured = one_recipe_table(model)
    return "" if measured.empty else shares_sentence(measured)


def _at_work(weights: Weights) -> None:
    if weights.at == "step":
        run_bar(weights.run_id, "models_bar")
    CURSOR(run=weights.run_id, asks=[ask(CURSOR_VIEW, at=weights.at)])
