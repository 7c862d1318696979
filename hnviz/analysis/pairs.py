"""What the same seeds say of two settings: the mean difference, and how sure it is."""

from collections.abc import Sequence
from itertools import product
from math import sqrt
from statistics import fmean, variance
from typing import NamedTuple


class Paired(NamedTuple):
    """The difference of two sides over n seeds, as hnviz/app/kit/js/seeds.js has it."""

    n: int
    mean: float
    low: float  # the 95 % interval of the mean difference, by Student's t
    high: float
    least: float  # the difference of the seed with the smallest
    most: float  # and with the largest
    against: int  # of all ways to take one run a side, those that do not have the sign of the mean
    ways: int


def paired(pairs: Sequence[tuple[float, float]]) -> Paired:
    """Compare the figures of each seed on both sides; `pairs` has two or more."""
    from scipy.stats import t  # takes a second

    gaps = [to - one for one, to in pairs]
    mean, n = fmean(gaps), len(gaps)
    half = float(t.ppf(0.975, n - 1)) * sqrt(variance(gaps) / n)
    chosen = [to - one for (one, _), (_, to) in product(pairs, pairs)]
    against = sum(_sign(each) != _sign(mean) for each in chosen)
    return Paired(n, mean, mean - half, mean + half, min(gaps), max(gaps), against, len(chosen))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
