"""How a text becomes mini-batches."""

import streamlit as st

from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.figures.sentences import arithmetic_sentence, layout_sentence, table_sentence
from hnviz.figures.tables import show_batch
from hnviz.ui import cards, controls, ruler
from hnviz.ui.address import SWITCH, address_problem
from hnviz.ui.grid import batch_grid
from hnviz.ui.show import page_theme, page_title, problem, section

opening = st.container()
split, layout = controls.batch_settings()
with opening:
    page_title("Batches", layout_sentence(layout))


@st.fragment
def window_and_table(split: str, layout: BatchLayout) -> None:
    batch = batch_grid(split, layout, layout_sentence(layout), "batches_grid")
    section("How many mini-batches", arithmetic_sentence(layout))
    section(f"Mini-batch {batch} as text", table_sentence(layout))
    problem(address_problem("batches_past", SWITCH))
    past = st.toggle("One past the last mini-batch", key="batches_past", bind="query-params")
    shown = layout.n_batches if past else batch
    stream = human_numbers_stream()
    table = show_batch(stream.ids(split), stream.vocab, layout, shown)
    st.html(cards.text_table(table, page_theme()))


window_and_table(split, layout)
ruler.window_bounds(split, layout)
