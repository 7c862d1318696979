"""The rows of a mini-batch as a network reads them, in a browser."""

import re
from functools import partial

import pytest

from hnviz.data import human_numbers_stream
from hnviz.observe import QUESTIONS
from tests.conftest import awaited, idle, until
from tests.subjects import shipped

expect = pytest.importorskip("playwright.sync_api").expect
STREAM = human_numbers_stream()
ROWS, GRID = ".st-key-batches_machine .hnviz", ".st-key-batches_grid .hnviz"


def opened(page, server, query=""):
    page.goto(f"{server}/feed?feed_part=Batches&{query}")
    page.locator(f"{ROWS}[data-ready]").wait_for()
    page.locator(f"{GRID}[data-ready][data-cell]").wait_for()
    idle(page)
    return page.locator(ROWS)


def at(page, cell):
    """Wait until the rows, the grid and the address are at a cell."""
    page.locator(f"{ROWS} canvas[data-cell='{cell}']").wait_for()
    page.locator(f"{GRID}[data-cell='{cell}']").wait_for()
    until(page, f"() => location.search.includes('cell={cell}')")


def says(rows):
    return rows.locator(".says").inner_text().replace("\N{NO-BREAK SPACE}", " ")


def test_rows_read_what_the_mini_batch_holds_and_expect_what_torch_says(page, server, recorded):
    rows = opened(page, server, "cell=3-1-2")
    answer = QUESTIONS["rows"](shipped("Model5"), {"batch": 3}).arrays
    words, (row, step) = STREAM.vocab.itos, (1, 2)
    right = int((answer["best"][:, step, 0] == answer["y"][:, step]).sum())
    share = round(100 * float(answer["shares"][row, step, 0]), 1)
    rows.locator("canvas[data-cell='3-1-2']").wait_for()
    recorded(says(rows), 3, right, 4, row, share, 2, 24)
    expected, read = words[answer["best"][row, step, 0]], words[answer["x"][row, step]]
    assert f"after “{read}”" in says(rows) and f"expects “{expected}”" in says(rows)
    assert page.errors == []


def test_rows_and_grid_go_together(page, server):
    rows = opened(page, server)
    canvas = rows.locator("canvas")
    canvas.focus()
    for key, cell in [
        ("ArrowRight", "0-0-1"),
        ("ArrowDown", "0-1-1"),
        ("PageDown", "1-1-1"),
        ("End", "1-1-7"),
        ("ArrowRight", "2-1-0"),
    ]:
        page.keyboard.press(key)
        at(page, cell)
    page.locator(f"{GRID} .over").focus()
    page.keyboard.press("ArrowDown")
    at(page, "2-2-0")
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] - 8, "y": 30})
    at(page, "2-0-7")
    assert page.errors == []


NOTED = """(canvas) => {
  const says = canvas.getRootNode().querySelector(".says");
  const note = () => (window.said[canvas.dataset.cell] = says.innerText.replaceAll("\u00a0", " "));
  window.said = {};
  new MutationObserver(note).observe(canvas, { attributeFilter: ["data-cell"] });
}"""
"""Notes what the rows say at each cell: a play shows it for less than a second."""


def test_play_reads_on_into_the_next_mini_batch(page, server):
    rows = opened(page, server, "cell=0-0-6")
    rows.locator("canvas").evaluate(NOTED)
    rows.get_by_role("button", name="Play").click()
    assert "after 8 words" in str(until(page, "() => window.said['1-0-0']"))
    rows.get_by_role("button", name="Pause").click()
    rows.get_by_role("button", name="Play").wait_for()
    assert page.errors == []


def test_another_step_of_training_reads_the_same_words(page, server):
    rows = opened(page, server, "cell=3-1-2&snapshot=0")
    expect(rows.locator(".shown")).to_contain_text("untrained")
    before = says(rows)
    rows.get_by_role("slider").press("End")
    expect(rows.locator(".says")).not_to_have_text(before)
    assert page.errors == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("batches_corpus=numbers-fr", "from another text"),
        ("run=Model0", "bptt must be"),
        ("run=Model5&batches_bs=2&batches_random=true", "[012] of the 2 rows shown"),
        ("run=Transformer", "carries no state"),
        ("run=Model2", "forgets everything"),
    ],
)
def test_what_a_network_cannot_read_is_one_sentence(page, server, query, said):
    page.goto(f"{server}/feed?feed_part=Batches&{query}")
    page.get_by_text(re.compile(said)).first.wait_for()
    page.locator(f"{GRID}[data-ready][data-cell]").wait_for()
    assert [each for each in page.errors if "422" not in each and "400" not in each] == []


def test_on_a_phone_nothing_is_cut(page, server):
    page.set_viewport_size({"width": 390, "height": 844})
    rows = opened(page, server, "cell=2-3-7")
    canvas = rows.locator("canvas")
    awaited(page, canvas.bounding_box, lambda box: 0 <= box["x"] <= 390 - box["width"])
    whole = partial(rows.locator(".says").evaluate, "e => e.scrollHeight <= e.clientHeight + 1")
    awaited(page, whole)
    assert page.errors == []
