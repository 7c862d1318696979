"""Pre-trained runs: small copies of runs, which come with the package."""

from pathlib import Path

import numpy as np

from hnviz.config import RunConfig
from hnviz.events import SnapshotSaved
from hnviz.models.catalogue import BUILT_IN
from hnviz.runs.events import encode
from hnviz.runs.files import CONFIG, EVENTS, SNAPSHOTS, write_atomic, write_tensors, writing
from hnviz.runs.folder import RunFolder
from hnviz.runs.record import RunRecord

DIGITS = 6  # significant digits in the events: more than any picture or table shows
BLOCKS = "Model5-blocks"
"""The pre-trained run tested on numbers held out from inside the range of its training."""


def shipped_configs() -> dict[str, RunConfig]:
    """Return the config of each pre-trained run, by id.

    Each model has a run with its own recipe, named after the model. One more run has Model5's
    recipe and the split "blocks".
    """
    recipes = {name: RunConfig.for_model(name, seed=0, device="cpu") for name in BUILT_IN}
    return recipes | {BLOCKS: RunConfig.for_model("Model5", seed=0, device="cpu", split="blocks")}


def ship(folder: RunFolder, dest: Path) -> RunFolder:
    """Copy a run as package data: float16 snapshots, rounded events, no checkpoint.

    `dest` becomes the run's folder, and the folder's name its id. Raises DamagedRun or
    RunWriteError.
    """
    record = folder.read()
    shipped = RunFolder(dest, shipped=True)
    with writing(dest / CONFIG):
        (dest / SNAPSHOTS).mkdir(parents=True, exist_ok=True)
    for step in record.snapshots:
        tensors = {name: to_half(tensor) for name, tensor in folder.load_snapshot(step).items()}
        write_tensors(shipped.snapshot_path(step), tensors)
    write_events(record, dest)
    folder.info().save(dest / CONFIG)
    return shipped


def write_events(record: RunRecord, dest: Path) -> None:
    """Write a record's events, rounded, into a pre-trained run's folder. Raises RunWriteError."""
    saved = (SnapshotSaved(step=step) for step in record.snapshots)
    ends = (record.train_pass, record.ended)
    events = (record.started, *record.batches, *record.epochs, *saved, *ends)
    lines = [encode(event, digits=DIGITS) for event in events if event is not None]
    write_atomic(dest / EVENTS, b"".join(lines), "shipped")


def to_half(tensor: np.ndarray) -> np.ndarray:
    """Cast floats to float16, unless a value is out of range."""
    if tensor.dtype.kind != "f":
        return tensor
    with np.errstate(over="ignore"):
        half = tensor.astype(np.float16)
    return half if np.isfinite(half).all() or not np.isfinite(tensor).all() else tensor
