"""Directions in a layer's state: given, of a digit, or at random; always orthonormal rows."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hnviz.data import CorpusError, corpus_of
from hnviz.data.places import LABELS, SLOTS, split_places
from hnviz.observe.passes import split_states
from hnviz.observe.probes import SPLIT, fitted
from hnviz.observe.subject import Subject

DIGITS = LABELS[1:]
LEAST = 1e-6  # of the largest: a smaller singular value is rounding

Basis = NDArray[np.float64]
"""(k, nh)"""


def independent(direction: ArrayLike, nh: int) -> Basis:
    """Return an orthonormal basis of one direction, (nh,), or several, (k, nh).

    Raises ValueError for another length, zero, and directions of which one follows from others.
    """
    given = direction.detach().numpy() if hasattr(direction, "detach") else direction
    rows = np.atleast_2d(np.asarray(given, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != nh:
        raise ValueError(f"a direction has {nh} numbers, one per unit; got the shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("a direction has finite numbers; got one that is not")
    if not rows.any(axis=1).all():
        raise ValueError("a direction of zeros points nowhere: one of its numbers must not be 0")
    basis = _spanned(rows)
    if len(basis) < len(rows):
        raise ValueError(
            f"{len(rows)} directions were given and they span {len(basis)}: leave out those that "
            "follow from others"
        )
    return basis


def digit_directions(subject: Subject, layer: int, digit: str, without: NDArray[np.int64]) -> Basis:
    """Return all directions from which a linear probe reads a digit of the last number.

    It is `digit_probe`. Raises ValueError.
    """
    return read_along(digit_probe(subject, layer, digit, without))


def digit_probe(subject: Subject, layer: int, digit: str, without: NDArray[np.int64]) -> Any:
    """Fit a linear probe that reads a digit of the last number from a layer's state.

    It is fitted on the states after the last word of each number of train, but for some numbers.
    Its steps are scaler and ridge. Raises ValueError.
    """
    if digit not in DIGITS:
        raise ValueError(f"a digit is one of {', '.join(DIGITS)}; got {digit!r:.40}")
    read = corpus_of(subject.config)
    if not read.has_digits:
        raise CorpusError(f"{read.title} has no digits that a probe could read")
    places = split_places(SPLIT, subject.config)
    at = np.flatnonzero(places.slot == SLOTS.index("comma")) - 1
    at = at[~np.isin(places.number[at], without)]
    states = split_states(subject, SPLIT)[layer][at].astype("f8")  # (n, nh)
    return fitted(states, places.label(digit)[at])


def read_along(probe: Any) -> Basis:
    """Return an orthonormal basis of all directions that a probe reads along."""
    scaler, ridge = probe
    return _spanned(np.atleast_2d(ridge.coef_ / scaler.scale_))


def random_directions(k: int, nh: int, draws: int, seed: int) -> list[Basis]:
    """Draw k directions several times, each way alike: a k-th of nh of an even variance."""
    chance = np.random.default_rng(seed)
    return [_spanned(chance.standard_normal((k, nh))) for _ in range(draws)]


def _spanned(rows: NDArray[np.float64]) -> Basis:
    """Return an orthonormal basis of what some rows, (n, nh), span."""
    _, sizes, basis = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(basis[sizes > LEAST * max(sizes[0], np.finfo(float).tiny)])
