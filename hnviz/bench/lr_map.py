"""Where the highest learning rate is too high: each model's recipe at twelve of them.

`write` makes the shipped table hnviz/runs/data/lr_map.csv, in about seven minutes on one processor:

    python -c "from hnviz.bench.lr_map import write; write('hnviz/runs/data/lr_map.csv')"
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path

import torch

from hnviz.bench.table import read_rows, write_rows
from hnviz.config import RunConfig
from hnviz.learn import fit, last_epoch
from hnviz.models.catalogue import BUILT_IN, entry

RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0)
"""The top of the one-cycle schedule; every recipe's own is among them."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One run: a model's recipe with another lr, and how its last epoch ended."""

    model: str
    lr: float
    train_loss: float  # cross-entropy per token, of the last epoch; nan if the run diverged
    valid_loss: float
    train: float  # accuracies
    valid: float


def write(path: str | Path, models: Sequence[str] = BUILT_IN) -> None:
    """Train some models' runs and write how they ended as CSV; rows of other models stay."""
    kept = [row for row in read_rows(path, Ending) if row.model not in models]
    write_rows(path, Ending, [*kept, *endings(models)])


def endings(models: Sequence[str]) -> Iterator[Ending]:
    """Train models at every rate, seed 0."""
    for model in models:
        for lr in RATES:
            yield ending(model, lr)


def ending(model: str, lr: float) -> Ending:
    """Train a model's recipe with another lr on the cpu; say how the last epoch ended."""
    torch.set_num_threads(1)
    recipe = {**asdict(entry(model).recipe), "lr": lr}
    last = last_epoch(fit(RunConfig(model=model, seed=0, device="cpu", **recipe)))
    if last is None:
        return Ending(model, lr, nan, nan, nan, nan)
    figures = (last.train_loss, last.valid_loss, last.train_accuracy, last.accuracy)
    return Ending(model, lr, *(round(figure, 4) for figure in figures))
