"""Parameters: their allowed values, and how an address or JSON holds them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, NamedTuple

REQUIRED: Final[Any] = object()
"""The default of a parameter that must be given."""

KINDS = ("int", "float", "bool", "text", "ints")

LONGEST_NUMBER = 18  # digits, so that it fits into 64 bits
LONGEST_REAL = 40  # characters
LONGEST_TEXT = 20_000  # characters
MOST_INTS = 4000  # numbers in one list
SHOWN = 60  # characters of a value that a sentence quotes

_INT = re.compile(rf"-?[0-9]{{1,{LONGEST_NUMBER}}}")
_FLOAT = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_BOOLS = {"true": True, "false": False}


class ParamError(ValueError):
    """A parameter is unknown, missing or not allowed; the message is a sentence."""


class Of(NamedTuple):
    """A limit, a default or the allowed words, decided by the model or another parameter."""

    words: str  # as the documents say it: "the last layer"
    value: Callable[[Any], Any]  # takes an hnviz.observe.question.Asked


@dataclass(frozen=True, slots=True)
class Param:
    """What a parameter may be. Without a default, it is required."""

    kind: Any  # one of KINDS, a tuple of the allowed words, or an Of with these words
    default: Any = REQUIRED
    low: Any = None  # the smallest number allowed, in a list of each item; perhaps an Of
    high: Any = None  # the largest
    least: int = 0  # numbers in a list
    most: Any = MOST_INTS

    def __post_init__(self) -> None:
        if isinstance(self.kind, str) and self.kind not in KINDS:
            raise ValueError(
                f"a kind is one of {', '.join(KINDS)}, or a tuple of words; got {self.kind!r}"
            )

    @property
    def wanted(self) -> str:
        """Describe the allowed values."""
        if not isinstance(self.kind, str):
            return (
                _told(self.kind) if isinstance(self.kind, Of) else f"one of {', '.join(self.kind)}"
            )
        limits = "" if self.low is None else f" of at least {_told(self.low)}"
        if self.high is not None:
            limits = f" from {_told(self.low)} to {_told(self.high)}"
        count = f"{self.least:,} to " if self.least else "at most "
        return {
            "int": f"a whole number{limits}",
            "float": f"a number{limits}",
            "bool": "true or false",
            "text": f"a text of at most {LONGEST_TEXT:,} characters",
            "ints": f"{count}{_told(self.most)} whole numbers{limits or ', such as 1,2,3'}",
        }[self.kind]

    @property
    def declared(self) -> dict[str, Any]:
        """Return it in a form that JSON can hold: the browser checks the same limits.

        Each `Of` is written in words; if it decides a text, they are the "choices".
        """
        words = isinstance(self.kind, Of)
        told: dict[str, Any] = {"kind": "text" if words else self.kind, "wanted": self.wanted}
        if self.default is not REQUIRED:
            told["default"] = self.default
        if words:
            told["choices"] = self.kind
        limits = ("low", "high", *(("least", "most") if self.kind == "ints" else ()))
        told |= {name: each for name in limits if (each := getattr(self, name)) is not None}
        return {name: each.words if isinstance(each, Of) else each for name, each in told.items()}

    def check(self, value: Any) -> None:
        """Raise ValueError for a value of the right kind that is outside the limits."""
        if self.kind == "ints" and not self.least <= len(value) <= self.most:
            raise ValueError
        numbers = value if self.kind == "ints" else [value] if self.kind in ("int", "float") else []
        for number in numbers:
            low = self.low if self.low is not None else number
            high = self.high if self.high is not None else number
            if not (isfinite(number) and low <= number <= high):
                raise ValueError


Reader = Callable[[Param, Any], Any]
"""Converts a value to a parameter's kind. Raises ValueError."""

Decide = Callable[[Param, Mapping[str, Any]], Param]
"""Replaces each `Of` by its value, given the values of the earlier parameters."""


def read_query(
    params: Mapping[str, Param], pairs: Iterable[tuple[str, str]], of: str
) -> dict[str, Any]:
    """Convert an address's parameters, and fill in defaults; `of` names the question in errors.

    Raises ParamError.
    """
    given: dict[str, str] = {}
    for name, text in pairs:
        if name in given:
            raise ParamError(f"{quoted(name)} is given twice; give it once")
        given[name] = text
    return _complete(params, given, of, _from_text)


def read_json(
    params: Mapping[str, Param],
    given: Mapping[str, Any],
    of: str,
    decide: Decide = lambda param, values: param,
) -> dict[str, Any]:
    """Check parameters from JSON, and fill in defaults. Raises ParamError."""
    return _complete(params, given, of, _from_json, decide)


def quoted(value: Any) -> str:
    """Return a request's value for use in a sentence: shortened, and in quotes if it is text."""
    text = value if isinstance(value, str) else repr(value)
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return repr(short) if isinstance(value, str) else short


def _complete(
    params: Mapping[str, Param],
    given: Mapping[str, Any],
    of: str,
    read: Reader,
    decide: Decide = lambda param, values: param,
) -> dict[str, Any]:
    for name in given:
        if name not in params:
            known = f"it has {', '.join(params)}" if params else "it takes none"
            raise ParamError(f"{of} has no parameter {quoted(name)}; {known}")
    values: dict[str, Any] = {}
    for name, declared in params.items():
        param = decide(declared, values)
        if name in given:
            values[name] = checked(name, param, given[name], read)
        elif param.default is REQUIRED:
            raise ParamError(f"{of} needs {name}: {param.wanted}")
        else:
            values[name] = param.default
    return values


def _from_json(param: Param, value: Any) -> Any:
    if not isinstance(param.kind, str):
        return _one_of(param.kind, value)
    if param.kind == "text" and isinstance(value, str):
        return _text(value)
    if param.kind == "bool" and isinstance(value, bool):
        return value
    if param.kind == "ints" and isinstance(value, list):
        return [_json_int(each) for each in value]
    if param.kind == "int":
        return _json_int(value)
    if param.kind == "float" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise ValueError


def checked(name: str, param: Param, given: Any, read: Reader = _from_json) -> Any:
    """Return a value of a parameter's kind, within its limits. Raises ParamError."""
    try:
        value = read(param, given)
        param.check(value)
    except (ValueError, OverflowError):
        came = quoted(given)
        if isinstance(given, list) and len(came) > SHOWN:
            came = f"{len(given):,} values: {came}"
        raise ParamError(f"{name} must be {param.wanted}; got {came}") from None
    return value


def _told(limit: Any) -> str:
    return limit.words if isinstance(limit, Of) else f"{limit:,}"


def _from_text(param: Param, text: str) -> Any:
    if not isinstance(param.kind, str):
        return _one_of(param.kind, text)
    return _TEXT_READERS[param.kind](text)


def _one_of(choices: tuple[str, ...], value: Any) -> Any:
    if value not in choices:
        raise ValueError
    return value


def _int(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError
    return int(text)


def _float(text: str) -> float:
    if len(text) > LONGEST_REAL or not _FLOAT.fullmatch(text):
        raise ValueError
    return float(text)  # 1e999 becomes infinity, which the limits refuse


def _bool(text: str) -> bool:
    if text not in _BOOLS:
        raise ValueError
    return _BOOLS[text]


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueError
    return text


def _ints(text: str) -> list[int]:
    parts = text.split(",", MOST_INTS) if text else []
    if len(parts) > MOST_INTS:
        raise ValueError
    return [_int(part) for part in parts]


_TEXT_READERS: dict[str, Callable[[str], Any]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "text": _text,
    "ints": _ints,
}


def _json_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**LONGEST_NUMBER:
        raise ValueError
    return value
