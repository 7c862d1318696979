"""A run as its events describe it: a value that figures draw and tests write by hand."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hnviz.config import RunConfig
from hnviz.events import (
    ENDS,
    BatchEnd,
    Ended,
    EpochEnd,
    Event,
    Resumed,
    RunStarted,
    SnapshotSaved,
    TrainPass,
)
from hnviz.schedule import told_every

if TYPE_CHECKING:
    import pandas as pd

BATCH_COLUMNS = ("step", "loss", "smooth_loss", "accuracy", "lr", "momentum")
EPOCH_COLUMNS = (
    "epoch",
    "step",
    "train_loss",
    "valid_loss",
    "accuracy",
    "train_accuracy",
    "seconds",
)

STATUSES = ("queued", "running", *ENDS, "interrupted")
RESUMABLE = frozenset({"queued", "stopped", "failed", "interrupted"})
"""The statuses from which a run can be resumed."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """All that is known about a run so far."""

    id: str
    config: RunConfig
    started: RunStarted | None = None
    batches: tuple[BatchEnd, ...] = ()  # one per `told_every(n_steps)` steps, and the last
    epochs: tuple[EpochEnd, ...] = ()
    train_pass: TrainPass | None = None  # once the run has finished; older runs have none
    snapshots: tuple[int, ...] = ()  # steps, in rising order
    ended: Ended | None = None
    alive: bool = False  # a writer holds the run's lock
    kept: int = 0  # updates done before the last resume

    @classmethod
    def from_events(
        cls, run_id: str, config: RunConfig, events: Iterable[Event], *, alive: bool = False
    ) -> "RunRecord":
        """Build a record from events, in the order in which they were written."""
        builder = RecordBuilder(run_id, config)
        for event in events:
            builder.add(event)
        return builder.record(alive=alive)

    @property
    def step(self) -> int:
        """Updates of the weights so far."""
        if self.ended:
            return self.ended.step
        return max(self.kept, self.batches[-1].step + 1 if self.batches else 0)

    @property
    def train_accuracy(self) -> float | None:
        """Accuracy on train with the last weights; the running one of an epoch if not measured."""
        if self.train_pass:
            return self.train_pass.accuracy
        return self.epochs[-1].train_accuracy if self.epochs else None

    @property
    def status(self) -> str:
        """One of STATUSES. A paused run counts as running: only the engine knows about pauses."""
        if self.ended:
            return self.ended.status
        if self.alive:
            return "running"
        return "interrupted" if self.started else "queued"

    @property
    def progress(self) -> float:
        """Share of all steps that are done, 0 to 1."""
        return self.step / self.started.n_steps if self.started else 0.0

    @cached_property
    def _batch_frame(self) -> "pd.DataFrame":
        return _frame(self.batches, BATCH_COLUMNS)

    @cached_property
    def _epoch_frame(self) -> "pd.DataFrame":
        return _frame(self.epochs, EPOCH_COLUMNS)

    def batch_frame(self) -> "pd.DataFrame":
        """Return one row per step, with BATCH_COLUMNS; no rows before the first step."""
        return self._batch_frame.copy(deep=False)

    def epoch_frame(self) -> "pd.DataFrame":
        """Return one row per epoch, with EPOCH_COLUMNS."""
        return self._epoch_frame.copy(deep=False)


def _frame(rows: tuple[Any, ...], columns: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd  # takes half a second, which the engine's processes can do without

    data = {}
    for column in columns:
        dtype = "int64" if column in ("step", "epoch") else "float64"
        data[column] = pd.Series([getattr(row, column) for row in rows], dtype=dtype)
    return pd.DataFrame(data)


class RecordBuilder:
    """Collects events in the order in which they were written; drops what a resume undid."""

    def __init__(self, run_id: str, config: RunConfig) -> None:
        self._id = run_id
        self._config = config
        self._started: RunStarted | None = None
        self._batches: list[BatchEnd] = []
        self._epochs: list[EpochEnd] = []
        self._train_pass: TrainPass | None = None
        self._snapshots: list[int] = []  # in rising order
        self._ended: Ended | None = None
        self._kept = 0
        self._every = 1  # steps between the mini-batches that are kept, but for the last

    def add(self, event: Event) -> None:
        """Add one event."""
        match event:
            case BatchEnd():
                if self._batches and self._batches[-1].step % self._every:
                    self._batches.pop()  # it is no longer the last
                self._batches.append(event)
            case EpochEnd():
                # A resume before the valid pass reports the epoch's end a second time.
                _keep_before(self._epochs, event.epoch, "epoch")
                self._epochs.append(event)
            case TrainPass():
                self._train_pass = event
            case SnapshotSaved():
                at = bisect_left(self._snapshots, event.step)
                if self._snapshots[at : at + 1] != [event.step]:
                    self._snapshots.insert(at, event.step)
            case RunStarted():
                self._go_back_to(0)  # a run that died before its first checkpoint starts again
                self._started, self._every = event, told_every(event.n_steps)
            case Resumed():
                self._go_back_to(event.resumed_at)
            case Ended():
                self._ended = event

    def _go_back_to(self, step: int) -> None:
        self._kept = step
        _keep_before(self._batches, step, "step")  # steps of mini-batches count from 0
        _keep_before(self._epochs, step + 1, "step")
        del self._snapshots[bisect_right(self._snapshots, step) :]
        self._train_pass = self._ended = None

    def record(self, *, alive: bool = False) -> RunRecord:
        """Return the record so far."""
        return RunRecord(
            id=self._id,
            config=self._config,
            started=self._started,
            batches=tuple(self._batches),
            epochs=tuple(self._epochs),
            train_pass=self._train_pass,
            snapshots=tuple(self._snapshots),
            ended=self._ended,
            alive=alive,
            kept=self._kept,
        )


def _keep_before(rows: list[Any], bound: int, name: str) -> None:
    """Drop the rows whose field `name` is at least `bound`; rows are sorted by that field."""
    del rows[bisect_left(rows, bound, key=attrgetter(name)) :]
