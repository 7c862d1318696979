"""Limits on what one visitor may use: open files, uploads, slow requests."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hnviz.web.errors import RefusedError, answer_refusals
from hnviz.web.quota import Quota, Rate, Turns
from hnviz.web.viewer import Viewer, viewer_of

MEGABYTE = 1024 * 1024
LARGEST_BODY = 64 * 1024  # bytes of any request except an upload
LARGEST_FRAME = 64 * 1024  # bytes of an upload's form besides its file
MOST_FILES = 8  # of one viewer, in all tabs
MOST_BYTES_OF_ONE = 16 * MEGABYTE  # of one viewer's files
MOST_BYTES = 64 * MEGABYTE  # of all files
AT_ONCE = 4  # uploads at the same time; one of a viewer
MOST_SOCKETS = 40  # of one viewer; a tab has two
SOCKETS_OF_ADDRESS = 400  # a class of 100 behind one router has three each
PRESSES_OF_ADDRESS = 2  # whose pages are being drawn at the same time
COUNT_SECONDS = 0.1  # between two counts of the open files
TABS_A_SECOND, TABS_AT_ONCE = 20, 60  # that open from one address; more wait, as each takes 5 ms
PRESS_SECONDS = 1.0  # after which a page that is still being drawn no longer counts
STREAM = "/_stcore/stream"
NO_BYTES = 1003  # closes a tab that sends text: Streamlit's messages are bytes
PAUSE_SECONDS = 20.0  # between two parts of a body
BODY_SECONDS = 120.0  # for a whole body
RETRY = {"Retry-After": "10"}

UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")

Upload = tuple[str, str]
"""A file that a tab has uploaded: the names of both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds that depend on the server."""

    largest_upload: int = 5 * MEGABYTE  # bytes of a file
    uploads: Callable[[Iterable[Upload]], Mapping[Upload, int]] = lambda asked: {}
    """The sizes in bytes of those uploads that are still held."""
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
            MOST_SOCKETS,
            "you have as many tabs open as one viewer may; close one first",
            SOCKETS_OF_ADDRESS,
        )
        self._turns = Turns(PRESSES_OF_ADDRESS)
        self._opening = Rate(TABS_A_SECOND, TABS_AT_ONCE)
        self._uploading = Quota(1, "another of your files is on its way; try again in a moment")
        self._under_way = 0
        self._counted, self._is_full = 0.0, False  # when the open files were, and what that gave
        self._uploads: dict[Viewer, set[Upload]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it, even while its body arrives."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        await answer_refusals(self._pass, scope, receive, send)

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
        upload = UPLOAD.search(scope["path"]) if scope["method"] in ("PUT", "POST") else None
        most = self.bounds.largest_upload + LARGEST_FRAME if upload else LARGEST_BODY
        bounded = _bounded(receive, most, _announced(scope, most))
        if upload is None:
            await self.app(scope, bounded, send)
            return
        with self._uploading.taken(viewer):
            self._check(viewer, (upload[1], upload[2]))
            self._under_way += 1
            try:
                await self.app(scope, bounded, send)
            finally:
                self._under_way -= 1

    def _check_room(self) -> None:
        """Raise RefusedError if too few files can be opened; counting them takes milliseconds."""
        now = time.monotonic()
        if now > self._counted + COUNT_SECONDS:
            self._counted, self._is_full = now, self.bounds.is_full()
        if self._is_full:
            raise RefusedError(
                503, "this server has as many tabs open as it can serve; try again later", RETRY
            )

    async def _draw(self, viewer: Viewer, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Streamlit draw pages for a tab, when it is its turn."""
        await asyncio.sleep(self._opening.delay(viewer.address))
        presses = Presses(self._turns, viewer, self.bounds.draws, send)
        try:
            await self.app(scope, partial(presses.receive, receive), presses.send)
        finally:
            presses.end()

    def _check(self, viewer: Viewer, upload: Upload) -> None:
        """Refuse an upload that does not fit. Raises RefusedError."""
        if self._under_way >= AT_ONCE:
            raise RefusedError(429, "others are uploading files; try again in a moment", RETRY)
        sizes = self.bounds.uploads(set().union(*self._uploads.values()))
        held = {each: uploads & sizes.keys() for each, uploads in self._uploads.items()}
        self._uploads = {each: uploads for each, uploads in held.items() if uploads}
        own = [sizes[each] for each in self._uploads.get(viewer, ())]
        self._uploads.setdefault(viewer, set()).add(upload)
        if len(own) >= MOST_FILES or sum(own) + self.bounds.largest_upload > MOST_BYTES_OF_ONE:
            raise RefusedError(
                413,
                f"one viewer may hold at most {MOST_FILES} files, and "
                f"{MOST_BYTES_OF_ONE // MEGABYTE} MB with the next; remove one first",
            )
        if sum(sizes.values()) + self.bounds.largest_upload > MOST_BYTES:
            raise RefusedError(503, "there is no room for more uploads; try again later", RETRY)


class Presses:
    """The presses of one tab: each waits for its turn, and gives it back once its page is drawn."""

    def __init__(
        self, turns: Turns, viewer: Viewer, draws: Callable[[bytes], bool], send: Send
    ) -> None:
        self._turns, self._viewer, self._draws, self._send = turns, viewer, draws, send
        self._timer: asyncio.Handle | None = None  # while it has a turn

    async def receive(self, receive: Receive) -> Message:
        """Return the tab's next message when it is its turn."""
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
        """Send on, and look for the end of the press."""
        if self._timer and self._draws(message.get("bytes") or b""):
            self.end()
        await self._send(message)

    def end(self) -> None:
        """Give the turn back."""
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


def is_nearly_full() -> bool:
    """Return whether too few file descriptors are left for another visitor."""
    most = most_open_files()
    return most is not None and open_files() > most - max(40, most // 8)


def _asks_for_a_page(scope: Scope) -> bool:
    """Return whether a request is for a page, not for a file of a page."""
    accepted = b"".join(value for name, value in scope["headers"] if name == b"accept")
    return scope["method"] == "GET" and accepted.startswith(b"text/html")


def _announced(scope: Scope, most: int) -> int:
    """Return a body's Content-Length, -1 without one. Raises RefusedError."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if not lengths:
        return -1
    try:
        length = int(lengths[0])
    except ValueError:
        raise RefusedError(400, "the Content-Length must be a whole number") from None
    if length > most:
        raise RefusedError(413, f"a body may have at most {most:,} bytes here; got {length:,}")
    return length


def _bounded(receive: Receive, most: int, length: int) -> Receive:
    """Receive a body of at most `most` bytes; refuse one that arrives too slowly."""
    size, complete = 0, length == 0
    end = asyncio.get_running_loop().time() + BODY_SECONDS

    async def receive_bounded() -> Message:
        nonlocal size, complete
        if complete:  # only the disconnect can follow, at any time
            return await receive()
        left = min(PAUSE_SECONDS, end - asyncio.get_running_loop().time())
        try:
            message = await asyncio.wait_for(receive(), left)
        except TimeoutError:
            raise RefusedError(408, "the request took too long to arrive; send it again") from None
        size += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if size > most:
            raise RefusedError(413, f"a body may have at most {most:,} bytes here")
        return message

    return receive_bounded
