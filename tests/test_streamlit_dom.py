"""The names in Streamlit's page: a browser finds each on a page that uses it; one file has them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hnviz.web.assets import PACKAGE, STREAMLIT, streamlit_names, styled
from tests.conftest import ROOT, profile

PAGES = {
    "": (
        *("app", "idle", "view", "header", "menu", "script", "main", "content"),
        *("sidebar", "shownSidebar"),
        *("sidebarHeader", "sidebarContent", "nav", "navLink", "block", "wrapper", "element"),
        *("markdown", "html", "selectbox", "label", "help"),
        *("checkbox", "icon", "pageLink"),
    ),
    "train": ("expander",),
}
"""Address of a page -> the names that are on it."""


def _option(page: Any, server: str) -> None:
    page.goto(f"{server}/states")
    page.get_by_role("combobox").first.click()


def _help(page: Any, server: str) -> None:
    page.goto(f"{server}/data")
    page.locator(streamlit_names()["help"]).first.hover()


def _phone(page: Any, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{server}/data")


def _skeleton(page: Any, server: str) -> None:
    page.route("**/static/js/Selectbox.*.js", lambda route: None)  # its place waits for it
    page.goto(f"{server}/data", wait_until="commit")


def _status(page: Any, server: str) -> None:
    """Open a page whose script seems to run on: the server's words after the first are lost."""

    def hold(socket: Any) -> None:
        heard: list[object] = []

        def pass_on(message: str | bytes) -> None:
            heard.append(message)
            if len(heard) == 1:
                socket.send(message)

        socket.connect_to_server().on_message(pass_on)

    page.route_web_socket("**/_stcore/stream", hold)
    page.goto(f"{server}/data")


MADE: dict[str, Callable[[Any, str], None]] = {
    "option": _option,
    "helpText": _help,
    "expandSidebar": _phone,
    "skeleton": _skeleton,
    "status": _status,
}
"""Names of what comes only by a press, on a phone, or for a moment."""

TEXTS = [
    path
    for suffix in ("js", "css", "py")
    for path in sorted((ROOT / "hnviz").rglob(f"*.{suffix}"))
    if "vendor" not in path.parts
]


@pytest.fixture(scope="module")
def opened(browser, server):
    """Open an address, each once."""
    with profile(browser, viewport={"width": 1280, "height": 900}) as context:
        known: dict[str, Any] = {}

        def at(address: str) -> Any:
            if address not in known:
                known[address] = context.new_page()
                known[address].goto(f"{server}/{address}")
            return known[address]

        yield at


@pytest.mark.parametrize(
    ("address", "name"), [(address, name) for address in PAGES for name in PAGES[address]]
)
def test_a_name_is_on_its_page(opened, address, name):
    opened(address).locator(streamlit_names()[name]).first.wait_for(state="attached")


@pytest.mark.parametrize("name", MADE)
def test_a_name_comes_when_it_should(browser, server, name):
    with profile(browser, viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        MADE[name](page, server)
        page.locator(streamlit_names()[name]).first.wait_for(state="attached")
        page.unroute_all(behavior="ignoreErrors")


def test_the_sidebar_says_whether_it_is_away(opened):
    (name,) = re.findall(r'COLLAPSED = "(.+)"', (PACKAGE / STREAMLIT).read_text())
    opened("").locator(f"{streamlit_names()['sidebar']}[{name}=false]").wait_for(state="attached")


def test_each_name_has_a_page():
    assert {*MADE, *(name for names in PAGES.values() for name in names)} == {*streamlit_names()}


def test_the_names_are_in_one_file():
    theirs = re.compile(r"[.=\"']st[A-Z][a-z]+|\[data-(?:variant|selected|testid)\b")
    named = {str(path.relative_to(PACKAGE)) for path in TEXTS if theirs.search(path.read_text())}
    assert named == {STREAMLIT}


def test_each_name_is_used():
    """By the app or its tests."""
    paths = [*TEXTS, *(ROOT / "tests").rglob("*.py")]
    others = {PACKAGE / STREAMLIT, Path(__file__)}
    rest = "".join(path.read_text() for path in paths if path not in others)
    used = {*re.findall(r":--(\w+)|DOM\.(\w+)|\"\$([a-z]\w+)\"", rest)}
    assert {name for found in used for name in found if name} == {*streamlit_names()}


def test_a_style_sheet_gets_the_selectors():
    names = streamlit_names()
    assert styled(":--main > b, :--app:is(:--help) {}") == (
        f"{names['main']} > b, {names['app']}:is({names['help']}) {{}}"
    )
    assert styled(".a { color: var(--b); --c: 1; }") == ".a { color: var(--b); --c: 1; }"
    with pytest.raises(KeyError, match="zebra"):
        styled(":--zebra {}")
