"""What the Train page follows: the curves, with what they say, and the schedule."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hnviz.app.kit.panels import Panel, Panels
from hnviz.app.run import text as run_text
from hnviz.app.shell.server import server
from hnviz.data import NOTEBOOK
from hnviz.data.stream import SPLITS
from hnviz.figures.curves import HEIGHT, accuracy_curves, loss_curves, n_batches_of
from hnviz.figures.plan import schedule_curves
from hnviz.figures.ruler_text import HOW_TO_READ, TRUE_HERE, given_note, lines_note
from hnviz.figures.theme import Theme, theme
from hnviz.runs import RunRecord, notebook_table, one_recipe_table
from hnviz.runs.reference import spread_of
from hnviz.runs.ruler import Bound, run_bounds
from hnviz.schedule import batch_stride
from hnviz.web.state import CurrentRun

if TYPE_CHECKING:
    import pandas as pd


MOST_POINTS = 2000  # of one curve

_LINES = (
    f"{HOW_TO_READ} {TRUE_HERE} The faint line of the loss is each mini-batch's own; train is a "
    "running mean of it."
)


class Curves(Panels):
    """Loss and accuracy by step."""

    name = "curves"

    def watches(self, moment: CurrentRun) -> Any:
        """Follow the record and the status, which the headline says, but not the time left."""
        return moment.record, moment.status

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> list[Panel]:
        """Draw both charts."""
        return curves(moment, theme(params["mode"]))


class Schedule(Panels):
    """The learning rate and the momentum of every step, and where the run is."""

    name = "schedule"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend on the step, and on the epochs, of which one was best."""
        record = moment.record
        return moment.is_live, record.step, record.config, record.started, record.epochs

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> list[Panel]:
        """Draw the chart."""
        return schedule(moment, theme(params["mode"]))


@lru_cache(maxsize=64)  # the same for each of a model's runs, at each of their steps
def _recipe(model: str) -> str:
    return run_text.recipe(model, one_recipe_table(model))


def notes(run: CurrentRun) -> list[str]:
    """Return what the curves say; once the run has ended, the other runs count too."""
    record, best, model = run.record, bounds(run.record), run.record.config.model
    at_hand = server().store.summaries() if record.ended else ()
    said = (
        run_text.seeds(record, spread_of(record.config, at_hand)),
        _recipe(model),
        run_text.against_notebook(record, notebook_of(run)),
        run_text.remember(record, best),
        run_text.best_epoch(record),
        run_text.best_loss(record, best),
        run_text.spikes(record),
        _LINES,
        run_text.ruler(record, best),
        run_text.figures(record),
    )
    return [each for each in said if each]


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
            sentence=run_text.lead(run),
            notes=notes(run),
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
    said = f"{run_text.schedule(record, n_steps)} {run_text.best_epoch(record)}".strip()
    return [
        Panel(
            name="schedule",
            sketch=schedule_curves(record.config, n_steps, look, now),
            alt=said,
            sentence=said,
            of=record.id,
            title="One-cycle schedule",
            note="lr and momentum of every step",
            height=230,
            x_marks="step",
        )
    ]


def thinned(record: RunRecord) -> RunRecord:
    """Keep the mini-batches of every n-th step of a long run: a screen has fewer columns.

    n depends on the run's length alone, so that points already drawn stay.
    """
    every = batch_stride(record.started.n_steps if record.started else 0, MOST_POINTS)
    if every == 1:
        return record
    return replace(record, batches=tuple(each for each in record.batches if each.step % every == 0))


def bounds(record: RunRecord) -> Mapping[str, Sequence[Bound]]:
    """Return what few tokens of memory allow at a run's own answers, on each split."""
    return {split: run_bounds(record.config, split) for split in SPLITS}


def notebook_of(run: CurrentRun) -> "pd.DataFrame":
    """Return the notebook's table for a run's model, empty for another text or another valid."""
    config = run.record.config
    table = notebook_table(config.model)
    own = (config.corpus, config.split) == (NOTEBOOK.corpus, NOTEBOOK.split)
    return table if own else table.iloc[:0]
