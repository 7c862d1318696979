"""Figures to compare a run with: from the notebook, from hnviz's searches, and from other seeds.

A gap between two runs is small if runs that differ only in the seed lie as far apart.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from hnviz.config import CHOICES, RunConfig
from hnviz.data import NOTEBOOK
from hnviz.models.catalogue import entry
from hnviz.runs.store import RunSummary

if TYPE_CHECKING:
    import pandas as pd

FIGURES = ("accuracy", "valid_loss", "train_loss")
"""The last epoch's figures whose spread is known, by their names in RunSummary."""

NOTEBOOK_TABLES = "notebook_tables.csv"
LIBRARY = "from ten seeds in fastai 1.0.61, the library of the notebook"
ENOUGH = 3  # from so many runs at hand, they are better evidence than a table
NOT_SETTINGS = ("seed", "device")  # equal runs may differ in these
_TABLE_NAMES = {"accuracy": "valid"}  # columns in the table of five seeds


def notebook_table(model: str) -> "pd.DataFrame":
    """Return the notebook's table for one model: epoch, train_loss, valid_loss, accuracy."""
    return _of(model, NOTEBOOK_TABLES)


@cache
def notebook_accuracy(model: str) -> float | None:
    """Return the notebook's last accuracy on valid; None for a model that it does not have."""
    entry(model)
    printed = [row["accuracy"] for row in _listed(NOTEBOOK_TABLES) if row["model"] == model]
    return float(printed[-1]) if printed else None


def reference_range(model: str, bn_init: str, column: str) -> tuple[float, float] | None:
    """Return the last epoch's lowest and highest figure over ten seeds; None if not measured.

    The runs used fastai 1.0.61 and the notebook's recipe. Model1 has Model0's figures: with equal
    weights they are the same network. The valid loss was measured only for bn_init "uniform".
    """
    entry(model)
    for name, value, choices in (
        ("bn_init", bn_init, CHOICES["bn_init"]),
        ("column", column, FIGURES),
    ):
        if value not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    wanted = {"model": model, "bn_init": bn_init, "column": column}
    for row in _listed("reference_ranges.csv"):
        if wanted.items() <= row.items():
            return float(row["low"]), float(row["high"])
    return None


def one_recipe_table(model: str) -> "pd.DataFrame":
    """Return runs of a model and its predecessor, each with both recipes; empty for most models.

    Columns: recipe (whose it is), model, seed, steps, train, valid. hnviz.bench.tables makes the
    table and says in which slots it measures the two accuracies.
    """
    entry(model)
    table = _read("one_recipe.csv")
    return table[table["after"] == model].drop(columns="after").reset_index(drop=True)


def lr_table() -> "pd.DataFrame":
    """Return a run of each model's recipe at each of twelve learning rates, with seed 0.

    Columns: model, lr, and of the last epoch train_loss and valid_loss in nats per token, train and
    valid accuracy; nan where the run diverged. hnviz.bench.tables makes the table.
    """
    return _read("lr_map.csv").copy()


def recipes_table(model: str) -> "pd.DataFrame":
    """Return the recipes that a search tried for a model; empty for the notebook's models.

    Columns: lr, bptt, epochs, pct_start, seed, train and held_out accuracy, nan where the run
    diverged. hnviz.bench.search makes the table; held_out is on numbers of train that it left out.
    """
    return _of(model, "recipes.csv")


def five_seeds_table(model: str) -> "pd.DataFrame":
    """Return runs of a model's own recipe from five seeds, on the notebook's split.

    Empty for the notebook's models.

    Columns: seed, and of the last epoch train_loss and valid_loss in nats per token, train and
    valid accuracy. hnviz.bench.search makes the table.
    """
    return _of(model, "five_seeds.csv")


def parity_table() -> list[dict[str, Any]]:
    """Return how many answers of networks trained on up to 40 bits are right at each length.

    One row for each network, seed and length: model, layers, seed, bits, right and n. Made by
    hnviz.bench.lengths, and read without pandas.
    """
    rows = _listed("parity.csv")
    return [{**row, **{name: int(row[name]) for name in row if name != "model"}} for row in rows]


@cache
def _listed(name: str) -> list[dict[str, str]]:
    """Read a table without pandas, which takes longer to load than all else that Count needs."""
    with _path(name).open() as file:
        return list(csv.DictReader(file))


def _of(model: str, name: str) -> "pd.DataFrame":
    entry(model)
    return _rows(model, name).copy()


@cache  # a live run's page needs its model's rows at every step
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


# Other seeds


@dataclass(frozen=True, slots=True)
class Spread:
    """The lowest and highest of some figures over `n` seeds, and their source."""

    figures: Mapping[str, tuple[float, float]]
    n: int
    source: str  # ends a sentence: "from 3 runs here that differ only in the seed"

    def none_is(self, share: float | None) -> str:
        """Say that no seed's accuracy is "higher" or "lower", to three digits; "" within them."""
        low, high = (round(end, 3) for end in self.figures["accuracy"])
        if share is None or low < round(share, 3) < high:
            return ""
        return "higher" if round(share, 3) >= high else "lower"


def same_but_seed(config: RunConfig) -> tuple[tuple[str, Any], ...]:
    """Return what equal runs share: all settings except the seed and the device."""
    return tuple((name, each) for name, each in asdict(config).items() if name not in NOT_SETTINGS)


def spread_of(config: RunConfig, at_hand: Iterable[RunSummary]) -> Spread | None:
    """Return the spread over seeds of a config's last epoch; None if unknown.

    The source is three or more finished runs; otherwise a table of hnviz; otherwise two runs.
    """
    runs = _from_runs(config, at_hand)
    if runs is not None and runs.n >= ENOUGH:
        return runs
    return _from_tables(config) or runs


def usual_gaps(configs: Iterable[RunConfig]) -> dict[str, float]:
    """Return each figure's spread over seeds: the widest among the models of some configs.

    It was measured with each model's own recipe on the notebook's split; empty for another text.
    """
    gaps: dict[str, float] = {}
    for model, bn_init, *text in {
        (each.model, each.bn_init, each.corpus, each.split) for each in configs
    }:
        known = spread_of(RunConfig.for_model(model, bn_init=bn_init), ())
        if known is None or text != [NOTEBOOK.corpus, NOTEBOOK.split]:
            return {}
        for name, (low, high) in known.figures.items():
            gaps[name] = max(gaps.get(name, 0.0), high - low)
    return gaps


def _from_runs(config: RunConfig, at_hand: Iterable[RunSummary]) -> Spread | None:
    wanted = same_but_seed(config)
    by_seed = {
        line.config.seed: line
        for line in at_hand
        if line.config and line.status == "finished" and same_but_seed(line.config) == wanted
    }
    if len(by_seed) < 2:
        return None
    figures = {
        name: (min(values), max(values))
        for name in FIGURES
        if len(values := _known(getattr(line, name) for line in by_seed.values())) == len(by_seed)
    }
    n = len(by_seed)
    return Spread(figures, n, f"from {n} runs here that differ only in the seed")


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and value == value]


def _from_tables(config: RunConfig) -> Spread | None:
    """Look up a config with a model's own recipe in hnviz's tables."""
    own = RunConfig.for_model(config.model, bn_init=config.bn_init)
    if same_but_seed(config) != same_but_seed(own):
        return None
    rows = [row for row in _listed("five_seeds.csv") if row["model"] == config.model]
    if config.bn_init == "ones" and rows:
        columns = {name: _TABLE_NAMES.get(name, name) for name in FIGURES}
        figures = {name: [float(row[column]) for row in rows] for name, column in columns.items()}
        ends = {name: (min(values), max(values)) for name, values in figures.items()}
        return Spread(ends, len(rows), f"from {len(rows)} seeds that hnviz has measured")
    ranges = {name: reference_range(config.model, config.bn_init, name) for name in FIGURES}
    known = {name: ends for name, ends in ranges.items() if ends is not None}
    return Spread(known, 10, LIBRARY) if known else None
