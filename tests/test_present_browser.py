"""Present mode: larger, without the sidebar, in the link, and pictures still follow the pointer."""

from functools import partial
from operator import eq, gt

import pytest

from hnviz.web.assets import styled
from tests.conftest import at_rest, awaited, idle, until
from tests.test_states_browser import MAP, open_states

expect = pytest.importorskip("playwright.sync_api").expect

SIDEBAR = styled(":--nav")
LABEL = ".st-key-states_controls summary"

LARGEST = """() => {
  window.largest = 0;
  const look = () => {
    for (const title of document.querySelectorAll("h1"))
      window.largest = Math.max(window.largest, title.getBoundingClientRect().height);
    requestAnimationFrame(look);
  };
  look();
}"""
"""Notes the height of the largest title in any frame from now on."""


def leave(page):
    """Press Escape until the sidebar is back: a page that has just opened may not listen yet."""
    for _ in range(90):
        page.keyboard.press("Escape")
        page.wait_for_timeout(1000)
        if page.locator(SIDEBAR).is_visible():
            return
    raise AssertionError("Escape did not leave present mode")


def test_on_a_phone_the_header_names_the_page(server, page):
    page.set_viewport_size({"width": 390, "height": 844})
    open_states(page, server)  # whose sidebar is the longest: a shut one is as high as its words
    page.locator(styled(":--header[data-page=Remember]")).wait_for()


def box(page, selector):
    return page.locator(selector).first.bounding_box()


def test_a_key_switches_it_and_the_link_keeps_it(server, page):
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_states(page, server)
    page.locator(".st-key-run_line").get_by_text("pre-trained").wait_for()  # it hears the keys
    before, small = (at_rest(page, partial(box, page, part)) for part in ("h1", LABEL))
    page.keyboard.press("p")
    page.wait_for_url("**present=true**")
    idle(page)
    expect(page.locator(SIDEBAR)).to_be_hidden()
    awaited(page, lambda: box(page, LABEL)["height"], gt, 1.35 * small["height"])
    # In the middle, once the sidebar has gone.
    until(
        page,
        styled("""() => {
      const { x, width } = document.querySelector(":--content").getBoundingClientRect();
      return width > 1600 && width <= 1660 && Math.abs(x - (innerWidth - width) / 2) < 20;
    }"""),
    )
    expect(page.locator(".st-key-present")).to_be_visible()
    page.reload()
    page.locator(f"{MAP}[data-paints]").wait_for()
    idle(page)
    expect(page.locator(SIDEBAR)).to_be_hidden()
    leave(page)
    until(page, "!location.search.includes('present')")
    page.evaluate(LARGEST)
    page.locator(styled(":--nav")).get_by_role("link", name="Feed", exact=True).click()
    page.get_by_role("heading", name="What does it read", level=1).wait_for()
    idle(page)
    assert page.evaluate("window.largest") < 1.1 * before["height"]  # it does not come back
    assert page.errors == []


def test_a_letter_in_a_field_is_a_letter(server, page):
    open_states(page, server)
    page.locator(LABEL).click()
    phrase = page.get_by_role("textbox", name="Phrase, or a range of numbers")
    phrase.fill("")
    phrase.press_sequentially("p")
    assert phrase.input_value() == "p"
    expect(page.locator(SIDEBAR)).to_be_visible()
    open_states(page, server, "?present=true")
    expect(page.locator(SIDEBAR)).to_be_hidden()
    page.locator(LABEL).click()
    phrase.focus()
    leave(page)


def test_a_pointer_finds_the_cell_that_it_is_over(server, page):
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_states(page, server, "?present=true")
    page.locator(f"{MAP}[data-unit='11']").wait_for()
    view = page.locator(".st-key-states_picture .hnviz[data-ready]")
    drawn = view.evaluate("({view}) => ({...view.box, order: [...view.data.order]})")
    zoom = box(page, MAP)["width"] / page.locator(MAP).evaluate("canvas => canvas.offsetWidth")
    assert zoom > 1.3
    corner = at_rest(page, partial(box, page, MAP))
    x = drawn["left"] + 2.5 * drawn["cellWidth"]
    y = drawn["top"] + 7.5 * drawn["cellHeight"]
    page.mouse.click(corner["x"] + zoom * x, corner["y"] + zoom * y)
    page.locator(f"{MAP}[data-unit='{drawn['order'][7]}'][data-column='2']").wait_for()
    page.wait_for_url(f"**unit={drawn['order'][7]}**")
    sharp = page.locator(MAP).evaluate("canvas => canvas.width / canvas.offsetWidth")
    assert abs(sharp - zoom) < 0.02  # as many pixels as the screen shows
    assert page.errors == []


def test_a_wrong_value_gets_a_sentence(server, page):
    open_states(page, server, "?present=maybe")
    page.get_by_text("The address asks for").first.wait_for()


def test_a_menu_of_pages_is_over_the_page(server, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    open_states(page, server, "?present=true")
    pages, links = page.locator(".hn-pages"), page.locator(styled(":--navLink"))
    pages.wait_for()
    idle(page)  # the page is drawn, so what moves now moves by the press
    title = at_rest(page, partial(box, page, "h1"))
    pages.click()
    links.first.wait_for()
    expect(links.first).to_be_focused()
    assert box(page, "h1") == title  # nothing moves
    page.keyboard.press("Escape")
    expect(links.first).to_be_hidden()
    assert "present=true" in page.url
    page.keyboard.press("m")
    page.locator(styled(":--nav")).get_by_role("link", name="Train", exact=True).click()
    page.get_by_role("heading", name="How does it learn", level=1).wait_for()
    until(page, "!document.documentElement.classList.contains('hn-menu')")
    assert "present=true" in page.url
    assert page.errors == []


def test_the_curves_fit_on_a_projector(server, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{server}/train?present=true")
    page.locator("[data-panel] .main-svg").first.wait_for()
    idle(page)
    lowest = """() => Math.max(...[...document.querySelectorAll(
      ".st-key-train_curves .xy .plot, .st-key-train_curves .xtick text")]
      .map((each) => each.getBoundingClientRect().bottom))"""
    awaited(page, partial(page.evaluate, lowest), lambda bottom: 600 < bottom < 720)


def test_a_link_to_one_picture_fits_it_to_the_screen(server, page):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{server}/remember?fit=states_reading&present=true")
    alone = page.locator(".st-key-states_reading .hnviz:popover-open:not(.fitting)")
    alone.wait_for()
    whole = {"x": 0, "y": 0, "width": 1280, "height": 800}
    until(page, "() => document.documentElement.classList.contains('hn-alone')")
    awaited(page, alone.bounding_box, eq, whole)
    for hidden in ("h1", ".hn-pages"):
        expect(page.locator(hidden)).to_be_hidden()
    alone.get_by_role("button", name="Read one word").click()  # it works as on its page
    page.keyboard.press("Escape")
    page.locator("h1").wait_for()
    assert "fit=" not in page.url and "present=true" in page.url  # one step back
    assert page.errors == []
