"""``hnviz export`` and ``hnviz import``: pages, lessons and runs as files, and runs from files."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hnviz.cli.parser import (
    CommandError,
    add_models,
    add_runs_dir,
    folder,
    pair,
    run_ids,
    run_store,
)

if TYPE_CHECKING:
    from hnviz.runs import RunFolder

Kinds: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

AT = "--at takes NAME=VALUE, such as run=Model5"
OUTPUT = "where to write it (default: its name)"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what to export, and where to."""
    kinds = parser.add_subparsers(dest="kind", metavar="what", required=True)
    page = kinds.add_parser("page", help="a page of the app", allow_abbrev=False)
    page.add_argument("name", metavar="NAME", help="as in its address: states, predictions, ...")
    page.add_argument(
        "--at",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="parameters of its address: docs/addresses.md lists them",
    )
    add_models(page)
    for each in (page, *_of_lessons(kinds), *_of_runs(kinds)):
        each.add_argument(
            *("-o", "--out", "--output"), dest="output", type=Path, metavar="FILE", help=OUTPUT
        )
    site = kinds.add_parser(
        "site", help="six rooms, lessons and words, for a static host or a disk", allow_abbrev=False
    )
    site.add_argument("folder", type=folder, metavar="DIR")


def _of_lessons(kinds: Kinds) -> Iterator[argparse.ArgumentParser]:
    """Add what is made of lessons; yield what is written as one file."""
    lesson = kinds.add_parser("lesson", help="one lesson", allow_abbrev=False)
    lesson.add_argument("name", metavar="ID", help="python -m hnviz lessons list shows them")
    lesson.add_argument(
        "--scorm",
        action="store_true",
        help="as a zip file for a learning platform, which gets the answers: SCORM 1.2",
    )
    index = kinds.add_parser(
        "index", help="all lessons and an index, for a static host", allow_abbrev=False
    )
    index.add_argument("folder", type=folder, metavar="DIR")
    plan = kinds.add_parser(
        "plan", help="lectures of 50 minutes and a test, as pages to print", allow_abbrev=False
    )
    plan.add_argument("folder", type=folder, metavar="DIR")
    for each in (lesson, index):
        each.add_argument(
            "--class",
            dest="in_class",
            action="store_true",
            help="for a class, whose server serves it: python -m hnviz app --class",
        )
    questions = kinds.add_parser(
        "questions", help="the questions of all lessons and of the test", allow_abbrev=False
    )
    questions.add_argument(
        "--qti",
        action="store_true",
        required=True,
        help="as a zip file for a learning platform, which scores them: QTI 2.1",
    )
    yield from (lesson, questions)


def _of_runs(kinds: Kinds) -> Iterator[argparse.ArgumentParser]:
    """Add the formats in which runs are written."""
    helps = {
        "notebook": "a run, to be trained again without hnviz",
        "run": "a run as one zip file, for another hnviz: import FILE",
        "report": "a run, or several compared, as one HTML page",
    }
    for kind, said in helps.items():
        made = kinds.add_parser(kind, help=said, allow_abbrev=False)
        if kind == "report":
            made.add_argument("names", nargs="+", metavar="RUN", help="such as Model4 Model5")
        else:
            made.add_argument("name", metavar="RUN", help="its id, such as Model5, or its folder")
        add_runs_dir(made)
        add_models(made)
        yield made


def run(options: argparse.Namespace) -> int:
    """Write the files."""
    from hnviz.engine.client import close_shared_engine

    try:
        _find_runs(options)
        if options.kind == "run":
            path = options.output or Path(f"{options.name}.zip")
            _archive(options, path)
            print(f"{path}: {path.stat().st_size:,} bytes")
            return 0
        for path, content in _files(options):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"{path}: {len(content):,} bytes", flush=True)
    except ValueError as error:
        raise CommandError(str(error)) from error
    finally:
        close_shared_engine()
    return 0


def _find_runs(options: argparse.Namespace) -> None:
    """Replace the names of folders by ids."""
    if options.kind == "report":
        options.names, options.runs_dir = run_ids(options.names, options.runs_dir)
    elif options.kind in ("notebook", "run"):
        (options.name,), options.runs_dir = run_ids([options.name], options.runs_dir)


def _files(options: argparse.Namespace) -> Iterator[tuple[Path, bytes]]:
    if options.kind == "index":
        from hnviz.export.lesson import export_index

        index = export_index(in_class=options.in_class)
        yield from ((options.folder / name, content) for name, content in index)
        return
    if options.kind == "plan":
        from hnviz.export.plan import export_plan

        yield from ((options.folder / name, content) for name, content in export_plan())
        return
    if options.kind == "site":
        from hnviz.export.site import export_site

        yield from ((options.folder / name, content) for name, content in export_site())
        return
    if options.kind == "questions":
        from hnviz.export.qti import export_questions

        yield options.output or Path("questions.zip"), export_questions()
        return
    if options.kind == "notebook":
        yield options.output or Path(f"{options.name}.ipynb"), _notebook(options)
        return
    if options.kind == "report":
        yield options.output or Path(f"{'-'.join(options.names)[:100]}.html"), _report(options)
        return
    if options.kind == "lesson":
        yield options.output or Path(f"{options.name}{_ending(options)}"), _lesson(options)
        return
    path = options.output or Path(f"{options.name}.html")
    from hnviz.export.build import export_page

    yield path, export_page(options.name, dict(pair(text, AT) for text in options.at))


def _ending(options: argparse.Namespace) -> str:
    return ".zip" if options.scorm else ".html"


def _lesson(options: argparse.Namespace) -> bytes:
    if options.scorm and options.in_class:
        raise CommandError(
            "--scorm is for a learning platform and --class for a class: choose one of them"
        )
    if options.scorm:
        from hnviz.export.scorm import export_scorm

        return export_scorm(options.name)
    from hnviz.export.lesson import export_lesson

    return export_lesson(options.name, in_class=options.in_class)


def _run_folder(options: argparse.Namespace) -> "RunFolder":
    found = run_store(options).folder(options.name)
    if found.is_range_test:
        raise CommandError(
            f"{found.id} is a learning rate range test: it has no snapshots, and only runs are "
            "exported; its losses are in Train's table and in GET /api/curves"
        )
    return found


def _report(options: argparse.Namespace) -> bytes:
    from hnviz.export.report import report

    return report(run_store(options), options.names)


def _notebook(options: argparse.Namespace) -> bytes:
    from hnviz.export.twin import twin

    return twin(_run_folder(options).read()).encode()


def _archive(options: argparse.Namespace, path: Path) -> None:
    """Write a run's zip file piece by piece: it may be larger than the memory."""
    from hnviz.runs.archive import pack

    folder = _run_folder(options)
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        with unfinished.open("wb") as file:
            pack(folder, file)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def add_import_options(parser: argparse.ArgumentParser) -> None:
    """Add the file, and the folder of the runs."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="made by: export run RUN, or saved in a page"
    )
    add_runs_dir(parser)


def import_run(options: argparse.Namespace) -> int:
    """Store the run, and print its id."""
    from hnviz.runs import RunWriteError
    from hnviz.runs.archive import unpack

    try:
        print(unpack(run_store(options), options.file).id)
    except (ValueError, RunWriteError) as error:
        raise CommandError(str(error)) from error
    return 0


COMMANDS = {"export": (add_options, run), "import": (add_import_options, import_run)}
