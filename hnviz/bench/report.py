"""The output of the bench."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from hnviz.bench.pairs import Comparison, compare
from hnviz.config import RunConfig
from hnviz.engine.machine import describe, processor
from hnviz.learn import FAST
from hnviz.models.catalogue import CATALOGUE

N_PAIRS = 20  # minimum epochs of each; whole runs are timed
SLOWEST = 1.05  # times the plain loop, at most
FASTER = 1.2  # times the plain loop's speed, at least, for the fast form

HEAD = "model   form    plain s/epoch  hnviz s/epoch  hnviz/plain  whole run"


def main(
    *, models: Sequence[str] = tuple(CATALOGUE), n_pairs: int = N_PAIRS, as_json: bool = False
) -> int:
    """Time hnviz, with events and run folder, against a plain torch loop; print the ratios.

    With `as_json`, print one object for the machine and one per model and form. Always returns 0:
    on a busy machine a ratio says little.
    """
    torch.set_num_threads(1)  # as in every trainer: two threads are no faster
    say = _say_json if as_json else _say_lines
    for line in say(describe(), _comparisons(models, n_pairs)):
        print(line, flush=True)
    return 0


def _comparisons(models: Iterable[str], n_pairs: int) -> Iterator[Comparison]:
    for model in models:
        for form in ("plain", "fast") if model in FAST else ("plain",):
            yield compare(RunConfig.for_model(model, form=form, device="cpu"), n_pairs)


def verdict(comparison: Comparison) -> str:
    """Say whether the worse of the two ratios, of an epoch and of whole runs, is as promised."""
    worse = max(comparison.ratio, comparison.total_ratio)
    if comparison.form == "plain":
        return "as promised" if worse <= SLOWEST else f"above {SLOWEST}"
    faster = 1 / worse
    return f"{faster:.2f} times faster, " + (
        "as promised" if faster >= FASTER else f"below {FASTER}"
    )


def _say_lines(machine: dict[str, Any], comparisons: Iterable[Comparison]) -> Iterator[str]:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield f"{processor()}; {machine['machine']}"
    yield f"{versions}; {torch.get_num_threads()} thread"
    yield "hnviz, with events and run folder, against a plain torch loop, in alternating steps;"
    yield "medians over epochs; the fast form is compared with the plain loop too;"
    yield "the verdict uses the worse of the two ratios"
    yield ""
    yield HEAD
    for each in comparisons:
        yield (
            f"{each.model:7} {each.form:6} {each.plain:14.3f} {each.hnviz:14.3f} "
            f"{each.ratio:12.3f} {each.total_ratio:10.3f}  {verdict(each)}"
        )


def _say_json(machine: dict[str, Any], comparisons: Iterable[Comparison]) -> Iterator[str]:
    yield json.dumps({"machine": machine, "threads": torch.get_num_threads()})
    for each in comparisons:
        yield json.dumps(
            {
                "model": each.model,
                "form": each.form,
                "plain_seconds": each.plain,
                "hnviz_seconds": each.hnviz,
                "ratio": each.ratio,
                "total_ratio": each.total_ratio,
                "n_epochs": len(each.pairs),
                "verdict": verdict(each),
            }
        )
