"""The Sweep page: a sweep is started, and its map fills."""

import streamlit as st

from hnviz.app.kit.text import linked, prose
from hnviz.app.rooms.sweep.map.picture import sweep_map
from hnviz.app.rooms.train.form.picture import many_form
from hnviz.app.run.start import leads


def page() -> None:
    """Draw this part of its room."""
    with st.container(key="sweep_try"):  # a locked page has none of it
        if leads():
            many_form()
        else:
            prose("In a class the teacher trains sweeps; the map below shows them to everyone.")
    sweep_map()
    prose(
        ":gray[:small[A run that you start during a sweep does not wait for the whole sweep: it "
        "trains between two of its runs. The address names the sweep: copy it to share.]]"
    )
    linked("[Compare runs](train?train_part=Compare runs) lists the runs of a sweep.")
    linked("[Next: what does the network keep in mind while it reads?](remember)")
