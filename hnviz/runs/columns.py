"""A run's curves as arrays, thinned for drawing: for pictures that lay many runs over each other.

A record decodes and checks each event, which takes some 10 ms for 800 steps; a picture of 200 runs
cannot wait that long. Here the mini-batches are read as JSON in one piece.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hnviz.events import BatchEnd, Resumed, RunStarted
from hnviz.runs.codec import BATCH_PREFIX, decode
from hnviz.runs.errors import DamagedRun
from hnviz.runs.files import parse_json, read_bounded
from hnviz.runs.folder import EVENTS, RunFolder
from hnviz.runs.record import RecordBuilder, RunRecord
from hnviz.schedule import told_every

COLUMNS = ("step", "loss", "accuracy", "lr", "momentum")
"""The columns of a run's points."""

READ_AT_ONCE = 2**23
"""The most bytes of events that are read in one piece; a longer run is read by its record."""

_WRONG = (ValueError, TypeError, KeyError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Curves:
    """A run for drawing. `record` has everything but the mini-batches."""

    record: RunRecord
    points: NDArray[np.float32]  # (points, COLUMNS): means over `every` steps
    every: int  # steps of one point
    step: int  # updates so far


def read_curves(folder: RunFolder, most: int) -> Curves:
    """Return a run's curves with at most about `most` points. Raises DamagedRun.

    With `most` 0 the mini-batches are skipped: epochs alone take a third of the time.
    """
    alive = folder.is_alive()  # first, as in RunFollower.poll
    record, columns = _read(folder, whole=most > 0)
    record = replace(record, alive=alive)
    n_steps = record.started.n_steps if record.started else len(columns)
    every = told_every(n_steps, most) if most else 1
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


def _read(folder: RunFolder, *, whole: bool) -> tuple[RunRecord, NDArray[np.float64]]:
    path: Path = folder.path / EVENTS
    try:
        content = read_bounded(path, READ_AT_ONCE)
        return _from_lines(folder, content[: content.rfind(b"\n") + 1], whole=whole)
    except FileNotFoundError:
        return RecordBuilder(folder.id, folder.config).record(), _rows([])
    except (OSError, *_WRONG) as error:
        if isinstance(error, DamagedRun):
            raise
        record = folder.read()  # long, or damaged: its error names the line
        return replace(record, batches=()), _rows(record.batches)


def _from_lines(
    folder: RunFolder, content: bytes, *, whole: bool
) -> tuple[RunRecord, NDArray[np.float64]]:
    """Return the record without its mini-batches, and their columns, or the last one's alone.

    Raises ValueError, TypeError, KeyError or OverflowError for lines that are no events.
    """
    builder = RecordBuilder(folder.id, folder.config)
    batches: list[bytes] = []
    undone: list[tuple[int, int]] = []  # so many lines; from this step on they no longer count
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
    """Return the columns of the mini-batches that count. Raises ValueError, TypeError, ..."""
    told = parse_json(b"[" + b",".join(batches) + b"]")
    if len(told) != len(batches):
        raise ValueError("a line holds more than one event")
    columns = np.array([[each[name] for name in COLUMNS] for each in told], dtype=np.float64)
    columns = columns.reshape(-1, len(COLUMNS))
    if not np.all(np.isfinite(columns[:, 0])):
        raise ValueError("a mini-batch has no step")
    counts = np.ones(len(columns), dtype=bool)
    for n_lines, step in undone:
        counts[:n_lines] &= columns[:n_lines, 0] < step
    columns = columns[counts]
    if np.any(np.diff(columns[:, 0]) <= 0):
        raise ValueError("the steps of the mini-batches do not rise")
    return columns


def _rows(batches: "tuple[BatchEnd, ...] | list[BatchEnd]") -> NDArray[np.float64]:
    rows = [[getattr(each, name) for name in COLUMNS] for each in batches]
    return np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))
