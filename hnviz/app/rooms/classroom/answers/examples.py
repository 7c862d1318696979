"""A class that has answered, for the gallery."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from random import Random
from typing import Any, NamedTuple

from hnviz.classroom.guesses import Value, sentence, spread, written
from hnviz.classroom.votes import advice, drawn, right_of
from hnviz.lessons import Because, Guess

MEMBERS = 30


class Answered(NamedTuple):
    """A question, and what a class has guessed."""

    guess: Guess
    values: Sequence[Value]


CHOICE = Answered(
    Guess(
        kind="choice",
        ask="The network has read \N{LEFT DOUBLE QUOTATION MARK}three thousand ninety nine"
        "\N{RIGHT DOUBLE QUOTATION MARK}. What comes next?",
        why="Every number ends with a comma.",
        answers=("three", "four", "a comma", "xxbos"),
        truth=2,
        because=(
            Because(answer=0, text="The number is whole; the next one begins after a comma."),
            Because(answer=3, text="It marks the beginning of the text, and occurs nowhere else."),
        ),
    ),
    [0.0] * 3 + [2.0] * 16 + [3.0],
)
NUMBER = Answered(
    Guess(
        kind="number",
        ask="How many of 100 words does Model5 get right on text that it never read?",
        why="Numbers above 8,000 begin with a word that it has rarely seen in that place.",
        low=0,
        high=100,
        unit="of 100 words",
        truth=83,
    ),
    [float(50 + 7 * (at % 5) + at) for at in range(22)],
)
CURVE = Answered(
    Guess(
        kind="curve",
        ask="How does the loss fall over 400 training steps?",
        why="It falls fast at first, then slowly.",
        answers=("0", "100", "200", "300", "400"),
        low=0,
        high=4,
        unit="loss",
        truth=(3.7, 1.9, 1.2, 0.6, 0.5),
    ),
    [(3.9 - at / 20, 3.0 - at / 9, 2.0 - at / 9, 1.4 - at / 16, 1.0) for at in range(9)],
)
SQUARE = Answered(
    Guess(
        kind="square",
        ask="Click the target of the first \N{LEFT DOUBLE QUOTATION MARK}thousand"
        "\N{RIGHT DOUBLE QUOTATION MARK}.",
        why="The target of a token is the next one.",
        answers=("xxbos", "eight", "thousand", "one", ",", "eight", "thousand", "two"),
        columns=4,
        truth=3,
    ),
    [3.0] * 9 + [6.0] * 4 + [1.0],
)
CHANCE = Random(1)
FIRST_VOTE = {f"student {at}": CHANCE.choice((0.0, 1.0, 2.0, 2.0)) for at in range(26)}
SECOND_VOTE = {each: CHANCE.choice((2.0, 2.0, value)) for each, value in [*FIRST_VOTE.items()][:24]}
NUMBERS = {f"student {at}": float(CHANCE.randrange(20, 100)) for at in range(26)}
NEARER = {each: (value + 83) // 2 for each, value in NUMBERS.items()}
MANY = [(CHOICE, NUMBER, CURVE, SQUARE)[at % 4] for at in range(30)]


Votes = Mapping[str, Value]


def voting(asked: Answered, first: Votes, second: Votes | None = None) -> Mapping[str, Any]:
    """Describe a class whose teacher looks at its first vote, or that has voted twice."""
    step, guess = "example-1.1", asked.guess
    last = first if second is None else second
    counts = {
        "here": 28,
        "members": MEMBERS,
        "steps": [[step, len(last), MEMBERS, second is not None]],
        "discussed": [] if second is None else [step],
    }
    found = drawn(guess, None if second is None else first, last, range(MEMBERS))
    looked = {
        "vote": 1,
        "advice": advice(right_of(guess, last), len(last)),
        "absent": [3, 11, 17, 28],
    }
    return {
        "live": False,
        "questions": {step: {"lesson": "An example", **asdict(guess)}},
        "news": [counts, {"step": step, **found, **(looked if second is None else {})}],
    }


def answered(asked: Sequence[Answered]) -> Mapping[str, Any]:
    """Describe a class that has answered some steps, of which the first is revealed."""
    steps = {f"example-{at // 9 + 1}.{at % 9 + 1}": each for at, each in enumerate(asked)}
    shown, (guess, values) = next(iter(steps.items()))
    found = spread(values)
    counts = {
        "here": 28,
        "members": MEMBERS,
        "steps": [[step, len(each.values), MEMBERS, step == shown] for step, each in steps.items()],
    }
    revealed = {
        "step": shown,
        "n": found.n,
        "values": [written(value) for value in found.values],
        "sentence": sentence(guess, found, MEMBERS),
    }
    return {
        "live": False,
        "questions": {
            step: {"lesson": "An example", **asdict(each.guess)} for step, each in steps.items()
        },
        "news": [counts, revealed],
    }
