"""The Through time page in a real browser: its map, its marked row, its lanes."""

from tests.conftest import idle

LANES = ".hn-wide svg[aria-label^='Three mini-batches']"


def open_time(page, server, query=""):
    page.goto(f"{server}/time{query}")
    page.locator(".map canvas[data-whole=true]").wait_for()
    page.locator(LANES).wait_for()
    idle(page)


def test_the_marked_row_follows_click_keys_and_slider(server, page):
    open_time(page, server)
    canvas = page.locator(".map canvas")
    assert canvas.get_attribute("data-row") == "22"
    said = page.locator(".said")
    assert "fourteen”, Model5 after 400 steps says “,” and feels the word 22 words back" in (
        said.inner_text()
    )
    page.locator(".map").focus()
    page.keyboard.press("ArrowUp")
    page.locator(".map canvas[data-row='21']").wait_for()
    assert "three hundred”" in said.inner_text() and "21 words back" in said.inner_text()
    assert canvas.get_attribute("aria-label") == said.inner_text()
    box = page.locator(".hnviz:has(.map)").evaluate("root => root.view.box")
    canvas.click(position={"x": box["left"] + 2, "y": box["top"] + 9.5 * box["size"]})
    page.locator(".map canvas[data-row='9']").wait_for()
    page.locator(".pick input").fill("4")
    page.locator(".map canvas[data-row='4']").wait_for()
    page.wait_for_url("**/time?**row=4**")
    page.reload()
    page.locator(".map canvas[data-row='4'][data-whole=true]").wait_for()
    assert page.errors == []


def test_the_lanes_follow_weights_model_and_cut(server, page):
    open_time(page, server)
    assert "the farthest one is 0.7 % of the nearest" in page.locator(".hnviz-lead").inner_text()
    before = page.locator(LANES).get_attribute("aria-label")
    page.get_by_role("radio", name="untrained").or_(
        page.get_by_role("button", name="untrained")
    ).first.click()
    page.wait_for_url("**snapshot=0**")
    page.locator(f"{LANES}:not([aria-label={before!r}])").wait_for()
    page.locator(".map canvas[data-whole=true][data-picture*='Model5\", 0']").wait_for()
    assert "Model5 untrained says" in page.locator(".said").inner_text()
    page.goto(f"{server}/time?run=Model3&time_between=keep")
    page.get_by_text("RuntimeError: Trying to backward through the graph").wait_for()
    assert page.errors == []


def test_a_phone_gets_its_own_drawing(server, page):
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{server}/time")
    page.locator(".map canvas[data-whole=true]").wait_for()
    page.locator(".hn-narrow svg").first.wait_for()
    assert not page.locator(".hn-wide svg").first.is_visible()
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
