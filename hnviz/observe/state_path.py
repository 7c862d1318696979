"""The path of the state while a model counts, along the two directions in which it moves most."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.data import CorpusError, corpus_of
from hnviz.data.places import SLOTS, split_places
from hnviz.observe.passes import split_states
from hnviz.observe.subject import Subject

FITTED_ON = "train"
AHEAD = ("comma", "“hundred”")  # slots at the high end of each axis, so that no axis flips


class StatePath(NamedTuple):
    """Points in token order."""

    at: NDArray[np.int64]  # positions in the split, (n,)
    points: NDArray[np.float64]  # (n, 2)
    explained: NDArray[np.float64]  # share of the states' variance along each axis, (2,)


class Axes(NamedTuple):
    """Two directions in a layer's states."""

    middle: NDArray[np.float64]  # (nh,)
    directions: NDArray[np.float64]  # (2, nh), of length 1
    explained: NDArray[np.float64]  # (2,)


def state_path(subject: Subject, layer: int, split: str, numbers: tuple[int, int]) -> StatePath:
    """Follow the state over the tokens of the numbers from first to last, including commas."""
    read = corpus_of(subject.config)
    if not read.has_digits:
        raise CorpusError(f"{read.title} has no numbers whose path could be followed")
    axes = fit_axes(subject, layer)
    number = split_places(split, subject.config).number
    at = np.flatnonzero((number >= numbers[0]) & (number <= numbers[1]))
    states = split_states(subject, split)[layer][at]
    return StatePath(at, (states - axes.middle) @ axes.directions.T, axes.explained)


def fit_axes(subject: Subject, layer: int) -> Axes:
    """Fit a PCA to the states after every token of train.

    A direction's sign is arbitrary: the first points to the average comma, the second to the
    average "hundred".
    """
    # Imported here: the fork server imports this module and must start fast, and scikit-learn
    # takes a second.
    from sklearn.decomposition import PCA

    states = split_states(subject, FITTED_ON)[layer].astype(np.float64)
    pca = PCA(n_components=2, svd_solver="covariance_eigh").fit(states)
    slot = split_places(FITTED_ON, subject.config).slot
    directions = pca.components_.copy()
    for axis, name in enumerate(AHEAD):
        there = states[slot == SLOTS.index(name)].mean(axis=0) - pca.mean_
        if directions[axis] @ there < 0:
            directions[axis] *= -1
    return Axes(pca.mean_, directions, np.nan_to_num(pca.explained_variance_ratio_))
