"""Guesses: one number or several, which of them a lesson's step takes, and a class's guesses.

A student outside the network sends a guess as one line, "hn/learning-rate.2/0.01/k7qw4m/a3cd": the
step, the numbers, six letters that the browser draws once (so that a line pasted twice counts
once), and a checksum. kit/class/guess_code.js writes the same lines.
"""

import re
import zlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isclose
from statistics import median, quantiles
from typing import Any, NamedTuple

from hnviz.classroom.codes import LETTERS
from hnviz.lessons import Guess, lessons

Value = float | tuple[float, ...]

FIRST, SECOND = 1, 2
"""The votes on a step: before the class has discussed it, and after."""

MAX_LESSON_CHARS = 60  # of a lesson's id
MAX_NUMBERS = 64  # per guess
MAX_SIZE = 1e9  # of a number
DIGITS = 6  # significant digits
MAX_DRAWN = 200  # guesses to send to a browser, which draws them
MIN_FOR_HALF = 4  # guesses needed before the sentence names their middle half

HEAD = "hn"
CHECK_CHARS, TAG_CHARS = 4, 6
MAX_LINE_CHARS = 1500

_STEP = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{MAX_LESSON_CHARS - 1}}}\.[1-9][0-9]?")
_WORD = re.compile(rf"\b{HEAD}/[^\s<>\"'|]+", re.IGNORECASE)
_TAG = re.compile(rf"[{LETTERS.lower()}]{{{TAG_CHARS}}}")


class GuessError(ValueError):
    """A guess cannot be taken; the message says what was wanted and what came."""


# Steps and values


def read_step(step: Any) -> str:
    """Check the address of a step, such as "learning-rate.2". Raises GuessError."""
    if isinstance(step, str) and _STEP.fullmatch(step):
        return step
    raise GuessError(
        f"step must be a lesson and a step of it, such as learning-rate.2; got {_quoted(step)}"
    )


def step_order(step: str) -> tuple[str, int]:
    """Return the lesson and the number of a step, by which steps are sorted."""
    lesson, _, number = step.rpartition(".")
    return lesson, int(number)


def guess_of(step: str) -> Guess:
    """Return the guess that a step asks for. Raises GuessError if it asks for none."""
    lesson_id, number = step_order(step)
    lesson = lessons().get(lesson_id)
    if lesson is None:
        known = ", ".join(lessons())
        raise GuessError(f"there is no lesson {lesson_id!r} here; its lessons are {known}")
    guess = lesson.steps[number - 1].guess if number <= len(lesson.steps) else None
    if guess is None:
        raise GuessError(f"step {number} of the lesson {lesson_id!r} asks for no guess")
    return guess


def read_value(value: Any) -> Value:
    """Check a guess from JSON, and round its numbers to six digits. Raises GuessError."""
    if isinstance(value, list) and 1 <= len(value) <= MAX_NUMBERS:
        return tuple(map(_number, value))
    return _number(value)


def read_vote(vote: Any) -> int:
    """Check which vote on a step a guess is for. Raises GuessError."""
    if vote in (FIRST, SECOND) and type(vote) is int:
        return vote
    raise GuessError(f"vote must be {FIRST} or {SECOND}; got {_quoted(vote)}")


def written(value: Value) -> float | list[float]:
    """Return a guess for JSON."""
    return list(value) if isinstance(value, tuple) else value


def check_fits(value: Value, guess: Guess) -> None:
    """Check that a step takes this guess. Raises GuessError."""
    if guess.kind in ("choice", "square"):
        last = len(guess.answers) - 1
        if isinstance(value, tuple) or value not in range(last + 1):
            raise GuessError(f"this step takes the index of an answer, 0 to {last}; got {value}")
        return
    is_curve = guess.kind == "curve"
    numbers = _numbers(value)
    if isinstance(value, tuple) != is_curve or (is_curve and len(numbers) != len(guess.answers)):
        wanted = f"{len(guess.answers)} numbers" if is_curve else "one number"
        came = f"{len(numbers)} numbers" if isinstance(value, tuple) else "one number"
        raise GuessError(f"this step takes {wanted}; got {came}")
    if not all(guess.low <= each <= guess.high for each in numbers):
        raise GuessError(f"this step takes numbers from {guess.low:g} to {guess.high:g}")


def fits(value: Value, step: str) -> bool:
    """Return whether a step asks for a guess and takes this one."""
    try:
        check_fits(value, guess_of(step))
    except GuessError:
        return False
    return True


def _number(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= MAX_SIZE:  # nan is not
        raise GuessError(
            f"a guess is a number up to {MAX_SIZE:g}, or at most {MAX_NUMBERS} of them; "
            f"got {_quoted(value)}"
        )
    return float(f"{value:.{DIGITS}g}") + 0.0  # no -0


def _numbers(value: Value) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)[:80]
    return repr(text[:40])


# Lines of text


class Pasted(NamedTuple):
    """A guess of someone outside the network."""

    tag: str  # six letters drawn by the browser
    step: str
    value: Value


def encode(guess: Pasted) -> str:
    """Write a guess as one line."""
    numbers = ",".join(map(_as_javascript, _numbers(guess.value)))
    if isinstance(guess.value, tuple) and len(guess.value) == 1:
        numbers += ","  # a list of one number
    text = f"{HEAD}/{guess.step}/{numbers}/{guess.tag}"
    return f"{text}/{checksum(text)}"


def decode(line: str) -> Pasted:
    """Read a line. Raises GuessError, which says what is wrong with the line."""
    shown = repr(line.strip()[:40])
    text, _, check = line.strip().lower().rpartition("/")
    parts = text.split("/")
    if len(line) > MAX_LINE_CHARS or len(parts) != 4 or parts[0] != HEAD:
        raise GuessError(f"a code looks like hn/lesson.2/1/k7qw4m/a3cd; got {shown}")
    if check != checksum(text):
        raise GuessError(f"a character of {shown} is wrong or missing; copy it again")
    _, step, numbers, tag = parts
    if not _TAG.fullmatch(tag):
        raise GuessError(f"the fourth part of a code is six letters; got {tag[:40]!r}")
    return Pasted(tag, read_step(step), _decoded(numbers))


def codes_in(text: str) -> list[str]:
    """Find all codes in a text, such as a chat with names and times between them."""
    return [found.rstrip(".,;:!?)]}") for found in _WORD.findall(text)]


def checksum(text: str) -> str:
    """Return four letters that change if any character of the text does."""
    rest, letters = zlib.crc32(text.encode()), []
    for _ in range(CHECK_CHARS):
        rest, at = divmod(rest, len(LETTERS))
        letters.append(LETTERS[at].lower())
    return "".join(letters)


def _as_javascript(value: float) -> str:
    """Write a number as JavaScript does: an exponent is used only below a millionth."""
    short = f"{value:.{DIGITS}g}"
    if value and abs(value) < 1e-6:
        return short.replace("e-0", "e-")
    return format(Decimal(short), "f")


def _decoded(text: str) -> Value:
    try:
        numbers = [float(each) for each in text.removesuffix(",").split(",")]
    except ValueError:
        raise GuessError(f"the third part of a code is numbers; got {text[:40]!r}") from None
    return read_value(numbers if "," in text else numbers[0])


# All guesses of a class


@dataclass(frozen=True, slots=True)
class Spread:
    """The guesses of a class, without names and sorted."""

    n: int
    values: tuple[Value, ...]  # only every nth if there are too many to draw


def spread(values: Collection[Value]) -> Spread:
    """Sort guesses, so that their order does not reveal whose they are."""
    n = len(values)
    ordered = sorted(values, key=_numbers)
    if n > MAX_DRAWN:
        ordered = [ordered[at * n // MAX_DRAWN] for at in range(MAX_DRAWN)]
    return Spread(n, tuple(ordered))


def sentence(guess: Guess, found: Spread, of: int) -> str:
    """Say how many answered, what most of them guessed, and the truth, with `**` for bold.

    `of` is the size of the class.
    """
    answered = f"**{found.n}** of {of} answered" if of > found.n else f"**{found.n}** answered"
    if not found.values:
        return f"{answered}."
    result = _picked if guess.kind in ("choice", "square") else _measured
    return f"{answered}. {result(guess, found.values)}"


def _picked(guess: Guess, values: Sequence[Value]) -> str:
    counts = Counter(int(_numbers(value)[0]) for value in values)
    truth = int(_numbers(guess.truth)[0])
    count = max(counts.values())
    most = sorted(each for each in counts if counts[each] == count)
    right = f"{_share(counts[truth], values)} chose the right answer"
    answer = _in_quotes(guess.answers[truth])
    if most == [truth]:
        return f"{right}, {answer}."
    *others, last = (_in_quotes(guess.answers[each]) for each in most)
    if others:
        named = f"answers are {', '.join(others)} and {last} ({_share(count, values)} each)"
    else:
        named = f"answer is {last} ({_share(count, values)})"
    return f"The most frequent {named}; {right}, {answer}."


def _measured(guess: Guess, values: Sequence[Value]) -> str:
    if isinstance(guess.truth, tuple):
        return _curved(guess, guess.truth, values)
    numbers = [_numbers(value)[0] for value in values]
    unit = re.sub(r"(?<=[cs]h|ss)es$|s$", "", guess.unit) if guess.truth == 1 else guess.unit
    truth = f"the truth is **{guess.truth:g}**{unit and f' {unit}'}"
    if len(numbers) < MIN_FOR_HALF:
        verb = "guess is" if len(numbers) == 1 else "guesses are"
        return f"The {verb} {', '.join(f'{each:g}' for each in numbers)}; {truth}."
    low, _, high = quantiles(numbers, n=4, method="inclusive")
    if isclose(low, high):
        return f"At least half guessed {low:g}; {truth}."
    return f"Half guessed between {low:.3g} and {high:.3g}; {truth}."


def _curved(guess: Guess, truth: tuple[float, ...], values: Sequence[Value]) -> str:
    """Say where the median guess is farthest from the truth."""
    middle = [median(each) for each in zip(*map(_numbers, values), strict=True)]
    gaps = [abs(one - other) for one, other in zip(middle, truth, strict=True)]
    at = gaps.index(max(gaps))
    return (
        f"The class is farthest off at {guess.answers[at]}: half guessed {middle[at]:.3g} or less, "
        f"the truth is **{truth[at]:.3g}**."
    )


def _share(count: int, values: Sequence[Value]) -> str:
    return f"{count / len(values):.0%}".replace("%", " %")


def _in_quotes(text: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"
