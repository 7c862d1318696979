"""``hnviz gallery``: every picture in each of its states, for developers."""

import argparse

from hnviz.cli.parser import CommandError, in_range, whole

SUMMARY = "serve every picture on fixed data, in each of its states (for developers)"

PORT = 8601


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the option for the port."""
    parser.add_argument(
        "--port", type=whole, default=PORT, help=f"default {PORT}; the next free one if it is taken"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the user presses Ctrl-C."""
    port = in_range("port", options.port, 1, 65535)

    from hnviz.app.shell.serve import Address, AddressError
    from hnviz.gallery.serve import serve

    try:
        address = Address.free("127.0.0.1", port)
    except AddressError as error:
        raise CommandError(str(error)) from error
    if address.port != port:
        print(f"port {port} is taken; using {address.port}")
    serve(address.port, announce=_announce)
    return 0


def _announce(url: str) -> None:
    print(f"the gallery is at {url} - Ctrl-C stops it", flush=True)
