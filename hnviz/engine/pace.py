"""Times training steps, so that an estimate is of this machine as it is now."""

import math
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from hnviz.config import RunConfig
from hnviz.engine.protocol import EngineError
from hnviz.engine.workers import Worker, Workers

ENTRY = "hnviz.engine.stopwatch:serve"
MOST_TIMED = 6  # configs of a request
MOST_SECONDS = 8.0  # for all of them


class Pace:
    """Has steps timed in a process of its own, one request at a time."""

    def __init__(
        self,
        workers: Workers,
        reply: Callable[[int, Any], None],
        refuse: Callable[[int, EngineError], None],
    ) -> None:
        self._workers, self._reply, self._refuse = workers, reply, refuse
        self._asked: tuple[int, Worker] | None = None
        self._until = math.inf

    def ask(self, asker: int, configs: list[RunConfig]) -> None:
        """Begin to time a step of each config. Raises EngineError."""
        if self._asked is not None:
            raise EngineError("steps are timed for somebody else; ask again in a moment", "busy")
        if not 0 < len(configs) <= MOST_TIMED:
            raise EngineError(f"1 to {MOST_TIMED} runs can be timed; got {len(configs)}", "wrong")
        worker = self._workers.start(ENTRY)
        worker.tell(*(config.to_dict() for config in configs))
        self._asked, self._until = (asker, worker), time.monotonic() + MOST_SECONDS

    @property
    def pipe(self) -> Connection | None:
        """The pipe from the process that times, while there is one."""
        return self._asked[1].pipe if self._asked else None

    def hear(self) -> None:
        """Pass on what was measured."""
        if self._asked is None:
            return
        (asker, worker), self._asked, self._until = self._asked, None, math.inf
        try:
            self._reply(asker, worker.pipe.recv())
        except (EOFError, OSError):
            self._refuse(asker, EngineError("no step could be timed in a moment"))
        worker.end(patience=1.0)

    def tick(self) -> None:
        """Give up steps that take too long: `hear` then says so."""
        if self._asked and time.monotonic() >= self._until:
            self._asked[1].kill()

    def next_deadline(self) -> float:
        """Return the seconds until `tick` is due."""
        return max(0.0, self._until - time.monotonic())

    def end(self) -> None:
        """End the process."""
        if self._asked:
            self._asked[1].end()
