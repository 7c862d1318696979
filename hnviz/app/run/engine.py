"""How pages reach runs and the engine: the state of this server, which no page can be handed."""

from collections.abc import Callable
from typing import Any

from hnviz.app.shell import session
from hnviz.app.shell.server import server as server
from hnviz.engine.client import Engine, EngineError, EngineInfo
from hnviz.runs import RunStore, RunWriteError
from hnviz.web.state import CurrentRun


def engine() -> Engine:
    """Return this server's engine. Starts it if needed, and never waits."""
    return server().engine


def store() -> RunStore:
    """Return the run folders of this server, and the pre-trained ones."""
    return server().store


def current_run(run_id: str) -> CurrentRun:
    """Return a run as it is now. Raises RunNotFound or DamagedRun."""
    return server().current(run_id)


def info() -> EngineInfo | None:
    """Return devices and versions, or None while the engine still starts."""
    try:
        return engine().info(timeout=0.0)
    except EngineError:
        return None


def attempt(key: str, action: Callable[..., Any], *args: Any) -> Any:
    """Call the engine from a button; keep a refusal under `key`, to show it at the button."""
    session.pop(key)
    try:
        return action(*args)
    except (EngineError, RunWriteError, ValueError) as error:
        session.put(key, str(error))
        return None
