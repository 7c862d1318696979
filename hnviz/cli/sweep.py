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
from hnviz.cli.sweep_engines import ENGINES, Chosen, opened
from hnviz.estimate import Budget

if TYPE_CHECKING:
    from hnviz.config import RunConfig
    from hnviz.runs import RunStore
    from hnviz.sweeps.keeper import Keeper, Progress
    from hnviz.sweeps.kept import Sweep

SUMMARY = "train every combination of some settings, or a random draw; the same command goes on"
MOST_WORKERS = 64


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the plan, where it trains, and how many runs train at a time."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a plan in TOML: docs/sweeps.md")
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default="local",
        help="local: trainers on this machine (the default); ray: tasks on the cluster at "
        "$RAY_ADDRESS, or on a Ray of its own; lanes: runs of one shape as one program",
    )
    parser.add_argument(
        "--workers",
        type=whole,
        help="runs at a time, or tasks of many runs (default: the cores less one; with a cluster, "
        "its cores; with lanes, 1)",
    )
    add_runs_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Train what is left of the plan; return 0 if every run has ended well."""
    from hnviz.sweeps.plan import SweepError, read_plan

    workers = options.workers
    if workers is not None:
        workers = in_range("workers", workers, 1, MOST_WORKERS)
    try:
        plan = read_plan(_content(options.file), options.file.stem)
    except SweepError as error:
        raise CommandError(f"{options.file}: {error}") from error

    with loading():
        from hnviz.engine.pool.engine import PoolError
        from hnviz.runs import RunStore, RunWriteError, default_runs_dir
        from hnviz.sweeps import kept
        from hnviz.sweeps.keeper import Keeper

    runs_dir = options.runs_dir or default_runs_dir()
    try:
        store = RunStore(runs_dir)
        with opened(options.engine, store, workers) as chosen:
            _check_budget(plan.configs, chosen.n_here, runs_dir)
            try:
                sweep = kept.load(runs_dir, plan.id).fresh()
            except SweepError:
                sweep = kept.Sweep.of(plan, time.time())
            kept.save(runs_dir, sweep)
            keeper = Keeper(chosen.engine, store, sweep, chosen.supply)
            ended = _train(keeper, chosen)
    except (RunWriteError, PoolError) as error:
        raise CommandError(str(error)) from error
    return _report(keeper, store, ended)


def _content(path: Path) -> bytes:
    from hnviz.sweeps.plan import MOST_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _check_budget(configs: "tuple[RunConfig, ...]", workers: int, runs_dir: Path) -> None:
    """Raise CommandError if a run of the plan needs too much."""
    budget = Budget.here(workers, runs_dir, os.environ)
    for config in configs:
        if problem := budget.problem(config):
            raise CommandError(f"a run of {config.model}: {problem}")


def _train(keeper: "Keeper", chosen: Chosen) -> "Progress":
    """Train until all is done, or Ctrl-C."""
    stopping = threading.Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: stopping.set())
    try:
        _foretell(keeper, chosen)
        return keeper.run(stopping, _Teller())
    finally:
        signal.signal(signal.SIGINT, before)


def _report(keeper: "Keeper", store: "RunStore", ended: "Progress") -> int:
    """Print a row for each run, and why some are not done; return the exit status."""
    _table(keeper.sweep, store, ended)
    if ended.is_over:
        return 0
    for problem in dict.fromkeys(filter(None, map(keeper.failure, range(len(ended.statuses))))):
        print(f"hnviz: {problem}", file=sys.stderr)
    left = len(ended.statuses) - ended.n_done
    print(f"hnviz: {left:,} runs are not done; the same command goes on", file=sys.stderr)
    return 1


def _foretell(keeper: "Keeper", chosen: Chosen) -> None:
    """Say how many runs are left, and about how long they take on this machine as it is now."""
    from hnviz.sweeps.duration import duration
    from hnviz.sweeps.keeper import DONE

    members = zip(keeper.sweep.members, keeper.progress().statuses, strict=True)
    left = [member.config for member, status in members if status not in DONE]
    said = f"{len(left):,} runs, {chosen.n_workers} at a time"
    if chosen.name != "local":
        said = f"{len(left):,} runs on {chosen.n_workers} workers of {chosen.name}"
    if chosen.clock is not None and left:
        said += f": {duration(left, chosen.n_workers, chosen.clock)}"
    print(said, file=sys.stderr, flush=True)


class _Teller:
    """Says how far a sweep is, each time that changes."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, now: "Progress") -> None:
        training = sum(status == "running" for status in now.statuses)
        said = f"{now.n_done:,} of {len(now.statuses):,} runs done, {training} training"
        if said != self._said:
            self._said = said
            print(said, file=sys.stderr, flush=True)


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
