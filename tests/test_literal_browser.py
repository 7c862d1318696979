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
from hnviz.runs import RunStore
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
)
OURS = ("https://github.com/fastai/",)  # the notebook, named on Start

LOOK = """(ours) => {
  const found = [];
  const own = (node) => [...node.childNodes].map((each) => each.nodeType === 3 ? each.data : "");
  const visit = (root) => {
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) visit(each.shadowRoot);
      const says = (word) => word.test(each.textContent);
      const href = each.getAttribute("href") ?? each.getAttribute("src") ?? "";
      const leads = new URL(href, location.href);
      const known = leads.origin === location.origin || ours.some((one) => href.startsWith(one));
      const is_link = href && !known && !["data:", "blob:"].includes(leads.protocol);
      const acts = [...each.attributes].some(({ name }) => name.startsWith("on"));
      const is_set = each.matches("b, strong, em, i, code, del, s") && says(/pwn/);
      const is_drawn = each.matches(".katex, [data-testid=stIconMaterial]") && says(/pwn|delete/);
      const turns = /[\\u202a-\\u202e\\u2066-\\u2069]/.test(own(each).join(""));
      if (is_link || acts || is_set || is_drawn || turns) found.push(each.outerHTML.slice(0, 300));
    }
  };
  visit(document);
  return found;
}"""
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


def address(view: str, turn: int) -> str:
    """The address of a view, each of its parameters with a payload of its own."""
    name, _, query = view.partition("?")
    titles = {file or "start": title for pages in PAGES.values() for file, title in pages.items()}
    own = [key.name for key in ADDRESS if key.page in (titles[name or "start"], "every page")]
    chosen = {each.partition("=")[0] for each in query.split("&")}
    number = count(turn)
    given = {each: PAYLOADS[next(number) % len(PAYLOADS)] for each in own if each not in chosen}
    given.pop("present")  # a switch that hides the sidebar
    return f"{name}?{query}&{urlencode(given)}"


@pytest.mark.parametrize("view", FIRST)
def test_what_an_address_says_is_text(page, hostile, view):
    foreign, dialogs = [], []
    page.on(
        "request", lambda sent: foreign.append(sent.url) if EVIL in sent.url.split("?")[0] else None
    )
    page.on("dialog", lambda shown: (dialogs.append(shown.message), shown.dismiss()))
    for turn in (0, 7):
        page.goto(f"{hostile.url}/{address(view, turn)}")
        idle(page)
        page.wait_for_timeout(500)
        assert page.evaluate(LOOK, list(OURS)) == []
    assert (foreign, dialogs) == ([], [])


def test_the_look_finds_what_it_is_for(page, hostile):
    page.goto(hostile.url)
    page.get_by_role("heading", level=1).wait_for()
    made = (
        f"<a href='http://{EVIL}'>x</a>", "<b>pwn</b>", "<p onclick='1'>x</p>", "<p>a \u202e b</p>",
        "<span class='katex'>pwn</span>", "<a href='javascript:alert(1)'>x</a>",
    )  # fmt: skip
    for html in made:
        page.evaluate("html => document.querySelector('h1').innerHTML = html", html)
        assert len(page.evaluate(LOOK, list(OURS))) == 1, html


def test_what_a_folder_says_is_text(page, hostile):
    """The list of runs, their own pages and the sidebar."""
    dialogs = []
    page.on("dialog", lambda shown: (dialogs.append(shown.message), shown.dismiss()))
    ids = [each.id for each in RunStore(hostile.runs).summaries() if not each.shipped]
    for run in ids[:: len(ids) // 8]:
        page.goto(f"{hostile.url}/train?run={run}")
        page.locator(".st-key-train_runs tr").nth(8).wait_for()
        idle(page)
        assert page.evaluate(LOOK, list(OURS)) == []
    said = " ".join(page.locator(".st-key-train_runs tr").all_inner_texts())
    for payload in PAYLOADS[:8]:
        assert payload in said
    assert dialogs == []
