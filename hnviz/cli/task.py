"""``hnviz task``: shows what a task requires, before any network is trained on it."""

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hnviz.cli.parser import CommandError, add_models, in_range, pair, whole

if TYPE_CHECKING:
    from hnviz.tasks.bounds import Statement
    from hnviz.tasks.machine import Best
    from hnviz.tasks.reach import Outlook
    from hnviz.tasks.task import Task, TaskStream

SAMPLE = 40  # tokens
MAX_SAMPLE_TOKENS = 100_000
MAX_BPTT = 512  # in a table of models
GIVEN = "a parameter is NAME=VALUE, such as depth=3"
COLUMNS = "{:8} {:>5}  {:8} {:>8} {:>10}  {}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    actions.add_parser("list", help="all tasks and their parameters", allow_abbrev=False)
    show = actions.add_parser("show", help="one task in words and figures", allow_abbrev=False)
    show.add_argument("name", metavar="NAME", help="python -m hnviz task list shows them")
    show.add_argument(
        "given",
        nargs="*",
        metavar="PARAMETER=VALUE",
        help="see the list; also tokens and seed of the text",
    )
    show.add_argument(
        "--table", type=Path, metavar="FILE", help="the automaton of regular: state, token, state"
    )
    show.add_argument("--bptt", type=whole, help="of every model (default: each recipe's own)")
    show.add_argument("--sample", type=whole, default=SAMPLE, help=f"tokens to print ({SAMPLE})")
    show.add_argument("--json", action="store_true", help="print JSON")
    add_models(show)


def run(options: argparse.Namespace) -> int:
    """List the tasks, or show one."""
    from hnviz.tasks.machine import TaskError  # needs numpy, which delays the start
    from hnviz.tasks.task import TASKS

    if options.action == "list":
        print("\n".join(line for each in TASKS.values() for line in _listed(each)))
        return 0
    try:
        return _show(options)
    except TaskError as error:
        raise CommandError(str(error)) from error


def _listed(task: "Task") -> list[str]:
    given = (f"{each.name}={each.default}  {each.meaning}" for each in task.parameters)
    return [f"{task.name:10}{task.title}", *(f"{'':12}{each}" for each in given)]


def _show(options: argparse.Namespace) -> int:
    from hnviz.models.catalogue import CATALOGUE
    from hnviz.tasks.bounds import statement_of
    from hnviz.tasks.reach import Reader, outlook
    from hnviz.tasks.task import TaskStream

    given = dict(pair(text, GIVEN) for text in options.given)
    if options.table is not None:
        given["table"] = options.table.read_text(encoding="utf-8", errors="replace")
    if options.bptt is not None:
        in_range("bptt", options.bptt, 1, MAX_BPTT)
    n_tokens = in_range("sample", options.sample, 1, MAX_SAMPLE_TOKENS)
    stream = TaskStream.of(options.name, given)
    statement = statement_of(stream.name, dict(stream.values))
    before = [
        outlook(stream, Reader(name, options.bptt or entry.recipe.bptt))
        for name, entry in CATALOGUE.items()
    ]
    sample = stream.source.write(n_tokens, 2 * stream.seed)
    if options.json:
        print(json.dumps(_as_dict(stream, statement, before, sample)))
    else:
        print("\n".join(_as_lines(stream, statement, before, sample)))
    return 0


def _as_dict(
    stream: "TaskStream", statement: "Statement", before: list["Outlook"], sample: list[str]
) -> dict[str, Any]:
    from dataclasses import asdict

    curve = [_known(best) for best in statement.curve]
    return {
        "corpus": stream.id,
        **asdict(statement),
        "values": dict(statement.values),
        "blind": _known(statement.blind),
        "curve": curve,
        "models": [asdict(each) for each in before],
        "sample": sample,
    }


def _known(best: "Best") -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in best._asdict().items()}


def _as_lines(
    stream: "TaskStream", statement: "Statement", before: list["Outlook"], sample: list[str]
) -> list[str]:
    from hnviz.tasks.sentences import figure, statement_lines
    from hnviz.tasks.task import task

    shown = task(stream.name)
    rows = (
        COLUMNS.format(
            *(each.reader.model, each.reader.window, each.cause),
            *(figure(each.ceiling), f"{each.least:.3f}", each.why),
        )
        for each in before
    )
    return [
        f"{shown.title}: {shown.what}",
        *(f"  {name} = {value}" for name, value in stream.values),
        f"Source: {shown.source}.",
        "",
        *statement_lines(shown, statement, stream.n_valid),
        "",
        COLUMNS.format("model", "bptt", "hindered", "at most", "least loss", "why"),
        *rows,
        "",
        f"Train on it: python -m hnviz train --corpus {stream.id}",
        "",
        " ".join(sample),
    ]


COMMANDS = {"task": (add_options, run)}
