"""Starting the app in this process, with the engine warming up beside it.

The settings that make Streamlit safe are in hnviz/settings.py; those that depend on the address
are here.
"""

import gc
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hnviz.app.shell.asgi import SCRIPT, lifespan, middleware, routes
from hnviz.app.shell.host import Address, base_path
from hnviz.settings import options

ROOT = Path(__file__).parents[3]


def serve(address: Address, announce: Callable[[Address], None]) -> None:
    """Run the app until it is interrupted; `announce` gets its address once it answers."""
    gc.disable()  # until all is loaded: see `lifespan`
    with no_plotly_theme():
        import streamlit as st

    @asynccontextmanager
    async def announced(app: Any) -> AsyncIterator[dict[str, Any]]:
        async with lifespan(app) as state:
            announce(replace(address, path=base_path()))
            yield state

    signal.signal(signal.SIGTERM, _leave)
    # Streamlit puts the folder of what was launched in front of Python's path. That of
    # `python -m hnviz` is the package, whose modules would hide others of the same name.
    sys.argv = [str(ROOT / "app.py")]
    app = st.App(SCRIPT, routes=routes(), middleware=middleware(), lifespan=announced)
    try:
        with suppress(KeyboardInterrupt):
            app.run(config=configure(address))
    finally:
        from hnviz.engine.client import close_shared_engine

        close_shared_engine()  # if a second Ctrl-C has kept the server from it


def configure(address: Address) -> dict[str, Any]:
    """Return Streamlit's settings, with those that depend on the address."""
    return {
        **options(),
        "server.address": address.host or "0.0.0.0",
        "server.port": address.port,
        "server.allowedHosts": address.allowed_hosts(),
        "logger.hideWelcomeMessage": True,  # the address is announced instead
    }


@contextmanager
def no_plotly_theme() -> Iterator[None]:
    """Let Streamlit load without making its theme for Plotly, which takes .1 s of each start.

    Our charts have a theme of their own. Streamlit makes none where Plotly is not installed, and
    Python finds no module whose entry in `sys.modules` is None.
    """
    name = "plotly.graph_objects"
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


def _leave(*_: object) -> None:
    """End the process as Ctrl-C does; by default SIGTERM would skip the clean-up."""
    sys.exit(0)
