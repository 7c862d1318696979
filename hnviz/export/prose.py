"""A page's sentences as HTML, for a file: Markdown, with what Streamlit adds to it."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markupsafe import escape

_SPAN = re.compile(r":(gray|red|small)\[")
_FORMULA = re.compile(r"\$([^$\n]+)\$")
_SIGNS = (
    *((r"\\(?:begin|end)\{\w+\}|&amp;", ""), (r"\\\\", "<br>"), (r"\\mathrm\{(\w+)\}", r"\1")),
    *((r"_\{(\w+)\}", r"<sub>\1</sub>"), (r"\\sigma", "&sigma;"), (r"\\tanh", "tanh")),
    *((r"\\odot", "&odot;"), (r"\\quad ?", ""), (r"\\,", "\N{THIN SPACE}"), ("&#39;", "&prime;")),
)
"""LaTeX in the equations of hnviz/models/spec.py, after it is escaped -> HTML."""
_OUTSIDE = "https://"
_WRITTEN = "api/lessons/"


def as_html(text: str) -> str:
    """Return Markdown as HTML. HTML in it is text, and so is a link that leads into the app."""
    return str(_MARKDOWN.render(text)).strip()


def words_as_html(text: str) -> str:
    """Return the Markdown of a few words as HTML, without a paragraph around them."""
    return str(_MARKDOWN.renderInline(text))


def _span(state: StateInline, silent: bool) -> bool:
    """Read ":gray[words]"."""
    match = _SPAN.match(state.src, state.pos)
    end = state.md.helpers.parseLinkLabel(state, match.end() - 1) if match else -1
    if match is None or end < 0:
        return False
    if not silent:
        longest = state.posMax
        state.pos, state.posMax = match.end(), end
        state.push("span_open", "span", 1).attrSet("class", match[1])
        state.md.inline.tokenize(state)
        state.push("span_close", "span", -1)
        state.posMax = longest
    state.pos = end + 1
    return True


def _formula(state: StateInline, silent: bool) -> bool:
    """Read "$an equation$"."""
    match = _FORMULA.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        written = str(escape(match[1]))
        for sign, html in _SIGNS:
            written = re.sub(sign, html, written)
        state.push("html_inline", "", 0).content = f'<span class="formula">{written}</span>'
    state.pos = match.end()
    return True


def _links(state: StateCore) -> None:
    """Keep links to the web, which open beside the file; the words of others are text.

    A link to a file that the server writes is left out with its words.
    """
    for block in state.tokens:
        href = ""
        for each in block.children or ():
            kind = each.type
            if kind == "link_open":
                href = str(each.attrGet("href"))
                each.attrs.update(target="_blank", rel="noreferrer")
            is_lost = kind in ("link_open", "link_close") and not href.startswith(_OUTSIDE)
            if is_lost or href.startswith(_WRITTEN):
                each.type, each.content = "text", ""
            if kind == "link_close":
                href = ""


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")
_MARKDOWN.inline.ruler.before("link", "span", _span)
_MARKDOWN.inline.ruler.before("link", "formula", _formula)
_MARKDOWN.core.ruler.push("links", _links)
