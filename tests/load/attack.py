"""Whether one attacker holds up the others: ``python -m tests.load.attack``.

A viewer presses on Train and another client asks whether the server is healthy, without and with
each attack beside them. Prints the 95th percentiles and what they are held against. The attacker
is another process at another address of this machine, whose own work is not counted.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil
from starlette.testclient import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.frames import Frame, Opcode

from hnviz.web.limits import MAX_SOCKETS
from hnviz.web.uvicorn_fixes import MAX_MESSAGE_BYTES, MAX_STREAM_BYTES
from tests.conftest import ROOT, start_server, stop_server
from tests.load.__main__ import report, share
from tests.load.held import MEGABYTE
from tests.load.viewer import Session, named

HERE = "127.0.0.2" if sys.platform == "linux" else ""  # where the attacker is, if that is possible
LIMITS = {"press p95, ms": 500, "health p95, ms": 100, "errors": 0}
GROWTH = {"server grown, MB": 100}  # mostly Streamlit's sessions of tabs that left
PAUSE = 0.3  # seconds between two presses, and before one who was closed comes back
HEALTH_EVERY = 0.05  # seconds
WARM_UP = 3.0  # seconds until the attack has begun
OURS, STREAMLIT = "/api/live", "/_stcore/stream"
HUGE = 15 * 10**6  # bytes of a message that Streamlit's server takes when nothing bounds it
EVE = 2**64  # the first of the attacker's cookies
PING, GO_ON = b"\x89\x80\0\0\0\0", b"\x00\x80\0\0\0\0"  # frames without content


@dataclass(frozen=True)
class Target:
    """The server under attack."""

    port: int
    cookies: Callable[[], int] = field(default_factory=lambda: count(EVE).__next__)


Attack = Callable[[Target], Awaitable[None]]


class Line:
    """A WebSocket written by hand, which sends what no browser would."""

    def __init__(self, target: Target, path: str, cookie: int) -> None:
        self._target, self._path, self._cookie = target, path, cookie

    async def __aenter__(self) -> "Line":
        port, address = self._target.port, (HERE, 0) if HERE else None
        self.heard, self._out = await asyncio.open_connection("127.0.0.1", port, local_addr=address)
        head = [
            f"GET {self._path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            f"Cookie: {named(self._cookie)['Cookie']}",
            *(["Sec-WebSocket-Protocol: streamlit"] if self._path == STREAMLIT else []),
        ]
        await self.send("".join(f"{line}\r\n" for line in [*head, ""]).encode())
        await self.heard.readuntil(b"\r\n\r\n")
        return self

    async def __aexit__(self, *error: object) -> None:
        self._out.transport.abort()

    async def send(self, content: bytes) -> None:
        self._out.write(content)
        await self._out.drain()

    async def read(self) -> None:
        """Read until the server closes."""
        with suppress(OSError):
            while await self.heard.read(65536):
                pass


async def again(once: Callable[[], Awaitable[None]]) -> None:
    """Come back whenever the server has closed."""
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            await once()
        await asyncio.sleep(PAUSE)


def framed(content: bytes, *, ends: bool = True) -> bytes:
    return Frame(Opcode.BINARY, content, ends).serialize(mask=True)


async def flood(target: Target, path: str, frame: bytes) -> None:
    async with Line(target, path, target.cookies()) as line:
        reading = asyncio.create_task(line.read())
        await line.send(framed(b"", ends=False) if frame == GO_ON else b"")
        while not reading.done():
            await line.send(5000 * frame)


async def frames(target: Target) -> None:
    """Tiny frames, as fast as they are taken, on both kinds of sockets."""
    kinds = [(path, frame) for path in (OURS, STREAMLIT) for frame in (PING, GO_ON)]
    await asyncio.gather(*(again(lambda each=each: flood(target, *each)) for each in kinds))


async def half(target: Target, path: str, cookie: int, size: int) -> None:
    async with Line(target, path, cookie) as line:
        reading = asyncio.create_task(line.read())
        await line.send(framed(bytes(size), ends=False)[:-100])
        await reading


async def halves(target: Target) -> None:
    """Messages that are never finished, on all sockets of three cookies."""
    kinds = ((OURS, MAX_MESSAGE_BYTES), (STREAMLIT, MAX_STREAM_BYTES), (STREAMLIT, HUGE))
    await asyncio.gather(
        *(
            again(lambda given=(path, cookie, size): half(target, *given))
            for path, size in kinds
            for cookie in [target.cookies()]
            for _ in range(MAX_SOCKETS - 1)
        )
    )


async def sit(target: Target, path: str, cookie: int) -> None:
    async with Line(target, path, cookie) as line:
        await line.read()


async def silent(target: Target) -> None:
    """Sockets that say nothing, of thirteen cookies."""
    await asyncio.gather(
        *(
            again(lambda cookie=cookie, path=path: sit(target, path, cookie))
            for cookie in [target.cookies() for _ in range(13)]
            for path in (MAX_SOCKETS // 2 - 1) * (OURS, STREAMLIT)
        )
    )


async def press_on(target: Target) -> None:
    """Have a page drawn again and again."""
    ask = BackMsg()
    ask.rerun_script.page_name = "train"
    async with Line(target, STREAMLIT, target.cookies()) as line:
        reading = asyncio.create_task(line.read())
        while not reading.done():
            await line.send(framed(ask.SerializeToString()))
            await asyncio.sleep(PAUSE)


async def ask_on(target: Target) -> None:
    """Ask slow questions, each another one."""
    transport = httpx.AsyncHTTPTransport(local_address=HERE or None)
    base, cookie = f"http://127.0.0.1:{target.port}", target.cookies()
    async with httpx.AsyncClient(
        base_url=base, headers=named(cookie), transport=transport, timeout=60
    ) as client:
        for number in count():
            first = (cookie * 37 + number) % 7000 + 1
            place = f"layer=1&first={first}&last={first + 60}"
            with suppress(httpx.HTTPError):
                await client.get(f"/api/runs/Model5/400/state_path?{place}")
            await asyncio.sleep(PAUSE)


async def cookies(target: Target) -> None:
    """Two hundred cookies that press, and forty that ask slow questions."""
    await asyncio.gather(
        *(again(lambda: press_on(target)) for _ in range(200)),
        *(ask_on(target) for _ in range(40)),
    )


ATTACKS: dict[str, Attack] = {
    "frames": frames,
    "halves": halves,
    "silent": silent,
    "cookies": cookies,
}
"""What an attacker may do, by name. It goes on until it is killed."""


async def press_often(session: Session, took: list[float]) -> None:
    while True:
        took.append(await session.press())
        await asyncio.sleep(PAUSE)


async def ask_health(port: int, took: list[float], errors: list[str]) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        while True:
            begun = time.perf_counter()
            try:
                (await client.get("/_stcore/health")).raise_for_status()
            except httpx.HTTPError as error:
                errors.append(repr(error))
            took.append(1000 * (time.perf_counter() - begun))
            await asyncio.sleep(HEALTH_EVERY)


async def play(port: int, pid: int, name: str, seconds: float) -> dict[str, float]:
    """Let a viewer press beside an attack, or beside none; return the figures."""
    server, presses, healths, errors = (
        psutil.Process(pid),
        list[float](),
        list[float](),
        list[str](),
    )
    command = [sys.executable, "-m", "tests.load.attack", "--against", str(port), "--attack", name]
    async with Session(port, "", viewer=1) as session:
        for _ in range(3):
            await session.press()
        memory = server.memory_info().rss
        attacker = await asyncio.create_subprocess_exec(*command) if name in ATTACKS else None
        await asyncio.sleep(WARM_UP if attacker else 0)
        jobs = (press_often(session, presses), ask_health(port, healths, errors))
        tasks = [asyncio.create_task(job) for job in jobs]
        await asyncio.sleep(seconds)
        grown = server.memory_info().rss - memory
        if attacker:
            if attacker.returncode is not None:
                errors.append(f"the attacker ended with status {attacker.returncode}")
            else:
                attacker.kill()
            await attacker.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        errors += session.errors
    presses, healths = (each or [1000 * seconds] for each in (presses, healths))  # none came
    for error in set(errors):
        print(f"  an error: {error}")
    return {
        "press p50, ms": share(presses, 0.5),
        "press p95, ms": share(presses, 0.95),
        "presses": len(presses),
        "health p50, ms": share(healths, 0.5),
        "health p95, ms": share(healths, 0.95),
        "server grown, MB": grown / MEGABYTE,
        "errors": len(errors),
    }


def attack(name: str, port: int) -> None:
    os.nice(5)  # its own work is done on another machine
    asyncio.run(ATTACKS[name](Target(port)))  # type: ignore[arg-type]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.attack", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each attack")
    parser.add_argument("--attack", choices=ATTACKS, action="append", help="all by default")
    parser.add_argument("--against", type=int, metavar="PORT", help="only attack, until killed")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout's server")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    if given.against:
        attack(given.attack[0], given.against)
    kept, figures = True, {}
    with tempfile.TemporaryDirectory(prefix="hnviz-attack-") as folder:
        server = start_server(Path(folder), root=given.root)
        try:
            for name in ("nothing", *(given.attack or ATTACKS)):
                story = play(server.port, server.process.pid, name, given.seconds)
                figures[name] = asyncio.run(story)
                kept &= report(name, 1, figures[name], LIMITS | GROWTH)
        finally:
            stop_server(server)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
