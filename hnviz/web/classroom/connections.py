"""The WebSocket /api/class/live: guesses in, the class's answers out once they are revealed.

JSON text both ways. A phone first says who it is, then sends guesses:
    {"op": "hello", "token": "...", "have": ["batches.1"]}
    {"op": "guess", "id": 7, "step": "batches.3", "value": 2}
    {"op": "guess", "id": 8, "step": "batches.3", "value": 1, "vote": 2}    in the second vote
The teacher's page, which its cookie identifies, and someone who has not joined send:
    {"op": "teach", "have": []}
    {"op": "look", "have": []}
The server sends a phone its earlier answers, confirms each guess once it is stored, and sends
revealed answers to everyone and counts to the teacher only:
    {"mine": {"batches.1": 2}}    with "first" for those in the first votes of discussed steps
    {"id": 7, "step": "batches.3"}    or    {"id": 7, "error": "a sentence"}
    {"step": "batches.3", "n": 28, "values": [...], "sentence": "..."}
    {"step": "batches.3", "n": 27, ..., "first": {"n": 28, "values": [...], "moved": [...], ...}}
    {"step": "batches.3", "covered": true}    when the teacher takes that back
    {"step": "batches.3", "covered": true, "vote": 2}    when the class votes again
    {"experiment": {"id": 2, "revealed": false, "results": 12, ...}}    when students see another
    {"here": 28, "members": 30, "steps": [["batches.3", 12, 28, false], ...], "discussed": [...],
     "experiment": {...},
     "lessons": {"all": 8, "missing": [["Why truncate?", "why phones cannot open it yet"], ...]}}
A step's numbers are how many have answered, and how many there are: all who are connected or have
answered. Several messages are sent as a list. While nothing happens, nothing is sent.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from hnviz.classroom import GuessError
from hnviz.classroom.guesses import FIRST, SECOND, guess_of, step_order, written
from hnviz.classroom.votes import drawn
from hnviz.lessons import lessons
from hnviz.questions.frame import to_json
from hnviz.questions.params import quoted
from hnviz.web.classroom.service import REMOVED, ClassService, asks, not_stored, stored
from hnviz.web.limits import Bucket, viewer_of
from hnviz.web.sockets import (
    GIVEN_UP,
    TRY_LATER,
    Closed,
    accept,
    read_object,
    send_within,
    until_one_ends,
)

MAX_MESSAGE_CHARS = 4 * 1024  # in one message from a phone
MAX_CONNECTIONS = 600  # beyond this, only the teacher and unconnected members are let in
MAX_SILENT = 200  # connections without a hello
MAX_LOOKING = 100  # connections from people who have not joined
MAX_OF_ONE = 4  # connections per member
MAX_ANSWERS = 64  # waiting for a phone to read them
HELLO_SECONDS = 5.0
SEND_SECONDS = 30.0
BURST, PER_SECOND = 20, 4  # guesses per connection
MAX_ID = 2**53
NOT_KNOWN = 4403  # closes the connection of someone who must join, or join again
COUNT_SECONDS = 0.2  # between two counts for the teacher, at least

EXPERIMENT = "experiment"  # queued like a step; each step has a dot

JOIN_FIRST = "join the class with its code first"

log = logging.getLogger(__name__)


class Connection:
    """One browser's connection: one task reads, another writes."""

    def __init__(self, connections: "Connections", websocket: WebSocket) -> None:
        self.member: str | None = None
        self.teacher = False
        self.address = viewer_of(websocket.scope).address
        self._connections, self._service = connections, connections.service
        self._websocket = websocket
        self._closed: Closed | None = None
        self._answers: deque[str] = deque()
        self._due: dict[str, None] = {}  # steps to send; "" for the teacher's counts
        self._wake = asyncio.Event()
        self._allowance = Bucket(PER_SECOND, BURST)

    async def serve(self) -> None:
        """Serve until either side closes. Raises Closed or WebSocketDisconnect."""
        try:
            async with asyncio.timeout(HELLO_SECONDS) as deadline:
                with self._connections.greeting(self, deadline):
                    await self._greet(await self._read())
        except TimeoutError:
            raise Closed(
                GIVEN_UP, f"nobody said hello within {HELLO_SECONDS:g} s, or too many waited"
            ) from None
        await until_one_ends(self._listen(), self._write())

    def queue(self, step: str) -> None:
        """Queue a step, or the counts; one already queued is sent once, in its newest state."""
        self._due[step] = None
        self._wake.set()

    def end(self, closed: Closed) -> None:
        """Have the connection closed soon."""
        self._closed = closed
        self._wake.set()

    async def _read(self) -> Mapping[str, Any]:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        return read_object(message, MAX_MESSAGE_CHARS)

    async def _greet(self, hello: Mapping[str, Any]) -> None:
        """Find out who has connected. Raises Closed."""
        room, op, token = self._service.room, hello.get("op"), hello.get("token")
        if op == "teach":
            self.teacher = self._service.visitor(self._websocket.cookies).teacher
            if not self.teacher:
                raise Closed(NOT_KNOWN, "only the teacher's browser sees the counts")
        elif op == "hello":
            if not isinstance(token, str) or not room.holds(token):
                is_removed = isinstance(token, str) and token in room.removed
                raise Closed(NOT_KNOWN, REMOVED if is_removed else JOIN_FIRST)
            self.member = token
        elif op != "look":
            raise Closed(GIVEN_UP, f"op must be hello, look or teach first; got {quoted(op)}")
        elif self._service.view != "free":
            raise Closed(NOT_KNOWN, JOIN_FIRST)
        have = hello.get("have")
        known = set(filter(asks, have)) if isinstance(have, list) else set()
        self._connections.add(self)
        if self.member:
            own = room.own(self.member)
            first = room.own_first(self.member)
            mine = {"mine": {step: written(value) for step, value in own.items()}}
            if first:
                mine["first"] = {step: written(value) for step, value in first.items()}
            self._answer(mine)
            if room.experiment:
                self.queue(EXPERIMENT)
        revealed = self._service.revealed()
        for step in (revealed.keys() ^ known) | (self._service.discussed() - revealed.keys()):
            self.queue(step)
        if self.teacher:
            self.queue("")

    async def _listen(self) -> None:
        while True:
            request = await self._read()
            if len(self._answers) >= MAX_ANSWERS:
                raise Closed(GIVEN_UP, f"{MAX_ANSWERS} answers were not read")
            number = request.get("id")
            if isinstance(number, bool) or not isinstance(number, int) or abs(number) > MAX_ID:
                number = None
            try:
                answer = {"step": await self._guess(request)}
            except GuessError as error:
                answer = {"error": str(error)}
            except OSError as error:  # the phone sends it again until it is stored
                answer = {"error": not_stored(error)}
            self._answer({"id": number, **answer})

    async def _guess(self, request: Mapping[str, Any]) -> str:
        """Take a guess; return its step. Raises GuessError or OSError."""
        if request.get("op") != "guess":
            raise GuessError(f"op must be guess; got {quoted(request.get('op'))}")
        if self.member is None:
            raise GuessError(JOIN_FIRST)
        if self._allowance.left < 1:
            raise GuessError("guesses come too fast; wait a second and send it again")
        self._allowance.take(1)
        step, value = request.get("step"), request.get("value")
        vote = request.get("vote", FIRST)
        return await stored(self._service.guess(self.member, step, value, vote))

    def _answer(self, answer: Mapping[str, Any]) -> None:
        self._answers.append(to_json(answer))
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._closed is not None:
                raise self._closed
            while self._answers or self._due:
                texts = [*self._answers, *map(self._connections.text, self._due)]
                self._answers.clear()
                self._due.clear()
                text = texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"
                await send_within(self._websocket, text, SEND_SECONDS)


class Connections:
    """All connections of the class, in the server's event loop."""

    def __init__(self, service: ClassService) -> None:
        self.service = service
        self._all: set[Connection] = set()
        self._greeting: dict[Connection, asyncio.Timeout] = {}  # in order of arrival
        self._texts: dict[str, tuple[Any, str]] = {}  # step -> answers, message
        self._revealed = service.revealed()  # as last sent to all connections
        self._discussed = service.discussed()  # as last sent to all connections
        self._stage = service.experiments.stage()  # as last sent to students
        self._loop: asyncio.AbstractEventLoop | None = None
        self._counting: asyncio.TimerHandle | None = None
        service.watch(self._changed)
        service.lessons.changed = self.count

    def route(self) -> WebSocketRoute:
        """Return the route of the WebSocket."""

        async def live(websocket: WebSocket) -> None:
            connection = Connection(self, websocket)
            say = partial(log.info, "a connection of the class was closed: %s")
            try:
                await accept(websocket, connection.serve, say)
            finally:
                self.remove(connection)

        return WebSocketRoute("/api/class/live", live)

    @contextmanager
    def greeting(self, connection: Connection, deadline: asyncio.Timeout) -> Iterator[None]:
        """Wait for a hello, which a browser sends immediately.

        If too many are silent, close the oldest one from the address that has the most of them.
        """
        self._greeting[connection] = deadline
        if len(self._greeting) > MAX_SILENT:
            most = Counter(each.address for each in self._greeting).most_common(1)[0][0]
            oldest = next(each for each in self._greeting if each.address == most)
            given_up = self._greeting.pop(oldest)
            if not given_up.expired():
                given_up.reschedule(0)
        try:
            yield
        finally:
            self._greeting.pop(connection, None)

    def add(self, connection: Connection) -> None:
        """Add a connection. Raises Closed if its browser, or strangers, have too many.

        The teacher, and a member who has no connection yet, are always let in.
        """
        member, teacher = connection.member, connection.teacher
        same = sum(each.member == member for each in self._all if not each.teacher)
        if len(self._all) >= MAX_CONNECTIONS and not teacher and (same or not member):
            raise Closed(TRY_LATER, f"{MAX_CONNECTIONS} phones are connected; try again later")
        if member and same >= MAX_OF_ONE:
            raise Closed(TRY_LATER, f"you have {same} tabs open here already; close one")
        if not (member or teacher) and same >= MAX_LOOKING:
            raise Closed(TRY_LATER, f"{same} look on already; {JOIN_FIRST}")
        self._loop = asyncio.get_running_loop()
        self._all.add(connection)
        self.count()

    def remove(self, connection: Connection) -> None:
        """Remove a connection, if it was added."""
        if connection in self._all:
            self._all.remove(connection)
            self.count()

    def text(self, step: str) -> str:
        """Return the message about a step: its answers, or that it is covered; "" is the counts."""
        room = self.service.room
        if not step:
            return to_json(self._counts())
        if step == EXPERIMENT:
            return to_json({EXPERIMENT: self.service.experiments.summary()})
        if step not in room.revealed:
            again = {"vote": SECOND} if step in room.first else {}
            return to_json({"step": step, "covered": True, **again})
        answers = room.first_answers(step), room.answers(step)
        sent, text = self._texts.get(step, (None, ""))
        if sent != answers:  # otherwise one text serves all connections
            first, last = self.service.answers(step)
            both = first if step in room.first else None
            shown = drawn(guess_of(step), both, last, {*self.here(), *last})
            self._texts[step] = answers, (text := to_json({"step": step, **shown}))
        return text

    def here(self) -> set[str]:
        """Return the members who are connected."""
        return {each.member for each in self._all if each.member}

    def count(self) -> None:
        """Send the teacher new counts soon, but not too often."""
        if self._counting is None and self._loop and any(each.teacher for each in self._all):
            self._counting = self._loop.call_later(COUNT_SECONDS, self._count_now)

    def _counts(self) -> Mapping[str, Any]:
        here, room = self.here(), self.service.room
        steps = sorted(self.service.counts().items(), key=lambda each: step_order(each[0]))
        return {
            "here": len(here),
            "members": room.size,
            "steps": [
                [step, n, len({*here, *room.answers(step)}), step in room.revealed]
                for step, n in steps
            ],
            "discussed": sorted(self.service.discussed()),
            "experiment": self.service.experiments.summary(),
            "lessons": {"all": len(lessons()), "missing": self.service.lessons.missing()},
        }

    def _count_now(self) -> None:
        self._counting = None
        for each in self._all:
            if each.teacher:
                each.queue("")

    def _changed(self) -> None:
        """Receive a change, in the thread that writes."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self._send_changes)

    def _send_changes(self) -> None:
        self.count()
        before, self._revealed = self._revealed, self.service.revealed()
        # Revealed, covered again, or revealed and without a member's answer now.
        steps = {step for step, _ in before.items() ^ self._revealed.items()}
        known, self._discussed = self._discussed, self.service.discussed()
        steps |= known ^ self._discussed
        was, self._stage = self._stage, self.service.experiments.stage()
        for each in self._all:
            for step in steps:
                each.queue(step)
            if each.member and was != self._stage:
                each.queue(EXPERIMENT)
            if each.member in self.service.room.removed:
                each.end(Closed(NOT_KNOWN, REMOVED))
