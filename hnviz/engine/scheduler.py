"""Decides which runs train, which wait, and for how long. Starts no process, reads no clock."""

import heapq
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, stream_of
from hnviz.engine.protocol import EngineError, Job
from hnviz.estimate import UNBOUNDED, Budget, at_least

LIGHT = 0.25  # of a core: a run slowed below this gives its slot back
RATE_SHARE = 0.15  # weight of the newest rate in the mean; reports arrive five times a second
EXTRA_PROCESSES = 8  # slowed runs that may train in addition to those in slots
OF_ADDRESS = 0.75  # of the queue's places, at most, for viewers who share one address

WAITING, ACTIVE, PARKED = "waiting", "active", "parked"
"""A task waits for a slot, has a process, or is paused without a process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the engine."""

    trainers: int  # at the same time; each takes about one core
    gpu_trainers: int = 2  # at the same time on the GPU
    queue: int = 20  # waiting runs, at most
    of_one: int = 5  # waiting, starting or paused runs per viewer
    pause_grace: float = 10.0  # seconds before a paused or slowed run gives its slot back
    budget: Budget = UNBOUNDED  # for one run

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], runs_dir: Path) -> "Limits":
        """Read HNVIZ_PAUSE_GRACE and the variables that begin with HNVIZ_MAX. Raises ValueError."""
        trainers = int(at_least(1, environ, "HNVIZ_MAX_TRAINERS", max(1, cores() - 1)))
        return cls(
            trainers=trainers,
            budget=Budget.here(trainers, runs_dir, environ),
            gpu_trainers=int(at_least(1, environ, "HNVIZ_MAX_GPU_TRAINERS", 2)),
            queue=int(at_least(0, environ, "HNVIZ_MAX_QUEUE", 20)),
            of_one=int(at_least(1, environ, "HNVIZ_MAX_QUEUE_OF_ONE", 5)),
            pause_grace=at_least(0, environ, "HNVIZ_PAUSE_GRACE", 10),
        )


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(kw_only=True, eq=False)
class Task:
    """A run that the engine manages."""

    run_id: str
    n_steps: int
    gpu: bool = False
    viewer: str = ""  # who started it; empty for no limit
    state: str = WAITING
    paused: bool = False
    steps: int = 0  # single steps to do once it has a process again
    speed: float | None = None  # limit in steps a second
    leaving: bool = False  # its process is storing a checkpoint and will end
    stopping: bool = False
    idle_since: float | None = None  # when it was slowed, or when its pause took effect
    step: int = 0
    rate: float | None = None  # steps a second, as measured
    cost: float | None = None  # seconds of a core per step

    def hear(self, step: int, rate: float, cost: float) -> None:
        """Record the progress of its process; rates jump on a busy machine, so keep a mean."""
        self.step, self.cost = step, cost
        self.rate = rate if self.rate is None else self.rate + RATE_SHARE * (rate - self.rate)

    def is_light(self) -> bool:
        """Return whether it is slowed so much that it hardly uses a core."""
        return None not in (self.speed, self.cost) and self.speed * self.cost < LIGHT  # type: ignore[operator]

    def is_pending(self) -> bool:
        """Return whether it has not started to train, or has given its slot back."""
        return self.state != ACTIVE or self.rate is None

    def is_at_rest(self) -> bool:
        """Return whether it is paused, with no step in progress."""
        return self.paused and (self.state == PARKED or self.idle_since is not None)

    def seconds_left(self) -> float | None:
        """Estimate the remaining training time at the current speed; None if unknown."""
        rates = [rate for rate in (self.rate, self.speed) if rate]
        return (self.n_steps - self.step) / min(rates) if self.rate else None


def n_steps(config: RunConfig) -> int:
    """Return the number of steps of a run."""
    n_tokens = len(stream_of(config).train)
    return BatchLayout(n_tokens, config.bs, config.bptt).n_batches * config.epochs


class Scheduler:
    """The engine's tasks, and the rules by which they get slots."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.tasks: dict[str, Task] = {}  # by run
        self._queue: list[Task] = []

    def check_room(self, gpu: bool, now: float, viewer: str = "") -> None:
        """Raise EngineError if too many runs wait already, in all or of one viewer."""
        own = [task for task in self.tasks.values() if task.viewer == viewer != ""]
        if sum(task.is_pending() for task in own) >= self.limits.of_one:
            raise EngineError(
                f"{self.limits.of_one} of your runs are waiting or paused already, and that is the "
                "limit; stop one, or wait until one trains",
                "busy",
            )
        address = viewer.partition("@")[2]  # the server calls a viewer name@address
        near = [task for task in self._queue if task.viewer.partition("@")[2] == address != ""]
        most = max(1, int(OF_ADDRESS * self.limits.queue))
        if len(near) >= most and not self._has_slot(gpu, now):
            raise EngineError(
                f"{most} runs from your address are waiting, which is the limit; wait until one "
                "has ended, or stop one",
                "busy",
            )
        if len(self._queue) >= self.limits.queue and not self._has_slot(gpu, now):
            raise EngineError(
                f"the queue is full: {len(self._queue)} runs are waiting already, and the limit is "
                f"{self.limits.queue}; wait until one has ended, or stop one",
                "busy",
            )

    def add(self, task: Task) -> None:
        """Add a run to the queue."""
        self.tasks[task.run_id] = task
        self.enqueue(task)

    def enqueue(self, task: Task) -> None:
        """Put a task at the end of the queue, without checking for room."""
        task.state = WAITING
        if task not in self._queue:
            self._queue.append(task)

    def park(self, task: Task) -> None:
        """Keep a paused task without a process and without a place in the queue."""
        self._forget(task)
        task.state = PARKED

    def remove(self, task: Task) -> None:
        """Remove a task."""
        self._forget(task)
        self.tasks.pop(task.run_id, None)

    def _forget(self, task: Task) -> None:
        if task in self._queue:
            self._queue.remove(task)

    def active(self) -> list[Task]:
        """Return the tasks that have a process."""
        return [task for task in self.tasks.values() if task.state == ACTIVE]

    def next_to_start(self, now: float) -> Task | None:
        """Remove and return the first task in the queue that can have a slot."""
        for task in self._queue:
            if self._has_slot(task.gpu, now):
                self._queue.remove(task)
                task.state = ACTIVE
                return task
        return None

    def is_one_too_many(self, task: Task, now: float) -> bool:
        """Return whether an active task needs a slot while others hold all of them."""
        return (
            self._holds_slot(task, now) and self._holders(now, besides=task) >= self.limits.trainers
        )

    def _has_slot(self, gpu: bool, now: float) -> bool:
        active = self.active()
        on_gpu = sum(each.gpu for each in active)
        return (
            self._holders(now) < self.limits.trainers
            and len(active) < self.limits.trainers + EXTRA_PROCESSES
            and not (gpu and on_gpu >= self.limits.gpu_trainers)
        )

    def _holders(self, now: float, besides: Task | None = None) -> int:
        return sum(self._holds_slot(task, now) for task in self.active() if task is not besides)

    def _holds_slot(self, task: Task, now: float) -> bool:
        return not (task.is_light() and self._is_idle(task, now))

    def _is_idle(self, task: Task, now: float) -> bool:
        return task.idle_since is not None and now - task.idle_since >= self.limits.pause_grace

    def to_park(self, now: float) -> list[Task]:
        """Return the paused tasks whose process has been idle too long."""
        return [
            task
            for task in self.active()
            if task.paused and not task.leaving and self._is_idle(task, now)
        ]

    def next_deadline(self, now: float) -> float:
        """Return the seconds until a pause becomes too long; inf if there is none."""
        ends = [
            task.idle_since + self.limits.pause_grace - now
            for task in self.active()
            if task.idle_since is not None and not task.leaving
        ]
        return min((end for end in ends if end > 0), default=math.inf)

    def jobs(self, now: float) -> list[Job]:
        """Describe all tasks for the pages."""
        waits = dict(zip((task.run_id for task in self._queue), self._waits(now), strict=True))
        places = {task.run_id: place for place, task in enumerate(self._queue, 1)}
        return [
            Job(
                run_id=task.run_id,
                status=_status(task),
                at_rest=task.is_at_rest(),
                place=places.get(task.run_id),
                wait_seconds=waits.get(task.run_id),
                speed=task.speed,
                steps_per_second=_rounded(task.rate),
                seconds_left=_rounded(task.seconds_left()),
            )
            for task in self.tasks.values()
        ]

    def _waits(self, now: float) -> Iterable[float | None]:
        """Estimate the wait of each place in the queue."""
        holders = [task for task in self.active() if self._holds_slot(task, now)]
        ends = [self._seconds_held(task, now) for task in holders]
        ends += [0.0] * (self.limits.trainers - len(ends))
        heapq.heapify(ends)
        for task in self._queue:
            wait = heapq.heappop(ends)
            yield float(math.ceil(wait)) if math.isfinite(wait) else None
            heapq.heappush(ends, wait + self._duration(task))

    def _seconds_held(self, task: Task, now: float) -> float:
        if task.paused:
            rests_since = now if task.idle_since is None else task.idle_since
            return max(0.0, rests_since + self.limits.pause_grace - now)
        left = task.seconds_left()
        return math.inf if left is None else left

    def _duration(self, task: Task) -> float:
        """Estimate how long a waiting task will train, at the rate of those now training."""
        rates = [each.rate for each in self.tasks.values() if each.rate]
        if not rates:
            return math.inf
        return (task.n_steps - task.step) * len(rates) / sum(rates)


def _status(task: Task) -> str:
    if task.state == WAITING:
        return "queued"
    return "paused" if task.paused else "running"


def _rounded(value: float | None) -> float | None:
    """Round to two digits: with more, the value would change and be sent all the time."""
    return None if value is None else float(f"{value:.2g}")
