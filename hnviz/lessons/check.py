"""Checks lessons against what the app has: its pages, pictures and parameters."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from hnviz.lessons.language import LANGUAGES, Language, language_of, problems_of
from hnviz.lessons.model import Lesson, Step, Transfer
from hnviz.lessons.reading import SUFFIX, LessonError, Problem, Source


@dataclass(frozen=True, slots=True)
class AppNames:
    """The names that a step may use."""

    parameters: Mapping[str, Collection[str]]  # by page, of its address
    points: Collection[str]  # pictures and controls
    wrong: Callable[[str, str], str | None]  # returns why a parameter cannot have a value
    runs: Collection[str]  # that come with the app
    terms: Collection[str]  # of the glossary


def check(path: Path, known: AppNames) -> list[Problem]:
    """Return all problems of a lesson's file, or only the first if it cannot be read."""
    try:
        source = Source(path)
        lesson = source.lesson()
        other = problems_of(source, lesson) if "." in path.stem else []
    except LessonError as error:
        return [error.problem]
    if spoken := language_of(lesson.id):
        other += _glossary(spoken, known.terms)
    own = [
        Problem(path, source.at(number, table, key), reason)
        for number, table, key, reason in _problems(lesson, known)
    ]
    return own + other


def _glossary(spoken: Language, terms: Collection[str]) -> list[Problem]:
    """Return which terms a language's table lacks, or has and no page."""
    path = LANGUAGES / f"{spoken.code}{SUFFIX}"
    lacks = [f"the glossary lacks {term!r}" for term in terms if term not in spoken.glossary]
    odd = [
        f"there is no term {term!r}" + _near(term, terms)
        for term in spoken.glossary
        if term not in terms
    ]
    return [Problem(path, 1, reason) for reason in (*lacks, *odd)]


def _problems(lesson: Lesson, known: AppNames) -> Iterator[tuple[int, str, str, str]]:
    """Yield each problem as step, table, key and reason."""
    for number, step in enumerate(lesson.steps, 1):
        yield from ((number, *each) for each in _place(step, "", known))
        if step.transfer:
            yield from ((number, *each) for each in _place(step.transfer, "transfer", known))
        for at, each in enumerate(step.guess.because if step.guess else (), 1):
            if each.point and each.point not in known.points:
                reason = f"there is no picture or control {each.point!r}"
                yield number, f"because.{at}", "point", reason + _near(each.point, known.points)


def _place(step: Step | Transfer, table: str, known: AppNames) -> Iterator[tuple[str, str, str]]:
    """Yield each problem of a page and its picture as table, key and reason."""
    if step.page not in known.parameters:
        reason = f"there is no page {step.page!r}; choose one of {', '.join(known.parameters)}"
        yield table, "page", reason
        return
    if step.point not in known.points:
        reason = f"there is no picture or control {step.point!r}"
        yield table, "point", reason + _near(step.point, known.points)
    for key, reason in _parameters(step, known):
        yield (table, "at", reason) if table else ("at", key, reason)


def _parameters(step: Step | Transfer, known: AppNames) -> Iterator[tuple[str, str]]:
    names = known.parameters[step.page]
    for name, value in step.at.items():
        if name not in names:
            yield name, f"the page {step.page} has no parameter {name!r}" + _near(name, names)
        elif name == "run" and value not in known.runs:
            yield name, f"no run {value!r} comes with hnviz; choose one of {', '.join(known.runs)}"
        elif reason := known.wrong(name, value):
            yield name, reason


def _near(name: str, names: Collection[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"; is it {near[0]!r}?" if near else ""
