"""When each step of a run reached the disk: what news are timed against."""

import json
import threading
import time
from pathlib import Path

LOOK_SECONDS = 0.004


class Disk:
    """Reads a run's events as they are written, in a thread of its own."""

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
