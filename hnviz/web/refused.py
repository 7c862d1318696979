"""How the app says no: a status and one sentence, as JSON."""

import json
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Send

Scope = MutableMapping[str, Any]


@dataclass(eq=False)
class RefusedError(Exception):
    """A request answered only by a sentence: what was wanted, what came, what to do."""

    status: int
    sentence: str
    headers: dict[str, str] = field(default_factory=dict)

    async def send(self, scope: Scope, send: Send) -> None:
        """Answer an HTTP request, or a WebSocket's handshake, with the sentence."""
        kind = "http.response"
        if scope["type"] == "websocket":
            if "websocket.http.response" not in scope.get("extensions", {}):
                await send({"type": "websocket.close", "code": 1008})  # the server answers 403
                return
            kind = "websocket.http.response"
        body = json.dumps({"error": self.sentence}).encode()
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
