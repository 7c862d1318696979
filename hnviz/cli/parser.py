"""Parse the command line; an invalid one becomes one sentence."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn


class CommandError(Exception):
    """One sentence for stderr that says what went wrong; the command ends with status 2."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises CommandError instead of printing its usage and exiting."""

    def error(self, message: str) -> NoReturn:
        """Raise the parser's message, with a pointer to the help."""
        raise CommandError(f"{message}; see {self.prog} --help")


def whole(text: str) -> int | str:
    """Read a whole number; keep anything else as text, so the config's check can report it."""
    try:
        return int(text)
    except ValueError:
        return text


def real(text: str) -> float | str:
    """Read a number; keep anything else as text, so the config's check can report it."""
    try:
        return float(text)
    except ValueError:
        return text


def in_range(name: str, value: int | str, low: int, high: int) -> int:
    """Return a whole number from low to high, else raise CommandError."""
    if isinstance(value, int) and low <= value <= high:
        return value
    raise CommandError(f"{name} must be a whole number from {low} to {high}; got {value!r}")


def run_ids(names: Sequence[str], runs_dir: Path | None) -> tuple[list[str], Path | None]:
    """Return the ids of runs, and the folder that holds them.

    A name may also be a run's folder, as ``hnviz train`` prints it. Raises CommandError.
    """
    paths = [Path(name) for name in names]
    parents = {path.parent for path in paths if len(path.parts) > 1 and path.is_dir()}
    if not parents:
        return list(names), runs_dir
    if len(parents) > 1 or not all(path.is_dir() for path in paths):
        raise CommandError("all runs of one command must be in one folder; name it with --runs-dir")
    return [path.name for path in paths], parents.pop()


def folder(text: str) -> Path:
    """Read a folder's name; an empty one, as from an unset variable, is refused."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a folder must have a name; got an empty one")
    return Path(text)


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add the option for a file of models."""
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FILE",
        help="your own models: a Python file with a class and an entry (default: $HNVIZ_MODELS)",
    )


def add_runs_dir(parser: argparse.ArgumentParser) -> None:
    """Add the option for the folder of runs."""
    parser.add_argument(
        "--runs-dir",
        type=folder,
        metavar="DIR",
        help="folder of the runs (default: $HNVIZ_RUNS_DIR, or ./runs)",
    )
