"""What a class is asked: the guesses of the lessons, and whether an answer fits one."""

from hnviz.classroom.guesses import GuessError, Value, step_order
from hnviz.lessons import Guess, lessons


def guess_of(step: str) -> Guess:
    """Return what a step asks. Raises GuessError if it asks nothing."""
    lesson_id, number = step_order(step)
    lesson = lessons().get(lesson_id)
    if lesson is None:
        raise GuessError(f"there is no lesson {lesson_id!r} here; its lessons are {_listed()}")
    guess = lesson.steps[number - 1].guess if number <= len(lesson.steps) else None
    if guess is None:
        raise GuessError(f"step {number} of the lesson {lesson_id!r} asks for no guess")
    return guess


def check_fits(value: Value, guess: Guess) -> None:
    """Check that an answer is one of those that a step offers. Raises GuessError."""
    if guess.kind in ("choice", "square"):
        last = len(guess.answers) - 1
        if isinstance(value, tuple) or value not in range(last + 1):
            raise GuessError(f"this step takes the index of an answer, 0 to {last}; got {value}")
        return
    is_curve = guess.kind == "curve"
    numbers = value if isinstance(value, tuple) else (value,)
    if isinstance(value, tuple) != is_curve or (is_curve and len(numbers) != len(guess.answers)):
        wanted = f"{len(guess.answers)} numbers" if is_curve else "one number"
        came = f"{len(numbers)} numbers" if isinstance(value, tuple) else "one number"
        raise GuessError(f"this step takes {wanted}; got {came}")
    if not all(guess.low <= each <= guess.high for each in numbers):
        raise GuessError(f"this step takes numbers from {guess.low:g} to {guess.high:g}")


def _listed() -> str:
    return ", ".join(lessons())
