"""A task as a text to train on: its generator, its parameters, its length and its seed, as one id.

An id is "task-", the task's name, and parameters as "-name.value": task-dyck-kinds.2-depth.3. What
is not given has its default. In a text, "_" is a space and ".3b." is the character with that
hexadecimal number.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from zlib import crc32

from hnviz.tasks.cycle import Cycle
from hnviz.tasks.machine import TaskError
from hnviz.tasks.task import Number, Source, Value, task

FAMILY = "task"
LONGEST_SHOWN = 24  # characters of a parameter in a title
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
        """Make a text from parameters, the length and seed among them. Raises TaskError."""
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
        """Tokens of train: those asked for, but at least one period of a text that repeats."""
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
        """Write train and valid: two texts of one generator, from different seeds.

        Of a text that repeats, valid is a stretch from another place: it is not new text.
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
    """Write a parameter for a title: a long text is cut, and a checksum keeps two apart."""
    text = str(value)
    if len(text) <= LONGEST_SHOWN:
        return text
    return f"{text[:LONGEST_SHOWN].rstrip()}\N{HORIZONTAL ELLIPSIS} #{crc32(text.encode()):08x}"


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
