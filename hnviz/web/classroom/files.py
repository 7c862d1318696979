"""Exported lessons as static files for phones: GET /class/lesson/{id}.

``python -m hnviz export index FOLDER --class`` writes them before the class. Without a folder, the
server has them written one after the other; what a phone asks for comes next. They are kept for the
next server.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import cache, partial
from hashlib import blake2b
from html import escape
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from hnviz import disk
from hnviz.lessons import lessons
from hnviz.web import exported
from hnviz.web.assets import ASSETS, PACKAGE
from hnviz.web.classroom.desk import Desk
from hnviz.web.errors import Refusal
from hnviz.web.kept import Entry
from hnviz.web.parameters import quoted
from hnviz.web.release import release
from hnviz.web.replies import entry_reply

LESSONS = "HNVIZ_CLASS_LESSONS"  # the folder
JOIN = "/class/join"
LARGEST = 4 * 2**20  # bytes of a lesson
NO_STORE = {"Cache-Control": "no-store"}

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; connect-src 'self'; img-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline' data:; frame-ancestors 'self'"
)
"""A lesson holds all its code and speaks to this server alone; its own policy names each script."""


REFRESH = 3  # seconds between two looks of a phone whose lesson is being written

PREPARING = """The teacher's computer is preparing this lesson. It opens here within a minute;
you need not do anything."""
FAILED = """The teacher's computer could not prepare this lesson. It opens here once the teacher has
pressed Try again on the page Class."""
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

log = logging.getLogger(__name__)


class Shelf:
    """Lessons that were written, for the next server with the same code. A folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, lesson_id: str) -> bytes | None:
        """Return a lesson's file; None if this code has written none."""
        try:
            return self._path(lesson_id).read_bytes()
        except OSError:
            return None

    def put(self, lesson_id: str, content: bytes) -> None:
        """Store a lesson's file and delete those that other code wrote. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob(f"{lesson_id}.*.html"):
            old.unlink(missing_ok=True)
        disk.replace(self._path(lesson_id), content, "lesson")

    def _path(self, lesson_id: str) -> Path:
        return self._folder / f"{lesson_id}.{made_from()}.html"


@cache
def made_from() -> str:
    """Return a hash of what lessons are made from: code, lessons, pre-trained runs."""
    found = blake2b(f"{release()} {ASSETS.version}".encode(), digest_size=6)
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix not in (".py", ".pyc") and path.is_file():
            size, changed = path.stat().st_size, path.stat().st_mtime_ns
            found.update(f"{path.relative_to(PACKAGE)} {size} {changed}\n".encode())
    return found.hexdigest()


class LessonFiles:
    """The files of lessons: from a folder, or written while the server runs."""

    def __init__(
        self, folder: Path | None, write: exported.Write | None = None, shelf: Shelf | None = None
    ) -> None:
        self._folder, self._shelf = folder, shelf
        self._write = write or partial(exported.written, in_class=True)
        self._asked: list[str] = []  # lessons that phones wait for
        self._written: dict[str, Entry] = {}
        self._failed: dict[str, str] = {}  # lesson -> why it could not be written
        self._task: asyncio.Task[None] | None = None
        self._read: dict[tuple[str, int], Entry] = {}  # by lesson, and when its file changed
        self.changed: Callable[[], None] = lambda: None  # called when a lesson is ready or failed

    def titles(self) -> dict[str, str]:
        """Return the titles of the lessons that a phone can open, by id."""
        there = (each for each in lessons().values() if self._folder is None or self._path(each.id))
        return {each.id: each.title for each in there}

    def missing(self) -> list[tuple[str, str]]:
        """List the lessons that no phone can open yet: the title, and why not ("": not yet)."""
        if self._folder is not None:
            why = (
                "the folder of lessons has no file {}.html; write it with: "
                "python -m hnviz export index FOLDER --class"
            )
            there = self.titles()
            return [
                (each.title, why.format(each.id))
                for each in lessons().values()
                if each.id not in there
            ]
        return [
            (each.title, self._failed.get(each.id, ""))
            for each in lessons().values()
            if each.id not in self._written
        ]

    def begin(self) -> None:
        """Have all files written that are not, in threads, one at a time."""
        if self._folder is None and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._write_all())

    def try_again(self) -> None:
        """Have those written that could not be written before."""
        self._failed.clear()
        self.begin()
        self.changed()

    def end(self) -> None:
        """Begin no other file."""
        if self._task is not None:
            self._task.cancel()

    async def _write_all(self) -> None:
        while name := next(filter(self._is_due, [*self._asked, *lessons()]), None):
            try:
                self._written[name] = await to_thread.run_sync(
                    self._made, name, abandon_on_cancel=True
                )
            except Refusal as refusal:
                log.error("the lesson %s could not be written: %s", name, refusal)
                self._failed[name] = str(refusal)
            except OSError as error:
                log.error("the lesson %s could not be written: %s", name, error)
                self._failed[name] = f"it could not be written: {error.strerror or error}"
            self.changed()

    def _is_due(self, lesson_id: str) -> bool:
        return lesson_id not in self._written and lesson_id not in self._failed

    def _made(self, name: str) -> Entry:
        content = self._shelf.get(name) if self._shelf else None
        if content is None:
            content = self._write(name)
            try:
                if self._shelf:
                    self._shelf.put(name, content)
            except OSError as error:
                log.warning("the next start writes the lesson %s again: %s", name, error)
        return Entry.of(content)

    async def entry(self, lesson_id: str) -> Entry | str:
        """Return a lesson's file, or what to say while there is none. Raises Refusal."""
        if lesson_id not in self.titles():
            known = ", ".join(self.titles()) or "none"
            raise Refusal(f"no lesson {quoted(lesson_id)} is served here; there are {known}", 404)
        if self._folder is not None:
            return await to_thread.run_sync(self._from_folder, lesson_id)
        if lesson_id in self._failed:
            return FAILED
        if lesson_id not in self._written and lesson_id not in self._asked:
            self._asked.append(lesson_id)
        self.begin()
        return self._written.get(lesson_id, PREPARING)

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
        if isinstance(entry, str):
            text = WAITING.format(title=escape(files.titles()[name]), words=entry)
            status = 202 if entry is PREPARING else 503
            reply: Response = HTMLResponse(text, status, {"Refresh": str(REFRESH), **NO_STORE})
        else:
            reply = entry_reply(request, entry, "text/html; charset=utf-8", immutable=False)
        reply.headers["Content-Security-Policy"] = POLICY
        return reply

    return [Route("/class/lesson/{lesson}", lesson)]
