"""The Batches page's picture in a browser, against the rule in hnviz.data."""

import random
import re

import pytest

from hnviz.data import BatchLayout, human_numbers_stream
from tests.conftest import idle

pytestmark = pytest.mark.xdist_group("browser")

STREAM = human_numbers_stream()
SENTENCE = re.compile(
    r"Mini-batch (\d+), row (\d+), step (\d+) is stream position ([\d,]+)\. "
    r"x is (\S+), its target y is (\S+?)(?:, [^.]*)?\.(?: Read (\S+)(?: times)?: also (.+)\.)?$"
)


def open_batches(page, server, bs=64, bptt=70, split="valid", more=""):
    page.goto(f"{server}/batches?batches_bs={bs}&batches_bptt={bptt}&batches_split={split}{more}")
    page.locator(".hnviz[data-ready][data-cell]").wait_for(timeout=20_000)
    idle(page)
    return BatchLayout(len(STREAM.ids(split)), bs, bptt)


def view(page, expression):
    """Evaluate JavaScript on the drawing, as `view`."""
    return page.locator(".hnviz").evaluate(f"root => {{ const view = root.view; {expression} }}")


def frame(page):
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def sentence(page):
    """Read the sentence: cell, position, x, y, times read, other places."""
    frame(page)
    text = page.get_by_test_id("batches_sentence").inner_text()
    found = SENTENCE.fullmatch(text)
    assert found, text
    batch, row, step, position, x, y, times, places = found.groups()
    others = re.findall(r"mini-batch (\d+), row (\d+), step (\d+)", places or "")
    return {
        "cell": (int(batch), int(row), int(step)),
        "position": int(position.replace(",", "")),
        "x": x.strip("“”"),
        "y": y.strip("“”"),
        "times": {None: "1", "twice": "2"}.get(times, times),
        "others": [tuple(map(int, other)) for other in others],
    }


def hover(page, row, step):
    """Move the mouse over the middle of a cell."""
    place = view(page, f"const g = view.geometry; return [g.left + ({step} + .5) * g.across, "
                       f"g.top + ({row} + .5) * g.down]")  # fmt: skip
    page.locator(".over").hover(position={"x": place[0], "y": place[1]})


def check(said, layout, split, cell):
    ids, words = STREAM.ids(split), STREAM.vocab.itos
    position = layout.position(*cell)
    slots = [tuple(slot) for slot in layout.slots(position)]
    assert said["cell"] == cell
    assert said["position"] == position
    assert said["x"] == words[ids[position]]
    assert said["y"] == words[ids[(position + 1) % layout.n_tokens]]
    assert int(said["times"].replace(",", "")) == len(slots)
    slots.remove(cell)
    assert said["others"] == slots[:3]


@pytest.mark.parametrize(
    ("bs", "bptt", "split"),
    [(64, 70, "valid"), (64, 20, "train"), (150, 100, "valid"), (None, None, "valid")],
)
def test_a_hovered_cell_agrees_with_the_rule(server, page, bs, bptt, split):
    """None is drawn by chance; a failure names what came."""
    bs, bptt = bs or random.randint(1, 120), bptt or random.randint(2, 120)
    layout = open_batches(page, server, bs, bptt, split)
    chance = random.Random(bs * 1000 + bptt)
    for _ in range(4):
        batch = chance.randrange(layout.n_batches)
        view(page, f"view.go({batch})")
        frame(page)
        for _ in range(2):
            cell = (batch, chance.randrange(bs), chance.randrange(bptt))
            hover(page, *cell[1:])
            check(sentence(page), layout, split, cell)
            target = page.locator(".hnviz").get_attribute("data-target")
            expected = [*cell[:2], cell[2] + 1] if cell[2] + 1 < bptt else [batch + 1, cell[1], 0]
            expected = "-".join(map(str, expected)) if expected[0] < layout.n_batches else ""
            assert target == expected
    assert page.errors == []


@pytest.mark.parametrize(("bs", "bptt"), [(512, 512), (1, 1)])
def test_the_largest_and_the_smallest_sizes(server, page, bs, bptt):
    layout = open_batches(page, server, bs, bptt)
    view(page, "view.setPick([0, 0, 0])")
    check(sentence(page), layout, "valid", (0, 0, 0))
    last = (layout.n_batches - 1, bs - 1, bptt - 1)
    view(page, f"view.setPick({list(last)})")
    check(sentence(page), layout, "valid", last)
    milliseconds = view(page, "const start = performance.now(); view.level = 2; view.paint(); "
                              "return performance.now() - start")  # fmt: skip
    assert milliseconds < 150


def test_every_position_has_one_slot_that_is_not_hatched(server, page):
    layout = open_batches(page, server, 30, 33)
    own = view(
        page,
        """const { layout } = view; let own = 0;
        for (let k = 0; k < layout.nBatches; k++)
          for (let j = 0; j < layout.bs; j++) own += layout.ownSteps(k, j);
        return own""",
    )
    assert own == layout.n_tokens


def test_keys_walk_along_the_text(server, page):
    layout = open_batches(page, server, more="&cell=0-5-69")
    assert sentence(page)["cell"] == (0, 5, 69)
    page.locator(".over").focus()
    for key, cell in [
        ("ArrowRight", (1, 5, 0)),  # past the window's edge the row goes on
        ("ArrowDown", (1, 6, 0)),
        ("ArrowLeft", (0, 6, 69)),
        ("Home", (0, 6, 0)),
        ("ArrowLeft", (0, 6, 0)),
        ("PageDown", (1, 6, 0)),
        ("End", (1, 6, 69)),
        ("ArrowUp", (1, 5, 69)),
        ("PageDown", (2, 5, 69)),
        ("PageDown", (2, 5, 69)),
        ("ArrowRight", (2, 5, 69)),  # the pass ends here
    ]:
        page.keyboard.press(key)
        check(sentence(page), layout, "valid", cell)
    page.wait_for_function("() => location.search.includes('cell=2-5-69')")
    assert "Mini-batch 2, row 5" in page.locator(".spoken").inner_text()
    page.get_by_text("Mini-batch 2 as text").wait_for()


def test_a_click_stays_and_a_hover_does_not(server, page):
    open_batches(page, server, more="&cell=1-2-3")
    hover(page, 30, 40)
    assert sentence(page)["cell"] == (1, 30, 40)
    page.mouse.move(5, 5)
    assert sentence(page)["cell"] == (1, 2, 3)
    hover(page, 31, 41)
    page.mouse.down()
    page.mouse.up()
    page.mouse.move(5, 5)
    assert sentence(page)["cell"] == (1, 31, 41)


def test_play_turns_mini_batches_without_python_and_without_a_new_mount(server, page):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    open_batches(page, server, 64, 20, "train", more="&cell=0-0-0")
    page.wait_for_timeout(600)
    idle(page)
    view(page, "root.marker = 'the same'; view.marker = 'the same'")
    page.get_by_role("button", name="Play").click()
    sent.clear()
    page.wait_for_timeout(1200)
    assert view(page, "return view.pick[0]") >= 3
    assert sent == []
    page.get_by_role("button", name="Pause").click()
    stopped = view(page, "return view.pick[0]")
    page.get_by_text(f"Mini-batch {stopped} as text").wait_for()  # at rest Python hears of it
    assert view(page, "return view.pick[0]") == stopped
    assert view(page, "return [root.marker, view.marker]") == ["the same", "the same"]


def test_a_new_size_keeps_the_token_and_the_mount(server, page):
    open_batches(page, server, more="&cell=1-10-5")
    position = sentence(page)["position"]
    view(page, "root.marker = 'the same'")
    page.get_by_label("bs, rows").fill("50")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].some(e => "
        "e.shadowRoot?.querySelector('.hnviz')?.view?.layout?.bs === 50)"
    )
    layout = BatchLayout(len(STREAM.valid), 50, 70)
    said = sentence(page)
    assert said["position"] == position
    check(said, layout, "valid", said["cell"])
    assert view(page, "return root.marker") == "the same"
    page.wait_for_function("() => location.search.includes('batches_bs=50')")


def test_a_wrong_size_is_told_beside_its_field_and_the_picture_stays(server, page):
    open_batches(page, server, more="&cell=1-10-5")
    view(page, "root.marker = 'the same'")
    for value in ("0", "-4", "600"):
        page.get_by_label("bptt, steps").fill(value)
        page.keyboard.press("Enter")
        message = f"bptt must be a whole number from 1 to 512; got {value}"
        page.get_by_text(message).wait_for()
        assert sentence(page)["cell"] == (1, 10, 5)
        assert view(page, "return [root.marker, view.layout.bptt]") == ["the same", 70]


def test_the_pick_comes_back_after_another_page(server, page):
    open_batches(page, server, more="&cell=1-2-3")
    page.get_by_role("link", name="Models").click()
    page.get_by_role("heading", name="Its source").wait_for()
    page.get_by_role("link", name="Batches").click()
    page.locator(".hnviz[data-ready][data-cell]").wait_for()
    assert sentence(page)["cell"] == (1, 2, 3)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_cut_at_the_right(server, page, width):
    page.set_viewport_size({"width": width, "height": 900})
    open_batches(page, server, 512, 512)
    widths = page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        "return [main.scrollWidth, main.clientWidth] }"
    )
    assert widths[0] <= widths[1]
    rights = view(page, "return Math.max(...[...root.querySelectorAll('*')].map("
                        "each => each.getBoundingClientRect().right))")  # fmt: skip
    assert rights <= width


def test_the_colours_follow_the_mode(server, browser):
    grounds = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        open_batches(page, server)
        grounds[scheme] = view(page, "return [view.theme.dark, view.theme.kind.comma]")
        context.close()
    assert grounds == {"light": [False, "#DFDCD5"], "dark": [True, "#3E3C37"]}
