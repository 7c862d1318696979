"""A run in one line of a list."""

from dataclasses import dataclass

from hnviz.config import RunConfig
from hnviz.models.catalogue import CATALOGUE
from hnviz.runs.errors import DamagedRun
from hnviz.runs.folder import RunFolder, RunInfo
from hnviz.runs.label import NO_LABEL, read_label
from hnviz.runs.record import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run's entry in a list of runs. A damaged run has a `problem` and little else."""

    id: str
    shipped: bool
    status: str  # one of record.STATUSES, or "damaged"
    created: float = 0.0  # seconds since 1970
    config: RunConfig | None = None
    step: int = 0  # updates done
    n_steps: int | None = None  # unknown before the run starts
    epoch: int | None = None  # the last finished one, from 0; the next four fields are from it
    train_loss: float | None = None
    valid_loss: float | None = None
    accuracy: float | None = None
    train_accuracy: float | None = None  # of the last weights, where they were measured
    running_train: bool = False  # that figure is a running one: an older run, or not yet over
    message: str = ""  # how it ended
    given: str = ""  # the name that its user gave it
    pinned: bool = False  # first in lists
    problem: str = ""  # what is wrong with a damaged run
    reason: str = ""  # the same as a sentence for a list: it does not name the run
    unknown_model: bool = False  # its files are sound, but this process does not know its model

    @property
    def model(self) -> str:
        """The model's name; empty if unknown."""
        return self.config.model if self.config else _model_in(self.id)


def _model_in(run_id: str) -> str:
    return next((part for part in run_id.split("-") if part in CATALOGUE), "")


def summarize(folder: RunFolder, record: RunRecord, info: RunInfo) -> RunSummary:
    """Summarize a record in one line."""
    last = record.epochs[-1] if record.epochs else None
    label = NO_LABEL if folder.shipped else read_label(folder.path)
    return RunSummary(
        id=folder.id,
        shipped=folder.shipped,
        status=record.status,
        created=info.created,
        config=record.config,
        step=record.step,
        n_steps=record.started.n_steps if record.started else None,
        epoch=last.epoch if last else None,
        train_loss=last.train_loss if last else None,
        valid_loss=last.valid_loss if last else None,
        accuracy=last.accuracy if last else None,
        train_accuracy=record.train_accuracy,
        running_train=last is not None and record.train_pass is None,
        message=record.ended.message if record.ended else "",
        given=label.name,
        pinned=label.pinned,
    )


def damaged(folder: RunFolder, error: DamagedRun) -> RunSummary:
    """Return the entry of a run that cannot be read."""
    problem = str(error)
    said = f"{problem[:1].upper()}{problem[1:]}"
    return RunSummary(
        id=folder.id,
        shipped=folder.shipped,
        status="damaged",
        problem=problem,
        reason=said.replace(f"The run {folder.id} ", "This run ", 1),
        unknown_model=error.unknown_model,
    )
