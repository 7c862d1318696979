"""The ten-question test before and after lectures, and what a class's answers say of each item.

A class's CSV has a row for each answer: who gave it, to which question, in vote 1 for the test
before the lectures and 2 for the one after, and the letter that was marked.
"""

import csv
import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import StatisticsError, correlation
from typing import Any

from hnviz.lessons.model import Because, Guess

FILE = Path(__file__).with_name("test.toml")

LETTERS = string.ascii_lowercase
COLUMNS = ("student", "question", "vote", "answer")
VOTES = (1, 2)  # before the lectures, and after them
MAX_CSV_BYTES = 20_000_000


class AnswersError(ValueError):
    """A file of answers cannot be read; the message says what was wanted, what came, what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a student."""

    student: str
    question: int  # from 1
    vote: int  # one of VOTES
    answer: str  # a letter
    is_right: bool
    belief: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStatistics:
    """What a class's answers say about a question; each share is from 0 to 1."""

    question: int  # from 1
    n_before: int  # answers
    n_after: int
    before: float | None  # right before the lectures: the item's difficulty; None without answers
    after: float | None
    gain: float | None  # (after - before) / (1 - before), of students who answered both (Hake 1998)
    discrimination: float | None  # correlation with the rest of the same sheet, of all sheets
    wrong: str  # the most frequent wrong answer before the lectures
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
    for (student, question, vote), n in Counter(map(_key, found)).items():
        if n > 1:
            named = f"{student} answered question {question} {n} times in vote {vote}"
            raise AnswersError(f"{path}: {named}; keep one of these rows")
    return found


def _key(answer: Answer) -> tuple[str, int, int]:
    return answer.student, answer.question, answer.vote


def _answer(row: Mapping[str, str | None], where: str) -> Answer:
    said = {name: (row[name] or "").strip() for name in COLUMNS}
    question = _whole(said["question"], "question", len(questions()), where)
    vote = _whole(said["vote"], "vote", max(VOTES), where)
    guess, letter = questions()[question - 1], said["answer"].lower()
    letters = LETTERS[: len(guess.answers)]
    if len(letter) != 1 or letter not in letters:
        wanted = f"an answer to question {question} is a letter from {letters[0]} to {letters[-1]}"
        raise AnswersError(f"{where}: {wanted}, got {letter!r:.40}")
    at = letters.index(letter)
    because = guess.because_of(at)
    belief = because.belief if because else ""
    return Answer(said["student"], question, vote, letter, at == guess.truth, belief)


def _whole(text: str, name: str, most: int, where: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= most:
        return int(text)
    raise AnswersError(f"{where}: {name} must be a number from 1 to {most}, got {text!r:.40}")


def statistics(answers: Iterable[Answer]) -> list[ItemStatistics]:
    """Return the statistics of each question that was answered, in their order."""
    sheets: dict[tuple[str, int], dict[int, Answer]] = {}
    for each in answers:
        sheets.setdefault((each.student, each.vote), {})[each.question] = each
    asked = sorted({number for sheet in sheets.values() for number in sheet})
    return [_of(number, sheets) for number in asked]


Sheets = Mapping[tuple[str, int], Mapping[int, Answer]]
"""The answers of a student in a vote, by question."""


def _of(number: int, sheets: Sheets) -> ItemStatistics:
    before, after = (
        {
            student: sheet[number]
            for (student, of), sheet in sheets.items()
            if of == vote and number in sheet
        }
        for vote in VOTES
    )
    wrong = Counter((each.answer, each.belief) for each in before.values() if not each.is_right)
    (answer, belief), _ = wrong.most_common(1)[0] if wrong else (("", ""), 0)
    both = before.keys() & after.keys()
    return ItemStatistics(
        question=number,
        n_before=len(before),
        n_after=len(after),
        before=_share(before.values()),
        after=_share(after.values()),
        gain=_gain([before[each] for each in both], [after[each] for each in both]),
        discrimination=_discrimination(number, sheets),
        wrong=answer,
        belief=belief,
    )


def _share(answers: Iterable[Answer]) -> float | None:
    right = [each.is_right for each in answers]
    return sum(right) / len(right) if right else None


def _gain(before: list[Answer], after: list[Answer]) -> float | None:
    first, last = _share(before), _share(after)
    if first is None or last is None or first == 1:
        return None
    return (last - first) / (1 - first)


def _discrimination(number: int, sheets: Sheets) -> float | None:
    """Return the correlation of a question with the share of the same sheet's others right."""
    pairs = [
        (float(sheet[number].is_right), share)
        for sheet in sheets.values()
        if number in sheet
        and (share := _share(each for at, each in sheet.items() if at != number)) is not None
    ]
    try:
        return correlation(*zip(*pairs, strict=True)) if len(pairs) > 1 else None
    except StatisticsError:  # all are equal
        return None
