"""How recorded runs end beside hnviz's own: python -m tests.load.recorded.

The notebook's classes, as they are, are trained and recorded in plain torch, and in fastai 2 where
it is installed. A seed gives the same first weights on each side. The order of the arithmetic
differs, and small differences grow, so single ends cannot be compared. It prints the mean and range
of train_loss, valid_loss and accuracy, and ends with status 1 if the mean of a recorded side is
outside the range of hnviz's own runs.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.events import EpochEnd
from hnviz.learn import fit
from hnviz.models.catalogue import LADDER
from hnviz.runs import RunFolder
from tests.test_callbacks import in_fastai
from tests.test_recording import Loop

FIGURES = ("train_loss", "valid_loss", "accuracy")


def hnviz_s_own(model: str, seed: int) -> EpochEnd:
    """Return the last epoch of hnviz's own run."""
    config = RunConfig.for_model(model, device="cpu", seed=seed)
    return [each for each in fit(config) if isinstance(each, EpochEnd)][-1]


def in_torch(model: str, seed: int) -> EpochEnd:
    """Return the last epoch of a record of the notebook's class in a plain loop."""
    loop = Loop(model, seed)
    with tempfile.TemporaryDirectory() as folder, loop.record(Path(folder)) as rec:
        for _ in range(loop.config.epochs):
            loop.steps(rec)
            loop.test(rec)
        rec.close()
        assert rec.folder is not None and not rec.left_out
        return RunFolder(rec.folder).read().epochs[-1]


def in_fastai_2(model: str, seed: int) -> EpochEnd:
    """Return the last epoch of a record of the notebook's class in fastai 2."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HNVIZ_RUNS_DIR"] = folder
        return in_fastai(model, seed).epochs[-1]


SIDES = {"hnviz": hnviz_s_own, "torch": in_torch, "fastai 2": in_fastai_2}


def ends(side: Callable[[str, int], EpochEnd], model: str, seeds: int) -> NDArray[np.float64]:
    """Return the last figures of some seeds, (seeds, figures)."""
    epochs = [side(model, seed) for seed in range(seeds)]
    return np.array([[getattr(each, name) for name in FIGURES] for each in epochs])


def is_inside(found: NDArray[np.float64], own: NDArray[np.float64]) -> bool:
    """Return whether the mean of each figure is in the range of hnviz's own runs."""
    mean = found.mean(axis=0)
    return bool(((own.min(axis=0) <= mean) & (mean <= own.max(axis=0))).all())


def written(found: NDArray[np.float64]) -> str:
    """Write the mean and the range of each figure."""
    columns: Sequence[NDArray[np.float64]] = found.T
    return "; ".join(f"{each.mean():.3f} [{each.min():.3f}, {each.max():.3f}]" for each in columns)


def main() -> int:
    """Print a row for each network and side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=LADDER, metavar="model")
    parser.add_argument("--seeds", type=int, default=10, help="of hnviz's own runs")
    parser.add_argument("--recorded", type=int, default=5, help="seeds of the other sides")
    args = parser.parse_args()
    torch.set_num_threads(1)
    sides = dict(SIDES)
    if importlib.util.find_spec("fastai") is None:
        del sides["fastai 2"]
    missed = False
    for model in args.models:
        own = ends(sides["hnviz"], model, args.seeds)
        for name, side in sides.items():
            found = own if name == "hnviz" else ends(side, model, args.recorded)
            missed |= not is_inside(found, own)
            print(f"{model} {name}, {len(found)} seeds: {written(found)}", flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
