"""What the Train page follows: the curves and what they say, the schedule, and the epochs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hnviz.app.kit.panels import Panel, Panels
from hnviz.app.run import text as run_text
from hnviz.data import NOTEBOOK
from hnviz.data.stream import SPLITS
from hnviz.figures.curves import (
    HEIGHT,
    accuracy_curves,
    loss_curves,
    n_batches_of,
)
from hnviz.figures.plan import schedule_curves
from hnviz.figures.ruler_text import given_note, lines_note
from hnviz.figures.theme import Theme, theme
from hnviz.runs import RunRecord, notebook_table
from hnviz.runs.ruler import Bound, run_bounds
from hnviz.schedule import batch_stride
from hnviz.web.state import CurrentRun
from hnviz.web.topics import Fields, Topic, short_hash

if TYPE_CHECKING:
    import pandas as pd


MOST_POINTS = 2000  # of one curve


class Curves(Panels):
    """Loss and accuracy by step."""

    name = "curves"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend only on the record, not on the time left."""
        return moment.record

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> list[Panel]:
        """Draw both charts."""
        return curves(moment, theme(params["mode"]))


class Schedule(Panels):
    """The learning rate and the momentum of every step, and where the run is."""

    name = "schedule"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend on the step."""
        return moment.is_live, moment.record.step, moment.record.config, moment.record.started

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> list[Panel]:
        """Draw the chart."""
        return schedule(moment, theme(params["mode"]))


class Notes(Fields):
    """The sentences about the curves."""

    name = "notes"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend on the record alone."""
        return moment.record

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the sentences."""
        record = moment.record
        return {
            "figures": run_text.figures(record),
            "schedule": run_text.schedule(record, n_batches_of(record) * record.config.epochs),
            "ruler": run_text.ruler(record, bounds(record)),
            "loss": run_text.loss_alt(record),
            "accuracies": run_text.accuracies(record),
            "spikes": run_text.spikes(record),
            "best_loss": run_text.best_loss(record, bounds(record)),
            "memory": run_text.remember(record, bounds(record)),
        }


class Epochs(Topic):
    """The table of epochs, beside the notebook's.

    News: {"from": n, "rows": the rows from the n-th on, "against_notebook": a sentence}. A long run
    has a thousand rows, and each epoch of it adds one.
    """

    name = "epochs"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend on the epochs alone."""
        return moment.record.epochs, moment.record.config, moment.record.kept

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the rows, and a sentence about them."""
        record, notebook = moment.record, notebook_of(moment)
        return {
            "rows": epoch_rows(record, notebook),
            "against_notebook": run_text.against_notebook(record, notebook),
        }

    def news(self, state: Mapping[str, Any], have: Any) -> tuple[Mapping[str, Any] | None, Any]:
        """Return the rows that a follower lacks, if those that it has still hold."""
        rows, said = state["rows"], state["against_notebook"]
        known = have if isinstance(have, dict) else {}
        has = {"n": len(rows), "rows": short_hash(rows), "said": short_hash(said)}
        if known == has:
            return None, has
        n = known.get("n")
        n = n if isinstance(n, int) and 0 <= n <= len(rows) else 0
        first = n if known.get("rows") == short_hash(rows[:n]) else 0
        return {"from": first, "rows": rows[first:], "against_notebook": said}, has


def curves(run: CurrentRun, look: Theme) -> list[Panel]:
    """Draw a run's loss and accuracy."""
    record, notebook, best = thinned(run.record), notebook_of(run), bounds(run.record)
    return [
        Panel(
            name="loss",
            sketch=loss_curves(record, look, notebook, best["valid"]),
            alt=run_text.loss_alt(record),
            of=record.id,
            title="Loss",
            note=f"nats; {lines_note(best['valid'])}",
            height=HEIGHT,
            x_marks="step",
            attempt=record.kept,
        ),
        Panel(
            name="accuracy",
            sketch=accuracy_curves(record, look, notebook, best),
            alt=run_text.accuracy_alt(record, best),
            of=record.id,
            title="Accuracy",
            note=given_note(best["valid"]),
            height=HEIGHT,
            x_marks="step",
            attempt=record.kept,
        ),
    ]


def schedule(run: CurrentRun, look: Theme) -> list[Panel]:
    """Draw a run's schedule; a run that goes on has a mark at its step."""
    record = run.record
    n_steps = n_batches_of(record) * record.config.epochs  # planned, also while it is queued
    now = record.step if run.is_live else None
    return [
        Panel(
            name="schedule",
            sketch=schedule_curves(record.config, n_steps, look, now),
            alt=run_text.schedule(record, n_steps),
            of=record.id,
            title="One-cycle schedule",
            note="lr and momentum of every step",
            height=230,
            x_marks="step",
        )
    ]


def epoch_rows(record: RunRecord, notebook: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return each epoch's figures, and the notebook's of the same epoch or None."""
    theirs = notebook.set_index("epoch")[["valid_loss", "accuracy"]].to_dict("index")
    rows = []
    for epoch in record.epochs:
        known = theirs.get(epoch.epoch, {})
        rows.append(
            {
                "epoch": epoch.number,
                "train_loss": epoch.train_loss,
                "valid_loss": epoch.valid_loss,
                "notebook_valid_loss": known.get("valid_loss"),
                "accuracy": epoch.accuracy,
                "notebook_accuracy": known.get("accuracy"),
                "train_accuracy": epoch.train_accuracy,
                "seconds": epoch.seconds,
            }
        )
    return rows


def thinned(record: RunRecord) -> RunRecord:
    """Keep the mini-batches of every n-th step of a long run: a screen has fewer columns.

    n depends on the run's length alone, so that points already drawn stay.
    """
    every = batch_stride(record.started.n_steps if record.started else 0, MOST_POINTS)
    if every == 1:
        return record
    kept = tuple(batch for batch in record.batches if batch.step % every == 0)
    return replace(record, batches=kept)


def bounds(record: RunRecord) -> Mapping[str, Sequence[Bound]]:
    """Return what few tokens of memory allow at a run's own answers, on each split."""
    return {split: run_bounds(record.config, split) for split in SPLITS}


def notebook_of(run: CurrentRun) -> "pd.DataFrame":
    """Return the notebook's table for a run's model, empty for a run on another text."""
    config = run.record.config
    table = notebook_table(config.model)
    return table if config.corpus == NOTEBOOK.corpus else table.iloc[:0]
