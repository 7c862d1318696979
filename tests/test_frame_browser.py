"""What a picture shows before it is drawn, and when it cannot be: never an empty frame."""

import json
import re
import time
from typing import Any

import pytest

from hnviz.engine.client import HowFar
from hnviz.web.work import Progress
from tests.conftest import awaited, errors_of, idle, until
from tests.gallery import mount, settled

expect = pytest.importorskip("playwright.sync_api").expect

READING = "**/api/runs/*/*/machine?*"
STATES = ".st-key-states_picture .hnviz"
BUSY = "This computer is busy with other questions."


SAID = """() => {
  const isKey = (name) => name.startsWith("st-key-");
  window.said = {};
  const watch = (root) => {
    const note = () => {
      for (const line of root.querySelectorAll(".hnviz-coming, .hnviz-progress")) {
        const place = (root.host ?? line).closest("[class*=st-key-]");
        const said = (window.said[[...(place?.classList ?? [])].find(isKey) ?? ""] ??= []);
        if (!said.includes(line.textContent)) said.push(line.textContent);
      }
    };
    const changes = { characterData: true, childList: true, subtree: true };
    new MutationObserver(note).observe(root, changes);
  };
  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    watch(root);
    return root;
  };
  watch(document);
}"""
"""Note by place what pictures say while they wait: a busy computer looks too late."""

FIRST = "(place) => window.said[place]?.includes('Loading …')"


LOADERS = """() => {
  const create = URL.createObjectURL.bind(URL);
  window.loaders = [];
  URL.createObjectURL = (blob) => {
    const url = create(blob);
    if (blob.type === "text/javascript") window.loaders.push(url);
    return url;
  };
}"""
"""Keep the addresses of the scripts by which Streamlit loads components."""

ENDED = """async () => {
  let ended = 0;
  window.count = () => (ended += 1);
  const body = "export const render = async () => () => window.count();";
  const module = URL.createObjectURL(new Blob([body], { type: "text/javascript" }));
  const { default: load } = await import(window.loaders[0]);
  const parentElement = document.createElement("div");
  parentElement.innerHTML = '<div class="hnviz"></div>';
  document.body.append(parentElement);
  const end = await load({ data: [{ module }], parentElement });
  end();
  const there = ended;
  parentElement.remove();
  end();
  return [there, ended];
}"""
"""How often a picture ended while it was on the page, and after it left the page."""


@pytest.fixture(scope="module")
def tab(context):
    """A tab of its own: what its pages run first stays out of all other tests."""
    tab = context.new_page()
    tab.errors = errors_of(tab)
    tab.add_init_script(f"({SAID})()")
    yield tab
    tab.close()


def told(seconds: float, **known: Any) -> dict[str, Any]:
    """What the route answers while an answer is on its way."""
    progress = Progress(since=time.monotonic() - seconds, **known)
    return {"status": 202, "json": {"progress": progress.told()}}


@pytest.fixture
def route(page):
    """Answer requests to addresses in the server's place, until the test ends."""
    taken = []

    def take(pattern, answer):
        taken.append(pattern)
        page.route(pattern, answer)

    yield take
    for pattern in taken:
        page.unroute(pattern)


def box(page, selector=".hnviz"):
    return page.locator(selector).first.bounding_box()


def test_a_picture_says_at_once_that_it_comes_and_later_how_far_it_is(
    page, gallery, route, recorded
):
    held, asked = [], []

    def answer(request):
        asked.append(request.request.headers["prefer"])
        if len(asked) == 2:
            request.fulfill(**told(61.4, reached=HowFar(3, 11, "mini-batches")))
        elif len(asked) > 3:
            request.continue_()  # this machine may take more than two seconds, too
        else:
            held.append(request)

    route(READING, answer)
    mount(page, gallery, picture="machine", state="ready", mode="light", width=1280)
    root, words = page.locator(".hnviz"), page.locator(".hnviz-progress")
    until(page, FIRST, "")
    expect(root).to_have_attribute("data-state", "loading")
    before = box(page)
    expect(words).to_have_text(re.compile(r"^\D+\. [2-9] s so far\.$"))
    recorded(re.sub(r"\d s", "N s", words.inner_text()))
    held.pop().fulfill(**told(58, waits=True))
    expect(words).to_have_text(re.compile(r"^3 of 11 .*\. 6\d s so far\.$"))
    recorded(re.sub(r"6\d s", "N s", words.inner_text()), 3, 11)
    assert box(page) == before
    awaited(page, lambda: len(asked) > 2)  # it asks again once it has said that
    assert asked == ["respond-async, wait=2"] * 3
    held.pop().continue_()
    assert settled(page) == "ready"
    expect(words).to_be_hidden()
    assert page.errors == []


def test_a_busy_computer_is_asked_again_by_itself_and_by_a_button(page, gallery, route):
    refusals = [{"Retry-After": "3600"}, {"Retry-After": "1"}]

    def answer(request):
        if not refusals:
            return request.continue_()
        said = {"content-type": "application/json", **refusals.pop(0)}
        return request.fulfill(status=503, headers=said, body=json.dumps({"error": BUSY}))

    route(READING, answer)
    mount(page, gallery, picture="machine", state="ready", mode="dark", width=390)
    root = page.locator(".hnviz")
    expect(root).to_have_attribute("data-state", "error")
    expect(page.locator(".hnviz-trouble:visible")).to_have_text(f"{BUSY} Try again")
    # It waits as long as the server says, even when it comes back into view.
    for display in ("none", ""):
        root.evaluate("(root, display) => { root.style.display = display; }", display)
        page.wait_for_timeout(200)
    assert refusals == [{"Retry-After": "1"}]
    page.get_by_role("button", name="Try again").click()
    expect(root).to_have_attribute("data-state", "ready")  # after one more refusal, by itself
    assert refusals == []
    expect(page.locator(".hnviz-trouble:visible")).to_have_count(0)


def test_a_drawing_that_fails_is_a_sentence_and_can_be_tried_again(page, gallery, route):
    changed = []

    def answer(request):
        changed.append(request)
        fails = ("draw({ answer", "draw({ failed = window.fail(), answer")
        body = request.fetch().text().replace(*fails, 1)
        request.fulfill(content_type="text/javascript", body=body)

    page.add_init_script("window.fail = () => { throw new Error('no such thing'); };")
    route("**/hidden_states/units/main.js", answer)
    mount(page, gallery, picture="hidden_states/units", state="ready", mode="light", width=1280)
    page.get_by_text("This picture could not be drawn. Try again").wait_for()
    expect(page.locator(".hnviz")).to_have_attribute("data-state", "error")
    assert changed
    page.evaluate("window.fail = () => null")
    page.get_by_role("button", name="Try again").click()
    assert settled(page) == "ready"
    assert [said for said in page.errors if "no such thing" not in said] == []


def test_the_place_of_a_picture_says_that_it_comes_and_that_it_failed(page, server, route):
    held = []
    route("**/hidden_states/units/main.js*", lambda asked: held.append(asked))
    page.goto(f"{server}/states")
    root = page.locator(STATES)
    until(page, FIRST, "st-key-states_picture")
    expect(root).to_have_attribute("data-state", "loading")
    before = box(page, STATES)
    expect(root).to_have_text(re.compile(r"^Loading: \d+ s so far\.$"))
    held.pop().abort()
    expect(root).to_have_text("This picture could not be loaded. Try again")
    expect(root).to_have_attribute("data-state", "error")
    idle(page)
    assert box(page, STATES)["height"] == before["height"]
    page.get_by_role("button", name="Try again").click()
    awaited(page, lambda: held)
    held.pop().continue_()
    page.locator(f"{STATES}[data-state=ready]").wait_for()


def test_before_its_program_has_come_a_place_is_named_by_the_page(page, server):
    """By a style sheet: Streamlit draws a component some time after its place."""
    page.goto(f"{server}/states")
    page.locator(f"{STATES}[data-state=ready]").wait_for()
    content = page.locator(".st-key-states_picture").evaluate("""(place) => {
      place.querySelector("[data-mounted]").removeAttribute("data-mounted");
      const { content, position } = getComputedStyle(place, "::before");
      return [content, position, getComputedStyle(place).minHeight];
    }""")
    assert content == ['"Loading …"', "absolute", "1130px"]


def test_a_picture_that_is_on_the_page_is_not_ended_with_a_call_that_was_overtaken(page, server):
    """Streamlit ends such a call as soon as it is done, maybe before the next one has begun."""
    page.add_init_script(f"({LOADERS})()")
    page.goto(f"{server}/states")
    page.locator(f"{STATES}[data-state=ready]").wait_for()
    assert page.evaluate(ENDED) == [0, 1]
