"""A viewer who uses up every limit of one viewer: ``python -m tests.load.greedy PORT RUN``.

Refused, it comes back after a second, as Retry-After says. It ends when it is killed.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count

import websockets
from starlette.testclient import httpx

from hnviz.engine.scheduler import Limits
from hnviz.web.answers import QUICK, SLOW
from hnviz.web.controls import OF_ONE
from hnviz.web.limits import MAX_SOCKETS
from hnviz.web.live import MAX_TOPICS
from tests.load.viewer import CLOSER, EACH, TRAIN, Session, named

EVE = 2**64
PAUSE = 1.0  # seconds after a refusal
TABS = MAX_SOCKETS // 2
RUNS = Limits(trainers=1).of_one
TOPICS = (*EACH, *(topic for topics in CLOSER[1:] for topic in topics))


async def on_and_on(client: httpx.AsyncClient, address: Callable[[], str]) -> None:
    """Ask for one answer after the other."""
    while True:
        if (await client.get(address())).status_code != 200:
            await asyncio.sleep(PAUSE)


async def press(client: httpx.AsyncClient, run: str) -> None:
    """Press a button that changes nothing, as the run goes on already."""
    while True:
        await client.post(f"/api/runs/{run}/go_on", content=b"{}")


async def listen(port: int, run: str, follows: int) -> None:
    """Follow so many topics, and hear what comes."""
    address = f"ws://127.0.0.1:{port}/api/live"
    async with websockets.connect(address, additional_headers=named(EVE), max_size=None) as line:
        for number in range(follows):
            topic = TOPICS[number % len(TOPICS)]
            request = {"op": "follow", "id": number, "topic": topic}
            await line.send(json.dumps(request | {"run": "" if topic == "runs" else run}))
        async for _ in line:
            pass


async def main(port: int, run: str) -> None:
    numbers = count()

    def units() -> str:
        return f"/api/runs/Model5/400/units?split=train&first={next(numbers) % 50_000}&n=60"

    def path() -> str:
        first = next(numbers) % 7_000 + 1
        return f"/api/runs/Model5/400/state_path?layer=1&first={first}&last={first + 60}"

    async with AsyncExitStack() as stack:
        headers = named(EVE) | {"Content-Type": "application/json"}
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60)
        )
        sessions = []
        for _ in range(TABS):
            session = await stack.enter_async_context(Session(port, "train_epochs=500", EVE))
            await session.press()
            sessions.append(session)
        for session in sessions[:RUNS]:  # a second press in one tab is a double click
            await session.press(*TRAIN)
        print("ready", flush=True)
        await asyncio.gather(
            *(listen(port, run, MAX_TOPICS // TABS) for _ in range(TABS)),
            *(on_and_on(client, units) for _ in range(QUICK[2] + QUICK[3])),
            *(on_and_on(client, path) for _ in range(SLOW[2] + SLOW[3])),
            *(press(client, run) for _ in range(OF_ONE)),
        )


if __name__ == "__main__":
    os.nice(19)  # its own work is done on another machine
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
