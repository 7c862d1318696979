"""The class in an SQLite file beside the runs; it is stored once `ClassStore.save` returns.

A commit reaches the system's memory without waiting for the disk, so a killed process loses
nothing. In the table of parts one row holds the guesses of one step, row "" holds the rest, in the
JSON of release 0.5.0. That release's file, class.json, is read once and carried over. In the table
of trained runs one row holds an experiment, and one each result. In the table of votes one row
holds when the guesses in one vote on a step came, and the guesses themselves once another vote has
followed. Files of earlier releases lack the last two tables.
"""

import errno
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from hnviz import disk
from hnviz.classroom.codes import CODE_CHARS, LETTERS
from hnviz.classroom.experiment import Experiment, Key, Result, Task, Trained
from hnviz.classroom.guesses import FIRST, Value, read_step, read_value, read_vote, written
from hnviz.classroom.state import NOTHING, Classroom

Row = tuple[int, int, Any]
"""Of trained runs: the experiment, 0 or the place of a result, and the content."""

VoteRow = tuple[str, int, Any]
"""The step, which vote it is, and the content."""

FILE, OLD_FILE = "class.db", "class.json"
VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS parts (step TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
"""
TRAINED = """
CREATE TABLE IF NOT EXISTS trained (
    experiment INTEGER, at INTEGER, content TEXT, PRIMARY KEY (experiment, at)
) WITHOUT ROWID
"""
VOTES = """
CREATE TABLE IF NOT EXISTS votes (
    step TEXT, vote INTEGER, content TEXT, PRIMARY KEY (step, vote)
) WITHOUT ROWID
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
                self._saved = _read(
                    {**rows.pop(""), "guesses": rows}, self._table("trained"), self._table("votes")
                )
                return self._saved
            return _read(json.loads(self._old.read_bytes())) if self._old.exists() else None
        except (OSError, sqlite3.Error, *_WRONG) as error:
            raise DamagedClassError(f"{self._damaged()} does not hold a class: {error}") from error

    def save(self, room: Classroom) -> None:
        """Store what has changed since the last save. If that fails, store nothing: OSError."""
        rows = [(step, json.dumps(content)) for step, content in _changed(room, self._saved)]
        trained = list(_changed_trained(room, self._saved))
        votes = list(_changed_votes(room, self._saved))
        try:
            with disk.step("class", "commit"), self._opened() as database:
                database.executemany("REPLACE INTO parts VALUES (?, ?)", rows)
                if trained:
                    database.execute(TRAINED)
                    database.executemany("REPLACE INTO trained VALUES (?, ?, ?)", trained)
                if votes:
                    database.execute(VOTES)
                    database.executemany("REPLACE INTO votes VALUES (?, ?, ?)", votes)
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
        rows = self._readable().execute("SELECT step, content FROM parts")
        return {step: json.loads(content) for step, content in rows}

    def _table(self, name: str) -> list[Any]:
        """Read a table that files of earlier releases lack, in the order of its key."""
        database = self._readable()
        if not list(database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name])):
            return []
        rows = database.execute(f"SELECT * FROM {name} ORDER BY 1, 2")  # one of ours
        return [(first, second, json.loads(content)) for first, second, content in rows]

    def _readable(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except (OSError, sqlite3.OperationalError):  # nothing can be written here
            how = "mode=ro" if Path(f"{self._path}-wal").exists() else "immutable=1"
            return sqlite3.connect(f"{self._path.absolute().as_uri()}?{how}", uri=True)


def _changed(room: Classroom, saved: Classroom) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rows that differ from the stored ones."""
    if _without_rows(room) != _without_rows(saved):
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


def _without_rows(room: Classroom) -> Classroom:
    return replace(room, guesses=NOTHING, first=NOTHING, times=NOTHING, experiments=NOTHING)


def _changed_votes(room: Classroom, saved: Classroom) -> Iterator[tuple[str, int, str]]:
    """Yield the rows of votes that differ from the stored ones."""
    for step, vote in dict.fromkeys([*room.times, *((step, FIRST) for step in room.first)]):
        times, before = room.times.get((step, vote)), saved.times.get((step, vote))
        values = room.first.get(step) if vote == FIRST else None
        if times is before and (values is None or values is saved.first.get(step)):
            continue
        content: dict[str, Any] = {"times": dict(times or NOTHING)}
        if values is not None:
            content["values"] = {member: written(each) for member, each in values.items()}
        yield step, vote, json.dumps(content)


def _changed_trained(room: Classroom, saved: Classroom) -> Iterator[tuple[int, int, str]]:
    """Yield the rows of experiments, at 0, and of results that differ from the stored ones."""
    for number, each in room.experiments.items():
        before = saved.experiments.get(number)
        if each is before:
            continue
        if before is None or _head(each) != _head(before):
            yield number, 0, json.dumps(_head(each))
        for at, (key, result) in enumerate(each.results.items(), 1):
            if before is None or result is not before.results.get(key):
                content = {"member": key.member, "task": key.task, **asdict(result)}
                yield number, at, json.dumps(content)


def _head(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment without its results, in a form that JSON can hold."""
    names = ("axes", "squares", "steps", "tasks", "guesses", "revealed")
    return {name: getattr(experiment, name) for name in names}


def _experiments(rows: Sequence[Row]) -> dict[int, Experiment]:
    """Read the experiments in the order of their numbers. Raises one of `_WRONG`."""
    found: dict[int, Experiment] = {}
    for number, at, content in rows:
        if at == 0:
            found[number] = _experiment(number, content)
            continue
        key = Key(_text(content.pop("member")), _task(content.pop("task")))
        runs = tuple(_run(**each) for each in content.pop("runs"))
        results = {**found[number].results, key: Result(runs, **content)}
        found[number] = replace(found[number], results=results)
    return found


def _experiment(number: int, content: Mapping[str, Any]) -> Experiment:
    parts = {
        "id": number,
        "axes": {name: tuple(values) for name, values in content["axes"].items()},
        "squares": tuple(content["squares"]),
        "tasks": {
            _text(member): tuple(map(_task, tasks)) for member, tasks in content["tasks"].items()
        },
    }
    return Experiment(**{**content, **parts})


def _task(content: Sequence[Any]) -> Task:
    seed, squares = content
    return Task(int(seed), tuple(map(int, squares)))


def _run(diverged: bool, **numbers: Sequence[float]) -> Trained:
    return Trained(**{name: tuple(each) for name, each in numbers.items()}, diverged=diverged)


def _guesses(content: Mapping[str, Any]) -> dict[str, Value]:
    return {_text(member): read_value(value) for member, value in content.items()}


def _times(content: Mapping[str, Any]) -> dict[str, int]:
    return {_text(member): int(at) for member, at in content.items()}


def _read(
    content: Mapping[str, Any], trained: Sequence[Row] = (), votes: Sequence[VoteRow] = ()
) -> Classroom:
    """Check a class in JSON. Raises one of `_WRONG`."""
    code = content["code"]
    if content["version"] != VERSION or len(code) != CODE_CHARS or set(code) - set(LETTERS):
        raise ValueError("another version, or no code")
    room = Classroom(
        code=code,
        secret=_text(content["secret"], CODE_CHARS),
        members={_text(each): n for n, each in enumerate(dict.fromkeys(content["members"]), 1)},
        guesses={read_step(step): _guesses(each) for step, each in content["guesses"].items()},
        first={
            read_step(step): _guesses(each["values"])
            for step, vote, each in votes
            if vote == FIRST and "values" in each
        },
        times={
            (read_step(step), read_vote(vote)): times
            for step, vote, each in votes
            if (times := _times(each["times"]))
        },
        revealed=frozenset(map(read_step, content["revealed"])),
        runs={_text(run): _text(member) for run, member in content["runs"].items()},
        experiments=_experiments(trained),
    )
    return room.without(frozenset(content.get("removed", ())))  # release 0.5.0 wrote none


def _text(value: Any, least: int = 0) -> str:
    if not isinstance(value, str) or len(value) < least:
        raise TypeError(f"a text was wanted, got {value!r:.40}")
    return value
