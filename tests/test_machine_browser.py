"""The reading machine in a real browser: it plays, and is typed to, pointed at and dragged."""

import re
from functools import partial
from operator import le
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.conftest import awaited, fits, until
from tests.gallery import settled
from tests.saved import more

expect = pytest.importorskip("playwright.sync_api").expect

VIEW = """() => {
  const main = document.querySelector("main");
  const root = (main?.shadowRoot ?? main)?.querySelector(".hnviz")
    ?? [...document.querySelectorAll(".st-key-start_reading *")]
      .map((each) => each.shadowRoot?.querySelector(".hnviz")).find(Boolean);
  return root?.view;
}"""
CELL = f"""([layer, place, by]) => {{
  const view = ({VIEW})(), {{ layout, reading }} = view.scene;
  const {{ left, top }} = view.canvas.getBoundingClientRect();
  const columns = Math.ceil(Math.sqrt(reading.nh)), side = by ? layout.small : layout.big;
  const x = by ? layout.head - layout.first : layout.head;
  const [across, down] = [place % columns, Math.floor(place / columns)];
  const inside = (each) => ((each + 0.5) / columns - 0.5) * side;
  const y = layout.lanes[layer] + inside(down);
  return [left + layout.zoom * (x + inside(across)), top + layout.zoom * y];
}}"""
"""Where a cell is in the window: its place in a block, of the last word or the one before."""
WATCH = f"""() => {{
  const view = ({VIEW})();
  window.seen = [];
  const look = () => {{
    window.seen.push([view.at, view.time, performance.now()]);
    window.watching = requestAnimationFrame(look);
  }};
  look();
}}"""
"""Notes in each frame which word is shown, how far it has come in, and when."""
BEGUN = """(canvas) => {
  window.begun = {};
  const note = () => (window.begun[canvas.dataset.word] ??= performance.now());
  new MutationObserver(note).observe(canvas, { attributeFilter: ["data-word"] });
}"""
"""Notes when each word is shown first, whether or not the browser draws a frame then."""
LAST = 55  # word of the gallery's first example: 20 of the text, 36 that the network says


def show(page, gallery, state="ready", width=1280, **address):
    """Mount the machine in the gallery, at an address."""
    page.set_viewport_size({"width": width, "height": 900})
    asked = {"picture": "machine", "state": state, "mode": "light", "width": width, **address}
    page.goto(f"{gallery}/mount?{urlencode(asked)}")
    assert settled(page) == "ready"
    page.locator("canvas[data-words]").wait_for()
    page.evaluate("document.fonts.ready.then(() => null)")  # another font has other widths


def asked(page):
    """What the address says of the machine."""
    found = parse_qs(urlsplit(page.url).query)
    return {name: found[name][0] for name in found if name.startswith("machine_")}


def word(page) -> int:
    return int(page.locator("canvas").get_attribute("data-word"))


def reads(page, at: int) -> None:
    """Wait until a word has been read."""
    page.locator(f"canvas[data-word='{at}']").wait_for()


def begins(page, at: int) -> None:
    """Wait until a word has been read since BEGUN: a machine that plays soon reads the next one."""
    until(page, "(at) => window.begun[at] !== undefined", at)


def says(page) -> str:
    return page.locator(".says").inner_text().replace("\N{NO-BREAK SPACE}", " ")


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def field(page):
    return page.get_by_role("textbox", name="It reads")


def type_text(page, text: str) -> None:
    field(page).fill(text)
    field(page).press("Enter")
    page.evaluate("() => new Promise((done) => setTimeout(done))")  # it is taken in the next task
    settled(page)


@pytest.fixture
def moving(page):
    """A page on which things may move."""
    page.emulate_media(reduced_motion="no-preference")
    yield page
    page.emulate_media(reduced_motion="reduce")


def test_play_reads_on_word_by_word_and_stops_at_the_end(gallery, moving):
    page = moving
    show(page, gallery, machine_word=LAST - 3)
    page.evaluate(WATCH)
    button(page, "Play").click()
    button(page, "Pause").wait_for()
    reads(page, LAST)
    button(page, "Play").wait_for()
    seen = page.evaluate("() => (cancelAnimationFrame(window.watching), window.seen)")
    words = [at for at, *_ in seen]
    assert sorted(set(words)) == [LAST - 3, LAST - 2, LAST - 1, LAST] and words == sorted(words)
    for each in (LAST - 2, LAST - 1, LAST):
        shares = [share for at, share, _ in seen if at == each]
        # On a busy computer one frame may show the end of a word and the beginning of the next.
        assert shares == sorted(shares) and shares[-1] > 0.9, "each word comes in"
        assert sum(0 < share < 1 for share in shares) > 3
    assert asked(page)["machine_word"] == str(LAST)
    assert page.get_by_role("button", name="Read one word").is_disabled()
    page.locator("canvas").evaluate(BEGUN)
    button(page, "Play").click()
    begins(page, 0)  # from the start again
    button(page, "Pause").click()
    assert page.errors == []


def test_without_motion_a_word_is_there_at_once_and_stays_long_enough(gallery, page):
    show(page, gallery, machine_word=LAST - 2)
    page.evaluate(WATCH)
    page.locator("canvas").evaluate(BEGUN)
    button(page, "Play").click()
    reads(page, LAST)
    button(page, "Play").wait_for()
    seen = page.evaluate("() => (cancelAnimationFrame(window.watching), window.seen)")
    assert {share for _, share, _ in seen} == {1}
    assert {at for at, *_ in seen} == {LAST - 2, LAST - 1, LAST}
    begun = page.evaluate("window.begun")
    assert begun[str(LAST)] - begun[str(LAST - 1)] > 1100, "1.2 s a word"


def test_buttons_read_one_word_on_and_back_and_start_again(gallery, page):
    show(page, gallery)
    assert word(page) == 19 and asked(page) == {}, "the last word of the text"
    assert re.fullmatch(r"Having read “… .* eight”, it says “,” \(.* %\), .*", says(page))
    page.get_by_role("button", name="Read one word").click()
    assert (word(page), asked(page)) == (20, {"machine_word": "20"})
    page.locator(".hnviz-more summary").click()
    for _ in range(3):
        page.get_by_role("button", name="One word back").click()  # the menu stays open
    assert word(page) == 17
    button(page, "From the first word").click()
    assert (word(page), asked(page)) == (0, {"machine_word": "0"})
    assert says(page).startswith("Having read “three”, it expects “")
    page.locator(".hnviz-more summary").click()
    expect(page.get_by_role("button", name="One word back")).to_be_disabled()
    assert page.locator("canvas").get_attribute("aria-label").startswith("Having read “three”")


def test_keys_read_and_go_among_the_cells(gallery, page):
    show(page, gallery, machine_word=5)
    canvas, tip = page.locator("canvas"), page.locator(".tip")
    for key, at in (("ArrowRight", 6), ("ArrowLeft", 5), ("Alt+ArrowLeft", 5), ("Home", 0)):
        if not key.startswith("Alt"):  # the browser's own: it leads back
            canvas.press(key)
            assert word(page) == at, key
    canvas.evaluate(BEGUN)
    canvas.press("Space")
    begins(page, 1)
    canvas.press("Space")
    button(page, "Play").wait_for()
    at = word(page)
    assert not tip.is_visible()
    canvas.press("Enter")
    order = page.evaluate(f"() => ({VIEW})().scene.order.map(each => Array.from(each, Number))")
    expect(tip).to_contain_text(f"Layer 0, number {order[0][0]}:")
    canvas.press("ArrowRight")
    expect(tip).to_contain_text(f"Layer 0, number {order[0][1]}:")
    canvas.press("ArrowDown")
    expect(tip).to_contain_text(f"Layer 0, number {order[0][9]}:")
    canvas.press("ArrowUp")
    canvas.press("ArrowUp")
    expect(tip).to_contain_text(f"Layer 1, number {order[1][57]}:")
    canvas.press("Home")
    assert word(page) == at, "among the cells only arrows and Escape do something"
    canvas.press("Escape")
    assert not tip.is_visible()
    canvas.press("ArrowRight")
    assert word(page) == at + 1
    assert page.errors == []


def test_keys_of_the_browser_are_left_to_it(gallery, page):
    show(page, gallery, machine_word=5)
    prevented = page.locator("canvas").evaluate(
        """canvas => [{}, { altKey: true }, { ctrlKey: true }, { metaKey: true }].map((held) => {
          const key = { key: "ArrowLeft", cancelable: true };
          const event = new KeyboardEvent("keydown", { ...key, ...held });
          canvas.dispatchEvent(event);
          return event.defaultPrevented;
        })"""
    )
    assert prevented == [True, False, False, False] and word(page) == 4


def test_a_typed_text_is_read_once_the_typing_rests(gallery, page):
    show(page, gallery)
    requests = []
    page.on("request", lambda each: requests.append(each.url))
    field(page).press("Control+a")
    field(page).press_sequentially("8314 to 8316", delay=30)
    page.wait_for_url("**machine_text=8314+to+8316**")
    settled(page)
    until(page, f"() => ({VIEW})().reading.word(0) === 'eight'")
    typed = [each for each in requests if "/400/machine?text=8" in each]
    assert len(typed) <= 2, typed  # not one a letter
    assert field(page).input_value() == "8314 to 8316"
    assert (
        page.get_by_role("group", name="Sentences to try")
        .get_by_role("button", name="8314 to 8316")
        .get_attribute("aria-pressed")
        == "true"
    )
    assert "machine_word" not in asked(page) and word(page) == 16
    button(page, "997 to 999").click()
    page.wait_for_url("**machine_text=997+to+999**")
    settled(page)
    assert field(page).input_value() == "997 to 999"
    button(page, "3496 to 3498").click()
    settled(page)
    until(page, "() => !location.search.includes('machine_text')")  # the page's own
    assert page.errors == []


def wrong(page) -> str:
    """What is said beside the text, and nowhere else."""
    page.locator(".texts .field-wrong:visible").first.wait_for()
    assert page.locator(".hnviz-trouble:visible").count() == 0
    return page.locator(".texts .field-wrong:visible").inner_text()


def test_what_cannot_be_read_is_said_beside_the_text_and_the_last_text_stays(
    gallery, page, recorded
):
    show(page, gallery, machine_word=3)
    before = says(page)
    choices = page.get_by_role("group", name="Sentences to try")
    place = choices.bounding_box()
    type_text(page, "  ")
    recorded(wrong(page), "3496", "3498")
    type_text(page, "9998 to 10001")
    expect(page.locator(".texts .field-wrong:visible")).to_contain_text("9998")
    recorded(wrong(page), 1, "9999", "9998", "10001")
    assert choices.bounding_box() == place, "nothing moves"
    assert field(page).get_attribute("aria-invalid") == "true"
    assert says(page) == before and word(page) == 3
    assert page.locator(".hnviz").get_attribute("data-state") == "ready"
    page.get_by_role("button", name="Read one word").click()
    assert word(page) == 4, "the machine goes on with what it read"
    page.locator(".slider").press("ArrowLeft")
    settled(page)
    assert wrong(page).startswith("Numbers go from 1 to 9999")
    type_text(page, "four thousand bananas")
    assert wrong(page) == "Not in the vocabulary, so read as xxunk: “bananas”."
    assert field(page).get_attribute("aria-invalid") == "false"
    until(page, f"() => ({VIEW})().reading.word(2) === 'xxunk'")
    type_text(page, "4318")
    expect(page.locator(".texts .field-wrong:visible")).to_have_count(0)
    # The browser's console names each refused answer.
    assert all("400" in each or "422" in each for each in page.errors), page.errors


def test_a_bad_text_in_the_address_is_said_and_the_pages_own_is_shown(gallery, page, recorded):
    show(page, gallery, machine_text="12000")
    recorded(wrong(page), 1, "9999", "12000")
    assert field(page).input_value() == "12000"
    until(page, f"() => ({VIEW})().reading.word(0) === 'three'")


def test_of_a_text_of_10_000_words_the_first_200_tokens_are_read(gallery, page, recorded):
    show(page, gallery)
    type_text(page, "one " * 10_000)
    recorded(wrong(page), 200, part="tokens are read")
    recorded(wrong(page), 2000, part="characters are read")
    until(page, f"() => ({VIEW})().reading.given === 200")
    assert page.locator("canvas").get_attribute("data-words") == "236"
    assert len(page.url) < 4000
    page.locator("canvas").press("ArrowLeft")
    assert word(page) == 198
    assert page.errors == []


def test_the_address_opens_the_same_state_again(gallery, page):
    show(page, gallery, "window")
    type_text(page, "8314 to 8316")
    more(page, "Where its windows begin")
    page.get_by_role("spinbutton", name="Windows begin at word").fill("3")
    page.get_by_role("spinbutton", name="Windows begin at word").press("Enter")
    page.locator("canvas").press("Home")
    page.locator("canvas").press("ArrowRight")
    page.locator(".slider").press("ArrowLeft")
    settled(page)
    state = f"""() => {{
      const {{ at, reading, request }} = ({VIEW})();
      return [at, reading.word(0), reading.begin(5), request.begin];
    }}"""
    until(page, f"() => ({VIEW})().reading.begin(5) === 3")
    before = page.evaluate(state), says(page), page.locator(".shown").inner_text()
    assert before[0] == [1, "eight", 3, 3]
    assert asked(page) == {
        "machine_text": "8314 to 8316",
        "machine_begin": "3",
        "machine_word": "1",
    }
    assert re.search(r"\bsnapshot=\d+", page.url)
    page.reload()
    assert settled(page) == "ready"
    page.locator("canvas[data-words]").wait_for()
    assert (page.evaluate(state), says(page), page.locator(".shown").inner_text()) == before


@pytest.mark.parametrize(
    ("name", "value", "range_"),
    [
        ("machine_word", "400", "0 to 399"),
        ("machine_word", "x", "0 to 399"),
        ("machine_begin", "-1", "0 to 511"),
    ],
)
def test_a_wrong_number_in_the_address_is_named(gallery, page, name, value, range_):
    show(page, gallery, **{name: value})
    sentence = f"The address asks for {name}={value}, which is not a whole number from {range_}."
    expect(page.locator(".hnviz-trouble:visible")).to_have_text(sentence)
    assert word(page) == 19


def test_a_window_that_begins_beyond_its_length_is_named_beside_its_box(gallery, page):
    show(page, gallery, "window", machine_begin=50)
    assert re.match(r"Begin must be .*; got 50", wrong(page))
    assert page.get_by_role("spinbutton", name="Windows begin at word").input_value() == "50"


def test_the_slider_is_even_in_training_steps_and_keys_go_to_the_next_snapshot(gallery, page):
    show(page, gallery)
    slider, shown = page.locator(".slider"), page.locator(".shown")
    assert [slider.get_attribute(each) for each in ("min", "max", "step")] == ["0", "400", "1"]
    assert shown.inner_text() == "400 of 400"
    steps = page.evaluate(f"() => ({VIEW})().kit.timeline.steps")
    slider.press("ArrowLeft")
    expect(shown).to_have_text(f"{steps[-2]} of 400")
    assert f"snapshot={steps[-2]}" in page.url
    slider.press("ArrowRight")
    expect(shown).to_have_text("400 of 400")
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    nearest = min(steps, key=lambda step: abs(step - 200))
    expect(shown).to_have_text(re.compile(rf"^{nearest} of 400"))
    before = says(page)
    page.mouse.click(box["x"] + 1, box["y"] + box["height"] / 2)
    expect(shown).to_have_text("0 of 400: untrained")
    settled(page)
    until(page, f"() => ({VIEW})().reading.meta.step === 0")
    assert says(page) != before and word(page) == 19, "the same place, in other words"
    assert slider.get_attribute("aria-valuetext") == "step 0 of 400: untrained"
    assert page.errors == []


def test_pointing_at_a_cell_says_what_is_known_of_it(gallery, page):
    show(page, gallery, machine_word=15)
    tip = page.locator(".tip")
    unit = page.evaluate(f"() => Number(({VIEW})().scene.order[0][63])")
    page.mouse.move(*page.evaluate(CELL, [0, 63, 0]))
    tip.wait_for()
    head, changed, follows = tip.locator("> *").all_inner_texts()
    assert re.fullmatch(rf"Layer 0, number {unit}: .\d\.\d\d", head)
    assert re.match(r"It changed by \d\.\d\d", changed)
    assert re.match(r"It follows .*\(.*\d.%", follows)
    value = page.evaluate(f"() => ({VIEW})().reading.state(0, 15)[{unit}]")
    assert head.endswith(f"{abs(value):.2f}")
    page.mouse.move(*page.evaluate(CELL, [0, 63, -1]))
    earlier = page.evaluate(f"() => ({VIEW})().reading.state(0, 14)[{unit}]")
    expect(tip.locator("strong")).to_contain_text(f"{abs(earlier):.2f}")
    page.mouse.move(5, 890)
    assert not tip.is_visible()
    assert page.errors == []


SPOT = f"""(at) => {{
  const view = ({VIEW})(), {{ layout }} = view.scene;
  const {{ left, top }} = view.canvas.getBoundingClientRect();
  const by = at - view.at, {{ head, first, pitch, next, ahead, tape, zoom }} = layout;
  const place = by > 0 ? next + (by - 1) * ahead : by ? head - first + (by + 1) * pitch : head;
  return [left + zoom * place, top + zoom * tape];
}}"""
"""Where a word of the line is in the window."""


def test_a_press_on_a_word_goes_there_and_pointing_at_one_says_which_is_right(
    gallery, page, recorded
):
    show(page, gallery, machine_text="8314 to 8316")
    tip, canvas = page.locator(".tip"), page.locator("canvas")
    assert word(page) == 16
    page.mouse.click(*page.evaluate(SPOT, 17))
    assert (word(page), asked(page)["machine_word"]) == (17, "17"), "what it says next"
    page.mouse.click(*page.evaluate(SPOT, 18))
    page.mouse.move(*page.evaluate(SPOT, 18))
    recorded(tip.inner_text())
    page.mouse.move(*page.evaluate(SPOT, 17))
    recorded(tip.inner_text())
    page.mouse.move(*page.evaluate(SPOT, 14))
    said = tip.inner_text().replace("\N{NO-BREAK SPACE}", " ")
    assert re.fullmatch(r"“three”\nThe network expected it \(.* %\)\.", said)
    assert tip.bounding_box()["y"] > page.evaluate(SPOT, 14)[1] + 16  # neither word nor arrow
    page.mouse.click(*page.evaluate(SPOT, 14))
    assert word(page) == 14
    page.mouse.move(5, 890)
    assert not tip.is_visible()
    for _ in range(4):
        canvas.press("ArrowRight")
    expect(tip).to_contain_text("“two” is wrong")  # by keys, too
    assert canvas.get_attribute("aria-label").startswith("“two” is wrong")
    canvas.press("ArrowLeft")
    assert not tip.is_visible()
    assert page.errors == []


def test_more_of_the_machine_opens_below_its_picture(gallery, page):
    show(page, gallery)
    page.locator(".hnviz-more summary").click()
    menu, stage = page.locator(".hnviz-choices"), page.locator(".stage")
    menu.locator("button").first.wait_for()  # they have their place a task after the press
    box = stage.bounding_box()
    assert menu.bounding_box()["y"] >= box["y"] + box["height"]


def test_a_tapped_cell_stays_in_view_until_another_place_is_tapped(gallery, page):
    show(page, gallery, width=390, machine_word=15)
    x, y = page.evaluate(CELL, [1, 9, 0])
    tap = f"""([x, y]) => {{
      const {{ canvas }} = ({VIEW})();
      const at = {{ clientX: x, clientY: y, pointerType: "touch", pointerId: 2, bubbles: true }};
      for (const type of ["pointerdown", "pointerup", "pointerleave"])
        canvas.dispatchEvent(new PointerEvent(type, at));
    }}"""
    page.evaluate(tap, [x, y])
    expect(page.locator(".tip strong")).to_contain_text("Layer 1, number")
    box = page.locator(".tip").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.evaluate(tap, [2, y + 140])
    assert not page.locator(".tip").is_visible()


def begin(page) -> int:
    return page.evaluate(f"() => ({VIEW})().reading.begin(({VIEW})().at)")


CUT = f"""() => {{
  const {{ at, canvas, scene: {{ layout, reading }} }} = ({VIEW})();
  const {{ left, top }} = canvas.getBoundingClientRect();
  const {{ head, first, pitch, tape, zoom }} = layout;
  const by = reading.begin(at) - at;
  const place = (each) => each >= -1 ? head + each * first : head - first + (each + 1) * pitch;
  return [left + zoom * (place(by) + place(by - 1)) / 2, top + zoom * tape, zoom * pitch];
}}"""


def test_a_cut_is_moved_by_its_number_and_by_its_handle(gallery, page):
    show(page, gallery, "window", machine_word=23)
    box = page.get_by_role("spinbutton", name="Windows begin at word")
    assert begin(page) == 20 and not box.is_visible()
    more(page, "Where its windows begin")
    expect(box).to_be_focused()
    box.fill("2")
    box.press("Enter")
    until(page, f"() => ({VIEW})().reading.begin(23) === 22")
    for value in ("20", "-1", "1.5", ""):
        box.fill(value)
        box.press("Enter")
        assert wrong(page).count(" from 0 to 19; got ") == 1, value
    box.fill("1")
    box.press("Enter")
    until(page, f"() => ({VIEW})().reading.begin(23) === 21")
    x, y, pitch = page.evaluate(CUT)
    page.mouse.move(x, y)
    assert page.locator("canvas").evaluate("canvas => canvas.style.cursor") == "ew-resize"
    page.mouse.down()
    page.mouse.move(x - pitch, y)
    until(page, f"() => ({VIEW})().reading.begin(23) === 20")
    page.mouse.move(x - 2 * pitch, y - 400)  # above the canvas
    until(page, f"() => ({VIEW})().reading.begin(23) === 19")
    page.mouse.up()
    assert asked(page)["machine_begin"] == "19" and box.input_value() == "19"
    page.mouse.move(x, y)
    settled(page)
    assert begin(page) == 19, "the drag has ended"
    assert page.errors == []


def test_a_drag_that_ends_outside_the_window_ends(gallery, page):
    show(page, gallery, "window", machine_word=23)
    x, y, pitch = page.evaluate(CUT)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - pitch, y)
    page.mouse.move(-50, y)
    page.mouse.up()
    settled(page)
    at = begin(page)
    page.mouse.move(x, y)
    page.mouse.move(x + pitch, y)
    settled(page)
    assert begin(page) == at and page.evaluate(f"() => ({VIEW})().pointer.drags") is None


DRAWN = f"""() => {{
  const view = ({VIEW})(), words = [], pen = view.canvas.getContext("2d"), write = pen.fillText;
  pen.fillText = (text, ...rest) => (words.push(text), write.call(pen, text, ...rest));
  view.paint();
  delete pen.fillText;
  return words.join("\\n");
}}"""


def drawn(page) -> str:
    """The words in the drawing."""
    return page.evaluate(DRAWN).replace("\N{NO-BREAK SPACE}", " ")


def test_each_kind_of_model_shows_what_it_does(gallery, page, recorded):
    show(page, gallery, machine_word=15)
    assert re.search(r"average; the gate passes \d+ %", drawn(page))
    assert not page.get_by_role("spinbutton").is_visible(), "its state is never cut"
    show(page, gallery, "window", machine_word=15)
    assert re.search(r"changed by \d\.\d\d on average$", drawn(page), re.M)
    show(page, gallery, "window", machine_word=26)
    assert "layer 0: 64 numbers" in drawn(page)
    show(page, gallery, "last", machine_word=1)
    assert "after a full window\nof 3 words" in drawn(page)
    recorded(says(page), 3)
    page.locator("canvas").press("ArrowRight")
    assert "It answers only" not in drawn(page) and "it expects “hundred”" in says(page)
    show(page, gallery, "attention", machine_word=15)
    assert re.search(r"looks most at “.+” \(\d+ %\)", drawn(page))
    assert "A Transformer carries no state" in page.locator(".hnviz-note").inner_text()
    page.mouse.move(*page.evaluate(CELL, [0, 3, 0]))
    assert "changed" not in page.locator(".tip").inner_text()
    assert page.errors == []


@pytest.mark.parametrize("state", ["ready", "window", "last", "attention", "long"])
def test_nothing_is_wider_than_a_phone(gallery, page, state):
    show(page, gallery, state, width=390)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        fits(page, width)
        inner = partial(
            page.locator(".hnviz").evaluate,
            """root => [...root.querySelectorAll("*")]
                 .map((each) => each.getBoundingClientRect())
                 .filter(({ width }) => width)
                 .reduce((most, { right }) => Math.max(most, right), 0)""",
        )
        assert awaited(page, inner, le, width + 0.5) > 0
    assert page.errors == []
