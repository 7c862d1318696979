"""The class of this server, for all its pages and routes.

A method that changes the class returns a future, which ends once the change is stored. So a killed
server loses nothing that it has confirmed, and the event loop never waits for the disk.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from hnviz.classroom import ClassError, Classroom, GuessError, Limits
from hnviz.classroom.codes import Backoff, new_token
from hnviz.classroom.guesses import (
    FIRST,
    SECOND,
    Spread,
    Value,
    check_fits,
    codes_in,
    decode,
    fits,
    guess_of,
    read_step,
    read_value,
    read_vote,
    spread,
)
from hnviz.classroom.state import NOTHING, VIEWS
from hnviz.classroom.store import ClassStore, DamagedClassError
from hnviz.classroom.votes import advice, drawn, right_of
from hnviz.web.classroom.experiments import Experiments
from hnviz.web.classroom.lessons import LessonFiles
from hnviz.web.http import Refusal

MEMBER, TEACHER = "hnviz-class", "hnviz-teacher"  # cookies
JOIN = "/class/join"

REMOVED = "the teacher has removed this browser from the class; ask the teacher"
MAX_CODES = 500  # in one paste
WAIT_SECONDS = 5.0  # for the disk

log = logging.getLogger(__name__)

T = TypeVar("T")


class Visitor(NamedTuple):
    """The sender of a request."""

    member: str | None = None  # the token of someone who has joined
    teacher: bool = False

    @property
    def is_known(self) -> bool:
        """Return whether it is the teacher or a member."""
        return self.teacher or self.member is not None


@dataclass(frozen=True, slots=True)
class PasteResult:
    """How many pasted codes were taken, and what is wrong with the others."""

    taken: int
    wrong: tuple[str, ...]


class _Change(NamedTuple):
    make: Callable[[Classroom], Classroom]
    result: Any
    future: "Future[Any]"
    lasts: bool  # stays in memory even if it cannot be stored


class ClassService:
    """The class, in memory and in its file; one thread writes the file."""

    def __init__(
        self,
        folder: Path,
        *,
        view: str = VIEWS[0],
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        jobs: Callable[[], Collection[str]] = lambda: (),
    ) -> None:
        """Read the class from its folder, or start a new one; `jobs` lists the runs under way."""
        if view not in VIEWS:
            raise ValueError(f"HNVIZ_CLASS must be one of {', '.join(VIEWS)}; got {view!r}")
        self.view, self.limits = view, limits or Limits()
        self._clock, self._jobs = clock, jobs
        self.lessons = LessonFiles(None)  # the server replaces these with its own
        self._backoff = Backoff()
        self._addresses: Mapping[str, str] = {}  # member -> address they joined from; not stored
        self._watchers: list[Callable[[], None]] = []
        self.experiments = Experiments(self)
        self._store = ClassStore(folder)
        self.room = self._loaded()
        try:
            self._store.save(self.room)
        except OSError as error:  # the teacher's page still opens; each change reports this
            log.error("the class could not be stored: %s", error)
        self._starting: dict[object, tuple[str, str]] = {}  # member, and the run once it has an id
        self._lock = threading.Lock()  # of that dict
        self._changes: SimpleQueue[_Change | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, daemon=True)
        self._writer.start()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call a function after each change, in the thread that writes."""
        self._watchers.append(watcher)

    def close(self) -> None:
        """Store pending changes, close the file, and start no further lesson and no check."""
        self.lessons.end()
        self.experiments.end()
        self._changes.put(None)
        self._writer.join(WAIT_SECONDS)
        self._store.close()

    # Who is who

    def knows(self, code: str, address: str, token: str) -> bool:
        """Check that a browser may join; return whether it already is a member. Raises Refusal.

        `token` is what a returning browser sends.
        """
        if token in self.room.removed:
            raise Refusal(REMOVED, 403)
        if token in self.room.members:
            return True
        if not code.strip():
            raise Refusal("type the code that is on the teacher's screen", 403)
        wait = self._backoff.delay(address, self._clock())
        if wait > 0:  # a right code gets the same answer: a guess during the wait learns nothing
            raise Refusal(f"too many wrong codes; try again in {_seconds(wait)}", 429)
        if not self.room.fits(code):
            raise self._wrong(address, "the code of the class")
        self._backoff.succeeded(address)
        return False

    def admit(self, address: str) -> "Future[str]":
        """Admit a browser that has the right code; return its token, or a ClassError."""
        member, places = new_token(), -(-self.limits.members // 2)

        def join(room: Classroom) -> Classroom:
            here = (each for each, of in self._addresses.items() if of == address)
            if sum(map(room.holds, here)) >= places:
                raise ClassError(
                    f"{places} of {self.limits.members} places of the class were taken from your "
                    "network address; ask the teacher to remove those who are not in the room"
                )
            self._addresses = {**self._addresses, member: address}
            return room.joined(member, self.limits)

        return self.change(join, member)

    def teach(self, secret: str, address: str) -> None:
        """Check a teacher's secret. Nobody can guess it, so the right one never has to wait.

        Raises Refusal.
        """
        if not self.room.is_teacher(secret):
            raise self._wrong(address, "the teacher's link")

    def _wrong(self, address: str, what: str) -> Refusal:
        self._backoff.failed(address, self._clock())
        return Refusal(f"this is not {what}; look at the teacher's screen and try again", 403)

    def students(self, here: Collection[str]) -> list[dict[str, int | bool]]:
        """List the members of the class; `here` are the connected ones.

        "place" is the same number for all who joined from one address, 0 if that is unknown.
        """
        room, addresses = self.room, self._addresses
        answered = Counter(
            member
            for step, of_step in room.guesses.items()
            for member in {*of_step, *room.first.get(step, NOTHING)}
        )
        places = {each: n for n, each in enumerate(dict.fromkeys(addresses.values()), 1)}
        return [
            {
                "number": number,
                "here": member in here,
                "answers": answered[member],
                "place": places.get(addresses.get(member, ""), 0),
            }
            for member, number in sorted(room.members.items(), key=lambda each: each[1])
            if room.holds(member)
        ]

    def remove(self, numbers: Collection[int]) -> "Future[None]":
        """Remove members by their numbers: their answers no longer count."""
        return self.change(lambda room: room.without(numbers), None)

    def restore(self, numbers: Collection[int]) -> "Future[None]":
        """Readmit removed members."""
        return self.change(lambda room: room.restored(numbers), None)

    def visitor(self, cookies: Mapping[str, str]) -> Visitor:
        """Return who sends these cookies."""
        room, member = self.room, cookies.get(MEMBER, "")
        return Visitor(
            member=member if room.holds(member) else None,
            teacher=room.is_teacher(cookies.get(TEACHER, "")),
        )

    # Guesses

    def guess(self, member: str, step: Any, value: Any, vote: Any = FIRST) -> "Future[str]":
        """Take a member's guess in a vote; return the step, or a GuessError. Raises GuessError."""
        step, read, vote = read_step(step), read_value(value), read_vote(vote)
        check_fits(read, guess_of(step))

        def take(room: Classroom) -> Classroom:
            if not room.holds(member):
                raise GuessError(REMOVED)
            return room.guessed(member, step, read, vote, _now())

        return self.change(take, step)

    def paste(self, text: str) -> PasteResult:
        """Take all guesses whose codes a text contains."""
        taken, wrong = 0, []

        def take(room: Classroom) -> Classroom:
            nonlocal taken
            for line in codes_in(text)[:MAX_CODES]:
                try:
                    guess = decode(line)
                    check_fits(guess.value, guess_of(guess.step))
                    room = room.pasted(*guess, _now())
                    taken += 1
                except GuessError as error:
                    wrong.append(str(error))
            return room

        try:
            self.change(take, None).result(WAIT_SECONDS)
        except OSError as error:
            return PasteResult(0, (not_stored(error),))
        return PasteResult(taken, tuple(dict.fromkeys(wrong)))

    def discuss(self, step: Any) -> "Future[None]":
        """Close the first vote on a step and open the second. Raises GuessError."""
        guess_of(read_step(step))
        return self.change(lambda room: room.discussed(step), None)

    def reveal(self, step: Any) -> "Future[None]":
        """Show everyone the guesses of a step. Raises GuessError."""
        guess_of(read_step(step))
        return self.change(lambda room: room.shown(step), None)

    def cover(self, step: Any) -> "Future[None]":
        """Cover a revealed step, which then takes guesses again. Raises GuessError."""
        guess_of(read_step(step))
        return self.change(lambda room: room.covered(step), None)

    def revealed(self) -> dict[str, int]:
        """Return the steps whose answers everyone sees, and how many count for each, of both votes.

        A lesson may have lost a step since.
        """
        room = self.room
        return {
            step: len(room.answers(step)) + len(room.first_answers(step))
            for step in filter(asks, room.revealed)
        }

    def discussed(self) -> frozenset[str]:
        """Return the steps on which the class votes, or has voted, twice."""
        return frozenset(filter(asks, self.room.first))

    def counts(self) -> dict[str, int]:
        """Return how many have answered each step that is still open."""
        return {step: n for step, n in self.room.counts().items() if asks(step)}

    def answers(self, step: str) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
        """Return a step's guesses in the first vote and in the open or last vote, by member.

        They are those that count and that the lesson can still show.
        """
        room = self.room
        first, last = (
            {member: value for member, value in found.items() if fits(value, step)}
            for found in (room.first_answers(step), room.answers(step))
        )
        return first, last

    def spread(self, step: str) -> Spread:
        """Return those of a step's guesses that the lesson can still show, without names."""
        return spread(self.answers(step)[1].values())

    def vote(self, step: Any, here: Collection[str]) -> dict[str, Any]:
        """Return for the teacher alone what the class has answered so far. Raises GuessError.

        `here` are the connected members. "absent" has the numbers of those who have not answered:
        of `here`, and of those who answered in the first vote.
        """
        guess, room = guess_of(read_step(step)), self.room
        first, last = self.answers(step)
        vote = room.vote(step)
        missing = filter(room.holds, {*here, *first}.difference(last))
        return {
            "step": step,
            "vote": vote,
            **drawn(guess, first if vote == SECOND else None, last, {*here, *last}),
            "advice": advice(right_of(guess, last), len(last)) if vote == FIRST else "",
            "absent": sorted(map(room.members.__getitem__, missing)),
        }

    # Runs

    def start(self, member: str | None, train: Callable[[], str]) -> str:
        """Start a run for a member; return its id. Raises ClassError, or what `train` raises.

        `train` may also take a run that the member's own device has trained.
        """
        this = object()
        with self._lock:
            member = self._allowed(member)
            self._starting[this] = member, ""
        try:
            run_id = train()
            self._starting[this] = member, run_id  # from now on, the class may count it, too
            stored = self.change(lambda room: room.started(member, run_id), None, lasts=True)
            with suppress(OSError):  # the run trains all the same
                stored.result(WAIT_SECONDS)
            return run_id
        finally:
            with self._lock:
                del self._starting[this]

    def check_start(self, member: str | None, ordered: int = 0) -> None:
        """Check that a member may have one more run besides some that are ordered.

        Raises ClassError.
        """
        with self._lock:
            self._allowed(member, ordered)

    def _allowed(self, member: str | None, ordered: int = 0) -> str:
        """Return the member, who may have one more run. Raises ClassError."""
        if member is None:
            raise ClassError("only members of the class can start runs; see the Class page")
        room = self.room
        starting = [each for each, run in self._starting.values() if run not in room.runs]
        room.check_start(member, self._jobs(), self.limits, starting, ordered)
        return member

    def check_resume(self, member: str) -> None:
        """Check that a member may have one more run under way. Raises ClassError."""
        self.room.check_place(member, self._jobs(), self.limits)

    def change(
        self, make: Callable[[Classroom], Classroom], result: T, *, lasts: bool = False
    ) -> "Future[T]":
        """Queue a change to be made and stored; return a future of `result`.

        The future fails with the disk's OSError or with what `make` raises; the class is then
        unchanged.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # nobody who awaits it can cancel it
        self._changes.put(_Change(make, result, future, lasts))
        return future

    def _write_all(self) -> None:
        """Make pending changes and store them together, until the class is closed."""
        is_open = True
        while is_open:
            waiting = [self._changes.get()]
            while not self._changes.empty():
                waiting.append(self._changes.get())
            is_open = None not in waiting
            self._write([each for each in waiting if each is not None])

    def _write(self, changes: Collection[_Change]) -> None:
        room, made = self.room, []
        for each in changes:
            try:
                room = each.make(room)
                made.append(each)
            except Exception as error:  # in the caller's code
                each.future.set_exception(error)
        try:
            self._store.save(room)
        except Exception as error:
            for each in made:
                each.future.set_exception(error)
                if each.lasts:
                    self.room = each.make(self.room)
            return
        self.room = room
        for each in made:
            each.future.set_result(each.result)
        for watcher in self._watchers:
            watcher()

    def _loaded(self) -> Classroom:
        try:
            return self._store.load() or Classroom()
        except DamagedClassError as error:
            aside = self._store.put_aside().name
            log.warning("%s; it is now %s, and a new class begins", error, aside)
            return Classroom()


async def stored(change: "Future[T]") -> T:
    """Await a change in the event loop. Raises OSError, and anything the change raises."""
    async with asyncio.timeout(WAIT_SECONDS):
        return await asyncio.wrap_future(change)


def not_stored(error: OSError) -> str:
    """Return the sentence that says that a change is not stored."""
    reason = error.strerror or "the disk is slow"
    return f"the teacher's computer could not store this: {reason}; tell the teacher and try again"


def _now() -> int:
    return int(time.time())


def asks(step: str) -> bool:
    """Return whether a text names a step that asks for a guess."""
    try:
        guess_of(read_step(step))
    except GuessError:
        return False
    return True


def _seconds(wait: float) -> str:
    whole = max(1, round(wait + 0.49))
    return "1 second" if whole == 1 else f"{whole} seconds"
