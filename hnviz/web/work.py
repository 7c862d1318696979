"""Slow work: pools of threads with fair queues, and one piece of work for equal requests.

Viewers take turns: someone who asks for forty things at once keeps nobody else waiting. Someone who
keeps asking gets an equal share of the time, and rests while others ask.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hnviz.engine.client import HowFar
from hnviz.questions.frame import to_json
from hnviz.web.http import BINARY, JSON, Entry, Refusal, entry_reply, heard
from hnviz.web.limits import FairQueue, address_of, most_of_address, viewer_of

LINGER_SECONDS = 10.0
"""How long unfinished work is kept for a client that was sent its progress and may ask again."""

ABOUT_SECONDS = 5.0  # for which a viewer counts as asking
MAX_REST_SECONDS = 5.0

NOWHERE = HowFar(0, 0, "")
ANYBODY = ""
"""The viewer of a request that names no viewer."""


@dataclass
class Progress:
    """How far a piece of work has got. One thread does the work, others read this."""

    since: float = field(default_factory=time.monotonic)
    waits: bool = False  # for its turn
    questions: int = 0  # put to the engine so far
    reached: HowFar = NOWHERE  # with the last question

    def ask(self) -> None:
        """Note that another question is put to the engine."""
        self.questions += 1
        self.reached = NOWHERE

    def hear(self, reached: HowFar) -> None:
        """Note how far the engine has got with its question."""
        self.reached = reached

    def now(self, *, waits: bool) -> "Progress":
        """Return a copy that no longer changes; `waits` says whether no thread has begun it."""
        return replace(self, waits=waits)

    def sentence(self) -> str:
        """Describe the progress; a browser adds the seconds."""
        if self.waits:  # without a count: each picture of a page has another place in the line
            return "This computer is busy; other answers come first."
        done, of, parts = self.reached
        share = f"{done:,} of {of:,} {parts} are done." if of else "This computer is working on it."
        return f"Part {self.questions} of the answer: {share}" if self.questions > 1 else share

    def told(self) -> Mapping[str, Any]:
        """Return the progress as sent to a browser."""
        done, of, _ = self.reached
        known = of > 0 and not self.waits
        return {
            "sentence": self.sentence(),
            "seconds": round(time.monotonic() - self.since, 1),
            "done": done if known else None,
            "of": of if known else None,
        }


Work = Callable[[Progress], Any]
"""Work, which may note its progress."""


class BusyError(Refusal):
    """The queue is full, or one viewer has too much in it."""

    def __init__(self, sentence: str = "this computer is busy; try again in a moment") -> None:
        super().__init__(sentence, 429)


class NotYetError(Exception):
    """The work is not done yet; `progress` says how far it has got."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(progress.sentence())
        self.progress = progress


class FairShare:
    """Counts the seconds that each viewer's work takes in one pool. Thread-safe.

    While several viewers ask, here or in `about`, their addresses equally share one second of work
    per second, and so do the viewers of each address. A viewer may use `burst` seconds more than
    its share, as opening a page needs. Each piece of work counts for at least `least` seconds: an
    answer also costs the server time outside the pool.
    """

    def __init__(
        self,
        burst: float = inf,
        least: float = 0.0,
        about: "FairShare | None" = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst, self._least, self._clock = burst, least, clock
        self._about = about or self
        self._debts: dict[
            Hashable, tuple[float, float]
        ] = {}  # seconds, and when; the latest comes last
        self._viewers: Counter[Hashable] = Counter()  # those asking, by address
        self._lock = threading.RLock()

    def note(self, viewer: Hashable, seconds: float | None = None) -> None:
        """Note that a viewer asks, or how many seconds its work took."""
        with self._lock:
            debt = self._debt(viewer)
            if self._debts.pop(viewer, None) is None:
                self._viewers[address_of(viewer)] += 1
            if seconds is not None:
                most = self._burst + MAX_REST_SECONDS * self._part(viewer)
                debt = min(most, debt + max(seconds, self._least))
            self._debts[viewer] = debt, self._clock()
        if self._about is not self:
            self._about.note(viewer)

    def rest(self, viewer: Hashable) -> float:
        """Return how many seconds a viewer must rest: 0 while nobody else asks."""
        with self._lock:
            debt = self._debt(viewer)
            if debt <= self._burst or self._about.is_alone(viewer):
                return 0.0
            return (debt - self._burst) / self._part(viewer)

    def is_alone(self, viewer: Hashable) -> bool:
        """Return whether nobody else asks."""
        with self._lock:
            self._forget()
            return self._debts.keys() <= {viewer}

    def _forget(self) -> None:
        """Forget viewers who have not asked for a while; they then have a full burst again."""
        while self._debts:
            viewer, (_, when) = next(iter(self._debts.items()))
            if self._clock() - when <= ABOUT_SECONDS:
                return
            del self._debts[viewer]
            self._viewers -= Counter([address_of(viewer)])  # this drops zeros

    def _debt(self, viewer: Hashable) -> float:
        self._forget()
        if viewer not in self._debts:
            return 0.0
        debt, when = self._debts[viewer]
        return max(0.0, debt - self._part(viewer) * (self._clock() - when))

    def _part(self, viewer: Hashable) -> float:
        return 1 / len(self._viewers) / self._viewers[address_of(viewer)]


class Task(Future[Any]):
    """Work that is waiting for a thread, or being done."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work = work

    def run(self) -> Callable[[], None]:
        """Do the work, unless nobody is waiting any more; return what hands over its result."""
        if not self.set_running_or_notify_cancel():
            return lambda: None
        try:
            return partial(self.set_result, self.work())
        except BaseException as error:  # the waiting requests receive it; the thread goes on
            return partial(self.set_exception, error)


class Pool:
    """A few threads that work through a queue. A full queue refuses at once."""

    def __init__(
        self,
        threads: int,
        longest: int,
        of_one: int = 0,
        at_once: int = 0,
        share: FairShare | None = None,
    ) -> None:
        """At most `longest` tasks may wait, `of_one` of them from one viewer.

        At most `at_once` threads may work for one viewer. 0 means no such limit.
        """
        self._most_threads, self._longest = threads, longest
        self._of_one, self._at_once = of_one or longest, at_once or threads
        self._share = share or FairShare()
        self._running: Counter[Hashable] = Counter()
        self._queue: FairQueue[Task] = FairQueue()
        self._changed = threading.Condition()
        self._threads = 0  # another one starts only if none is free

    @property
    def waiting(self) -> int:
        """The number of tasks waiting for a thread."""
        with self._changed:
            return sum(self._queue.sizes.values())

    def submit(self, work: Callable[[], Any], viewer: Hashable = ANYBODY) -> Task:
        """Append work to a viewer's line. Raises BusyError."""
        task = Task(work)
        with self._changed:
            self._check(viewer)
            self._queue.put(viewer, task)
            self._share.note(viewer)
            free = self._threads - self._running.total()
            if free < self.waiting and self._threads < self._most_threads:
                self._threads += 1
                # A daemon: a question that is still being answered must not delay the exit.
                threading.Thread(target=self._serve, daemon=True).start()
            self._changed.notify()
        return task

    def _check(self, viewer: Hashable) -> None:
        """Raise BusyError if too many tasks are waiting: in all, of a viewer or of its address."""
        sizes, address = self._queue.sizes, address_of(viewer)
        here = sum(size for each, size in sizes.items() if address_of(each) == address)
        if sum(sizes.values()) >= self._longest:
            raise BusyError
        if address != ANYBODY and here >= most_of_address(self._longest):
            raise BusyError(f"{here} from your address are waiting; ask again in a second")
        if sizes.get(viewer, 0) >= self._of_one:
            raise BusyError(
                f"this computer is busy: {self._of_one} of your questions are waiting; try again "
                "in a moment"
            )

    def rests(self, viewer: Hashable) -> bool:
        """Return whether a viewer has used more than a fair share, and so rests."""
        return self._share.rest(viewer) > 0

    def drop(self, task: Task) -> bool:
        """Remove a task from the queue; return False if a thread has already begun it."""
        if not task.cancel():
            return False
        with self._changed:
            self._queue.remove(task)
        return True

    def _serve(self) -> None:
        while True:
            self._do_next()  # no local variable keeps a result in memory until the next one

    def _do_next(self) -> None:
        with self._changed:
            while not (ready := self._ready()):
                pass
            viewer, task = self._queue.take(ready)
            self._running[viewer] += 1
        begun = time.monotonic()
        hand_over = task.run()
        self._share.note(viewer, time.monotonic() - begun)
        with self._changed:
            self._running -= Counter([viewer])  # this drops zeros
            if self.waiting:
                self._changed.notify()
        hand_over()  # last, so that the next question finds this thread free

    def _ready(self) -> list[Hashable]:
        """Return the viewers who may have a thread now; if there are none, wait for a change."""
        free = [each for each in self._queue.sizes if self._running[each] < self._at_once]
        rests = {each: self._share.rest(each) for each in free}
        ready = [each for each, rest in rests.items() if not rest]
        if not ready:
            self._changed.wait(min(rests.values(), default=None))
        return ready


@dataclass(eq=False)
class _Job:
    task: Task
    pool: Pool
    progress: Progress
    n_waiting: int = 0


class Shared:
    """Does equal work once for all requests that arrive before it is done."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._jobs: dict[Hashable, _Job] = {}
        self._lock = threading.RLock()  # requests may come from several event loops

    @property
    def is_idle(self) -> bool:
        """Return whether no work is in progress and no result is waiting for a client."""
        return not self._jobs

    async def result(
        self, key: Hashable, work: Callable[[], Any], viewer: Hashable = ANYBODY
    ) -> Any:
        """Return the result of the work named `key`; queue it unless it is queued or running.

        Work leaves the queue once no request is waiting for it. Raises BusyError.
        """
        return await self.result_within(None, key, lambda progress: work(), viewer)

    async def reply(
        self,
        request: Request,
        key: Hashable,
        make: Callable[[], Entry],
        media: str = BINARY,
        *,
        immutable: bool = False,
    ) -> Response:
        """Answer with the entry named `key`, which `make` makes. Raises BusyError."""
        entry = await self.result(key, make, viewer_of(request.scope))
        return entry_reply(request, entry, media, immutable=immutable)

    async def json_reply(
        self, request: Request, key: Hashable, read: Callable[[], Any]
    ) -> Response:
        """Answer with what `read` returns, as JSON. Raises BusyError."""
        return await self.reply(request, key, lambda: Entry.of(to_json(read()).encode()), JSON)

    async def result_within(
        self,
        seconds: float | None,
        key: Hashable,
        work: Work,
        viewer: Hashable,
        pool: Pool | None = None,
    ) -> Any:
        """Like `result`, but raise NotYetError after that many seconds; the work goes on.

        It stays in the queue, and its result is kept, for a client that asks again within
        LINGER_SECONDS. `pool` is where new work goes, if not to the usual one.
        """
        job = self._join(key, work, pool or self._pool, viewer, again=seconds is not None)
        done = asyncio.wrap_future(job.task)
        done.add_done_callback(heard)
        try:
            await asyncio.wait((done,), timeout=seconds)
            if done.done():
                self._hand_over(key, job)
                return done.result()
            with self._lock:
                job.n_waiting += 1
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._leave, key, job)
            raise NotYetError(job.progress.now(waits=not (job.task.running() or job.task.done())))
        finally:
            self._leave(key, job)

    def _join(
        self, key: Hashable, work: Work, pool: Pool, viewer: Hashable, *, again: bool
    ) -> _Job:
        with self._lock:
            job = self._jobs.get(key)
            if job is None or (job.task.done() and not again):
                progress = Progress()
                task = pool.submit(partial(work, progress), viewer)
                job = self._jobs[key] = _Job(task, pool, progress)
                task.add_done_callback(lambda _: self._tidy(key, job))
            job.n_waiting += 1
            return job

    def _hand_over(self, key: Hashable, job: _Job) -> None:
        """Forget work that is done: a request from now on may have another result."""
        with self._lock:
            if self._jobs.get(key) is job:
                del self._jobs[key]

    def _leave(self, key: Hashable, job: _Job) -> None:
        with self._lock:
            job.n_waiting -= 1
            if job.n_waiting == 0 and not job.task.done():
                job.pool.drop(job.task)
        self._tidy(key, job)

    def _tidy(self, key: Hashable, job: _Job) -> None:
        """Forget work that is done or dropped, if nobody is waiting for it."""
        with self._lock:
            if job.n_waiting == 0 and job.task.done():
                self._hand_over(key, job)
