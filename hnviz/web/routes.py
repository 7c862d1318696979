"""The web door: all routes besides Streamlit's, below the app's base path."""

import logging
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match, Router, get_route_path
from starlette.types import Receive, Scope, Send

from hnviz.web import assets, published
from hnviz.web.errors import RefusedError, answer_refusals

OURS = ("/api", "/assets", "/class/join", "/class/lesson", "/lessons", "/places.css")
"""Addresses that begin with one of these are ours; Streamlit answers all others with its page."""

log = logging.getLogger(__name__)


Late = Callable[[], Iterable[BaseRoute]]


def door(
    routes: Iterable[BaseRoute] = (), base: Callable[[], str] = lambda: "", late: Late = list
) -> list[BaseRoute]:
    """Return what `st.App` takes as its routes: `routes`, those of the assets, and `late`.

    Each route begins with one of OURS. `late` loads its routes with the first request for one of
    them, in a thread: a browser that has a page and its assets has enough to load until then.
    `base` returns Streamlit's server.baseUrlPath; it is called at the first request, when the
    settings are known.
    """
    return [Door([*routes, *published.routes(), *assets.routes()], base, late)]


class Door(BaseRoute):
    """All our routes as one. An unknown address gets a sentence as JSON."""

    def __init__(self, routes: Iterable[BaseRoute], base: Callable[[], str], late: Late) -> None:
        self._router = Router(list(routes), redirect_slashes=False, default=self._others)
        self._late, self._lock = late, Lock()
        self._late_router: Router | None = None
        self._base = base
        self._prefix: str | None = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match our addresses, below the base path."""
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        if self._prefix is None:
            base = self._base().strip("/")
            self._prefix = f"/{base}" if base else ""
        path = get_route_path(scope)
        inner = path.removeprefix(self._prefix)
        is_below = path.startswith(f"{self._prefix}/")
        if not (is_below and any(f"{inner}/".startswith(f"{each}/") for each in OURS)):
            return Match.NONE, {}
        return Match.FULL, {"root_path": scope.get("root_path", "") + self._prefix}

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        """Return the address of a route."""
        return self._router.url_path_for(name, **path_params)

    async def _others(self, scope: Scope, receive: Receive, send: Send) -> None:
        router = self._late_router
        if router is None:
            router = await run_sync(self._load)
        await router(scope, receive, send)

    def _load(self) -> Router:
        with self._lock:
            if self._late_router is None:
                routes = list(self._late())
                self._late_router = Router(routes, redirect_slashes=False, default=_nothing_here)
            return self._late_router

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; an error becomes a sentence, as long as nothing was sent."""
        await answer_refusals(
            self._router, scope, receive, send, lambda error: _refused(error, scope)
        )


def _refused(error: Exception, scope: Scope) -> RefusedError:
    """Return the answer to an error of a route; log an unexpected one."""
    if isinstance(error, RefusedError):
        return error
    if foreseen := _foreseen(error):
        return foreseen
    if isinstance(error, ClientDisconnect):
        return RefusedError(499, "the client has left")  # nobody reads it
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            wanted = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
            sentence = f"this address takes {wanted}, not {scope['method'][:20]}"
            return RefusedError(405, sentence, {"Allow": wanted})
        return RefusedError(error.status_code, str(error.detail))
    log.error("%s failed: %r", scope["path"][:200], error)
    verb = "do this" if scope.get("method") == "POST" else "answer"
    return RefusedError(500, f"the server failed to {verb}; its log says why")


def _foreseen(error: Exception) -> RefusedError | None:
    # Only now: the first page comes before numpy and the runs are loaded.
    from hnviz.engine.client import EngineError
    from hnviz.questions.params import ParamError
    from hnviz.runs import DamagedRun, RunNotFound, SnapshotNotFound
    from hnviz.web.asked import engine_refusal

    if isinstance(error, EngineError):
        return engine_refusal(error)
    statuses = {RunNotFound: 404, SnapshotNotFound: 404, DamagedRun: 410, ParamError: 422}
    status = statuses.get(type(error))
    return RefusedError(status, str(error)) if status else None


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    path = get_route_path(scope)
    raise RefusedError(404, f"there is nothing at {path[:100]!r}; docs/api.md lists the routes")
