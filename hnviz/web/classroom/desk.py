"""The class of this server: one value behind a lock, kept in a file.

Pages call it from Streamlit's threads, routes from the event loop; no call waits for the disk or
the network, except `start` and `paste`. Routes acknowledge a change when `written` has ended: what
somebody has heard is not lost if the server is killed.
"""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from hnviz.classroom import ClassError, Classroom, GuessError, Limits, kept
from hnviz.classroom.codes import new_token
from hnviz.classroom.guesses import Spread, Value, read_step, read_value, spread
from hnviz.classroom.pasted import codes_in, decode
from hnviz.classroom.questions import check_fits, guess_of
from hnviz.classroom.state import VIEWS
from hnviz.classroom.tries import Tries
from hnviz.engine.client import shared_engine
from hnviz.runs import default_runs_dir
from hnviz.web.classroom.saver import Saver
from hnviz.web.errors import Refusal

CLASS = "HNVIZ_CLASS"  # "free" or "coded": who may view; not set: there is no class
RUNS_EACH = "HNVIZ_CLASS_RUNS"  # runs of one student
MEMBER, TEACHER = "hnviz-class", "hnviz-teacher"  # cookies

REMOVED = "the teacher has removed this browser from the class; ask the teacher"
MOST_CODES = 500  # in one paste
WRITE_SECONDS = 5.0  # that a thread waits for the file

log = logging.getLogger(__name__)

Watch = Callable[[str], None]
"""Called with a step that was answered, revealed or covered, or "" when somebody has joined."""


class Visitor(NamedTuple):
    """Who asks."""

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


class Desk:
    """The class, for everyone on this server."""

    def __init__(
        self,
        path: Path,
        *,
        view: str = VIEWS[0],
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        jobs: Callable[[], Collection[str]] = lambda: (),
    ) -> None:
        """Read the class from its file, or begin one; `jobs` lists the runs under way."""
        if view not in VIEWS:
            raise ValueError(f"{CLASS} must be one of {', '.join(VIEWS)}; got {view!r}")
        self.view, self.limits = view, limits or Limits()
        self._clock, self._jobs = clock, jobs
        self._lock = threading.RLock()
        self._tries = Tries()
        self._from: dict[str, list[str]] = {}  # address -> who joined from there; kept in no file
        self._watches: list[Watch] = []
        self._room = _opened(path)
        self._saver = Saver(lambda: kept.save(path, self._room))
        self._written = self._saver.ask()

    @property
    def room(self) -> Classroom:
        """The class as it is now."""
        return self._room

    def watch(self, watch: Watch) -> Callable[[], None]:
        """Call `watch` after each change, in the thread that makes it; return what ends that."""
        self._watches.append(watch)
        return lambda: self._watches.remove(watch)

    def written(self) -> "Future[None]":
        """Return what ends when all changes so far are in the file, or with an OSError."""
        return self._written

    def close(self) -> None:
        """Write the file a last time."""
        self._saver.close()

    # Who is who

    def knows(self, code: str, address: str, token: str) -> bool:
        """Check that a browser may join; return whether it is a member already. Raises Refusal.

        `token` is that of a browser that was here before.
        """
        with self._lock:
            if token in self._room.removed:
                raise Refusal(REMOVED, 403)
            if token in self._room.members:
                return True
            if not code.strip():
                raise Refusal("type the code that is on the teacher's screen", 403)
            now = self._clock()
            wait = self._tries.wait(address, now)
            if (
                wait > 0
            ):  # a right code gets the same answer: a guess during the wait learns nothing
                raise Refusal(f"too many wrong codes; try again in {_seconds(wait)}", 429)
            if not self._room.fits(code):
                raise self._wrong(address, "the code of the class")
            self._tries.right(address)
            return False

    def admit(self, address: str) -> str:
        """Take in a browser that has the right code; return its token. Raises ClassError."""
        with self._lock:
            places = -(-self.limits.members // 2)
            if sum(self._room.holds(each) for each in self._from.get(address, ())) >= places:
                raise ClassError(
                    f"{places} of {self.limits.members} places of the class were taken from your "
                    "network address; ask the teacher to remove those who are not in the room"
                )
            member = new_token()
            self._change(self._room.joined(member, self.limits), "")
            self._from.setdefault(address, []).append(member)
            return member

    def teach(self, secret: str, address: str) -> None:
        """Check a teacher's secret: nobody can guess it, so the right one never waits.

        Raises Refusal.
        """
        with self._lock:
            if not self._room.is_teacher(secret):
                raise self._wrong(address, "the teacher's link")

    def _wrong(self, address: str, what: str) -> Refusal:
        self._tries.wrong(address, self._clock())
        return Refusal(f"this is not {what}; look at the teacher's screen and try again", 403)

    def students(self, here: Collection[str]) -> list[dict[str, int | bool]]:
        """List who is in the class; `here` are those who are connected.

        "place" is the same number for those who joined from one address, 0 where that is unknown.
        """
        room = self._room
        answered = Counter(member for of_step in room.guesses.values() for member in of_step)
        at = {member: n for n, found in enumerate(self._from.values(), 1) for member in found}
        return [
            {
                "number": number,
                "here": member in here,
                "answers": answered[member],
                "place": at.get(member, 0),
            }
            for member, number in sorted(room.members.items(), key=lambda each: each[1])
            if room.holds(member)
        ]

    def remove(self, numbers: Collection[int]) -> None:
        """Send members out by their numbers: their answers no longer count."""
        with self._lock:
            self._change(self._room.without(numbers), "")

    def restore(self, numbers: Collection[int]) -> None:
        """Take back that members were sent out."""
        with self._lock:
            self._change(self._room.again(numbers), "")

    def visitor(self, cookies: Mapping[str, str]) -> Visitor:
        """Say who sends these cookies."""
        room, member = self._room, cookies.get(MEMBER, "")
        return Visitor(
            member=member if room.holds(member) else None,
            teacher=room.is_teacher(cookies.get(TEACHER, "")),
        )

    # Guesses

    def guess(self, member: str, step: Any, value: Any) -> str:
        """Keep a member's guess; return the step. Raises GuessError."""
        step, read = read_step(step), read_value(value)
        check_fits(read, guess_of(step))
        with self._lock:
            if not self._room.holds(member):
                raise GuessError(REMOVED)
            self._change(self._room.guessed(member, step, read), step)
        return step

    def paste(self, text: str) -> PasteResult:
        """Keep all guesses whose codes a text holds."""
        taken, wrong = 0, []
        for line in codes_in(text)[:MOST_CODES]:
            try:
                guess = decode(line)
                check_fits(guess.value, guess_of(guess.step))
                with self._lock:
                    self._change(self._room.pasted(*guess), guess.step)
                taken += 1
            except GuessError as error:
                wrong.append(str(error))
        try:
            self._written.result(WRITE_SECONDS)
        except OSError as error:
            return PasteResult(0, (not_kept(error),))
        return PasteResult(taken, tuple(dict.fromkeys(wrong)))

    def reveal(self, step: Any) -> None:
        """Show everyone the guesses of a step. Raises GuessError."""
        guess_of(read_step(step))
        with self._lock:
            self._change(self._room.shown(step), step)

    def cover(self, step: Any) -> None:
        """Take back the reveal of a step: it takes guesses again. Raises GuessError."""
        guess_of(read_step(step))
        with self._lock:
            self._change(self._room.covered(step), step)

    def asks(self, step: str) -> bool:
        """Return whether a text names a step that asks for a guess."""
        return _asks(step)

    def revealed(self) -> dict[str, int]:
        """Return the steps whose answers everyone sees, and how many count for each.

        A lesson may have lost a step since.
        """
        room = self._room
        return {step: len(room.answers(step)) for step in filter(_asks, room.revealed)}

    def counts(self) -> dict[str, int]:
        """Return how many have answered each step that still asks."""
        return {step: n for step, n in self._room.counts().items() if _asks(step)}

    def spread(self, step: str) -> Spread:
        """Return a step's guesses without names, those alone that the lesson can still show."""
        return spread([value for value in self._answers(step) if _fits(value, step)])

    def _answers(self, step: str) -> Collection[Value]:
        return self._room.answers(step).values()

    # Runs

    def start(self, member: str | None, train: Callable[[], str]) -> str:
        """Start a run for a member; return its id. Raises ClassError, and what `train` raises."""
        if member is None:
            raise ClassError("only those who have joined the class start runs; see the Class page")
        with self._lock:
            self._room.check_start(member, self._jobs(), self.limits)
            place, self._room = self._room.starting(member)
        run_id = None
        try:
            run_id = train()
            return run_id
        finally:
            with self._lock:
                self._change(self._room.started(place, run_id), "")
            with suppress(OSError):  # the run trains all the same
                self._written.result(WRITE_SECONDS)

    def check_resume(self, member: str) -> None:
        """Check that a member may have one more run under way. Raises ClassError."""
        self._room.check_place(member, self._jobs(), self.limits)

    def _change(self, room: Classroom, step: str) -> None:
        self._room = room
        self._written = self._saver.ask()
        for watch in tuple(self._watches):
            watch(step)


@cache
def desk() -> Desk | None:
    """Return the class of this server; None if it has none. Raises ValueError for its settings."""
    view = os.environ.get(CLASS)
    if not view:
        return None
    each = os.environ.get(RUNS_EACH)
    limits = Limits(each=int(each)) if each else Limits()
    return Desk(class_file(), view=view, limits=limits, jobs=_under_way)


def not_kept(error: OSError) -> str:
    """Say that a change is not in the file."""
    reason = error.strerror or "the disk is slow"
    return f"the teacher's computer could not store this: {reason}; tell the teacher and try again"


def class_file() -> Path:
    """Return where the class is kept: beside the runs."""
    return default_runs_dir() / kept.FILE


def _under_way() -> set[str]:
    return {job.run_id for job in shared_engine().jobs()}


def _opened(path: Path) -> Classroom:
    try:
        return kept.load(path) or Classroom()
    except kept.DamagedClass as error:
        log.warning("%s; it is now %s, and a new class begins", error, kept.put_aside(path).name)
        return Classroom()


def _fits(value: Value, step: str) -> bool:
    try:
        check_fits(value, guess_of(step))
    except GuessError:
        return False
    return True


def _asks(step: str) -> bool:
    try:
        guess_of(read_step(step))
    except GuessError:
        return False
    return True


def _seconds(wait: float) -> str:
    whole = max(1, round(wait + 0.49))
    return "1 second" if whole == 1 else f"{whole} seconds"
