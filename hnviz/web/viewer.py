"""Who asks. A viewer is a browser, told apart by a random name that its first page gives it.

The name is a cookie, so requests, WebSockets and Streamlit's sessions all have it. It grants
nothing: it only says whose turn it is, and what counts as one viewer's. Without it, the viewer is
the address that asks.
"""

import re
import secrets
from collections.abc import Mapping

from starlette.requests import HTTPConnection
from starlette.types import Scope

COOKIE = "hnviz-viewer"
LOOPBACK = "127.0.0.1"  # Streamlit gives no address for a browser on this machine

Header = tuple[bytes, bytes]

_NAME = re.compile(r"[0-9a-f]{32}")


def viewer(cookies: Mapping[str, str], address: str | None) -> str:
    """Return the viewer of a request with these cookies, from this address."""
    name = cookies.get(COOKIE, "")
    return name if _NAME.fullmatch(name) else address or LOOPBACK


def viewer_of(scope: Scope) -> str:
    """Return the viewer of a request or a WebSocket."""
    asked = HTTPConnection(scope)
    return viewer(asked.cookies, asked.client.host if asked.client else None)


def naming(scope: Scope, *, framed: bool) -> list[Header]:
    """Return the headers that give a browser its name, none if it has one.

    In a frame of another site (`framed`), browsers keep only the second cookie, and only over TLS.
    """
    if _NAME.fullmatch(HTTPConnection(scope).cookies.get(COOKIE, "")):
        return []
    named = f"{COOKIE}={secrets.token_hex(16)}; Path=/; HttpOnly; SameSite="
    kinds = ("Lax", "None; Secure; Partitioned") if framed else ("Lax",)
    return [(b"set-cookie", f"{named}{kind}".encode()) for kind in kinds]
