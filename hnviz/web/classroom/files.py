"""Exported lessons as static files for phones: GET /class/lesson/{id}.

``python -m hnviz export index FOLDER --class`` writes them before the class. Without a folder, each
is written when the first phone asks for it, which may take a minute.
"""

from functools import partial
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from hnviz.lessons import lessons
from hnviz.web import exported
from hnviz.web.classroom.desk import Desk
from hnviz.web.kept import Entry
from hnviz.web.parameters import quoted
from hnviz.web.replies import entry_reply
from hnviz.web.views import Refusal

LESSONS = "HNVIZ_CLASS_LESSONS"  # the folder
JOIN = "/class/join"
LARGEST = 4 * 2**20  # bytes of a lesson

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; connect-src 'self'; img-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline' data:; frame-ancestors 'self'"
)
"""A lesson holds all its code and speaks to this server alone; its own policy names each script."""


class LessonFiles:
    """The files of lessons: from a folder, or written on demand."""

    def __init__(self, folder: Path | None, write: exported.Write | None = None) -> None:
        self._folder = folder
        self._made = exported.Files(write or partial(exported.written, in_class=True))
        self._read: dict[tuple[str, int], Entry] = {}  # by lesson, and when its file changed

    def titles(self) -> dict[str, str]:
        """Return the titles of the lessons that a phone can open, by id."""
        there = (each for each in lessons().values() if self._folder is None or self._path(each.id))
        return {each.id: each.title for each in there}

    async def entry(self, lesson_id: str) -> Entry:
        """Return a lesson's file. Raises Refusal."""
        if lesson_id not in self.titles():
            known = ", ".join(self.titles()) or "none"
            raise Refusal(f"no lesson {quoted(lesson_id)} is served here; there are {known}", 404)
        if self._folder is None:
            return await self._made.entry(lesson_id)
        return await to_thread.run_sync(self._from_folder, lesson_id)

    def _path(self, lesson_id: str) -> Path | None:
        path = self._folder / f"{lesson_id}.html" if self._folder else None
        return path if path and path.is_file() and path.stat().st_size <= LARGEST else None

    def _from_folder(self, lesson_id: str) -> Entry:
        path = self._path(lesson_id)
        if path is None:
            raise Refusal(f"the file of the lesson {quoted(lesson_id)} is gone", 404)
        key = (lesson_id, path.stat().st_mtime_ns)
        if key not in self._read:
            self._read = {each: kept for each, kept in self._read.items() if each[0] != lesson_id}
            self._read[key] = Entry.of(path.read_bytes())
        return self._read[key]


def lesson_routes(desk: Desk, files: LessonFiles) -> list[Route]:
    """Return the route of the lessons; their files link to each other as "<id>.html"."""

    async def lesson(request: Request) -> Response:
        if desk.view == "coded" and not desk.visitor(request.cookies).is_known:
            raise Refusal(f"join the class with its code first, at {JOIN}", 403)
        name = request.path_params["lesson"].removesuffix(".html")
        if name == "index":
            return RedirectResponse("../join")
        entry = await files.entry(name)
        reply = entry_reply(request, entry, "text/html; charset=utf-8", immutable=False)
        reply.headers["Content-Security-Policy"] = POLICY
        return reply

    return [Route("/class/lesson/{lesson}", lesson)]
