"""What the network says next, what changes it, and which numbers it can count to."""

import streamlit as st

from hnviz.app.kit.text import page_title
from hnviz.app.rooms.predictions.views import VIEWS, view_choice
from hnviz.app.rooms.through_time.lanes import watch
from hnviz.app.run.view import run_in_view
from hnviz.app.shell import session as state


@st.fragment
def view() -> None:
    """Draw all but the title: a fragment is drawn anew without the page's frame."""
    if state.get(state.NEXT_RUN) is not None:
        st.rerun()  # another run was picked, which all of the page looks at
    run = run_in_view()
    if run is not None:
        watch(run)
        VIEWS[view_choice()](run)


page_title("Predictions")
view()
