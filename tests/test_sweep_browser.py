"""The Sweep page in a real browser: a tiny sweep fills its map, stops and goes on."""

import re
import time

import pytest
from starlette.testclient import httpx

from hnviz.sweeps.store import SweepStore
from tests.conftest import idle, until
from tests.saved import more

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

SECONDS = 90_000  # ms, in which a machine that many share trains four small runs
TINY = {
    "name": "tiny",
    "fixed": {"model": "Model1", "epochs": 1, "nh": 8, "device": "cpu"},
    "grid": {"bptt": [20, 70], "lr": [0.01, 0.1]},
}
LONG = TINY | {"name": "long", "fixed": TINY["fixed"] | {"epochs": 300}}


PROGRESS = """(map) => {
  window.progress = [];
  const note = () => {
    const running = map.querySelectorAll(".square[data-state=running]").length;
    const said = map.querySelector(".headline").textContent.replaceAll("\u00a0", " ");
    window.progress.push([running, said]);
  };
  const changes = { attributes: true, characterData: true, childList: true, subtree: true };
  new MutationObserver(note).observe(map, changes);
}"""
"""Notes how many runs train, and what the headline says: so small a run is soon over."""


@pytest.fixture(autouse=True)
def none_left(app, server):
    """Each test begins without a sweep, and stops its own."""
    yield
    for line in httpx.get(f"{server}/api/sweeps").json()["sweeps"]:
        httpx.post(f"{server}/api/sweeps/{line['id']}/stop", json={}, timeout=60)
        wait_until_over(server, line["id"])
        SweepStore(app.runs).path(line["id"]).unlink()


def wait_until_over(server: str, sweep: str) -> None:
    end = time.monotonic() + SECONDS / 1000
    while httpx.get(f"{server}/api/sweeps/{sweep}").json()["status"] in ("training", "stopping"):
        assert time.monotonic() < end, "the sweep goes on"
        time.sleep(0.02)


def begin(server: str, body: dict) -> str:
    reply = httpx.post(f"{server}/api/sweeps", json=body, timeout=60)
    assert reply.status_code == 200, reply.text
    return reply.json()["sweep"]


def open_sweep(page, server: str, query: str = "") -> None:
    page.goto(f"{server}/sweep{query}")
    page.locator(".st-key-sweep_map .hnviz[data-ready]").wait_for()
    page.locator(".st-key-sweep_map .square").first.wait_for()
    idle(page)


def test_a_form_fills_a_map_square_by_square(page, server, recorded):
    """The form trains four runs; a square opens its run; the link and the table hold the sweep."""
    open_sweep(page, server)
    form, shown = page.locator(".st-key-sweep_form"), page.locator(".st-key-sweep_map")
    expect(shown.locator(".headline")).to_contain_text("No sweep yet: press the card")
    expect(shown.locator(".square")).to_have_count(16)
    expect(form.locator(".card .time")).to_have_text(
        re.compile(r"16 runs, about \d+( to \d+)? (seconds|minutes)\.")
    )
    once = form.locator(".card .time").inner_text()  # the fields begin with the runs of the card
    expect(form.locator("p.time")).to_have_text(once)
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    lr = form.get_by_role("textbox", name="lr, highest")
    go = form.get_by_role("button", name="Train all")
    lr.fill("1e-2 fast")
    go.click()
    expect(form.locator(".plan-wrong")).to_contain_text("got “fast”.")
    form.get_by_label("Model1", exact=True).uncheck()
    go.click()
    expect(form.locator("p.time")).to_have_text("Choose at least one: Model.")
    assert ("POST", f"{server}/api/sweeps") not in asked
    form.get_by_label("Model1", exact=True).check()
    lr.fill("-1")
    go.click()
    recorded.shown(form.locator(".plan-wrong"), "lr must be a finite number", 0, 1)
    lr.fill("1e-2, 1e-1")
    form.get_by_role("textbox", name="bptt, steps").fill("20, 70")
    epochs = form.get_by_role("textbox", name="Epochs")
    epochs.fill("2")  # a shorter run may begin and end between two looks
    epochs.press("Enter")  # only the button starts
    expect(form.locator("p.time")).to_contain_text("4 runs, about")
    assert "sweep=" not in page.url
    shown.locator(".hnviz").evaluate(PROGRESS)
    go.click()
    until(page, "() => /^[0-9a-f]{12}$/.test(new URL(location.href).searchParams.get('sweep'))")
    expect(shown.locator(".square")).to_have_count(4)
    expect(shown.locator(".square[data-state=finished]")).to_have_count(4, timeout=4 * SECONDS)
    running, said = zip(*page.evaluate("window.progress"), strict=True)
    assert any(running)
    assert any(" of 4 runs done" in each for each in said)
    sweep = re.search(r"sweep=(\w+)", page.url).group(1)
    told = httpx.get(f"{server}/api/sweeps/{sweep}").json()
    best = max(told["runs"], key=lambda run: run["accuracy"])
    figure = f"{100 * best['accuracy']:.1f}\u00a0%"
    expect(shown.locator(".headline")).to_contain_text(f"{figure} right on valid")
    among = shown.locator(".square:is(.best, .tied)").filter(has_text=figure.replace("\u00a0", " "))
    expect(among).to_have_count(1)
    page.get_by_role("link", name="Count").first.click()
    page.locator(".st-key-start_reading .hnviz[data-ready]").wait_for()
    page.get_by_role("link", name="Train").first.click()
    page.get_by_text("Many runs", exact=True).first.click()
    until(page, f"() => location.search.includes('sweep={sweep}')")
    expect(lr).to_have_value("1e-2, 1e-1")
    page.reload()
    expect(shown.locator(".square[data-state=finished]")).to_have_count(4)
    open_sweep(page, server)
    until(page, f"() => location.search.includes('sweep={sweep}')")  # the newest: for a link
    more(shown, "As a table")
    expect(shown.locator(".hnviz-as-table tbody tr")).to_have_count(4)
    among.click()
    page.wait_for_url(f"**/train?run={best['run']}*")


def test_a_sweep_is_stopped_and_goes_on(page, server):
    sweep = begin(server, LONG)
    open_sweep(page, server, f"?sweep={sweep}")
    shown = page.locator(".st-key-sweep_map")
    expect(shown.locator(".square[data-state=running]").first).to_be_visible(timeout=SECONDS)
    shown.get_by_role("button", name="Stop").click()
    expect(shown.locator(".status")).to_contain_text("Stopped: 0 of 4", timeout=SECONDS)
    expect(shown.get_by_role("button", name="Stop")).to_be_hidden()
    shown.get_by_role("button", name="Go on").click()
    expect(shown.locator(".square[data-state=running]").first).to_be_visible(timeout=SECONDS)
    expect(shown.get_by_role("button", name="Stop")).to_be_visible()
    form = page.locator(".st-key-sweep_form")
    form.locator(".card").click()
    expect(form.locator(".plan-wrong")).to_contain_text("The sweep “long” is training")


def test_keys_go_from_square_to_square_and_the_look_is_in_the_address(page, server):
    body = TINY | {"grid": TINY["grid"] | {"seed": [0, 1]}}
    sweep = begin(server, body)
    httpx.post(f"{server}/api/sweeps/{sweep}/stop", json={}, timeout=60)
    open_sweep(page, server, f"?sweep={sweep}")
    shown = page.locator(".st-key-sweep_map")
    expect(shown.locator(".map")).to_have_count(1)
    shown.locator(".square").first.focus()
    expect(shown.locator(".point")).to_contain_text("lr 1e-2, bptt 20:")
    page.keyboard.press("ArrowRight")
    expect(shown.locator(".point")).to_contain_text("lr 1e-1, bptt 20:")
    page.keyboard.press("ArrowDown")
    expect(shown.locator(".point")).to_contain_text("lr 1e-1, bptt 70:")
    shown.get_by_role("button", name="each").click()
    expect(shown.locator(".map")).to_have_count(2)
    expect(shown.locator(".map caption").last).to_contain_text("seed 1")
    shown.get_by_role("button", name="loss").click()
    assert "sweep_seeds=each" in page.url and "sweep_show=loss" in page.url
    page.reload()
    expect(shown.locator(".map")).to_have_count(2)
    expect(shown.get_by_role("button", name="loss")).to_have_attribute("aria-pressed", "true")


def test_what_an_address_asks_in_vain_is_one_sentence(page, server):
    open_sweep(page, server, "?sweep=nobody&sweep_show=weather")
    shown = page.locator(".st-key-sweep_map")
    expect(shown.get_by_text("asks for sweep=nobody, which is not a sweep")).to_be_visible()
    page.goto(f"{server}/sweep?sweep={'0' * 12}")
    expect(shown.get_by_text(f"here is no sweep {'0' * 12}")).to_be_visible()


def test_a_locked_page_shows_the_map_alone(page, server):
    open_sweep(page, server, "?lock=1")
    expect(page.locator(".st-key-sweep_form .card")).to_be_hidden()
    expect(page.locator(".st-key-sweep_map .headline")).to_be_visible()
