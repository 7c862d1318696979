"""What happens at the failpoints of `hnviz.disk`, as tests order it in the environment.

    HNVIZ_FAILPOINTS="resume.rename.before=kill@3; *.write.half=ENOSPC@2+"
    HNVIZ_FAILPOINTS_LOG=/tmp/reached

A rule is a pattern of failpoints' names, what happens, and when: at the n-th failpoint that fits,
in this process, or from there on ("+"). "kill" ends the process as kill -9 does, "stop" is SIGSTOP,
and a name of errno is raised. Each failpoint that is reached is a line of the log.
"""

import errno
import os
import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

VARIABLE = "HNVIZ_FAILPOINTS"
LOG_VARIABLE = "HNVIZ_FAILPOINTS_LOG"

_RULE = re.compile(r"([\w.*-]+)=(\w+)(?:@(\d+)(\+?))?", re.ASCII)
_SIGNALS = {"kill": "SIGKILL", "stop": "SIGSTOP"}


@dataclass
class Rule:
    """What happens at the failpoints that a pattern fits."""

    pattern: str
    action: str  # "kill", "stop", "none", or a name of errno
    at: int = 1  # from 1
    on: bool = False  # also at all later ones
    reached: int = 0

    @classmethod
    def of(cls, text: str) -> "Rule":
        """Read a rule. Raises ValueError."""
        found = _RULE.fullmatch(text.strip())
        if found is None or not (found[2] in {*_SIGNALS, "none"} or hasattr(errno, found[2])):
            raise ValueError(
                f"a rule of {VARIABLE} is PATTERN=kill, stop, none or a name of errno, with @N or "
                f"@N+; got {text.strip()!r}"
            )
        return cls(found[1], found[2], int(found[3] or 1), bool(found[4]))

    def take(self, name: str) -> None:
        """Count a failpoint, and act if it is the one. Raises OSError."""
        if not fnmatchcase(name, self.pattern):
            return
        self.reached += 1
        if self.reached == self.at or (self.on and self.reached > self.at):
            self._act(name)

    def _act(self, name: str) -> None:
        if self.action in _SIGNALS:
            os.kill(os.getpid(), getattr(signal, _SIGNALS[self.action]))
        elif self.action != "none":
            number = getattr(errno, self.action)
            raise OSError(number, os.strerror(number), name)


def from_environment(environment: Mapping[str, str]) -> Callable[[str], None]:
    """Return what is done at a failpoint. Raises ValueError for a rule that is none."""
    rules = [Rule.of(text) for text in environment.get(VARIABLE, "").split(";") if text.strip()]
    log = environment.get(LOG_VARIABLE)

    def reach(name: str) -> None:
        if log:
            _note(log, name)
        for rule in rules:
            rule.take(name)

    return reach


def _note(log: str, name: str) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{name}\n".encode())  # one write: lines of processes do not mix
    finally:
        os.close(descriptor)
