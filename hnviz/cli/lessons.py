"""``hnviz lessons``: list the lessons, check their files, and read the answers to their test."""

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hnviz.cli.parser import CommandError

if TYPE_CHECKING:
    from hnviz.lessons.reading import Problem

STATISTICS = (
    *("question", "n_before", "n_after", "before", "after"),
    *("gain", "discrimination", "wrong", "belief"),
)
"""What is printed of an item."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their files."""
    parser.add_argument(
        "action",
        choices=("list", "check", "beliefs", "statistics"),
        help="list all lessons, check files of lessons, write what students believe, or say what "
        "the answers to the test show",
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="files to check (default: all lessons), or the CSV file of the answers",
    )


def run(options: argparse.Namespace) -> int:
    """List or check lessons; the exit status is 1 if a file has a problem."""
    if options.action == "check":
        return _check(options.files)
    if options.action == "statistics":
        return _statistics(options.files)
    if options.files:
        raise CommandError(f"{options.action} takes no files; use check FILE")
    from hnviz.lessons import LessonError, lessons, lessons_and_translations
    from hnviz.lessons.listing import beliefs_page

    try:
        found = lessons_and_translations()
    except LessonError as error:
        raise CommandError(str(error)) from error
    if options.action == "beliefs":
        print(beliefs_page(lessons()), end="")
        return 0
    for lesson in found.values():
        print(f"{lesson.id:<28}{len(lesson.steps):>2} steps  {lesson.title}")
    return 0


def _statistics(files: list[Path]) -> int:
    """Print the statistics of each item as CSV; an empty field is not known."""
    from hnviz.lessons.exam import AnswersError, read_answers, statistics

    if len(files) != 1:
        raise CommandError(f"statistics takes one CSV file of answers; got {len(files)}")
    try:
        items = statistics(read_answers(files[0]))
    except AnswersError as error:
        raise CommandError(str(error)) from error
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(STATISTICS)
    for item in items:
        values = [getattr(item, name) for name in STATISTICS]
        rows.writerow(["" if each is None else _rounded(each) for each in values])
    return 0


def _rounded(value: object) -> object:
    return f"{value:.2f}" if isinstance(value, float) else value


def _check(files: list[Path]) -> int:
    from hnviz.app.lesson.names import app_names  # loads every picture
    from hnviz.engine.client import close_shared_engine
    from hnviz.lessons.check import check
    from hnviz.lessons.reading import lesson_files, translation_files

    chosen, app = files or [*lesson_files(), *translation_files()], app_names()
    n_problems = 0
    try:
        for path in chosen:
            problems = check(path, app) or ([] if _is_translation(path) else _written(path))
            n_problems += len(problems)
            for problem in problems:
                print(problem, flush=True)
    finally:
        close_shared_engine()
    if not n_problems:
        print(f"{_counted(chosen)} {'has' if len(chosen) == 1 else 'have'} no problem")
    return 1 if n_problems else 0


def _is_translation(path: Path) -> bool:
    return "." in path.stem


def _counted(paths: list[Path]) -> str:
    """Count lessons and translations: "8 lessons and 1 translation"."""
    n_translations = sum(map(_is_translation, paths))
    counts = {"lesson": len(paths) - n_translations, "translation": n_translations}
    return " and ".join(f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts.items() if n)


def _written(path: Path) -> "list[Problem]":
    """Write a lesson's largest file, for an index and a class; return why if that fails."""
    from hnviz.export.lesson import lesson_file
    from hnviz.lessons.reading import Problem, Source

    try:
        content = lesson_file(Source(path).lesson(), beside=True, in_class=True)
    except ValueError as error:
        return [Problem(path, 1, f"it cannot be exported: {error}")]
    print(f"{path}: {len(content):,} bytes as a file", flush=True)
    return []


COMMANDS = {"lessons": (add_options, run)}
