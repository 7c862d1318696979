"""``hnviz app``: serve the pages, by default to this machine only."""

import argparse
import os
from typing import TYPE_CHECKING

from hnviz.cli.parser import CommandError, add_runs_dir, in_range, whole

if TYPE_CHECKING:
    from hnviz.app.shell.serve import Address

SUMMARY = "serve the app and print its address"

PORT = 8501


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for host and port."""
    parser.add_argument(
        "--port", type=whole, default=PORT, help=f"default {PORT}; the next free one if it is taken"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="default 127.0.0.1, this machine only; use 0.0.0.0 for a class",
    )
    add_runs_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until the user presses Ctrl-C."""
    port = in_range("port", options.port, 1, 65535)
    if options.runs_dir is not None:
        os.environ["HNVIZ_RUNS_DIR"] = str(options.runs_dir.absolute())

    from hnviz.app.shell.serve import Address, AddressError, serve

    try:
        address = Address.free(options.host, port)
    except AddressError as error:
        raise CommandError(str(error)) from error
    if address.port != port:
        print(f"port {port} is taken; using {address.port}")
    serve(address, announce=_announce)
    return 0


def _announce(address: "Address") -> None:
    print(f"hnviz is at {address.url} - Ctrl-C stops it", flush=True)
    others = address.urls_for_others
    if others:
        print(f"others reach it at {' or '.join(others)}", flush=True)
        print("anyone who can reach it can start and stop runs", flush=True)
