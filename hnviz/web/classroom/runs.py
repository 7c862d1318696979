"""Runs that students' devices train: which, and the route that takes one, POST /api/class/runs.

Its body is the run as a zip file, which is read as `hnviz import` reads one. Nothing checks what a
run says of itself: it is the student's run, and counts in no experiment.
"""

from functools import partial
from io import BytesIO
from secrets import token_hex
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz import __version__
from hnviz.browser.form import job_of
from hnviz.classroom import ClassError
from hnviz.config import RunConfig
from hnviz.data import Choice, stream_of
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import text_hash
from hnviz.questions.frame import to_json
from hnviz.questions.params import quoted
from hnviz.runs import RunStore
from hnviz.runs.archive import ArchiveError, unpack_file
from hnviz.runs.texts import content_hash
from hnviz.web.assets import PAGE_DATA
from hnviz.web.classroom.experiment_routes import JOIN_FIRST
from hnviz.web.classroom.experiments import MAX_NH, MODELS
from hnviz.web.classroom.routes import OPEN, answer_with
from hnviz.web.classroom.service import ClassService
from hnviz.web.http import Refusal

ZIP = "application/zip"  # which no form on another site can send
MAX_TOKENS = 250_000  # of the text that a phone trains on
MAX_UNPACKED_BYTES = 32_000_000
SOURCE = "the file that you sent"  # in sentences


def trains_on_a_phone(config: RunConfig) -> bool:
    """Return whether a student's device can train these settings."""
    if config.model not in MODELS or config.nh > MAX_NH:
        return False
    stream = stream_of(config)
    return len(stream.train) + len(stream.valid) <= MAX_TOKENS


def phone_order(config: RunConfig) -> dict[str, Any]:
    """Return what a browser needs to train a run and send it: `Order` in train/form/device.js."""
    job, own = job_of(config), text_hash(config.corpus)
    text = {name: job[name] for name in ("train", "valid", "kinds")}
    return {
        "number": token_hex(8),  # each press is another order
        "form": job["form"],
        "config": {**job["config"], "device": "auto"},
        "text": PAGE_DATA.keep(to_json(text).encode(), ".json"),
        "own": None if own is None else PAGE_DATA.keep(texts.text_of(own).encode(), ".txt"),
        "hash": content_hash(Choice(config.corpus, config.split)),
        "version": __version__,
    }


def sent_run_route(service: ClassService, store: RunStore) -> Route:
    """Return the route; `hnviz.web.limits` bounds its body."""
    limiter = CapacityLimiter(1)  # runs that are unpacked at once: pages come first

    async def receive(request: Request) -> Response:
        member = service.visitor(request.cookies).member
        if member is None:
            raise JOIN_FIRST
        kind = request.headers.get("content-type", "")
        if kind != ZIP:
            raise Refusal(f"Content-Type must be {ZIP}; got {quoted(kind)}", 415)
        unpack = partial(_unpacked, store, await request.body())
        try:
            run_id = await to_thread.run_sync(service.start, member, unpack, limiter=limiter)
        except ClassError as error:
            raise Refusal(str(error), 403) from error
        return answer_with(run=run_id)

    return Route(f"{OPEN}/runs", receive, methods=["POST"])


def _unpacked(store: RunStore, content: bytes) -> str:
    """Add a run to the store; return its id. Raises Refusal."""
    try:
        return unpack_file(store, BytesIO(content), SOURCE, MAX_UNPACKED_BYTES).id
    except ArchiveError as error:
        raise Refusal(str(error)) from error
