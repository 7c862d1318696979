"""Trial steps, which no run folder holds: timed for an estimate, or trained to compare losses.

The engine's `Trial` starts `serve` or `serve_losses` in a separate process; only that loads torch.
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
from hnviz.events import BatchEnd, Ended

MOST_CONFIGS = 6  # per request
WARM_UPS = 2  # reads of losses: the steps before them are slower than the others
TIMED_SECONDS = 0.3  # per config, and at least one step
TWINS, ROUNDING = 3, 1e-5  # runs beside one, and by how much their first weights are disturbed
STEADY = 1e-4  # the largest difference between the losses of twins


class Kind(NamedTuple):
    """What is tried, and for how long."""

    entry: str  # what serves in the other process
    seconds: float  # for all configs of a request
    busy: str  # why another request has to wait
    failed: str  # what could not be done


TIMED = Kind(
    "hnviz.engine.timing:serve",
    8.0,
    "steps are being timed for another viewer; ask again in a moment",
    "no step could be timed",
)
COMPARED = Kind(
    "hnviz.engine.timing:serve_losses",
    60.0,
    "the losses of another run are being compared; ask again in a moment",
    "the first losses could not be trained",
)


class Trial:
    """Trains a few steps in another process, one request at a time."""

    def __init__(
        self,
        kind: Kind,
        workers: Workers,
        reply: Callable[[int, Any], None],
        refuse: Callable[[int, EngineError], None],
    ) -> None:
        self._kind, self._workers = kind, workers
        self._reply, self._refuse = reply, refuse
        self._asked: tuple[int, Worker] | None = None
        self._until = math.inf

    def ask(self, asker: int, configs: list[RunConfig], how: Any) -> None:
        """Begin with the steps of each config; `how` goes to the other process. Raises EngineError.

        `serve` takes the folder of runs, `serve_losses` a number of steps.
        """
        if self._asked is not None:
            raise EngineError(self._kind.busy, "busy")
        if not 0 < len(configs) <= MOST_CONFIGS:
            raise EngineError(f"1 to {MOST_CONFIGS} runs can be tried; got {len(configs)}", "wrong")
        worker = self._workers.start(self._kind.entry, nice=NICE)  # the same priority as a trainer
        worker.tell(how, *(config.to_dict() for config in configs))
        self._asked, self._until = (asker, worker), time.monotonic() + self._kind.seconds

    @property
    def pipe(self) -> Connection | None:
        """The pipe from the other process, while there is one."""
        return self._asked[1].pipe if self._asked else None

    def hear(self) -> None:
        """Pass on the result."""
        if self._asked is None:
            return
        is_late = time.monotonic() >= self._until
        (asker, worker), self._asked, self._until = self._asked, None, math.inf
        try:
            self._reply(asker, worker.pipe.recv())
        except (EOFError, OSError):
            why = f" within {self._kind.seconds:g} s" if is_late else "; engine.log says why"
            self._refuse(asker, EngineError(f"{self._kind.failed}{why}"))
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


def serve_losses(pipe: Connection) -> None:
    """Train the first steps of each config that arrives through the pipe; send their losses."""
    try:
        steps, *asked = pipe.recv()
    except EOFError:
        return
    pipe.send([first_losses(RunConfig.from_dict(each), steps) for each in asked])


def first_losses(config: RunConfig, steps: int) -> list[float]:
    """Return the losses of a run's first steps, as far as rounding does not change them.

    A run whose first weights differ by a rounding must have the same losses to `STEADY`. From
    where it has not, two machines may differ. A run that is shorter or diverges has fewer.
    """
    whole, *twins = (_losses(config, steps, twin) for twin in range(1 + TWINS))
    for at, losses in enumerate(zip(whole, *twins, strict=False)):
        if max(losses) - min(losses) > STEADY:
            return whole[:at]
    return whole[: min(map(len, (whole, *twins)))]


def _losses(config: RunConfig, steps: int, twin: int) -> list[float]:
    """Train; a twin begins with its own disturbance of the weights, 0 with none."""
    import torch

    from hnviz.learn import Learner

    learner, chance = Learner(config), torch.Generator().manual_seed(twin)
    if twin:
        with torch.no_grad():
            for weights in learner.model.parameters():
                weights.mul_(1 + ROUNDING * torch.randn(weights.shape, generator=chance))
    losses: list[float] = []
    for event in learner.events():
        if isinstance(event, BatchEnd):
            losses.append(event.loss)
        if len(losses) >= steps:
            break
    return losses


class _Mark(NamedTuple):
    """How far a run had got at some moment."""

    step: int
    busy: float  # seconds of processor time
    clock: float


def step_seconds(config: RunConfig) -> tuple[float, float]:
    """Return how many seconds a training step keeps a core busy, and how many it takes.

    The second figure is larger on a machine that others use. On a GPU both are by the clock. A run
    that diverges at once has a step, too.
    """
    from hnviz.learn import Learner

    learner = Learner(config)
    marks = [_Mark(0, time.process_time(), time.perf_counter())]
    for event in learner.events():
        done = learner.step + learner.pending
        ahead = learner.pending and not isinstance(event, Ended)  # as on a GPU, by some steps
        if done == marks[-1].step or ahead:
            continue
        marks.append(_Mark(done, time.process_time(), time.perf_counter()))
        first, last = marks[min(WARM_UPS, len(marks) - 2)], marks[-1]
        if last.clock - first.clock > TIMED_SECONDS and len(marks) > WARM_UPS + 1:
            break
    steps = last.step - first.step
    busy, taken = (last.busy - first.busy) / steps, (last.clock - first.clock) / steps
    return (taken if learner.device != "cpu" else busy), taken
