"""A guess as a line of text, for lessons that are read where there is no server.

"hn/learning-rate.2/0.01/k7qw4m/a3cd": the step, the numbers, six letters that a browser draws once
(so that pasting a line twice counts once), and a checksum. kit/class/guess_code.js writes the same.
"""

import re
import zlib
from decimal import Decimal
from typing import NamedTuple

from hnviz.classroom.codes import LETTERS
from hnviz.classroom.guesses import DIGITS, GuessError, Value, read_step, read_value

HEAD = "hn"
CHECK_LENGTH, TAG_LENGTH = 4, 6
LONGEST_LINE = 1500  # characters
_WORD = re.compile(rf"\b{HEAD}/[^\s<>\"'|]+", re.IGNORECASE)
_TAG = re.compile(rf"[{LETTERS.lower()}]{{{TAG_LENGTH}}}")


class Pasted(NamedTuple):
    """One guess of someone who is not here."""

    tag: str
    step: str
    value: Value


def encode(guess: Pasted) -> str:
    """Write a guess as one line."""
    numbers = guess.value if isinstance(guess.value, tuple) else (guess.value,)
    listed = ",".join(map(_number, numbers))
    if isinstance(guess.value, tuple) and len(numbers) == 1:
        listed += ","  # a list of one number
    text = f"{HEAD}/{guess.step}/{listed}/{guess.tag}"
    return f"{text}/{checksum(text)}"


def decode(line: str) -> Pasted:
    """Read a line. Raises GuessError, which says what is wrong with it."""
    parts = line.strip().lower().split("/")
    if len(line) > LONGEST_LINE or len(parts) != 5 or parts[0] != HEAD:
        raise GuessError(f"a code looks like hn/lesson.2/1/k7qw4m/a3cd; got {line.strip()[:40]!r}")
    text, _, check = line.strip().lower().rpartition("/")
    if check != checksum(text):
        raise GuessError(f"a character of {line.strip()[:40]!r} is wrong or missing; copy it again")
    _, step, listed, tag, _ = parts
    if not _TAG.fullmatch(tag):
        raise GuessError(f"the fourth part of a code is six letters; got {tag[:40]!r}")
    return Pasted(tag, read_step(step), _numbers(listed))


def codes_in(text: str) -> list[str]:
    """Find all codes in a text, such as a chat with names and times between them."""
    return [found.rstrip(".,;:!?)]}") for found in _WORD.findall(text)]


def checksum(text: str) -> str:
    """Return four letters that change with any character of a text."""
    left, letters = zlib.crc32(text.encode()), []
    for _ in range(CHECK_LENGTH):
        left, at = divmod(left, len(LETTERS))
        letters.append(LETTERS[at].lower())
    return "".join(letters)


def _number(value: float) -> str:
    """Write a number as JavaScript does: with an exponent only below a millionth."""
    short = f"{value:.{DIGITS}g}"
    if value and abs(value) < 1e-6:
        return short.replace("e-0", "e-")
    return format(Decimal(short), "f")


def _numbers(listed: str) -> Value:
    try:
        numbers = [float(each) for each in listed.removesuffix(",").split(",")]
    except ValueError:
        raise GuessError(f"the third part of a code is numbers; got {listed[:40]!r}") from None
    return read_value(numbers if "," in listed else numbers[0])
