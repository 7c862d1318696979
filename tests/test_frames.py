"""What one WebSocket may send: frames, bytes and unfinished messages, before they are parsed."""

import socket
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from inspect import unwrap
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from hnviz.web.uvicorn_fixes import (
    MAX_MESSAGE_BYTES,
    WEBSOCKETS,
    Connection,
    Frames,
    Intake,
    bound_frames,
)
from tests.conftest import finished, free_port, listening

pytestmark = pytest.mark.filterwarnings("ignore:remove second argument")  # uvicorn's own

PING = b"\x89\x80\0\0\0\0"
EMPTY = b"\x00\x80\0\0\0\0"  # goes on with a message
BEGINS = b"\x01\x80\0\0\0\0"  # begins one
KINDS = tuple(WEBSOCKETS)


BOUNDED = ("__init__", "connection_made", "data_received", "connection_lost")
NONE = SimpleNamespace(co_names=())


def frame(opcode: Opcode, content: bytes, *, ends: bool = True) -> bytes:
    return Frame(opcode, content, ends).serialize(mask=True)


# --- the count ----------------------------------------------------------------------------------

contents = st.sampled_from([b"", b"x", b"y" * 125, b"z" * 126, b"a" * 70_000])
messages = st.lists(contents, min_size=1, max_size=4)


def written(parts: list[bytes], pinged: bool) -> list[bytes]:
    """A message in frames, with pings between them if wanted."""
    frames = []
    for at, part in enumerate(parts):
        opcode = Opcode.CONT if at else Opcode.TEXT
        frames.append(frame(opcode, part, ends=at == len(parts) - 1))
        frames += [frame(Opcode.PING, b"?")] * pinged
    return frames


@given(st.lists(messages, max_size=4), st.booleans(), st.integers(1, 999), st.integers(1, 5))
def test_frames_are_counted_however_they_are_cut(sent, pinged, size, most):
    frames = [each for parts in sent for each in written(parts, pinged)]
    stream = b"".join(frames)
    size = max(size, len(stream) // 100)
    walked, heads, held, passed = Frames(), 0, bytearray(), b""
    for at in range(0, len(stream), size):
        held += stream[at : at + size]
        while True:
            end, n = walked.walk(held, most)
            assert n <= most
            passed, heads = passed + held[:end], heads + n
            del held[:end]
            if not end:
                break
    assert passed == stream and not held
    assert heads == len(frames)
    assert walked.messages == len(sent)
    assert not walked.is_halfway and walked.size == 0


def test_a_message_under_way_has_the_size_that_it_announces():
    walked = Frames()
    begun = bytearray(frame(Opcode.TEXT, b"x" * 1000, ends=False))
    assert walked.walk(begun, 9) == (len(begun), 1)
    assert (walked.size, walked.received) == (1000, 1000)
    assert walked.walk(bytearray(frame(Opcode.CONT, b"x" * 5000)[:100]), 9) == (100, 1)
    assert (walked.size, walked.received) == (6000, 1000 + 100 - 8)
    assert walked.is_halfway


def test_a_large_message_that_comes_at_once_is_noticed():
    walked, whole = Frames(), frame(Opcode.TEXT, bytes(70_000))
    assert walked.walk(bytearray(whole), 9) == (len(whole), 1)
    assert (walked.size, walked.largest) == (0, 70_000)


# --- a server -----------------------------------------------------------------------------------


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer each message with its length; at /slow after a while."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        if scope["path"] == "/slow":
            time.sleep(0.02)
        size = len(message.get("text") or message.get("bytes") or b"")
        await send({"type": "websocket.send", "text": str(size)})


BOUNDS = {
    "frames": (20, 40),
    "size": (10**6, 10**6),
    "too_fast_seconds": 0.5,
    "message_seconds": 60.0,  # a test of a deadline gives its own
    "hello_seconds": 60.0,
}


@contextmanager
def serving(kind: str, **bounds: Any) -> Iterator[int]:
    """Serve the echo with one of uvicorn's protocols, bounded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one is deprecated
        protocol = getattr(import_module(f"uvicorn.protocols.websockets.{kind}"), WEBSOCKETS[kind])
    own = {name: unwrap(getattr(protocol, name)) for name in BOUNDED}
    bounded: Any = type("Bounded", (protocol,), own)  # another test may have bounded it
    for _ in range(2):
        bound_frames(bounded, Intake(**{**BOUNDS, **bounds}))
    port = free_port()
    config = uvicorn.Config(echo, port=port, ws=bounded, lifespan="off", log_level="critical")
    with listening(config):
        yield port


def polite(port: int, path: str = "/") -> ClientConnection:
    return connect(f"ws://127.0.0.1:{port}{path}", max_size=None, open_timeout=30)


def said(line: ClientConnection, message: str) -> int:
    line.send(message)
    return int(line.recv(30))


@contextmanager
def rude(port: int, *content: bytes, path: str = "/") -> Iterator[socket.socket]:
    """Open a WebSocket by hand, and send bytes that no browser would."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += line.recv(1)
        assert b" 101 " in answer
        line.settimeout(30)
        for each in content:
            line.sendall(each)
        yield line


def reason(line: socket.socket) -> tuple[int, str]:
    """Read until the server's close frame; return its code and sentence."""
    got = b""
    while True:
        try:
            part = line.recv(65536)
        except ConnectionResetError:
            part = b""
        got += part
        at = got.rfind(b"\x88")
        if at >= 0 and len(got) >= at + 2 + got[at + 1]:
            content = got[at + 2 : at + 2 + got[at + 1]]
            return int.from_bytes(content[:2], "big"), content[2:].decode()
        if not part:
            raise AssertionError(f"closed without a reason, after {got[-100:]!r}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["pings", "empty frames", "messages"])
def test_a_flood_of_frames_is_closed_with_a_reason_and_others_are_answered(kind, what, recorded):
    flood = {"pings": PING, "empty frames": EMPTY}.get(what, frame(Opcode.TEXT, b"{}"))
    with serving(kind) as port, polite(port) as other:
        said(other, "hello")
        with rude(port, BEGINS if flood == EMPTY else b"", 20_000 * flood) as line:
            for n in range(10):
                assert said(other, "x" * n) == n
            code, why = reason(line)
            assert code == 1008
            recorded(why, 20, 1_000_000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_burst_is_answered_in_its_time(kind):
    with serving(kind) as port, polite(port) as line:
        begun = time.monotonic()
        for _ in range(48):  # eight more than at once
            line.send("four")
        assert [line.recv(30) for _ in range(48)] == 48 * ["4"]
        assert time.monotonic() - begun > 0.3
        assert said(line, "x" * MAX_MESSAGE_BYTES) == MAX_MESSAGE_BYTES


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("path", "largest"), [("/api/live", 65_536), ("/a/_stcore/stream", 524_288)]
)
def test_a_large_message_is_refused_by_its_head(kind, path, largest, recorded):
    head = b"\x81\xff" + (largest + 1).to_bytes(8, "big") + bytes(4)
    half = frame(Opcode.TEXT, bytes(largest // 2), ends=False)
    whole = frame(Opcode.TEXT, bytes(largest + 1))
    for sent in ([head], [whole], [half, frame(Opcode.CONT, bytes(largest // 2 + 1))[:20]]):
        with serving(kind) as port, rude(port, *sent, path=path) as line:
            code, why = reason(line)
            assert code == 1009
            recorded(why, largest)
    with serving(kind) as port, polite(port, path) as line:
        assert said(line, "x" * largest) == largest


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [1, -1, None])
def test_half_a_message_has_a_deadline(kind, cut, recorded):
    half = (frame(Opcode.TEXT, b"{}", ends=False) + PING)[:cut]
    with serving(kind, message_seconds=1) as port, rude(port, half) as line:
        first = reason(line)
    whole = frame(Opcode.TEXT, b"{}")
    with serving(kind, message_seconds=1) as port, rude(port, whole, half) as line:
        assert reason(line) == first
    assert first[0] == 1008
    recorded(first[1], 1)


@pytest.mark.parametrize("kind", KINDS)
def test_one_who_says_nothing_is_closed_and_one_who_has_said_something_is_not(kind):
    with serving(kind, hello_seconds=2) as port, polite(port) as other:
        assert said(other, "hello") == 5
        with rude(port, PING) as line:
            assert reason(line) == (1008, "no message came within 2 s")
        time.sleep(0.5)
        assert said(other, "again") == 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_of_streamlit_that_comes_back_may_say_nothing(kind):
    """Its browser only speaks when somebody presses."""
    with serving(kind, hello_seconds=2) as port, polite(port, "/a/_stcore/stream") as tab:
        with rude(port) as line:
            assert reason(line) == (1008, "no message came within 2 s")
        assert said(tab, "press") == 5


@pytest.mark.parametrize("kind", KINDS)
def test_all_unfinished_messages_together_are_bounded(kind, recorded):
    half = frame(Opcode.TEXT, bytes(60_000), ends=False)
    with (
        serving(kind, unfinished=150_000) as port,
        polite(port) as other,
        rude(port, half),
        rude(port, half),
        rude(port, half[:40_000]),
    ):
        assert said(other, "hello") == 5
        with rude(port, frame(Opcode.TEXT, bytes(62_000), ends=False)) as largest:
            recorded(reason(largest)[1])
        assert said(other, "x" * 9_000) == 9_000


class Transport:
    """What a `Connection` needs of one."""

    def __init__(self) -> None:
        self.sent = b""

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.sent += data

    def pause_reading(self) -> None:
        pass

    def abort(self) -> None:
        pass


def test_the_unfinished_message_of_one_who_was_closed_no_longer_counts() -> None:
    async def go() -> None:
        intake, transport = Intake(frames=(1, 1), too_fast_seconds=-1), Transport()
        line = Connection(intake, SimpleNamespace(), transport, lambda data: None)
        line.take(b"the request")
        line.take(frame(Opcode.TEXT, bytes(1000), ends=False))
        assert intake.waiting == 1000
        line.take(9 * PING)
        assert b"at most 1 frames" in transport.sent
        assert (intake.waiting, intake.connections) == (0, set())

    finished(go())


@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_app_gets_all_and_its_sender_waits(kind):
    bounds = {"frames": (10_000, 10_000), "message_seconds": 0.2}
    with serving(kind, **bounds) as port, polite(port, "/slow") as line:
        for n in range(60):
            line.send("x" * n)
        assert [int(line.recv(30)) for _ in range(60)] == list(range(60))


def test_a_message_is_not_unpacked():
    with serving(KINDS[0]) as port, polite(port) as line:
        assert line.protocol.extensions == []


def test_a_close_is_heard_by_a_browser():
    with serving(KINDS[0]) as port, polite(port) as line:
        line.send("x" * (MAX_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            line.recv(30)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


def test_this_uvicorn_has_what_is_bounded():
    """The fix replaces these methods, and reads these names."""
    for kind in KINDS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = import_module(f"uvicorn.protocols.websockets.{kind}")
        protocol = getattr(module, WEBSOCKETS[kind])
        names = unwrap(protocol.__init__).__code__.co_names
        assert {"ws_max_size", "ws_per_message_deflate"} <= set(names)
        methods = [unwrap(each) for each in vars(protocol).values() if callable(each)]
        source = {name for each in methods for name in getattr(each, "__code__", NONE).co_names}
        assert "scope" in source  # with the path that decides how large a message may be
