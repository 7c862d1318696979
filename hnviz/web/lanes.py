"""Queues for slow work, each with a few threads; equal requests are answered once.

Viewers take turns: one who asks for forty things at once waits for them alone. One who keeps
asking gets an equal share of the time, and rests while others ask.
"""

import asyncio
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

from hnviz.web.errors import Refusal
from hnviz.web.pace import Pace
from hnviz.web.progress import Progress
from hnviz.web.quota import address_of, most_of_address

Work = Callable[[], Any]

LINGER = 10.0
"""Seconds for which unfinished work waits for one who has heard how far it is to ask again."""

ANYBODY = ""
"""The viewer of a request that names none."""


class BusyError(Refusal):
    """The queue is full, or a viewer's part of it."""

    def __init__(self, sentence: str = "this computer is busy; try again in a moment") -> None:
        super().__init__(sentence, 429)


class NotYetError(Exception):
    """The work is not done yet; `progress` says how far it is."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(progress.sentence())
        self.progress = progress


class Lane:
    """A few threads that work through a queue. A full queue refuses at once.

    The queue holds a line for each viewer. Addresses take turns, and so do the viewers of each.
    """

    def __init__(
        self,
        threads: int,
        longest: int,
        of_one: int = 0,
        at_once: int = 0,
        pace: Pace | None = None,
    ) -> None:
        """`longest`: work that may wait in all; `of_one`: of one viewer.

        `at_once`: threads that one viewer's work may take; 0 in either place means no such limit.
        """
        self._most_threads, self._longest = threads, longest
        self._of_one, self._at_once = of_one or longest, at_once or threads
        self._pace = pace or Pace(threads, inf)
        self._running: Counter[Hashable] = Counter()
        self._lines: OrderedDict[Hashable, deque[tuple[Future[Any], Work]]] = OrderedDict()
        self._n_waiting = 0
        self._served: dict[Hashable, int] = {}  # when each address had a turn, as a number
        self._changed = threading.Condition()
        self._threads = self._idle = 0

    def submit(self, work: Work, viewer: Hashable = ANYBODY) -> Future[Any]:
        """Put work at the end of a viewer's line. Raises BusyError."""
        future: Future[Any] = Future()
        with self._changed:
            if self._n_waiting >= self._longest:
                raise BusyError
            self._check_address(address_of(viewer))
            line = self._lines.get(viewer, ())
            if len(line) >= self._of_one:
                raise BusyError(
                    f"this computer is busy: {self._of_one} of your questions are waiting; try "
                    "again in a moment"
                )
            self._lines.setdefault(viewer, deque()).append((future, work))
            self._n_waiting += 1
            self._pace.asked(viewer)
            if self._idle < self._n_waiting and self._threads < self._most_threads:
                self._threads += 1
                # A daemon: a question that is still being answered must not delay the exit.
                threading.Thread(target=self._serve, daemon=True).start()
            self._changed.notify()
        return future

    def _check_address(self, address: Hashable) -> None:
        """Refuse more of an address than it may have waiting. Raises BusyError."""
        lines = (line for each, line in self._lines.items() if address_of(each) == address)
        waiting = sum(map(len, lines))
        if address != ANYBODY and waiting >= most_of_address(self._longest):
            raise BusyError(f"{waiting} from your address are waiting; ask again in a second")

    def rests(self, viewer: Hashable) -> bool:
        """Return whether a viewer has taken more than a share, and so rests."""
        with self._changed:
            return self._pace.rest(viewer) > 0

    def drop(self, future: Future[Any]) -> bool:
        """Remove work from the queue; return False if a thread has already started it."""
        if not future.cancel():
            return False
        with self._changed:
            for viewer, line in list(self._lines.items()):
                left = deque(each for each in line if each[0] is not future)
                self._n_waiting -= len(line) - len(left)
                self._keep(viewer, left)
        return True

    def before(self, future: Future[Any]) -> int:
        """Return how much other work the threads take from the lines before this."""
        with self._changed:
            places = {
                viewer: place
                for viewer, line in self._lines.items()
                for place, (each, _) in enumerate(line)
                if each is future
            }
            for viewer, place in places.items():
                ahead = list(self._lines).index(viewer)
                turns = [place + (number <= ahead) for number in range(len(self._lines))]
                lines = zip(self._lines.values(), turns, strict=True)
                return sum(min(len(line), turn) for line, turn in lines) - 1
        return 0

    def _keep(self, viewer: Hashable, line: deque[tuple[Future[Any], Work]]) -> None:
        """Replace a viewer's line, in its place; an empty one goes."""
        if line:
            self._lines[viewer] = line
        else:
            del self._lines[viewer]

    def _turns(self) -> list[Hashable]:
        """Return the viewers who wait and may have another thread now, in turn."""
        return [each for each in self._free() if not self._pace.rest(each)]

    def _free(self) -> list[Hashable]:
        return [viewer for viewer in self._lines if self._running[viewer] < self._at_once]

    def _wait(self) -> None:
        """Wait until it is the turn of somebody who waits."""
        while not self._turns():
            rests = [self._pace.rest(each) for each in self._free()]
            self._changed.wait(min(rests, default=None))

    def _next(self) -> tuple[Hashable, Future[Any], Work]:
        """Take the first of the line whose turn it is; that line then comes last."""
        viewer = min(self._turns(), key=lambda each: self._served.get(address_of(each), 0))
        waiting = {address_of(each) for each in self._lines}
        turn = max(self._served.values(), default=0) + 1
        self._served = {each: at for each, at in self._served.items() if each in waiting}
        self._served[address_of(viewer)] = turn
        line = self._lines[viewer]
        future, work = line.popleft()
        self._n_waiting -= 1
        self._running[viewer] += 1
        self._keep(viewer, line)
        if line:
            self._lines.move_to_end(viewer)
        return viewer, future, work

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                self._wait()
                self._idle -= 1
                viewer, future, work = self._next()
            begun = time.monotonic()
            if future.set_running_or_notify_cancel():
                _settle(future, work)
            del future, work  # otherwise megabytes stay in memory until the next answer
            with self._changed:
                self._pace.took(viewer, time.monotonic() - begun)
                self._running -= Counter([viewer])  # which leaves no zeros
                self._changed.notify()


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
    progress: Progress
    n_waiting: int = 0


class Shared:
    """Does equal work once for all requests that arrive before it is done."""

    def __init__(self) -> None:
        self._jobs: dict[Hashable, _Job] = {}
        self._lock = threading.RLock()  # requests may come from several event loops

    async def result(
        self, key: Hashable, work: Work, lane: Lane, viewer: Hashable = ANYBODY
    ) -> Any:
        """Return the result of the work named `key`; queue it if it is not queued or running.

        Work that no request waits for any more leaves the queue. Raises BusyError.
        """
        return await self.result_within(None, key, lambda progress: work(), lane, viewer)

    async def result_within(
        self,
        seconds: float | None,
        key: Hashable,
        work: Callable[[Progress], Any],
        lane: Lane,
        viewer: Hashable,
    ) -> Any:
        """Do the same, but raise NotYetError after so many seconds; the work then continues.

        Its result is there for one who asks again within LINGER seconds; until then it also stays
        in the queue. The work says in its Progress how far it is.
        """
        job = self._join(key, work, lane, viewer, again=seconds is not None)
        done = asyncio.wrap_future(job.future)
        done.add_done_callback(_look_at)
        try:
            await asyncio.wait((done,), timeout=seconds)
            if done.done():
                self._hand_over(key, job)
                return done.result()
            with self._lock:
                job.n_waiting += 1
            asyncio.get_running_loop().call_later(LINGER, self._leave, key, job)
            raise NotYetError(job.progress.now(before=job.lane.before(job.future)))
        finally:
            self._leave(key, job)

    def _join(
        self,
        key: Hashable,
        work: Callable[[Progress], Any],
        lane: Lane,
        viewer: Hashable,
        *,
        again: bool,
    ) -> _Job:
        with self._lock:
            job = self._jobs.get(key)
            if job is None or (job.future.done() and not again):
                progress = Progress()
                future = lane.submit(partial(work, progress), viewer)
                job = self._jobs[key] = _Job(future, lane, progress)
                future.add_done_callback(lambda _: self._tidy(key, job))
            job.n_waiting += 1
            return job

    def _hand_over(self, key: Hashable, job: _Job) -> None:
        """Forget work that is done: one who asks from now on may need another result."""
        with self._lock:
            if self._jobs.get(key) is job:
                del self._jobs[key]

    def _leave(self, key: Hashable, job: _Job) -> None:
        with self._lock:
            job.n_waiting -= 1
            if job.n_waiting == 0 and not job.future.done():
                job.lane.drop(job.future)
        self._tidy(key, job)

    def _tidy(self, key: Hashable, job: _Job) -> None:
        """Forget work that is done or dropped, and that nobody waits for."""
        with self._lock:
            if job.n_waiting == 0 and job.future.done():
                self._hand_over(key, job)


def _look_at(done: "asyncio.Future[Any]") -> None:
    """Look at an error that nobody waits for any more; otherwise asyncio logs it."""
    if not done.cancelled():
        done.exception()
