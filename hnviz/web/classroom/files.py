"""Exported lessons as static files for phones: GET /class/lesson/{id}.

They come from a folder that ``python -m hnviz export index FOLDER`` has written, a file for each.
"""

from functools import lru_cache
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hnviz.lessons import lessons
from hnviz.web.classroom.desk import Desk
from hnviz.web.kept import zipped
from hnviz.web.parameters import quoted
from hnviz.web.replies import bytes_reply
from hnviz.web.views import Refusal

LESSONS = "HNVIZ_CLASS_LESSONS"  # the folder
LARGEST = 4 * 2**20  # bytes of a lesson
SMALLEST = 500  # bytes; anything shorter is not worth compressing

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; "
    "connect-src 'self'; img-src 'self' data:; font-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline' data: 'self'; frame-ancestors 'self'"
)
"""A lesson holds all its code, and may speak to this server alone."""


class LessonFiles:
    """The files of a folder that belong to lessons; None: there are none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def titles(self) -> dict[str, str]:
        """Return the titles of the lessons that a phone can open, by id."""
        return {each.id: each.title for each in lessons().values() if self._path(each.id)}

    def read(self, lesson_id: str) -> tuple[bytes, bytes | None]:
        """Return a lesson's file, and compressed. Raises Refusal."""
        path = self._path(lesson_id) if lesson_id in lessons() else None
        if path is None:
            known = ", ".join(self.titles()) or "none; start the class with --class-lessons FOLDER"
            raise Refusal(f"no lesson {quoted(lesson_id)} is served here; there are {known}", 404)
        return _forms(path, path.stat().st_mtime_ns)

    def _path(self, lesson_id: str) -> Path | None:
        path = self._folder / f"{lesson_id}.html" if self._folder else None
        return path if path and path.is_file() and path.stat().st_size <= LARGEST else None


@lru_cache(maxsize=32)  # a class opens one file a hundred times
def _forms(path: Path, changed: int) -> tuple[bytes, bytes | None]:
    content = path.read_bytes()
    return content, zipped(content, level=6, smallest=SMALLEST)


def lesson_routes(desk: Desk, files: LessonFiles) -> list[Route]:
    """Return the route of the lessons."""

    async def lesson(request: Request) -> Response:
        if desk.view == "coded" and not desk.visitor(request.cookies).is_known:
            raise Refusal("join the class with its code first, at /class/join", 403)
        forms = await to_thread.run_sync(files.read, request.path_params["lesson"])
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
        return bytes_reply(request, forms, headers, "text/html; charset=utf-8")

    return [Route("/class/lesson/{lesson}", lesson)]
