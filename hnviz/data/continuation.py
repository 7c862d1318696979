"""The true continuation of a text of counted numbers."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from hnviz.data.corpora import BUILT_IN, Corpus
from hnviz.data.splits import LAST_NUMBER
from hnviz.data.tokens import COMMA

HUMAN_NUMBERS = BUILT_IN["human_numbers"]


def continuation(tokens: Sequence[str], n: int, corpus: Corpus = HUMAN_NUMBERS) -> list[str]:
    """Return the n tokens that truly follow, fewer if they would go past 9999.

    If the text ends partway through the number that follows its previous one, that number is
    completed; otherwise the last number counts as whole. Raises ValueError, with a sentence, if
    the text does not end in a number, or its corpus has none.
    """
    table = _table(corpus.id)
    number, read = _place(tokens, table)
    said: list[str] = []
    for token in _tokens_from(number, read, table.spelled):
        if len(said) == n:
            break
        said.append(token)
    if not said:
        raise ValueError(f"{LAST_NUMBER:,} is the last number of the text: nothing follows it.")
    return said


class _Table(NamedTuple):
    """How a corpus writes numbers."""

    spelled: tuple[tuple[str, ...], ...]  # the tokens of each, from 1 on
    numbers: Mapping[tuple[str, ...], int]


def _place(tokens: Sequence[str], table: _Table) -> tuple[int, int]:
    """Return the number that the text ends in, and how many of its tokens are present."""
    *earlier, tail = _pieces(tokens)
    before = table.numbers.get(earlier[-1]) if earlier else None
    if before is not None:
        following = before + 1
        if following > LAST_NUMBER and not tail:
            return following, 0
        if following <= LAST_NUMBER and tail == table.spelled[following - 1][: len(tail)]:
            return following, len(tail)
    whole = table.numbers.get(tail)
    if whole is None:
        raise ValueError(
            f"The text does not end in a number from 1 to {LAST_NUMBER:,}, so there is no true "
            "continuation."
        )
    return whole, len(tail)


def _pieces(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    """Split tokens at commas."""
    ends = [at for at, token in enumerate(tokens) if token == COMMA]
    starts = (0, *(end + 1 for end in ends))
    return [
        tuple(tokens[start:end]) for start, end in zip(starts, (*ends, len(tokens)), strict=True)
    ]


def _tokens_from(number: int, read: int, spelled: Sequence[Sequence[str]]) -> Iterator[str]:
    for each in range(number, LAST_NUMBER + 1):
        yield from spelled[each - 1][read if each == number else 0 :]
        if each < LAST_NUMBER:
            yield COMMA


@lru_cache(maxsize=32)
def _table(corpus_id: str) -> _Table:
    corpus = BUILT_IN.get(corpus_id)
    if corpus is None or corpus.spell is None:
        raise ValueError("The text has no numbers, so there is no one true continuation.")
    spelled = tuple(corpus.spell(number) for number in range(1, LAST_NUMBER + 1))
    return _Table(spelled, {tokens: number for number, tokens in enumerate(spelled, 1)})
