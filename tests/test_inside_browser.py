"""What is inside an accuracy and the counting map, in a real browser: each control once."""

import json
import re
import shutil

import pytest

from hnviz.runs import SHIPPED_DIR
from tests.conftest import idle

expect = pytest.importorskip("playwright.sync_api").expect


MAP = "/predictions?predictions_view=Counting+map"
INSIDE = ".hnviz:has(.measures)"


def scroll_to_inside(page):
    """Bring the section into view, once what stands above has its height: it is drawn then."""
    page.locator("[data-panel=accuracy] .main-svg").first.wait_for(timeout=60_000)
    page.locator("[data-panel=schedule] .main-svg").first.wait_for(timeout=60_000)
    idle(page)
    page.locator(".st-key-train_seen_inside").scroll_into_view_if_needed(timeout=60_000)


def open_map(page, server, query=""):
    page.goto(f"{server}{MAP}{query}")
    page.locator(".map canvas[data-paints]").wait_for(timeout=60_000)
    page.locator(".hn-number").wait_for(timeout=30_000)
    idle(page)


def test_bars_follow_measure_epoch_and_kind(server, page):
    page.goto(f"{server}/train?run=Model1")
    scroll_to_inside(page)
    inside = page.locator(INSIDE)
    inside.locator(".body[data-epoch='5']").wait_for(timeout=60_000)
    assert inside.locator("h2").inner_text() == "What is inside “46 %”"
    hundred = inside.locator("button.row[data-kind=hundred]")
    share = hundred.locator("b").inner_text()
    hits, all_of_them = hundred.locator("small").inner_text().replace(",", "").split(" of ")
    assert share == f"{int(hits) / int(all_of_them):.2f}"
    inside.get_by_role("radio", name="loss").click()
    page.wait_for_url("**inside=loss**")
    assert "Of the valid loss of 2.1" in inside.locator(".said").inner_text()
    inside.locator(".epoch input").fill("0")
    inside.locator(".body[data-epoch='0']").wait_for()
    assert "1 of 6, step 261" in inside.locator(".epoch b").inner_text()
    # Whole numbers are counted in the background, the last snapshot first.
    counted = inside.locator("svg[data-points]:not([data-points='0'])")
    counted.wait_for(timeout=90_000)
    assert counted.get_attribute("aria-label").startswith("Share of whole next numbers right")
    inside.get_by_role("radio", name="accuracy").click()
    inside.locator("button.row[data-kind=ones]").click()
    page.locator(".hn-worst li").first.wait_for(timeout=30_000)
    page.wait_for_url("**train_worst_kind=ones**")
    assert "words one to nine are right on valid after step 1,566" in page.inner_text("body")
    assert inside.locator("button.row[aria-pressed=true]").get_attribute("data-kind") == "ones"
    worst = page.locator(".hn-worst").text_content()
    page.locator("[class*=st-key-train_worst_split]").get_by_text("train", exact=True).click()
    page.get_by_text("words one to nine are right on train").wait_for(timeout=30_000)
    expect(page.locator(".hn-worst")).not_to_have_text(worst, timeout=30_000)
    assert page.errors == []


def test_a_place_whose_report_is_lost_says_again_that_it_was_seen(server, page):
    page.goto(f"{server}/train?run=Model1")
    page.locator("[data-panel=accuracy] .main-svg").first.wait_for()
    idle(page)
    page.locator(".st-key-train_seen_inside .hnviz[data-ready]").evaluate(
        """({ view }) => {
          const send = view.send;
          view.send = (name, times) => (window.said = times) > 1 && send(name, times);
        }"""
    )
    scroll_to_inside(page)
    page.locator(f"{INSIDE} .body[data-epoch='5']").wait_for()
    assert page.evaluate("window.said") == 2


def test_the_bars_move_while_a_run_trains(server, page):
    page.goto(f"{server}/train?train_model=Model0&train_epochs=500")
    idle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator(".hnviz-lead", has_text=" of 130,500").wait_for(timeout=30_000)
    scroll_to_inside(page)
    bars = page.locator(f"{INSIDE} .body")
    expect(bars).to_have_attribute("data-epoch", re.compile(r"\d"), timeout=60_000)
    expect(bars).not_to_have_attribute(
        "data-epoch", bars.get_attribute("data-epoch"), timeout=60_000
    )
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Resume", exact=True).wait_for(timeout=30_000)
    idle(page)
    lead = page.locator(".hnviz-lead").inner_text()
    percent = 100 * float(lead.split("valid accuracy of ")[1].split(";")[0])
    # The share has three digits: half a percent may be told either way. Bars are painted once the
    # page's run is over.
    either = {round(percent - 0.05), round(percent + 0.05)}
    told = re.compile(rf"“({'|'.join(map(str, either))}) %”")
    expect(page.locator(f"{INSIDE} h2")).to_have_text(told)
    assert page.errors == []


def test_the_map_follows_click_keys_typing_and_the_prompt(server, page):
    open_map(page, server)
    canvas, card = page.locator(".map canvas"), page.locator(".hn-number h3")
    assert card.inner_text().startswith("8,317")
    assert "7,998 numbers up to 7,999" in canvas.get_attribute("aria-label")
    view = page.locator(".hnviz:has(.map)")
    place = view.evaluate(
        "({ view: { box } }) => [box.left + 18.5 * box.cell, 24 + 43.5 * box.cell]"
    )
    canvas.click(position={"x": place[0], "y": place[1]})
    page.get_by_text("after 4,315, 4,316, 4,317").wait_for(timeout=30_000)
    assert "4,318, after 4,315 to 4,317: ✓ right" in view.locator(".say").inner_text()
    page.locator(".map").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.get_by_text("after 4,416, 4,417, 4,418").wait_for(timeout=30_000)
    page.wait_for_url("**map_number=4419**")
    box = page.get_by_label("Go to a number")
    box.fill("10000")
    box.press("Enter")
    page.get_by_text("The map has the numbers 1 to 9,999; got 10000.").wait_for()
    box.fill("8001")
    box.press("Enter")
    page.get_by_text("after 7,998, 7,999, 8,000").wait_for(timeout=30_000)
    assert canvas.get_attribute("data-picked") == "8001"
    told = canvas.get_attribute("aria-label")
    page.get_by_role("slider", name="Numbers it is given").focus()
    page.keyboard.press("ArrowLeft")
    page.locator(f".map canvas:not([aria-label={told!r}])").wait_for(timeout=30_000)
    page.get_by_text("after 7,999, 8,000", exact=True).wait_for(timeout=30_000)
    assert "Given the two numbers before" in page.locator(".hnviz-lead").inner_text()
    page.locator(".hn-table tr", has_text="5").get_by_text("0.998").wait_for(timeout=60_000)
    assert page.errors == []


def test_the_map_is_painted_anew_and_not_mounted_while_snapshots_play(server, page):
    open_map(page, server, "&run=Model0&snapshot=1225&map_given=1")
    canvas = page.locator(".map canvas")
    canvas.evaluate("canvas => { canvas.dataset.mark = 'the same'; }")
    told = canvas.get_attribute("aria-label")
    assert "Model0 after 1,225 steps" in told
    page.get_by_role("button", name="Play").click()
    page.locator(".hnviz-lead", has_text="Model0 after 1,566 steps").wait_for(timeout=30_000)
    page.locator(f".map canvas[data-mark='the same']:not([aria-label={told!r}])").wait_for()
    assert page.errors == []


def test_bad_input_is_one_sentence_and_the_map_stays(app, page):
    open_map(page, app.url, "&map_given=9&map_number=abc&run=Model0")
    page.get_by_text("the address wanted '9' here, which is not one of 1, 2, 3, 4, 5").wait_for()
    page.get_by_text("the address wanted 'abc' here, which is not a whole number").wait_for()
    broken = app.runs / "broken-map"
    shutil.copytree(SHIPPED_DIR / "Model0", broken)
    path = broken / "snapshots" / "1566.safetensors"
    path.write_bytes(path.read_bytes()[:200])
    page.goto(f"{app.url}{MAP}&run=broken-map")
    page.get_by_text("choose another snapshot").first.wait_for(timeout=30_000)
    page.get_by_role("slider", name="Snapshot").wait_for()
    assert "Traceback" not in page.inner_text("body")
    shutil.rmtree(broken)


def test_a_run_of_before_says_what_it_lacks(app, page):
    old = app.runs / "old-map"
    shutil.copytree(SHIPPED_DIR / "Model0", old)
    shutil.rmtree(old / "snapshots")
    events = [json.loads(line) for line in (old / "events.jsonl").read_text().splitlines()]
    kept = [{name: value for name, value in event.items() if not name.endswith("_kinds")}
            for event in events if event["event"] != "snapshot"]  # fmt: skip
    (old / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in kept))
    page.goto(f"{app.url}{MAP}&run=old-map")
    page.get_by_text("ended before its first snapshot").wait_for(timeout=30_000)
    page.goto(f"{app.url}/train?run=old-map")
    scroll_to_inside(page)
    page.get_by_text("was trained by an older hnviz").wait_for(timeout=30_000)
    page.get_by_text("Epoch by epoch").wait_for()
    shutil.rmtree(old)


def test_a_phone_gets_squares_and_bars_that_fit(server, page):
    page.set_viewport_size({"width": 390, "height": 900})
    open_map(page, server, "&run=Model0")
    for path in (None, "/train"):
        if path:
            page.goto(f"{server}{path}")
            scroll_to_inside(page)
            page.locator(f"{INSIDE} .body[data-epoch]").wait_for(timeout=60_000)
        main = "document.querySelector('[data-testid=stMain]').scrollWidth"
        assert page.evaluate(main) <= 390
