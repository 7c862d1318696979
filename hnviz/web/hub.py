"""Reads each run once for all its followers, and sends them the changes.

Everything here runs in the server's event loop, except that threads read files and draw pictures.
While nobody follows anything, no task runs.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread

from hnviz.engine.client import Job, shared_engine
from hnviz.runs import DamagedRun, RunNotFound, RunSummary
from hnviz.sweeps import kept
from hnviz.web.quota import Quota
from hnviz.web.sockets import heard
from hnviz.web.standing import Standing, standing, store
from hnviz.web.topics import Topic, to_json

LIVE_SECONDS = 0.2  # between two looks at a run that trains
FIRST_SECONDS = 0.04  # the same, while a user waits for the first step or a single step
FEWEST_SECONDS = 0.02  # between two looks, at least
REST_SECONDS = 1.0  # between two looks at a run that does not train
JOBS_SECONDS = 0.04  # between two looks at the engine's jobs, which cost almost nothing
THREADS = 3
MOST_OF_ONE = 256  # topics that one viewer follows, in all tabs
TABS = 4  # of one viewer that have news at full rate; all of more share as many messages
MOST_KEPT = 64  # messages about one state, each for followers with the same `have`

LISTED = 50
"""Own runs in a list; older ones stay on disk and keep their links, as do those of sweeps."""

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class Listing(NamedTuple):
    """The newest runs and the pre-trained ones, at one moment."""

    lines: tuple[RunSummary, ...]
    jobs: Mapping[str, Job]


@dataclass(frozen=True)
class Source:
    """Where news comes from. `look("")` lists all runs; may raise RunNotFound or DamagedRun."""

    look: Callable[[str], Any]  # reads files: called in a thread
    jobs: Callable[[], Iterable[Job]]  # never waits


def look(run_id: str) -> Any:
    """Return a run's Standing, or with "" the Listing of all runs."""
    if run_id:
        return standing(run_id)
    lines = tuple(store().summaries(LISTED, kept.run_ids(store().root)))
    return Listing(lines, {job.run_id: job for job in shared_engine().jobs()})


DISK = Source(look, lambda: shared_engine().jobs())


class Follower(Protocol):
    """A browser that follows a topic."""

    def changed(self) -> None:
        """Ask the drawing for news once the connection is free."""

    def fail(self, sentence: str) -> None:
        """Pass on why there will be no more news."""


class News(NamedTuple):
    """A message's body, or None if nothing has changed, and what a follower has after it."""

    body: str | None
    have: Any


class Drawing:
    """One topic with one set of parameters, drawn once for all its followers."""

    def __init__(self, hub: "Hub", topic: Topic, params: Mapping[str, Any]) -> None:
        self.followers: set[Follower] = set()
        self.is_drawn = False
        self._hub, self._topic, self._params = hub, topic, params
        self._watched: Any = None
        self._state: Any = None
        self._kept: dict[str, asyncio.Task[News]] = {}  # by what followers have, as JSON

    def draw(self, moment: Any) -> Callable[[], None] | None:
        """Draw a moment, in a thread; return what the event loop should call, or None."""
        try:
            watched = self._topic.watches(moment)
            if self.is_drawn and watched == self._watched:
                return None
            return partial(self._show, watched, self._topic.draw(moment, self._params))
        except ValueError as error:
            return partial(self.fail, str(error))
        except Exception as error:  # one failing topic must not end the others
            return partial(self.fail, _trouble(self._topic.name, error))

    def _show(self, watched: Any, state: Any) -> None:
        self._watched, self._state, self.is_drawn = watched, state, True
        self._kept = {}
        for follower in self.followers:
            follower.changed()

    def fail(self, sentence: str) -> None:
        """Pass on to all followers why there will be no more news."""
        for follower in tuple(self.followers):
            follower.fail(sentence)

    async def news(self, have: Any) -> News:
        """Return what is new to a follower; made once for all followers that have the same.

        Raises ValueError, with a sentence.
        """
        mark = to_json(have)
        task = self._kept.get(mark)
        if task is None:
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            work = self._hub.in_thread(self._write, self._state, have)
            task = self._kept[mark] = asyncio.create_task(work)
            task.add_done_callback(heard)
        return await asyncio.shield(task)  # a follower that leaves must not cancel it for others

    def _write(self, state: Any, have: Any) -> News:
        try:
            news, has = self._topic.news(state, have)
        except Exception as error:
            raise ValueError(_trouble(self._topic.name, error)) from error
        if news is None:
            return News(None, has)
        return News(f'"news":{to_json(news)},"have":{to_json(has)}}}', has)


class _Feed:
    """Looks at one run, or at the list of all runs, for all its followers."""

    def __init__(self, hub: "Hub", run_id: str) -> None:
        self.drawings: dict[tuple[str, str], Drawing] = {}  # by topic, and parameters as JSON
        self.wake = asyncio.Event()
        self._hub, self._run_id = hub, run_id
        self._moment: Any = None
        self.task = asyncio.create_task(self._go())

    async def _go(self) -> None:
        try:
            while self.drawings:
                self.wake.clear()
                begun = time.monotonic()
                await self._look()
                rest = begun + self._patience() - time.monotonic()
                try:
                    async with asyncio.timeout(max(FEWEST_SECONDS, rest)):
                        await self.wake.wait()
                except TimeoutError:
                    continue
        finally:
            self._hub.forget(self._run_id)

    async def _look(self) -> None:
        drawings = tuple(self.drawings.values())
        try:
            self._moment, shows = await self._hub.in_thread(self._draw, drawings)
        except Exception as error:
            known = isinstance(error, (RunNotFound, DamagedRun))
            sentence = str(error) if known else _trouble(self._run_id or "the list of runs", error)
            shows = [partial(drawing.fail, sentence) for drawing in drawings]
        for show in shows:
            show()

    def _draw(self, drawings: Iterable[Drawing]) -> tuple[Any, list[Callable[[], None]]]:
        moment = self._hub.source.look(self._run_id)
        shows = (drawing.draw(moment) for drawing in drawings)
        return moment, [show for show in shows if show is not None]

    def _patience(self) -> float:
        """Return the seconds until the next look."""
        if not isinstance(self._moment, Standing):
            return REST_SECONDS
        match self._moment.status:
            case "running" if not self._moment.record.batches:
                return FIRST_SECONDS
            case "running" | "queued":
                return LIVE_SECONDS
            case "paused" if not self._moment.at_rest:
                return FIRST_SECONDS  # a user has asked for one more step
        return REST_SECONDS


class Hub:
    """All topics that browsers follow on this server."""

    def __init__(self, topics: Iterable[Topic], source: Source = DISK) -> None:
        self.topics = {topic.name: topic for topic in topics}
        self.source = source
        self.sockets: Counter[Hashable] = Counter()  # by viewer
        self.quota = Quota(
            MOST_OF_ONE,
            f"one viewer may follow at most {MOST_OF_ONE} topics in all tabs; close a tab first",
        )
        self._feeds: dict[str, _Feed] = {}
        self._limiter = CapacityLimiter(THREADS)
        self._watch: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Return whether nobody follows anything: then no task runs."""
        return not self._feeds

    def rest(self, viewer: Hashable) -> float:
        """Return the seconds that a viewer's connection rests after a message."""
        n = self.sockets[viewer]
        return LIVE_SECONDS * n / TABS if n > TABS else 0.0

    def follow(
        self, topic: Topic, run_id: str, params: Mapping[str, Any], follower: Follower
    ) -> Drawing:
        """Add a follower; its `changed` is called once there is something to ask for."""
        feed = self._feeds.get(run_id)
        if feed is None:
            feed = self._feeds[run_id] = _Feed(self, run_id)
        key = (topic.name, to_json(params))
        drawing = feed.drawings.get(key)
        if drawing is None:
            drawing = feed.drawings[key] = Drawing(self, topic, params)
        drawing.followers.add(follower)
        if drawing.is_drawn:
            follower.changed()
        else:
            feed.wake.set()
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watch_jobs(self._jobs()))
        return drawing

    def leave(self, run_id: str, drawing: Drawing, follower: Follower) -> None:
        """Remove a follower, and its drawing if it was the last."""
        drawing.followers.discard(follower)
        feed = self._feeds.get(run_id)
        if feed is not None and not drawing.followers:
            feed.drawings = {key: each for key, each in feed.drawings.items() if each.followers}
            feed.wake.set()

    def forget(self, run_id: str) -> None:
        """Remove the feed of a run that has no followers left."""
        self._feeds.pop(run_id, None)

    async def in_thread(self, call: Callable[..., Result], *args: Any) -> Result:
        """Run a call in one of the hub's own threads, which slow answers cannot occupy."""
        return await to_thread.run_sync(partial(call, *args), limiter=self._limiter)

    async def _watch_jobs(self, known: Mapping[str, Job]) -> None:
        """Look at a run at once when the engine reports a change, such as a pause or an end."""
        while self._feeds:
            await asyncio.sleep(JOBS_SECONDS)
            before, known = known, self._jobs()
            changed = [
                run_id
                for run_id in before.keys() | known.keys()
                if _matters(before.get(run_id), known.get(run_id))
            ]
            for run_id in [*changed, ""] if changed else ():
                if run_id in self._feeds:
                    self._feeds[run_id].wake.set()

    def _jobs(self) -> Mapping[str, Job]:
        return {job.run_id: job for job in self.source.jobs()}


def _matters(before: Job | None, now: Job | None) -> bool:
    """Return whether the engine reports more than new figures of a run.

    A paused run can make a step and be at rest again between two looks, so any new report of a
    paused run counts.
    """
    if before is now:
        return False
    if before is None or now is None or now.status == "paused":
        return True
    return (before.status, before.place, before.speed) != (now.status, now.place, now.speed)


def _trouble(name: str, error: Exception) -> str:
    """Log an unexpected error in one line; return the sentence for followers."""
    said = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    log.error("no news of %s: %s", name, said)
    return f"the server could not draw {name}; its log says why"
