"""``hnviz app`` and ``hnviz gallery``: serve the pages, or all pictures for developers.

By default only this machine can reach them.
"""

import argparse
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hnviz.classroom.state import VIEWS, Limits
from hnviz.classroom.store import ClassStore
from hnviz.cli.parser import CommandError, add_models, add_runs_dir, in_range, whole

if TYPE_CHECKING:
    from hnviz.app.shell.host import Address, Invitation

PORT, GALLERY_PORT = 8501, 8601


def _add_port(parser: argparse.ArgumentParser, port: int) -> None:
    parser.add_argument(
        "--port", type=whole, default=port, help=f"default {port}; the next free one if it is taken"
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for host and port, and those of a class."""
    _add_port(parser, PORT)
    parser.add_argument(
        "--host",
        help="default 127.0.0.1, this machine only; with --class 0.0.0.0, the local network",
    )
    add_runs_dir(parser)
    add_models(parser)
    _add_class(parser.add_argument_group("a class"))


def _add_class(group: argparse._ArgumentGroup) -> None:
    """Add the options of a class; the others need --class."""
    group.add_argument(
        "--class",
        dest="classroom",
        action="store_true",
        help="serve a class: print its address, code and QR code, and the teacher's link",
    )
    group.add_argument(
        "--class-view",
        choices=VIEWS,
        help="who may look: everyone (free, the default), or those with the code (coded)",
    )
    group.add_argument(
        "--class-runs", type=whole, help=f"runs that a student may start; default {Limits().each}"
    )
    group.add_argument(
        "--class-lessons",
        type=Path,
        help="a folder of lessons for phones: python -m hnviz export index FOLDER --class",
    )
    group.add_argument(
        "--class-new", action="store_true", help="forget the last class: a new code, no guesses"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the user presses Ctrl-C."""
    in_range("port", options.port, 1, 65535)
    if options.runs_dir is not None:
        os.environ["HNVIZ_RUNS_DIR"] = str(options.runs_dir.absolute())
    set_class(options)

    from hnviz.app.shell.serve import serve

    host = options.host if options.host is not None else default_host(is_class=options.classroom)
    serve(_free(host, options.port), announce=announce)
    return 0


def run_gallery(options: argparse.Namespace) -> int:
    """Serve the gallery until the user presses Ctrl-C."""
    in_range("port", options.port, 1, 65535)

    from hnviz.gallery.serve import serve

    def announce(url: str) -> None:
        print(f"the gallery is at {url} - Ctrl-C stops it", flush=True)

    serve(_free("127.0.0.1", options.port).port, announce=announce)
    return 0


def _free(host: str, port: int) -> "Address":
    """Return the address with the first free port. Raises CommandError."""
    from hnviz.app.shell.host import Address, AddressError

    try:
        address = Address.free(host, port)
    except AddressError as error:
        raise CommandError(str(error)) from error
    if address.port != port:
        print(f"port {port} is taken; using {address.port}")
    return address


def default_host(*, is_class: bool) -> str:
    """Return the address on which to listen: all networks for a class, otherwise this machine."""
    return "0.0.0.0" if is_class else "127.0.0.1"


def set_class(options: argparse.Namespace) -> None:
    """Pass the class's options to the server, as variables that `uvicorn app:app` reads, too."""
    given = {name: getattr(options, f"class_{name}") for name in ("view", "runs", "lessons", "new")}
    if not options.classroom:
        for name, value in given.items():
            if value:
                raise CommandError(f"--class-{name} is an option of a class; add --class")
        return
    os.environ["HNVIZ_CLASS"] = options.class_view or VIEWS[0]
    if options.class_runs is not None:
        os.environ["HNVIZ_CLASS_RUNS"] = str(in_range("class-runs", options.class_runs, 1, 1000))
    if options.class_lessons is not None:
        if not options.class_lessons.is_dir():
            raise CommandError(
                f"--class-lessons must be a folder of exported lessons; got {options.class_lessons}"
            )
        os.environ["HNVIZ_CLASS_LESSONS"] = str(options.class_lessons.absolute())
    if options.class_new:
        from hnviz.runs import default_runs_dir

        ClassStore(default_runs_dir()).delete()


def announce(address: "Address") -> None:
    """Print the app's address, and for a class how to join."""
    from hnviz.app.shell.host import invitation

    print(f"hnviz is at {address.url} - Ctrl-C stops it", flush=True)
    invited = invitation(address)
    if invited is not None:
        invite(invited)
    elif others := address.urls_for_others:
        print(f"others reach it at {' or '.join(others)}", flush=True)
        print("anyone who can reach it can start and stop runs", flush=True)


def invite(invited: "Invitation") -> None:
    """Print how students join, and the teacher's link."""
    from hnviz.classroom.qr import blocks

    print(f"\nthe class joins at {invited.join} with the code {invited.code}\n")
    try:
        print(blocks(invited.scanned))
    except UnicodeEncodeError:  # the terminal lacks these characters; the page shows the code, too
        print("(this terminal cannot show the QR code; the Class page does)")
    print(f"\nyour own page, for you only: {invited.teacher}", flush=True)


COMMANDS = {
    "app": (add_options, run),
    "gallery": (partial(_add_port, port=GALLERY_PORT), run_gallery),
}
