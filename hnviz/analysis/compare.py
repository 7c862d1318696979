"""Two settings on the same seeds: what the change does to the figures, and how sure that is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hnviz.analysis.numbers import wholes
from hnviz.analysis.pairs import Paired, paired
from hnviz.analysis.run import AnyRun, Run, open_runs
from hnviz.analysis.run import open as open_run
from hnviz.analysis.training import Progress, runs_of
from hnviz.config import SETTINGS, RunConfig
from hnviz.data import corpus_of
from hnviz.data.stream import measured
from hnviz.figures.sentences import listed, plural
from hnviz.given import in_one_line
from hnviz.own.network import network_of
from hnviz.runs import RunFolder

if TYPE_CHECKING:
    import pandas as pd

MOST_SEEDS = 1000
MOST_SEED = 2**32 - 1
MOST_NAMED = 3  # settings in a sentence
MEASURES = {
    "accuracy": "right on valid",
    "loss": "loss on valid",
    "numbers": "whole numbers right on valid",
}
"""A measure, and what a sentence calls it; "numbers" only of a text that lists numbers."""

Side = RunConfig | Mapping[str, Any] | AnyRun


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Two settings, `a` and `b`, each trained from the same seeds."""

    a: RunConfig
    b: RunConfig
    pairs: "pd.DataFrame"
    """A row per seed: accuracy_a, accuracy_b and so on of each measure, and the ids run_a, run_b.
    A run that diverged has no figures."""
    differences: Mapping[str, Paired]  # b minus a, by measure

    def __repr__(self) -> str:
        n = next(iter(self.differences.values())).n
        said = [f"{MEASURES[name]} {_by(name, each)}" for name, each in self.differences.items()]
        lost = len(self.pairs) - n
        diverged = f"; {plural(lost, 'seed')} left out, which diverged" if lost else ""
        return f"{_changes(self.a, self.b)}, {n} seeds: {listed(said)}{diverged}"

    def frame(self) -> "pd.DataFrame":
        """Return a row per measure: the mean of both sides, and the fields of `Paired`."""
        import pandas as pd

        known = self.pairs.dropna()
        rows = {
            name: {"a": known[f"{name}_a"].mean(), "b": known[f"{name}_b"].mean()} | each._asdict()
            for name, each in self.differences.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index")


@in_one_line
def compare(
    a: Side,
    b: Side,
    seeds: int | Iterable[int] = 10,
    runs_dir: str | Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Train two settings from the same seeds, and compare each pair.

    A side is a run whose settings count, the name of a model for its recipe, a `RunConfig`, or a
    dict of settings; for `b`, a dict without a model changes `a`. `seeds` is how many, from 0, or
    which. Runs that `runs_dir` has are taken, others are trained there; `progress`, such as print,
    hears how far that is. Raises ValueError, with a sentence.
    """
    one = _settings(a, None, runs_dir)
    other = _settings(b, one, runs_dir)
    chosen = _seeds(seeds)
    _check(one, other)
    store = open_runs(runs_dir)
    configs = [replace(side, seed=seed) for seed in chosen for side in (one, other)]
    folders = runs_of(configs, store, progress)
    return _compared((one, other), chosen, folders)


def _settings(side: Side, base: RunConfig | None, runs_dir: str | Path | None) -> RunConfig:
    if isinstance(side, RunConfig):
        return side
    if not isinstance(side, Mapping):
        config = open_run(side, runs_dir).config
        if network_of(config.model):
            raise ValueError(
                f"{config.called} was trained by a loop of your own, which hnviz cannot run: name "
                "a model of hnviz, or of a file of models"
            )
        return config
    for name in side:
        if name not in SETTINGS:
            raise ValueError(
                f"{name!r:.60} is not a setting of a run; the settings are {', '.join(SETTINGS)}"
            )
    given = dict(side)
    if "model" in given:
        return RunConfig.for_model(given.pop("model"), **given)
    if base is None:
        raise ValueError('the first side needs a model, such as {"model": "Model5"}')
    return replace(base, **given)


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    given = wholes("a seed", range(seeds) if isinstance(seeds, int) else seeds, 0, MOST_SEED)
    found = list(dict.fromkeys(given))
    if not 2 <= len(found) <= MOST_SEEDS:
        raise ValueError(
            f"seeds must be 2 to {MOST_SEEDS:,}, since one seed has no interval; got {len(found):,}"
        )
    return found


def _check(a: RunConfig, b: RunConfig) -> None:
    if a.to_dict() | {"seed": 0} == b.to_dict() | {"seed": 0}:
        raise ValueError("both sides have the same settings: change one")
    one, other = measured(a), measured(b)
    if (one.text, one.tokens) != (other.text, other.tokens):
        raise ValueError(
            f"the sides are tested on different texts, {a.corpus} ({a.split}) and {b.corpus} "
            f"({b.split}): figures per token can be compared only on one text"
        )


def _compared(
    sides: tuple[RunConfig, RunConfig], seeds: list[int], folders: list[RunFolder]
) -> Comparison:
    import pandas as pd

    rows = []
    for one, other in zip(folders[::2], folders[1::2], strict=True):
        both = {"a": one, "b": other}
        row: dict[str, Any] = {
            f"{name}_{side}": each
            for side, folder in both.items()
            for name, each in _figures(folder).items()
        }
        rows.append(row | {f"run_{side}": folder.id for side, folder in both.items()})
    pairs = pd.DataFrame(rows, index=pd.Index(seeds, name="seed"))
    known = pairs.dropna()
    if len(known) < 2:
        raise ValueError(
            f"{plural(len(pairs) - len(known), 'seed')} of {len(pairs)} diverged, and an interval "
            "needs two that did not: try a lower lr"
        )
    differences = {
        name: paired([*zip(known[f"{name}_a"], known[f"{name}_b"], strict=True)])
        for name in MEASURES
        if f"{name}_a" in pairs
    }
    return Comparison(*sides, pairs, differences)


def _figures(folder: RunFolder) -> dict[str, float | None]:
    """Return the figures of a run after its last epoch; None for each if it diverged."""
    record, counts = folder.read(), corpus_of(folder.config).spell is not None
    if record.status != "finished":
        return dict.fromkeys([name for name in MEASURES if counts or name != "numbers"])
    figures: dict[str, float | None] = {
        "accuracy": record.accuracies.valid,
        "loss": record.epochs[-1].valid_loss,
    }
    if counts:
        figures["numbers"] = Run(folder, folder.id, folder.path.parent).ask(
            "counting_accuracy", given=3
        )["valid"]
    return figures


def _changes(a: RunConfig, b: RunConfig) -> str:
    """Name the settings that differ: "bptt 20 → 70"."""
    names = [name for name in SETTINGS if name != "seed" and getattr(a, name) != getattr(b, name)]
    named = [
        f"{'' if name == 'model' else f'{name} '}{getattr(a, name)} \N{RIGHTWARDS ARROW} "
        f"{getattr(b, name)}"
        for name in names[:MOST_NAMED]
    ]
    more = len(names) - MOST_NAMED
    return ", ".join(named) + (f" and {plural(more, 'more setting')}" if more > 0 else "")


def _by(name: str, found: Paired) -> str:
    """Say what a measure changes by: "+2.1 points (95 % interval -0.4 to +4.6)"."""
    if found.least == found.most == 0:
        return "the same in each seed"
    scale, digits, unit = (1, 3, "") if name == "loss" else (100, 1, " points")
    mean, low, high = (
        f"{scale * each:+.{digits}f}" for each in (found.mean, found.low, found.high)
    )
    unsure = ", which contains 0" if found.low <= 0 <= found.high else ""
    return f"{mean}{unit} (95 % interval {low} to {high}{unsure})"
