"""One control of a row: what it may hold, and how its text in the address is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from hnviz.app.shell.address import SWITCH, described, in_vain

Kind = Literal[
    "choices", "menu", "whole", "real", "text", "area", "switch", "slider", "lines", "button"
]
"""Buttons side by side, a list, boxes for a number, words, a text; a switch, a slider, lines to put
in order, a button."""

_SIZE = 2.0**53
"""Below this, a float holds every whole number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A control; the address keeps its value under its name, unless the value is `first`."""

    name: str
    label: str
    kind: Kind
    first: Any = None  # its value until a reader or the address sets another one
    options: Sequence[Any] = ()  # of choices, a menu or a slider
    shown: Mapping[Any, str] | None = None  # option -> what a reader sees in its place
    beside: int = 0  # so many choices are side by side, the others in a list; 0: all of them
    ends: tuple[float, float] | None = None  # the lowest and highest number
    step: float = 1
    longest: int = 0  # characters of a text
    linked: int = 0  # characters of an area up to which the address keeps its text
    file: int = 0  # bytes of a text file that an area takes; the server stores a text past `linked`
    help: str = ""
    width: int | str = "content"  # px, "content" or "stretch"
    bare: bool = False  # only screen readers get its label
    empty: str = ""  # what an empty box shows
    strong: bool = False  # the one button to press next
    off: bool = False  # nobody can use it now
    leads: Mapping[str, str] | None = None  # what a press on a button sets, where that is all
    places: Sequence[str] = ()  # of lines: "{}" for each of the options, and the lines that stay

    def read(self, text: str) -> Any:
        """Return the value of a text in the address; None where the control cannot hold it."""
        if self.kind in ("choices", "menu"):
            return next((each for each in self.options if str(each) == text), None)
        if self.kind == "switch":
            return text == "true" if text in SWITCH else None
        if self.kind in ("text", "area", "lines"):
            return text[: self.longest] if self.longest else text
        try:
            number = float(text)
        except ValueError:
            return None
        if not isfinite(number) or abs(number) >= _SIZE:
            return None
        if self.kind == "slider":
            return self._nearest(number)
        if self.kind == "whole":
            return int(number) if number.is_integer() else None
        return number

    def vain(self, text: str, *, asked: bool) -> str:
        """Say that the control cannot hold a text; `asked`: the text comes from the address."""
        instead = self.written(self.first)
        if self.options or self.kind == "switch":
            choices = [str(each) for each in self.options] or SWITCH
            if asked:
                return f"{self.label}: {in_vain(text, choices)}"
            return f"{self.label}: {text[:40]!r} is not {described(choices)}; {instead} is used"
        wanted = described("whole number" if self.kind == "whole" else "number", self.ends)
        got = f"{'the address asks for' if asked else 'got'} {text[:40]!r}"
        used = f", so {instead} is used" if instead else ""
        return f"{self.label.partition(',')[0]} must be {wanted}; {got}{used}"

    @staticmethod
    def written(value: Any) -> str:
        """Write a value as it is in the address; "" for none."""
        if value is None:
            return ""
        return str(value).lower() if isinstance(value, bool) else f"{value}"

    def sent(self) -> dict[str, Any]:
        """Return what the browser gets; it leaves out what is usual."""
        options = [str(each) for each in self.options]
        more = {
            "options": options,
            "shown": [self.shown[each] for each in self.options] if self.shown else [],
            "beside": self.beside,
            "ends": self.ends and list(self.ends),
            "longest": self.longest,
            "linked": self.linked,
            "file": self.file,
            "help": self.help,
            "bare": self.bare,
            "empty": self.empty,
            "strong": self.strong,
            "off": self.off,
            "leads": self.leads,
            "places": self.places,
            "step": self.step if self.kind == "slider" else 0,
        }
        said = {"name": self.name, "label": self.label, "kind": self.kind, "width": self.width}
        return {
            **said,
            "first": self.written(self.first),
            **{name: value for name, value in more.items() if value},
        }

    def _nearest(self, number: float) -> Any:
        if self.options:
            return next((each for each in self.options if each == number), None)
        low, high = self.ends or (number, number)
        return number if low <= number <= high else None
