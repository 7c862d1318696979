"""Byte-pair encoding: join the most frequent pair of neighbours, again and again.

Sennrich, Haddow and Birch, Neural Machine Translation of Rare Words with Subword Units, ACL 2016.
It starts from characters, and never joins across a space.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import NamedTuple

MAX_LEARNED_WORDS = 50_000  # learn from this many different words, the most common ones

_PIECE = re.compile(r"\s?\w{1,64}|\s?[^\w\s]|\s")

Word = tuple[str, ...]
Pair = tuple[str, str]


class Merge(NamedTuple):
    """Two neighbours that became one piece, and how often they were neighbours at that time."""

    left: str
    right: str
    times: int


def pieces(text: str) -> Iterator[str]:
    """Split a text into marks and words, each word with the space before it."""
    return (found[0] for found in _PIECE.finditer(text))


def learn(words: Mapping[str, int], n_merges: int) -> tuple[list[Merge], dict[str, Word]]:
    """Learn merges from counted words; return them, and how they split each of the words.

    Of equally frequent pairs, the first in alphabetical order is joined. Learning ends early if no
    pair appears twice.
    """
    pairs = _Pairs(words)
    merges: list[Merge] = []
    while len(merges) < n_merges and (found := pairs.most_frequent()):
        merges.append(found)
        pairs.join(found.left, found.right)
    return merges, pairs.split


class _Pairs:
    """How often each pair of neighbours appears in counted words."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self.split: dict[str, Word] = {word: tuple(word) for word in words}
        self._words = words
        self._counts: Counter[Pair] = Counter()
        self._holders: defaultdict[Pair, set[str]] = defaultdict(set)
        for word, parts in self.split.items():
            self._count(word, parts)
        self._heap = [(-count, pair) for pair, count in self._counts.items()]
        heapify(self._heap)

    def _count(self, word: str, parts: Word) -> None:
        for pair in pairwise(parts):
            self._counts[pair] += self._words[word]
            self._holders[pair].add(word)

    def most_frequent(self) -> Merge | None:
        """Return the pair that appears most often; None if none appears twice."""
        while self._heap:
            negative, pair = self._heap[0]
            if -negative == self._counts[pair] >= 2:
                return Merge(*pair, -negative)
            heappop(self._heap)  # this count is out of date
        return None

    def join(self, left: str, right: str) -> None:
        """Join each neighbouring left and right into one piece."""
        changed: set[Pair] = set()
        for word in self._holders.pop((left, right)):
            before, after = self.split[word], joined(self.split[word], left, right)
            for pair in pairwise(before):
                self._counts[pair] -= self._words[word]
            self.split[word] = after
            self._count(word, after)
            changed.update(pairwise(before), pairwise(after))
        for pair in changed:
            heappush(self._heap, (-self._counts[pair], pair))


def joined(parts: Word, left: str, right: str) -> Word:
    """Join every neighbouring left and right in a word."""
    found, at = [], 0
    while at < len(parts):
        if parts[at : at + 2] == (left, right):
            found.append(left + right)
            at += 2
        else:
            found.append(parts[at])
            at += 1
    return tuple(found)


class Encoder:
    """Splits texts with the merges learned from one text."""

    def __init__(self, text: str, n_merges: int) -> None:
        words = Counter(pieces(text))
        self.merges, self._split = learn(dict(words.most_common(MAX_LEARNED_WORDS)), n_merges)
        self._rank = {(each.left, each.right): rank for rank, each in enumerate(self.merges)}

    def encode(self, text: str) -> Iterator[str]:
        """Yield the pieces of a text, in order."""
        return (token for word in pieces(text) for token in self._of(word))

    def _of(self, word: str) -> Word:
        if word not in self._split:
            self._split[word] = self._merged(tuple(word))
        return self._split[word]

    def _merged(self, parts: Word) -> Word:
        while pair := self._first(pairwise(parts)):
            parts = joined(parts, *pair)
        return parts

    def _first(self, pairs: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
        """Return the pair that was learned earliest; None if none was learned."""
        known = [pair for pair in pairs if pair in self._rank]
        return min(known, key=self._rank.__getitem__, default=None)
