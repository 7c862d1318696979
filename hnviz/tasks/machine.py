"""A generator as a machine, which moves from state to state and writes a token with each move.

State and token together determine the next state, so the machine is a hidden Markov source whose
state can be followed from its text ("unifilar"; Shalizi and Crutchfield, Computational mechanics,
Journal of Statistical Physics 104, 2001).
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import gcd
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

MAX_STATES = 2048  # the stationary distribution is a dense linear system of this size
SAME = 1e-9  # probabilities closer than this are equal


class TaskError(ValueError):
    """A task cannot be made; the message says what was wanted and what came."""

    row: int | None = None  # of an automaton's moves, where the message is about one


class Best(NamedTuple):
    """The best results that the last k tokens allow."""

    accuracy: float  # on all tokens
    answers: float  # on answers only; nan if the task has none
    loss: float  # the least to expect, nats


State = TypeVar("State", bound=Hashable)


class Move(NamedTuple, Generic[State]):
    """One thing that a generator can do next."""

    token: str
    chance: float
    to: State


@dataclass(frozen=True, eq=False)
class Machine:
    """A generator with a finite number of states; it starts in state 0 and never ends."""

    tokens: tuple[str, ...]
    chance: NDArray[np.float64]  # (n_states, n_tokens), of each token; rows sum to 1
    move: NDArray[np.int64]  # (n_states, n_tokens), the state after each token; -1 if impossible
    asked: NDArray[np.bool_]  # (n_states,), whether the next token is an answer
    names: tuple[str, ...]  # (n_states,), what each state remembers, in a few characters

    @classmethod
    def grow(
        cls,
        start: State,
        moves: Callable[[State], Iterable[Move[State]]],
        asks: Callable[[State], bool] = lambda state: False,
        named: Callable[[State], str] = str,
    ) -> "Machine":
        """Make the machine of all states that `moves` reaches from the start.

        Raises TaskError beyond 2,048 states.
        """
        numbers: dict[State, int] = {start: 0}
        found: list[list[Move[State]]] = []
        for state in (todo := [start]):
            found.append(list(moves(state)))
            for _, _, to in found[-1]:
                if to not in numbers:
                    numbers[to] = len(numbers)
                    todo.append(to)
            if len(numbers) > MAX_STATES:
                raise TaskError(
                    f"the generator needs more than {MAX_STATES:,} states, too many for exact "
                    "bounds: choose smaller parameters"
                )
        tokens = tuple(dict.fromkeys(move.token for each in found for move in each))
        chance = np.zeros((len(found), len(tokens)))
        move = np.full(chance.shape, -1)
        for number, each in enumerate(found):
            for token, share, to in each:
                chance[number, tokens.index(token)] = share
                move[number, tokens.index(token)] = numbers[to]
        asked = np.array([asks(state) for state in numbers])
        return cls(tokens, chance, move, asked, tuple(map(named, numbers)))

    @property
    def n_states(self) -> int:
        """The number of states of the machine as built, which may be more than it needs."""
        return len(self.chance)

    @cached_property
    def share(self) -> NDArray[np.float64]:
        """The share of time that the machine spends in each state, (n_states,)."""
        states, tokens = np.nonzero(self.chance)
        system = -np.eye(self.n_states)  # share @ transitions = share, and share.sum() = 1
        np.add.at(system, (self.move[states, tokens], states), self.chance[states, tokens])
        system[0] = 1
        return np.linalg.solve(system, np.eye(self.n_states)[0])

    @cached_property
    def best(self) -> NDArray[np.bool_]:
        """Mark the most probable tokens of each state, ties included, (n_states, n_tokens)."""
        return self.chance > self.chance.max(axis=1, keepdims=True) - SAME

    @cached_property
    def limit(self) -> float:
        """The accuracy of a predictor that knows the state, which is the best possible."""
        return float(self.share @ self.chance.max(axis=1))

    @cached_property
    def least(self) -> float:
        """The expected loss of a predictor that knows the state, in nats: the least possible."""
        return float(self.share @ entropy(self.chance))

    @cached_property
    def deviation(self) -> float:
        """The standard deviation of that predictor's mean loss over n tokens, times the root of n.

        It holds for long texts. A state that costs much can lead to others, so losses are not
        independent: the cost of what follows is spread over the moves (Poisson's equation).
        """
        states, tokens = np.nonzero(self.chance)
        chance, to = self.chance[states, tokens], self.move[states, tokens]
        system = np.eye(self.n_states) + self.share
        np.add.at(system, (states, to), -chance)
        ahead = np.linalg.solve(system, entropy(self.chance) - self.least)
        off = -np.log(chance) - self.least + ahead[to] - ahead[states]
        return float(np.sqrt(self.share[states] * chance @ off**2))

    @property
    def blind(self) -> "Best":
        """The best result without context: from the most frequent token, and all frequencies."""
        overall = self.share @ self.chance
        answered = (self.share * self.asked) @ self.chance[:, overall.argmax()]
        answers = answered / self.answers if self.answers else float("nan")
        return Best(float(overall.max()), float(answers), float(entropy(overall)))

    @cached_property
    def n_needed(self) -> int:
        """The states that any machine needs to give every next token its true probability.

        Moore's partition refinement: two states count as one if they give all tokens the same
        probabilities and no later text shows a difference.
        """
        labels = _labels(np.round(self.chance, 9))
        while True:
            ahead = np.where(self.move < 0, -1, labels[self.move])
            finer = _labels(np.column_stack([labels, ahead]))
            if finer.max() == labels.max():
                return int(finer.max()) + 1
            labels = finer

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Each state's place in the machine's rhythm, (n_states,).

        If d divides the lengths of all its cycles, a machine goes through d groups of states in
        turn, and its distance from the start says which group it is in. d is 1 if it has no
        rhythm.
        """
        steps, rhythm = np.full(self.n_states, -1), 0
        steps[0] = 0
        for state in (todo := [0]):
            for to in self.move[state][self.move[state] >= 0].tolist():
                if steps[to] < 0:
                    steps[to] = steps[state] + 1
                    todo.append(to)
                rhythm = gcd(rhythm, int(steps[state] + 1 - steps[to]))
        return steps % rhythm

    def shares_from(self, starts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the shares of the states before tokens at some places of a text, (n_states,)."""
        rhythm = int(self.places.max()) + 1
        times = np.bincount(starts % rhythm, minlength=rhythm) / len(starts)
        return self.share * times[self.places] * rhythm

    def known_from(self, shares: NDArray[np.float64], n_tokens: int) -> NDArray[np.float64]:
        """Return a predictor's accuracy and loss after 1, 2, ... tokens if it knows the state.

        `shares` are those of the states before the first token, (n_states,). Returns (2, n_tokens).
        """
        states, tokens = np.nonzero(self.chance)
        after, chance = self.move[states, tokens], self.chance[states, tokens]
        best = np.stack([self.chance.max(axis=1), entropy(self.chance)])
        found = np.empty((2, n_tokens))
        for k in range(n_tokens):
            written = shares[states] * chance
            shares = np.bincount(after, written, self.n_states).astype(np.float64)
            found[:, k] = best @ shares
        return found

    @property
    def answers(self) -> float:
        """The share of all tokens that are answers."""
        return float(self.share[self.asked].sum())

    def write(self, n_tokens: int, seed: int) -> list[str]:
        """Write a text from the start; the same seed gives the same text."""
        draws = np.random.default_rng(seed).random(n_tokens)
        upto = np.cumsum(self.chance, axis=1)
        last = self.chance.shape[1] - 1 - np.argmax(self.chance[:, ::-1] > 0, axis=1)
        state, text = 0, []
        for draw in draws:
            token = min(int(np.searchsorted(upto[state], draw, side="right")), int(last[state]))
            text.append(self.tokens[token])
            state = int(self.move[state, token])
        return text


def entropy(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entropy of probabilities in nats, over the last axis."""
    logs = np.log(chances, where=chances > 0, out=np.zeros_like(chances))
    return -(chances * logs).sum(axis=-1)


def _labels(rows: NDArray[np.generic]) -> NDArray[np.int64]:
    """Number the distinct rows from 0; return each row's number."""
    return np.unique(rows, axis=0, return_inverse=True)[1].ravel()
