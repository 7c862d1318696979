"""Parameters: what each may be, and their values as an address or JSON gives them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

REQUIRED: Final[Any] = object()
"""The default of a parameter that a request must give."""

Kind = str | tuple[str, ...]
"""One of KINDS, or the allowed words."""

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


@dataclass(frozen=True, slots=True)
class Param:
    """One address parameter. Without a default, a request must give it."""

    kind: Kind
    default: Any = REQUIRED
    low: float | None = None  # the smallest number allowed
    high: float | None = None  # the largest

    def __post_init__(self) -> None:
        if not isinstance(self.kind, tuple) and self.kind not in KINDS:
            raise ValueError(
                f"a kind is one of {', '.join(KINDS)}, or a tuple of words; got {self.kind!r}"
            )


def read_query(
    params: Mapping[str, Param], pairs: Iterable[tuple[str, str]], of: str
) -> dict[str, Any]:
    """Convert an address's parameters, and fill in defaults; errors call what is asked `of`.

    Raises ParamError.
    """
    given: dict[str, str] = {}
    for name, text in pairs:
        if name in given:
            raise ParamError(f"{quoted(name)} is given twice; give it once")
        given[name] = text
    return _complete(params, given, of, _from_text)


def read_json(params: Mapping[str, Param], given: Mapping[str, Any], of: str) -> dict[str, Any]:
    """Check parameters that came as JSON, and fill in defaults. Raises ParamError."""
    return _complete(params, given, of, _from_json)


def quoted(value: Any) -> str:
    """Write a request's value for a sentence: short, and in quotes if it is text."""
    text = value if isinstance(value, str) else repr(value)
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return repr(short) if isinstance(value, str) else short


Reader = Callable[[Param, Any], Any]
"""Converts a value to a parameter's kind. Raises ValueError."""


def _complete(
    params: Mapping[str, Param], given: Mapping[str, Any], of: str, read: Reader
) -> dict[str, Any]:
    for name in given:
        if name not in params:
            known = f"it has {', '.join(params)}" if params else "it takes none"
            raise ParamError(f"{of} has no parameter {quoted(name)}; {known}")
    values = {}
    for name, param in params.items():
        if name in given:
            values[name] = _checked(name, param, given[name], read)
        elif param.default is REQUIRED:
            raise ParamError(f"{of} needs {name}: {wanted(param)}")
        else:
            values[name] = param.default
    return values


def _checked(name: str, param: Param, given: Any, read: Reader) -> Any:
    try:
        value = read(param, given)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            _check_bounds(param, value)
    except (ValueError, OverflowError):
        raise ParamError(f"{name} must be {wanted(param)}; got {quoted(given)}") from None
    return value


def _check_bounds(param: Param, value: float) -> None:
    if not isfinite(value):
        raise ValueError
    if param.low is not None and value < param.low:
        raise ValueError
    if param.high is not None and value > param.high:
        raise ValueError


def wanted(param: Param) -> str:
    """Describe the values that a parameter may have."""
    if isinstance(param.kind, tuple):
        return f"one of {', '.join(param.kind)}"
    if param.kind in ("int", "float"):
        kind = "whole number" if param.kind == "int" else "number"
        if param.low is not None and param.high is not None:
            return f"a {kind} from {param.low:,} to {param.high:,}"
        return f"a {kind} of at least {param.low:,}" if param.low is not None else f"a {kind}"
    return {
        "bool": "true or false",
        "text": f"a text of at most {LONGEST_TEXT:,} characters",
        "ints": f"at most {MOST_INTS:,} whole numbers, such as 1,2,3",
    }[param.kind]


def _from_text(param: Param, text: str) -> Any:
    if isinstance(param.kind, tuple):
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
    return float(text)  # 1e999 becomes infinity, which the bounds refuse


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


def _from_json(param: Param, value: Any) -> Any:
    if isinstance(param.kind, tuple):
        return _one_of(param.kind, value)
    if param.kind == "text" and isinstance(value, str):
        return _text(value)
    if param.kind == "bool" and isinstance(value, bool):
        return value
    if param.kind == "ints" and isinstance(value, list) and len(value) <= MOST_INTS:
        return [_json_int(each) for each in value]
    if param.kind == "int":
        return _json_int(value)
    if param.kind == "float" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise ValueError


def _json_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**LONGEST_NUMBER:
        raise ValueError
    return value
