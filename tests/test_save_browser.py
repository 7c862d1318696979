"""Below a picture: its menu, full screen, and files that are whole without the page."""

import csv
import re
import struct
from functools import partial
from operator import eq

import pytest
from playwright.sync_api import expect

from hnviz.app.pictures import PICTURES
from hnviz.figures.theme import theme
from tests.axe import barriers
from tests.conftest import at_rest, awaited
from tests.gallery import mount, settled
from tests.saved import SVG, check_svg, frames_of, more, saved
from tests.test_gallery import HEAVY
from tests.test_machine_browser import BEGUN, begins

SAVED = {  # none of them waits for the engine
    # picture: the start of its files' names, words that are in it, the CSV's first column, its rows
    "train/curves": ("train_curves_Model5", "Accuracy", "step", 401),
    "tasks/automaton": ("tasks_automaton", "", "", 0),
    "compare/curves": ("compare_curves_Model0-Model1-Model2", "Model4", "run", 6),
}


@pytest.mark.parametrize("picture", SAVED)
def test_a_picture_is_saved_by_keyboard_in_three_forms(page, gallery, picture, tmp_path):
    name, words, column, rows = SAVED[picture]
    mode = "dark" if picture == "train/curves" else "light"
    mount(page, gallery, picture=picture, state="ready", mode=mode, width=1280)
    assert settled(page) == "ready"
    svg, png = (saved(page, f"Picture as {kind}", tmp_path) for kind in ("SVG", "PNG"))
    assert svg.name == f"{name}.svg" and png.name == f"{name}.png"
    root = check_svg(svg, mode)
    assert words in "".join(root.itertext())
    pixels = struct.unpack(">II", png.read_bytes()[16:24])
    assert pixels == tuple(2 * int(root.attrib[side]) for side in ("width", "height"))
    if column:
        with saved(page, "Data as CSV", tmp_path).open(newline="", encoding="utf-8") as file:
            head, *lines = csv.reader(file)
        assert head[0] == column and any("(" in each for each in head)
        assert len(lines) == rows and {len(line) for line in lines} == {len(head)}
    assert page.errors == []


ENTRIES = [
    *("One word back", "From the first word", "How it chooses its words", "As a table"),
    *("Full screen", "Picture as PNG", "Picture as SVG", "Film as GIF, 4 seconds"),
    *("Data as CSV: The words", re.compile("Data as CSV: The cells after word 19")),
]


def test_more_is_a_menu_for_keys_and_closes_on_escape_and_outside(page, gallery):
    mount(page, gallery, picture="machine", state="ready", mode="light", width=390)
    assert settled(page) == "ready"
    menu, entries = page.locator(".hnviz-more summary"), page.locator(".hnviz-choices button")
    menu.press("Enter")
    expect(entries).to_have_text(ENTRIES)
    assert barriers(page) == []
    for key, times, held in (("ArrowDown", 2, 1), ("ArrowUp", 1, 0), ("ArrowUp", 2, -1)):
        for _ in range(times):
            page.keyboard.press(key)  # "More" itself is one of them
        expect(entries.nth(held)).to_be_focused()
    page.keyboard.press("Escape")
    expect(entries).to_have_count(0)
    expect(menu).to_be_focused()
    menu.click()
    expect(entries.first).to_be_visible()
    page.mouse.click(380, 5)
    expect(entries).to_have_count(0)
    assert page.errors == []


NAMES = [name.removeprefix("rooms/") for name in PICTURES]


@pytest.mark.slow
@pytest.mark.parametrize("picture", [name for name in NAMES if name not in HEAVY])
def test_every_picture_is_saved_as_lines_and_words(page, gallery, picture, tmp_path):
    mount(page, gallery, picture=picture, state="ready", mode="light", width=1280)
    assert settled(page) == "ready"
    page.wait_for_timeout(300)
    if not page.locator(".hnviz-more summary:visible").count():
        return  # there is nothing to save, or no run yet
    root = check_svg(saved(page, "Picture as SVG", tmp_path), "light")
    canvases = page.locator(".hnviz-body canvas").count()
    assert canvases == 0 or root.find(f".//{SVG}svg") is not None
    assert page.errors == []


def test_a_file_of_a_machine_that_moves_holds_the_word_that_it_has_read(page, gallery, tmp_path):
    page.emulate_media(reduced_motion="no-preference")
    try:
        mount(page, gallery, picture="machine", state="ready", mode="light", width=1280)
        more(page, "From the first word")
        page.locator("canvas").evaluate(BEGUN)
        page.get_by_role("button", name="Play").click()
        begins(page, 2)
        moving = saved(page, "Picture as SVG", tmp_path)
    finally:
        page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Play").wait_for()
    drawn = moving.read_text(encoding="utf-8")
    written = "".join("".join(check_svg(moving, "light").itertext()).split())  # lines are broken
    assert "".join(page.locator(".says").inner_text().split()) in written
    word = page.locator("canvas").get_attribute("data-word")
    assert f"machine_word={word}" in page.url
    at_rest = saved(page, "Picture as SVG", tmp_path)
    assert at_rest.read_text(encoding="utf-8") == drawn, "the word that comes in is there"
    assert page.errors == []


TURNS = """() => {
  const { prototype } = CanvasRenderingContext2D, { getImageData } = prototype;
  const { port1, port2 } = new MessageChannel();
  let isDrawn = false;
  window.turns = 0;
  prototype.getImageData = function (...place) {
    isDrawn ||= place[2] > 1; // not the pixel of a colour
    port2.postMessage(null);
    return getImageData.apply(this, place);
  };
  port1.onmessage = () => {
    window.turns += isDrawn;
    isDrawn = false;
  };
}"""
"""Counts after how many frames of a film the page hears a message before it draws the next one."""


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_film_of_the_machine_has_its_next_words_and_the_page_answers(
    page, gallery, mode, tmp_path
):
    page.emulate_media(reduced_motion="no-preference")
    try:
        mount(page, gallery, picture="machine", state="ready", mode=mode, width=1280)
        more(page, "From the first word")
        page.locator("canvas").evaluate(BEGUN)
        page.get_by_role("button", name="Play").click()  # a file of what moves is whole
        begins(page, 1)
        page.evaluate(TURNS)
        path = saved(page, "Film as GIF", tmp_path)
        assert page.evaluate("window.turns") >= 59, "it answers between any two of 60 frames"
    finally:
        page.emulate_media(reduced_motion="reduce")
    assert path.name == "machine_Model5_step-400_film.gif"
    assert path.stat().st_size < 3e6
    frames, seconds = frames_of(path)
    assert len(frames) == 60 and abs(seconds - 4) < 0.02
    assert len({frame.tobytes() for frame in frames}) > 45, "it moves"
    ground = tuple(bytes.fromhex(theme(mode).background[1:]))
    for frame in (frames[0], frames[-1]):
        assert frame.getpixel((2, 2)) == ground
    assert page.errors == []


def test_a_film_of_the_map_goes_through_the_training(page, gallery, tmp_path):
    name = "predictions/counting_map"
    mount(page, gallery, picture=name, state="ready", mode="light", width=1280)
    assert settled(page) == "ready"
    path = saved(page, "Film as GIF", tmp_path)
    assert path.name == "predictions_counting_map_Model5_film.gif"
    assert path.stat().st_size < 3e6
    frames, seconds = frames_of(path)
    assert 2 < len(frames) <= 12 and abs(seconds - 4) < 0.02
    right = tuple(bytes.fromhex(theme("light").right[1:]))
    shares = [
        {color: n for n, color in frame.getcolors(1 << 20)}.get(right, 0)
        for frame in (frames[0], frames[-1])
    ]
    assert shares[0] < shares[1] / 4, "an untrained network counts nothing"
    assert page.errors == []


def is_between(at, low, high):
    return low < at < high


def test_one_picture_fits_the_screen_and_escape_goes_back(page, gallery):
    for picture, width, height in [("machine", 1280, 800), ("hidden_states/units", 1920, 1080)]:
        mount(page, gallery, picture=picture, state="ready", mode="light", width=1280)
        page.set_viewport_size({"width": width, "height": height})
        assert settled(page) == "ready"
        root = page.locator(".hnviz")
        before = at_rest(page, root.bounding_box)  # drawn for its width
        more(page, "Full screen")
        page.locator(".hnviz:popover-open:not(.fitting)").wait_for()
        assert root.bounding_box() == {"x": 0, "y": 0, "width": width, "height": height}
        expect(page.get_by_role("button", name="Back to the page")).to_be_visible()
        # It is large, and whole, once what is drawn late has its height.
        under = page.locator(".hnviz:popover-open:not(.fitting) .hnviz-under")
        edge = "each => each.getBoundingClientRect().bottom"
        awaited(page, partial(under.evaluate, edge), is_between, 0.6 * height, height)
        assert "fit=" in page.url
        awaited(page, partial(barriers, page), eq, [])  # not while it is fitted once more
        page.keyboard.press("Escape")
        expect(page.locator(".hnviz:popover-open")).to_have_count(0)
        assert "fit=" not in page.url
        awaited(page, root.bounding_box, eq, before)
    assert page.errors == []
