"""Whether this checkout is as fast as another one: ``python -m tests.load.against DIR``.

A server of each checkout gets the same single requests, in turns. Prints the medians, the 95th
percentiles and the processor time of a server with its engine, each with its ratio: below 1, this
checkout is faster. A checkout against itself shows how much is noise.
"""

import argparse
import asyncio
import http.client
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.conftest import stop_server
from tests.load.viewer import Disk, News, Session, named
from tests.programs import Side, compared, cpu, turns, two

ENVIRON = {
    "HNVIZ_MAX_TRAINERS": "1",  # so a run that is started waits, and takes no processor time
    "HNVIZ_PAUSE_GRACE": "100000",
    "PYTHONDONTWRITEBYTECODE": "",  # from the second start on, nothing is compiled
}
WARM_UP = 20  # turns of each kind that do not count
MOST = 1.05  # the promise, of each 95th percentile
SECONDS = 60.0  # for one answer
TOKENS = 12_000  # among which a stretch begins
PAUSED = {"model": "Model5", "epochs": 100}  # 4,000 steps
WAITING = {"model": "Model0", "epochs": 1}
OPENING = "/api/runs/Model5/400/count_on?number=3498&given=3&n=3"  # the first page of 0.5.0 asks it
UNITS = "/api/runs/Model5/400/units?split=valid&n=60&layer=0"


@dataclass(eq=False)
class Asked(Side):
    """A server that is asked, and what is measured of it."""

    run: str = ""  # of the user, paused
    session: Session = field(init=False)
    news: News = field(init=False)
    hearing: asyncio.Task[None] = field(init=False)

    def start(self) -> tuple[float, float]:
        """Start the server; return the seconds until its first answer, and its engine's first."""
        begun = time.perf_counter()
        self.serve(**ENVIRON)
        self.connect()
        self.ask("GET", OPENING)
        first = time.perf_counter() - begun
        self.ask("GET", f"{UNITS}&first=17")
        return first, time.perf_counter() - begun

    def connect(self) -> None:
        """Open a connection: a server closes one that has been idle for seconds."""
        self._line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SECONDS)

    def ask(self, method: str, path: str, viewer: int = 1, body: Any = None) -> bytes:
        """Return what the server answers. Raises RuntimeError for a refusal."""
        content = None if body is None else json.dumps(body)
        headers = {**named(viewer), "Content-Type": "application/json"}
        self._line.request(method, path, content, headers)
        answer = self._line.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{self.root}: {path} was answered with {answer.status}: {told!r}")
        return told

    def press(self, action: str, viewer: int, run: str = "", body: Any = None) -> None:
        self.ask("POST", f"/api/runs/{run or self.run}/{action}", viewer, body or {})

    def train(self, settings: dict[str, Any], viewer: int) -> str:
        told = self.ask("POST", "/api/runs", viewer, {"runs": [settings]})
        return str(json.loads(told)["runs"][0]["run"])

    def busy(self) -> float:
        """Return the seconds of processor time of the server and its engine so far."""
        used, server = 0.0, psutil.Process(self.server.process.pid)
        for process in (server, *server.children(recursive=True)):
            with suppress(psutil.Error):
                used += cpu(process)
        return used


async def cached(side: Asked, turn: int) -> None:
    side.ask("GET", f"{UNITS}&first=17")


async def new(side: Asked, turn: int) -> None:
    side.ask("GET", f"{UNITS}&first={FIRST[turn]}")


async def described(side: Asked, turn: int) -> None:
    side.ask("GET", "/api/runs/Model5")


async def page(side: Asked, turn: int) -> None:
    await side.session.press()


async def button(side: Asked, turn: int) -> None:
    side.press("speed", turn + 2, body={"speed": 5 + turn % 2})  # a viewer may press ten a second


async def train(side: Asked, turn: int) -> Callable[[], None]:
    run, viewer = side.train({**WAITING, "seed": turn}, turn + 2), turn + 2

    def tidy() -> None:
        side.press("stop", viewer, run)
        side.press("delete", viewer, run)

    return tidy


async def told(side: Asked, turn: int) -> float:
    """Let a paused run do a step; return the seconds from the disk to a viewer."""
    news, before = side.news, side.news.step
    await asyncio.to_thread(side.press, "step", turn + 2)
    async with asyncio.timeout(SECONDS):
        while news.step == before or before not in news.disk.written:
            if side.hearing.done():
                side.hearing.result()  # raises what has ended the line
            await asyncio.sleep(0.002)
    return news.told - news.disk.written[before]


FIRST = random.Random(0).sample(range(100, TOKENS), 5000)
KINDS: dict[str, Callable[[Asked, int], Awaitable[Any]]] = {
    "cached answer": cached,
    "new answer": new,
    "a run's JSON": described,
    "press: page": page,
    "press: button": button,
    "press: train": train,
    "news": told,
}


async def timed(do: Callable[[Asked, int], Awaitable[Any]], side: Asked, turn: int) -> float:
    """Return the seconds that a request took, or those that it measured itself."""
    begun = time.perf_counter()
    told = await do(side, turn)
    seconds = time.perf_counter() - begun
    if callable(told):
        told()
    return told if isinstance(told, float) else seconds


async def measure(name: str, sides: list[Asked], rounds: int) -> bool:
    """Print the figures of one kind; return whether the promise is kept."""
    times: dict[Asked, list[float]] = {side: [] for side in sides}
    begun: dict[Asked, float] = {}
    for side in sides:
        side.connect()
    for turn, side in turns(sides, rounds, -WARM_UP):
        if turn == 0:
            begun[side] = side.busy()
        await asyncio.sleep(0)  # a connection that answers no ping for 20 s is closed
        seconds = await timed(KINDS[name], side, turn + WARM_UP)
        if turn >= 0:
            times[side].append(1000 * seconds)
    used = [1000 * (side.busy() - begun[side]) / rounds for side in sides]
    return compared(name, times.values(), MOST, processor=used)


def starts(sides: list[Asked], n: int) -> bool:
    """Print the seconds from the start to the first answers; leave both servers running."""
    first: dict[Asked, list[float]] = {side: [] for side in sides}
    engines: dict[Asked, list[float]] = {side: [] for side in sides}
    for turn, side in turns(sides, n, -1):
        seconds, engine = side.start()
        if turn >= 0:
            first[side].append(seconds)
            engines[side].append(engine)
        if turn < n - 1:
            stop_server(side.server)
    compared("start: engine", engines.values(), unit="s", parts=(0.5,))
    return compared("start", first.values(), MOST, "s", (0.5,))


async def play(sides: list[Asked], kinds: list[str], rounds: int) -> bool:
    """Measure each kind with a paused run on both servers."""
    kept = True
    async with AsyncExitStack() as stack:
        for side in sides:
            side.connect()
            side.run = side.train(PAUSED, 1)
            events = side.server.runs / side.run / "events.jsonl"
            while not events.exists() or events.read_bytes().count(b"\n") < 2:
                await asyncio.sleep(0.05)
            side.press("pause", 1)
            side.session = Session(side.server.port, f"run={side.run}", 1)
            await stack.enter_async_context(side.session)
            if "news" in kinds:
                disk = Disk(events)
                stack.callback(disk.close)
                side.news = News(side.server.port, side.run, disk, 1)
                side.hearing = asyncio.create_task(side.news.hear())
                stack.callback(side.hearing.cancel)
                async with asyncio.timeout(SECONDS):
                    while not side.news.step and not side.hearing.done():
                        await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        for name in kinds:
            kept &= await measure(name, sides, rounds)
        for side in sides:
            for error in {*side.session.errors}:
                print(f"  an error: {error}")
                kept = False
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.against", description=__doc__)
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=600, help="requests of a kind, a side")
    parser.add_argument("--starts", type=int, default=6, help="of each server")
    parser.add_argument("--kind", choices=KINDS, action="append", help="all by default")
    given = parser.parse_args()
    with two(given.other, Asked) as sides:
        kept = starts(sides, given.starts)
        kept &= asyncio.run(play(sides, given.kind or list(KINDS), given.rounds))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
