"""Starting a run for the person at the page; in a class that takes membership."""

import streamlit as st

from hnviz.app.run.engine import engine
from hnviz.config import RunConfig
from hnviz.web.classroom.desk import Visitor, desk


def start(config: RunConfig) -> str:
    """Start a run; return its id. Raises EngineError, and ClassError where the class forbids it."""
    held, who = desk(), visitor()
    if held is None or who.teacher:
        return engine().train(config)
    return held.start(who.member, lambda: engine().train(config))


def visitor() -> Visitor:
    """Say who looks at the page: in a class its teacher, a member or nobody."""
    held = desk()
    return Visitor() if held is None else held.visitor(st.context.cookies)


def may_view() -> bool:
    """Return whether the page may show runs and pictures to this browser."""
    held = desk()
    return held is None or held.view == "free" or visitor().is_known
