"""The engine's side of observing: one warm process, cached answers, time limits."""

import json
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from hnviz.engine.protocol import RUN_ERRORS, EngineError, ErrorKind
from hnviz.engine.workers import Worker, Workers
from hnviz.runs import RunStore, SnapshotNotFound

KEPT_BYTES = 64 * 2**20  # of cached answers
LARGEST_KEPT = 8 * 2**20  # bytes of the largest answer that is cached
START_SECONDS = 60.0  # for the observer to import torch

Key = tuple[str, int, str, str, str]


@dataclass(eq=False)
class Question:
    """One question, and all requests that ask it."""

    key: Key
    params: Mapping[str, Any]
    timeout: float  # seconds, first for waiting, then for answering
    since: float  # when it was asked; once the observer has it, when that was
    askers: list[int] = field(default_factory=list)  # requests
    ended_one: bool = False  # an observer died while it answered this


class Questions:
    """Passes questions to the observer one by one; equal questions are answered once."""

    def __init__(
        self,
        store: RunStore,
        workers: Workers,
        answer: Callable[[int, bytes], None],
        refuse: Callable[[int, EngineError], None],
        *,
        slow: bool = False,
    ) -> None:
        """Start the observer; one for `slow` questions starts with the first such question."""
        self._store = store
        self._workers = workers
        self._answer, self._refuse = answer, refuse
        self._waiting: deque[Question] = deque()
        self._current: Question | None = None
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._kept_bytes = 0
        self._worker: Worker | None = None
        self._entry = f"hnviz.engine.observer:{'serve_slowly' if slow else 'serve'}"
        self._started = time.monotonic()
        self.ready = False
        if not slow:
            self._start()

    def _start(self) -> None:
        self._worker = self._workers.start(self._entry)
        self._started = time.monotonic()
        self.ready = False

    @property
    def pipe(self) -> Connection | None:
        """The pipe from the observer."""
        return self._worker.pipe if self._worker else None

    def ask(self, asker: int, request: Mapping[str, Any]) -> None:
        """Accept a question; its answer or refusal goes to `asker`, now or later."""
        try:
            key = self._key(request)
        except tuple(RUN_ERRORS) as error:
            return self._refuse(asker, EngineError(str(error), RUN_ERRORS[type(error)]))
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._answer(asker, self._kept[key])
        for question in (self._current, *self._waiting):
            if question and question.key == key:
                question.askers.append(asker)
                return
        now, timeout = time.monotonic(), float(request["timeout"])
        self._waiting.append(Question(key, request["params"], timeout, now, [asker]))
        self._feed()

    def _key(self, request: Mapping[str, Any]) -> Key:
        """Return everything that determines a question's answer."""
        folder = self._store.folder(request["run_id"])
        step = folder.resolve_step(request["step"])
        try:
            status = folder.snapshot_path(step).stat()
        except FileNotFoundError:  # just deleted by a resume
            raise SnapshotNotFound(f"the run {folder.id} has no snapshot at {step}") from None
        stamp = f"{status.st_mtime_ns} {status.st_size}"
        params = json.dumps(request["params"], sort_keys=True)
        return str(folder.path), step, stamp, request["question"], params

    def _feed(self) -> None:
        """Give the observer its next question."""
        if self._worker is None:
            self._start()
        if self.ready and self._current is None and self._waiting and self._worker:
            self._current = self._waiting.popleft()
            self._current.since = time.monotonic()
            path, step, stamp, name, _ = self._current.key
            self._worker.tell(path, step, stamp, name, self._current.params)

    def hear(self) -> None:
        """Handle a message from the observer, or its end."""
        if self._worker is None:
            return
        try:
            kind, *values = self._worker.pipe.recv()
        except (EOFError, OSError):
            return self._lost()
        question, self._current = self._current, None
        if kind == "ready":
            self.ready = True
        elif question and kind == "answer":
            self._keep(question.key, values[0])
            for asker in question.askers:
                self._answer(asker, values[0])
        elif question:
            self._refuse_all(question, *values)
        self._feed()

    def _keep(self, key: Key, content: bytes) -> None:
        if len(content) > LARGEST_KEPT:
            return
        self._kept[key] = content
        self._kept_bytes += len(content)
        while self._kept_bytes > KEPT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= len(dropped)

    def _lost(self) -> None:
        """Restart an observer that died, and repeat its question, but only once."""
        question, could_start = self._current, self.ready
        if question and question.ended_one:
            self._drop("it crashed the observer twice")
        elif question:
            question.ended_one = True
            self._waiting.appendleft(question)
        self._end_worker()
        if could_start:
            self._start()
        else:  # the next one would die too
            self._refuse_waiting("the observer cannot start; engine.log says why")

    def _drop(self, reason: str) -> None:
        """Refuse the question that the observer is working on."""
        if self._current:
            self._refuse_all(
                self._current, f"the question {self._current.key[3]!r} was given up: {reason}"
            )

    def _end_worker(self) -> None:
        self._current = None
        if self._worker:
            self._worker.end()
            self._worker = None

    def tick(self) -> None:
        """Give up questions that take too long."""
        now = time.monotonic()
        if self._current and now - self._current.since >= self._current.timeout:
            self._drop(f"it took longer than {self._current.timeout:g} s; ask for less at once")
            self._end_worker()
            self._start()
        if self.ready:
            for question in [each for each in self._waiting if now - each.since >= each.timeout]:
                self._waiting.remove(question)
                self._refuse_all(question, "the observer is busy; ask again in a moment", "busy")
        elif self._worker and now - self._started >= START_SECONDS:
            self._refuse_waiting(f"the observer did not start within {START_SECONDS:g} s")

    def next_deadline(self) -> float:
        """Return the seconds until `tick` is due."""
        questions = [self._current, *self._waiting] if self.ready else []
        ends = [each.since + each.timeout for each in questions if each]
        if self._waiting and not self.ready:
            ends.append(self._started + START_SECONDS)
        return max(0.0, min(ends, default=math.inf) - time.monotonic())

    def end(self) -> None:
        """End the observer."""
        if self._worker:
            self._worker.end()

    def _refuse_waiting(self, sentence: str) -> None:
        while self._waiting:
            self._refuse_all(self._waiting.popleft(), sentence)

    def _refuse_all(
        self, question: Question, sentence: str, kind: ErrorKind = "unavailable"
    ) -> None:
        for asker in question.askers:
            self._refuse(asker, EngineError(sentence, kind))
