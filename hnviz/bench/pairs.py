"""Time hnviz and the plain loop in alternating steps, so that a busy machine slows both."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import NamedTuple

from hnviz.bench.plain import plain_loop
from hnviz.config import RunConfig
from hnviz.engine.trainer import Control, record
from hnviz.events import BatchEnd, EpochEnd, Event
from hnviz.learn import Learner
from hnviz.runs import RunStore
from hnviz.runs.files import scratch

WARM_UP = 50  # steps


class Pair(NamedTuple):
    """Seconds for one epoch, train and valid pass."""

    hnviz: float
    plain: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model in one form, timed."""

    model: str
    form: str
    pairs: tuple[Pair, ...]

    @property
    def hnviz(self) -> float:
        """Median seconds per epoch."""
        return median(pair.hnviz for pair in self.pairs)

    @property
    def plain(self) -> float:
        """Median seconds per epoch of the plain loop."""
        return median(pair.plain for pair in self.pairs)

    @property
    def ratio(self) -> float:
        """Median of hnviz's time divided by the plain loop's."""
        return median(pair.hnviz / pair.plain for pair in self.pairs)

    @property
    def total_ratio(self) -> float:
        """The same ratio over all epochs, including the early ones with their many snapshots."""
        return sum(pair.hnviz for pair in self.pairs) / sum(pair.plain for pair in self.pairs)


def compare(config: RunConfig, n_pairs: int) -> Comparison:
    """Time whole runs, each in its own run folder, until there are n_pairs epochs."""
    for _ in islice(plain_loop(config), WARM_UP):
        pass  # torch's one-time work in a process counts for neither
    pairs: list[Pair] = []
    while len(pairs) < n_pairs:
        pairs += _recorded_run(config)
    return Comparison(config.model, config.form, tuple(pairs))


def _recorded_run(config: RunConfig) -> list[Pair]:
    with scratch() as root:
        learner = _Paced(config)
        with RunStore(root).create(config).writer() as writer:
            record(learner, writer, Control())
        return learner.pairs


class _Paced(Learner):
    """A learner that runs a step of the plain loop after each of its own."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        self.pairs: list[Pair] = []

    def events(self) -> Iterator[Event]:
        plain, hnviz_seconds, plain_seconds = plain_loop(self.config), 0.0, 0.0
        started = time.perf_counter()
        for event in super().events():
            yield event  # resumes once the event has been recorded
            if not isinstance(event, (BatchEnd, EpochEnd)):
                continue
            handed_over = time.perf_counter()
            next(plain)
            done = time.perf_counter()
            hnviz_seconds += handed_over - started
            plain_seconds += done - handed_over
            if isinstance(event, EpochEnd):
                self.pairs.append(Pair(hnviz_seconds, plain_seconds))
                hnviz_seconds = plain_seconds = 0.0
            started = time.perf_counter()
