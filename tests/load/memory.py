"""The most memory that the processes of a server have, and the largest run that fits a budget."""

import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode

import psutil

from hnviz.config import RunConfig
from hnviz.estimate import Budget, cost
from hnviz.runs import RunStore
from tests.conftest import Server, finished
from tests.load.viewer import TRAIN, Session

MEGABYTE = 10**6
LIMITS = {"server": 300, "engine": 100}  # MB, whatever the run
QUESTIONS = ("units?split=train&first=0&n=100", "unit_codes?layer=1", "state_path?layer=1")
"""Asked about the run that has ended; the last two need the observer for slow questions."""


def largest(budget: Budget, nh: int) -> tuple[RunConfig, RunConfig]:
    """Return the config with most rows that a budget accepts, and the one with a row more."""

    def wide(bs: int) -> RunConfig:
        return RunConfig.for_model("Model5", nh=nh, bptt=64, epochs=1, bs=bs)

    low, high = 1, 4096
    while low < high:
        middle = (low + high + 1) // 2
        fits = budget.problem(wide(middle)) is None
        low, high = (middle, high) if fits else (low, middle - 1)
    return wide(low), wide(low + 1)


def limits(config: RunConfig) -> dict[str, float]:
    """Return the most MB that each kind of process may have."""
    told = cost(config)
    return {
        "trainer": told.memory / MEGABYTE,
        "observer": told.observer / MEGABYTE,
        **LIMITS,
    }


class Peaks:
    """The most memory in MB that each kind of process has had so far."""

    def __init__(self, server: psutil.Process) -> None:
        self.most: dict[str, float] = {}
        self._server = server
        self._forks: dict[int, str] = {}

    def look(self, forked: str) -> None:
        """Look at all processes; `forked` names those that were not there before."""
        for process in [self._server, *self._server.children(recursive=True)]:
            with suppress(OSError, psutil.Error, StopIteration):
                name, status = self._name(process, forked), f"/proc/{process.pid}/status"
                lines = Path(status).read_text().splitlines()
                line = next(line for line in lines if line.startswith("VmHWM"))
                peak = int(line.split()[1]) * 1024 / MEGABYTE
                self.most[name] = max(self.most.get(name, 0.0), peak)

    def _name(self, process: psutil.Process, forked: str) -> str:
        words = " ".join(process.cmdline())
        if "forkserver" in words or "resource_tracker" in words:
            return self._forks.setdefault(process.pid, forked)
        return "engine" if "hnviz.engine" in words else "server"


async def _press_train(server: Server, config: RunConfig) -> list[str]:
    """Press Start on Train with a run's settings; return the problems that the page shows."""
    names = ("model", "nh", "bptt", "epochs", "bs")
    query = urlencode({f"train_{name}": getattr(config, name) for name in names})
    async with Session(server.port, query) as session:
        await session.press()
        await session.press(*TRAIN)
        await session.press()  # once more, as the page runs again by itself after Start
        return session.problems


def wait_for_engine(server: Server) -> None:
    """Ask until the engine has started: on a busy machine that takes longer than a press may."""
    for _ in range(20):
        with suppress(HTTPError):
            urllib.request.urlopen(f"{server.url}/api/runs/Model5/400/units?ids=12").close()
            return
        time.sleep(1)


def refused(server: Server, config: RunConfig) -> list[str]:
    """Return what the page says of a run that does not start."""
    wait_for_engine(server)
    problems = finished(_press_train(server, config))
    assert RunStore(server.runs, server.runs).ids() == [], "it was accepted"
    return problems


def peaks_of(server: Server, config: RunConfig) -> dict[str, float]:
    """Train a run to its end and ask about it; return the peaks of all processes."""
    peaks, runs = Peaks(psutil.Process(server.process.pid)), RunStore(server.runs, server.runs)
    wait_for_engine(server)
    peaks.look("observer")
    finished(_press_train(server, config))
    (run,) = runs.ids()
    while runs.record(run).ended is None:
        peaks.look("trainer")
        time.sleep(0.02)
    for question in QUESTIONS:
        with suppress(HTTPError):  # a slow machine gives it up
            urllib.request.urlopen(f"{server.url}/api/runs/{run}/last/{question}").close()
        peaks.look("observer")
    return peaks.most
