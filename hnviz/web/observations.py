"""Answers about snapshots: GET /api/runs/{id}/{step}/{question}, and several steps at once."""

import re
from collections.abc import Iterable
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.questions.frame import pack
from hnviz.questions.params import quoted
from hnviz.questions.view import Look, View, without_none
from hnviz.web.answers import Address, Asked, Asker, Names, read_step, version_now
from hnviz.web.cache import Cache, Entry, content_tag, zipped
from hnviz.web.errors import Refusal, refused_values
from hnviz.web.http import Endpoint, entry_reply, not_modified, until_gone
from hnviz.web.limits import viewer_of
from hnviz.web.progress import Progress
from hnviz.web.state import OBSERVE_SECONDS, current_run
from hnviz.web.work import FairShare, NotYetError, Pool, Shared

MOST_STEPS = 64  # in one request
MOST_BYTES = 32 * 2**20  # of an answer for several steps

QUICK = (4, 128, 12, 2)
"""Threads that ask the engine at the same time, requests that may wait for one, in all and of one
viewer, and threads for one viewer. There are few threads, so that a page's own question does not
wait behind others. A browser has six requests under way, and what is refused costs time too."""
SLOW = (2, 32, 6, 1)
BURST = 2.0
"""Seconds of each pool that a viewer may take beyond an equal share: a page's pictures take about
one."""
LEAST = 0.1
"""Seconds that a question counts as in the pool for slow ones, so that one viewer has ten answers a
second there while others ask. With 51 a second the others' presses took 1.4 times as long at
the p95 (python -m tests.load.beside)."""

LONGEST_WAIT = 10.0  # seconds that a client may want to wait before it hears how far an answer is

_WAIT = re.compile(r"respond-async\s*[,;]\s*wait=(\d{1,3})", re.ASCII)


def routes(views: Iterable[View] = ()) -> list[Route]:
    """Return the routes that answer questions about snapshots, and views under their names."""
    door = Observations(views)
    one, many = (until_gone(_or_progress(each)) for each in (door.one, door.many))
    return [
        Route("/api/runs/{run_id}/many/{question}", many, name="many"),
        Route("/api/runs/{run_id}/{step}/{question}", one, name="observation"),
    ]


def _or_progress(endpoint: Endpoint) -> Endpoint:
    """Answer 202 with how far the work is, where that takes longer than the client wants to wait.

    RFC 7240: ``Prefer: respond-async, wait=2``. The client asks again at once, and finds the work
    where it was. So a slow answer holds none of a browser's six connections for long.
    """

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except NotYetError as error:
            told = {"progress": error.progress.told()}
            return JSONResponse(told, 202, {"Cache-Control": "no-store", "Retry-After": "0"})

    return answer


def _wait(request: Request) -> float | None:
    """Return the seconds that a client wants to wait at most; None for as long as it takes."""
    found = _WAIT.fullmatch(request.headers.get("prefer", "").strip())
    return min(LONGEST_WAIT, max(1.0, float(found[1]))) if found else None


class Observations:
    """Answers from the cache, or asks the engine once for all equal requests."""

    def __init__(self, views: Iterable[View] = ()) -> None:
        self._names = Names(views)
        self._kept = Cache()
        about = FairShare()
        self._quick = Pool(*QUICK, FairShare(BURST, about=about))
        self._slow = Pool(*SLOW, FairShare(BURST, LEAST, about))
        self._shared = Shared(self._quick)

    async def one(self, request: Request) -> Response:
        """Answer about one snapshot."""
        pairs, version = _without(request, "v")
        where = request.path_params
        address = self._names.read(where["run_id"], where["question"], pairs)
        step = read_step(where["step"])
        asked = address.at(step)
        if version is not None:
            _check_version(asked, version)
        immutable = version is not None and step != "last"
        if known := not_modified(request, asked.tag, immutable=immutable):
            return known
        entry = await self._entry(request, address, asked, again=version is None)
        return entry_reply(request, entry, immutable=immutable and entry.lasting)

    async def many(self, request: Request) -> Response:
        """Answer about several snapshots, in the order of the steps given."""
        pairs, version = _without(request, "v")
        steps = _read_steps([text for name, text in pairs if name == "steps"])
        others = [(name, text) for name, text in pairs if name != "steps"]
        where = request.path_params
        address = self._names.read(where["run_id"], where["question"], others)
        asked = [address.at(step) for step in steps]
        if version is not None:
            versions = version.split(",")
            if len(versions) != len(asked):
                raise Refusal(
                    f"v must hold one version per step, with commas between; got {len(versions)} "
                    f"for {len(asked)} steps"
                )
            for each, wanted in zip(asked, versions, strict=True):
                _check_version(each, wanted)
        entries = await self._entries(request, address, asked, again=version is None)
        immutable = version is not None and all(entry.lasting for entry in entries)
        whole = await to_thread.run_sync(_joined, entries)
        return entry_reply(request, whole, immutable=immutable)

    async def _entries(
        self, request: Request, address: Address, asked: list[Asked], *, again: bool
    ) -> list[Entry]:
        """Answer step by step, so that a request takes one place in the queue at a time."""
        entries: list[Entry] = []
        size = 0
        for each in asked:
            entries.append(await self._entry(request, address, each, again=again))
            size += len(entries[-1].content)
            if size > MOST_BYTES:
                raise Refusal(
                    f"the answers take more than {MOST_BYTES >> 20} MB; ask for fewer than "
                    f"{len(entries)} steps at once"
                )
        return entries

    async def _entry(
        self, request: Request, address: Address, asked: Asked, *, again: bool
    ) -> Entry:
        """Return an answer; with `again`, ask once more if the snapshot has changed."""
        entry = self._kept.get(asked.key)
        if entry is None or not _holds(asked, entry):
            viewer = viewer_of(request.scope)
            # One who has taken more than a share waits with the slow questions, not with others'.
            aside = not asked.view.slow and self._quick.rests(viewer)
            pool = self._slow if asked.view.slow or aside else self._quick
            make = partial(self._made, asked, aside=aside)
            wait = _wait(request)
            entry = await self._shared.result_within(wait, asked.key, make, viewer, pool)
        if entry is not None:
            return entry
        if again:
            return await self._entry(request, address, address.at(asked.step), again=False)
        raise Refusal(
            f"step {asked.step} of the run {asked.run_id} has just been written again; ask again",
            409,
        )

    def _made(self, asked: Asked, progress: Progress, *, aside: bool) -> Entry | None:
        """Answer in a thread; None if the snapshot was written again meanwhile."""
        entry = answer(asked, progress=progress, aside=aside)
        if not asked.is_current():
            return None
        if asked.view.lasting:
            self._kept.put(asked.key, entry)
        return entry


def answer(
    asked: Asked,
    patience: float = OBSERVE_SECONDS,
    *,
    progress: Progress | None = None,
    aside: bool = False,
) -> Entry:
    """Let a view ask the engine, and pack its answer; a question may take `patience` seconds.

    `aside`: by the observer for slow questions, which yields to the other.
    """
    asker = Asker(asked.run_id, asked.step, patience, aside, progress or Progress())
    view = asked.view
    if view.plain:
        frame = asker.frame("", asked.step, view.name, without_none(asked.params))
        return Entry(frame, zipped(frame), asked.tag)
    with refused_values():
        reply = view.answer(Look(current_run(asked.run_id), asked.step, asked.params, asker))
    lasting = view.lasting and not asker.others
    # The tag leaves out the time, which differs between equal answers.
    tag = asked.tag if lasting else content_tag(pack(reply._replace(seconds=0.0)))
    frame = pack(reply._replace(seconds=asker.seconds))
    return Entry(frame, zipped(frame), tag, lasting, tuple(asker.others))


def _holds(asked: Asked, entry: Entry) -> bool:
    """Return whether the other snapshots that an answer uses are unchanged."""
    return all(version_now(run_id, step) == version for run_id, step, version in entry.others)


def _joined(entries: list[Entry]) -> Entry:
    """Put the frames of several steps one after the other."""
    content = b"".join(entry.content for entry in entries)
    tag = content_tag(" ".join(entry.tag for entry in entries).encode())
    pays = any(entry.zipped for entry in entries[:1])
    return Entry(content, zipped(content) if pays else None, tag)


def _check_version(asked: Asked, version: str) -> None:
    if version != asked.version:
        raise Refusal(
            f"step {asked.step} of the run {asked.run_id} does not have the version "
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
    texts = given[0].split(",", MOST_STEPS) if len(given) == 1 else []
    if not 1 <= len(texts) <= MOST_STEPS:
        raise Refusal(f"steps must be from 1 to {MOST_STEPS} whole numbers, such as steps=0,1,2")
    steps = [read_step(text) for text in texts]
    numbers = [step for step in steps if isinstance(step, int)]
    if len(numbers) < len(steps) or len(set(numbers)) < len(numbers):
        raise Refusal(f"steps must be different whole numbers; got {quoted(given[0])}")
    return numbers
