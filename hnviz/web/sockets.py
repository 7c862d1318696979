"""What every WebSocket of ours shares: JSON objects in, texts out, and an end with a sentence."""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from typing import Any

from starlette.websockets import WebSocket

CLOSE_SECONDS = 1.0
LONGEST_REASON = 120  # bytes of a sentence that closes a WebSocket

NOT_JSON, TOO_BIG, GIVEN_UP, TRY_LATER = 1003, 1009, 1008, 1013


class Closed(Exception):  # noqa: N818 - it states the problem
    """The connection has to end; the server closes it with a code and a sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


def read_object(message: Mapping[str, Any], largest: int) -> Mapping[str, Any]:
    """Read a browser's message. Raises Closed for anything that our pages never send."""
    text = message.get("text")
    if text is None:
        raise Closed(NOT_JSON, "a message must be JSON text; got bytes")
    if len(text) > largest:
        raise Closed(TOO_BIG, f"a message may have at most {largest:,} characters")
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise Closed(NOT_JSON, "a message must be one JSON object")
    return request


async def until_one_ends(*jobs: Coroutine[Any, Any, None]) -> None:
    """Run what reads and what writes side by side until one ends; raise what it raised."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.add_done_callback(heard)
            task.cancel()


def heard(task: "asyncio.Task[Any]") -> None:
    """Mark a task's error as seen, so that asyncio does not log it; awaiting the task raises it."""
    if not task.cancelled():
        task.exception()


async def send_within(websocket: WebSocket, text: str, seconds: float) -> None:
    """Send a text. Raises Closed if the browser reads nothing for so long."""
    try:
        async with asyncio.timeout(seconds):
            await websocket.send_text(text)
    except TimeoutError:
        raise Closed(GIVEN_UP, f"nothing was read for {seconds:g} s") from None


async def close_with(websocket: WebSocket, closed: Closed) -> None:
    """Close with the reason; give up if the other side does not read it."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await websocket.close(closed.code, closed.sentence[:LONGEST_REASON])
    except (TimeoutError, RuntimeError, OSError):
        return
