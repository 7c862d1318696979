"""What an address or a run's folder says appears as text: no dialog, no request, no live link."""

import json
from collections.abc import Iterator
from itertools import count
from urllib.parse import urlencode

import pytest

from hnviz.app.shell.keys import ADDRESS
from hnviz.app.shell.navigation import PAGES
from hnviz.config import RunConfig
from hnviz.events import Ended, RunStarted
from hnviz.lessons.panel import page_path
from hnviz.runs import RunStore
from hnviz.web.assets import styled
from tests.conftest import Server, idle, start_server, stop_server
from tests.test_first_minute_browser import FIRST

EVIL = "evil.example"
PAYLOADS = (
    "<script>alert(1)</script>",
    f"<img src=http://{EVIL}/a onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    f"<a href='http://{EVIL}'>pwn</a> <b>pwn</b>",
    f"[pwn](http://{EVIL})",
    f"![pwn](http://{EVIL}/a.png)",
    f"http://{EVIL}/pwn",
    f"www.{EVIL} pwn@{EVIL}",
    "**pwn** _pwn_ `pwn`",
    ":red[pwn] :material/delete: :bomb:",
    rf"$\href{{http://{EVIL}}}{{pwn}}$",
    "javascript:alert(1)//pwn",
    "-> <- >= pwn~~pwn~~",
    "eight \u202ethousand\u202c one",
    "{pwn} %pwn% ${pwn} {{7*7}}",
    "3498\x00pwn\r\nSet-Cookie: pwn=1",
    # What Plotly makes of the text of a chart
    f"<a href='http://{EVIL}/p'>pwn</a><br><b>pwn</b><sup>pwn</sup>",
    "<span style='color:red'>pwn</span> %{x} $$pwn$$",
    # More of Markdown, and what Streamlit adds to it
    f"<http://{EVIL}/pwn> [pwn]: http://{EVIL}/pwn",
    ":blue-background[pwn] :small[pwn] :rainbow[pwn] :streamlit: :gray-badge[pwn]",
    "# pwn\n- pwn\n\n| pwn | pwn |\n|---|---|\n| pwn | pwn |",
    "~~~\npwn\n~~~ ``pwn`` ==pwn== [^pwn]",
    # More that turns text around
    "a\u2066pwn\u2069 \u200fpwn\u200e \u061cpwn \u202bpwn",
    # More elements that run or load something
    f"<iframe srcdoc='<script>alert(1)</script>' src=http://{EVIL}/f></iframe>",
    f"<style>@import url(http://{EVIL}/s);</style><math><mtext>pwn</mtext></math>",
)
TURNS = (0, 1)
OURS = ("https://github.com/fastai/",)  # the notebook, named on Start

LOOK = styled("""(ours) => {
  const SET = "b, strong, em, i, code, del, s, sup, mark, li, th, h2, h3, tspan[style]";
  const DRAWN =
    ".katex, math, :--icon, iframe[srcdoc], iframe[src], span[style*=red]";
  const TURNS = /[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/;
  const LEADS = ["href", "xlink:href", "src", "action"];
  const found = [];
  const own = (node) => [...node.childNodes].map((each) => each.nodeType === 3 ? each.data : "");
  const visit = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) visit(each.shadowRoot);
      const says = (word) => word.test(each.textContent);
      const href = LEADS.map((name) => each.getAttribute(name)).find(Boolean) ?? "";
      const leads = new URL(href, location.href);
      const known = leads.origin === location.origin || ours.some((one) => href.startsWith(one));
      const is_link = href && !known && !["data:", "blob:"].includes(leads.protocol);
      const acts = [...each.attributes].some(({ name }) => name.startsWith("on"));
      const is_set = each.matches(SET) && says(/pwn/);
      const is_drawn = each.matches(DRAWN) && says(/pwn|delete|alert/);
      const turns = TURNS.test(own(each).join(""));
      const made = is_link || acts || is_set || is_drawn || turns;
      if (made) found.push(each.outerHTML.slice(0, 300));
    }
  };
  visit(document);
  return found;
}""")
"""Elements that a payload made, and what would turn text around."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Iterator[Server]:
    """An app whose runs say each of the payloads, in each of their fields that hold text."""
    folder = tmp_path_factory.mktemp("hostile")
    store = RunStore(folder / "runs")
    for payload in PAYLOADS:
        run = store.create(RunConfig())
        with run.writer() as writer:
            writer.append(
                RunStarted(n_batches=40, n_steps=400, n_weights=1, device=payload, time=1.0)
            )
            writer.append(Ended(status="failed", step=0, message=f"failed: {payload}", time=2.0))
        broken = store.create(RunConfig()).path / "config.json"
        content = json.loads(broken.read_text())
        content["config"]["device"] = payload
        broken.write_text(json.dumps(content))
    started = start_server(folder)
    yield started
    stop_server(started)


def given(view: str, turn: int) -> dict[str, str]:
    """A payload for each parameter of a view that its address leaves open."""
    name, _, query = view.partition("?")
    titles = {page_path(file): title for pages in PAGES.values() for file, title in pages.items()}
    own = [key.name for key in ADDRESS if key.page in (titles[name], "every page")]
    chosen = {each.partition("=")[0] for each in query.split("&")}
    number = count(5 * tuple(FIRST).index(view) + len(PAYLOADS) // 2 * turn)
    names = [each for each in own if each not in chosen and each != "present"]  # hides the sidebar
    return {each: PAYLOADS[next(number) % len(PAYLOADS)] for each in names}


def address(view: str, turn: int) -> str:
    """The address of a view, each of its parameters with a payload of its own."""
    name, _, query = view.partition("?")
    return f"{name}?{query}&{urlencode(given(view, turn))}"


def test_three_hundred_payloads_are_tried():
    tried = {
        (view, *each) for view in FIRST for turn in TURNS for each in given(view, turn).items()
    }
    assert len(tried) >= 300
    for payload in PAYLOADS:
        views = {view for view, _, each in tried if each == payload}
        assert len(views) >= len(FIRST) // 2, payload


EACH_TIME = ("", "train", "predictions")  # the others: make slow


@pytest.mark.walk
@pytest.mark.parametrize(
    "view",
    [each if each in EACH_TIME else pytest.param(each, marks=pytest.mark.slow) for each in FIRST],
)
def test_what_an_address_says_is_text(page, hostile, view):
    foreign, dialogs = [], []
    page.on(
        "request", lambda sent: foreign.append(sent.url) if EVIL in sent.url.split("?")[0] else None
    )
    page.on("dialog", lambda shown: (dialogs.append(shown.message), shown.dismiss()))
    for turn in TURNS:
        page.goto(f"{hostile.url}/{address(view, turn)}")
        idle(page)
        page.wait_for_timeout(500)
        assert page.evaluate(LOOK, list(OURS)) == []
    assert (foreign, dialogs) == ([], [])


def test_the_look_finds_what_it_is_for(page, hostile):
    page.goto(hostile.url)
    page.get_by_role("heading", level=1).wait_for()
    idle(page)  # nothing draws the title again
    made = (
        f"<a href='http://{EVIL}'>x</a>", "<b>pwn</b>", "<p onclick='1'>x</p>", "<p>a \u202e b</p>",
        "<span class='katex'>pwn</span>", "<a href='javascript:alert(1)'>x</a>",
        f"<svg><a xlink:href='http://{EVIL}'><text>x</text></a></svg>", "<p>a \u200f b</p>",
        "<svg><text><tspan style='font-weight:bold'>pwn</tspan></text></svg>", "<h2>pwn</h2>",
        f"<form action='http://{EVIL}'></form>", "<span style='color:red'>pwn</span>",
    )  # fmt: skip
    for html in made:
        page.evaluate("html => document.querySelector('h1').innerHTML = html", html)
        assert len(page.evaluate(LOOK, list(OURS))) == 1, html


@pytest.mark.slow
def test_what_a_folder_says_is_text(page, hostile):
    """The list of runs, their own pages and the sidebar."""
    dialogs = []
    page.on("dialog", lambda shown: (dialogs.append(shown.message), shown.dismiss()))
    ids = [each.id for each in RunStore(hostile.runs).summaries() if not each.shipped]
    for run in ids[:: len(ids) // 8]:
        page.goto(f"{hostile.url}/?run={run}&start_all_runs=true")
        page.locator(".st-key-start_runs").scroll_into_view_if_needed()
        page.locator(".st-key-start_runs tr").nth(8).wait_for()
        idle(page)
        assert page.evaluate(LOOK, list(OURS)) == []
    said = " ".join(page.locator(".st-key-start_runs tr").all_inner_texts())
    for payload in PAYLOADS[:8]:
        assert payload in said
    assert dialogs == []
