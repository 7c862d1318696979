"""Searches for the recipe of a model that the notebook does not have.

A recipe is drawn, trained and scored on numbers that it did not train on: 80 random blocks of 20
numbers, held out of train's own 1 to 7,999. The notebook's valid, 8,001 to 9,999, is never read,
so a score on it remains an honest test of the chosen recipe. The best few are trained again with
other seeds and other blocks, and the best mean wins. `search` makes the shipped table
hnviz/runs/data/recipes.csv, in about five minutes on one processor; `five_seeds` makes
hnviz/runs/data/five_seeds.csv, the chosen recipe's results on the notebook's own split:

    python -m hnviz bench search --model LSTM
    python -m hnviz bench seeds --model LSTM
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from math import isnan, nan
from pathlib import Path
from random import Random
from statistics import mean

import torch

from hnviz.bench.tables import end_figures, renew_rows
from hnviz.config import RunConfig
from hnviz.data import TokenStream
from hnviz.data.numbers import TRAIN_NUMBERS, held_out, human_numbers
from hnviz.events import EpochEnd
from hnviz.learn import Learner, last_epoch
from hnviz.models.catalogue import entry
from hnviz.models.spec import Recipe

N_DRAWN = 24  # random recipes, besides that of the model it follows
N_AGAIN = 4  # the best ones, which are trained again
SEEDS = (0, 1, 2)  # of the weights; seed s goes with the blocks of seed s
N_BLOCKS = 80  # of 20 numbers: a fifth of train, as valid is a fifth of all
FIVE = range(5)

LR = (1e-3, 3e-3, 1e-2, 3e-2)  # those in hnviz.bench.tables that can be expected to work
BPTT = (10, 20, 35, 50, 70)
EPOCHS = (5, 8, 10, 15, 20)
PCT_START = (0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Trial:
    """A recipe, trained once, with the accuracies of its last epoch, nan if it diverged."""

    model: str
    lr: float
    bptt: int
    epochs: int
    pct_start: float
    seed: int
    train: float
    held_out: float

    @property
    def recipe(self) -> Recipe:
        """The settings tried."""
        return Recipe(bptt=self.bptt, epochs=self.epochs, lr=self.lr, pct_start=self.pct_start)


@dataclass(frozen=True, slots=True)
class Result:
    """A recipe on the notebook's split, from one seed: the figures of its last epoch."""

    model: str
    seed: int
    train_loss: float
    valid_loss: float
    train: float  # accuracies
    valid: float


def drawn(model: str) -> list[Recipe]:
    """Return the recipes to try: the followed model's, and random ones, the same each time."""
    chance = Random(model)
    before = entry(model).follows
    found = [entry(before).recipe] if before else []
    for _ in range(N_DRAWN):
        lr, pct_start = chance.choice(LR), chance.choice(PCT_START)
        bptt, epochs = chance.choice(BPTT), chance.choice(EPOCHS)
        found.append(Recipe(bptt=bptt, epochs=epochs, lr=lr, pct_start=pct_start))
    return list(dict.fromkeys(found))  # each once


def trials(model: str) -> Iterator[Trial]:
    """Train all recipes with the first seed, and the best of them with the others."""
    first = []
    for recipe in drawn(model):
        first.append(trial(model, recipe, SEEDS[0]))
        yield first[-1]
    known = [each for each in first if not isnan(each.held_out)]
    for each in sorted(known, key=lambda one: -one.held_out)[:N_AGAIN]:
        for seed in SEEDS[1:]:
            yield trial(model, each.recipe, seed)


def trial(model: str, recipe: Recipe, seed: int) -> Trial:
    """Train a recipe on the cpu without the blocks of a seed, and score it on them."""
    last = _last_epoch(model, recipe, seed, _blocks(seed))
    train, held = (last.train_accuracy, last.accuracy) if last else (nan, nan)
    return Trial(
        model=model,
        lr=recipe.lr,
        bptt=recipe.bptt,
        epochs=recipe.epochs,
        pct_start=recipe.pct_start,
        seed=seed,
        train=round(train, 4),
        held_out=round(held, 4),
    )


def best(tried: Iterable[Trial]) -> tuple[Recipe, float]:
    """Return the recipe with the best mean score over all seeds, and that mean.

    Raises ValueError if there is none.
    """
    scores: dict[Recipe, dict[int, float]] = {}
    for each in tried:
        scores.setdefault(each.recipe, {})[each.seed] = each.held_out
    means = {recipe: mean(own.values()) for recipe, own in scores.items() if set(own) == set(SEEDS)}
    means = {recipe: score for recipe, score in means.items() if not isnan(score)}
    if not means:
        raise ValueError(f"no recipe was trained from all of the seeds {SEEDS}")
    chosen = max(means, key=means.__getitem__)
    return chosen, means[chosen]


def results(model: str) -> Iterator[Result]:
    """Train a model's own recipe on the notebook's split, from five seeds."""
    for seed in FIVE:
        last = _last_epoch(model, entry(model).recipe, seed, None)
        yield Result(model, seed, *end_figures(last))


def search(path: str | Path, models: Sequence[str]) -> Iterator[Trial]:
    """Search for the models' recipes; write the table, and yield each trial as it ends."""
    yield from renew_rows(path, Trial, models, trials)


def five_seeds(path: str | Path, models: Sequence[str]) -> Iterator[Result]:
    """Train the models' recipes from five seeds; write the table, and yield each result."""
    yield from renew_rows(path, Result, models, results)


@cache
def _blocks(seed: int) -> TokenStream:
    numbers = held_out(TRAIN_NUMBERS[-1], N_BLOCKS, seed)
    return TokenStream.from_texts(human_numbers(numbers.of("train"), numbers.of("valid")))


def _last_epoch(
    model: str, recipe: Recipe, seed: int, stream: TokenStream | None
) -> EpochEnd | None:
    """Train a recipe; return its last epoch, None if it diverged."""
    torch.set_num_threads(1)
    config = RunConfig(model=model, seed=seed, device="cpu", **asdict(recipe))
    return last_epoch(Learner(config, stream).events())
