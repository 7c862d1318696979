"""The Models page: six networks, each one step from the last, and models beyond them."""

from functools import partial

import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.fields.picture import button, choice, controls, put_in
from hnviz.app.kit.picture import ask
from hnviz.app.kit.text import (
    kept_place,
    lead,
    linked,
    opening,
    page_link,
    page_theme,
    page_title,
    prose,
    section,
)
from hnviz.app.machine.picture import reading_machine
from hnviz.app.rooms.models.cursor.picture import CURSOR, CURSOR_VIEW
from hnviz.app.rooms.models.more import more
from hnviz.app.rooms.models.weights import Weights, weights_choice
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.shell import session as state
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.figures.changes import network_changes, recipe_changes, recipe_sentence, takeaway
from hnviz.figures.diagrams import legend
from hnviz.figures.recipes import origin_sentence, seeds_sentence, window_bound_sentence
from hnviz.figures.shares import alone_table, scored_note, shares_sentence
from hnviz.models.catalogue import CATALOGUE, entry, previous
from hnviz.runs import DamagedRun, RunNotFound, five_seeds_table, one_recipe_table, recipes_table
from hnviz.runs.ruler import possible, run_bounds

MODEL, ROW = "models_model", "models_controls"


def page() -> None:
    """Draw the page."""
    with st.container(key="room_title", horizontal=True, gap="medium", vertical_alignment="bottom"):
        with st.container(width="content"):
            page_title("What is it made of?")
        following = st.container(width="content")
    headline, machine = opening(one_line=True), kept_place("models_machine")
    with controls(ROW):
        model = choice("Model", tuple(CATALOGUE), MODEL, _model_in_view(), bare=True)
    with following:
        _next_model(model)
    with headline:
        lead(takeaway(model))
    with machine:
        _machine(model)
    _diagrams(model)
    _changes(model)
    section(
        "The same network, as code and as numbers",
        "Press Next line: one line of the network's code runs, and the pictures show the numbers "
        "that it makes.",
    )
    weights = weights_choice(model)
    if weights is not None:
        _at_work(weights)
    more(model, weights)
    linked("[Next: how does it learn to guess right?](train)")


def _model_in_view() -> str:
    """Return the model of the run in view; the first one where that is not known here."""
    first = next(iter(CATALOGUE))
    try:
        model = server().store.record(state.get(state.RUN) or first).config.model
    except (RunNotFound, DamagedRun):  # the sidebar, or the weights' choice, says why
        return first
    return model if model in CATALOGUE else first


def _next_model(model: str) -> None:
    names = tuple(CATALOGUE)
    at = names.index(model)
    following = names[(at + 1) % len(names)]
    last = at + 1 == len(names)
    button(
        f"Start again with {following}" if last else f"Next model: {following}",
        "models_next",
        partial(put_in, ROW, {MODEL: following}),
        strong=not last,
    )


def _machine(model: str) -> None:
    """Draw the model at work, where a pre-trained run of it comes with hnviz."""
    if model in server().store.ids():
        config = server().current(model).record.config
        reading_machine("models_reading", model, config, compact=True)


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
    """Draw what the model changes: the network on the left, the recipe on the right."""
    look, before = page_theme(), previous(model)
    names = [before, model] if before else [model]
    if before:
        st.markdown(f":gray[:small[What is not listed is as in {before}.]]")
    net = entry(model)
    if net.reason:
        prose(net.reason)
    columns = st.columns(2, gap="large")
    parts = (
        ("In the network", f"{model} {net.network_change}.", network_changes(model)),
        ("In the recipe", recipe_sentence(model), recipe_changes(model)),
    )
    for column, (title, sentence, changes) in zip(columns, parts, strict=True):
        with column:
            section(title, sentence)
            if listed := [each for each in changes if each.is_new or not before]:
                st.html(cards.changes_html(listed, names, look))
    tried, seeds = recipes_table(model), five_seeds_table(model)
    if not tried.empty and not seeds.empty:
        prose(f"{origin_sentence(tried)} {seeds_sentence(model, seeds)}")
        if not net.stateful:
            own = RunConfig.for_model(model)
            given, most = possible(own, "train"), run_bounds(own, "train")[-1].most
            prose(window_bound_sentence(own.bptt, given, most, seeds))
    measured = one_recipe_table(model)
    if not measured.empty:
        prose(shares_sentence(measured))
        st.html(cards.text_table(alone_table(measured), look, long=False))
        prose(f":gray[{scored_note(model)}]")
    runs = server().store.ids()  # none for a user's own model
    if before and {before, model} <= set(runs):
        label = f"Compare the curves of {before} and {model}"
        page_link("train", label, {"train_part": "Compare runs", "runs": f"{before},{model}"})


def _at_work(weights: Weights) -> None:
    if weights.at == "step":
        run_bar(weights.run_id, "models_bar")
    CURSOR(run=weights.run_id, asks=[ask(CURSOR_VIEW, at=weights.at)])
