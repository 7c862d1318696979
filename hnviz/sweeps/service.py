"""Trains sweeps in the server: one thread and one sweep at a time, for all viewers."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cachetools import TTLCache

from hnviz.data import CorpusError
from hnviz.engine.client import Engine
from hnviz.runs import RESUMABLE, RunNotFound, RunStore, RunWriteError
from hnviz.sweeps.plan import Plan, SweepError
from hnviz.sweeps.runner import Backend, Duration, SweepRunner, duration
from hnviz.sweeps.store import Member, Sweep, SweepStore

AHEAD = 2  # runs queued ahead, so that no trainer is idle; other viewers' runs come between
MAX_RUNS_HERE = 256  # in a sweep; the command allows more
POLL_SECONDS = 0.2  # between two checks of a sweep's runs
END_SECONDS = 10.0  # for the runs to store a checkpoint when the server ends
FRESH_SECONDS = 30.0  # how long an estimate is valid: the machine's load changes
MAX_ESTIMATES = 16

log = logging.getLogger(__name__)


class BusyError(SweepError):
    """Another sweep is training, and only one can train at a time."""


class SweepService:
    """Feeds one sweep's runs to the server's engine. Thread-safe."""

    def __init__(self, engine: Callable[[], Engine], runs: RunStore) -> None:
        self.engine, self.runs, self.sweeps = engine, runs, SweepStore(runs.root)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._is_stopped = False  # by a user, not by the end of the server
        self._runner: SweepRunner | None = None
        self._thread: threading.Thread | None = None
        self._problems: dict[str, str] = {}  # sweep id -> why it has ended
        self._timing = threading.Lock()
        self._durations: TTLCache[Any, Duration] = TTLCache(MAX_ESTIMATES, FRESH_SECONDS)

    def start(self, plan: Plan) -> bool:
        """Train a plan; return whether it is new. A plan that was started before is resumed.

        Raises SweepError, BusyError and RunWriteError.
        """
        self.check(plan)
        try:
            sweep = self._resumed(plan.id, failed=False)
        except SweepError:  # there is none, or it is damaged
            self._train(Sweep.of(plan, time.time()))
            return True
        self._train(sweep)
        return False

    def check(self, plan: Plan) -> None:
        """Raise SweepError for a plan that cannot be trained here."""
        n_runs = len(plan.configs)
        if n_runs > MAX_RUNS_HERE:
            raise SweepError(
                f"the sweep has {n_runs:,} runs, but a sweep started here has at most "
                f"{MAX_RUNS_HERE}: give fewer values, or use the command hnviz sweep"
            )
        budget = self.engine().limits().budget
        for config in plan.configs:
            try:
                problem = budget.problem(config)
            except CorpusError as error:
                raise SweepError(str(error)) from error
            if problem:
                raise SweepError(f"a run of {config.model} is not possible: {problem}")

    def duration(self, plan: Plan) -> Duration:
        """Estimate how long a plan takes on this machine in its present state. Raises SweepError.

        Steps are timed for one viewer at a time, and once for all who ask about the same runs.
        """
        self.check(plan)
        n_workers = min(self.engine().limits().trainers, len(plan.configs))
        with self._timing:
            runs = plan.configs
            if (found := self._durations.get(runs)) is None:
                found = self._durations[runs] = duration(runs, n_workers, self.engine())
        return found

    def resume(self, sweep_id: str, *, failed: bool = False) -> None:
        """Train the rest of a sweep; with `failed`, also the runs that failed.

        Raises SweepError, BusyError and RunWriteError.
        """
        self._train(self._resumed(sweep_id, failed=failed))

    def stop(self, sweep_id: str) -> None:
        """Stop the sweep now training; its runs store a checkpoint. Raises SweepError."""
        with self._lock:
            if self.training() != sweep_id:
                self.sweeps.load(sweep_id)
                raise SweepError(f"the sweep {sweep_id} is not training, so it cannot be stopped")
            self._is_stopped = True
            self._stopping.set()

    def close(self) -> None:
        """End the thread with the server; the sweep can be resumed on the next one."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(END_SECONDS)

    def training(self) -> str | None:
        """Return the id of the sweep now training."""
        is_alive = self._thread is not None and self._thread.is_alive()
        return self._runner.sweep.id if is_alive and self._runner else None

    def version(self) -> Any:
        """Return a value that changes when a sweep does, and while one is training."""
        training = self.training()
        now = training and time.monotonic()
        return self.sweeps.stamps(), self._stopping.is_set(), now, dict(self._problems)

    def state(self, sweep_id: str) -> tuple[Sweep, str, dict[int, str]]:
        """Return a sweep, what it is doing, and why some of its runs cannot be trained.

        The second is "training", "stopping", "stopped", or "" if its runs show it. Raises
        SweepError.
        """
        runner = self._runner if self._runner and self._runner.sweep.id == sweep_id else None
        problems = dict(runner.problems) if runner else {}
        if runner and self.training() == sweep_id:
            return runner.sweep, "stopping" if self._stopping.is_set() else "training", problems
        sweep = self.sweeps.load(sweep_id)
        return sweep, "stopped" if sweep.stopped else "", problems

    def problem(self, sweep_id: str) -> str:
        """Return why a sweep ended before its last run; "" if nothing was wrong."""
        return self._problems.get(sweep_id, "")

    def _resumed(self, sweep_id: str, *, failed: bool) -> Sweep:
        """Restore all tries of unfinished runs, and of failed ones only if `failed` is set."""
        again = RESUMABLE if failed else RESUMABLE - {"failed"}

        def is_left(member: Member) -> bool:
            try:
                return member.run is not None and self.runs.line(member.run).status in again
            except RunNotFound:
                return True

        return self.sweeps.load(sweep_id).resumed(is_left)

    def _train(self, sweep: Sweep) -> None:
        with self._lock:
            training = self.training()
            if training == sweep.id and not self._stopping.is_set():
                return
            if training is not None:
                name = self._runner.sweep.name if self._runner else training
                raise BusyError(
                    f"the sweep “{name}” is training, and only one can at a time: wait until it "
                    "has ended, or stop it"
                )
            self.sweeps.save(sweep)
            engine = self.engine()
            runner = SweepRunner(
                Backend(engine, engine.limits().trainers + AHEAD), self.runs, sweep
            )
            self._problems.pop(sweep.id, None)
            self._runner, self._stopping, self._is_stopped = runner, threading.Event(), False
            self._thread = threading.Thread(
                target=self._run, args=(runner,), name="sweep", daemon=True
            )
            self._thread.start()

    def _run(self, runner: SweepRunner) -> None:
        try:
            runner.run(self._stopping, every=POLL_SECONDS)
            if self._is_stopped:
                self.sweeps.save(replace(runner.sweep, stopped=True))
        except RunWriteError as error:
            self._problems[runner.sweep.id] = str(error)
        except Exception:
            log.exception("the sweep %s ended", runner.sweep.id)
            self._problems[runner.sweep.id] = "the server could not go on; its log says why"
