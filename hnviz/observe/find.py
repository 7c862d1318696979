"""Finds where else those units are on that are on over some tokens."""

from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.data.places import split_places
from hnviz.data.stream import SPLITS
from hnviz.observe.passes import split_states
from hnviz.observe.question import LAST_LAYER, Asked, Layer, Range, question
from hnviz.observe.subject import Subject
from hnviz.observe.units import Text, read_stretch
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

Values = NDArray[np.float32]

SHOWN = 8  # ranges of each split


def _tokens(asked: Asked) -> int:
    ids = asked.values["ids"]
    return len(ids) if ids is not None else asked.values["n"] or 1


LAST_START: Any = Of("the text's last token", lambda asked: _tokens(asked) - 1)
LEFT: Any = Of("the tokens that are left", lambda asked: _tokens(asked) - asked.values["start"])


class Query(NamedTuple):
    """Tokens of a text, and the conditions under which a unit counts."""

    start: Annotated[int, Range(0, LAST_START)] = 0
    length: Annotated[int, Range(1, LEFT)] = 1
    threshold: float = 0.3
    edges: bool = False  # a unit must also be off just before and just after


class Matches(NamedTuple):
    """The ranges of a text in which most of the units count, best first."""

    at: NDArray[np.int64]  # first tokens of at most `most` ranges that do not overlap
    agree: NDArray[np.int64]  # how many units count in each
    gap: NDArray[np.float64]  # distance of the units' means from the query's, averaged over units
    whole: NDArray[np.int64]  # first tokens of all ranges in which all units count
    tally: NDArray[np.int64]  # number of ranges by how many units count, (n_units + 1,)


@question(slow=True)
def ask_find(subject: Subject, text: Text, query: Query, layer: Layer = LAST_LAYER) -> Reply:
    """Find where else those units are on that are on over `length` tokens of a text from `start`.

    The text is `ids`, or `n` tokens of `split` from `first`. "On" means above `threshold`; with
    `edges` a unit must be off just before and after. arrays: "units"; for each split "train_at",
    "train_agree" and "train_gap" of the best ranges, and "train_tally", ranges by how many units
    agree. meta: for each split "train_slots", how often each of `SLOTS` is the slot of the first
    token where all units agree.
    """
    values = read_stretch(subject, text).states[layer].astype(np.float32)
    units = units_on(values, query)
    arrays: dict[str, NDArray[Any]] = {"units": units}
    meta: dict[str, Any] = {}
    like = values[query.start : query.start + query.length]
    for split in SPLITS if len(units) else ():
        found = matches(split_states(subject, split)[layer], units, like, query, SHOWN)
        parts = found._asdict()
        arrays |= {f"{split}_{name}": parts[name] for name in ("at", "agree", "gap", "tally")}
        slots = split_places(split, subject.config).slot[found.whole]
        meta[f"{split}_slots"] = np.bincount(slots[slots >= 0], minlength=7).tolist()
    return Reply(arrays, meta)


def units_on(values: Values, query: Query) -> NDArray[np.int64]:
    """Return the units of (n, nh) that are on over the query's tokens.

    A unit is on where its state is above the threshold. It counts if it is on at each of the
    tokens; with `edges`, it must also be off at the tokens just before and just after, if they
    exist.
    """
    return np.flatnonzero(_counts(values > query.threshold, query.length, query.edges)[query.start])


def matches(
    values: Values, units: NDArray[np.int64], like: Values, query: Query, most: int
) -> Matches:
    """Find the ranges of a text, values (n, nh), where most of `units` count.

    Ties are ranked by how close the units' means over the range are to those of `like`, the
    states of the query's tokens, (length, nh).
    """
    chosen = values[:, units]  # (n, n_units)
    agree = _counts(chosen > query.threshold, query.length, query.edges).sum(axis=1)
    gap = np.abs(_means(chosen, query.length) - like[:, units].mean(axis=0)).mean(axis=1)
    at = _apart(np.lexsort((gap, -agree)), query.length, most)
    at = at[agree[at] > 0]
    tally = np.bincount(agree, minlength=len(units) + 1)
    return Matches(at, agree[at], gap[at], np.flatnonzero(agree == len(units)), tally)


def _counts(on: NDArray[np.bool_], length: int, edges: bool) -> NDArray[np.bool_]:
    """Return for each start and unit whether the unit counts, (n - length + 1, n_units)."""
    sums = np.zeros((len(on) + 1, on.shape[1]), dtype=np.int32)
    np.cumsum(on, axis=0, out=sums[1:])
    counts = sums[length:] - sums[:-length] == length
    if edges:
        counts[1:] &= ~on[: len(counts) - 1]
        counts[:-1] &= ~on[length:]
    return counts


def _means(values: Values, length: int) -> NDArray[np.float64]:
    sums = np.zeros((len(values) + 1, values.shape[1]))
    np.cumsum(values, axis=0, dtype=np.float64, out=sums[1:])
    means: NDArray[np.float64] = (sums[length:] - sums[:-length]) / length
    return means


def _apart(ranked: NDArray[np.int64], length: int, most: int) -> NDArray[np.int64]:
    """Keep the first `most` that overlap none of those already kept."""
    kept: list[int] = []
    for at in ranked:
        if all(abs(at - other) >= length for other in kept):
            kept.append(int(at))
            if len(kept) == most:
                break
    return np.array(kept, dtype=np.int64)
