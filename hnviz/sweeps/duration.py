"""How long a sweep takes on this machine, from steps that are timed before it begins."""

import heapq
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Protocol

from hnviz.config import RunConfig
from hnviz.engine.client import EngineError
from hnviz.estimate import cost

START_SECONDS = 0.4  # of a run besides its steps: its trainer starts, and stores snapshots
FORWARD = 1 / 3  # of a training step: what a mini-batch of valid takes
TIMED = 4  # runs of a sweep whose steps are timed, from the shortest steps to the longest
UNTIMED = 2.0  # how far an estimate without a measurement may be off, as a factor

log = logging.getLogger(__name__)


class Stopwatch(Protocol):
    """What times steps: the client of the local engine."""

    def step_seconds(self, configs: Sequence[RunConfig]) -> list[list[float]]:
        """Return how long some steps of each config took."""


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds: on a machine that stays as it was, and on one that has slow moments."""

    least: float
    most: float

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
        taken = by.step_seconds(typical)
        factors = [
            (steps[_size(config)], median(each) / steps[_size(config)], fmean(each) / median(each))
            for config, each in zip(typical, taken, strict=True)
        ]
    except EngineError as error:  # busy, or it cannot start: the press will say why
        log.warning("no step was timed for an estimate: %s", error)
        factors = [(1.0, 1.0, UNTIMED)]
    least, most = [], []
    for config in configs:
        size = _size(config)
        _, pace, spread = min(factors, key=lambda each: abs(math.log(each[0] / steps[size])))
        n_steps = costs[size].steps + FORWARD * costs[size].checks
        least.append(n_steps * steps[size] * pace + START_SECONDS)
        most.append(least[-1] * spread)
    return Duration(_makespan(least, n_workers), _makespan(most, n_workers))


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
