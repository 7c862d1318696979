"""The counting map in a real browser: each control once."""

import shutil
from operator import ge

import pytest

from hnviz.app.rooms.predictions.counting_map.picture import FREE_VIEW
from hnviz.runs import SHIPPED_DIR
from tests.conftest import awaited, fits, idle
from tests.views import shown

expect = pytest.importorskip("playwright.sync_api").expect

MAP = "/?count_part=Counting+map"
ROOT = ".st-key-map_picture .hnviz"
CANVAS = f"{ROOT} canvas"
SENTENCE = ".st-key-map_headline .hnviz-sentence"
BAR = ".st-key-map_bar"
LEFT, TOP, RIGHT = 50, 24, 56  # px beside the squares


def open_map(page, server, query=""):
    page.goto(f"{server}{MAP}{query}")
    page.locator(f"{CANVAS}[data-paints]").wait_for()
    page.locator(".hn-number").wait_for()
    page.locator(f"{ROOT} .hnviz-free table").wait_for()  # with its answer the map is drawn again
    page.locator(f"{BAR} .slider").wait_for()
    idle(page)


@pytest.mark.slow
def test_the_map_follows_click_keys_typing_and_the_prompt(server, page, recorded):
    open_map(page, server)
    rows = page.locator(f"{ROOT} .hnviz-free tbody tr")
    expect(rows).to_have_count(2)
    found = [each.locator("th, td").all_inner_texts() for each in rows.all()]
    assert found == shown(FREE_VIEW).meta["rows"]
    canvas, card = page.locator(CANVAS), page.locator(".hn-number h3")
    assert card.inner_text().startswith("8,317")
    assert "7,998 numbers up to 7,999" in canvas.get_attribute("aria-label")
    expect(page.locator(SENTENCE)).to_contain_text(
        "Right: 99.3 % up to 7,999, 6.1 % from 8,001 on."
    )
    cell = (canvas.bounding_box()["width"] - LEFT - RIGHT) / 100
    canvas.click(position={"x": LEFT + 18.5 * cell, "y": TOP + 43.5 * cell})
    page.get_by_text("after 4,315, 4,316, 4,317").wait_for()
    say = page.locator(f"{ROOT} [aria-live]")
    assert "4,318, after 4,315 to 4,317: ✓ right" in say.inner_text()
    page.locator(f"{ROOT} [role=group][tabindex]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.get_by_text("after 4,416, 4,417, 4,418").wait_for()
    page.wait_for_url("**map_number=4419**")
    box = page.get_by_label("Go to a number")
    assert box.input_value() == "4419"
    box.fill("10000")
    box.press("Enter")
    recorded.shown(page, "The map has the numbers", 1, 9_999, "10000")
    assert canvas.get_attribute("data-picked") == "4419"  # the last good picture stays
    box.fill("8001")
    box.press("Enter")
    page.get_by_text("after 7,998, 7,999, 8,000").wait_for()
    assert canvas.get_attribute("data-picked") == "8001"
    page.reload()
    page.get_by_text("after 7,998, 7,999, 8,000").wait_for()
    idle(page)
    told = canvas.get_attribute("aria-label")
    page.get_by_role("slider", name="Numbers given").focus()
    page.keyboard.press("ArrowLeft")
    page.locator(f"{CANVAS}:not([aria-label={told!r}])").wait_for()
    page.get_by_text("after 7,999, 8,000", exact=True).wait_for()
    assert canvas.get_attribute("aria-label").startswith("Given the two numbers before")
    assert page.errors == []


@pytest.mark.slow
def test_the_map_plays_twelve_steps_on_one_canvas(server, page):
    open_map(page, server, "&run=Model0&snapshot=0&map_given=1")
    page.locator(CANVAS).evaluate(
        """canvas => {
             window.mounted = canvas;
             window.seen = [];
             new MutationObserver(() => seen.push(canvas.getAttribute('aria-label')))
               .observe(canvas, { attributeFilter: ['aria-label'] });
           }"""
    )
    page.locator(f"{BAR} .play").click()
    page.locator(f"{CANVAS}[aria-label*='Model0 after 1,566 steps']").wait_for()
    page.get_by_role("button", name="Play the training").wait_for()
    told = page.evaluate("seen.map(said => /after ([0-9,]+) step/.exec(said)[1])")
    steps = [int(step.replace(",", "")) for step in dict.fromkeys(told)]
    assert len(steps) == 11 and steps == sorted(steps)  # and step 0 before them
    assert page.locator(CANVAS).evaluate("canvas => canvas === window.mounted")
    # A server that others use too may refuse a map for now, which is then asked for again.
    assert [error for error in page.errors if "429" not in error] == []


def test_maps_are_fetched_ahead_one_at_a_time_until_the_page_is_left(server, page):
    asked, going = [], set()
    most = [0]

    def begin(request):
        if "/counting_map?" in request.url:
            asked.append(request.url)
            going.add(request.url)
            most[0] = max(most[0], len(going))

    def end(request):
        going.discard(request.url)

    page.on("request", begin)
    page.on("requestfinished", end)
    page.on("requestfailed", end)
    open_map(page, server, "&run=Model1&map_given=2")
    awaited(page, lambda: len(asked), ge, 3)
    assert most[0] == 1
    page.get_by_role("link", name="Feed", exact=True).click()
    page.locator(ROOT).wait_for(state="detached")
    left = len(asked)
    page.wait_for_timeout(1500)
    assert len(asked) <= left + 1


def test_bad_input_is_one_sentence_and_the_map_stays(app, page, recorded):
    open_map(page, app.url, "&map_given=9&map_number=abc&run=Model0")
    recorded.shown(page, "which is not one of", 1, 5, 9, 1, 2, 3, 4, 5)
    page.get_by_text("map_number=abc, which is not a whole number from 1 to 9,999.").wait_for()
    broken = app.runs / "broken-map"
    shutil.copytree(SHIPPED_DIR / "Model0", broken)
    path = broken / "snapshots" / "1566.safetensors"
    path.write_bytes(path.read_bytes()[:200])
    page.goto(f"{app.url}{MAP}&run=broken-map")
    page.get_by_text("choose another snapshot").first.wait_for()
    page.locator(f"{BAR} .slider").press("Home")
    page.locator(f"{CANVAS}[aria-label*='Model0 untrained']").wait_for()
    assert "choose another snapshot" not in page.inner_text("body")
    assert "Traceback" not in page.inner_text("body")
    shutil.rmtree(broken)


def test_a_run_without_snapshots_says_so(app, page):
    old = app.runs / "no-map"
    shutil.copytree(SHIPPED_DIR / "Model0", old)
    shutil.rmtree(old / "snapshots")
    lines = (old / "events.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if '"event": "snapshot"' not in line]
    assert len(kept) < len(lines)
    (old / "events.jsonl").write_text("".join(kept))
    for view in ("Counting+map", "Next+word"):
        page.goto(f"{app.url}/predictions?predictions_view={view}&run=no-map")
        page.get_by_text("ended before its first snapshot").first.wait_for()
    shutil.rmtree(old)


def test_a_phone_gets_squares_that_fit(server, page):
    page.set_viewport_size({"width": 390, "height": 900})
    open_map(page, server, "&run=Model0")
    fits(page, 390)
