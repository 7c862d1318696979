"""Writes a run for TensorBoard: its figures by step, and its weights at each snapshot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from hnviz.analysis.run import Run
    from hnviz.runs import RunRecord

BATCH = {"loss": "loss", "smooth_loss": "smooth loss", "accuracy": "accuracy"}
SCHEDULE = ("lr", "momentum")
EPOCH = {
    "valid_loss": "valid/loss",
    "accuracy": "valid/accuracy",
    "train_loss": "epoch/train loss",
    "train_accuracy": "epoch/train accuracy",
}
"""A column of `Run.batches` or `Run.epochs` -> its tag in TensorBoard."""


def write(run: "Run", folder: Path) -> Path:
    """Write a run's events and snapshots below a folder; see `Run.to_tensorboard`."""
    make = _writer()
    into = folder / run.name
    if any(into.glob("events.out.tfevents.*")):
        raise ValueError(
            f"{into} holds a run for TensorBoard already, and would show each point twice: delete "
            "it, or name another folder"
        )
    record = run.record()
    clock = _clock(record)
    writer = make(str(into))
    try:
        writer.add_text("settings", f"```\n{json.dumps(run.config.to_dict(), indent=1)}\n```", 0)
        _scalars(writer, record, clock)
        for step in run.snapshots:
            for name, values in run.weights(step).items():
                if values.ndim and np.isfinite(values).all():
                    writer.add_histogram(f"weights/{name}", values, step, walltime=clock(step))
    finally:
        writer.close()
    return into


def _writer() -> Callable[[str], "SummaryWriter"]:
    """Return torch's writer. Raises ModuleNotFoundError, with what to install."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'to_tensorboard needs the package tensorboard: pip install "hnviz[tensorboard]"',
            name=error.name,
        ) from error
    return SummaryWriter


def _scalars(writer: "SummaryWriter", record: "RunRecord", clock: Callable[[int], float]) -> None:
    def add(tag: str, value: float, step: int) -> None:
        writer.add_scalar(tag, value, step, walltime=clock(step))

    for batch in record.batches:
        for name, tag in BATCH.items():
            add(f"train/{tag}", getattr(batch, name), batch.step)
        for name in SCHEDULE:
            add(f"schedule/{name}", getattr(batch, name), batch.step)
    for epoch in record.epochs:
        for name, tag in EPOCH.items():
            add(tag, getattr(epoch, name), epoch.step)
        for split, kinds in (("train", epoch.train_kinds), ("valid", epoch.valid_kinds)):
            for kind, found in kinds.items():
                add(f"right on {split}/{kind}", found.right / found.n, epoch.step)


def _clock(record: "RunRecord") -> Callable[[int], float]:
    """Return when a step was, in seconds since 1970: even between the ends of epochs."""
    begun = record.started.time if record.started else 0.0
    steps = [0, *(epoch.step for epoch in record.epochs)]
    passed: Any = np.cumsum([0.0, *(epoch.seconds for epoch in record.epochs)])
    return lambda step: begun + float(np.interp(step, steps, passed))
