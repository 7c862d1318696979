"""Workers that train runs of one shape as one program (`hnviz.learn.lanes`). Never loads torch."""

from collections.abc import Sequence
from typing import Any

from hnviz.config import RunConfig
from hnviz.engine.pool.engine import PoolError
from hnviz.engine.workers import NICE, Worker, Workers
from hnviz.estimate import Budget, cost, trainer_bytes
from hnviz.models.catalogue import has_lanes
from hnviz.runs import RunFolder

ENTRY = "hnviz.engine.pool.worker:serve"
MOST_ON_CPU, MOST_ON_GPU = 16, 256  # lanes of one program
CARD_BYTES = 2**29  # of a card, used by a process before its first tensor; a guess, not measured
POOLS = 2  # memory is held for the warm-up and for the captured step


class LaneTask:
    """A process that trains some runs."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def done(self) -> bool:
        """Return whether it has ended."""
        return not self.worker.process.is_alive()

    def exception(self) -> BaseException | None:
        """Return an error if the process did not end normally, else None."""
        status = self.worker.process.exitcode
        self.worker.end()
        return RuntimeError(f"it ended with status {status}") if status else None


class LanesExecutor:
    """Starts a process for each group of runs."""

    def __init__(self, n_workers: int, budget: Budget) -> None:
        """`budget` is that of one worker. Raises PoolError."""
        self.n_workers = n_workers
        self._budget = budget
        self._workers = Workers()
        self._started: list[LaneTask] = []
        described = self._described()
        self.has_gpu = "cuda" in described["devices"]
        self._card = float(described["card_bytes"]) / n_workers
        self.most_lanes = MOST_ON_GPU if self.has_gpu else MOST_ON_CPU

    def _described(self) -> dict[str, Any]:
        machine = self._workers.start("hnviz.engine.machine:serve")
        try:
            _, described = machine.pipe.recv()
        except (EOFError, OSError) as error:
            raise PoolError("no process for lanes can start: torch cannot be loaded") from error
        finally:
            machine.end(patience=1.0)
        return dict(described)

    def choose(self, waiting: Sequence[RunConfig]) -> Sequence[int]:
        """Take all runs of the first one's shape that fit into memory."""
        first = waiting[0]
        if first.added or not has_lanes(first.model):
            return [0]
        alike = [i for i, each in enumerate(waiting) if each.shape == first.shape]
        each_needs = cost(first).memory - trainer_bytes()
        on_gpu = self.has_gpu and first.device in ("auto", "cuda")
        most, memory = MOST_ON_CPU, self._budget.memory - trainer_bytes()
        if on_gpu:
            most, memory = MOST_ON_GPU, (self._card - CARD_BYTES) / POOLS
        return alike[: max(1, min(most, int(memory / each_needs)))]

    def submit(self, folders: Sequence[RunFolder]) -> LaneTask:
        """Start a process for these runs."""
        worker = self._workers.start(ENTRY, nice=NICE)
        worker.tell(*(str(folder.path.absolute()) for folder in folders))
        self._started = [task for task in self._started if not task.done()]
        self._started.append(LaneTask(worker))
        return self._started[-1]

    def close(self) -> None:
        """End all processes."""
        for task in self._started:
            task.worker.end()
        self._workers.end()
