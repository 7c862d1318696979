"""What all routes share: bodies and parameters, refusals, packed answers and a cache, the router.

A refusal is a status and one sentence, as JSON. `door` holds all routes except Streamlit's, below
the app's base path.
"""

import asyncio
import gzip
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from cachetools import LRUCache
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Router, get_route_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hnviz.questions.params import Param, ParamError, quoted, read_query

if TYPE_CHECKING:  # the first page comes before numpy and the runs are loaded
    from hnviz.engine.client import EngineError, ErrorKind

MAX_JSON_BYTES = 1024  # in a body

FOR_GOOD = "public, max-age=31536000, immutable"
IMMUTABLE = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
NO_STORE = {"Cache-Control": "no-store"}
BINARY, JSON = "application/octet-stream", "application/json"

MAX_CACHE_BYTES = 128 * 2**20
MAX_ENTRY_BYTES = 8 * 2**20  # for one answer
MIN_ZIPPED_BYTES = 1024
SAMPLE_BYTES = 2**14  # at most; a quarter of a small answer shows whether zipping may pay
SAMPLED = 8  # places in an answer: its arrays and its header differ
PAYS = 0.8  # of the size at most; a smaller saving costs more time than it saves
MAY_PAY = 0.9  # of a sample's size at most

Source = tuple[str, int | str, str]
"""A run's id, a step or "last", and the version of the snapshot that was read for it."""

RETRY_SECONDS = "1"  # after which a client may ask a busy server again

ENGINE_STATUS: "dict[ErrorKind, int]" = {
    "unknown": 404,
    "conflict": 409,
    "damaged": 410,
    "wrong": 422,
    "busy": 429,
    "failed": 500,
    "unavailable": 503,
}
"""The kind of an error of the engine -> the HTTP status of the answer."""

OURS = ("/api", "/assets", "/class/join", "/class/lesson", "/class/train", "/places.css")
"""Addresses that begin with one of these are ours; Streamlit answers all others with its page."""

log = logging.getLogger(__name__)

Body = Mapping[str, Any]
Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]
Late = Callable[[], Iterable[BaseRoute]]


class Refusal(ValueError):  # noqa: N818 - it states the problem
    """A request that gets a sentence as its answer: what was wanted, what came, what to do."""

    def __init__(
        self, sentence: str, status: int = 422, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        again = {"Retry-After": RETRY_SECONDS} if status in (429, 503) else {}
        self.status, self.headers = status, again if headers is None else headers

    async def send(self, scope: Scope, send: Send) -> None:
        """Answer an HTTP request, or a WebSocket's handshake, with the sentence."""
        kind = "http.response"
        if scope["type"] == "websocket":
            if "websocket.http.response" not in scope.get("extensions", {}):
                await send({"type": "websocket.close", "code": 1008})  # the server answers 403
                return
            kind = "websocket.http.response"
        body = json.dumps({"error": str(self)}).encode()
        headers = {
            "content-type": "application/json",
            "content-length": str(len(body)),
            "cache-control": "no-store",
            **self.headers,
        }
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": f"{kind}.start", "status": self.status, "headers": raw})
        bare = scope.get("method") == "HEAD"
        await send({"type": f"{kind}.body", "body": b"" if bare else body})


def engine_refusal(error: "EngineError") -> Refusal:
    """Return the answer to a request that the engine cannot carry out."""
    return Refusal(str(error), ENGINE_STATUS[error.kind])


@contextmanager
def refused_values() -> Iterator[None]:
    """Turn a ValueError about the request's values into a Refusal, 422. Others are bugs: 500."""
    try:
        yield
    except ValueError as error:
        if type(error) is ValueError:
            raise Refusal(str(error)) from error
        raise


async def answer_refusals(
    app: ASGIApp,
    scope: Scope,
    receive: Receive,
    send: Send,
    read: Callable[[Exception], Refusal | None] = lambda error: (
        error if isinstance(error, Refusal) else None
    ),
) -> None:
    """Call an app; if it raises an error, answer with the refusal that `read` returns for it.

    The error is raised again if `read` returns None, or if the answer has already begun.
    """
    begun = False

    async def send_on(message: Message) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        await app(scope, receive, send_on)
    except Exception as error:
        refused = read(error)
        if begun or refused is None:
            raise
        await refused.send(scope, send)


async def json_body(request: Request, most: int = MAX_JSON_BYTES) -> Body:
    """Read a JSON object of at most so many bytes; an empty body counts as {}. Raises Refusal."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise Refusal(f"Content-Type must be {JSON}; got {quoted(kind)}", 415)
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise Refusal(f"a body may have at most {most:,} bytes", 413)
    body = read_json(content or b"{}")
    if body is None:
        raise Refusal("the body must be one JSON object")
    return body


def read_json(text: str | bytes) -> Body | None:
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


def heard(done: "asyncio.Future[Any]") -> None:
    """Mark an error as seen, so that asyncio does not log it; awaiting the future raises it."""
    if not done.cancelled():
        done.exception()


@dataclass(frozen=True, slots=True)
class Entry:
    """One packed answer."""

    content: bytes
    zipped: bytes | None  # None where that does not pay
    tag: str  # the ETag
    lasting: bool = True  # the address with its version always gives this content
    others: tuple[Source, ...] = ()  # other snapshots: while they stay, so does the content

    def __len__(self) -> int:
        """Bytes in memory."""
        return len(self.content) + len(self.zipped or b"")

    @classmethod
    def of(cls, content: bytes) -> "Entry":
        """Zip content where that pays, and tag it with its hash."""
        return cls(content, zipped(content), content_tag(content))


class Cache:
    """The most recently used values, whose sizes `len` gives. Thread-safe."""

    def __init__(self, most: int = MAX_CACHE_BYTES, largest: int = MAX_ENTRY_BYTES) -> None:
        """Hold up to `most` bytes; a value of more than `largest` bytes is not stored."""
        self._values: LRUCache[Hashable, Any] = LRUCache(most, len)
        self._largest = largest
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Total size of all values, in bytes."""
        return int(self._values.currsize)

    def get(self, key: Hashable) -> Any:
        """Return a value, or None."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Store a value, unless it is too large."""
        with self._lock:
            self._values.pop(key, None)
            if len(value) <= self._largest:
                self._values[key] = value


def content_tag(content: bytes) -> str:
    """Return the ETag of bytes."""
    return f'W/"{blake2b(content, digest_size=12).hexdigest()}"'


def zipped(content: bytes, level: int = 1, smallest: int = MIN_ZIPPED_BYTES) -> bytes | None:
    """Zip bytes where that pays: for codes and ids, rarely for trained weights and states."""
    if (n := len(content)) < smallest:
        return None
    if n > 4 * MIN_ZIPPED_BYTES:
        size = min(SAMPLE_BYTES, n // 4) // SAMPLED
        sample = b"".join(content[at : at + size] for at in range(0, n, n // SAMPLED))
        if len(gzip.compress(sample, 1, mtime=0)) > MAY_PAY * len(sample):
            return None
    small = gzip.compress(content, level, mtime=0)
    return small if len(small) <= PAYS * n else None


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


def door(
    routes: Iterable[BaseRoute] = (), base: Callable[[], str] = lambda: "", late: Late = list
) -> list[BaseRoute]:
    """Return the routes for `st.App`: `routes`, and those that `late` returns.

    Each route begins with one of OURS. `late` loads its routes with the first request for one of
    them, in a thread: a browser that has a page and its assets has enough to load until then.
    `base` returns the path below which the app is served, "" or one such as "/lab"; it is called at
    the first request, when the settings are known.
    """
    return [Door(routes, base, late)]


class Door(BaseRoute):
    """All our routes as one. An unknown address is answered with a sentence in JSON."""

    def __init__(self, routes: Iterable[BaseRoute], base: Callable[[], str], late: Late) -> None:
        self._router = Router(list(routes), redirect_slashes=False, default=self._others)
        self._late, self._lock = late, threading.Lock()
        self._late_router: Router | None = None
        self._base = base
        self._prefix: str | None = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match our addresses, below the base path."""
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        if self._prefix is None:
            self._prefix = self._base()
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
