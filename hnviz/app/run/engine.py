"""What pages ask of the engine, which may still start or may refuse."""

from collections.abc import Callable
from typing import Any

from hnviz.app.shell import session
from hnviz.app.shell.server import server
from hnviz.engine.client import EngineError, EngineInfo
from hnviz.runs import RunWriteError


def info() -> EngineInfo | None:
    """Return devices and versions, or None while the engine still starts."""
    try:
        return server().engine.info(timeout=0.0)
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
