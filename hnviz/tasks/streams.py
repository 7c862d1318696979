"""The generators with chance. Each function returns a machine."""

from collections.abc import Iterable

from hnviz.tasks.machine import Machine, Move

OPENERS, CLOSERS = "([{<", ")]}>"
LETTERS = "abcdefgh"
NOISE = ("x", "y")
BLANK, ASK = "_", "?"
EVEN_ODD = ("even", "odd")


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
    """Random bits, one in `every` replaced by a question: are the ones even or odd.

    The answer follows, so of all tokens one in `every` + 1 asks.
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
