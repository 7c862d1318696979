"""The Start and Data pages in a real browser: what a reader sees, and in which order."""

import re

import pytest

from hnviz.figures.theme import theme
from tests.conftest import idle, resize, until

expect = pytest.importorskip("playwright.sync_api").expect

COUNT = ".st-key-start_count .hnviz[data-ready]"
HEADLINE = "[class*='st-key-start_headline'] .hnviz-sentence"
LOSS = ".st-key-start_loss .hnviz[data-ready]"
BAR = ".st-key-start_bar .hnviz[data-ready]"

WATCH = """root => {
  const seen = (each) => getComputedStyle(each).visibility === "visible";
  root.frames = [];
  const look = () => {
    root.frames.push([...root.querySelectorAll(".card")].map((card) => ({
      words: [...card.querySelectorAll(".line")].map((line) =>
        [...line.querySelectorAll(".word")].map(seen)),
      marks: [...card.querySelectorAll(".line > i")].map(seen),
      verdict: seen(card.querySelector(".verdict")),
      playing: card.dataset.playing === "1",
    })));
    root.watching = requestAnimationFrame(look);
  };
  look();
}"""
"""Notes in each frame what of the two counts is in sight."""


def open_start(page, server, query=""):
    page.goto(f"{server}/{query}")
    page.locator(f"{COUNT} .word").first.wait_for()
    page.locator(HEADLINE, has_text="It gets the next number right").wait_for()
    idle(page)


def lines(page, card):
    """What a count says, number by number, with its mark."""
    found = page.locator(f"{COUNT} .card").nth(card).locator(".line").all_inner_texts()
    return [" ".join(each.split()) for each in found]


@pytest.fixture
def moving(page):
    """A page on which things may move."""
    page.emulate_media(reduced_motion="no-preference")
    yield page
    page.emulate_media(reduced_motion="reduce")


DONE = f"{COUNT} .card:not([data-playing])"


def played(page, press):
    """Press something that plays; return what was in sight in each frame."""
    root = page.locator(COUNT)
    root.evaluate(WATCH)
    press()
    page.locator(f"{COUNT} .card[data-playing]").first.wait_for()
    page.locator(DONE).nth(1).wait_for()
    frames = root.evaluate("root => (cancelAnimationFrame(root.watching), root.frames)")
    assert [len(frame) for frame in frames] == [2] * len(frames)
    return frames


@pytest.mark.slow
def test_the_words_appear_one_by_one_and_the_verdict_after_them(server, moving):
    page = moving
    open_start(page, server, "?start_number=4318")
    page.locator(DONE).nth(1).wait_for()
    # Now the count beyond is the reader's own, and the one inside begins elsewhere.
    frames = played(page, page.get_by_role("radio", name="8316").click)
    partly = [0, 0]
    for frame in frames:
        for place, card in enumerate(frame):
            said = [word for line in card["words"] for word in line]
            assert said == sorted(said, reverse=True), "a word is said after the one before it"
            partly[place] += 0 < sum(said) < len(said)
            assert all(said) or not card["verdict"], "the verdict waits for the last word"
            for words, mark in zip(card["words"], card["marks"], strict=True):
                assert all(words) or not mark, "a number is judged after its words"
    assert min(partly) > 3, "the words of both counts came one by one"
    assert not any(
        right["playing"] and any(map(any, left["words"])) and left["playing"]
        for left, right in frames
    ), "the other count waits for the reader's own"
    assert all(all(map(all, card["words"])) and card["verdict"] for card in frames[-1])
    assert page.errors == []


def test_count_on_plays_the_readers_number_alone(server, moving):
    page = moving
    open_start(page, server)
    page.locator(DONE).nth(1).wait_for()
    frames = played(page, page.get_by_role("button", name="Count on", exact=True).click)
    assert any(inside["playing"] for inside, _ in frames)
    assert not any(beyond["playing"] for _, beyond in frames)
    frames = played(page, page.get_by_role("radio", name="8316").click)
    assert any(beyond["playing"] for _, beyond in frames), "an example that is shown plays again"
    assert not any(inside["playing"] for inside, _ in frames)
    assert page.errors == []


def test_without_motion_all_words_are_there_at_once(server, page):
    open_start(page, server)
    page.locator(COUNT).evaluate(WATCH)
    page.get_by_role("button", name="Count on", exact=True).click()
    idle(page)
    frames = page.locator(COUNT).evaluate(
        "root => (cancelAnimationFrame(root.watching), root.frames)"
    )
    assert all(
        all(map(all, card["words"])) and card["verdict"] for cards in frames for card in cards
    )
    assert lines(page, 0) == [
        "3,499 → three thousand four hundred ninety nine ✓",
        "3,500 → three thousand five hundred ✓",
        "3,501 → three thousand five hundred one ✓",
    ]
    assert all(line.endswith("✗") for line in lines(page, 1))


def test_an_example_beyond_plays_and_a_wrong_number_keeps_the_cards(server, page):
    open_start(page, server)
    before = lines(page, 0), lines(page, 1)
    page.get_by_role("radio", name="8316").click()
    page.wait_for_url("**start_number=8316**")
    page.locator(f"{COUNT} .card.chosen h3", has_text="From 8,316: beyond its text").wait_for()
    assert (lines(page, 0), lines(page, 1)) == before
    number = page.get_by_role("spinbutton", name="Count on from")
    number.fill("12000")
    number.press("Enter")
    page.get_by_text("Count on from a number between 3 and 9,996; got 12,000.").wait_for()
    idle(page)
    assert (lines(page, 0), lines(page, 1)) == before
    field = page.locator(".st-key-start_number [data-testid=stNumberInputContainer]")
    wrong = "rgb({}, {}, {})".format(*bytes.fromhex(theme("light").wrong.lstrip("#")))
    expect(field).to_have_css("border-top-color", wrong)
    number.fill("4318")
    number.press("Enter")
    page.locator(f"{COUNT} .card.chosen h3", has_text="From 4,318").wait_for()
    assert lines(page, 0)[0] == "4,319 → four thousand three hundred nineteen ✓"
    assert page.errors == []


def test_a_network_is_trained_on_start_and_learns_to_count_there(server, page):
    open_start(page, server)
    page.get_by_role("button", name="Train one yourself").click()
    page.locator(f"{LOSS} canvas:not([data-points='0'])").wait_for()
    assert "/train" not in page.url and "run=" in page.url
    page.locator(f"{COUNT}:not([data-step='400'])").wait_for()
    first = lines(page, 0)
    try:
        points = int(page.locator(f"{LOSS} canvas").get_attribute("data-points"))
        page.locator(f"{COUNT}:not([data-step='0'])").wait_for()
        page.locator(f"{LOSS} canvas:not([data-points='{points}'])").wait_for()
        assert int(page.locator(f"{LOSS} canvas").get_attribute("data-points")) > points
        told = page.locator(f"{LOSS} .told").inner_text()
        assert re.match(r"Loss after \d+ steps?: \d\.\d\d on train \(dashed\)", told)
        newest = int(page.locator(COUNT).get_attribute("data-step"))
        page.locator(f"{COUNT}:not([data-step='{newest}'])").wait_for()
        assert len(first) == len(lines(page, 0)) == 3, "the same numbers, in other words"
        assert page.locator(f"{COUNT} .card[data-playing]").count() == 0
    finally:
        page.get_by_role("button", name="Stop").click()
    page.locator(f"{BAR}[data-status=stopped]").wait_for()
    assert page.errors == []


@pytest.mark.parametrize("name", ["start", "data"])
def test_takeaway_control_and_picture_come_first(server, page, name):
    if name == "start":
        open_start(page, server)
        parts = (HEADLINE, ".st-key-start_number", f"{COUNT} .two")
    else:
        page.goto(f"{server}/data")
        parts = (".hnviz-lead", ".st-key-data_sentence", ".st-key-data_guess .words")
    for width, height, lowest in ((1280, 800, 800), (390, 844, 1266)):
        resize(page, width, height)
        for part in parts:
            box = page.locator(part).first.bounding_box()
            assert box["y"] + box["height"] <= lowest, (width, part)


GUESS = ".st-key-data_guess .hnviz[data-ready]"
IN_SIGHT = """chips => chips
  .filter((chip) => getComputedStyle(chip.firstChild).visibility === "visible")
  .map((chip) => chip.innerText)"""


def in_sight(root):
    """The words of the line that can be read."""
    return [said.split()[0] for said in root.locator(".chip").evaluate_all(IN_SIGHT)]


def test_the_next_word_is_guessed_before_it_is_shown(server, page):
    page.goto(f"{server}/data")
    root = page.locator(GUESS)
    told, numbers = root.locator(".told"), root.locator(".numbers")
    root.wait_for()
    assert in_sight(root) == ["xxbos", "three"]
    assert told.inner_text() == "The network has read 2 tokens. Which one comes next?"
    assert numbers.inner_text() == "In numbers: 2 14 → ?"
    choices = root.locator(".choices button")
    assert choices.all_inner_texts() == [", comma", "hundred", "thousand", "seven", "Show it"]
    before = root.locator(".chip").nth(2).bounding_box()
    choices.get_by_text("hundred").press("Enter")
    assert told.inner_text() == (
        "No, it is “thousand”. In train, it follows “three” 1,000 of 2,520 times."
    )
    assert numbers.inner_text() == "In numbers: 2 14 → 11"
    assert in_sight(root) == ["xxbos", "three", "thousand"]
    assert root.locator(".chip").nth(2).bounding_box() == before, "nothing moves"
    assert root.locator("button.right").inner_text() == "thousand"
    assert root.locator("button.wrong").inner_text() == "hundred"
    page.keyboard.press("Enter")  # the focus is on Next word
    page.wait_for_url("**data_step=3**")
    assert in_sight(root) == ["xxbos", "three", "thousand"]
    choices.get_by_text("forty").click()
    assert told.inner_text().startswith("Right: it is “forty”. In train, it follows ")
    root.locator(".words").press("ArrowRight")
    root.locator(".words").press("ArrowRight")
    page.wait_for_url("**data_step=5**")
    root.get_by_role("button", name="Show it").click()
    assert told.inner_text() == (
        "It is a comma. In train, it always follows “thousand forty five”."
    )
    assert page.errors == []


def test_a_sentence_in_digits_is_guessed_and_the_address_keeps_the_place(server, page):
    page.goto(f"{server}/data?data_step=5")
    root = page.locator(GUESS)
    root.wait_for()
    assert in_sight(root) == ["xxbos", "three", "thousand", "forty", "five"]
    box = page.get_by_role("textbox", name="A sentence of your own")
    box.fill("8045, 8046")
    box.press("Enter")
    root.locator(".chip", has_text="eight").first.wait_for(state="attached")
    assert in_sight(root) == ["xxbos", "eight"], "another sentence is guessed from its start"
    root.get_by_role("button", name="Next word").click()
    page.wait_for_url("**data_step=3**")
    page.reload()
    root.locator(".chip", has_text="eight").first.wait_for(state="attached")
    assert in_sight(root) == ["xxbos", "eight", "thousand"]
    root.get_by_role("button", name="Back").click()
    root.get_by_role("button", name="Show it").click()
    assert root.locator(".told").inner_text() == (
        "It is “thousand”. In train, it never follows “eight”."
    )
    box.fill("bananas")
    box.press("Enter")
    root.locator(".chip", has_text="xxunk").wait_for(state="attached")
    root.locator(".choices").get_by_text("xxunk").click()
    assert root.locator(".told").inner_text().startswith("Right: it is “xxunk”.")
    assert root.get_by_role("button", name="Next word").is_disabled()
    assert page.errors == []


def test_play_shows_word_after_word_to_the_last(server, page):
    page.goto(f"{server}/data?data_sentence=7000")
    root = page.locator(GUESS)
    root.wait_for()
    root.get_by_role("button", name="Play").click()
    assert root.locator(".told").inner_text().startswith("It is “thousand”.")
    root.get_by_role("button", name="Play").wait_for()
    assert in_sight(root) == ["xxbos", "seven", "thousand"]
    root.get_by_role("button", name="Play").click()
    assert in_sight(root) == ["xxbos"]
    root.get_by_role("button", name="Play").wait_for()
    assert in_sight(root) == ["xxbos", "seven", "thousand"]
    assert page.errors == []


def test_data_and_start_load_no_plotly(server, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_start(page, server)
    page.get_by_role("link", name="Next: what does the network read?").click()
    page.locator(".st-key-data_guess .hnviz[data-ready] .chip").first.wait_for()
    # Streamlit would leave the reader as far down as on the page before.
    until(page, "() => document.querySelector('[data-testid=stMain]').scrollTop === 0")
    page.locator(".hn-count").nth(31).wait_for()
    idle(page)
    assert [url for url in asked if "plotly-basic" in url] == []
