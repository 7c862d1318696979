"""Fixes for uvicorn, and the only place for them.

uvicorn has no time limit for the rest of a request's head, nor for its own end. It parses
everything that a WebSocket sends as soon as it arrives: tiny frames sent for six seconds keep
everyone waiting for ten, and unfinished messages fill the memory. It also trusts any local program
about a viewer's address.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from hnviz.web.limits import STREAM, Bucket
from hnviz.web.sockets import CLOSE_SECONDS, GIVEN_UP, TOO_BIG, TRY_LATER

HEAD_SECONDS = 10.0  # for a request's head
END_SECONDS = 3  # for the requests that a server still answers when it ends

MAX_MESSAGE_BYTES = 64 * 1024  # to us
MAX_STREAM_BYTES = 512 * 1024  # for a message to Streamlit: all of a page's fields
SHORT, LONG = 126, 127  # in place of a frame's length, which then has two or eight bytes
FIN, CONTROL, MASK, LENGTH = 0x80, 0x08, 0x80, 0x7F
WEBSOCKETS = {
    "websockets_sansio_impl": "WebSocketsSansIOProtocol",
    "websockets_impl": "WebSocketProtocol",
}
"""uvicorn's modules for WebSockets. Streamlit chooses the first, or an old uvicorn's second."""

log = logging.getLogger(__name__)

Receive = Callable[[bytes], None]


class Frames:
    """Walks along the frames of one WebSocket (RFC 6455, 5.2), and reads only their heads.

    It leaves errors in a frame to the parser that comes after it.
    """

    def __init__(self) -> None:
        self.size = 0  # bytes of the current message, as its frames announce them
        self.largest = 0  # bytes of the largest message so far
        self.messages = 0  # complete ones
        self.complete = 0  # messages, and control frames between them
        self._left = 0  # bytes of the current frame still to come
        self._open = False  # a message has begun and not ended
        self._ends = 0, 0  # what this frame completes: anything, a message

    @property
    def received(self) -> int:
        """Bytes of the current message received so far."""
        return max(0, self.size - self._left)

    @property
    def is_halfway(self) -> bool:
        """Return whether a frame or a message is incomplete."""
        return self._left > 0 or self._open

    def walk(self, data: bytearray, most: int) -> tuple[int, int]:
        """Walk over at most `most` frames; return the numbers of bytes and heads passed.

        It stops before an incomplete head.
        """
        end = heads = 0
        while end < len(data):
            if self._left:
                step = min(self._left, len(data) - end)
                end, self._left = end + step, self._left - step
                if not self._left:
                    self._close()
            elif heads == most or not (after := self._head(data, end)):
                break
            else:
                end, heads = after, heads + 1
        return end, heads

    def _head(self, data: bytearray, at: int) -> int:
        """Read a frame's head; return where its content begins, 0 if the head is incomplete."""
        if len(data) < at + 2:
            return 0
        first, second = data[at], data[at + 1]
        length = second & LENGTH
        wide = {SHORT: 2, LONG: 8}.get(length, 0)
        content = at + 2 + wide + (4 if second & MASK else 0)
        if len(data) < content:
            return 0
        if wide:
            length = int.from_bytes(data[at + 2 : at + 2 + wide], "big")
        if first & CONTROL:  # it may come between two frames of a message
            self._ends = int(not self._open), 0
        else:
            self.size += length
            self.largest = max(self.largest, self.size)
            self._open = not first & FIN
            self._ends = int(not self._open), int(not self._open)
        self._left = length
        if not length:
            self._close()
        return content

    def _close(self) -> None:
        """Note that a frame is complete."""
        ends, messages = self._ends
        self.complete += ends
        self.messages += messages
        if ends:
            self.size = 0


@dataclass(eq=False, kw_only=True)
class Intake:
    """Limits on what one WebSocket sends, and on the unfinished messages of all together."""

    frames: tuple[float, float] = (50, 100)  # per second, and in a burst
    size: tuple[float, float] = (2**20, 2 * 2**20)  # bytes, the same
    slice: int = 16  # frames parsed before others have a turn
    too_fast_seconds: float = 5.0  # above the limits before the connection is closed
    message_seconds: float = 10.0  # for a whole message
    hello_seconds: float = 30.0  # for the first message to us
    unfinished: int = 8 * 2**20  # bytes of all unfinished messages
    waiting: int = 0  # bytes now
    connections: "set[Connection]" = field(default_factory=set)

    def count(self, more: int) -> None:
        """Note that a message has grown; if unfinished ones need too much, close the largest."""
        self.waiting += more
        if self.waiting > self.unfinished:
            largest = max(self.connections, key=lambda each: each.counted)
            largest.close(TRY_LATER, "too many messages are unfinished; send yours again")


class Connection:
    """Passes one WebSocket's bytes from its transport to uvicorn's parser, within the limits."""

    def __init__(self, intake: Intake, protocol: Any, transport: Any, receive: Receive) -> None:
        self.counted = 0  # unparsed or unfinished bytes of this connection
        self._intake, self._protocol = intake, protocol
        self._transport, self._receive = transport, receive
        self._walk, self._held, self._begun = Frames(), bytearray(), False
        self._frames, self._size = Bucket(*intake.frames), Bucket(*intake.size)
        self._too_fast_since: float | None = None
        self._app_waits = self._paused = self.closing = False
        self._loop = asyncio.get_running_loop()
        self._again: asyncio.Handle | None = None
        self._hello = self._loop.call_later(intake.hello_seconds, self._check_hello)
        self._deadline: asyncio.Handle | None = None  # for the current message
        self._awaited = 0  # how many messages were complete when it was set
        intake.connections.add(self)

    def take(self, data: bytes) -> None:
        """Take bytes that have arrived."""
        if not self._begun:  # the HTTP request, which uvicorn passes on itself
            self._begun = True
            self._receive(data)
        elif not self.closing:
            self._held += data
            self._size.take(len(data))
            if min(self._frames.fullness, self._size.fullness) >= 0.5:
                self._too_fast_since = None
            if self._again is None:
                self._pass_on()

    def pause_for_app(self, waits: bool) -> None:
        """Hold back bytes until uvicorn's queue for the app is empty again."""
        self._app_waits = waits
        if not waits and self._held:
            self._later(0)
        else:
            self._pause()

    def close(self, code: int, sentence: str) -> None:
        """Close with a reason, in whatever state uvicorn's parser is."""
        if self.closing or self._transport.is_closing():
            return
        said = code.to_bytes(2, "big") + sentence.encode()
        self._transport.write(bytes([0x88, len(said)]) + said)
        log.warning("a WebSocket was closed: %s", sentence)
        self.closing = True
        self.end()
        self._pause()
        self._loop.call_later(CLOSE_SECONDS, self._transport.abort)

    def end(self) -> None:
        """Forget the connection."""
        self._held.clear()
        self._count(0)
        self._intake.connections.discard(self)
        for timer in (self._hello, self._deadline, self._again):
            if timer:
                timer.cancel()

    def _pass_on(self) -> None:
        """Let uvicorn parse as much as the limits allow now."""
        self._again = None
        if self._held and not (self._app_waits or self.closing or self._transport.is_closing()):
            most = min(self._intake.slice, int(self._frames.left)) if self._size.left > 0 else 0
            end, heads = self._walk.walk(self._held, most) if most > 0 else (0, 0)
            if self._walk.largest > self._largest():
                self.close(TOO_BIG, f"a message may have at most {self._largest():,} bytes")
                return
            self._frames.take(heads)
            with memoryview(self._held) as held:
                part = bytes(held[:end])
            del self._held[:end]
            if part:
                self._receive(part)
            if self._held and (heads == most or not most):
                self._wait()
        if self.closing:
            return
        self._count(len(self._held) + self._walk.received)
        self._watch()
        self._pause()

    def _wait(self) -> None:
        """Continue after the others' turns, or once the connection is within its limits again."""
        wait = max(self._frames.wait(1), self._size.wait(1))
        now = self._loop.time()
        if wait and self._too_fast_since is None:
            self._too_fast_since = now
        if wait and now - (self._too_fast_since or now) > self._intake.too_fast_seconds:
            frames, size = self._intake.frames[0], self._intake.size[0]
            said = f"too fast: send at most {frames:,.0f} frames and {size:,.0f} bytes a second"
            self.close(GIVEN_UP, said)
        else:
            self._later(wait)

    def _later(self, seconds: float) -> None:
        if self._again is None:
            self._again = self._loop.call_later(seconds, self._pass_on)

    def _pause(self) -> None:
        """Pause or resume reading."""
        paused = self._app_waits or self._again is not None or self.closing
        if paused != self._paused and not self._transport.is_closing():
            self._paused = paused
            (self._transport.pause_reading if paused else self._transport.resume_reading)()

    def _largest(self) -> int:
        return MAX_STREAM_BYTES if self._is_streamlits() else MAX_MESSAGE_BYTES

    def _is_streamlits(self) -> bool:
        path: str = getattr(self._protocol, "scope", {}).get("path", "")
        return path.endswith(STREAM)

    def _count(self, size: int) -> None:
        more, self.counted = size - self.counted, size
        self._intake.count(more)

    def _watch(self) -> None:
        """Set a deadline for a message that has begun."""
        if self._walk.messages:
            self._hello.cancel()
        halfway = self._walk.is_halfway or (self._held and not self._again)
        if self._deadline and not (halfway and self._awaited == self._walk.complete):
            self._deadline.cancel()
            self._deadline = None
        if halfway and self._deadline is None and not self.closing:
            self._awaited = self._walk.complete
            self._deadline = self._loop.call_later(self._intake.message_seconds, self._check_whole)

    def _check_hello(self) -> None:
        if self._is_streamlits():  # a page that reconnects after a break says nothing
            return
        self.close(GIVEN_UP, f"no message came within {self._intake.hello_seconds:g} s")

    def _check_whole(self) -> None:
        self._deadline = None
        if self._app_waits:  # the app keeps it waiting
            self._watch()
        else:
            seconds = self._intake.message_seconds
            self.close(GIVEN_UP, f"a message must arrive within {seconds:g} s")


class Valve:
    """A WebSocket's transport as uvicorn sees it: a `Connection` can pause reading, too."""

    def __init__(self, transport: Any, connection: Connection) -> None:
        self._transport, self._connection = transport, connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def pause_reading(self) -> None:
        """Read nothing until the app has taken what has arrived."""
        self._connection.pause_for_app(True)

    def resume_reading(self) -> None:
        """Read again."""
        self._connection.pause_for_app(False)

    def write(self, data: bytes) -> None:
        """Send, unless the last frame has already been sent."""
        if not self._connection.closing:
            self._transport.write(data)


def bound_frames(kind: Any, intake: Intake) -> None:
    """Limit what each WebSocket of a protocol class sends, before it is parsed.

    Bytes are parsed in slices. Reading pauses while a connection is above its limits; if it stays
    there, it is closed with a reason. Each message has a maximum size and a deadline, and so does
    the first message to us. As on Streamlit's own server, messages are not compressed: a small one
    could unpack to a huge one. A second call does nothing.
    """
    received = kind.data_received

    def __init__(begin: Any, protocol: Any, config: Any, *rest: Any, **named: Any) -> None:  # noqa: N807
        config.ws_max_size = min(config.ws_max_size, MAX_STREAM_BYTES)
        config.ws_per_message_deflate = False
        begin(protocol, config, *rest, **named)

    def connection_made(made: Any, protocol: Any, transport: Any) -> None:
        connection = Connection(intake, protocol, transport, lambda data: received(protocol, data))
        protocol.hnviz_connection = connection
        made(protocol, Valve(transport, connection))

    def data_received(received: Any, protocol: Any, data: bytes) -> None:
        protocol.hnviz_connection.take(data)

    def connection_lost(lost: Any, protocol: Any, error: Exception | None) -> None:
        protocol.hnviz_connection.end()
        lost(protocol, error)

    for method in (__init__, connection_made, data_received, connection_lost):
        _replace(kind, method)


def _replace(kind: Any, method: Any) -> None:
    """Replace a method by a function that takes it first. A second call does nothing."""
    before = getattr(kind, method.__name__, None)
    if before is None or hasattr(before, "__wrapped__"):
        return

    @wraps(before)
    def replaced(*given: Any, **named: Any) -> Any:
        return method(before, *given, **named)

    setattr(kind, method.__name__, replaced)


def close_half_sent(kind: Any, seconds: float = HEAD_SECONDS) -> None:
    """Close connections of a protocol class that begin a request but never finish its head.

    An attacker or a sleeping machine would otherwise hold file descriptors forever. uvicorn has a
    time limit after an answer, none before it, and no setting to add one. A connection is closed
    if no request began within `seconds` and none is being answered. A second call does nothing.
    """

    def connection_made(made: Any, protocol: Any, transport: Any) -> None:
        made(protocol, transport)
        _look_later(protocol, transport, None, seconds)

    _replace(kind, connection_made)


def end_within(kind: Any, seconds: int = END_SECONDS) -> None:
    """Limit how long a server that ends waits for its requests. A second call does nothing.

    uvicorn waits for all of them, even if their turn comes in a minute; Streamlit sets no limit.
    """

    def __init__(begin: Any, protocol: Any, config: Any, *rest: Any, **named: Any) -> None:  # noqa: N807
        config.timeout_graceful_shutdown = config.timeout_graceful_shutdown or seconds
        begin(protocol, config, *rest, **named)

    _replace(kind, __init__)


def keep_addresses(kind: Any) -> None:
    """Leave a request's address to `limits.forwarded`. A second call does nothing.

    uvicorn takes the one in X-Forwarded-For from any program on this machine, whatever it holds.
    """

    def __call__(called: Any, proxied: Any, *request: Any) -> Any:  # noqa: N807
        return proxied.app(*request)

    _replace(kind, __call__)


def mend_uvicorn() -> None:
    """Apply the fixes to uvicorn's HTTP protocols, and to the WebSocket protocol in use."""
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
    from uvicorn.protocols.http.h11_impl import H11Protocol

    keep_addresses(ProxyHeadersMiddleware)
    close_half_sent(H11Protocol)
    end_within(H11Protocol)
    intake = Intake()
    for module, name in WEBSOCKETS.items():
        # Importing the other one would warn that it is deprecated.
        loaded = sys.modules.get(f"uvicorn.protocols.websockets.{module}")
        if loaded is not None:
            bound_frames(getattr(loaded, name), intake)
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:  # httptools is not installed, so uvicorn uses h11
        return
    close_half_sent(HttpToolsProtocol)
    end_within(HttpToolsProtocol)


def _look_later(protocol: Any, transport: Any, known: Any, seconds: float) -> None:
    def look() -> None:
        if transport.is_closing() or transport.get_protocol() is not protocol:
            return  # it has closed, or has become a WebSocket
        cycle = protocol.cycle  # the last request whose head was complete, None before the first
        if cycle is known and (cycle is None or cycle.response_complete):
            transport.close()
        else:
            _look_later(protocol, transport, cycle, seconds)

    asyncio.get_running_loop().call_later(seconds, look)
