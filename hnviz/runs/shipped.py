"""Small copies of runs, to ship with the package."""

from pathlib import Path

import numpy as np

from hnviz.events import SnapshotSaved
from hnviz.runs.codec import encode
from hnviz.runs.files import write_atomic, written_whole
from hnviz.runs.folder import CONFIG, EVENTS, SNAPSHOTS, RunFolder
from hnviz.runs.tensors import write_tensors

DIGITS = 6
"""Significant digits that a shipped event keeps: more than any picture or table shows."""


def ship(folder: RunFolder, dest: Path) -> RunFolder:
    """Copy a run as package data: float16 snapshots, short events, nothing to resume from.

    `dest` becomes the run's folder and its name the run's id. Raises DamagedRun or
    RunWriteError.
    """
    record = folder.read()
    shipped = RunFolder(dest, shipped=True)
    with written_whole(dest / CONFIG):
        (dest / SNAPSHOTS).mkdir(parents=True, exist_ok=True)
    for step in record.snapshots:
        tensors = {name: to_half(tensor) for name, tensor in folder.load_snapshot(step).items()}
        write_tensors(shipped.snapshot_path(step), tensors)
    saved = (SnapshotSaved(step=step) for step in record.snapshots)
    events = (record.started, *record.batches, *record.epochs, *saved, record.ended)
    lines = [encode(event, digits=DIGITS) for event in events if event is not None]
    write_atomic(dest / EVENTS, b"".join(lines))
    folder.info().save(dest / CONFIG)
    return shipped


def to_half(tensor: np.ndarray) -> np.ndarray:
    """Cast floats to float16, unless a value lies outside its range."""
    if tensor.dtype.kind != "f":
        return tensor
    with np.errstate(over="ignore"):
        half = tensor.astype(np.float16)
    return half if np.isfinite(half).all() or not np.isfinite(tensor).all() else tensor
