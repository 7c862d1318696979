"""What is asked about one snapshot, and its answer: in memory, packed, beside the run, computed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from hnviz.engine.client import Asking, EngineError, ErrorKind
from hnviz.questions.frame import seconds_of, unpack
from hnviz.questions.params import quoted, read_query
from hnviz.questions.table import QUESTIONS
from hnviz.questions.view import Reply, View
from hnviz.runs import DamagedRun, RunFolder
from hnviz.runs.answers import KeptAnswers, Named, named, shipped_answer
from hnviz.web.cache import Cache, Source, release
from hnviz.web.errors import Refusal
from hnviz.web.progress import Progress
from hnviz.web.state import OBSERVE_SECONDS, engine, snapshot_version, store

MEMORY = 32 * 2**20  # bytes
LONG = 0.2  # seconds of the engine, after which any answer is worth keeping
LONGEST_STEP = 12  # digits

memory = Cache(MEMORY)

ENGINE_STATUS: dict[ErrorKind, int] = {
    "unknown": 404,
    "conflict": 409,
    "damaged": 410,
    "wrong": 422,
    "busy": 429,
    "failed": 500,
    "unavailable": 503,
}
"""The kind of an error of the engine -> the HTTP status of the answer."""


def engine_refusal(error: EngineError) -> Refusal:
    """Return the answer to a request that the engine cannot do."""
    return Refusal(str(error), ENGINE_STATUS[error.kind])


@dataclass(frozen=True, slots=True)
class Asked:
    """One view of one snapshot, as it is on disk now."""

    run_id: str
    step: int
    version: str  # of the snapshot
    view: View
    params: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, ...]:
        """Everything that determines the answer."""
        params = json.dumps(self.params, sort_keys=True)
        return self.run_id, str(self.step), self.version, self.view.name, params

    @property
    def tag(self) -> str:
        """The ETag of a lasting answer. The address holds everything else that determines it."""
        return f'W/"{self.step}.{self.version}"'

    def is_current(self) -> bool:
        """Return whether the snapshot's file is unchanged."""
        return version_now(self.run_id, self.step) == self.version


class Address(NamedTuple):
    """A checked address, without its step."""

    run_id: str
    view: View
    params: Mapping[str, Any]

    def at(self, step: int | str) -> Asked:
        """Ask about a step, or about the "last". Raises Refusal, RunNotFound, SnapshotNotFound."""
        folder = store().folder(self.run_id)
        version = snapshot_version(folder, step) if isinstance(step, int) else None
        if version is None:
            step = folder.resolve_step(step)  # its error lists the steps
            version = snapshot_version(folder, step)
        if version is None or not isinstance(step, int):
            raise Refusal(f"the run {folder.id} no longer has a snapshot at step {step}", 404)
        return Asked(self.run_id, step, version, self.view, self.params)


def version_now(run_id: str, step: int | str) -> str | None:
    """Return a snapshot's version; None if there is none."""
    try:
        folder: RunFolder = store().folder(run_id)
        return snapshot_version(folder, int(folder.resolve_step(step) if step == "last" else step))
    except ValueError:  # the run or its snapshots are gone
        return None


def read_step(text: str) -> int | str:
    """Read a step in an address: a number, or "last". Raises Refusal."""
    if text == "last":
        return text
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_STEP:
        return int(text)
    raise Refusal(f"a step is a whole number from 0, or last; got {quoted(text)}", 404)


class Names:
    """All questions and views, by the last part of their address."""

    def __init__(self, views: Iterable[View]) -> None:
        self._views = {name: _question(name) for name in QUESTIONS}
        own = list(views)
        if len({view.name for view in own}) < len(own):
            names = ", ".join(sorted(view.name for view in own))
            raise ValueError(f"each view needs its own name; got {names}")
        self._views |= {view.name: view for view in own}

    def read(self, run_id: str, name: str, pairs: Sequence[tuple[str, str]]) -> Address:
        """Check an address. Raises Refusal or RunNotFound."""
        store().folder(run_id)
        view = self._views.get(name)
        if view is None:
            known = ", ".join(sorted(self._views))
            raise Refusal(f"no question is named {quoted(name)}; choose one of {known}", 404)
        return Address(run_id, view, read_query(view.params, pairs, f"the question {name}"))


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

    run_id: str
    step: int
    patience: float = OBSERVE_SECONDS  # that a question may take
    aside: bool = False  # by the observer for slow questions
    progress: Progress = field(default_factory=Progress)
    seconds: float = 0.0  # that the engine took
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
            self.others.append((run_id, step, version_now(run_id, step) or ""))
        self.progress.ask()
        try:
            place = Place(run_id, step, question, params)
            frame = place.find()
            if frame is None:
                how = Asking(self.patience, self.progress.hear, self.aside)
                frame = engine().observe(run_id, step, question, params, how)
                place.keep(frame)
        except EngineError as error:
            raise engine_refusal(error) from error
        return frame


class Place:
    """Where the answer to one question about one snapshot is kept."""

    def __init__(
        self, run_id: str, step: int | str, question: str, params: Mapping[str, Any]
    ) -> None:
        self._asked = (run_id, step, question, params)
        self._folder: RunFolder | None = None
        self._named = self._look()

    def _look(self) -> Named | None:
        """Name the question; None where the engine must say what is wrong with it."""
        run_id, step, question, params = self._asked
        try:
            self._folder = store().folder(run_id)
            return named(self._folder, self._folder.resolve_step(step), question, params)
        except (OSError, ValueError, TypeError, DamagedRun):
            return None

    def find(self) -> bytes | None:
        """Return the answer's frame if it is kept."""
        if self._named is None or self._folder is None:
            return None
        known = QUESTIONS.get(self._named.question)
        name = self._named.name(release())
        frame: bytes | None = memory.get(name)
        if frame is None and known is not None and not known.measures:
            stored = shipped_answer(self._folder, self._named.name(str(known.version)))
            frame = _whole(stored or kept_answers(store().root).get(name))
            if frame is not None:
                memory.put(name, frame)
        return frame

    def keep(self, frame: bytes) -> None:
        """Keep an answer that took long, unless the snapshot has been written again meanwhile."""
        known = QUESTIONS.get(self._asked[2])
        is_long = (known is not None and known.slow) or seconds_of(frame) >= LONG
        if self._named is None or not is_long or self._look() != self._named:
            return
        name = self._named.name(release())
        memory.put(name, frame)
        if known is not None and not known.measures:
            kept_answers(store().root).put(name, frame)


def _whole(frame: bytes | None) -> bytes | None:
    """Return a stored frame; None for one that somebody has changed."""
    try:
        return frame if frame is not None and unpack(frame) else None
    except ValueError:
        return None


@lru_cache(maxsize=4)
def kept_answers(runs_dir: Path) -> KeptAnswers:
    """Return the answers beside a folder's runs; cached."""
    return KeptAnswers(runs_dir)
