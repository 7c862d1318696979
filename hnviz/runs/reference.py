"""The notebook's printed figures, and the range of other seeds of the same recipe."""

import csv
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from hnviz.config import CHOICES
from hnviz.models.catalogue import entry

if TYPE_CHECKING:
    import pandas as pd

NOTEBOOK_TABLES = "notebook_tables.csv"
COLUMNS = ("train_loss", "valid_loss", "accuracy")


def notebook_table(model: str) -> "pd.DataFrame":
    """Return the notebook's table for one model: epoch, train_loss, valid_loss, accuracy."""
    return _of(model, NOTEBOOK_TABLES)


@cache
def notebook_accuracy(model: str) -> float | None:
    """Return the notebook's last accuracy on valid; None for a model that it does not have.

    Read without pandas, which takes longer to load than all else that the Start page needs.
    """
    entry(model)
    with _path(NOTEBOOK_TABLES).open() as file:
        printed = [row["accuracy"] for row in csv.DictReader(file) if row["model"] == model]
    return float(printed[-1]) if printed else None


def reference_range(model: str, bn_init: str, column: str) -> tuple[float, float] | None:
    """Return the lowest and highest last-epoch figure of ten seeds; None if not measured.

    The runs used fastai 1.0.61 and the notebook's recipe. Model1 has Model0's figures: with equal
    weights they are the same network. The valid loss was measured only for bn_init "uniform".
    """
    entry(model)
    for name, value, choices in (
        ("bn_init", bn_init, CHOICES["bn_init"]),
        ("column", column, COLUMNS),
    ):
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    table = _read("reference_ranges.csv")
    rows = table.query("model == @model and bn_init == @bn_init and column == @column")
    return None if rows.empty else (float(rows["low"].iloc[0]), float(rows["high"].iloc[0]))


def one_recipe_table(model: str) -> "pd.DataFrame":
    """Return runs of a model and the one before it, each with both recipes; empty for most models.

    Columns: recipe (of which model), model, seed, steps, train, valid. hnviz.bench.one_recipe makes
    the table and says in which slots the two accuracies are measured.
    """
    entry(model)
    table = _read("one_recipe.csv")
    return table[table["after"] == model].drop(columns="after").reset_index(drop=True)


def lr_table() -> "pd.DataFrame":
    """Return one run of each model's recipe at each of twelve learning rates, seed 0.

    Columns: model, lr, and of the last epoch train_loss and valid_loss in nats per token, train and
    valid accuracy; nan where the run diverged. hnviz.bench.lr_map makes the table.
    """
    return _read("lr_map.csv").copy()


def recipes_table(model: str) -> "pd.DataFrame":
    """Return the recipes that a search tried for a model; empty for the notebook's own models.

    Columns: lr, bptt, epochs, pct_start, seed, train and held_out accuracy, nan where the run
    diverged. hnviz.bench.search makes the table; held_out is on numbers of train that it left out.
    """
    return _of(model, "recipes.csv")


def five_seeds_table(model: str) -> "pd.DataFrame":
    """Return a model's own recipe from five seeds, on the notebook's split.

    Empty for the notebook's own models.

    Columns: seed, and of the last epoch train_loss and valid_loss in nats per token, train and
    valid accuracy. hnviz.bench.search makes the table.
    """
    return _of(model, "five_seeds.csv")


def _of(model: str, name: str) -> "pd.DataFrame":
    entry(model)
    return _rows(model, name).copy()


@cache  # the page of a live run asks for its model's rows at every step
def _rows(model: str, name: str) -> "pd.DataFrame":
    table = _read(name)
    return table[table["model"] == model].drop(columns="model").reset_index(drop=True)


@cache
def _read(name: str) -> "pd.DataFrame":
    import pandas as pd  # slow to load, as in record.py

    with _path(name).open() as file:
        return pd.read_csv(file)


def _path(name: str) -> Traversable:
    return files("hnviz.runs") / "data" / name
