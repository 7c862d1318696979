"""The Batches page's picture in a browser, against the rule in hnviz.data."""

import json
import random
import re
from functools import partial
from operator import ge, le
from urllib.parse import urlencode

import pytest

from hnviz.data import BatchLayout, ShuffledLayout, human_numbers_stream, number_words
from hnviz.web.assets import styled
from tests.conftest import at_rest, awaited, errors_of, idle, resize, until

expect = pytest.importorskip("playwright.sync_api").expect
STREAM = human_numbers_stream()
GRID = ".st-key-batches_grid .hnviz"
SENTENCE = re.compile(
    r"Mini-batch ([\d,]+), row (\d+), step (\d+) is at position ([\d,]+) of the text\. "
    r"x is (\S+), its target y is (\S+?)(?:, [^.]*)?\.(?: Read (\S+)(?: times)?: also (.+)\.)?$"
)


def open_batches(page, server, bs=64, bptt=70, split="valid", more=""):
    page.goto(f"{server}/batches?batches_bs={bs}&batches_bptt={bptt}&batches_split={split}{more}")
    page.locator(f"{GRID}[data-ready][data-cell]").wait_for()
    idle(page)
    return BatchLayout(len(STREAM.ids(split)), bs, bptt)


@pytest.fixture(scope="module")
def drawing(server, context):
    """One open page for all tests that give the picture its sizes and its text themselves."""
    page = context.new_page()
    page.errors = errors_of(page)
    open_batches(page, server)
    yield page
    page.close()


def lay(page, bs, bptt, shuffled=False, n_tokens=None):
    """Give the picture other sizes, as Python would; its text is repeated up to `n_tokens`."""
    cut = json.dumps({"bs": bs, "bptt": bptt, "shuffled": shuffled})
    view(page, f"""const own = view.own ??= view.stream, n = {n_tokens or "own.nTokens"};
        const ids = Uint8Array.from({{ length: n }}, (_, at) => own.ids[at % own.nTokens]);
        view.kit.files = n === own.nTokens ? own : {{ ...own, ids, nTokens: n }};
        Object.assign(view.kit.data.settings, {cut});
        view.kit.ask();
        view.paint()""")  # fmt: skip


def view(page, expression):
    """Evaluate JavaScript on the drawing, as `view`."""
    return page.locator(GRID).evaluate(f"root => {{ const view = root.view; {expression} }}")


def frame(page):
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def numbers(*written):
    """Read numbers as a page writes them: "13,016"."""
    return tuple(int(each.replace(",", "")) for each in written)


def sentence(page):
    """Read the sentence: cell, position, x, y, times read, other places."""
    frame(page)
    text = page.get_by_test_id("batches_sentence").inner_text()
    found = SENTENCE.fullmatch(text)
    assert found, text
    batch, row, step, position, x, y, times, places = found.groups()
    others = re.findall(r"mini-batch ([\d,]+), row (\d+), step (\d+)", places or "")
    return {
        "cell": numbers(batch, row, step),
        "position": int(position.replace(",", "")),
        "x": x.strip("“”"),
        "y": y.strip("“”"),
        "times": {None: "1", "twice": "2"}.get(times, times),
        "others": [numbers(*other) for other in others],
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


@pytest.mark.parametrize(("bs", "bptt"), [(150, 100), (None, None)])
def test_a_hovered_cell_agrees_with_the_rule(drawing, bs, bptt):
    """None is drawn by chance; a failure names what came."""
    bs, bptt = bs or random.randint(1, 120), bptt or random.randint(2, 120)
    layout = BatchLayout(len(STREAM.valid), bs, bptt)
    lay(drawing, bs, bptt)
    hover_and_check(drawing, layout, "valid")


def test_a_hovered_cell_of_train_agrees_with_the_rule(server, page):
    layout = open_batches(page, server, 64, 20, "train")
    hover_and_check(page, layout, "train")


def hover_and_check(page, layout, split):
    bs, bptt = layout.bs, layout.bptt
    chance = random.Random(bs * 1000 + bptt)
    for _ in range(4):
        batch = chance.randrange(layout.n_batches)
        view(page, f"view.go({batch})")
        frame(page)
        for _ in range(2):
            cell = (batch, chance.randrange(bs), chance.randrange(bptt))
            hover(page, *cell[1:])
            check(sentence(page), layout, split, cell)
            target = page.locator(GRID).get_attribute("data-target")
            expected = [*cell[:2], cell[2] + 1] if cell[2] + 1 < bptt else [batch + 1, cell[1], 0]
            expected = "-".join(map(str, expected)) if expected[0] < layout.n_batches else ""
            assert target == expected
    page.mouse.move(5, 5)
    assert page.errors == []


@pytest.mark.parametrize(("bs", "bptt"), [(512, 512), (1, 1)])
def test_the_largest_and_the_smallest_sizes(drawing, bs, bptt):
    lay(drawing, bs, bptt)
    layout = BatchLayout(len(STREAM.valid), bs, bptt)
    for cell in [(0, 0, 0), (layout.n_batches - 1, bs - 1, bptt - 1)]:
        view(drawing, f"view.setPick({list(cell)})")
        check(sentence(drawing), layout, "valid", cell)


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
    until(page, "() => location.search.includes('cell=2-5-69')")
    assert "Mini-batch 2, row 5" in page.locator(".spoken").inner_text()


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
    open_batches(page, server, 64, 20, "train", "&cell=0-0-0")
    at_rest(page, lambda: len(sent))
    idle(page)
    view(page, "root.marker = 'the same'; view.marker = 'the same'")
    page.locator(GRID).get_by_role("button", name="Play").click()
    sent.clear()
    page.wait_for_timeout(1200)
    awaited(page, partial(view, page, "return view.pick[0]"), ge, 3)
    page.locator(GRID).get_by_role("button", name="Pause").click()
    stopped = view(page, "return view.pick[0]")
    until(page, f"() => location.search.includes('cell={stopped}-0-0')")
    assert sent == []
    assert view(page, "return view.pick[0]") == stopped
    assert view(page, "return [root.marker, view.marker]") == ["the same", "the same"]


def test_a_new_size_keeps_the_token_and_the_mount(server, page):
    open_batches(page, server, more="&cell=1-10-5")
    position = sentence(page)["position"]
    view(page, "root.marker = 'the same'")
    page.get_by_role("spinbutton", name="bs, rows").fill("50")
    page.keyboard.press("Enter")
    until(
        page,
        "() => [...document.querySelectorAll('*')].some(e => "
        "e.shadowRoot?.querySelector('.hnviz')?.view?.layout?.bs === 50)",
    )
    layout = BatchLayout(len(STREAM.valid), 50, 70)
    said = sentence(page)
    assert said["position"] == position
    check(said, layout, "valid", said["cell"])
    assert view(page, "return root.marker") == "the same"
    until(page, "() => location.search.includes('batches_bs=50')")


def test_a_wrong_size_is_told_beside_its_field_and_the_picture_stays(server, page, recorded):
    open_batches(page, server, more="&cell=1-10-5")
    view(page, "root.marker = 'the same'")
    for value in ("0", "-4", "600"):
        page.get_by_role("spinbutton", name="bptt, steps").fill(value)
        page.keyboard.press("Enter")
        page.get_by_text(f"got {value}").wait_for()
        recorded.shown(page, "bptt must be", 1, 512, value.strip("-"))
        assert sentence(page)["cell"] == (1, 10, 5)
        assert view(page, "return [root.marker, view.layout.bptt]") == ["the same", 70]


def test_the_pick_comes_back_after_another_page(server, page):
    open_batches(page, server, more="&cell=1-2-3")
    page.get_by_role("button", name="Text", exact=True).click()
    page.locator(".st-key-data_guess .hnviz[data-ready]").wait_for()
    page.get_by_role("button", name="Batches", exact=True).click()
    page.locator(f"{GRID}[data-ready][data-cell]").wait_for()
    assert sentence(page)["cell"] == (1, 2, 3)


def test_nothing_is_cut_at_the_right(server, page):
    open_batches(page, server, 512, 512, more=f"&find={'1' * 300}")
    for width in (1280, 390):
        resize(page, width)
        main = "document.querySelector(':--main')"
        until(page, styled(f"() => {main}.scrollWidth <= {main}.clientWidth"))
        rights = partial(view, page, "return Math.max(...[...root.querySelectorAll('*')].map("
                                     "each => each.getBoundingClientRect().right))")  # fmt: skip
        awaited(page, rights, le, width)


# --- search -------------------------------------------------------------------------------------


def places(page):
    """Read the list: cells, and the one that is marked."""
    frame(page)
    found = page.locator(".places button")
    cells = [numbers(*re.findall(r"[\d,]*\d", text)) for text in found.all_inner_texts()]
    marked = page.locator(".places [aria-current]").all_inner_texts()
    return cells, [numbers(*re.findall(r"[\d,]*\d", text)) for text in marked]


def begins(words, split, whole):
    """Stream positions where words begin, by a plain search of the text."""
    ids, wanted = STREAM.ids(split).tolist(), STREAM.vocab.numericalize(words).tolist()
    ends = set(STREAM.vocab.numericalize([",", "xxbos"]).tolist())
    for at in range(len(ids) - len(wanted) + 1):
        sides = ids[at - 1 : at] + ids[at + len(wanted) : at + len(wanted) + 1]
        if ids[at : at + len(wanted)] == wanted and (not whole or ends.issuperset(sides)):
            yield at


def test_a_number_is_found_at_every_place_that_reads_it(server, page, recorded):
    open_batches(page, server, more="&cell=1-3-3")
    page.get_by_role("searchbox").fill("8046")
    assert places(page) == ([(0, 1, 1), (2, 0, 64)], [])
    said = page.get_by_test_id("batches_found").inner_text()
    recorded(said, 204, 2)
    assert view(page, "return [...view.finder.positions]") == [204]  # marked on the ribbon
    page.keyboard.press("Enter")  # the next one from where the reader is
    assert sentence(page)["cell"] == (2, 0, 64)
    assert runs(page) == [[0, 64, 68]]
    # A key that comes with the word, before anything of it was painted.
    view(page, "view.setPick([1, 3, 3]); view.paint()")
    page.locator(GRID).evaluate(TYPED_AND_ENTERED, "8046")
    assert sentence(page)["cell"] == (2, 0, 64)
    page.get_by_role("button", name="Next place").click()
    assert sentence(page)["cell"] == (0, 1, 1)
    assert places(page)[1] == [(0, 1, 1)]
    assert runs(page) == [[1, 1, 5]]
    page.get_by_role("button", name="Previous place").click()
    assert sentence(page)["cell"] == (2, 0, 64)
    page.get_by_role("button", name="mini-batch 0, row 1, step 1").click()
    assert sentence(page)["cell"] == (0, 1, 1)
    until(page, "() => location.search.includes('find=8046')")
    assert page.errors == []


TYPED_AND_ENTERED = """(root, text) => {
  const { find } = root.view.parts;
  find.value = text;
  find.dispatchEvent(new Event("input"));
  find.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
}"""


def runs(page):
    """What is framed in the window: row, first step, step after the last."""
    frame(page)
    return page.locator(GRID).evaluate(
        """async root => {
          const module = performance.getEntriesByType("resource")
            .find(({ name }) => name.endsWith("/grid/window.js")).name;
          return (await import(module)).foundRuns(root.view.scene());
        }"""
    )


@pytest.mark.parametrize("cut", [BatchLayout, ShuffledLayout])
def test_all_places_equal_a_plain_search(drawing, cut):
    """For sizes by chance; a failure names what came."""
    for _ in range(3):
        layout = cut(len(STREAM.valid), random.randint(1, 120), random.randint(1, 120))
        number = random.choice(range(8001, 10000))
        lay(drawing, layout.bs, layout.bptt, cut is ShuffledLayout)
        for typed, words, whole in [
            (f"{number:,}", number_words(number).split(), True),
            ("Eight thousand", ["eight", "thousand"], False),
        ]:
            drawing.get_by_role("searchbox").fill(typed)
            wanted = [slot for at in begins(words, "valid", whole) for slot in layout.slots(at)]
            found, ranks = view(drawing, """const { places } = view.finder;
                const all = Array.from({ length: places.count }, (_, at) => places.at(at));
                return [all, all.map((cell) => places.rank(cell))]""")  # fmt: skip
            assert [tuple(cell) for cell in found] == sorted(wanted), (layout, typed)
            assert ranks == list(range(len(wanted))), (layout, typed)
    drawing.get_by_role("searchbox").fill("")


def test_a_search_that_finds_nothing_is_a_sentence(server, page, recorded):
    open_batches(page, server, more="&find=bananas")
    lists = (8_001, 9_999)  # the numbers of valid
    for typed, numbers in [
        (None, ()),
        ("8", (8, *lists)),
        ("8046 hundred", ()),
        ("two two", ()),
        ("0", (0, *lists)),
        ("1" * 400, ("1" * 12, *lists)),
        ("<b>x</b>", ()),
        ("forty", (1, 8, 207)),
        ("   ", ()),
    ]:
        if typed is not None:
            page.get_by_role("searchbox").fill(typed)
        frame(page)
        recorded(page.locator(".results").inner_text().rpartition("\n")[2], *numbers)
        assert page.get_by_role("button", name="Next place").is_disabled() == (typed != "forty")
    assert sentence(page)["cell"]  # the picture is as it was
    assert page.errors == []


# --- cut at random, odd sizes -------------------------------------------------------------------


def test_cut_at_random_no_row_goes_on(server, page, recorded):
    layout = open_batches(page, server, more="&cell=1-5-0")
    seam = page.get_by_test_id("batches_seam")
    assert seam.inner_text().startswith("64 of 64 rows of mini-batch 1 go on")
    position = sentence(page)["position"]
    view(page, "root.marker = 'the same'")
    page.get_by_text("Cut at random instead").click()
    page.locator(GRID).and_(page.locator("[data-cut=random]")).wait_for()
    layout = ShuffledLayout(layout.n_tokens, 64, 70)
    said = sentence(page)
    assert said["position"] == position  # the token is kept, its place is another
    check(said, layout, "valid", said["cell"])
    idle(page)
    kept = sum(layout.n_continued(batch) for batch in (1, 2))
    page.get_by_text(f"{kept} of 128").wait_for()
    view(page, "view.setPick([1, 5, 0])")
    frame(page)
    told = seam.inner_text()
    before, after = (layout.batch(STREAM.valid, batch).x[5] for batch in (0, 1))
    ends, begins_with = STREAM.vocab.textify(before[-3:]), STREAM.vocab.textify(after[:3])
    assert f"“… {ends}” into “{begins_with} …”" in told
    recorded(told, layout.n_continued(1), 64, 1, 0, 64, 5)
    for cell in [(0, 5, 69), (2, 63, 69), (1, 5, 0)]:
        view(page, f"view.setPick({list(cell)})")
        check(sentence(page), layout, "valid", cell)
    assert view(page, "return root.marker") == "the same"
    until(page, "() => location.search.includes('batches_random=true')")
    assert page.errors == []


@pytest.mark.parametrize("cut", [BatchLayout, ShuffledLayout])
def test_a_layout_equals_the_rule_for_any_size(drawing, cut):
    for _ in range(4):
        n = random.randint(1, 900)
        layout = cut(n, random.randint(1, 40), random.randint(1, 90))
        lay(drawing, layout.bs, layout.bptt, cut is ShuffledLayout, n_tokens=n)
        position = random.randrange(n)
        starts, own, kept, cells = view(drawing, f"""const {{ layout }} = view;
            const all = [[], [], [], layout.cells({position})];
            for (let k = 0; k < layout.nBatches; k++) {{
              all[2].push(k ? layout.nContinued(k) : 0);
              for (let j = 0; j < layout.bs; j++) {{
                all[0].push(layout.rowStart(k, j));
                all[1].push(layout.ownSteps(k, j));
              }}
            }}
            return all""")  # fmt: skip
        batches = range(layout.n_batches)
        assert starts == [int(at) for k in batches for at in layout.row_starts(k)], layout
        assert own == [int(row.sum()) for k in batches for row in ~layout.repeats(k)], layout
        assert sum(own) == n, layout  # every position has one slot that is not hatched
        assert kept == [layout.n_continued(k) if k else 0 for k in batches], layout
        assert [tuple(cell) for cell in cells] == layout.slots(position), layout
    assert drawing.errors == []


@pytest.mark.parametrize(
    ("n_tokens", "bs", "bptt", "numbers"),
    [
        (40, 3, 70, (70, 40, 1.75)),
        (1, 1, 1, ()),
        (30, 64, 10, (34, 64)),
    ],
)
def test_odd_sizes_are_drawn_and_told(drawing, n_tokens, bs, bptt, numbers, recorded):
    for shuffled in (True, False):
        lay(drawing, bs, bptt, shuffled, n_tokens)
        cell = (0, bs - 1, bptt - 1)
        view(drawing, f"view.setPick({list(cell)})")
        layout = (ShuffledLayout if shuffled else BatchLayout)(n_tokens, bs, bptt)
        assert sentence(drawing)["position"] == layout.position(*cell)
    recorded(drawing.locator(".hint").first.inner_text(), *numbers)
    assert drawing.errors == []


@pytest.mark.parametrize(("bs", "bptt"), [(64, 70), (512, 512)])
def test_a_million_tokens_are_moved_along_and_searched(drawing, bs, bptt):
    # tests.browser.measure says how long it takes
    layout = BatchLayout(1_000_000, bs, bptt)
    lay(drawing, bs, bptt, n_tokens=1_000_000)
    for batch in (1, layout.n_batches - 1):
        view(drawing, f"view.go({batch}); view.level = 2; view.paint()")
        row, step = sentence(drawing)["cell"][1:]
        assert sentence(drawing)["position"] == layout.position(batch, row, step)
    view(drawing, "view.finder.search('8046'); view.level = 2; view.paint()")
    assert drawing.errors == []


def test_the_colours_follow_the_mode(server, page):
    grounds = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_batches(page, server)
        grounds[scheme] = view(page, "return [view.theme.dark, view.theme.kind.comma]")
    assert grounds == {"light": [False, "#DFDCD5"], "dark": [True, "#3E3C37"]}


def test_a_text_of_ones_own_from_a_file(server, page, tmp_path, recorded):
    """Its own words are cut, found and coloured; a window that is longer than it is told."""
    path = tmp_path / "own.txt"
    path.write_text("Red fish, two fish; " * 30, encoding="utf-8")
    more = "your+own&batches_bs=4&batches_bptt=8"
    page.goto(f"{server}/batches?batches_corpus={more}&batches_counts=true")
    page.locator(f"{GRID}[data-ready][data-cell]").wait_for()
    page.locator("input[type=file]").set_input_files(path)
    # A tenth is valid: train ends at a space before it.
    until(page, "root => root.view.stream.nTokens === 163", arg=handle(page))
    page.locator(".st-key-batches_grid .find").fill("Red fish")
    layout = BatchLayout(163, 4, 8)
    words = ["xxbos", *["red", "fish", ",", "two", "fish", ";"] * 27]
    places = sum(len(layout.slots(at)) for at, word in enumerate(words) if word == "red")
    recorded.shown(page.get_by_test_id("batches_found"), "“red fish” appears", 27, places)
    said = sentence(page)
    position = layout.position(*said["cell"])
    assert (said["position"], said["x"]) == (position, words[position])
    named = page.locator(".legend span:visible").all_inner_texts()
    assert [kind.split()[-1] for kind in named[:4]] == ["comma", "ones", "special", "other"]
    page.get_by_role("spinbutton", name="bptt, steps").fill("164")
    page.get_by_role("spinbutton", name="bptt, steps").press("Enter")
    recorded.shown(page, "steps is longer than the", 164, 163, 163)
    page.locator(GRID).wait_for(state="detached")
    assert page.errors == []


def handle(page):
    return page.locator(GRID).element_handle()


def test_pictures_say_what_they_show(server, page, recorded):
    """To who cannot see them: the layout, the mini-batch in view, the words around a cell."""
    open_batches(page, server, more="&cell=2-0-66")
    grid = page.locator(".over")
    assert "423 are read twice" in page.locator(".chain").get_attribute("aria-label")
    by = "\N{MULTIPLICATION SIGN}"
    seen = grid.get_attribute("aria-label").split(". ")
    assert seen[0] == f"Mini-batch 2: 64 rows {by} 70 steps"
    recorded(seen[1], 64, 64, 2, 1)
    grid.focus()
    page.keyboard.press("ArrowRight")
    around = STREAM.vocab.textify(STREAM.valid[207 - 6 : 207 + 7])
    page.locator(".spoken").filter(has_text=f"Around it: “{around}”.").wait_for(state="attached")
    page.keyboard.press("PageUp")
    frame(page)
    assert "Mini-batch 1: 64 rows" in grid.get_attribute("aria-label")


# --- links --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "cut"), [(390, "false"), (1280, "true")])
def test_no_text_is_cut_or_moves_the_window(server, page, width, cut):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{server}/batches?batches_random={cut}")
    page.locator(f"{GRID}[data-ready][data-cell]").wait_for()
    heights = view(page, """const heights = new Set();
        for (let at = 0; at < 50; at++) {
          view.setPick([31 * at, at % 4, (3 * at) % 8]);
          view.level = 2;
          view.paint();
          heights.add(root.clientHeight);
          const text = view.parts.sentence;
          if (text.scrollHeight > text.clientHeight + 1) throw new Error(text.textContent);
        }
        return heights.size""")  # fmt: skip
    assert heights == 1


def test_hatching_is_explained_where_a_cell_is_hatched_and_nothing_moves(server, page):
    open_batches(page, server, more="&cell=0-0-0")
    page.locator(".st-key-batches_machine .hnviz[data-ready]").wait_for()  # it is above the grid
    at_rest(page, page.locator(GRID).bounding_box)
    note = page.get_by_text("hatched: this token")
    tops = []
    for batch, hatched in ((0, False), (2, True), (1, False)):
        view(page, f"view.go({batch}, true)")
        expect(note).to_be_visible(visible=hatched)
        tops.append(view(page, "return view.parts.chain.getBoundingClientRect().top"))
    assert len(set(tops)) == 1


def test_a_short_text_of_ones_own_is_in_the_link(server, page, context, recorded):
    typed = "a b & c a b & c a b & c a b"
    more = urlencode({"batches_text": typed, "batches_tokens": "char", "batches_bptt": 2})
    page.goto(f"{server}/batches?batches_corpus=your+own&{more}")
    page.locator(f"{GRID}[data-ready][data-cell]").wait_for()
    idle(page)
    expect(page.get_by_label("Your text")).to_have_value(typed)
    words = view(page, "return [...view.stream.ids].map((id) => view.stream.words[id])")
    assert words == ["xxbos", *typed[: len(words) - 1].replace(" ", "␣")]
    other_text = "x y <i>z</i> x y z and again"
    page.get_by_label("Your text").fill(other_text)
    page.keyboard.press("Control+Enter")
    until(page, f"() => new URL(location).searchParams.get('batches_text') === '{other_text}'")
    other = context.new_page()
    other.goto(page.url)
    other.locator(f"{GRID}[data-ready][data-cell]").wait_for()
    expect(other.get_by_label("Your text")).to_have_value(other_text)
    assert view(other, "return view.settings.level") == "char"
    other.close()
    page.get_by_label("Your text").fill("many words " * 400)
    page.keyboard.press("Control+Enter")
    recorded.shown(page, "so a link to this", 2_000)
    until(page, "() => /batches_text=%7E[0-9a-f]{20}(&|$)/.test(location.search)")  # its name alone
    until(page, "root => root.view.stream.nTokens > 3000", arg=handle(page))
    assert page.errors == []
