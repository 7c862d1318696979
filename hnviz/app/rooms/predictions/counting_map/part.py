"""The counting map as a part of the room Count."""

import streamlit as st

from hnviz.app.kit.fields.picture import slider
from hnviz.app.kit.headline.picture import headline
from hnviz.app.kit.picture import ask
from hnviz.app.kit.text import escape, how_measured, opening
from hnviz.app.rooms.predictions.counting_map.picture import (
    FREE_VIEW,
    GIVEN,
    MAP,
    MAP_VIEW,
    NUMBER_VIEW,
)
from hnviz.app.run.bar.picture import run_bar
from hnviz.config import RunConfig
from hnviz.figures.counting import prompt_note
from hnviz.figures.offers import without_numbers

ASKED = "hnviz asks the network for each number up to 9,999."


def counting_map(run_id: str, config: RunConfig) -> None:
    """Draw which of the numbers 1 to 9,999 the network gets right after the ones before."""
    if lacks := without_numbers(config):
        st.markdown(escape(lacks))
        run_bar(run_id, "map_bar")
        return
    takeaway = opening(one_line=True)
    with st.container(key="map_controls", horizontal=True, vertical_alignment="bottom"):
        with st.container(width=220):
            label = "Numbers given, 1 to 5"
            given = slider(label, GIVEN.name, GIVEN.first, options=GIVEN.choices)
        with st.container(width="stretch"):
            run_bar(run_id, "map_bar")
    asks = [ask(view, at="paced", given=given) for view in (MAP_VIEW, NUMBER_VIEW)]
    asks.append(ask(FREE_VIEW, at="rest", late=True, given=given))
    with takeaway:
        headline("map_headline", run_id, asks[0], ASKED)
    MAP(run=run_id, asks=asks)
    how_measured(prompt_note(given, config))
