"""Pictures as files: what "Save" writes is whole without the page."""

import csv
import struct

import pytest
from playwright.sync_api import expect

from hnviz.app.pictures import PICTURES
from tests.axe import barriers
from tests.gallery import mount, settled
from tests.saved import SVG, check_svg, saved
from tests.test_gallery import HEAVY

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
    page.locator(".hnviz-save summary").click()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".hnviz-save button")).to_have_count(0)  # a fold tells of it a little later
    assert page.errors == []


NAMES = [name.removeprefix("rooms/") for name in PICTURES]


@pytest.mark.slow
@pytest.mark.parametrize("picture", [name for name in NAMES if name not in HEAVY])
def test_every_picture_is_saved_as_lines_and_words(page, gallery, picture, tmp_path):
    mount(page, gallery, picture=picture, state="ready", mode="light", width=1280)
    assert settled(page) == "ready"
    page.wait_for_timeout(300)
    if not page.locator(".hnviz-save summary:visible").count():
        return  # there is nothing to save, or no run yet
    root = check_svg(saved(page, "Picture as SVG", tmp_path), "light")
    canvases = page.locator(".hnviz-body canvas").count()
    assert canvases == 0 or root.find(f".//{SVG}svg") is not None
    assert page.errors == []


def test_a_file_of_a_machine_that_moves_holds_the_word_that_it_has_read(page, gallery, tmp_path):
    page.emulate_media(reduced_motion="no-preference")
    try:
        mount(page, gallery, picture="machine", state="ready", mode="light", width=1280)
        page.get_by_role("button", name="From the first word").click()
        page.get_by_role("button", name="Play").click()
        page.locator("canvas[data-word='2']").wait_for()
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
