"""A class under load: ``python -m tests.load --class``.

A hundred phones, each a protocol client with one WebSocket, answer the steps of a lesson; the
teacher reveals each, and every third after the class has voted on it twice. Meanwhile one run
trains and three other viewers press on the Train page. Times are from sending a guess to its
answer, and from the teacher's press to each phone.
"""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import websockets

from hnviz.classroom.guesses import FIRST, SECOND
from hnviz.classroom.store import ClassStore
from hnviz.lessons import Guess, lessons
from tests.conftest import ROOT
from tests.load.viewer import named

VIEWERS = 3
LESSON = "text-into-batches"  # that phones open
ROUND_SECONDS = 6.0  # between two reveals
TWICE = 3  # every so many steps the class votes twice
ANSWER_SECONDS = 4.0  # within which the phones answer every other step; else all at once


@dataclass
class Phone:
    """One student's phone."""

    port: int
    token: str
    chance: Random
    viewer: int
    answered: list[float] = field(default_factory=list)  # ms from a guess to its answer
    heard: dict[str, float] = field(default_factory=dict)  # step -> when it was revealed here
    n: dict[str, int] = field(default_factory=dict)  # step -> guesses, in the vote with fewer
    again: set[str] = field(default_factory=set)  # steps on which it was asked to vote again
    errors: list[str] = field(default_factory=list)
    _serial: int = 0
    _sent: dict[int, float] = field(default_factory=dict)

    async def __aenter__(self) -> "Phone":
        self._line = await websockets.connect(
            f"ws://127.0.0.1:{self.port}/api/class/live",
            compression=None,
            additional_headers=named(self.viewer),
        )
        await self._line.send(json.dumps({"op": "hello", "token": self.token}))
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._reading.cancel()
        await self._line.close()

    async def _read(self) -> None:
        async for content in self._line:
            now, said = time.perf_counter(), json.loads(content)
            for message in said if isinstance(said, list) else [said]:
                self._take(message, now)

    def _take(self, message: dict[str, Any], now: float) -> None:
        if "error" in message:
            self.errors.append(message["error"])
        elif "values" in message:
            step, n = message["step"], message["n"]
            self.heard[step] = now
            self.n[step] = min(n, message.get("first", message)["n"])
        elif message.get("vote") == SECOND:
            self.again.add(message["step"])
        elif "id" in message:
            self.answered.append(1000 * (now - self._sent.pop(message["id"])))

    async def guess(self, step: str, value: object, spread: float, vote: int = FIRST) -> None:
        """Answer within so many seconds; 0 if all press in the same moment."""
        await asyncio.sleep(self.chance.uniform(0, spread))
        self._serial += 1
        self._sent[self._serial] = time.perf_counter()
        message = {"op": "guess", "id": self._serial, "step": step, "value": value, "vote": vote}
        await self._line.send(json.dumps(message))

    @property
    def unanswered(self) -> int:
        """Guesses that the server has not confirmed."""
        return len(self._sent)


@dataclass
class Class:
    """The phones of a class and its teacher, on a server that runs."""

    port: int
    runs: Path
    size: int

    def __post_init__(self) -> None:
        found = ClassStore(self.runs).load()
        if found is None:
            raise RuntimeError("the server holds no class")
        self.code, self._secret = found.code, found.secret
        self.phones: list[Phone] = []
        self.pressed: dict[str, float] = {}
        self.late: list[float] = []  # ms from the press to a phone
        self.lost = 0
        self.twice: list[str] = []  # steps on which the class has voted twice
        self.fetched: list[float] = []  # ms for a page or a lesson

    def member(self) -> str:
        """Join; return the token."""
        return str(self._post("join", {"code": self.code})["token"])

    def cookie(self) -> str:
        """Return the teacher's cookie, for a page that starts a run."""
        return f"hnviz-teacher={self._secret}"

    def _post(self, name: str, body: dict[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/class/{name}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Cookie": self.cookie()},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.load(answer))

    def _fetch(self, path: str) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Accept-Encoding": "gzip"}
        )
        begun = time.perf_counter()
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
        self.fetched.append(1000 * (time.perf_counter() - begun))

    async def enter(self, stack: AsyncExitStack) -> None:
        """Let all phones join, open the lesson and connect."""
        for number in range(self.size):
            await asyncio.to_thread(self._fetch, "/class/join")
            token = await asyncio.to_thread(self.member)
            await asyncio.to_thread(self._fetch, f"/class/lesson/{LESSON}")
            phone = Phone(self.port, token, Random(number), 1 + number)
            self.phones.append(await stack.enter_async_context(phone))

    async def play(self, seconds: float) -> None:
        """Answer and reveal step after step."""
        end = time.perf_counter() + seconds
        for number, (step, guess) in enumerate(steps(), 1):
            if time.perf_counter() + ROUND_SECONDS > end:
                return
            begun, spread = time.perf_counter(), ANSWER_SECONDS * (number % 2)
            await self._vote(step, guess, spread, FIRST)
            if number % TWICE == 0:
                await asyncio.to_thread(self._post, "discuss", {"step": step})
                await self._vote(step, guess, spread, SECOND)
                self.twice.append(step)
            self.pressed[step] = time.perf_counter()
            await asyncio.to_thread(self._post, "reveal", {"step": step})
            await asyncio.sleep(max(0.5, begun + ROUND_SECONDS - time.perf_counter()))
            self._count(step)

    async def _vote(self, step: str, guess: Guess, spread: float, vote: int) -> None:
        answers = ((each, drawn(guess, each.chance)) for each in self.phones)
        await asyncio.gather(*(each.guess(step, value, spread, vote) for each, value in answers))
        await asyncio.sleep(1)

    def _count(self, step: str) -> None:
        for phone in self.phones:
            self.lost += step in self.twice and step not in phone.again
            self.lost += step not in phone.heard or phone.n[step] != self.size
            if step in phone.heard:
                self.late.append(1000 * (phone.heard[step] - self.pressed[step]))

    def figures(self, share: Any) -> dict[str, float]:
        """Return the class's figures."""
        answered = [ms for phone in self.phones for ms in phone.answered]
        return {
            "page or lesson p95, ms": share(self.fetched, 0.95),
            "steps revealed": len(self.pressed),
            "of these voted on twice": len(self.twice),
            "guesses": len(answered),
            "guess p50, ms": share(answered, 0.5),
            "guess p95, ms": share(answered, 0.95),
            "reveal p50, ms": share(self.late, 0.5),
            "reveal p95, ms": share(self.late, 0.95),
            "lost": self.lost + sum(phone.unanswered for phone in self.phones),
            "errors": sum(len(phone.errors) for phone in self.phones),
        }


def lesson_for_phones(folder: Path) -> Path:
    """Export the lesson that phones open; return its folder."""
    path = folder / "lessons" / f"{LESSON}.html"
    command = [sys.executable, "-m", "hnviz", "export", "lesson", LESSON, "--class"]
    command += ["-o", str(path)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return path.parent


def steps() -> Sequence[tuple[str, Guess]]:
    """List all that the lessons ask."""
    return [
        (f"{lesson.id}.{number}", step.guess)
        for lesson in lessons().values()
        for number, step in enumerate(lesson.steps, 1)
        if step.guess is not None
    ]


def drawn(guess: Guess, chance: Random) -> object:
    """Draw an answer that a step takes."""
    if guess.kind in ("choice", "square"):
        return chance.randrange(len(guess.answers))
    if guess.kind == "number":
        return chance.uniform(guess.low, guess.high)
    return [chance.uniform(guess.low, guess.high) for _ in guess.answers]
