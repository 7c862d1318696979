"""The best accuracy and least loss with the last k tokens of a machine's text, not fitted on one.

A predictor of k tokens starts from the machine's stationary distribution and rules out, with each
token, the states that could not have written it. A table fitted on a text of finite length cannot
give these figures: it remembers the contexts that the text happens to show once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.tasks.machine import SAME, Best, Machine, TaskError, entropy

MOST_SETS = 20_000  # different sets of possible states
MOST_BELIEFS = 2_000  # different beliefs about the state that one length of context leaves
LONGEST = 32  # tokens of a curve


class Contexts(NamedTuple):
    """How many last tokens are enough; None if no number is."""

    guess: int | None  # for the best accuracy
    chances: int | None  # for the true probability of every token, and so for the least loss


def contexts(machine: Machine) -> Contexts:
    """Return how many tokens reach the machine's limits.

    The states that a context leaves possible form a set. The context is enough for a guess if one
    token is the most probable in all of them, and for the probabilities if these are equal. The
    sets are finite in number, so the walk through them either leaves the bad ones for good or comes
    back to one without end. Raises TaskError if there are too many sets.
    """
    ahead = _sets(machine)
    numbers = {states: number for number, states in enumerate(ahead)}
    moves = [[numbers[to] for to in each] for each in ahead.values()]
    torn = [not machine.best[list(states)].all(axis=0).any() for states in ahead]
    unlike = [np.ptp(machine.chance[list(states)], axis=0).max() > SAME for states in ahead]
    return Contexts(*(_enough(_longest_walk(moves, bad)) for bad in (torn, unlike)))


def _enough(longest: int | None) -> int | None:
    return None if longest is None else longest + 1


def _sets(machine: Machine) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
    """List the sets of possible states, and those that one more token leads to."""
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
        if len(ahead) > MOST_SETS:
            raise TaskError(
                f"the exact context needs more than {MOST_SETS:,} sets of states: "
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
    # Peel off the sets that nothing leads to; what cannot be peeled lies on or behind a circle.
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
    machine: Machine, longest: int = LONGEST, shares: NDArray[np.float64] | None = None
) -> list[Best]:
    """Return the best accuracy and the least loss for 1, 2, ... tokens.

    `shares`: of the states before the first of them, (n_states,); by default the stationary
    distribution. The list ends at `longest`, where both limits are reached for good, or where the
    contexts leave more different beliefs about the state than can be followed.
    """
    first = machine.share if shares is None else shares
    beliefs = [_Belief(np.flatnonzero(first), first[first > 0])]
    found: list[Best] = []
    while len(found) < longest:
        beliefs = _one_token_on(machine, beliefs)
        if len(beliefs) > MOST_BELIEFS:
            break
        found.append(_best(machine, beliefs))
        if shares is None and _reached(machine, found[-1]):
            break
    return found


def _reached(machine: Machine, best: Best) -> bool:
    return best.accuracy > machine.limit - SAME and best.loss < machine.least + SAME


class _Belief(NamedTuple):
    """Where the machine can be after one kind of context; weights add to the context's share."""

    states: NDArray[np.int64]
    weights: NDArray[np.float64]


def _one_token_on(machine: Machine, beliefs: list[_Belief]) -> list[_Belief]:
    """Let the machine write one token; join contexts that say the same about the state."""
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
    """Guess the most probable token of each belief, and say how probable each token is."""
    right = answered = loss = 0.0
    for states, weights in beliefs:
        chances = machine.chance[states]
        ahead, total = weights @ chances, weights.sum()
        guess = int(ahead.argmax())
        right += float(ahead[guess])
        loss += float(total * entropy(ahead / total))
        answered += float((weights * machine.asked[states]) @ chances[:, guess])
    return Best(right, answered / machine.answers if machine.answers else float("nan"), loss)
