"""What pages call to reach the engine. It never loads torch, and any thread may call it."""

import atexit
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

from hnviz.config import RunConfig
from hnviz.data import CorpusError
from hnviz.data.corpora.own import text_hash
from hnviz.engine.link import EngineGone, Link, Place
from hnviz.engine.protocol import (
    Answer,
    EngineError,
    EngineInfo,
    ErrorKind,
    HowFar,
    Job,
    pack,
    unpack,
)
from hnviz.engine.scheduler import Limits
from hnviz.runs import SHIPPED_DIR, RunWriteError, default_runs_dir
from hnviz.runs.texts import drop_text, keep_text

__all__ = [
    "Answer",
    "Asking",
    "Engine",
    "EngineError",
    "EngineInfo",
    "ErrorKind",
    "HowFar",
    "Job",
    "close_shared_engine",
    "live_status",
    "pack",
    "shared_engine",
    "unpack",
]

PATIENCE = 10.0  # seconds for a reply to a button
OBSERVE_SECONDS = 5.0  # of processor time
RETRY_SECONDS = 5.0  # before another attempt to start an engine that failed to start


class Asking(NamedTuple):
    """How a question is asked."""

    timeout: float = OBSERVE_SECONDS  # of processor time without progress
    hear: Callable[[HowFar], None] | None = None  # called with how far the observer is
    aside: bool = False  # ask the observer for slow questions, so that no quick one waits


class Engine:
    """Trains and observes in separate processes.

    Any call that needs the engine starts it if it is not running: the first time, or after it
    died, in which case its runs show as interrupted. A call waits while the engine starts up. A
    call that fails raises EngineError: its message is a sentence for the page, its `kind` says why.
    """

    def __init__(self, runs_dir: Path | None = None, shipped: Path = SHIPPED_DIR) -> None:
        self._place = Place(Path(runs_dir or default_runs_dir()).absolute(), Path(shipped))
        self._lock = threading.Lock()
        self._storing = threading.Lock()  # of a text for a start that may be refused
        self._link: Link | None = None
        self._spare: Link | None = None  # started while the other gives no sign of life

    def start(self) -> None:
        """Start the engine unless it is running; do not wait for it.

        The next call that needs the engine reports any problem.
        """
        with suppress(EngineError):
            self._living_link()

    def _living_link(self) -> Link:
        """Return the link to a running engine, or to one that has just failed to start.

        The latter reports why, and is not restarted on every call.
        """
        with self._lock:
            link = self._link
            if link is None or not (link.is_alive() or _has_just_failed(link)):
                spare, self._spare = self._spare, None
                link = self._link = spare or Link(self._place, self._prepare)
            return link

    def _prepare(self, silent: bool) -> None:
        """Start another engine while one is silent: on a busy machine that takes ten seconds."""
        with self._lock, suppress(EngineError):
            spare, self._spare = self._spare, None
            if silent and self._link:
                self._spare = spare or Link(self._place, self._prepare)
                return
        if spare:
            spare.close()

    @property
    def runs_dir(self) -> Path:
        """The folder of the engine's runs."""
        return self._place.runs_dir

    def limits(self) -> Limits:
        """Return the limits that the engine reads when it starts. Raises ValueError."""
        return Limits.from_environ(os.environ, self.runs_dir)

    @property
    def pid(self) -> int | None:
        """The engine's process id, for tests and operators."""
        link = self._link
        return link.pid if link else None

    def close(self) -> None:
        """End the engine; training runs store a checkpoint and can be resumed."""
        with self._lock:
            links = [each for each in (self._link, self._spare) if each]
            self._link = self._spare = None
        for link in links:
            link.close()

    def is_ready(self) -> bool:
        """Return whether the engine has started up, so that a call would not wait."""
        link = self._link
        return link is not None and link.is_ready() and link.is_alive()

    def info(self, timeout: float = 30.0) -> EngineInfo:
        """Return devices and versions; with timeout 0, only if they are already known."""
        return self._living_link().info(timeout)

    def train(self, config: RunConfig, viewer: str = "", *, range_test: bool = False) -> str:
        """Start or queue a run; return its id. A `viewer` may have only so many runs that wait.

        With `range_test` it is a learning rate range test, whose config `hnviz.lr_finder` makes. A
        start that is refused leaves nothing behind.
        """
        with nullcontext() if text_hash(config.corpus) is None else self._storing:
            return self._train(config, viewer=viewer, range_test=range_test)

    def _train(self, config: RunConfig, **asked: Any) -> str:
        is_new = False
        try:
            is_new = keep_text(self.runs_dir, config)  # the engine finds it there
            run_id: str = self._ask("train", PATIENCE, config=config.to_dict(), **asked)
        except (EngineError, RunWriteError, CorpusError) as error:
            if is_new:
                drop_text(self.runs_dir, config)
            if isinstance(error, EngineError):
                raise
            raise EngineError(str(error), "conflict") from error
        return run_id

    def resume(self, run_id: str, viewer: str = "") -> None:
        """Resume a stopped, interrupted or paused run from its last checkpoint."""
        self._ask("resume", PATIENCE, run_id=run_id, viewer=viewer)

    def start_again(self, run_id: str, viewer: str = "") -> None:
        """Train an unfinished run from its first step; its checkpoint is deleted."""
        self._ask("start_again", PATIENCE, run_id=run_id, viewer=viewer)

    def pause(self, run_id: str) -> None:
        """Pause a run before its next step. After some seconds another run gets its slot."""
        self._ask("pause", PATIENCE, run_id=run_id)

    def go_on(self, run_id: str) -> None:
        """Continue a paused run; it may have to wait for a slot."""
        self._ask("go_on", PATIENCE, run_id=run_id)

    def step(self, run_id: str) -> None:
        """Pause a run and let it do one more step."""
        self._ask("step", PATIENCE, run_id=run_id)

    def set_speed(self, run_id: str, steps_per_second: float | None) -> None:
        """Limit a run to so many steps a second; None means no limit."""
        self._ask("set_speed", PATIENCE, run_id=run_id, speed=steps_per_second)

    def stop(self, run_id: str) -> None:
        """Stop a run; return once it has stopped. The run is kept and can be resumed."""
        self._ask("stop", PATIENCE, run_id=run_id)

    def job(self, run_id: str) -> Job | None:
        """Return the engine's job for a run; None if it has none.

        Never waits: the engine sends every change on its own.
        """
        link = self._link
        return link.jobs.get(run_id) if link else None

    def jobs(self) -> list[Job]:
        """Return the jobs of all training, queued and paused runs. Never waits."""
        link = self._link
        return list(link.jobs.values()) if link else []

    def step_seconds(self, configs: Sequence[RunConfig]) -> list[tuple[float, float]]:
        """Train a few steps of each config now, without a folder.

        Returns for each how long a step keeps a core busy, and how long it takes by the clock.
        """
        asked = [config.to_dict() for config in configs]
        found: list[tuple[float, float]] = self._ask(
            "step_seconds", PATIENCE, again=True, configs=asked
        )
        return found

    def observe(
        self,
        run_id: str,
        step: int | str,
        question: str,
        params: Mapping[str, Any],
        how: Asking | float = OBSERVE_SECONDS,
    ) -> Answer:
        """Ask one of hnviz.observe.QUESTIONS about a snapshot; `step` may be "last".

        Waits for as long as it takes, but `how` limits the processor time; a number is that limit.
        Arrays in `params` are sent as lists.
        """
        how = how if isinstance(how, Asking) else Asking(how)
        asked = {"run_id": run_id, "step": step, "question": question, "params": dict(params)}
        operation = "observe_aside" if how.aside else "observe"
        answer: Answer = self._ask(
            operation, None, again=True, timeout=how.timeout, hear=how.hear, **asked
        )
        return answer

    def _ask(
        self, operation: str, patience: float | None, *, again: bool = False, **fields: Any
    ) -> Any:
        """Ask the engine. If it has died, start another, and ask again if that is safe.

        It is safe if the engine never read the request, or if `again` says so.
        """
        try:
            return self._living_link().ask(operation, patience, **fields)
        except EngineGone as error:
            if not (again or error.unheard):
                raise
            return self._living_link().ask(operation, patience, **fields)


def _has_just_failed(link: Link) -> bool:
    return not link.is_ready() and time.monotonic() - link.started < RETRY_SECONDS


def live_status(status: str, job: Job | None) -> str:
    """Return the status that a page shows for a run, from its record and the engine's job.

    A run that was queued in an engine that is gone will not start on its own: it is interrupted.
    """
    if job is not None:
        return job.status
    return "interrupted" if status == "queued" else status


_shared: Engine | None = None
_shared_lock = threading.Lock()


def shared_engine() -> Engine:
    """Return this process's only engine, for the runs in $HNVIZ_RUNS_DIR or ./runs."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Engine()
            atexit.register(close_shared_engine)
        return _shared


def close_shared_engine() -> None:
    """End this process's engine; the next `shared_engine` call makes another."""
    global _shared
    with _shared_lock:
        engine, _shared = _shared, None
        if engine:
            atexit.unregister(close_shared_engine)
            engine.close()
