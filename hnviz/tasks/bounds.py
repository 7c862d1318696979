"""What a task requires, calculated from its generator before any network sees its text.

A predictor of k tokens starts from the machine's stationary distribution and, with each token,
rules out the states that could not have written it. A table fitted on a finite text cannot give
these figures: it remembers the contexts that happen to occur only once in the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.tasks.cycle import Cycle
from hnviz.tasks.machine import SAME, Best, Machine, TaskError, entropy
from hnviz.tasks.task import Source, Value, task

MAX_SETS = 20_000  # different sets of possible states
MAX_BELIEFS = 2_000  # different beliefs about the state after one length of context
MAX_CONTEXT = 32  # tokens of a curve, unless a longer window is requested
NEARLY = 0.001  # of accuracy: `Statement.nearly` is the context that comes this near


class Contexts(NamedTuple):
    """How many of the last tokens are enough; None if no number is."""

    guess: int | None  # for the best accuracy
    chances: int | None  # for the true probability of every token, and so for the least loss


def contexts(source: Source) -> Contexts:
    """Return how many tokens reach a generator's limits.

    The states that are possible after a context form a set. The context is enough for a guess if
    one token is the most probable in all of them, and for the probabilities if these are equal.
    There are finitely many sets, so a walk through them either leaves the bad ones at some point or
    returns to one forever. Raises TaskError if there are too many sets.
    """
    if isinstance(source, Cycle):
        return Contexts(source.context, source.context)
    machine, ahead = source, _sets(source)
    numbers = {states: number for number, states in enumerate(ahead)}
    moves = [[numbers[to] for to in each] for each in ahead.values()]
    torn = [not machine.best[list(states)].all(axis=0).any() for states in ahead]
    unlike = [np.ptp(machine.chance[list(states)], axis=0).max() > SAME for states in ahead]
    return Contexts(*(_enough(_longest_walk(moves, bad)) for bad in (torn, unlike)))


def _enough(longest: int | None) -> int | None:
    return None if longest is None else longest + 1


def _sets(machine: Machine) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
    """List the sets of possible states, and for each the sets that one more token leads to."""
    start = tuple(range(machine.n_states))
    ahead: dict[tuple[int, ...], list[tuple[int, ...]]] = {start: []}
    for states in (todo := [start]):
        for token in range(len(machine.tokens)):
            reached = machine.move[list(states), token]
            after = tuple(np.unique(reached[reached >= 0]).tolist())
            if after and after not in ahead[states]:
                ahead[states].append(after)
                if after not in ahead:
                    ahead[after] = []
                    todo.append(after)
        if len(ahead) > MAX_SETS:
            raise TaskError(
                f"the exact context needs more than {MAX_SETS:,} sets of states: "
                "choose a smaller machine"
            )
    return ahead


def _longest_walk(moves: list[list[int]], bad: list[bool]) -> int | None:
    """Return the steps of the longest walk from set 0 to a bad set; -1: no walk, None: endless."""
    before: list[list[int]] = [[] for _ in moves]
    for here, each in enumerate(moves):
        for to in each:
            before[to].append(here)
    matters = {number for number, is_bad in enumerate(bad) if is_bad}
    for here in (todo := list(matters)):
        new = [number for number in before[here] if number not in matters]
        matters.update(new)
        todo += new
    # Peel off the sets that nothing leads to; the remaining ones lie on or behind a cycle.
    entries = {here: sum(number in matters for number in before[here]) for here in matters}
    steps = dict.fromkeys(matters, 0)
    peeled = [here for here in matters if not entries[here]]
    for here in peeled:
        for to in moves[here]:
            if to in matters:
                steps[to] = max(steps[to], steps[here] + 1)
                entries[to] -= 1
                if not entries[to]:
                    peeled.append(to)
    if len(peeled) < len(matters):
        return None
    return max((steps[here] for here in matters if bad[here]), default=-1)


def curve(
    source: Source, longest: int = MAX_CONTEXT, shares: NDArray[np.float64] | None = None
) -> list[Best]:
    """Return the best accuracy and the least loss for 1, 2, ... tokens.

    `shares` are those of a machine's states before the first token, (n_states,); by default the
    stationary distribution. The list ends at `longest`, where both limits are reached, or where
    there are more different beliefs about the state than can be followed.
    """
    if isinstance(source, Cycle):
        return source.curve(longest)
    machine, first = source, source.share if shares is None else shares
    beliefs = [_Belief(np.flatnonzero(first), first[first > 0])]
    found: list[Best] = []
    while len(found) < longest:
        beliefs = _one_token_on(machine, beliefs)
        if len(beliefs) > MAX_BELIEFS:
            break
        found.append(_best(machine, beliefs))
        if shares is None and _reached(machine, found[-1]):
            break
    return found


def _reached(machine: Machine, best: Best) -> bool:
    return best.accuracy > machine.limit - SAME and best.loss < machine.least + SAME


class _Belief(NamedTuple):
    """Where the machine can be after a kind of context; the weights sum to the context's share."""

    states: NDArray[np.int64]
    weights: NDArray[np.float64]


def _one_token_on(machine: Machine, beliefs: list[_Belief]) -> list[_Belief]:
    """Let the machine write one token; merge contexts that say the same about the state."""
    joined: dict[tuple[bytes, bytes], _Belief] = {}
    for states, weights in beliefs:
        for token in np.flatnonzero(machine.chance[states].any(axis=0)):
            mass = weights * machine.chance[states, token]
            able = mass > 0
            after, place = np.unique(machine.move[states[able], token], return_inverse=True)
            total = np.bincount(place, mass[able]).astype(np.float64)
            key = after.tobytes(), np.round(total / total.sum(), 9).tobytes()
            old = joined.get(key)
            joined[key] = _Belief(after, total if old is None else old.weights + total)
    return list(joined.values())


def _best(machine: Machine, beliefs: list[_Belief]) -> Best:
    """Score predictions from each belief: the most probable token, and all probabilities."""
    right = answered = loss = 0.0
    for states, weights in beliefs:
        chances = machine.chance[states]
        ahead, total = weights @ chances, weights.sum()
        guess = int(ahead.argmax())
        right += float(ahead[guess])
        loss += float(total * entropy(ahead / total))
        answered += float((weights * machine.asked[states]) @ chances[:, guess])
    return Best(right, answered / machine.answers if machine.answers else float("nan"), loss)


@dataclass(frozen=True, slots=True)
class Statement:
    """A task's exact figures. `curve[k - 1]` is the best result with the last k tokens."""

    task: str
    values: tuple[tuple[str, Value], ...]
    n_tokens: int  # different tokens; a random guess is right once in n_tokens times
    blind: Best  # without any context: always the most frequent token
    limit: float  # the best accuracy with unbounded memory
    context: int | None  # the fewest tokens that reach it; None if no number does
    least: float  # the loss to expect with unbounded memory, nats
    least_context: int | None  # the fewest tokens that give each next token its true probability
    deviation: float  # standard deviation of the mean of n such losses, times the root of n
    rule_states: int  # states that a machine must tell apart to follow the rule
    stream_states: int  # states that it needs to give every token its true probability
    answers: float  # the share of tokens that are answers to a question; 0 if there are none
    curve: tuple[Best, ...]

    def best(self, k: int) -> float:
        """Return the best accuracy with the last k tokens; the limit if that is not known."""
        return self.curve[k - 1].accuracy if k <= len(self.curve) else self.limit

    def best_answers(self, k: int) -> float:
        """Return the best accuracy on answers with the last k tokens; nan without answers."""
        return self.curve[k - 1].answers if k <= len(self.curve) else 1.0

    def least_loss(self, k: int) -> float:
        """Return the least loss to expect with the last k tokens; `least` if that is not known."""
        if k == 0:
            return self.blind.loss
        return self.curve[k - 1].loss if k <= len(self.curve) else self.least

    def error(self, n_tokens: int) -> float:
        """Return two standard errors of the least loss on a text of n_tokens."""
        return 2 * self.deviation / sqrt(n_tokens)

    @property
    def nearly(self) -> int | None:
        """The fewest tokens that come within .001 of the limit; None if not known."""
        found = (k for k, best in enumerate(self.curve, 1) if best.accuracy > self.limit - NEARLY)
        return next(found, None)


def statement_of(name: str, values: Mapping[str, Value], longest: int = MAX_CONTEXT) -> Statement:
    """Calculate a task's figures, and its best accuracy with 1 to `longest` tokens.

    Raises TaskError for parameters that are impossible or need too many states.
    """
    return _statement(name, tuple(task(name).values(values).items()), longest)


@lru_cache(maxsize=32)
def _statement(name: str, values: tuple[tuple[str, Value], ...], longest: int) -> Statement:
    made = task(name)
    source = made.built(dict(values))
    needed = source.n_needed
    enough = contexts(source)
    return Statement(
        task=name,
        values=values,
        n_tokens=len(source.tokens),
        blind=source.blind,
        limit=source.limit,
        context=enough.guess,
        least=source.least,
        least_context=enough.chances,
        deviation=source.deviation,
        rule_states=made.rule_states(**dict(values)) if made.rule_states else needed,
        stream_states=needed,
        answers=source.answers,
        curve=tuple(curve(source, longest)),
    )


def reaches(best: float, limit: float) -> bool:
    """Return whether a best accuracy is the limit, apart from rounding."""
    return best > limit - SAME
