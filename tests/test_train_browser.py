"""The Train page in a real browser: a run is started, watched, left and found again."""

import re

import psutil
import pytest

from hnviz.runs import RunStore
from tests.conftest import idle, start_server, stop_server

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
pytestmark = pytest.mark.xdist_group("browser")

POINTS = "[...document.querySelectorAll('[data-panel=loss]')].map(c => +c.dataset.points)[0] ?? 0"


def button(page, name: str):
    return page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def number(page, label: str):
    return page.get_by_role("spinbutton", name=label)


def open_train(page, server: str, **settings: object) -> None:
    query = "&".join(f"train_{name}={value}" for name, value in settings.items())
    page.goto(f"{server}/train?{query}")
    page.locator("[data-panel=loss] .main-svg").first.wait_for(timeout=20_000)
    idle(page)


def start(page) -> str:
    """Press Train; return the new run's id, as it stands in the address."""
    before = page.url
    button(page, "Train").click()
    page.wait_for_function("before => location.href !== before", arg=before)
    run = re.search(r"[?&]run=([^&]+)", page.url)[1]
    page.locator(f"[data-panel=loss][data-of='{run}']").wait_for()
    return run


def points(page) -> int:
    return page.evaluate(POINTS)


def test_a_run_grows_and_survives_a_refresh(page, server):
    open_train(page, server, epochs=40)
    run = start(page)
    page.wait_for_function(f"() => {POINTS} > 5")
    first = points(page)
    page.wait_for_function(f"first => {POINTS} > first + 5", arg=first)
    expect(page.get_by_text(re.compile(r"step \d+ of 1,600, epoch \d+ of 40"))).to_be_visible()
    page.reload()
    page.locator("[data-panel=loss] .main-svg").first.wait_for(timeout=20_000)
    assert f"run={run}" in page.url
    page.wait_for_function(f"first => {POINTS} > first + 10", arg=first)
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    stopped = points(page)
    button(page, "Resume").click()
    page.wait_for_function(f"stopped => {POINTS} > stopped + 10", arg=stopped)
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()
    assert page.errors == []


def test_pause_step_go_on_stop(page, server):
    open_train(page, server, epochs=60)
    start(page)
    page.wait_for_function(f"() => {POINTS} > 3")
    button(page, "Pause").click()
    expect(page.get_by_text(re.compile(r"paused after step"))).to_be_visible()
    expect(button(page, "Go on")).to_be_enabled()
    page.wait_for_timeout(800)  # the last steps before the pause are still on their way
    paused = paused_step(page)
    button(page, "Step").click()
    page.wait_for_function(
        "step => document.body.innerText.includes(`paused after step ${step} `)",
        arg=f"{paused + 1:,}",
    )
    button(page, "Go on").click()
    expect(page.get_by_text(re.compile(r"step [\d,]+ of 2,400, epoch"))).to_be_visible()
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()


def paused_step(page) -> int:
    text = page.get_by_text(re.compile(r"paused after step")).inner_text()
    return int(re.search(r"step ([\d,]+) of", text)[1].replace(",", ""))


def test_a_zoomed_chart_keeps_its_zoom(page, server):
    open_train(page, server, epochs=60)
    start(page)
    page.wait_for_function(f"() => {POINTS} > 10")
    chart = page.locator("[data-panel=loss]")
    node = chart.evaluate("c => (c.kept = true, c.layout.xaxis.range)")
    chart.evaluate("c => Plotly.relayout(c, {'xaxis.range': [0, 50], 'yaxis.range': [1, 3]})")
    now = points(page)
    page.wait_for_function(f"now => {POINTS} > now + 10", arg=now)
    assert chart.evaluate("c => c.kept")  # the same element: it was not mounted again
    assert chart.evaluate("c => c.layout.xaxis.range") == [0, 50] != node
    assert chart.evaluate("c => c.layout.yaxis.range") == [1, 3]
    button(page, "Stop").click()
    expect(button(page, "Resume")).to_be_enabled()


def test_settings_are_in_the_address(page, server):
    open_train(page, server)
    number(page, "bptt, steps").fill("7")
    number(page, "bptt, steps").press("Enter")
    page.wait_for_function("location.search.includes('train_bptt=7')")
    page.reload()
    page.locator("[data-panel=loss] .main-svg").first.wait_for(timeout=20_000)
    expect(number(page, "bptt, steps")).to_have_value("7")


def test_a_bad_setting_is_told_beside_it(page, server):
    open_train(page, server)
    for field, value, sentence in [
        ("bptt, steps", "0", "bptt must be a whole number of at least 1; got 0"),
        ("Epochs", "-3", "epochs must be a whole number of at least 1; got -3"),
        ("lr, highest", "0", "lr must be a finite number above 0; got 0"),
    ]:
        good = number(page, field).input_value()
        for text, told in [(value, 1), (good, 0)]:
            number(page, field).fill(text)
            number(page, field).press("Enter")
            said = page.get_by_text(re.compile(re.escape(sentence)))
            expect(said).to_have_count(told)
            expect(button(page, "Train")).to_be_enabled(enabled=not told)


def test_model0_reads_three_tokens(page, server):
    open_train(page, server, model="Model0", bptt=20)
    expect(page.get_by_text(re.compile("Model0 reads 3 tokens"))).to_have_count(1)
    expect(button(page, "Train")).to_be_disabled()


def test_an_unknown_run_is_told(page, server):
    page.goto(f"{server}/train?run=no-such-run")
    expect(page.get_by_text(re.compile("no run named 'no-such-run'")).first).to_be_visible()
    page.locator("[data-panel=loss] .main-svg").first.wait_for(timeout=20_000)


def test_a_killed_server_leaves_a_run_that_goes_on(page, tmp_path):
    first = start_server(tmp_path)
    open_train(page, first.url, epochs=30)
    run = start(page)
    page.wait_for_function(f"() => {POINTS} > 60")  # past a checkpoint
    engine_and_trainers = psutil.Process(first.process.pid).children(recursive=True)
    first.process.kill()
    first.process.wait()
    _, alive = psutil.wait_procs(engine_and_trainers, timeout=5)
    assert alive == []
    kept = RunStore(first.runs).record(run)
    assert kept.status == "interrupted"

    second = start_server(tmp_path)
    try:
        page.goto(f"{second.url}/train?run={run}")
        expect(page.get_by_text(re.compile("interrupted after step"))).to_be_visible()
        shown = page.wait_for_function(f"() => {POINTS}").json_value()
        button(page, "Resume").click()
        page.wait_for_function(f"shown => {POINTS} > shown + 10", arg=shown)
        button(page, "Stop").click()
        expect(button(page, "Resume")).to_be_enabled()
        assert RunStore(first.runs).record(run).step > kept.step
    finally:
        stop_server(second)
