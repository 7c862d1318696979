"""The Models page's look into one unit of nn.RNN or nn.GRU."""

import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.choice import choice
from hnviz.app.kit.text import page_theme, problem, section
from hnviz.app.rooms.models.weights import Weights
from hnviz.app.run.engine import observe
from hnviz.app.run.view import look_again
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.catalogue import entry
from hnviz.data import human_numbers_stream
from hnviz.figures.cell import cell_sentence, equations, unit_line
from hnviz.figures.diagrams import gru_cell
from hnviz.figures.sentences import gate_lines

FIRST_UNIT = 16  # of the shipped Model5: it keeps its place in the number
CELLS = {"RNN": "Inside nn.RNN", "GRU": "Inside nn.GRU"}


@st.fragment
def cell(model: str, weights: Weights) -> None:
    """Draw the step of a model's nn.RNN or nn.GRU with one unit's numbers, if it has one."""
    kind = next((part.kind for part in entry(model).parts if part.kind in CELLS), None)
    if kind is None:
        return
    if kind == "GRU":
        section(CELLS[kind], "Three gates, each a layer of its own, stacked in one weight.")
        picture, meanings = st.columns(2, gap="large")
        with picture:
            cards.drawing(gru_cell(page_theme()))
        meanings.markdown("\n\n".join(gate_lines(entry(model).gates)))
    else:
        section(CELLS[kind], "One line of code, and inside it one equation for every unit.")
        st.markdown(r"$h' = \tanh(W_{ih}\,x + b_{ih} + W_{hh}\,h + b_{hh})$")
    run = look_again(weights.run_id)
    if run is None:
        return
    layer, unit, step = _place(model, run.record.config.nh)
    answer, trouble = observe(
        weights.run_id, weights.step, "cell", {"layer": layer, "unit": unit, "row": 0}
    )
    if answer is None:
        problem(trouble)
        return
    arrays = {name: values for name, values in answer.arrays.items() if name != "ids"}
    itos = human_numbers_stream().vocab.itos
    words = [itos[index] for index in answer.arrays["ids"].tolist()]
    step = min(step, len(words) - 1)
    sentence = cell_sentence(arrays, kind, unit, step, words[step])
    line, sums = st.columns(2, gap="large")
    with line:
        st.markdown(sentence)
        cards.drawing(unit_line(arrays, words, step, page_theme(), sentence))
    sums.markdown("\n\n".join(equations(arrays, kind, step)))


def _place(model: str, nh: int) -> tuple[int, int, int]:
    """Draw the choice of layer, unit, one of `nh`, and token; return them."""
    net = entry(model)
    layer = net.n_layers - 1
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        if net.n_layers > 1:
            layers = list(range(net.n_layers))
            layer = choice("Layer", layers, "models_layer", layer)
        lost = address_problem("models_unit", "whole number")
        first = min(FIRST_UNIT, nh - 1)
        unit = st.number_input(
            "Unit", value=first, step=1, key="models_unit", width=140, bind="query-params"
        )
        step = st.slider(
            "Step", 0, net.recipe.bptt - 1, 3, key="models_step", width=280, bind="query-params"
        )
    problem(lost)
    return layer, _good_unit(unit, nh, first), step


def _good_unit(unit: int | None, nh: int, first: int) -> int:
    """Return a unit that the run has: the wanted one, or the last that it had, or the first."""
    kept = "_models_good_unit"
    if unit is None or not 0 <= unit < nh:
        problem(f"unit must be a whole number from 0 to {nh - 1}; got {unit}")
        return min(int(state.get(kept, first)), nh - 1)
    state.put(kept, unit)
    return int(unit)
