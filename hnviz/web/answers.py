"""Answers about snapshots: GET /api/runs/{id}/{step}/{question}, and several steps at once.

They come from memory, the package or the disk, or the engine computes them.
"""

import json
import re
import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.engine.client import Asking, EngineError
from hnviz.questions.frame import pack, seconds_of, unpack
from hnviz.questions.params import quoted, read_query
from hnviz.questions.table import QUESTIONS
from hnviz.questions.view import Look, Reply, View, without_none
from hnviz.runs import DamagedRun, RunFolder
from hnviz.runs.answers import LASTING, Named, named, recorded_answer, release, shipped_answer
from hnviz.runs.asking import RefusedError, answer_of_recorder
from hnviz.web.http import (
    NO_STORE,
    Endpoint,
    Entry,
    Refusal,
    Source,
    content_tag,
    engine_refusal,
    entry_reply,
    not_modified,
    refused_values,
    until_gone,
    zipped,
)
from hnviz.web.limits import viewer_of
from hnviz.web.state import ServerState, snapshot_version
from hnviz.web.work import FairShare, NotYetError, Pool, Progress, Shared

OBSERVE_SECONDS = 20.0  # processor time without progress before a question is given up
LONG_SECONDS = 0.2  # engine time from which any answer is worth storing
MEASURED_SECONDS = 60.0  # in which all viewers get one measurement
MAX_STEP_DIGITS = 12

MAX_STEPS = 64  # per request
MAX_BYTES = 32 * 2**20  # in an answer for several steps

QUICK = (4, 128, 12, 2)
"""Threads that ask the engine; waiting requests, in all and per viewer; threads per viewer. With
few threads per viewer, a page's own question does not wait behind others. A browser sends six
requests at a time, and a refusal costs time too."""
SLOW = (2, 32, 6, 1)
BURST = 2.0
"""Seconds of each pool that a viewer may use beyond its share: a page uses about one."""
LEAST = 0.1
"""Seconds that each slow question counts as, at least, so that one viewer gets ten slow answers a
second while others ask. At 51 a second, the others' presses took 1.4 times as long at the p95
(docs/proved.md, "Measured once")."""

MAX_WAIT_SECONDS = 10.0  # the longest wait for an answer before reporting its progress

_WAIT = re.compile(r"respond-async\s*[,;]\s*wait=(\d{1,3})", re.ASCII)


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
            tag = content_tag(frame) if asker.measured else query.tag
            return Entry(frame, zipped(frame), tag, not asker.measured)
        with refused_values():
            run = self._state.current(run_id)
            reply = view.answer(Look(run, query.step, query.params, asker))
        decided = view.lasting and not asker.measured  # by snapshots and settings
        lasting = decided and not asker.others
        # The tag leaves out the time, which differs between equal answers.
        tag = query.tag if lasting else content_tag(pack(reply._replace(seconds=0.0)))
        frame = pack(reply._replace(seconds=asker.seconds))
        return Entry(frame, zipped(frame), tag, lasting, tuple(asker.others) if decided else ())


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

    Records which other snapshots the view's answer uses, and whether anything was measured.
    """

    state: ServerState
    run_id: str
    step: int
    patience: float = OBSERVE_SECONDS  # limit for a question
    aside: bool = False  # ask the observer for slow questions
    progress: Progress = field(default_factory=Progress)
    seconds: float = 0.0  # taken by the engine
    others: list[Source] = field(default_factory=list)
    measured: bool = False  # an answer was measured now: it is kept for MEASURED_SECONDS at most

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
        self.measured |= question in QUESTIONS and QUESTIONS[question].measures
        self.progress.ask()
        try:
            place = Place(self.state, run_id, step, question, params)
            frame = place.find()
            if frame is None:
                frame = place.ask_recorder()
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
        self._step = 0
        self._named = self._look()

    def _look(self) -> Named | None:
        """Return the question's name; None for a question that only the engine can refuse."""
        run_id, step, question, params = self._asked
        try:
            self._folder = self._state.store.folder(run_id)
            self._step = step if isinstance(step, int) else self._folder.resolve_step(step)
            return named(self._folder, self._step, question, params)
        except (OSError, ValueError, TypeError, DamagedRun):
            return None

    def find(self) -> bytes | None:
        """Return the stored frame of the answer, or None."""
        if self._named is None or self._folder is None:
            return None
        known, name = QUESTIONS.get(self._named.question), self._key(self._named)
        frame: bytes | None = self._state.cache.get(name)
        if frame is None and known is not None and not known.measures:
            stored = shipped_answer(self._folder, self._named.name(str(known.version)))
            stored = stored or recorded_answer(self._folder, self._step, self._named.name(LASTING))
            frame = _whole(stored or self._state.kept.get(self._named.name(release())))
            if frame is not None:
                self._state.cache.put(name, frame)
        return frame

    def ask_recorder(self) -> bytes | None:
        """Ask the process that recorded the run, if only it can answer. Raises Refusal."""
        if self._named is None or self._folder is None:
            return None
        try:
            return answer_of_recorder(self._folder, self._step, self._named)
        except RefusedError as error:
            raise Refusal(str(error), 422) from error

    def keep(self, frame: bytes) -> None:
        """Store an answer that took long, unless the snapshot has been rewritten since."""
        known = QUESTIONS.get(self._asked[2])
        if self._named is None or known is None or self._look() != self._named:
            return
        if known.slow or seconds_of(frame) >= LONG_SECONDS:
            self._state.cache.put(self._key(self._named), frame)
            if not known.measures:
                self._state.kept.put(self._named.name(release()), frame)

    def _key(self, question: Named) -> Hashable:
        """Return the key of the answer in memory, another one later if it is a measurement."""
        name, known = question.name(release()), QUESTIONS.get(question.question)
        if known is not None and known.measures:
            return name, time.monotonic() // MEASURED_SECONDS
        return name


def _whole(frame: bytes | None) -> bytes | None:
    """Return a stored frame; None if somebody has changed it."""
    try:
        return frame if frame is not None and unpack(frame) else None
    except ValueError:
        return None


def observation_routes(state: ServerState, views: Iterable[View] = ()) -> list[Route]:
    """Return the routes that answer questions about snapshots, and views under their names."""
    found = Observations(state, views)
    one, many = (until_gone(_or_progress(each)) for each in (found.one, found.many))
    return [
        Route("/api/runs/{run_id}/many/{question}", many, name="many"),
        Route("/api/runs/{run_id}/{step}/{question}", one, name="observation"),
    ]


def _or_progress(endpoint: Endpoint) -> Endpoint:
    """Answer 202 with the progress of work that takes longer than the client will wait.

    RFC 7240: ``Prefer: respond-async, wait=2``. The client asks again at once while the work goes
    on. So a slow answer never blocks one of a browser's six connections for long.
    """

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except NotYetError as error:
            told = {"progress": error.progress.told()}
            return JSONResponse(told, 202, {**NO_STORE, "Retry-After": "0"})

    return answer


def _wait(request: Request) -> float | None:
    """Return the most seconds that a client will wait; None for as long as it takes."""
    found = _WAIT.fullmatch(request.headers.get("prefer", "").strip())
    return min(MAX_WAIT_SECONDS, max(1.0, float(found[1]))) if found else None


class Observations:
    """Answers from the cache, or asks the engine, once for all equal requests."""

    def __init__(self, state: ServerState, views: Iterable[View] = ()) -> None:
        self._state, self._answers = state, Answers(state, views)
        about = FairShare()
        self._quick = Pool(*QUICK, FairShare(BURST, about=about))
        self._slow = Pool(*SLOW, FairShare(BURST, LEAST, about))
        self._shared = Shared(self._quick)

    async def one(self, request: Request) -> Response:
        """Answer about one snapshot."""
        pairs, version = _without(request, "v")
        where = request.path_params
        address = self._answers.read(where["run_id"], where["question"], pairs)
        step = read_step(where["step"])
        query = address.at(step)
        if version is not None:
            _check_version(query, version)
        immutable = version is not None and step != "last"
        if known := not_modified(request, query.tag, immutable=immutable):
            return known
        entry = await self._entry(request, address, query, again=version is None)
        return entry_reply(request, entry, immutable=immutable and entry.lasting)

    async def many(self, request: Request) -> Response:
        """Answer about several snapshots, in the order of the steps given."""
        pairs, version = _without(request, "v")
        steps = _read_steps([text for name, text in pairs if name == "steps"])
        others = [(name, text) for name, text in pairs if name != "steps"]
        where = request.path_params
        address = self._answers.read(where["run_id"], where["question"], others)
        queries = [address.at(step) for step in steps]
        if version is not None:
            versions = version.split(",")
            if len(versions) != len(queries):
                raise Refusal(
                    f"v must hold one version per step, with commas between; got {len(versions)} "
                    f"for {len(queries)} steps"
                )
            for each, wanted in zip(queries, versions, strict=True):
                _check_version(each, wanted)
        entries = await self._entries(request, address, queries, again=version is None)
        immutable = version is not None and all(entry.lasting for entry in entries)
        whole = await to_thread.run_sync(_joined, entries)
        return entry_reply(request, whole, immutable=immutable)

    async def _entries(
        self, request: Request, address: Address, queries: list[Query], *, again: bool
    ) -> list[Entry]:
        """Answer step by step, so that a request takes one place in the queue at a time."""
        entries: list[Entry] = []
        size = 0
        for each in queries:
            entries.append(await self._entry(request, address, each, again=again))
            size += len(entries[-1].content)
            if size > MAX_BYTES:
                raise Refusal(
                    f"the answers take more than {MAX_BYTES >> 20} MB; ask for fewer than "
                    f"{len(entries)} steps at once"
                )
        return entries

    async def _entry(
        self, request: Request, address: Address, query: Query, *, again: bool
    ) -> Entry:
        """Return an answer; with `again`, ask once more if the snapshot has changed."""
        entry = self._state.cache.get(query.key)
        if entry is None or not self._holds(entry):
            viewer = viewer_of(request.scope)
            # A viewer who has used more than a fair share waits among the slow questions.
            aside = not query.view.slow and self._quick.rests(viewer)
            pool = self._slow if query.view.slow or aside else self._quick
            make = partial(self._made, query, aside=aside)
            wait = _wait(request)
            entry = await self._shared.result_within(wait, query.key, make, viewer, pool)
        if entry is not None:
            return entry
        if again:
            return await self._entry(request, address, address.at(query.step), again=False)
        raise Refusal(
            f"step {query.step} of the run {query.folder.id} has just been written again; ask "
            "again",
            409,
        )

    def _made(self, query: Query, progress: Progress, *, aside: bool) -> Entry | None:
        """Answer in a thread; None if the snapshot was rewritten in the meantime."""
        entry = self._answers.answer(query, progress=progress, aside=aside)
        if snapshot_version(query.folder, query.step) != query.version:
            return None
        if entry.lasting or entry.others:
            self._state.cache.put(query.key, entry)
        return entry

    def _holds(self, entry: Entry) -> bool:
        """Return whether the other snapshots that an answer uses are unchanged."""
        version = self._state.version
        return all(version(run_id, step) == known for run_id, step, known in entry.others)


def _joined(entries: list[Entry]) -> Entry:
    """Put the frames of several steps one after the other."""
    content = b"".join(entry.content for entry in entries)
    tag = content_tag(" ".join(entry.tag for entry in entries).encode())
    pays = any(entry.zipped for entry in entries[:1])
    return Entry(content, zipped(content) if pays else None, tag)


def _check_version(query: Query, version: str) -> None:
    if version != query.version:
        raise Refusal(
            f"step {query.step} of the run {query.folder.id} does not have the version "
            f"{quoted(version)}; ask for the run again, which lists its snapshots' versions",
            409,
        )


def _without(request: Request, name: str) -> tuple[list[tuple[str, str]], str | None]:
    """Return a request's parameters without one, and the value of that one. Raises Refusal."""
    pairs = request.query_params.multi_items()
    values = [text for key, text in pairs if key == name]
    if len(values) > 1:
        raise Refusal(f"{quoted(name)} is given twice; give it once")
    return [pair for pair in pairs if pair[0] != name], values[0] if values else None


def _read_steps(given: list[str]) -> list[int]:
    texts = given[0].split(",", MAX_STEPS) if len(given) == 1 else []
    if not 1 <= len(texts) <= MAX_STEPS:
        raise Refusal(f"steps must be from 1 to {MAX_STEPS} whole numbers, such as steps=0,1,2")
    steps = [read_step(text) for text in texts]
    numbers = [step for step in steps if isinstance(step, int)]
    if len(numbers) < len(steps) or len(set(numbers)) < len(numbers):
        raise Refusal(f"steps must be different whole numbers; got {quoted(given[0])}")
    return numbers
