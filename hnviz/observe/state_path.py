"""The state's path while a model counts, in the two directions in which it moves most."""

from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.data import CorpusError, corpus_of, numbers_of
from hnviz.data.numbers import LAST_NUMBER
from hnviz.data.places import SLOTS, split_places
from hnviz.observe.passes import split_states
from hnviz.observe.question import LAST_LAYER, Layer, Range, question
from hnviz.observe.subject import Subject
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

FITTED_ON = "train"
LONGEST_PATH = 100  # numbers
AHEAD = ("comma", "“hundred”")  # slots that lie at the high end of each axis, so that no axis flips

FIRST: Any = Of("first", lambda asked: asked.values["first"])
FARTHEST: Any = Of(
    "first plus 99", lambda asked: min(asked.values["first"] + LONGEST_PATH - 1, LAST_NUMBER)
)


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


@question(slow=True)
def ask_state_path(
    subject: Subject,
    layer: Layer = LAST_LAYER,
    first: Annotated[int, Range(1, LAST_NUMBER)] = 1,
    last: Annotated[int, Range(FIRST, FARTHEST)] = FIRST,
) -> Reply:
    """Follow a `layer`'s state over the numbers `first` to `last`, all in one split.

    arrays: "points", float64 (n, 2); "ids"; "number" and "slot" of each token. meta: "explained",
    the share of all variance along each axis; "split"; "at", the first token's position in it.
    """
    split = _split_with(subject, first, last)
    found = state_path(subject, layer, split, (first, last))
    places = split_places(split, subject.config)
    arrays: dict[str, NDArray[Any]] = {
        "points": found.points,
        "ids": subject.stream.ids(split)[found.at],
        "number": places.number[found.at],
        "slot": places.slot[found.at],
    }
    meta = {"explained": found.explained.tolist(), "split": split, "at": int(found.at[0])}
    return Reply(arrays, meta)


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

    A direction's sign would be arbitrary: the first points to the average comma, the second to
    the average "hundred".
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


def _split_with(subject: Subject, first: int, last: int) -> str:
    """Return the split that holds all numbers from first to last."""
    numbers = numbers_of(subject.config)
    found = numbers.stretch_with(first)
    if found is not None and last in found[1]:
        return found[0]
    if subject.config.split == "notebook":
        raise ValueError(
            "8000 is in neither train nor valid: a path lies in 1 to 7999 or in 8001 to 9999; "
            f"got {first} to {last}"
        )
    here = f"{first} is in neither train nor valid"
    if found is not None:
        text, stretch = found
        here = f"{text} holds {stretch[0]} to {stretch[-1]} around {first}"
    raise ValueError(f"a path lies in one text without a gap, and {here}; got {first} to {last}")
