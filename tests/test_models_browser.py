"""The Models page in a browser: lines, pictures and keys, and no request for a line."""

import re
from functools import partial
from itertools import pairwise, product
from operator import eq, le

import numpy as np
import pytest
import torch

from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.models.catalogue import CATALOGUE, LADDER, previous
from hnviz.observe import QUESTIONS, Subject
from hnviz.runs import SHIPPED_DIR, RunFolder
from hnviz.web.assets import styled
from tests.conftest import at_rest, awaited, resize, until

expect = pytest.importorskip("playwright.sync_api").expect
CURSOR, PAIR = ".st-key-models_cursor .hnviz", ".st-key-models_pair .hnviz"
CELL = ".st-key-models_unit_line .hnviz"
# Values of the picture with a title, as the browser holds them: floats, row by row.
VALUES = """(root, title) => {
  const tile = root.view.tiles.find((tile) => tile.shown?.tensor.label === title);
  return Array.from(tile.box.values, (value) => value * tile.box.unit);
}"""


def open_models(page, server, model, more=""):
    page.goto(f"{server}/models?models_model={model}{more}")
    page.locator(CURSOR).scroll_into_view_if_needed()  # it is fetched once it is near
    page.locator(f"{CURSOR}[data-ready]").wait_for()
    page.locator(styled(":--idle")).wait_for()
    return page.locator(CURSOR)


def asks_no_more(page, picture, sent):
    """Wait until nothing is on its way: in idle time pictures ask what is one press away."""
    coming = partial(picture.evaluate, "root => root.frame.source.coming.size")
    at_rest(page, lambda: (awaited(page, coming, eq, 0), len(sent)))


def at_line(page, number):
    return page.locator(f"{CURSOR}[data-line='{number}']")


def marked(cursor):
    """The line that is marked, without its number."""
    lines = cursor.locator(".code [aria-current=step]").all_inner_texts()
    assert len(lines) == 1
    return re.sub(r"^\s*\d+ \+?\s*", "", lines[0].split("#")[0]).strip()


def subject(model, step="last"):
    folder = RunFolder(SHIPPED_DIR / model)
    return Subject.load(folder.config, folder.load_snapshot(folder.resolve_step(step)))


def test_the_cursor_goes_through_the_lines_and_asks_nobody(server, page, recorded):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    page.on("request", lambda to: sent.append(to.url))
    cursor = open_models(page, server, "Model2")
    assert marked(cursor) == "h = F.relu(self.h_h(h))"
    assert "t = 2: h_h turns 64 states of 64 units" in cursor.locator(".sentence").inner_text()
    assert cursor.locator(".empty:visible").inner_text() == "The next line makes this."
    asks_no_more(page, cursor, sent)
    sent.clear()
    cursor.get_by_role("button", name="Next line").click()
    recorded(marked(cursor))
    cursor.get_by_role("button", name="Back").click()
    assert marked(cursor) == "h = F.relu(self.h_h(h))"
    cursor.get_by_role("button", name="Restart").click()
    assert marked(cursor) == "res = []"
    cursor.locator(".code").focus()
    for key, line in [
        ("ArrowDown", "for t in range(x.shape[1]):"),
        ("ArrowRight", "h = h + self.i_h(x[:, t])"),
        ("ArrowUp", "for t in range(x.shape[1]):"),
        ("End", "return torch.stack(res, dim=1), h"),
    ]:
        page.keyboard.press(key)
        assert marked(cursor) == line
    assert cursor.get_by_role("button", name="Next line").is_disabled()
    page.wait_for_url("**models_at=82**")
    assert sent == []
    page.reload()
    page.locator(CURSOR).scroll_into_view_if_needed()
    at_line(page, 82).wait_for()
    assert page.errors == []


def test_a_past_without_tokens_is_a_frame_that_says_so(server, page, recorded):
    cursor = open_models(page, server, "Transformer", "&models_at=0")
    past = cursor.locator(".tile", has=page.get_by_text("past = state", exact=True))
    for _ in range(12):
        if past.is_visible():
            break
        cursor.get_by_role("button", name="Next line").click()
    said = past.locator("p, .empty").all_inner_texts()
    shape, words = said
    assert shape == "(2, 0, 64, 64)"
    recorded(words)
    assert page.errors == []


def test_the_last_picture_is_the_models_answer(server, page):
    ids = human_numbers_stream().valid
    x = torch.from_numpy(BatchLayout(len(ids), 64, 3).batch(ids, 0).x)
    logits, _ = subject("Model1").answer(x)
    cursor = open_models(page, server, "Model1", "&models_at=10")
    seen = np.array(cursor.evaluate(VALUES, "logits = h_o(h)")).reshape(64, 39)
    assert np.abs(seen - logits.numpy()).max() <= float(logits.abs().max()) / 127 / 2 * 1.01
    picture = cursor.get_by_role("img", name=re.compile(r"logits = h_o\(h\), \(64, 39\)"))
    picture.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    told = cursor.locator(".told").inner_text()
    assert told.startswith("logits = h_o(h): row 1, token “xxpad”: ")
    shown = float(told.rpartition(" ")[2].replace("\u2212", "-"))
    assert shown == pytest.approx(float(logits[1, 1]), abs=float(logits.abs().max()) / 127)


def test_a_row_that_there_is_not_is_told_above_the_picture(server, page):
    cursor = open_models(page, server, "Model2", "&models_row=inf")
    told = page.get_by_text("asks for models_row=inf, which is not a whole number from 0 to 63.")
    told.wait_for()
    page.wait_for_url("**models_row=0**")
    assert told.is_visible()
    cursor.get_by_label("Row to follow").select_option(index=5)
    page.wait_for_url("**models_row=5**")
    expect(told).to_be_hidden()
    assert page.errors == []


def test_new_weights_keep_the_line_and_the_mount(server, page):
    cursor = open_models(page, server, "Model5", "&models_at=1&models_row=7")
    cursor.evaluate("root => { root.marker = 'the same' }")
    assert marked(cursor) == "res = self.bn(res.flatten(0, 1)).view_as(res)"
    before = cursor.locator(".sentence").inner_text()
    page.get_by_role("button", name="untrained", exact=True).click()
    expect(cursor.locator(".sentence")).not_to_have_text(before)
    assert cursor.evaluate("root => root.marker") == "the same"
    assert cursor.get_attribute("data-line") == "1"
    assert "of row 7" in cursor.locator(".tile p").nth(1).inner_text()
    page.get_by_role("button", name="Model4", exact=True).click()
    cursor.scroll_into_view_if_needed()
    cursor.get_by_label("Source of Model4.forward").wait_for()
    assert cursor.evaluate("root => root.marker") == "the same"
    assert page.errors == []


def test_a_pair_in_step_and_nothing_is_cut(server, page):
    page.set_viewport_size({"width": 1280, "height": 900})
    cursor = open_models(page, server, "Model0", "&models_twins=true")
    pair = page.locator(PAIR)
    pair.scroll_into_view_if_needed()
    pair.locator("canvas").first.wait_for()
    pair.get_by_role("button", name="Restart").click()
    pair.get_by_role("button", name="Next line").click()
    lines = pair.locator(".code [aria-current=step]").all_inner_texts()
    assert "h = h + self.i_h(x[:, 0])" in lines[0] and "h = h + self.i_h(x[:, t])" in lines[1]
    pair.locator(".code").first.focus()
    page.keyboard.press("End")
    assert "so far 0.0." in pair.locator(".sentence").inner_text()
    assert pair.locator(".empty:visible").inner_text() == "0.0 everywhere"
    for width, part in product((1280, 390), (cursor, pair)):
        page.set_viewport_size({"width": width, "height": 900})
        rights = partial(
            part.evaluate,
            "root => Math.max(...[...root.querySelectorAll('canvas, button, .code, .slider, p')]"
            ".map(each => each.getBoundingClientRect().right))",
        )
        awaited(page, rights, le, width)
        awaited(page, partial(part.evaluate, TOPS), are_in_rows)
    ends = partial(page.locator(".st-key-models_controls .choices-row").evaluate, ENDS)
    awaited(page, ends, lambda all_: max(all_) - min(all_) <= 1)  # each line, at their frame
    assert page.errors == []


TOPS = """root => [...root.querySelectorAll(".tile:not([hidden])")].map((tile) =>
  [tile, tile.querySelector(":is(canvas, .empty):not([hidden])")].map((each) =>
    Math.round(each.getBoundingClientRect().top)))"""
"""Of each tensor: where its tile begins, and where its picture does."""


def are_in_rows(tops) -> bool:
    """Whether the pictures of each row begin at one height."""
    return len(set(map(tuple, tops))) == len({row for row, _ in tops})


ENDS = """row => {
  const boxes = [...row.children].map((each) => each.getBoundingClientRect());
  const lines = Map.groupBy(boxes, ({ top }) => top);
  return [row.getBoundingClientRect(), ...[...lines.values()].map((line) => line.at(-1))]
    .map(({ right }) => right);
}"""


def test_six_models_are_buttons_and_the_others_a_list_for_one_picture(server, page):
    cursor = open_models(page, server, "Model0")
    cursor.get_by_label("Source of Model0.forward").wait_for()
    cursor.evaluate("root => { root.marker = 'the same' }")
    heights = []
    for _, model in pairwise(CATALOGUE):
        heights.append(legend_height(page))
        if model in LADDER:
            page.get_by_role("button", name=model, exact=True).click()
        else:
            page.get_by_role("combobox", name="Model: more").select_option(model)
        cursor.scroll_into_view_if_needed()
        cursor.get_by_label(f"Source of {model}.forward").wait_for()
        page.get_by_text(f"new since {previous(model)}").wait_for()
        if model != "IRNN":  # its forward is Model4's; its first weights are not
            expect(cursor.locator(".code .new").first).to_be_attached()
        expect(page.locator("svg .hn-new").first).to_be_attached()
    assert len({*heights, legend_height(page)}) == 1  # what is below it stays
    assert cursor.evaluate("root => root.marker") == "the same"
    page.get_by_role("button", name="Model0", exact=True).click()
    expect(page.get_by_role("combobox", name="Model: more")).to_have_value("")
    cursor.scroll_into_view_if_needed()
    cursor.get_by_label("Source of Model0.forward").wait_for()
    assert page.errors == []


def legend_height(page):
    return page.locator(".hnviz-legend").bounding_box()["height"]


def test_the_first_screen_holds_takeaway_control_and_picture(server, page):
    """Of a page of 1280 x 800, and one and a half screens of a phone of 844 px."""
    open_models(page, server, "Model2")
    for width, height in ((1280, 800), (390, 1266)):
        resize(page, width, height)
        page.mouse.wheel(0, -9000)
        page.locator(".hnviz-lead").scroll_into_view_if_needed()
        for part in (".hnviz-lead", ".st-key-models_controls", ".st-key-models_reading"):
            awaited(page, page.locator(part).first.bounding_box, is_inside, width, height)
        card = page.locator(".hn-chosen").bounding_box
        awaited(page, card, begins_above, height - 100)  # the network's drawing


def is_inside(box, width, height) -> bool:
    across, down = box["x"] + box["width"] <= width, box["y"] + box["height"] <= height
    return box["y"] >= 0 and across and down


def begins_above(box, lowest) -> bool:
    return box["y"] <= lowest


def test_the_time_slider_moves_the_weights_of_the_run_in_view(server, page):
    weights = "&run=Model5&models_weights=run+in+view"
    cursor = open_models(page, server, "Model5", f"{weights}&snapshot=0&models_row=3")
    source = cursor.locator(".told")
    seen = []
    for step, name in ((0, "0, untrained"), (1, "1 of 400")):
        page.locator(f"{CURSOR}[data-step='{step}']").wait_for()
        expect(page.locator(".st-key-models_bar output")).to_have_text(name)
        truth = QUESTIONS["cursor"](subject("Model5", step), {})
        last = truth.meta["tensors"][-1]
        size = last["high"] * last["wide"]
        at = last["at"] + 3 * size  # row 3 of the logits
        cursor.locator(".code").focus()
        page.keyboard.press("End")
        seen = np.array(cursor.evaluate(VALUES, last["label"]))
        expected = truth.arrays["values"][at : at + size] * last["peak"] / 127
        np.testing.assert_allclose(seen, expected, atol=1e-5)
        page.locator(".st-key-models_bar .slider").focus()
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**snapshot=2**")
    assert "Point at a value" in source.inner_text()
    assert page.errors == []


def test_a_unit_under_the_pointer_is_marked_in_every_picture(server, page):
    cursor = open_models(page, server, "Model1", "&models_twins=true")
    pair = page.locator(PAIR)
    pair.scroll_into_view_if_needed()
    pair.locator("canvas").first.wait_for()
    unit = "root => root.view.tiles.map((tile) => tile.unit)"
    canvas = cursor.get_by_role("img").first
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "unit 1: " in cursor.locator(".told").inner_text()
    assert set(cursor.evaluate(unit)) == set(pair.evaluate(unit)) == {1}
    canvas.blur()
    assert set(pair.evaluate(unit)) == {None}


def test_a_units_numbers_follow_the_token_and_ask_nobody(server, page):
    open_models(page, server, "Model5", "&models_cell=true&models_unit=5&models_step=4")
    page.locator(CELL).scroll_into_view_if_needed()
    cell = page.locator(f"{CELL}[data-ready]")
    said = cell.locator(".sentence")
    assert said.inner_text().startswith("Unit 5 reads “,” at step 4: it keeps ")
    assert cell.locator(".sums p").count() == 4
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    asks_no_more(page, cell, sent)
    sent.clear()
    mark = cell.locator(".hn-at")
    before = float(mark.get_attribute("x1"))
    cell.locator(".slider").focus()
    page.keyboard.press("ArrowRight")
    assert said.inner_text().startswith("Unit 5 reads “eight” at step 5: ")
    assert cell.get_by_role("img").get_attribute("aria-label") == said.inner_text()
    assert float(mark.get_attribute("x1")) > before
    page.wait_for_url("**models_step=5**")
    box = cell.locator("svg").bounding_box()
    cell.locator("svg").click(position={"x": 44 / 460 * box["width"] + 8, "y": 30})
    assert "at step 0: " in said.inner_text()
    assert sent == []
    page.get_by_role("spinbutton", name="Unit").fill("6")
    page.get_by_role("spinbutton", name="Unit").press("Enter")
    expect(said).to_contain_text("Unit 6 reads “xxbos” at step 0")
    assert page.errors == []


def test_drawings_follow_a_change_of_the_mode(page, server):
    page.goto(f"{server}/models")
    drawing = page.locator(".st-key-models_cards svg").first
    drawing.wait_for()
    page.locator(".st-key-run_line .hnviz[data-ready]").wait_for()
    before = drawing.evaluate("svg => svg.outerHTML")
    page.emulate_media(color_scheme="dark")
    until(
        page,
        "before => document.querySelector('.st-key-models_cards svg').outerHTML !== before",
        before,
    )
    assert page.errors == []
