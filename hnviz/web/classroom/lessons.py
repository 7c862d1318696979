"""Exported lessons as files for phones: GET /class/lesson/{id}.

``python -m hnviz export index FOLDER --class`` writes them before the class. Without a folder, the
server has them written one at a time, starting with those that phones ask for.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path

from anyio import to_thread

from hnviz import disk
from hnviz.lessons import lessons
from hnviz.questions.params import quoted
from hnviz.runs.answers import release
from hnviz.web.assets import ASSETS, PACKAGE
from hnviz.web.http import Entry, Refusal

MAX_BYTES = 4 * 2**20  # per lesson

PREPARING = """The teacher's computer is preparing this lesson. It opens here within a minute;
you need not do anything."""
FAILED = """The teacher's computer could not prepare this lesson. It opens here once the teacher has
pressed Try again on the page Class."""

Write = Callable[[str], bytes]

log = logging.getLogger(__name__)


class LessonCache:
    """Written lessons, stored in their own folder for the next server with the same code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, lesson_id: str) -> bytes | None:
        """Return a lesson's file; None if this code has written none."""
        try:
            return self._path(lesson_id).read_bytes()
        except OSError:
            return None

    def put(self, lesson_id: str, content: bytes) -> None:
        """Store a lesson's file, and delete files that other code wrote. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob(f"{lesson_id}.*.html"):
            old.unlink(missing_ok=True)
        disk.replace(self._path(lesson_id), content, "lesson")

    def _path(self, lesson_id: str) -> Path:
        return self._folder / f"{lesson_id}.{made_from()}.html"


@cache
def made_from() -> str:
    """Return a hash of everything lessons are made from: code, lessons, pre-trained runs."""
    found = blake2b(f"{release()} {ASSETS.version}".encode(), digest_size=6)
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix not in (".py", ".pyc") and path.is_file():
            size, changed = path.stat().st_size, path.stat().st_mtime_ns
            found.update(f"{path.relative_to(PACKAGE)} {size} {changed}\n".encode())
    return found.hexdigest()


def _not_written(lesson_id: str) -> bytes:
    raise Refusal(f"this server does not write lessons; it has none named {quoted(lesson_id)}", 404)


class LessonFiles:
    """The files of lessons: from a folder, or written while the server runs."""

    def __init__(
        self, folder: Path | None, write: Write | None = None, cache: LessonCache | None = None
    ) -> None:
        """`write` makes a lesson's file if there is no folder of lessons."""
        self._folder, self._write, self._cache = folder, write or _not_written, cache
        self._wanted: list[str] = []  # lessons that phones wait for
        self._ready: dict[str, Entry] = {}
        self._failed: dict[str, str] = {}  # lesson -> why it could not be written
        self._task: asyncio.Task[None] | None = None
        self._read: dict[str, tuple[int, Entry]] = {}  # lesson -> when its file changed, the file
        self.changed: Callable[[], None] = lambda: None  # called when a lesson is ready or failed

    def titles(self) -> dict[str, str]:
        """Return the titles of the lessons that a phone can open, by id."""
        return {
            each.id: each.title
            for each in lessons().values()
            if self._folder is None or self._path(each.id)
        }

    def missing(self) -> list[tuple[str, str]]:
        """List the lessons that no phone can open yet: the title, and why not ("": not yet)."""
        if self._folder is None:
            reasons = {each: self._failed.get(each, "") for each in lessons().keys() - self._ready}
        else:
            reasons = {
                each: f"the folder of lessons has no file {each}.html; write it with: "
                "python -m hnviz export index FOLDER --class"
                for each in lessons().keys() - self.titles()
            }
        return [(each.title, reasons[each.id]) for each in lessons().values() if each.id in reasons]

    def begin(self) -> None:
        """Have all missing files written in threads, one at a time."""
        if self._folder is None and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._write_all())

    def try_again(self) -> None:
        """Try again to write the lessons that failed."""
        self._failed.clear()
        self.begin()
        self.changed()

    def end(self) -> None:
        """Start no further file."""
        if self._task is not None:
            self._task.cancel()

    async def entry(self, lesson_id: str) -> Entry | str:
        """Return a lesson's file, or a message to show while there is none. Raises Refusal."""
        if lesson_id not in self.titles():
            known = ", ".join(self.titles()) or "none"
            raise Refusal(f"no lesson {quoted(lesson_id)} is served here; there are {known}", 404)
        if self._folder is not None:
            return await to_thread.run_sync(self._from_folder, lesson_id)
        if lesson_id in self._failed:
            return FAILED
        if lesson_id not in self._ready and lesson_id not in self._wanted:
            self._wanted.append(lesson_id)
        self.begin()
        return self._ready.get(lesson_id, PREPARING)

    async def _write_all(self) -> None:
        while name := next(filter(self._is_due, [*self._wanted, *lessons()]), None):
            try:
                self._ready[name] = await to_thread.run_sync(
                    self._made, name, abandon_on_cancel=True
                )
            except Refusal as refusal:
                self._failed[name] = str(refusal)
            except OSError as error:
                self._failed[name] = f"it could not be written: {error.strerror or error}"
            if name in self._failed:
                log.error("the lesson %s could not be written: %s", name, self._failed[name])
            self.changed()

    def _is_due(self, lesson_id: str) -> bool:
        return lesson_id not in self._ready and lesson_id not in self._failed

    def _made(self, name: str) -> Entry:
        content = self._cache.get(name) if self._cache else None
        if content is None:
            content = self._write(name)
            try:
                if self._cache:
                    self._cache.put(name, content)
            except OSError as error:
                log.warning("the next start writes the lesson %s again: %s", name, error)
        return Entry.of(content)

    def _path(self, lesson_id: str) -> Path | None:
        path = self._folder / f"{lesson_id}.html" if self._folder else None
        return path if path and path.is_file() and path.stat().st_size <= MAX_BYTES else None

    def _from_folder(self, lesson_id: str) -> Entry:
        path = self._path(lesson_id)
        if path is None:
            raise Refusal(f"the file of the lesson {quoted(lesson_id)} is gone", 404)
        changed = path.stat().st_mtime_ns
        known, entry = self._read.get(lesson_id, (0, None))
        if entry is None or known != changed:
            entry = Entry.of(path.read_bytes())
            self._read[lesson_id] = changed, entry
        return entry
