"""The memory ruler on the Batches page: what a layout allows, before anything is trained."""

import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.text import escape, how_measured, page_theme, prose, show
from hnviz.app.rooms.batches.reading import Reading
from hnviz.data import split_text
from hnviz.data.stream import SPLITS
from hnviz.figures import ruler_text
from hnviz.figures.reach import Reach, reach_curves
from hnviz.figures.ruler import Windows, position_curves
from hnviz.runs.ruler import (
    blind_bound,
    layout_bounds,
    text_any_cut_means,
    text_bounds,
    worked_example,
)

APART = (
    "Only this layout's slots count here. “How good can a short memory be?” counts the whole text, "
    "so its numbers differ."
)


def memory(reading: Reading) -> None:
    """Show what the last few tokens allow on the text: an example, windows, and a table."""
    text, bptt, look = reading.text, reading.layout.bptt, page_theme()
    example = worked_example(text.ids)
    if example is not None:
        prose(escape(ruler_text.example_sentence(text.name, example, text.vocab.itos)))
        table = ruler_text.example_table(example, text.vocab.itos)
        st.html(cards.text_table(table, look, long=False))
        prose(ruler_text.proof_sentence(text.name, text_bounds(text)))
    texts = [split_text(split, reading.choice) for split in SPLITS]
    reaches = [Reach(each.name, text_bounds(each), text_any_cut_means(each)) for each in texts]
    sentence = ruler_text.reach_sentence(reaches, bptt)
    show(reach_curves(reaches, bptt, look), sentence, "batches_reach")
    bounds = {each.name: each.bounds for each in reaches}
    prose(ruler_text.table_sentence(text.name, bounds[text.name]))
    prose(ruler_text.least_sentence(text.name, bounds[text.name]))
    rows = {each.name: (blind_bound(each.ids), *bounds[each.name]) for each in texts}
    st.html(cards.text_table(ruler_text.bounds_table(rows), look, long=False))
    how_measured(ruler_text.reach_note(reaches))


def positions(reading: Reading) -> None:
    """Show what each position of a window allows, over the slots of this layout alone."""
    text, layout = reading.text, reading.layout
    windows = Windows(*layout_bounds(text, layout), split=text.name)
    sentence = ruler_text.window_sentence(layout, windows)
    show(position_curves(windows, page_theme()), sentence, "batches_bounds")
    prose(APART)
    any_cut = float(text_any_cut_means(text)[layout.bptt - 1])
    how_measured(ruler_text.window_note(layout, any_cut))
