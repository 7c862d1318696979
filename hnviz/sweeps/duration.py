"""How long a sweep takes on this machine, from steps that are timed before it begins."""

import heapq
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hnviz.config import RunConfig
from hnviz.engine.client import EngineError
from hnviz.estimate import cost

START_SECONDS = 0.3  # of a run besides its steps, where these take as long as `cost` says
FORWARD = 1 / 3  # of a training step: what a mini-batch of valid takes
TIMED = 4  # runs of a sweep whose steps are timed, from the shortest steps to the longest
UNTIMED = 2.0  # how far an estimate without a measurement may be off, as a factor

log = logging.getLogger(__name__)


class Stopwatch(Protocol):
    """What times steps: the client of the local engine."""

    def step_seconds(self, configs: Sequence[RunConfig]) -> list[tuple[float, float]]:
        """Return how long a step of each keeps a core busy, and how long it takes."""


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds that something takes."""

    least: float  # if nothing else uses the machine
    most: float  # if it stays as busy as it was

    def __str__(self) -> str:
        size, unit = next((size, unit) for above, size, unit in _UNITS if self.most >= above)
        step = 5 if unit == "seconds" else 1
        low, high = (
            max(step, step * math.ceil(each / size / step)) for each in (self.least, self.most)
        )
        return f"about {low} to {high} {unit}" if high > low else f"about {high} {unit}"


_UNITS = ((2 * 3600, 3600, "hours"), (90, 60, "minutes"), (0, 1, "seconds"))
"""From how many seconds on each unit is used, and how many seconds it has."""


def duration(configs: Sequence[RunConfig], n_workers: int, by: Stopwatch) -> Duration:
    """Estimate a sweep's time from steps that are timed now; without them, from `cost` alone."""
    costs = {_size(config): cost(config) for config in configs}
    steps = {size: 3600 * each.hours / each.steps for size, each in costs.items()}  # by estimate
    typical = _typical(configs, steps)
    try:
        timed = by.step_seconds(typical)
        slower = max(1.0, sum(taken for _, taken in timed) / sum(busy for busy, _ in timed))
        paces = [
            (steps[_size(config)], busy / steps[_size(config)])
            for config, (busy, _) in zip(typical, timed, strict=True)
        ]
    except EngineError as error:  # busy, or it cannot start: the press will say why
        log.warning("no step was timed for an estimate: %s", error)
        slower, paces = UNTIMED, [(1.0, 1.0)]
    alone = []
    for config in configs:
        size = _size(config)
        _, pace = min(paces, key=lambda each: abs(math.log(each[0] / steps[size])))
        n_steps = costs[size].steps + FORWARD * costs[size].checks
        alone.append(pace * (n_steps * steps[size] + START_SECONDS))
    least = _makespan(alone, n_workers)
    return Duration(least, least * slower)


def _size(config: RunConfig) -> str:
    """Return what decides how long a run's steps take, and how many it has."""
    return repr(config.shape | {"epochs": config.epochs, "form": config.form})


def _typical(configs: Sequence[RunConfig], steps: dict[str, float]) -> list[RunConfig]:
    """Choose TIMED runs, from the one with the shortest steps to the one with the longest."""
    by_size = {_size(config): config for config in configs}
    ordered = sorted(by_size, key=steps.__getitem__)
    n = min(TIMED, len(ordered))
    places = {round(index * (len(ordered) - 1) / max(1, n - 1)) for index in range(n)}
    return [by_size[ordered[place]] for place in sorted(places)]


def _makespan(seconds: Sequence[float], n_workers: int) -> float:
    """Return when the last run ends if each worker takes the next run as soon as it is free."""
    free = [0.0] * n_workers
    for each in seconds:
        heapq.heapreplace(free, free[0] + each)
    return max(free)
