"""What the address keeps of a picture: one entry for each value, beside the picture.

An entry has the name, the kind and the limits of a value, what it is at first and what it means.
From it follow what the browser reads from the address and writes there (kit/js/declared.js), the
line of docs/addresses.md, what a lesson may ask for, and the first value of a control on the page.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from hnviz.questions.params import Param


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number."""

    name: str
    page: str  # the title of the page, as the navigation has it
    low: int
    high: int
    first: int
    meaning: str

    def within(self, high: int) -> "Whole":
        """Return the entry with a lower limit."""
        return replace(self, high=high, first=min(self.first, high))

    @property
    def choices(self) -> tuple[int, ...]:
        """All values, for a control that lists them."""
        return tuple(range(self.low, self.high + 1))

    @property
    def takes(self) -> str:
        """What a lesson may ask for."""
        return f"{self.low} to {self.high}"

    @property
    def default(self) -> str:
        """What is shown without it."""
        return str(self.first)

    @property
    def param(self) -> Param:
        """The parameter of a question that takes the same values."""
        return Param("int", self.first, low=self.low, high=self.high)

    def sent(self) -> Mapping[str, Any]:
        """Return the entry as the browser takes it."""
        return {"kind": "whole", **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of some choices."""

    name: str
    page: str
    choices: tuple[str, ...]
    first: str
    meaning: str

    @property
    def takes(self) -> str:
        """What a lesson may ask for."""
        return " / ".join(self.choices)

    @property
    def default(self) -> str:
        """What is shown without it."""
        return self.first

    def sent(self) -> Mapping[str, Any]:
        """Return the entry as the browser takes it."""
        return {"kind": "choice", **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of some form."""

    name: str
    page: str
    pattern: str  # a regular expression, in Python and in JavaScript
    called: str  # what it should be: "a range test"
    meaning: str
    first: str = ""
    default: str = ""  # what is shown without it: "the newest"
    takes: str = ""  # a lesson may ask for any

    def sent(self) -> Mapping[str, Any]:
        """Return the entry as the browser takes it."""
        return {"kind": "text", **asdict(self)}


Entry = Whole | Choice | Text
Entries = Mapping[str, Entry]
