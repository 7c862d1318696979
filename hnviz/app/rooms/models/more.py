"""The Models page's folds: each is drawn once it is open, and has its own name in the address."""

import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.fields.picture import choice, controls, whole, wrong
from hnviz.app.kit.fold import fold
from hnviz.app.kit.picture import ask
from hnviz.app.kit.text import page_link, page_theme, problem, prose, section
from hnviz.app.rooms.models.cell.picture import CELL, CELL_VIEW, FIRST_UNIT, cell_of
from hnviz.app.rooms.models.pair.picture import BATCHES, PAIR, PAIR_VIEW
from hnviz.app.rooms.models.source import class_and_new_lines
from hnviz.app.rooms.models.weights import Weights
from hnviz.app.rooms.start.overview import last_figures
from hnviz.app.shell import session as state
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.data import human_numbers_stream
from hnviz.figures.cell_diagrams import CELLS
from hnviz.figures.changes import network_changes, recipe_changes
from hnviz.figures.recipes import origin_sentence, seeds_sentence, window_bound_sentence
from hnviz.figures.sentences import (
    gate_lines,
    model_sentence,
    notebook_sentence,
    source_sentence,
    stacked_sentence,
)
from hnviz.figures.shares import alone_table, measured_note, scored_note, shares_table
from hnviz.figures.tables import parts_table
from hnviz.models.catalogue import PAIRS, entry, partner, previous
from hnviz.models.spec import GRU, IRNN, LSTM, RNN
from hnviz.runs import (
    DamagedRun,
    RunNotFound,
    five_seeds_table,
    notebook_accuracy,
    notebook_table,
    one_recipe_table,
    recipes_table,
)
from hnviz.runs.ruler import possible, run_bounds
from hnviz.source import shown_path

_UNIT = "models_unit"


def more(model: str, weights: Weights | None) -> None:
    """Draw the folds that a model has."""
    section(f"More about {model}")
    before = previous(model)
    title = f"What changes from {before} to {model}" if before else f"The settings of {model}"
    fold(title, "models_shares", lambda: _changes(model, before))
    if weights is not None and partner(model) is not None:
        left, right = next(pair for pair in PAIRS if model in pair)
        same = entry(left).stateful == entry(right).stateful
        title = (
            f"{left} and {right}, line by line, with the same weights"
            if same
            else f"{left} and {right}, line by line, on one mini-batch after the other"
        )
        fold(title, "models_twins", lambda: _twins(weights, kept=not same))
    kind = cell_of(model)
    if weights is not None and kind is not None:
        title = f"Inside nn.{kind}: one unit in numbers"
        fold(title, "models_cell", lambda: _cell(model, kind, weights))
    reached = "" if notebook_accuracy(model) is None else ", and what the notebook reached"
    fold(f"What {model} learns{reached}", "models_parts", lambda: _parts(model))
    fold(f"The whole class {model}, with its parts", "models_source", lambda: _whole_class(model))
    fold("The notebook's five figures", "models_figures", _figures)


def _changes(model: str, before: str | None) -> None:
    """Tabulate what is new in the network and in the recipe, and what each of them does alone."""
    look, names = page_theme(), [before, model] if before else [model]
    network, recipe = st.columns(2, gap="large")
    for column, title, changes in (
        (network, "In the network", network_changes(model)),
        (recipe, "In the recipe", recipe_changes(model)),
    ):
        with column:
            prose(f"**{title}**")
            listed = [each for each in changes if each.is_new or not before]
            st.html(cards.changes_html(listed, names, look))
    if before:
        prose(f":gray[What is not listed is as in {before}.]")
    tried, seeds = recipes_table(model), five_seeds_table(model)
    if not tried.empty and not seeds.empty:
        prose(f"{origin_sentence(tried)} {seeds_sentence(model, seeds)}")
        if not entry(model).stateful:
            own = RunConfig.for_model(model)
            given, most = possible(own, "train"), run_bounds(own, "train")[-1].most
            _, reached = last_figures(model)
            prose(window_bound_sentence(own.bptt, given, most, reached))
    measured = one_recipe_table(model)
    if not measured.empty:  # two networks, each trained with both recipes
        st.html(cards.text_table(alone_table(measured), look, long=False))
        prose(f":gray[{scored_note(model)}]")
        st.html(cards.text_table(shares_table(measured), look, long=False))
        prose(measured_note(model))
    if before and {before, model} <= set(server().store.ids()):  # none for a user's own model
        label = f"Compare the curves of {before} and {model}"
        page_link("train", label, {"train_part": "Compare runs", "runs": f"{before},{model}"})


def _twins(weights: Weights, *, kept: bool) -> None:
    """Draw a model and its partner in step; where one keeps its state, on either mini-batch."""
    batch = choice("Mini-batch", BATCHES, "models_batch") if kept else BATCHES[0]
    view = ask(PAIR_VIEW, at=weights.at, batch=batch)
    PAIR(run=weights.run_id, asks=[view])


def _cell(model: str, kind: str, weights: Weights) -> None:
    """Draw the step of a model's part of torch.nn with one unit's numbers."""
    net = entry(model)
    if net.cell is None:
        return
    if net.cell not in (RNN, IRNN, GRU, LSTM):  # the user's own, whose lines write its step out
        st.markdown("\n\n".join(gate_lines(net.cell)))
        return
    if net.gates:
        st.markdown(stacked_sentence(net.cell))
        picture, meanings = st.columns(2, gap="large")
        with picture:
            cards.drawing(CELLS[kind](page_theme()))
        meanings.markdown("\n\n".join(gate_lines(net.cell)))
    else:
        st.markdown("One line of code, and inside it one equation for every unit.")
        st.markdown(f"${net.cell.equation}$")
    nh = _units_of(weights.run_id)
    if nh is not None:
        layer, unit = _place(model, nh)
        view = ask(CELL_VIEW, at=weights.at, layer=layer, unit=unit)
        CELL(run=weights.run_id, asks=[view])


def _figures() -> None:
    cards.drawing(cards.notebook_cards(page_theme()))


def _units_of(run_id: str) -> int | None:
    """Return a run's number of units; None, with a sentence, when the run cannot be read."""
    try:
        return server().store.record(run_id).config.nh
    except (RunNotFound, DamagedRun) as error:
        problem(f"{error}; pick another run")
        return None


def _place(model: str, nh: int) -> tuple[int, int]:
    """Draw the choice of a layer and of a unit, one of `nh`; return them."""
    net = entry(model)
    layer = net.n_layers - 1
    first = min(FIRST_UNIT, nh - 1)
    with controls("models_place"):
        if net.n_layers > 1:
            layer = choice("Layer", tuple(range(net.n_layers)), "models_layer", layer)
        unit = _good_unit(whole("Unit", _UNIT, first, width=140), nh, first)
    return layer, unit


def _good_unit(unit: int, nh: int, first: int) -> int:
    """Return a unit of the run: the wanted one, or the last one picked, or the first."""
    kept = "_models_good_unit"
    if not 0 <= unit < nh:
        wrong(_UNIT, f"unit must be a whole number from 0 to {nh - 1}; got {unit}")
        return min(int(state.get(kept, first)), nh - 1)
    state.put(kept, unit)
    return unit


def _parts(model: str) -> None:
    """Draw what a model learns, part by part, and the notebook's figures."""
    net, nv = entry(model), len(human_numbers_stream().vocab)
    prose(model_sentence(model, nv))
    st.html(cards.parts_html(parts_table(net, nv, net.recipe.nh), page_theme()))
    st.markdown(f":gray[:small[nv = {nv} tokens in the vocabulary, nh = {net.recipe.nh} units.]]")
    prose(notebook_sentence(model, notebook_table(model)))


def _whole_class(model: str) -> None:
    """Show the source of a model's class, or a sentence if it cannot be read."""
    try:
        source, new = class_and_new_lines(model)
    except ValueError as error:
        problem(str(error))
        return
    st.markdown(f":gray[{source_sentence(model, shown_path(model))}]")
    st.html(cards.source_block(source, new, page_theme()))
