"""Pages for everybody: by keyboard, as a table, without motion, in a frame, and by a link."""

import csv
import io
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from operator import eq

import pytest

from hnviz.app.shell.navigation import PAGES
from hnviz.lessons.panel import page_path
from hnviz.web.assets import styled
from tests.axe import barriers
from tests.conftest import (
    at_rest,
    awaited,
    errors_of,
    idle,
    profile,
    right,
    start_server,
    stop_server,
    until,
)
from tests.gallery import mount, settled
from tests.saved import more

expect = pytest.importorskip("playwright.sync_api").expect

NAMES = [name for pages in PAGES.values() for name in pages]
MOST_TABS = 250
EACH_TIME = ("start", "feed", "train", "remember")  # the others: make slow

FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!element || element === document.body) return null;
  window.places ??= new Map();
  if (!window.places.has(element)) window.places.set(element, window.places.size);
  const named = element.getAttribute("aria-label") || element.textContent.slice(0, 30);
  const rings = [];
  for (let each = element, up = 0; each && up < 4; up++, each = each.parentElement) {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
    if (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) rings.push("outline");
    if (boxShadow !== "none") rings.push("shadow");
  }
  return { at: window.places.get(element), name: `${element.localName} ${named}`, rings };
}"""
"""The focused element, in any shadow root, and what shows that it is focused."""


def opened(page, server: str, view: str) -> None:
    page.goto(f"{server}/{view}")
    page.locator(".hnviz[data-ready]:visible").first.wait_for()
    idle(page)


@pytest.mark.walk
@pytest.mark.parametrize(
    "name",
    [each if each in EACH_TIME else pytest.param(each, marks=pytest.mark.slow) for each in NAMES],
)
def test_tab_goes_through_a_page_and_shows_where_it_is(server, page, name):
    opened(page, server, page_path(name))
    seen, hidden, last = [], [], -1
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at is None or at["at"] < last:
            break  # past the last element, or at the first again
        assert at["at"] != last, f"Tab stays at {at['name']}"
        last = at["at"]
        seen.append(at["name"])
        if not at["rings"]:
            hidden.append(at["name"])
    else:
        raise AssertionError(f"no end after {MOST_TABS} tabs: {seen[-5:]}")
    assert len(seen) > 12, seen
    assert hidden == []
    assert page.errors == []


# --- as a table ---------------------------------------------------------------------------------

READ = """() => [...document.querySelectorAll("*")].map((each) => each.shadowRoot).concat(document)
  .filter(Boolean).flatMap((root) => [...root.querySelectorAll(".hnviz-as-table table")])
  .map((table) => ({
    caption: table.caption?.textContent,
    columns: [...table.tHead.rows[0].cells]
      .map((cell) => [cell.localName, cell.scope, cell.textContent]),
    rows: [...table.tBodies[0].rows].map((row) =>
      [...row.cells].map((cell) => [cell.localName, cell.scope ?? "", cell.textContent])),
  }))"""


@pytest.mark.parametrize(
    ("picture", "caption"),
    [
        ("models/cursor", "(64, 64)"),
        ("models/pair", "(64, 64)"),
        ("through_time/look_back", "How much each word changes the answer"),
        ("train/curves", "Loss"),
        ("train/positions", "valid"),
        ("train/inside", "Right answers and loss"),
        ("batches/grid", "Mini-batch 0"),
        ("data/guess", "The tokens that have been read"),
    ],
)
def test_a_picture_opens_as_a_table_by_keyboard(page, gallery, picture, caption):
    mount(page, gallery, picture=picture, state="ready", mode="light", width=390)
    assert settled(page) == "ready"
    page.locator(".hnviz-more summary").wait_for()
    until(page, "window.scrollTo(0, 1e6) ?? true")
    assert page.evaluate(READ) == []  # made when it is opened, not before
    more(page, "As a table")
    page.locator(".hnviz-as-table tbody tr").first.wait_for()
    tables = page.evaluate(READ)
    assert caption in tables[0]["caption"]
    for table in tables:
        assert {(kind, scope) for kind, scope, _ in table["columns"]} == {("th", "col")}
        assert all(row[0][:2] == ["th", "row"] for row in table["rows"])
        assert 0 < len(table["rows"]) <= 100
        assert any(text for row in table["rows"] for _, _, text in row[1:])
    until(page, "document.documentElement.scrollWidth <= 390")
    assert page.errors == []


def test_a_copy_has_every_row(page, gallery, context, recorded):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    mount(page, gallery, picture="train/curves", state="ready", mode="dark", width=1280)
    assert settled(page) == "ready"
    more(page, "As a table")
    recorded.shown(page, "These are the first", 100, 401)
    page.get_by_role("button", name="Copy as CSV").first.click()
    page.get_by_text("Copied 401 rows.").wait_for()
    rows = list(csv.reader(io.StringIO(page.evaluate("navigator.clipboard.readText()"))))
    assert len(rows) == 402
    shown = page.evaluate(READ)[0]
    assert rows[0] == [text for _, _, text in shown["columns"]]
    assert [float(row[0]) for row in rows[1:]] == sorted(float(row[0]) for row in rows[1:])
    page.get_by_role("button", name="Show all rows").first.click()
    assert len(page.evaluate(READ)[0]["rows"]) == 401
    assert page.get_by_text("These are the first").count() == 0
    assert page.locator(".hnviz-table").first.evaluate("each => each.matches(':focus')")
    assert barriers(page) == []


def test_where_the_clipboard_is_closed_the_copy_takes_the_other_way(page, gallery):
    """Such as on a page over HTTP from another machine of the class."""
    mount(page, gallery, picture="train/curves", state="ready", mode="light", width=1280)
    assert settled(page) == "ready"
    page.evaluate("delete Navigator.prototype.clipboard")
    more(page, "As a table")
    page.get_by_role("button", name="Copy as CSV").first.click()
    page.get_by_text("Copied 401 rows.").wait_for()


def test_a_picture_without_figures_offers_neither_table_nor_file(page, gallery):
    mount(page, gallery, picture="train/finder", state="none", mode="light", width=1280)
    assert settled(page) == "ready"
    offer = page.locator(".hnviz-more summary")
    offer.wait_for(state="attached")
    expect(offer).to_be_hidden()


# --- links --------------------------------------------------------------------------------------


def test_copy_link_says_what_it_did_and_a_locked_one_has_no_settings(server, page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, server, "states?unit=3&snapshot=99")
    page.get_by_role("button", name="Copy link", exact=True).click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{server}/remember?")
    assert {"unit=3", "snapshot=99"} <= set(copied.split("?")[1].split("&"))
    page.locator(styled(':--main [data-picture="kit/fields"]:visible')).first.wait_for()
    page.get_by_role("button", name="Copy locked link").click()
    until(page, "navigator.clipboard.readText().then((text) => text.includes('lock=1'))")
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    page.locator(".hnviz[data-ready]:visible").first.wait_for()
    idle(page)
    expect(page.locator(styled(":--nav"))).to_be_hidden()
    fields = styled('[data-picture="kit/fields"], :--selectbox, :--checkbox')
    expect(page.locator(fields).filter(visible=True)).to_have_count(0)
    bar = page.locator(".st-key-states_bar")
    expect(bar.get_by_label("Training step")).to_be_visible()  # looking goes on
    page.get_by_role("link", name="Next:").click()
    page.wait_for_url("**lock=1**")
    idle(page)
    expect(page.locator(fields).filter(visible=True)).to_have_count(0)
    assert page.errors == []


@pytest.fixture
def embedder(tmp_path):
    """A page of another origin that shows a page of the app in a frame; give its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    other = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{other.server_port}"
    app = start_server(tmp_path, HNVIZ_FRAME_ANCESTORS=address)
    frame = f'<iframe src="{app.url}/feed?embed=true" width="900" height="700"></iframe>'
    (tmp_path / "index.html").write_text(f"<!doctype html><title>Course</title>{frame}")
    yield address
    stop_server(app)
    other.shutdown()


def test_a_page_is_embedded_where_it_is_allowed_and_nowhere_else(embedder, server, browser):
    with profile(browser, reduced_motion="reduce") as context:
        page = context.new_page()
        errors = errors_of(page)
        page.goto(f"{embedder}/index.html")
        frame = page.frame_locator("iframe")
        frame.get_by_role("heading", name="What does it read", level=1).wait_for()
        frame.locator(".st-key-data_guess .hnviz[data-ready]").wait_for()
        frame.get_by_role("button", name="Show it").click()
        frame.get_by_role("button", name="Next word").click()
        frame.get_by_text("The network has read 3 tokens.").wait_for()
        expect(frame.locator(styled(":--nav"))).to_be_hidden()
        assert errors == []
        page.evaluate(f"document.querySelector('iframe').src = '{server}/feed?embed=true'")
        # That app names no such page.
        awaited(page, lambda: page.frames[1].url.startswith("chrome-error:"))
        awaited(page, lambda: any("frame-ancestors" in error for error in errors))


# --- words --------------------------------------------------------------------------------------


UNIT = """() => {
  const ranges = [...CSS.highlights.get("hn-term")];
  const unit = ranges.find((each) => each.toString() === "unit");
  if (!unit) return null;
  const { left, top, width, height } = unit.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}"""
"""Where the word unit is."""

ALL_READY = """() => {
  const all = (root) => [...root.querySelectorAll("*")]
    .flatMap((each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])]);
  const pictures = all(document).filter(({ frame }) => frame?.visible);
  return pictures.every(({ dataset }) => dataset.ready);
}"""
"""Whether all pictures that are near are drawn."""

LISTED = """async (drawer) => {
  await new Promise((done) => setTimeout(done, 200));
  return [[...drawer.querySelectorAll("dt")].map((each) => each.innerText),
    drawer.querySelectorAll("a").length];
}"""
"""The words in the drawer and the number of its links.

Two looks are .7 s apart: the page is looked through half a second after a change.
"""


def test_a_word_is_explained_where_it_is_and_by_keyboard(server, page):
    opened(page, server, "states")
    words = page.locator(".st-key-page_terms")
    until(page, "() => CSS.highlights.get('hn-term')?.size")
    # By keyboard: the drawer takes the focus, Escape gives it back.
    button = page.get_by_role("button", name="Words", exact=True)
    content = page.locator(styled(":--content"))
    page_box = at_rest(page, content.bounding_box)
    button.focus()
    page.keyboard.press("Enter")
    drawer = words.get_by_role("region", name="Words that this page uses")
    for word in ("unit", "token", "training step"):
        drawer.get_by_text(word, exact=True).wait_for()
    until(page, ALL_READY)  # late pictures have words, too
    named, n_links = at_rest(page, partial(drawer.evaluate, LISTED))
    assert len(named) == len(set(named))
    assert n_links == len(named) + 1  # and all words
    assert content.bounding_box() == page_box  # the drawer is beside the page, which stays
    assert right(drawer) <= page_box["x"]
    assert barriers(page) == []
    # A search looks through all words, also those that the page does not use.
    assert "one-cycle" not in named
    drawer.get_by_label("Find a word").fill("one-cycle")
    drawer.get_by_text("one-cycle", exact=True).wait_for()
    assert drawer.locator("dt").count() < len(named)
    drawer.get_by_label("Find a word").fill("")
    expect(drawer.locator("dt")).to_have_text(named)
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    expect(button).to_be_focused()
    # In the text: a press on the marked word.
    page.locator(".st-key-states_headline").scroll_into_view_if_needed()
    until(page, "() => [...CSS.highlights.get('hn-term')].some((each) => String(each) === 'unit')")
    spot = at_rest(page, partial(page.evaluate, UNIT))
    page.mouse.click(spot["x"], spot["y"])
    opened_here = words.get_by_role("dialog", name="unit", exact=True)
    opened_here.wait_for()
    box = opened_here.bounding_box()
    assert abs(box["y"] - spot["y"]) < 60
    assert barriers(page) == []
    page.get_by_role("link", name="See it:").click()
    page.locator(".st-key-states_picture").wait_for()
    assert page.errors == []


def test_what_is_in_the_headers_place_can_be_pressed(server, page):
    opened(page, server, "remember")
    page.locator(styled(":--header")).get_by_role("button").last.click(trial=True)
    page.get_by_role("button", name="Words", exact=True).click(trial=True)
    page.locator(".st-key-remember_part_fields").get_by_text("Another memory").click()
    page.wait_for_url("**remember_part=Another+memory**")


def test_the_menu_is_beside_the_page_and_not_over_it(server, page):
    opened(page, server, "learn-back")
    menu, main = (page.locator(styled(each)) for each in (":--menu", ":--main"))
    assert right(menu) <= main.bounding_box()["x"]
    menu.get_by_role("button").click()
    page.get_by_text("Dark").wait_for()


@pytest.mark.parametrize(
    ("query", "width"),
    [("", 1280), ("", 390), ("?lock=1", 1280), ("?lesson=text-into-batches.1", 1280)],
)
def test_the_button_of_the_words_covers_nothing_of_a_page(server, page, query, width):
    page.set_viewport_size({"width": width, "height": 560})
    opened(page, server, f"remember{query}")
    page.evaluate(
        "(all) => document.querySelectorAll(all).forEach((each) => (each.scrollTop = 300))",
        styled(":--main, :--sidebar *"),
    )
    below = """([main, nav]) => {
      const button = document.querySelector(".hn-words");
      const { left, top, width, height } = button.getBoundingClientRect();
      const [first, next] = document.elementsFromPoint(left + width / 2, top + height / 2);
      return [first === button, Boolean(next.closest(`${main}, ${nav}`))];
    }"""
    page.locator(".hn-words").wait_for()
    under = partial(page.evaluate, below, [styled(":--main"), styled(":--nav")])
    awaited(page, under, eq, [True, False])
    page.get_by_role("button", name="Words", exact=True).click(trial=True)


def test_the_list_of_words_is_searched(server, page):
    opened(page, server, "words")
    page.get_by_label("Find a word").fill("scissors")
    page.get_by_text("No word here has “scissors” in it").wait_for()
    page.get_by_label("Find a word").fill("one-cycle")
    expect(page.locator("dt")).to_have_text(["one-cycle"])
    page.get_by_role("link", name="See one-cycle: Train").click()
    page.locator(".st-key-train_schedule").wait_for()
