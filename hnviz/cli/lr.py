"""``hnviz lr``: find a learning rate by a range test."""

import argparse
import json
import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hnviz.cli.parser import CommandError, add_models, add_text, chosen_corpus
from hnviz.cli.train import OPTIONS, add_settings
from hnviz.cli.training import Progress, loading, use_one_thread
from hnviz.config import RunConfig
from hnviz.estimate import Budget
from hnviz.events import BatchEnd, Ended, EpochEnd, Event
from hnviz.lr_finder import (
    BENCH_EPOCHS,
    STEPS,
    Suggestion,
    bench,
    range_test,
    rate_text,
    suggestions,
)
from hnviz.models.catalogue import CATALOGUE

USED = tuple(name for name in OPTIONS if name not in ("lr", "epochs"))
EVERY = 5  # mini-batches between two rows of the table


class Tried(NamedTuple):
    """A short run at one rate, with the figures of its last epoch."""

    lr: float
    status: str
    train_loss: float | None
    accuracy: float | None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the model, and the settings that a test uses."""
    named = f"{', '.join(CATALOGUE)}, or one of your own (default Model5)"
    parser.add_argument("model", nargs="?", default="Model5", metavar="MODEL", help=named)
    add_settings(parser, USED)
    add_text(parser)
    add_models(parser)
    tries = (
        f"also train {BENCH_EPOCHS} epochs at a tenth of the rate, at the rate and at ten times it"
    )
    parser.add_argument("--bench", action="store_true", help=tries)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Test rates and print what the losses suggest; 1 if they suggest none. Stores nothing."""
    given = {name: getattr(options, name) for name in USED}
    config = RunConfig.for_model(options.model, corpus=chosen_corpus(options), **given)
    tested = range_test(config)

    with loading():
        from hnviz.learn import DeviceError, RangeTest, fit
        from hnviz.runs import default_runs_dir

    use_one_thread()
    if problem := Budget.here(1, default_runs_dir(), os.environ).problem(tested):
        raise CommandError(problem)
    try:
        steps, message = _followed(RangeTest(tested).events())
        rates, losses = [step.lr for step in steps], [step.smooth_loss for step in steps]
        found = suggestions(rates, losses)
        tries = bench(config, found["valley"].lr) if options.bench and found else ()
        tried = [_tried(each.lr, fit(each)) for each in tries]
    except DeviceError as error:
        raise CommandError(str(error)) from error
    if options.json:
        print(json.dumps(_as_object(steps, found, tried)))
    else:
        _show(steps, message, found, tried)
    return 0 if found else 1


def _followed(events: Iterable[Event]) -> tuple[list[BatchEnd], str]:
    """Follow a test, with a bar on stderr; return its steps and how it ended."""
    progress, steps, message = Progress(STEPS), list[BatchEnd](), ""
    for event in events:
        if isinstance(event, BatchEnd):
            steps.append(event)
            progress.update(event.step + 1, event.smooth_loss)
        elif isinstance(event, Ended):
            message = event.message
    progress.clear()
    return steps, message


def _tried(lr: float, events: Iterable[Event]) -> Tried:
    """Train a short run to its end."""
    status, loss, accuracy = "", None, None
    for event in events:
        if isinstance(event, EpochEnd):
            loss, accuracy = event.train_loss, event.accuracy
        elif isinstance(event, Ended):
            status = event.status
    return Tried(lr, status, loss, accuracy)


def _as_object(
    steps: Sequence[BatchEnd], found: dict[str, Suggestion], tried: Sequence[Tried]
) -> dict[str, object]:
    return {
        "lr": [step.lr for step in steps],
        "loss": [step.loss for step in steps],
        "smooth_loss": [step.smooth_loss for step in steps],
        "suggestions": {name: each._asdict() for name, each in found.items()},
        "bench": [each._asdict() for each in tried],
    }


def _show(
    steps: Sequence[BatchEnd],
    message: str,
    found: dict[str, Suggestion],
    tried: Sequence[Tried],
) -> None:
    """Print every fifth mini-batch, then the suggestions, then the results of the short runs."""
    print(f"{'mini-batch':>10}  {'lr':>8}  {'loss':>8}  {'smoothed':>8}")
    for step in steps[EVERY - 1 :: EVERY]:
        losses = f"{step.loss:8.3f}  {step.smooth_loss:8.3f}"
        print(f"{step.step + 1:10}  {rate_text(step.lr):>8}  {losses}")
    print(f"The test ended: {message}.")
    for name, each in found.items():
        where = f"mini-batch {each.at + 1}, smoothed loss {each.loss:.3f}"
        print(f"{name}: lr {rate_text(each.lr)} ({where})")
    if not found:
        print("The loss never fell, so the test suggests no rate.")
    for run in tried:
        if run.status != "finished" or run.train_loss is None or run.accuracy is None:
            print(f"lr {rate_text(run.lr)}: {run.status}")
            continue
        reached = (
            f"running loss on train {run.train_loss:.3f}, accuracy on valid {run.accuracy:.3f}"
        )
        print(f"lr {rate_text(run.lr)}, {BENCH_EPOCHS} epochs: {reached}")


COMMANDS = {"lr": (add_options, run)}
