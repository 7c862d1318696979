"""How a page says and shows: its title, its sentence, its pictures."""

import html
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from hnviz.app.kit.still import still_figure
from hnviz.app.shell import session as state
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme, theme


def page_theme() -> Theme:
    """Return the theme of the mode that this browser is in."""
    return theme("dark" if st.context.theme.type == "dark" else "light")


def page_title(title: str, sentence: str = "") -> None:
    """Open a page: what it is, then the one sentence that its picture is about."""
    _leave_old_navigation()
    st.title(title, anchor=False)
    if sentence:
        lead(sentence)


def _leave_old_navigation() -> None:
    """Run app.py around the page, as it must.

    Where a folder pages/ stands beside app.py, Streamlit takes an address such as /train for an
    app of its old kind, and runs the page by itself, until app.py has called st.navigation once in
    the process. Another session may call it while this one runs, so its flag does not tell.
    """
    framed = state.pop(state.FRAMED, False)
    context = get_script_run_ctx()
    if context and not framed and Path(context.pages_manager.main_script_path).name == "app.py":
        PagesManager.uses_pages_directory = False
        st.rerun()


def lead(sentence: str) -> None:
    """Set a sentence larger than the text, in lines of at most 72 characters."""
    st.html(f'<p class="hnviz-lead">{_bold(sentence)}</p>')


def section(title: str, sentence: str = "") -> None:
    """Open a part of a page."""
    st.header(title, anchor=False)
    if sentence:
        st.markdown(f":gray[{sentence}]")


def show(figure: go.Figure | Sketch, sentence: str, key: str, *, can_wait: bool = False) -> None:
    """Draw a figure under the sentence that it illustrates, which is its `alt` too."""
    if sentence:
        st.markdown(sentence)
    still_figure(figure, sentence.replace("**", ""), key, can_wait=can_wait)


def problem(message: str | None) -> None:
    """Say beside a control what is wrong with it; nothing when nothing is."""
    if message:
        st.markdown(f":red[{escape(message)}]")


def escape(text: str) -> str:
    """Take the meaning from Markdown's marks in text that somebody typed."""
    return "".join(f"\\{mark}" if mark in r"\`*_{}[]()#+-.!|~<>:$" else mark for mark in text)


def html_escape(text: str) -> str:
    """Take the meaning from HTML's marks."""
    return html.escape(text)


def _bold(sentence: str) -> str:
    """Turn **bold** into HTML; all else is text."""
    parts = html_escape(sentence).split("**")
    return "".join(f"<b>{part}</b>" if index % 2 else part for index, part in enumerate(parts))
