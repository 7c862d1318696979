"""How runs end in the browser's engine and in torch, over seeds: ``python -m tests.load.seeds``.

It is for models whose end is chaotic: a rounding changes it, so single runs cannot be compared.
Both engines train a run of each seed, from the same first weights; node stands for a browser. Exits
with 1 if 0 is outside the 95 % interval of a model's mean difference of the last valid accuracy.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from hnviz.config import RunConfig
from hnviz.events import Ended, EpochEnd
from hnviz.runs.events import decode
from tests.browser_engine import Subject, answers, recipe

CHAOTIC = ("Model3", "LSTM", "Model3BN", "IRNN", "Transformer")


def last_accuracy(events: Iterable[Any]) -> float:
    """Return the last valid accuracy of a run; NaN if it did not finish."""
    accuracy = float("nan")
    for event in events:
        if isinstance(event, EpochEnd):
            accuracy = event.accuracy
        if isinstance(event, Ended) and event.status != "finished":
            return float("nan")
    return accuracy


def ends(configs: list[RunConfig], folder: Path) -> NDArray[np.float64]:
    """Train each config in both engines; return the last accuracies, (n, 2), torch's first."""
    found = []
    for config in configs:
        run = Subject.of(config, folder)
        (told,) = answers([run.asking(train={})], folder)
        mine = (decode(json.dumps(event).encode()) for event in told["train"]["events"])
        found.append((last_accuracy(run.learner().events()), last_accuracy(mine)))
    return np.array(found)


def row(model: str, found: NDArray[np.float64]) -> tuple[str, bool]:
    """Say what the accuracies show; and whether 0 is inside the interval of their difference."""
    whole = found[~np.isnan(found).any(axis=1)]
    less = f", {len(found) - len(whole)} left out that did not finish" * (len(whole) < len(found))
    if len(whole) < 2:
        return f"{model:12}{len(whole)} seeds finished in both engines{less}", False
    theirs, mine = whole.mean(axis=0)
    spread = whole.std(axis=0, ddof=1)
    apart = np.std(whole[:, 1] - whole[:, 0], ddof=1)
    half = stats.t.ppf(0.975, len(whole) - 1) * apart / np.sqrt(len(whole))
    low, high = mine - theirs - half, mine - theirs + half
    said = (
        f"{model:12}torch {theirs:.4f} (sd {spread[0]:.4f}), here {mine:.4f} (sd {spread[1]:.4f}): "
        f"{mine - theirs:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}, {len(whole)} seeds{less}"
    )
    return said, bool(low <= 0 <= high)


def main() -> int:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=CHAOTIC, metavar="model")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--epochs", type=int, help="of each run; by default the recipe's")
    given = parser.parse_args()
    torch.set_num_threads(1)
    missed = False
    for model in given.models:
        config = recipe(model)
        config = replace(config, epochs=given.epochs or config.epochs)
        with tempfile.TemporaryDirectory() as folder:
            found = ends([replace(config, seed=seed) for seed in range(given.seeds)], Path(folder))
        said, is_same = row(model, found)
        missed |= not is_same
        print(said, flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
