"""Six networks, each one step from the last."""

import streamlit as st

from hnviz.app.kit import cards, controls
from hnviz.app.kit.text import page_theme, page_title, section
from hnviz.app.rooms.models.cell import cell
from hnviz.app.rooms.models.cursor import code_cursor, twins, whole_class
from hnviz.app.rooms.models.weights import weights_choice
from hnviz.catalogue import entry
from hnviz.data import human_numbers_stream
from hnviz.figures.diagrams import legend, previous
from hnviz.figures.sentences import model_facts, model_sentence
from hnviz.figures.tables import parts_table
from hnviz.runs import notebook_table

look = page_theme()
nv = len(human_numbers_stream().vocab)

opening = st.container()
model = controls.model_choice()
net, before = entry(model), previous(model)
with opening:
    page_title("Models", model_sentence(model, nv))
cards.drawing(cards.diagram_cards(cards.model_cards(model, look), look))
# Beside Model0 stands Model5, which carries its state.
cards.drawing(legend(look, scissors=net.stateful or before is None))

changed, learned = st.columns(2, gap="large")
with changed:
    section("What changed")
    st.html(cards.facts(model_facts(model, notebook_table(model)), look))
with learned:
    section("What it learns")
    st.html(cards.parts_html(parts_table(net, nv, net.recipe.nh), look))
    st.markdown(f":gray[:small[nv = {nv} tokens in the vocab, nh = {net.recipe.nh} units.]]")

section("The same step, as code and as numbers")


@st.fragment
def at_work() -> None:
    weights = weights_choice(model)
    if weights is not None:
        code_cursor(model, weights)
        twins(model, weights)
        cell(model, weights)


at_work()

with st.expander(f"The whole class {model}, its parts too", key="models_source"):
    whole_class(model)

with st.expander("The notebook's five figures", key="models_figures"):
    cards.drawing(cards.notebook_cards(look))
