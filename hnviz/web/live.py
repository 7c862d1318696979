"""News: the WebSocket /api/live, on which browsers follow topics and receive changes.

JSON text both ways. From the browser:
    {"op": "follow", "id": 7, "topic": "curves", "run": "Model5", "params": {...}, "have": null}
    {"op": "leave", "id": 7}
From the server:
    {"id": 7, "news": {...}, "have": ...}
    {"id": 7, "error": "a sentence"}     the last message for this id
    [{"id": 7, ...}, {"id": 8, ...}]     several at once
A browser that connects again sends the last `have` back, and receives only what it missed.
A browser that reads slowly skips messages: the next one brings it up to date. So does each tab of
a viewer who has many open.

Each run is read once for all its followers. Everything here runs in the server's event loop, except
that threads read files and draw pictures. While nobody follows anything, no task runs.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from anyio import CapacityLimiter, to_thread
from cachetools import LRUCache
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from hnviz.engine.client import Job
from hnviz.questions.frame import to_json
from hnviz.questions.params import ParamError, quoted, read_json
from hnviz.runs import DamagedRun, RunNotFound, RunSummary
from hnviz.sweeps.store import SweepStore
from hnviz.web.http import Refusal, heard
from hnviz.web.limits import Quota, Viewer, address_of, most_of_address, viewer_of
from hnviz.web.sockets import (
    TRY_LATER,
    Closed,
    accept,
    read_object,
    send_within,
    until_one_ends,
)
from hnviz.web.state import CurrentRun, ServerState
from hnviz.web.topics import Topic

LIVE_SECONDS = 0.2  # between two looks at a run that trains
FIRST_SECONDS = 0.03  # the same, while a user waits for the first step or a single step
MIN_SECONDS = 0.02  # between two looks, at least
REST_SECONDS = 1.0  # between two looks at a run that does not train
JOBS_SECONDS = 0.04  # between two looks at the engine's jobs, which cost almost nothing
THREADS = 3
MAX_TOPICS = 256  # per viewer, in all tabs
FULL_RATE_TABS = 4  # per viewer: more tabs share the messages of four
MAX_MESSAGE_CHARS = 16 * 1024  # in one message from a browser
MAX_FOLLOWS = 64  # per connection
MAX_SOCKETS = 500
SEND_SECONDS = 30.0  # after which a browser that reads nothing is dropped
MAX_ID = 2**53
MAX_MESSAGES = 64  # about one state, each for followers with the same `have`

LISTED = 50
"""The most runs of the user in a list. Links still open older runs and those of sweeps."""

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
    jobs: Callable[[], Mapping[str, Job]]  # by run; never waits


def source_of(state: ServerState) -> Source:
    """Return the news of a server's runs."""

    def look(run_id: str) -> CurrentRun | Listing:
        if run_id:
            return state.current(run_id)
        store = state.store
        of_sweeps = SweepStore(store.root).run_ids()
        return Listing(tuple(store.summaries(LISTED, of_sweeps)), state.jobs())

    return Source(look, state.jobs)


class News(NamedTuple):
    """A message's body, None if nothing is new, and what a follower then has."""

    body: str | None
    have: Any


class Drawing:
    """One topic with one set of parameters, drawn once for all its followers."""

    def __init__(self, hub: "Hub", topic: Topic, params: Mapping[str, Any]) -> None:
        self.followers: set[Follow] = set()
        self.is_drawn = False
        self._hub, self._topic, self._params = hub, topic, params
        self._watched: Any = None
        self._state: Any = None
        self._news: LRUCache[str, asyncio.Task[News]] = LRUCache(MAX_MESSAGES)

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
        self._news.clear()
        for follower in self.followers:
            follower.changed()

    def fail(self, sentence: str) -> None:
        """Pass on to all followers why there will be no more news."""
        for follower in tuple(self.followers):
            follower.fail(sentence)

    async def news(self, have: Any) -> News:
        """Return what is new to a follower, made once for all followers with the same `have`.

        Raises ValueError, with a sentence.
        """
        has = to_json(have)
        task = self._news.get(has)
        if task is None:
            work = self._hub.in_thread(self._write, self._state, have)
            task = self._news[has] = asyncio.create_task(work)
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
    """Watches one run, or the list of all runs, for all its followers."""

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
                    async with asyncio.timeout(max(MIN_SECONDS, rest)):
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
        if not isinstance(self._moment, CurrentRun):
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

    def __init__(self, topics: Iterable[Topic], source: Source) -> None:
        self.topics = {topic.name: topic for topic in topics}
        self.source = source
        self.sockets: Counter[Hashable] = Counter()  # by viewer
        self.quota = Quota(
            MAX_TOPICS,
            f"one viewer may follow at most {MAX_TOPICS} topics in all tabs; close a tab first",
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
        return LIVE_SECONDS * n / FULL_RATE_TABS if n > FULL_RATE_TABS else 0.0

    def follow(
        self, topic: Topic, run_id: str, params: Mapping[str, Any], follower: "Follow"
    ) -> Drawing:
        """Add a follower, whose `changed` is called once there is news to fetch."""
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
            self._watch = asyncio.create_task(self._watch_jobs(self.source.jobs()))
        return drawing

    def leave(self, run_id: str, drawing: Drawing, follower: "Follow") -> None:
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
        """Run a call in one of the hub's own threads, which slow answers never occupy."""
        return await to_thread.run_sync(partial(call, *args), limiter=self._limiter)

    async def _watch_jobs(self, known: Mapping[str, Job]) -> None:
        """Look at a run at once when the engine reports a change, such as a pause or an end."""
        while self._feeds:
            await asyncio.sleep(JOBS_SECONDS)
            before, known = known, self.source.jobs()
            changed = [
                run_id
                for run_id in before.keys() | known.keys()
                if _matters(before.get(run_id), known.get(run_id))
            ]
            for run_id in [*changed, ""] if changed else ():
                if run_id in self._feeds:
                    self._feeds[run_id].wake.set()


def _matters(before: Job | None, now: Job | None) -> bool:
    """Return whether the engine reports more than new figures of a run.

    A paused run can do a step and be at rest again between two looks, so any new report on a
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


class Follow:
    """One topic that a browser follows."""

    def __init__(self, connection: "Connection", number: int, run_id: str, have: Any) -> None:
        self.number, self.run_id = number, run_id
        self.drawing: Drawing | None = None
        self._connection, self._have = connection, have
        self._error: str | None = None

    def changed(self) -> None:
        """Queue a message that brings the browser up to date."""
        self._connection.queue(self)

    def fail(self, sentence: str) -> None:
        """Queue the sentence that ends the topic."""
        self._error = sentence
        self._connection.queue(self)

    async def message(self, drawing: Drawing) -> str | None:
        """Return what brings the browser up to date; None if it already is. Raises ValueError."""
        if self._error is not None:
            raise ValueError(self._error)
        body, self._have = await drawing.news(self._have)
        return None if body is None else f'{{"id":{self.number},{body}'


class Connection:
    """One browser's connection: one task reads its requests, another writes the news."""

    def __init__(self, hub: Hub, websocket: WebSocket) -> None:
        self._hub, self._websocket = hub, websocket
        self._viewer = viewer_of(websocket.scope)
        self._follows: dict[int, Follow] = {}
        self._queued: dict[int, Follow] = {}  # follows with news, the longest waiting first
        self._wake = asyncio.Event()

    async def serve(self) -> None:
        """Serve until either side closes. Raises Closed or WebSocketDisconnect."""
        try:
            await until_one_ends(self._read(), self._write())
        finally:
            for number in tuple(self._follows):
                self._leave(number)

    def queue(self, follow: Follow) -> None:
        """Queue a follow, to be served once earlier messages are sent."""
        self._queued[follow.number] = follow
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queued:
                queued, self._queued = tuple(self._queued.values()), {}
                told = await asyncio.gather(*map(self._told, queued))
                texts = [text for text in told if text]
                if texts:  # together: sending is most of a message's cost
                    await self._send(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]")
                    await asyncio.sleep(self._hub.rest(self._viewer))

    async def _told(self, follow: Follow) -> str | None:
        """Return a follow's message; None if there is none, or the browser has left the topic."""
        if follow.drawing is None:
            return None
        try:
            text = await follow.message(follow.drawing)
        except ValueError as error:
            self._leave(follow.number)
            return _refusal(follow.number, str(error))
        return text if self._follows.get(follow.number) is follow else None

    async def _send(self, text: str) -> None:
        await send_within(self._websocket, text, SEND_SECONDS)

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            request = read_object(message, MAX_MESSAGE_CHARS)
            number = request.get("id")
            if isinstance(number, bool) or not isinstance(number, int) or abs(number) > MAX_ID:
                await self._send(_refusal(None, f"id must be a whole number; got {quoted(number)}"))
                continue
            try:
                self._do(number, request)
            except (Refusal, ParamError) as error:
                await self._send(_refusal(number, str(error)))

    def _do(self, number: int, request: Mapping[str, Any]) -> None:
        """Carry out one request. Raises Refusal or ParamError."""
        match request.get("op"):
            case "follow":
                self._leave(number)
                self._follow(number, request)
            case "leave":
                self._leave(number)
            case other:
                raise Refusal(f"op must be one of follow, leave; got {quoted(other)}")

    def _follow(self, number: int, request: Mapping[str, Any]) -> None:
        if len(self._follows) >= MAX_FOLLOWS:
            raise Refusal(
                f"one connection may follow at most {MAX_FOLLOWS} topics; leave one first"
            )
        name, run_id = request.get("topic"), request.get("run", "")
        topic = self._hub.topics.get(name) if isinstance(name, str) else None
        if topic is None:
            known = ", ".join(self._hub.topics)
            raise Refusal(f"there is no topic {quoted(name)}; choose one of {known}")
        if not isinstance(run_id, str) or bool(run_id) != topic.of_run:
            wanted = "a run's id" if topic.of_run else "left out"
            raise Refusal(f"run must be {wanted} for {topic.name}; got {quoted(run_id)}")
        given = request.get("params") or {}
        if not isinstance(given, dict):
            raise Refusal(f"params must be an object; got {quoted(given)}")
        params = read_json(topic.params, given, topic.name)
        self._hub.quota.take(self._viewer)
        follow = self._follows[number] = Follow(self, number, run_id, request.get("have"))
        follow.drawing = self._hub.follow(topic, run_id, params, follow)

    def _leave(self, number: int) -> None:
        follow = self._follows.pop(number, None)
        self._queued.pop(number, None)
        if follow is not None:
            self._hub.quota.give(self._viewer)
        if follow is not None and follow.drawing is not None:
            self._hub.leave(follow.run_id, follow.drawing, follow)


def _refusal(number: int | None, sentence: str) -> str:
    return to_json({"id": number, "error": sentence})


def _check_places(hub: Hub, viewer: Viewer) -> None:
    """Raise Closed if too many browsers are connected, in all or from one address."""
    n = hub.sockets.total()
    here = sum(count for each, count in hub.sockets.items() if address_of(each) == viewer.address)
    most = most_of_address(MAX_SOCKETS)
    if n > MAX_SOCKETS or here > most:
        which = f"{MAX_SOCKETS} browsers" if n > MAX_SOCKETS else f"{most} from your address"
        raise Closed(TRY_LATER, f"{which} are connected already; try again later")


def routes(hub: Hub) -> list[BaseRoute]:
    """Return the route of the news."""

    async def live(websocket: WebSocket) -> None:
        viewer = viewer_of(websocket.scope)
        hub.sockets[viewer] += 1

        async def serve() -> None:
            _check_places(hub, viewer)
            await Connection(hub, websocket).serve()

        try:
            say = partial(log.warning, "a connection for news was closed: %s")
            await accept(websocket, serve, say)
        finally:
            hub.sockets -= Counter([viewer])  # this drops zeros

    return [WebSocketRoute("/api/live", live)]
