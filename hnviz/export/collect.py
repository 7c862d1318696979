"""What a page of the app shows: its headings and pictures, as its script sends them to a browser.

The page's own script runs in Streamlit's test runner, so an export has exactly the app's settings.
That runner replaces parts of Streamlit in its process: a server exports in another one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamlit.testing.v1 import AppTest

from hnviz.app.pictures import PICTURES
from hnviz.app.shell.asgi import SCRIPT
from hnviz.app.shell.navigation import PAGES, page_file
from hnviz.app.shell.streamlit_parts import quiet_test_runner
from hnviz.export.errors import ExportError

PATIENCE = 120  # seconds that a page's script may take
HEADINGS = {"title": 1, "header": 2}
DRAWINGS = ("html", "markdown")
OURS = ('<div class="hn-', '<table class="hn-', '<div class="hnviz-legend')
"""How the drawings of hnviz.figures begin; other HTML on a page is words."""

LEFT_OUT = (
    *("rooms/start/machine", "rooms/train/speed", "run/list", "run/line"),
    *("run/copy_link", "kit/terms", "lesson/panel", "rooms/tasks/editor", "rooms/tasks/runs"),
)
"""A lesson's panel, links into the app, and pictures of the computer that hnviz runs on or what can
be done there."""

TITLES = {name: title for pages in PAGES.values() for name, title in pages.items()}


@dataclass(frozen=True)
class Heading:
    """A title of the page, or of a part of it."""

    level: int
    text: str


@dataclass(frozen=True)
class Drawn:
    """HTML that the page's script has drawn, in the light mode."""

    called: str  # the key of the part of the page that it is in
    html: str


@dataclass(frozen=True)
class Mount:
    """A picture as the page mounts it; `data` is what the browser gets."""

    called: str  # its name for lessons: "hidden_states/units", or a still chart's key
    data: Mapping[str, Any]
    height: str = "0"  # kept for it until it is drawn
    isolate: bool = False  # whether its styles are kept apart
    still: bool = False  # a chart that the page's script has drawn, in the light mode


Part = Heading | Drawn | Mount


def collect(page: str, at: Mapping[str, str]) -> list[Part]:
    """Run a page's script with the parameters of its address. Raises ExportError."""
    if page not in TITLES:
        raise ExportError(f"no page is named {page!r}; choose one of {', '.join(TITLES)}")
    quiet_test_runner()
    app = AppTest.from_file(str(SCRIPT), default_timeout=PATIENCE)
    app.query_params.update(at)
    app = app if page == "start" else app.switch_page(str(page_file(page)))
    app.run()
    if app.exception:
        raise ExportError(f"the page {page} failed: {app.exception[0].message}")
    return list(_parts(app.main))


def _parts(block: Any, key: str = "") -> Iterator[Part]:
    for each in block.children.values():
        if each.type in HEADINGS:
            yield Heading(HEADINGS[each.type], each.value)
        elif each.type == "bidi_component":
            yield from _mounted(each.proto)
        elif each.type in DRAWINGS and each.proto.body.startswith(OURS):
            yield Drawn(key, each.proto.body)
        elif hasattr(each, "children"):
            yield from _parts(each, _key(each) or key)


def _key(block: Any) -> str:
    """Return a container's key, the end of its id; "" for a container without one."""
    return str(getattr(block.proto, "id", "")).rpartition("-")[2]


def _mounted(proto: Any) -> Iterator[Mount]:
    data = json.loads(proto.json)
    picture = _BY_COMPONENT.get(proto.component_name)
    if picture is None:
        yield Mount(data["id"], data, still=True)
    elif picture.name not in LEFT_OUT:
        yield Mount(picture.called, data, picture.place.height, picture.isolate)


_BY_COMPONENT = {f"hnviz_{name.replace('/', '_')}": each for name, each in PICTURES.items()}
