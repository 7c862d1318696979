"""Trains the runs of a sweep on an engine, a few at a time, and estimates how long that takes."""

import heapq
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Event
from typing import Protocol

from hnviz.config import RunConfig
from hnviz.engine.client import EngineError, Job
from hnviz.estimate import cost
from hnviz.runs import RESUMABLE, DamagedRun, RunNotFound, RunStore
from hnviz.sweeps.store import Sweep, SweepStore

MAX_TRIES = 3  # at a run whose trainer fails or is killed
POLL_SECONDS = 0.05
STOP_SECONDS = 15.0  # allowed for workers that notice the request on their own
DONE = frozenset({"finished", "diverged"})
"""The statuses of a run that is not trained again: a diverged run is a result, too."""

START_SECONDS = 0.3  # of a run in addition to its steps, if these take as long as `cost` says
FORWARD = 1 / 3  # of a training step's time: what a mini-batch of valid takes
TIMED = 4  # runs of a sweep to time, from the shortest steps to the longest
FINE_SECONDS = 20  # an estimate below it is exact to 1 second, above it to 5
UNTIMED = 2.0  # how far an estimate without a measurement may be off, as a factor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """The status of each run of a sweep, in the plan's order; None before a run begins."""

    statuses: tuple[str | None, ...]

    @property
    def n_done(self) -> int:
        """The number of runs that need no more training."""
        return sum(status in DONE for status in self.statuses)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to train."""
        return self.n_done == len(self.statuses)


class SweepEngine(Protocol):
    """Trains the runs: the local engine's client, or a pool of workers."""

    def job(self, run_id: str) -> Job | None:
        """Return the job of a queued or training run; None if the engine has none."""

    def train(self, config: RunConfig, viewer: str = "") -> str:
        """Start or queue a run; return its id. Raises EngineError or RunWriteError."""

    def resume(self, run_id: str, viewer: str = "") -> None:
        """Resume a run that is not done. Raises EngineError."""

    def start_again(self, run_id: str, viewer: str = "") -> None:
        """Train a run again from its first step. Raises EngineError."""

    def stop(self, run_id: str) -> None:
        """Stop a run, or ask its worker to stop. Raises EngineError."""


class Stopwatch(Protocol):
    """Times steps: the local engine's client."""

    def step_seconds(self, configs: Sequence[RunConfig]) -> list[tuple[float, float]]:
        """Return for each run a step's seconds of a core, and its seconds by the clock."""


@dataclass(frozen=True, slots=True)
class Backend:
    """An engine, and how a sweep should use it."""

    engine: SweepEngine
    capacity: int  # runs that it takes at a time, training or queued
    tend: Callable[[], None] = lambda: None  # called in each round, after the engine has its runs
    group: Callable[[RunConfig], str] = lambda config: ""  # a group's runs follow each other
    name: str = "local"
    n_workers: int = 1
    n_here: int = 1  # workers on this machine
    stopwatch: Stopwatch | None = None  # None: the sweep's time is not estimated


class SweepRunner:
    """Trains one sweep."""

    def __init__(self, backend: Backend, store: RunStore, sweep: Sweep) -> None:
        self.sweep = sweep
        self.problems: dict[int, str] = {}  # why runs cannot be trained, by their index
        self._backend, self._engine, self._store = backend, backend.engine, store
        groups = [backend.group(member.config) for member in sweep.members]
        ranks = {group: rank for rank, group in enumerate(dict.fromkeys(groups))}
        self._order = sorted(range(len(groups)), key=lambda index: ranks[groups[index]])
        self._viewer = f"sweep-{sweep.id}"
        self._done: dict[int, str] = {}  # the statuses of runs that are done

    def run(
        self,
        stopping: Event,
        listen: Callable[[Progress], None] = lambda progress: None,
        every: float = POLL_SECONDS,
    ) -> Progress:
        """Train until all runs are done, or `stopping` is set; then stop those that are training.

        A run that was stopped or interrupted resumes from its checkpoint; a finished one is not
        trained again. `listen` is called after each change; `every` is in seconds. Raises
        RunWriteError, and what `tend` raises.
        """
        last: Progress | None = None
        while True:
            now = self.progress()
            if now != last:
                listen(now)
            last = now
            if all(s in DONE or self._is_lost(index, s) for index, s in enumerate(now.statuses)):
                return now
            if stopping.is_set():
                return self._stop(now)
            self._fill(now)
            self._backend.tend()
            time.sleep(every)

    def progress(self) -> Progress:
        """Return the status of all runs."""
        return Progress(tuple(map(self._status, range(len(self.sweep.members)))))

    def failure(self, index: int) -> str | None:
        """Return why a run is not done, if it or its folder says so."""
        run = self.sweep.members[index].run
        if index in self.problems or run is None:
            return self.problems.get(index)
        try:
            ended = self._store.record(run).ended
        except (RunNotFound, DamagedRun) as error:
            return str(error)
        return ended.message if ended and ended.status == "failed" else None

    def _status(self, index: int) -> str | None:
        run = self.sweep.members[index].run
        if index in self.problems:
            return "failed"
        if run is None or index in self._done:
            return self._done.get(index)
        job = self._engine.job(run)
        if job is not None:
            return job.status
        try:
            status = self._store.record(run).status
        except (RunNotFound, DamagedRun):
            return None  # it was deleted, so it is trained again
        if status in DONE:
            self._done[index] = status
        return status

    def _is_lost(self, index: int, status: str | None) -> bool:
        """Return whether a run has used up its tries."""
        has_tries = self.sweep.members[index].tries < MAX_TRIES
        return index in self.problems or (status in RESUMABLE - {"queued"} and not has_tries)

    def _fill(self, now: Progress) -> None:
        """Give the engine as many runs as it takes."""
        room = self._backend.capacity - sum(map(self._is_with_engine, self._order))
        waiting = (index for index in self._order if self._waits(index, now.statuses[index]))
        for index in islice(waiting, max(0, room)):
            if not self._begin(index, now.statuses[index]):
                return
            SweepStore(self._store.root).append(self.sweep, index)

    def _waits(self, index: int, status: str | None) -> bool:
        """Return whether a run has yet to be started or resumed."""
        if status is not None and (status not in RESUMABLE or self._is_with_engine(index)):
            return False
        return not self._is_lost(index, status)

    def _is_with_engine(self, index: int) -> bool:
        run = self.sweep.members[index].run
        return run is not None and self._engine.job(run) is not None

    def _begin(self, index: int, status: str | None) -> bool:
        """Start or resume a run; return whether the engine had room for it."""
        member = self.sweep.members[index]
        try:
            if member.run is None or status is None:
                run = self._engine.train(member.config, self._viewer)
            else:
                run = self._resume(member.run)
        except EngineError as error:
            if error.kind == "busy":  # others have filled the queue
                return False
            self.problems[index] = str(error)
            return True
        self.sweep = self.sweep.with_member(index, run=run, tries=member.tries + 1)
        return True

    def _resume(self, run: str) -> str:
        try:
            self._engine.resume(run, self._viewer)
        except EngineError as error:
            if error.kind == "busy":
                raise
            self._engine.start_again(run, self._viewer)  # its checkpoint is damaged
        return run

    def _stop(self, now: Progress) -> Progress:
        for index, status in enumerate(now.statuses):
            run = self.sweep.members[index].run
            if run is not None and status in ("queued", "running", "paused"):
                try:
                    self._engine.stop(run)
                except EngineError:
                    continue  # it has just ended
        until = time.monotonic() + STOP_SECONDS
        while any(map(self._is_with_engine, self._order)) and time.monotonic() < until:
            self._backend.tend()
            time.sleep(POLL_SECONDS)
        return self.progress()


@dataclass(frozen=True, slots=True)
class Duration:
    """The seconds that a sweep should take."""

    least: float  # if nothing else uses the machine
    most: float  # if it stays as busy as it is now

    def __str__(self) -> str:
        size, unit = next((size, unit) for above, size, unit in _UNITS if self.most >= above)
        step = 5 if size == 1 and self.most >= FINE_SECONDS else 1
        low, high = (step * max(1, math.ceil(s / size / step)) for s in (self.least, self.most))
        unit = unit.removesuffix("s") if high == 1 else unit
        return f"about {low} to {high} {unit}" if high > low else f"about {high} {unit}"


_UNITS = ((2 * 3600, 3600, "hours"), (90, 60, "minutes"), (0, 1, "seconds"))
"""Each unit: from how many seconds on to use it, and how many seconds it has."""


def duration(configs: Sequence[RunConfig], n_workers: int, stopwatch: Stopwatch) -> Duration:
    """Estimate a sweep's time from steps timed now; if none can be timed, from `cost`."""
    costs = {_size(config): cost(config) for config in configs}
    steps = {size: 3600 * each.hours / each.steps for size, each in costs.items()}  # by estimate
    typical = _typical(configs, steps)
    try:
        timed = stopwatch.step_seconds(typical)
        slower = max(1.0, sum(clock for _, clock in timed) / sum(busy for busy, _ in timed))
        ratios = [
            (steps[_size(config)], busy / steps[_size(config)])
            for config, (busy, _) in zip(typical, timed, strict=True)
        ]
    except EngineError as error:  # busy, or cannot start: the press will say why
        log.warning("no step was timed for an estimate: %s", error)
        slower, ratios = UNTIMED, [(1.0, 1.0)]
    seconds = []
    for config in configs:
        size = _size(config)
        _, ratio = min(ratios, key=lambda each: abs(math.log(each[0] / steps[size])))
        n_steps = costs[size].steps + FORWARD * costs[size].checks
        seconds.append(ratio * (n_steps * steps[size] + START_SECONDS))
    least = _makespan(seconds, n_workers)
    return Duration(least, least * slower)


def _size(config: RunConfig) -> str:
    """Return what determines how long a run's steps take, and how many it has."""
    return repr(config.shape | {"epochs": config.epochs, "form": config.form})


def _typical(configs: Sequence[RunConfig], steps: dict[str, float]) -> list[RunConfig]:
    """Choose TIMED runs, from the one with the shortest steps to the one with the longest."""
    by_size = {_size(config): config for config in configs}
    ordered = sorted(by_size, key=steps.__getitem__)
    n = min(TIMED, len(ordered))
    places = {round(index * (len(ordered) - 1) / max(1, n - 1)) for index in range(n)}
    return [by_size[ordered[place]] for place in sorted(places)]


def _makespan(seconds: Sequence[float], n_workers: int) -> float:
    """Return when the last run ends if each worker takes the next run as soon as it is free."""
    free = [0.0] * n_workers
    for each in seconds:
        heapq.heapreplace(free, free[0] + each)
    return max(free)
