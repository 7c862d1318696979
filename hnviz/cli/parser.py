"""Reading the command line: whatever cannot be used is told in one sentence."""

import argparse
from pathlib import Path
from typing import NoReturn


class CommandError(Exception):
    """What went wrong, as a sentence for stderr; the command ends with status 2."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises CommandError in place of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        """Raise the parser's complaint, and where to read on."""
        raise CommandError(f"{message}; see {self.prog} --help")


def whole(text: str) -> int | str:
    """Read a whole number; anything else is kept, for the config's check to name."""
    try:
        return int(text)
    except ValueError:
        return text


def real(text: str) -> float | str:
    """Read a number; anything else is kept, for the config's check to name."""
    try:
        return float(text)
    except ValueError:
        return text


def in_range(name: str, value: int | str, low: int, high: int) -> int:
    """Return a whole number from low to high. Raises CommandError."""
    if isinstance(value, int) and low <= value <= high:
        return value
    raise CommandError(f"{name} must be a whole number from {low} to {high}; got {value!r}")


def add_runs_dir(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where runs are kept."""
    parser.add_argument(
        "--runs-dir",
        type=Path,
        metavar="DIR",
        help="where runs are kept (default: $HNVIZ_RUNS_DIR, or ./runs)",
    )
