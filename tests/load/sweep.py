"""A sweep against the sum of its runs' times alone: ``python -m tests.load.sweep``.

Trains every run of a plan alone, one after the other, then the plan as a sweep with 1 and with 2
workers, then the runs alone again: the machine may have become slower meanwhile. A run's time is
from the order to train it until the engine has it no more. With w workers a sweep may take
1.1 times the sum of these times divided by w. Run it on a quiet machine with as many cores.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hnviz.config import RunConfig
from hnviz.engine.client import Engine
from hnviz.runs import RunStore
from hnviz.sweeps.plan import Plan, make_plan
from hnviz.sweeps.runner import Backend, SweepRunner, duration
from hnviz.sweeps.store import Sweep

MOST = 1.1  # times the sum of the single runs' times, divided by the workers
AHEAD = 2  # runs next in line, as the command and the page have
LOOK = 0.002  # seconds
GRID = {"bptt": [3, 10, 20, 70], "lr": [1e-3, 1e-2, 1e-1]}


@dataclass(frozen=True)
class Alone:
    """Runs, one after the other."""

    seconds: float  # with an engine that has started
    training: float  # of them in the passes over train and valid

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, {self.training:.2f} s of them in training"


def plan_of(n_runs: int, epochs: int) -> Plan:
    seeds = list(range(max(1, n_runs // 12)))
    return make_plan("load", {"model": "Model1", "epochs": epochs}, GRID | {"seed": seeds})


@contextmanager
def engine_with(n_workers: int, folder: Path) -> Iterator[tuple[Engine, RunStore]]:
    """An engine that has started, and has trained a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNVIZ_MAX_TRAINERS", str(n_workers))
        engine, store = Engine(folder), RunStore(folder)
        try:
            engine.info()
            train_alone(engine, RunConfig.for_model("Model1", epochs=1, nh=8))
            yield engine, store
        finally:
            engine.close()


def train_alone(engine: Engine, config: RunConfig) -> tuple[str, float]:
    """Train a run; return its id and how long it took."""
    begun = time.perf_counter()
    run = engine.train(config)
    while engine.job(run) is not None:
        time.sleep(LOOK)
    return run, time.perf_counter() - begun


def alone(plan: Plan) -> Alone:
    with tempfile.TemporaryDirectory() as folder, engine_with(1, Path(folder)) as (engine, store):
        done = [train_alone(engine, config) for config in plan.configs]
        epochs = [epoch for run, _ in done for epoch in store.record(run).epochs]
        return Alone(sum(taken for _, taken in done), sum(each.seconds for each in epochs))


def as_sweep(plan: Plan, n_workers: int) -> tuple[float, str]:
    """Train a plan; return how long it took, and what was said before."""
    with (
        tempfile.TemporaryDirectory() as folder,
        engine_with(n_workers, Path(folder)) as (engine, store),
    ):
        said = str(duration(plan.configs, n_workers, engine))
        runner = SweepRunner(Backend(engine, n_workers + AHEAD), store, Sweep.of(plan, 1.0))
        begun = time.perf_counter()
        if not runner.run(threading.Event()).is_over:
            raise RuntimeError("some runs were not done")
        return time.perf_counter() - begun, said


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load.sweep", description=__doc__)
    parser.add_argument("--runs", type=int, default=48, help="a multiple of 12")
    parser.add_argument("--epochs", type=int, default=4, help="of each run of Model1")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args()
    plan = plan_of(given.runs, given.epochs)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{len(plan.configs)} runs of Model1; load before: {load:.2f}", flush=True)
    before = alone(plan)
    print(f"alone, before: {before}", flush=True)
    sweeps = {n_workers: as_sweep(plan, n_workers) for n_workers in given.workers}
    after = alone(plan)
    print(f"alone, after: {after}")
    total, kept = (before.seconds + after.seconds) / 2, True
    found = {"alone": [before.seconds, after.seconds], "training": before.training}
    for n_workers, (taken, said) in sweeps.items():
        ratio = taken * n_workers / total
        kept &= ratio <= MOST
        found[f"with {n_workers}"], found[f"ratio with {n_workers}"] = taken, ratio
        print(
            f"with {n_workers} worker(s): {taken:6.2f} s, {ratio:.3f} times the sum / {n_workers}; "
            f"at most {MOST:g}{'' if ratio <= MOST else ': MISSED'}; foretold: {said}"
        )
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
