"""What a run reports while it trains: a frozen record for each event.

Steps count updates of the weights; step 0 is before the first. A mini-batch's loss is measured
with the weights before its update.
"""

import time
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

BROWSER = "browser"
"""The device of a run that a page has trained, or a part of it: hnviz/browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run's size, known once the data is arranged. The first event of every run."""

    kind: ClassVar[str] = "started"
    n_batches: int  # steps per epoch
    n_steps: int  # total steps
    n_weights: int
    device: str  # in use: "cpu", "cuda", "mps" or BROWSER
    time: float  # seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnd:
    """The run trained on one mini-batch."""

    kind: ClassVar[str] = "batch"
    step: int  # number of the mini-batch in the run, from 0
    loss: float  # mean cross-entropy per token, nats
    smooth_loss: float  # the notebook's train_loss: debiased exponential average, factor .98
    accuracy: float  # share of right answers in this mini-batch, before the update
    lr: float
    momentum: float  # Adam's beta1


class KindFigures(NamedTuple):
    """The answers whose true token was of one kind; [n, right, loss] on disk."""

    n: int
    right: int
    loss: float  # sum of their cross-entropies, nats


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd:
    """One pass over train, then one over valid, is done."""

    kind: ClassVar[str] = "epoch"
    epoch: int  # from 0, as the notebook prints it
    step: int  # updates so far
    train_loss: float  # running: smooth_loss at the epoch's end
    valid_loss: float
    accuracy: float  # on valid, as in the notebook's column
    train_accuracy: float  # running: mean over the epoch's mini-batches, each before its update
    seconds: float  # for both passes
    # The same answers as above, by kind of the true token. Older runs have none.
    train_kinds: dict[str, KindFigures] = field(default_factory=dict)
    valid_kinds: dict[str, KindFigures] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Which epoch it is, counted from 1 as pages, reports and commands show it."""
        return self.epoch + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainPass:
    """At the end of the run, train was read once more as valid is: in eval mode, without updates.

    The hidden state starts from zeros. Older runs have no such event.
    """

    kind: ClassVar[str] = "train_pass"
    step: int  # updates done: the weights are the last
    loss: float  # mean of the mini-batches' means, nats
    accuracy: float
    kinds: dict[str, KindFigures] = field(default_factory=dict)  # as of an epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSaved:
    """The weights after `step` updates are in snapshots/<step>.safetensors."""

    kind: ClassVar[str] = "snapshot"
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A later attempt continues here: what an earlier one wrote beyond this step does not count."""

    kind: ClassVar[str] = "resumed"
    resumed_at: int  # updates kept
    time: float


ENDS = ("finished", "stopped", "diverged", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run has ended. The last event of every run that was not killed."""

    kind: ClassVar[str] = "ended"
    status: str  # one of ENDS
    step: int  # updates done
    message: str  # a sentence for the page
    time: float


def finished(n_steps: int) -> Ended:
    """End a run after its last step."""
    message = f"all {n_steps:,} steps are done" if n_steps > 1 else "the only step is done"
    return Ended(status="finished", step=n_steps, message=message, time=time.time())


def stopped(step: int, n_steps: int) -> Ended:
    """End a run that is stopped before its last step."""
    message = f"stopped after step {step:,} of {n_steps:,}"
    return Ended(status="stopped", step=step, message=message, time=time.time())


def diverged(step: int, what: str, lr: float) -> Ended:
    """End a run whose loss is not a number; `what` says which loss, and what it became."""
    message = f"diverged at step {step}: {what}; try a lower lr than {lr:g}"
    return Ended(status="diverged", step=step, message=message, time=time.time())


def failed(step: int, message: str) -> Ended:
    """End a run that an error has ended."""
    return Ended(status="failed", step=step, message=message, time=time.time())


Event = RunStarted | BatchEnd | EpochEnd | TrainPass | SnapshotSaved | Resumed | Ended
