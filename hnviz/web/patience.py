"""A fix for uvicorn, which has no time limit for the rest of a request's head."""

import asyncio
from functools import wraps
from typing import Any

SECONDS = 10.0  # for a request's head


def close_half_sent(kind: Any, seconds: float = SECONDS) -> None:
    """Close connections of a protocol class that start a request and never finish its head.

    An attacker or a sleeping machine would otherwise keep its file descriptors for good. uvicorn
    has a time limit after an answer, but none before it, and no setting adds one. A connection is
    closed when no request began in a whole period and none is being answered. A second call does
    nothing.
    """
    made = getattr(kind, "connection_made", None)
    if made is None or hasattr(made, "__wrapped__"):
        return

    @wraps(made)
    def connection_made(protocol: Any, transport: Any) -> None:
        made(protocol, transport)
        _look_later(protocol, transport, None, seconds)

    kind.connection_made = connection_made


def mend_uvicorn() -> None:
    """Apply the fix to both of uvicorn's HTTP protocols."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    close_half_sent(H11Protocol)
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:  # httptools is not installed, so uvicorn uses h11
        return
    close_half_sent(HttpToolsProtocol)


def _look_later(protocol: Any, transport: Any, known: Any, seconds: float) -> None:
    def look() -> None:
        if transport.is_closing() or transport.get_protocol() is not protocol:
            return  # it is gone, or has become a WebSocket
        cycle = protocol.cycle  # the last request whose head was complete, None before the first
        if cycle is known and (cycle is None or cycle.response_complete):
            transport.close()
        else:
            _look_later(protocol, transport, cycle, seconds)

    asyncio.get_running_loop().call_later(seconds, look)
