"""Trains the runs of a sweep on the engine, a few at a time, until all are done."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from threading import Event
from typing import Protocol

from hnviz.config import RunConfig
from hnviz.engine.client import EngineError, Job
from hnviz.runs import RESUMABLE, DamagedRun, RunNotFound, RunStore
from hnviz.sweeps import kept
from hnviz.sweeps.kept import Sweep

TRIES = 3  # of a run whose trainer fails or is killed
POLL_SECONDS = 0.05
STOP_SECONDS = 15.0  # that workers which are not asked directly may take
DONE = frozenset({"finished", "diverged"})
"""The statuses of a run that is not trained again: a diverged one is an answer too."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep is: the status of each run, in the plan's order; None before it begins."""

    statuses: tuple[str | None, ...]

    @property
    def n_done(self) -> int:
        """Count the runs that need no more training."""
        return sum(status in DONE for status in self.statuses)

    @property
    def is_over(self) -> bool:
        """Return whether nothing is left to train."""
        return self.n_done == len(self.statuses)


class SweepEngine(Protocol):
    """What trains the runs: the local engine's client, or a pool of workers."""

    def job(self, run_id: str) -> Job | None:
        """Return the job of a run that is queued or trains; None if the engine has none."""

    def train(self, config: RunConfig, viewer: str = "") -> str:
        """Start or queue a run; return its id. Raises EngineError, or RunWriteError."""

    def resume(self, run_id: str, viewer: str = "") -> None:
        """Go on with a run that is not done. Raises EngineError."""

    def start_again(self, run_id: str, viewer: str = "") -> None:
        """Train such a run from its first step. Raises EngineError."""

    def stop(self, run_id: str) -> None:
        """Stop a run, or ask for that. Raises EngineError."""


@dataclass(frozen=True, slots=True)
class Supply:
    """How the engine gets its runs."""

    at_once: int  # runs that it has at a time, training or next in line
    tend: Callable[[], None] = lambda: None  # called in each round, once the engine has its runs
    kind: Callable[[RunConfig], str] = lambda config: ""  # runs of one kind follow each other


class Keeper:
    """Trains one sweep."""

    def __init__(self, engine: SweepEngine, store: RunStore, sweep: Sweep, supply: Supply) -> None:
        self.sweep = sweep
        self._engine, self._store, self._supply = engine, store, supply
        kinds = [supply.kind(member.config) for member in sweep.members]
        ranks = {kind: rank for rank, kind in enumerate(dict.fromkeys(kinds))}
        self._order = sorted(range(len(kinds)), key=lambda index: ranks[kinds[index]])
        self._viewer = f"sweep-{sweep.id}"
        self._given_up: dict[int, str] = {}  # what the engine said of runs that it does not take
        self._ended: dict[int, str] = {}  # the statuses of runs that need no other look

    def run(
        self,
        stopping: Event,
        listen: Callable[[Progress], None] = lambda progress: None,
        every: float = POLL_SECONDS,
    ) -> Progress:
        """Train until all runs are done, or `stopping` is set: then stop those that train.

        A run that was stopped or interrupted goes on from its checkpoint; a finished one is not
        trained again. `listen` hears each change; `every` is in seconds. Raises RunWriteError, and
        what `tend` raises.
        """
        last: Progress | None = None
        while True:
            now = self.progress()
            if now != last:
                listen(now)
            last = now
            if self._is_idle(now):
                return now
            if stopping.is_set():
                return self._stop(now)
            self._fill(now)
            self._supply.tend()
            time.sleep(every)

    def progress(self) -> Progress:
        """Look at all runs."""
        return Progress(tuple(map(self._status, range(len(self.sweep.members)))))

    def problem(self, index: int) -> str | None:
        """Return why a run cannot be trained; None if it can."""
        return self._given_up.get(index)

    def failure(self, index: int) -> str | None:
        """Return why a run is not done, if it or its folder says so."""
        run = self.sweep.members[index].run
        if index in self._given_up or run is None:
            return self._given_up.get(index)
        try:
            ended = self._store.record(run).ended
        except (RunNotFound, DamagedRun) as error:
            return str(error)
        return ended.message if ended and ended.status == "failed" else None

    def _status(self, index: int) -> str | None:
        run = self.sweep.members[index].run
        if index in self._given_up:
            return "failed"
        if run is None:
            return None
        if index in self._ended:
            return self._ended[index]
        job = self._engine.job(run)
        if job is not None:
            return job.status
        try:
            status = self._store.record(run).status
        except (RunNotFound, DamagedRun):
            return None  # it was deleted: it is trained again
        if status in DONE:
            self._ended[index] = status
        return status

    def _is_idle(self, now: Progress) -> bool:
        return all(
            status in DONE or self._is_lost(index) for index, status in enumerate(now.statuses)
        )

    def _is_lost(self, index: int) -> bool:
        """Return whether a run is not tried any more."""
        if index in self._given_up:
            return True
        member = self.sweep.members[index]
        return member.tries >= TRIES and self._status(index) in RESUMABLE - {"queued"}

    def _fill(self, now: Progress) -> None:
        """Hand the engine as many runs as it may have."""
        room = self._supply.at_once - sum(map(self._is_with_engine, self._order))
        waiting = (index for index in self._order if self._waits(index, now.statuses[index]))
        for index in islice(waiting, max(0, room)):
            if not self._begin(index):
                return
            kept.note(self._store.root, self.sweep, index)

    def _waits(self, index: int, status: str | None) -> bool:
        """Return whether a run has not begun, or is to go on."""
        if status is None:
            return not self._is_lost(index)
        is_left = status in RESUMABLE and not self._is_with_engine(index)
        return is_left and not self._is_lost(index)

    def _is_with_engine(self, index: int) -> bool:
        run = self.sweep.members[index].run
        return run is not None and self._engine.job(run) is not None

    def _begin(self, index: int) -> bool:
        """Train a run, or go on with it; return whether the engine took it."""
        member = self.sweep.members[index]
        try:
            if member.run is None or self._status(index) is None:
                run = self._engine.train(member.config, self._viewer)
            else:
                run = self._go_on(member.run)
        except EngineError as error:
            if error.kind == "busy":  # others have filled the queue
                return False
            self._given_up[index] = str(error)
            return True
        self.sweep = self.sweep.with_member(index, run=run, tries=member.tries + 1)
        return True

    def _go_on(self, run: str) -> str:
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
            self._supply.tend()
            time.sleep(POLL_SECONDS)
        return self.progress()
