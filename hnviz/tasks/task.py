"""The tasks by name, with their parameters. A new task is one function and one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hnviz.tasks import streams, table, texts
from hnviz.tasks.cycle import Cycle
from hnviz.tasks.machine import Machine, TaskError

Source = Machine | Cycle
Value = int | str

MOST_CHARACTERS = 1000  # of a text, which is a part of addresses


@dataclass(frozen=True, slots=True)
class Number:
    """A parameter that is a whole number."""

    name: str
    default: int
    low: int
    high: int
    meaning: str

    def checked(self, value: Any) -> int:
        """Read a value. Raises TaskError."""
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            number = None
        if number is None or isinstance(value, bool | float) or not self.low <= number <= self.high:
            raise TaskError(
                f"{self.name} must be a whole number from {self.low:,} to {self.high:,}; "
                f"got {value!r:.60}"
            )
        return number


@dataclass(frozen=True, slots=True)
class Words:
    """A parameter that is a text."""

    name: str
    default: str
    meaning: str
    between: str = " "  # what takes the place of a line end

    def checked(self, value: Any) -> str:
        """Read a value; blanks are made single. Raises TaskError."""
        rows = [" ".join(row.split()) for row in str(value).splitlines()]
        text = self.between.join(row for row in rows if row)
        if len(text) > MOST_CHARACTERS:
            raise TaskError(
                f"{self.name} must have at most {MOST_CHARACTERS:,} characters; got {len(text):,}"
            )
        if not text.isprintable():
            raise TaskError(f"{self.name} must be printable text; got {text!r:.60}")
        return text


Parameter = Number | Words


@dataclass(frozen=True, kw_only=True)
class Task:
    """One family of tasks: a generator with parameters, and what its rule must remember."""

    name: str
    title: str  # five words or fewer
    what: str  # the text, in one sentence
    source: str  # where the task comes from
    make: Callable[..., Source]  # takes the parameters by name
    parameters: tuple[Parameter, ...]
    holds: str  # what a machine that follows the rule must tell apart
    rule_states: Callable[..., int] | None = None  # takes the parameters; None: those of the stream

    def values(self, given: Mapping[str, Any] | None = None) -> dict[str, Value]:
        """Return all parameters, with defaults for those not given. Raises TaskError."""
        given = given or {}
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise TaskError(
                    f"{self.name} has no parameter {name!r:.60}; it has {', '.join(known)}"
                )
        return {
            name: parameter.checked(given.get(name, parameter.default))
            for name, parameter in known.items()
        }

    def built(self, values: Mapping[str, Value]) -> Source:
        """Return the generator; recent ones are kept. Raises TaskError."""
        return _built(self.name, tuple(values.items()))


@lru_cache(maxsize=16)
def _built(name: str, values: tuple[tuple[str, Value], ...]) -> Source:
    return task(name).make(**dict(values))


_TASKS = (
    Task(
        name="count",
        title="Counting in a base",
        what="All numbers that so many digits can write in a base, from 0 up, then 0 again; "
        "the first digit is the most significant.",
        source="Knuth, The Art of Computer Programming, volume 2, section 4.1 (positional "
        "notation)",
        make=texts.count,
        parameters=(
            Number("base", 10, 2, 16, "different digits"),
            Number("digits", 3, 1, 12, "digits of the longest number"),
        ),
        holds="its place in the text",
    ),
    Task(
        name="roman",
        title="Roman numerals",
        what="The Roman numerals from I to the last number, then I again, in the form that "
        "subtracts: IV, IX.",
        source="Cajori, A History of Mathematical Notations, 1928, volume 1, sections 51 to 55",
        make=texts.roman,
        parameters=(Number("last", 999, 1, 3999, "the last number"),),
        holds="its place in the text",
    ),
    Task(
        name="dates",
        title="Dates",
        what="Every day of some years, with its weekday and without the year, then the first "
        "day again.",
        source="Dershowitz and Reingold, Calendrical Calculations, 1997, chapter 2 (the "
        "Gregorian calendar)",
        make=texts.dates,
        parameters=(
            Number("first", 2001, 1600, 2400, "the first year"),
            Number("years", 4, 1, 60, "how many years"),
        ),
        holds="its place in the text",
    ),
    Task(
        name="dyck",
        title="Balanced brackets",
        what="Balanced brackets of several kinds, with a bound on how many can be open. Where "
        "both are possible, the next one opens or closes with equal chance.",
        source="Hewitt, Hahn, Ganguli, Liang and Manning, RNNs can generate bounded hierarchical"
        " languages with optimal memory, EMNLP 2020",
        make=streams.dyck,
        parameters=(
            Number("kinds", 2, 1, len(streams.OPENERS), "kinds of brackets"),
            Number("depth", 3, 1, 64, "brackets that can be open at once"),
        ),
        holds="which brackets are open",
        rule_states=lambda kinds, depth: sum(kinds**open_ for open_ in range(depth + 1)),
    ),
    Task(
        name="copy",
        title="Copy after a delay",
        what="Random letters, a delay of blanks, a question mark, and the same letters again.",
        source="Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997; "
        "in this form Arjovsky, Shah and Bengio, Unitary evolution recurrent neural "
        "networks, ICML 2016",
        make=streams.copy,
        parameters=(
            Number("symbols", 4, 1, len(streams.LETTERS), "different letters"),
            Number("length", 3, 1, 10, "letters to copy"),
            Number("delay", 5, 0, 500, "blanks between the letters and their copy"),
        ),
        holds="the letters that it has to write",
        rule_states=lambda symbols, length, delay: symbols**length,
    ),
    Task(
        name="recall",
        title="Recall the first letter",
        what="A random letter, some tokens of noise, a question mark, and the letter again.",
        source="Bengio, Simard and Frasconi, Learning long-term dependencies with gradient "
        "descent is difficult, IEEE Transactions on Neural Networks 5, 1994",
        make=streams.recall,
        parameters=(
            Number("symbols", 4, 1, len(streams.LETTERS), "different letters"),
            Number("gap", 6, 0, 500, "tokens of noise before the question"),
        ),
        holds="which letter came first",
        rule_states=lambda symbols, gap: symbols,
    ),
    Task(
        name="parity",
        title="Parity",
        what="Random bits and, at random places, a question: is the number of ones since the "
        "start of the text even or odd?",
        source="Minsky and Papert, Perceptrons, 1969; for sequences, Hahn, Theoretical "
        "limitations of self-attention in neural sequence models, TACL 8, 2020",
        make=streams.parity,
        parameters=(
            Number(
                "every",
                8,
                2,
                1000,
                "of bits and questions, one in so many asks",
            ),
        ),
        holds="whether the ones so far are even or odd",
        rule_states=lambda every: 2,
    ),
    Task(
        name="periodic",
        title="A periodic sequence",
        what="The same tokens again and again.",
        source="Morse and Hedlund, Symbolic dynamics, American Journal of Mathematics 60, 1938: "
        "a period of p needs at most p - 1 tokens of context",
        make=texts.periodic,
        parameters=(Words("sequence", "a a b a b b", "its tokens, separated by spaces"),),
        holds="its place in the period",
    ),
    Task(
        name="regular",
        title="A regular language",
        what="Words that an automaton accepts, each ended by a full stop. Every move that can "
        "still lead to the end of a word is equally likely, and so is the end where a "
        "word may end.",
        source="The default is the grammar of Reber, Implicit learning of artificial grammars, "
        "Journal of Verbal Learning and Verbal Behavior 6, 1967; for recurrent networks, "
        "Cleeremans, Servan-Schreiber and McClelland, Neural Computation 1, 1989",
        make=table.regular,
        parameters=(Words("table", table.REBER, "rows of state, token, next state", between="; "),),
        holds="the state of the automaton",
    ),
)

TASKS: dict[str, Task] = {each.name: each for each in _TASKS}


def task(name: str) -> Task:
    """Look a task up by name. Raises TaskError."""
    if name not in TASKS:
        raise TaskError(f"no task named {name!r:.60}; choose one of {', '.join(TASKS)}")
    return TASKS[name]
