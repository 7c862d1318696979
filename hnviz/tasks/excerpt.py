"""A stretch of a task's text: the token at each place, and how far back its reasons lie."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hnviz.tasks.cycle import Cycle
from hnviz.tasks.machine import Machine
from hnviz.tasks.task import TaskStream

LENGTH = 36  # tokens of an excerpt
FARTHEST = 64  # tokens to look back
SHOWN = 24  # tokens before the place shown first
SEARCHED = 96  # places searched for the one that needs the most tokens


@dataclass(frozen=True, slots=True)
class Token:
    """One token of an excerpt, and what a reader can know before it."""

    token: str
    needed: int | None  # last tokens that single out a best guess; None: more than FARTHEST
    guesses: tuple[str, ...]  # the most probable tokens, to a reader who knows everything before
    chance: float  # of each of them
    state: int  # of the generator before the token: its machine's state, or its place in the period


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of a text, and the place in it that needs the most tokens before it."""

    places: tuple[Token, ...]
    at: int


@lru_cache(maxsize=32)
def excerpt(stream: TaskStream) -> Excerpt:
    """Return a stretch of a task's text. Raises TaskError for an impossible task."""
    source = stream.source
    if isinstance(source, Cycle):
        return _of_cycle(source)
    return _of_machine(source, 2 * stream.seed)


def _of_cycle(cycle: Cycle) -> Excerpt:
    needed = _needed_in_cycle(cycle)
    at = _hardest(needed, np.ones(len(needed), dtype=bool))
    ends = (at - SHOWN + np.arange(LENGTH)) % len(needed)
    tokens = [cycle.tokens[cycle.ids[end]] for end in ends]
    places = [
        Token(token, _known(needed[end]), (token,), 1.0, int(end))
        for token, end in zip(tokens, ends, strict=True)
    ]
    return Excerpt(tuple(places), SHOWN)


def _needed_in_cycle(cycle: Cycle) -> NDArray[np.int64]:
    """Return how many tokens before each place of the period single it out, (period,).

    FARTHEST + 1 where more are needed.
    """
    period = len(cycle.ids)
    needed = np.full(period, FARTHEST + 1)
    for k in range(FARTHEST + 1):
        contexts = np.roll(cycle.contexts(k), 1)  # of the k tokens before each place
        low, high = np.full(period, len(cycle.tokens)), np.full(period, -1)
        np.minimum.at(low, contexts, cycle.ids)
        np.maximum.at(high, contexts, cycle.ids)
        needed[(needed > FARTHEST) & (low == high)[contexts]] = k
        if needed.max() <= FARTHEST:
            break
    return needed


def _of_machine(machine: Machine, seed: int) -> Excerpt:
    n_tokens = FARTHEST + SHOWN + SEARCHED + LENGTH
    numbers = {token: number for number, token in enumerate(machine.tokens)}
    ids = np.array([numbers[token] for token in machine.write(n_tokens, seed)])
    states, needed = _states(machine, ids), _needed(machine, ids)
    first = FARTHEST + SHOWN
    searched = slice(first, first + SEARCHED)
    guessed = machine.best[states, ids] & (machine.best[states].sum(axis=1) == 1)
    at = first + _hardest(needed[searched], guessed[searched])
    start = _beginning(states, at, min(SHOWN, int(needed[at])))
    places = [
        _place(machine, int(ids[end]), int(states[end]), _known(needed[end]))
        for end in range(start, start + LENGTH)
    ]
    return Excerpt(tuple(places), at - start)


def _states(machine: Machine, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the machine's state before each token, (n,)."""
    states = np.zeros(len(ids), dtype=np.int64)
    for place in range(1, len(ids)):
        states[place] = machine.move[states[place - 1], ids[place - 1]]
    return states


def _needed(machine: Machine, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many tokens before each place are enough for one best guess, (n,).

    They are if one token is the most probable in all states that remain possible. FARTHEST + 1
    where more are needed, or more than there are.
    """
    needed, possible = np.full(len(ids), FARTHEST + 1), _Possible(machine)
    for start in range(len(ids)):
        states = 0
        for end in range(start, min(len(ids), start + FARTHEST + 1)):
            if possible.clear[states]:
                needed[end] = min(needed[end], end - start)
            states = possible.after(states, int(ids[end]))
    return needed


class _Possible:
    """Sets of states that are possible after some tokens, each computed once; set 0 has all."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.clear: list[bool] = []  # whether one token is the most probable in all states
        self._sets: list[NDArray[np.int64]] = []
        self._numbers: dict[bytes, int] = {}
        self._after: dict[tuple[int, int], int] = {}
        self._number(np.arange(machine.n_states))

    def after(self, states: int, token: int) -> int:
        """Return the set that a token leads to."""
        if (states, token) not in self._after:
            reached = self.machine.move[self._sets[states], token]
            self._after[states, token] = self._number(np.unique(reached[reached >= 0]))
        return self._after[states, token]

    def _number(self, states: NDArray[np.int64]) -> int:
        number = self._numbers.setdefault(states.tobytes(), len(self._sets))
        if number == len(self._sets):
            self._sets.append(states)
            self.clear.append(bool(self.machine.best[states].all(axis=0).any()))
        return number


def _hardest(needed: NDArray[np.int64], guessed: NDArray[np.bool_]) -> int:
    """Return the first place that needs the most tokens, if an excerpt can show them.

    `guessed` marks where the one best guess is right. Such places come before those of chance,
    even if they need more than an excerpt can show.
    """
    if not guessed.any():
        guessed = np.ones_like(guessed)
    shown = guessed & (needed <= SHOWN)
    return int(np.where(shown, needed, -1).argmax() if shown.any() else guessed.argmax())


def _beginning(states: NDArray[np.int64], at: int, needed: int) -> int:
    """Return where an excerpt begins: in the generator's first state, if that is near enough."""
    for start in range(at - SHOWN, at - needed + 1):
        if states[start] == 0:
            return start
    return at - SHOWN


def _place(machine: Machine, token: int, state: int, needed: int | None) -> Token:
    guesses = tuple(machine.tokens[each] for each in np.flatnonzero(machine.best[state]))
    return Token(machine.tokens[token], needed, guesses, float(machine.chance[state].max()), state)


def _known(needed: np.int64) -> int | None:
    return int(needed) if needed <= FARTHEST else None
