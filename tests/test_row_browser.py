"""A row of controls in a browser: what the address asks of one in vain moves no other."""

import pytest

from hnviz.web.assets import styled
from tests.conftest import idle, until

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
    assert page.evaluate(PLACES, row) == good
    row_box = page.locator(f".st-key-{row} .row").bounding_box()
    for value in asked.values():
        sentence = page.get_by_text(f"the address asks for '{value}'")
        box = sentence.bounding_box()
        assert box["y"] >= row_box["y"] + row_box["height"] - 1
        assert box["width"] > 250  # it is no column of single words
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_no_number_is_said_and_the_number_stays(page, server):
    page.goto(f"{server}/feed?feed_part=Batches&batches_bs=6")
    box = page.get_by_role("spinbutton", name="bs, rows")
    box.fill("")
    box.press_sequentially("e")  # of the letters, Chromium takes no other
    box.press("Enter")
    page.get_by_text("must be a number; 6 is used").wait_for()
    assert box.get_attribute("aria-invalid") == "true"
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
    assert (box.input_value(), box.get_attribute("aria-invalid")) == ("4", "true")
    assert box.get_attribute("aria-describedby") == sentence.get_attribute("id")
    box.fill("5")
    box.press("Enter")
    until(page, "box => box.ariaInvalid === 'false'", box.element_handle())
    assert page.errors == []


def unfold(page, name):
    """Open a row that a reader opens; what is wrong with it is below, in any case."""
    if name in FOLDED:
        page.locator(f".st-key-{ROWS[name][0]} summary").click()
