"""Stops runs whose process belongs to no engine, or to another one."""

import math
from collections.abc import Callable

from hnviz.engine.protocol import EngineError
from hnviz.runs import RunStore
from hnviz.runs.stop import Ending, end_writer

LOOK_SECONDS = 0.02

Done = Callable[[EngineError | None], None]
"""Called once a run has stopped, or with the reason why it could not be."""


class Orphans:
    """Ends such processes beside the engine's other work: one may take seconds."""

    def __init__(self, store: RunStore, note_end: Callable[[str], None]) -> None:
        self._store, self._note_end = store, note_end
        self._endings: dict[str, tuple[Ending, list[Done]]] = {}

    def stop(self, run_id: str, done: Done) -> None:
        """Begin to stop a run, and call `done` later. Raises EngineError or RunNotFound."""
        if run_id in self._endings:
            return self._endings[run_id][1].append(done)
        ending = end_writer(self._store.folder(run_id).path)
        if ending is None:
            raise _refused(run_id)
        self._endings[run_id] = ending, [done]

    def tick(self) -> None:
        """See which have ended."""
        for run_id, (ending, waiting) in list(self._endings.items()):
            ended = ending.poll()
            if ended is None:
                continue
            del self._endings[run_id]
            if ended:
                self._note_end(run_id)
            for done in waiting:
                done(None if ended else _refused(run_id))

    def next_deadline(self) -> float:
        """Return the seconds until `tick` is due."""
        return LOOK_SECONDS if self._endings else math.inf


def _refused(run_id: str) -> EngineError:
    return EngineError(f"the run {run_id} cannot be stopped from here", "conflict")
