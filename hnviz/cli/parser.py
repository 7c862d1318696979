"""Parses the command line, and defines the options that several commands share.

An invalid command line becomes one sentence.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from hnviz.runs import RunStore

_MAX_READ_BYTES = 10**8  # of the user's own text; a longer one is refused in any case
_OWN = {"tokens": "level", "merges": "merges", "min_count": "min_count", "valid_percent": "valid"}
"""The options for the user's own text, and the field of `Way` that each sets."""


class CommandError(Exception):
    """A command fails with status 2; the message is one sentence for stderr."""


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


def run_store(options: argparse.Namespace) -> "RunStore":
    """Return the runs in the folder that the options name."""
    from hnviz.runs import RunStore, default_runs_dir

    return RunStore(options.runs_dir or default_runs_dir())


def pair(text: str, wanted: str) -> tuple[str, str]:
    """Read NAME=VALUE. Raises CommandError, which begins with what is wanted."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise CommandError(f"{wanted}; got {text!r}")
    return name, value


def folder(text: str) -> Path:
    """Read a folder's name; refuse an empty one, as from an unset variable."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a folder must have a name; got an empty one")
    return Path(text)


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add the option for a file of models."""
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FILE",
        help="your own models: a Python file with their classes and entries; those of recorded "
        "runs need no entry (default: $HNVIZ_MODELS)",
    )


def add_runs_dir(parser: argparse.ArgumentParser) -> None:
    """Add the option for the folder of runs."""
    parser.add_argument(
        "--runs-dir",
        type=folder,
        metavar="DIR",
        help="folder of the runs (default: $HNVIZ_RUNS_DIR, or ./runs)",
    )


def add_text(parser: argparse.ArgumentParser) -> None:
    """Add the options for a corpus and for the user's own text."""
    parser.add_argument("--corpus", metavar="ID", help="such as numbers-fr, or task-recall-gap.6")
    parser.add_argument("--text", type=Path, metavar="FILE", help="your own UTF-8 text, up to 5 MB")
    parser.add_argument("--tokens", help="tokens of your text: word, char, bpe (default word)")
    parser.add_argument("--merges", type=whole, help="of bpe, byte-pair encoding (default 500)")
    parser.add_argument("--min-count", type=whole, help="a rarer token is unknown (default 1)")
    parser.add_argument("--valid-percent", type=whole, help="of your text, its end (default 10)")


def chosen_corpus(options: argparse.Namespace) -> str | None:
    """Return the corpus that the options choose; None for the default. Raises CommandError."""
    given = {name: value for name in _OWN if (value := getattr(options, name)) is not None}
    if options.text is None:
        for name in given:
            raise CommandError(f"--{name.replace('_', '-')} needs --text FILE")
        return str(options.corpus) if options.corpus is not None else None
    if options.corpus is not None:
        raise CommandError("choose --corpus or --text, not both")

    from hnviz.data.corpora import CorpusError
    from hnviz.data.corpora.own import Way, own_corpus

    with options.text.open("rb") as file:
        content = file.read(_MAX_READ_BYTES)
    try:
        return own_corpus(content, Way(**{_OWN[name]: value for name, value in given.items()})).id
    except CorpusError as error:
        raise CommandError(f"{options.text}: {error}") from error
