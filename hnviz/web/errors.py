"""Refusals: a status and one sentence, as JSON."""

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Send

if TYPE_CHECKING:  # the first page comes before numpy and the runs are loaded
    from hnviz.engine.client import EngineError, ErrorKind

Scope = MutableMapping[str, Any]

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


def _known(error: Exception) -> Refusal | None:
    return error if isinstance(error, Refusal) else None


async def answer_refusals(
    app: ASGIApp,
    scope: Scope,
    receive: Receive,
    send: Send,
    read: Callable[[Exception], Refusal | None] = _known,
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
