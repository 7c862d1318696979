"""The class in a small file, so that a restarted server goes on with it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hnviz import disk
from hnviz.classroom.codes import CODE_LENGTH, LETTERS
from hnviz.classroom.guesses import Value, read_step, read_value, written
from hnviz.classroom.state import STARTING, Classroom

FILE = "class.json"
VERSION = 1
LARGEST = 32 * 2**20  # bytes


class DamagedClass(ValueError):  # noqa: N818 - it states the problem
    """The file does not hold a class."""


def load(path: Path) -> Classroom | None:
    """Read a class; None if there is no file. Raises DamagedClass."""
    try:
        if path.stat().st_size > LARGEST:
            raise DamagedClass(f"{path} is too large for a class")
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedClass(f"{path} cannot be read: {error}") from error
    try:
        return _read(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedClass(f"{path} does not hold a class") from error


def save(path: Path, classroom: Classroom) -> None:
    """Write a class; a reader finds the old file or the new one. Only its owner can read it.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(_plain(classroom), separators=(",", ":")).encode()
    disk.replace(path, content, "class", mode=0o600)


def put_aside(path: Path) -> Path:
    """Rename a file that cannot be used; return its new name. Raises OSError."""
    aside = path.with_suffix(".damaged.json")
    disk.move(path, aside, "class-aside")
    return aside


def _plain(classroom: Classroom) -> dict[str, Any]:
    return {
        "version": VERSION,
        "code": classroom.code,
        "secret": classroom.secret,
        "members": sorted(classroom.members, key=classroom.members.__getitem__),
        "removed": sorted(classroom.members[each] for each in classroom.removed),
        "guesses": {
            step: {member: written(value) for member, value in of_step.items()}
            for step, of_step in classroom.guesses.items()
        },
        "revealed": sorted(classroom.revealed),
        "runs": {run: own for run, own in classroom.runs.items() if not run.startswith(STARTING)},
    }


def _read(content: Mapping[str, Any]) -> Classroom:
    if content["version"] != VERSION:
        raise ValueError
    code, secret = content["code"], content["secret"]
    if len(code) != CODE_LENGTH or set(code) - set(LETTERS) or len(_text(secret)) < CODE_LENGTH:
        raise ValueError
    room = Classroom(
        code=code,
        secret=secret,
        members={_text(each): n for n, each in enumerate(dict.fromkeys(content["members"]), 1)},
        guesses={read_step(step): _of_step(each) for step, each in content["guesses"].items()},
        revealed=frozenset(map(read_step, content["revealed"])),
        runs={_text(run): _text(member) for run, member in content["runs"].items()},
    )
    return room.without(frozenset(content.get("removed", ())))  # 0.5.0 wrote none


def _of_step(guesses: Mapping[str, Any]) -> dict[str, Value]:
    return {_text(member): read_value(value) for member, value in guesses.items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
