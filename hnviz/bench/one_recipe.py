"""How much of a step of the ladder is due to the network, and how much to the recipe.

Two models, one after the other on the ladder, are each trained with both recipes and scored on the
same slots. Model1 answers once per window, so it and Model2 are scored on the token after the three
of each window, from a state of zeros. Model2 and Model3 answer in every slot of the same layout:
they have the accuracies of their last epoch, as the app shows them. `write` makes the shipped table
hnviz/runs/data/one_recipe.csv, in about ten minutes on one processor:

    python -c "from hnviz.bench.one_recipe import write; write('hnviz/runs/data/one_recipe.csv')"
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.bench.table import write_rows
from hnviz.config import RunConfig
from hnviz.data import NOTEBOOK, BatchLayout, stream_of
from hnviz.events import EpochEnd
from hnviz.learn import Learner
from hnviz.learn.models import LanguageModel
from hnviz.models.catalogue import entry

STEPS = {"Model2": "Model1", "Model3": "Model2"}  # model -> the one before it
ONCE = "Model2"  # the model whose step is scored once per window
SEEDS = range(10)
WINDOW = 3  # tokens read before the scored one: Model1 trains on no more
BS = 64


@dataclass(frozen=True, slots=True)
class Score:
    """One run: a model, the model whose recipe it used, and its accuracy on the same slots."""

    after: str  # the second model of the step that it belongs to
    recipe: str
    model: str
    seed: int
    steps: int  # updates of the weights
    train: float
    valid: float


def write(path: str | Path) -> None:
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
    """Train a model with a model's recipe on the cpu, and score it as the step asks."""
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
