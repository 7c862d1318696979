"""The class's routes: join, become the teacher, reveal or cover, and what a phone needs first."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from html import escape
from typing import Any, TypeVar

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hnviz.classroom import ClassError, GuessError
from hnviz.classroom.votes import answers_csv
from hnviz.questions.params import quoted
from hnviz.web.classroom.connections import Connections
from hnviz.web.classroom.lessons import PREPARING
from hnviz.web.classroom.service import JOIN, MEMBER, TEACHER, ClassService, not_stored, stored
from hnviz.web.controls import CHANGES
from hnviz.web.http import NO_STORE, Refusal, bytes_reply, entry_reply, json_body
from hnviz.web.limits import Quota, Rate, naming, viewer_of

OPEN = "/api/class"  # to everyone, even where the class shows strangers nothing
ANSWERS = "answers.csv"
COOKIE_SECONDS = 12 * 3600  # how long a browser stays signed in
MAX_TOKEN_CHARS = 100
JOINS_AT_ONCE, JOINS_A_SECOND = 40, 1.0  # from one address: a router may have a class behind it
MAX_JOINING = 100  # waiting for their turn, per address

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; connect-src 'self'; img-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline' data: "
    "'wasm-unsafe-eval'; frame-ancestors 'self'"
)
"""A lesson holds all its code and calls only this server; its own policy names each script."""

REFRESH_SECONDS = 3  # before a phone asks again for a lesson that is being written

WAITING = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - hnviz</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 30rem; margin: 0 auto; padding: 24px 20px; }}
body {{ font: 1.0625rem/1.5 system-ui, sans-serif; }}
a {{ color: inherit; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p role="status">{words}</p>
<p><a href="../join">All lessons</a></p>
</main>
</body>
</html>
"""

STRANGER = Refusal(f"this class is for those who have joined; join at {JOIN}", 403)

T = TypeVar("T")


def class_routes(service: ClassService, page: bytes) -> list[BaseRoute]:
    """Return the class's routes but for its experiments; `page` is what a phone opens to join."""
    connections = Connections(service)
    endpoints = _Endpoints(service, connections)
    posted = ("join", "teach", "vote", "discuss", "reveal", "cover", "remove", "restore", "lessons")

    async def join_page(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache"}
        return bytes_reply(request, (page, None), headers, "text/html; charset=utf-8")

    return [
        connections.route(),
        Route("/class/lesson/{lesson}", endpoints.lesson),
        Route(OPEN, endpoints.about),
        Route(f"{OPEN}/students", endpoints.students),
        Route(f"{OPEN}/{ANSWERS}", endpoints.answers),
        *(Route(f"{OPEN}/{name}", getattr(endpoints, name), methods=["POST"]) for name in posted),
        Route(JOIN, join_page),
    ]


class _Endpoints:
    """Answers the class's requests. Each method raises Refusal."""

    def __init__(self, service: ClassService, connections: Connections) -> None:
        self._service, self._connections = service, connections
        self._rate = Rate(JOINS_A_SECOND, JOINS_AT_ONCE)
        self._joining = Quota(
            MAX_JOINING, "too many students are joining from your network; try again in a minute"
        )

    async def about(self, request: Request) -> Response:
        """Say who asks, and list the lessons that a phone can open."""
        who = self._service.visitor(request.cookies)
        lessons = (
            self._service.lessons.titles() if who.is_known or self._service.view == "free" else {}
        )
        return answer_with(joined=who.member is not None, teacher=who.teacher, lessons=lessons)

    async def join(self, request: Request) -> Response:
        """Admit a browser that has the code; one that was in before gets its old place back."""
        body = await json_body(request)
        code, token = _text(body, "code"), _text(body, "token")
        member = token or request.cookies.get(MEMBER, "")
        if not self._service.knows(code, _address(request), member):
            member = await self._admitted(request)
        answer = answer_with(token=member, number=self._service.room.members[member])
        return _with_cookie(request, answer, MEMBER, member)

    async def teach(self, request: Request) -> Response:
        """Recognize the teacher's browser from now on."""
        secret = _text(await json_body(request), "secret")
        self._service.teach(secret, _address(request))
        return _with_cookie(request, answer_with(teacher=True), TEACHER, secret)

    async def vote(self, request: Request) -> Response:
        """Say what the class has answered so far, which only the teacher sees."""
        step = (await json_body(request)).get("step")
        check_teacher(self._service, request)
        try:
            return answer_with(**self._service.vote(step, self._connections.here()))
        except GuessError as error:
            raise Refusal(str(error)) from error

    async def answers(self, request: Request) -> Response:
        """Send all answers as CSV."""
        check_teacher(self._service, request)
        headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="class-{ANSWERS}"'}
        return Response(answers_csv(self._service.room), 200, headers, "text/csv; charset=utf-8")

    async def discuss(self, request: Request) -> Response:
        return answer_with(discussed=await self._change_step(request, self._service.discuss))

    async def reveal(self, request: Request) -> Response:
        return answer_with(revealed=await self._change_step(request, self._service.reveal))

    async def cover(self, request: Request) -> Response:
        return answer_with(covered=await self._change_step(request, self._service.cover))

    async def students(self, request: Request) -> Response:
        check_teacher(self._service, request)
        return answer_with(students=self._service.students(self._connections.here()))

    async def remove(self, request: Request) -> Response:
        return await self._change_students(request, self._service.remove)

    async def restore(self, request: Request) -> Response:
        return await self._change_students(request, self._service.restore)

    async def lessons(self, request: Request) -> Response:
        """Try again to write the lessons that could not be written."""
        check_teacher(self._service, request)
        self._service.lessons.try_again()
        return JSONResponse({}, 202, NO_STORE)

    async def lesson(self, request: Request) -> Response:
        """Send a lesson's file, or a page that waits for it; files link to "<id>.html"."""
        if self._service.view == "coded" and not self._service.visitor(request.cookies).is_known:
            raise Refusal(f"join the class with its code first, at {JOIN}", 403)
        name = request.path_params["lesson"].removesuffix(".html")
        if name == "index":
            return RedirectResponse("../join")
        files = self._service.lessons
        entry = await files.entry(name)
        if isinstance(entry, str):
            text = WAITING.format(title=escape(files.titles()[name]), words=entry)
            headers = {"Refresh": str(REFRESH_SECONDS), **NO_STORE}
            reply: Response = HTMLResponse(text, 202 if entry is PREPARING else 503, headers)
        else:
            reply = entry_reply(request, entry, "text/html; charset=utf-8", immutable=False)
        reply.headers["Content-Security-Policy"] = POLICY
        return reply

    async def _admitted(self, request: Request) -> str:
        """Admit a browser when its turn at its address comes; return its token."""
        address = _address(request)
        with self._joining.taken(address):
            await asyncio.sleep(self._rate.delay(address))
        if await request.is_disconnected():
            raise Refusal("nobody is waiting for this place any more", 408)
        try:
            return await stored_or_refused(self._service.admit(address))
        except ClassError as error:
            raise Refusal(str(error), 503) from error

    async def _change_step(self, request: Request, change: Callable[[Any], "Future[None]"]) -> Any:
        """Change a step, which only the teacher may do; return it."""
        step = (await json_body(request)).get("step")
        check_teacher(self._service, request)
        try:
            await stored_or_refused(change(step))
        except GuessError as error:
            raise Refusal(str(error)) from error
        return step

    async def _change_students(
        self, request: Request, change: Callable[[Collection[int]], "Future[None]"]
    ) -> Response:
        check_teacher(self._service, request)
        numbers = (await json_body(request)).get("students")
        if not isinstance(numbers, list) or not all(type(each) is int for each in numbers):
            raise Refusal(f"students must be a list of their numbers; got {quoted(numbers)}")
        await stored_or_refused(change(frozenset(numbers)))
        return answer_with(students=numbers)


def check_teacher(service: ClassService, request: Request) -> None:
    """Raise Refusal unless the teacher's browser asks."""
    if not service.visitor(request.cookies).teacher:
        raise Refusal("only the teacher's browser may do this; open the teacher's link", 403)


def permit(service: ClassService, request: Request, name: str, run_id: str) -> None:
    """Allow the teacher to act on every run, and members on their own. Raises Refusal."""
    who = service.visitor(request.cookies)
    if who.teacher:
        return
    if name in CHANGES:
        raise Refusal("in a class only the teacher renames, pins and deletes runs", 403)
    if who.member is None:
        raise Refusal(f"only members of the class can do this; join at {JOIN}", 403)
    if not service.room.owns(who.member, run_id):
        raise Refusal("this is not your run: its owner and the teacher can do this", 403)
    if name in ("resume", "start_again"):
        try:
            service.check_resume(who.member)
        except ClassError as error:
            raise Refusal(str(error), 429) from error


def members_only(service: ClassService, base: Callable[[], str]) -> Middleware:
    """Refuse the web API to strangers, except for `OPEN`; pages check the visitor themselves.

    `base` returns the path below which the app is served, as `hnviz.web.http.door` takes it.
    """

    def is_closed(scope: Scope) -> bool:
        path = scope["path"].removeprefix(base())
        if not f"{path}/".startswith("/api/") or f"{path}/".startswith(f"{OPEN}/"):
            return False
        cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
        return not service.visitor(cookies).is_known

    def wrapped(app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] in ("http", "websocket") and is_closed(scope):
                await STRANGER.send(scope, send)
            else:
                await app(scope, receive, send)

        return answer

    return Middleware(wrapped)


async def stored_or_refused(change: "Future[T]") -> T:
    """Await a change. Raises Refusal if it cannot be stored, and anything the change raises."""
    try:
        return await stored(change)
    except OSError as error:
        raise Refusal(not_stored(error), 503) from error


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > MAX_TOKEN_CHARS:
        raise Refusal(
            f"{name} must be a text of at most {MAX_TOKEN_CHARS} characters; got {quoted(value)}"
        )
    return value


def _address(request: Request) -> str:
    return viewer_of(request.scope).address


def answer_with(**content: Any) -> Response:
    """Answer with JSON that no browser keeps."""
    return JSONResponse(content, headers=NO_STORE)


def _with_cookie(request: Request, answer: Response, name: str, value: str) -> Response:
    answer.set_cookie(
        name,
        value,
        max_age=COOKIE_SECONDS,
        httponly=True,  # no script on a page can read it
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    # Behind a proxy all phones have one address: as one viewer they would share its limits.
    answer.raw_headers.extend(naming(request.scope, framed=False))
    return answer
