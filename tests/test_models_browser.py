"""The Models page's code cursor in a browser: lines, pictures and keys, without Python a step."""

import re

import numpy as np
import pytest
import torch

from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.observe import Subject
from hnviz.runs import SHIPPED_DIR, RunFolder
from tests.conftest import idle

CURSOR, PAIR = ".st-key-models_cursor .hnviz", ".st-key-models_pair .hnviz"
# Values of the picture with a title, as the browser holds them: floats, row by row.
VALUES = """(root, title) => {
  const tile = root.view.tiles.find((tile) => tile.shown?.tensor.label === title);
  return Array.from(tile.box.values, (value) => value * tile.box.unit);
}"""


def open_models(page, server, model, more=""):
    page.goto(f"{server}/models?models_model={model}{more}")
    page.locator(f"{CURSOR}[data-ready]").wait_for()
    idle(page)
    return page.locator(CURSOR)


def step_to(page, cursor, step):
    page.wait_for_function(
        "([root, step]) => root.dataset.step === step", arg=[cursor.element_handle(), str(step)]
    )


def marked(cursor):
    """The line that is marked, without its number."""
    lines = cursor.locator(".code [aria-current=step]").all_inner_texts()
    assert len(lines) == 1
    return re.sub(r"^\s*\d+ \+?\s*", "", lines[0].split("#")[0]).strip()


def test_the_cursor_goes_through_the_lines_and_asks_nobody(server, page):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    cursor = open_models(page, server, "Model2")
    assert marked(cursor) == "h = F.relu(self.h_h(h))"
    assert "t = 2: h_h turns 64 states of 64 units" in cursor.locator(".sentence").inner_text()
    assert cursor.locator(".empty:visible").inner_text() == "made by the next line"
    sent.clear()
    cursor.get_by_role("button", name="Next line").click()
    assert marked(cursor) == "res.append(self.h_o(self.bn(h)))"
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
    assert sent == []
    page.wait_for_function("() => location.search.includes('models_at=82')")
    page.reload()
    step_to(page, page.locator(CURSOR), 82)
    assert page.errors == []


def test_the_last_picture_is_the_models_answer(server, page):
    folder = RunFolder(SHIPPED_DIR / "Model1")
    subject = Subject.load(folder.config, folder.load_snapshot(folder.resolve_step("last")))
    ids = human_numbers_stream().valid
    x = torch.from_numpy(BatchLayout(len(ids), 64, 3).batch(ids, 0).x)
    logits, _ = subject.answer(x)
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


def test_new_weights_keep_the_line_and_the_mount(server, page):
    cursor = open_models(page, server, "Model5", "&models_at=1&models_row=7")
    cursor.evaluate("root => { root.marker = 'the same' }")
    assert marked(cursor) == "res = self.bn(res.flatten(0, 1)).view_as(res)"
    before = cursor.locator(".sentence").inner_text()
    page.get_by_role("radio", name="untrained").click()
    page.wait_for_function(
        "([root, before]) => root.querySelector('.sentence').textContent !== before",
        arg=[cursor.element_handle(), before],
    )
    assert cursor.evaluate("root => root.marker") == "the same"
    assert cursor.get_attribute("data-step") == "1"
    assert "of row 7" in cursor.locator(".tile p").nth(1).inner_text()
    page.get_by_role("radio", name="Model4").click()
    page.wait_for_function(
        "root => root.querySelector('.code').ariaLabel === 'Source of Model4.forward'",
        arg=cursor.element_handle(),
    )
    assert page.errors == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_pair_in_step_and_nothing_is_cut(server, page, width):
    page.set_viewport_size({"width": width, "height": 900})
    cursor = open_models(page, server, "Model0")
    pair = page.locator(PAIR)
    pair.locator("canvas").first.wait_for()
    pair.get_by_role("button", name="Restart").click()
    pair.get_by_role("button", name="Next line").click()
    lines = pair.locator(".code [aria-current=step]").all_inner_texts()
    assert "h = h + self.i_h(x[:, 0])" in lines[0] and "h = h + self.i_h(x[:, t])" in lines[1]
    pair.locator(".code").first.focus()
    page.keyboard.press("End")
    assert "so far 0.0." in pair.locator(".sentence").inner_text()
    assert pair.locator(".empty:visible").inner_text() == "0.0 everywhere"
    for part in (cursor, pair):
        rights = part.evaluate(
            "root => Math.max(...[...root.querySelectorAll('canvas, button, .code, .slider, p')]"
            ".map(each => each.getBoundingClientRect().right))"
        )
        assert rights <= width
    assert page.errors == []
