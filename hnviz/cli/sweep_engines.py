"""The engines of ``hnviz sweep``: where the runs of a sweep train."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hnviz.estimate import Budget

if TYPE_CHECKING:
    from hnviz.engine.client import Engine
    from hnviz.engine.pool.engine import Executor, PoolEngine
    from hnviz.runs import RunStore
    from hnviz.sweeps.keeper import Supply, SweepEngine

AHEAD = 2  # runs that wait next in line, so that no trainer waits for its next run
WAITING = 8  # runs for each worker of a pool that are ready for its next task


@dataclass(frozen=True, slots=True)
class Chosen:
    """An engine that is ready."""

    name: str
    engine: "SweepEngine"
    supply: "Supply"
    n_workers: int
    n_here: int  # of the workers, on this machine
    clock: "Engine | None" = None  # what times steps for an estimate


Open = Callable[["RunStore", int | None], Iterator[Chosen]]


def _local(store: "RunStore", n_workers: int | None) -> Iterator[Chosen]:
    """Trainers on this machine, one for each run."""
    from hnviz.engine.client import Engine
    from hnviz.sweeps.keeper import Supply

    workers = n_workers or _spare_cores()
    os.environ["HNVIZ_MAX_TRAINERS"] = str(workers)
    os.environ["HNVIZ_MAX_QUEUE_OF_ONE"] = str(workers + AHEAD)
    os.environ["HNVIZ_MAX_QUEUE"] = str(workers + AHEAD)
    engine = Engine(store.root)
    try:
        yield Chosen("local", engine, Supply(workers + AHEAD), workers, workers, engine)
    finally:
        engine.close()


def _ray(store: "RunStore", n_workers: int | None) -> Iterator[Chosen]:
    """Tasks of many runs each, on a Ray cluster or a Ray on this machine."""
    from hnviz.engine.pool.ray import RayExecutor, names_a_cluster
    from hnviz.sweeps.keeper import Supply

    elsewhere = names_a_cluster()
    executor = RayExecutor(n_workers or (None if elsewhere else _spare_cores()))
    with _pooled(store, executor) as engine:
        supply = Supply(WAITING * executor.n_workers, engine.tend)
        n_here = 1 if elsewhere else executor.n_workers
        yield Chosen("ray", engine, supply, executor.n_workers, n_here)


def _lanes(store: "RunStore", n_workers: int | None) -> Iterator[Chosen]:
    """Processes that train the runs of one shape as one program."""
    from hnviz.engine.pool.lanes import LanesExecutor
    from hnviz.sweeps.keeper import Supply

    workers = n_workers or 1
    executor = LanesExecutor(workers, Budget.here(workers, store.root, os.environ))
    if not executor.has_gpu:
        said = "without a GPU, --engine local is faster: four runs took a third of the time"
        print(f"hnviz: {said}", file=sys.stderr)
    with _pooled(store, executor) as engine:
        at_once = 2 * executor.most_lanes * workers
        supply = Supply(at_once, engine.tend, lambda config: repr(config.shape))
        yield Chosen("lanes", engine, supply, workers, workers)


@contextmanager
def _pooled(store: "RunStore", executor: "Executor") -> Iterator["PoolEngine"]:
    from hnviz.engine.pool.engine import PoolEngine

    engine = PoolEngine(store, executor)
    try:
        yield engine
    finally:
        engine.close()


def _spare_cores() -> int:
    from hnviz.engine.scheduler import cores

    return max(1, cores() - 1)


ENGINES: dict[str, Open] = {"local": _local, "ray": _ray, "lanes": _lanes}


@contextmanager
def opened(name: str, store: "RunStore", n_workers: int | None) -> Iterator[Chosen]:
    """Open an engine, and close it at the end. Raises PoolError."""
    yield from ENGINES[name](store, n_workers)
