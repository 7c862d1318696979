"""The class's routes: join, become the teacher, reveal or cover, and what a phone needs first."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hnviz.classroom import ClassError, GuessError
from hnviz.web.bodies import json_body
from hnviz.web.classroom import live
from hnviz.web.classroom.desk import MEMBER, TEACHER, WRITE_SECONDS, Desk, Visitor, not_kept
from hnviz.web.classroom.files import JOIN, NO_STORE, LessonFiles, lesson_routes
from hnviz.web.errors import Refusal
from hnviz.web.keeping import KEEPING
from hnviz.web.parameters import quoted
from hnviz.web.quota import Quota, Rate
from hnviz.web.replies import bytes_reply
from hnviz.web.viewer import naming, viewer_of

KEPT_SECONDS = 12 * 3600  # that a browser keeps who it is
LONGEST_TOKEN = 100
JOINS_AT_ONCE, JOINS_A_SECOND = 40, 1.0  # from one address: a router may have a class behind it
MOST_JOINING = 100  # of one address, that wait for their turn

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def class_routes(desk: Desk, page: bytes, files: LessonFiles) -> list[BaseRoute]:
    """Return the class's routes; `page` is what a phone opens to join."""
    hall = live.Hall(desk, files)
    counter = _Counter(hall, files)
    return [
        *live.routes(hall),
        *lesson_routes(desk, files),
        Route("/api/class", counter.about),
        Route("/api/class/join", counter.join, methods=["POST"]),
        Route("/api/class/teach", counter.teach, methods=["POST"]),
        Route("/api/class/reveal", counter.reveal, methods=["POST"]),
        Route("/api/class/cover", counter.cover, methods=["POST"]),
        Route("/api/class/students", counter.students),
        Route("/api/class/remove", counter.remove, methods=["POST"]),
        Route("/api/class/restore", counter.restore, methods=["POST"]),
        Route("/api/class/lessons", counter.write_lessons, methods=["POST"]),
        Route(JOIN, _page(page)),
    ]


class _Counter:
    """Answers the class's requests."""

    def __init__(self, hall: live.Hall, files: LessonFiles) -> None:
        self._hall, self._desk, self._files = hall, hall.desk, files
        self._rate = Rate(JOINS_A_SECOND, JOINS_AT_ONCE)
        self._joining = Quota(
            MOST_JOINING, "too many students are joining from your network; try again in a minute"
        )

    async def about(self, request: Request) -> Response:
        """Say who asks, and list the lessons that a phone can open."""
        who = visitor(self._desk, request)
        lessons = self._files.titles() if who.is_known or self._desk.view == "free" else {}
        return JSONResponse(
            {"joined": who.member is not None, "teacher": who.teacher, "lessons": lessons},
            headers=NO_STORE,
        )

    async def join(self, request: Request) -> Response:
        """Let a browser in that has the code; one that was in before gets its place again."""
        body = await json_body(request)
        code, token = _text(body, "code"), _text(body, "token")
        member = token or request.cookies.get(MEMBER, "")
        if not self._desk.knows(code, _address(request), member):
            member = await self._admitted(request)
            await self._written()
        number = self._desk.room.members[member]
        return _with_cookie(request, MEMBER, member, {"token": member, "number": number})

    async def _admitted(self, request: Request) -> str:
        """Take in a browser, in its turn among those of its address. Raises Refusal."""
        address = _address(request)
        with self._joining.taken(address):
            await asyncio.sleep(self._rate.delay(address))
        if await request.is_disconnected():
            raise Refusal("nobody waits for this place any more", 408)
        try:
            return self._desk.admit(address)
        except ClassError as error:
            raise Refusal(str(error), 503) from error

    async def teach(self, request: Request) -> Response:
        """Know the teacher's browser from now on."""
        secret = _text(await json_body(request), "secret")
        self._desk.teach(secret, _address(request))
        return _with_cookie(request, TEACHER, secret, {"teacher": True})

    async def reveal(self, request: Request) -> Response:
        """Show everyone the answers of a step."""
        return JSONResponse(
            {"revealed": await self._led(request, self._desk.reveal)}, 200, NO_STORE
        )

    async def cover(self, request: Request) -> Response:
        """Take back that a step was revealed."""
        return JSONResponse({"covered": await self._led(request, self._desk.cover)}, 200, NO_STORE)

    async def students(self, request: Request) -> Response:
        """List who is in the class, by number."""
        self._check_teacher(request)
        return JSONResponse({"students": self._desk.students(self._hall.here())}, headers=NO_STORE)

    async def remove(self, request: Request) -> Response:
        """Send students out of the class."""
        return await self._moved(request, self._desk.remove)

    async def restore(self, request: Request) -> Response:
        """Take back that students were sent out."""
        return await self._moved(request, self._desk.restore)

    async def _moved(self, request: Request, act: Callable[[Collection[int]], None]) -> Response:
        self._check_teacher(request)
        numbers = (await json_body(request)).get("students")
        if not isinstance(numbers, list) or not all(type(each) is int for each in numbers):
            raise Refusal(f"students must be a list of their numbers; got {quoted(numbers)}")
        act(frozenset(numbers))
        await self._written()
        return JSONResponse({"students": numbers}, headers=NO_STORE)

    async def write_lessons(self, request: Request) -> Response:
        """Try again to write the lessons that could not be written."""
        self._check_teacher(request)
        self._files.try_again()
        return JSONResponse({}, 202, NO_STORE)

    def _check_teacher(self, request: Request) -> None:
        if not visitor(self._desk, request).teacher:
            raise Refusal("only the teacher's browser may do this; open the teacher's link", 403)

    async def _led(self, request: Request, act: Callable[[Any], None]) -> Any:
        """Do what the teacher alone may do with a step; return the step. Raises Refusal."""
        step = (await json_body(request)).get("step")
        self._check_teacher(request)
        try:
            act(step)
        except GuessError as error:
            raise Refusal(str(error)) from error
        await self._written()
        return step

    async def _written(self) -> None:
        """Wait until what has changed is in the file. Raises Refusal."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await asyncio.wrap_future(self._desk.written())
        except OSError as error:
            raise Refusal(not_kept(error), 503) from error


def visitor(desk: Desk, request: Request) -> Visitor:
    """Say who sends a request."""
    return desk.visitor(request.cookies)


def permit(desk: Desk, request: Request, name: str, run_id: str) -> None:
    """Let the teacher act on every run, and a member on its own. Raises Refusal."""
    who = visitor(desk, request)
    if who.teacher:
        return
    if name in KEEPING:
        raise Refusal("in a class only the teacher renames, pins and deletes runs", 403)
    if who.member is None:
        raise Refusal(f"only those who have joined the class do this; join at {JOIN}", 403)
    if not desk.room.owns(who.member, run_id):
        raise Refusal("this is not your run: its owner and the teacher can do this", 403)
    if name in ("resume", "start_again"):
        try:
            desk.check_resume(who.member)
        except ClassError as error:
            raise Refusal(str(error), 429) from error


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_TOKEN:
        raise Refusal(
            f"{name} must be a text of at most {LONGEST_TOKEN} characters; got {quoted(value)}"
        )
    return value


def _address(request: Request) -> str:
    return viewer_of(request.scope).address


def _with_cookie(request: Request, name: str, value: str, said: Mapping[str, Any]) -> Response:
    answer = JSONResponse(dict(said), headers=NO_STORE)
    answer.set_cookie(
        name,
        value,
        max_age=KEPT_SECONDS,
        httponly=True,  # no script of a page can read it
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    # Behind a proxy all phones have one address: as one viewer they would share its limits.
    answer.raw_headers.extend(naming(request.scope, framed=False))
    return answer


def _page(content: bytes) -> Endpoint:
    async def answer(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache"}
        return bytes_reply(request, (content, None), headers, "text/html; charset=utf-8")

    return answer
