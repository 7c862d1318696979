"""A class of viewers: ``python -m tests.load``, or ``make load``.

One run trains at full speed and three wait. A viewer is a protocol client with a Streamlit session
on the Train page and a WebSocket for news. Prints one line a figure, and what it is held against.
Run it on a quiet machine with two cores: the clients take part of one.

News are timed from the moment at which a step is on the disk until a viewer has its number, and
again until it has its point in the loss chart. ``--class`` plays a class of phones instead.

``--hours`` plays the scenes again and again, each time with new viewers and a new run. What the
first scene left behind in the server is compared with what the last one leaves.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil

from hnviz.app.rooms.train.topics import MOST_POINTS
from hnviz.schedule import batch_stride
from tests.load.classroom import VIEWERS, Class, lesson_for_phones
from tests.load.viewer import TRAIN, Disk, News, Session
from tests.programs import MEGABYTE, a_server, beside, cpu, report, share

WARM_UP = 5.0  # seconds
SETTLE = 2.0  # seconds that the last news may take
RECIPE = {"train_model": "Model5", "train_epochs": "1000"}  # 40,000 steps, at 70 a second or fewer
MOST_SECONDS = 500.0  # of a scene, so that its run trains to the scene's end
QUEUED = 3  # runs that wait meanwhile
LEFT = {"memory, MB a viewer": 1, "processes": 0, "descriptors": 0, "temporary files": 0}
NOTHING = {"lost": 0, "errors": 0}
OF_CLASS = {"guess p95, ms": 300, "reveal p95, ms": 300, "press p95, ms": 200}


@dataclass(frozen=True)
class Place:
    """A server under load."""

    port: int
    pid: int
    runs: Path
    temporary: Path


@dataclass(frozen=True)
class Scene:
    """Who looks on, and what is promised."""

    name: str
    viewers: int
    every: float | None  # seconds between two presses of one viewer
    limits: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """What a server and the processes under it hold at one moment."""

    memory: float  # MB of the server itself
    processes: int
    descriptors: int  # of all processes together
    files: int  # in the folder for temporary ones

    @classmethod
    def by(cls, pid: int, temporary: Path) -> "Held":
        """Look at the processes as they are now."""
        server = psutil.Process(pid)
        family = [server, *server.children(recursive=True)]
        alive = [each for each in family if each.status() != psutil.STATUS_ZOMBIE]
        return cls(
            memory=server.memory_info().rss / MEGABYTE,
            processes=len(alive),
            descriptors=sum(each.num_fds() for each in alive),
            files=sum(1 for _ in temporary.rglob("*")),
        )

    def left_over(self, before: "Held", viewers: int) -> dict[str, float]:
        """Return what is held beyond `before`, after so many viewers have come and gone."""
        return {
            "memory, MB a viewer": (self.memory - before.memory) / viewers,
            "processes": self.processes - before.processes,
            "descriptors": self.descriptors - before.descriptors,
            "temporary files": self.files - before.files,
        }


def scenes(viewers: int, watchers: int, every: float) -> list[Scene]:
    pressing = {"press p95, ms": 200, "news p95, ms": 250, "server, cores": 0.5}
    return [
        Scene("pressing", viewers, every, pressing),
        Scene("quiet", viewers, None, {"news p95, ms": 250, "server, cores": 0.1}),
        Scene("watching", watchers, None, {"news p95, ms": 500}),
    ]


async def train(place: Place, cookie: str = "", *, waits: bool = False) -> str:
    """Start a run by a press on Train, or let one wait for its turn; return its id."""
    began = "*/config.json" if waits else "*/events.jsonl"
    before = set(place.runs.glob(began))
    async with Session(place.port, urllib.parse.urlencode(RECIPE), cookie=cookie) as session:
        await session.press()
        await session.press(*TRAIN)
        for _ in range(600):
            new = set(place.runs.glob(began)) - before
            if new:
                return new.pop().parent.name
            await asyncio.sleep(0.1)
    raise RuntimeError(f"no run began within 60 s; the page said {session.errors}")


def stop(place: Place, run: str, cookie: str = "") -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{place.port}/api/runs/{run}/stop",
        data=b"{}",
        headers={"Content-Type": "application/json", "Cookie": cookie},
    )
    urllib.request.urlopen(request, timeout=30).close()


async def press_on(session: Session, every: float, took: list[float], pause: float) -> None:
    """After a pause press every so many seconds, on the beat even after a slow answer."""
    begun = time.perf_counter() + pause
    for turn in count(1):
        await asyncio.sleep(max(0.0, begun + turn * every - time.perf_counter()))
        took.append(await session.press())


async def play(place: Place, scene: Scene, seconds: float) -> dict[str, float]:
    """Let a scene happen; return its figures."""
    run = await train(place)
    waiting = [await train(place, waits=True) for _ in range(QUEUED)]
    disk = Disk(place.runs / run / "events.jsonl")
    server, took = psutil.Process(place.pid), list[float]()
    news = [News(place.port, run, disk, viewer) for viewer in range(1, scene.viewers + 1)]
    sessions = [Session(place.port, f"run={run}", each.viewer) for each in news]
    async with AsyncExitStack() as stack:
        for session in sessions:
            await stack.enter_async_context(session)
            await session.press()
        jobs = [each.hear() for each in news]
        for at, session in enumerate(sessions if scene.every else ()):
            pause = scene.every / scene.viewers * at  # not all in the same moment
            jobs.append(press_on(session, scene.every, took, pause))
        await stack.enter_async_context(beside(*jobs))
        await asyncio.sleep(WARM_UP)
        took.clear()
        for each in news:
            each.heard.clear()
            each.messages = each.size = 0
        own = psutil.Process()
        before, memory = (cpu(server), cpu(own)), server.memory_info().rss
        begun = time.perf_counter()
        await asyncio.sleep(seconds)
        passed = time.perf_counter() - begun
        used, used_here = (cpu(server) - before[0]) / passed, (cpu(own) - before[1]) / passed
        figures = {
            "press p50, ms": share(took, 0.5),
            "press p95, ms": share(took, 0.95),
            "presses": len(took),
            "news p50, ms": share([ms for each in news for ms in each.late], 0.5),
            "news p95, ms": share([ms for each in news for ms in each.late], 0.95),
            "frames a second and viewer": sum(n.messages for n in news) / passed / len(news),
            "kB a second and viewer": sum(n.size for n in news) / passed / len(news) / 1000,
            "server, cores": used,
            "clients, cores": used_here,
            "memory at the beginning, MB": memory / MEGABYTE,
            "memory at the end, MB": server.memory_info().rss / MEGABYTE,
        }
        for each in (*waiting, run):
            await asyncio.to_thread(stop, place, each)
        await asyncio.sleep(SETTLE)
        disk.close()
        figures["lost"] = sum(lost(each, disk) for each in news)
        figures["errors"] = sum(len(each.errors) for each in [*news, *sessions])
        for said in {error for each in [*news, *sessions] for error in each.errors}:
            print(f"  an error: {said}")
    return figures


async def play_class(place: Place, scene: Scene, seconds: float) -> dict[str, float]:
    """Let a class answer while a run trains and others look on; return the figures."""
    room = Class(place.port, place.runs, scene.viewers)
    run = await train(place, room.cookie())
    server, took = psutil.Process(place.pid), list[float]()
    async with AsyncExitStack() as stack:
        await room.enter(stack)
        for at in range(VIEWERS):
            session = await stack.enter_async_context(Session(place.port, f"run={run}"))
            await session.press()
            beat = press_on(session, 2.0, took, 2.0 / VIEWERS * at)
            await stack.enter_async_context(beside(beat))
        await asyncio.sleep(WARM_UP)
        took.clear()
        before, memory, begun = cpu(server), server.memory_info().rss, time.perf_counter()
        await room.play(seconds)
        passed = time.perf_counter() - begun
        figures = {
            **room.figures(share),
            "press p50, ms": share(took, 0.5),
            "press p95, ms": share(took, 0.95),
            "presses": len(took),
            "server, cores": (cpu(server) - before) / passed,
            "memory at the beginning, MB": memory / MEGABYTE,
            "memory at the end, MB": server.memory_info().rss / MEGABYTE,
        }
        with suppress(urllib.error.HTTPError):  # the run may have ended
            await asyncio.to_thread(stop, place, run, room.cookie())
    return figures


def lost(news: News, disk: Disk) -> int:
    """Count the points that a viewer lacks when the run has ended, and gaps on the way."""
    every = batch_stride(disk.n_steps, MOST_POINTS)
    wanted = {step for step in disk.written if step % every == 0}
    return len(wanted - set(news.steps)) + news.gaps


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each scene")
    parser.add_argument("--viewers", type=int, default=30)
    parser.add_argument("--watchers", type=int, default=100)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between presses")
    parser.add_argument("--scene", choices=("pressing", "quiet", "watching"), action="append")
    parser.add_argument("--class", dest="phones", action="store_true", help="a class of phones")
    parser.add_argument("--size", type=int, default=100, help="phones of the class")
    parser.add_argument("--hours", type=float, default=0.0, help="play the scenes again until then")
    given = parser.parse_args()
    if given.phones:
        chosen, story = [Scene("class", given.size, None, OF_CLASS)], play_class
    else:
        chosen, story = scenes(given.viewers, given.watchers, given.every), play
    chosen = [scene for scene in chosen if not given.scene or scene.name in given.scene]
    if given.seconds > MOST_SECONDS:
        parser.error(f"a scene lasts at most {MOST_SECONDS:g} s; for longer, use --hours")
    until = time.monotonic() + 3600 * given.hours
    with tempfile.TemporaryDirectory(prefix="hnviz-load-") as folder:
        temporary = Path(folder) / "temporary"
        temporary.mkdir()
        environ = {"TMPDIR": str(temporary)}
        if given.phones:
            lessons = lesson_for_phones(Path(folder))
            environ |= {"HNVIZ_CLASS": "free", "HNVIZ_CLASS_LESSONS": str(lessons)}
        kept, at_first, viewers = True, None, 0
        with a_server(Path(folder), **environ) as server:
            place = Place(server.port, server.process.pid, server.runs, temporary)
            for scene in rounds(chosen, until):
                figures = asyncio.run(story(place, scene, given.seconds))
                kept &= report(scene.name, scene.viewers, figures, scene.limits | NOTHING)
                if at_first is None:
                    at_first = Held.by(place.pid, temporary)
                else:
                    viewers += scene.viewers
            if viewers:
                left = Held.by(place.pid, temporary).left_over(at_first, viewers)
                kept &= report("left over since the first scene", viewers, left, LEFT)
    return 0 if kept else 1


def rounds(chosen: Sequence[Scene], until: float) -> Iterator[Scene]:
    """Yield the scenes once, and again until the time is over."""
    yield from chosen
    while time.monotonic() < until:
        yield from chosen


if __name__ == "__main__":
    sys.exit(main())
