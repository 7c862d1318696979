"""What the doctor says: findings of four levels, each one sentence with its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["wrong", "choice", "unknown", "skipped"]

TITLES: dict[Level, str] = {
    "wrong": "Wrong",
    "choice": "A choice",
    "unknown": "Cannot tell",
    "skipped": "Not looked at",
}

STOPPED = frozenset(("no-module", "no-call", "no-trial", "not-all", "raised", "unreadable"))
"""What could not be seen, and kept the doctor from looking at more."""

PICTURES = {
    "rows": "/feed?feed_part=Batches&batches_random=true",
    "grid": "/feed?feed_part=Batches",
    "vocabulary": "/feed?data_vocabulary=true",
    "guess": "/feed",
    "lines": "/build",
    "weights": "/build?models_parts=true",
    "attention": "/?run=Transformer",
    "curves": "/train",
    "reach": "/learn-back",
    "": "",
}
"""Pages of the app, for ``python -m hnviz app``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was seen, or could not be."""

    level: Level
    name: str  # the same for the same thing in every loop: "never-detached"
    sentence: str
    place: str = ""  # a file and its line, a part of the model, or an argument of `check`
    picture: str = ""  # the address of a page of the app that shows it

    @property
    def line(self) -> str:
        """The level, the sentence and the place, in one line."""
        place = f" [{self.place}]" if self.place else ""
        return f"{TITLES[self.level]}: {self.sentence}{place}"

    def __str__(self) -> str:
        look = f"\n  Look at {self.picture} of python -m hnviz app." if self.picture else ""
        return f"{self.line}{look}"


@dataclass(frozen=True, slots=True)
class Report:
    """All findings about a loop: what is wrong first."""

    findings: tuple[Finding, ...]
    checked: bool = True  # whether anything of the loop could be checked

    @classmethod
    def of(cls, findings: Iterable[Finding], checked: bool = True) -> "Report":
        """Sort findings by their level; of each name the first."""
        order, each = [*TITLES], dict[str, Finding]()
        for finding in sorted(findings, key=lambda one: order.index(one.level)):
            each.setdefault(finding.name, finding)
        return cls(tuple(each.values()), checked)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of what is wrong."""
        return self._names("wrong")

    @property
    def choices(self) -> tuple[str, ...]:
        """The names of choices."""
        return self._names("choice")

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names of what could not be seen."""
        return self._names("unknown")

    @property
    def skipped(self) -> tuple[str, ...]:
        """The names of what means nothing for a loop of this kind, and was not looked for."""
        return self._names("skipped")

    @property
    def status(self) -> int:
        """The exit status of ``python -m hnviz check``.

        1 if something is wrong, 2 if nothing could be checked, else 0.
        """
        return 1 if self.wrong else 0 if self.checked else 2

    def _names(self, level: Level) -> tuple[str, ...]:
        return tuple(each.name for each in self.findings if each.level == level)

    def __str__(self) -> str:
        whole = "" if STOPPED.isdisjoint(self.unknown) else ", but not everything could be checked"
        nothing = (
            f"Nothing wrong was found{whole}." if self.checked else "Nothing could be checked."
        )
        head = [] if self.wrong else [nothing]
        return "\n".join([*head, *map(str, self.findings)])

    __repr__ = __str__


def wrong(name: str, sentence: str, place: str = "", picture: str = "") -> Finding:
    """Make a finding of what is wrong; `picture` is a key of `PICTURES`."""
    return Finding(
        level="wrong", name=name, sentence=sentence, place=place, picture=PICTURES[picture]
    )


def choice(name: str, sentence: str, place: str = "", picture: str = "") -> Finding:
    """Make a finding of a choice."""
    return Finding(
        level="choice", name=name, sentence=sentence, place=place, picture=PICTURES[picture]
    )


def unknown(name: str, sentence: str, place: str = "") -> Finding:
    """Make a finding of what could not be seen; `sentence` may be an error's."""
    whole = f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."
    return Finding(level="unknown", name=name, sentence=whole, place=place)


def skipped(name: str, sentence: str) -> Finding:
    """Make a finding of a check that was not made; `name` is what it looks for."""
    return Finding(level="skipped", name=name, sentence=sentence)
