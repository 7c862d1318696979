"""Collects the headings, sentences, controls and pictures that a page's script sends to a browser.

The page's own script runs in Streamlit's test runner, so an export has exactly the app's settings.
That runner replaces parts of Streamlit in its process, so a server exports in another process.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.testing.v1 import AppTest

from hnviz.app.pictures import PICTURES
from hnviz.app.shell.asgi import SCRIPT
from hnviz.app.shell.navigation import PAGES, page_file
from hnviz.app.shell.session import MODE
from hnviz.export import ExportError
from hnviz.export.prose import as_html, words_as_html
from hnviz.figures.theme import MODES
from hnviz.lessons.moved import moved
from hnviz.lessons.panel import page_named
from hnviz.web.log import no_warnings

PATIENCE = 600  # seconds for a page's script, even on a busy computer
_ESCAPED = re.compile(r"\\(.)")  # an escaped character in Markdown
HEADINGS = {"title": 1, "header": 2}
WRITTEN = ("html", "markdown")
TABLE = '<div class="table" tabindex="0" role="region" aria-label="Table">{}</div>'  # it scrolls
OURS = ("<p", "<div", "<table", "<svg")
"""How what hnviz.figures and the kit draw begins: their words are escaped already."""

HERE = "This needs hnviz itself: the command `python -m hnviz app` starts it."
LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(("kit/terms", "lesson/panel", "run/list", "run/line"), ""),
    **dict.fromkeys(("rooms/train/form", "rooms/compare/curves", "rooms/sweep/map"), HERE),
}
"""Pictures about the computer that runs hnviz, or about what can be done there, and what a file
says in their place; a lesson's panel, and links into the app."""

TRIED = ("start_try", "train_next", "tasks_try", "compare_try", "sweep_try", "lines_try")
"""Parts of pages that need the computer that runs hnviz; to train, a file has its own button."""

TITLES = {name: title for pages in PAGES.values() for name, title in pages.items()}


@dataclass(frozen=True)
class Heading:
    """The title of a page, or of a part of it."""

    level: int
    text: str


@dataclass(frozen=True)
class Drawn:
    """HTML drawn by the page's script."""

    called: str  # the key of the part of the page that contains it
    html: Mapping[str, str]  # by mode


@dataclass(frozen=True)
class Prose:
    """Sentences of the page."""

    html: str


@dataclass(frozen=True)
class Link:
    """A link to a page of the app."""

    html: str
    page: str
    at: Mapping[str, str]


@dataclass(frozen=True)
class Mount:
    """A picture as the page mounts it; `data` is what it sends to the browser."""

    called: str  # its name for lessons: "hidden_states/units", or a still chart's key
    data: Mapping[str, Any]
    height: str = "0"  # reserved until it is drawn
    isolate: bool = False  # whether its styles are isolated
    modes: Mapping[str, Any] = field(default_factory=dict)
    """Mode -> settings, if the page's script has drawn the picture: a still chart."""


@dataclass(frozen=True)
class Group:
    """Parts that are shown together: in a row, one below the other, in a frame or in a fold."""

    kind: str  # "row", "stack", "card" or "fold"
    parts: Sequence["Part"]
    title: str = ""  # of a fold
    called: str = ""  # its name in the address
    is_open: bool = False


Part = Heading | Drawn | Prose | Link | Mount | Group


def leaves(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the parts of a page without what groups them."""
    for each in parts:
        yield from leaves(each.parts) if isinstance(each, Group) else [each]


def mounts(parts: Iterable[Part]) -> list[Mount]:
    """Return the pictures of a page, its rows of controls among them."""
    return [each for each in leaves(parts) if isinstance(each, Mount)]


def changed(parts: Sequence[Part], change: Callable[[Mount], Mount]) -> list[Part]:
    """Return the parts of a page with other pictures."""
    return [
        replace(each, parts=changed(each.parts, change))
        if isinstance(each, Group)
        else change(each)
        if isinstance(each, Mount)
        else each
        for each in parts
    ]


@no_warnings()
def collect(page: str, at: Mapping[str, str], modes: Sequence[str] = MODES) -> list[Part]:
    """Run a page's script in each mode, with the parameters of its address. Raises ExportError.

    A page of an older version is the room that it leads to now.
    """
    page, at = moved(page, at)
    if page not in TITLES:
        raise ExportError(f"no page is named {page!r}; choose one of {', '.join(TITLES)}")
    app = AppTest.from_file(str(SCRIPT), default_timeout=PATIENCE)
    app.query_params.update(at)
    app = app if page == "start" else app.switch_page(str(page_file(page)))
    first, *others = modes
    parts = _drawn(app, page, first)
    if not any(
        isinstance(part, Drawn) or (isinstance(part, Mount) and part.modes)
        for part in leaves(parts)
    ):
        return parts  # the same in each mode
    drawn = [parts, *(_drawn(app, page, mode) for mode in others)]
    return [_in_all_modes(each) for each in zip(*drawn, strict=True)]


def _drawn(app: AppTest, page: str, mode: str) -> list[Part]:
    """Run a page's script in one mode. Raises ExportError.

    Each new AppTest reads the metadata of all installed packages, which takes four times as long
    as a script; so one runs the page in all modes.
    """
    st.set_option("client.showErrorDetails", "full")  # the reader may see the details
    app.session_state[MODE] = mode
    begun = time.monotonic()
    try:
        app.run()
    except RuntimeError as error:
        if time.monotonic() - begun < PATIENCE:
            raise
        raise ExportError(
            f"the page {page} took more than {PATIENCE:g} s: this computer is busy; try again"
        ) from error
    if app.exception:
        raise ExportError(f"the page {page} failed: {app.exception[0].message}")
    if app.error:
        raise ExportError(_ESCAPED.sub(r"\1", app.error[0].value))
    return list(_parts(app.main, mode))


def _in_all_modes(parts: Sequence[Part]) -> Part:
    """Return a part with its drawings in each mode."""
    first = parts[0]
    if isinstance(first, Drawn):
        drawn = [part.html for part in parts if isinstance(part, Drawn)]
        return replace(first, html=_merged(drawn))
    if isinstance(first, Mount) and first.modes:
        return replace(first, modes=_merged([p.modes for p in parts if isinstance(p, Mount)]))
    if isinstance(first, Group):
        inside = [part.parts for part in parts if isinstance(part, Group)]
        return replace(first, parts=[_in_all_modes(each) for each in zip(*inside, strict=True)])
    return first


def _merged(modes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {mode: value for each in modes for mode, value in each.items()}


def _parts(block: Any, mode: str, key: str = "", *, in_row: bool = False) -> Iterator[Part]:
    for each in block.children.values():
        if each.type in HEADINGS:
            yield Heading(HEADINGS[each.type], each.value)
        elif each.type == "bidi_component":
            yield from _mounted(each.proto, mode)
        elif each.type in WRITTEN:
            ours = each.type == "html" or each.proto.body.startswith(OURS)
            yield (Drawn(key, {mode: each.proto.body}) if ours else Prose(as_html(each.proto.body)))
        elif each.type == "dataframe":
            yield Prose(TABLE.format(each.value.to_html(index=False, border=0, classes="hn-table")))
        elif each.type == "page_link":
            yield _link(each.proto)
        elif hasattr(each, "children"):
            yield from _grouped(each, mode, key, in_row=in_row)


def _grouped(block: Any, mode: str, key: str, *, in_row: bool) -> Iterator[Part]:
    """Return what a container holds, as a group where it shows."""
    called = _key(block)
    if called in TRIED:
        return
    kind, fold = _kind(block), _fold(block)
    inside = list(_parts(block, mode, called or key, in_row=kind == "row"))
    if fold and (inside or fold.called):
        yield replace(fold, parts=inside)
    elif inside and (kind == "card" or (len(inside) > 1 and (kind == "row" or in_row))):
        yield Group(kind, inside)
    else:
        yield from inside


def _fold(block: Any) -> Group | None:
    """Return an empty fold if a container is one."""
    if block.type != "expander":
        return None
    return Group("fold", (), block.proto.label, _key(block), block.proto.expanded)


def _kind(block: Any) -> str:
    if block.type != "flex_container":
        return "stack"
    container = block.proto.flex_container
    if container.border:
        return "card"
    return "row" if container.direction == container.HORIZONTAL else "stack"


def _link(proto: Any) -> Link:
    return Link(
        words_as_html(proto.label), page_named(proto.page), dict(parse_qsl(proto.query_string))
    )


def _key(block: Any) -> str:
    """Return a container's key, which ends its id; "" if it has none."""
    return str(getattr(block.proto, "id", "")).rpartition("-")[2]


def _mounted(proto: Any, mode: str) -> Iterator[Mount | Prose]:
    (data,) = json.loads(proto.json)  # BrowserComponent sends a list with one item
    picture = _BY_COMPONENT.get(proto.component_name)
    if picture is None:
        yield Mount(data["id"], data, modes={mode: data["settings"]})
    elif picture.name not in LEFT_OUT:
        yield Mount(picture.called, data, picture.place.height, picture.isolate)
    elif sentence := LEFT_OUT[picture.name]:
        yield Prose(as_html(sentence))


_BY_COMPONENT = {f"hnviz_{name.replace('/', '_')}": each for name, each in PICTURES.items()}
