"""``hnviz bench``: time hnviz against a plain torch loop."""

import argparse

from hnviz.catalogue import CATALOGUE
from hnviz.cli.parser import in_range, whole
from hnviz.config import RunConfig

SUMMARY = "time hnviz against a plain torch loop of the same model"

PAIRS = 20
MAX_PAIRS = 10_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for what to time, and how often."""
    parser.add_argument(
        "--model", action="append", help="a model to time; repeat for several (default: all)"
    )
    parser.add_argument(
        "--pairs",
        type=whole,
        default=PAIRS,
        metavar="N",
        help=f"minimum epochs to time for each form (default {PAIRS})",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON, one object per model and form"
    )


def run(options: argparse.Namespace) -> int:
    """Run the bench."""
    models = options.model or list(CATALOGUE)
    for model in models:
        RunConfig.for_model(model)
    pairs = in_range("pairs", options.pairs, 1, MAX_PAIRS)

    from hnviz.bench import main

    return main(models=models, n_pairs=pairs, as_json=options.json)
