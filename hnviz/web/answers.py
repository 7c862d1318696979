"""Answers to questions about a snapshot: from memory, the package or the disk, or computed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from hnviz.engine.client import Asking, EngineError
from hnviz.questions.frame import pack, seconds_of, unpack
from hnviz.questions.params import quoted, read_query
from hnviz.questions.table import QUESTIONS
from hnviz.questions.view import Look, Reply, View, without_none
from hnviz.runs import DamagedRun, RunFolder
from hnviz.runs.answers import Named, named, shipped_answer
from hnviz.web.cache import Entry, Source, content_tag, release, zipped
from hnviz.web.errors import Refusal, engine_refusal, refused_values
from hnviz.web.state import ServerState, snapshot_version
from hnviz.web.work import Progress

OBSERVE_SECONDS = 20.0  # processor time without progress before a question is given up
LONG_SECONDS = 0.2  # engine time from which any answer is worth storing
MAX_STEP_DIGITS = 12


@dataclass(frozen=True)
class Query:
    """One view of one snapshot, as it is on disk now."""

    folder: RunFolder
    step: int
    version: str  # of the snapshot
    view: View
    params: Mapping[str, Any]

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Everything that determines the answer."""
        params = json.dumps(self.params, sort_keys=True)
        return "view", self.folder.id, str(self.step), self.version, self.view.name, params

    @property
    def tag(self) -> str:
        """The ETag of a lasting answer. The address holds everything else that determines it."""
        return f'W/"{self.step}.{self.version}"'

    def is_current(self) -> bool:
        """Return whether the snapshot's file is unchanged."""
        return snapshot_version(self.folder, self.step) == self.version


class Address(NamedTuple):
    """A checked address, without its step."""

    folder: RunFolder
    view: View
    params: Mapping[str, Any]

    def at(self, step: int | str) -> Query:
        """Ask about a step, or about the "last". Raises Refusal or SnapshotNotFound."""
        version = snapshot_version(self.folder, step) if isinstance(step, int) else None
        if version is None:
            step = self.folder.resolve_step(step)  # its error lists the steps
            version = snapshot_version(self.folder, step)
        if version is None or not isinstance(step, int):
            raise Refusal(f"the run {self.folder.id} no longer has a snapshot at step {step}", 404)
        return Query(self.folder, step, version, self.view, self.params)


def read_step(text: str) -> int | str:
    """Read a step in an address: a number, or "last". Raises Refusal."""
    if text == "last":
        return text
    if text.isascii() and text.isdigit() and len(text) <= MAX_STEP_DIGITS:
        return int(text)
    raise Refusal(f"a step is a whole number from 0, or last; got {quoted(text)}", 404)


class Answers:
    """Answers all questions and views; each is named by the last part of its address."""

    def __init__(self, state: ServerState, views: Iterable[View]) -> None:
        self._state = state
        self._views = {name: _question(name) for name in QUESTIONS}
        own = list(views)
        if len({view.name for view in own}) < len(own):
            names = ", ".join(sorted(view.name for view in own))
            raise ValueError(f"each view needs its own name; got {names}")
        self._views |= {view.name: view for view in own}

    def read(self, run_id: str, name: str, pairs: Sequence[tuple[str, str]]) -> Address:
        """Check an address. Raises Refusal, ParamError or RunNotFound."""
        folder, view = self._state.store.folder(run_id), self._views.get(name)
        if view is None:
            known = ", ".join(sorted(self._views))
            raise Refusal(f"no question is named {quoted(name)}; choose one of {known}", 404)
        return Address(folder, view, read_query(view.params, pairs, f"the question {name}"))

    def answer(
        self,
        query: Query,
        patience: float | None = None,
        progress: Progress | None = None,
        *,
        aside: bool = False,
    ) -> Entry:
        """Let a view ask the engine, and pack its answer; a question may take `patience` seconds.

        `aside`: ask the observer for slow questions, which gives way to the other.
        """
        run_id, view, seconds = query.folder.id, query.view, patience or OBSERVE_SECONDS
        asker = Asker(self._state, run_id, query.step, seconds, aside, progress or Progress())
        if view.plain:
            frame = asker.frame("", query.step, view.name, without_none(query.params))
            return Entry(frame, zipped(frame), query.tag)
        with refused_values():
            run = self._state.current(run_id)
            reply = view.answer(Look(run, query.step, query.params, asker))
        lasting = view.lasting and not asker.others
        # The tag leaves out the time, which differs between equal answers.
        tag = query.tag if lasting else content_tag(pack(reply._replace(seconds=0.0)))
        frame = pack(reply._replace(seconds=asker.seconds))
        return Entry(frame, zipped(frame), tag, lasting, tuple(asker.others))


def _question(name: str) -> View:
    """Make a view that returns a question's answer unchanged."""
    question = QUESTIONS[name]
    return View(
        name,
        question.params,
        lambda look: look.ask(name, look.params),
        slow=question.slow,
        plain=True,
    )


@dataclass
class Asker:
    """Answers a view's questions from stored answers, otherwise from the engine.

    Records which other snapshots the view's answer uses.
    """

    state: ServerState
    run_id: str
    step: int
    patience: float = OBSERVE_SECONDS  # limit for a question
    aside: bool = False  # ask the observer for slow questions
    progress: Progress = field(default_factory=Progress)
    seconds: float = 0.0  # taken by the engine
    others: list[Source] = field(default_factory=list)

    def __call__(
        self, run: str, step: int | str, question: str, params: Mapping[str, Any]
    ) -> Reply:
        """Ask about a step of this run, or of another if one is named. Raises Refusal."""
        reply = unpack(self.frame(run, step, question, params))
        self.seconds += reply.seconds
        return reply

    def frame(self, run: str, step: int | str, question: str, params: Mapping[str, Any]) -> bytes:
        """Return an answer as the observer packed it. Raises Refusal."""
        run_id = run or self.run_id
        if (run_id, step) != (self.run_id, self.step):
            self.others.append((run_id, step, self.state.version(run_id, step) or ""))
        self.progress.ask()
        try:
            place = Place(self.state, run_id, step, question, params)
            frame = place.find()
            if frame is None:
                how = Asking(self.patience, self.progress.hear, self.aside)
                frame = self.state.engine.observe(run_id, step, question, params, how)
                place.keep(frame)
        except EngineError as error:
            raise engine_refusal(error) from error
        return frame


class Place:
    """Where the answer to one question about one snapshot is stored."""

    def __init__(
        self,
        state: ServerState,
        run_id: str,
        step: int | str,
        question: str,
        params: Mapping[str, Any],
    ) -> None:
        self._state = state
        self._asked = (run_id, step, question, params)
        self._folder: RunFolder | None = None
        self._named = self._look()

    def _look(self) -> Named | None:
        """Return the question's name; None for a question that only the engine can refuse."""
        run_id, step, question, params = self._asked
        try:
            self._folder = self._state.store.folder(run_id)
            return named(self._folder, self._folder.resolve_step(step), question, params)
        except (OSError, ValueError, TypeError, DamagedRun):
            return None

    def find(self) -> bytes | None:
        """Return the stored frame of the answer, or None."""
        if self._named is None or self._folder is None:
            return None
        known = QUESTIONS.get(self._named.question)
        name = self._named.name(release())
        frame: bytes | None = self._state.cache.get(name)
        if frame is None and known is not None and not known.measures:
            stored = shipped_answer(self._folder, self._named.name(str(known.version)))
            frame = _whole(stored or self._state.kept.get(name))
            if frame is not None:
                self._state.cache.put(name, frame)
        return frame

    def keep(self, frame: bytes) -> None:
        """Store an answer that took long, unless the snapshot has been rewritten since."""
        known = QUESTIONS.get(self._asked[2])
        is_long = (known is not None and known.slow) or seconds_of(frame) >= LONG_SECONDS
        if self._named is None or not is_long or self._look() != self._named:
            return
        name = self._named.name(release())
        self._state.cache.put(name, frame)
        if known is not None and not known.measures:
            self._state.kept.put(name, frame)


def _whole(frame: bytes | None) -> bytes | None:
    """Return a stored frame; None if somebody has changed it."""
    try:
        return frame if frame is not None and unpack(frame) else None
    except ValueError:
        return None
