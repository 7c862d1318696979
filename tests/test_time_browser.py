"""The Through time page in a real browser: its lanes, its map, its marked row, its folds."""

import re

import pytest

from tests.conftest import resize

expect = pytest.importorskip("playwright.sync_api").expect

LANES = ".st-key-time_lanes svg[aria-label^='Three mini-batches']"
MAP = ".map canvas"
TAKEAWAY = ".st-key-time_headline .hnviz-sentence"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
SLIDER = ".st-key-time_bar input[type=range]"


def open_time(page, server, query=""):
    page.goto(f"{server}/time{query}")
    page.locator(LANES).wait_for()
    page.locator(IDLE).wait_for()


def to_the_map(page):
    page.get_by_role("heading", name="What each answer looks back at").scroll_into_view_if_needed()
    page.locator(f"{MAP}[data-whole=true]").wait_for()


def choose(page, name):
    page.locator(".st-key-time_lanes").get_by_role("radio", name=name, exact=True).click()


def requests_of(page) -> list[str]:
    """The addresses that the page asks the API for from now on."""
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/api/" in request.url else None
    )
    return asked


def test_the_marked_row_follows_click_keys_and_slider(server, page):
    open_time(page, server)
    to_the_map(page)
    canvas = page.locator(MAP)
    assert canvas.get_attribute("data-row") == "22"
    said = page.locator(".said")
    assert "fourteen”, Model5 after 400 steps says “,” and feels the word 22 words back" in (
        said.inner_text()
    )
    expect(said).to_contain_text("The others, as far back: Model4, tanh")
    assert "Model5 trained" not in said.inner_text()  # that is the line it shows itself
    page.locator(".map").focus()
    page.keyboard.press("ArrowUp")
    page.locator(f"{MAP}[data-row='21']").wait_for()
    assert "three hundred”" in said.inner_text() and "21 words back" in said.inner_text()
    assert canvas.get_attribute("aria-label") == said.inner_text()
    box = page.locator(".hnviz:has(.map)").evaluate("root => root.view.box")
    canvas.click(position={"x": box["left"] + 2, "y": box["top"] + 9.5 * box["size"]})
    page.locator(f"{MAP}[data-row='9']").wait_for()
    page.locator(".pick input").fill("4")
    page.locator(f"{MAP}[data-row='4']").wait_for()
    assert "row=4" in page.url
    page.reload()
    page.locator(LANES).wait_for()
    to_the_map(page)
    page.locator(f"{MAP}[data-row='4'][data-whole=true]").wait_for()
    assert page.errors == []


def test_the_lanes_follow_weights_and_cut(server, page):
    open_time(page, server)
    expect(page.locator(TAKEAWAY)).to_contain_text(
        "the farthest of 60 gets .0069 of the nearest; untrained, 1.8e\N{MINUS SIGN}11."
    )
    expect(page.locator(LANES)).to_have_attribute("aria-label", _has("one is 0.7 % of the nearest"))
    choose(page, "untrained")
    expect(page.locator(TAKEAWAY)).to_contain_text("Untrained, the gradient vanishes")
    assert "snapshot=0" in page.url
    expect(page.locator(SLIDER)).to_have_value("0")
    to_the_map(page)
    page.locator(f"{MAP}[data-whole=true][data-picture='Model5 0']").wait_for()
    expect(page.locator(".said")).to_contain_text("Model5 untrained says")
    expect(page.locator(".said")).to_contain_text("Model5 trained, GRU")
    choose(page, "trained")
    expect(page.locator(TAKEAWAY)).to_contain_text("the farthest of 60 gets .0069")
    assert "snapshot=" not in page.url
    assert page.errors == []


def _has(words):
    return re.compile(re.escape(words))


def test_way_and_loss_are_the_browsers_own(server, page):
    """Another way asks nobody for anything; both are in the address, and nothing is rerun."""
    open_time(page, server)
    page.locator(LANES).evaluate("svg => (window.mounted = svg.closest('.hnviz'))")
    asked = requests_of(page)
    for name, said in (
        ("keep", "Without detach, all 60 steps get a gradient"),
        ("reset", "With zeros before each mini-batch"),
    ):
        choose(page, name)
        expect(page.locator(LANES)).to_have_attribute("aria-label", _has(said))
        assert f"time_between={name}" in page.url
    assert not [
        url
        for url in asked
        if "every=true" not in url and "/lanes?" in url and "/Model5/400/" in url
    ]
    choose(page, "all steps")
    expect(page.locator(LANES)).to_have_attribute("aria-label", _has("each mini-batch's loss"))
    assert "time_loss=all+steps" in page.url
    page.reload()
    page.locator(LANES).wait_for()
    expect(page.locator(LANES)).to_have_attribute("aria-label", _has("each mini-batch's loss"))
    for name in ("reset", "all steps"):
        chosen = page.locator(".st-key-time_lanes").get_by_role("radio", name=name, exact=True)
        expect(chosen).to_have_attribute("aria-checked", "true")
    assert page.errors == []


def test_a_second_backward_shows_torchs_error(server, page):
    open_time(page, server, "?run=Model3&time_between=keep")
    page.get_by_text("RuntimeError: Trying to backward through the graph").wait_for()
    choose(page, "reset")
    expect(page.get_by_text("RuntimeError: Trying to backward")).to_be_hidden()
    assert page.errors == []


def test_a_way_that_there_is_not_is_told_above_the_picture(server, page):
    open_time(page, server, "?time_between=never")
    told = page.get_by_text("asks for time_between=never, which is not one of reset, “keep, det")
    told.wait_for()
    choose(page, "keep")
    expect(told).to_be_hidden()
    assert page.errors == []


def test_a_model_without_a_state_has_nothing_to_choose(server, page):
    open_time(page, server, "?run=Model2&time_between=keep")
    page.get_by_text("reset: Model2 carries no state").wait_for()
    expect(page.get_by_role("radio", name="keep, detach")).to_be_hidden()
    assert page.errors == []


def test_another_model_is_shown_at_its_end_by_whoever_was_at_the_end(server, page):
    open_time(page, server)
    _pick_model(page, "Model3")
    expect(page.locator(TAKEAWAY)).to_contain_text("4.3e\N{MINUS SIGN}4 of the nearest")
    expect(page.locator(SLIDER)).to_have_attribute("aria-valuetext", "step 800 of 800")
    choose(page, "untrained")
    expect(page.locator(TAKEAWAY)).to_contain_text("Untrained, the gradient vanishes")
    _pick_model(page, "Model4")
    page.wait_for_url("**snapshot=0**")  # Streamlit's own changes of the address leave it there
    expect(page.locator(TAKEAWAY)).to_contain_text("8.8e\N{MINUS SIGN}21")
    expect(page.locator(SLIDER)).to_have_value("0")
    _pick_model(page, "Model5")  # it was left at its end, and the address says step 0
    expect(page.locator(TAKEAWAY)).to_contain_text(
        "1.8e\N{MINUS SIGN}11 of the nearest; after 400 training steps"
    )
    expect(page.locator(SLIDER)).to_have_value("0")
    assert page.errors == []


def _pick_model(page, name):
    page.locator(".st-key-time_model input").click()
    page.get_by_role("option", name=name, exact=True).click()


def test_what_is_one_press_away_is_fetched_while_nothing_else_happens(server, page):
    asked = requests_of(page)
    open_time(page, server, "?run=Model3&snapshot=400")

    def have(run, step, every):
        return any(f"/{run}/{step}/lanes?" in url and f"every={every}" in url for url in asked)

    near = [("Model3", 360, "false"), ("Model3", 410, "false"), ("Model3", 400, "true")]
    near += [("Model3", 0, "false"), ("Model3", 800, "false")]
    near += [("Model4", 400, "false"), ("Model5", 400, "false"), ("Model2", 400, "false")]
    near += [("Model0", 1566, "false"), ("Model1", 1566, "false")]  # they have no step 400
    for _ in range(200):
        lacking = [each for each in near if not have(*each)]
        if not lacking:
            break
        page.wait_for_timeout(100)
    assert lacking == []
    page.wait_for_timeout(1000)
    n = len([url for url in asked if "/lanes?" in url])
    assert n <= len(near) + 5  # two more neighbours, and what was on its way: it is bounded


def test_the_folds_are_drawn_when_they_are_opened(server, page):
    open_time(page, server)
    assert not page.locator(".st-key-time_costs").count()
    page.get_by_text("What a backward pass costs").click()
    page.locator(".st-key-time_costs").scroll_into_view_if_needed()
    expect(page.locator(".st-key-time_costs .hnviz-sentence")).to_contain_text(
        "Measured just now on"
    )
    assert "time_more_costs=true" in page.url
    page.get_by_text("Where the state goes from train to valid").click()
    page.locator(".st-key-time_handover").scroll_into_view_if_needed()
    between = page.locator(".st-key-time_handover .hnviz-sentence")
    expect(between).to_contain_text("Model5 reads the first valid mini-batch")
    page.locator(".st-key-time_reach").scroll_into_view_if_needed()
    page.locator(".st-key-time_reach svg[role=img]").wait_for()
    reach = page.locator(".st-key-time_reach .hnviz-sentence")
    expect(reach).to_contain_text("Untrained, Model5 reaches furthest; trained, Model4")
    assert page.errors == []


def test_play_turns_the_lanes_and_the_marked_row(server, page):
    open_time(page, server, "?snapshot=320")
    page.locator(".st-key-time_bar").get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".st-key-time_lanes .hnviz")).to_have_attribute("data-step", "400")
    expect(page.locator(SLIDER)).to_have_attribute("aria-valuetext", "step 400 of 400")
    assert page.errors == []


def test_a_phone_gets_its_own_drawing(server, page):
    page.set_viewport_size({"width": 390, "height": 900})
    open_time(page, server)
    assert page.locator(LANES).get_attribute("viewBox").startswith("0 0 358 ")
    to_the_map(page)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(f"{LANES}[viewBox^='0 0 940 ']").wait_for()


def test_takeaway_control_and_picture_come_first(server, page):
    open_time(page, server)
    expect(page.locator(TAKEAWAY)).to_be_visible()
    assert len(page.locator(TAKEAWAY).inner_text().split()) <= 20
    for width, screens in ((1280, 800), (390, 1350)):
        resize(page, width)
        boxes = [
            page.locator(TAKEAWAY).bounding_box(),
            page.locator(SLIDER).bounding_box(),
            page.get_by_role("radio", name="keep, detach").bounding_box(),
        ]
        tops = [box["y"] for box in boxes]
        assert tops == sorted(tops), width
        picture = page.locator(LANES).bounding_box()
        assert picture["y"] + 0.5 * picture["height"] < screens, width
