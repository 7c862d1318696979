"""A task's generator as a graph: where its states are drawn, and which tokens lead where."""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from hnviz.tasks.cycle import Cycle
from hnviz.tasks.generators import END
from hnviz.tasks.machine import Machine
from hnviz.tasks.task import Source

MOST = 16  # states that fit into a drawing


@dataclass(frozen=True, slots=True)
class Node:
    """A state. `x` and `y` go from 0, left and top, to 1."""

    name: str
    x: float
    y: float
    ends: bool  # a word may end here


@dataclass(frozen=True, slots=True)
class Arrow:
    """All moves from one state to another."""

    start: int
    end: int
    tokens: tuple[str, ...]
    chances: tuple[float, ...]  # of each token in the state where the arrow begins


@dataclass(frozen=True, slots=True)
class Graph:
    """States by number, the first one where a text begins, and the arrows between them."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


def graph(source: Source) -> Graph | None:
    """Return the drawing of a generator; None if it has more than 16 states."""
    if isinstance(source, Cycle):
        return _ring(source) if len(source.ids) <= MOST else None
    return _layers(source) if source.n_states <= MOST else None


def _ring(cycle: Cycle) -> Graph:
    """Draw a period as a circle, clockwise from the left."""
    n = len(cycle.ids)
    turns = [pi - 2 * pi * place / n for place in range(n)]
    nodes = [
        Node(str(place + 1), (1 + cos(turn)) / 2, (1 - sin(turn)) / 2, ends=False)
        for place, turn in enumerate(turns)
    ]
    arrows = [
        Arrow(place, (place + 1) % n, (cycle.tokens[token],), (1.0,))
        for place, token in enumerate(cycle.ids.tolist())
    ]
    return Graph(tuple(nodes), tuple(arrows))


def _layers(machine: Machine) -> Graph:
    """Draw each state in the column of its distance from the first one."""
    columns: list[list[int]] = [[0]]
    known = {0}
    while columns[-1]:
        ahead = [to for here in columns[-1] for to in _after(machine, here)]
        columns.append(list(dict.fromkeys(to for to in ahead if to not in known)))
        known.update(columns[-1])
    columns.pop()
    places = {
        state: (number / max(1, len(columns) - 1), (row + 0.5) / len(column))
        for number, column in enumerate(columns)
        for row, state in enumerate(column)
    }
    nodes = [
        Node(name, *places[state], ends=_ends(machine, state))
        for state, name in enumerate(machine.names)
    ]
    return Graph(tuple(nodes), tuple(_arrows(machine)))


def _after(machine: Machine, state: int) -> list[int]:
    return [int(to) for to in machine.move[state] if to >= 0]


def _ends(machine: Machine, state: int) -> bool:
    return END in machine.tokens and bool(machine.chance[state, machine.tokens.index(END)])


def _arrows(machine: Machine) -> list[Arrow]:
    found: dict[tuple[int, int], list[tuple[str, float]]] = {}
    for state, token in np.argwhere(machine.move >= 0).tolist():
        ends = state, int(machine.move[state, token])
        chance = float(machine.chance[state, token])
        found.setdefault(ends, []).append((machine.tokens[token], chance))
    return [Arrow(*ends, *zip(*moves, strict=True)) for ends, moves in found.items()]
