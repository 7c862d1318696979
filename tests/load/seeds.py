"""Compare how runs end in the browser's engine and in torch: ``python -m tests.load.seeds``.

This is for chaotic models: a rounding error changes how a run ends, so single runs cannot be
compared. Both engines train one run per seed, from the same first weights; the browser's engine
runs in node. Exits with 1 if 0 is outside the 95 % interval of a model's mean difference in the
last valid accuracy. With --kept FILE, each seed's accuracies are appended to a file, and a second
start does not train them again.
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


def end(config: RunConfig) -> tuple[float, float]:
    """Train a config in both engines; return the last accuracies, torch's first."""
    with tempfile.TemporaryDirectory() as folder:
        run = Subject.of(config, Path(folder))
        (answer,) = answers([run.asking(train={})], run.folder)
    events = (decode(json.dumps(event).encode()) for event in answer["train"]["events"])
    return last_accuracy(run.learner().events()), last_accuracy(events)


def ends(configs: list[RunConfig], kept: Path | None = None) -> NDArray[np.float64]:
    """Return the last accuracies of each config in both engines, (n, 2), torch's first.

    Each line of `kept` is a config and its accuracies. Configs in it are not trained again.
    """
    lines = kept.read_text().splitlines() if kept and kept.exists() else []
    known = {json.dumps(config): found for config, found in map(json.loads, lines)}
    for config in configs:
        settings = json.dumps(config.to_dict())
        if settings in known:
            continue
        known[settings] = end(config)
        if kept:
            with kept.open("a") as file:
                file.write(f"[{settings}, {json.dumps(known[settings])}]\n")
    return np.array([known[json.dumps(config.to_dict())] for config in configs])


def row(model: str, accuracies: NDArray[np.float64]) -> tuple[str, bool]:
    """Return a line of text, and whether 0 is in the interval of the mean difference."""
    finished = accuracies[~np.isnan(accuracies).any(axis=1)]
    n = len(finished)
    left_out = f", {len(accuracies) - n} left out as unfinished" * (n < len(accuracies))
    if n < 2:
        return f"{model:12}{n} seeds finished in both engines{left_out}", False
    torchs, ours = finished.mean(axis=0)
    spread = finished.std(axis=0, ddof=1)
    deviation = np.std(finished[:, 1] - finished[:, 0], ddof=1)
    half = stats.t.ppf(0.975, n - 1) * deviation / np.sqrt(n)
    low, high = ours - torchs - half, ours - torchs + half
    line = (
        f"{model:12}torch {torchs:.4f} (sd {spread[0]:.4f}), here {ours:.4f} (sd {spread[1]:.4f}): "
        f"{ours - torchs:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}, {n} seeds{left_out}"
    )
    return line, bool(low <= 0 <= high)


def main() -> int:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=CHAOTIC, metavar="model")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--epochs", type=int, help="of each run; default: the recipe's")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="of accuracies, to go on from")
    args = parser.parse_args()
    torch.set_num_threads(1)
    missed = False
    for model in args.models:
        config = recipe(model)
        config = replace(config, epochs=args.epochs or config.epochs)
        accuracies = ends([replace(config, seed=s) for s in range(args.seeds)], args.kept)
        line, is_same = row(model, accuracies)
        missed |= not is_same
        print(line, flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
