"""What is inside an accuracy and the counting map, in a real browser: each control once."""

import json
import re
import shutil

import pytest

from hnviz.figures.numbers import accuracy
from hnviz.runs import SHIPPED_DIR
from tests.conftest import fits, idle
from tests.gallery import mount

expect = pytest.importorskip("playwright.sync_api").expect


INSIDE = ".st-key-train_inside .hnviz"


def scroll_to_inside(page):
    """Bring the section into view, once what stands above has its height: it is drawn then."""
    page.locator("[data-panel=accuracy] .main-svg").first.wait_for()
    idle(page)
    page.locator(".st-key-train_inside").scroll_into_view_if_needed()


def test_bars_follow_measure_epoch_and_kind(server, page):
    page.goto(f"{server}/train?run=Model1")
    scroll_to_inside(page)
    inside = page.locator(INSIDE)
    inside.locator(".body[data-epoch='6']").wait_for()
    assert inside.locator("h2").inner_text() == "What is inside “46.1 %”"
    hundred = inside.locator("button.row[data-kind=hundred]")
    share = hundred.locator("b").inner_text()
    hits, all_of_them = hundred.locator("small").inner_text().replace(",", "").split(" of ")
    assert share == accuracy(int(hits) / int(all_of_them))
    inside.get_by_role("button", name="loss", exact=True).click()
    page.wait_for_url("**inside=loss**")
    assert "Of the valid loss of 2.1" in inside.locator(".said").inner_text()
    assert re.search(r" a valid loss of 2\.1\d\d$", inside.locator("h2").inner_text())
    inside.locator(".epoch input").fill("0")
    inside.locator(".body[data-epoch='1']").wait_for()
    assert inside.locator(".epoch b").inner_text() == "1 of 6"
    page.wait_for_url("**snapshot=261**")  # the page's training step, in its link
    expect(page.locator(".st-key-train_bar .shown")).to_have_text("261 of 1,566")
    inside.locator(".epoch input").fill("5")
    inside.locator(".body[data-epoch='6']").wait_for()
    expect(page.locator(".st-key-train_bar .shown")).to_have_text("1,566 of 1,566")
    # Whole numbers are counted while they are seen, the last snapshot first.
    counted = inside.locator("svg[data-points]:not([data-points='0'])")
    counted.wait_for()
    assert counted.get_attribute("aria-label").startswith("Share of whole next numbers right")
    inside.get_by_role("button", name="accuracy", exact=True).click()
    inside.locator("button.row[data-kind=ones]").click()
    worst = inside.locator(".worst")
    worst.scroll_into_view_if_needed()
    worst.locator(".hn-worst li").first.wait_for()
    page.wait_for_url("**train_worst_kind=ones**")
    expect(worst.locator(".places-said")).to_contain_text(
        "nine are right on valid after 1,566 steps"
    )
    assert inside.locator("button.row[aria-pressed=true]").get_attribute("data-kind") == "ones"
    said = worst.locator(".hn-worst").text_content()
    worst.get_by_role("button", name="train", exact=True).click()
    expect(worst.locator(".places-said")).to_contain_text("words one to nine are right on train")
    page.wait_for_url("**train_worst_split=train**")
    expect(worst.locator(".hn-worst")).not_to_have_text(said)
    page.reload()
    scroll_to_inside(page)
    worst.scroll_into_view_if_needed()
    expect(worst.locator(".places-said")).to_contain_text("words one to nine are right on train")
    assert page.errors == []


def test_a_kind_that_there_is_not_is_told(server, page):
    page.goto(f"{server}/train?run=Model1&train_worst_kind=zebra")
    scroll_to_inside(page)
    page.get_by_text("asks for train_worst_kind=zebra, which is not one of comma").wait_for()
    page.get_by_text("Choose a kind, here or at its bar").wait_for()
    assert page.errors == []


def test_positions_follow_their_split(server, page):
    page.goto(f"{server}/train?run=Model3&train_view=By+position")
    page.locator("[data-panel=accuracy] .main-svg").first.wait_for()
    chart = page.locator(".st-key-train_positions [data-panel=positions]")
    page.locator(".st-key-train_positions").scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for()
    expect(chart).to_have_attribute("aria-label", re.compile("^Model3 after 800 steps, on valid"))
    page.locator("[class*=st-key-train_positions_split]").get_by_text("train", exact=True).click()
    expect(chart).to_have_attribute("aria-label", re.compile("^Model3 after 800 steps, on train"))
    assert page.errors == []


def test_it_says_of_how_many_snapshots_the_whole_numbers_are_still_to_come(gallery, page):
    page.route("**/whole_numbers?*", lambda route: None)  # no answer comes
    mount(page, gallery, picture="train/inside", state="ready", mode="light", width=1280)
    shown = page.locator("figcaption", has_text="Whole next number right, after three")
    expect(shown).to_contain_text(re.compile(r"still to be counted at (\d+) of \1 snapshots"))
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.slow
def test_the_bars_move_while_a_run_trains(server, page):
    page.goto(f"{server}/train?train_model=Model0&train_epochs=500")
    page.locator("[data-panel=loss] .main-svg").first.wait_for()
    idle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator(".told", has_text=" of 130,500").wait_for()
    scroll_to_inside(page)
    bars = page.locator(f"{INSIDE} .body")
    expect(bars).to_have_attribute("data-epoch", re.compile(r"\d"))
    expect(bars).not_to_have_attribute("data-epoch", bars.get_attribute("data-epoch"))
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume", exact=True).wait_for()
    number, percent, *_ = (
        page.locator(".st-key-train_curves .hnviz-sentence").inner_text().split()[-4:]
    )
    expect(page.locator(f"{INSIDE} h2")).to_have_text(f"What is inside “{number} {percent}”")
    assert page.errors == []


def test_a_run_of_before_says_what_it_lacks(app, page):
    old = app.runs / "old-map"
    shutil.copytree(SHIPPED_DIR / "Model0", old)
    shutil.rmtree(old / "snapshots")
    events = [json.loads(line) for line in (old / "events.jsonl").read_text().splitlines()]
    kept = [{name: value for name, value in event.items() if not name.endswith("_kinds")}
            for event in events if event["event"] != "snapshot"]  # fmt: skip
    (old / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in kept))
    page.goto(f"{app.url}/train?run=old-map")
    scroll_to_inside(page)
    page.get_by_text("an older hnviz trained it").wait_for()
    shutil.rmtree(old)


def test_a_phone_gets_bars_that_fit(server, page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{server}/train")
    scroll_to_inside(page)
    page.locator(f"{INSIDE} .body[data-epoch]").wait_for()
    fits(page, 390)
