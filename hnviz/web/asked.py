"""Requests for an answer about one snapshot: their checks, and the keys of their answers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hnviz.engine.client import Answer, Asking, EngineError, ErrorKind
from hnviz.questions.params import quoted, read_query
from hnviz.questions.table import QUESTIONS
from hnviz.questions.view import Look, Reply, View
from hnviz.runs import RunFolder
from hnviz.web.answers import Place
from hnviz.web.cache import Source
from hnviz.web.errors import Refusal
from hnviz.web.progress import Progress
from hnviz.web.state import OBSERVE_SECONDS, engine, snapshot_version, store

LONGEST_STEP = 12  # digits

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

    def answer(look: Look) -> Reply:
        given = {key: value for key, value in look.params.items() if value is not None}
        answer = look.ask(name, given)
        return Reply(answer.arrays, answer.meta)

    return View(name, question.params, answer, slow=question.slow, raw=True)


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
    ) -> Answer:
        """Ask about a step of this run, or of another if one is named. Raises Refusal."""
        run_id = run or self.run_id
        if (run_id, step) != (self.run_id, self.step):
            self.others.append((run_id, step, version_now(run_id, step) or ""))
        self.progress.ask()
        try:
            place = Place(run_id, step, question, params)
            answer = place.find()
            if answer is None:
                how = Asking(self.patience, self.progress.hear, self.aside)
                answer = engine().observe(run_id, step, question, params, how)
                place.keep(answer)
        except EngineError as error:
            raise engine_refusal(error) from error
        self.seconds += answer.seconds
        return answer
