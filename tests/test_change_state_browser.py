"""Another memory in a real browser, each control once."""

from functools import partial
from operator import le

import pytest

from hnviz.web.assets import styled
from tests.conftest import awaited, bottom, fits, idle, resize

expect = pytest.importorskip("playwright.sync_api").expect

MEMORY = "remember?remember_part=Another%20memory"
COURSES = ".st-key-predictions_courses .hnviz[data-state='ready']"
SLIDER = ".st-key-change_bar .slider"


def open_page(page, server, query=""):
    page.goto(f"{server}/{MEMORY}{query}")
    page.locator(".words[data-paints]").first.wait_for()
    page.locator(SLIDER).wait_for(state="attached")  # below a tall picture it is drawn when seen
    idle(page)


def words(page, said):
    """The picture whose alt holds a text."""
    return page.locator(f".words[aria-label*={said!r}]")


def alt_has(page, said):
    words(page, said).wait_for()


def fill(page, label, value):
    box = page.get_by_label(label, exact=True).first
    box.fill(value)
    box.press("Enter")


def headline(page):
    return page.locator(f"{COURSES} .headline")


def wrong(page) -> list[str]:
    """What the console said in red, except that slow answers of the last test came first.

    The page asks again by itself: each test waits for the sentence that the answer brings.
    """
    return [each for each in page.errors if "status of 429" not in each]


def test_a_swap_is_one_press(server, page, recorded):
    open_page(page, server)
    recorded.shown(headline(page), "Its state is all")
    texts = page.locator(".text")
    expect(texts.locator(".head")).to_have_text(["The network has read", "The other memory is of"])
    expect(texts.nth(1).locator(".word").last).to_have_text("forty")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Put in another memory").click()
    recorded(headline(page).filter(has_text="It now continues").inner_text(), 6, 6)
    assert not [url for url in asked if "/change_state" in url and "/400/" in url]
    alt_has(page, "with “five thousand forty one” instead of")
    picture = words(page, "five thousand forty one")
    assert picture.get_attribute("data-at") == "1"
    assert page.locator(".cell.differs").first.inner_text() == "≠ five"
    beside = page.locator(".beside").first
    assert beside.inner_text() == "four thousand three hundred nineteen"
    picture.press("ArrowRight")
    page.wait_for_url("**swapped=1**word=2**")
    page.reload()
    alt_has(page, "with “five thousand forty one” instead of")
    page.get_by_role("button", name="Put its own memory back").click()
    expect(headline(page)).to_contain_text("Next it says “four thousand three hundred nineteen”")
    assert "swapped" not in page.url
    assert wrong(page) == []


def test_the_state_is_changed_in_every_way(server, page):
    open_page(page, server, "&swapped=1")
    alt_has(page, "with “five thousand forty one” instead of")
    page.get_by_text("Choose other texts or a layer").click()
    page.wait_for_url("**predictions_ways=true**")
    page.get_by_role("radio", name="1", exact=True).or_(
        page.get_by_role("button", name="1", exact=True)
    ).first.click()
    alt_has(page, "With layer 1 of the state from “… five thousand forty”")
    fill(page, "The state after this text", "4316 to 4318")
    alt_has(page, "as if nothing had happened. 0 of 40 words differ")

    page.get_by_text("set one unit", exact=True).click()
    alt_has(page, "With unit 2 of layer 0 set to 1 once")
    strip = page.locator(".strips canvas")
    idle(page)
    runs = page.locator(styled(":--app"))
    box = page.locator(COURSES).evaluate("root => root.view.strips.box")
    strip.click(position={"x": 2 + 9.5 * box["wide"], "y": 30})
    alt_has(page, "With unit 9 of layer 0 set to 1 once")
    assert runs.get_attribute("data-test-script-state") == "notRunning"
    page.wait_for_url("**predictions_units_set=9**")
    page.get_by_role("slider", name="Value").press("Home")
    alt_has(page, "With unit 9 of layer 0 set to \N{MINUS SIGN}1 once")
    page.get_by_text("Hold at every word").click()
    alt_has(page, "set to \N{MINUS SIGN}1 before every word")
    fill(page, "Unit", "64")
    page.get_by_text("Units go from 0 to 63; got 64.").wait_for()
    alt_has(page, "With unit 9 of layer 0 set to \N{MINUS SIGN}1 before every word")

    page.get_by_text("zero units", exact=True).click()
    alt_has(page, "With 32 of 64 units of layer 0 set to 0")
    fill(page, "Units, a range or a list", "3")
    alt_has(page, "With unit 3 of layer 0 set to 0")
    page.locator(".strips").focus()
    for key in ("ArrowRight", "Enter"):
        page.locator(".strips").press(key)
    page.get_by_text("untouched,").first.wait_for()
    alt_has(page, "With units 1 and 3 of layer 0 set to 0")
    page.locator(".strips").press("Enter")
    alt_has(page, "With unit 3 of layer 0 set to 0")
    page.reload()
    alt_has(page, "With unit 3 of layer 0 set to 0")
    assert [each for each in wrong(page) if "422" not in each] == []


def test_the_rooms_button_puts_another_memory_in_at_one_press(server, page):
    page.goto(f"{server}/remember")
    page.get_by_role("button", name="Put in another memory").click()
    alt_has(page, "with “five thousand forty one” instead of")
    page.get_by_role("button", name="Put its own memory back").click()
    page.wait_for_url("**swapped=0**")
    expect(headline(page)).to_contain_text("Next it says “four thousand three hundred nineteen”")
    assert wrong(page) == []


def test_a_digit_is_taken_out_of_the_memory(server, page):
    digit = "&predictions_change=take+out+a+digit&predictions_ways=true"
    open_page(page, server, digit)
    page.get_by_role("button", name="Take out the hundreds digit").click()
    expect(headline(page)).to_contain_text("“four thousand six hundred nineteen” instead of")
    alt_has(page, "With the 5 units that follow the hundreds digit of layer 0 set to 0 once")
    page.get_by_role("radio", name="tens", exact=True).or_(
        page.get_by_role("button", name="tens", exact=True)
    ).first.click()
    page.wait_for_url("**predictions_digit=tens**")
    expect(headline(page)).to_contain_text("It goes on as before")
    assert wrong(page) == []


def test_a_model_without_a_state_leads_to_one_that_has(server, page, recorded):
    page.goto(f"{server}/{MEMORY}&run=Model2&swapped=1")
    page.get_by_role("button", name="Look at Model5", exact=True).click()
    recorded.shown(page, "tokens are what it says", 40)
    page.wait_for_url("**/remember?**")
    assert wrong(page) == []


def test_takeaway_control_and_picture_are_on_the_first_screen(server, page):
    open_page(page, server)
    told = headline(page)
    picture = page.locator(".words .cell").first
    assert len(told.inner_text().split()) <= 20
    control = page.locator("button.swap")
    for width, height, end in ((1280, 800, 800), (390, 900, 1350)):
        resize(page, width, height)
        for part in (told, picture, control):
            awaited(page, partial(bottom, part), le, end)
    page.locator(".two.narrow").first.wait_for()
    fits(page, 390)
