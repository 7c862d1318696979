"""The routes of a class's experiments: begin one, guess, train on a phone, send, reveal."""

from asyncio import sleep
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hnviz.classroom import ExperimentError
from hnviz.questions.frame import to_json
from hnviz.web.classroom.experiments import job
from hnviz.web.classroom.routes import OPEN, answer_with, check_teacher, stored_or_refused
from hnviz.web.classroom.service import JOIN, ClassService
from hnviz.web.http import JSON, NO_STORE, Body, Refusal, bytes_reply, entry_reply, json_body
from hnviz.web.limits import Rate, viewer_of

MAX_RESULT_BYTES = 48 * 1024  # two runs of 1,000 steps have 22,000
SENT_A_SECOND, SENT_AT_ONCE = 1.0, 10  # by a phone; more wait

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; script-src 'self' 'wasm-unsafe-eval'; "
    "worker-src 'self'; frame-ancestors 'self'"
)
"""The page that trains: like the app's own, and its worker is a file of this server."""

JOIN_FIRST = Refusal(f"join the class with its code first, at {JOIN}", 403)

Act = Callable[[str, Body], "Future[None]"]
"""Does what a member asks for."""


def experiment_routes(service: ClassService, page: bytes) -> list[BaseRoute]:
    """Return the routes of a class's experiments; `page` is the page on which a student trains."""
    endpoints = _Endpoints(service)
    experiments = service.experiments
    acts: dict[str, Act] = {
        "guess": lambda member, body: experiments.guess(
            member, body.get("experiment"), body.get("choice")
        ),
        "task": lambda member, body: experiments.hand(member, body.get("experiment")),
        "result": lambda member, body: experiments.send(member, body.get("experiment"), body),
    }

    async def train_page(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
        return bytes_reply(request, (page, None), headers, "text/html; charset=utf-8")

    return [
        Route("/class/train", train_page),
        Route(f"{OPEN}/experiment", endpoints.look),
        Route(f"{OPEN}/experiment", endpoints.start, methods=["POST"]),
        Route(f"{OPEN}/experiment/{{number:int}}", endpoints.look),
        Route(f"{OPEN}/experiment/{{number:int}}/job", endpoints.job),
        Route(f"{OPEN}/experiment/reveal", endpoints.reveal, methods=["POST"]),
        *(
            Route(f"{OPEN}/experiment/{name}", endpoints.of_member(act), methods=["POST"])
            for name, act in acts.items()
        ),
    ]


class _Endpoints:
    """Answers requests about experiments. Each method raises Refusal."""

    def __init__(self, service: ClassService) -> None:
        self._service, self._experiments = service, service.experiments
        self._rate = Rate(SENT_A_SECOND, SENT_AT_ONCE)

    async def look(self, request: Request) -> Response:
        """Answer with an experiment, the newest one unless its number is given."""
        who = self._service.visitor(request.cookies)
        if not who.is_known:
            raise JOIN_FIRST
        room = self._service.room
        number = request.path_params.get("number", len(room.experiments))
        found = room.experiments.get(number)
        if found is None and number:
            raise Refusal(f"there is no experiment {number} in this class", 404)
        view = found and self._experiments.view(found, None if who.teacher else who.member)
        content = to_json({"experiment": view, "all": len(room.experiments)})
        return Response(content, headers=NO_STORE, media_type=JSON)

    async def job(self, request: Request) -> Response:
        """Answer with what a phone needs to train."""
        if not self._service.visitor(request.cookies).is_known:
            raise JOIN_FIRST
        with _refused():
            experiment = self._experiments.find(request.path_params["number"])
        return entry_reply(request, await to_thread.run_sync(job, experiment), JSON)

    async def start(self, request: Request) -> Response:
        """Begin an experiment, which only the teacher may do."""
        check_teacher(self._service, request)
        body = await json_body(request)
        with _refused():
            change = await to_thread.run_sync(self._experiments.start, body)
            await stored_or_refused(change)
        return answer_with(experiment=len(self._service.room.experiments))

    async def reveal(self, request: Request) -> Response:
        """Show everyone the results, which only the teacher may do."""
        check_teacher(self._service, request)
        number = (await json_body(request)).get("experiment")
        with _refused():
            await stored_or_refused(self._experiments.reveal(number))
        return answer_with(revealed=number)

    def of_member(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that does what a member asks for, and answers with "you"."""

        async def endpoint(request: Request) -> Response:
            member = self._service.visitor(request.cookies).member
            if member is None:
                raise JOIN_FIRST
            await sleep(self._rate.delay(viewer_of(request.scope)))
            body = await json_body(request, MAX_RESULT_BYTES)
            with _refused():
                await stored_or_refused(act(member, body))
                found = self._experiments.find(body.get("experiment"))
            view = self._experiments.view(found, member)
            return Response(to_json({"experiment": view}), headers=NO_STORE, media_type=JSON)

        return endpoint


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except ExperimentError as error:
        raise Refusal(str(error)) from error
