"""Guesses: which step of which lesson, and a number or a list of numbers."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

Value = float | tuple[float, ...]

LONGEST_LESSON = 60  # characters of a lesson's id
MOST_NUMBERS = 64  # in one guess
LARGEST = 1e9
DIGITS = 6  # significant ones, as many as a code has
MOST_SHOWN = 200  # guesses that are sent to be drawn

_STEP = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_LESSON - 1}}}\.[1-9][0-9]?")


class GuessError(ValueError):
    """A guess that cannot be taken: what was wanted, what came."""


def read_step(step: Any) -> str:
    """Check the address of a step. Raises GuessError."""
    if isinstance(step, str) and _STEP.fullmatch(step):
        return step
    raise GuessError(
        f"step must be a lesson and a step of it, such as learning-rate.2; got {_quoted(step)}"
    )


def step_order(step: str) -> tuple[str, int]:
    """Return what orders steps: by lesson, then by number."""
    lesson, _, number = step.rpartition(".")
    return lesson, int(number)


def read_value(value: Any) -> Value:
    """Check a guess from JSON; numbers are rounded to six digits. Raises GuessError."""
    if isinstance(value, list) and 1 <= len(value) <= MOST_NUMBERS:
        return tuple(_number(each) for each in value)
    return _number(value)


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= LARGEST:  # nan is not
        raise GuessError(
            f"a guess is a number up to {LARGEST:g}, or at most {MOST_NUMBERS} of them; "
            f"got {_quoted(value)}"
        )
    return float(f"{value:.{DIGITS}g}") + 0.0  # no -0


def written(value: Value) -> float | list[float]:
    """Write a guess for JSON."""
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Spread:
    """What a class has guessed, without names and in order of size."""

    n: int
    values: tuple[Value, ...]  # evenly thinned where there are too many to draw


def spread(values: Collection[Value]) -> Spread:
    """Sort guesses, so that their order says nothing of whose they are."""
    ordered = sorted(values, key=lambda each: each if isinstance(each, tuple) else (each,))
    return Spread(len(ordered), tuple(_thinned(ordered)))


def _thinned(values: Sequence[Value]) -> Sequence[Value]:
    if len(values) <= MOST_SHOWN:
        return values
    return [values[at * len(values) // MOST_SHOWN] for at in range(MOST_SHOWN)]


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)[:80]
    return repr(text[:40])
