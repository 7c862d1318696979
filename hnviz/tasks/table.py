"""A regular language from an automaton that the user writes as a table.

One row for each move: the state, the token, the next state. Rows are separated by line ends or
semicolons; the first row's state is the start, and a row `accept A B` names the states in which a
word may end.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hnviz.tasks.machine import Machine, Move, TaskError

END = "."
MOST_ROWS = 100
REBER = (
    "0 B 1; 1 T 2; 1 P 3; 2 S 2; 2 X 4; 3 T 3; 3 V 5; 4 X 3; 4 S 6; 5 P 4; 5 V 6; 6 E 7; accept 7"
)
EVEN_ONES = "even 0 even; even 1 odd; odd 0 odd; odd 1 even; accept even"


@dataclass(frozen=True)
class Table:
    """A deterministic automaton: for each state, the state after each token."""

    start: str
    accept: frozenset[str]
    moves: dict[str, dict[str, str]]

    @property
    def useful(self) -> frozenset[str]:
        """The states from which some path leads to an accepting state."""
        found = set(self.accept)
        while True:
            more = {
                state
                for state, after in self.moves.items()
                if state not in found and found.intersection(after.values())
            }
            if not more:
                return frozenset(found)
            found |= more


def read(text: str) -> Table:
    """Read a table. Raises TaskError for one that is not an automaton or accepts no word."""
    rows = [row.split() for row in text.replace(";", "\n").splitlines() if row.strip()]
    if len(rows) > MOST_ROWS:
        raise TaskError(f"an automaton has at most {MOST_ROWS} rows, got {len(rows)}")
    ends = [state for row in rows if row[0] == "accept" for state in row[1:]]
    moves: dict[str, dict[str, str]] = {}
    for row in rows:
        if row[0] != "accept":
            _add(moves, row)
    if not moves:
        raise TaskError("an automaton needs at least one row: state, token, next state")
    if not ends:
        raise TaskError("no state accepts: add a row that says where a word may end: accept A")
    known = {*moves, *(to for after in moves.values() for to in after.values())}
    if strange := [state for state in ends if state not in known]:
        raise TaskError(f"{strange[0]!r} accepts but is in no row; the states are {_list(known)}")
    return _with_words(Table(next(iter(moves)), frozenset(ends), moves))


def _add(moves: dict[str, dict[str, str]], row: list[str]) -> None:
    if len(row) != 3:
        raise TaskError(f"a row is a state, a token and a next state; got {' '.join(row)!r}")
    state, token, to = row
    if token == END:
        raise TaskError(f"the token {END!r} ends a word, so no row can use it: {' '.join(row)!r}")
    if token in moves.setdefault(state, {}):
        raise TaskError(f"state {state} has two rows for the token {token!r}; keep one of them")
    moves[state][token] = to


def _with_words(table: Table) -> Table:
    if table.start not in table.useful:
        raise TaskError(
            f"no path leads from the start, {table.start}, to an accepting state "
            f"({_list(table.accept)}), so the language has no word"
        )
    reached = {table.start}
    for state in (todo := [table.start]):
        new = set(table.moves.get(state, {}).values()) & table.useful - reached
        reached |= new
        todo += sorted(new)
    if not any(table.useful.intersection(table.moves.get(state, {}).values()) for state in reached):
        raise TaskError("the language has no word but the empty one: add a row that can be taken")
    return table


def _list(states: Iterable[str]) -> str:
    return ", ".join(sorted(states))


def regular(table: str) -> Machine:
    """Words of a regular language, drawn at random, each ended by a full stop."""
    automaton = read(table)

    def moves(state: str) -> Iterable[Move[str]]:
        after = automaton.moves.get(state, {})
        able = [(token, to) for token, to in after.items() if to in automaton.useful]
        if state in automaton.accept:
            able.append((END, automaton.start))
        for token, to in able:
            yield Move(token, 1 / len(able), to)

    return Machine.grow(automaton.start, moves)
