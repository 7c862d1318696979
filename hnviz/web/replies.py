"""HTTP answers, and the headers that control caching."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hnviz.web.kept import Entry

FOR_GOOD = "public, max-age=31536000, immutable"
IMMUTABLE = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def until_gone(endpoint: Endpoint) -> Endpoint:
    """Stop an endpoint once the client has left: a slider that moves on cancels requests."""

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
    """Return the answer 304 if the client has the tagged content, else None."""
    known = request.headers.get("if-none-match", "")
    if tag.removeprefix("W/") not in known.replace("W/", "").split(", "):
        return None
    return Response(status_code=304, headers=_headers(tag, immutable))


def entry_reply(
    request: Request, entry: Entry, media: str = "application/octet-stream", *, immutable: bool
) -> Response:
    """Answer with packed bytes, zipped if that pays; with 304 if the client has them."""
    if known := not_modified(request, entry.tag, immutable=immutable):
        return known
    headers = _headers(entry.tag, immutable)
    if entry.zipped is None:  # or Streamlit would zip it in the event loop, which does not pay
        headers["Content-Encoding"] = "identity"
    return bytes_reply(request, (entry.content, entry.zipped), headers, media)


def bytes_reply(
    request: Request, forms: tuple[bytes, bytes | None], headers: Mapping[str, str], media: str
) -> Response:
    """Answer with bytes; with the second, zipped form if there is one and the client takes it."""
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
