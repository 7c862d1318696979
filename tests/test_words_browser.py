"""The Predictions page's next words and changed states in a real browser, each control once."""

import pytest

from tests.conftest import idle, resize

expect = pytest.importorskip("playwright.sync_api").expect

CHANGE = "?predictions_view=Change%20the%20state"
READING = ".st-key-predictions_reading .hnviz[data-state='ready']"
SAYING = ".st-key-predictions_saying .hnviz[data-state='ready']"
COURSES = ".st-key-predictions_courses .hnviz[data-state='ready']"
HEADLINE = ".st-key-predictions_headline .hnviz[data-state='ready']"
SLIDER = ".st-key-predictions_bar .slider"


def open_page(page, server, query=""):
    page.goto(f"{server}/predictions{query}")
    page.locator(".words[data-paints]").first.wait_for(timeout=30_000)
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


def test_words_are_picked_by_click_keys_and_address(server, page):
    open_page(page, server)
    expect(page.locator(f"{HEADLINE} .hnviz-sentence")).to_have_text(
        "It expected “ninety” (49 %); “sixteen” (0.2 %) came. After one number, the right word's "
        "probability is 97 %."
    )
    reading = words(page, "reads 17 tokens")
    assert reading.get_attribute("data-at") == "3"
    said = page.locator(f"{READING} .said")
    assert "“sixteen”, is number 16 of 39" in said.inner_text()
    assert page.locator(".cell.target").inner_text() == "sixteen"
    reading.press("ArrowLeft")
    page.locator(".words[data-at='2']").wait_for()
    assert (
        "after “four thousand three”. The next word of the text, “hundred”, is first"
        in said.inner_text()
    )
    assert page.locator(".bars").first.get_attribute("aria-label") == said.inner_text()
    reading.locator(".cell").nth(5).click()
    page.locator(".words[data-at='5']").wait_for()
    page.wait_for_url("**at=5**")
    page.reload()
    page.locator(".words[data-at='5']").wait_for(timeout=30_000)
    open_page(page, server, "?at=99")
    page.get_by_text("asks for at=99, which is not a whole number from 0 to 16.").wait_for()
    assert page.errors == []


def test_the_prompt_and_how_it_goes_on_are_set(server, page):
    page.set_viewport_size({"width": 1280, "height": 1400})  # both pictures are seen
    open_page(page, server)
    page.get_by_text("8314 to 8316", exact=True).click()
    alt_has(page, "one token right, then it says “two”")
    assert page.locator(".cell.wrong").inner_text() == "eight\n✗ two"
    mounted = words(page, "then it says “two”").element_handle()
    fill(page, "Prompt: numbers, a range, or words", "4316 to 4318")
    alt_has(page, "says 40 tokens, all of them right")
    fill(page, "Prompt: numbers, a range, or words", "0 to 5")
    page.get_by_text("The picture still shows “4316 to 4318”.").wait_for()
    alt_has(page, "says 40 tokens, all of them right")
    fill(page, "Prompt: numbers, a range, or words", "4316 to 4318")
    page.get_by_text("The picture still shows").wait_for(state="detached")
    idle(page)
    fill(page, "Tokens to say", "12")
    alt_has(page, "says 12 tokens, all of them right")
    fill(page, "Temperature", "4")
    page.locator(".cell.wrong").wait_for()
    said = page.locator(f"{SAYING} .words")
    first = said.inner_text()
    page.get_by_text("Top k and seed").click()
    fill(page, "Seed", "3")
    page.wait_for_url("**predictions_seed=3**")
    expect(said).not_to_have_text(first, use_inner_text=True)
    fill(page, "Top k", "1")
    alt_has(page, "says 12 tokens, all of them right")
    assert mounted.evaluate("element => element.isConnected")  # the same picture, painted again
    page.locator(SLIDER).press("Home")
    alt_has(page, "before any training reads 17 tokens")
    assert page.errors == []


def test_a_swap_is_one_press(server, page):
    open_page(page, server, CHANGE)
    expect(headline(page)).to_have_text(
        "Next it says “four thousand three hundred nineteen”. Swap its state, and it goes on from "
        "another text."
    )
    page.get_by_text("The network has read “4316 to 4318”.").wait_for()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Swap in the state after “5038 to 5040”").click()
    expect(headline(page)).to_have_text(
        "It now continues “five thousand forty one” instead of “four thousand three hundred "
        "nineteen”: 6 of 6 numbers change."
    )
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
    page.get_by_role("button", name="Undo the swap").click()
    expect(headline(page)).to_contain_text("Next it says “four thousand three hundred nineteen”")
    assert "swapped" not in page.url
    assert page.errors == []


def test_the_state_is_changed_in_every_way(server, page):
    open_page(page, server, f"{CHANGE}&swapped=1")
    alt_has(page, "with “five thousand forty one” instead of")
    page.get_by_text("Choose other texts, a layer, or single units").click()
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
    runs = page.locator("[data-testid=stApp]")
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
    assert page.errors == [] or all("422" in each for each in page.errors)


def test_a_model_without_a_state_leads_to_one_that_has(server, page):
    page.goto(f"{server}/predictions{CHANGE}&run=Model2&swapped=1")
    page.get_by_role("button", name="Look at Model5", exact=True).click()
    page.get_by_text("All 40 tokens are what it says after the other text").wait_for()
    page.wait_for_url("**/predictions?**")
    assert page.errors == []


@pytest.mark.parametrize("query", ["", CHANGE, "?predictions_view=Counting%20map"])
def test_takeaway_control_and_picture_are_on_the_first_screen(server, page, query):
    page.goto(f"{server}/predictions{query}")
    told = page.locator(".headline, .hnviz-sentence:visible").filter(has_text=" ").first
    told.wait_for(timeout=60_000)
    idle(page)
    picture = page.locator(".words .cell, .hnviz-map canvas").first
    assert len(told.inner_text().split()) <= 20
    control = page.locator(f"button.swap, {SLIDER}").first  # the swap is the view's first control
    for width, height, end in ((1280, 800, 800), (390, 900, 1350)):
        resize(page, width, height)
        for part in (told, picture, control):
            box = part.bounding_box()
            assert box["y"] + box["height"] <= end, (width, part)
    if "map" not in query:
        page.locator(".two.narrow").first.wait_for()
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
    page.get_by_role("link", name="Next: how far back does the network learn from?").wait_for()
