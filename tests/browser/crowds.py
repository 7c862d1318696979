"""Whether crowds are served as fast as by another checkout: ``python -m tests.browser.crowds DIR``.

A server of each checkout gets, in turns, viewers who open its pages, and watchers of one run that
trains. What a page asks for is written down from a browser first; then clients ask for the same.
Prints the other checkout's figures, this one's, and their ratio: below 1, this one is faster.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Browser, WebSocket
from starlette.testclient import httpx

from tests.brief import some
from tests.browser.against import MOST
from tests.browser.measure import visitor
from tests.conftest import idle
from tests.load.against import ENVIRON, Asked
from tests.load.viewer import Disk, News, Session, named
from tests.programs import a_browser, beside, compared, cpu, turns, two

PAGES = (  # in 0.5.0, and what has the same now
    ("", ""),
    ("data", "feed"),
    ("batches", "feed?feed_part=Batches"),
    ("models", "build"),
    ("train", "train"),
    ("compare", "train?train_part=Compare runs"),
    ("states", "remember"),
    ("predictions?predictions_view=Change the state", "remember?remember_part=Another memory"),
    ("time", "learn-back"),
)
TRAINED = {"model": "Model5", "epochs": 1000}
SPEED = 20  # steps a second: the same work for both checkouts
WARM_UP = 3.0  # seconds
REST = 2500  # ms until a page has asked for all it shows
AT_ONCE = 6  # requests of one browser


@dataclass
class Opened:
    """What a page asks for: below the server's address, in groups that a browser sends at once."""

    page: str
    query: str
    answers: list[str] = field(default_factory=list)
    follows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(eq=False)
class Crowd(Asked):
    """A server, its pages, and what its viewers waited for."""

    pages: list[Opened] = field(default_factory=list)
    follows: list[dict[str, Any]] = field(default_factory=list)  # what a watcher's page does
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    counts: bool = False  # whether what is measured now counts

    def press(self, action: str, viewer: int, run: str = "", body: Any = None) -> None:
        self.connect()  # the last one has been idle for seconds
        super().press(action, viewer, run, body)

    def add(self, name: str, *values: float) -> None:
        if self.counts:
            self.times[name] += values


def written_down(browser: Browser, side: Crowd, address: str) -> Opened:
    """Open a page of a side; return what it asked for."""
    page_name, _, query = address.partition("?")
    found = Opened(page_name, query)

    def sent(text: str | bytes) -> None:
        messages = json.loads(text)
        for message in messages if isinstance(messages, list) else [messages]:
            if message.get("op") == "follow":
                found.follows.append(message)

    def line(socket: WebSocket) -> None:
        if socket.url.endswith("/api/live"):
            socket.on("framesent", sent)

    with visitor(browser) as page:
        page.on("websocket", line)
        page.on(
            "request",
            lambda each: (
                "/api/" in each.url
                and each.method == "GET"
                and found.answers.append("{0.path}?{0.query}".format(urlsplit(each.url)))
            ),
        )
        page.goto(f"{side.server.url}/{address}")
        page.locator(".hnviz[data-ready]").first.wait_for(state="attached")
        idle(page)
        page.wait_for_timeout(REST)
    return found


async def visit(side: Crowd, viewer: int, every: float) -> None:
    """Open one page after the other, on the beat; not all viewers in the same moment."""
    headers, limits = named(viewer), httpx.Limits(max_connections=AT_ONCE, keepalive_expiry=2)
    client = httpx.AsyncClient(base_url=side.server.url, headers=headers, timeout=60, limits=limits)
    async with client, Session(side.server.port, "", viewer) as session:
        await asyncio.sleep(every * (viewer % 30) / 30)
        begun = time.perf_counter()
        for turn in count(viewer):
            opened = side.pages[turn % len(side.pages)]
            session.page, session.query = opened.page, opened.query
            side.add("page", await session.press())
            side.add("answer", *await asyncio.gather(*(get(client, at) for at in opened.answers)))
            assert not session.errors, session.errors
            await asyncio.sleep(max(0.0, begun + (turn + 1 - viewer) * every - time.perf_counter()))


async def get(client: httpx.AsyncClient, address: str) -> float:
    """Return the milliseconds until an answer."""
    begun = time.perf_counter()
    answer = await client.get(address)
    answer.raise_for_status()
    return 1000 * (time.perf_counter() - begun)


async def viewers(side: Crowd, given: argparse.Namespace) -> None:
    """Let viewers open the pages."""
    async with beside(*(visit(side, each + 1, given.every) for each in range(given.viewers))):
        await asyncio.sleep(WARM_UP)
        await spent(side, given.seconds)


async def watchers(side: Crowd, given: argparse.Namespace) -> None:
    """Let watchers follow the run while it trains."""
    side.press("go_on", 1)
    disk = Disk(side.server.runs / side.run / "events.jsonl")
    news = [
        News(side.server.port, side.run, disk, viewer, follows=side.follows)
        for viewer in range(1, given.watchers + 1)
    ]
    try:
        async with beside(*(each.hear() for each in news)):
            await asyncio.sleep(WARM_UP)
            for each in news:
                each.heard.clear()
            await spent(side, given.seconds)
            side.add("news", *(ms for each in news for ms in each.late))
            assert not any(each.errors for each in news)
    finally:
        disk.close()
        side.press("pause", 1)


async def spent(side: Crowd, seconds: float) -> None:
    """Wait; add the cores that the server took, and those of its engine too."""
    server = psutil.Process(side.server.process.pid)
    side.counts = True
    before, begun = (cpu(server), side.busy()), time.perf_counter()
    await asyncio.sleep(seconds)
    passed = time.perf_counter() - begun
    side.add("server, cores", (cpu(server) - before[0]) / passed)
    side.add("all, cores", (side.busy() - before[1]) / passed)


SCENES = {
    "viewers": (viewers, ("page", "answer")),
    "watchers": (watchers, ("news",)),
}


async def play(sides: Sequence[Crowd], name: str, given: argparse.Namespace) -> bool:
    """Let a scene happen in turns; print its figures."""
    scene, waits = SCENES[name]
    for _, side in turns(sides, given.turns):
        await scene(side, given)
        side.counts = False
    kept = [compared(f"{name}: {at}", [side.times[at] for side in sides], MOST) for at in waits]
    for used in ("server, cores", "all, cores"):
        cores = [side.times.pop(used) for side in sides]
        compared(f"{name}: {used}", cores, unit="  ", parts=(0.5,))
    return all(kept)


def prepare(sides: Sequence[Crowd]) -> None:
    """Start the servers and a run of each, and write down what their pages ask for."""
    with a_browser() as browser:
        for side in sides:
            side.serve(**ENVIRON)
            pages = some([each[side.has_rooms] for each in PAGES], 2)
            side.pages = [written_down(browser, side, address) for address in pages]
            side.connect()
            side.run = side.train(TRAINED, 1)
            side.press("speed", 1, body={"speed": SPEED})
            while not (side.server.runs / side.run / "events.jsonl").exists():
                time.sleep(0.1)
            side.follows = written_down(browser, side, f"train?run={side.run}").follows
            side.press("pause", 1)
    for name in ("answers", "follows"):
        n = [sum(len(getattr(page, name)) for page in side.pages) for side in sides]
        print(f"{len(side.pages)} pages: {name} {n[0]} {n[1]}")
    print("a watcher follows", *([each["topic"] for each in side.follows] for side in sides))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.crowds", description=__doc__)
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("--scene", choices=SCENES, action="append", help="both by default")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0, help="of a turn, a side")
    parser.add_argument("--viewers", type=int, default=30)
    parser.add_argument("--watchers", type=int, default=100)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two pages")
    given = parser.parse_args()
    with two(given.other, Crowd) as sides:
        prepare(sides)
        kept = [asyncio.run(play(sides, name, given)) for name in given.scene or SCENES]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
