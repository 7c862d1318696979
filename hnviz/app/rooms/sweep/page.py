"""The Sweep page: a sweep is started, and its map fills."""

import streamlit as st

from hnviz.app.kit.terms.picture import terms
from hnviz.app.kit.text import linked, page_title, prose
from hnviz.app.rooms.sweep.form.picture import sweep_form
from hnviz.app.rooms.sweep.map.picture import sweep_map


def page() -> None:
    """Draw the page."""
    page_title("Sweep")
    with st.container(key="sweep_try"):  # a locked page has none of it
        sweep_form()
    sweep_map()
    terms()
    prose(
        ":gray[:small[A run that you start during a sweep does not wait for the whole sweep: it "
        "trains between two of its runs. The sweep is in the address: copy it to share.]]"
    )
    linked("[Compare](compare) lists the runs of a sweep.")
    linked("[Next: what does the network keep in mind while it reads?](states)")
