"""How pages reach runs and the engine."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from hnviz.app.shell import session as state
from hnviz.config import RunConfig
from hnviz.engine.client import EngineError, EngineInfo
from hnviz.runs import RunWriteError
from hnviz.web.standing import engine
from hnviz.web.standing import standing as standing
from hnviz.web.standing import store as store
from hnviz.web.viewer import viewer


def info() -> EngineInfo | None:
    """Return devices and versions, or None while the engine still starts."""
    try:
        return engine().info(timeout=0.0)
    except EngineError:
        return None


def start(key: str, config: RunConfig) -> str | None:
    """Start a run for this viewer; return its id, or keep a refusal under `key`."""
    viewer_here = viewer(st.context.cookies, st.context.ip_address)
    run_id: str | None = attempt(key, engine().train, config, viewer_here)
    return run_id


def attempt(key: str, action: Callable[..., Any], *args: Any) -> Any:
    """Call the engine from a button; keep a refusal under `key`, to show it at the button."""
    state.pop(key)
    try:
        return action(*args)
    except (EngineError, RunWriteError, ValueError) as error:
        state.put(key, str(error))
        return None
