"""A class that has answered, for the gallery."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from hnviz.classroom.guesses import Value, sentence, spread, written
from hnviz.lessons import Guess

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
MANY = [(CHOICE, NUMBER, CURVE, SQUARE)[at % 4] for at in range(30)]


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
