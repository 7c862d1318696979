"""What pages know of the engine. Never loads torch, and may be called from any thread."""

import atexit
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hnviz.config import RunConfig
from hnviz.engine.link import EngineGone, Link, Place
from hnviz.engine.protocol import Answer, EngineError, EngineInfo, Job
from hnviz.runs import SHIPPED_DIR, default_runs_dir

__all__ = [
    "Answer",
    "Engine",
    "EngineError",
    "EngineInfo",
    "Job",
    "close_shared_engine",
    "live_status",
    "shared_engine",
]

PATIENCE = 10.0  # seconds for a reply to a button
OBSERVE_SECONDS = 5.0
RETRY_SECONDS = 5.0  # after which an engine that could not start is started again


class Engine:
    """Trains and observes in processes of its own.

    Every call that needs the engine starts it if it does not run: for the first time, or because
    it died, when its runs show as interrupted. A call while it starts up waits. What cannot be
    done is an EngineError, whose message is a sentence for the page.
    """

    def __init__(self, runs_dir: Path | None = None, shipped: Path = SHIPPED_DIR) -> None:
        self._place = Place(Path(runs_dir or default_runs_dir()).absolute(), Path(shipped))
        self._lock = threading.Lock()
        self._link: Link | None = None

    def start(self) -> None:
        """Begin to start the engine, unless it runs; does not wait for it.

        Trouble is told by the next call that needs the engine.
        """
        with suppress(EngineError):
            self._living_link()

    def _living_link(self) -> Link:
        """Return the link to an engine that runs, or to one that has just failed to start.

        The latter tells why, and is not started again and again.
        """
        with self._lock:
            link = self._link
            if link is None or not (link.is_alive() or _has_just_failed(link)):
                link = self._link = Link(self._place)
            return link

    @property
    def runs_dir(self) -> Path:
        """Where the engine's runs lie."""
        return self._place.runs_dir

    @property
    def pid(self) -> int | None:
        """The engine's process, for tests and for whoever looks after the machine."""
        link = self._link
        return link.pid if link else None

    def close(self) -> None:
        """End the engine; runs that train store a checkpoint and can be resumed."""
        with self._lock:
            link, self._link = self._link, None
        if link:
            link.close()

    def is_ready(self) -> bool:
        """Tell whether the engine has started up, so that a call would not wait."""
        link = self._link
        return link is not None and link.is_ready() and link.is_alive()

    def info(self, timeout: float = 30.0) -> EngineInfo:
        """Return devices and versions; with timeout 0 only if they are known by now."""
        return self._living_link().info(timeout)

    def train(self, config: RunConfig) -> str:
        """Start a run, or put it in the queue; return its id."""
        run_id: str = self._ask("train", PATIENCE, config=config.to_dict())
        return run_id

    def resume(self, run_id: str) -> None:
        """Go on with a run that was stopped, interrupted or paused, from its last checkpoint."""
        self._ask("resume", PATIENCE, run_id=run_id)

    def pause(self, run_id: str) -> None:
        """Hold a run before its next step. After some seconds another run gets its slot."""
        self._ask("pause", PATIENCE, run_id=run_id)

    def go_on(self, run_id: str) -> None:
        """Let a paused run go on; it may have to wait for a slot."""
        self._ask("go_on", PATIENCE, run_id=run_id)

    def step(self, run_id: str) -> None:
        """Hold a run and let it do one more step."""
        self._ask("step", PATIENCE, run_id=run_id)

    def set_speed(self, run_id: str, steps_per_second: float | None) -> None:
        """Let a run do at most so many steps a second; None is as fast as it goes."""
        self._ask("set_speed", PATIENCE, run_id=run_id, speed=steps_per_second)

    def stop(self, run_id: str) -> None:
        """End a run; returns when it has ended. It keeps what it has, and can be resumed."""
        self._ask("stop", PATIENCE, run_id=run_id)

    def stand_back(self) -> None:
        """Let runs leave the processors for a moment to a page that somebody waits for.

        Never waits.
        """
        link = self._link
        if link is not None and any(job.status == "running" for job in link.jobs.values()):
            link.tell("stand_back")

    def job(self, run_id: str) -> Job | None:
        """Return what the engine does for a run: None if it has nothing to do with it.

        Asks nobody and never waits: the engine tells of every change by itself.
        """
        link = self._link
        return link.jobs.get(run_id) if link else None

    def jobs(self) -> list[Job]:
        """Return all runs that train, wait or are paused. Never waits."""
        link = self._link
        return list(link.jobs.values()) if link else []

    def observe(
        self,
        run_id: str,
        step: int | str,
        question: str,
        params: Mapping[str, Any],
        timeout: float = OBSERVE_SECONDS,
    ) -> Answer:
        """Ask one of hnviz.observe.QUESTIONS about a snapshot; `step` may be "last".

        A question that takes longer than `timeout` seconds is given up. Arrays in `params` are
        sent as lists.
        """
        fields = _question(run_id, step, question, params)
        # It may wait for as long as it may take: the engine keeps both limits, this one is wider.
        answer: Answer = self._ask(
            "observe", 2 * timeout + 5, again=True, timeout=timeout, **fields
        )
        return answer

    def expect(
        self, run_id: str, step: int | str, question: str, params: Mapping[str, Any]
    ) -> None:
        """Have a question answered that `observe` will ask in a moment, all of it the same.

        Never waits; trouble is told by `observe`.
        """
        link = self._link
        if link is not None:
            fields = _question(run_id, step, question, params)
            link.tell("observe", timeout=OBSERVE_SECONDS, **fields)

    def _ask(self, operation: str, patience: float, *, again: bool = False, **fields: Any) -> Any:
        """Ask the engine. If it died, start another, and ask that if nothing is done twice by it.

        `again` says that it may be asked twice.
        """
        try:
            return self._living_link().ask(operation, patience, **fields)
        except EngineGone as error:
            if not (again or error.unheard):
                raise
            return self._living_link().ask(operation, patience, **fields)


def _question(
    run_id: str, step: int | str, question: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    return {"run_id": run_id, "step": step, "question": question, "params": dict(params)}


def _has_just_failed(link: Link) -> bool:
    return not link.is_ready() and time.monotonic() - link.started < RETRY_SECONDS


def live_status(status: str, job: Job | None) -> str:
    """Return what a page shows for a run: a record's status, and what the engine knows beyond it.

    A run that was queued by an engine that is gone will not begin by itself: it was interrupted.
    """
    if job is not None:
        return job.status
    return "interrupted" if status == "queued" else status


_shared: Engine | None = None
_shared_lock = threading.Lock()


def shared_engine() -> Engine:
    """Return this process's one engine, for the runs in $HNVIZ_RUNS_DIR or ./runs."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Engine()
            atexit.register(close_shared_engine)
        return _shared


def close_shared_engine() -> None:
    """End this process's engine; the next `shared_engine` makes another."""
    global _shared
    with _shared_lock:
        engine, _shared = _shared, None
        if engine:
            atexit.unregister(close_shared_engine)
            engine.close()
