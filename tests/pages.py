"""Pages run by Streamlit's own test runner, without a browser."""

import json
from dataclasses import asdict
from functools import cache
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from hnviz.app.rooms.train.settings import KEY, REPORT, read
from hnviz.app.shell.asgi import SCRIPT
from hnviz.app.shell.navigation import PAGES, page_file
from hnviz.lessons.moved import moved
from hnviz.models.catalogue import SAME_RECIPE

SHARED = {"run_line", "run_copy", "page_terms"}
"""The pictures that are on every page."""

EVERY_PAGE = [name for pages in PAGES.values() for name in pages]

PATIENCE = 120  # seconds, on a machine that others use too

# Each AppTest reads the metadata of all installed packages in search of components: .1 s, of which
# drawing a page is a tenth. What is installed stays the same while tests run.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

# AppTest's stand-in for a browser sends no headers: a viewer without a cookie, on this machine.
ContextProxy.cookies = property(lambda self: {})
ContextProxy.ip_address = property(lambda self: None)


def mounts(app: AppTest) -> list[dict[str, Any]]:
    """Return what each picture of a page was sent."""
    return [json.loads(each.proto.json)[0] for each in app.get("bidi_component")]


def drawn(app: AppTest, key: str) -> dict[str, Any]:
    """Return what a picture of a page was sent; nothing if it is not there."""
    return next((data for data in mounts(app) if data["id"] == key), {})


def open_page(name: str, /, **query: str) -> AppTest:
    """Open a page as a link does; one of before the six rooms leads to its room."""
    app = AppTest.from_file(str(SCRIPT), default_timeout=PATIENCE)
    room, at = moved(name, query)
    app.query_params.update(at)
    return (app if room == "start" else switch_page(app, room)).run()


def switch_page(app: AppTest, name: str, /, **query: str) -> AppTest:
    """Go to another page; it is drawn by the next run."""
    room, at = moved(name, query)
    app.query_params.update(at)
    return app.switch_page(str(page_file(room)))


def form(app: AppTest) -> dict[str, Any]:
    """Return what the Train page's form was sent: what it was given, what is wrong, the warning."""
    (sent,) = [each["settings"] for each in mounts(app) if each["id"] == KEY]
    return dict(sent)


def fields(app: AppTest) -> dict[str, Any]:
    """Return what the fields of that form hold."""
    return read(form(app)["given"]).values


def fill(app: AppTest, **texts: str) -> AppTest:
    """Fill in fields of that form, as a browser reports them to the next run of the page.

    Another model, or the shared recipe, fills in the fields of the recipe.
    """
    lost = asdict(SAME_RECIPE) if texts.keys() & {"model", "same"} else {}
    kept = {name: text for name, text in form(app)["given"].items() if name not in lost}
    app.session_state[KEY] = {REPORT: {"value": {**kept, **texts}, "serial": 1}}
    return app
