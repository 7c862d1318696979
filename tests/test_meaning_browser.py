"""What a state means, in a real browser: probes, query, and the played path."""

from contextlib import suppress
from functools import partial

import pytest

from hnviz.models.catalogue import CATALOGUE
from tests.conftest import awaited, idle, resize

sync_api = pytest.importorskip("playwright.sync_api")
expect, NotYet = sync_api.expect, sync_api.Error

PROBES, FOUND = ".hn-probe .hn-dot", ".hn-found table"
PATH = ".path canvas[data-at]"

HEADINGS = {
    PROBES: "What the whole state shows",
    FOUND: "Find it elsewhere",
    PATH: "Path of the state",
}  # that stand above what is waited for


def open_view(page, server, view, ready, query=""):
    """Scroll to a view until it is drawn: what stands above it may still grow and move it down."""
    page.goto(f"{server}/states?states_view={view.replace(' ', '+')}{query}")
    heading = page.get_by_role("heading", name=HEADINGS[ready])

    def is_drawn():
        with suppress(NotYet):  # late, or drawn anew in this moment
            heading.scroll_into_view_if_needed()
            page.locator(ready).first.wait_for(timeout=500)
        return page.locator(ready).count()

    awaited(page, is_drawn)
    idle(page)


def radio(page, name):
    return page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name)).first


@pytest.mark.slow
def test_probes_follow_where_a_digit_is_read(server, page):
    open_view(page, server, "What the whole state shows", PROBES)
    lines = page.locator(".hn-ladder:has(.hn-probe)")
    before = lines.get_attribute("aria-label")
    assert "no label is read worse than before training" in before
    radio(page, "after the number").click()
    page.locator(".hn-ladder[aria-label*='the other way']").wait_for()
    assert lines.get_attribute("aria-label") != before
    page.wait_for_url("**states_positions=after**")
    page.get_by_text("Probe all pre-trained models").click()
    page.locator(".hn-table", has_text="Model0").wait_for()
    assert page.locator(".hn-table tbody tr").count() == len(CATALOGUE)
    assert page.errors == []


def test_a_query_finds_its_units_elsewhere(server, page):
    open_view(page, server, "Find it elsewhere", FOUND)
    lines = page.locator("svg[aria-label^='Units over the words']")
    assert "at every token of “three hundred”" in lines.get_attribute("aria-label")
    expect(page.locator(".hn-found tbody tr")).to_have_count(16)
    page.get_by_role("slider", name="Threshold, share of the scale").focus()
    page.keyboard.press("ArrowRight")
    page.locator("svg[aria-label*='above 0.65 at every token']").first.wait_for()
    page.get_by_role("slider", name="Last token").focus()
    page.keyboard.press("ArrowRight")
    page.locator("svg[aria-label*='“three hundred seventy”']").first.wait_for()
    page.get_by_text("Off just before and after").click()
    page.locator("svg[aria-label*='and off just before and after']").first.wait_for()
    resize(page, 390)
    found = page.locator(".hn-found")
    awaited(page, partial(found.evaluate, "list => list.scrollWidth <= list.clientWidth"))
    assert page.errors == []


@pytest.mark.slow
def test_the_path_is_played_without_a_new_mount(server, page):
    open_view(page, server, "Path of the state", PATH)
    canvas = page.locator(PATH)
    canvas.evaluate("canvas => canvas.mark = 1")
    last = int(canvas.get_attribute("data-at"))
    page.locator(".tools button").click()
    page.locator(f".path canvas:not([data-at='{last}']):not([data-at='0'])").wait_for()
    page.locator(".tools button").click()
    assert page.locator(".tools button").inner_text() == "Play"
    page.locator(".tools input").fill("7")
    page.locator(".path canvas[data-at='7']").wait_for()
    page.locator(".path").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".path canvas[data-at='8']").wait_for()
    page.locator(".tools select").select_option("tens")
    page.locator(".path canvas[data-color=tens]").wait_for()
    assert "states_path_color=tens" in page.url
    place = page.locator(".hnviz:has(.path)").evaluate(
        "root => [root.view.box.x(0), root.view.box.y(0)]"
    )
    canvas.hover(position={"x": place[0], "y": place[1]})
    assert "of 4,3" in page.locator(".hnviz:has(.path) .said").inner_text()
    first = page.get_by_role("spinbutton", name="First number")
    first.fill("8101")
    first.press("Enter")
    page.locator(".words", has_text="eight thousand one hundred").wait_for()
    assert page.locator(PATH).evaluate("canvas => canvas.mark") == 1
    number = page.get_by_role("spinbutton", name="Numbers")
    number.fill("2")
    number.press("Enter")
    page.get_by_text("reads 8,101 to 8,102").wait_for()
    first.fill("8000")
    first.press("Enter")
    page.get_by_text("from 8001 to 9999; got 8,000").wait_for()
    assert page.errors == []
