"""The learning rate finder in a real browser: a test that runs, what it suggests, and its bench."""

import re

import pytest
from starlette.testclient import httpx

from hnviz.runs import RunStore
from tests.conftest import idle, until
from tests.saved import more

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

SECONDS = 90_000  # ms, in which a machine that many share trains four small runs
TINY = "train_find=true&train_model=Model1&train_bptt=64&train_bs=256&train_nh=8"


def open_finder(page, server: str, query: str = TINY):
    page.goto(f"{server}/train?{query}")
    finder = page.locator(".st-key-train_finder")
    finder.scroll_into_view_if_needed()
    finder.locator(".hnviz[data-ready]").wait_for()
    idle(page)
    return finder


def test_a_rate_is_found_taken_and_tried(page, server, app, recorded):
    """The test runs once; its rate goes into the settings; three short runs come beside it."""
    finder = open_finder(page, server)
    expect(finder.locator("[aria-live]")).to_contain_text("A test shows which rates work here")
    finder.get_by_role("button", name="Run the test").click()
    expect(finder.locator("[aria-live]")).to_contain_text("Try an lr between", timeout=SECONDS)
    run = until(page, "() => new URL(location.href).searchParams.get('lr_test')")
    (line,) = RunStore(app.runs).range_tests()
    assert (line.id, line.status) == (run, "finished")
    assert run not in RunStore(app.runs).ids()
    found = finder.locator("[aria-live] strong").first.inner_text()
    use = finder.get_by_role("button", name=f"Use lr {found}")
    use.click()
    box = page.get_by_role("spinbutton", name="lr, highest")
    expect(box).to_have_value(re.compile(rf"^{re.escape(found[:3])}e-0?{found[-1]}$"))
    finder.get_by_role("button", name="steepest").click()
    expect(finder.get_by_role("button", name="steepest")).to_have_attribute("aria-pressed", "true")
    finder.get_by_role("button", name="valley").click()
    finder.get_by_role("button", name="Bench it:").click()
    caption = finder.locator("figcaption").last
    expect(caption).to_contain_text("the running loss on train", timeout=SECONDS)
    recorded(caption.inner_text().partition(" at lr")[0], 2)
    made = (each.config for each in RunStore(app.runs).summaries())
    rates = {each.lr for each in made if (each.nh, each.bptt, each.epochs) == (8, 64, 2)}
    assert len(rates) == 3 and float(found) in rates
    page.reload()  # the test is in the address, and nothing trains again
    finder.scroll_into_view_if_needed()  # a part out of sight loads nothing
    expect(finder.locator("[aria-live]")).to_contain_text(f"the valley, {found}")
    finder.get_by_role("button", name="Run the test").click()
    more(finder, "As a table")
    expect(finder.locator(".hnviz-as-table tbody tr").first).to_be_visible()
    assert [each.id for each in RunStore(app.runs).range_tests()] == [run]
    assert page.errors == []


def test_a_test_is_stopped_and_what_cannot_be_is_one_sentence(page, server, app):
    """A run that trains holds the only slot; a wrong setting starts nothing."""
    finder = open_finder(page, server, f"{TINY}&train_seed=3&lr_test=nobody")
    expect(finder.get_by_text("asks for lr_test=nobody, which is not a range test")).to_be_visible()
    asked = {"runs": [{"model": "Model1", "epochs": 900, "seed": at} for at in range(3)]}
    runs = httpx.post(f"{server}/api/runs", json=asked, timeout=60).json()["runs"]
    finder.get_by_role("button", name="Run the test").click()
    finder.get_by_role("button", name="Stop").click()
    expect(finder.locator("[aria-live]")).to_contain_text(re.compile("ended after|Try an lr"))
    for each in runs:
        httpx.post(f"{server}/api/runs/{each['run']}/stop", json={}, timeout=60)
    page.get_by_role("spinbutton", name="bptt, steps").fill("0")
    page.keyboard.press("Enter")
    finder.get_by_text("A setting above cannot be used").wait_for()
    expect(finder.get_by_role("button", name="Run the test")).to_be_disabled()
    assert page.errors == []
