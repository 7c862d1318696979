"""What runs report that train together (`hnviz.learn.lanes`): figures in numpy, no tensor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.events import EpochEnd
from hnviz.learn.learner import SMOOTHING
from hnviz.learn.tally import LaneTally

Figures = NDArray[np.float64]


@dataclass(slots=True)
class Lane:
    """What is known about one run."""

    config: RunConfig
    n_steps: int
    epochs: list[EpochEnd] = field(default_factory=list)
    diverged: int | None = None  # the step at which a loss was no number
    what: str = ""  # which loss, and what it became

    @property
    def is_over(self) -> bool:
        """Return whether nothing more is reported of it."""
        return self.diverged is not None or len(self.epochs) == self.config.epochs

    def diverge(self, step: int, what: str) -> None:
        """Note that a loss is no number, so that it will never be one again."""
        self.diverged, self.what = step, what


class Read(NamedTuple):
    """The figures of some mini-batches, named as in `BatchEnd`; each array is (R, n)."""

    first: int  # step
    loss: Figures
    smooth_loss: Figures
    accuracy: Figures


class Reports:
    """Adds up the figures of all lanes, as a learner does for its run."""

    def __init__(self, lanes: Sequence[Lane], n_batches: int, tallies: Sequence[LaneTally]) -> None:
        """`tallies`: of train and valid, or none: then no figure is by kind."""
        self.lanes, self._tallies = lanes, tallies
        self._n_batches = n_batches
        self.sums = np.zeros((2, len(lanes)))  # smooth loss, not yet debiased; epoch's accuracies
        self._seconds = 0.0  # of this epoch

    def read(self, first: int, losses: Figures, accuracies: Figures, seconds: float) -> Read:
        """Take the mini-batches from step `first` on, (R, n) each, which took so many seconds."""
        self._seconds += seconds
        smooth, right = self.sums
        smoothed = np.empty_like(losses)
        for index in range(losses.shape[1]):
            step, found = first + index, losses[:, index]
            for at in np.flatnonzero(~np.isfinite(found)).tolist():
                if not self.lanes[at].is_over:
                    self.lanes[at].diverge(step, f"the loss became {found[at]}")
            smooth = SMOOTHING * smooth + (1 - SMOOTHING) * found
            smoothed[:, index] = smooth / (1 - SMOOTHING ** (step + 1))
        self.sums = np.stack([smooth, right + accuracies.sum(1)])
        return Read(first, losses, smoothed, accuracies)

    def end_epoch(self, step: int, losses: Figures, accuracies: Figures, seconds: float) -> None:
        """Take the pass over valid, (R,) each, of the lanes that train."""
        self._seconds += seconds
        smooth, right = self.sums
        for index, lane in enumerate(self.lanes):
            if lane.is_over:
                continue
            if not isfinite(losses[index]):
                lane.diverge(step, f"the valid loss became {losses[index]}")
                continue
            train_kinds, valid_kinds = [each.figures(index) for each in self._tallies] or [{}, {}]
            lane.epochs.append(
                EpochEnd(
                    epoch=len(lane.epochs),
                    step=step,
                    train_loss=float(smooth[index] / (1 - SMOOTHING**step)),
                    valid_loss=float(losses[index]),
                    accuracy=float(accuracies[index]),
                    train_accuracy=float(right[index] / self._n_batches),
                    seconds=self._seconds,
                    train_kinds=train_kinds,
                    valid_kinds=valid_kinds,
                )
            )
        self.sums[1], self._seconds = 0.0, 0.0
