"""What a page says about a run: pure functions, from a record to a sentence."""

from collections.abc import Mapping, Sequence
from math import ceil

import pandas as pd

from hnviz.catalogue import entry
from hnviz.data import NOTEBOOK
from hnviz.figures.ruler_text import reading
from hnviz.figures.sentences import plural, scientific
from hnviz.figures.split_words import split_words, valid_holds
from hnviz.runs import RunRecord
from hnviz.runs.ruler import Bound
from hnviz.schedule import one_cycle
from hnviz.web.standing import Standing as Standing

MOST_WRITTEN = 1e4
"""A loss from here on is written as a power of ten; an untrained one is under 4."""


def name(record: RunRecord) -> str:
    """Name a run by what sets it apart from others."""
    note = split_words(record.config).note
    return f"{record.config.model}, seed {record.config.seed}{f', {note}' if note else ''}"


def steps(record: RunRecord) -> str:
    """Say how far a run has come."""
    if record.started is None:
        return "no step yet"
    return f"step {record.step:,} of {record.started.n_steps:,}"


SURELY = 0.05
"""A smaller gap between two accuracies may be chance."""

WELL = 0.9
"""From this accuracy on train, the network has learnt what it read."""

HELD_OUT = {
    "notebook": "valid holds only numbers above 8,000, so it must **extrapolate**",
    "blocks": "its blocks of numbers lie between those it read, so it **generalises**",
}
"""What the gap between train and valid means, by a config's split."""


def lead(standing: Standing) -> str:
    """Say in at most 20 words what a run shows so far. It names no step: the run bar does."""
    record = standing.record
    if record.epochs:
        return _takeaway(record)
    model = record.config.model
    if not record.batches:
        begun = standing.status == "running"
        said = "begins to train" if begun else "has not learnt anything yet"
        return f"{model} {said}: its curves start with the first step."
    loss = _figure(record.batches[-1].smooth_loss)
    if not standing.is_live:
        return (
            f"{model} ended before its first epoch was over, with a train loss of **{loss}**: its "
            "accuracy was never measured."
        )
    return (
        f"{model} has a train loss of **{loss}**; valid loss and accuracy come at the end of each "
        "epoch."
    )


def _takeaway(record: RunRecord) -> str:
    """Compare the last accuracies on train and on valid."""
    model, last = record.config.model, record.epochs[-1]
    train, valid = last.train_accuracy, last.accuracy
    split = record.config.split
    if train < WELL:
        word = "underfits so far" if len(record.epochs) < record.config.epochs else "underfits"
        return (
            f"{model} {word}: it is right **{train:.3f}** of the time on train, and "
            f"**{valid:.3f}** on valid."
        )
    if split == "blocks" or train - valid < SURELY:
        ending = HELD_OUT["blocks"] if split == "blocks" else "it does as well on unseen numbers"
        return f"Train reaches **{train:.3f}**, valid **{valid:.3f}**: {ending}."
    return f"Train reaches **{train:.3f}**, valid stops at **{valid:.3f}**: {HELD_OUT[split]}."


def figures(record: RunRecord) -> str:
    """Say the run's last losses and accuracies."""
    if not record.epochs:
        return "Losses and accuracies are measured at the end of each epoch."
    last = record.epochs[-1]
    return (
        f"After {len(record.epochs)} of {plural(record.config.epochs, 'epoch')}, "
        f"{record.config.model} has a valid loss of **{_figure(last.valid_loss)}** and a valid "
        f"accuracy of **{last.accuracy:.3f}**; on the numbers it trains on, "
        f"**{last.train_accuracy:.3f}**."
    )


def progress(standing: Standing) -> str:
    """Say how far the run has come, and how much time is left."""
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
                "Resume continues from its last checkpoint."
            )
    if standing.shipped:
        return f"pre-trained, {steps(record)}"
    ended = record.ended
    return f"{standing.status} after {steps(record)}" if ended is None else ended.message


def against_notebook(record: RunRecord, notebook: pd.DataFrame) -> str:
    """Compare a run's last figures with the notebook's."""
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
        return f"{said}." if notebook.empty else f"{said}. The dotted line shows its course."
    ours, other = record.epochs[-1], ""
    if record.config.split != "notebook":
        other = (
            f" They are measured on different numbers: the notebook's valid holds "
            f"{valid_holds(NOTEBOOK)}, this run's holds {valid_holds(record.config)}."
        )
    return (
        f"{said}; this run is at **{ours.valid_loss:.3f}** and **{ours.accuracy:.3f}** after "
        f"{len(record.epochs)} of {plural(record.config.epochs, 'epoch')}.{other}"
    )


def loss_alt(record: RunRecord) -> str:
    """Describe the loss chart."""
    if not record.batches:
        return "Loss by step: empty until the first step ends."
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
    """Describe the accuracy chart, with its thin lines."""
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
    """Write a loss, a diverging one as a power of ten: its digits would fill the line."""
    return f"{value:.{digits}f}" if abs(value) < MOST_WRITTEN else f"{value:.1e}"


def ruler(record: RunRecord, bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Compare the run's last accuracies with the bounds of their splits."""
    if not record.epochs:
        return "The thin lines need no training: each is the best that so many tokens allow."
    last = record.epochs[-1]
    return reading({"train": last.train_accuracy, "valid": last.accuracy}, bounds)


def schedule(record: RunRecord, n_steps: int) -> str:
    """Describe the one-cycle schedule of a run with `n_steps`: its start, peak and end."""
    config = record.config
    plan = one_cycle(max(n_steps, 1), config.lr, config.pct_start)
    top = int(plan.lr.argmax())
    first, highest, last = (scientific(float(plan.lr[step])) for step in (0, top, -1))
    return (
        f"lr starts at **{first}**, rises to **{highest}** at step {top:,} and ends at **{last}**; "
        "momentum mirrors it: .95, .85 and .95 again."
    )


def jumps(record: RunRecord) -> str:
    """Say what the faint line shows."""
    text = "The faint line is the loss of each mini-batch."
    if entry(record.config.model).stateful and record.config.reset_state == "never":
        text += " It can jump where an epoch starts, because the state still comes from valid."
    return text


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
