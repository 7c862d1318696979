"""A network for parity, understood to the last weight.

A recurrent network of four units reads bits, and after each says whether the number of ones so far
is even or odd. `hnviz.bench.parity` trained it; the weights are in data/parity.json, rounded to two
decimals, and everything here is about these rounded weights:

    state = tanh(recur @ state + embed[bit] + bias)        from a state of zeros
    answer = the larger of out @ state + out_bias          0: even, 1: odd

The rule, in words: unit `AFTER_ZERO` is on if the number of ones is even and the last bit was a 0,
unit `AFTER_ONE` if it is even and the last bit was a 1; if either is on, the answer is even.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEIGHTS = Path(__file__).parent / "data" / "parity.json"
ANSWERS = ("even", "odd")
LENGTH = 12
"""Bits: all 8,190 inputs up to this length are checked."""
AFTER_ZERO, AFTER_ONE = 1, 3
"""The units that detect an even number of ones, by the last bit."""
SLACK = 1e-9  # more than the rounding errors of one step
WIDER = 1e-6  # margin of each region beyond what is reached, so that rounding changes nothing


class Weight(NamedTuple):
    """One trained number, and how much depends on it."""

    start: str  # "bit 0", "unit 1", or "bias"
    end: str  # "unit 1" or "even"
    value: float
    wrong: int  # wrong answers without it, to all inputs up to LENGTH bits


class Situation(NamedTuple):
    """What the network must remember about the bits, and the last bit."""

    odd: int  # 0 or 1
    bit: int


SITUATIONS = tuple(Situation(*each) for each in product((0, 1), (0, 1)))


class Region(NamedTuple):
    """Where the state lies in one situation, after any earlier bits; (n_units,) each."""

    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Network:
    """The weights, by the names of the module's formula."""

    embed: Floats  # (2, n_units), what each bit adds
    recur: Floats  # (n_units, n_units), from the state before (column) to the state after (row)
    bias: Floats  # (n_units,)
    out: Floats  # (2, n_units)
    out_bias: Floats  # (2,)

    @property
    def n_units(self) -> int:
        """How many units the state has."""
        return len(self.bias)

    @property
    def n_weights(self) -> int:
        """How many numbers were trained, including embeddings and biases."""
        return sum(getattr(self, field.name).size for field in fields(self))

    @property
    def n_zero(self) -> int:
        """How many of them training has pushed to zero."""
        return sum(int((getattr(self, field.name) == 0).sum()) for field in fields(self))

    def step(self, states: Floats, bits: Ints) -> Floats:
        """Return the states after one bit each: (n, n_units) and (n,) in, (n, n_units) out."""
        return np.tanh(states @ self.recur.T + self.embed[bits] + self.bias)

    def answers(self, states: Floats) -> Ints:
        """Return the answers from states (n, n_units): 0 for even, 1 for odd."""
        return (states @ self.out.T + self.out_bias).argmax(axis=1)

    def read(self, bits: Ints) -> Floats:
        """Return the state after each bit, (n, length, n_units), of inputs (n, length)."""
        states, after = np.zeros((len(bits), self.n_units)), []
        for column in bits.T:
            states = self.step(states, column)
            after.append(states)
        return np.stack(after, axis=1)

    def wrong(self) -> int:
        """Count the wrong answers to all inputs of 1 to LENGTH bits."""
        count, states, odd = 0, np.zeros((1, self.n_units)), np.zeros(1, int)
        for _ in range(LENGTH):  # each input of one length, followed by a 0 and by a 1
            states = np.concatenate(
                [self.step(states, np.full(len(states), bit)) for bit in (0, 1)]
            )
            odd = np.concatenate([odd, 1 - odd])
            count += int((self.answers(states) != odd).sum())
        return count

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """Every trained number and how much depends on it, in the order of the formula."""
        return tuple(self._weights())

    def _weights(self) -> Iterator[Weight]:
        units = [f"unit {unit}" for unit in range(self.n_units)]
        names = {
            "embed": (["bit 0", "bit 1"], units),
            "recur": (units, units),
            "bias": (["bias"], units),
            "out": (units, ANSWERS),
            "out_bias": (["bias"], ANSWERS),
        }
        for part, (starts, ends) in names.items():
            rows = np.atleast_2d(getattr(self, part))
            rows = rows.T if part in ("recur", "out") else rows  # from the row to the column
            for (start, end), value in zip(product(starts, ends), rows.flat, strict=True):
                where = starts.index(start), ends.index(end)
                without = np.where(_at(rows.shape, where), 0.0, rows)
                without = without.T if part in ("recur", "out") else without
                shaped = without.reshape(getattr(self, part).shape)
                worth = replace(self, part, shaped).wrong() if value else 0
                yield Weight(start, end, float(value), worth)

    def regions(self) -> dict[Situation, Region]:
        """Return where the state stays in each situation, for inputs of any length.

        By interval arithmetic, each region contains the result of a step from every region that may
        come before it. So what holds for all states in a region holds after every input. Raises
        ValueError if no such regions were found.
        """
        regions: dict[Situation, Region] = {}
        for _ in range(100):
            regions = {
                each: Region(low - WIDER, high + WIDER)
                for each, (low, high) in self._after(regions).items()
            }
        reached = self._after(regions)
        if not all(_holds(regions[each], reached[each]) for each in SITUATIONS):
            raise ValueError("no regions were found that a step does not leave")
        return regions

    def margins(self, regions: dict[Situation, Region]) -> dict[Situation, float]:
        """Return the least lead of the right answer's logit in each region."""
        margins = {}
        for each, region in regions.items():
            lead = self.out[each.odd] - self.out[1 - each.odd]
            bias = self.out_bias[each.odd] - self.out_bias[1 - each.odd]
            low, _ = _product(lead[None], region)
            margins[each] = float(low[0] + bias - SLACK)
        return margins

    def _after(self, regions: dict[Situation, Region]) -> dict[Situation, Region]:
        """Return the smallest regions that contain all results of a step from regions and zeros."""
        zeros = Region(np.zeros(self.n_units), np.zeros(self.n_units))
        befores = [(0, zeros), *((each.odd, region) for each, region in regions.items())]
        after = {}
        for each in SITUATIONS:
            images = [
                self._image(before, each.bit)
                for odd, before in befores
                if odd ^ each.bit == each.odd
            ]
            if images:
                lows, highs = zip(*images, strict=True)
                after[each] = Region(np.min(lows, axis=0), np.max(highs, axis=0))
        return after

    def _image(self, region: Region, bit: int) -> Region:
        low, high = _product(self.recur, region)
        added = self.embed[bit] + self.bias
        return Region(np.tanh(low + added) - SLACK, np.tanh(high + added) + SLACK)


def replace(network: Network, part: str, value: Floats) -> Network:
    """Return the network with other numbers in one part."""
    parts = {field.name: getattr(network, field.name) for field in fields(network)}
    return Network(**{**parts, part: value})


def rule(bits: Ints) -> tuple[Ints, Ints, Ints]:
    """Apply the rule in words after each bit of inputs (n, length).

    Returns the answers (0 even, 1 odd), and whether the units AFTER_ZERO and AFTER_ONE are on.
    """
    odd = bits.cumsum(axis=1) % 2
    after_zero, after_one = (1 - odd) * (1 - bits), (1 - odd) * bits
    return 1 - (after_zero | after_one), after_zero, after_one


def every_input(length: int = LENGTH) -> Ints:
    """Return all inputs of `length` bits, (2 ** length, length)."""
    return np.array(list(product((0, 1), repeat=length)))


@cache
def recipe() -> dict[str, Any]:
    """Return "weights", and how they were trained: "seed", "of", "right", "steps" and others."""
    held: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return held


@cache
def parity_network() -> Network:
    """Return the network."""
    return Network(**{name: np.array(value, float) for name, value in recipe()["weights"].items()})


def _product(matrix: Floats, region: Region) -> tuple[Floats, Floats]:
    """Return the lowest and the highest of `matrix @ state`, over the states of a region."""
    up, down = np.maximum(matrix, 0), np.minimum(matrix, 0)
    return up @ region.low + down @ region.high, up @ region.high + down @ region.low


def _holds(outer: Region, inner: Region) -> bool:
    return bool((outer.low <= inner.low).all() and (inner.high <= outer.high).all())


def _at(shape: tuple[int, ...], where: tuple[int, int]) -> NDArray[np.bool_]:
    marked = np.zeros(shape, bool)
    marked[where] = True
    return marked
