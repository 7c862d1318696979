"""How far back a loss reaches, and where the state goes."""

import streamlit as st

from hnviz.app.kit.text import page_title, section
from hnviz.app.rooms.through_time import lanes as through_time
from hnviz.app.rooms.through_time import look_back
from hnviz.app.rooms.through_time import settings as time_settings
from hnviz.app.run.view import run_in_view
from hnviz.app.shell import session as state


@st.fragment
def pictures() -> None:
    """Draw all but the title: a fragment is drawn anew without the page's frame."""
    if state.get(state.NEXT_RUN) is not None:
        st.rerun()  # another model was picked, which all of the page looks at
    sentence = st.empty()
    run = run_in_view()
    if run is None:
        return
    time_settings.foresee(run)
    asked = time_settings.settings(run)
    through_time.watch(run)
    if asked is None:
        return
    lanes, costs = st.container(), st.container()
    section("What each answer looks back at")
    words = look_back.phrase_box()
    if words is not None:  # before the lanes: the marked row is there in a moment
        look_back.look_back(run.record.id, asked.step, words.tokens)
    with lanes:
        through_time.opening(sentence, through_time.three_batches(run, asked))
    section("Where the state goes")
    through_time.between_texts(run, asked)
    with costs:
        through_time.costs(run.record.id)
    time_settings.foresee_next(run, asked, words.tokens if words else None)


page_title("Through time")
pictures()
