"""WebSockets: a browser's messages, what is sent to it, and how its connection ends."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from hnviz.web.http import heard, read_json

CLOSE_SECONDS = 1.0
MAX_REASON_CHARS = 120  # in a sentence that closes a WebSocket
NOT_JSON, TOO_BIG, GIVEN_UP, TRY_LATER = 1003, 1009, 1008, 1013


class Closed(Exception):  # noqa: N818 - it states the problem
    """A WebSocket must end; the server closes it with a code and a sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


async def accept(
    websocket: WebSocket, serve: Callable[[], Awaitable[None]], say: Callable[[str], None]
) -> None:
    """Accept a browser, and serve it; if that raises Closed, `say` the reason.

    The browser may hang up at any moment, also while it is accepted or while we close.
    """
    with suppress(WebSocketDisconnect):
        try:
            await websocket.accept()
            await serve()
        except Closed as closed:
            say(closed.sentence)
            with suppress(TimeoutError, RuntimeError, OSError):  # the other side does not read it
                async with asyncio.timeout(CLOSE_SECONDS):
                    await websocket.close(closed.code, closed.sentence[:MAX_REASON_CHARS])


def read_object(message: Mapping[str, Any], largest: int) -> Mapping[str, Any]:
    """Read a browser's message: a JSON object of at most `largest` characters.

    Raises Closed for anything that our pages never send.
    """
    text = message.get("text")
    if text is None:
        raise Closed(NOT_JSON, "a message must be JSON text; got bytes")
    if len(text) > largest:
        raise Closed(TOO_BIG, f"a message may have at most {largest:,} characters")
    request = read_json(text)
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


async def send_within(websocket: WebSocket, text: str, seconds: float) -> None:
    """Send a text. Raises Closed if the browser reads nothing for that long."""
    try:
        async with asyncio.timeout(seconds):
            await websocket.send_text(text)
    except TimeoutError:
        raise Closed(GIVEN_UP, f"nothing was read for {seconds:g} s") from None
