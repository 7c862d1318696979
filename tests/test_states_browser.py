"""The Hidden states page in a real browser: each of its controls once."""

import re
from functools import partial
from operator import eq, ne
from urllib.parse import quote

import pytest

from hnviz.web.assets import styled
from tests.conftest import at_rest, awaited, fits, idle, until
from tests.test_train_browser import open_train, start

expect = pytest.importorskip("playwright.sync_api").expect

ROOT = ".st-key-states_picture .hnviz[data-ready]"
MAP = f"{ROOT} canvas.map"
BAR = ".st-key-states_bar .hnviz[data-ready]"
PLAY = ".st-key-states_bar .play"
SLIDER = ".st-key-states_bar .slider"


def show_step(page, step: int) -> None:
    """Move the slider as a hand does: to one of Model5's first and last snapshots."""
    page.locator(SLIDER).focus()
    page.keyboard.press("Home" if step == 0 else "End")


def open_states(page, server, query=""):
    page.goto(f"{server}/states{query}")
    page.locator(PLAY).wait_for()
    page.locator(".st-key-states_picture").scroll_into_view_if_needed()  # it is below the machine
    page.locator(f"{MAP}[data-paints]").wait_for()
    idle(page)


def alt(page):
    return page.locator(MAP).get_attribute("aria-label")


def repainted(page, press, *, wait=True):
    """Do something, and see that the picture has another sentence and is still the same one."""
    page.locator(MAP).evaluate("canvas => (window.mounted = canvas)")
    before = alt(page)
    press()
    page.locator(f"{MAP}:not([aria-label='{before}'])").wait_for()
    if wait:
        idle(page)
    assert page.locator(MAP).evaluate("canvas => canvas === window.mounted")
    return alt(page)


def test_settings_and_time_repaint_one_picture(server, page):
    open_states(page, server)
    main = page.locator(styled(":--main"))
    assert "Model5 after 400 steps: of 64 units over 40 tokens" in alt(page)

    def choose(name):
        return lambda: main.get_by_role("button", name=name, exact=True).click()

    page.get_by_text("Change what is shown: 4367 to 4372, layer 0, state").click()
    assert "64 update gates" in repainted(page, choose("update"))
    repainted(page, choose("1"))
    show_step(page, 0)
    page.wait_for_url("**snapshot=0**")
    page.locator(f"{MAP}[aria-label^='Model5 before any training']").wait_for()
    repainted(page, choose("valid"))
    first = page.get_by_role("spinbutton", name="First token")
    first.fill("500")
    said = repainted(page, lambda: first.press("Enter"))
    assert "tokens 500 to 599 of valid" in said
    page.get_by_text(re.compile("tokens 500 to 599 .*, layer 1, update$")).wait_for()
    page.get_by_role("combobox", name="Order of the units").select_option("as numbered")
    page.wait_for_url("**states_order=as+numbered**")
    page.locator(f"{ROOT} canvas[data-order='0,1,2']").wait_for()
    page.reload()
    page.locator(f"{MAP}[aria-label*='tokens 500 to 599 of valid']").wait_for()
    page.locator(f"{ROOT} canvas[data-order='0,1,2']").wait_for()
    assert page.errors == []


def test_an_order_that_there_is_not_is_told_above_the_picture(server, page):
    open_states(page, server, "?states_order=inf")
    page.get_by_text("asks for states_order=inf, which is not one of by what they").wait_for()
    page.locator(f"{MAP}[data-unit='11']").wait_for()
    assert page.errors == []


def test_a_unit_is_picked_by_click_keys_and_word_and_kept_in_the_address(server, page, recorded):
    open_states(page, server)
    page.locator(f"{MAP}[data-unit='11']").wait_for()
    page.locator(".st-key-states_headline").scroll_into_view_if_needed()
    page.get_by_text("the tens digit explains 85").wait_for()
    page.locator(".st-key-states_picture").scroll_into_view_if_needed()
    told = page.locator(f"{ROOT} .told")
    assert "while the tens digit is 7 and" in told.inner_text()
    recorded.shown(page, "How much of each unit")
    head = page.locator(f"{ROOT} .head").bounding_box
    awaited(page, head, lambda at: at["y"] < 750)  # the legend is in sight
    canvas = page.locator(MAP)
    box = page.locator(ROOT).evaluate("({view}) => ({...view.box, order: view.data.order})")
    at = {"x": box["left"] + 2.5 * box["cellWidth"], "y": box["top"] + 17.5 * box["cellHeight"]}
    canvas.click(position=at)
    unit = box["order"][17]
    page.locator(f"{MAP}[data-unit='{unit}'][data-column='2']").wait_for()
    said = page.locator(f"{ROOT} .say")
    assert said.inner_text().startswith(f"Unit {unit} after token 2, “three”: ")
    page.wait_for_url(f"**unit={unit}**")
    page.get_by_text("Step 400: ").wait_for()
    page.locator(f"[data-said*=' unit {unit}; of the best unit']").wait_for()
    page.locator(f"{ROOT} .scroll").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.locator(f"{MAP}[data-unit='{box['order'][18]}'][data-column='3']").wait_for()
    assert page.locator(f"{ROOT} .title").inner_text() == f"Unit {box['order'][18]}, word by word"
    page.locator(f"{ROOT} .chips span").nth(4).click()
    page.locator(f"{MAP}[data-column='4']").wait_for()
    canvas.hover(position={**at, "y": box["top"] + 0.5 * box["cellHeight"]})
    page.get_by_text(f"Unit {box['order'][0]} after token 2, “three”").wait_for()
    assert "the kind of the word explains" in told.inner_text()
    assert page.locator(f"{ROOT} .rows").get_attribute("aria-label") == told.inner_text()
    show_step(page, 0)
    page.wait_for_url("**snapshot=0**")
    idle(page)
    # A widget's own word in the address leaves both there.
    until(page, f"() => location.search.includes('unit={box['order'][18]}')")
    until(page, "() => location.search.includes('states_token=4')")
    page.reload()
    again = f"{MAP}[data-unit='{box['order'][18]}'][data-column='4']"
    page.locator(again).wait_for()
    page.locator(".st-key-states_controls summary").click()
    page.get_by_label("Phrase, or a range of numbers").fill("7 to 9")
    page.keyboard.press("Enter")
    page.locator(f"{MAP}[data-column='']").wait_for()
    until(page, "() => !location.search.includes('states_token')")
    assert page.errors == []


def test_the_line_of_a_unit_says_its_number_at_the_pointer_and_at_the_keys(server, page):
    open_states(page, server)
    picture = page.locator(".st-key-states_picture")
    chips, tip, say = (picture.locator(f".{each}") for each in ("chips span", "tip", "say"))

    def agrees(at):
        expect(tip).to_contain_text(f"After “{chips.nth(at).inner_text()}”: ")
        assert say.inner_text().endswith(tip.inner_text().rpartition(" ")[2])
        assert f"after token {at}, " in say.inner_text()

    chips.nth(3).hover()
    agrees(3)
    below, line = (each.bounding_box() for each in (chips.nth(5), picture.locator(".plot").first))
    page.mouse.move(below["x"] + below["width"] / 2, line["y"] + line["height"] / 2)
    agrees(5)
    chips.nth(4).click()
    picture.locator(".rows").press("ArrowRight")
    page.mouse.move(2, 2)
    agrees(5)
    assert "states_token=5" in page.url
    assert page.errors == []


def test_another_layer_begins_with_its_own_best_unit_until_one_is_chosen(server, page):
    open_states(page, server)
    said = page.locator("[class*='st-key-states_headline'] .hnviz-sentence")
    expect(said).to_have_attribute("data-said", re.compile("unit 11 varies"))
    page.get_by_text("Change what is shown: 4367 to 4372, layer 0, state").click()
    main = page.locator(styled(":--main"))
    main.get_by_role("button", name="1", exact=True).click()
    expect(said).to_have_attribute("data-said", re.compile("unit 61 varies"))
    page.get_by_label("Unit", exact=True).select_option("11")
    expect(said).to_have_attribute("data-said", re.compile("of the best unit"))
    main.get_by_role("button", name="0", exact=True).click()
    expect(said).to_have_attribute("data-said", re.compile("unit 11 varies"))
    assert page.errors == []


def test_play_goes_through_all_snapshots_on_one_picture_and_can_be_paused(server, page):
    open_states(page, server, "?snapshot=280&states_phrase=7+to+9")
    page.locator(MAP).evaluate(
        """canvas => {
             window.mounted = canvas;
             window.seen = [];
             new MutationObserver(() => seen.push(canvas.getAttribute('aria-label')))
               .observe(canvas, { attributeFilter: ['aria-label'] });
           }"""
    )
    page.locator(PLAY).click()
    page.locator(f"{BAR}[data-shown='400']").wait_for()
    page.locator(f"{MAP}[aria-label^='Model5 after 400 steps']").wait_for()
    steps = page.evaluate("seen.map(said => +said.match(/after (\\d+) step/)[1])")
    assert steps == [320, 328, 360, 400]
    assert page.locator(MAP).evaluate("canvas => canvas === window.mounted")
    page.locator(PLAY).click()  # from the beginning
    page.locator(f"{BAR}:not([data-shown='400'])").wait_for()
    page.get_by_role("button", name="Pause the training").click()
    page.get_by_role("button", name="Play the training").wait_for()
    shown = page.locator(BAR).get_attribute("data-shown")
    assert int(shown) < 400 and f"snapshot={shown}" in page.url
    page.get_by_role("button", name="Play the training").click()
    page.locator(f"{BAR}:not([data-shown='{shown}'])").wait_for()
    show_step(page, 0)  # a hand on the slider
    page.get_by_role("button", name="Play the training").wait_for()
    page.locator(f"{BAR}[data-shown='0']").wait_for()
    assert page.errors == []


def test_the_slider_scrubs_without_python_and_reports_when_it_is_let_go(server, page):
    open_states(page, server, "?states_phrase=7+to+9")
    moved = page.locator(SLIDER).evaluate(
        """async slider => {
             const before = location.search;
             slider.value = "0";
             slider.dispatchEvent(new Event("input"));
             const dragged = location.search === before;
             slider.dispatchEvent(new Event("change"));
             return [dragged, location.search];
           }"""
    )
    assert moved[0] and "snapshot=0" in moved[1]
    page.locator(f"{MAP}[aria-label^='Model5 before any training']").wait_for()
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowRight")
    page.locator(f"{MAP}[aria-label^='Model5 after 1 step']").wait_for()
    page.wait_for_url("**snapshot=1**")
    assert page.errors == []


def test_after_other_steps_units_and_widths_it_is_painted_as_if_it_were_new(server, page):
    open_states(page, server, "?unit=5&states_token=3")
    until(page, "document.fonts.status === 'loaded'")
    drawn = page.locator(MAP)
    drawn.evaluate("canvas => (window.canvas = canvas)")
    pixels = "canvas => canvas.toDataURL()"
    first = at_rest(page, partial(drawn.evaluate, pixels))
    repainted(page, lambda: show_step(page, 0))
    assert drawn.evaluate(pixels) != first
    repainted(page, lambda: show_step(page, 400))
    until(page, "first => window.canvas.toDataURL() === first", first)
    page.locator(f"{ROOT} .scroll").focus()
    for key in ("ArrowDown", "ArrowUp"):  # another unit has its name and its ring
        page.keyboard.press(key)
        awaited(page, partial(drawn.evaluate, pixels), eq if key == "ArrowUp" else ne, first)
    page.set_viewport_size({"width": 700, "height": 800})
    until(page, "window.canvas.clientWidth < 700")
    page.set_viewport_size({"width": 1280, "height": 900})
    until(page, "first => window.canvas.toDataURL() === first", first)
    points, words = page.locator(f"{ROOT} .unit").evaluate(
        """unit => [[...unit.querySelectorAll("path")].map(path => path.getAttribute("d")).join("")
             .split("M").length - 1, unit.querySelectorAll(".chips span").length]"""
    )
    assert points == words == 40
    assert page.errors == []


def test_the_slider_draws_its_own_picture_a_frame_before_the_machine(server, page):
    open_states(page, server, "?states_phrase=7+to+9")
    machine = ".st-key-states_reading .hnviz[data-ready]"
    for step in ("400", "0", "400"):  # from now on each has both answers at hand
        show_step(page, int(step))
        page.locator(f"{machine}[data-step='{step}']").wait_for()
    place = page.locator(machine)
    place.scroll_into_view_if_needed()
    place.evaluate("root => (window.machine = root)")
    first, second = page.locator(ROOT).evaluate(
        """async (root) => {
             const steps = () => [root.dataset.step, window.machine.dataset.step];
             root.frame.timeline.show(0, false);
             const first = steps();
             while (window.machine.dataset.step !== "0") await new Promise(requestAnimationFrame);
             return [first, steps()];
           }"""
    )
    assert first == ["0", "400"] and second == ["0", "0"]
    assert page.errors == []


def test_while_the_slider_is_dragged_the_machine_waits_for_a_pause(server, page):
    open_states(page, server, "?states_phrase=7+to+8")
    machine = page.locator(".st-key-states_reading .hnviz[data-ready]")
    machine.wait_for()
    machine.scroll_into_view_if_needed()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    longest = page.locator(SLIDER).evaluate(
        """async (slider) => {
             const gaps = [];
             for (const at of [3, 6, 9, 12]) {
               const begun = performance.now();
               slider.dispatchEvent(new Event((slider.value = at, "input")));
               await new Promise((done) => setTimeout(done, 40));
               gaps.push(performance.now() - begun);
             }
             return Math.max(...gaps);
           }"""
    )
    step = page.locator(BAR).get_attribute("data-shown")
    for picture in ("picture", "reading"):
        page.locator(f".st-key-states_{picture} .hnviz[data-step='{step}']").wait_for()
    steps = page.locator(ROOT).evaluate("root => root.frame.timeline.steps")
    passed = {str(steps[at]) for at in (3, 6, 9)}  # and not those beside the last, fetched ahead
    followed = [url.split("/")[-2] for url in asked if "/machine?" in url]
    assert step in followed
    assert passed.isdisjoint(followed) or longest > 180  # ms: a busy computer
    assert page.errors == []


def test_a_drag_over_the_columns_selects_what_find_looks_for(server, page):
    open_states(page, server, "?states_view=Find+it+elsewhere")
    box = page.locator(ROOT).evaluate("({view}) => ({...view.box})")
    canvas = at_rest(page, page.locator(MAP).bounding_box)
    y = canvas["y"] + box["top"] + 40
    x = [canvas["x"] + box["left"] + (column + 0.5) * box["cellWidth"] for column in (8, 10)]
    page.mouse.move(x[0], y)
    page.mouse.down()
    page.mouse.move(x[1], y, steps=4)
    page.mouse.up()
    page.wait_for_url("**states_range=8%2C10**")
    page.locator(".st-key-states_find").scroll_into_view_if_needed()
    page.locator("svg[aria-label*='“thousand three hundred”']").first.wait_for()
    assert page.errors == []


def test_a_phone_scrolls_two_thousand_tokens_inside_the_picture(server, page):
    page.set_viewport_size({"width": 390, "height": 900})
    open_states(page, server, "?states_text=valid&states_n=2000")
    fits(page, 390)
    page.locator(f"{ROOT} .scroll").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.locator(f"{MAP}[data-column='1999']").wait_for()
    box = page.locator(ROOT).evaluate("({view}) => ({to: view.box.to, from: view.box.from})")
    assert box["to"] == 2000 and box["from"] > 1900
    codes = page.locator(f"{ROOT} canvas.codes")  # below the cells: beside them is no room
    awaited(page, codes.bounding_box, lambda box: box["width"] <= 390)
    place = page.locator(ROOT).evaluate("({view}) => [view.alone.top, view.data.order[0]]")
    codes.click(position={"x": 20, "y": place[0] + 1})
    page.locator(f"{MAP}[data-unit='{place[1]}'][data-column='1999']").wait_for()
    assert page.errors == []


@pytest.mark.slow
def test_gates_move_on_one_picture_while_the_run_trains(server, page):
    open_train(page, server, epochs=200)
    run = start(page)
    page.goto(f"{server}/states?run={run}&states_show=update&states_phrase=7+to+9")
    page.locator(f"{MAP}[aria-label*='update gates']").wait_for()
    page.locator(f"{BAR}[data-status=running]").wait_for()
    repainted(page, lambda: None, wait=False)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume", exact=True).wait_for()
    assert page.errors == []


def test_a_link_brings_no_link_icon_or_arrow_of_its_own_into_the_page(server, page):
    bad = "see http://evil.example/a www.evil.example :material/home: :smile: a@b.example -> x"
    page.goto(f"{server}/states?run={quote(bad * 9)}")
    told = page.locator(styled(":--main")).get_by_text("There is no run named").first
    told.wait_for()
    said = told.inner_text().replace("\N{WORD JOINER}", "")
    assert bad[:55] in said and len(said) < 160
    assert page.locator("a[href*=evil], a[href^=mailto]").count() == 0
    icons = page.locator(styled(":--main :--icon:not(:--expander *)"))
    assert icons.count() == 0  # a fold has its own
    page.locator(f"{MAP}[data-paints]").wait_for()
    assert page.errors == []


@pytest.mark.parametrize("asked", ["999", "1e999"])
def test_a_snapshot_that_there_is_not_is_told_in_the_run_bar(server, page, asked):
    page.goto(f"{server}/states?snapshot={asked}")
    told = page.get_by_text(f"asks for snapshot={asked}, which is not a snapshot of this run")
    told.wait_for()
    page.locator(f"{MAP}[aria-label^='Model5 after 400 steps']").wait_for()
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowLeft")
    told.wait_for(state="detached")
    assert page.errors == []


def test_the_unit_is_chosen_in_the_headline(server, page):
    open_states(page, server)
    said = page.locator(".st-key-states_headline .hnviz-sentence")
    unit = said.get_by_label("Unit", exact=True)
    expect(unit).to_have_value("11")
    unit.select_option("3")
    page.locator(f"{MAP}[data-unit='3']").wait_for()
    expect(said).to_have_attribute("data-said", re.compile(" unit 3"))
    until(page, "() => location.search.includes('unit=3')")
    page.locator(ROOT).locator(".scroll").press("ArrowDown")
    page.locator(f"{MAP}:not([data-unit='3'])").wait_for()
    expect(unit).to_have_value(page.locator(MAP).get_attribute("data-unit"))
    assert page.errors == []
