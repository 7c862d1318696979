"""Lessons in another language: one file a lesson, beside it, and one table a language.

`<id>.<language>.toml` is the whole lesson again, with other words; `languages/<language>.toml` has
the buttons, the terms and the headlines of pictures. ``docs/lessons.md`` says how to write them.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hnviz.lessons.model import Guess, Lesson, Step
from hnviz.lessons.reading import (
    FILES,
    SUFFIX,
    LessonError,
    Problem,
    Source,
    translation_files,
)
from hnviz.lessons.words import parts

LANGUAGES = Path(__file__).parent / "languages"

_TABLE = {
    "name": str,
    "decimal": str,
    "thousands": str,
    "one": dict,
    "buttons": dict,
    "headlines": dict,
    "glossary": dict,
}
_NUMBER = re.compile(r"(?<![^\W_])\d+(?:[.,]\d+)*(?:e-?\d+)?")  # not the 5 of Model5
_SAME = ("kind", "columns", "low", "high", "truth")
"""What a translation may not change of a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The words of a language that are no lesson's own."""

    code: str  # as in <html lang>: "de"
    name: str  # as its speakers write it
    decimal: str  # the sign before tenths
    thousands: str  # the sign between groups of three digits
    one: Mapping[str, str]  # a unit of several -> of one
    buttons: Mapping[str, str]  # English words, with {} for what is filled in -> its own
    headlines: Mapping[str, str]  # the same of what pictures say; {} is a number
    glossary: Mapping[str, tuple[str, str]]  # an English term -> its own, and the meaning

    def as_data(self) -> dict[str, Any]:
        """Return what kit/js/language.js needs."""
        return {
            "code": self.code,
            "name": self.name,
            "decimal": self.decimal,
            "thousands": self.thousands,
            "words": {**self.headlines, **self.buttons},
            "one": dict(self.one),
        }


def key_of(name: str) -> str:
    """Return the name that a lesson and its translations have among answers."""
    return name.partition(".")[0]


def language_of(name: str) -> Language | None:
    """Return the language of a lesson, None for English. Raises LessonError."""
    code = name.partition(".")[2]
    return language(code) if code else None


def words_of(lesson: Lesson) -> list[tuple[str, str]]:
    """List the terms that a translation has in bold, each with its meaning; English has a page."""
    spoken = language_of(lesson.id)
    known = dict(spoken.glossary.values()) if spoken else {}
    texts = (text for step in lesson.steps for text in (step.text, step.guess and step.guess.why))
    bold = {words for text in texts for tag, words in parts(text or "") if tag == "strong"}
    return [(term, meaning) for term, meaning in known.items() if term in bold]


def language(code: str, folder: Path = LANGUAGES) -> Language:
    """Return a language's table. Raises LessonError."""
    return _language(folder / f"{code}{SUFFIX}")


@cache
def _language(path: Path) -> Language:
    def wrong(reason: str) -> LessonError:
        return LessonError(Problem(path, 1, reason))

    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in path.parent.glob(f"*{SUFFIX}")))
        raise wrong(f"there is no table of a language {path.stem!r:.60}; there are: {known}")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise wrong(f"this is no UTF-8 text in TOML: {error}") from error
    for key, kind in _TABLE.items():
        if not isinstance(raw.get(key), kind):
            wanted = "a table" if kind is dict else "text"
            raise wrong(f"{key} must be {wanted}, got {raw.get(key)!r:.60}")
    if unknown := raw.keys() - _TABLE.keys():
        raise wrong(f"there is no {min(unknown)!r:.60} here: use {', '.join(_TABLE)}")
    return _checked(raw, path.stem, wrong)


def _checked(raw: Mapping[str, Any], code: str, wrong: Any) -> Language:
    for table in ("one", "buttons", "headlines"):
        for english, own in raw[table].items():
            if not isinstance(own, str) or not own.strip():
                raise wrong(f"{english!r:.60} must have words in {table}, got {own!r:.60}")
            if not _fills(english, own):
                raise wrong(f"{own!r:.60} must use each {{}} of {english!r:.60} once")
    glossary = raw["glossary"]
    for term, own in glossary.items():
        if not (isinstance(own, list) and len(own) == 2 and all(map(_is_text, own))):
            raise wrong(f"{term!r} must have its word and its meaning, got {own!r:.60}")
    terms = {term: (own[0], own[1]) for term, own in glossary.items()}
    return Language(**{**raw, "code": code, "glossary": terms})


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _fills(english: str, own: str) -> bool:
    """Return whether words have each place of the English ones once."""
    n_places, found = english.count("{}"), re.findall(r"\{(\d*)\}", own)
    named = [int(each) for each in found if each]
    return len(found) == n_places and (not named or sorted(named) == [*range(1, n_places + 1)])


def read_translations(folder: Path = FILES) -> dict[str, Lesson | Problem]:
    """Return the translations of a folder by name, and in place of one that is wrong why it is."""
    found: dict[str, Lesson | Problem] = {}
    for path in translation_files(folder):
        try:
            source = Source(path)
            lesson = source.lesson()
            problems = problems_of(source, lesson)
        except LessonError as error:
            problems = [error.problem]
        found[path.stem] = problems[0] if problems else lesson
    return found


def problems_of(source: Source, lesson: Lesson) -> list[Problem]:
    """Return in which ways a translation is not its lesson. Raises LessonError."""
    original = source.path.with_name(f"{key_of(source.path.stem)}{SUFFIX}")
    if not original.is_file():
        reason = f"there is no lesson {original.name} beside this translation"
        return [Problem(source.path, 1, reason)]
    return [
        Problem(source.path, source.at(number, table, key), reason)
        for number, table, key, reason in differences(Source(original).lesson(), lesson)
    ]


def differences(lesson: Lesson, other: Lesson) -> Iterator[tuple[int, str, str, str]]:
    """Yield each way in which a translation is not the lesson, as step, table, key and reason.

    It has the same steps, places, truths and numbers. Raises LessonError without its language.
    """
    spoken = language_of(other.id)
    if len(other.steps) != len(lesson.steps):
        reason = f"{lesson.id} has {len(lesson.steps)} steps, and this translation "
        yield 0, "", "step", f"{reason}{len(other.steps)}: translate each step"
        return
    for number, (step, own) in enumerate(zip(lesson.steps, other.steps, strict=True), 1):
        for table, key, reason in _step(step, own, spoken):
            yield number, table, key, reason


def _step(step: Step, own: Step, spoken: Language | None) -> Iterator[tuple[str, str, str]]:
    for key in ("page", "point"):
        if getattr(step, key) != getattr(own, key):
            yield "", key, _must(key, getattr(step, key), getattr(own, key))
    for name in sorted(step.at.keys() | own.at.keys()):
        if step.at.get(name) != own.at.get(name):
            yield "at", name, _must(name, step.at.get(name), own.at.get(name))
    if (step.guess is None) != (own.guess is None):
        what = "has no guess" if step.guess is None else "has a guess"
        yield "", "guess", f"this step of the lesson {what}: keep it so"
    elif step.guess is not None and own.guess is not None:
        for key, reason in _guess(step.guess, own.guess, spoken):
            yield "guess", key, reason
    if _numbers(step.text) != _numbers(own.text, spoken):
        yield "", "text", _other_numbers("text", step.text)


def _guess(guess: Guess, own: Guess, spoken: Language | None) -> Iterator[tuple[str, str]]:
    for key in _SAME:
        if getattr(guess, key) != getattr(own, key):
            yield key, _must(key, getattr(guess, key), getattr(own, key))
    if len(guess.answers) != len(own.answers):
        wanted = f"the lesson has {len(guess.answers)} answers here"
        yield "answers", f"{wanted}, and this translation {len(own.answers)}"
    about = [
        [(each.answer, each.low, each.high, each.belief, each.point) for each in one.because]
        for one in (guess, own)
    ]
    if about[0] != about[1]:
        yield "because", "a because must be about the same answers, beliefs and places"
    for key in ("ask", "why"):
        if _numbers(getattr(guess, key)) != _numbers(getattr(own, key), spoken):
            yield key, _other_numbers(key, getattr(guess, key))


def _must(key: str, wanted: object, got: object) -> str:
    return f"{key} must be that of the lesson, {wanted!r:.80}, got {got!r:.80}"


def _other_numbers(key: str, english: str) -> str:
    numbers = ", ".join(_NUMBER.findall(english)) or "none"
    return f"{key} must have the numbers of the lesson's: {numbers}"


def _numbers(text: str, spoken: Language | None = None) -> Counter[str]:
    """Count the numbers of a text, as English writes them."""
    if spoken:
        swapped = {spoken.decimal: ".", spoken.thousands: ","}
        return Counter(
            "".join(swapped.get(sign, sign) for sign in each) for each in _NUMBER.findall(text)
        )
    return Counter(_NUMBER.findall(text))
