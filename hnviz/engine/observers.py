"""The engine's side of questions: an observer answers them; stuck ones are given up."""

import json
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import psutil

from hnviz.engine.protocol import RUN_ERRORS, EngineError, ErrorKind, HowFar
from hnviz.engine.workers import NICE, Worker, Workers
from hnviz.runs import RunStore, SnapshotNotFound
from hnviz.runs.files import stamp

START_SECONDS = 60.0  # for the observer to import torch
STILL_SECONDS = 30.0  # without processor time: the question is waiting for nothing
STILL_CPU_SECONDS = 0.02  # so little processor time does not count as progress
LOOK_SECONDS = 0.05  # before each look at a question's time: it takes a twentieth of a quick answer

Key = tuple[str, int, str, str, str]


@dataclass(eq=False)
class Question:
    """One question, and all requests that ask it."""

    key: Key
    params: Mapping[str, Any]
    timeout: float  # seconds of processor time without a progress report
    askers: list[int] = field(default_factory=list)  # requests
    ended_one: bool = False  # an observer died while answering it


class Replies(NamedTuple):
    """How an asker receives what becomes of its question."""

    answer: Callable[[int, bytes], None]
    refuse: Callable[[int, EngineError], None]
    tell: Callable[[int, HowFar], None]


@dataclass
class _Taken:
    """The processor time that the observer has used for its question since it last reported."""

    pid: int | None
    begun: float | None = None  # the observer's processor time at the first look, in seconds
    seen: float = 0.0  # the same at the last look that found it grown,
    at: float = 0.0  # and when that was
    looked: float = 0.0  # when the last look was,
    used: float = 0.0  # and what it found

    def restart(self) -> None:
        """Note that the question begins, or makes progress."""
        self.begun, self.used = None, 0.0
        self.at = self.looked = time.monotonic()

    def look(self) -> float:
        """Return the seconds of processor time: on a busy computer, wall time says little."""
        now = time.monotonic()
        if now - self.looked >= LOOK_SECONDS:
            with suppress(psutil.Error):  # it has just ended; its pipe says so
                times = psutil.Process(self.pid).cpu_times()
                self._see(float(times.user + times.system), now)
        return self.used

    def _see(self, seconds: float, now: float) -> None:
        if self.begun is None:
            self.begun = self.seen = seconds
        if seconds - self.seen > STILL_CPU_SECONDS:
            self.seen, self.at = seconds, now
        self.looked, self.used = now, seconds - self.begun


class Questions:
    """Passes questions to the observer one by one; equal questions are answered once."""

    def __init__(
        self,
        store: RunStore,
        workers: Workers,
        replies: Replies,
        *,
        slow: bool = False,
    ) -> None:
        """Start the observer; the one for `slow` questions starts with the first such question."""
        self._store = store
        self._workers = workers
        self._answer, self._refuse, self._tell = replies
        self._waiting: deque[Question] = deque()
        self._current: Question | None = None
        self._worker: Worker | None = None
        self._nice = NICE if slow else 0
        self._started = time.monotonic()
        self.ready = False
        if not slow:
            self._start()

    def _start(self) -> None:
        self._worker = self._workers.start("hnviz.engine.observer:serve", nice=self._nice)
        self._taken = _Taken(self._worker.process.pid)
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
        for question in (self._current, *self._waiting):
            if question and question.key == key:
                question.askers.append(asker)
                return
        timeout = float(request["timeout"])
        self._waiting.append(Question(key, request["params"], timeout, [asker]))
        self._feed()

    def _key(self, request: Mapping[str, Any]) -> Key:
        """Return everything that determines a question's answer."""
        folder = self._store.folder(request["run_id"])
        step = folder.resolve_step(request["step"])
        found = stamp(folder.snapshot_path(step))
        if found is None:  # just deleted by a resume
            raise SnapshotNotFound(f"the run {folder.id} has no snapshot at {step}")
        params = json.dumps(request["params"], sort_keys=True)
        return str(folder.path), step, found, request["question"], params

    def _feed(self) -> None:
        """Give the observer its next question."""
        if self._worker is None:
            self._start()
        if self.ready and self._current is None and self._waiting and self._worker:
            self._current = self._waiting.popleft()
            self._taken.restart()
            *snapshot, name, _ = self._current.key
            self._worker.tell(*snapshot, name, self._current.params)

    def hear(self) -> None:
        """Handle a message from the observer, or its end."""
        if self._worker is None:
            return
        try:
            kind, *values = self._worker.pipe.recv()
        except (EOFError, OSError):
            return self._lost()
        if kind == "progress":
            return self._hear_progress(HowFar(*values))
        question, self._current = self._current, None
        if kind == "ready":
            self.ready = True
        elif question and kind == "answer":
            for asker in question.askers:
                self._answer(asker, values[0])
        elif question:
            self._refuse_all(question, *values)
        self._feed()

    def _hear_progress(self, reached: HowFar) -> None:
        self._taken.restart()
        for asker in self._current.askers if self._current else ():
            self._tell(asker, reached)

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
        else:  # the next one would die as well
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
        """Give up a question without progress, and those whose observer does not start."""
        if self._current and self._is_stuck(self._current):
            limit = f"{self._current.timeout:g} s of this computer's time"
            self._drop(f"it used {limit} without progress; ask for less at once")
            self._end_worker()
            self._start()
        if not self.ready and self._worker and self._starting >= START_SECONDS:
            self._refuse_waiting("this computer is busy and still starting; try again in a moment")

    def _is_stuck(self, question: Question) -> bool:
        taken = self._taken.look()
        return taken >= question.timeout or time.monotonic() - self._taken.at >= STILL_SECONDS

    @property
    def _starting(self) -> float:
        return time.monotonic() - self._started

    def next_deadline(self) -> float:
        """Return the seconds until `tick` is due."""
        if self._current:
            left = min(self._current.timeout - self._taken.look(), STILL_SECONDS)
            return max(LOOK_SECONDS, left)
        if self._waiting and not self.ready:
            return max(0.0, START_SECONDS - self._starting)
        return math.inf

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
