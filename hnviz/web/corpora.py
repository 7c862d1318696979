"""Corpora over HTTP: GET /api/corpora and below; /api/texts takes a reader's own text."""

import asyncio
import json
import struct
from collections.abc import Callable
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs, urlencode

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hnviz.config import LIMITS
from hnviz.data import (
    NOTEBOOK,
    BatchLayout,
    Choice,
    Corpus,
    CorpusError,
    ShuffledLayout,
    TextChoice,
    Vocab,
    corpora,
    corpus_of,
    kind_in,
    stream_of,
)
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import text_hash
from hnviz.data.numbers import WAYS
from hnviz.data.stream import SPLITS
from hnviz.data.tokens import kind_in_text
from hnviz.questions.params import Param, quoted
from hnviz.web.http import BINARY, NO_STORE, Entry, Refusal, query, until_gone
from hnviz.web.limits import Rate, viewer_of
from hnviz.web.work import Pool, Shared

CORPORA = "api/corpora/"
"""The start of each text's address, relative to the app."""

POOL = 2, 64  # threads, waiting requests
LARGE_POOL = 1, 64  # for long texts, which are split one at a time: short ones need not wait
RATE = 1, 4  # texts per viewer: per second, and in a burst; more wait
BEGINNING = 2_000  # characters that a box shows of a text too long for it
_VERSION = {"v": Param("text", None)}
_CHOICE = {"corpus": Param("text", NOTEBOOK.corpus), "way": Param(WAYS, NOTEBOOK.split)}
_LISTED = {"corpus": Param("text", None), "way": Param(WAYS, NOTEBOOK.split)}
_LAYOUT = {
    "bs": Param("int", 64, *LIMITS["bs"]),
    "bptt": Param("int", 20, *LIMITS["bptt"]),
    "shuffled": Param("bool", False),
}


def routes() -> list[Route]:
    """Return the routes that serve the corpora."""
    served = Corpora()
    return [
        Route("/api/corpora", until_gone(served.listed), name="corpora"),
        Route("/api/corpora/{split}", until_gone(served.split), name="corpus"),
        Route("/api/corpora/{split}/layout", until_gone(served.layout), name="layout"),
        Route("/api/texts", served.take, methods=["POST"]),
        Route("/api/texts/{name}", until_gone(served.text), name="text"),
    ]


class Corpora:
    """Reads corpora in its own threads, once for all equal requests that arrive together."""

    def __init__(self) -> None:
        self._shared, self._large = Shared(Pool(*POOL)), Shared(Pool(*LARGE_POOL))
        self._rate = Rate(*RATE)

    async def listed(self, request: Request) -> Response:
        """List the built-in corpora; with `corpus`, describe one, with its splits."""
        asked = query(request, _LISTED, "the list of corpora")
        shared = self._for(asked["corpus"] or NOTEBOOK.corpus)
        return await shared.json_reply(request, str(request.url), lambda: _listed(asked))

    async def split(self, request: Request) -> Response:
        """Answer with a split's tokens, in the format of `stream_file`."""
        split, asked = _split(request), query(request, {**_CHOICE, **_VERSION}, "a corpus")
        choice, version = _chosen(asked), asked["v"]
        read = partial(_read, choice, split, version)
        is_fixed, shared = version is not None, self._for(choice.corpus)
        return await shared.reply(request, str(request.url), read, immutable=is_fixed)

    async def take(self, request: Request) -> Response:
        """Hold a reader's own text in memory; answer with its name."""
        kind = request.headers.get("content-type", "")
        if kind != BINARY:  # which no form on another site can send
            raise Refusal(f"Content-Type must be {BINARY}; got {quoted(kind)}", 415)
        await asyncio.sleep(self._rate.delay(viewer_of(request.scope)))
        return JSONResponse(await to_thread.run_sync(_held, await request.body()), headers=NO_STORE)

    async def text(self, request: Request) -> Response:
        """Answer with a reader's own text as a box shows it."""
        name = str(request.path_params["name"])
        return await self._shared.json_reply(request, str(request.url), lambda: _shown(name))

    async def layout(self, request: Request) -> Response:
        """Describe how a split is cut into mini-batches: hnviz.data.BatchLayout's figures."""
        split, asked = _split(request), query(request, {**_CHOICE, **_LAYOUT}, "a layout")
        shared = self._for(asked["corpus"])
        return await shared.json_reply(request, str(request.url), lambda: _laid(split, asked))

    def _for(self, corpus_id: str) -> Shared:
        name = text_hash(corpus_id)
        return self._large if name and texts.is_large(name) else self._shared


def _held(content: bytes) -> dict[str, str]:
    try:
        return {"name": texts.hold(texts.read_text(content))}
    except CorpusError as error:
        raise Refusal(str(error)) from error


def _shown(name: str) -> dict[str, Any]:
    try:
        text = texts.text_of(name)
    except CorpusError as error:
        raise Refusal(f"no text is named {quoted(name)} here", 404) from error
    most = texts.MAX_TYPED_CHARS
    return {"text": text if len(text) <= most else text[:BEGINNING], "n_chars": len(text)}


def _chosen(asked: dict[str, Any]) -> Choice:
    return Choice(asked["corpus"], asked["way"])


def _checked(choice: TextChoice) -> Corpus:
    """Return a corpus that can be split in this way. Raises Refusal."""
    try:
        read = corpus_of(choice)
    except CorpusError as error:
        raise Refusal(str(error), 404) from error
    if wrong := read.way_problem(choice.split):
        raise Refusal(wrong.replace("split", "way", 1))
    return read


def _listed(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["corpus"] is None:
        return {"corpora": [_described(each) for each in corpora()]}
    choice = _chosen(asked)
    read = _checked(choice)
    stream = stream_of(choice)
    splits = [
        {"name": split, "n_tokens": len(stream.ids(split)), "v": _version(_entry(choice, split))}
        for split in SPLITS
    ]
    described = {**_described(read), "way": choice.split, "n_words": len(stream.vocab)}
    return {"corpora": [{**described, "splits": splits}]}


def _described(read: Corpus) -> dict[str, Any]:
    names = ("id", "title", "description", "level", "unit", "ways")
    return {name: getattr(read, name) for name in names}


def corpus_address(split: str, choice: TextChoice = NOTEBOOK) -> str:
    """Return the lasting address of a split's tokens, relative to the app."""
    named = {"corpus": choice.corpus, "way": choice.split}
    other = {name: value for name, value in named.items() if value != _CHOICE[name].default}
    return f"{CORPORA}{split}?{urlencode({**other, 'v': _version(_entry(choice, split))})}"


def corpus_file(address: str) -> bytes:
    """Return the content of an address that `corpus_address` wrote."""
    name, _, query = address.removeprefix(CORPORA).partition("?")
    asked = {key: values[0] for key, values in parse_qs(query).items()}
    choice = Choice(*(asked.get(each, _CHOICE[each].default) for each in ("corpus", "way")))
    return _entry(choice, name).content


def _read(choice: TextChoice, split: str, version: str | None) -> Entry:
    _checked(choice)
    entry = _entry(choice, split)
    if version not in (None, _version(entry)):
        raise Refusal(
            f"{split} does not have the version {quoted(version)}; ask /api/corpora for its own",
            409,
        )
    return entry


def _entry(choice: TextChoice, split: str) -> Entry:
    return _kept(choice.corpus, choice.split, split)


@lru_cache(maxsize=4)  # an own text of 5 MB takes up to 10 MB
def _kept(corpus_id: str, way: str, split: str) -> Entry:
    choice = Choice(corpus_id, way)
    stream, kind = stream_of(choice), kind_in(corpus_of(choice))
    return Entry.of(stream_file(stream.ids(split), stream.vocab, kind))


def stream_file(
    ids: NDArray[np.integer], vocab: Vocab, kind: Callable[[str], str] = kind_in_text
) -> bytes:
    """Pack a stream for the browser: header length, JSON header, one or two bytes a token.

    `kind` names the kind of a token.
    """
    width = 1 if len(vocab) <= 256 else 2
    kinds = [kind(token) for token in vocab.itos]
    header = json.dumps({"words": vocab.itos, "kinds": kinds, "bytes": width}).encode()
    header += b" " * (-len(header) % 4)  # two-byte ids must begin on an even address
    return struct.pack("<I", len(header)) + header + ids.astype(f"<u{width}").tobytes()


def _version(entry: Entry) -> str:
    return blake2b(entry.content, digest_size=8).hexdigest()


def _split(request: Request) -> str:
    split = str(request.path_params["split"])
    if split not in SPLITS:
        raise Refusal(f"no split is named {quoted(split)}; choose one of {', '.join(SPLITS)}", 404)
    return split


def _laid(split: str, asked: dict[str, Any]) -> dict[str, Any]:
    choice = _chosen(asked)
    _checked(choice)
    kind = ShuffledLayout if asked["shuffled"] else BatchLayout
    laid = kind(len(stream_of(choice).ids(split)), asked["bs"], asked["bptt"])
    names = ("n_tokens", "bs", "bptt", "n_batches", "n_slots", "n_repeated", "share", "row_length")
    figures = {name: getattr(laid, name) for name in names}
    return {
        "corpus": choice.corpus,
        "way": choice.split,
        "split": split,
        **figures,
        "starts": laid.row_starts(0),
        "shuffled": asked["shuffled"],
    }
