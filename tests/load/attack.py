"""Whether attackers hold up the others: ``python -m tests.load.attack``.

A viewer presses on Train and another client asks whether the server is healthy, without and with
each attack beside them. Prints the 95th percentiles and what they are held against. The attacker
is another process at another address of this machine, whose own work is not counted.

``--class`` attacks a class. The server writes all lessons, and the board says so; then thirty
phones join, and each fetches them all. While they answer and the teacher reveals, wrong codes come
from sixty addresses, one address joins again and again, and sockets say nothing. Addresses are
those of this computer's loopback network, 127.0.0.0/8, which Linux has all of.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil
import websockets
from starlette.testclient import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.frames import Frame, Opcode

from hnviz.classroom.store import ClassStore
from hnviz.lessons import lessons
from hnviz.web.classroom.routes import JOINS_A_SECOND, JOINS_AT_ONCE
from hnviz.web.limits import MAX_SOCKETS
from hnviz.web.uvicorn_fixes import MAX_MESSAGE_BYTES, MAX_STREAM_BYTES
from tests.conftest import ROOT, Server
from tests.load.classroom import Class
from tests.load.viewer import Session, named
from tests.programs import MEGABYTE, a_server, beside, cpu, report, share

HERE = "127.0.0.2" if sys.platform == "linux" else ""  # where the attacker is, if that is possible
LIMITS = {"press p95, ms": 500, "health p95, ms": 100, "errors": 0}
GROWTH = {"server grown, MB": 100}  # mostly Streamlit's sessions of tabs that left
OF_CLASS = {
    **dict.fromkeys(("not served", "right codes refused", "joined too fast", "lost", "errors"), 0),
    "guess p95, ms": 500,
    "reveal p95, ms": 500,
    "health p95, ms": 100,
}
PAUSE = 0.3  # seconds between two presses, and before one who was closed comes back
LONG_PAUSE = 5.0  # seconds until a class's socket that was closed is opened again
HEALTH_EVERY = 0.05  # seconds
WARM_UP = 2.0  # seconds in which an attack gets under way
OURS, STREAMLIT, CLASS = "/api/live", "/_stcore/stream", "/api/class/live"
HUGE = 15 * 10**6  # bytes of a message that Streamlit's server takes when nothing bounds it
EVE = 2**64  # the first of the attacker's cookies
PING, GO_ON = b"\x89\x80\0\0\0\0", b"\x00\x80\0\0\0\0"  # frames without content
GUESSERS, JOINERS, SILENT = 60, 8, 624
TRIES = 25  # right codes from new addresses, during the attack
READY_SECONDS = 3600.0
LESSON_BYTES = 1_000_000  # of each made-up lesson of a brief run


@dataclass(frozen=True)
class Target:
    """The server under attack, and the code of its class."""

    port: int
    code: str = ""
    cookies: Callable[[], int] = field(default_factory=lambda: count(EVE).__next__)


Attack = Callable[[Target], Awaitable[None]]


def address(number: int) -> str:
    return f"127.7.{number // 250}.{1 + number % 250}"


def client(port: int, source: str, **more: object) -> httpx.AsyncClient:
    """A program at an address of its own; it keeps no cookies from one request to the next."""
    transport = httpx.AsyncHTTPTransport(local_address=source or None)
    base = f"http://127.0.0.1:{port}"
    return httpx.AsyncClient(transport=transport, base_url=base, timeout=60, **more)


class Line:
    """A WebSocket written by hand, which sends what no browser would."""

    def __init__(self, target: Target, path: str, cookie: int | None, source: str = HERE) -> None:
        self._target, self._path, self._cookie, self._source = target, path, cookie, source

    async def __aenter__(self) -> "Line":
        port, address = self._target.port, (self._source, 0) if self._source else None
        self.heard, self._out = await asyncio.open_connection("127.0.0.1", port, local_addr=address)
        head = [
            f"GET {self._path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            f"Origin: http://127.0.0.1:{port}",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *([] if self._cookie is None else [f"Cookie: {named(self._cookie)['Cookie']}"]),
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


async def again(once: Callable[[], Awaitable[None]], pause: float = PAUSE) -> None:
    """Come back whenever the server has closed."""
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            await once()
        await asyncio.sleep(pause)


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


async def sit(target: Target, path: str, cookie: int | None, source: str = HERE) -> None:
    async with Line(target, path, cookie, source) as line:
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
    cookie = target.cookies()
    async with client(target.port, HERE, headers=named(cookie)) as asker:
        for number in count():
            first = (cookie * 37 + number) % 7000 + 1
            place = f"layer=1&first={first}&last={first + 60}"
            with suppress(httpx.HTTPError):
                await asker.get(f"/api/runs/Model5/400/state_path?{place}")
            await asyncio.sleep(PAUSE)


async def cookies(target: Target) -> None:
    """Two hundred cookies that press, and forty that ask slow questions."""
    await asyncio.gather(
        *(again(lambda: press_on(target)) for _ in range(200)),
        *(ask_on(target) for _ in range(40)),
    )


async def guess_codes(target: Target, number: int) -> None:
    async with client(target.port, address(number)) as guesser:
        for at in count():
            code = {"code": f"{at % 10**6:06}".translate(str.maketrans("0123456789", "ACDEFGHJKM"))}
            await guesser.post("/api/class/join", json=code)
            await asyncio.sleep(0.5)


async def join_again(target: Target) -> None:
    async with client(target.port, address(500)) as joiner:
        while True:
            joiner.cookies.clear()
            await joiner.post("/api/class/join", json={"code": target.code})


async def besiege(target: Target) -> None:
    """Wrong codes, one address that joins again and again, and sockets that say nothing."""
    sources = [address(600 + number % 3) for number in range(SILENT)]
    await asyncio.gather(
        *(guess_codes(target, number) for number in range(GUESSERS)),
        *(join_again(target) for _ in range(JOINERS)),
        *(again(lambda at=at: sit(target, CLASS, None, at), LONG_PAUSE) for at in sources),
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


@asynccontextmanager
async def attacked(target: Target, name: str, errors: list[str]) -> AsyncIterator[None]:
    """Attack from another process meanwhile, or do nothing, if `name` is no attack."""
    command = [sys.executable, "-m", "tests.load.attack", "--against", str(target.port)]
    if target.code:
        command += ["--code", target.code]
    elif name in ATTACKS:
        command += ["--attack", name]
    else:
        yield
        return
    attacker = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert attacker.stdout and await attacker.stdout.readline(), "no attack has begun"
        await asyncio.sleep(WARM_UP)
        yield
    finally:
        if attacker.returncode is not None:
            errors.append(f"the attacker ended with status {attacker.returncode}")
        else:
            attacker.kill()
        await attacker.wait()


async def play(server: Server, name: str, seconds: float) -> dict[str, float]:
    """Let a viewer press beside an attack, or beside none; return the figures."""
    process, errors = psutil.Process(server.process.pid), list[str]()
    presses, healths = list[float](), list[float]()
    async with Session(server.port, "", viewer=1) as session:
        for _ in range(3):
            await session.press()
        memory = process.memory_info().rss
        async with (
            attacked(Target(server.port), name, errors),
            beside(press_often(session, presses), ask_health(server.port, healths, errors)),
        ):
            await asyncio.sleep(seconds)
            grown = process.memory_info().rss - memory
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


async def ready(port: int, cookie: str) -> dict[str, float]:
    """Watch the board until phones can open all lessons."""
    begun = time.perf_counter()
    async with websockets.connect(
        f"ws://127.0.0.1:{port}/api/class/live", additional_headers={"Cookie": cookie}
    ) as board:
        await board.send(json.dumps({"op": "teach", "have": []}))
        async with asyncio.timeout(READY_SECONDS):
            async for content in board:
                said = json.loads(content)
                for news in said if isinstance(said, list) else [said]:
                    found = news.get("lessons") or {"all": 0, "missing": [("", "")]}
                    if any(why for _, why in found["missing"]) and found["all"]:
                        raise RuntimeError(f"a lesson could not be written: {found['missing']}")
                    if not found["missing"]:
                        done = found["all"]
                        print(f"{done} of {done} lessons are ready for phones", flush=True)
                        return {"seconds until ready": time.perf_counter() - begun}
    raise RuntimeError("the board was closed before all lessons were ready")


async def serve_lessons(port: int, phones: int) -> dict[str, float]:
    """Let each phone fetch all lessons."""
    took: list[float] = []
    refused = 0

    async def fetch(number: int) -> None:
        nonlocal refused
        async with client(port, address(1000 + number)) as phone:
            for lesson in lessons():
                begun = time.perf_counter()
                answer = await phone.get(f"/class/lesson/{lesson}")
                took.append(1000 * (time.perf_counter() - begun))
                is_lesson = answer.status_code == 200 and "<!doctype" in answer.text[:20]
                refused += not is_lesson

    await asyncio.gather(*map(fetch, range(phones)))
    return {
        "lessons served": len(took) - refused,
        "not served": refused,
        "lesson p95, ms": share(took, 0.95),
    }


async def right_codes(port: int, code: str) -> dict[str, float]:
    """Try the right code from new addresses, one after the other."""
    refused = 0
    for number in range(TRIES):
        async with client(port, address(2000 + number)) as phone:
            answer = await phone.post("/api/class/join", json={"code": code})
            refused += answer.status_code != 200
            if answer.status_code != 200:
                print(f"  a right code was refused: {answer.text}")
    return {"right codes tried": TRIES, "right codes refused": refused}


async def play_class(server: Server, phones: int, seconds: float) -> dict[str, float]:
    """Let a class answer during an attack; return the figures."""
    port, runs, process = server.port, server.runs, psutil.Process(server.process.pid)
    room = Class(port, runs, phones)
    figures = await ready(port, room.cookie()) | await serve_lessons(port, phones)
    healths, errors = list[float](), list[str]()
    async with AsyncExitStack() as stack:
        await room.enter(stack)
        await stack.enter_async_context(attacked(Target(port, room.code), "class", errors))
        await stack.enter_async_context(beside(ask_health(port, healths, errors)))
        tried = asyncio.create_task(right_codes(port, room.code))
        before, used = await asyncio.to_thread(members, runs), cpu(process)
        begun = time.perf_counter()
        await room.play(seconds)
        figures |= await tried
        joined = await asyncio.to_thread(members, runs) - before - TRIES
        passed = time.perf_counter() - begun
        used = cpu(process) - used
    for error in errors:
        print(f"  an error: {error}")
    figures |= {
        "attacked for, s": passed,
        "server, cores": used / passed,
        "joined by one address": joined,
        "joined too fast": max(0.0, joined - JOINS_AT_ONCE - JOINS_A_SECOND * passed - 1),
        "health p95, ms": share(healths, 0.95),
        **room.figures(share),
    }
    return figures | {"errors": figures["errors"] + len(errors)}


def members(runs: Path) -> int:
    found = ClassStore(runs).load()
    return found.size if found else 0


def made_up(folder: Path) -> Path:
    """Write files as large as lessons; return their folder."""
    folder.mkdir()
    for lesson in lessons():
        text = f"<!doctype html>{b64encode(os.urandom(LESSON_BYTES)).decode()}"
        (folder / f"{lesson}.html").write_text(text)
    return folder


def attack(once: Attack, target: Target) -> None:
    """Attack until the process is killed; say so first."""
    os.nice(5)  # its own work is done on another machine
    print("under way", flush=True)
    asyncio.run(once(target))  # type: ignore[arg-type]


def on_a_class(given: argparse.Namespace) -> bool:
    """Attack a class, print the figures and return whether what is promised is kept."""
    phones, seconds, limits = given.phones, given.seconds or 40.0, OF_CLASS
    with tempfile.TemporaryDirectory(prefix="hnviz-attack-") as folder:
        environ = {"HNVIZ_CLASS": "free"}
        if given.brief:
            phones, seconds, given.lessons = 8, 7.0, made_up(Path(folder) / "lessons")
            limits = {name: most for name, most in limits.items() if "ms" not in name}
        if given.lessons:
            environ["HNVIZ_CLASS_LESSONS"] = str(given.lessons)
        with a_server(root=given.root, **environ) as server:
            figures = asyncio.run(play_class(server, phones, seconds))
    return report("a class under attack", phones, figures, limits)


def on_viewers(given: argparse.Namespace) -> bool:
    """Try each attack, print the figures and return whether what is promised is kept."""
    kept = True
    with a_server(root=given.root) as server:
        for name in ("nothing", *(given.attack or ATTACKS)):
            figures = asyncio.run(play(server, name, given.seconds or 20.0))
            kept &= report(name, 1, figures, LIMITS | GROWTH)
    return kept


def main(*arguments: str) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.attack", description=__doc__)
    parser.add_argument("--seconds", type=float, help="of each attack: 20, or 40 of a class")
    parser.add_argument("--attack", choices=ATTACKS, action="append", help="all by default")
    parser.add_argument("--against", type=int, metavar="PORT", help="only attack, until killed")
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout's server")
    parser.add_argument("--class", dest="is_class", action="store_true", help="attack a class")
    parser.add_argument("--phones", type=int, default=30, help="of the class")
    parser.add_argument("--lessons", type=Path, help="a folder of lessons, so that none is written")
    parser.add_argument(
        "--brief", action="store_true", help="8 phones, made-up lessons, 7 s; holds to no times"
    )
    parser.add_argument("--code", default="", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments or None)
    if given.against:
        once = besiege if given.code else ATTACKS[given.attack[0]]
        attack(once, Target(given.against, given.code))
    return 0 if (on_a_class if given.is_class else on_viewers)(given) else 1


if __name__ == "__main__":
    sys.exit(main())
