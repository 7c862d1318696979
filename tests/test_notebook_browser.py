"""The live pages of pictures in a notebook, in a frame as a notebook shows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from operator import ne
from typing import Any

import pytest

import hnviz
from hnviz.notebook.pictures import MOST_SNAPSHOTS
from hnviz.notebook.show import Shown
from tests.conftest import awaited, until

pytestmark = pytest.mark.usefixtures("no_runs")

SHOWN: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "batches": (("batches",), {"bs": 4, "bptt": 8}),
    "large": (("batches",), {"bs": 64, "bptt": 70}),
    "curves": (("Model5",), {}),
    "states": (("Model5", "states"), {"text": "4318 to 4320"}),
    "machine": (("Model5", "machine"), {"text": "997 to 999"}),
}
WIDTHS = (350, 700, 860, 1000)  # px of a frame


STATE = """(() => {
  const main = document.querySelector("main");
  return (main?.shadowRoot ?? main)?.querySelector(".hnviz")?.dataset.state;
})()"""
FITS = """(() => {
  const {scrollHeight, scrollWidth} = document.documentElement;
  return [scrollHeight - innerHeight, scrollWidth - innerWidth];
})()"""


@pytest.fixture(scope="module")
def shown() -> dict[str, Shown]:
    return {name: hnviz.show(*given, **options) for name, (given, options) in SHOWN.items()}


@contextmanager
def framed(page, tmp_path, picture: Shown) -> Iterator[Any]:
    """A notebook's output on a page of another encoding; yields its frame, with its picture."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    path = tmp_path / "output.html"
    latin = "<!doctype html><meta charset=windows-1252><body style='margin:0'>"
    path.write_text(f"{latin}{picture.html}</body>", encoding="ascii")
    page.goto(path.as_uri())
    frame = page.frames[1]
    until(frame, STATE + " === 'ready'")
    yield frame
    assert page.errors == []
    assert all(url.startswith(("file:", "data:", "about:")) for url in requests), requests


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_fits_its_frame_at_each_width_and_in_both_modes(shown, name, page, tmp_path):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        with framed(page, tmp_path, shown[name]) as frame:
            page.wait_for_timeout(100)  # what resizes is drawn once more
            awaited(page, partial(frame.evaluate, FITS), is_inside)
    page.emulate_media(color_scheme="dark")
    until(frame, STATE + " === 'ready'")
    ground = partial(frame.evaluate, "getComputedStyle(document.body).backgroundColor")
    awaited(page, ground, is_dark)


def is_inside(beyond) -> bool:
    return max(beyond) <= 0


def is_dark(color: str) -> bool:
    return max(map(int, color.removeprefix("rgb(")[:-1].split(","))) < 64


def test_mini_batches_move_and_are_searched(shown, page, tmp_path):
    with framed(page, tmp_path, shown["batches"]) as frame:
        sentence = frame.get_by_test_id("batches_sentence")
        sentence.get_by_text("Mini-batch 0, row 0, step 0").wait_for()
        frame.get_by_label("Find a number or words").fill("8046")
        found = frame.get_by_test_id("batches_found")
        found.wait_for()
        frame.locator(".over").press("PageDown")
        sentence.get_by_text("Mini-batch 1, row 0, step 0").wait_for()


def test_the_machine_goes_through_the_training_and_says_what_it_lacks(shown, page, tmp_path):
    with framed(page, tmp_path, shown["machine"]) as frame:
        slider = frame.get_by_label("Training step")
        slider.focus()
        for _ in range(MOST_SNAPSHOTS):
            slider.press("ArrowLeft")
        frame.get_by_text("untrained").wait_for()
        box = frame.get_by_label("It reads")
        box.fill("12 to 14")
        box.press("Enter")
        frame.get_by_text("only what it was made").wait_for()


def test_a_picked_unit_is_shown_word_by_word(shown, page, tmp_path):
    with framed(page, tmp_path, shown["states"]) as frame:
        heading = frame.get_by_role("heading", name="word by word")
        before = heading.inner_text()
        group = frame.locator(".scroll")
        group.focus()
        group.press("ArrowDown")
        awaited(page, heading.inner_text, ne, before)
        frame.get_by_label("Order of the units").select_option("as numbered")
        until(frame, STATE + " === 'ready'")


def test_a_program_that_drops_frames_shows_the_still_picture(shown, page, tmp_path):
    for picture in shown.values():
        html = picture.html
        bare = html[: html.index("<iframe")] + html[html.index("</iframe>") + len("</iframe>") :]
        path = tmp_path / "still.html"
        path.write_text(bare)
        page.goto(path.as_uri())
        image = page.get_by_alt_text(picture.sentence, exact=True)
        width = image.evaluate("async (each) => (await each.decode(), each.naturalWidth)")
        assert width == 760
