"""HTTP and WebSockets: parameters and bodies, answers and their caching, messages, the router.

`door` holds all routes except Streamlit's, below the app's base path.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from functools import partial, wraps
from threading import Lock
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route, Router, get_route_path
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from hnviz.questions.params import Param, quoted, read_query
from hnviz.web.cache import Entry
from hnviz.web.errors import Refusal, answer_refusals, engine_refusal
from hnviz.web.limits import Quota, Rate, viewer_of

MAX_JSON_BYTES = 1024  # in a body

FOR_GOOD = "public, max-age=31536000, immutable"
IMMUTABLE = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
NO_STORE = {"Cache-Control": "no-store"}
BINARY, JSON = "application/octet-stream", "application/json"

CLOSE_SECONDS = 1.0
MAX_REASON_CHARS = 120  # in a sentence that closes a WebSocket
NOT_JSON, TOO_BIG, GIVEN_UP, TRY_LATER = 1003, 1009, 1008, 1013

OURS = ("/api", "/assets", "/class/join", "/class/lesson", "/lessons", "/places.css")
"""Addresses that begin with one of these are ours; Streamlit answers all others with its page."""

log = logging.getLogger(__name__)

Body = Mapping[str, Any]
Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
Do = Callable[[Request, Body], Mapping[str, Any]]
"""Carries out a press in a thread, and returns the answer."""
Late = Callable[[], Iterable[BaseRoute]]


async def json_body(request: Request) -> Body:
    """Read a small JSON object; an empty body counts as {}. Raises Refusal."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise Refusal(f"Content-Type must be {JSON}; got {quoted(kind)}", 415)
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_JSON_BYTES:
            raise Refusal(f"a body may have at most {MAX_JSON_BYTES:,} bytes", 413)
    body = _object(content or b"{}")
    if body is None:
        raise Refusal("the body must be one JSON object")
    return body


def _object(text: str | bytes) -> Body | None:
    """Read a JSON object; None for anything else."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def query(request: Request, params: Mapping[str, Param], of: str) -> dict[str, Any]:
    """Read the parameters of an address; `of` says in errors what they belong to.

    Raises ParamError.
    """
    return read_query(params, request.query_params.multi_items(), of)


def only(body: Body, name: str, value: str = "...", kind: type = object) -> Any:
    """Return a body's only value, called `name`; `value` describes it. Raises Refusal."""
    if set(body) != {name} or not isinstance(body[name], kind):
        got = ", ".join(map(quoted, list(body)[:5])) or "nothing"
        raise Refusal(f'the body must be {{"{name}": {value}}}; got {got}')
    return body[name]


def nothing(body: Body, name: str) -> None:
    """Check that a body is empty. Raises Refusal."""
    if body:
        raise Refusal(f"{name} takes no values; got {quoted(next(iter(body)))}")


class Presses:
    """Makes routes for POST requests. They have their own threads, so none waits for a picture.

    The Content-Type must be JSON, which no form on another site can send.
    """

    def __init__(self, threads: int, quota: Quota, rate: Rate) -> None:
        """`quota` and `rate` limit one viewer; a press that comes too fast waits."""
        self._limiter, self._quota, self._rate = CapacityLimiter(threads), quota, rate

    def route(self, path: str, do: Do) -> Route:
        """Return the route of one kind of press."""

        async def endpoint(request: Request) -> Response:
            viewer = viewer_of(request.scope)
            with self._quota.taken(viewer):
                await asyncio.sleep(self._rate.delay(viewer))
                return await self._answer(partial(do, request, await json_body(request)))

        return Route(path, endpoint, methods=["POST"])

    def look(self, path: str, do: Callable[[Request], Mapping[str, Any]]) -> Route:
        """Return the route of a GET request: the same threads, without limits."""

        async def endpoint(request: Request) -> Response:
            return await self._answer(partial(do, request))

        return Route(path, endpoint)

    async def _answer(self, do: Callable[[], Mapping[str, Any]]) -> Response:
        answer = await to_thread.run_sync(do, limiter=self._limiter)
        return JSONResponse(answer, headers=NO_STORE)


def until_gone(endpoint: Endpoint) -> Endpoint:
    """Stop an endpoint once the client has left: a moving slider cancels requests."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        work = asyncio.ensure_future(endpoint(request))
        leaving = asyncio.ensure_future(_gone(request))
        try:
            await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else Response(status_code=499)  # nobody reads it
        finally:
            work.cancel()
            leaving.cancel()

    return answer


async def _gone(request: Request) -> None:
    receive: Callable[[], Awaitable[Any]] = request.receive
    while (await receive())["type"] != "http.disconnect":
        pass


def not_modified(request: Request, tag: str, *, immutable: bool = False) -> Response | None:
    """Return a 304 answer if the client already has the tagged content, else None."""
    known = request.headers.get("if-none-match", "")
    if tag.removeprefix("W/") not in known.replace("W/", "").split(", "):
        return None
    return Response(status_code=304, headers=_headers(tag, immutable))


def entry_reply(
    request: Request, entry: Entry, media: str = BINARY, *, immutable: bool = False
) -> Response:
    """Answer with packed bytes, zipped if that pays, or with 304 if the client has them."""
    if known := not_modified(request, entry.tag, immutable=immutable):
        return known
    headers = _headers(entry.tag, immutable)
    if entry.zipped is None:  # or Streamlit would zip it in the event loop, which is slow
        headers["Content-Encoding"] = "identity"
    return bytes_reply(request, (entry.content, entry.zipped), headers, media)


def bytes_reply(
    request: Request, forms: tuple[bytes, bytes | None], headers: Mapping[str, str], media: str
) -> Response:
    """Answer with the zipped bytes if the client accepts gzip, otherwise with the plain ones."""
    content, zipped = forms
    encoding = {}
    if zipped is not None and _takes_gzip(request):
        content, encoding = zipped, {"Content-Encoding": "gzip"}
    return Response(content, 200, {"Vary": "Accept-Encoding", **headers, **encoding}, media)


def _headers(tag: str, immutable: bool) -> dict[str, str]:
    cache = IMMUTABLE if immutable else ASK_AGAIN
    return {"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Encoding"}


def _takes_gzip(request: Request) -> bool:
    for part in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = part.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


class Closed(Exception):  # noqa: N818 - it states the problem
    """A WebSocket must end; the server closes it with a code and a sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


def read_object(message: Mapping[str, Any], largest: int) -> Mapping[str, Any]:
    """Read a browser's message: a JSON object of at most `largest` characters.

    Raises Closed for anything that our pages never send.
    """
    text = message.get("text")
    if text is None:
        raise Closed(NOT_JSON, "a message must be JSON text; got bytes")
    if len(text) > largest:
        raise Closed(TOO_BIG, f"a message may have at most {largest:,} characters")
    request = _object(text)
    if request is None:
        raise Closed(NOT_JSON, "a message must be one JSON object")
    return request


async def until_one_ends(*jobs: Coroutine[Any, Any, None]) -> None:
    """Run jobs side by side until one ends; raise its error."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.add_done_callback(heard)
            task.cancel()


def heard(done: "asyncio.Future[Any]") -> None:
    """Mark an error as seen, so that asyncio does not log it; awaiting the future raises it."""
    if not done.cancelled():
        done.exception()


async def send_within(websocket: WebSocket, text: str, seconds: float) -> None:
    """Send a text. Raises Closed if the browser reads nothing for that long."""
    try:
        async with asyncio.timeout(seconds):
            await websocket.send_text(text)
    except TimeoutError:
        raise Closed(GIVEN_UP, f"nothing was read for {seconds:g} s") from None


async def close_with(websocket: WebSocket, closed: Closed) -> None:
    """Close with the reason; give up if the other side does not read it."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await websocket.close(closed.code, closed.sentence[:MAX_REASON_CHARS])
    except (TimeoutError, RuntimeError, OSError):
        return


def door(
    routes: Iterable[BaseRoute] = (), base: Callable[[], str] = lambda: "", late: Late = list
) -> list[BaseRoute]:
    """Return the routes for `st.App`: `routes`, and those that `late` returns.

    Each route begins with one of OURS. `late` loads its routes with the first request for one of
    them, in a thread: a browser that has a page and its assets has enough to load until then.
    `base` returns Streamlit's server.baseUrlPath; it is called at the first request, when the
    settings are known.
    """
    return [Door(routes, base, late)]


class Door(BaseRoute):
    """All our routes as one. An unknown address is answered with a sentence in JSON."""

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

    async def _others(self, scope: Scope, receive: Receive, send: Send) -> None:
        router = self._late_router
        if router is None:
            router = await to_thread.run_sync(self._load)
        await router(scope, receive, send)

    def _load(self) -> Router:
        with self._lock:
            if self._late_router is None:
                routes = list(self._late())
                self._late_router = Router(routes, redirect_slashes=False, default=_nothing_here)
            return self._late_router

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; an error becomes a sentence, unless part of the answer was sent."""
        await answer_refusals(
            self._router, scope, receive, send, lambda error: _refused(error, scope)
        )


def _refused(error: Exception, scope: Scope) -> Refusal:
    """Return the answer to an error of a route; log an unexpected one."""
    if isinstance(error, Refusal):
        return error
    if foreseen := _foreseen(error):
        return foreseen
    if isinstance(error, ClientDisconnect):
        return Refusal("the client has left", 499)  # nobody reads it
    if isinstance(error, HTTPException):
        if error.status_code == 405:
            wanted = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
            sentence = f"this address takes {wanted}, not {scope['method'][:20]}"
            return Refusal(sentence, 405, {"Allow": wanted})
        return Refusal(str(error.detail), error.status_code)
    log.error("%s failed: %r", scope["path"][:200], error)
    verb = "do this" if scope.get("method") == "POST" else "answer"
    return Refusal(f"the server failed to {verb}; its log says why", 500)


def _foreseen(error: Exception) -> Refusal | None:
    # Imported here: the first page is sent before numpy and the runs are loaded.
    from hnviz.engine.client import EngineError
    from hnviz.questions.params import ParamError
    from hnviz.runs import DamagedRun, RunBusy, RunNotFound, RunWriteError, SnapshotNotFound
    from hnviz.sweeps.plan import SweepError, SweepNotFound
    from hnviz.sweeps.service import BusyError

    if isinstance(error, EngineError):
        return engine_refusal(error)
    statuses: tuple[tuple[int, tuple[type[Exception], ...]], ...] = (
        (404, (RunNotFound, SnapshotNotFound, SweepNotFound)),
        (409, (RunBusy, RunWriteError, BusyError)),
        (410, (DamagedRun,)),
        (422, (ParamError, SweepError)),
    )
    found = (status for status, kinds in statuses if isinstance(error, kinds))
    return next((Refusal(str(error), status) for status in found), None)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    path = get_route_path(scope)
    raise Refusal(f"there is nothing at {path[:100]!r}; docs/api.md lists the routes", 404)
