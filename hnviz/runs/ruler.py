"""The memory ruler: the best accuracy and loss of any predictor that sees only the last k tokens.

The best such predictor is a table from the last k tokens to the token that follows them most
often, fitted on the text that it is tested on: no other function of k tokens is right more often
there. So an accuracy above the k-token bound proves that the network uses more than k tokens. An
accuracy below it proves nothing: the network may lack skill, not memory.

A run answers at some places of its text. What k tokens *give* there is the share of its answers
that the whole text's table gets right. No predictor that sees k tokens can *exceed* a table made
for these answers only, so an accuracy above that table's proves memory. A table made for few
answers flatters, because it is always right where a context occurs once; the same number of answers
at random places shows by how much.

The least loss is that of a table of probabilities, each token's share of what followed the context:
the entropy of the next token given the last k. Both bounds are counts of one text, not estimates
for new text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, ShuffledLayout, Text, split_text
from hnviz.models.catalogue import entry

Ids = NDArray[np.int64]

MAX_TOKENS = 8  # per context; 7 are enough to predict human numbers with certainty
MAX_WINDOW_TOKENS = 512  # longest window with means over every cut
MAX_PAST_TOKENS = 64  # of a row that are distinguished; beyond them the bound is 1
MAX_CONTEXT_BITS = 62  # for a context packed into one integer
MAX_ONCE_SHARE = 0.25
"""Bounds are shown up to this share of contexts seen once: a table gets them right without loss."""

DRAWS = 20
"""Sets of random places that `random_bound` averages; fewer if the sets are large, since those
differ less."""
MAX_DRAWN_PLACES = 1_000_000  # in all sets together


class Bound(NamedTuple):
    """The best accuracy and the least loss that `k` tokens allow on a text, or at a run's answers.

    On a whole text no table of k tokens exceeds `accuracy`, so `most` is the same.
    """

    k: int
    accuracy: float  # what k tokens give: the table of the whole text, scored here
    once: float  # share of answers whose context appears nowhere else among them
    loss: float = 0.0  # nats: the entropy of the next token; 0 rules nothing out
    most: float = 1.0  # what k tokens cannot exceed: a table made for these answers only

    @property
    def shown(self) -> bool:
        """Whether enough contexts appear again for the bound to mean something."""
        return self.once <= MAX_ONCE_SHARE


@dataclass(frozen=True, eq=False)
class PositionBounds:
    """The best accuracy at each position of a window, arrays of shape (bptt,)."""

    accuracy: NDArray[np.float64]
    once: NDArray[np.float64]  # as in `Bound`, over the slots at that position

    @property
    def mean(self) -> float:
        """The best accuracy over all positions together."""
        return float(self.accuracy.mean())


@dataclass(frozen=True, eq=False)
class OwnAnswers:
    """Where a run answers in one pass over a text; arrays of shape (n,).

    They are in the order of the run's logits: mini-batch, row, step. A place that is read twice
    appears twice.
    """

    places: Ids  # position in the text of the last token read before the answer
    seen: Ids  # tokens up to there that the network can know: those in its window, or all

    def __len__(self) -> int:
        return len(self.places)

    def times(self, which: NDArray[np.bool_], n_tokens: int) -> Ids:
        """Count how often each place of the text is answered, (n_tokens,)."""
        return np.bincount(self.places[which], minlength=n_tokens)


def own_answers(config: RunConfig, split: str) -> OwnAnswers:
    """Return where a run answers on "train" or "valid", with the notebook's layout.

    A model that answers once a window does so after its last token. A state that starts from
    zeros in each window knows t + 1 tokens at its position t; a state that is kept may know all
    tokens read so far. The answer to place p is the token at p + 1; the text wraps around. Cached.
    """
    known, n_tokens = entry(config.model), len(split_text(split, config).ids)
    layout = BatchLayout(n_tokens, config.bs, config.bptt)
    return _layout_answers(layout, known.predicts == "last", known.stateful)


@lru_cache(maxsize=16)
def _layout_answers(layout: BatchLayout, last: bool, kept: bool) -> OwnAnswers:
    steps = np.arange(layout.bptt)[-1:] if last else np.arange(layout.bptt)
    places = (layout.all_row_starts()[..., None] + steps) % layout.n_tokens
    seen = np.full_like(steps, layout.n_tokens) if kept else steps + 1
    return OwnAnswers(places.ravel(), np.broadcast_to(seen, places.shape).ravel())


def run_bounds(config: RunConfig, split: str) -> tuple[Bound, ...]:
    """Return the bounds at a run's own answers, for 1 token up to all that it knows or MAX_TOKENS.

    Early in a window that starts from zeros, a network knows fewer tokens; the bound uses those.
    """
    return _own_bounds(split_text(split, config), own_answers(config, split))


@lru_cache(maxsize=64)
def _own_bounds(text: Text, own: OwnAnswers) -> tuple[Bound, ...]:
    found, early = [], np.zeros(4)  # of the answers that know fewer than k tokens
    for k, pairs, width in _contexts(text.ids, min(MAX_TOKENS, int(own.seen.max()))):
        table = _table(pairs, width)
        scores = early + _scores(table, own.times(own.seen >= k, len(pairs)))
        found.append(Bound(k, *(scores / len(own)).tolist()))
        early += _scores(table, own.times(own.seen == k, len(pairs)))
    return tuple(found)


def possible(config: RunConfig, split: str) -> float:
    """Return the accuracy that all tokens known to a run give at its own answers.

    1 for a run that keeps its state; beyond 16 tokens the table counts as right.
    """
    if entry(config.model).stateful:
        return 1.0
    return _possible(split_text(split, config), own_answers(config, split))


@lru_cache(maxsize=64)
def _possible(text: Text, own: OwnAnswers) -> float:
    wrong = 0.0
    for k, pairs, width in _contexts(text.ids, min(2 * MAX_TOKENS, int(own.seen.max()))):
        table = _table(pairs, width)
        if len(table.contexts) == len(table.pairs):  # always right, so more tokens change nothing
            break
        times = own.times(own.seen == k, len(pairs))
        wrong += float(times.sum() - _scores(table, times)[0])
    return 1 - wrong / len(own)


@lru_cache(maxsize=64)
def random_bound(config: RunConfig, split: str, k: int) -> float:
    """Return `most` of k tokens for the same number of answers at random places.

    It is the mean of DRAWS draws without repetition. If a run has at least as many answers as the
    text has tokens, all places are used.
    """
    text, own = split_text(split, config), own_answers(config, split)
    right = 0.0
    for known, pairs, width in _contexts(text.ids, min(k, int(own.seen.max()))):
        n = int(np.count_nonzero(own.seen >= k if known == k else own.seen == known))
        if n >= len(pairs):
            right += n * _best(pairs, width)[0]
        elif n:
            draws = range(max(1, min(DRAWS, MAX_DRAWN_PLACES // n)))
            drawn = (np.random.default_rng(seed).permutation(pairs)[:n] for seed in draws)
            right += n * float(np.mean([_best(each, width)[0] for each in drawn]))
    return right / len(own)


def _contexts(ids: Ids, longest: int) -> Iterator[tuple[int, Ids, int]]:
    """Yield k, each place's last k tokens with its answer as one integer, and the answer's bits.

    The text wraps around, as in a layout: every place has k tokens and an answer.
    """
    tokens, width = _dense(ids)
    answers = np.roll(tokens, -1)
    context, bits = np.zeros(len(tokens), dtype=np.int64), 0
    for k in range(1, longest + 1):
        context, bits = _grown(np.roll(context, 1), bits, tokens, width)
        yield k, (context << width) | answers, width


def _grown(context: Ids, bits: int, tokens: Ids, width: int) -> tuple[Ids, int]:
    """Return contexts with one more token, and their bits, which leave room for an answer."""
    context, bits = (context << width) | tokens, bits + width
    return _dense(context) if bits + width > MAX_CONTEXT_BITS else (context, bits)


class _Table(NamedTuple):
    """What followed each context in a text: its places, in the order of context and answer."""

    order: NDArray[np.intp]  # of the places
    pairs: NDArray[np.intp]  # where each distinct pair of context and answer begins, in that order
    contexts: NDArray[np.intp]  # where each distinct context begins, among the pairs
    best: NDArray[np.intp]  # each context's most frequent pair; of equal ones, the lowest id


def _table(pairs: Ids, width: int) -> _Table:
    order = np.argsort(pairs)
    ordered = pairs[order]
    begins = _begins(ordered)
    contexts = _begins(ordered[begins] >> width)
    counts = np.diff(begins, append=len(pairs))
    n_answers = np.diff(contexts, append=len(begins))  # distinct ones per context
    top = np.flatnonzero(counts == np.repeat(np.maximum.reduceat(counts, contexts), n_answers))
    numbers = np.repeat(np.arange(len(contexts)), n_answers)  # of each pair's context
    return _Table(order, begins, contexts, top[_begins(numbers[top])])


def _scores(table: _Table, times: Ids) -> NDArray[np.float64]:
    """Return sums over answers, (4,): right, the only one in its context, loss, right at most.

    `times`: how often each place of the text is answered, (n,).
    """
    if not times.any():
        return np.zeros(4)
    times = times[table.order]
    counts = np.add.reduceat(times, table.pairs)
    totals = np.add.reduceat(counts, table.contexts)
    # Reading a place twice does not make a second context.
    places = np.add.reduceat(np.sign(times), table.pairs[table.contexts])
    once = np.count_nonzero(places == 1) / places.sum() * times.sum()
    most = np.maximum.reduceat(counts, table.contexts).sum()
    loss = max(0.0, _logs(totals) - _logs(counts))
    return np.array([counts[table.best].sum(), once, loss, most])


def _logs(counts: Ids) -> float:
    counts = counts[counts > 0]
    return float(counts @ np.log(counts))


class Example(NamedTuple):
    """A token as the only memory, and the tokens that followed it in a text."""

    token: int
    followed: tuple[tuple[int, int], ...]  # token and count, most frequent first

    @property
    def n(self) -> int:
        """How many tokens followed it."""
        return sum(times for _, times in self.followed)


def worked_example(ids: Ids) -> Example | None:
    """Return a token whose best guess is often right and often wrong; None without a pair."""
    tokens = _checked(ids)
    if len(tokens) < 2:
        return None
    pairs, times = np.unique(np.stack([tokens[:-1], tokens[1:]]), axis=1, return_counts=True)
    contexts, begins = np.unique(pairs[0], return_index=True)
    right = np.maximum.reduceat(times, begins)
    wrong = np.add.reduceat(times, begins) - right
    token = int(contexts[np.minimum(right, wrong).argmax()])
    here = pairs[0] == token
    order = np.argsort(-times[here], kind="stable")
    followed = zip(pairs[1][here][order].tolist(), times[here][order].tolist(), strict=True)
    return Example(token, tuple(followed))


def blind_bound(ids: Ids) -> Bound:
    """Return the bound without context, on all tokens of a nonempty text."""
    return _bound(0, *_dense(_checked(ids)))


def token_bounds(ids: Ids, longest: int = MAX_TOKENS) -> tuple[Bound, ...]:
    """Return the bounds for 1 to `longest` tokens of a text, fewer if the text is shorter.

    Only positions with k tokens before their answer count; the text does not wrap around.
    """
    contexts = _contexts(_checked(ids), min(longest, len(ids) - 1))
    return tuple(_bound(k, pairs[k - 1 : -1], width) for k, pairs, width in contexts)


def _bound(k: int, pairs: Ids, width: int) -> Bound:
    best = _best(pairs, width)
    return Bound(k, *best, most=best[0])


def position_bounds(ids: Ids, layout: BatchLayout, *, kept: bool) -> PositionBounds:
    """Return the bound at each position of a window, over that position's slots in one pass.

    If the state is reset before every mini-batch, position t knows t + 1 tokens: those of its own
    window so far. If it is `kept`, position t knows everything that its row has read in this pass.
    A layout that is cut at random has no such bound, since a row's past is unrelated text.
    Raises ValueError for a layout of another text.
    """
    ids = _checked(ids)
    if len(ids) != layout.n_tokens:
        raise ValueError(f"the layout is for {layout.n_tokens} tokens, got {len(ids)}")
    if kept:
        found = _walk(ids, layout.starts, min(layout.row_length, MAX_PAST_TOKENS))
        by_batch = np.ones((2, layout.n_batches, layout.bptt))
        by_batch.reshape(2, -1)[:, : found.shape[1]] = found
        accuracy, once = by_batch.mean(axis=1)
    else:
        accuracy, once = _walk(ids, layout.all_row_starts().ravel(), layout.bptt)
    return PositionBounds(accuracy, once)


@lru_cache(maxsize=32)
def text_bounds(text: Text) -> tuple[Bound, ...]:
    """Return the bounds of a text; recent ones are cached."""
    return token_bounds(text.ids)


@lru_cache(maxsize=256)
def text_position_bounds(text: Text, layout: BatchLayout, *, kept: bool) -> PositionBounds:
    """Return the bounds of a text by position; recent ones are cached."""
    return position_bounds(text.ids, layout, kept=kept)


def layout_bounds(text: Text, layout: BatchLayout) -> tuple[PositionBounds, PositionBounds | None]:
    """Return the bounds with the state reset, and kept; None if rows do not continue."""
    kept = None
    if not isinstance(layout, ShuffledLayout):
        kept = text_position_bounds(text, layout, kept=True)
    return text_position_bounds(text, layout, kept=False), kept


@lru_cache(maxsize=32)
def text_any_cut_means(text: Text) -> NDArray[np.float64]:
    """Return the mean bounds of windows of 1 to 512 tokens with a reset state, shape (512,).

    The mean is over every way to cut the text. Each token is then at every position once, so
    position t has the bound of t + 1 tokens; beyond 16 tokens the bound counts as 1. A layout's own
    windows are one of these cuts. They have fewer slots per position, so fewer repeated contexts
    and a higher bound.
    """
    bounds = token_bounds(text.ids, 2 * MAX_TOKENS)
    best = np.ones(MAX_WINDOW_TOKENS)
    best[: len(bounds)] = [bound.accuracy for bound in bounds]
    return np.cumsum(best) / np.arange(1, MAX_WINDOW_TOKENS + 1)


def _walk(ids: Ids, begins: Ids, n_steps: int) -> NDArray[np.float64]:
    """Read from all `begins` at once; return bound and share seen once, (2, n_steps)."""
    tokens, width = _dense(ids)
    context, bits = np.zeros(len(begins), dtype=np.int64), 0
    found = np.empty((2, n_steps))
    for step in range(n_steps):  # the text wraps around
        token, answer = (tokens[(begins + at) % len(tokens)] for at in (step, step + 1))
        context, bits = _grown(context, bits, token, width)
        found[:, step] = _best((context << width) | answer, width)[:2]
    return found


def _best(pairs: Ids, width: int) -> tuple[float, float, float]:
    """Return the best table's share of hits, the share of contexts seen once, and the least loss.

    `pairs` holds a context and, in its lowest `width` bits, the token that followed.
    """
    pairs = np.sort(pairs)
    begins = _begins(pairs)  # of each distinct pair
    counts = np.diff(begins, append=len(pairs))
    groups = _begins(pairs[begins] >> width)  # of each distinct context
    hits = np.maximum.reduceat(counts, groups).sum()
    totals = np.diff(begins[groups], append=len(pairs))  # of each distinct context
    once = np.count_nonzero(totals == 1)
    loss = totals @ np.log(totals) - counts @ np.log(counts)
    return float(hits / len(pairs)), float(once / len(pairs)), max(0.0, float(loss / len(pairs)))


def _begins(ordered: Ids) -> NDArray[np.intp]:
    """Return the index at which each stretch of equal values begins."""
    return np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])


def _dense(values: Ids) -> tuple[Ids, int]:
    """Number the distinct values from 0; return the numbers and the bits that they need."""
    top = int(values.max(initial=0))
    if values.min(initial=0) >= 0 and top <= 4 * len(values):  # vocabulary ids: no need to sort
        seen = np.zeros(top + 1, dtype=bool)
        seen[values] = True
        numbers = (np.cumsum(seen) - 1)[values]
        n_different = int(np.count_nonzero(seen))
    else:
        different, numbers = np.unique(values, return_inverse=True)
        n_different = len(different)
    return numbers.astype(np.int64), max(1, (n_different - 1).bit_length())


def _checked(ids: Ids) -> Ids:
    ids = np.asarray(ids)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise ValueError(f"ids must be whole numbers in one row, got {ids.dtype} {ids.shape}")
    return ids
