"""A sentence about the progress of a slow answer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hnviz.engine.client import HowFar

NOWHERE = HowFar(0, 0, "")


@dataclass
class Progress:
    """Work for a request; another thread does it."""

    since: float = field(default_factory=time.monotonic)
    before: int = 0  # how much other work comes first
    questions: int = 0  # that the engine was asked for it
    reached: HowFar = NOWHERE  # with the last one

    def ask(self) -> None:
        """Note that the engine is asked another question."""
        self.questions += 1
        self.reached = NOWHERE

    def hear(self, reached: HowFar) -> None:
        """Note how far the engine is with its question."""
        self.reached = reached

    def now(self, before: int) -> "Progress":
        """Return a copy that stays as it is, with how much other work comes first."""
        return replace(self, before=before)

    def sentence(self) -> str:
        """Say how far it is; a browser adds the seconds."""
        if self.before:
            first = "one answer comes" if self.before == 1 else f"{self.before} answers come"
            return f"This computer is busy; {first} first."
        done, of, parts = self.reached
        share = f"{done:,} of {of:,} {parts} are done." if of else "This computer is working on it."
        return f"Part {self.questions} of the answer: {share}" if self.questions > 1 else share

    def told(self) -> Mapping[str, Any]:
        """Return what a browser gets."""
        done, of, _ = self.reached
        known = of > 0 and not self.before
        return {
            "sentence": self.sentence(),
            "seconds": round(time.monotonic() - self.since, 1),
            "done": done if known else None,
            "of": of if known else None,
        }
