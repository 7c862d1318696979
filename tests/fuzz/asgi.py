"""Talks with an ASGI app on an event loop of this thread.

Starlette's TestClient hands every request over to a thread, which takes ten times as long as most
answers do.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Message, Scope

PATIENCE = 20.0  # seconds
_SAFE = "/%?&=+:,;@!$'()*~"  # what an HTTP server lets through as it is


@dataclass
class Reply:
    """What an app answered to one request."""

    status: int = 0
    content: bytearray = field(default_factory=bytearray)

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Talk:
    """What an app sent over one WebSocket, and the code with which it hung up."""

    frames: list[Any] = field(default_factory=list)
    closed: int | None = None


class Client:
    """Asks an app; to be closed."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app, self.host = app, host
        self.runner = asyncio.Runner()

    def close(self) -> None:
        self.runner.close()

    def ask(self, method: str, target: str, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a request, as an HTTP server would pass it on."""
        length = {"content-length": str(len(content))} if content else {}
        scope = self._scope("http", target, length | headers) | {"method": method}
        body: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]
        reply = Reply()

        async def receive() -> Message:
            return body.pop() if body else await asyncio.Future()  # nobody hangs up

        async def send(message: Message) -> None:
            reply.status = message.get("status", reply.status)
            reply.content += message.get("body", b"")

        self._run(scope, receive, send)
        return reply

    def talk(self, target: str, texts: Sequence[str], until: Any) -> Talk:
        """Send texts over a WebSocket, and hang up once `until(frame)` is true of what is sent."""
        scope = self._scope("websocket", target, {})
        said: list[Message] = [{"type": "websocket.receive", "text": text} for text in texts]
        said.insert(0, {"type": "websocket.connect"})
        talk, over = Talk(), asyncio.Event()

        async def receive() -> Message:
            if said:
                return said.pop(0)
            await over.wait()
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: Message) -> None:
            if message["type"] == "websocket.close":
                talk.closed = message["code"]
            elif message["type"] == "websocket.send":
                talk.frames.append(json.loads(message["text"]))
                if until(talk.frames[-1]):
                    over.set()

        self._run(scope, receive, send)
        return talk

    def _scope(self, kind: str, target: str, headers: Mapping[str, str]) -> Scope:
        path, _, query = quote(target, _SAFE, errors="replace").partition("?")
        sent = {"host": self.host} | headers
        return {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "http" if kind == "http" else "ws",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
            "client": ("127.0.0.1", 50_000),
            "server": (self.host, 80),
            "subprotocols": [],
            "state": {},
        }

    def _run(self, scope: Scope, receive: Any, send: Any) -> None:
        async def answered() -> None:
            async with asyncio.timeout(PATIENCE):
                await self.app(scope, receive, send)

        self.runner.run(answered())
