"""The tasks by name, with their parameters and their texts.

A new task is one generator and one entry here. The id of a text consists of its task, parameters,
length and seed: "task-", the task's name, and parameters as "-name.value", such as
task-dyck-kinds.2-depth.3. A missing parameter has its default. In a parameter that is a text, "_"
is a space, and ".3b." is the character with that hexadecimal number.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zlib import crc32

from hnviz.tasks import generators
from hnviz.tasks.cycle import Cycle
from hnviz.tasks.machine import Machine, TaskError

Source = Machine | Cycle
Value = int | str

MAX_CHARS = 1000  # in a parameter's text, which is part of addresses
FAMILY = "task"
MAX_TITLE_CHARS = 24  # of a parameter in a title


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
    between: str = " "  # replaces a line end

    def checked(self, value: Any) -> str:
        """Read a value, with each run of blanks reduced to one. Raises TaskError."""
        rows = [" ".join(row.split()) for row in str(value).splitlines()]
        text = self.between.join(row for row in rows if row)
        if len(text) > MAX_CHARS:
            raise TaskError(
                f"{self.name} must have at most {MAX_CHARS:,} characters; got {len(text):,}"
            )
        if not text.isprintable():
            raise TaskError(f"{self.name} must be printable text; got {text!r:.60}")
        return text


Parameter = Number | Words


@dataclass(frozen=True, kw_only=True)
class Task:
    """A family of tasks: a generator with parameters, and what its rule must remember."""

    name: str
    title: str  # at most five words
    what: str  # the text, in one sentence
    source: str  # where the task comes from
    make: Callable[..., Source]  # takes the parameters by name
    parameters: tuple[Parameter, ...]
    holds: str  # what a machine must remember to follow the rule
    rule_states: Callable[..., int] | None = None  # takes the parameters; None: the stream's

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
        """Return the generator. Cached. Raises TaskError."""
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
        make=generators.count,
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
        make=generators.roman,
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
        make=generators.dates,
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
        make=generators.dyck,
        parameters=(
            Number("kinds", 2, 1, len(generators.OPENERS), "kinds of brackets"),
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
        make=generators.copy,
        parameters=(
            Number("symbols", 4, 1, len(generators.LETTERS), "different letters"),
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
        make=generators.recall,
        parameters=(
            Number("symbols", 4, 1, len(generators.LETTERS), "different letters"),
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
        make=generators.parity,
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
        make=generators.periodic,
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
        make=generators.regular,
        parameters=(
            Words("table", generators.REBER, "rows of state, token, next state", between="; "),
        ),
        holds="the state of the automaton",
    ),
)

TASKS: dict[str, Task] = {each.name: each for each in _TASKS}


def task(name: str) -> Task:
    """Look a task up by name. Raises TaskError."""
    if name not in TASKS:
        raise TaskError(f"no task named {name!r:.60}; choose one of {', '.join(TASKS)}")
    return TASKS[name]


LENGTH = Number("tokens", 20_000, 100, 200_000, "tokens of train; valid has half")
SEED = Number("seed", 0, 0, 2**31 - 1, "of the text")


@dataclass(frozen=True, slots=True)
class TaskStream:
    """One text of one task."""

    name: str
    values: tuple[tuple[str, Value], ...]  # all parameters of the task, in order
    tokens: int = LENGTH.default
    seed: int = SEED.default
    id: str = field(init=False)

    def __post_init__(self) -> None:
        own = [*self.values]
        own += [("tokens", self.tokens)] if self.tokens != LENGTH.default else []
        own += [("seed", self.seed)] if self.seed != SEED.default else []
        parts = (f"{name}.{_encoded(str(value))}" for name, value in own)
        object.__setattr__(self, "id", "-".join((FAMILY, self.name, *parts)))

    @classmethod
    def of(cls, name: str, given: dict[str, Any]) -> "TaskStream":
        """Make a text from parameters, including its length and seed. Raises TaskError."""
        rest = dict(given)
        tokens = LENGTH.checked(rest.pop("tokens", LENGTH.default))
        seed = SEED.checked(rest.pop("seed", SEED.default))
        return cls(name, tuple(task(name).values(rest).items()), tokens, seed)

    @property
    def source(self) -> Source:
        """The task's generator. Raises TaskError."""
        return task(self.name).built(dict(self.values))

    def check(self) -> None:
        """Build the generator, which may refuse its parameters. Raises TaskError."""
        task(self.name).built(dict(self.values))

    @property
    def n_train(self) -> int:
        """Tokens of train: the requested number, but at least one period of a repeating text."""
        source = self.source
        return max(self.tokens, len(source.ids)) if isinstance(source, Cycle) else self.tokens

    @property
    def n_valid(self) -> int:
        """Tokens of valid."""
        return self.n_train // 2

    @property
    def title(self) -> str:
        """The task with its parameters: "Balanced brackets (kinds 2, depth 3)"."""
        given = [f"{name} {_short(value)}" for name, value in self.values]
        given += [f"tokens {self.tokens}"] if self.tokens != LENGTH.default else []
        given += [f"seed {self.seed}"] if self.seed != SEED.default else []
        return f"{task(self.name).title} ({', '.join(given)})"

    @property
    def valid_seed(self) -> int:
        """The generator's seed for valid."""
        return 2 * self.seed + 1

    def texts(self) -> tuple[list[str], list[str]]:
        """Write train and valid: two texts from one generator, with different seeds.

        If the text repeats, valid is a stretch from another place, and not new text.
        """
        train = self.source.write(self.n_train, 2 * self.seed)
        return train, self.source.write(self.n_valid, self.valid_seed)


@lru_cache(maxsize=64)
def task_stream(corpus_id: str) -> TaskStream:
    """Read an id. Raises TaskError."""
    family, _, rest = corpus_id.partition("-")
    if family != FAMILY or not rest:
        raise TaskError(f"the id of a task begins with {FAMILY}-NAME; got {corpus_id!r:.60}")
    name, *parts = rest.split("-")
    given = {}
    for part in parts:
        key, dot, value = part.partition(".")
        if not (key and dot) or key in given:
            raise TaskError(
                f"a parameter in the id of a task is -name.value, once; got {part!r:.60} in "
                f"{corpus_id!r:.100}"
            )
        given[key] = _decoded(value)
    return TaskStream.of(name, given)


def _short(value: Value) -> str:
    """Write a parameter for a title: a long text is cut, and a checksum makes it unique."""
    text = str(value)
    if len(text) <= MAX_TITLE_CHARS:
        return text
    return f"{text[:MAX_TITLE_CHARS].rstrip()}\N{HORIZONTAL ELLIPSIS} #{crc32(text.encode()):08x}"


def _encoded(text: str) -> str:
    escaped = (
        each if each.isascii() and each.isalnum() else "_" if each == " " else f".{ord(each):x}."
        for each in text
    )
    return "".join(escaped)


def _decoded(text: str) -> str:
    try:
        return re.sub(
            r"\.([0-9a-f]{1,6})\.", lambda found: chr(int(found[1], 16)), text.replace("_", " ")
        )
    except ValueError as error:
        raise TaskError(f"{text!r:.60} has a character number that does not exist") from error
