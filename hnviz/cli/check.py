"""``hnviz check``: look at the training loop in a Python file."""

import _thread
import argparse
import runpy
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hnviz.cli.parser import CommandError
from hnviz.cli.training import loading
from hnviz.given import said

LIMIT_SECONDS = 600.0  # for the file, and for the steps that are watched
NEEDED = ("step", "loader", "model")
OPTIONS = ("loss", "valid", "carries", "resets")
_LATE = getattr(signal, "SIGALRM", signal.SIGTERM)  # Windows has no alarm


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the file."""
    names = f"{', '.join(NEEDED)}, and optimizer, {', '.join(OPTIONS)} if it has them"
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=f"a Python file, which is run; it names {names}"
    )


def run(options: argparse.Namespace) -> int:
    """Run a file and print what the doctor says of its loop; 1 if something is wrong."""
    with loading():
        from hnviz.doctor import check

    file: Path = options.file
    with _within(LIMIT_SECONDS, file):
        names = _run(file)
        missing = [name for name in NEEDED if name not in names]
        if missing:
            raise CommandError(
                f"{file} must name {', '.join(NEEDED)}; it has no {', '.join(missing)}: "
                "see docs/doctor.md"
            )
        given = {name: names[name] for name in OPTIONS if name in names}
        step, loader, model = (names[name] for name in NEEDED)
        report = check(step, loader, model, names.get("optimizer"), **given)
    print(report)
    return report.status


@contextmanager
def _within(seconds: float, file: Path) -> Iterator[None]:
    """End what a file does after some seconds. Raises CommandError.

    A signal ends a wait, too: for a lock, a socket or another process. It is not that of Ctrl-C,
    which a loop may catch, and which a program in a shell's background ignores.
    """
    main = threading.get_ident()

    def end() -> None:
        if sys.platform == "win32":
            _thread.interrupt_main(_LATE)
        else:
            signal.pthread_kill(main, _LATE)

    before = signal.signal(_LATE, _too_long)
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except _TooLong:
        raise CommandError(
            f"{file}: it ran for {seconds:g} s without an end: leave out the loop that trains, and "
            "only name what it uses"
        ) from None
    finally:
        timer.cancel()
        signal.signal(_LATE, before)


class _TooLong(BaseException):
    """No Exception, as the file may catch those."""


def _too_long(*_: object) -> None:
    raise _TooLong


def _run(file: Path) -> dict[str, Any]:
    """Run a file as a program that is not the main one. Raises CommandError."""
    if not file.is_file():
        raise CommandError(f"{file}: there is no such file")
    try:
        return runpy.run_path(str(file))
    except Exception as error:
        raise CommandError(f"{file}: it raised {said(error)}") from error


COMMANDS = {"check": (add_options, run)}
