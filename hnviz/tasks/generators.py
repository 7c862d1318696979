"""The generators of the tasks: random ones are machines, the others are cycles.

A regular language comes from an automaton that the user writes as a table, with one row for each
move: the state, the token, the next state. Line ends or semicolons separate rows; the first row's
state is the start, and a row `accept A B` names the states in which a word may end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from hnviz.tasks.cycle import MAX_TOKENS, Cycle
from hnviz.tasks.machine import Machine, Move, TaskError

OPENERS, CLOSERS = "([{<", ")]}>"
LETTERS = "abcdefgh"
NOISE = ("x", "y")
BLANK, ASK = "_", "?"
EVEN_ODD = ("even", "odd")

END = "."
MAX_ROWS = 100
REBER = (
    "0 B 1; 1 T 2; 1 P 3; 2 S 2; 2 X 4; 3 T 3; 3 V 5; 4 X 3; 4 S 6; 5 P 4; 5 V 6; 6 E 7; accept 7"
)
EVEN_ONES = "even 0 even; even 1 odd; odd 0 odd; odd 1 even; accept even"

DIGITS = "0123456789abcdef"
NUMERALS = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC")),
    *((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def dyck(kinds: int, depth: int) -> Machine:
    """Balanced brackets of several kinds, nested at most `depth` deep (bounded Dyck language)."""

    def moves(stack: tuple[int, ...]) -> Iterable[Move[tuple[int, ...]]]:
        may_open, may_close = len(stack) < depth, len(stack) > 0
        half = 0.5 if may_open and may_close else 1.0
        if may_open:
            for kind in range(kinds):
                yield Move(OPENERS[kind], half / kinds, (*stack, kind))
        if may_close:
            yield Move(CLOSERS[stack[-1]], half, stack[:-1])

    none: tuple[int, ...] = ()
    return Machine.grow(
        none, moves, named=lambda stack: "".join(OPENERS[kind] for kind in stack) or "none"
    )


def copy(symbols: int, length: int, delay: int) -> Machine:
    """Random letters, a delay of blanks, a question mark, and the same letters again."""

    def moves(state: tuple[str, str, int]) -> Iterable[Move[tuple[str, str, int]]]:
        phase, held, at = state
        if phase == "read" and len(held) < length:
            for letter in LETTERS[:symbols]:
                yield Move(letter, 1 / symbols, ("read", held + letter, 0))
        elif phase == "read" and at < delay:
            yield Move(BLANK, 1.0, ("read", held, at + 1))
        elif phase == "read":
            yield Move(ASK, 1.0, ("write", held, 0))
        else:
            rest = held[1:]
            yield Move(held[0], 1.0, ("write", rest, 0) if rest else ("read", "", 0))

    return Machine.grow(
        ("read", "", 0),
        moves,
        asks=lambda state: state[0] == "write",
        named=lambda state: " ".join(filter(None, (*state[:2], str(state[2] or "")))),
    )


def recall(symbols: int, gap: int) -> Machine:
    """A letter, `gap` tokens of noise, a question mark, and the letter again."""

    def moves(state: tuple[str, int]) -> Iterable[Move[tuple[str, int]]]:
        letter, at = state
        if not letter:
            for each in LETTERS[:symbols]:
                yield Move(each, 1 / symbols, (each, 0))
        elif at < gap:
            for noise in NOISE:
                yield Move(noise, 1 / len(NOISE), (letter, at + 1))
        elif at == gap:
            yield Move(ASK, 1.0, (letter, at + 1))
        else:
            yield Move(letter, 1.0, ("", 0))

    return Machine.grow(
        ("", 0),
        moves,
        asks=lambda state: state[1] > gap,
        named=lambda state: f"{state[0]} {state[1]}" if state[0] else "start",
    )


def parity(every: int) -> Machine:
    """Random bits, one in `every` replaced by a question: whether the ones are even or odd.

    The answer follows, so one in `every` + 1 of all tokens is a question.
    """

    def moves(state: tuple[int, bool]) -> Iterable[Move[tuple[int, bool]]]:
        odd, asked = state
        if asked:
            yield Move(EVEN_ODD[odd], 1.0, (odd, False))
            return
        for bit in (0, 1):
            yield Move(str(bit), (1 - 1 / every) / 2, (odd ^ bit, False))
        yield Move(ASK, 1 / every, (odd, True))

    return Machine.grow(
        (0, False),
        moves,
        asks=lambda state: state[1],
        named=lambda state: EVEN_ODD[state[0]] + (" ?" if state[1] else ""),
    )


@dataclass(frozen=True)
class Automaton:
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


def read_automaton(text: str) -> Automaton:
    """Read a table. Raises TaskError if it is not an automaton or accepts no word."""
    rows = [row.split() for row in text.replace(";", "\n").splitlines() if row.strip()]
    if len(rows) > MAX_ROWS:
        raise TaskError(f"an automaton has at most {MAX_ROWS} rows, got {len(rows)}")
    ends = [state for row in rows if row[0] == "accept" for state in row[1:]]
    moves: dict[str, dict[str, str]] = {}
    for number, row in enumerate(row for row in rows if row[0] != "accept"):
        try:
            _add(moves, row)
        except TaskError as error:
            error.row = number
            raise
    if not moves:
        raise TaskError("an automaton needs at least one row: state, token, next state")
    if not ends:
        raise TaskError("no state accepts: add a row that says where a word may end: accept A")
    known = {*moves, *(to for after in moves.values() for to in after.values())}
    if strange := [state for state in ends if state not in known]:
        raise TaskError(f"{strange[0]!r} accepts but is in no row; the states are {_list(known)}")
    return _with_words(Automaton(next(iter(moves)), frozenset(ends), moves))


def _add(moves: dict[str, dict[str, str]], row: list[str]) -> None:
    if len(row) != 3:
        raise TaskError(f"a row is a state, a token and a next state; got {' '.join(row)!r}")
    state, token, to = row
    if token == END:
        raise TaskError(f"the token {END!r} ends a word, so no row can use it: {' '.join(row)!r}")
    if token in moves.setdefault(state, {}):
        raise TaskError(f"state {state} has two rows for the token {token!r}; keep one of them")
    moves[state][token] = to


def _with_words(automaton: Automaton) -> Automaton:
    if automaton.start not in automaton.useful:
        raise TaskError(
            f"no path leads from the start, {automaton.start}, to an accepting state "
            f"({_list(automaton.accept)}), so the language has no word"
        )
    reached = {automaton.start}
    for state in (todo := [automaton.start]):
        new = set(automaton.moves.get(state, {}).values()) & automaton.useful - reached
        reached |= new
        todo += sorted(new)
    if not any(
        automaton.useful.intersection(automaton.moves.get(state, {}).values()) for state in reached
    ):
        raise TaskError("the language has only the empty word: add a row that can be taken")
    return automaton


def _list(states: Iterable[str]) -> str:
    return ", ".join(sorted(states))


def regular(table: str) -> Machine:
    """Words of a regular language, drawn at random, each ended by a full stop."""
    automaton = read_automaton(table)

    def moves(state: str) -> Iterable[Move[str]]:
        after = automaton.moves.get(state, {})
        able = [(token, to) for token, to in after.items() if to in automaton.useful]
        if state in automaton.accept:
            able.append((END, automaton.start))
        for token, to in able:
            yield Move(token, 1 / len(able), to)

    return Machine.grow(automaton.start, moves)


def count(base: int, digits: int) -> Cycle:
    """All numbers from 0 up that have at most `digits` digits in a base, then 0 again."""
    if base**digits > MAX_TOKENS:
        raise TaskError(
            f"{digits} digits in base {base} make {base**digits:,} numbers, too many: "
            f"choose a base and digits that make at most {MAX_TOKENS:,}"
        )
    return Cycle.of([token for n in range(base**digits) for token in (*_digits(n, base), ",")])


def _digits(number: int, base: int) -> str:
    rest, last = divmod(number, base)
    return (_digits(rest, base) if rest else "") + DIGITS[last]


def roman(last: int) -> Cycle:
    """The Roman numerals from I to a last one, then I again."""
    return Cycle.of([token for n in range(1, last + 1) for token in (*numeral(n), ",")])


def numeral(number: int) -> str:
    """Write a number from 1 to 3,999 in Roman numerals."""
    written = ""
    for value, letters in NUMERALS:
        times, number = divmod(number, value)
        written += letters * times
    return written


def dates(first: int, years: int) -> Cycle:
    """Every day of some years, with its weekday and without the year, then the first day again."""
    day, end = date(first, 1, 1), date(first + years, 1, 1)
    text = []
    while day < end:
        text += [DAYS[day.weekday()], str(day.day), MONTHS[day.month - 1], ","]
        day += timedelta(days=1)
    return Cycle.of(text)


def periodic(sequence: str) -> Cycle:
    """Tokens separated by spaces, again and again."""
    tokens = sequence.split()
    if len(tokens) < 2:
        raise TaskError(
            f"a periodic sequence needs at least two tokens, separated by spaces; got {sequence!r}"
        )
    return Cycle.of(tokens)
