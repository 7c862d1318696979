"""How a text becomes mini-batches."""

import streamlit as st

from hnviz.app.kit import cards, controls
from hnviz.app.kit.text import page_theme, page_title, problem, section
from hnviz.app.rooms.batches.grid import batch_grid
from hnviz.app.run import ruler
from hnviz.app.shell.address import SWITCH, address_problem
from hnviz.data import BatchLayout, Text
from hnviz.figures.sentences import arithmetic_sentence, layout_sentence, table_sentence
from hnviz.figures.tables import show_batch

opening = st.container()
reading = controls.batch_settings()
with opening:
    page_title("Batches", layout_sentence(reading.layout) if reading else "")


@st.fragment
def window_and_table(text: Text, layout: BatchLayout) -> None:
    batch = batch_grid(text, layout, layout_sentence(layout), "batches_grid")
    section("How many mini-batches", arithmetic_sentence(layout))
    section(f"Mini-batch {batch} as text", table_sentence(layout, text.name))
    problem(address_problem("batches_past", SWITCH))
    past = st.toggle("One past the last mini-batch", key="batches_past", bind="query-params")
    shown = layout.n_batches if past else batch
    table = show_batch(text.ids, text.vocab, layout, shown)
    st.html(cards.text_table(table, page_theme()))


if reading:
    window_and_table(*reading)
    ruler.window_bounds(*reading)
