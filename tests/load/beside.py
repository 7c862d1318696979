"""Whether one viewer who uses up every limit holds up the others: ``python -m tests.load.beside``.

Viewers of a run that trains press and ask, in turn without and with that one beside them. Prints
the 95th percentiles and their ratio.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from starlette.testclient import httpx

from tests.conftest import start_server, stop_server
from tests.load.__main__ import Place, later, press_on, share, stop, train
from tests.load.disk import Disk
from tests.load.viewer import News, Session, named

WARM_UP = 4.0  # seconds
PRESS_EVERY = 2.0  # seconds: 500 presses a side, as a p95 of fewer says little
MOST = 1.2  # the promise


@dataclass
class Times:
    """What the viewers waited for, in ms."""

    presses: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    news: list[float] = field(default_factory=list)


async def ask_on(place: Place, viewer: int, every: float, times: list[float]) -> None:
    """Ask for a stretch that nobody has asked for, again and again."""
    chance = random.Random(viewer)
    base = f"http://127.0.0.1:{place.port}"
    async with httpx.AsyncClient(base_url=base, headers=named(viewer), timeout=60) as client:
        while True:
            await asyncio.sleep(every * chance.uniform(0.5, 1.5))
            first = chance.randrange(12_000)
            begun = time.perf_counter()
            answer = await client.get(
                f"/api/runs/Model5/400/units?split=valid&first={first}&n=60&layer=0"
            )
            answer.raise_for_status()
            times.append(1000 * (time.perf_counter() - begun))


async def play(place: Place, viewers: int, seconds: float, rounds: int) -> tuple[Times, Times]:
    """Return the times without and with the one who uses up every limit."""
    run = await train(place)
    disk = Disk(place.runs / run / "events.jsonl")
    now, alone, beside = Times(), Times(), Times()
    tasks = []

    async def measure(into: Times) -> None:
        await asyncio.sleep(WARM_UP)
        now.presses.clear()
        now.answers.clear()
        for each in news:
            each.heard.clear()
        await asyncio.sleep(seconds)
        into.presses += now.presses
        into.answers += now.answers
        into.news += [late for each in news for late in each.late]

    async with AsyncExitStack() as stack:
        news = [News(place.port, run, disk, viewer) for viewer in range(1, viewers + 1)]
        for each in news:
            session = Session(place.port, f"run={run}", each.viewer)
            await stack.enter_async_context(session)
            await session.press()
            presses = press_on(session, PRESS_EVERY, now.presses)
            beat = later(PRESS_EVERY / viewers * each.viewer, presses)
            asking = ask_on(place, each.viewer, 1.0, now.answers)
            tasks += [asyncio.create_task(task) for task in (each.hear(), beat, asking)]
        for _ in range(rounds):
            await measure(alone)
            command = [sys.executable, "-m", "tests.load.greedy", str(place.port), run]
            greedy = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
            if not await greedy.stdout.readline():  # type: ignore[union-attr]
                raise RuntimeError(f"the greedy viewer ended with status {await greedy.wait()}")
            await measure(beside)
            greedy.kill()
            await greedy.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(stop, place, run)
        disk.close()
    return alone, beside


def report(alone: Times, beside: Times) -> bool:
    """Print the figures; return whether the promise is kept."""
    kept = True
    for name in ("presses", "answers", "news"):
        before, after = getattr(alone, name), getattr(beside, name)
        for part in (0.5, 0.95):
            one, other = share(before, part), share(after, part)
            print(f"{name:8} p{100 * part:2.0f} {one:8.1f} {other:8.1f} ms  {other / one:6.2f}")
        kept &= other <= MOST * one
        print(f"{'':8} of {len(before)} and {len(after)}")
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.beside", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each part")
    parser.add_argument("--viewers", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hnviz-load-") as folder:
        server = start_server(Path(folder))
        place = Place(server.port, server.process.pid, server.runs, Path(folder))
        try:
            kept = report(*asyncio.run(play(place, given.viewers, given.seconds, given.rounds)))
        finally:
            stop_server(server)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
