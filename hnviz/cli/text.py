"""The options that choose what a run reads."""

import argparse
from pathlib import Path

from hnviz.cli.parser import CommandError, whole

_MOST_READ = 10**8  # bytes; a longer file is refused all the same
_OWN = {"tokens": "level", "merges": "merges", "min_count": "min_count", "valid_percent": "valid"}
"""The options for an own text, and the field of `Way` that each sets."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for a corpus and for an own text."""
    parser.add_argument("--corpus", metavar="ID", help="such as numbers-fr, or task-recall-gap.6")
    parser.add_argument("--text", type=Path, metavar="FILE", help="your own UTF-8 text, up to 5 MB")
    parser.add_argument("--tokens", help="of your text: word, char, bpe (default word)")
    parser.add_argument("--merges", type=whole, help="of bpe, byte-pair encoding (default 500)")
    parser.add_argument("--min-count", type=whole, help="a rarer token is unknown (default 1)")
    parser.add_argument("--valid-percent", type=whole, help="of your text, its end (default 10)")


def chosen(options: argparse.Namespace) -> str | None:
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
        content = file.read(_MOST_READ)
    try:
        return own_corpus(content, Way(**{_OWN[name]: value for name, value in given.items()})).id
    except CorpusError as error:
        raise CommandError(f"{options.text}: {error}") from error
