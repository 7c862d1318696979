"""How far runs lie apart that differ in nothing but the seed: the measure of a small gap."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hnviz.config import RunConfig
from hnviz.data import NOTEBOOK
from hnviz.runs.reference import COLUMNS, five_seeds_table, reference_range
from hnviz.runs.summary import RunSummary

FIGURES = ("accuracy", "valid_loss", "train_loss")
"""The figures of a last epoch that a spread is known of, as a RunSummary names them."""

LIBRARY = "from ten seeds in fastai 1.0.61, the library of the notebook"
ENOUGH = 3  # runs at hand that are better evidence than a table
NOT_SETTINGS = ("seed", "device")  # equal runs may differ in them
_TABLE_NAMES = {"accuracy": "valid"}  # of the table of five seeds


@dataclass(frozen=True, slots=True)
class Spread:
    """The lowest and highest of some figures over `n` seeds, and where they are from."""

    figures: Mapping[str, tuple[float, float]]
    n: int
    source: str  # ends a sentence: "from 3 runs here that differ only in the seed"


def same_but_seed(config: RunConfig) -> tuple[tuple[str, Any], ...]:
    """Return what equal runs have in common: all settings but the seed and the device."""
    return tuple((name, each) for name, each in asdict(config).items() if name not in NOT_SETTINGS)


def spread_of(config: RunConfig, at_hand: Iterable[RunSummary]) -> Spread | None:
    """Return the spread over seeds of a config's last epoch; None if it is not known.

    Three or more finished runs come first, then the tables that hnviz has, then two runs.
    """
    runs = _from_runs(config, at_hand)
    if runs is not None and runs.n >= ENOUGH:
        return runs
    return _from_tables(config) or runs


def usual_gaps(configs: Iterable[RunConfig]) -> dict[str, float]:
    """Return the spread over seeds of each figure: the widest among some configs' models.

    Measured with each model's own recipe on the notebook's split: nothing for runs on another one.
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
    """Look a model's own recipe up in the tables that hnviz ships."""
    own = RunConfig.for_model(config.model, bn_init=config.bn_init)
    if same_but_seed(config) != same_but_seed(own):
        return None
    table = five_seeds_table(config.model)
    if config.bn_init == "ones" and not table.empty:
        named = {name: _TABLE_NAMES.get(name, name) for name in FIGURES}
        figures = {
            name: (float(table[column].min()), float(table[column].max()))
            for name, column in named.items()
        }
        return Spread(figures, len(table), f"from {len(table)} seeds that hnviz has measured")
    ranges = {name: reference_range(config.model, config.bn_init, name) for name in COLUMNS}
    known = {name: ends for name, ends in ranges.items() if ends is not None}
    return Spread(known, 10, LIBRARY) if known else None
