"""``hnviz reproduce``: train all models and compare with the notebook's figures."""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

from hnviz.cli.parser import CommandError, in_range, whole
from hnviz.cli.train import add_settings
from hnviz.cli.training import Progress, use_one_thread
from hnviz.config import RunConfig
from hnviz.events import BatchEnd, Ended, EpochEnd
from hnviz.models.catalogue import CATALOGUE

HEAD = f"{'model':7} {'seed':>4}  {'figure':10}  {'here':>7}  {'notebook':>8}  ten seeds of fastai"
MAX_SEEDS = 1000


class Figure(NamedTuple):
    """One final figure of one run."""

    column: str
    here: float
    notebook: float
    low: float | None  # of the reference's ten seeds; None if not measured
    high: float | None

    def word(self) -> str:
        """Say whether the figure is inside the range.

        The ends of the range are rounded, so one unit in the last decimal is allowed.
        """
        if self.low is None or self.high is None:
            return "not measured"
        slack = 10 ** -_digits(self.high)
        return "inside" if self.low - slack <= self.here <= self.high + slack else "outside"

    def line(self) -> str:
        """Return a line with the figure and the notebook's."""
        digits = _digits(self.notebook)
        known = self.low is not None and self.high is not None
        ends = f"{self.low:.{digits}f} to {self.high:.{digits}f}  " if known else ""
        return (
            f"{self.column:10}  {self.here:7.{digits}f}  {self.notebook:8.{digits}f}  "
            f"{ends}{self.word()}"
        )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that may differ from the notebook's runs."""
    parser.add_argument(
        "--seeds",
        type=whole,
        default=1,
        metavar="N",
        help="runs per model, seeds 0 to N-1 (default 1)",
    )
    add_settings(parser, ("bn_init", "device", "form"))


def run(options: argparse.Namespace) -> int:
    """Train all models, seed by seed. A figure outside its range is reported, not a failure."""
    from hnviz.runs import notebook_table

    seeds = in_range("seeds", options.seeds, 1, MAX_SEEDS)
    chosen = {
        "bn_init": options.bn_init or "uniform",
        "device": options.device,
        "form": options.form,
    }
    configs = [
        RunConfig.for_model(model, seed=seed, **chosen)
        for seed in range(seeds)
        for model in CATALOGUE
        if not notebook_table(model).empty  # the user's own model is not in it
    ]
    words = []
    print(HEAD, flush=True)
    for config in configs:
        for figure in final_figures(config):
            print(f"{config.model:7} {config.seed:>4}  {figure.line()}", flush=True)
            words.append(figure.word())
    measured = len(words) - words.count("not measured")
    print(
        f"{words.count('inside')} of {measured} figures are inside; "
        "about one seed in three has one outside"
    )
    return 0


def final_figures(config: RunConfig) -> Iterator[Figure]:
    """Train a run and yield its last epoch's figures. Raises CommandError if there are none."""
    from hnviz.runs import notebook_table, reference_range

    last = train_to_the_end(config)
    printed = notebook_table(config.model).iloc[-1]
    for column in ("train_loss", "valid_loss", "accuracy"):
        low, high = reference_range(config.model, config.bn_init, column) or (None, None)
        yield Figure(column, getattr(last, column), float(printed[column]), low, high)


def train_to_the_end(config: RunConfig) -> EpochEnd:
    """Train a run without a run folder; return its last epoch. Raises CommandError."""
    from hnviz.learn import DeviceError, Learner

    use_one_thread()
    try:
        learner = Learner(config)
    except DeviceError as error:
        raise CommandError(str(error)) from error
    progress = Progress(learner.n_steps, f"{config.model}, seed {config.seed} ")
    last: EpochEnd | None = None
    for event in learner.events():
        if isinstance(event, BatchEnd):
            progress.update(event.step + 1, event.smooth_loss)
        elif isinstance(event, EpochEnd):
            last = event
        elif isinstance(event, Ended):
            progress.clear()
            if event.status != "finished" or last is None:
                raise CommandError(f"{config.model} with seed {config.seed}: {event.message}")
    if last is None:
        raise CommandError(f"{config.model} with seed {config.seed} did not finish an epoch")
    return last


def _digits(figure: float) -> int:
    """Return the number of decimals that the reference gives for figures of this size."""
    return 3 if figure >= 0.1 else 4


COMMANDS = {"reproduce": (add_options, run)}
