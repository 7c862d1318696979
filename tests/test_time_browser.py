"""The Through time page in a real browser: its lanes, its map, its marked row, its folds."""

import re
from functools import partial
from operator import eq

import pytest

from hnviz.web.assets import styled
from tests.conftest import at_rest, awaited, fits, resize, until

expect = pytest.importorskip("playwright.sync_api").expect

LANES = ".st-key-time_lanes .lanes"
FIRST_LANE = f"{LANES} button:first-child svg"
SAID = ".st-key-time_lanes .hnviz-lanes-said"
MAP = ".map canvas"
TAKEAWAY = ".st-key-time_headline .hnviz-sentence"
IDLE = styled(":--idle")
SLIDER = ".st-key-time_bar input[type=range]"


def open_time(page, server, query=""):
    page.goto(f"{server}/time{query}")
    page.locator(f"{LANES} .drawn svg").filter(visible=True).first.wait_for()
    page.locator(IDLE).wait_for()


def to_the_map(page):
    page.get_by_role("heading", name="What each answer looks back at").scroll_into_view_if_needed()
    page.locator(f"{MAP}[data-whole=true]").wait_for()


def lane(page, name):
    """The button of a lane; its name begins with the lane's."""
    return page.locator(f"{LANES} button").filter(
        has=page.locator("b", has_text=re.compile(f"^{re.escape(name)}$"))
    )


def are_drawn(page, *names):
    """Wait until lanes are drawn."""
    for name in names:
        expect(lane(page, name).locator(".drawn svg")).to_be_visible()


def requests_of(page) -> list[str]:
    """The addresses that the page asks the API for from now on."""
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/api/" in request.url else None
    )
    return asked


def test_the_marked_row_follows_click_keys_and_slider(server, page, recorded):
    open_time(page, server)
    to_the_map(page)
    canvas = page.locator(MAP)
    assert canvas.get_attribute("data-row") == "22"
    said = page.locator(".said")
    expect(said).to_contain_text("in place of")  # which comes last
    recorded.shown(said, "steps says", 400)
    recorded.shown(said, "as much as the last", 22, 2.3, 9.7, 6.9, 0.03)
    assert "Model5 trained" not in said.inner_text()  # that is the line it shows itself
    page.locator(".map").focus()
    page.keyboard.press("ArrowUp")
    page.locator(f"{MAP}[data-row='21']").wait_for()
    expect(said).to_contain_text("in place of")
    assert "three hundred”" in said.inner_text() and "21 words back" in said.inner_text()
    assert canvas.get_attribute("aria-label") == said.inner_text()
    box = page.locator(".hnviz:has(.map)").evaluate("root => root.view.box")
    canvas.click(position={"x": box["left"] + 2, "y": box["top"] + 9.5 * box["size"]})
    page.locator(f"{MAP}[data-row='9']").wait_for()
    page.locator(".pick input").fill("4")
    page.locator(f"{MAP}[data-row='4']").wait_for()
    assert "row=4" in page.url
    page.reload()
    page.locator(FIRST_LANE).wait_for()
    to_the_map(page)
    page.locator(f"{MAP}[data-row='4'][data-whole=true]").wait_for()
    assert page.errors == []


def test_the_lanes_follow_the_training_step(server, page):
    open_time(page, server)
    left = "uncut, 0.2\N{NO-BREAK SPACE}% is left 59 steps back."
    expect(page.locator(TAKEAWAY)).to_contain_text(left)
    untrained = lane(page, "No detach, untrained").locator("svg")
    expect(lane(page, "No detach").locator("svg")).to_contain_text("0.2 %")
    before = at_rest(page, partial(untrained.evaluate, "svg => svg.outerHTML"))
    page.locator(SLIDER).press("Home")
    expect(page.locator(TAKEAWAY)).to_contain_text("Untrained, the gradient of mini-batch")
    expect(lane(page, "No detach").locator("svg")).to_contain_text("1 in 82 billion")
    assert untrained.evaluate("svg => svg.outerHTML") == before
    until(page, "() => location.search.includes('snapshot=0')")
    drawn = page.locator(LANES)
    step_0 = at_rest(page, drawn.inner_html)
    page.reload()
    page.locator(FIRST_LANE).wait_for()
    # It is drawn as a whole, and not changed from another step.
    awaited(page, drawn.inner_html, eq, step_0)
    to_the_map(page)
    page.locator(f"{MAP}[data-whole=true][data-picture='Model5 0']").wait_for()
    expect(page.locator(".said")).to_contain_text("Model5 untrained says")
    expect(page.locator(".said")).to_contain_text("Model5 trained (GRU)")
    page.locator(TAKEAWAY).scroll_into_view_if_needed()
    page.locator(SLIDER).press("End")
    expect(page.locator(TAKEAWAY)).to_contain_text(left)
    until(page, "() => !location.search.includes('snapshot=')")
    assert page.errors == []


def test_the_mini_batch_is_chosen_in_the_headline(server, page, recorded):
    """The field and the address name the mini-batch of the loss, the last of three."""
    open_time(page, server)
    field = page.get_by_label("Mini-batch whose gradient is followed back")
    expect(field).to_have_value("7")
    said = page.locator(TAKEAWAY)
    place = at_rest(page, said.bounding_box)
    field.fill("13")
    field.press("Enter")
    expect(said).to_have_attribute(
        "data-said", re.compile("of mini-batch 13 after 20 words; uncut")
    )
    expect(lane(page, "No detach").locator("svg")).to_be_visible()
    expect(page.locator(".st-key-time_lanes .drawn").first).to_contain_text("mini-batch 13")
    assert "time_batch=13" in page.url
    assert field.evaluate("field => field.getRootNode().activeElement === field")
    field.press("ArrowUp")
    expect(said).to_have_attribute("data-said", re.compile("of mini-batch 14 "))
    awaited(page, said.bounding_box, eq, place)
    wrong_said = page.locator(".st-key-time_headline .hnviz-trouble").last
    for wrong in ("40", "1", "2.5", ""):
        field.fill(wrong)
        field.press("Enter")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(wrong_said).to_be_visible()
    recorded(wrong_said.inner_text(), 2, 39)
    assert "time_batch=14" in page.url
    page.reload()
    expect(field).to_have_value("14")
    field.fill("7")
    field.press("Enter")
    expect(said).to_have_attribute("data-said", re.compile("of mini-batch 7 "))
    expect(wrong_said).to_be_hidden()
    until(page, "() => !location.search.includes('time_batch')")
    assert page.errors == []


def test_a_mini_batch_that_the_text_lacks_is_said_and_the_first_ones_are_shown(server, page):
    open_time(page, server, "?time_batch=40")
    told = page.get_by_text(
        "The address asks for time_batch=40, which is not a whole number from 2 to 39."
    )
    expect(told).to_have_count(1)
    expect(page.get_by_label("Mini-batch whose gradient is followed back")).to_have_value("7")
    assert page.errors == []


NAMES = {
    "Detach": "detach",
    "No detach": "keep",
    "No detach, untrained": "untrained",
    "Reset": "reset",
}


def test_a_lane_that_is_chosen_stays_and_the_others_are_hidden(server, page):
    """Another lane asks nobody for anything; it is in the address, and nothing is rerun."""
    open_time(page, server)
    expect(page.locator(SAID)).to_contain_text("Click a lane to look at it alone")
    are_drawn(page, *NAMES)
    asked = requests_of(page)
    for name, value in NAMES.items():
        lane(page, name).click()
        expect(lane(page, name)).to_have_attribute("aria-pressed", "true")
        begins = name.removeprefix("No detach, ").capitalize()
        expect(page.locator(SAID)).to_have_text(re.compile(f"^{begins}: "))
        assert f"time_between={value}" in page.url
        for other in NAMES:
            expect(lane(page, other).locator(".drawn svg")).to_be_visible(visible=other == name)
    assert not [
        url
        for url in asked
        if "every=true" not in url and "/lanes?" in url and "/Model5/400/" in url
    ]
    page.reload()
    lane(page, "Reset").locator("svg").wait_for()
    expect(lane(page, "Reset")).to_have_attribute("aria-pressed", "true")
    lane(page, "Reset").press("Enter")
    expect(page.locator(f"{LANES} [aria-pressed=true]")).to_have_count(0)
    assert "time_between" not in page.url
    assert page.errors == []


def test_every_step_may_have_a_loss(server, page):
    open_time(page, server)
    box = page.get_by_role("checkbox", name="A loss at every step")
    box.check()
    expect(lane(page, "Detach").locator("svg")).to_contain_text("losses")
    expect(page.locator(SAID)).to_contain_text("Now every answer has a loss")
    assert "time_loss=all+steps" in page.url
    page.reload()
    page.locator(FIRST_LANE).wait_for()
    expect(lane(page, "Detach").locator("svg")).to_contain_text("losses")
    expect(box).to_be_checked()
    box.uncheck()
    expect(page.locator(SAID)).to_contain_text("Click a lane")
    until(page, "() => !location.search.includes('time_loss')")
    assert page.errors == []


def test_a_second_backward_shows_torchs_error(server, page):
    open_time(page, server, "?run=Model3&time_between=keep")
    page.get_by_text("RuntimeError: Trying to backward through the graph").wait_for()
    lane(page, "Reset").click()
    expect(page.get_by_text("RuntimeError: Trying to backward")).to_be_hidden()
    assert page.errors == []


def test_a_way_that_there_is_not_is_told_above_the_picture(server, page):
    open_time(page, server, "?time_between=never")
    told = page.get_by_text("asks for time_between=never, which is not one of detach, keep, unt")
    told.wait_for()
    lane(page, "No detach").click()
    expect(told).to_be_hidden()
    assert page.errors == []


def test_a_model_without_a_state_has_two_lanes(server, page):
    open_time(page, server, "?run=Model2&time_between=keep")
    expect(page.locator(f"{LANES} button b")).to_have_text(["Reset", "Reset, untrained"])
    expect(page.locator(f"{LANES} [aria-pressed=true]")).to_have_count(0)
    expect(page.locator(SAID)).to_contain_text("Click a lane")
    are_drawn(page, "Reset", "Reset, untrained")
    assert page.errors == []


def test_another_model_is_shown_at_its_end_by_whoever_was_at_the_end(server, page):
    open_time(page, server)
    _pick_model(page, "Model3")
    expect(page.locator(TAKEAWAY)).to_contain_text("0.01\N{NO-BREAK SPACE}% is left 59 steps back")
    expect(page.locator(SLIDER)).to_have_attribute("aria-valuetext", "step 800 of 800")
    page.locator(SLIDER).press("Home")
    expect(page.locator(TAKEAWAY)).to_contain_text("Untrained, the gradient of mini-batch")
    _pick_model(page, "Model4")
    page.wait_for_url("**snapshot=0**")  # Streamlit's own changes of the address leave it there
    expect(page.locator(TAKEAWAY)).to_contain_text("vanishes: almost nothing")
    expect(page.locator(SLIDER)).to_have_value("0")
    _pick_model(page, "Model5")  # it was left at its end, and the address says step 0
    expect(page.locator(TAKEAWAY)).to_contain_text("1 in 82 billion is left 59 steps back")
    expect(page.locator(SLIDER)).to_have_value("0")
    assert page.errors == []


def _pick_model(page, name):
    page.get_by_role("combobox", name="Run shown on all pages").click()
    page.get_by_role("option", name=f"{name}, pre-trained", exact=True).click()


def test_what_is_one_press_away_is_fetched_while_nothing_else_happens(server, page):
    asked = requests_of(page)
    open_time(page, server, "?run=Model3&snapshot=400")

    def have(run, step, every):
        return any(f"/{run}/{step}/lanes?" in url and f"every={every}" in url for url in asked)

    near = [("Model3", 360, "false"), ("Model3", 410, "false"), ("Model3", 400, "true")]
    near += [("Model3", 0, "false"), ("Model3", 800, "false")]
    near += [("Model4", 400, "false"), ("Model5", 400, "false"), ("Model2", 400, "false")]
    near += [("Model0", 1566, "false"), ("Model1", 1566, "false")]  # they have no step 400
    awaited(page, lambda: [each for each in near if not have(*each)], eq, [])
    page.wait_for_timeout(1000)
    n = len([url for url in asked if "/lanes?" in url])
    beyond = 4  # the models beyond the ladder that have lanes
    assert n <= len(near) + beyond + 5  # two more neighbours, what was on its way: it is bounded


def test_the_folds_are_drawn_when_they_are_opened(server, page):
    open_time(page, server)
    assert not page.locator(".st-key-time_handover").count()
    page.get_by_text("Where the state goes from train to valid").click()
    page.locator(".st-key-time_handover").scroll_into_view_if_needed()
    between = page.locator(".st-key-time_handover .hnviz-sentence")
    expect(between).to_contain_text("Model5 reads the first valid mini-batch")
    page.get_by_text("gradient reaches furthest").click()
    page.locator(".st-key-time_reach").scroll_into_view_if_needed()
    reach = page.locator(".st-key-time_reach")
    expect(reach.locator(".hnviz-sentence")).to_contain_text("steps back in Model4; untrained")
    bars = reach.locator(".track i")
    expect(bars).to_have_count(12)
    measured = "bars => bars.map((bar) => bar.getBoundingClientRect().width)"
    widths = at_rest(page, partial(bars.evaluate_all, measured))
    (model4, _), (model5, untrained) = (widths[at : at + 2] for at in (8, 10))
    assert model5 / model4 == pytest.approx(40 / 59, abs=0.01)
    assert untrained / model4 == pytest.approx(10 / 59, abs=0.01)
    assert page.errors == []


def test_play_turns_the_lanes_and_the_marked_row(server, page):
    open_time(page, server, "?snapshot=320")
    page.get_by_role("button", name="Play the training").click()
    expect(page.locator(".st-key-time_lanes .hnviz")).to_have_attribute("data-step", "400")
    expect(page.locator(SLIDER)).to_have_attribute("aria-valuetext", "step 400 of 400")
    assert page.errors == []


def test_a_phone_gets_its_own_drawing(server, page):
    page.set_viewport_size({"width": 390, "height": 900})
    open_time(page, server)
    page.locator(f"{FIRST_LANE}[viewBox^='0 0 358 ']").wait_for()
    to_the_map(page)
    fits(page, 390)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(f"{FIRST_LANE}[viewBox^='0 0 740 ']").wait_for()


def test_takeaway_control_and_picture_come_first(server, page):
    open_time(page, server)
    expect(page.locator(TAKEAWAY)).to_be_visible()
    takeaway = page.locator(TAKEAWAY)
    awaited(page, takeaway.bounding_box, lambda box: box["height"] < 40)  # one line
    reading, slider = page.locator(".st-key-time_reading"), page.locator(SLIDER)
    box = page.get_by_role("checkbox", name="A loss at every step")
    for width, screens in ((1280, 800), (390, 1350)):
        resize(page, width)
        awaited(page, partial(tops, takeaway, reading, slider, box), come_in_order, screens)


def tops(*parts):
    return [part.bounding_box()["y"] for part in parts]


def come_in_order(found, end) -> bool:
    return found == sorted(found) and found[-1] < end
