"""The WebSocket /api/class/live: guesses in, the class's answers out once they are revealed.

JSON text both ways. From a phone, first who it is, then guesses:
    {"op": "hello", "token": "...", "have": ["batches.1"]}
    {"op": "guess", "id": 7, "step": "batches.3", "value": 2}
From the teacher's page, whose cookie says who it is, and from someone who has not joined:
    {"op": "teach", "have": []}
    {"op": "look", "have": []}
The server says what a phone has answered before, answers each guess once it is stored, sends what
is revealed, and counts to the teacher alone:
    {"mine": {"batches.1": 2}}
    {"id": 7, "step": "batches.3"}    or    {"id": 7, "error": "a sentence"}
    {"step": "batches.3", "n": 28, "values": [...], "sentence": "..."}
    {"step": "batches.3", "covered": true}    when the teacher takes that back
    {"here": 28, "members": 30, "steps": [["batches.3", 12, 28, false], ...],
     "lessons": {"all": 8, "missing": [["Why truncate?", "why phones cannot open it yet"], ...]}}
A step's numbers are how many have answered, and how many there are: those who are connected or have
answered. Several are sent as a list. Nothing is sent while nothing happens.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from hnviz.classroom import GuessError
from hnviz.classroom.guesses import step_order, written
from hnviz.lessons import lessons
from hnviz.web.classroom.bulletin import Bulletin
from hnviz.web.classroom.desk import REMOVED, Desk, not_kept
from hnviz.web.classroom.files import LessonFiles
from hnviz.web.parameters import quoted
from hnviz.web.quota import Bucket
from hnviz.web.sockets import (
    GIVEN_UP,
    TRY_LATER,
    Closed,
    close_with,
    read_object,
    send_within,
    until_one_ends,
)
from hnviz.web.topics import to_json
from hnviz.web.viewer import viewer_of

LARGEST_MESSAGE = 4 * 1024  # characters that a phone may send at once
MOST_SOCKETS = 600  # beyond these, only the teacher and members who have none come in
MOST_SILENT = 200  # connections that have not said hello
MOST_LOOKING = 100  # connections of those who have not joined
MOST_OF_ONE = 4  # connections of one member
MOST_ANSWERS = 64  # that may wait for a phone to read them
HELLO_SECONDS = 5.0
SEND_SECONDS = 30.0
BURST, PER_SECOND = 20, 4  # guesses of one connection
LARGEST_ID = 2**53
NOT_KNOWN = 4403  # closes the connection of someone who has to join, again or for the first time
COUNT_SECONDS = 0.2  # between two counts for the teacher, at least

JOIN_FIRST = "join the class with its code first"

log = logging.getLogger(__name__)


class Line:
    """One browser's connection: one task reads, another writes."""

    def __init__(self, hall: "Hall", websocket: WebSocket) -> None:
        self.member: str | None = None
        self.teacher = False
        self.address = viewer_of(websocket.scope).address
        self._hall, self._websocket = hall, websocket
        self._closed: Closed | None = None
        self._answers: deque[str] = deque()
        self._unstored = 0  # guesses that are not yet in the class's file
        self._due: dict[str, None] = {}  # steps to send; "" for the teacher's counts
        self._wake = asyncio.Event()
        self._allowance = Bucket(PER_SECOND, BURST)

    async def serve(self) -> None:
        """Serve until either side closes. Raises Closed or WebSocketDisconnect."""
        try:
            async with asyncio.timeout(HELLO_SECONDS) as deadline:
                with self._hall.greeting(self, deadline):
                    await self._greet(await self._read())
        except TimeoutError:
            raise Closed(
                GIVEN_UP, f"nobody said hello within {HELLO_SECONDS:g} s, or too many waited"
            ) from None
        await until_one_ends(self._listen(), self._write())

    def line_up(self, step: str) -> None:
        """Queue a step, or the counts; what waits already is sent once, as it then is."""
        self._due[step] = None
        self._wake.set()

    def end(self, closed: Closed) -> None:
        """Close the connection soon."""
        self._closed = closed
        self._wake.set()

    async def _read(self) -> Mapping[str, Any]:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        return read_object(message, LARGEST_MESSAGE)

    async def _greet(self, hello: Mapping[str, Any]) -> None:
        """Learn who is here. Raises Closed."""
        desk, op = self._hall.desk, hello.get("op")
        if op == "teach":
            self.teacher = desk.visitor(self._websocket.cookies).teacher
            if not self.teacher:
                raise Closed(NOT_KNOWN, "only the teacher's browser sees the counts")
        elif op == "hello":
            token = hello.get("token")
            if not isinstance(token, str) or not desk.room.holds(token):
                is_removed = isinstance(token, str) and token in desk.room.removed
                raise Closed(NOT_KNOWN, REMOVED if is_removed else JOIN_FIRST)
            self.member = token
        elif op != "look":
            raise Closed(GIVEN_UP, f"op must be hello, look or teach first; got {quoted(op)}")
        elif desk.view != "free":
            raise Closed(NOT_KNOWN, JOIN_FIRST)
        have = hello.get("have")
        known = set(filter(desk.asks, have)) if isinstance(have, list) else set()
        self._hall.enter(self)
        if self.member:
            own = desk.room.own(self.member)
            mine = {step: written(value) for step, value in own.items()}
            self._answers.append(to_json({"mine": mine}))
            self._wake.set()
        for step in desk.revealed().keys() ^ known:
            self.line_up(step)
        if self.teacher:
            self.line_up("")

    async def _listen(self) -> None:
        while True:
            request = await self._read()
            number = request.get("id")
            if isinstance(number, bool) or not isinstance(number, int) or abs(number) > LARGEST_ID:
                number = None
            self._answer(number, request)

    def _answer(self, number: int | None, request: Mapping[str, Any]) -> None:
        if len(self._answers) + self._unstored >= MOST_ANSWERS:
            raise Closed(GIVEN_UP, f"{MOST_ANSWERS} answers were not read")
        try:
            if request.get("op") != "guess":
                raise GuessError(f"op must be guess; got {quoted(request.get('op'))}")
            if self.member is None:
                raise GuessError(JOIN_FIRST)
            if self._allowance.left < 1:
                raise GuessError("guesses come too fast; wait a second and send it again")
            self._allowance.take(1)
            step = self._hall.desk.guess(self.member, request.get("step"), request.get("value"))
        except GuessError as error:
            return self._say({"id": number, "error": str(error)})
        self._unstored += 1
        told, loop = partial(self._stored, number, step), asyncio.get_running_loop()

        def written(stored: "Future[None]") -> None:  # in the thread that writes
            with suppress(RuntimeError):  # the server has ended meanwhile
                loop.call_soon_threadsafe(told, stored.exception())

        self._hall.desk.written().add_done_callback(written)

    def _stored(self, number: int | None, step: str, error: BaseException | None) -> None:
        """Answer a guess: a phone sends it again until it has this answer."""
        self._unstored -= 1
        problem = not_kept(error) if isinstance(error, OSError) else None
        self._say({"id": number, "error": problem} if problem else {"id": number, "step": step})

    def _say(self, answer: Mapping[str, Any]) -> None:
        self._answers.append(to_json(answer))
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._closed is not None:
                raise self._closed
            while self._answers or self._due:
                texts = [*self._answers, *map(self._hall.text, self._due)]
                self._answers.clear()
                self._due.clear()
                text = texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"
                await send_within(self._websocket, text, SEND_SECONDS)


class Hall:
    """All connections of the class. Lives in the server's event loop."""

    def __init__(self, desk: Desk, files: LessonFiles) -> None:
        self.desk, self._files = desk, files
        self.lines: set[Line] = set()
        self._greeting: dict[Line, asyncio.Timeout] = {}  # in the order in which they came
        self._bulletin = Bulletin(desk)
        self._revealed = desk.revealed()  # what all lines have heard of
        self._loop: asyncio.AbstractEventLoop | None = None
        self._counting: asyncio.TimerHandle | None = None
        desk.watch(self._changed)
        files.changed = self.count

    @contextmanager
    def greeting(self, line: Line, deadline: asyncio.Timeout) -> Iterator[None]:
        """Wait for somebody's hello.

        Where too many are silent, the oldest of the address with the most of them is given up: a
        browser says hello at once.
        """
        self._greeting[line] = deadline
        if len(self._greeting) > MOST_SILENT:
            most = Counter(each.address for each in self._greeting).most_common(1)[0][0]
            oldest = next(each for each in self._greeting if each.address == most)
            given_up = self._greeting.pop(oldest)
            if not given_up.expired():
                given_up.reschedule(0)
        try:
            yield
        finally:
            self._greeting.pop(line, None)

    def enter(self, line: Line) -> None:
        """Let somebody in. Raises Closed if the same browser, or strangers, are here too often.

        The teacher, and a member who has no connection yet, always come in.
        """
        mine = sum(each.member == line.member for each in self.lines if not each.teacher)
        if len(self.lines) >= MOST_SOCKETS and not line.teacher and (mine or not line.member):
            raise Closed(TRY_LATER, f"{MOST_SOCKETS} phones are connected; try again later")
        if line.member and mine >= MOST_OF_ONE:
            raise Closed(TRY_LATER, f"you have {mine} tabs open here already; close one")
        if not (line.member or line.teacher) and mine >= MOST_LOOKING:
            raise Closed(TRY_LATER, f"{mine} look on already; {JOIN_FIRST}")
        self._loop = asyncio.get_running_loop()
        self.lines.add(line)
        self.count()

    def leave(self, line: Line) -> None:
        """Let somebody go."""
        if line in self.lines:
            self.lines.remove(line)
            self.count()

    def text(self, step: str) -> str:
        """Write the counts for "", else what was guessed at a step, or that it is covered."""
        if step:
            return self._bulletin.text(step, self.here)
        here, room = self.here(), self.desk.room
        steps = sorted(self.desk.counts().items(), key=lambda each: step_order(each[0]))
        rows = [
            [name, n, len({*here, *room.answers(name)}), name in room.revealed] for name, n in steps
        ]
        ready = {"all": len(lessons()), "missing": self._files.missing()}
        return to_json({"here": len(here), "members": room.size, "steps": rows, "lessons": ready})

    def here(self) -> set[str]:
        """Return the members who are connected."""
        return {line.member for line in self.lines if line.member}

    def count(self) -> None:
        """Send the teacher new counts soon, and not too often."""
        if self._counting is None and self._loop and any(line.teacher for line in self.lines):
            self._counting = self._loop.call_later(COUNT_SECONDS, self._count_now)

    def _count_now(self) -> None:
        self._counting = None
        for line in self.lines:
            if line.teacher:
                line.line_up("")

    def _changed(self, _: str) -> None:
        """Hear of a change, in any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread)

    def _spread(self) -> None:
        self.count()
        before, self._revealed = self._revealed, self.desk.revealed()
        # Revealed, covered again, or revealed and without a member's answer now.
        for step, _ in before.items() ^ self._revealed.items():
            for line in self.lines:
                line.line_up(step)
        for line in self.lines:
            if line.member in self.desk.room.removed:
                line.end(Closed(NOT_KNOWN, REMOVED))


def routes(hall: Hall) -> list[BaseRoute]:
    """Return the route of the class's WebSocket."""

    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        line = Line(hall, websocket)
        try:
            await line.serve()
        except WebSocketDisconnect:
            pass
        except Closed as closed:
            log.info("a connection of the class was closed: %s", closed.sentence)
            await close_with(websocket, closed)
        finally:
            hall.leave(line)

    return [WebSocketRoute("/api/class/live", live)]
