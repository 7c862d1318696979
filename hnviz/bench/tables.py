"""The package's CSV tables of measured runs: writes and reads them, and measures two of them.

`write_lr_map` trains each model's recipe with twelve peak learning rates, in about seven minutes on
one processor:

    python -c "from hnviz.bench.tables import write_lr_map as w; w('hnviz/runs/data/lr_map.csv')"

`write_one_recipe` finds how much of a step of the ladder is due to the network, and how much to the
recipe, in about twenty minutes. Two successive models on the ladder are each trained with both
recipes and scored on the same slots. Model1 answers once per window, so it and Model2 are scored on
the token after the three of each window, from a state of zeros. Model2 to Model5 answer in every
slot of the same layout, so their scores are the accuracies of their last epoch, as the app shows
them.

    python -c "from hnviz.bench.tables import write_one_recipe as w;
        w('hnviz/runs/data/one_recipe.csv')"
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from math import nan
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.data import NOTEBOOK, BatchLayout, stream_of
from hnviz.events import EpochEnd
from hnviz.learn import Learner, fit, last_epoch
from hnviz.learn.models import LanguageModel
from hnviz.models.catalogue import BUILT_IN, entry

Row = TypeVar("Row")

RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0)
"""Peaks of the one-cycle schedule; each recipe's own is among them."""

STEPS = {"Model2": "Model1", "Model3": "Model2", "Model5": "Model4"}  # model -> the one before it
ONCE = "Model2"  # the model whose step is scored once per window
SEEDS = range(10)
WINDOW = 3  # tokens read before the scored one: Model1 trains on no more
BS = 64


def write_rows(path: str | Path, kind: type[Any], rows: Iterable[Any]) -> None:
    """Write dataclasses of one kind as CSV, one row at a time, under their fields' names."""
    with Path(path).open("w", newline="") as file:
        names = [field.name for field in fields(kind)]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, rows))


def read_rows(path: str | Path, kind: type[Row]) -> list[Row]:
    """Read the rows that `write_rows` wrote; none if there is no such file."""
    if not Path(path).exists():
        return []
    types = {field.name: _READERS[str(field.type)] for field in fields(kind)}  # type: ignore[arg-type]
    with Path(path).open(newline="") as file:
        return [
            kind(**{name: types[name](value) for name, value in row.items()})
            for row in csv.DictReader(file)
        ]


def renew_rows(
    path: str | Path,
    kind: type[Row],
    models: Sequence[str],
    made: Callable[[str], Iterable[Row]],
) -> Iterator[Row]:
    """Replace the rows of some models in a table; yield each new one when it is ready."""
    old: list[Any] = read_rows(path, kind)
    rows = [row for row in old if row.model not in models]
    for model in models:
        for row in made(model):
            rows.append(row)
            yield row
    write_rows(path, kind, rows)


_READERS: dict[str, Any] = {"str": str, "int": int, "float": float}
_READERS |= {str(kind): kind for kind in (str, int, float)}
"""How a field is read, by its annotation."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A run of a model's recipe with another lr, and its last epoch's figures."""

    model: str
    lr: float
    train_loss: float  # cross-entropy per token, of the last epoch; nan if the run diverged
    valid_loss: float
    train: float  # accuracies
    valid: float


def write_lr_map(path: str | Path, models: Sequence[str] = BUILT_IN) -> None:
    """Train some models' runs and write their last figures as CSV; keeps other models' rows."""
    for _ in renew_rows(path, Ending, models, endings):
        pass


def endings(model: str) -> Iterator[Ending]:
    """Train a model at every rate, seed 0."""
    for lr in RATES:
        yield ending(model, lr)


def ending(model: str, lr: float) -> Ending:
    """Train a model's recipe with another lr on the cpu; return the last epoch's figures."""
    torch.set_num_threads(1)
    recipe = {**asdict(entry(model).recipe), "lr": lr}
    last = last_epoch(fit(RunConfig(model=model, seed=0, device="cpu", **recipe)))
    return Ending(model, lr, *end_figures(last))


def end_figures(last: EpochEnd | None) -> tuple[float, float, float, float]:
    """Return a last epoch's loss on train and valid, and its accuracies; nan if a run diverged."""
    if last is None:
        return nan, nan, nan, nan
    losses = round(last.train_loss, 4), round(last.valid_loss, 4)
    return *losses, round(last.train_accuracy, 4), round(last.accuracy, 4)


@dataclass(frozen=True, slots=True)
class Score:
    """A run: a model, the model whose recipe it used, and its accuracy on the common slots."""

    after: str  # the second model of the step of the ladder
    recipe: str
    model: str
    seed: int
    steps: int  # updates of the weights
    train: float
    valid: float


def write_one_recipe(path: str | Path) -> None:
    """Train all runs and write their scores as CSV."""
    write_rows(path, Score, scores())


def scores() -> Iterator[Score]:
    """Train both models of each step with both recipes, from every seed."""
    for after, before in STEPS.items():
        for recipe in (before, after):
            for model in (before, after):
                for seed in SEEDS:
                    yield score(after, model, recipe, seed)


def score(after: str, model: str, recipe: str, seed: int) -> Score:
    """Train a model with some model's recipe on the cpu, and score it as this step requires."""
    torch.set_num_threads(1)
    taken = asdict(entry(recipe).recipe)
    learner = Learner(RunConfig(model=model, seed=seed, device="cpu", **taken))
    last = [event for event in learner.events() if isinstance(event, EpochEnd)][-1]
    train, valid = last.train_accuracy, last.accuracy
    if after == ONCE:
        stream = stream_of(NOTEBOOK)
        train, valid = (_accuracy(learner.model, ids) for ids in (stream.train, stream.valid))
    return Score(after, recipe, model, seed, learner.step, round(train, 4), round(valid, 4))


def _accuracy(model: LanguageModel, ids: NDArray[np.int64]) -> float:
    """Return how often a model in eval mode predicts the token after each window of three."""
    layout, right = BatchLayout(len(ids), BS, WINDOW), 0
    model.eval()
    with torch.no_grad():
        for number in range(layout.n_batches):
            batch = layout.batch(ids, number)
            logits, _ = model(torch.from_numpy(batch.x), model.init_state(BS))
            last = logits if logits.ndim == 2 else logits[:, -1]  # (bs, nv)
            right += int((last.argmax(-1).numpy() == batch.y[:, -1]).sum())
    return right / (layout.n_batches * BS)
