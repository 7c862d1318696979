"""A served class that works while its processes are killed: runs, a sweep, phones and pictures."""

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from hnviz.classroom.store import ClassStore
from hnviz.config import RunConfig
from hnviz.events import BatchEnd, EpochEnd
from hnviz.learn import fit
from hnviz.lessons import lessons
from hnviz.questions.frame import unpack
from hnviz.runs import RESUMABLE, RunRecord, RunStore
from hnviz.sweeps.store import SweepStore
from hnviz.web.limits import COOKIE
from tests.conftest import Server, start_server, stop_server
from tests.small import figures

ROLES = ("trainer", "trainer", "trainer", "observer", "observer", "forker", "engine", "server")
SEEDS = 4
RUN = {"model": "Model2", "epochs": 6, "bs": 256, "bptt": 5, "device": "cpu"}  # 240 steps
OF_SWEEP = {"model": "Model1", "epochs": 2, "bs": 256, "bptt": 5, "device": "cpu"}
PATIENCE = 120.0  # seconds for anything on a machine that others use too
NOT_NOW = (409, 429, 503)
GONE = (OSError, HTTPException)  # what asking a server raises that is killed meanwhile
STEP, GUESS = next(
    (f"{lesson.id}.{number}", step.guess)
    for lesson in lessons().values()
    for number, step in enumerate(lesson.steps, 1)
    if step.guess and step.guess.kind == "number"
)


@cache
def uninterrupted(**settings: Any) -> list[str]:
    """The figures of a run that nobody interrupts."""
    events = fit(RunConfig.for_model(**settings))
    return sorted(str(figures(each)) for each in events if isinstance(each, BatchEnd | EpochEnd))


def told(record: RunRecord) -> list[str]:
    return sorted(str(figures(each)) for each in (*record.batches, *record.epochs))


@dataclass
class World:
    """A server on a folder of runs, started again whenever it is gone."""

    folder: Path
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)  # run -> the name that was acknowledged
    runs: dict[str, int] = field(default_factory=dict)  # under way -> its seed
    sweep: str = ""

    def __post_init__(self) -> None:
        self.server: Server | None = None
        self.store = RunStore(self.folder / "runs")
        self.serial = 0

    # The server

    def serve(self) -> Server:
        """Start the server if it is gone."""
        if self.server is None or self.server.process.poll() is not None:
            self.server = start_server(
                self.folder, HNVIZ_CLASS="free", HNVIZ_MAX_TRAINERS="2", HNVIZ_CLASS_RUNS="1000"
            )
            room = ClassStore(self.folder / "runs").load()
            self.secret, self.code = room.secret, room.code
        return self.server

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask the server, as the teacher.

        Raises HTTPError for a refusal that says "not now", one of GONE where the server has gone.
        """
        viewer = f"{self.chance.getrandbits(128):032x}"
        headers = {"Cookie": f"hnviz-teacher={self.secret}; {COOKIE}={viewer}"}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self.serve().url}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return json.loads(reply.read())
        except urllib.error.HTTPError as error:
            assert error.code in NOT_NOW, f"{path}: {error.code} {error.read()[:300]!r}"
            raise

    def close(self) -> None:
        if self.server is not None:
            stop_server(self.server)

    # Work

    def work(self) -> None:
        """Keep two runs and a sweep under way; compare each that has ended."""
        for run, seed in list(self.runs.items()):
            self._go_on(run, seed)
        while len(self.runs) < 2:
            seed = self.chance.randrange(SEEDS)
            settings = {**RUN, "seed": seed, "pct_start": 0.2 + self._next() / 1e6}
            answer = self.ask("/api/runs", {"runs": [settings]})["runs"][0]
            assert answer["new"]
            self.runs[answer["run"]] = seed
        self._sweep_on()

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def _go_on(self, run: str, seed: int) -> None:
        record = self.store.record(run)
        if record.status == "finished":
            config = record.config
            wanted = uninterrupted(**{**RUN, "seed": seed, "pct_start": config.pct_start})
            assert told(record) == wanted, f"other figures: {run}"
            self.ask(f"/api/runs/{run}/rename", {"name": f"done {len(self.names)}"})
            self.names[run] = f"done {len(self.names)}"
            del self.runs[run]
            self.done["runs that ended with the same figures"] += 1
            self.done["times that they were resumed"] += _resumes(self.store, run)
        elif record.status in RESUMABLE:
            with suppress(urllib.error.HTTPError):  # it is with the engine already
                self.ask(f"/api/runs/{run}/resume", {})

    def _sweep_on(self) -> None:
        if not self.sweep:
            plan = {"name": f"s{self._next()}", "fixed": OF_SWEEP, "grid": {"seed": [0, 1, 2]}}
            self.sweep = self.ask("/api/sweeps", plan)["sweep"]
        found = SweepStore(self.store.root).load(self.sweep)
        records = [self.store.record(each.run) for each in found.members if each.run]
        if len(records) == 3 and all(each.status == "finished" for each in records):
            for seed, record in enumerate(records):
                assert told(record) == uninterrupted(**OF_SWEEP, seed=seed), "another sweep"
            self.sweep = ""
            self.done["sweeps that ended with the same figures"] += 1
        else:
            with suppress(urllib.error.HTTPError):  # it trains
                self.ask(f"/api/sweeps/{self.sweep}/retry", {})

    # What must hold

    def check(self) -> None:
        """Hold the folder to all that was acknowledged."""
        for path in self.store.root.glob("*/events.jsonl"):
            *lines, _ = path.read_bytes().split(b"\n")
            assert all(line.startswith(b"{") and line.endswith(b"}") for line in lines), path
        lines = {line.id: line for line in self.store.summaries(newest=30)}
        assert [each.problem for each in lines.values() if each.problem] == []
        assert lines.keys() >= self.runs.keys()
        for run in self.runs:
            folder = self.store.folder(run)
            for step in folder.snapshots()[-1:]:
                folder.load_snapshot(step)
            folder.load_resume()
        for run, name in list(self.names.items())[-5:]:
            assert json.loads((self.store.root / run / "label.json").read_text())["name"] == name

    # Processes

    def processes(self) -> dict[str, list[psutil.Process]]:
        """All processes of the server by what they do."""
        found: dict[str, list[psutil.Process]] = {}
        server = psutil.Process(self.serve().process.pid)
        found["server"] = [server]
        with suppress(psutil.Error):
            for engine in server.children():
                if "hnviz.engine" not in " ".join(engine.cmdline()):
                    continue
                found["engine"] = [engine]
                for forker in engine.children():
                    below = forker.children()
                    if below:
                        found["forker"] = [forker]
                    for each in below:
                        role = "trainer" if each.pid in self._writers() else "observer"
                        found.setdefault(role, []).append(each)
        return found

    def _writers(self) -> set[int]:
        pids = set()
        for run in (*self.runs, *(self._members() if self.sweep else ())):
            with suppress(OSError, ValueError, KeyError):
                note = json.loads((self.store.root / run / "writer.json").read_text())
                pids.add(note["pid"])
        return pids

    def _members(self) -> list[str]:
        found = SweepStore(self.store.root).load(self.sweep).members
        return [each.run for each in found if each.run]

    def hit(self) -> str:
        """Kill a process, or stop one for a moment; return which."""
        alive = self.processes()
        role = self.chance.choice([each for each in ROLES if each in alive])
        victim = self.chance.choice(alive[role])
        with suppress(psutil.Error):
            if self.chance.random() < 0.2:
                victim.suspend()
                time.sleep(self.chance.uniform(0.05, 1.0))
                victim.resume()
                return f"{role} stopped"
            victim.kill()
            if role == "server":
                victim.wait(10)
        return f"{role} killed"


def _resumes(store: RunStore, run: str) -> int:
    return (store.root / run / "events.jsonl").read_bytes().count(b'"event": "resumed"')


class Aside(threading.Thread):
    """Does something again and again beside the kills; its first failure is kept."""

    def __init__(self, world: World, do: Callable[[World, random.Random], None]) -> None:
        super().__init__(daemon=True)
        self.world, self.do, self.failure = world, do, ""
        self.over = threading.Event()
        self.start()

    def run(self) -> None:
        chance = random.Random(self.do.__name__)
        while not self.over.is_set():
            try:
                self.do(self.world, chance)
            except (*GONE, WebSocketException, EOFError):
                time.sleep(0.1)  # the server is gone; it comes back
            except Exception as error:
                self.failure = f"{self.do.__name__}: {error!r}"
                return


class Phones:
    """Phones that answer a step of a lesson; what was acknowledged must be there for good."""

    def __init__(self) -> None:
        self.members: list[str] = []
        self.held: dict[str, list[float | None]] = {}  # member -> acknowledged, and on its way

    def answer(self, world: World, chance: random.Random) -> None:
        url = world.server.url if world.server else ""
        if len(self.members) < 3 or chance.random() < 0.1:
            body = json.dumps({"code": world.code}).encode()
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(f"{url}/api/class/join", body, headers)
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                    self.members.append(json.loads(reply.read())["token"])
            except urllib.error.HTTPError as error:
                assert error.code in NOT_NOW, error.read()
        member = chance.choice(self.members)
        with connect(f"{url.replace('http', 'ws')}/api/class/live", open_timeout=10) as line:
            line.send(json.dumps({"op": "hello", "token": member, "have": []}))
            (mine,) = (each["mine"] for each in _heard(line.recv(30)) if "mine" in each)
            values = self.held.setdefault(member, [None])
            assert mine.get(STEP) in values, f"lost: {values}, got {mine}"
            self.held[member] = values = [mine.get(STEP)]
            for number in range(1, 4):
                value = float(round(chance.uniform(GUESS.low, GUESS.high), 3))
                values.append(value)
                guess = {"op": "guess", "id": number, "step": STEP, "value": value}
                line.send(json.dumps(guess))
                answers: list[dict[str, Any]] = []
                while not answers:
                    answers = [each for each in _heard(line.recv(30)) if each.get("id") == number]
                assert answers == [{"id": number, "step": STEP}]
                self.held[member] = values = [value]
                world.done["guesses acknowledged"] += 1
        time.sleep(0.3)


def _heard(frame: str | bytes) -> list[dict[str, Any]]:
    said = json.loads(frame)
    return said if isinstance(said, list) else [said]


ANSWERS: dict[int, dict[str, Any]] = {}


def look(world: World, chance: random.Random) -> None:
    """Ask for a picture's data: whoever answers, it is the same."""
    first = chance.randrange(200)
    url = world.server.url if world.server else ""
    address = f"{url}/api/runs/Model5/400/units?split=valid&first={first}&n=7"
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as reply:
            arrays = unpack(reply.read()).arrays
    except urllib.error.HTTPError as error:
        assert error.code in NOT_NOW, f"{error.code}: {error.read()[:200]!r}"
        return
    known = ANSWERS.setdefault(first, dict(arrays))
    for name, array in known.items():
        np.testing.assert_array_equal(arrays[name], array)
    world.done["answers of observers"] += 1
    time.sleep(0.1)


@contextmanager
def beside(world: World) -> Iterator[list[Aside]]:
    """Let phones answer and pictures look meanwhile."""
    asides = [Aside(world, Phones().answer), Aside(world, look)]
    try:
        yield asides
    finally:
        for each in asides:
            each.over.set()
        for each in asides:
            each.join(5)
