"""The Predictions page's next words and changed states in a real browser, each control once."""

import pytest

from tests.conftest import idle

CHANGE = "?predictions_view=Change%20the%20state"


def open_page(page, server, query=""):
    page.goto(f"{server}/predictions{query}")
    page.locator(".words[data-paints]").first.wait_for(timeout=30_000)
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


def test_words_are_picked_by_click_keys_and_address(server, page):
    open_page(page, server)
    reading = words(page, "reads 17 tokens")
    assert reading.get_attribute("data-at") == "3"
    said = page.locator(".said").first
    assert "“sixteen” came" in said.inner_text()
    assert page.locator(".cell.target").inner_text() == "sixteen"
    reading.press("ArrowLeft")
    page.locator(".words[data-at='2']").wait_for()
    assert "After “four thousand three” it finds “hundred” likeliest" in said.inner_text()
    assert page.locator(".bars").first.get_attribute("aria-label") == said.inner_text()
    reading.locator(".cell").nth(5).click()
    page.locator(".words[data-at='5']").wait_for()
    page.wait_for_url("**at=5**")
    page.reload()
    page.locator(".words[data-at='5']").wait_for(timeout=30_000)
    open_page(page, server, "?at=99")
    page.get_by_text("The address wanted at 99, and there are words 0 to 16.").wait_for()
    assert page.errors == []


def test_the_prompt_and_how_it_goes_on_are_set(server, page):
    open_page(page, server)
    page.get_by_text("8314 to 8316", exact=True).click()
    alt_has(page, "one token right until its first mistake: “two”")
    assert page.locator(".cell.wrong").inner_text() == "eight\n✗ two"
    mounted = words(page, "until its first mistake").element_handle()
    fill(page, "Prompt: numbers, a range, or words", "4316 to 4318")
    alt_has(page, "says 40 tokens, all of them right")
    fill(page, "Tokens to say", "12")
    alt_has(page, "says 12 tokens, all of them right")
    fill(page, "Temperature", "4")
    page.locator(".cell.wrong").wait_for()
    first = page.locator(".cell.two-lines").all_inner_texts()
    fill(page, "Seed", "3")
    page.wait_for_url("**predictions_seed=3**")
    page.wait_for_function(
        """first => JSON.stringify([...document.querySelectorAll('*')].flatMap(e => e.shadowRoot ?
             [...e.shadowRoot.querySelectorAll('.two-lines')] : []).map(e => e.innerText))
             !== JSON.stringify(first)""",
        arg=first,
    )
    fill(page, "Top k", "1")
    alt_has(page, "says 12 tokens, all of them right")
    assert mounted.evaluate("element => element.isConnected")  # the same picture, painted again
    slider = page.get_by_role("slider").first
    slider.press("Home")
    alt_has(page, "before any training reads 17 tokens")
    assert page.errors == []


def test_the_state_is_changed_in_every_way(server, page):
    open_page(page, server, CHANGE)
    alt_has(page, "with “five thousand forty one” where it would have said")
    picture = words(page, "five thousand forty one")
    assert picture.get_attribute("data-at") == "1"
    assert page.locator(".cell.differs").first.inner_text() == "≠ five"
    picture.press("ArrowRight")
    page.wait_for_url("**word=2**")
    page.get_by_role("radio", name="1", exact=True).or_(
        page.get_by_role("button", name="1", exact=True)
    ).first.click()
    alt_has(page, "With layer 1 of the state that “… five thousand forty” left")
    fill(page, "The state that this text left", "4316 to 4318")
    alt_has(page, "as if nothing had happened: 0 of 40 words differ")

    page.get_by_text("set one unit", exact=True).click()
    alt_has(page, "With unit 2 of layer 0 set to 1 once")
    strip = page.locator(".strips canvas")
    box = page.locator(".hnviz:has(.strips)").evaluate("root => root.view.box")
    strip.click(position={"x": 2 + 9.5 * box["wide"], "y": 30})
    alt_has(page, "With unit 9 of layer 0 set to 1 once")
    page.get_by_role("slider").last.press("Home")
    alt_has(page, "With unit 9 of layer 0 set to \N{MINUS SIGN}1 once")
    page.get_by_text("Hold at every word").click()
    alt_has(page, "set to \N{MINUS SIGN}1 before every word")

    page.get_by_text("zero units", exact=True).click()
    alt_has(page, "With 32 of 64 units of layer 0 set to 0")
    fill(page, "Units, a range or a list", "3")
    alt_has(page, "With unit 3 of layer 0 set to 0")
    page.locator(".strips").focus()
    for key in ("ArrowRight", "Enter"):
        page.locator(".strips").press(key)
    page.get_by_text("untouched,").first.wait_for()
    assert page.errors == []


def test_a_model_without_a_state_leads_to_one_that_has(server, page):
    page.goto(f"{server}/predictions{CHANGE}&run=Model2")
    page.get_by_role("button", name="Look at Model5").click()
    alt_has(page, "All 40 tokens are those that it says after that other text itself")
    page.wait_for_url("**/predictions?**")
    assert page.errors == []


@pytest.mark.parametrize("query", ["", CHANGE])
def test_a_phone_holds_it_all(server, page, query):
    page.set_viewport_size({"width": 390, "height": 900})
    open_page(page, server, query)
    page.locator(".two.narrow").first.wait_for()
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
