"""A run's accuracies: one figure on train and one on valid, for all pages, files and commands.

The running figure on train, measured while the weights moved, belongs to the curve only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan

from hnviz.events import BatchEnd, EpochEnd, TrainPass


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Shares of right answers, 0 to 1; None where nothing was measured."""

    train: float | None  # of the last weights, in one more pass over train at the run's end
    valid: float | None  # at the end of the last epoch: the notebook's figure, and fastai's

    @property
    def known(self) -> dict[str, float]:
        """The figures that were measured, by split."""
        both = {"train": self.train, "valid": self.valid}
        return {split: share for split, share in both.items() if share is not None}


NONE = Accuracies(None, None)


def accuracies_of(
    batches: Sequence[BatchEnd], epochs: Sequence[EpochEnd], train_pass: TrainPass | None
) -> Accuracies:
    """Return the accuracies of a run. Once its loss is no number, its guesses are none either."""
    if lost_at(batches) is not None:
        return NONE
    train = train_pass.accuracy if train_pass else nan
    valid = epochs[-1].accuracy if epochs else nan
    return Accuracies(*(None if isnan(share) else share for share in (train, valid)))


def lost_at(batches: Sequence[BatchEnd]) -> int | None:
    """Return the step from which on no loss is a number; None while the last one is."""
    step = None
    for batch in reversed(batches):
        if isfinite(batch.loss):
            break
        step = batch.step
    return step
