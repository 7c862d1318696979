"""``hnviz class items``: item statistics of the answers that a class's teacher has saved."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from hnviz.cli.parser import CommandError

if TYPE_CHECKING:
    from hnviz.classroom.items import Item

MOST = 5  # wrong answers of a question on a line


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the action and its file."""
    parser.add_argument(
        "action", choices=("items",), help="how hard questions were, and what a second vote gained"
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE.csv", help="saved by Answers as CSV on the page Class"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the statistics of each question. Raises CommandError."""
    from hnviz.classroom.items import TableError, items, read_answers

    try:
        found = items(read_answers(options.file))
    except TableError as error:
        raise CommandError(str(error)) from error
    if options.json:
        wrong = [[each._asdict() for each in item.wrong] for item in found]
        rows = [{**item._asdict(), "wrong": of} for item, of in zip(found, wrong, strict=True)]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    before = None
    for item in found:
        if (item.lesson, item.step) != before:
            print(f"{item.lesson}, step {item.step}: {item.question}")
        before = item.lesson, item.step
        print(f"  {_figures(item)}")
        if item.wrong:
            print(f"    wrong: {_wrong(item)}")
    return 0


def _figures(item: "Item") -> str:
    known = "not defined" if item.discrimination is None else f"{item.discrimination:.2f}"
    said = (
        f"vote {item.vote}: {item.students} answered, {100 * item.difficulty:.0f} % right, "
        f"discrimination {known}"
    )
    if item.gain is None:
        return said
    return f"{said}, gain {100 * item.gain:+.0f} points of {item.voted_twice} who voted twice"


def _wrong(item: "Item") -> str:
    named = [
        f"{each.answer} {100 * each.share:.0f} %{each.belief and f' (belief {each.belief})'}"
        for each in item.wrong[:MOST]
    ]
    if len(item.wrong) > MOST:
        rest = sum(each.share for each in item.wrong[MOST:])
        named.append(f"{len(item.wrong) - MOST} others {100 * rest:.0f} %")
    return "; ".join(named)


COMMANDS = {"class": (add_options, run)}
