"""``hnviz sweep``: train many runs that differ in a few settings."""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hnviz.cli.parser import CommandError, add_runs_dir, in_range, whole
from hnviz.cli.training import loading
from hnviz.estimate import Budget

if TYPE_CHECKING:
    from hnviz.config import RunConfig
    from hnviz.engine.pool.engine import Executor, PoolEngine
    from hnviz.runs import RunStore
    from hnviz.sweeps.runner import Backend, Progress, SweepRunner
    from hnviz.sweeps.store import Sweep

MAX_WORKERS = 64
AHEAD = 2  # runs queued ahead, so that no trainer waits for its next run
WAITING = 8  # runs held ready for each worker's next task


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the plan, where to train it, and how many runs to train at a time."""
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
    """Train the rest of the plan; return 0 if every run has ended well."""
    from hnviz.sweeps.plan import SweepError, read_plan

    workers = options.workers
    if workers is not None:
        workers = in_range("workers", workers, 1, MAX_WORKERS)
    try:
        plan = read_plan(_content(options.file), options.file.stem)
    except SweepError as error:
        raise CommandError(f"{options.file}: {error}") from error

    with loading():
        from hnviz.engine.pool.engine import PoolError
        from hnviz.runs import RunStore, RunWriteError, default_runs_dir
        from hnviz.sweeps.runner import SweepRunner
        from hnviz.sweeps.store import Sweep, SweepStore

    runs_dir = options.runs_dir or default_runs_dir()
    try:
        store = RunStore(runs_dir)
        with contextmanager(ENGINES[options.engine])(store, workers) as backend:
            _check_budget(plan.configs, backend.n_here, runs_dir)
            sweeps = SweepStore(runs_dir)
            try:
                sweep = sweeps.load(plan.id).resumed()
            except SweepError:
                sweep = Sweep.of(plan, time.time())
            sweeps.save(sweep)
            runner = SweepRunner(backend, store, sweep)
            ended = _train(runner, backend)
    except (RunWriteError, PoolError) as error:
        raise CommandError(str(error)) from error
    return _report(runner, store, ended)


def _content(path: Path) -> bytes:
    from hnviz.sweeps.plan import MAX_PLAN_BYTES

    try:
        with path.open("rb") as file:
            return file.read(MAX_PLAN_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _check_budget(configs: "tuple[RunConfig, ...]", workers: int, runs_dir: Path) -> None:
    """Raise CommandError if a run of the plan needs too much."""
    budget = Budget.here(workers, runs_dir, os.environ)
    for config in configs:
        if problem := budget.problem(config):
            raise CommandError(f"a run of {config.model}: {problem}")


def _train(runner: "SweepRunner", backend: "Backend") -> "Progress":
    """Train until all is done, or Ctrl-C."""
    stopping = threading.Event()
    before = signal.signal(signal.SIGINT, lambda number, frame: stopping.set())
    try:
        _print_estimate(runner, backend)
        return runner.run(stopping, _ProgressPrinter())
    finally:
        signal.signal(signal.SIGINT, before)


def _report(runner: "SweepRunner", store: "RunStore", ended: "Progress") -> int:
    """Print a row per run, and why some are not done; return the exit status."""
    _table(runner.sweep, store, ended)
    if ended.is_over:
        return 0
    for problem in dict.fromkeys(filter(None, map(runner.failure, range(len(ended.statuses))))):
        print(f"hnviz: {problem}", file=sys.stderr)
    left = len(ended.statuses) - ended.n_done
    print(f"hnviz: {left:,} runs are not done; the same command goes on", file=sys.stderr)
    return 1


def _print_estimate(runner: "SweepRunner", backend: "Backend") -> None:
    """Print how many runs are left, and about how long this machine needs for them now."""
    from hnviz.sweeps.runner import DONE, duration

    members = zip(runner.sweep.members, runner.progress().statuses, strict=True)
    left = [member.config for member, status in members if status not in DONE]
    line = f"{len(left):,} runs, {backend.n_workers} at a time"
    if backend.name != "local":
        line = f"{len(left):,} runs on {backend.n_workers} workers of {backend.name}"
    if backend.stopwatch is not None and left:
        line += f": {duration(left, backend.n_workers, backend.stopwatch)}"
    print(line, file=sys.stderr, flush=True)


class _ProgressPrinter:
    """Prints the progress of a sweep after each change."""

    def __init__(self) -> None:
        self._line = ""

    def __call__(self, now: "Progress") -> None:
        training = sum(status == "running" for status in now.statuses)
        line = f"{now.n_done:,} of {len(now.statuses):,} runs done, {training} training"
        if line != self._line:
            self._line = line
            print(line, file=sys.stderr, flush=True)


def _table(sweep: "Sweep", store: "RunStore", ended: "Progress") -> None:
    """Print a row per run: its settings that differ, how it ended, and its last figures."""
    print("\t".join([*sweep.axes, "status", "train_loss", "valid_loss", "accuracy", "run"]))
    for member, status in zip(sweep.members, ended.statuses, strict=True):
        settings = asdict(member.config)
        varied = [str(settings.get(axis, "")) for axis in sweep.axes]
        figures = ["", "", ""]
        if member.run is not None and status in ("finished", "diverged"):
            epochs = store.record(member.run).epochs
            if epochs:
                last = epochs[-1]
                found = (last.train_loss, last.valid_loss, last.accuracy)
                figures = [f"{each:.6f}" for each in found]
        print("\t".join([*varied, status or "waits", *figures, member.run or ""]))


# The engines


def _local(store: "RunStore", n_workers: int | None) -> "Iterator[Backend]":
    """Trainers on this machine, one for each run."""
    from hnviz.engine.client import Engine
    from hnviz.sweeps.runner import Backend

    workers = n_workers or _spare_cores()
    os.environ["HNVIZ_MAX_TRAINERS"] = str(workers)
    os.environ["HNVIZ_MAX_QUEUE_OF_ONE"] = str(workers + AHEAD)
    os.environ["HNVIZ_MAX_QUEUE"] = str(workers + AHEAD)
    engine = Engine(store.root)
    try:
        yield Backend(engine, workers + AHEAD, n_workers=workers, n_here=workers, stopwatch=engine)
    finally:
        engine.close()


def _ray(store: "RunStore", n_workers: int | None) -> "Iterator[Backend]":
    """Tasks of many runs each, on a Ray cluster or on a local Ray."""
    from hnviz.engine.pool.ray import RayExecutor, names_a_cluster
    from hnviz.sweeps.runner import Backend

    elsewhere = names_a_cluster()
    executor = RayExecutor(n_workers or (None if elsewhere else _spare_cores()))
    workers = executor.n_workers
    with _pool(store, executor) as engine:
        yield Backend(
            *(engine, WAITING * workers, engine.tend),
            name="ray",
            n_workers=workers,
            n_here=1 if elsewhere else workers,
        )


def _lanes(store: "RunStore", n_workers: int | None) -> "Iterator[Backend]":
    """Processes that train the runs of one shape as one program."""
    from hnviz.engine.pool.lanes import LanesExecutor
    from hnviz.sweeps.runner import Backend

    workers = n_workers or 1
    executor = LanesExecutor(workers, Budget.here(workers, store.root, os.environ))
    if not executor.has_gpu:
        line = "without a GPU, --engine local is faster: four runs took a third of the time"
        print(f"hnviz: {line}", file=sys.stderr)
    with _pool(store, executor) as engine:
        yield Backend(
            *(engine, 2 * executor.most_lanes * workers, engine.tend),
            group=lambda config: repr(config.shape),
            name="lanes",
            n_workers=workers,
            n_here=workers,
        )


@contextmanager
def _pool(store: "RunStore", executor: "Executor") -> "Iterator[PoolEngine]":
    from hnviz.engine.pool.engine import PoolEngine

    engine = PoolEngine(store, executor)
    try:
        yield engine
    finally:
        engine.close()


def _spare_cores() -> int:
    from hnviz.engine.scheduler import cores

    return max(1, cores() - 1)


ENGINES: dict[str, "Callable[[RunStore, int | None], Iterator[Backend]]"] = {
    "local": _local,
    "ray": _ray,
    "lanes": _lanes,
}


COMMANDS = {"sweep": (add_options, run)}
