"""Answers about snapshots: GET /api/runs/{id}/{step}/{question}, and several steps at once."""

import re
from collections.abc import Iterable
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.questions.params import quoted
from hnviz.questions.view import View
from hnviz.web.answers import Address, Answers, Query, read_step
from hnviz.web.cache import Entry, content_tag, zipped
from hnviz.web.errors import Refusal
from hnviz.web.http import NO_STORE, Endpoint, entry_reply, not_modified, until_gone
from hnviz.web.limits import viewer_of
from hnviz.web.state import ServerState
from hnviz.web.work import FairShare, NotYetError, Pool, Progress, Shared

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
(python -m tests.load.beside)."""

MAX_WAIT_SECONDS = 10.0  # the longest wait for an answer before reporting its progress

_WAIT = re.compile(r"respond-async\s*[,;]\s*wait=(\d{1,3})", re.ASCII)


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
        if not query.is_current():
            return None
        if query.view.lasting:
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
