"""The notebook's printed figures, and how far other seeds of the same recipe lie from them."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from hnviz.catalogue import entry
from hnviz.config import CHOICES

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("train_loss", "valid_loss", "accuracy")


def notebook_table(model: str) -> "pd.DataFrame":
    """Return the notebook's table of one model: epoch, train_loss, valid_loss, accuracy."""
    entry(model)
    table = _read("notebook_tables.csv")
    return table[table["model"] == model].drop(columns="model").reset_index(drop=True)


def reference_range(model: str, bn_init: str, column: str) -> tuple[float, float] | None:
    """Return the lowest and highest last-epoch figure of ten seeds; None where none was measured.

    The runs were made with fastai 1.0.61 and the notebook's recipe. Model1's are Model0's: with
    equal weights both are the same network. The valid loss was measured for bn_init "uniform"
    only.
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


@cache
def _read(name: str) -> "pd.DataFrame":
    import pandas as pd  # as in record.py: when a table is asked for

    with (files("hnviz.runs") / "data" / name).open() as file:
        return pd.read_csv(file)
