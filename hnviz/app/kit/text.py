"""A page's title, its sentence and its still figures."""

import html
import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qsl

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hnviz.app.kit.chart import still_chart
from hnviz.app.shell import session as state
from hnviz.app.shell.navigation import page_file
from hnviz.data.tokens import upright
from hnviz.figures.numbers import unbroken
from hnviz.figures.sentences import as_sentence
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme, theme

_LINK = re.compile(r"\[([^]]+)\]\((\w+)(?:\?([^)]*))?\)")
_FOUND_LATER = re.compile(r"(?<=:)(?=[/\w])|(?=@)|(?<=[wW]{3})(?=\.)|(?<=[-<>=~])(?=[-<>=~])")


def page_theme() -> Theme:
    """Return the theme of the mode that this browser is in, or that an export asks for."""
    mode = state.get(state.MODE) or st.context.theme.type
    return theme("dark" if mode == "dark" else "light")


def prose(sentence: str) -> None:
    """Write a sentence of Markdown."""
    st.markdown(unbroken(sentence))


def linked(sentence: str) -> None:
    """Write a sentence; each "[Train](train)" in it links to that page, in this tab.

    A query may follow the page: "[Batches](feed?feed_part=Batches)".

    The one way to name a page in prose: a link of Markdown would open another tab, which does not
    know the run that is shown.
    """
    parts = _LINK.split(sentence)  # text, label, page, query, text, ...
    if not any(parts[::4]):
        page_link(parts[2], parts[1], dict(parse_qsl(parts[3] or "")))
        return
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        for at in range(0, len(parts), 4):
            if text := parts[at].strip():
                st.markdown(text, width="content")
            if at + 3 < len(parts):
                query = dict(parse_qsl(parts[at + 3] or ""))
                page_link(parts[at + 2], parts[at + 1], query, width="content")


def page_link(
    page: str,
    label: str,
    query: Mapping[str, str] | None = None,
    width: Literal["content", "stretch"] = "stretch",
) -> None:
    """Link to a page in this tab; `query` is the rest of its address."""
    st.page_link(page_file(page), label=label, query_params=query or None, width=width)


def page_title(title: str, sentence: str = "") -> None:
    """Open a page: its title, then the one sentence that its picture is about."""
    st.title(title, anchor=False)
    if sentence:
        lead(sentence)


def opening(*, one_line: bool = False) -> DeltaGenerator:
    """Keep a place for the takeaway, which needs what is drawn below it: two lines, or one."""
    return kept_place("page_line" if one_line else "page_opening")


def kept_place(key: str) -> DeltaGenerator:
    """Return a container that has its place at once: Streamlit draws none that is empty."""
    place = st.container(key=key)
    place.empty()
    return place


def lead(sentence: str) -> None:
    """Set a sentence larger than the text, in lines of at most 72 characters."""
    with st.container(key="page_lead"):
        st.html(f'<p class="hnviz-lead">{_bold(sentence)}</p>')


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
        st.markdown(f":red[{escape(as_sentence(message))}]")


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
