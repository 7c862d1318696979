"""A class under attack: ``python -m tests.load.siege``.

The server writes all lessons, and the board says so; then thirty phones join, and each fetches them
all. While they answer and the teacher reveals, another process tries wrong codes from sixty
addresses, joins again and again from one, and opens sockets that say nothing. Addresses are those
of this computer's loopback network, 127.0.0.0/8, which Linux has all of.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import AsyncExitStack, suppress
from itertools import count
from pathlib import Path

import psutil
import websockets
from starlette.testclient import httpx

from hnviz.classroom.store import ClassStore
from hnviz.lessons import lessons
from hnviz.web.classroom.routes import JOINS_A_SECOND, JOINS_AT_ONCE
from tests.conftest import ROOT, Server, start_server, stop_server
from tests.load.__main__ import cpu, report, share
from tests.load.classroom import Class

GUESSERS, JOINERS, SILENT = 60, 8, 624
PAUSE = 5.0  # seconds until a socket that was closed is opened again
TRIES = 25  # right codes from new addresses, during the attack
READY_SECONDS = 3600.0
NOTHING = {"not served": 0, "right codes refused": 0, "joined too fast": 0, "lost": 0, "errors": 0}
TIMES = {"guess p95, ms": 500, "reveal p95, ms": 500, "health p95, ms": 100}
LESSON_BYTES = 1_000_000  # of each made-up lesson of a brief run


def address(number: int) -> str:
    return f"127.7.{number // 250}.{1 + number % 250}"


def client(port: int, number: int) -> httpx.AsyncClient:
    """A program at an address of its own; it keeps no cookies from one request to the next."""
    transport = httpx.AsyncHTTPTransport(local_address=address(number))
    return httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{port}", timeout=60)


async def guess_codes(port: int, number: int) -> None:
    async with client(port, number) as guesser:
        for at in count():
            code = {"code": f"{at % 10**6:06}".translate(str.maketrans("0123456789", "ACDEFGHJKM"))}
            await guesser.post("/api/class/join", json=code)
            await asyncio.sleep(0.5)


async def join_again(port: int, code: str) -> None:
    async with client(port, 500) as joiner:
        while True:
            joiner.cookies.clear()
            await joiner.post("/api/class/join", json={"code": code})


async def say_nothing(port: int, number: int) -> None:
    while True:
        with suppress(OSError, websockets.WebSocketException):
            async with websockets.connect(
                f"ws://127.0.0.1:{port}/api/class/live",
                local_addr=(address(600 + number % 3), 0),
                open_timeout=60,
            ) as line:
                await line.wait_closed()
        await asyncio.sleep(PAUSE)


async def say_so() -> None:
    await asyncio.sleep(2)
    print("under way", flush=True)


async def attack(port: int, code: str) -> None:
    """Attack until the process is killed; say so once it is under way."""
    await asyncio.gather(
        say_so(),
        *(guess_codes(port, number) for number in range(GUESSERS)),
        *(join_again(port, code) for _ in range(JOINERS)),
        *(say_nothing(port, number) for number in range(SILENT)),
    )


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
        async with client(port, 1000 + number) as phone:
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
        async with client(port, 2000 + number) as phone:
            answer = await phone.post("/api/class/join", json={"code": code})
            refused += answer.status_code != 200
            if answer.status_code != 200:
                print(f"  a right code was refused: {answer.text}")
    return {"right codes tried": TRIES, "right codes refused": refused}


async def look(port: int, took: list[float]) -> None:
    """Ask for the server's health ten times a second."""
    async with client(port, 3000) as doctor:
        while True:
            begun = time.perf_counter()
            await doctor.get("/_stcore/health")
            took.append(1000 * (time.perf_counter() - begun))
            await asyncio.sleep(0.1)


async def play(server: Server, phones: int, seconds: float) -> dict[str, float]:
    """Let it all happen; return the figures."""
    port, runs, process = server.port, server.runs, psutil.Process(server.process.pid)
    room = Class(port, runs, phones)
    code = room.code
    figures = await ready(port, room.cookie())
    figures |= await serve_lessons(port, phones)
    health: list[float] = []
    async with AsyncExitStack() as stack:
        await room.enter(stack)
        command = [sys.executable, "-m", "tests.load.siege", "--attack", str(port), code]
        attacker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        doctor = asyncio.create_task(look(port, health))
        try:
            assert attacker.stdout and await asyncio.to_thread(attacker.stdout.readline)
            health.clear()
            tried = asyncio.create_task(right_codes(port, code))
            before, used = await asyncio.to_thread(members, runs), cpu(process)
            begun = time.perf_counter()
            await room.play(seconds)
            figures |= await tried
            joined = await asyncio.to_thread(members, runs) - before - TRIES
            passed = time.perf_counter() - begun
            figures |= {"attacked for, s": passed, "server, cores": (cpu(process) - used) / passed}
        finally:
            doctor.cancel()
            attacker.kill()
            attacker.wait()
    return {
        **figures,
        "joined by one address": joined,
        "joined too fast": max(0.0, joined - JOINS_AT_ONCE - JOINS_A_SECOND * passed - 1),
        "health p95, ms": share(health, 0.95),
        **room.figures(share),
    }


def members(runs: Path) -> int:
    found = ClassStore(runs).load()
    return found.size if found else 0


def main(*arguments: str) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.siege", description=__doc__)
    parser.add_argument("--phones", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=40.0, help="of the attack")
    parser.add_argument("--lessons", type=Path, help="a folder of lessons, so that none is written")
    parser.add_argument(
        "--brief", action="store_true", help="8 phones, made-up lessons, 7 s; holds to no times"
    )
    parser.add_argument("--attack", nargs=2, metavar=("PORT", "CODE"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments or None)
    if given.attack:
        with suppress(KeyboardInterrupt):
            asyncio.run(attack(int(given.attack[0]), given.attack[1]))
        return 0
    with tempfile.TemporaryDirectory(prefix="hnviz-siege-") as folder:
        environ = {"HNVIZ_CLASS": "free"}
        if given.brief:
            given.phones, given.seconds, given.lessons = 8, 7.0, made_up(Path(folder) / "lessons")
        if given.lessons:
            environ["HNVIZ_CLASS_LESSONS"] = str(given.lessons)
        server = start_server(Path(folder), **environ)
        try:
            figures = asyncio.run(play(server, given.phones, given.seconds))
        finally:
            stop_server(server)
    limits = NOTHING if given.brief else NOTHING | TIMES
    return 0 if report("a class under attack", given.phones, figures, limits) else 1


def made_up(folder: Path) -> Path:
    """Write files as large as lessons; return their folder."""
    folder.mkdir()
    for lesson in lessons():
        text = f"<!doctype html>{b64encode(os.urandom(LESSON_BYTES)).decode()}"
        (folder / f"{lesson}.html").write_text(text)
    return folder


if __name__ == "__main__":
    sys.exit(main())
