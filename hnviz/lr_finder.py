"""The learning rate finder: what a range test tries, and what its losses suggest.

In a range test lr rises with each mini-batch, from far too low to far too high, and the loss shows
which rates work (L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017). The
ramp, the smoothing, the end and both suggestions are those of fast.ai's `lr_find`; PyTorch
Lightning's has the same ramp, smoothing and end.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, stream_of
from hnviz.schedule import Schedule

LOWEST, HIGHEST = 1e-7, 10.0  # learning rates of the first and the last mini-batch
STEPS = 100  # mini-batches
MOMENTUM = 0.9  # Adam's beta1, the same in every step
DIVERGED = 4.0  # times the lowest smoothed loss: there the test ends
SKIPPED, LEFT_OUT = STEPS // 10, 5  # points at the start and the end that are not considered
FEWEST = 5  # points that a suggestion needs

BENCH = (0.1, 1.0, 10.0)  # factors of the rate that short runs try
BENCH_EPOCHS = 2


class Suggestion(NamedTuple):
    """A learning rate that a test suggests."""

    lr: float  # of two digits
    loss: float  # the smoothed loss there
    at: int  # its mini-batch, from 0


def ramp() -> Schedule:
    """Return the plan of a test: lr rises by the same factor in each of STEPS steps."""
    return Schedule(np.geomspace(LOWEST, HIGHEST, STEPS), np.full(STEPS, MOMENTUM))


def range_test(config: RunConfig) -> RunConfig:
    """Return the config of a test of a run's settings.

    A setting that the test does not use has one value, so runs that differ only in it share a test.
    """
    n_batches = BatchLayout(len(stream_of(config).train), config.bs, config.bptt).n_batches
    return replace(config, lr=HIGHEST, epochs=-(-STEPS // n_batches), pct_start=0.3)


def bench(config: RunConfig, lr: float) -> tuple[RunConfig, ...]:
    """Return three short runs: with a tenth of a rate, with the rate, with ten times the rate."""
    rates = (two_digits(times * lr) for times in BENCH)
    return tuple(replace(config, lr=rate, epochs=BENCH_EPOCHS) for rate in rates)


def suggestions(lr: Sequence[float], smooth: Sequence[float]) -> dict[str, Suggestion]:
    """Return what a test's rates and smoothed losses suggest; empty if the loss never fell.

    "valley": the middle of the longest stretch over which the loss falls, fast.ai's default.
    "steepest": where it falls fastest per factor in lr.
    """
    last = len(smooth) - LEFT_OUT
    rates, losses = np.asarray(lr[SKIPPED:last]), np.asarray(smooth[SKIPPED:last])
    if len(losses) < FEWEST:
        return {}
    slopes = np.diff(losses) / np.diff(np.log(rates))
    if slopes.min() >= 0:
        return {}
    found = {"valley": _valley(losses), "steepest": int(slopes.argmin())}
    return {
        name: Suggestion(two_digits(rates[at]), float(losses[at]), SKIPPED + at)
        for name, at in found.items()
    }


def _valley(losses: NDArray[np.float64]) -> int:
    """Return the index in the middle of the longest falling subsequence's stretch."""
    falls = np.ones(len(losses), dtype=np.int64)  # length of the longest one that ends here
    for at in range(1, len(losses)):
        falls[at] = 1 + falls[:at][losses[:at] > losses[at]].max(initial=0)
    end = int(falls.argmax())
    start = max(0, end - int(falls[end]))
    third = (end - start) / 3
    return start + int(third) + int(third / 2)


def rate_text(lr: float) -> str:
    """Write a rate with two digits: 4.0e-4, 3.3, 10."""
    if lr >= 1:
        return f"{lr:.2g}"
    digits, exponent = f"{lr:.1e}".split("e")
    return f"{digits}e{int(exponent)}"


def two_digits(lr: float) -> float:
    """Round a rate to two digits."""
    return float(f"{lr:.1e}")
