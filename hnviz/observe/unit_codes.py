"""What each unit codes: how much of its variance a token's slot or digits explain.

This is eta squared: the variance of the means, one per value of the label, divided by the total
variance. It covers every token of train except xxbos; a comma belongs to the number before it.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.data.places import LABELS, SLOTS, split_places
from hnviz.observe.passes import split_states
from hnviz.observe.progress import reported
from hnviz.observe.question import LAST_LAYER, Layer, question
from hnviz.observe.subject import Subject
from hnviz.questions.view import Reply

SPLIT = "train"
LEAST = 0.05  # share of variance that a label must explain for a unit to join its group
_VALUES = {name: len(SLOTS) if name == "slot" else 10 for name in LABELS}


class Coded(NamedTuple):
    """One layer's units; labels are in the order of `LABELS`."""

    explained: NDArray[np.float64]  # (nh, n_labels): shares of variance, 0 for a constant unit
    means: list[NDArray[np.float64]]  # for each label, (n_values, nh)
    chance: float  # the largest share of a unit that shuffled labels explain
    n_tokens: int

    @property
    def order(self) -> list[int]:
        """The units, ordered by what they code: label by label, the best first within each.

        Units of which no label explains at least a twentieth come last.
        """
        return [int(unit) for unit in np.lexsort((-self.explained.max(axis=1), self._group))]

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The labels in that order, "little" last, each with its number of units."""
        counts = np.bincount(self._group, minlength=len(LABELS) + 1)
        named = zip((*LABELS, "little"), counts.tolist(), strict=True)
        return [(name, n) for name, n in named if n]

    @property
    def _group(self) -> NDArray[np.int64]:
        best = self.explained.argmax(axis=1)
        return np.where(self.explained.max(axis=1) < LEAST, len(LABELS), best)


@question(slow=True)
def ask_unit_codes(subject: Subject, layer: Layer = LAST_LAYER) -> Reply:
    """Return what share of each unit's variance over train each of `LABELS` explains.

    arrays: "explained", float64 (nh, 5); "means", float32 (47, nh), a unit's mean for each of the
    7 slots and the 10 digits of each place, nan for a value that does not occur. meta: "order",
    the units by what they code; "groups", its [label, count] pairs; "chance"; "n_tokens".
    """
    coded = unit_codes(subject, layer)
    arrays: dict[str, NDArray[Any]] = {
        "explained": coded.explained,
        "means": np.concatenate(coded.means).astype(np.float32),
    }
    meta = {
        "order": coded.order,
        "groups": coded.groups,
        "chance": coded.chance,
        "n_tokens": coded.n_tokens,
    }
    return Reply(arrays, meta)


@lru_cache(maxsize=16)
def unit_codes(subject: Subject, layer: int) -> Coded:
    """Measure all units of a layer."""
    places = split_places(SPLIT, subject.config)
    known = places.slot >= 0
    if not known.any():
        return _nothing(subject.config.nh)
    values = split_states(subject, SPLIT)[layer][known].astype(np.float64)  # (n, nh)
    spread = values.mean(axis=0), values.var(axis=0)
    rng = np.random.default_rng(0)
    shares, means, chance = [], [], []
    for name in reported(LABELS, "labels"):
        label = places.label(name)[known]
        share, mean = explained_by(values, label, _VALUES[name], spread)
        shares.append(share)
        means.append(mean)
        shuffled = explained_by(values, rng.permutation(label), _VALUES[name], spread)
        chance.append(shuffled[0].max())
    return Coded(np.stack(shares, axis=1), means, float(max(chance)), len(values))


def _nothing(nh: int) -> Coded:
    """Return the result for a text without digits."""
    means = [np.full((n_values, nh), np.nan) for n_values in _VALUES.values()]
    return Coded(np.zeros((nh, len(LABELS))), means, 0.0, 0)


def explained_by(
    values: NDArray[np.float64],
    label: NDArray[np.int64],
    n_values: int,
    spread: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return eta squared of each column of (n, units), and the means, (n_values, units).

    `spread` holds each column's mean and variance, which are the same for all labels. A constant
    column has 0 explained; the mean of a value that does not occur is nan.
    """
    mean, total = spread
    count = np.bincount(label, minlength=n_values)
    one_hot = (np.arange(n_values)[:, None] == label).astype(np.float64)  # (n_values, n)
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = one_hot @ values / count[:, None]
    away = np.nan_to_num(means - mean)
    between = count @ away**2 / len(values)
    moves = total > 1e-12
    return np.divide(between, total, out=np.zeros_like(total), where=moves), means
