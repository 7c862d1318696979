"""hnviz: see how a recurrent network is fed, learns and remembers.

``python -m hnviz app``, ``streamlit run app.py`` and ``uvicorn app:app`` serve the same app.
"""

import streamlit as st

from hnviz.app.shell.asgi import SCRIPT, lifespan, middleware, routes

# `streamlit run` looks for this call in the source of this file.
app = st.App(SCRIPT, routes=routes(), middleware=middleware(), lifespan=lifespan)
