"""Trains runs on a pool of workers. Never loads torch."""

import logging
import math
import time
from collections.abc import Sequence
from typing import Protocol

from hnviz.config import RunConfig
from hnviz.data import CorpusError
from hnviz.engine.protocol import EngineError, Job
from hnviz.runs import (
    RESUMABLE,
    DamagedRun,
    RunBusy,
    RunFolder,
    RunNotFound,
    RunStore,
    RunWriteError,
)
from hnviz.runs.stop import ask_to_stop, drop_stop

MAX_LOST_WORKERS = 5  # workers in a row, lost before any of their runs had ended
LOOK_SECONDS = 0.2

log = logging.getLogger(__name__)


class PoolError(RuntimeError):
    """A pool cannot train; the message is one sentence. Runs that have ended are kept."""


class Task(Protocol):
    """The runs that a worker was given: a future, as in concurrent.futures."""

    def done(self) -> bool:
        """Return whether the worker has ended, or is lost."""

    def exception(self) -> BaseException | None:
        """Return why a finished task failed, PoolError if all others would fail too, or None."""


class Executor(Protocol):
    """The workers that run tasks."""

    n_workers: int  # tasks that run at the same time

    def choose(self, waiting: Sequence[RunConfig]) -> Sequence[int]:
        """Choose the waiting runs of the next task, at least one; return their indices."""

    def submit(self, folders: Sequence[RunFolder]) -> Task:
        """Give a worker these runs. Raises PoolError."""

    def close(self) -> None:
        """End all workers."""


class PoolEngine:
    """An engine for `hnviz.sweeps.runner`; all it knows about a run comes from the run's folder."""

    def __init__(self, store: RunStore, executor: Executor) -> None:
        self._store, self._executor = store, executor
        self._waiting: dict[str, tuple[RunFolder, RunConfig]] = {}  # in order of arrival
        self._tasks: dict[str, Task] = {}  # by run
        self._seen: dict[str, tuple[float, str]] = {}  # run -> when read, status
        self._lost = 0

    def train(self, config: RunConfig, viewer: str = "") -> str:
        """Make a run's folder and queue it; return its id. Raises EngineError or RunWriteError."""
        try:
            folder = self._store.create(config)
        except CorpusError as error:
            raise EngineError(str(error), "conflict") from error
        self._waiting[folder.id] = folder, config
        return folder.id

    def resume(self, run_id: str, viewer: str = "") -> None:
        """Queue a run to go on from its last checkpoint, if it has one. Raises EngineError."""
        try:
            folder = self._store.folder(run_id)
            self._waiting[run_id] = folder, folder.config
        except (RunNotFound, DamagedRun) as error:
            raise EngineError(str(error), "conflict") from error
        drop_stop(folder.path)

    def start_again(self, run_id: str, viewer: str = "") -> None:
        """Queue a run to train from its first step. Raises EngineError."""
        try:
            with self._store.folder(run_id).writer() as writer:
                writer.drop_resume()
        except (RunNotFound, RunBusy, RunWriteError) as error:
            raise EngineError(str(error), "conflict") from error
        self.resume(run_id)

    def stop(self, run_id: str) -> None:
        """Ask a run to stop, without waiting for that. Raises RunWriteError."""
        if self._waiting.pop(run_id, None) is None and run_id in self._tasks:
            ask_to_stop(self._store.folder(run_id).path)

    def job(self, run_id: str) -> Job | None:
        """Return a run's job; None if the pool does not have it, or it needs no more training."""
        if run_id in self._waiting:
            return Job(run_id=run_id, status="queued")
        if run_id not in self._tasks:
            return None
        status = self._status(run_id)
        if status == "running" or status in RESUMABLE:  # until a worker takes it
            return Job(run_id=run_id, status="running" if status == "running" else "queued")
        return None

    def _status(self, run_id: str) -> str:
        """Return a run's status on disk, up to LOOK_SECONDS old: there may be hundreds of runs."""
        seen, status = self._seen.get(run_id, (-math.inf, ""))
        now = time.monotonic()
        if now - seen > LOOK_SECONDS:
            try:
                status = self._store.line(run_id).status
            except RunNotFound:  # it was deleted: its worker will notice
                status = "queued"
            self._seen[run_id] = now, status
        return status

    def tend(self) -> None:
        """Find the tasks that have ended, and give free workers the next runs.

        Raises PoolError.
        """
        for task in {task for task in self._tasks.values() if task.done()}:
            self._end(task)
        while self._waiting and len(set(self._tasks.values())) < self._executor.n_workers:
            waiting = list(self._waiting.values())
            chosen = self._executor.choose([config for _, config in waiting])
            folders = [waiting[index][0] for index in chosen]
            task = self._executor.submit(folders)
            for folder in folders:
                del self._waiting[folder.id]
                self._tasks[folder.id] = task

    def _end(self, task: Task) -> None:
        """Take back a task's runs. Their sweep queues again those that have not ended."""
        runs = [run for run, its in self._tasks.items() if its is task]
        self._seen.clear()
        has_ended_one = any(self.job(run) is None for run in runs)
        for run in runs:
            del self._tasks[run]
        error = task.exception()
        if isinstance(error, PoolError):
            raise error
        self._lost = 0 if error is None or has_ended_one else self._lost + 1
        if error is not None:
            log.warning("a worker with %d runs was lost: %s", len(runs), error)
        if self._lost >= MAX_LOST_WORKERS:
            raise PoolError(
                f"{MAX_LOST_WORKERS} workers in a row ended before any of their runs had; the last "
                f"one said: {str(error).strip().splitlines()[0] or type(error).__name__}"
            )

    def close(self) -> None:
        """End all workers; their runs go on from their last checkpoints when they are resumed."""
        self._executor.close()
