"""What one visitor may take from the others: files, uploads, requests half sent."""

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from inspect import unwrap
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.exceptions import InvalidStatus

from hnviz.data.corpora.texts import MAX_TEXT_BYTES
from hnviz.web import limits
from hnviz.web.limits import Bounds, Limits, forwarded, proxies, viewer_of
from hnviz.web.uvicorn_fixes import close_half_sent, end_within, keep_addresses
from tests.conftest import finished, free_port, listening
from tests.visitor import show, tab

ROOT = Path(__file__).parent.parent
UPLOAD = "/api/texts"


async def reads(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the size of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(size).encode()})


def sent(
    parts: list[bytes], path: str = "/api/x", length: int | None = None, **bounds: Any
) -> tuple[int, Any]:
    """Send a body in parts; None after them if it never ends. Return the status and the answer."""
    answers: list[dict[str, Any]] = []
    left = list(parts)

    async def receive() -> dict[str, Any]:
        if left and left[0] == b"...":
            await asyncio.sleep(60)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "PUT", "path": path, "headers": headers}
    with ThreadPoolExecutor(1) as thread:  # a loop of the browser tests may run in this one
        guarded = Limits(reads, lambda: Bounds(**bounds))
        thread.submit(asyncio.run, guarded(scope, receive, send)).result()
    return answers[0]["status"], json.loads(answers[1]["body"])


def test_a_body_within_its_bound_passes():
    assert sent([b"x" * 60_000, b"y"]) == (200, 60_001)
    assert sent([b"x" * 5_000_000], UPLOAD) == (200, 5_000_000)


@pytest.mark.parametrize("length", [None, 70_000])
def test_a_large_body_is_refused(length):
    status, said = sent([b"x" * 40_000, b"x" * 30_000], length=length)
    assert status == 413 and said["error"].startswith("a body may have at most 65,536 bytes here")


def test_a_large_upload_is_refused_wherever_the_app_is_mounted():
    status, said = sent([b"x"] * 2, f"/class{UPLOAD}", length=6_000_000)
    assert status == 413 and said["error"].startswith("a body may have at most 5,000,000 bytes")
    assert limits.MAX_FILE_BYTES == MAX_TEXT_BYTES


def test_a_run_that_a_students_device_sends_has_a_bound_of_its_own():
    path = "/lab/api/class/runs"
    assert sent([b"x" * 10_000_000], path) == (200, 10_000_000)
    status, said = sent([b"x"] * 2, path, length=17_000_000)
    assert status == 413 and said["error"].startswith("a body may have at most 16,000,000 bytes")


def test_streamlits_own_door_for_files_is_shut():
    assert sent([b"x"], "/class/_stcore/upload_file/a-session/a-file")[0] == 404


def test_a_body_that_stops_coming_is_given_up(monkeypatch, recorded):
    monkeypatch.setattr(limits, "PAUSE_SECONDS", 0.05)
    status, said = sent([b"x", b"..."], length=100)
    assert status == 408
    recorded(said["error"])


def under_way(app: Any, path: str, kind: str = "http", viewer: int = 0) -> asyncio.Task[int]:
    """Send a viewer's request, and return the status of its answer."""
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        statuses.extend([message["status"]] if "status" in message else [])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x", "more_body": False}

    headers = [(b"cookie", f"hnviz-viewer={viewer % 1000:032x}".encode())]
    scope = {"type": kind, "method": "PUT", "path": path, "headers": headers}
    scope |= {"client": (f"10.0.0.{viewer // 1000}", 1)}  # 1000 viewers have one address
    scope |= {"extensions": {"websocket.http.response": {}}}

    async def go() -> int:
        await app(scope, receive, send)
        return statuses[0]

    return asyncio.create_task(go())


async def now(task: asyncio.Task[int]) -> int | None:
    """Return the status of an answer; None if the request has passed, and waits for it."""
    for _ in range(5):
        await asyncio.sleep(0)
    return task.result() if task.done() else None


def held_open() -> tuple[Limits, asyncio.Event]:
    """An app that answers once the event is set."""
    free = asyncio.Event()

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        await free.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    return Limits(waits, Bounds), free


def test_a_viewer_has_so_many_sockets_and_others_have_theirs():
    async def go() -> None:
        app, free = held_open()
        ours = [under_way(app, "/api/live", "websocket") for _ in range(limits.MAX_SOCKETS)]
        assert {await now(each) for each in ours} == {None}
        assert await now(under_way(app, "/_stcore/stream", "websocket")) == 429
        other = under_way(app, "/api/live", "websocket", viewer=1)
        assert await now(other) is None
        free.set()
        await asyncio.gather(*ours, other)
        assert await now(under_way(app, "/api/live", "websocket")) == 200

    finished(go())


def test_an_address_has_so_many_sockets_and_others_have_theirs(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ADDRESS_SOCKETS", 100)

    async def go() -> None:
        app, free = held_open()
        ours = [under_way(app, "/api/live", "websocket", n % 50) for n in range(100)]
        assert {await now(each) for each in ours} == {None}
        assert await now(under_way(app, "/api/live", "websocket", 99)) == 429
        other = under_way(app, "/api/live", "websocket", 1000)
        assert await now(other) is None
        free.set()
        await asyncio.gather(*ours, other)

    finished(go())


def test_a_page_is_drawn_in_its_turn(monkeypatch):
    """Two at a time from one address; a page that is drawn, or a second, lets the next one go."""
    monkeypatch.setattr(limits, "PRESS_SECONDS", 0.05)
    drawn: list[int] = []
    busy = most = 0

    async def draws(scope: Any, receive: Any, send: Any) -> None:
        nonlocal busy, most
        while (await receive())["type"] == "websocket.receive":
            drawn.append(scope["viewer"])
            if scope["viewer"]:  # the first one takes longer than a second
                busy += 1
                most = max(most, busy)
                await send({"type": "websocket.send", "bytes": b"part"})
                busy -= 1
                await send({"type": "websocket.send", "bytes": b"drawn"})

    app = Limits(draws, lambda: Bounds(draws=lambda message: message == b"drawn"))

    async def tab(viewer: int, address: str) -> None:
        messages = 2 * [{"type": "websocket.receive", "bytes": b"press"}]
        messages.append({"type": "websocket.disconnect"})

        async def receive() -> dict[str, Any]:
            return messages.pop(0)

        async def send(message: dict[str, Any]) -> None:
            await asyncio.sleep(0)

        headers = [(b"cookie", f"hnviz-viewer={viewer:032x}".encode())]
        scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers}
        await app(scope | {"client": (address, 1), "viewer": viewer}, receive, send)

    async def go() -> None:
        await asyncio.gather(*(tab(0, "10.0.0.7") for _ in range(4)))
        monkeypatch.setattr(limits, "PRESS_SECONDS", 60)
        await asyncio.gather(*(tab(viewer, "10.0.0.7") for viewer in range(1, 9)))
        assert most == limits.MAX_ADDRESS_PRESSES
        assert sorted(drawn) == sorted([0] * 8 + 2 * list(range(1, 9)))

    finished(go())


def test_tabs_of_an_address_open_at_a_rate(monkeypatch):
    monkeypatch.setattr(limits, "TABS_AT_ONCE", 2)
    monkeypatch.setattr(limits, "TABS_A_SECOND", 2)

    async def go() -> None:
        app, free = held_open()
        free.set()
        ours = [under_way(app, "/_stcore/stream", "websocket", n) for n in range(4)]
        other = under_way(app, "/_stcore/stream", "websocket", 1000)
        assert [await now(each) for each in (*ours, other)] == [200, 200, None, None, 200]
        assert await asyncio.gather(*ours) == 4 * [200]

    finished(go())


@pytest.mark.parametrize("at_once", [limits.TABS_AT_ONCE, 10])
def test_tabs_that_come_together_leave_room(monkeypatch, at_once):
    monkeypatch.setattr(limits, "TABS_AT_ONCE", at_once)
    monkeypatch.setattr(limits, "TABS_A_SECOND", 200)
    n_open, room, free = 0, 20, asyncio.Event()

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        nonlocal n_open
        n_open += 1
        await free.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def go() -> None:
        app = Limits(waits, lambda: Bounds(is_full=lambda: n_open >= room))
        tabs = [under_way(app, "/_stcore/stream", "websocket", viewer) for viewer in range(50)]
        await asyncio.sleep(0.3)
        free.set()
        statuses = await asyncio.gather(*tabs)
        assert room <= n_open < room + limits.COUNT_VISITORS
        assert statuses.count(503) == len(tabs) - n_open

    finished(go())


def test_text_on_streamlits_socket_closes_it():
    sent: list[dict[str, Any]] = []

    async def reads_once(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive()) == {"type": "websocket.disconnect", "code": 1003}

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive", "text": "{}"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": []}
    finished(Limits(reads_once, Bounds)(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1003}]


# --- whose address it is ------------------------------------------------------------------------

NEAR = proxies(["127.0.0.1", "10.0.0.0/8"])


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ([], "127.0.0.1"),
        (["192.0.2.7"], "192.0.2.7"),
        (["6.6.6.6, 192.0.2.7"], "192.0.2.7"),  # the browser wrote the first one
        (["6.6.6.6, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),  # two proxies
        (["6.6.6.6", "192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7:4711"], "192.0.2.7"),
        (["[2001:db8::7]:4711"], "2001:db8::7"),
        (["2001:db8::7"], "2001:db8::7"),
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (["6.6.6.6, unknown"], "127.0.0.1"),  # what cannot be read ends the search
        (["6.6.6.6, 999.1.1.1, 10.0.0.2"], "10.0.0.2"),
        (["", ",", "192.0.2.7<script>"], "127.0.0.1"),
    ],
)
def test_the_last_hop_that_is_no_proxy_is_the_address(told, address):
    headers = [(b"x-forwarded-for", each.encode()) for each in told]
    scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 9), "headers": headers}
    assert forwarded(scope, NEAR)["client"][0] == address
    assert forwarded(scope, ()) == scope
    stranger = scope | {"client": ("192.0.2.9", 9)}
    assert forwarded(stranger, NEAR) == stranger


def test_a_proxy_is_known_also_as_a_server_for_ipv6_writes_its_address():
    headers = [(b"x-forwarded-for", b"192.0.2.7, ::ffff:10.0.0.2")]
    scope = {"type": "http", "scheme": "http", "client": ("::ffff:127.0.0.1", 9)}
    assert forwarded(scope | {"headers": headers}, NEAR)["client"][0] == "192.0.2.7"


def test_a_proxy_that_is_named_may_say_that_the_site_is_secure():
    headers = [(b"x-forwarded-proto", b"https")]
    for kind, scheme in (("http", "https"), ("websocket", "wss")):
        scope = {"type": kind, "scheme": "http", "client": ("127.0.0.1", 9), "headers": headers}
        assert forwarded(scope, NEAR)["scheme"] == scheme
        assert forwarded(scope, ())["scheme"] == "http"


def test_a_wrong_proxy_is_one_sentence():
    with pytest.raises(ValueError, match="HNVIZ_PROXIES takes addresses and networks, such as"):
        proxies(["lab.example.org"])


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        ("testclient", "testclient"),
    ],
)
def test_what_counts_as_one_address(address, place):
    assert viewer_of({"type": "http", "client": (address, 1), "headers": []}).address == place


def test_uvicorn_believes_no_address_that_a_program_here_claims():
    """Without the fix it does; a test fails when it reads the header elsewhere."""
    heard: list[Any] = []

    async def hears(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["client"][0])

    own = {"__call__": unwrap(ProxyHeadersMiddleware.__call__)}
    believes: Any = type("Believes", (ProxyHeadersMiddleware,), own)
    kept: Any = type("Kept", (ProxyHeadersMiddleware,), own)
    keep_addresses(kept)
    scope = {"type": "http", "client": ("127.0.0.1", 1), "scheme": "http"}
    scope |= {"headers": [(b"x-forwarded-for", b"6.6.6.6")]}
    for kind in (believes, kept):
        finished(kind(hears)(dict(scope), None, None))
    assert heard == ["6.6.6.6", "127.0.0.1"]


def test_a_viewer_uploads_one_file_at_a_time_and_others_theirs():
    async def go() -> None:
        app, free = held_open()
        first = under_way(app, UPLOAD)
        assert await now(first) is None
        assert await now(under_way(app, UPLOAD)) == 429
        others = [under_way(app, UPLOAD, viewer=each) for each in (1, 2, 3)]
        assert {await now(each) for each in others} == {None}
        assert await now(under_way(app, UPLOAD, viewer=4)) == 429  # four together
        free.set()
        await asyncio.gather(first, *others)

    finished(go())


def test_the_bound_of_open_files_is_raised_as_far_as_it_may_be():
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 1000));"
        "from hnviz.web.limits import allow_many_open_files, most_open_files;"
        "allow_many_open_files(); print(most_open_files())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "1000"


def test_open_files_are_counted():
    before = limits.open_files()
    with socket.socket():
        assert limits.open_files() == before + 1


# --- requests half sent -------------------------------------------------------------------------


@contextmanager
def serving(kind: type[asyncio.Protocol], app: Any) -> Iterator[int]:
    """Serve an app with a protocol class of its own, mended to wait .2 s."""
    own = {"connection_made": unwrap(kind.connection_made)}  # another test may have mended it
    mended: Any = type("Mended", (kind,), own)
    close_half_sent(mended, 0.2)
    close_half_sent(mended, 0.2)
    port = free_port()
    config = uvicorn.Config(app, port=port, http=mended, lifespan="off", log_level="error")
    with listening(config):
        yield port


def closed_within(connection: socket.socket, seconds: float) -> bool:
    connection.settimeout(seconds)
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        pass
    return True


async def slow(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(1)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"slowly"})


async def later(*_: Any) -> None:
    await asyncio.sleep(30)


HALF = b"GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize("kind", [H11Protocol, HttpToolsProtocol])
def test_half_sent_requests_are_closed_and_slow_answers_arrive(kind):
    with serving(kind, slow) as port, ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(200)
        ]
        for number, each in enumerate(opened):
            each.sendall(HALF if number % 2 else b"")
        whole = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        whole.sendall(HALF + b"Connection: close\r\n\r\n")
        again = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        again.sendall(HALF + b"\r\n" + HALF)  # half a second request behind a whole one
        assert all(closed_within(each, 10) for each in opened)
        answer = b""
        while part := whole.recv(4096):
            answer += part
        assert b"slowly" in answer
        assert closed_within(again, 10)


@pytest.mark.parametrize("kind", [H11Protocol, HttpToolsProtocol])
def test_a_server_that_ends_waits_for_no_request_whose_turn_comes_later(kind):
    mended: Any = type("Mended", (kind,), {"__init__": unwrap(kind.__init__)})
    end_within(mended, 1)
    app = limits.Limits(later, limits.Bounds)
    config = uvicorn.Config(
        app, port=free_port(), http=mended, lifespan="off", log_level="critical"
    )
    with ExitStack() as stack:
        with listening(config):
            waiting = stack.enter_context(socket.create_connection(("127.0.0.1", config.port)))
            waiting.sendall(HALF + b"\r\n")
            time.sleep(0.2)
            begun = time.monotonic()
        assert time.monotonic() - begun < 5
        assert b" 503 " in waiting.recv(4096)


def test_this_uvicorn_has_what_is_mended():
    for kind in (H11Protocol, HttpToolsProtocol):
        assert "cycle" in kind.__init__.__code__.co_names
    close_half_sent(type("Other", (), {}))


# --- a running app with few files ---------------------------------------------------------------

FEW = 256
VISITS = 300


@pytest.fixture
def few_files(tmp_path):
    """An app that may open few files."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "hnviz", "app", "--port", str(port), "--runs-dir", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, FEW)),
        env={**os.environ, "HNVIZ_RUNS_DIR": str(tmp_path)},
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield port, psutil.Process(process.pid)
    process.terminate()
    process.wait(30)


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.1)
    return holds()


@pytest.mark.slow
def test_too_many_tabs_are_refused_and_any_number_may_come_and_go(few_files, recorded):
    port, process = few_files
    with ExitStack() as stack:
        with pytest.raises(InvalidStatus) as refused:
            for viewer in range(FEW):
                stack.enter_context(tab(port, viewer))
        assert refused.value.response.status_code == 503
        said = json.loads(refused.value.response.body or b"{}")["error"]
        recorded(said)
        page = HTTPConnection("127.0.0.1", port, timeout=30)
        page.request("GET", "/train", headers={"Accept": "text/html,*/*"})
        assert page.getresponse().status == 503
    assert eventually(lambda: process.num_fds() < FEW / 2)
    for viewer in range(VISITS):
        with tab(port, viewer) as socket:
            show(socket, "data")
    assert process.num_fds() < FEW / 2
