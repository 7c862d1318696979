"""The Train page in a real browser: a run is started, watched, left and found again."""

import json
import re
import shutil
from functools import partial
from itertools import pairwise
from operator import eq, le

import psutil
import pytest
from starlette.testclient import httpx

from hnviz.runs import RunStore
from hnviz.web.assets import styled
from tests.conftest import (
    ROOT,
    at_rest,
    awaited,
    fits,
    idle,
    profile,
    resize,
    right,
    start_server,
    stop_server,
    until,
)
from tests.saved import more
from tests.test_first_minute_browser import CONTROLS, MOST_CONTROLS

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

HEADLINE = ".st-key-train_curves .hnviz-sentence"
POINTS = "([...document.querySelectorAll('[data-panel=loss]')].map(c => +c.dataset.points)[0] ?? 0)"

RUN = "new URLSearchParams(location.search).get('run')"
LONG = 100  # epochs: half a minute and more, so that no run ends before its test is through


@pytest.fixture(autouse=True)
def all_stopped(app):
    """Stop what a test has left training: the next test's run would wait for its end."""
    yield
    for run in RunStore(app.runs).summaries():
        if run.status in ("queued", "running"):
            httpx.post(f"{app.url}/api/runs/{run.id}/stop", json={}, timeout=60).raise_for_status()


def button(page, name: str):
    return page.locator(styled(":--main")).get_by_role("button", name=name, exact=True)


def number(page, label: str):
    return page.get_by_role("spinbutton", name=label)


def open_train(page, server: str, **settings: object) -> None:
    query = "&".join(f"train_{name}={value}" for name, value in settings.items())
    page.goto(f"{server}/train?{query}")
    page.locator("[data-panel=loss] .main-svg").first.wait_for()
    idle(page)


def start(page) -> str:
    """Press Train; return the new run's id, as it stands in the address."""
    before = page.evaluate(RUN)
    button(page, "Train").click()
    run = until(page, f"before => {RUN} !== before && {RUN}", arg=before)
    page.locator(f"[data-panel=loss][data-of='{run}']").wait_for()
    return run


def points(page) -> int:
    return page.evaluate(POINTS)


# The epochs that are on the curve of the accuracy on valid.
EPOCHS = (
    "document.querySelector('[data-panel=accuracy]')"
    ".data.find(trace => trace.name === 'valid').y.length"
)


# Whether each point of the loss on valid has its perplexity, also those that came later.
EACH_SAYS = """() => {
    const { data } = document.querySelector('[data-panel=loss]');
    const { y, text } = data.find((trace) => trace.name === 'valid');
    const right = (loss, at) => Math.abs(Math.exp(loss) / Number(text[at]) - 1) < .01;
    return y.length > 1 && y.every(right);
}"""


def test_the_pointer_says_the_perplexity_of_valid(page, server):
    page.goto(f"{server}/train?run=Model5")
    chart = page.locator("[data-panel=loss]")
    chart.locator(".main-svg").first.wait_for()
    idle(page)
    at_rest(page, chart.bounding_box)  # it does not go from under the pointer
    chart.locator(".scatterlayer .trace").last.locator(".points path").nth(9).hover(force=True)
    expect(chart.locator(".hoverlayer")).to_contain_text("step 400: 1.174, perplexity 3.24")
    assert page.errors == []


def test_a_run_grows_and_survives_a_refresh(page, server, browser):
    open_train(page, server, epochs=LONG)
    run = start(page)
    grows(page)
    first = points(page)
    grows(page)
    until(page, f"epochs => {EPOCHS} > epochs", arg=page.evaluate(EPOCHS))
    until(page, EACH_SAYS)
    told = re.compile(r"step [\d,]+ of 4,000, epoch \d+ of 100, about \d+ (s|min) left")
    expect(page.get_by_text(told)).to_be_visible()
    page.reload()
    page.locator("[data-panel=loss] .main-svg").first.wait_for()
    assert f"run={run}" in page.url
    until(page, f"first => {POINTS} > first + 5", arg=first)
    followed_and_stopped_elsewhere(browser, page.url)
    expect(button(page, "Resume")).to_be_enabled()
    button(page, "Resume").click()
    grows(page)
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    assert page.errors == []


def followed_and_stopped_elsewhere(browser, address: str) -> None:
    """Another browser that has a run's link sees it grow, and stops it."""
    with profile(browser) as other:
        tab = other.new_page()
        tab.goto(address)
        tab.locator("[data-panel=loss] .main-svg").first.wait_for()
        grows(tab)
        button(tab, "Stop").click()
        expect(button(tab, "Resume")).to_be_enabled()


def test_more_opens_holds_what_was_set_and_shuts(page, server, recorded):
    open_train(page, server)
    rows, more = number(page, "bs, rows"), page.locator(".st-key-train_settings summary")
    expect(rows).to_be_hidden()
    more.click()
    rows.fill("32")
    rows.press("Enter")
    page.wait_for_url("**train_bs=32**")
    more.click()
    expect(rows).to_be_hidden()
    idle(page)
    page.reload()  # the link opens what it sets
    expect(rows).to_be_visible()
    expect(rows).to_have_value("32")
    rows.fill("")
    rows.press_sequentially("e")  # of the letters, Chromium takes no other
    rows.press("Enter")
    expect(page.get_by_text("must be a number; 32 is used")).to_be_visible()
    assert "train_bs=32" in page.url
    rows.fill("0")
    rows.press("Enter")
    said = page.get_by_text("bs must be").filter(visible=True)
    sentence = said.inner_text()
    recorded(sentence, 1, 0)
    expect(rows).to_have_accessible_description(sentence)
    expect(rows).to_have_attribute("aria-invalid", "true")
    expect(button(page, "Train")).to_be_disabled()
    expect(said).to_have_count(1)
    more.click()
    expect(said).to_have_text(sentence)  # out of sight, it is told below
    expect(button(page, "Train")).to_be_disabled()
    assert page.errors == []


def chosen(page, label: str):
    return page.get_by_role("combobox", name=label)


def test_a_recipe_is_filled_in_at_once_and_a_mark_explains_a_field(page, server):
    open_train(page, server, device="tpu")
    asked = re.compile("'tpu' is not one of")
    expect(chosen(page, "Device")).to_have_accessible_description(asked)
    expect(chosen(page, "Form")).to_be_disabled()  # of Model5
    for model, rate, same in (("Model3", "3.0e-3", "3.0e-3"), ("Model2", "1.0e-4", "3.0e-3")):
        chosen(page, "Model").select_option(model)
        expect(number(page, "lr, highest")).to_have_value(rate)
        expect(chosen(page, "Form")).to_be_enabled()
        switch = page.get_by_role("switch", name="Same recipe")
        switch.check()
        expect(number(page, "lr, highest")).to_have_value(same)
        page.wait_for_url("**train_same=true**")
        switch.uncheck()
        expect(number(page, "lr, highest")).to_have_value(rate)
    assert "train_lr" not in page.url and "train_device=tpu" in page.url
    for press, value in (("less", "19"), ("more", "20"), ("more", "21")):
        page.get_by_role("button", name=f"bptt, steps: one {press}").click()
        expect(number(page, "bptt, steps")).to_have_value(value)
    page.wait_for_url("**train_bptt=21**")
    tip = page.get_by_role("tooltip").get_by_text("Gradients reach back no further.")
    expect(tip).to_be_hidden()
    page.get_by_role("button", name="Help for bptt, steps").focus()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    assert page.errors == []


VISIT = """query => {
  history.pushState(null, "", query);
  dispatchEvent(new PopStateEvent("popstate"));
}"""


def test_what_is_typed_is_trained_and_another_address_brings_its_own(page, app, server):
    open_train(page, server, epochs=LONG, lr=0.5)
    warned = page.get_by_text("lr 5.0e-1 is too high for Model5")
    expect(warned).to_be_visible()
    number(page, "lr, highest").fill("0.0042")
    run = start(page)  # the press takes the focus from the field
    assert RunStore(app.runs).record(run).config.lr == 0.0042
    expect(number(page, "lr, highest")).to_have_value("4.2e-3")
    until(page, "location.search.includes('train_lr=0.0042')")
    expect(warned).to_have_count(0)
    page.evaluate(VISIT, f"?run={run}&train_lr=0.5&train_epochs={LONG}")  # as a lesson goes there
    expect(number(page, "lr, highest")).to_have_value("5.0e-1")
    expect(warned).to_be_visible()
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    assert page.errors == []


def test_a_double_click_on_train_starts_one_run(page, app, server):
    open_train(page, server, epochs=LONG)
    before, shown = len(RunStore(app.runs).ids()), page.evaluate(RUN)
    button(page, "Train").dblclick()
    until(page, f"before => {RUN} !== before", arg=shown)
    idle(page)
    expect(button(page, "Stop")).to_be_enabled()
    assert len(RunStore(app.runs).ids()) == before + 1
    assert page.errors == []


def test_pause_step_go_on_stop(page, server):
    open_train(page, server, epochs=LONG)
    start(page)
    until(page, f"() => {POINTS} > 3")
    page.set_viewport_size({"width": 1280, "height": 800})
    assert len(page.evaluate(CONTROLS)) <= MOST_CONTROLS, page.evaluate(CONTROLS)
    button(page, "Pause").click()
    expect(page.get_by_text(re.compile(r"paused after step"))).to_be_visible()
    expect(button(page, "Continue")).to_be_enabled()
    paused = paused_step(page)
    awaited(page, partial(gaps, page, ".actions", ".progress"), eq, [2])
    button(page, "Step").click()
    expect(page.get_by_text(f"paused after step {paused + 1:,} of")).to_be_visible()
    button(page, "Continue").click()
    expect(page.get_by_text(re.compile(r": step [\d,]+ of 4,000, epoch"))).to_be_visible()
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    # The progress bar had its place between them.
    awaited(page, partial(gaps, page, ".actions", ".play"), eq, [8])


def gaps(page, *parts: str) -> list[float]:
    """Measure how far each part of the run bar is below the one before."""
    found = [page.locator(f".st-key-train_bar {part}") for part in parts]
    for part in found:
        part.wait_for()
    boxes = [part.bounding_box() for part in found]
    return [round(low["y"] - up["y"] - up["height"]) for up, low in pairwise(boxes)]


def paused_step(page) -> int:
    text = page.get_by_text(re.compile(r"paused after step")).inner_text()
    return int(re.search(r"step ([\d,]+) of", text)[1].replace(",", ""))


def test_a_zoomed_chart_keeps_its_zoom(page, server):
    open_train(page, server, epochs=LONG)
    start(page)
    grows(page)
    chart = page.locator("[data-panel=loss]")
    chart.evaluate("chart => { chart.marker = 'the same' }")
    whole = chart.evaluate(RANGES)
    zoom(page, chart)
    zoomed = chart.evaluate(RANGES)
    for (low, high), (lowest, highest) in zip(zoomed, whole, strict=True):
        assert lowest < low < high < highest
    grows(page)
    assert chart.evaluate(RANGES) == zoomed
    chart.evaluate(FORGET)  # the server sends the whole figure, as when one of its axes changes
    until(page, f"chart => ({KNOWN})(chart).version", arg=chart.element_handle())
    assert chart.evaluate(RANGES) == zoomed
    # A curve lets a press go first, but it also grows while somebody presses on and on.
    page.evaluate(PRESSING)
    grows(page)
    page.evaluate("clearInterval(window.pressing)")
    assert chart.evaluate(RANGES) == zoomed
    assert chart.evaluate("chart => chart.marker") == "the same"  # it was not mounted again
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    idle(page)
    zoom_out(page, chart)
    x, y = chart.evaluate(RANGES)
    assert x == whole[0]  # of this run, not of the one that was in view before
    assert y == chart.evaluate(ASKED)  # its upper end may have risen since
    assert page.errors == []


PRESSING = """window.pressing = setInterval(
    () => document.body.dispatchEvent(new KeyboardEvent("keydown")), 100)"""
RANGES = "chart => [chart.layout.xaxis.range, chart.layout.yaxis.range]"
VIEW = "chart => chart.closest('.hnviz').view"
KNOWN = f"chart => ({VIEW})(chart).known.get(chart.dataset.panel)"
PANEL = f"chart => ({VIEW})(chart).grid.panels.get(chart.dataset.panel)"
ASKED = f"chart => JSON.parse(({PANEL})(chart).asked.get('yaxis'))"
FORGET = f"chart => {{ ({KNOWN})(chart).version = null }}"


def grows(page) -> None:
    """Wait until the loss chart has more points than now."""
    until(page, f"now => {POINTS} > now + 2", arg=points(page))


def zoom(page, chart) -> None:
    """Draw a box over a part of a chart with the mouse."""
    before = chart.evaluate(RANGES)
    area = chart.locator(".nsewdrag").first
    area.hover(position={"x": 60, "y": 50})
    box = area.bounding_box()
    page.mouse.down()
    for share in (0.4, 0.5, 0.6):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
    page.mouse.up()
    changed = f"([chart, before]) => JSON.stringify(({RANGES})(chart)) !== before"
    as_json = json.dumps(before, separators=(",", ":"))
    until(page, changed, arg=[chart.element_handle(), as_json])


def zoom_out(page, chart) -> None:
    """Click twice, until that was quick enough to be a double click."""
    before = chart.evaluate(RANGES)
    for _ in range(20):
        chart.locator(".nsewdrag").first.dblclick(position={"x": 60, "y": 50})
        if chart.evaluate(RANGES) != before:
            return
    raise AssertionError("a double click changed nothing")


def test_settings_are_in_the_address_and_a_bad_one_is_told_beside_it(page, server):
    open_train(page, server)
    page.get_by_text("More settings").click()
    for field, value, sentence in [
        ("Epochs", "-3", "epochs must be"),
        ("lr, highest", "0", "lr must be"),
        ("bptt, steps", "0", "bptt must be"),
    ]:
        good = number(page, field).input_value()
        for text, told in [(value, 1), (good, 0)]:
            enter(page, field, text)
            said = page.get_by_text(re.compile(re.escape(sentence), re.IGNORECASE))
            expect(said).to_have_count(told)
            expect(button(page, "Train")).to_be_enabled(enabled=not told)
    enter(page, "bptt, steps", "7")
    until(page, "location.search.includes('train_bptt=7')")
    page.reload()
    expect(number(page, "bptt, steps")).to_have_value("7")


def test_the_charts_follow_the_width_of_the_page_without_the_windows(page, server):
    """As when a lesson's panel opens beside them."""
    page.goto(f"{server}/train?run=Model4")
    chart = page.locator("[data-panel=accuracy][data-drawn]").first
    drawn = chart.locator(".main-svg").first
    before = drawn.bounding_box()["width"]
    page.evaluate("document.documentElement.classList.add('hn-lesson')")
    room = at_rest(page, chart.bounding_box)["width"]
    assert abs(room - before) > 50
    awaited(page, lambda: drawn.bounding_box()["width"], eq, room)
    assert page.errors == []


def test_another_mode_keeps_the_zoom_and_draws_the_curves_in_its_colours(page, server):
    page.goto(f"{server}/train?run=Model4")
    chart = page.locator("[data-panel=loss]")
    chart.locator(".main-svg").first.wait_for()
    idle(page)
    zoom(page, chart)
    zoomed, color = chart.evaluate(RANGES), chart.evaluate(TRAIN_COLOR)
    page.emulate_media(color_scheme="dark")
    until(
        page,
        f"([chart, color]) => ({TRAIN_COLOR})(chart) !== color",
        arg=[chart.element_handle(), color],
    )
    assert chart.evaluate(RANGES) == zoomed
    assert page.errors == []


TRAIN_COLOR = "chart => chart.data.find(trace => trace.name === 'train').line.color"


def test_a_lost_connection_is_said_and_the_curves_catch_up(page, server):
    open_train(page, server, epochs=LONG)
    start(page)
    grows(page)
    page.evaluate(f"({SOCKET})().close()")
    lost = page.get_by_text("Connection lost; trying again")
    until(page, f"() => ({SOCKET})() && ({SOCKET})().readyState === 1")
    expect(lost).to_be_hidden()
    grows(page)
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    steps = page.evaluate(
        f"chart => ({TRAIN_STEPS})(document.querySelector('[data-panel=loss]'))", 0
    )
    assert steps == sorted(set(steps)), "no point is missing or there twice"


SOCKET = "() => document.querySelector('.st-key-train_curves .hnviz').view.kit.tab.live.socket"
TRAIN_STEPS = "chart => chart.data.find(trace => trace.name === 'train').x"


def test_a_line_of_the_list_brings_its_run_into_view(page, server):
    page.goto(f"{server}/?run=Model5&start_all_runs=true")
    idle(page)
    runs = page.locator(".st-key-start_runs")
    runs.scroll_into_view_if_needed()
    current = runs.locator("tr[aria-current=true]")
    expect(current).to_have_attribute("data-key", "Model5")
    line = runs.locator("tr[data-key=Model3]")
    assert line.locator("a").get_attribute("href").endswith("/train?run=Model3")
    line.locator("a").click()
    page.wait_for_url("**run=Model3**")
    expect(current).to_have_attribute("data-key", "Model3")
    line = runs.locator("tr[data-key=Model0]")
    line.locator("[data-column=state]").click()
    page.wait_for_url("**run=Model0**")
    expect(current).to_have_attribute("data-key", "Model0")
    expect(page.locator(".st-key-run_line")).to_contain_text("Model0: pre-trained")
    assert page.errors == []


def test_the_list_on_count_finds_and_renames_an_own_run(page, server, long_name):
    page.goto(f"{server}/?run=Model5&start_all_runs=true")
    runs = page.locator(".st-key-start_runs")
    runs.scroll_into_view_if_needed()
    line = runs.locator(f"tr[data-key='{long_name}']")
    expect(line).to_have_count(1)
    assert not runs.get_by_role("checkbox").count()
    runs.get_by_label("Find a run").fill("bptt 100, lr")
    expect(runs.locator("tr[data-key=Model5]")).to_have_count(0)
    expect(line).to_have_count(1)
    line.get_by_role("button", name="Change").click()
    line.get_by_role("button", name="Rename").click()
    line.get_by_role("textbox").fill("mine")
    line.get_by_role("textbox").press("Enter")
    expect(line.locator("a")).to_have_text("mine")
    assert "run=Model5" in page.url, "a press on a control brings no run into view"
    runs.get_by_label("Find a run").fill("zebra")
    expect(runs.locator(".note")).to_contain_text("“zebra”")


@pytest.fixture
def long_name(app):
    """A run whose name is as long as a name can be."""
    folder = app.runs / "20260101-000000-Model2-long"
    shutil.copytree(ROOT / "hnviz/shipped/Model2", folder)
    found = json.loads((folder / "config.json").read_text())
    settings = {"bptt": 100, "lr": 0.0125, "epochs": 11, "bs": 512, "nh": 12, "seed": 4294967295}
    found["config"] |= settings | {"bn_init": "uniform", "form": "fast", "split": "blocks"}
    (folder / "config.json").write_text(json.dumps(found))
    yield folder.name
    shutil.rmtree(folder)


def test_the_list_of_runs_cuts_nothing(page, server, long_name):
    page.goto(f"{server}/?run=Model5&start_all_runs=true")
    runs = page.locator(".st-key-start_runs")
    runs.scroll_into_view_if_needed()
    runs.locator(f"tr[data-key='{long_name}'] small").wait_for(state="attached")
    for width in (1280, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        beyond = partial(
            runs.locator(".hnviz-table").evaluate,
            "table => Math.max(...[table, ...table.querySelectorAll('td')]"
            ".map((each) => each.scrollWidth - each.clientWidth))",
        )
        awaited(page, beyond, le, 0)


def test_the_next_run_and_the_run_shown_are_two_things(page, server):
    page.goto(f"{server}/train?run=Model5&train_model=Model3")
    headline = page.locator(HEADLINE)
    expect(headline).to_have_text(re.compile(r"^Train reaches 99.6\s%, valid stops at 83.2\s%"))
    box = page.locator(".st-key-train_next")
    expect(box.get_by_text("Train a new run")).to_be_visible()
    expect(box.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    assert box.locator("[data-panel], .play").count() == 0


def test_the_epochs_are_the_curves_table_and_the_schedule_is_a_click_away(page, server, recorded):
    page.goto(f"{server}/train?run=Model5")
    page.locator("[data-panel=loss] .main-svg").first.wait_for()
    idle(page)
    curves = page.locator(".st-key-train_curves")
    more(curves, "As a table")
    accuracies = curves.get_by_role("region", name="Accuracy: valid, 8,001 to 9,999")
    expect(accuracies.locator("tbody tr")).to_have_count(10)  # its epochs
    more(curves, "Another seed, the best")
    recorded.shown(page, "The notebook's Model5 ends", 10, 1.054, 83.9, 1.174, 83.2, 10, 10)
    page.get_by_role("button", name="By epoch", exact=True).click()
    page.wait_for_url("**train_view=By+epoch**")
    page.locator(".st-key-train_schedule").scroll_into_view_if_needed()
    page.locator("[data-panel=schedule] .main-svg").first.wait_for()
    recorded.shown(
        page, "lr rises along half a cosine", "4.0e-4", "1.0e-2", 120, "3.5e-7", 0.95, 0.85, 0.95
    )
    best = "Accuracy on valid was highest"
    said = page.locator(".st-key-train_schedule").get_by_text(best).inner_text()
    recorded(said, 6, 10, 240, 83.4, 1.071, part=best)
    assert page.errors == []


def test_the_speed_is_shown_of_a_training_that_is_played_or_pointed_at(page, server):
    open_train(page, server)
    bar = page.locator(".st-key-train_bar")
    speed, play = bar.get_by_label("Speed"), bar.locator(".play")
    expect(speed).to_be_hidden()
    step = bar.get_by_label("Training step").bounding_box
    place = at_rest(page, step)
    play.hover()
    expect(speed).to_be_visible()
    assert step() == place, "nothing moves"
    page.mouse.move(0, 0)
    expect(speed).to_be_hidden()
    play.press("Enter")
    expect(speed).to_be_visible()
    assert page.errors == []


def test_a_refused_press_is_told_in_the_bar(page, app):
    page.goto(f"{app.url}/train?train_epochs={LONG}")
    page.locator("[data-panel=loss] .main-svg").first.wait_for()
    idle(page)
    start(page)
    page.route("**/api/runs/*/pause", lambda route: route.fulfill(
        status=409, content_type="application/json", body='{"error": "nothing to pause"}'
    ))  # fmt: skip
    button(page, "Pause").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_have_text("Nothing to pause.")
    page.unroute("**/api/runs/*/pause")
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()


def training_speed(page):
    fold = page.locator(".st-key-train_settings details.fold")
    fold.wait_for()
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    return page.get_by_role("combobox", name="Training speed")


def test_a_run_starts_at_the_chosen_speed(page, server):
    open_train(page, server, epochs=LONG)
    training_speed(page).select_option("5 steps a second")
    page.wait_for_url("**train_speed=5**")
    run = start(page)
    until(page, f"run => {SPEED_OF} === 5", arg=run)
    expect(training_speed(page)).to_have_value("5")
    training_speed(page).select_option("full speed")
    until(page, f"run => {SPEED_OF} === null", arg=run)
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    idle(page)
    open_train(page, server, epochs=LONG, speed=1)  # by a link
    expect(training_speed(page)).to_have_value("1")
    run = start(page)
    until(page, f"run => {SPEED_OF} === 1", arg=run)
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    assert page.errors == []


SPEED_OF = """(timeline => timeline.run === run ? timeline.facts.speed : "another run")(
    document.querySelector('.st-key-train_curves .hnviz').view.kit.timeline)"""


def test_two_viewers_share_a_speed(page, server, browser):
    open_train(page, server, epochs=LONG)
    start(page)
    training_speed(page).select_option("5 steps a second")
    with profile(browser) as other:
        tab = other.new_page()
        tab.goto(page.url.split("&train_speed")[0])
        expect(training_speed(tab)).to_have_value("5")
        training_speed(tab).select_option("full speed")
        expect(training_speed(page)).to_have_value("full")
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()


def test_a_rate_far_too_high_is_warned_of_and_not_refused(page, server, recorded):
    open_train(page, server, model="Model3", lr=1000)
    warned = page.get_by_text("lr 1,000 is too high")
    recorded.shown(page, "lr 1,000 is too high", 1_000, "1.0e-1")
    start(page)
    expect(page.locator(HEADLINE)).to_have_text(re.compile("^Model3 diverged"))
    enter(page, "lr, highest", "0.003")
    expect(warned).to_have_count(0)
    # The machine cannot show a network whose numbers are not finite; the console names each answer.
    assert [said for said in page.errors if " 422 " not in said] == []


def test_takeaway_control_and_picture_come_first(page, server):
    page.goto(f"{server}/train?run=Model5")
    page.locator("[data-panel=accuracy] .main-svg").first.wait_for()
    idle(page)
    assert len(page.locator(HEADLINE).inner_text().split()) <= 20
    for width, most, chart in ((1280, 900, 400), (390, 1266, 320)):
        resize(page, width)
        parts = [HEADLINE, ".st-key-train_bar", "[data-panel=loss]"]
        if width == 1280:  # on a phone the curves are one below the other
            parts.append(".st-key-train_settings .go")
        for part in parts:
            awaited(page, page.locator(part).first.bounding_box, begins_above, most)
        for name in ("loss", "accuracy"):
            panel = page.locator(f"[data-panel={name}]").bounding_box
            awaited(page, panel, is_as_wide_as, chart)
        fits(page, width)
    resize(page, 320)
    form, speed = page.locator(".st-key-train_next"), training_speed(page)
    form.scroll_into_view_if_needed()
    awaited(page, lambda: right(speed) <= right(form) - 16)


def begins_above(box, most) -> bool:
    return box["y"] + min(box["height"], 300) <= most


def is_as_wide_as(box, least) -> bool:
    return box["width"] >= least


def enter(page, field: str, value: str) -> None:
    number(page, field).fill(value)
    number(page, field).press("Enter")


def test_an_unknown_run_and_a_window_that_model0_cannot_read_are_told(page, server):
    page.goto(f"{server}/train?run=no-such-run&train_model=Model0&train_bptt=20")
    expect(page.get_by_text(re.compile("no run named 'no-such-run'")).first).to_be_visible()
    expect(page.get_by_text(re.compile("Model0 reads 3 tokens"))).to_have_count(1)
    expect(button(page, "Train")).to_be_disabled()
    page.locator("[data-panel=loss] .main-svg").first.wait_for()


def test_a_run_whose_checkpoints_are_damaged_can_start_again(page, app, server):
    open_train(page, server, epochs=LONG)
    run = start(page)
    grows(page)
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    expect(button(page, "Start again")).to_be_hidden()
    for path in (app.runs / run).glob("resume*.safetensors"):
        path.write_bytes(b"half")
    button(page, "Resume").click()
    expect(page.get_by_text(re.compile("; start the run again")).first).to_be_visible()
    button(page, "Start again").click()
    expect(button(page, "Stop")).to_be_visible()
    grows(page)
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    assert RunStore(app.runs).record(run).kept == 0
    # An answer about its units that is on its way loses its snapshot, and is asked for again.
    assert [each for each in page.errors if "/machine_codes" not in each] == []


@pytest.mark.slow  # tests/test_kill.py holds the same without a browser
def test_a_killed_server_leaves_a_run_that_goes_on(page, tmp_path):
    first = start_server(tmp_path)
    open_train(page, first.url, epochs=LONG)
    run = start(page)
    until(page, f"() => {POINTS} > 40")  # of every 2nd step: past a checkpoint
    engine_and_trainers = psutil.Process(first.process.pid).children(recursive=True)
    first.process.kill()
    first.process.wait()
    _, alive = psutil.wait_procs(engine_and_trainers, timeout=30)
    assert alive == []
    kept = RunStore(first.runs).record(run)
    assert kept.status == "interrupted"

    second = start_server(tmp_path, first.port)
    try:
        page.goto(f"{second.url}/train?run={run}")
        expect(page.get_by_text(re.compile("interrupted after step"))).to_be_visible()
        until(page, f"() => {POINTS}")
        button(page, "Resume").click()
        grows(page)
        button(page, "Stop").click()
        expect(button(page, "Resume")).to_be_enabled()
        assert RunStore(first.runs).record(run).step > kept.step
    finally:
        stop_server(second)
