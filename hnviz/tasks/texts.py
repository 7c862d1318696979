"""The generators without chance. Each function returns a cycle."""

from datetime import date, timedelta

from hnviz.tasks.cycle import MOST_TOKENS, Cycle
from hnviz.tasks.machine import TaskError

DIGITS = "0123456789abcdef"
NUMERALS = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC")),
    *((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def count(base: int, digits: int) -> Cycle:
    """All numbers from 0 up that `digits` digits can write in a base, then 0 again."""
    if base**digits > MOST_TOKENS:
        raise TaskError(
            f"{digits} digits in base {base} make {base**digits:,} numbers, too many: "
            f"choose a base and digits that make at most {MOST_TOKENS:,}"
        )
    return Cycle.of([token for n in range(base**digits) for token in (*_digits(n, base), ",")])


def _digits(number: int, base: int) -> str:
    rest, last = divmod(number, base)
    return (_digits(rest, base) if rest else "") + DIGITS[last]


def roman(last: int) -> Cycle:
    """The Roman numerals from I to a last one, then I again."""
    return Cycle.of([token for n in range(1, last + 1) for token in (*numeral(n), ",")])


def numeral(number: int) -> str:
    """Write a number from 1 to 3,999 in Roman numerals."""
    written = ""
    for value, letters in NUMERALS:
        times, number = divmod(number, value)
        written += letters * times
    return written


def dates(first: int, years: int) -> Cycle:
    """Every day of some years, with its weekday and without the year, then the first day again."""
    day, end = date(first, 1, 1), date(first + years, 1, 1)
    text = []
    while day < end:
        text += [DAYS[day.weekday()], str(day.day), MONTHS[day.month - 1], ","]
        day += timedelta(days=1)
    return Cycle.of(text)


def periodic(sequence: str) -> Cycle:
    """Tokens separated by spaces, again and again."""
    tokens = sequence.split()
    if len(tokens) < 2:
        raise TaskError(
            f"a periodic sequence needs at least two tokens, separated by spaces; got {sequence!r}"
        )
    return Cycle.of(tokens)
