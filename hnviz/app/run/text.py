"""What a page says of a run: pure functions, from a record to a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import pandas as pd

from hnviz.catalogue import entry
from hnviz.figures.ruler_text import reading
from hnviz.figures.sentences import plural
from hnviz.runs import RunRecord
from hnviz.runs.ruler import Bound

MOST_WRITTEN = 1e4
"""A loss from here on is written as a power of ten; an untrained one is under 4."""

BEGUN = frozenset({"queued", "running", "paused"})
"""The statuses of a run that has not ended."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run at one moment: its record, and what the engine knows beyond it."""

    record: RunRecord
    status: str  # a record's status, or "paused"
    shipped: bool = False
    place: int = 0  # in the queue, from 1
    wait_seconds: float | None = None  # until it begins
    seconds_left: float | None = None  # of training
    speed: float | None = None  # the most steps a second that were asked for
    at_rest: bool = False  # paused, and no step is under way

    @property
    def is_live(self) -> bool:
        """Tell whether its pictures can still grow."""
        return self.status in BEGUN


def name(record: RunRecord) -> str:
    """Name a run by what tells it from its neighbours."""
    return f"{record.config.model}, seed {record.config.seed}"


def steps(record: RunRecord) -> str:
    """Say how far a run is."""
    if record.started is None:
        return "no step yet"
    return f"step {record.step:,} of {record.started.n_steps:,}"


def lead(standing: Standing) -> str:
    """Say the run's figures so far."""
    record = standing.record
    model = record.config.model
    if not record.epochs:
        if not record.batches:
            begun = standing.status == "running"
            said = "begins to train" if begun else "has not learnt anything yet"
            return f"{model} {said}: its curves start with the first step."
        loss = _figure(record.batches[-1].smooth_loss)
        if not standing.is_live:
            return (
                f"{model} ended after {steps(record)}, before its first epoch's end, with a train "
                f"loss of **{loss}**: its accuracy was never measured."
            )
        return (
            f"After {steps(record)}, {model} has a train loss of **{loss}**; valid loss and "
            "accuracy come at the end of each epoch."
        )
    last = record.epochs[-1]
    return (
        f"After step {last.step:,} of {_n_steps(record):,}, {model} has a valid loss of "
        f"**{_figure(last.valid_loss)}** and a valid accuracy of **{last.accuracy:.3f}**; on the "
        f"numbers it trains on, **{last.train_accuracy:.3f}**."
    )


def progress(standing: Standing) -> str:
    """Say where the run stands, and how long it will take."""
    record = standing.record
    match standing.status:
        case "queued":
            return _waiting(standing)
        case "running":
            return f"{steps(record)}, {_epoch(record)}{_time_left(standing)}"
        case "paused":
            word = "paused" if standing.at_rest else "pausing"
            return f"{word} after {steps(record)}, {_epoch(record)}"
        case "interrupted":
            return (
                f"interrupted after {steps(record)}: the process that trained it is gone. "
                "Resume goes on from its last checkpoint."
            )
    if standing.shipped:
        return f"shipped with hnviz, trained to {steps(record)}"
    ended = record.ended
    return f"{standing.status} after {steps(record)}" if ended is None else ended.message


def against_notebook(record: RunRecord, notebook: pd.DataFrame) -> str:
    """Set a run's last figures beside the notebook's."""
    if notebook.empty:
        said = f"The notebook has no {record.config.model}"
    else:
        theirs = notebook.iloc[-1]
        said = (
            f"The notebook's {record.config.model} ends, after {plural(len(notebook), 'epoch')}, "
            f"with a valid loss of {theirs['valid_loss']:.3f} and an accuracy of "
            f"{theirs['accuracy']:.3f}"
        )
    if not record.epochs:
        return f"{said}." if notebook.empty else f"{said}. The dotted line is its way there."
    ours = record.epochs[-1]
    return (
        f"{said}; this run stands at **{ours.valid_loss:.3f}** and **{ours.accuracy:.3f}** after "
        f"{len(record.epochs)} of {plural(record.config.epochs, 'epoch')}."
    )


def loss_alt(record: RunRecord) -> str:
    """Describe the loss chart."""
    if not record.batches:
        return "Loss by step: empty, no step has been made yet."
    said = (
        f"Loss by step: the train loss goes from {_figure(record.batches[0].smooth_loss, 2)} to "
        f"{_figure(record.batches[-1].smooth_loss, 2)} in {plural(len(record.batches), 'step')}"
    )
    losses = [_figure(epoch.valid_loss, 2) for epoch in record.epochs]
    if len(losses) == 1:
        said += f", the valid loss to {losses[0]}"
    elif losses:
        said += f", the valid loss from {losses[0]} to {losses[-1]}"
    return f"{said}."


def accuracy_alt(record: RunRecord, bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Describe the accuracy chart, its thin lines too."""
    said = accuracies(record)
    return f"{said} {ruler(record, bounds)}" if record.epochs else said


def accuracies(record: RunRecord) -> str:
    """Describe the two curves of the accuracy chart."""
    if not record.epochs:
        return "Accuracy by step: empty until the first epoch ends."
    first, last = record.epochs[0], record.epochs[-1]
    if first is last:
        return (
            f"Accuracy after one epoch: on train {last.train_accuracy:.3f}, on valid "
            f"{last.accuracy:.3f}."
        )
    return (
        f"Accuracy by step, {len(record.epochs)} epochs: on train from "
        f"{first.train_accuracy:.3f} to {last.train_accuracy:.3f}, on valid from "
        f"{first.accuracy:.3f} to {last.accuracy:.3f}."
    )


def _figure(value: float, digits: int = 3) -> str:
    """Write a loss; one that diverges would fill the line with digits."""
    return f"{value:.{digits}f}" if abs(value) < MOST_WRITTEN else f"{value:.1e}"


def ruler(record: RunRecord, bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Hold the run's last accuracies to the bounds of their splits."""
    if not record.epochs:
        return "The thin lines stand before any training: the best that so many tokens allow."
    last = record.epochs[-1]
    return reading({"train": last.train_accuracy, "valid": last.accuracy}, bounds)


def schedule(record: RunRecord) -> str:
    """Describe the one-cycle schedule."""
    config = record.config
    n_steps = _n_steps(record)
    top = int(n_steps * config.pct_start)
    return (
        f"lr rises to **{config.lr:g}** by step {top:,}, then falls to almost zero; momentum "
        "mirrors it, .95 to .85 and back."
    )


def jumps(record: RunRecord) -> str:
    """Say what the faint line of single mini-batches shows."""
    text = "Faint: the loss of each mini-batch."
    if entry(record.config.model).stateful and record.config.reset_state == "never":
        text += " It can jump where an epoch starts, with a state left by valid."
    return text


def _n_steps(record: RunRecord) -> int:
    return record.started.n_steps if record.started else 0


def _epoch(record: RunRecord) -> str:
    epochs = record.config.epochs
    return f"epoch {min(len(record.epochs) + 1, epochs)} of {epochs}"


def _time_left(standing: Standing) -> str:
    left = standing.seconds_left
    return "" if left is None else f", about {_duration(left)} left"


def _waiting(standing: Standing) -> str:
    place = f"place {standing.place} in the queue" if standing.place else "about to start"
    if not standing.wait_seconds:
        return f"waiting: {place}"
    return f"waiting: {place}, about {_duration(standing.wait_seconds)}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, ceil(seconds))} s"
    return f"{ceil(seconds / 60)} min"
