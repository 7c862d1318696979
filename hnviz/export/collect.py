"""Collects the headings and pictures that a page's script sends to a browser.

The page's own script runs in Streamlit's test runner, so an export has exactly the app's settings.
That runner replaces parts of Streamlit in its process, so a server exports in another process.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

from hnviz.app.pictures import PICTURES
from hnviz.app.shell.asgi import SCRIPT
from hnviz.app.shell.navigation import PAGES, page_file
from hnviz.app.shell.session import MODE
from hnviz.export import ExportError
from hnviz.figures.theme import MODES
from hnviz.lessons.moved import moved
from hnviz.web.log import no_warnings

PATIENCE = 600  # seconds for a page's script, even on a busy computer
_ESCAPED = re.compile(r"\\(.)")  # an escaped character in Markdown
HEADINGS = {"title": 1, "header": 2}
DRAWINGS = ("html", "markdown")
OURS = ('<div class="hn-', '<table class="hn-', '<div class="hnviz-legend')
"""How the drawings of hnviz.figures begin; all other HTML on a page is text."""

LEFT_OUT = (
    *("kit/fields", "kit/terms", "lesson/panel"),
    *("rooms/train/form", "run/list", "run/line"),
    *("rooms/compare/curves", "rooms/sweep/map"),
)
"""Left out: a lesson's panel, links into the app, and pictures about the computer that runs hnviz
or about what can be done there."""

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
class Mount:
    """A picture as the page mounts it; `data` is what it sends to the browser."""

    called: str  # its name for lessons: "hidden_states/units", or a still chart's key
    data: Mapping[str, Any]
    height: str = "0"  # reserved until it is drawn
    isolate: bool = False  # whether its styles are isolated
    modes: Mapping[str, Any] = field(default_factory=dict)
    """Mode -> settings, if the page's script has drawn the picture: a still chart."""


Part = Heading | Drawn | Mount


@no_warnings()
def collect(page: str, at: Mapping[str, str], modes: Sequence[str] = MODES) -> list[Part]:
    """Run a page's script in each mode, with the parameters of its address. Raises ExportError.

    A page of an older version is the room that it leads to now.
    """
    page, at = moved(page, at)
    if page not in TITLES:
        raise ExportError(f"no page is named {page!r}; choose one of {', '.join(TITLES)}")
    first, *others = modes
    parts = _drawn(page, at, first)
    if not any(
        isinstance(part, Drawn) or (isinstance(part, Mount) and part.modes) for part in parts
    ):
        return parts  # the same in each mode
    drawn = [parts, *(_drawn(page, at, mode) for mode in others)]
    return [_in_all_modes(each) for each in zip(*drawn, strict=True)]


def _drawn(page: str, at: Mapping[str, str], mode: str) -> list[Part]:
    """Run a page's script in one mode. Raises ExportError."""
    st.set_option("client.showErrorDetails", "full")  # the reader may see the details
    app = AppTest.from_file(str(SCRIPT), default_timeout=PATIENCE)
    app.query_params.update(at)
    app.session_state[MODE] = mode
    app = app if page == "start" else app.switch_page(str(page_file(page)))
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
    return first


def _merged(modes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {mode: value for each in modes for mode, value in each.items()}


def _parts(block: Any, mode: str, key: str = "") -> Iterator[Part]:
    for each in block.children.values():
        if each.type in HEADINGS:
            yield Heading(HEADINGS[each.type], each.value)
        elif each.type == "bidi_component":
            yield from _mounted(each.proto, mode)
        elif each.type in DRAWINGS and each.proto.body.startswith(OURS):
            yield Drawn(key, {mode: each.proto.body})
        elif hasattr(each, "children"):
            yield from _parts(each, mode, _key(each) or key)


def _key(block: Any) -> str:
    """Return a container's key, which ends its id; "" if it has none."""
    return str(getattr(block.proto, "id", "")).rpartition("-")[2]


def _mounted(proto: Any, mode: str) -> Iterator[Mount]:
    (data,) = json.loads(proto.json)  # BrowserComponent sends a list with one item
    picture = _BY_COMPONENT.get(proto.component_name)
    if picture is None:
        yield Mount(data["id"], data, modes={mode: data["settings"]})
    elif picture.name not in LEFT_OUT:
        yield Mount(picture.called, data, picture.place.height, picture.isolate)


_BY_COMPONENT = {f"hnviz_{name.replace('/', '_')}": each for name, each in PICTURES.items()}
