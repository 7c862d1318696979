"""The true continuation of a text of counted numbers."""

from collections.abc import Iterator, Sequence
from functools import cache

from hnviz.data.english import VALID_NUMBERS, number_words

LAST_NUMBER = VALID_NUMBERS[-1]
COMMA = ","


def continuation(tokens: Sequence[str], n: int) -> list[str]:
    """Return the n tokens that truly follow, fewer if they would go past 9999.

    If the text ends partway through the number that follows its previous one, that number is
    completed; otherwise the last number counts as whole. Raises ValueError, with a sentence, if
    the text does not end in a number.
    """
    number, read = _place(tokens)
    said: list[str] = []
    for word in _words_from(number, read):
        if len(said) == n:
            break
        said.append(word)
    if not said:
        raise ValueError(f"{LAST_NUMBER:,} is the last number of the text: nothing follows it.")
    return said


def _place(tokens: Sequence[str]) -> tuple[int, int]:
    """Return the number that the text ends in, and how many of its words are present."""
    pieces = " ".join(tokens).split(COMMA)
    before, tail = [_number(piece) for piece in pieces[:-1]][-1:], pieces[-1].split()
    if before and before[0] is not None:
        following = before[0] + 1
        if following > LAST_NUMBER and not tail:
            return following, 0
        if following <= LAST_NUMBER and tail == number_words(following).split()[: len(tail)]:
            return following, len(tail)
    whole = _number(pieces[-1])
    if whole is None:
        raise ValueError(
            f"The text does not end in a number from 1 to {LAST_NUMBER:,}, so there is no true "
            "continuation."
        )
    return whole, len(tail)


def _words_from(number: int, read: int) -> Iterator[str]:
    for each in range(number, LAST_NUMBER + 1):
        yield from number_words(each).split()[read if each == number else 0 :]
        if each < LAST_NUMBER:
            yield COMMA


def _number(words: str) -> int | None:
    return _numbers().get(" ".join(words.split()))


@cache
def _numbers() -> dict[str, int]:
    return {number_words(number): number for number in range(1, LAST_NUMBER + 1)}
