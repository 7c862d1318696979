"""Engines of their own, for tests that train."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hnviz.config import RunConfig
from hnviz.engine.client import Engine
from hnviz.engine.pool.worker import train_runs
from hnviz.runs import RunFolder


@contextmanager
def two_trainers(runs_dir: Path) -> Iterator[Engine]:
    """An engine that trains two runs at a time, whatever the machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNVIZ_MAX_TRAINERS", "2")
        engine = Engine(runs_dir)
        yield engine
        engine.close()


def slowed(patch: pytest.MonkeyPatch, engine: Engine, speed: float) -> list[str]:
    """Limit the runs that start from now on to `speed` steps a second; list them as they start."""
    train, runs = engine.train, list[str]()

    def slow(config: RunConfig, viewer: str = "") -> str:
        runs.append(train(config, viewer))
        engine.set_speed(runs[-1], speed)
        return runs[-1]

    patch.setattr(engine, "train", slow)
    return runs


def one_after_the_other(folders: Sequence[RunFolder]) -> None:
    train_runs([str(folder.path) for folder in folders])


@dataclass
class InThread:
    """One worker of a pool, a thread: what a process does without the process."""

    threads: ThreadPoolExecutor
    train: Callable[[Sequence[RunFolder]], None] = one_after_the_other
    n_workers: int = 1

    def choose(self, waiting: Sequence[RunConfig]) -> Sequence[int]:
        return [i for i, each in enumerate(waiting) if each.shape == waiting[0].shape]

    def submit(self, folders: Sequence[RunFolder]) -> Future[None]:
        return self.threads.submit(self.train, folders)

    def close(self) -> None:
        self.threads.shutdown()
