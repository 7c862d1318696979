"""The answers with which pages, lessons and the README open; the package contains them."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hnviz.app.machine.picture import TRIES
from hnviz.app.pictures import VIEWS
from hnviz.app.shell.server import server
from hnviz.export import ExportError
from hnviz.export.build import module_of
from hnviz.export.collect import Mount, collect, mounts
from hnviz.export.questions import Params, varied
from hnviz.figures.inside import counted_steps
from hnviz.lessons import PARAMETER, lessons, query
from hnviz.models.catalogue import FIRST_RUN
from hnviz.questions.frame import unpack
from hnviz.questions.table import QUESTIONS as KNOWN
from hnviz.questions.view import Look, Reply
from hnviz.runs import RunFolder
from hnviz.runs.answers import named, squeezed
from hnviz.web.answers import Answers
from hnviz.web.assets import PACKAGE

AnswerNow = Callable[[RunFolder, int, str, Mapping[str, Any]], bytes]
"""(run, step, question, parameters) -> the answer's frame. Raises ValueError."""

MAX_SHIPPED_BYTES = 3_000_000  # of all answers together
FIRST = "reading"  # asked by the first picture of five pages
SNAPSHOT = "snapshot"
_FRAMES = re.compile(r"^const FRAMES = (\d+);", re.MULTILINE)

PLAIN = ("start", "feed", "build", "train", "remember", "learn_back")
"""Pages with pictures about the run in view."""

VIEWED: Mapping[str, Sequence[Params]] = {
    "start": ({"count_part": "Counting map"},),
    "feed": ({"feed_part": "Batches"},),
    "remember": (
        {"states_view": "What the whole state shows"},
        {"states_view": "What the whole state shows", "states_all_models": "true"},
        {"states_view": "Find it elsewhere"},
        {"states_view": "Path of the state"},
        {"remember_part": "Another memory"},
    ),
    "learn_back": (
        {"time_between": "keep"},
        {"time_more_reach": "true"},
        {"time_more_state": "true"},
    ),
    "train": ({"train_view": "By position"}, {"train_part": "Compare runs"}),
    "build": ({"models_cell": "true"},),
}
"""Page -> what one press on it shows, including the README's example."""


class PageAddress(NamedTuple):
    """A page at an address."""

    page: str
    at: Mapping[str, str]


@dataclass
class RunAnswers:
    """The answers about one run: name -> (step, question, parameters, version), and the bytes."""

    answers: dict[str, tuple[tuple[Any, ...], bytes]] = field(default_factory=dict)
    seconds: float = 0.0  # taken to compute them


def page_addresses(runs: Sequence[str]) -> Iterator[PageAddress]:
    """List the addresses of the pages for some runs, and of all steps of lessons."""
    for run in runs:
        for page in PLAIN:
            for at in ({}, *VIEWED.get(page, ())):
                yield PageAddress(page, {"run": run, **at})
        for text in TRIES:  # all pages with the machine ask about the same words
            yield PageAddress("start", {"run": run, "machine_text": text})
    for lesson in lessons().values():
        for number, step in enumerate(lesson.steps, 1):
            at = {key: value for key, value in query(lesson, number).items() if key != PARAMETER}
            yield PageAddress(step.page, at)


def answers_of(
    runs: Sequence[str], answer: AnswerNow, report: Callable[[int, int], None]
) -> dict[str, RunAnswers]:
    """Ask all questions of these pages about pre-trained runs; run -> answers.

    `answer` answers a question; `report` is called with a page's number and the number of pages.
    """
    asker = _Recorder(answer)
    pages = {str(each): each for each in page_addresses(runs)}
    for done, each in enumerate(pages.values(), 1):
        report(done, len(pages))
        try:
            parts = collect(each.page, each.at, ("light",))
        except ExportError:  # this page has nothing to show about the run
            continue
        for mount in mounts(parts):
            _ask(asker, mount, each.at)
    return asker.found


def choose_answers(
    answers: Mapping[str, RunAnswers], most: int = MAX_SHIPPED_BYTES
) -> dict[str, RunAnswers]:
    """Choose the answers that fit into `most` bytes.

    Slow questions come first, then what the machine reads, then small answers.
    """
    listed = sorted(
        (not KNOWN[about[1]].slow, about[1] != FIRST, len(packed), run, name)
        for run, each in answers.items()
        for name, (about, packed) in each.answers.items()
    )
    kept: dict[str, RunAnswers] = {
        run: RunAnswers(seconds=each.seconds) for run, each in answers.items()
    }
    size = 0
    for *_, length, run, name in listed:
        about, packed = answers[run].answers[name]
        size += length + OVERHEAD + len(json.dumps(about))
        if size > most:
            break
        kept[run].answers[name] = (about, packed)
    return kept


OVERHEAD = 200  # of a zip file's member, without its comment


def _ask(asker: "_Recorder", mount: Mount, at: Mapping[str, str]) -> None:
    run = mount.data["run"]
    if mount.called == "train/inside":  # it asks for these once its news has arrived
        for counted in counted_steps(server().current(run).record, live=False):
            asker.ask(run, counted, "whole_numbers", {})
    for ask in mount.data["asks"]:
        if not (ask["run"] or run):
            continue
        folder = server().store.folder(ask["run"] or run)
        for params in varied(mount, ask, at):
            for step in [ask["at"]] if ask["run"] else _steps(mount, ask, at):
                asker.ask(folder.id, folder.resolve_step(step), ask["question"], params)


def _steps(mount: Mount, ask: Mapping[str, Any], at: Mapping[str, str]) -> list[int | str]:
    """Return the snapshots that a picture shows first, and those it plays if they are few."""
    steps = server().store.folder(mount.data["run"]).snapshots()
    if ask["at"] == "first":
        return [*steps[:1]]
    named = int(at[SNAPSHOT]) if at.get(SNAPSHOT, "").isdigit() else steps[-1]
    frames = _FRAMES.search((PACKAGE / module_of(mount)).read_text("utf-8"))
    most = min(int(frames[1]) if frames else 0, len(steps))
    apart = (len(steps) - 1) / max(1, most - 1)
    shown = [steps[int(place * apart + 0.5)] for place in range(most)]
    return [*dict.fromkeys([named if named in steps else steps[-1], *shown])]


class _Recorder:
    """Answers views' questions in this process, and records those about pre-trained runs."""

    def __init__(self, answer: AnswerNow) -> None:
        self._answer = answer
        self.found: dict[str, RunAnswers] = {}
        self._answers = Answers(server(), VIEWS)
        self._asked: set[tuple[Any, ...]] = set()
        self._known: dict[tuple[Any, ...], bytes | str] = {}
        self._at: tuple[str, int] = (FIRST_RUN, 0)

    def ask(self, run: str, step: int, view: str, params: Params) -> None:
        """Ask a view; if it refuses, there is no answer to record."""
        key = (run, step, view, *sorted((n, v) for n, v in params.items() if n != "mode"))
        if key in self._asked:
            return
        self._asked.add(key)
        self._at = (run, step)
        try:
            address = self._answers.read(run, view, list(params.items()))
            address.view.answer(Look(server().current(run), step, address.params, self))
        except ValueError:
            return

    def __call__(
        self, run: str, step: int | str, question: str, params: Mapping[str, Any]
    ) -> Reply:
        """Answer one of a view's questions. Raises ValueError."""
        folder = server().store.folder(run or self._at[0])
        step = folder.resolve_step(step)
        plain = json.loads(json.dumps(dict(params), default=lambda value: value.tolist()))
        key = (folder.id, step, question, json.dumps(plain, sort_keys=True))
        if key not in self._known:
            begun = time.perf_counter()
            try:
                self._known[key] = self._answer(folder, step, question, plain)
            except ValueError as error:
                self._known[key] = str(error)
            self._keep(folder, step, key, plain, time.perf_counter() - begun)
        known = self._known[key]
        if isinstance(known, str):
            raise ValueError(known)
        return unpack(known)

    def _keep(
        self, folder: RunFolder, step: int, key: tuple[Any, ...], plain: Any, seconds: float
    ) -> None:
        answer, question = self._known[key], key[2]
        if isinstance(answer, str) or not folder.shipped or KNOWN[question].measures:
            return
        version = KNOWN[question].version
        name = named(folder, step, question, plain).name(str(version))
        held = self.found.setdefault(folder.id, RunAnswers())
        held.answers[name] = ((step, question, plain, version), squeezed(answer))
        held.seconds += seconds
