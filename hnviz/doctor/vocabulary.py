"""Is valid numbered by train's vocabulary, or by one of its own? Only ids are known.

The pairs of neighbouring ids say it: where valid has other pairs than train, and numbering its ids
in another way gives back train's pairs, the ids are not the same words. A text of other words does
not do that, so a rule must also explain the numbering: ids in order of their counts or of their
first place in both, ids that fit once gaps are put in, or ids that fit no better than random ones.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.doctor.report import Finding, wrong

SMOOTHING = 0.1  # added to each count
DIFFERENT = 0.2  # nats a pair by which valid is less likely than a part of train held out
WORSE = 0.5  # nats by which another numbering must be better
REPEATED = 0.06  # of a word's places, which a pass may read twice or leave out
GAPS = 0.1  # of the ids, for words in the mini-batches that a pass leaves out
MIN_IDS = 6
MAX_IDS = 3_000  # a table of pairs of more takes too long
MAX_MOVED = 400  # ids for which gaps are searched
PERMUTATIONS = 200

Ids = NDArray[np.int64]
Table = NDArray[np.float64]

NAMES = ("vocab", "itos", "vocabulary", "words")


def of_vocabularies(
    train: Sequence[Ids], valid: Sequence[Ids], n_ids: int | None
) -> Finding | None:
    """Say that valid has its own numbering, from rows of ids in reading order; None if not.

    `n_ids` is how many ids the model knows, None if that was not seen.
    """
    top = max(int(row.max()) for row in (*train, *valid))
    if n_ids is not None and max(int(row.max()) for row in valid) >= n_ids:
        return _own(f"it has the id {top}, and the model knows only {n_ids} ids")
    if top >= MAX_IDS:
        return None
    n = top + 1
    fitted, held_out = (
        [row[: -len(row) // 5] for row in train],
        [row[-len(row) // 5 :] for row in train],
    )
    table = _log_pairs(_pairs(fitted, n))
    own, other = _pairs(held_out, n), _pairs(valid, n)
    usual, found = -_mean(table, own), -_mean(table, other)
    if found < usual + DIFFERENT:
        return None
    for rule in (_by_first_place, _by_count):
        if said := rule(train, valid, n):
            return _own(f"{said}. {_figures(usual, found)}")
    if _without_gaps(table, other, usual, n):
        return _own(f"its ids fit train's only once gaps are put in. {_figures(usual, found)}")
    if _no_better_than_chance(table, other):
        return _own(
            f"its pairs of ids are no more like train's than random ones. {_figures(usual, found)}"
        )
    return None


def named_vocabularies(train: object, valid: object) -> Finding | None:
    """Compare the vocabularies that loaders or their data sets name, if they do."""
    one, other = _named(train), _named(valid)
    if one is None or other is None or one == other:
        return None
    at = next(
        (at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )
    return _own(f"the vocabularies of loader and valid differ from id {at} on")


def _named(loader: object) -> list[Any] | None:
    for holder in (loader, getattr(loader, "dataset", None)):
        for name in NAMES:
            found = getattr(holder, name, None)
            found = getattr(found, "itos", found)
            if isinstance(found, dict):
                return [each for each, _ in sorted(found.items(), key=lambda pair: str(pair[1]))]
            if isinstance(found, list | tuple) and found:
                return [*found]
    return None


def _own(why: str) -> Finding:
    return wrong(
        "own-vocabulary",
        f"Valid is numbered by a vocabulary of its own, so its ids are other words: {why}",
        "valid",
        "vocabulary",
    )


def _figures(usual: float, found: float) -> str:
    return (
        f"A next id costs {found:.2f} nats on valid by train's pairs, and {usual:.2f} on a part of "
        "train."
    )


def _pairs(rows: Iterable[Ids], n: int) -> Table:
    """Count the pairs of neighbours, (n, n)."""
    counts = np.zeros((n, n))
    for row in rows:
        np.add.at(counts, (row[:-1], row[1:]), 1)
    return counts


def _log_pairs(counts: Table) -> Table:
    """Return log p of the second id after the first."""
    smooth = counts + SMOOTHING
    shares: Table = np.log(smooth / smooth.sum(1, keepdims=True))
    return shares


def _mean(table: Table, counts: Table) -> float:
    return float((table * counts).sum() / max(counts.sum(), 1))


def _counts(rows: Iterable[Ids], n: int) -> Ids:
    return np.bincount(np.concatenate([*rows]), minlength=n)


def _by_first_place(train: Sequence[Ids], valid: Sequence[Ids], n: int) -> str:
    """Return whether both number their ids as they first come."""
    both = [_first_places(rows) for rows in (train, valid)]
    rise = all(len(each) >= MIN_IDS and bool((np.diff(each) > 0).all()) for each in both)
    rise = rise and _dense(_counts(valid, n))
    return "in both texts, ids rise in the order in which they first come" if rise else ""


def _first_places(rows: Sequence[Ids]) -> Ids:
    """Return the ids in the order of their first places."""
    stream = np.concatenate([*rows])
    _, first = np.unique(stream, return_index=True)
    return stream[np.sort(first)]


def _by_count(train: Sequence[Ids], valid: Sequence[Ids], n: int) -> str:
    """Return whether both number their ids by how often they come, rare ids left out."""
    both = [_counts(rows, n) for rows in (train, valid)]
    fall = all(_falls(each) for each in both) and _dense(both[1])
    return "in both texts, ids fall in the order of how often they come" if fall else ""


def _dense(counts: Ids) -> bool:
    """Return whether ids have hardly a gap: a vocabulary has no words that its text lacks."""
    used = np.flatnonzero(counts[int(counts.argmax()) :])
    return len(used) >= (1 - GAPS) * (used[-1] + 1)


def _falls(counts: Ids) -> bool:
    """Return whether counts fall with the id, after special tokens, but for those read twice."""
    most = int(counts.argmax())
    found = counts[most:][counts[most:] > 0].astype(float)
    after = np.maximum.accumulate(found[::-1])[::-1][1:]  # the most of any id that follows
    slack = 1 + REPEATED * after
    special = counts[:most].sum() <= REPEATED * counts.sum()
    return bool(special and len(found) >= MIN_IDS and (after - found[:-1] <= slack).all())


def _without_gaps(table: Table, pairs: Table, usual: float, n: int) -> bool:
    """Return whether ids fit train once some of train's ids, which valid lacks, are left out."""
    k = int(np.flatnonzero(pairs.sum(0) + pairs.sum(1))[-1]) + 1
    if k == n or n > MAX_MOVED:
        return False
    own, skipped = pairs[:k, :k], list(range(k, n))
    best = _fit(table, own, skipped, n)
    improved = True
    while improved:
        improved = False
        for place in range(len(skipped)):
            for other in set(range(n)) - {*skipped}:
                tried = sorted([*skipped[:place], other, *skipped[place + 1 :]])
                if (fit := _fit(table, own, tried, n)) > best + 1e-9:
                    best, skipped, improved = fit, tried, True
                    break
    return -best < min(usual + WORSE, -_mean(table, pairs) - WORSE)


def _fit(table: Table, own: Table, skipped: list[int], n: int) -> float:
    kept = np.setdiff1d(np.arange(n), skipped)
    return _mean(table[np.ix_(kept, kept)], own)


def _no_better_than_chance(table: Table, pairs: Table) -> bool:
    chance, n = np.random.default_rng(0), len(table)
    orders = (chance.permutation(n) for _ in range(PERMUTATIONS))
    random = np.array([_mean(table[np.ix_(order, order)], pairs) for order in orders])
    return _mean(table, pairs) < random.mean() + 2 * random.std()
