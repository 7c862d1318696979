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


def start(page, clicks: int = 1) -> str:
    """Press Train; return the new run's id, as it stands in the address."""
    before = page.evaluate(RUN)
    button(page, "Train").click(click_count=clicks)
    run = until(page, f"before => {RUN} !== before && {RUN}", arg=before)
    page.locator(f"[data-panel=loss][data-of='{run}']").wait_for()
    return run


def stop(page) -> None:
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()


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


def test_a_run_from_a_double_click_to_a_new_start(page, app, browser):
    open_train(page, app.url, epochs=LONG)
    before = len(RunStore(app.runs).ids())
    run = start(page, clicks=2)
    grows(page)
    assert len(RunStore(app.runs).ids()) == before + 1
    until(page, f"epochs => {EPOCHS} > epochs", arg=page.evaluate(EPOCHS))
    until(page, EACH_SAYS)
    told = re.compile(r"step [\d,]+ of 4,000, epoch \d+ of 100, about \d+ (s|min) left")
    expect(page.get_by_text(told)).to_be_visible()
    keeps_its_zoom(page)
    catches_up(page)
    pauses_steps_and_goes_on(page)
    first = points(page)
    page.reload()
    page.locator("[data-panel=loss] .main-svg").first.wait_for()
    assert f"run={run}" in page.url
    until(page, f"first => {POINTS} > first + 5", arg=first)
    followed_and_stopped_elsewhere(browser, page.url)
    expect(button(page, "Resume")).to_be_enabled()
    # The progress bar had its place between them.
    awaited(page, partial(gaps, page, ".actions", ".play"), eq, [8])
    button(page, "Resume").click()
    grows(page)
    stop(page)
    assert page.errors == []
    starts_again_without_checkpoints(page, app.runs / run)


def followed_and_stopped_elsewhere(browser, address: str) -> None:
    """Another browser that has a run's link sees it grow, and stops it."""
    with profile(browser) as other:
        tab = other.new_page()
        tab.goto(address)
        tab.locator("[data-panel=loss] .main-svg").first.wait_for()
        grows(tab)
        stop(tab)


def keeps_its_zoom(page) -> None:
    """A zoomed chart keeps its zoom while the run grows, whatever is sent and pressed."""
    chart = page.locator("[data-panel=loss]")
    chart.evaluate("chart => { chart.marker = 'the same' }")
    whole = chart.evaluate(RANGES)
    zoom(page, chart)
    zoomed = chart.evaluate(RANGES)
    for (low, high), (lowest, highest) in zip(zoomed, whole, strict=True):
        assert lowest < low < high < highest
    chart.evaluate(FORGET)  # the server sends the whole figure, as when one of its axes changes
    until(page, f"chart => ({KNOWN})(chart).version", arg=chart.element_handle())
    # A curve lets a press go first, but it also grows while somebody presses on and on.
    page.evaluate(PRESSING)
    grows(page)
    page.evaluate("clearInterval(window.pressing)")
    assert chart.evaluate(RANGES) == zoomed
    assert chart.evaluate("chart => chart.marker") == "the same"  # it was not mounted again
    zoom_out(page, chart)
    x, y = chart.evaluate(RANGES)
    assert x == whole[0]  # of this run, not of the one that was in view before
    assert y == chart.evaluate(ASKED)  # its upper end may have risen since


def catches_up(page) -> None:
    """A lost connection comes back, and no point is missing or there twice."""
    page.evaluate(f"({SOCKET})().close()")
    until(page, f"() => ({SOCKET})() && ({SOCKET})().readyState === 1")
    expect(page.get_by_text("Connection lost; trying again")).to_be_hidden()
    grows(page)
    steps = page.locator("[data-panel=loss]").evaluate(TRAIN_STEPS)
    assert steps == sorted(set(steps))


def pauses_steps_and_goes_on(page) -> None:
    """A refused press is told in the bar; then Pause, Step and Continue do what they say."""
    resize(page, 1280, 800)
    assert len(page.evaluate(CONTROLS)) <= MOST_CONTROLS, page.evaluate(CONTROLS)
    page.route("**/api/runs/*/pause", lambda route: route.fulfill(
        status=409, content_type="application/json", body='{"error": "nothing to pause"}'
    ))  # fmt: skip
    button(page, "Pause").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_have_text("Nothing to pause.")
    page.unroute("**/api/runs/*/pause")
    page.errors[:] = [said for said in page.errors if "409" not in said]
    button(page, "Pause").click()
    expect(page.get_by_text(re.compile(r"paused after step"))).to_be_visible()
    expect(button(page, "Continue")).to_be_enabled()
    paused = paused_step(page)
    awaited(page, partial(gaps, page, ".actions", ".progress"), eq, [2])
    button(page, "Step").click()
    expect(page.get_by_text(f"paused after step {paused + 1:,} of")).to_be_visible()
    button(page, "Continue").click()
    expect(page.get_by_text(re.compile(r": step [\d,]+ of 4,000, epoch"))).to_be_visible()


def starts_again_without_checkpoints(page, folder) -> None:
    """Where all checkpoints are damaged, Resume says so, and Start again begins at step 0."""
    expect(button(page, "Start again")).to_be_hidden()
    for path in folder.glob("resume*.safetensors"):
        path.write_bytes(b"half")
    button(page, "Resume").click()
    expect(page.get_by_text(re.compile("; start the run again")).first).to_be_visible()
    button(page, "Start again").click()
    expect(button(page, "Stop")).to_be_visible()
    grows(page)
    stop(page)
    assert RunStore(folder.parent).record(folder.name).kept == 0
    # An answer about its units that is on its way loses its snapshot, and is asked for again.
    assert [each for each in page.errors if "/machine_codes" not in each] == []


def test_the_form_holds_what_was_set_and_tells_what_is_wrong(page, server, recorded):
    open_train(page, server, bptt=20, model="Model0", device="tpu")
    expect(page.get_by_text(re.compile("Model0 reads 3 tokens"))).to_have_count(1)
    expect(button(page, "Train")).to_be_disabled()
    asked = re.compile("'tpu' is not one of")
    expect(chosen(page, "Device")).to_have_accessible_description(asked)
    chosen(page, "Model").select_option("Model5")
    rows, more = number(page, "bs, rows"), page.locator(".st-key-train_settings summary")
    if rows.is_visible():  # the address sets what is in the fold
        more.click()
    expect(rows).to_be_hidden()
    more.click()
    expect(chosen(page, "Form")).to_be_disabled()  # of Model5
    rows.fill("32")
    rows.press("Enter")
    page.wait_for_url("**train_bs=32**")
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
    more.click()
    expect(rows).to_be_hidden()
    idle(page)
    page.reload()  # the link opens what it sets
    expect(rows).to_have_value("32")
    rows.fill("")
    rows.press_sequentially("e")  # of the letters, Chromium takes no other
    rows.press("Enter")
    expect(page.get_by_text("must be a number; 32 is used")).to_be_visible()
    assert "train_bs=32" in page.url
    enter(page, "bs, rows", "0")
    said = page.get_by_text("bs must be").filter(visible=True)
    sentence = said.inner_text()
    recorded(sentence, 1, 0)
    expect(rows).to_have_accessible_description(sentence)
    expect(rows).to_have_attribute("aria-invalid", "true")
    expect(button(page, "Train")).to_be_disabled()
    expect(said).to_have_count(1)
    more.click()
    expect(said).to_have_text(sentence)  # out of sight, it is told below
    assert page.errors == []


def chosen(page, label: str):
    return page.get_by_role("combobox", name=label)


def test_a_recipe_is_filled_in_at_once_and_a_mark_explains_a_field(page, server):
    open_train(page, server, bs=32)  # opens the fold
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
    assert "train_lr" not in page.url
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
    stop(page)
    assert page.errors == []


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


def test_a_run_that_ended_is_read_at_every_width_in_both_modes(page, server, recorded):
    page.goto(f"{server}/train?run=Model5&train_model=Model3")
    chart = page.locator("[data-panel=loss]")
    page.locator("[data-panel=accuracy] .main-svg").first.wait_for()
    idle(page)
    assert len(page.locator(HEADLINE).inner_text().split()) <= 20
    box = page.locator(".st-key-train_next")  # the next run and the run shown are two things
    expect(box.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    assert box.locator("[data-panel], .play").count() == 0
    says_the_perplexity(page, chart)
    shows_its_speed(page)
    is_zoomed_in_another_mode(page, chart)
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


def says_the_perplexity(page, chart) -> None:
    """The pointer on a curve says a step's loss and its perplexity."""
    at_rest(page, chart.bounding_box)  # it does not go from under the pointer
    chart.locator(".scatterlayer .trace").last.locator(".points path").nth(9).hover(force=True)
    expect(chart.locator(".hoverlayer")).to_contain_text("step 400: 1.174, perplexity 3.24")


def shows_its_speed(page) -> None:
    """The speed is there once a training is pointed at, and nothing moves."""
    bar = page.locator(".st-key-train_bar")
    speed, play = bar.get_by_label("Speed"), bar.locator(".play")
    page.mouse.move(0, 0)
    expect(speed).to_be_hidden()
    step = bar.get_by_label("Training step").bounding_box
    place = at_rest(page, step)
    play.hover()
    expect(speed).to_be_visible()
    assert step() == place
    page.mouse.move(0, 0)
    expect(speed).to_be_hidden()


def is_zoomed_in_another_mode(page, chart) -> None:
    """Another mode draws the curves in its colours, and a chart keeps its zoom and its width.

    The page becomes narrower without the window, as when a lesson's panel opens beside it.
    """
    zoom(page, chart)
    zoomed, color = chart.evaluate(RANGES), chart.evaluate(TRAIN_COLOR)
    page.emulate_media(color_scheme="dark")
    changed = f"([chart, color]) => ({TRAIN_COLOR})(chart) !== color"
    until(page, changed, arg=[chart.element_handle(), color])
    assert chart.evaluate(RANGES) == zoomed
    drawn = chart.locator(".main-svg").first
    before = drawn.bounding_box()["width"]
    page.evaluate("document.documentElement.classList.add('hn-lesson')")
    room = at_rest(page, chart.bounding_box)["width"]
    assert abs(room - before) > 50
    awaited(page, lambda: drawn.bounding_box()["width"], eq, room)
    page.evaluate("document.documentElement.classList.remove('hn-lesson')")


def test_the_control_and_the_picture_come_first(page, server):
    page.goto(f"{server}/train?run=Model5")
    page.locator("[data-panel=accuracy] .main-svg").first.wait_for()
    idle(page)
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


TRAIN_COLOR = "chart => chart.data.find(trace => trace.name === 'train').line.color"


SOCKET = "() => document.querySelector('.st-key-train_curves .hnviz').view.kit.tab.live.socket"
TRAIN_STEPS = "chart => chart.data.find(trace => trace.name === 'train').x"


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


def test_the_list_on_count_finds_renames_and_brings_runs_into_view(page, server, long_name):
    page.goto(f"{server}/?run=Model5&start_all_runs=true")
    runs = page.locator(".st-key-start_runs")
    runs.scroll_into_view_if_needed()
    line = runs.locator(f"tr[data-key='{long_name}']")
    line.locator("small").wait_for(state="attached")
    beyond = partial(
        runs.locator(".hnviz-table").evaluate,
        "table => Math.max(...[table, ...table.querySelectorAll('td')]"
        ".map((each) => each.scrollWidth - each.clientWidth))",
    )
    for width in (1024, 390, 1280):  # nothing is cut
        resize(page, width)
        awaited(page, beyond, le, 0)
    assert not runs.get_by_role("checkbox").count()
    find = runs.get_by_label("Find a run")
    find.fill("bptt 100, lr")
    expect(runs.locator("tr[data-key=Model5]")).to_have_count(0)
    expect(line).to_have_count(1)
    line.get_by_role("button", name="Change").click()
    line.get_by_role("button", name="Rename").click()
    line.get_by_role("textbox").fill("mine")
    line.get_by_role("textbox").press("Enter")
    expect(line.locator("a")).to_have_text("mine")
    assert "run=Model5" in page.url, "a press on a control brings no run into view"
    find.fill("zebra")
    expect(runs.locator(".note")).to_contain_text("“zebra”")
    find.fill("")
    current = runs.locator("tr[aria-current=true]")
    expect(current).to_have_attribute("data-key", "Model5")
    link = runs.locator("tr[data-key=Model3] a")
    assert link.get_attribute("href").endswith("/train?run=Model3")
    link.click()
    page.wait_for_url("**run=Model3**")
    expect(current).to_have_attribute("data-key", "Model3")
    runs.locator("tr[data-key=Model0] [data-column=state]").click()
    page.wait_for_url("**run=Model0**")
    expect(current).to_have_attribute("data-key", "Model0")
    expect(page.locator(".st-key-run_line")).to_contain_text("Model0: pre-trained")
    assert page.errors == []


def training_speed(page):
    fold = page.locator(".st-key-train_settings details.fold")
    fold.wait_for()
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    return page.get_by_role("combobox", name="Training speed")


def test_a_run_starts_at_the_chosen_speed_which_two_viewers_share(page, server, browser):
    open_train(page, server, epochs=LONG)
    training_speed(page).select_option("5 steps a second")
    page.wait_for_url("**train_speed=5**")
    run = start(page)
    until(page, f"run => {SPEED_OF} === 5", arg=run)
    with profile(browser) as other:
        tab = other.new_page()
        tab.goto(page.url.split("&train_speed")[0])
        expect(training_speed(tab)).to_have_value("5")
        training_speed(tab).select_option("full speed")
        expect(training_speed(page)).to_have_value("full")
    until(page, f"run => {SPEED_OF} === null", arg=run)
    stop(page)
    idle(page)
    open_train(page, server, epochs=LONG, speed=1)  # by a link
    expect(training_speed(page)).to_have_value("1")
    run = start(page)
    until(page, f"run => {SPEED_OF} === 1", arg=run)
    stop(page)
    assert page.errors == []


SPEED_OF = """(timeline => timeline.run === run ? timeline.facts.speed : "another run")(
    document.querySelector('.st-key-train_curves .hnviz').view.kit.timeline)"""


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


def begins_above(box, most) -> bool:
    return box["y"] + min(box["height"], 300) <= most


def is_as_wide_as(box, least) -> bool:
    return box["width"] >= least


def enter(page, field: str, value: str) -> None:
    number(page, field).fill(value)
    number(page, field).press("Enter")


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
