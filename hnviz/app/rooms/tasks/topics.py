"""What the Tasks page follows: a run's accuracy and its result, and all runs on tasks."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.kit.panels import Panel, Panels
from hnviz.app.run.list.rows import MARKS
from hnviz.config import RunConfig
from hnviz.engine.client import live_status
from hnviz.figures.sentences import as_sentence, plural
from hnviz.figures.task_curves import HEIGHT, run_curve
from hnviz.figures.task_text import expected, verdict
from hnviz.figures.theme import theme
from hnviz.runs import RunRecord, RunSummary
from hnviz.tasks.machine import TaskError
from hnviz.tasks.reach import Outlook, after, before, is_task, loss_line
from hnviz.tasks.sentences import figure
from hnviz.tasks.task import task_stream
from hnviz.web.live import Listing
from hnviz.web.state import CurrentRun
from hnviz.web.topics import Fields

NO_TASK = "This run reads a text that is no task, so its best possible accuracy is not known."


class TaskCurve(Panels):
    """Accuracy on valid by step, and the most that is possible for the model."""

    name = "task_accuracy"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend on the epochs and on whether the run goes on."""
        return _watched(moment)

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> list[Panel]:
        """Draw the chart."""
        record = moment.record
        return [
            Panel(
                name="task_accuracy",
                sketch=run_curve(record, outlook_of(record.config), theme(params["mode"])),
                alt=said(moment),
                of=record.id,
                title=f"{record.config.model} on valid",
                note="at the end of each epoch; thin lines: the most that is possible",
                height=HEIGHT,
                x_marks="step",
                attempt=record.kept,
            )
        ]


class TaskResult(Fields):
    """One sentence: what is possible, and at the end whether it was reached."""

    name = "task_result"

    def watches(self, moment: CurrentRun) -> Any:
        """Depend on the epochs and on whether the run goes on."""
        return _watched(moment)

    def draw(self, moment: CurrentRun, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the sentence."""
        return {"sentence": said(moment)}


class TaskRuns(Fields):
    """The runs on tasks. News: {"rows": [...]}, all of them if one has changed."""

    name = "task_runs"
    of_run = False

    def watches(self, moment: Listing) -> Any:
        """Depend on the runs."""
        return moment

    def draw(self, moment: Listing, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a row for each run, the newest first."""
        return {"rows": [_row(line, moment) for line in moment.lines if _reads_task(line)]}


def outlook_of(config: RunConfig) -> Outlook | None:
    """Return what a run could reach before it was trained; None if that is not known."""
    try:
        return before(config) if is_task(config.corpus) else None
    except TaskError:  # a machine too large for exact figures
        return None


def said(moment: CurrentRun) -> str:
    """Say what a run can reach, how far it is, or at its end whether it did."""
    record: RunRecord = moment.record
    config = record.config
    if not is_task(config.corpus):
        return NO_TASK
    try:
        if not record.epochs:
            return f"Before training: {expected(before(config))}"
        accuracy, loss = record.epochs[-1].accuracy, loss_line(config, record.epochs[-1].valid_loss)
        if moment.is_live:
            done = f"{len(record.epochs)} of {plural(config.epochs, 'epoch')}"
            return (
                f"After {done}, {config.model} is right **{figure(accuracy)}** of the time; "
                f"**{figure(before(config).ceiling)}** is possible. {loss}"
            )
        return f"{after(config, accuracy).sentence} {loss}"
    except TaskError as error:
        return as_sentence(str(error))


def _watched(moment: CurrentRun) -> Any:
    record = moment.record
    return record.config, record.started, record.epochs, moment.status


def _reads_task(line: RunSummary) -> bool:
    return line.config is not None and is_task(line.config.corpus)


def _row(line: RunSummary, moment: Listing) -> dict[str, Any]:
    config: Any = line.config
    known = outlook_of(config)
    status = live_status(line.status, moment.jobs.get(line.id))
    ended = status not in ("running", "paused", "queued")
    result = ""
    if known is not None and ended and line.accuracy is not None:
        result = verdict(after(config, line.accuracy))
    return {
        "run": line.id,
        "name": line.given or f"{config.model}, bptt {config.bptt}",
        "task": task_stream(config.corpus).title,
        "state": MARKS.get(status, status),
        "accuracy": line.accuracy,
        "possible": known.ceiling if known is not None else None,
        "result": result,
    }
