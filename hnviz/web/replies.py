"""HTTP answers: JSON sentences for errors, and the headers that control caching."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hnviz.engine.client import EngineError, ErrorKind
from hnviz.runs import DamagedRun, RunNotFound, SnapshotNotFound
from hnviz.web.kept import Entry
from hnviz.web.lanes import BusyError
from hnviz.web.views import Refusal
from hnviz.web.wire import to_json

BUSY = "the server is busy; ask again in a second"
RETRY_SECONDS = 1
IMMUTABLE = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]

log = logging.getLogger(__name__)


ENGINE_STATUS: dict[ErrorKind, int] = {
    "unknown": 404,
    "conflict": 409,
    "damaged": 410,
    "wrong": 422,
    "busy": 429,
    "failed": 500,
    "unavailable": 503,
}
"""The kind of an error of the engine -> the HTTP status of the answer."""


def refusal(error: Exception) -> Refusal | None:
    """Say what went wrong; None for an error that nobody foresaw."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, BusyError):
        return Refusal(BUSY, 429)
    if isinstance(error, EngineError):
        return Refusal(str(error), ENGINE_STATUS[error.kind])
    if isinstance(error, (RunNotFound, SnapshotNotFound)):
        return Refusal(str(error), 404)
    if isinstance(error, DamagedRun):
        return Refusal(str(error), 410)
    return Refusal(str(error)) if isinstance(error, ValueError) else None


def sentence_reply(sentence: str, status: int) -> Response:
    """Answer with one sentence about what went wrong."""
    headers = {"Cache-Control": "no-store"}
    if status in (429, 503):
        headers["Retry-After"] = str(RETRY_SECONDS)
    return Response(to_json({"error": sentence}), status, headers, "application/json")


def answering(endpoint: Endpoint) -> Endpoint:
    """Turn errors into sentences, and stop once the client has left."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            return await _unless_gone(request, endpoint(request))
        except Exception as error:
            said = refusal(error)
            if said is None:
                log.error("%s failed: %r", request.url.path[:200], error)
                said = Refusal("the server failed to answer; its log says why", 500)
            return sentence_reply(str(said), said.status)

    return answer


async def _unless_gone(request: Request, reply: Coroutine[Any, Any, Response]) -> Response:
    """Wait for a reply as long as the client does: a slider that moves on cancels requests."""
    work, leaving = asyncio.ensure_future(reply), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else Response(status_code=499)  # nobody reads it
    finally:
        work.cancel()
        leaving.cancel()


async def _gone(request: Request) -> None:
    receive: Callable[[], Awaitable[Any]] = request.receive
    while (await receive())["type"] != "http.disconnect":
        pass


def content_tag(content: bytes) -> str:
    """Return the ETag of bytes."""
    return f'W/"{blake2b(content, digest_size=12).hexdigest()}"'


def not_modified(request: Request, tag: str, *, immutable: bool = False) -> Response | None:
    """Return the answer 304 if the client has the tagged content, else None."""
    known = request.headers.get("if-none-match", "")
    if tag.removeprefix("W/") not in known.replace("W/", "").split(", "):
        return None
    return Response(status_code=304, headers=_headers(tag, immutable))


def entry_reply(
    request: Request, entry: Entry, media: str = "application/octet-stream", *, immutable: bool
) -> Response:
    """Answer with packed bytes, zipped if that pays; with 304 if the client has them."""
    known = not_modified(request, entry.tag, immutable=immutable)
    if known is not None:
        return known
    headers = _headers(entry.tag, immutable)
    content = entry.content
    if entry.zipped is not None and _takes_gzip(request):
        content = entry.zipped
        headers["Content-Encoding"] = "gzip"
    return Response(content, 200, headers, media)


def _headers(tag: str, immutable: bool) -> dict[str, str]:
    return {
        "ETag": tag,
        "Cache-Control": IMMUTABLE if immutable else ASK_AGAIN,
        "Vary": "Accept-Encoding",
    }


def _takes_gzip(request: Request) -> bool:
    for part in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = part.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
