"""Queues for slow work, each with a few threads; equal requests are answered once."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from hnviz.web.views import Refusal

Work = Callable[[], Any]


class BusyError(Refusal):
    """The queue is full."""

    def __init__(self) -> None:
        super().__init__("the server is busy; ask again in a second", 429)


class Lane:
    """A few threads that work through a queue in order. A full queue refuses at once."""

    def __init__(self, threads: int, longest: int) -> None:
        self._most_threads, self._longest = threads, longest
        self._waiting: deque[tuple[Future[Any], Work]] = deque()
        self._changed = threading.Condition()
        self._threads = self._idle = 0

    def submit(self, work: Work) -> Future[Any]:
        """Put work at the end of the queue. Raises BusyError."""
        future: Future[Any] = Future()
        with self._changed:
            if len(self._waiting) >= self._longest:
                raise BusyError
            self._waiting.append((future, work))
            if self._idle < len(self._waiting) and self._threads < self._most_threads:
                self._threads += 1
                # A daemon: a question that is still being answered must not delay the exit.
                threading.Thread(target=self._serve, daemon=True).start()
            self._changed.notify()
        return future

    def drop(self, future: Future[Any]) -> bool:
        """Remove work from the queue; return False if a thread has already started it."""
        if not future.cancel():
            return False
        with self._changed:
            self._waiting = deque(each for each in self._waiting if each[0] is not future)
        return True

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                self._changed.wait_for(lambda: bool(self._waiting))
                self._idle -= 1
                future, work = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                _settle(future, work)
            del future, work  # otherwise megabytes stay in memory until the next answer


def _settle(future: Future[Any], work: Work) -> None:
    try:
        result = work()
    except BaseException as error:  # the waiting requests get it; the thread goes on
        future.set_exception(error)
    else:
        future.set_result(result)


@dataclass(eq=False)
class _Job:
    future: Future[Any]
    lane: Lane
    n_waiting: int = 0


class Shared:
    """Does equal work once for all requests that arrive before it is done."""

    def __init__(self) -> None:
        self._jobs: dict[Hashable, _Job] = {}
        self._lock = threading.Lock()  # requests may come from several event loops

    async def result(self, key: Hashable, work: Work, lane: Lane) -> Any:
        """Return the result of the work named `key`; queue it if it is not queued or running.

        Work that no request waits for any more leaves the queue. Raises BusyError.
        """
        job = self._join(key, work, lane)
        try:
            return await asyncio.shield(asyncio.wrap_future(job.future))
        finally:
            self._leave(key, job)

    def _join(self, key: Hashable, work: Work, lane: Lane) -> _Job:
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.future.done():
                job = self._jobs[key] = _Job(lane.submit(work), lane)
            job.n_waiting += 1
            return job

    def _leave(self, key: Hashable, job: _Job) -> None:
        with self._lock:
            job.n_waiting -= 1
            unwanted = job.n_waiting == 0 and (job.future.done() or job.lane.drop(job.future))
            if unwanted and self._jobs.get(key) is job:
                del self._jobs[key]
