"""An operation on the disk that fails at one failpoint, in this process."""

import errno
from dataclasses import dataclass, field


@dataclass
class Failing:
    """Hears of failpoints in place of `hnviz.disk._reach`; `passed` are those so far."""

    name: str
    passed: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.passed.append(name)
        if name == self.name:
            raise OSError(errno.EIO, "Input/output error")
