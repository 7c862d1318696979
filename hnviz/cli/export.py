"""``hnviz export``: a page of the app as one file that opens without a server."""

import argparse
from pathlib import Path

from hnviz.cli.parser import CommandError

SUMMARY = "write a page as one HTML file that needs no server and no network"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what is exported, and where to."""
    kinds = parser.add_subparsers(dest="kind", metavar="what", required=True)
    page = kinds.add_parser("page", help="a page of the app", allow_abbrev=False)
    page.add_argument("name", help="the page, as in its address: states, predictions, ...")
    page.add_argument(
        "--at",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="parameters of its address: docs/addresses.md lists them",
    )
    page.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: NAME.html")


def run(options: argparse.Namespace) -> int:
    """Write the file."""
    at = dict(_pair(text) for text in options.at)

    from hnviz.engine.client import close_shared_engine
    from hnviz.export.build import export_page

    try:
        content = export_page(options.name, at)
    except ValueError as error:
        raise CommandError(str(error)) from error
    finally:
        close_shared_engine()
    _write(options.output or Path(f"{options.name}.html"), content)
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise CommandError(f"--at takes NAME=VALUE, such as run=Model5; got {text!r}")
    return name, value


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    print(f"{path}: {len(content):,} bytes")
