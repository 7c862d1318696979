"""Reads lessons from their files; errors name the line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hnviz.lessons.model import Because, Guess, Lesson, Step, Transfer, WrongValueError
from hnviz.lessons.moved import moved, moved_point

_STEP_LINE = re.compile(r"\s*\[\[\s*step\s*\]\]")
_TABLE_LINE = re.compile(r"\s*\[\s*step\s*\.\s*(\w+)\s*\]")
_BECAUSE_LINE = re.compile(r"\s*\[\[\s*step\s*\.\s*guess\s*\.\s*because\s*\]\]")
_KEY_LINE = re.compile(r"\s*([\w-]+)\s*=")
_LONG = ('"""', "'''")

FILES = Path(__file__).parent / "files"
SUFFIX = ".toml"
MAX_FILE_BYTES = 100_000

_LESSON = {"order": int, "title": str, "about": str, "step": list}
_STEP = {
    "title": str,
    "text": str,
    "page": str,
    "at": dict,
    "point": str,
    "guess": dict,
    "transfer": dict,
}
_TRANSFER = {
    "ask": str,
    "answers": list,
    "truth": int,
    "page": str,
    "at": dict,
    "point": str,
}
_GUESS: dict[str, Any] = {
    "kind": str,
    "ask": str,
    "why": str,
    "answers": list,
    "columns": int,
    "low": int | float,
    "high": int | float,
    "unit": str,
    "truth": int | float | list,
    "because": list,
}
_BECAUSE: dict[str, Any] = {
    "answer": int,
    "low": int | float,
    "high": int | float,
    "belief": str,
    "text": str,
    "point": str,
}
_CALLED = {str: "text", list: "a list", dict: "a table", int: "a whole number"}


class _Entry(NamedTuple):
    """A line of the file: its step (0 before the first), its table and its key."""

    line: int
    step: int
    table: str
    key: str


def line_of(text: str, step: int, table: str, key: str) -> int:
    """Return the line of a step's key, from 1; if it is missing, the line of its table or step.

    `step` counts from 1, and 0 is the lesson itself; `table` is "", "at", "guess", or "because.1"
    for the first of a guess.
    """
    best = 1
    for entry in _entries(text):
        if entry.step != step:
            continue
        if entry.table == table and entry.key == key:
            return entry.line
        is_table = entry.table == table and not entry.key
        if is_table or (table and entry.key == table) or (best == 1 and step):
            best = entry.line
    return best


def _entries(text: str) -> Iterator[_Entry]:
    step, table, within, n_because = 0, "", "", 0
    for line, content in enumerate(text.splitlines(), start=1):
        if within:
            within = "" if within in content else within
            continue
        if _STEP_LINE.match(content):
            step, table, n_because = step + 1, "", 0
            yield _Entry(line, step, "", "")
        elif _BECAUSE_LINE.match(content):
            n_because += 1
            table = f"because.{n_because}"
            yield _Entry(line, step, table, "")
        elif named := _TABLE_LINE.match(content):
            table = named[1]
            yield _Entry(line, step, table, "")
        elif named := _KEY_LINE.match(content):
            yield _Entry(line, step, table, named[1])
            value = content[named.end() :]
            within = next((mark for mark in _LONG if value.count(mark) == 1), "")


class Problem(NamedTuple):
    """What is wrong with a file, and where."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class LessonError(ValueError):
    """A lesson's file cannot be used; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Source:
    """A lesson's file, with the lines of its values."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            content = path.read_bytes()
            self.text = content.decode("utf-8")
        except OSError as error:
            raise self.wrong(1, f"the file could not be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise self.wrong(1, f"the file must be UTF-8 text: {error.reason}") from error
        if len(content) > MAX_FILE_BYTES:
            raise self.wrong(
                1, f"a lesson has at most {MAX_FILE_BYTES:,} bytes, got {len(content):,}"
            )

    def wrong(self, line: int, reason: str) -> LessonError:
        """Return an error at a line."""
        return LessonError(Problem(self.path, line, reason))

    def at(self, step: int, table: str, key: str) -> int:
        """Return the line of a value; `step` counts from 1, 0 is the lesson itself."""
        return line_of(self.text, step, table, key)

    def lesson(self) -> Lesson:
        """Return the lesson. Raises LessonError for the first wrong value."""
        try:
            raw = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise self._not_toml(error) from error
        except (ValueError, RecursionError) as error:
            reason = "a value is nested too deep, or a number has too many digits"
            raise self.wrong(1, f"this TOML cannot be read: {reason}") from error
        self._typed(raw, _LESSON, 0, "")
        steps = tuple(self._step(each, at) for at, each in enumerate(raw.pop("step", []), 1))
        try:
            return Lesson(
                id=self.path.stem,
                title=raw.get("title", ""),
                about=raw.get("about", ""),
                order=raw.get("order", 0),
                steps=steps,
            )
        except WrongValueError as error:
            raise self.wrong(self.at(0, "", error.field), str(error)) from error

    def _step(self, raw: Any, at: int) -> Step:
        if not isinstance(raw, Mapping):
            raise self.wrong(self.at(at, "", ""), "a step is a table: begin it with [[step]]")
        self._typed(raw, _STEP, at, "")
        guess = self._guess(raw["guess"], at) if "guess" in raw else None
        transfer = self._transfer(raw["transfer"], at) if "transfer" in raw else None
        texts = {name: raw.get(name, "") for name in ("title", "text", "page", "point")}
        texts["text"] = texts["text"].strip()
        texts["page"], where = moved(texts["page"], self._parameters(raw, at, "at"))
        texts["point"] = moved_point(texts["point"])
        try:
            return Step(**texts, at=where, guess=guess, transfer=transfer)
        except WrongValueError as error:
            raise self.wrong(self.at(at, "", error.field), str(error)) from error

    def _transfer(self, raw: Mapping[str, Any], at: int) -> Transfer:
        self._typed(raw, _TRANSFER, at, "transfer")
        given = {"ask": "", "truth": 0, "page": "", "point": "", **raw}
        given["answers"] = tuple(map(str, raw.get("answers", ())))
        given["at"] = self._parameters(raw, at, "transfer")
        try:
            return Transfer(**given)
        except WrongValueError as error:
            raise self.wrong(self.at(at, "transfer", error.field), str(error)) from error

    def _parameters(self, raw: Mapping[str, Any], at: int, table: str) -> dict[str, str]:
        """Return the parameters of a step's address; `table` has their lines."""
        found = raw.get("at", {}).items()
        return {key: self._parameter(at, key, value, table) for key, value in found}

    def _parameter(self, at: int, key: str, value: Any, table: str) -> str:
        """Write a parameter as in an address."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        line = self.at(at, table, key if table == "at" else "at")
        raise self.wrong(
            line, f"{key:.60} must be text, a number, true or false, got {value!r:.60}"
        )

    def _guess(self, raw: Mapping[str, Any], at: int) -> Guess:
        self._typed(raw, _GUESS, at, "guess")
        given = {"kind": "", "ask": "", "why": "", **raw}
        given["answers"] = tuple(map(str, raw.get("answers", ())))
        because = enumerate(raw.get("because", ()), 1)
        given["because"] = tuple(self._because(each, at, number) for number, each in because)
        truth = raw.get("truth", 0)
        if isinstance(truth, list):
            if not all(isinstance(each, int | float) for each in truth):
                raise self.wrong(self.at(at, "guess", "truth"), "truth must hold only numbers")
            given["truth"] = tuple(map(float, truth))
        try:
            return Guess(**given)
        except WrongValueError as error:
            raise self.wrong(
                self.at(at, error.table or "guess", error.field), str(error)
            ) from error

    def _because(self, raw: Any, at: int, number: int) -> Because:
        table = f"because.{number}"
        if not isinstance(raw, Mapping):
            reason = "a because is a table: begin it with [[step.guess.because]]"
            raise self.wrong(self.at(at, "guess", "because"), reason)
        self._typed(raw, _BECAUSE, at, table)
        try:
            return Because(**{"text": "", **raw})
        except WrongValueError as error:
            raise self.wrong(self.at(at, table, error.field), str(error)) from error

    def _typed(
        self, raw: Mapping[str, Any], wanted: Mapping[str, Any], at: int, table: str
    ) -> None:
        """Raise LessonError for unknown names and values of a wrong type."""
        for key, value in raw.items():
            if key not in wanted:
                line = self.at(at, table, key)
                raise self.wrong(line, f"there is no {key!r:.60} here: use {', '.join(wanted)}")
            if not isinstance(value, wanted[key]) or isinstance(value, bool):
                called = _CALLED.get(wanted[key], "a number")
                line = self.at(at, table, key)
                raise self.wrong(line, f"{key:.60} must be {called}, got {value!r:.60}")

    def _not_toml(self, error: tomllib.TOMLDecodeError) -> LessonError:
        reason, _, place = str(error).partition(" (at line ")
        line = place.partition(",")[0]
        number = int(line) if line.isdigit() else max(1, self.text.count("\n"))
        return self.wrong(number, f"this is not TOML: {reason[:1].lower()}{reason[1:]}")


def lesson_files(folder: Path = FILES) -> list[Path]:
    """Return the files of all lessons, by name."""
    return [path for path in sorted(folder.glob(f"*{SUFFIX}")) if "." not in path.stem]


def translation_files(folder: Path = FILES) -> list[Path]:
    """Return the files of lessons in another language, `<id>.<language>.toml`, by name."""
    return [path for path in sorted(folder.glob(f"*{SUFFIX}")) if "." in path.stem]


def read_lessons(folder: Path = FILES) -> dict[str, Lesson]:
    """Return the lessons of a folder by id, in their order. Raises LessonError."""
    found = [Source(path).lesson() for path in lesson_files(folder)]
    return {each.id: each for each in sorted(found, key=lambda each: (each.order, each.id))}
