"""What may come next at each place of a text, as far as train shows it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hnviz.data import TokenStream
from hnviz.data.tokens import BOS

CHOICES = 4  # words to choose from
LONGEST = 3  # tokens of a context: few enough to read at a glance
BITS = 62  # of a context and its answer, packed into one integer
KNOWN = 0.5  # share of the most frequent next word below which nobody could know it
SORTED = 64  # words that may follow; of more, only the most frequent are put in order


class Guess(NamedTuple):
    """A word to guess, without the word: what to choose from, and what train says about it."""

    choices: tuple[str, ...]
    why: str


def guesses(ids: Sequence[int], stream: TokenStream, first: int = 1) -> list[Guess]:
    """Return a guess for each token of a text but the first, which nothing comes before."""
    longest = min(LONGEST, int(BITS // np.log2(len(stream.vocab))) - 1)
    return [
        _guess(ids[max(0, place - longest) : place], ids[place], stream)
        for place in range(first, len(ids))
    ]


def unknowable(ids: Sequence[int], stream: TokenStream) -> list[bool]:
    """Say for each token of a text but the first whether nobody could know it from train.

    All of the text before it is in train, and no word follows that more than half of the time. A
    text that begins with xxbos is read without it.
    """
    begin = int(ids[0] == stream.vocab.stoi.get(BOS, -1))
    places, found = np.arange(len(stream.train)), [False] * begin
    for index in ids[begin:-1]:
        places = places[stream.train[places] == index] + 1
        places = places[places < len(stream.train)]
        most = np.bincount(stream.train[places]).max(initial=0)
        found.append(len(places) > 0 and bool(most < KNOWN * len(places)))
    return found


def _guess(context: Sequence[int], truth: int, stream: TokenStream) -> Guess:
    """Choose among what follows the context in train most often, then among shorter ones.

    Equal counts are ordered by a checksum, and the choices by their ids: neither gives the true
    word away.
    """
    shorter = [context[start:] for start in range(len(context) + 1)]
    followed = [_followers(stream, each) for each in shorter]
    others: list[int] = []
    for part, counts in zip(shorter, followed, strict=True):
        found = [word for word in _frequent(counts) if word not in (truth, *others)]
        found.sort(key=lambda word: (-counts[word], _checksum((*part, word))))
        others += found
    choices = sorted([truth, *others[: CHOICES - 1]])
    longest = next(place for place, counts in enumerate(followed) if counts.any())
    before = [stream.vocab.itos[index] for index in shorter[longest]]
    times, n = int(followed[longest][truth]), int(followed[longest].sum())
    why = _why(before, times, n) if before else f"It is {times:,} of the {n:,} tokens of train."
    if context and not before:
        why = f"Train never has “{stream.vocab.itos[context[-1]]}”."
    return Guess(tuple(stream.vocab.itos[index] for index in choices), why)


def _frequent(counts: NDArray[np.int64]) -> list[int]:
    """Return the words that follow; of very many, those that can be among the choices."""
    found = np.flatnonzero(counts)
    if len(found) > SORTED:
        found = found[counts[found] >= np.partition(counts[found], -SORTED)[-SORTED]]
    return found.tolist()


def _checksum(ids: Sequence[int]) -> int:
    return crc32(bytes(ids) if max(ids) < 256 else np.array(ids, dtype="<u4").tobytes())


def _followers(stream: TokenStream, context: Sequence[int]) -> NDArray[np.int64]:
    """Count each word of the vocabulary behind a context in train: (nv,)."""
    nv = len(stream.vocab)
    runs, times = _runs(stream, len(context) + 1)
    first = _numbered(np.array([*context, 0]), nv)
    found = slice(*np.searchsorted(runs, [first, first + nv]))
    counts = np.zeros(nv, dtype=np.int64)
    counts[runs[found] - first] = times[found]
    return counts


@lru_cache(maxsize=2 * (LONGEST + 1))  # of two texts
def _runs(stream: TokenStream, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each run of n tokens in train as one number, in order, and how often it comes."""
    windows = np.lib.stride_tricks.sliding_window_view(stream.train, n)
    return np.unique(_numbered(windows, len(stream.vocab)), return_counts=True)


def _numbered(tokens: NDArray[np.int64], nv: int) -> NDArray[np.int64]:
    """Read the last axis as the digits of one number, to the base of the vocabulary."""
    return tokens @ (nv ** np.arange(tokens.shape[-1])[::-1])


def _why(context: Sequence[str], times: int, n: int) -> str:
    """Say how often the true word follows a context in train."""
    before = "“" + " ".join(context).replace(" ,", ",") + "”"
    if times == 0:
        return f"In train, it never follows {before}."
    if times == n:
        return f"In train, it always follows {before}."
    return f"In train, it follows {before} {times:,} of {n:,} times."
