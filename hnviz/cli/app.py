"""``hnviz app``: the pages, at an address that only this machine reaches unless told otherwise."""

import argparse
import os

from hnviz.cli.parser import CommandError, add_runs_dir, in_range, whole

SUMMARY = "serve the app at a printed address"

PORT = 8501


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add where the app listens."""
    parser.add_argument(
        "--port", type=whole, default=PORT, help=f"default {PORT}; the next free one if it is taken"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="default 127.0.0.1, this machine only; 0.0.0.0 lets a class in",
    )
    add_runs_dir(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until somebody presses Ctrl-C."""
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


def _announce(url: str) -> None:
    print(f"hnviz is at {url} - Ctrl-C stops it", flush=True)
