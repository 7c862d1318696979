"""The route that takes a run that a student's device has trained, POST /api/class/runs.

Its body is the run as a zip file, which is read as `hnviz import` reads one, and must be
what a phone can train: `hnviz.web.classroom.phone`. It is the student's run, and counts in no
experiment.
"""

from functools import partial
from io import BytesIO

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.classroom import ClassError
from hnviz.questions.params import quoted
from hnviz.runs import RunStore
from hnviz.runs.archive import ArchiveError, unpack_file
from hnviz.web.classroom.experiment_routes import JOIN_FIRST
from hnviz.web.classroom.phone import DOOR
from hnviz.web.classroom.routes import OPEN, answer_with
from hnviz.web.classroom.service import ClassService
from hnviz.web.http import Refusal

ZIP = "application/zip"  # which no form on another site can send
SOURCE = "the file that you sent"  # in sentences


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
        return unpack_file(store, BytesIO(content), SOURCE, DOOR).id
    except ArchiveError as error:
        raise Refusal(str(error)) from error
