"""The pages' way to runs and to the engine."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from hnviz.app.run.text import Standing
from hnviz.app.shell import session as state
from hnviz.engine.client import (
    Answer,
    Engine,
    EngineError,
    EngineInfo,
    live_status,
    shared_engine,
)
from hnviz.runs import RunStore, RunWriteError, default_runs_dir

OBSERVE_SECONDS = 20.0
"""Time limit of a question; a machine on which a class trains answers late, and late is fine."""


def engine() -> Engine:
    """Return the engine of this process, starting up if it is not yet: never waits."""
    shared = shared_engine()
    shared.start()
    return shared


@cache
def store() -> RunStore:
    """Return the run folders that the engine writes, and the shipped ones."""
    return RunStore(default_runs_dir())


def standing(run_id: str) -> Standing:
    """Return a run as of now. Raises RunNotFound or DamagedRun."""
    folder = store().folder(run_id)
    # The engine's word goes first: what the folder says of an end is old once a run is resumed.
    job = None if folder.shipped else engine().job(run_id)
    record = store().record(run_id)
    return Standing(
        record=record,
        status=live_status(record.status, job),
        shipped=folder.shipped,
        place=job.place or 0 if job else 0,
        wait_seconds=job.wait_seconds if job else None,
        seconds_left=job.seconds_left if job else None,
        speed=job.speed if job else None,
        at_rest=job is not None and job.at_rest,
    )


def observe(
    run_id: str, step: int | str, question: str, params: Mapping[str, Any]
) -> tuple[Answer | None, str | None]:
    """Ask the warm observer; return its answer, or the sentence that says why there is none."""
    try:
        return engine().observe(run_id, step, question, params, OBSERVE_SECONDS), None
    except (EngineError, ValueError) as error:
        return None, str(error)


def expect(run_id: str, step: int, question: str, params: Mapping[str, Any]) -> None:
    """Let the observer begin with a question that the page will ask further down."""
    engine().expect(run_id, step, question, params)


def stand_back() -> None:
    """Let runs leave the processors for a moment to whoever has pressed something. Never waits."""
    shared_engine().stand_back()


def info() -> EngineInfo | None:
    """Return devices and versions, or None while the engine still starts."""
    try:
        return engine().info(timeout=0.0)
    except EngineError:
        return None


def attempt(key: str, action: Callable[..., Any], *args: Any) -> Any:
    """Call the engine from a button; a refusal is kept under `key`, for beside the button."""
    state.pop(key)
    try:
        return action(*args)
    except (EngineError, RunWriteError, ValueError) as error:
        state.put(key, str(error))
        return None
