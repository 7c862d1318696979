"""Pages run by Streamlit's own test runner, without a browser."""

import json
from dataclasses import asdict
from functools import cache
from itertools import count
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from hnviz.app.kit.fields.field import Field
from hnviz.app.rooms.train.settings import KEY, REPORT, read
from hnviz.app.shell.asgi import SCRIPT
from hnviz.app.shell.navigation import PAGES, page_file
from hnviz.lessons.moved import moved
from hnviz.models.catalogue import SAME_RECIPE

SHARED = {"run_line", "page_terms"}
"""The pictures that are on every page."""

EVERY_PAGE = [name for pages in PAGES.values() for name in pages]

_serials = count(1)
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


def control(app: AppTest, name: str) -> dict[str, Any]:
    """Return a control of the page: its field, its row, what it holds and what is said of it.

    Nothing if it is not there.
    """
    if name == "train_start":
        return {"name": name, "row": KEY, "off": form(app)["off"]}
    for row in mounts(app):
        settings = row["settings"]
        for field in settings.get("fields", []) if "given" in settings else []:
            if field["name"] == name:
                said = settings["wrong"].get(name, "")
                remark = settings.get("remarks", {}).get(name, "")
                put = settings.get("put", {}).get("texts", {})
                known = {  # of a long text its length, so a browser goes by what it has reported
                    each: text
                    for each, text in settings["known"].items()
                    if not isinstance(text, int)
                }
                found = {"row": row["id"], "known": {**known, **put}}
                found["heard"] = settings["heard"]
                value = {**_given(app, found), **settings["given"]}[name]
                return {**field, "value": value, "wrong": said, "remark": remark, **found}
    return {}


def below(app: AppTest) -> list[str]:
    """Return what is said below the rows of controls: what is wrong, and remarks."""
    rows = [row["settings"] for row in mounts(app)]
    found = [row for row in rows if "known" in row and "given" in row]
    wrong = [said for row in found for said in row["wrong"].values()]
    return [*wrong, *(said for row in found for said in row.get("remarks", {}).values())]


def controls(app: AppTest) -> set[str]:
    """Return the names of the controls on the page."""
    rows = [row["settings"] for row in mounts(app)]
    return {
        each["name"] for row in rows if "known" in row and "given" in row for each in row["fields"]
    }


def choose(app: AppTest, **values: Any) -> AppTest:
    """Set controls, as a browser reports them; run the page after that."""
    for name, value in values.items():
        found = control(app, name)
        assert found, f"there is no control {name}"
        texts = {**_given(app, found), name: Field.written(value)}
        report = {"value": texts, "serial": next(_serials)}
        app.session_state[found["row"]] = {"given": report}
    return app


def press(app: AppTest, name: str) -> AppTest:
    """Press a button; run the page after that."""
    found = control(app, name)
    assert found and not found.get("off"), f"the button {name} cannot be pressed"
    pressed = {"value": name, "serial": next(_serials)}
    app.session_state[found["row"]] = {**_reported(app, found), "pressed": pressed}
    return app


def _given(app: AppTest, found: dict[str, Any]) -> dict[str, Any]:
    """Return the texts of a row, as a browser has them."""
    report = _reported(app, found).get("given", {"value": {}, "serial": 0})
    is_new = report["serial"] > found["heard"]  # the page has not been run since
    return {**report["value"], **({} if is_new else found["known"])}


def _reported(app: AppTest, found: dict[str, Any]) -> dict[str, Any]:
    row = found["row"]
    return dict(app.session_state[row] or {}) if row in app.session_state else {}
