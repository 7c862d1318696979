"""hnviz: see how a recurrent network is fed, learns and remembers.

Start it with ``python -m hnviz app``; ``streamlit run app.py`` works too.
"""

import streamlit as st

import hnviz.app.shell.everything  # noqa: F401 - before any other part of hnviz
from hnviz.app.shell.frame import ICON, PAGES, page_frame

st.set_page_config(page_title="hnviz", page_icon=ICON, layout="wide")
page = st.navigation(
    {
        section: [
            st.Page(f"pages/{name}.py", title=title, default=name == "start")
            for name, title in pages.items()
        ]
        for section, pages in PAGES.items()
    }
)
with st.sidebar:
    page_frame()
page.run()
