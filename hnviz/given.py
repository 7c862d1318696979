"""How the functions of `hnviz` itself name what they are given, and what a user's code raises."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

CHARS = 200  # of an error

Given = ParamSpec("Given")
Answered = TypeVar("Answered")


class UnreadableError(ValueError):
    """What cannot be read of what a function was given; the message is one sentence.

    `place` is the argument's name, if there are several.
    """

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


def in_one_line(function: Callable[Given, Answered]) -> Callable[Given, Answered]:
    """Let a notebook show a public function's errors as their sentence, without the way to them."""

    @wraps(function)
    def call(*given: Given.args, **named: Given.kwargs) -> Answered:
        try:
            return function(*given, **named)
        except (ValueError, TypeError, LookupError) as error:
            lines = [f"{type(error).__name__}: {error}"]
            error.__dict__["_render_traceback_"] = lambda: lines  # IPython's name
            raise

    return call


def said(error: BaseException) -> str:
    """Return an error in one line, with its type."""
    text = one_line(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def one_line(error: BaseException) -> str:
    """Return an error's message in one line."""
    return " ".join(str(error).split())[:CHARS]


def kind(value: object) -> str:
    """Name the type of a value: "an int", or for a class what to do with it."""
    if isinstance(value, type):
        return f"the class {value.__name__}: make an object with {value.__name__}(...)"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' or name == 'ndarray' else 'a'} {name}"


def some(names: Sequence[str], most: int) -> str:
    """Write the first names of many: "i_h, h_h and 3 more"."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def check_options(function: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise TypeError for an option that a function does not have."""
    for name in given:
        if name not in known:
            raise TypeError(f"hnviz.{function} has no option {name!r}; it has {', '.join(known)}")
