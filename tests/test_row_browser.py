"""A row of controls in a browser: what the address asks of one in vain moves no other."""

from functools import partial

import pytest

from hnviz.web.assets import styled
from tests.conftest import awaited, fits, idle, until

expect = pytest.importorskip("playwright.sync_api").expect

ROWS = {
    "feed?feed_part=Batches": (
        "batches_controls",
        {"batches_corpus": "poems", "batches_split": "nothing"},
    ),
    "remember": ("states_controls", {"states_text": "nothing", "states_layer": "9"}),
    "build": ("models_controls", {"models_model": "Model99"}),
    "train": ("train_part_fields", {"train_part": "Nothing"}),
    "feed?feed_part=Tasks": ("tasks_train", {"tasks_model": "Model99"}),
}
"""Page -> its row, and what an address may ask of it in vain."""

FOLDED = ("remember",)

PLACES = styled("""(row) => {
  const host = document.querySelector(`.st-key-${row} [data-picture]`);
  const place = host?.shadowRoot.querySelector(".row");
  if (!place || document.querySelector(":--main :--skeleton")) return "";
  const from = place.getBoundingClientRect();
  const boxes = [...place.querySelectorAll("label, input, button")]
    .filter((each) => each.checkVisibility()).map((each) => each.getBoundingClientRect());
  return boxes.map((box) => [box.x - from.x, box.y - from.y, box.width].map(Math.round)).join(" ");
}""")
"""Where the controls of a row are, from its corner; "" while it is being drawn."""

SAME = f"([row, good]) => ({PLACES})(row) === good"


@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ROWS)
def test_a_refusal_is_said_below_the_row_and_moves_no_control(page, server, name, width):
    page.set_viewport_size({"width": width, "height": 900})
    row, asked = ROWS[name]
    page.goto(f"{server}/{name}")
    unfold(page, name)
    until(page, PLACES, row)
    idle(page)
    page.wait_for_timeout(500)  # parts that Streamlit loads when they are first needed
    good = until(page, PLACES, row)
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    page.goto(f"{server}/{name}{'&' if '?' in name else '?'}{query}")
    unfold(page, name)
    until(page, SAME, [row, good])
    idle(page)
    until(page, SAME, [row, good])
    for field, value in asked.items():
        sentence = page.get_by_text(f"the address asks for '{value}'")
        expect(sentence).to_have_id(f"{field}-wrong")
        boxes = partial(boxes_of, page.locator(f".st-key-{row} .row"), sentence)
        awaited(page, boxes, is_below)
    fits(page, width)


def boxes_of(*parts):
    return [part.bounding_box() for part in parts]


def is_below(boxes) -> bool:
    """Whether a sentence is below a row, and no column of single words."""
    row, said = boxes
    return said["y"] >= row["y"] + row["height"] - 1 and said["width"] > 250


def test_what_is_no_number_is_said_and_the_number_stays(page, server):
    page.goto(f"{server}/feed?feed_part=Batches&batches_bs=6")
    box = page.get_by_role("spinbutton", name="bs, rows")
    box.fill("")
    box.press_sequentially("e")  # of the letters, Chromium takes no other
    box.press("Enter")
    page.get_by_text("must be a number; 6 is used").wait_for()
    expect(box).to_have_attribute("aria-invalid", "true")
    assert "batches_bs=6" in page.url
    box.fill("5")
    box.press("Enter")
    page.wait_for_url("**batches_bs=5**")
    until(page, "box => box.ariaInvalid === 'false'", box.element_handle())
    assert page.errors == []


def test_a_box_of_which_the_address_asks_for_no_number_is_marked(page, server):
    page.goto(f"{server}/feed?feed_part=Batches&batches_bs=abc")
    sentence = page.get_by_text("the address asks for 'abc'")
    sentence.wait_for()
    box = page.get_by_role("spinbutton", name="bs, rows")
    expect(box).to_have_value("4")
    expect(box).to_have_attribute("aria-invalid", "true")
    assert box.get_attribute("aria-describedby") == sentence.get_attribute("id")
    box.fill("5")
    box.press("Enter")
    until(page, "box => box.ariaInvalid === 'false'", box.element_handle())
    assert page.errors == []


def unfold(page, name):
    """Open a row that a reader opens; what is wrong with it is below, in any case."""
    if name in FOLDED:
        page.locator(f".st-key-{ROWS[name][0]} summary").click()
