"""The class in an SQLite file beside the runs; it is stored once `ClassStore.save` returns.

A commit reaches the system's memory without waiting for the disk, so a killed process loses
nothing. One row holds the guesses of one step, row "" holds the rest, in the JSON of release 0.5.0.
That release's file, class.json, is read once and carried over.
"""

import errno
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hnviz import disk
from hnviz.classroom.codes import CODE_CHARS, LETTERS
from hnviz.classroom.guesses import read_step, read_value, written
from hnviz.classroom.state import NOTHING, Classroom

FILE, OLD_FILE = "class.db", "class.json"
VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS parts (step TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
"""
_EMPTY = Classroom(code="", secret="")
_WRONG = (KeyError, TypeError, ValueError, AttributeError, RecursionError)  # raised by `_read`


class DamagedClassError(ValueError):
    """The file does not hold a class."""


class ClassStore:
    """The class in a folder. Any thread may call its methods, but only one at a time."""

    def __init__(self, folder: Path) -> None:
        self._path, self._old = folder / FILE, folder / OLD_FILE
        self._saved = _EMPTY
        self._database: sqlite3.Connection | None = None

    def load(self) -> Classroom | None:
        """Read the class; return None if there is none. Raises DamagedClassError."""
        try:
            if self._path.exists() and (rows := self._rows()):
                self._saved = _read({**rows.pop(""), "guesses": rows})
                return self._saved
            return _read(json.loads(self._old.read_bytes())) if self._old.exists() else None
        except (OSError, sqlite3.Error, *_WRONG) as error:
            raise DamagedClassError(f"{self._damaged()} does not hold a class: {error}") from error

    def save(self, room: Classroom) -> None:
        """Store what has changed since the last save. If that fails, store nothing: OSError."""
        rows = [(step, json.dumps(content)) for step, content in _changed(room, self._saved)]
        try:
            with disk.step("class", "commit"), self._opened() as database:
                database.executemany("REPLACE INTO parts VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            raise OSError(errno.EIO, str(error)) from error
        if self._saved is _EMPTY:
            self._old.unlink(missing_ok=True)
        self._saved = room

    def put_aside(self) -> Path:
        """Rename a file that does not hold a class; return its new name. Raises OSError."""
        self.close()
        damaged = self._damaged()
        aside = damaged.with_suffix(f".damaged{damaged.suffix}")
        disk.move(damaged, aside, "class-aside")
        return aside

    def delete(self) -> None:
        """Delete the class. Raises OSError."""
        for path in (self._path, self._old):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file, which opens again when needed."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _damaged(self) -> Path:
        return self._path if self._path.exists() else self._old

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch(0o600)  # SQLite creates its other files with the same mode
            database = sqlite3.connect(self._path, check_same_thread=False)
            database.executescript(SCHEMA)
            self._database = database
        return self._database

    def _rows(self) -> dict[str, Any]:
        try:
            database = self._opened()
        except (OSError, sqlite3.OperationalError):  # nothing can be written here
            how = "mode=ro" if Path(f"{self._path}-wal").exists() else "immutable=1"
            database = sqlite3.connect(f"{self._path.absolute().as_uri()}?{how}", uri=True)
        rows = database.execute("SELECT step, content FROM parts")
        return {step: json.loads(content) for step, content in rows}


def _changed(room: Classroom, saved: Classroom) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rows that differ from the stored ones."""
    if replace(room, guesses=NOTHING) != replace(saved, guesses=NOTHING):
        yield (
            "",
            {
                "version": VERSION,
                "code": room.code,
                "secret": room.secret,
                "members": sorted(room.members, key=room.members.__getitem__),
                "removed": sorted(room.members[each] for each in room.removed),
                "revealed": sorted(room.revealed),
                "runs": dict(room.runs),
            },
        )
    for step, guesses in room.guesses.items():
        if guesses is not saved.guesses.get(step):
            yield step, {member: written(value) for member, value in guesses.items()}


def _read(content: Mapping[str, Any]) -> Classroom:
    """Check a class in JSON. Raises one of `_WRONG`."""
    code = content["code"]
    if content["version"] != VERSION or len(code) != CODE_CHARS or set(code) - set(LETTERS):
        raise ValueError("another version, or no code")
    room = Classroom(
        code=code,
        secret=_text(content["secret"], CODE_CHARS),
        members={_text(each): n for n, each in enumerate(dict.fromkeys(content["members"]), 1)},
        guesses={
            read_step(step): {_text(member): read_value(value) for member, value in each.items()}
            for step, each in content["guesses"].items()
        },
        revealed=frozenset(map(read_step, content["revealed"])),
        runs={_text(run): _text(member) for run, member in content["runs"].items()},
    )
    return room.without(frozenset(content.get("removed", ())))  # release 0.5.0 wrote none


def _text(value: Any, least: int = 0) -> str:
    if not isinstance(value, str) or len(value) < least:
        raise TypeError(f"a text was wanted, got {value!r:.40}")
    return value
