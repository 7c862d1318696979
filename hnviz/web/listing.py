"""Lists of runs and corpora: GET /api/runs, GET /api/runs/{id}, GET /api/corpora and below."""

from collections.abc import Callable
from dataclasses import asdict
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs, urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.config import LIMITS
from hnviz.data import BatchLayout, ShuffledLayout, human_numbers_stream, own_text
from hnviz.data.stream import SPLITS
from hnviz.engine.client import live_status
from hnviz.runs import RunSummary
from hnviz.web.kept import Entry
from hnviz.web.lanes import Lane, Shared
from hnviz.web.parameters import quoted, read_query
from hnviz.web.replies import entry_reply, until_gone
from hnviz.web.standing import Standing, engine, snapshot_version, standing, store
from hnviz.web.streams import stream_file
from hnviz.web.views import Param, Refusal
from hnviz.web.wire import to_json

CORPUS = "human_numbers"
CORPORA = "api/corpora/"
"""The beginning of each text's address, relative to the app."""

THREADS, LONGEST_LINE = 2, 64
LONGEST_OWN = 2_000
"""The most characters that a text in an address can have."""

_OWN_NAME = "own"
_VERSION = {"v": Param("text", None)}
_NEWEST = {"limit": Param("int", 200, 1, 10_000)}
_OWN = {"text": Param("text"), **_VERSION}
_LAYOUT = {
    "bs": Param("int", 64, *LIMITS["bs"]),
    "bptt": Param("int", 20, *LIMITS["bptt"]),
    "shuffled": Param("bool", False),
}


def routes() -> list[Route]:
    """Return the routes that list runs, describe one, and serve the corpora."""
    listing = Listing()
    return [
        Route("/api/runs", until_gone(listing.runs), name="runs"),
        Route("/api/runs/{run_id}", until_gone(listing.run), name="run"),
        Route("/api/corpora", until_gone(corpora), name="corpora"),
        Route("/api/corpora/own", until_gone(own_corpus), name="own_corpus"),
        Route("/api/corpora/{split}", until_gone(corpus), name="corpus"),
        Route("/api/corpora/{split}/layout", until_gone(layout), name="layout"),
    ]


class Listing:
    """Reads run folders in its own threads, once for all requests that arrive at the same time."""

    def __init__(self) -> None:
        self._shared, self._lane = Shared(), Lane(THREADS, LONGEST_LINE)

    async def runs(self, request: Request) -> Response:
        """List the newest runs, then the pre-trained ones."""
        pairs = request.query_params.multi_items()
        limit = read_query(_NEWEST, pairs, "the list of runs")["limit"]
        return await self._reply(request, f"/{limit}", lambda: all_runs(limit))

    async def run(self, request: Request) -> Response:
        """Describe one run: config, status, figures, and the versions of its snapshots."""
        read_query({}, request.query_params.multi_items(), "a run")
        run_id = request.path_params["run_id"]
        store().folder(run_id)
        return await self._reply(request, run_id, lambda: one_run(run_id))

    async def _reply(self, request: Request, key: str, read: Callable[[], Any]) -> Response:
        entry = await self._shared.result(key, lambda: Entry.of(to_json(read())), self._lane)
        return entry_reply(request, entry, "application/json", immutable=False)


def all_runs(limit: int) -> dict[str, Any]:
    """Return the newest runs as dicts, damaged ones with their problem."""
    return {"runs": [_summary(each) for each in store().summaries(limit)]}


def _summary(summary: RunSummary) -> dict[str, Any]:
    job = None if summary.shipped else engine().job(summary.id)
    config = summary.config.to_dict() if summary.config else None
    fields = {name: getattr(summary, name) for name in RunSummary.__dataclass_fields__}
    status = summary.status if summary.problem else live_status(summary.status, job)
    return {**fields, "model": summary.model, "config": config, "status": status}


def one_run(run_id: str) -> dict[str, Any]:
    """Return one run as a dict. Raises RunNotFound or DamagedRun."""
    folder, now = store().folder(run_id), standing(run_id)
    versions = [(step, snapshot_version(folder, step)) for step in folder.snapshots()]
    return {
        "id": run_id,
        "status": now.status,
        "shipped": now.shipped,
        "created": folder.created,
        "device": folder.device,
        "versions": folder.versions,
        "config": now.record.config.to_dict(),
        "summary": _figures(now),
        "epochs": [asdict(epoch) for epoch in now.record.epochs],
        "snapshots": [[step, version] for step, version in versions if version is not None],
    }


def _figures(now: Standing) -> dict[str, Any]:
    record = now.record
    last = record.epochs[-1] if record.epochs else None
    return {
        "step": record.step,
        "n_steps": record.started.n_steps if record.started else None,
        "epoch": last.epoch if last else None,
        "train_loss": last.train_loss if last else None,
        "valid_loss": last.valid_loss if last else None,
        "accuracy": last.accuracy if last else None,
        "train_accuracy": last.train_accuracy if last else None,
        "message": record.ended.message if record.ended else "",
        "place": now.place,
        "wait_seconds": now.wait_seconds,
        "seconds_left": now.seconds_left,
        "speed": now.speed,
    }


async def corpora(request: Request) -> Response:
    """List the corpora, and the address of each split."""
    read_query({}, request.query_params.multi_items(), "the list of corpora")
    return await _listed(request, _corpora)


async def _listed(request: Request, read: Callable[[], Any]) -> Response:
    entry = await to_thread.run_sync(lambda: Entry.of(to_json(read())))
    return entry_reply(request, entry, "application/json", immutable=False)


def _corpora() -> dict[str, Any]:
    stream = human_numbers_stream()
    splits = [
        {"name": split, "n_tokens": len(stream.ids(split)), "v": _split_version(split)}
        for split in SPLITS
    ]
    return {"corpora": [{"name": CORPUS, "n_words": len(stream.vocab), "splits": splits}]}


async def corpus(request: Request) -> Response:
    """Answer with a split's tokens, in the format of `stream_file`."""
    split, pairs = _split(request), request.query_params.multi_items()
    version = read_query(_VERSION, pairs, "a corpus")["v"]
    current = await to_thread.run_sync(_split_version, split)
    if version not in (None, current):
        raise Refusal(
            f"{split} does not have the version {quoted(version)}; ask /api/corpora for its own",
            409,
        )
    return entry_reply(request, _split_entry(split), immutable=version is not None)


def corpus_address(split: str) -> str:
    """Return the lasting address of a split's tokens, relative to the app."""
    return f"{CORPORA}{split}?{urlencode({'v': _split_version(split)})}"


def corpus_file(address: str) -> bytes:
    """Return what is at an address that `corpus_address` or `own_address` wrote."""
    name, _, query = address.removeprefix(CORPORA).partition("?")
    entry = _own_entry(parse_qs(query)["text"][0]) if name == _OWN_NAME else _split_entry(name)
    return entry.content


@cache
def _split_entry(split: str) -> Entry:
    stream = human_numbers_stream()
    return Entry.of(stream_file(stream.ids(split), stream.vocab))


@cache
def _split_version(split: str) -> str:
    return _version(_split_entry(split))


async def own_corpus(request: Request) -> Response:
    """Answer with the tokens of the text in the address, in the format of `stream_file`."""
    asked = read_query(_OWN, request.query_params.multi_items(), "a text")
    text, version = asked["text"], asked["v"]
    if len(text) > LONGEST_OWN:
        raise Refusal(
            f"an address can carry a text of at most {LONGEST_OWN:,} characters; got {len(text):,}"
        )
    entry = await to_thread.run_sync(_own_entry, text)
    if version not in (None, _version(entry)):
        raise Refusal(f"this text does not have the version {quoted(version)}; leave v out", 409)
    return entry_reply(request, entry, immutable=version is not None)


def own_address(text: str) -> str:
    """Return the address of a short text's tokens. Raises ValueError as `own_text` does."""
    return f"{CORPORA}{_OWN_NAME}?{urlencode({'text': text, 'v': _version(_own_entry(text))})}"


@lru_cache(maxsize=32)
def _own_entry(text: str) -> Entry:
    own = own_text(text)
    return Entry.of(stream_file(own.ids, own.vocab))


def _version(entry: Entry) -> str:
    return blake2b(entry.content, digest_size=8).hexdigest()


def _split(request: Request) -> str:
    split = str(request.path_params["split"])
    if split not in SPLITS:
        raise Refusal(f"no split is named {quoted(split)}; choose one of {', '.join(SPLITS)}", 404)
    return split


async def layout(request: Request) -> Response:
    """Describe how a split is cut into mini-batches: hnviz.data.BatchLayout's figures."""
    split, pairs = _split(request), request.query_params.multi_items()
    asked = read_query(_LAYOUT, pairs, "a layout")
    return await _listed(request, lambda: _laid(split, **asked))


def _laid(split: str, bs: int, bptt: int, *, shuffled: bool) -> dict[str, Any]:
    kind = ShuffledLayout if shuffled else BatchLayout
    laid = kind(len(human_numbers_stream().ids(split)), bs, bptt)
    names = ("n_tokens", "bs", "bptt", "n_batches", "n_slots", "n_repeated", "share", "row_length")
    figures = {name: getattr(laid, name) for name in names}
    return {"split": split, **figures, "starts": laid.row_starts(0), "shuffled": shuffled}
