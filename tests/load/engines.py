"""Milliseconds a step of the engine in the browser beside torch: ``python -m tests.load.engines``.

Both train each model's recipe on one thread, in turns, so that what else the machine does meets
both. Node stands for a browser. Exits with 1 if a model of the notebook takes too long.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from hnviz.browser.form import IN_BROWSER
from hnviz.events import BatchEnd
from hnviz.learn import Learner
from hnviz.models.catalogue import LADDER
from tests.browser_engine import Subject, recipe

MOST = 1.5  # times torch, for the notebook's models: the promise
QUARTER = 25  # the percentile that is compared: slower steps shared their core


def torchs(learner: Learner, n: int) -> list[float]:
    """Time the first n steps, in ms."""
    found: list[float] = []
    events = learner.events()
    while len(found) < n:
        begun = time.perf_counter()
        event = next(events)
        if isinstance(event, BatchEnd):
            found.append(1000 * (time.perf_counter() - begun))
    return found


def measure(model: str, rounds: int, n: int) -> tuple[float, float]:
    """Return both engines' ms a step, torch's first: a quarter of the steps took less."""
    mine: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        run = Subject.of(recipe(model), Path(folder))
        for _ in range(rounds):
            theirs += torchs(run.learner(), n)
            mine += run.ask(time=n)["time"]
    return float(np.percentile(theirs, QUARTER)), float(np.percentile(mine, QUARTER))


def main() -> int:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=IN_BROWSER, metavar="model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60, help="of each engine, in each round")
    given = parser.parse_args()
    torch.set_num_threads(1)
    missed = False
    for model in given.models:
        theirs, mine = measure(model, given.rounds, given.steps)
        missed |= model in LADDER and mine > MOST * theirs
        times = mine / theirs
        print(
            f"{model:12}torch {theirs:6.2f} ms, here {mine:6.2f} ms: {times:.2f} times", flush=True
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
