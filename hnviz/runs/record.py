"""A run as its events describe it: a value that figures draw and tests write by hand.

A record decodes and checks each event, which takes some 10 ms for 800 steps. That is too slow for a
picture of 200 runs, so `read_curves` reads a run's mini-batches as one piece of JSON.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.events import (
    BROWSER,
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
from hnviz.runs.accuracies import NONE, Accuracies, accuracies_of, lost_at
from hnviz.runs.errors import DamagedRun
from hnviz.runs.events import BATCH_PREFIX, Lines, decode
from hnviz.runs.files import EVENTS, open_regular, parse_json, read_bounded
from hnviz.schedule import batch_stride

if TYPE_CHECKING:
    import pandas as pd

    from hnviz.runs.folder import RunFolder

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
POINT_COLUMNS = ("step", "loss", "accuracy", "lr", "momentum")

PIECE_BYTES = 2**22  # read at a time: a large file needs no more memory than a small one
MAX_CURVE_BYTES = 2**23  # of events read in one piece; a longer run is read as a record
_NOT_EVENTS = (ValueError, TypeError, KeyError, OverflowError, RecursionError)

STATUSES = ("queued", "running", *ENDS, "interrupted")
RESUMABLE = frozenset({"queued", "stopped", "failed", "interrupted"})
"""The statuses from which a run can be resumed."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """Everything known about a run so far."""

    id: str
    config: RunConfig
    started: RunStarted | None = None
    batches: tuple[BatchEnd, ...] = ()  # one per `batch_stride(n_steps)` steps, and the last
    epochs: tuple[EpochEnd, ...] = ()
    train_pass: TrainPass | None = None  # present once the run has finished; older runs have none
    snapshots: tuple[int, ...] = ()  # steps, in rising order
    ended: Ended | None = None
    alive: bool = False  # a writer holds the run's lock
    kept: int = 0  # updates done before the last resume
    recorded: bool = False  # a loop outside hnviz trained it

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
    def accuracies(self) -> Accuracies:
        """The one accuracy on train and the one on valid; none of a run that diverged."""
        if self.status == "diverged":
            return NONE
        return accuracies_of(self.batches, self.epochs, self.train_pass)

    @property
    def lost_at(self) -> int | None:
        """The step from which on no loss is a number; None while the last one is."""
        return lost_at(self.batches)

    @property
    def status(self) -> str:
        """One of STATUSES. A paused run counts as running: only the engine knows about pauses."""
        if self.ended:
            return self.ended.status
        if self.alive:
            return "running"
        return "interrupted" if self.started else "queued"

    @property
    def resumable(self) -> bool:
        """Whether hnviz can continue the run."""
        return self.status in RESUMABLE and not self.recorded

    @property
    def browser(self) -> str:
        """Say that a page has trained the run, or a part of it; empty if none has."""
        if self.started is None or self.started.device != BROWSER:
            return ""
        return f"trained {'partly ' if self.kept else ''}in a browser"

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
    import pandas as pd  # takes half a second, and the engine's processes do not need it

    data = {}
    for column in columns:
        dtype = "int64" if column in ("step", "epoch") else "float64"
        data[column] = pd.Series([getattr(row, column) for row in rows], dtype=dtype)
    return pd.DataFrame(data)


class RecordBuilder:
    """Collects events in the order of writing, and drops those that a resume undid."""

    def __init__(self, run_id: str, config: RunConfig, *, recorded: bool = False) -> None:
        # Without the contents of the lists.
        self._record = RunRecord(id=run_id, config=config, recorded=recorded)
        self._batches: list[BatchEnd] = []
        self._epochs: list[EpochEnd] = []
        self._snapshots: list[int] = []  # in rising order
        self._every = 1  # steps between the mini-batches to keep; the last one is always kept

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
                self._record = replace(self._record, train_pass=event)
            case SnapshotSaved():
                at = bisect_left(self._snapshots, event.step)
                if self._snapshots[at : at + 1] != [event.step]:
                    self._snapshots.insert(at, event.step)
            case RunStarted():
                self._go_back_to(0)  # a run that died before its first checkpoint starts again
                self._record = replace(self._record, started=event)
                self._every = batch_stride(event.n_steps)
            case Resumed():
                self._go_back_to(event.resumed_at)
            case Ended():
                self._record = replace(self._record, ended=event)

    def _go_back_to(self, step: int) -> None:
        self._record = replace(self._record, kept=step, train_pass=None, ended=None)
        _keep_before(self._batches, step, "step")  # steps of mini-batches count from 0
        _keep_before(self._epochs, step + 1, "step")
        del self._snapshots[bisect_right(self._snapshots, step) :]

    def record(self, *, alive: bool = False) -> RunRecord:
        """Return the record so far."""
        return replace(
            self._record,
            batches=tuple(self._batches),
            epochs=tuple(self._epochs),
            snapshots=tuple(self._snapshots),
            alive=alive,
        )


def _keep_before(rows: list[Any], bound: int, name: str) -> None:
    """Drop the rows whose field `name` is at least `bound`; rows are sorted by that field."""
    del rows[bisect_left(rows, bound, key=attrgetter(name)) :]


def _builder(folder: "RunFolder") -> RecordBuilder:
    return RecordBuilder(folder.id, folder.config, recorded=folder.is_recorded)


class RunFollower:
    """Reads a run while it grows, each time only what is new. Thread-safe."""

    def __init__(self, folder: "RunFolder", every: int | None = None) -> None:
        """`every`: steps between the mini-batches to read, as in `Lines`."""
        self._folder = folder
        self._lock = threading.Lock()
        self._builder = _builder(folder)
        self._record = self._builder.record()
        self._position = 0  # bytes read; always at the start of a line
        self._lines = Lines(every)

    def poll(self) -> RunRecord:
        """Return the run's current record; the same object if nothing is new.

        Raises DamagedRun for a complete line that is not an event. An incomplete last line is left
        for later: the writer is still writing it, or was killed in the middle.
        """
        with self._lock:
            # Checked first: a writer that ends after this check has written all its events.
            alive = self._folder.is_alive()
            if self._take_new_lines() or alive != self._record.alive:
                self._record = self._builder.record(alive=alive)
            return self._record

    def _take_new_lines(self) -> bool:
        grown, path = False, self._folder.path / EVENTS
        try:
            if self._position and path.lstat().st_size == self._position:
                return False
            with open_regular(path) as file:
                file.seek(self._position)
                while whole := _whole_lines(file):
                    lines = copy(self._lines)  # a damaged piece must leave no trace
                    for event in lines.read(whole):
                        self._builder.add(event)
                    self._lines = lines
                    self._position += len(whole)
                    file.seek(self._position)
                    grown = True
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._folder.damaged(f"{EVENTS} cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise self._folder.damaged(f"{EVENTS}, {error}") from error
        return grown


def _whole_lines(file: BinaryIO) -> bytes:
    """Return the whole lines of the next PIECE_BYTES. Raises ValueError for a longer line."""
    content = file.read(PIECE_BYTES)
    whole = content[: content.rfind(b"\n") + 1]
    if not whole and len(content) == PIECE_BYTES:
        raise ValueError(f"a line has more than {PIECE_BYTES:,} bytes")
    return whole


@dataclass(frozen=True)
class Curves:
    """A run for drawing. `record` has everything except the mini-batches."""

    record: RunRecord
    points: NDArray[np.float32]  # (points, POINT_COLUMNS): means over `every` steps
    every: int  # steps of one point
    step: int  # updates so far


def read_curves(folder: "RunFolder", most: int) -> Curves:
    """Return a run's curves with at most about `most` points. Raises DamagedRun.

    With `most` 0 the mini-batches are skipped, which takes a third of the time.
    """
    alive = folder.is_alive()  # first, as in RunFollower.poll
    record, columns = _read(folder, whole=most > 0)
    record = replace(record, alive=alive)
    n_steps = record.started.n_steps if record.started else len(columns)
    every = batch_stride(n_steps, most) if most else 1
    last = int(columns[-1, 0]) + 1 if len(columns) else 0
    step = record.ended.step if record.ended else max(record.kept, last)
    return Curves(record, thinned(columns if most else columns[:0], every), every, step)


def thinned(columns: NDArray[np.float64], every: int) -> NDArray[np.float32]:
    """Average rows whose steps lie in the same stretch of `every`; steps rise in column 0."""
    if every == 1 or not len(columns):
        return columns.astype(np.float32)
    stretch = columns[:, 0] // every
    begins = np.flatnonzero(np.diff(stretch, prepend=-1))
    counts = np.diff(begins, append=len(columns))
    sums = np.add.reduceat(columns, begins, axis=0)
    means: NDArray[np.float32] = (sums / counts[:, None]).astype(np.float32)
    return means


def _read(folder: "RunFolder", *, whole: bool) -> tuple[RunRecord, NDArray[np.float64]]:
    path = folder.path / EVENTS
    try:
        content = read_bounded(path, MAX_CURVE_BYTES)
        return _from_lines(folder, content[: content.rfind(b"\n") + 1], whole=whole)
    except FileNotFoundError:
        return _builder(folder).record(), _rows([])
    except (OSError, *_NOT_EVENTS) as error:
        if isinstance(error, DamagedRun):
            raise
        record = folder.read()  # long, or damaged; then the error names the line
        return replace(record, batches=()), _rows(record.batches)


def _from_lines(
    folder: "RunFolder", content: bytes, *, whole: bool
) -> tuple[RunRecord, NDArray[np.float64]]:
    """Return the record without its mini-batches, and the columns of all of them or of the last.

    Raises one of _NOT_EVENTS for lines that are not events.
    """
    builder = _builder(folder)
    batches: list[bytes] = []
    undone: list[tuple[int, int]] = []  # (n, step): of the first n lines, those below step count
    for line in content.splitlines():
        if line.startswith(BATCH_PREFIX):
            batches.append(line)
            continue
        event = decode(line)
        builder.add(event)
        if isinstance(event, Resumed):
            undone.append((len(batches), event.resumed_at))
        elif isinstance(event, RunStarted):
            undone.append((len(batches), 0))
    if not whole and len(undone) < 2:  # it was never resumed
        batches, undone = batches[-1:], []
    return builder.record(), _columns(batches, undone)


def _columns(batches: list[bytes], undone: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Return the columns of the mini-batches that still count. Raises one of _NOT_EVENTS."""
    read = parse_json(b"[" + b",".join(batches) + b"]")
    if len(read) != len(batches):
        raise ValueError("a line holds more than one event")
    columns = np.array([[each[name] for name in POINT_COLUMNS] for each in read], dtype=np.float64)
    columns = columns.reshape(-1, len(POINT_COLUMNS))
    if not np.all(np.isfinite(columns[:, 0])):
        raise ValueError("a mini-batch has no step")
    counts = np.ones(len(columns), dtype=bool)
    for n_lines, step in undone:
        counts[:n_lines] &= columns[:n_lines, 0] < step
    columns = columns[counts]
    if np.any(np.diff(columns[:, 0]) <= 0):
        raise ValueError("the steps of the mini-batches do not rise")
    return columns


def _rows(batches: Iterable[BatchEnd]) -> NDArray[np.float64]:
    rows = [[getattr(each, name) for name in POINT_COLUMNS] for each in batches]
    return np.array(rows, dtype=np.float64).reshape(-1, len(POINT_COLUMNS))
