"""Turns a function into a question. Its signature is the API.

An example: ``@question(slow=True)`` above ``def ask_unit_codes(subject: Subject, *, layer: Layer =
LAST_LAYER) -> Reply``, with a docstring that begins "Return".

The table of questions, its documents, checks and dispatch follow from it. A parameter is an int,
float, bool, str or `Ids`, with `| None` if it may be left out. `Annotated` adds its limits: a
`Range`, or a tuple of words. An `Of` is decided by the model, or by a parameter before it. A
parameter of another class is a group: that class's fields are parameters.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from inspect import Parameter, getdoc, signature
from types import NoneType
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from hnviz.data.stream import SPLITS
from hnviz.models.catalogue import entry
from hnviz.models.spec import ModelEntry
from hnviz.observe.subject import Subject
from hnviz.questions.params import MOST_INTS, REQUIRED, Of, Param, read_json
from hnviz.questions.view import Reply

Ids = NDArray[np.int64]

KINDS = {int: "int", float: "float", bool: "bool", str: "text", Ids: "ints"}
"""Types of parameters -> their kinds in an address."""


class Range(NamedTuple):
    """The allowed numbers of a parameter; for a list, those of each item, and how many items."""

    low: Any = None
    high: Any = None
    least: int = 0
    most: Any = MOST_INTS


class Asked(NamedTuple):
    """A question while its parameters are being read; the values of an `Of` depend on it."""

    subject: Subject
    given: Mapping[str, Any]  # as received
    values: Mapping[str, Any]  # of the earlier parameters

    @property
    def net(self) -> ModelEntry:
        """The model's entry in the catalogue."""
        return entry(self.subject.config.model)


LAST_LAYER: Any = Of("the last layer", lambda asked: asked.net.n_layers - 1)
LAST_UNIT: Any = Of("the last unit", lambda asked: asked.subject.config.nh - 1)
LAST_ID: Any = Of("the last id", lambda asked: len(asked.subject.vocab) - 1)

Layer = Annotated[int, Range(0, LAST_LAYER)]
Split = Annotated[str, SPLITS]


@dataclass(frozen=True, eq=False)
class Question:
    """A function that answers, with its name in addresses."""

    function: Callable[..., Reply]
    slow: bool
    measures: bool
    version: int

    @property
    def name(self) -> str:
        """Its name in addresses: the function's, without its first part, ``ask_``."""
        return self.function.__name__.removeprefix("ask_")

    @property
    def params(self) -> Mapping[str, Param]:
        """Its parameters, in the order of the signature."""
        return dict(_params(self.function))

    def __call__(self, subject: Subject, params: Mapping[str, Any]) -> Reply:
        """Answer about a snapshot; a None is left out. Raises ValueError, with a sentence."""
        given = {name: _plain(each) for name, each in params.items() if each is not None}

        def decide(param: Param, values: Mapping[str, Any]) -> Param:
            return _decided(param, Asked(subject, given, values))

        values = read_json(self.params, given, f"the question {self.name}", decide)
        return self.function(subject, **_arguments(self.function, values))

    def declared(self) -> dict[str, Any]:
        """Return its entry in the table, in a form that JSON can hold."""
        told = {name: getattr(self, name) for name in ("slow", "measures", "version")}
        params = {name: each.declared for name, each in self.params.items()}
        return {"meaning": getdoc(self.function), **told, "params": params}


QUESTIONS: dict[str, Question] = {}
"""Every question by name."""

Function = TypeVar("Function", bound=Callable[..., Reply])


def question(
    *, slow: bool = False, measures: bool = False, version: int = 1
) -> Callable[[Function], Function]:
    """Turn a function into a question.

    A `slow` question reads a whole split, which may take a second: no picture waits for it. One
    that `measures` answers with seconds on this computer, so its answers are never stored. After
    any change of its answers, raise its `version` and run ``python -m hnviz ship --answers``:
    stored answers of another version are not used.
    """

    def register(function: Function) -> Function:
        made = Question(function, slow, measures, version)
        if made.name in QUESTIONS:
            raise ValueError(f"two questions are named {made.name!r}")
        QUESTIONS[made.name] = made
        return function

    return register


class _Field(NamedTuple):
    """One argument of a function, or one field of a group."""

    name: str
    type: Any  # one of KINDS, or a group's class
    param: Param | None  # None for a group


@cache
def _fields(owner: Callable[..., Any]) -> tuple[_Field, ...]:
    hints = get_type_hints(owner, include_extras=True)
    parameters = signature(owner).parameters.values()
    return tuple(_field(each, hints[each.name]) for each in parameters if each.name != "subject")


def _field(parameter: Parameter, hint: Any) -> _Field:
    if NoneType in get_args(hint):
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    base, *limits = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if base not in KINDS:
        return _Field(parameter.name, base, None)
    default = REQUIRED if parameter.default is Parameter.empty else parameter.default
    kind: Any = KINDS[base]
    allowed = Range()
    for limit in limits:
        if isinstance(limit, Range):
            allowed = limit
        else:
            kind = limit
    return _Field(parameter.name, base, Param(kind, default, **allowed._asdict()))


def _params(owner: Callable[..., Any]) -> Iterator[tuple[str, Param]]:
    for name, group, param in _fields(owner):
        yield from [(name, param)] if param else _params(group)


def _arguments(owner: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for a function or a group's class."""
    made = {}
    for name, kind, param in _fields(owner):
        if param is None:
            made[name] = kind(**_arguments(kind, values))
        elif kind is Ids and values[name] is not None:
            made[name] = np.array(values[name], dtype=np.int64)
        else:
            made[name] = values[name]
    return made


def _decided(param: Param, asked: Asked) -> Param:
    """Replace each `Of` by its value."""
    each = {field.name: getattr(param, field.name) for field in fields(param)}
    decided = {name: of.value(asked) for name, of in each.items() if isinstance(of, Of)}
    return replace(param, **decided) if decided else param


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
