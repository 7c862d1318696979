"""A page's title, its sentence and its still figures."""

import html
import re

import plotly.graph_objects as go
import streamlit as st

from hnviz.app.kit.chart import still_chart
from hnviz.data.tokens import upright
from hnviz.figures.numbers import unbroken
from hnviz.figures.sketch import Sketch
from hnviz.figures.terms import TERMS
from hnviz.figures.theme import Theme, theme

_FOUND_LATER = re.compile(r"(?<=:)(?=[/\w])|(?=@)|(?<=[wW]{3})(?=\.)|(?<=[-<>=~])(?=[-<>=~])")


def page_theme() -> Theme:
    """Return the theme of the mode that this browser is in."""
    return theme("dark" if st.context.theme.type == "dark" else "light")


def prose(sentence: str) -> None:
    """Write a sentence of Markdown."""
    st.markdown(unbroken(sentence))


def page_title(title: str, sentence: str = "") -> None:
    """Open a page: its title, then the one sentence that its picture is about."""
    st.title(title, anchor=False)
    if sentence:
        lead(sentence)


def lead(sentence: str) -> None:
    """Set a sentence larger than the text, in lines of at most 72 characters."""
    with st.container(key="page_lead"):
        st.html(f'<p class="hnviz-lead">{_bold(sentence)}</p>')


def terms(*names: str) -> None:
    """List the terms that a page uses first; pointing at one, or tapping it, says what it means."""
    said = " ".join(
        f'<span class="hnviz-term" tabindex="0">{html_escape(name)}</span>'
        f'<span class="hnviz-meaning"> {html_escape(TERMS[name])}.</span>'
        for name in names
    )
    with st.container(key="page_terms"):
        st.html(f'<p class="hnviz-terms">New words: {said}</p>')


def section(title: str, sentence: str = "") -> None:
    """Open a part of a page."""
    st.header(title, anchor=False)
    if sentence:
        prose(f":gray[{sentence}]")


def show(figure: go.Figure | Sketch, sentence: str, key: str) -> None:
    """Draw a figure that is about no run under its sentence, which is its `alt` too."""
    if sentence:
        prose(sentence)
    still_chart(key, figure, sentence)


def how_measured(note: str) -> None:
    """Fold away how a number was measured."""
    with st.expander("How this was measured"):
        prose(note)


def problem(message: str | None) -> None:
    """Say beside a control what is wrong with it, if anything is."""
    if message:
        st.markdown(f":red[{escape(message)}]")


def escape(text: str) -> str:
    """Escape Markdown's marks in text that came from outside.

    Streamlit finds links, emoji, icons and arrows in the text after it has read the marks, so a
    character without width parts them.
    """
    apart = _FOUND_LATER.sub("\N{WORD JOINER}", upright(text))
    return "".join(f"\\{mark}" if mark in r"\`*_{}[]()#+-.!|~<>:$" else mark for mark in apart)


def html_escape(text: str) -> str:
    """Escape HTML's marks in text that came from outside."""
    return html.escape(upright(text))


def _bold(sentence: str) -> str:
    """Turn **bold** into HTML; all else is text."""
    parts = html_escape(unbroken(sentence)).split("**")
    return "".join(f"<b>{part}</b>" if index % 2 else part for index, part in enumerate(parts))
