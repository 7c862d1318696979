"""Times training steps, for estimates of this machine in its present state.

The engine's `Timing` starts `serve` in a separate process; only that process loads torch.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from hnviz.config import RunConfig
from hnviz.engine.protocol import EngineError
from hnviz.engine.workers import NICE, Worker, Workers
from hnviz.estimate import measured_in
from hnviz.events import BatchEnd

ENTRY = "hnviz.engine.timing:serve"
MOST_TIMED = 6  # configs per request
MOST_SECONDS = 8.0  # for all of them
WARM_UPS = 2  # reads of losses: the steps before them are slower than the others
TIMED_SECONDS = 0.3  # per config, and at least one step


class Timing:
    """Times steps in another process, one request at a time."""

    def __init__(
        self,
        workers: Workers,
        runs_dir: Path,
        reply: Callable[[int, Any], None],
        refuse: Callable[[int, EngineError], None],
    ) -> None:
        """Timed steps use the device on which a run in `runs_dir` would train."""
        self._workers, self._runs_dir = workers, runs_dir
        self._reply, self._refuse = reply, refuse
        self._asked: tuple[int, Worker] | None = None
        self._until = math.inf

    def ask(self, asker: int, configs: list[RunConfig]) -> None:
        """Begin to time a step of each config. Raises EngineError."""
        if self._asked is not None:
            raise EngineError(
                "steps are being timed for another viewer; ask again in a moment", "busy"
            )
        if not 0 < len(configs) <= MOST_TIMED:
            raise EngineError(f"1 to {MOST_TIMED} runs can be timed; got {len(configs)}", "wrong")
        worker = self._workers.start(ENTRY, nice=NICE)  # the same priority as a trainer
        worker.tell(str(self._runs_dir), *(config.to_dict() for config in configs))
        self._asked, self._until = (asker, worker), time.monotonic() + MOST_SECONDS

    @property
    def pipe(self) -> Connection | None:
        """The pipe from the timing process, while there is one."""
        return self._asked[1].pipe if self._asked else None

    def hear(self) -> None:
        """Pass on the result."""
        if self._asked is None:
            return
        (asker, worker), self._asked, self._until = self._asked, None, math.inf
        try:
            self._reply(asker, worker.pipe.recv())
        except (EOFError, OSError):
            self._refuse(asker, EngineError(f"no step could be timed within {MOST_SECONDS:g} s"))
        worker.end(patience=1.0)

    def tick(self) -> None:
        """Give up steps that take too long; `hear` then reports that."""
        if self._asked and time.monotonic() >= self._until:
            self._asked[1].kill()

    def next_deadline(self) -> float:
        """Return the seconds until `tick` is due."""
        return max(0.0, self._until - time.monotonic())

    def end(self) -> None:
        """End the process."""
        if self._asked:
            self._asked[1].end()


def serve(pipe: Connection) -> None:
    """Time a step of each config that arrives through the pipe; send two times for each."""
    from hnviz.learn import device_of

    try:
        runs_dir, *asked = pipe.recv()
    except EOFError:
        return
    measured = measured_in(Path(runs_dir))
    configs = [RunConfig.from_dict(each) for each in asked]
    devices = [device_of(config, measured) for config in configs]
    pipe.send(
        [
            step_seconds(replace(config, device=device))
            for config, device in zip(configs, devices, strict=True)
        ]
    )


class _Mark(NamedTuple):
    """How far a run had got at some moment."""

    step: int
    busy: float  # seconds of processor time
    clock: float


def step_seconds(config: RunConfig) -> tuple[float, float]:
    """Return how many seconds a training step keeps a core busy, and how many it takes.

    The second figure is larger on a machine that others use. On a GPU both are by the clock.
    """
    from hnviz.learn import Learner

    learner = Learner(config)
    marks = [_Mark(0, time.process_time(), time.perf_counter())]
    for event in learner.events():
        if not isinstance(event, BatchEnd) or learner.pending:  # a GPU computes some steps ahead
            continue
        marks.append(_Mark(learner.step, time.process_time(), time.perf_counter()))
        first, last = marks[min(WARM_UPS, len(marks) - 2)], marks[-1]
        if last.clock - first.clock > TIMED_SECONDS and len(marks) > WARM_UPS + 1:
            break
    steps = last.step - first.step
    busy, taken = (last.busy - first.busy) / steps, (last.clock - first.clock) / steps
    return (taken if learner.device != "cpu" else busy), taken
