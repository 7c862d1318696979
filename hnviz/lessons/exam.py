"""The ten-question test before and after lectures, and what a class's answers say of each item.

A class's CSV has a row for each answer: who gave it, to which lesson and step, in which vote, and
whether it is right. An answer to the test has the lesson "test", its number as the step, the letter
that was marked, and vote 1 for the test before and 2 for the one after.
"""

import csv
import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from statistics import StatisticsError, correlation
from typing import Any

from hnviz.lessons.model import Because, Guess

FILE = Path(__file__).with_name("test.toml")
TEST = "test"
"""What a row of the CSV has as its lesson if it is about the test."""

LETTERS = string.ascii_lowercase
COLUMNS = ("student", "lesson", "step", "vote", "answer")
MAX_CSV_BYTES = 20_000_000


class AnswersError(ValueError):
    """A file of answers cannot be read; the message says what was wanted, what came, what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a student."""

    student: str
    item: tuple[str, int]  # the lesson and the step
    vote: int
    answer: str
    is_right: bool
    belief: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStatistics:
    """What a class's answers say about a question; each share is from 0 to 1."""

    item: tuple[str, int]
    n_before: int  # answers in the first vote
    n_after: int  # answers in the last vote; those of an item with one vote
    before: float | None  # right in the first vote, None if there was only one
    after: float  # right in the last vote: the item's difficulty
    gain: float | None  # (after - before) / (1 - before), of students who answered both (Hake 1998)
    discrimination: float | None  # correlation with the rest of the student's last answers
    wrong: str  # the most frequent wrong answer of the first vote
    belief: str  # that it comes from, if one is known


@cache
def questions() -> tuple[Guess, ...]:
    """Return the test's questions."""
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(map(_question, raw["question"]))


def _question(raw: Mapping[str, Any]) -> Guess:
    because = tuple(Because(**each) for each in raw["because"])
    return Guess(kind="choice", **{**raw, "answers": tuple(raw["answers"]), "because": because})


def read_answers(path: Path) -> list[Answer]:
    """Read a class's CSV. Raises AnswersError, and OSError for a file that cannot be opened."""
    content = path.read_bytes()
    if len(content) > MAX_CSV_BYTES:
        raise AnswersError(
            f"answers have at most {MAX_CSV_BYTES:,} bytes, {path} has {len(content):,}"
        )
    try:
        rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise AnswersError(f"{path} must be CSV in UTF-8: {error}") from error
    if not rows:
        raise AnswersError(f"{path} has no answer; its first line names {', '.join(COLUMNS)}")
    if lacks := [name for name in COLUMNS if name not in rows[0]]:
        raise AnswersError(f"{path} has no column {lacks[0]!r}; it needs {', '.join(COLUMNS)}")
    found = [_answer(row, f"{path}:{line}") for line, row in enumerate(rows, 2)]
    for (student, item, vote), n in Counter((e.student, e.item, e.vote) for e in found).items():
        if n > 1:
            named = f"{student} answered {item[0]}.{item[1]} {n} times in vote {vote}"
            raise AnswersError(f"{path}: {named}; keep one of these rows")
    return found


def _answer(row: Mapping[str, str | None], where: str) -> Answer:
    said = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
    step, vote = (_whole(said[name], name, where) for name in ("step", "vote"))
    item = (said["lesson"], step)
    if said["lesson"] == TEST:
        is_right, belief = _marked(step, said["answer"].lower(), where)
    elif said.get("right") in ("0", "1"):
        is_right, belief = said["right"] == "1", said.get("belief", "")
    else:
        got = said.get("right", "nothing")
        raise AnswersError(f"{where}: right must be 0 or 1, got {got!r:.40}")
    return Answer(said["student"], item, vote, said["answer"], is_right, belief)


def _whole(text: str, name: str, where: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:6]) > 0 and len(text) <= 6:
        return int(text)
    raise AnswersError(f"{where}: {name} must be a whole number from 1, got {text!r:.40}")


def _marked(number: int, letter: str, where: str) -> tuple[bool, str]:
    """Mark an answer to the test; return whether it is right, and the belief it comes from."""
    if number > len(questions()):
        raise AnswersError(
            f"{where}: the test has {len(questions())} questions, got the step {number}"
        )
    guess = questions()[number - 1]
    letters = LETTERS[: len(guess.answers)]
    if len(letter) != 1 or letter not in letters:
        wanted = f"an answer to question {number} is a letter from {letters[0]} to {letters[-1]}"
        raise AnswersError(f"{where}: {wanted}, got {letter!r:.40}")
    because = guess.because_of(letters.index(letter))
    return letters.index(letter) == guess.truth, because.belief if because else ""


def statistics(answers: Iterable[Answer]) -> list[ItemStatistics]:
    """Return the statistics of each item, by lesson and step."""
    ordered = sorted(answers, key=lambda each: each.item)
    items = {item: list(held) for item, held in groupby(ordered, key=lambda each: each.item)}
    last = {item: _last_votes(held) for item, held in items.items()}
    return [_of(item, held, last) for item, held in items.items()]


def _last_votes(held: Iterable[Answer]) -> dict[str, Answer]:
    return {each.student: each for each in sorted(held, key=lambda each: each.vote)}


def _of(
    item: tuple[str, int],
    held: list[Answer],
    last: Mapping[tuple[str, int], Mapping[str, Answer]],
) -> ItemStatistics:
    votes = sorted({each.vote for each in held})
    first = {each.student: each for each in held if each.vote == votes[0]}
    final = {each.student: each for each in held if each.vote == votes[-1]}
    wrong = Counter((each.answer, each.belief) for each in first.values() if not each.is_right)
    (answer, belief), _ = wrong.most_common(1)[0] if wrong else (("", ""), 0)
    both = first.keys() & final.keys() if len(votes) > 1 else set()
    return ItemStatistics(
        item=item,
        n_before=len(first),
        n_after=len(final),
        before=_share(first.values()) if len(votes) > 1 else None,
        after=_share(final.values()),
        gain=_gain([first[each] for each in both], [final[each] for each in both]),
        discrimination=_discrimination(item, last),
        wrong=answer,
        belief=belief,
    )


def _share(answers: Iterable[Answer]) -> float:
    right = [each.is_right for each in answers]
    return sum(right) / len(right)


def _gain(first: list[Answer], final: list[Answer]) -> float | None:
    if not first or (before := _share(first)) == 1:
        return None
    return (_share(final) - before) / (1 - before)


def _discrimination(
    item: tuple[str, int], last: Mapping[tuple[str, int], Mapping[str, Answer]]
) -> float | None:
    """Return the correlation of an item with the share of the same test's other items right."""
    pairs = [*_pairs(item, last)]
    try:
        return correlation(*zip(*pairs, strict=True)) if len(pairs) > 1 else None
    except StatisticsError:  # all are equal
        return None


def _pairs(
    item: tuple[str, int], last: Mapping[tuple[str, int], Mapping[str, Answer]]
) -> Iterator[tuple[float, float]]:
    for student, answer in last[item].items():
        others = [
            held[student].is_right
            for other, held in last.items()
            if other != item and other[0] == item[0] and student in held
        ]
        if others:
            yield float(answer.is_right), sum(others) / len(others)
