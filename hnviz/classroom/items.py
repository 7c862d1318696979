"""Item statistics of a class: how hard a question was, and whether it sets students apart.

The answers are a CSV with the columns `COLUMNS`, which the page Class saves.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import correlation, mean
from typing import NamedTuple

from hnviz.classroom.guesses import FIRST, SECOND, GuessError, read_step, step_order
from hnviz.classroom.votes import COLUMNS

SAVE_IT = "save it with Answers as CSV on the page Class"

Key = tuple[str, int]
"""A step, such as "learning-rate.2", and a vote."""


class TableError(ValueError):
    """A file does not hold a class's answers; the message says what is wrong."""


class Answer(NamedTuple):
    """What a student answered in one vote."""

    student: str
    step: str
    question: str
    vote: int
    answer: str
    right: int  # 0 or 1
    belief: str  # the letter of the belief that a wrong answer comes from, or ""


class Wrong(NamedTuple):
    """A wrong answer of a question."""

    answer: str
    share: float  # of all answers in this vote
    belief: str


class Item(NamedTuple):
    """A question in one vote."""

    lesson: str
    step: int
    question: str
    vote: int
    students: int
    difficulty: float  # the share of right answers
    discrimination: float | None
    """Correlation of right, 0 or 1, with the share of the student's other answers that are right.

    This is the point-biserial correlation with the rest score, of answers in the same vote. It is
    None where it is not defined: all are right or all wrong, or all rest scores are equal.
    """

    wrong: tuple[Wrong, ...]  # the most frequent first
    gain: float | None  # of a second vote: share right minus before, of those who voted twice
    voted_twice: int


def read_answers(path: Path) -> list[Answer]:
    """Read and check a CSV of answers. Raises OSError, or TableError with one sentence."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
            if missing:
                raise TableError(f"{path} lacks the columns {', '.join(missing)}; {SAVE_IT}")
            found = [_answer(f"{path}, line {table.line_num}", row) for row in table]
    except (csv.Error, UnicodeDecodeError) as error:
        raise TableError(f"{path} is no table of answers: {error}; {SAVE_IT}") from error
    if not found:
        raise TableError(f"{path} holds no answers; {SAVE_IT} once the class has answered")
    counted = Counter((each.student, each.step, each.vote) for each in found)
    (student, step, vote), n = counted.most_common(1)[0]
    if n > 1:
        raise TableError(
            f"{path} has {n} answers of student {student} to {step} in vote {vote}; "
            "give each class a file of its own"
        )
    return found


def _answer(where: str, row: Mapping[str, str | None]) -> Answer:
    """Read one row. Raises TableError."""
    text = {name: row[name] or "" for name in COLUMNS}
    step = f"{text['lesson']}.{text['step']}"
    try:
        read_step(step)
    except GuessError as error:
        raise TableError(f"{where}: {error}") from error
    for name, wanted in (("vote", (FIRST, SECOND)), ("right", (0, 1))):
        if text[name] not in map(str, wanted):
            raise TableError(
                f"{where}: {name} must be {wanted[0]} or {wanted[1]}, got {text[name]!r:.40}"
            )
    vote, right = int(text["vote"]), int(text["right"])
    student, question, answer = text["student"], text["question"], text["answer"]
    return Answer(student, step, question, vote, answer, right, text["belief"])


def items(answers: Iterable[Answer]) -> list[Item]:
    """Return the statistics of each question in each vote, in the order of the questions."""
    by_key: dict[Key, list[Answer]] = defaultdict(list)
    for each in answers:
        by_key[each.step, each.vote].append(each)
    right = {key: {each.student: each.right for each in of} for key, of in by_key.items()}
    order = sorted(by_key, key=lambda key: (step_order(key[0]), key[1]))
    return [_item(key, by_key[key], right) for key in order]


def _item(key: Key, answers: Sequence[Answer], right: Mapping[Key, Mapping[str, int]]) -> Item:
    (step, vote), own = key, right[key]
    lesson, number = step_order(step)
    before = right.get((step, FIRST), {}) if vote == SECOND else {}
    twice = before.keys() & own.keys()
    return Item(
        lesson=lesson,
        step=number,
        question=answers[0].question,
        vote=vote,
        students=len(answers),
        difficulty=mean(own.values()),
        discrimination=_discrimination(own, _rest_scores(key, right)),
        wrong=tuple(_wrong(answers)),
        gain=mean(own[each] - before[each] for each in twice) if twice else None,
        voted_twice=len(twice),
    )


def _rest_scores(key: Key, right: Mapping[Key, Mapping[str, int]]) -> dict[str, float]:
    """Return the share of right answers to all other questions of the same vote, by student."""
    others: dict[str, list[int]] = defaultdict(list)
    for other, of in right.items():
        if other != key and other[1] == key[1]:
            for student, each in of.items():
                others[student].append(each)
    return {student: mean(each) for student, each in others.items()}


def _discrimination(own: Mapping[str, int], rest: Mapping[str, float]) -> float | None:
    known = sorted(own.keys() & rest.keys())
    one, other = [own[each] for each in known], [rest[each] for each in known]
    if len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return correlation(one, other)


def _wrong(answers: Sequence[Answer]) -> Iterator[Wrong]:
    counted = Counter((each.answer, each.belief) for each in answers if not each.right)
    for (answer, belief), n in sorted(counted.items(), key=lambda each: (-each[1], each[0])):
        yield Wrong(answer, n / len(answers), belief)
