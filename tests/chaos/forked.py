"""A story in a forked process, with failpoints of its own; and all failpoints there are."""

import os
import traceback
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from hnviz import disk
from hnviz.failpoints import LOG_VARIABLE, VARIABLE, from_environment
from tests.chaos.story import Story

PROBLEM = "problem: "


def points() -> list[str]:
    """Every failpoint of `hnviz.disk`, by its name."""
    return [
        f"{what}.{operation}.{when}"
        for what, operations in disk.KEPT.items()
        for operation in operations
        for when in ("before", *(("half",) if operation == "write" else ()), "after")
    ]


@dataclass(frozen=True)
class Told:
    """What a forked story has acknowledged, what failed, and how the process ended."""

    said: tuple[str, ...]
    problems: tuple[str, ...]
    status: int  # 0, or minus the number of the signal


def tell(root: Path, archive: Path, rules: str, log: Path | None = None) -> Told:
    """Tell a story below `root` with these failpoints; return what was heard of it."""
    hears, says = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hears)
        _tell(root, archive, {VARIABLE: rules, LOG_VARIABLE: str(log or "")}, says)
    os.close(says)
    with os.fdopen(hears, "rb") as heard:
        lines = heard.read().decode().splitlines()
    _, status = os.waitpid(child, 0)
    problems = tuple(line for line in lines if line.startswith(PROBLEM))
    said = tuple(line for line in lines if line not in problems)
    return Told(said, problems, os.waitstatus_to_exitcode(status))


def _tell(root: Path, archive: Path, environment: dict[str, str], says: int) -> None:
    """Tell the story in this process, and end it whatever happens."""
    status = 1
    try:
        with patch("hnviz.disk._reach", from_environment(environment)):
            story = Story(root, archive, lambda said: os.write(says, f"{said}\n".encode()))
            story.tell()
        for problem in story.problems:
            os.write(says, f"{PROBLEM}{problem}\n".encode())
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
