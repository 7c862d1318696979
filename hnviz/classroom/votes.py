"""Two votes on a step: how many are right, whether to discuss, and what moved between them.

A class that is split learns most from talking: between 35 % and 70 % right, *Discuss* is advised
(Crouch and Mazur, "Peer Instruction: Ten years of experience and results", 2001).
"""

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import Any, NamedTuple

from hnviz.classroom.guesses import (
    FIRST,
    SECOND,
    Value,
    fits,
    guess_of,
    sentence,
    spread,
    step_order,
    written,
)
from hnviz.classroom.state import NOTHING, PASTED, Classroom
from hnviz.lessons import Guess
from hnviz.lessons.model import NEAR

DISCUSS_FROM, DISCUSS_TO = 0.35, 0.70  # right in the first vote

COLUMNS = ("student", "lesson", "step", "question", "vote", "answer", "right", "belief", "time")


class Moved(NamedTuple):
    """How many who voted twice were right: in both votes, only in one of them, or in neither."""

    right_twice: int
    to_right: int
    to_wrong: int
    wrong_twice: int


def is_right(guess: Guess, value: Value) -> bool:
    """Return whether an answer is right; a number or a curve is, where it is near the truth.

    lesson/panel/surprise.js says "You were near" of the same answers.
    """
    truth = guess.truth
    if guess.kind in ("choice", "square") or truth == value:
        return truth == value
    pairs = zip(_listed(value), _listed(truth), strict=True)
    return max(abs(one - other) for one, other in pairs) / (guess.high - guess.low) <= NEAR


def right_of(guess: Guess, answers: Mapping[str, Value]) -> int:
    """Count the right answers."""
    return sum(is_right(guess, value) for value in answers.values())


def moved(guess: Guess, first: Mapping[str, Value], second: Mapping[str, Value]) -> Moved:
    """Count what became of the answers of those who voted twice."""
    found = Counter(
        (is_right(guess, first[member]), is_right(guess, second[member]))
        for member in first.keys() & second.keys()
    )
    return Moved(
        right_twice=found[True, True],
        to_right=found[False, True],
        to_wrong=found[True, False],
        wrong_twice=found[False, False],
    )


def flows(first: Mapping[str, Value], second: Mapping[str, Value]) -> list[tuple[int, int, int]]:
    """Count who went from which answer of a choice or square to which: (from, to, students)."""
    found = Counter((first[each], second[each]) for each in first.keys() & second.keys())
    return sorted((_index(one), _index(other), n) for (one, other), n in found.items())


def advice(right: int, n: int) -> str:
    """Say what the teacher should do after the first vote, of which `right` of `n` are right."""
    if not n:
        return "Nobody has answered yet."
    share = f"**{right}** of {n} are right ({percent(right, n)})"
    if right < DISCUSS_FROM * n:
        return f"{share}. Explain first: too few know enough to convince the others."
    if right > DISCUSS_TO * n:
        return f"{share}. Go on: press Reveal and say why in a sentence."
    return f"{share}. Discuss: let them convince each other, then vote again."


def told(guess: Guess, first: Mapping[str, Value], second: Mapping[str, Value]) -> str:
    """Say how many were right in the first vote and what moved, with `**` for bold."""
    if not first:
        return "There is no answer in the first vote."
    share = percent(right_of(guess, first), len(first))
    near = "" if guess.kind in ("choice", "square") else f", within {NEAR:.0%} of the scale"
    before = f"In the first vote, {share} of {len(first)} were right{near.replace('%', ' %')}"
    found = moved(guess, first, second)
    if not sum(found):
        return f"{before}; nobody voted twice."
    return (
        f"{before}. Of {sum(found)} who voted twice: **{found.to_right}** from wrong to right, "
        f"{found.to_wrong} from right to wrong, {found.right_twice} right twice, "
        f"{found.wrong_twice} wrong twice."
    )


def drawn(
    guess: Guess,
    first: Mapping[str, Value] | None,
    last: Mapping[str, Value],
    of: Collection[Any],
) -> dict[str, Any]:
    """Return a step's answers for JSON, without names; `of` are the members of the class.

    `first` is the first vote of a class that has discussed the step: then "first" has those
    answers, "moved" in the order of `Moved`, and "flows" of a choice or a square.
    """
    found = spread(last.values())
    said = sentence(guess, found, len(of))
    shown = {"n": found.n, "values": [written(each) for each in found.values]}
    if first is None:
        return {**shown, "sentence": said}
    before = spread(first.values())
    return {
        **shown,
        "sentence": f"{said} {told(guess, first, last)}",
        "first": {
            "n": before.n,
            "values": [written(each) for each in before.values],
            "moved": moved(guess, first, last),
            "flows": flows(first, last) if guess.kind in ("choice", "square") else [],
        },
    }


def percent(part: int, of: int) -> str:
    """Write a share, such as "54 %"."""
    return f"{part / of:.0%}".replace("%", " %")


def answers_csv(room: Classroom) -> str:
    """Write all answers that count as CSV with the columns `COLUMNS`, one row an answer.

    "student" is a number, or the tag of a pasted code. "time" is in UTC, empty if it is unknown.
    """
    file = StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    rows.writerows(_rows(room))
    return file.getvalue()


def _rows(room: Classroom) -> Iterator[tuple[object, ...]]:
    for step in sorted(room.guesses, key=step_order):
        last = room.vote(step)
        votes = {FIRST: room.first_answers(step)} if last == SECOND else {}
        for vote, answers in {**votes, last: room.answers(step)}.items():
            times = room.times.get((step, vote), NOTHING)
            for member, value in sorted(answers.items(), key=lambda each: _who(room, each[0])):
                if fits(value, step):
                    at = times.get(member)
                    yield _row(_name(room, member), step, vote, value, at)


def _row(student: object, step: str, vote: int, value: Value, at: int | None) -> tuple[object, ...]:
    guess, (lesson, number) = guess_of(step), step_order(step)
    time = "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
    right, belief = int(is_right(guess, value)), _belief(guess, value)
    return student, lesson, number, guess.ask, vote, _answer(guess, value), right, belief, time


def _who(room: Classroom, member: str) -> tuple[int, str]:
    return room.members.get(member, len(room.members) + 1), member


def _name(room: Classroom, member: str) -> object:
    return room.members.get(member) or member.removeprefix(PASTED)


def _answer(guess: Guess, value: Value) -> str:
    if guess.kind in ("choice", "square"):
        return guess.answers[_index(value)]
    return " ".join(f"{each:g}" for each in _listed(value))


def _belief(guess: Guess, value: Value) -> str:
    """Return the letter of the belief that a wrong answer comes from, if the lesson names one."""
    if isinstance(value, tuple) or is_right(guess, value):
        return ""
    found = guess.because_of(value)
    return found.belief if found else ""


def _index(value: Value) -> int:
    return int(_listed(value)[0])


def _listed(value: Value) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,)
