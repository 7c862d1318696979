"""Trains sweeps beside the server: one thread, one sweep at a time, for all viewers."""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

from hnviz.data import CorpusError
from hnviz.engine.client import Engine
from hnviz.runs import RESUMABLE, RunNotFound, RunStore, RunWriteError
from hnviz.sweeps import kept
from hnviz.sweeps.duration import Duration, duration
from hnviz.sweeps.keeper import Keeper, Supply
from hnviz.sweeps.kept import Sweep
from hnviz.sweeps.plan import Plan, SweepError
from hnviz.web.state import engine, store

AHEAD = 2  # runs that wait next in line, so that no trainer waits; others' runs come between
MOST = 256  # runs of a sweep that is started here; the command takes more
EVERY = 0.2  # seconds between two looks at the runs of a sweep
END_SECONDS = 10.0  # that the runs may take to store a checkpoint when the server ends
FRESH_SECONDS = 30.0  # that an estimate holds: the machine may have more to do by then
KEPT = 16  # estimates

log = logging.getLogger(__name__)


class BusyError(SweepError):
    """Another sweep trains: one at a time."""


class Sweeper:
    """Feeds the engine with the runs of one sweep. Thread-safe."""

    def __init__(
        self, engine: Callable[[], Engine] = engine, store: Callable[[], RunStore] = store
    ) -> None:
        self._engine, self._store = engine, store
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._told = False  # a user has stopped the sweep; else the server ends
        self._keeper: Keeper | None = None
        self._thread: threading.Thread | None = None
        self._problems: dict[str, str] = {}  # why a sweep has ended, by its id
        self._timing = threading.Lock()
        self._durations: dict[str, tuple[float, Duration]] = {}  # when estimated, by a plan's id

    def begin(self, plan: Plan) -> bool:
        """Train a plan; return whether it is new. One that was begun before goes on.

        Raises SweepError, BusyError and RunWriteError.
        """
        self.check(plan)
        try:
            sweep = kept.load(self._store().root, plan.id)
        except SweepError:  # none, or a damaged one
            self._train(Sweep.of(plan, time.time()))
            return True
        self._train(self._fresh(sweep, failed=False))
        return False

    def check(self, plan: Plan) -> None:
        """Raise SweepError for a plan that cannot be trained here."""
        n_runs = len(plan.configs)
        if n_runs > MOST:
            raise SweepError(
                f"the sweep has {n_runs:,} runs; one that is started here has at most {MOST}: give "
                "fewer values, or use the command hnviz sweep"
            )
        budget = self._engine().limits().budget
        for config in plan.configs:
            try:
                problem = budget.problem(config)
            except CorpusError as error:
                raise SweepError(str(error)) from error
            if problem:
                raise SweepError(f"a run of {config.model} is not possible: {problem}")

    def duration(self, plan: Plan) -> Duration:
        """Estimate how long a plan takes on this machine as it is now. Raises SweepError.

        Steps are timed for one asker at a time, and once for all who ask for the same plan.
        """
        self.check(plan)
        n_workers = min(self._engine().limits().trainers, len(plan.configs))
        with self._timing:
            timed, found = self._durations.get(plan.id, (-math.inf, None))
            if found is None or time.monotonic() - timed > FRESH_SECONDS:
                found = duration(plan.configs, n_workers, self._engine())
                self._durations = {plan.id: (time.monotonic(), found), **self._durations}
                self._durations = dict(islice(self._durations.items(), KEPT))
        return found

    def go_on(self, sweep_id: str, *, failed: bool = False) -> None:
        """Train what is left of a sweep, with `failed` also runs that failed.

        Raises SweepError, BusyError and RunWriteError.
        """
        self._train(self._fresh(kept.load(self._store().root, sweep_id), failed=failed))

    def stop(self, sweep_id: str) -> None:
        """Stop the sweep that trains; its runs store a checkpoint. Raises SweepError."""
        with self._lock:
            if self.trains() != sweep_id:
                kept.load(self._store().root, sweep_id)
                raise SweepError(f"the sweep {sweep_id} does not train, so it cannot be stopped")
            self._told = True
            self._stopping.set()

    def end(self) -> None:
        """End the thread with the server; the sweep can go on when there is one again."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(END_SECONDS)

    def trains(self) -> str | None:
        """Return the id of the sweep that trains."""
        alive = self._thread is not None and self._thread.is_alive()
        return self._keeper.sweep.id if alive and self._keeper else None

    def mark(self) -> Any:
        """Return a value that changes with the sweep that trains, and while it does."""
        trains = self.trains()
        return trains, self._stopping.is_set(), trains and time.monotonic(), dict(self._problems)

    def now(self, sweep_id: str) -> tuple[Sweep, str, dict[int, str]]:
        """Return a sweep, what it does, and why some of its runs cannot be trained.

        It does "training", "stopping", "stopped", or "" where that follows from its runs. Raises
        SweepError.
        """
        keeper = self._keeper
        if keeper is not None and keeper.sweep.id == sweep_id and self.trains() == sweep_id:
            sweep, does = keeper.sweep, "stopping" if self._stopping.is_set() else "training"
        else:
            sweep = kept.load(self._store().root, sweep_id)
            does = "stopped" if sweep.stopped else ""
        problems: dict[int, str] = {}
        if keeper is not None and keeper.sweep.id == sweep_id:
            found = {index: keeper.problem(index) for index in range(len(sweep.members))}
            problems = {index: problem for index, problem in found.items() if problem}
        return sweep, does, problems

    def problem(self, sweep_id: str) -> str:
        """Return why a sweep has ended before its last run; "" if nothing was wrong."""
        return self._problems.get(sweep_id, "")

    def _fresh(self, sweep: Sweep, *, failed: bool) -> Sweep:
        """Give the runs that are not done all their tries again; failed ones only if asked."""
        again = RESUMABLE if failed else RESUMABLE - {"failed"}
        return sweep.fresh(lambda each: bool(each.run) and self._status(str(each.run)) in again)

    def _status(self, run: str) -> str:
        try:
            return self._store().line(run).status
        except RunNotFound:
            return "queued"

    def _train(self, sweep: Sweep) -> None:
        with self._lock:
            trains = self.trains()
            if trains == sweep.id and not self._stopping.is_set():
                return
            if trains is not None:
                name = self._keeper.sweep.name if self._keeper else trains
                raise BusyError(
                    f"the sweep “{name}” trains already, and one trains at a time: wait until it "
                    "has ended, or stop it"
                )
            kept.save(self._store().root, sweep)
            supply = Supply(self._engine().limits().trainers + AHEAD)
            self._keeper = Keeper(self._engine(), self._store(), sweep, supply)
            self._problems.pop(sweep.id, None)
            self._stopping, self._told = threading.Event(), False
            self._thread = threading.Thread(target=self._go, name="sweep", daemon=True)
            self._thread.start()

    def _go(self) -> None:
        keeper = self._keeper
        if keeper is None:
            return
        try:
            keeper.run(self._stopping, every=EVERY)
            if self._told:
                kept.save(self._store().root, replace(keeper.sweep, stopped=True))
        except RunWriteError as error:
            self._problems[keeper.sweep.id] = str(error)
        except Exception:
            log.exception("the sweep %s ended", keeper.sweep.id)
            self._problems[keeper.sweep.id] = "the server could not go on; its log says why"


@cache
def sweeper() -> Sweeper:
    """Return this server's only one."""
    return Sweeper()
