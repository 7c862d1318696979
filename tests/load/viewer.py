"""One viewer of the Train page, as the server sees it: a Streamlit session and a line for news."""

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from hnviz.web.limits import COOKIE

PATIENCE = 30.0  # seconds for an answer to a press
LOOK_SECONDS = 0.004  # between two looks at the disk
TRAIN = ("train_settings", "train_start")  # the form of a run, and its button
EACH = ("run", "runs", "curves")  # what every viewer of the page follows
CLOSER = (("kinds",), ("kinds",), ("schedule",))  # by turns: which closer look is open


def mini_batches(figure: dict[str, Any]) -> int:
    """Which trace of the loss chart has a point for each mini-batch."""
    return [trace.get("name") for trace in figure["data"]].index("each mini-batch")


def named(viewer: int) -> dict[str, str]:
    """The header by which the server tells viewers apart."""
    return {"Cookie": f"{COOKIE}={viewer:032x}"}


class Session:
    """A browser's end of Streamlit's protocol: it runs the page's script, and counts errors."""

    def __init__(self, port: int, query: str, viewer: int = 0, cookie: str = "") -> None:
        self._port = port
        self.page, self.query = "train", query
        self._headers = {"Cookie": cookie} if cookie else named(viewer)
        self._ended = asyncio.Event()
        self.mounts: dict[str, str] = {}  # key of a component -> its id
        self.errors: list[str] = []
        self.problems: list[str] = []  # that the page shows beside its controls

    async def __aenter__(self) -> "Session":
        origin = f"http://127.0.0.1:{self._port}"
        self._line = await websockets.connect(
            f"ws://127.0.0.1:{self._port}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            origin=websockets.Origin(origin),
            additional_headers=self._headers,
            max_size=None,
            compression=None,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._reading.cancel()
        await self._line.close()

    async def _read(self) -> None:
        async for content in self._line:
            message = ForwardMsg()
            message.ParseFromString(content)
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                self._ended.set()
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._see(message.delta.new_element)

    def _see(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(element.exception.message)
        elif kind == "markdown" and element.markdown.body.startswith(":red["):
            self.problems.append(element.markdown.body)
        elif kind == "bidi_component":
            mount = element.bidi_component
            self.mounts[json.loads(mount.json)[0]["id"]] = mount.id

    async def press(self, key: str = "", button: str = "") -> float:
        """Run the whole page, as a press on a button of a component does; return how many ms."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        if button:
            report = {"pressed": {"value": button, "serial": time.time_ns()}}
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.json_value = self.mounts[key], json.dumps(report)
        self._ended.clear()
        begun = time.perf_counter()
        await self._line.send(message.SerializeToString())
        try:
            await asyncio.wait_for(self._ended.wait(), PATIENCE)
        except TimeoutError:
            self.errors.append(f"a press had no answer within {PATIENCE:g} s")
        return 1000 * (time.perf_counter() - begun)


class Disk:
    """Reads a run's events as they are written, in a thread: news are timed against them."""

    def __init__(self, events: Path) -> None:
        self.written: dict[int, float] = {}  # step -> seconds, as time.perf_counter has them
        self.n_steps = 0
        self._events = events
        self._rest = b""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _read(self) -> None:
        with self._events.open("rb") as file:
            while not self._ended.wait(LOOK_SECONDS):
                content = file.read()
                if content:
                    self._take(content, time.perf_counter())

    def _take(self, content: bytes, now: float) -> None:
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            event = json.loads(line)
            if event["event"] == "batch":
                self.written[event["step"]] = now
            elif event["event"] == "started":
                self.n_steps = event["n_steps"]


@dataclass
class News:
    """What one viewer hears of a run."""

    port: int
    run: str
    disk: Disk
    viewer: int = 0
    steps: list[int] = field(default_factory=list)
    trace: int = 0  # of the loss chart, with a point for each mini-batch
    step: int = 0  # steps that are done, as far as it was told,
    told: float = 0.0  # and when, as time.perf_counter has it
    heard: list[tuple[int, float]] = field(default_factory=list)  # a step, and when its news came
    messages: int = 0
    size: int = 0  # bytes
    gaps: int = 0
    errors: list[str] = field(default_factory=list)
    follows: Sequence[dict[str, Any]] = ()  # its requests; by default those of a page that is open

    def __post_init__(self) -> None:
        topics = EACH + CLOSER[self.viewer % len(CLOSER)]
        self.follows = self.follows or [
            {
                "op": "follow",
                "id": number,
                "topic": topic,
                "run": "" if topic == "runs" else self.run,
            }
            for number, topic in enumerate(topics)
        ]
        self._topics = {each["id"]: each["topic"] for each in self.follows}

    @property
    def late(self) -> list[float]:
        """How many ms each step's news took from the disk, which may be read after they came.

        A long run's events leave steps out.
        """
        written = self.disk.written
        return [1000 * max(0.0, now - written[step]) for step, now in self.heard if step in written]

    async def hear(self) -> None:
        """Follow until cancelled."""
        address = f"ws://127.0.0.1:{self.port}/api/live"
        headers = named(self.viewer)
        async with websockets.connect(
            address, additional_headers=headers, max_size=None, compression=None
        ) as line:
            for request in self.follows:
                await line.send(json.dumps(request))
            async for content in line:
                told, now = json.loads(content), time.perf_counter()
                for message in told if isinstance(told, list) else [told]:
                    self._take(message, now)
                self.messages, self.size = self.messages + 1, self.size + len(content)

    def _take(self, message: dict[str, Any], now: float) -> None:
        if "error" in message:
            self.errors.append(message["error"])
        elif self._topics[message["id"]] == "run":
            self._count(message["news"].get("step", self.step), now)
        elif self._topics[message["id"]] == "curves":
            for panel in message["news"]["panels"]:
                if panel["name"] == "loss":
                    self._grow(panel, now)

    def _count(self, step: int, now: float) -> None:
        """Take in how many steps are done: each is news, also one without a point of its own."""
        new = range(self.step, step) if self.step else ()
        self.heard += [(each, now) for each in new]
        self.step, self.told = step, now

    def _grow(self, panel: dict[str, Any], now: float) -> None:
        if "figure" in panel:
            self.trace = mini_batches(panel["figure"])
            first, new = 0, panel["figure"]["data"][self.trace]["x"]
        else:
            trace = panel["traces"][self.trace]
            first, new = trace["from"], trace["x"]
        self.gaps += first > len(self.steps)
        fresh = new[max(0, len(self.steps) - first) :] if self.steps else []
        self.heard += [(each, now) for each in fresh]
        self.steps[first:] = new
