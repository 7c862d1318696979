"""HTTP answers, and the headers that control caching."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hnviz.web.kept import Entry

IMMUTABLE = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def until_gone(endpoint: Endpoint) -> Endpoint:
    """Stop an endpoint once the client has left: a slider that moves on cancels requests."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        work, leaving = (
            asyncio.ensure_future(endpoint(request)),
            asyncio.ensure_future(_gone(request)),
        )
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
