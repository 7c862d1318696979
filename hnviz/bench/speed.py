"""Times hnviz against a loop such as you would write in a notebook.

The plain loop shares only penalties with hnviz. Both train in alternating steps of one process, so
that a busy machine slows both.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, batches, stream_of
from hnviz.engine.machine import describe, processor
from hnviz.engine.trainer import Control, record
from hnviz.events import BatchEnd, EpochEnd, Event
from hnviz.learn import FAST, LanguageModel, Learner, model_class
from hnviz.learn.penalty import penalty_of
from hnviz.learn.state import mapped
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.runs import RunStore
from hnviz.runs.files import scratch
from hnviz.schedule import one_cycle

Pairs = list[tuple[Tensor, Tensor]]  # x and y of every mini-batch

WARM_UP = 50  # steps

N_PAIRS = 20  # epochs of each, at least; whole runs are timed
SLOWEST = 1.05  # at most so many times the plain loop's time
FASTER = 1.2  # for the fast form, at least so many times the plain loop's speed

HEAD = "model   form    plain s/epoch  hnviz s/epoch  hnviz/plain  whole run"


def plain_loop(config: RunConfig) -> Iterator[list[float]]:
    """Train the plain form of a model on the cpu with the notebook's recipe.

    Yields the list of losses after each step, and [valid loss, accuracy] after each epoch.
    """
    stream = stream_of(config)
    torch.manual_seed(config.seed)
    model = model_class(config.model)(len(stream.vocab), config.nh)
    train, valid = _mini_batches(stream.train, config), _mini_batches(stream.valid, config)
    lr, momentum = one_cycle(len(train) * config.epochs, config.lr, config.pct_start)
    schedule = iter(zip(lr.tolist(), momentum.tolist(), strict=True))
    penalty = penalty_of(model, entry(config.model))
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01, fused=True)
    state = model.init_state(config.bs)
    losses: list[float] = []
    for _ in range(config.epochs):
        model.train()
        for x, y in train:
            group = optimizer.param_groups[0]
            group["lr"], beta1 = next(schedule)
            group["betas"] = (beta1, 0.99)
            logits, after = model(x, state)
            if model.stateful:
                state = mapped(after, Tensor.detach)
            loss, _ = _loss(model, logits, y)
            (loss + penalty.take() if penalty else loss).backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            yield losses
        model.eval()
        figures = []
        with torch.no_grad():
            for x, y in valid:
                logits, after = model(x, state)
                if model.stateful:
                    state = after
                loss, y = _loss(model, logits, y)
                figures.append((loss.item(), (logits.argmax(-1) == y).float().mean().item()))
        yield np.mean(figures, axis=0).tolist()


def _mini_batches(ids: NDArray[np.int64], config: RunConfig) -> Pairs:
    layout = BatchLayout(len(ids), config.bs, config.bptt)
    return [(torch.from_numpy(b.x), torch.from_numpy(b.y)) for b in batches(ids, layout)]


def _loss(model: LanguageModel, logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss and its targets."""
    if model.predicts == "last":
        y = y[:, -1]
    return F.cross_entropy(logits.flatten(0, -2), y.flatten()), y


class Pair(NamedTuple):
    """Seconds for one epoch, including its pass over valid."""

    hnviz: float
    plain: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model in one form, timed."""

    model: str
    form: str
    pairs: tuple[Pair, ...]

    @property
    def hnviz(self) -> float:
        """Median seconds per epoch."""
        return median(pair.hnviz for pair in self.pairs)

    @property
    def plain(self) -> float:
        """Median seconds per epoch of the plain loop."""
        return median(pair.plain for pair in self.pairs)

    @property
    def ratio(self) -> float:
        """Median of hnviz's time divided by the plain loop's."""
        return median(pair.hnviz / pair.plain for pair in self.pairs)

    @property
    def total_ratio(self) -> float:
        """The same ratio over all epochs, including the early ones with their many snapshots."""
        return sum(pair.hnviz for pair in self.pairs) / sum(pair.plain for pair in self.pairs)


def compare(config: RunConfig, n_pairs: int) -> Comparison:
    """Time whole runs, each in its own run folder, until there are n_pairs epochs."""
    for _ in islice(plain_loop(config), WARM_UP):
        pass  # torch's one-time work counts for neither
    pairs: list[Pair] = []
    while len(pairs) < n_pairs:
        pairs += _recorded_run(config)
    return Comparison(config.model, config.form, tuple(pairs))


def _recorded_run(config: RunConfig) -> list[Pair]:
    with scratch() as root:
        learner = _Paced(config)
        with RunStore(root).create(config).writer() as writer:
            record(learner, writer, Control())
        return learner.pairs


class _Paced(Learner):
    """A learner that runs a step of the plain loop after each of its own."""

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        self.pairs: list[Pair] = []

    def events(self) -> Iterator[Event]:
        plain, hnviz_seconds, plain_seconds = plain_loop(self.config), 0.0, 0.0
        started = time.perf_counter()
        for event in super().events():
            yield event  # resumes once the event has been recorded
            if not isinstance(event, (BatchEnd, EpochEnd)):
                continue
            handed_over = time.perf_counter()
            next(plain)
            done = time.perf_counter()
            hnviz_seconds += handed_over - started
            plain_seconds += done - handed_over
            if isinstance(event, EpochEnd):
                self.pairs.append(Pair(hnviz_seconds, plain_seconds))
                hnviz_seconds = plain_seconds = 0.0
            started = time.perf_counter()


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
    """Say whether the worse ratio, of an epoch or of whole runs, is as promised."""
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
