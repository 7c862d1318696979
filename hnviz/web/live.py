"""The WebSocket /api/live: browsers follow topics of runs, and receive the changes.

JSON text both ways. From the browser:
    {"op": "follow", "id": 7, "topic": "curves", "run": "Model5", "params": {...}, "have": null}
    {"op": "leave", "id": 7}
From the server:
    {"id": 7, "news": {...}, "have": ...}
    {"id": 7, "error": "a sentence"}     the last message for this id
    [{"id": 7, ...}, {"id": 8, ...}]     several at once
A browser that connects again sends the last `have` back, and receives only what it missed.
A browser that reads slowly skips messages: the next one brings it up to date. So does each tab of a
viewer with many.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from hnviz.questions.params import ParamError, quoted, read_json
from hnviz.web.errors import Refusal
from hnviz.web.hub import DISK, Drawing, Hub, Listing, Source
from hnviz.web.quota import address_of, most_of_address
from hnviz.web.sockets import (
    TRY_LATER,
    Closed,
    close_with,
    read_object,
    send_within,
    until_one_ends,
)
from hnviz.web.topics import to_json
from hnviz.web.viewer import Viewer, viewer_of

__all__ = ["DISK", "Hub", "Listing", "Source", "routes"]

LARGEST_MESSAGE = 16 * 1024  # characters that a browser may send at once
MOST_FOLLOWS = 64  # on one connection
MOST_SOCKETS = 500
SEND_SECONDS = 30.0  # after which a browser that reads nothing is dropped
LARGEST_ID = 2**53

log = logging.getLogger(__name__)


class _Follow:
    """One topic that a browser follows."""

    def __init__(self, socket: "_Socket", number: int, run_id: str, have: Any) -> None:
        self.number, self.run_id = number, run_id
        self.drawing: Drawing | None = None
        self._socket, self._have = socket, have
        self._error: str | None = None

    def changed(self) -> None:
        """Queue a message that brings the browser up to date."""
        self._socket.line_up(self)

    def fail(self, sentence: str) -> None:
        """Queue the sentence that ends the topic."""
        self._error = sentence
        self._socket.line_up(self)

    async def message(self, drawing: Drawing) -> str | None:
        """Return what brings the browser up to date; None if it already is. Raises ValueError."""
        if self._error is not None:
            raise ValueError(self._error)
        body, self._have = await drawing.news(self._have)
        return None if body is None else f'{{"id":{self.number},{body}'


class _Socket:
    """One browser's connection: one task reads its requests, another writes the news."""

    def __init__(self, hub: Hub, websocket: WebSocket) -> None:
        self._hub, self._websocket = hub, websocket
        self._viewer = viewer_of(websocket.scope)
        self._follows: dict[int, _Follow] = {}
        self._line: dict[int, _Follow] = {}  # follows with news, the longest waiting first
        self._wake = asyncio.Event()

    async def serve(self) -> None:
        """Serve until either side closes. Raises Closed or WebSocketDisconnect."""
        try:
            await until_one_ends(self._read(), self._write())
        finally:
            for number in tuple(self._follows):
                self._leave(number)

    def line_up(self, follow: _Follow) -> None:
        """Queue a follow, to be served once earlier messages are sent."""
        self._line[follow.number] = follow
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._line:
                line, self._line = tuple(self._line.values()), {}
                told = await asyncio.gather(*map(self._told, line))
                texts = [text for text in told if text]
                if texts:  # in one go, as the sending is most of what a message costs
                    await self._send(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]")
                    await asyncio.sleep(self._hub.rest(self._viewer))

    async def _told(self, follow: _Follow) -> str | None:
        """Return a follow's message; None if there is none, or nobody follows any more."""
        if follow.drawing is None:
            return None
        try:
            text = await follow.message(follow.drawing)
        except ValueError as error:
            self._leave(follow.number)
            return _refusal(follow.number, str(error))
        return text if self._follows.get(follow.number) is follow else None

    async def _refuse(self, number: int | None, sentence: str) -> None:
        await self._send(_refusal(number, sentence))

    async def _send(self, text: str) -> None:
        await send_within(self._websocket, text, SEND_SECONDS)

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            request = read_object(message, LARGEST_MESSAGE)
            number = request.get("id")
            if isinstance(number, bool) or not isinstance(number, int) or abs(number) > LARGEST_ID:
                await self._refuse(None, f"id must be a whole number; got {quoted(number)}")
                continue
            try:
                self._do(number, request)
            except (Refusal, ParamError) as error:
                await self._refuse(number, str(error))

    def _do(self, number: int, request: Mapping[str, Any]) -> None:
        """Do what one request asks. Raises Refusal or ParamError."""
        match request.get("op"):
            case "follow":
                self._leave(number)
                self._follow(number, request)
            case "leave":
                self._leave(number)
            case other:
                raise Refusal(f"op must be one of follow, leave; got {quoted(other)}")

    def _follow(self, number: int, request: Mapping[str, Any]) -> None:
        if len(self._follows) >= MOST_FOLLOWS:
            raise Refusal(
                f"one connection may follow at most {MOST_FOLLOWS} topics; leave one first"
            )
        name, run_id = request.get("topic"), request.get("run", "")
        topic = self._hub.topics.get(name) if isinstance(name, str) else None
        if topic is None:
            known = ", ".join(self._hub.topics)
            raise Refusal(f"there is no topic {quoted(name)}; choose one of {known}")
        if not isinstance(run_id, str) or bool(run_id) != topic.of_run:
            wanted = "a run's id" if topic.of_run else "left out"
            raise Refusal(f"run must be {wanted} for {topic.name}; got {quoted(run_id)}")
        given = request.get("params") or {}
        if not isinstance(given, dict):
            raise Refusal(f"params must be an object; got {quoted(given)}")
        params = read_json(topic.params, given, topic.name)
        self._hub.quota.take(self._viewer)
        follow = self._follows[number] = _Follow(self, number, run_id, request.get("have"))
        follow.drawing = self._hub.follow(topic, run_id, params, follow)

    def _leave(self, number: int) -> None:
        follow = self._follows.pop(number, None)
        self._line.pop(number, None)
        if follow is not None:
            self._hub.quota.give(self._viewer)
        if follow is not None and follow.drawing is not None:
            self._hub.leave(follow.run_id, follow.drawing, follow)


def _refusal(number: int | None, sentence: str) -> str:
    return to_json({"id": number, "error": sentence})


def _check_places(hub: Hub, viewer: Viewer) -> None:
    """Raise Closed if too many browsers are connected, in all or from one address."""
    n = hub.sockets.total()
    here = sum(count for each, count in hub.sockets.items() if address_of(each) == viewer.address)
    most = most_of_address(MOST_SOCKETS)
    if n > MOST_SOCKETS or here > most:
        which = f"{MOST_SOCKETS} browsers" if n > MOST_SOCKETS else f"{most} from your address"
        raise Closed(TRY_LATER, f"{which} are connected already; try again later")


def routes(hub: Hub) -> list[BaseRoute]:
    """Return the route of the news."""

    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        viewer = viewer_of(websocket.scope)
        hub.sockets[viewer] += 1
        try:
            _check_places(hub, viewer)
            await _Socket(hub, websocket).serve()
        except WebSocketDisconnect:
            pass
        except Closed as closed:
            log.warning("a connection for news was closed: %s", closed.sentence)
            await close_with(websocket, closed)
        finally:
            hub.sockets -= Counter([viewer])  # which leaves no zeros

    return [WebSocketRoute("/api/live", live)]
