"""A story in a forked process, with failpoints of its own."""

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.chaos.story import Story
from tests.failpoints import faults

PROBLEM = "problem: "


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
        story = Story(root, archive, lambda said: os.write(says, f"{said}\n".encode()))
        _tell(story, faults(rules, log), says)
    os.close(says)
    with os.fdopen(hears, "rb") as heard:
        lines = heard.read().decode().splitlines()
    _, status = os.waitpid(child, 0)
    problems = tuple(line for line in lines if line.startswith(PROBLEM))
    said = tuple(line for line in lines if line not in problems)
    return Told(said, problems, os.waitstatus_to_exitcode(status))


def _tell(story: Story, on_step: Callable[[str], None], says: int) -> None:
    """Tell the story in this process, and end it whatever happens."""
    status = 1
    try:
        with patch("hnviz.disk.on_step", on_step):
            story.tell()
        for problem in story.problems:
            os.write(says, f"{PROBLEM}{problem}\n".encode())
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
