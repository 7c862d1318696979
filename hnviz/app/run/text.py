"""What a page says about a run: pure functions, from a record to a sentence."""

from collections.abc import Mapping, Sequence
from math import ceil, isnan
from typing import TYPE_CHECKING

from hnviz.app.run.names import rate
from hnviz.config import RunConfig
from hnviz.data import NOTEBOOK, BatchLayout, corpus_of, stream_of
from hnviz.events import BROWSER
from hnviz.figures.changes import n_settings_changed
from hnviz.figures.ladder import recipe_step
from hnviz.figures.numbers import accuracy, points
from hnviz.figures.ruler_text import (
    flattery,
    loss_reading,
    memory,
    number,
    proof,
    reading,
    too_short,
)
from hnviz.figures.sentences import plural, scientific
from hnviz.figures.shares import shares_sentence
from hnviz.figures.split_words import valid_holds
from hnviz.models.catalogue import entry, previous, recipe_for
from hnviz.own.network import network_of
from hnviz.runs import RunRecord
from hnviz.runs.reference import Spread
from hnviz.runs.ruler import Bound, possible, random_bound
from hnviz.schedule import one_cycle, peak
from hnviz.tasks.reach import is_task
from hnviz.web.state import CurrentRun as CurrentRun

if TYPE_CHECKING:
    import pandas as pd


MOST_WRITTEN = 1e4
"""A loss from here on is written as a power of ten; an untrained one is under 4."""


def steps(record: RunRecord) -> str:
    """Say how far a run has come."""
    if record.started is None:
        return "no step yet"
    return f"step {record.step:,} of {record.started.n_steps:,}"


SURELY = 0.05
"""A smaller gap between two accuracies may be chance."""

WELL, POOR = 0.9, 0.7
"""Shares of what is possible on train. From WELL on, the network has learnt what it read; one that
ends below POOR, after all of its recipe's epochs, underfits."""

RUNNING = "(running figure)"
"""Beside the curve on train, which is measured while the weights move."""


def lead(run: CurrentRun) -> str:
    """Say in at most 20 words what a run shows so far. It names no step: the run bar does."""
    record, model = run.record, run.record.config.called
    if run.status == "diverged":
        return (
            f"{model} **diverged**: its loss is no longer a number, and training stopped. Try a "
            f"lower lr than {rate(record.config.lr)}."
        )
    if record.lost_at is not None:
        return (
            f"The loss of {model} is **no number** from step {record.lost_at:,} on, so its guesses "
            "mean nothing: it has no accuracy."
        )
    if record.epochs:
        return _takeaway(run)
    if not record.batches:
        begun = run.status == "running"
        said = "begins to train" if begun else "has not learnt anything yet"
        return f"{model} {said}: its curves start with the first step."
    loss = _figure(record.batches[-1].smooth_loss)
    if not run.is_live:
        return (
            f"{model} ended before its first epoch was over, with a train loss of **{loss}**: its "
            "accuracy was never measured."
        )
    return (
        f"{model} has a train loss of **{loss}**; valid loss and accuracy come at the end of each "
        "epoch."
    )


def _takeaway(run: CurrentRun) -> str:
    """Compare the last accuracies on train and on valid; judge only a run that has finished."""
    record, reached = run.record, run.record.accuracies.train
    if run.status != "finished" or reached is None:
        return _so_far(record)
    config, train, valid = record.config, accuracy(reached), accuracy(record.accuracies.valid)
    best = 1.0 if is_task(config.corpus) else possible(config, "train")
    if reached < POOR * best and _had_its_epochs(record) and not is_task(config.corpus):
        said = f"{config.called} **underfits**: it gets only **{train}** right on train, "
        if best < 1:
            return f"{said}where {_window(config)} **{accuracy(best)}**."
        return f"{said}and **{valid}** on valid."
    if reached >= WELL:
        return f"Train reaches **{train}**, valid {_ending(record, valid)}"
    if reached >= WELL * best:
        return (
            f"{_window(config).capitalize()} **{accuracy(best)}** on train, "
            f"**{accuracy(possible(config, 'valid'))}** on valid; {config.called} gets **{train}** "
            f"and **{valid}**."
        )
    return _so_far(record)


def _so_far(record: RunRecord) -> str:
    """Say the accuracies without a judgement."""
    config, done = record.config, len(record.epochs)
    planned = plural(config.epochs, "epoch")
    so_far = planned if done == config.epochs else f"{done} of {planned}"
    said = f"After {so_far}, {config.called}"
    known = record.accuracies.known.items()
    if shares := [f"**{accuracy(share)}** right on {split}" for split, share in known]:
        return f"{said} gets {' and '.join(shares)}."
    split, loss = "valid", record.epochs[-1].valid_loss
    if isnan(loss):  # a loop outside hnviz need not measure it
        split, loss = "train", record.batches[-1].smooth_loss
    return f"{said} has a {split} loss of **{_figure(loss)}**; no accuracy on valid was measured."


def _window(config: RunConfig) -> str:
    """Name what a model knows if each window starts from zeros, and "give" or "gives"."""
    if entry(config.model).predicts == "last":
        tokens = "token gives" if config.bptt == 1 else "tokens give"
        return f"{number(config.bptt)} {tokens}"
    return f"{config.bptt:,}-token windows cut anywhere give"


def _had_its_epochs(record: RunRecord) -> bool:
    """Return whether a run had as many epochs as its model's recipe gives."""
    return len(record.epochs) >= recipe_for(record.config.model).epochs


def _ending(record: RunRecord, valid: str) -> str:
    """Say what the distance of valid to train means, by what valid holds."""
    blocks = record.config.split == "blocks"
    figures = record.accuracies.known
    close = figures["train"] - figures.get("valid", 0.0) < SURELY
    if not corpus_of(record.config).spell:
        return f"**{valid}**: it does {'as well' if close else 'worse'} on text it never read."
    if close:
        if blocks:
            return f"**{valid}**: it **generalises** to the numbers held out of its range."
        return f"**{valid}**: it does as well beyond 8,000, so it **extrapolates**."
    if blocks:
        return f"stops at **{valid}**: it does not **generalise** to the numbers held out."
    return (
        f"stops at **{valid}**: valid holds only numbers above 8,000, so it must **extrapolate**."
    )


def figures(record: RunRecord) -> str:
    """Say the run's last losses and accuracies."""
    if not record.epochs:
        return "Losses and accuracies are measured at the end of each epoch."
    last = record.epochs[-1]
    reached = record.accuracies
    said = (
        f"After {len(record.epochs)} of {plural(record.config.epochs, 'epoch')}, "
        f"{record.config.called} has a valid loss of **{_figure(last.valid_loss)}** and a valid "
        f"accuracy of **{accuracy(reached.valid)}**"
    )
    if reached.train is not None:
        said += f"; with its last weights, **{accuracy(reached.train)}** of train is right"
    counted = "" if record.recorded else counted_twice(record.config)
    return f"{said}. {counted}".strip()


def counted_twice(config: RunConfig) -> str:
    """Say how many answers the accuracy on valid counts, where some tokens count more than once."""
    layout = BatchLayout(len(stream_of(config).valid), config.bs, config.bptt)
    if entry(config.model).predicts == "last" or not layout.n_repeated:
        return ""
    return (
        f"Valid has {layout.n_tokens:,} tokens, but {config.called} gives {layout.n_slots:,} "
        f"answers: equal rows read {layout.n_repeated:,} again."
    )


def where(device: str) -> str:
    """Say what a run trained on."""
    return "in a browser" if device == BROWSER else f"on {device}"


def progress(run: CurrentRun) -> str:
    """Say how far the run has come, how much time is left, and whether a browser trained it."""
    said, mark = _progress(run), run.record.browser
    if not mark:
        return said
    return f"{said} It was {mark}." if said.endswith(".") else f"{said}; {mark}"


def _progress(run: CurrentRun) -> str:
    record = run.record
    match run.status:
        case "queued":
            return _waiting(run)
        case "running":
            return f"{steps(record)}, {_epoch(record)}{_time_left(run)}"
        case "paused":
            word = "paused" if run.at_rest else "pausing"
            return f"{word} after {steps(record)}, {_epoch(record)}"
        case "interrupted":
            return (
                f"interrupted after {steps(record)}: the process that trained it is gone. "
                "Resume continues from its last checkpoint."
            )
    if run.shipped:
        return f"pre-trained, {steps(record)}"
    ended = record.ended
    return f"{run.status} after {steps(record)}" if ended is None else ended.message


def against_notebook(record: RunRecord, notebook: "pd.DataFrame") -> str:
    """Compare a run's last figures with the notebook's."""
    if record.config.corpus != NOTEBOOK.corpus:
        return f"This run reads another text than the notebook: {corpus_of(record.config).title}."
    if notebook.empty:
        such = "such " if network_of(record.config.model) else ""
        said = f"The notebook has no {such}{record.config.called}"
    else:
        theirs = notebook.iloc[-1]
        said = (
            f"The notebook's {record.config.called} ends, after {plural(len(notebook), 'epoch')}, "
            f"with a valid loss of {theirs['valid_loss']:.3f} and an accuracy of "
            f"{accuracy(theirs['accuracy'])}"
        )
    epochs, part = record.config.epochs, ""
    if epochs < len(notebook):
        reached = accuracy(notebook.iloc[epochs - 1]["accuracy"])
        part = f" Its dotted line stops at epoch {epochs}, at an accuracy of {reached}."
    if not record.epochs:
        course = "" if part or notebook.empty else " The dotted line shows its course."
        return f"{said}.{part}{course}"
    ours, other = record.epochs[-1], ""
    if record.config.split != "notebook":
        other = (
            f" They are measured on different numbers: the notebook's valid holds "
            f"{valid_holds(NOTEBOOK)}, this run's holds {valid_holds(record.config)}."
        )
    return (
        f"{said}; this run is at **{ours.valid_loss:.3f}** and "
        f"**{accuracy(record.accuracies.valid)}** after "
        f"{len(record.epochs)} of {plural(epochs, 'epoch')}.{part}{other}"
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
            f"Accuracy after one epoch: on train {accuracy(last.train_accuracy)} {RUNNING}, on "
            f"valid {accuracy(last.accuracy)}."
        )
    return (
        f"Accuracy by step, {len(record.epochs)} epochs: on train {RUNNING} from "
        f"{accuracy(first.train_accuracy)} to {accuracy(last.train_accuracy)}, on valid from "
        f"{accuracy(first.accuracy)} to {accuracy(last.accuracy)}."
    )


def _figure(value: float, digits: int = 3) -> str:
    """Write a loss, a diverging one as a power of ten: its digits would fill the line."""
    return f"{value:.{digits}f}" if abs(value) < MOST_WRITTEN else f"{value:.1e}"


def ruler(record: RunRecord, bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Compare the run's last accuracies with the bounds of their splits."""
    if not record.epochs:
        return LINES
    return reading(record.accuracies.known, bounds)


LINES = (
    "The thin lines need no training: each shows what a table of the last few tokens gets right."
)


def best_epoch(record: RunRecord) -> str:
    """Say after which epoch valid was read best, with its loss there."""
    if not record.epochs:
        return ""
    best = max(record.epochs, key=lambda epoch: epoch.accuracy)
    return (
        f"Accuracy on valid was highest after epoch {best.number} of {record.config.epochs}, "
        f"at step {best.step:,}: **{accuracy(best.accuracy)}**, with a valid loss of "
        f"**{_figure(best.valid_loss)}**."
    )


def best_loss(record: RunRecord, bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Compare the last losses, of passes in eval mode, with the least that few tokens allow."""
    losses = {"train": record.train_pass.loss} if record.train_pass else {}
    if record.epochs:
        losses["valid"] = record.epochs[-1].valid_loss
    said = loss_reading(losses, bounds), too_short("valid", bounds["valid"])
    return " ".join(filter(None, said))


def schedule(record: RunRecord, n_steps: int) -> str:
    """Describe the one-cycle schedule of a run with `n_steps`: its start, peak and end."""
    config = record.config
    n_steps = max(n_steps, 1)
    top = peak(n_steps, config.pct_start)
    lr, _ = one_cycle(n_steps, config.lr, config.pct_start, [0, top, n_steps - 1])
    first, highest, last = (scientific(value) for value in lr.tolist())
    return (
        f"lr rises along half a cosine from **{first}** to **{highest}** at step {top:,} and falls "
        f"along another to **{last}**; momentum mirrors it: 0.95, 0.85 and 0.95 again."
    )


def remember(record: RunRecord, bounds: Mapping[str, Sequence[Bound]]) -> str:
    """Say what the last accuracies prove about the network's memory."""
    if not record.epochs:
        return LINES
    said = memory(record.accuracies.known, bounds)
    proved = proof(record.accuracies.known, bounds)
    if proved is None:
        return said
    split, bound = proved
    return f"{said} {flattery(bound, random_bound(record.config, split, bound.k))}"


def seeds(record: RunRecord, spread: Spread | None) -> str:
    """Say how far apart runs are that differ only in the seed."""
    known = spread and spread.figures.get("accuracy")
    if not spread or not known:
        return (
            "How much **another seed** changes is not known for these settings: train them again "
            "with another seed, under More settings."
        )
    low, high = known
    said = (
        f"**Another seed** is another result: equal runs get from {accuracy(low)} to "
        f"{accuracy(high)} of valid right, **{points(high, low)}** apart, {spread.source}."
    )
    if not record.epochs or len(record.epochs) < record.config.epochs:
        return said
    reached = record.accuracies.valid
    none = spread.none_is(reached)
    return f"{said} This run gets {accuracy(reached)}{f': none of them is {none}' if none else ''}."


def recipe(model: str, table: "pd.DataFrame") -> str:
    """Say whether a step from the model before is the network's or the recipe's.

    `table` as `hnviz.runs.one_recipe_table` has it; empty where nobody has trained both with both.
    """
    before = previous(model)
    if before is None:
        return ""
    if not table.empty:
        return shares_sentence(table)
    asked = "**Network or recipe?**"
    if not n_settings_changed(model):
        return (
            f"{asked} {model} has the recipe of {before}, so a difference between the two is "
            "the network's or the seed's."
        )
    return (
        f"{asked} From {before} to {model} the recipe changes too: {recipe_step(model)}. So either "
        "of them may cause a difference."
    )


SPIKE = 1.5
"""A loss so many times that of the mini-batch before it shows as a spike."""


def spikes(record: RunRecord) -> str:
    """Explain the spikes of the loss, for a run that has any: each is an epoch's first step."""
    config, batches = record.config, record.batches
    if not entry(config.model).stateful or config.reset_state in ("train", "both"):
        return ""
    firsts = [epoch.step for epoch in record.epochs if 0 < epoch.step < len(batches)]
    if batches and batches[-1].step != len(batches) - 1:
        return ""  # a long run, of which not every step is kept
    found = [at for at in firsts if batches[at].loss > SPIKE * batches[at - 1].loss]
    if not found:
        return ""
    top = max(found, key=lambda at: batches[at].loss)
    return (
        "The faint spikes are the first mini-batch of an epoch: its state still comes from the end "
        f"of valid. At step {top:,} the loss jumps from "
        f"{_figure(batches[top - 1].loss, 2)} to **{_figure(batches[top].loss, 2)}**."
    )


def _epoch(record: RunRecord) -> str:
    epochs = record.config.epochs
    return f"epoch {min(len(record.epochs) + 1, epochs)} of {epochs}"


def _time_left(run: CurrentRun) -> str:
    left = run.seconds_left
    return "" if left is None else f", about {_duration(left)} left"


def _waiting(run: CurrentRun) -> str:
    place = f"place {run.place} in the queue" if run.place else "about to start"
    if not run.wait_seconds:
        return f"waiting: {place}"
    return f"waiting: {place}, about {_duration(run.wait_seconds)}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, ceil(seconds))} s"
    return f"{ceil(seconds / 60)} min"
