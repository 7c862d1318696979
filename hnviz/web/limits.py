"""Limits on what one visitor may use: open files, uploads, presses, slow requests.

A viewer is a browser. Its first page gives it a random name in a cookie, which its requests,
WebSockets and Streamlit's sessions carry. The name grants nothing: it only says whose turn it is,
and whose limits apply. A request without a name counts towards its address. Someone who makes up
many names stays within the limits of one address.
"""

import asyncio
import ctypes
import os
import re
import secrets
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Generic, NamedTuple, TypeVar

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hnviz.web.http import Refusal, answer_refusals

COOKIE = "hnviz-viewer"
PROXIES = "HNVIZ_PROXIES"  # addresses or networks of trusted proxies
LOOPBACK = "127.0.0.1"  # for a browser on this machine, for which Streamlit gives no address
HOME_BITS = 64  # of an IPv6 address: they identify a home's network

MAX_BODY_BYTES = 64 * 1024  # in any request except an upload
MAX_FILE_BYTES = 5_000_000  # of a text; as texts.MAX_TEXT_BYTES, which needs numpy
MAX_RUN_BYTES = 16_000_000  # of a run that a student's device has trained, as a zip file
MAX_UPLOADS = 4  # at the same time; one per viewer
MAX_SOCKETS = 40  # per viewer; a tab has two
MAX_ADDRESS_SOCKETS = 400  # a class of 100 behind one router has three each
MAX_ADDRESS_PRESSES = 1  # whose pages are drawn at the same time
COUNT_SECONDS, COUNT_VISITORS = 0.1, 4  # after so many, the open files are counted again
TABS_A_SECOND, TABS_AT_ONCE = 20, 60  # opened from one address; more wait, as each takes 5 ms
PRESS_SECONDS = 1.0  # after this, a page still being drawn no longer counts
M_MMAP_THRESHOLD = -3  # glibc's number for it, in malloc.h
TAB_FILES = 3  # that Streamlit keeps open for a while after a tab has closed
MAX_CLOSED_TABS = 128  # for which it does so
STREAM = "/_stcore/stream"
NO_BYTES = 1003  # closes a tab that sends text: Streamlit's messages are bytes
PAUSE_SECONDS = 20.0  # between two parts of a body
BODY_SECONDS = 120.0  # for a whole body
RETRY = {"Retry-After": "10"}

UPLOADS = {"/api/texts": MAX_FILE_BYTES, "/api/class/runs": MAX_RUN_BYTES}
SHUT = "/_stcore/upload_file/"  # Streamlit's own, which no page uses

Header = tuple[bytes, bytes]
Network = IPv4Network | IPv6Network
Item = TypeVar("Item")

_NAME = re.compile(r"[0-9a-f]{32}")
_WITH_PORT = re.compile(r"\[(?P<six>[0-9a-fA-F:.]+)\](:\d+)?|(?P<four>[0-9.]+):\d+")


class Viewer(NamedTuple):
    """A browser and its address, which many may share."""

    name: str
    address: str

    @property
    def asker(self) -> str:
        """Name and address as one text, for the engine."""
        return f"{self.name}@{self.address}"


def viewer(cookies: Mapping[str, str], address: str | None) -> Viewer:
    """Return the viewer of a request with these cookies, from this address."""
    name, place = cookies.get(COOKIE, ""), _place(address or LOOPBACK)
    return Viewer(name if _NAME.fullmatch(name) else place, place)


def viewer_of(scope: Scope) -> Viewer:
    """Return the viewer of a request or a WebSocket."""
    asked = HTTPConnection(scope)
    return viewer(asked.cookies, asked.client.host if asked.client else None)


def proxies(named: Sequence[str]) -> tuple[Network, ...]:
    """Read the addresses and networks of proxies. Raises ValueError."""
    try:
        return tuple(ip_network(each, strict=False) for each in named)
    except ValueError as error:
        raise ValueError(
            f"{PROXIES} takes addresses and networks, such as 127.0.0.1,10.0.0.0/8; {error}"
        ) from None


def forwarded(scope: Scope, trusted: Sequence[Network]) -> Scope:
    """Return a request as its browser sent it to the first trusted proxy.

    Each proxy appends its client's address to X-Forwarded-For. So the browser is the last address
    there that is not a trusted proxy; anyone may have written the ones before it.
    """
    client = scope.get("client")
    if not trusted or client is None or not _is_in(client[0], trusted):
        return scope
    headers = Headers(scope=scope)
    hops = ",".join(headers.getlist("x-forwarded-for")).split(",")
    address = client[0]
    while _is_in(address, trusted) and hops and (hop := _read(hops.pop())):
        address = hop
    told = headers.get("x-forwarded-proto", "").strip()
    scheme = scope["scheme"]
    if told in ("http", "https"):
        scheme = told.replace("http", "ws") if scope["type"] == "websocket" else told
    return {**scope, "client": (address, client[1]), "scheme": scheme}


def _read(hop: str) -> str:
    """Read an address with or without a port; "" for anything else."""
    found = _WITH_PORT.fullmatch(hop.strip())
    read = _ip((found["six"] or found["four"]) if found else hop.strip())
    return str(read) if read else ""


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    read = _ip(address)
    return read is not None and any(read in network for network in networks)


@lru_cache(maxsize=1024)  # each request asks twice
def _place(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or a home's IPv6 network."""
    read = _ip(address)
    if not isinstance(read, IPv6Address) or read.is_loopback:
        return str(read or address)
    return str(ip_network((read, HOME_BITS), strict=False))


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address. ::ffff:192.0.2.7, as a server for both versions writes it, is IPv4."""
    try:
        read = ip_address(text)
    except ValueError:
        return None
    return (read.ipv4_mapped or read) if isinstance(read, IPv6Address) else read


def naming(scope: Scope, *, framed: bool) -> list[Header]:
    """Return the headers that give a browser its name; none if it has one already.

    In a frame of another site (`framed`), browsers keep only the second cookie, and only over TLS.
    """
    if _NAME.fullmatch(HTTPConnection(scope).cookies.get(COOKIE, "")):
        return []
    named = f"{COOKIE}={secrets.token_hex(16)}; Path=/; HttpOnly; SameSite="
    kinds = ("Lax", "None; Secure; Partitioned") if framed else ("Lax",)
    return [(b"set-cookie", f"{named}{kind}".encode()) for kind in kinds]


def most_of_address(most: int) -> int:
    """Return how many of `most` shared places one address may take: three quarters.

    A class behind one router then has room, and some is left for others.
    """
    return max(1, most * 3 // 4)


def address_of(viewer: Hashable) -> Hashable:
    """Return a viewer's address; a viewer with only a name is its own address."""
    return viewer.address if isinstance(viewer, Viewer) else viewer


class Quota:
    """Limits how many of one thing each viewer and each address may hold. For one event loop."""

    def __init__(self, most: int, sentence: str, of_address: int = 0) -> None:
        """A viewer may hold `most`; `sentence` refuses more. `of_address` 0 means no limit."""
        self._most, self._sentence, self._of_address = most, sentence, of_address
        self._held: Counter[Hashable] = Counter()
        self._addresses: Counter[Hashable] = Counter()

    def take(self, viewer: Hashable) -> None:
        """Count one more. Raises Refusal."""
        address = address_of(viewer)
        if self._held[viewer] >= self._most:
            raise Refusal(self._sentence, 429)
        if self._of_address and self._addresses[address] >= self._of_address:
            raise Refusal(
                f"your network address has {self._of_address} already, which is the limit; try "
                "again later",
                429,
            )
        self._held[viewer] += 1
        self._addresses[address] += 1

    def give(self, viewer: Hashable) -> None:
        """Count one less."""
        self._held -= Counter([viewer])  # this drops zeros
        self._addresses -= Counter([address_of(viewer)])

    @property
    def total(self) -> int:
        """How many all viewers hold together."""
        return self._held.total()

    @contextmanager
    def taken(self, viewer: Hashable) -> Iterator[None]:
        """Count one more for a while. Raises Refusal."""
        self.take(viewer)
        try:
            yield
        finally:
            self.give(viewer)


class FairQueue(Generic[Item]):
    """A queue in which addresses take turns, and so do the viewers of each."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, deque[Item]] = {}  # the viewer served last comes last
        self._served: dict[Hashable, int] = {}  # address -> the number of its last turn

    @property
    def sizes(self) -> dict[Hashable, int]:
        """Viewer -> number of items. The first viewer has waited longest for a turn."""
        return {viewer: len(line) for viewer, line in self._lines.items()}

    def put(self, viewer: Hashable, item: Item) -> None:
        """Append an item to a viewer's line."""
        self._lines.setdefault(viewer, deque()).append(item)

    def take(self, among: Iterable[Hashable]) -> tuple[Hashable, Item]:
        """Remove and return the first item of the viewer whose turn it is, and that viewer."""
        viewer = min(among, key=lambda each: self._served.get(address_of(each), 0))
        waiting = set(map(address_of, self._lines))
        turn = max(self._served.values(), default=0) + 1
        self._served = {each: at for each, at in self._served.items() if each in waiting}
        self._served[address_of(viewer)] = turn
        line = self._lines.pop(viewer)
        item = line.popleft()
        if line:
            self._lines[viewer] = line
        return viewer, item

    def remove(self, item: Item) -> None:
        """Remove an item."""
        for viewer, line in self._lines.items():
            if item in line:
                line.remove(item)
                if not line:
                    del self._lines[viewer]
                return


class Turns:
    """Lets each address do a few things at once; its viewers take turns. For one event loop."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._running: Counter[Hashable] = Counter()
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue()

    async def take(self, viewer: Hashable) -> None:
        """Wait for a turn."""
        address = address_of(viewer)
        if self._running[address] < self._at_once:
            self._running[address] += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put(viewer, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the turn came at the same moment
                self.give(viewer)
            raise

    def give(self, viewer: Hashable) -> None:
        """End a turn, and pass it to the next in line."""
        address = address_of(viewer)
        while waiting := [each for each in self._waiting.sizes if address_of(each) == address]:
            _, turn = self._waiting.take(waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._running -= Counter([address])  # this drops zeros


class Bucket:
    """A token bucket: it holds `at_once` tokens, and fills with `a_second`."""

    def __init__(
        self, a_second: float, at_once: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._a_second, self._most, self._clock = a_second, at_once, clock
        self._left, self._seen = at_once, clock()

    @property
    def left(self) -> float:
        """The tokens left; below 0 if more were taken than there were."""
        now = self._clock()
        self._left = min(self._most, self._left + self._a_second * (now - self._seen))
        self._seen = now
        return self._left

    @property
    def fullness(self) -> float:
        """The share of tokens left: 1 if none was taken lately."""
        return self.left / self._most

    def take(self, n: float) -> None:
        """Take n tokens, even if there are fewer."""
        self._left = self.left - n

    def wait(self, n: float) -> float:
        """Return the seconds until it holds n tokens."""
        return max(0.0, (n - self.left) / self._a_second)


class Rate:
    """Slows down a viewer who does something too often, such as pressing. For one event loop."""

    def __init__(
        self, a_second: float, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """After a pause, the first `at_once` do not have to wait."""
        self._new = partial(Bucket, a_second, at_once, clock)
        self._buckets: dict[Hashable, Bucket] = {}

    def delay(self, viewer: Hashable) -> float:
        """Count one more; return the seconds that it must wait."""
        bucket = self._buckets.pop(viewer, None) or self._new()
        while self._buckets and next(iter(self._buckets.values())).fullness == 1:
            del self._buckets[next(iter(self._buckets))]  # who has rested longest is first
        self._buckets[viewer] = bucket
        delay = bucket.wait(1)
        bucket.take(1)
        return delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits that depend on the server."""

    is_full: Callable[[], bool] = lambda: False  # of open files
    draws: Callable[[bytes], bool] = lambda message: False  # whether it says that a page is drawn


def limits(bounds: Callable[[], Bounds]) -> Middleware:
    """Make the middleware; `bounds` is called once, when the server starts."""
    return Middleware(Limits, bounds=bounds)


class Limits:
    """Refuses requests that are too large, too slow or too many."""

    def __init__(self, app: ASGIApp, bounds: Callable[[], Bounds]) -> None:
        self.app = app
        self.bounds = bounds()
        self._sockets = Quota(
            MAX_SOCKETS,
            "you have as many tabs open as one viewer may have; close one first",
            MAX_ADDRESS_SOCKETS,
        )
        self._turns = Turns(MAX_ADDRESS_PRESSES)
        self._opening = Rate(TABS_A_SECOND, TABS_AT_ONCE)
        self._uploading = Quota(1, "another of your files is being uploaded; try again in a moment")
        self._counted, self._is_full = 0.0, False  # when open files were counted, and the result
        self._since = 0  # visitors since then

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it, even while its body arrives."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            await answer_refusals(self._pass, scope, receive, send)
        except asyncio.CancelledError:  # the server ends: see `uvicorn_fixes.end_within`
            with suppress(RuntimeError):  # the answer has begun, or the client has left
                await Refusal("this server has ended; ask again later", 503).send(scope, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        viewer = viewer_of(scope)
        if scope["type"] == "websocket":
            with self._sockets.taken(viewer):
                self._check_room()
                if scope["path"].endswith(STREAM):
                    await self._draw(viewer, scope, receive, send)
                else:
                    await self.app(scope, receive, send)
            return
        if _asks_for_a_page(scope):
            self._check_room()
        if SHUT in scope["path"]:
            raise Refusal("files are not taken here; send a text to api/texts", 404)
        most = next((each for end, each in UPLOADS.items() if scope["path"].endswith(end)), None)
        if most is None:
            await self.app(scope, _bounded(scope, receive, MAX_BODY_BYTES), send)
            return
        with self._uploading.taken(viewer):
            if self._uploading.total > MAX_UPLOADS:
                raise Refusal("others are uploading files; try again in a moment", 429)
            await self.app(scope, _bounded(scope, receive, most), send)

    def _check_room(self) -> None:
        """Raise Refusal if too few files can be opened; they are counted rarely, for speed."""
        now = time.monotonic()
        self._since += 1
        if now > self._counted + COUNT_SECONDS or self._since >= COUNT_VISITORS:
            self._counted, self._is_full, self._since = now, self.bounds.is_full(), 0
        if self._is_full:
            raise Refusal(
                "this server has as many tabs open as it can serve; try again later", 503, RETRY
            )

    async def _draw(self, viewer: Viewer, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Streamlit draw pages for a tab, when it is its turn."""
        if delay := self._opening.delay(viewer.address):
            await asyncio.sleep(delay)
            self._check_room()  # others have come meanwhile
        presses = Tab(self._turns, viewer, self.bounds.draws, send)
        try:
            await self.app(scope, partial(presses.receive, receive), presses.send)
        finally:
            presses.end()


class Tab:
    """A tab's presses: each waits for its turn, which ends once its page is drawn."""

    def __init__(
        self, turns: Turns, viewer: Viewer, draws: Callable[[bytes], bool], send: Send
    ) -> None:
        self._turns, self._viewer, self._draws, self._send = turns, viewer, draws, send
        self._timer: asyncio.Handle | None = None  # while it has a turn

    async def receive(self, receive: Receive) -> Message:
        """Return the tab's next message, when the tab's turn comes."""
        message = await receive()
        if message["type"] != "websocket.receive":
            return message
        if message.get("bytes") is None:  # Streamlit would log a traceback
            await self._send({"type": "websocket.close", "code": NO_BYTES})
            return {"type": "websocket.disconnect", "code": NO_BYTES}
        if self._timer is None:
            await self._turns.take(self._viewer)
            self._timer = asyncio.get_running_loop().call_later(PRESS_SECONDS, self.end)
        return message

    async def send(self, message: Message) -> None:
        """Send a message, and end the turn if it says that the page is drawn."""
        if self._timer and self._draws(message.get("bytes") or b""):
            self.end()
        await self._send(message)

    def end(self) -> None:
        """End the turn."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._turns.give(self._viewer)


def open_files() -> int:
    """Count the files and sockets that this process has open; 0 where that is unknown."""
    with suppress(OSError):
        return len(os.listdir("/dev/fd"))  # noqa: PTH208 - three times as fast as a Path
    return 0


def most_open_files() -> int | None:
    """Return how many files this process may open; None if unlimited or unknown."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def allow_many_open_files(wanted: int = 8192) -> None:
    """Raise this process's limit on open files as far as the system allows."""
    most = most_open_files()
    if most is None or most >= wanted:
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    new = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (new, hard))


def give_memory_back(least: int = 2**20) -> None:
    """Have Linux take back each block of at least `least` bytes as soon as nobody needs it.

    glibc raises its own bound with each such block that it frees, up to 32 MB, and then keeps the
    blocks: ten large texts, each in its thread, would leave 100 MB behind.
    """
    with suppress(OSError, TypeError, AttributeError):  # no glibc
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, least)


def most_closed_tabs() -> int:
    """Return how many closed tabs may keep files: together at most an eighth of all files."""
    return max(1, min(MAX_CLOSED_TABS, (most_open_files() or sys.maxsize) // 8 // TAB_FILES))


def is_nearly_full() -> bool:
    """Return whether too few file descriptors are left for another visitor."""
    most = most_open_files()
    return most is not None and open_files() > most - max(40, most // 8)


def _asks_for_a_page(scope: Scope) -> bool:
    """Return whether a request is for a page, and not for a page's files."""
    accepted = Headers(scope=scope).get("accept", "")
    return scope["method"] == "GET" and accepted.startswith("text/html")


def _bounded(scope: Scope, receive: Receive, most: int) -> Receive:
    """Make a `receive` that refuses a body of more than `most` bytes, or a slow one.

    Raises Refusal at once if the request announces a larger body.
    """
    too_large = f"a body may have at most {most:,} bytes here"
    try:
        length = int(Headers(scope=scope).get("content-length", "-1"))
    except ValueError:
        raise Refusal("the Content-Length must be a whole number", 400) from None
    if length > most:
        raise Refusal(f"{too_large}; got {length:,}", 413)
    size, complete = 0, length == 0
    end = asyncio.get_running_loop().time() + BODY_SECONDS

    async def receive_bounded() -> Message:
        nonlocal size, complete
        if complete:  # only a disconnect can follow, at any time
            return await receive()
        left = min(PAUSE_SECONDS, end - asyncio.get_running_loop().time())
        try:
            message = await asyncio.wait_for(receive(), left)
        except TimeoutError:
            raise Refusal("the request took too long to arrive; send it again", 408) from None
        size += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if size > most:
            raise Refusal(too_large, 413)
        return message

    return receive_bounded
