"""Faults on the disk: what happens at the steps of `hnviz.disk`, in this process.

    python -m tests.failpoints 'resume.rename.before=kill@3; *.write.half=ENOSPC@2+' hnviz train

A failpoint is before and after each operation, and in the middle of each write. A rule is a pattern
of failpoints' names, what happens, and when: at the n-th failpoint that fits, or from there on
("+"). "kill" ends the process as kill -9 does, "stop" is SIGSTOP, and a name of errno is raised.
"""

import errno
import os
import re
import runpy
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from hnviz import disk

WHOLE = ("write", "rename")  # a file that is replaced: written beside the old one, then renamed
LASTING = ("write", "sync", "keep", "rename", "sync-folder")  # and the old one is kept

KEPT: Mapping[str, tuple[str, ...]] = {
    "run": ("make", "rename"),  # a folder, which gets its name when it is complete
    "config": WHOLE,
    "recorded": WHOLE,  # what a recorded run is of
    "recorded-answers": WHOLE,  # of a recorder, with a snapshot
    "question": WHOLE,  # to a recorder
    "recorded-answer": WHOLE,
    "note": WHOLE,  # of who writes a run
    "label": WHOLE,
    "models": WHOLE,  # the file of a model of the user's own
    "events": ("write", "cut"),
    "snapshot": WHOLE,
    "resume": LASTING,
    "shipped": WHOLE,  # the events of a pre-trained run
    "member": ("write",),  # of a zip file, into a folder that has no name yet
    "mark": ("write", "rename"),
    "deleted": ("rename",),
    "restored": ("rename",),
    "text": WHOLE,
    "typed": WHOLE,  # a sentence that a link names
    "ids": WHOLE,  # the tokens of a text
    "answer": WHOLE,  # to a slow question
    "sweep": WHOLE,
    "sweep-line": ("write",),  # a reader leaves a torn last line out
    "class": ("commit",),
    "lesson": WHOLE,  # as a file for phones
    "class-aside": ("rename",),  # a damaged one
}
"""What is kept -> the operations that keep it."""

POINTS = tuple(
    f"{what}.{operation}.{when}"
    for what, operations in KEPT.items()
    for operation in operations
    for when in ("before", *(("half",) if operation == "write" else ()), "after")
)
"""The name of every failpoint."""

_RULE = re.compile(r"([\w.*-]+)=(\w+)(?:@(\d+)(\+?))?", re.ASCII)
_SIGNALS = {"kill": "SIGKILL", "stop": "SIGSTOP"}


@dataclass
class Failing:
    """A value for `disk.on_step` that fails at one failpoint; `passed` are those so far."""

    name: str = ""
    passed: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.passed.append(name)
        if name == self.name:
            raise OSError(errno.EIO, "Input/output error")


@dataclass
class Rule:
    """What happens at the failpoints that a pattern fits."""

    pattern: str
    action: str  # "kill", "stop", or a name of errno
    at: int = 1  # from 1
    on: bool = False  # also at all later ones
    reached: int = 0

    @classmethod
    def of(cls, text: str) -> "Rule":
        """Read a rule. Raises ValueError."""
        found = _RULE.fullmatch(text.strip())
        if found is None or not (found[2] in _SIGNALS or hasattr(errno, found[2])):
            raise ValueError(
                "a rule is PATTERN=kill, PATTERN=stop or PATTERN=a name of errno, with @N or @N+; "
                f"got {text.strip()!r}"
            )
        return cls(found[1], found[2], int(found[3] or 1), bool(found[4]))

    def __call__(self, name: str) -> None:
        """Count a failpoint, and act if it is the one. Raises OSError."""
        if not fnmatchcase(name, self.pattern):
            return
        self.reached += 1
        if self.reached == self.at or (self.on and self.reached > self.at):
            self._act(name)

    def _act(self, name: str) -> None:
        if self.action in _SIGNALS:
            os.kill(os.getpid(), getattr(signal, _SIGNALS[self.action]))
        else:
            number = getattr(errno, self.action)
            raise OSError(number, os.strerror(number), name)


def faults(rules: str, log: Path | None = None) -> Callable[[str], None]:
    """Return a value for `disk.on_step`; it writes each failpoint that is reached into the log.

    Raises ValueError for a text that is no list of rules.
    """
    listed = [Rule.of(text) for text in rules.split(";") if text.strip()]

    def on_step(name: str) -> None:
        if log:
            with log.open("a") as file:
                file.write(f"{name}\n")
        for rule in listed:
            rule(name)

    return on_step


if __name__ == "__main__":
    disk.on_step = faults(sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
