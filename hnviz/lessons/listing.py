"""The beliefs of students and the steps that refute them, as a page for a teacher.

``python -m hnviz lessons beliefs`` writes docs/beliefs.md.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hnviz.lessons.beliefs import BELIEFS
from hnviz.lessons.model import Because, Guess, Lesson, Step, Transfer

HEAD = """# What students believe

Written by `python -m hnviz lessons beliefs` from the lessons: change those. Students state these
beliefs in public threads. For each one, a step of a lesson asks about it. Every wrong answer has
its own words, which point at the place in the picture that refutes it. `tests/test_beliefs.py`
holds each wrong answer against the picture's own numbers.

The *transfer question* is for a class or a test, after the step. It is about another run or text,
and only its picture answers it. The same test changes the figures in a copy of the picture, so
that each answer is right once. A simulated reader who does not see the copy is right as often as
chance, and one who reads it is always right. No people were asked.
"""


def beliefs_page(lessons: Mapping[str, Lesson]) -> str:
    """Return the page, in Markdown."""
    parts = [HEAD]
    for letter, belief in BELIEFS.items():
        parts.append(f"## {letter}. {belief.says}\n\nStated in {belief.threads}.\n")
        parts += [part for asked in asking(lessons, letter) for part in _step(asked)]
    return "\n".join(parts)


class Asked(NamedTuple):
    """A step that asks, and where it is."""

    lesson: Lesson
    number: int  # from 1
    step: Step
    guess: Guess


def asking(lessons: Mapping[str, Lesson], letter: str) -> Iterator[Asked]:
    """Yield the steps of which a wrong answer comes from a belief."""
    for lesson in lessons.values():
        for number, step in enumerate(lesson.steps, 1):
            if step.guess and any(each.belief == letter for each in step.guess.because):
                yield Asked(lesson, number, step, step.guess)


def _step(asked: Asked) -> Iterator[str]:
    lesson, step, guess = asked.lesson, asked.step, asked.guess
    yield f"### {lesson.title}, step {asked.number}: {step.title}\n"
    yield f"{guess.ask} Picture: `{step.point}`.\n"
    if guess.kind == "number":
        yield f"- **{guess.truth:g} {guess.unit}**: {guess.why}"
        yield from (f"- {each.low:g} to {each.high:g}: {_said(each)}" for each in guess.because)
    for at, answer in enumerate(guess.answers):
        because = guess.because_of(at)
        said = f"**{answer}**: {guess.why}" if at == guess.truth else answer
        yield f"- {said}" + (f": {_said(because)}" if because else "")
    yield ""
    if step.transfer:
        yield _transferred(step.transfer)


def _said(because: Because) -> str:
    return because.text + (f" ({because.belief})" if because.belief else "")


def _transferred(asked: Transfer) -> str:
    answers = "; ".join(
        f"**{each}**" if at == asked.truth else each for at, each in enumerate(asked.answers)
    )
    where = ", ".join(f"{name} {value}" for name, value in asked.at.items())
    return f"*Transfer*: {asked.ask} {answers}. Picture: `{asked.point}` at {where}.\n"
