"""Turns what a user types into tokens, and judges how a text of counted numbers is continued."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from hnviz.data.corpora import BUILT_IN, Corpus
from hnviz.data.corpora.base import Choice, TextChoice
from hnviz.data.corpora.numbers import HUMAN_NUMBERS
from hnviz.data.numbers import LAST_NUMBER
from hnviz.data.stream import corpus_of, stream_of
from hnviz.data.tokens import COMMA, UNK, Vocab

MAX_TOKENS = 2000
"""The most tokens that the observer reads for a picture; some pictures have room for fewer."""

READ_FIRST = "3496 to 3498"
"""What the reading machine begins with, where the text lists numbers."""
KEPT_FIRST = "4367 to 4372"
"""What the room Remember begins with."""
SAYS = 36  # words that a network says after a text: six numbers or more

_EXAMPLE = {"word": 12, "char": 40, "bpe": 20}
"""Tokens of a text to begin with, by what one is."""
_SEARCHED = 1_000  # tokens that are searched for them

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:to|-|\u2013|\.\.)\s*(\d{1,9})\s*")
_NEGATIVE = re.compile(r"(?:^|\s)-\d+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens to show, and a sentence about those left out or unknown, or an empty one."""

    tokens: tuple[str, ...]
    remark: str = ""


def read_phrase(text: str, vocab: Vocab, corpus: Corpus = HUMAN_NUMBERS) -> Phrase:
    """Turn "4318 to 4324", "4318, 12" or "four thousand" into tokens, without ``xxbos``.

    In a corpus without numbers, digits are text like any other.

    Raises ValueError, with a sentence for the page, if there is nothing to show.
    """
    tokens = _read(text, corpus) if corpus.spell else corpus.tokenize(text[: MAX_TOKENS * 8])
    if not tokens:
        wanted = " or a range of numbers, such as 4318 to 4324" if corpus.spell else ""
        raise ValueError(f"Type some words{wanted}.")
    return Phrase(tuple(tokens[:MAX_TOKENS]), _remark(tokens, vocab))


def _read(text: str, corpus: Corpus) -> list[str]:
    if negative := _NEGATIVE.search(text):
        raise ValueError(f"Numbers go from 1 to 9999 here; got {negative[0].strip()[:20]}.")
    match = _RANGE.fullmatch(text)
    if match:
        words = _counted(int(match[1]), int(match[2]), corpus)
    else:
        words = _NUMBER.sub(lambda number: _spelled(number[0], corpus), text[: MAX_TOKENS * 8])
    return corpus.tokenize(words)


def _counted(first: int, last: int, corpus: Corpus) -> str:
    if not (1 <= first <= 9999 and 1 <= last <= 9999):
        raise ValueError(f"Numbers go from 1 to 9999 here; got {first} to {last}.")
    if first > last:
        raise ValueError(f"A range goes upwards; got {first} to {last}. Try {last} to {first}.")
    most = first + MAX_TOKENS // 2  # a number takes at least a word and a comma
    return ", ".join(_words(number, corpus) for number in range(first, min(last, most) + 1))


def _spelled(digits: str, corpus: Corpus) -> str:
    if len(digits) > 4 or int(digits) == 0:
        raise ValueError(f"Numbers go from 1 to 9999 here; got {digits[:20]}.")
    return _words(int(digits), corpus)


def _words(number: int, corpus: Corpus) -> str:
    return corpus.joined(corpus.spell(number) if corpus.spell else ())


def _remark(tokens: list[str], vocab: Vocab) -> str:
    parts = []
    shown = tokens[:MAX_TOKENS]  # the last token of a cut text may be half a word
    unknown = list(dict.fromkeys(token for token in shown if token not in vocab.stoi))
    if unknown:
        named = ", ".join(f"“{token[:20]}”" for token in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        parts.append(f"Not in the vocabulary, so read as xxunk: {named}{more}.")
    if len(tokens) > MAX_TOKENS:
        parts.append(f"The first {MAX_TOKENS:,} tokens are shown.")
    return " ".join(parts)


def judge(
    tokens: Sequence[str], said: Sequence[str], corpus: Corpus = HUMAN_NUMBERS
) -> list[tuple[str | None, str]]:
    """Compare words said after a text with the true ones, number by number.

    Each comma that is said begins the next number, so one slip does not make all later words wrong.
    Returns for each word the true one and "right" or "wrong"; None and "" where there is none.
    If the text ends in the middle of the number that follows its previous one, that number is to be
    completed; otherwise its last number counts as complete. Raises ValueError, with a sentence, if
    the text does not end in a number, or its corpus has no numbers.
    """
    table = _table(corpus.id)
    number, at = _place(tokens, table)
    found: list[tuple[str | None, str]] = []
    for word in said:
        truth = _true_word(number, at, table.spelled)
        found.append((truth, "" if truth is None else "right" if word == truth else "wrong"))
        number, at = (number + 1, 0) if word == COMMA else (number, at + 1)
    return found


def _true_word(number: int, at: int, spelled: Sequence[Sequence[str]]) -> str | None:
    """Return a word of a number, or the comma after it; None at the end of the text."""
    if number > len(spelled):
        return None
    words = spelled[number - 1]
    if at < len(words):
        return words[at]
    return COMMA if number < len(spelled) else None


class _Table(NamedTuple):
    """How a corpus writes numbers."""

    spelled: tuple[tuple[str, ...], ...]  # each number's tokens, from 1 on
    numbers: Mapping[tuple[str, ...], int]


def _place(tokens: Sequence[str], table: _Table) -> tuple[int, int]:
    """Return the number in which the text ends, and how many of its tokens are present."""
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


@lru_cache(maxsize=32)
def _table(corpus_id: str) -> _Table:
    corpus = BUILT_IN.get(corpus_id)
    if corpus is None or corpus.spell is None:
        raise ValueError("The text has no numbers, so there is no one true continuation.")
    spelled = tuple(corpus.spell(number) for number in range(1, LAST_NUMBER + 1))
    return _Table(spelled, {tokens: number for number, tokens in enumerate(spelled, 1)})


def example(choice: TextChoice, of_numbers: str) -> str:
    """Return a text to begin with: a range for a corpus of numbers, else the beginning of valid."""
    return (
        of_numbers
        if corpus_of(choice).unit == "numbers"
        else _beginning(choice.corpus, choice.split)
    )


@lru_cache(maxsize=16)
def _beginning(corpus: str, split: str) -> str:
    choice = Choice(corpus, split)
    stream, length = stream_of(choice), _EXAMPLE[corpus_of(choice).level]
    unknown = stream.vocab.stoi.get(UNK)  # its name would be read as letters or pieces
    for text in (stream.valid, stream.train):
        if known := [index for index in text[1:_SEARCHED].tolist() if index != unknown][:length]:
            return corpus_of(choice).joined([stream.vocab.itos[index] for index in known])
    return ""
