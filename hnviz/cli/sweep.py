"""``hnviz sweep``: train many runs that differ in a few settings."""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hnviz.cli.interrupts import loading
from hnviz.cli.parser import CommandError, add_runs_dir, in_range, whole
from hnviz.estimate import Budget, cost

if TYPE_CHECKING:
    from hnviz.config import RunConfig
    from hnviz.engine.client import Engine
    from hnviz.runs import RunStore
    from hnviz.sweeps.keeper import Progress
    from hnviz.sweeps.kept import Sweep

SUMMARY = "train every combination of some settings, or a random draw; the same command goes on"
MOST_WORKERS = 64
AHEAD = 2  # runs that wait next in line, so that no trainer waits for its next run


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the plan, and how many runs train at a time."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a plan in TOML: docs/sweeps.md")
    parser.add_argument(
        "--workers", type=whole, help="runs at a time (default: the cores less one)"
    )
    add_runs_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Train what is left of the plan; return 0 if every run has ended well."""
    from hnviz.engine.scheduler import cores
    from hnviz.sweeps import kept
    from hnviz.sweeps.plan import SweepError, read_plan

    workers = options.workers if options.workers is not None else max(1, cores() - 1)
    in_range("workers", workers, 1, MOST_WORKERS)
    try:
        plan = read_plan(_content(options.file), options.file.stem)
    except SweepError as error:
        raise CommandError(f"{options.file}: {error}") from error

    with loading():
        from hnviz.engine.client import Engine
        from hnviz.runs import RunStore, RunWriteError, default_runs_dir

    runs_dir = options.runs_dir or default_runs_dir()
    _check_budget(plan.configs, workers, runs_dir)
    try:
        sweep = kept.load(runs_dir, plan.id)
    except SweepError:
        sweep = kept.Sweep.of(plan, time.time())
    os.environ["HNVIZ_MAX_TRAINERS"] = str(workers)
    os.environ["HNVIZ_MAX_QUEUE_OF_ONE"] = str(workers + AHEAD)
    os.environ["HNVIZ_MAX_QUEUE"] = str(workers + AHEAD)
    store, engine = RunStore(runs_dir), Engine(runs_dir)
    try:
        kept.save(runs_dir, sweep)
        engine.start()
        return _train(sweep, store, engine, workers)
    except RunWriteError as error:
        raise CommandError(str(error)) from error
    finally:
        engine.close()


def _content(path: Path) -> bytes:
    from hnviz.sweeps.plan import MOST_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _check_budget(configs: "tuple[RunConfig, ...]", workers: int, runs_dir: Path) -> None:
    """Raise CommandError if a run of the plan needs too much; say how long all take."""
    budget = Budget.here(workers, runs_dir, os.environ)
    for config in configs:
        if problem := budget.problem(config):
            raise CommandError(f"a run of {config.model}: {problem}")
    hours = sum(cost(config).hours for config in configs) / workers
    about = f"{60 * hours:.0f} minutes" if hours < 2 else f"{hours:.0f} hours"
    print(f"{len(configs):,} runs, {workers} at a time: about {about}", file=sys.stderr)


def _train(sweep: "Sweep", store: "RunStore", engine: "Engine", workers: int) -> int:
    from hnviz.sweeps.keeper import Keeper

    stopping = threading.Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: stopping.set())
    keeper = Keeper(engine, store, sweep, workers + AHEAD)
    try:
        ended = keeper.run(stopping, _say)
    finally:
        signal.signal(signal.SIGINT, before)
    _table(keeper.sweep, store, ended)
    if ended.is_over:
        return 0
    for index in range(len(ended.statuses)):
        if problem := keeper.problem(index):
            print(f"hnviz: {problem}", file=sys.stderr)
    left = len(ended.statuses) - ended.n_done
    print(f"hnviz: {left:,} runs are not done; the same command goes on", file=sys.stderr)
    return 1


def _say(now: "Progress") -> None:
    training = sum(status == "running" for status in now.statuses)
    print(
        f"{now.n_done:,} of {len(now.statuses):,} runs done, {training} training",
        file=sys.stderr,
        flush=True,
    )


def _table(sweep: "Sweep", store: "RunStore", ended: "Progress") -> None:
    """Print a row for each run: what differs, how it ended, and its last figures."""
    print("\t".join([*sweep.axes, "status", "train_loss", "valid_loss", "accuracy", "run"]))
    for member, status in zip(sweep.members, ended.statuses, strict=True):
        settings = member.config.to_dict()
        varied = [str(settings.get(axis, "")) for axis in sweep.axes]
        figures = ["", "", ""]
        if member.run is not None and status in ("finished", "diverged"):
            epochs = store.record(member.run).epochs
            if epochs:
                last = epochs[-1]
                found = (last.train_loss, last.valid_loss, last.accuracy)
                figures = [f"{each:.6f}" for each in found]
        print("\t".join([*varied, status or "waits", *figures, member.run or ""]))
