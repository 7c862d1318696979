"""``hnviz bench``: hnviz beside a plain torch loop."""

import argparse

from hnviz.catalogue import CATALOGUE
from hnviz.cli.parser import in_range, whole
from hnviz.config import RunConfig

SUMMARY = "time hnviz beside a plain torch loop of the same model"

PAIRS = 20
MAX_PAIRS = 10_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what to time, and how often."""
    parser.add_argument(
        "--model", action="append", help="one model; may be given more than once (default: all)"
    )
    parser.add_argument(
        "--pairs",
        type=whole,
        default=PAIRS,
        metavar="N",
        help=f"epochs of each form to time, at least (default {PAIRS})",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a model and form")


def run(options: argparse.Namespace) -> int:
    """Run the bench."""
    models = options.model or list(CATALOGUE)
    for model in models:
        RunConfig.for_model(model)
    pairs = in_range("pairs", options.pairs, 1, MAX_PAIRS)

    from hnviz.bench import main

    return main(models=models, n_pairs=pairs, as_json=options.json)
