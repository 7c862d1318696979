"""``hnviz export``: a page or a lesson as one file that opens without a server."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from hnviz.cli.parser import CommandError, add_models, folder

SUMMARY = "write a lesson or a page as one HTML file that needs no server and no network"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what is exported, and where to."""
    kinds = parser.add_subparsers(dest="kind", metavar="what", required=True)
    lesson = kinds.add_parser("lesson", help="one lesson", allow_abbrev=False)
    lesson.add_argument("name", metavar="ID", help="python -m hnviz lessons list shows them")
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
    for each in (lesson, page):
        each.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: its name")
    index = kinds.add_parser(
        "index", help="all lessons and an index, for a static host", allow_abbrev=False
    )
    index.add_argument("folder", type=folder, metavar="DIR")
    for each in (lesson, index):
        each.add_argument(
            "--class",
            dest="in_class",
            action="store_true",
            help="for a class, whose server serves it: python -m hnviz app --class",
        )


def run(options: argparse.Namespace) -> int:
    """Write the files."""
    from hnviz.engine.client import close_shared_engine

    try:
        for path, content in _files(options):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"{path}: {len(content):,} bytes", flush=True)
    except ValueError as error:
        raise CommandError(str(error)) from error
    finally:
        close_shared_engine()
    return 0


def _files(options: argparse.Namespace) -> Iterator[tuple[Path, bytes]]:
    if options.kind == "index":
        from hnviz.export.lesson import export_index

        index = export_index(in_class=options.in_class)
        yield from ((options.folder / name, content) for name, content in index)
        return
    path = options.output or Path(f"{options.name}.html")
    if options.kind == "lesson":
        from hnviz.export.lesson import export_lesson

        yield path, export_lesson(options.name, in_class=options.in_class)
        return
    from hnviz.export.build import export_page

    yield path, export_page(options.name, dict(_pair(text) for text in options.at))


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise CommandError(f"--at takes NAME=VALUE, such as run=Model5; got {text!r}")
    return name, value
