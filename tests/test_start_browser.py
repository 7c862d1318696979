"""The Start and Data pages in a real browser: what a reader sees, and in which order."""

import re
from functools import partial
from operator import eq, le

import pytest
from starlette.testclient import httpx

from tests.conftest import at_rest, awaited, bottom, idle, resize, until

expect = pytest.importorskip("playwright.sync_api").expect

MACHINE = ".st-key-start_reading .hnviz[data-ready]"
HEADLINE = "[class*='st-key-start_headline'] .hnviz-sentence"
BAR = ".st-key-start_bar .hnviz[data-ready]"
RUN = "new URLSearchParams(location.search).get('run')"


def open_start(page, server, query=""):
    page.goto(f"{server}/{query}")
    page.locator(f"{MACHINE} canvas[data-words]").wait_for()
    page.locator(HEADLINE, has_text="of next numbers right").wait_for()
    idle(page)


def test_a_network_is_trained_on_start_and_learns_to_count_there(server, page):
    open_start(page, server)
    before = page.locator(f"{MACHINE} .says").inner_text()
    page.get_by_role("button", name="Train one yourself").click()
    speed = f"{server}/api/runs/{until(page, RUN)}/speed"
    slow = {"speed": 5}  # it goes on until the test has followed it
    httpx.post(speed, json=slow, timeout=60).raise_for_status()
    page.locator(f"{BAR}[data-status=running]").wait_for()
    assert "/train" not in page.url and "run=" in page.url
    page.locator(f"{MACHINE}:not([data-step='400'])").wait_for()
    try:
        page.locator(f"{MACHINE}:not([data-step='0']):not([data-step=''])").wait_for()
        newest = int(page.locator(MACHINE).get_attribute("data-step"))
        page.locator(f"{MACHINE}:not([data-step='{newest}'])").wait_for()
        assert page.locator(f"{MACHINE} .says").inner_text() != before, "in other words"
        page.get_by_role("link", name="See the loss fall").click()
        page.locator(".st-key-train_curves .hnviz[data-ready]").wait_for()
        assert "run=" in page.url, "the curves are those of the run"
    finally:
        page.get_by_role("button", name="Stop").click()
    page.locator(".st-key-train_bar .hnviz[data-status=stopped]").wait_for()
    assert page.errors == []


@pytest.mark.parametrize("name", ["start", "data"])
def test_takeaway_control_and_picture_come_first(server, page, name):
    if name == "start":
        open_start(page, server)
        parts = (HEADLINE, f"{MACHINE} .play", f"{MACHINE} .stage")
    else:
        page.goto(f"{server}/data")
        parts = (
            ".hnviz-lead",
            ".st-key-data_sentence_row",
            ".st-key-data_guess [role=group][tabindex]",
        )
    for width, height, lowest in ((1280, 800, 800), (390, 844, 1266)):
        resize(page, width, height)
        for part in parts:
            awaited(page, partial(bottom, page.locator(part).first), le, lowest)


def test_the_training_step_is_chosen_in_the_headline(server, page):
    late = []  # a page at rest asks before the press what is one press away
    page.route("**/0/start_shares**", lambda route: late.append(route))
    open_start(page, server)
    step, said = page.get_by_label("Training step", exact=True).first, page.locator(HEADLINE)
    place = at_rest(page, said.bounding_box)
    step.focus()
    page.keyboard.press("Home")
    awaited(page, lambda: late)
    expect(said).to_have_attribute("data-said", re.compile(r"^After 0 steps: \D+$"))
    expect(step).to_have_value("0")
    for route in late:
        route.continue_()
    page.unroute("**/0/start_shares**")
    expect(said).to_have_attribute("data-said", re.compile("^After 0 steps it gets 0\\s%"))
    page.locator(f"{MACHINE}[data-step='0']").wait_for()
    assert "snapshot=0" in page.url
    assert step.evaluate("select => select.getRootNode().activeElement === select")
    page.keyboard.press("End")
    expect(said).to_have_attribute("data-said", re.compile("^After 400 steps it gets 99"))
    assert "snapshot" not in page.url
    awaited(page, said.bounding_box, eq, place)
    assert page.errors == []


GUESS = ".st-key-data_guess .hnviz[data-ready]"
LINE, TOLD = "[role=group][tabindex]", "[aria-live]"
WORDS = f"{LINE} > span"
IN_SIGHT = """chips => chips
  .filter((chip) => getComputedStyle(chip.firstChild).visibility === "visible")
  .map((chip) => chip.innerText)"""


LINES = f"""(root, words) => {{
  window.lines = [];
  const note = () => {{
    const chips = [...root.querySelectorAll(words)];
    const line = ({IN_SIGHT})(chips).map((said) => said.split(/\\s/)[0]).join(" ");
    if (line !== window.lines.at(-1)) window.lines.push(line);
  }};
  const changes = {{ attributes: true, childList: true, subtree: true }};
  new MutationObserver(note).observe(root, changes);
}}"""
"""Notes the words of the line that can be read, whenever they change."""


def in_sight(root):
    """The words of the line that can be read."""
    return [said.split()[0] for said in root.locator(WORDS).evaluate_all(IN_SIGHT)]


def test_the_next_word_is_guessed_before_it_is_shown(server, page, recorded):
    page.goto(f"{server}/data")
    root = page.locator(GUESS)
    told, numbers = root.locator(TOLD), root.get_by_text("In numbers:")
    root.wait_for()
    assert in_sight(root) == ["xxbos", "three"]
    expect(told).to_have_attribute("data-model", "Model5")  # its guesses come later than the line
    recorded(told.inner_text(), 2)
    assert numbers.inner_text() == "In numbers: 2 14 → ?"
    choices = root.locator(".choices button")
    assert choices.all_inner_texts() == [", comma", "hundred", "thousand", "seven"]
    before = at_rest(page, root.locator(WORDS).nth(2).bounding_box)
    choices.filter(has_text="hundred").press("Enter")
    recorded(told.inner_text(), 1_000, 2_520)
    assert numbers.inner_text() == "In numbers: 2 14 → 11"
    assert in_sight(root) == ["xxbos", "three", "thousand"]
    assert root.locator(WORDS).nth(2).bounding_box() == before, "nothing moves"
    assert root.locator("[data-look=right]").inner_text() == "thousand"
    assert root.locator("[data-look=wrong]").inner_text() == "hundred"
    page.keyboard.press("Enter")  # the focus is on Next word
    page.wait_for_url("**data_step=3**")
    assert in_sight(root) == ["xxbos", "three", "thousand"]
    recorded(told.inner_text().split("?")[1], 0, 1, 1, 1, 1)
    choices.filter(has_text="forty").click()
    assert told.inner_text().startswith("Right: it is “forty”. In train, it follows ")
    root.locator(LINE).press("ArrowRight")
    root.locator(LINE).press("ArrowRight")
    page.wait_for_url("**data_step=5**")
    root.get_by_role("button", name="Show it").click()
    recorded(told.inner_text())
    assert page.errors == []


def test_a_sentence_in_digits_is_guessed_and_the_address_keeps_the_place(server, page, recorded):
    page.goto(f"{server}/data?data_step=5")
    root = page.locator(GUESS)
    root.wait_for()
    assert in_sight(root) == ["xxbos", "three", "thousand", "forty", "five"]
    box = page.get_by_role("textbox", name="A sentence in the words of this text")
    box.fill("8045, 8046")
    box.press("Enter")
    expect(root.locator(WORDS).nth(1)).to_contain_text("eight")
    assert in_sight(root) == ["xxbos", "eight"], "another sentence is guessed from its start"
    root.locator(".words .chip").nth(3).click()
    page.wait_for_url("**data_step=3**")
    page.reload()
    expect(root.locator(WORDS).nth(1)).to_contain_text("eight")
    assert in_sight(root) == ["xxbos", "eight", "thousand"]
    root.locator(".words .chip").nth(2).click()  # one word back
    root.get_by_role("button", name="Show it").click()
    expect(root.locator(TOLD)).to_have_attribute("data-model", "Model5")
    recorded(root.locator(TOLD).inner_text())
    box.fill("bananas")
    box.press("Enter")
    root.locator(WORDS, has_text="xxunk").wait_for(state="attached")
    root.get_by_role("button", name="xxunk").click()
    assert root.locator(TOLD).inner_text().startswith("Right: it is “xxunk”.")
    assert root.get_by_role("button", name="Next word").is_disabled()
    assert page.errors == []


def test_play_shows_word_after_word_to_the_last(server, page):
    page.goto(f"{server}/data?data_sentence=7000")
    root = page.locator(GUESS)
    root.wait_for()
    root.get_by_role("button", name="Play").click()
    assert root.locator(TOLD).inner_text().startswith("It is “thousand”.")
    root.get_by_role("button", name="Play").wait_for()
    assert in_sight(root) == ["xxbos", "seven", "thousand"]
    root.evaluate(LINES, WORDS)
    root.get_by_role("button", name="Play").click()
    until(page, "() => window.lines.length === 3")
    root.get_by_role("button", name="Play").wait_for()
    assert in_sight(root) == ["xxbos", "seven", "thousand"]
    lines = page.evaluate("window.lines")
    assert lines == ["xxbos", "xxbos seven", "xxbos seven thousand"]
    assert page.errors == []


def test_data_and_start_load_no_plotly(server, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_start(page, server)
    page.get_by_role("link", name="Next: what does the network").click()
    page.locator(f"{GUESS} {WORDS}").first.wait_for()
    # Streamlit would leave the reader as far down as on the page before.
    until(page, "() => document.querySelector('[data-testid=stMain]').scrollTop === 0")
    page.locator(".hn-count").nth(31).wait_for()
    idle(page)
    assert [url for url in asked if "plotly-basic" in url] == []
