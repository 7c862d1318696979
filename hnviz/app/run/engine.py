"""How pages reach runs and the engine."""

from collections.abc import Callable
from typing import Any

from hnviz.app.shell import session as state
from hnviz.engine.client import EngineError, EngineInfo
from hnviz.runs import RunWriteError
from hnviz.web.standing import engine
from hnviz.web.standing import standing as standing
from hnviz.web.standing import store as store


def info() -> EngineInfo | None:
    """Return devices and versions, or None while the engine still starts."""
    try:
        return engine().info(timeout=0.0)
    except EngineError:
        return None


def attempt(key: str, action: Callable[..., Any], *args: Any) -> Any:
    """Call the engine from a button; keep a refusal under `key`, to show it at the button."""
    state.pop(key)
    try:
        return action(*args)
    except (EngineError, RunWriteError, ValueError) as error:
        state.put(key, str(error))
        return None
