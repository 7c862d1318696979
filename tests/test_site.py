"""The app as a folder: every page from a disk, from a host, and later without a network."""

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hnviz.cli import main
from hnviz.export import site
from hnviz.export.collect import Link
from hnviz.export.html import Around
from hnviz.figures.terms import TERMS
from hnviz.lessons import lessons, translations
from tests.conftest import PATIENCE, errors_of, until
from tests.drivers import FIREFOX, firefox, wait_for

MOST_BYTES = 2_000_000
TRAINS = ("build", "train", "remember", "learn-back")  # Feed has no run
LINKED = re.compile(r'(?:href|src)="([^"#:]+)(?:#[^"]*)?"')
DRAWN = """() => [...document.querySelectorAll("[data-picture]")].every((place) => {
  const root = (place.shadowRoot ?? place).querySelector(".hnviz");
  const { top, bottom } = place.getBoundingClientRect();
  const isNear = bottom > 0 && top < innerHeight && root;
  return !isNear || ["ready", "failed", undefined].includes(root.dataset.state);
})"""


@pytest.mark.parametrize(
    ("page", "at", "where"),
    [
        ("start", {}, "index.html"),
        ("learn_back", {"time_between": "keep"}, "learn-back.html#time_between=keep"),
        ("start", {"lesson": "why-truncate.2"}, "lessons/why-truncate.html#2"),
        ("words", {}, "words.html"),
        ("class", {}, None),
    ],
)
def test_a_link_of_the_app_leads_to_a_file(page, at, where):
    assert site.found(Link("", page, at)) == where


@pytest.fixture
def small(monkeypatch) -> dict[str, bytes]:
    """The files of the site, with short ones in the place of rooms and lessons."""
    asked: list[Around] = []

    def page(name: str, at: Any, find: Any, around: Around) -> bytes:
        asked.append(around)
        return name.encode()

    monkeypatch.setattr(site, "export_page", page)
    monkeypatch.setattr(site, "export_index", lambda around: iter([("index.html", b"lessons")]))
    files = dict(site.export_site())
    assert [each.nav for each in asked] == [asked[0].nav] * len(site.ROOMS)
    return files


def test_the_worker_keeps_every_file_and_another_content_makes_another_one(small, monkeypatch):
    text = small["sw.js"].decode()
    listed = json.loads(re.search(r"FILES = (\[.*\]);", text)[1])
    assert set(listed) == set(small) - {"sw.js", "README.md", ".nojekyll"}
    monkeypatch.setattr(site, "export_index", lambda around: iter([("index.html", b"others")]))
    again = dict(site.export_site())["sw.js"].decode()
    names = [re.search(r'KEPT = "(.*)";', each)[1] for each in (text, again)]
    assert names[0] != names[1] and "NAMES" not in text and "VERSION" not in text


def test_a_static_space_finds_its_front_matter_and_words_are_all_there(small):
    front, _, rest = small["README.md"].decode().removeprefix("---\n").partition("\n---\n")
    assert {"sdk: static", "app_file: index.html"} <= set(front.splitlines())
    assert "python -m hnviz app" in rest
    words = small["words.html"].decode()
    assert words.count("<dt>") == len(TERMS)
    assert {*LINKED.findall(words)} <= {*small, "lessons/index.html"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, own_runs) -> Path:
    where = tmp_path_factory.mktemp("site")
    assert main(["export", "site", str(where)]) == 0
    return where


@pytest.fixture(scope="module")
def host(folder) -> Iterator[Any]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("base", ["disk", "host"])
def test_every_page_opens_and_asks_nothing_of_anyone_else(base, folder, host, browser):
    home = folder.as_uri() if base == "disk" else f"http://127.0.0.1:{host.server_port}"
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    assert len(pages) == len(site.ROOMS) + len(lessons()) + len(translations()) + 3
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    for name in pages:
        assert (folder / name).stat().st_size <= MOST_BYTES
        errors = errors_of(tab)
        tab.goto(f"{home}/{name}")
        tab.locator("h1").first.wait_for()
        until(tab, DRAWN)
        assert errors == [], name
        for link in LINKED.findall((folder / name).read_text(encoding="utf-8")[:4000]):
            assert ((folder / name).parent / link).exists(), (name, link)
    assert [url for url in asked if not url.startswith((home, "data:", "blob:"))] == []
    context.close()


@pytest.mark.slow
@pytest.mark.browser
def test_a_known_site_opens_without_a_network(folder, host, browser):
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.goto(f"http://127.0.0.1:{host.server_port}/feed.html")
    until(
        tab,
        "() => navigator.serviceWorker.ready.then((found) => found.active.state === 'activated')",
    )
    context.set_offline(True)
    for name, title in (
        ("train.html", "Train"),
        ("", "Count"),
        ("lessons/why-truncate.html", "Why"),
    ):
        tab.goto(f"http://127.0.0.1:{host.server_port}/{name}")
        assert title in tab.title()
    context.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("room", ["index", *TRAINS])
def test_each_room_trains(room, folder, browser):
    context = browser.new_context(offline=True)
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.goto((folder / f"{room}.html").as_uri())
    tab.locator(".yours button", has_text="Train one yourself").click()
    tab.locator(".yours p", has_text=re.compile(r"After epoch \d+,")).wait_for()
    context.close()


SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shift += each.value;
}).observe({ type: "layout-shift", buffered: true });"""
MOST_SHIFT = 0.05  # the sum while a page opens
SETTLES_MS = 1500  # after what is in sight is drawn


@pytest.mark.slow
@pytest.mark.browser
def test_nothing_moves_while_a_page_opens_on_a_phone(folder, browser):
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    context.set_default_timeout(PATIENCE)
    shifts = {}
    for path in sorted(folder.rglob("*.html")):
        tab = context.new_page()
        tab.add_init_script(SHIFTS)
        tab.goto(path.as_uri())
        until(tab, f"() => ({BEGUN}) && ({DRAWN})()")
        tab.wait_for_timeout(SETTLES_MS)
        shifts[path.relative_to(folder).as_posix()] = tab.evaluate("window.shift")
        tab.close()
    context.close()
    assert {name: each for name, each in shifts.items() if each > MOST_SHIFT} == {}
    assert len(shifts) > len(lessons())


FOREIGN = """performance.getEntriesByType("resource").map(({ name }) => name)
  .filter((name) => !["data:", "blob:"].some((scheme) => name.startsWith(scheme)))"""
FAILED = """[...document.querySelectorAll("[data-picture]")].filter((place) =>
  (place.shadowRoot ?? place).querySelector(".hnviz")?.dataset.state === "failed").length"""
BUTTON = """[...document.querySelectorAll('.yours button')].find((each) =>
  each.innerText === 'Train one yourself' && each.checkVisibility({ visibilityProperty: true }))"""
BEGUN = "!document.querySelector('script.start') || window.Plotly !== undefined"
"""Whether the modules of a file have begun: before, it shows its words and no buttons."""
TRAINED = "/After epoch [0-9]+,/.test(document.querySelector('.yours p')?.textContent ?? '')"


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not FIREFOX, reason="no Firefox: apt-get install firefox-esr")
@pytest.mark.parametrize("base", ["disk", "host"])
def test_firefox_opens_every_page_and_each_room_with_a_run_trains(base, folder, host):
    home = folder.as_uri() if base == "disk" else f"http://127.0.0.1:{host.server_port}"
    rooms = {"index.html", *(f"{room}.html" for room in TRAINS)}
    with firefox() as tab:
        for path in sorted(folder.rglob("*.html")):
            name = path.relative_to(folder).as_posix()
            tab.open(f"{home}/{name}")
            wait_for(tab, f"({BEGUN}) && ({DRAWN})()")
            asked = [url for url in tab.evaluate(FOREIGN) if not url.startswith(home)]
            assert (asked, tab.evaluate(FAILED)) == ([], 0), name
            if name in rooms:
                wait_for(tab, f"{BUTTON} !== undefined")
                tab.evaluate(f"void {BUTTON}.click()")
                wait_for(tab, TRAINED)
