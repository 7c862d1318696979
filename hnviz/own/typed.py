"""Dataclasses from plain data, by their annotations; a value of a wrong type is one sentence."""

from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

CALLED = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    tuple: "a tuple",
}


def revived(wanted: Any, value: Any, where: str = "") -> Any:
    """Make a value of the wanted type from what `dataclasses.asdict` or JSON gives.

    `where` names the value in a sentence. Raises ValueError for a value of another type.
    """
    if is_dataclass(wanted):
        return _dataclass(wanted, value, where)
    if get_origin(wanted) is tuple:
        item = get_args(wanted)[0]
        if not isinstance(value, tuple | list):
            raise ValueError(_wrong(where, tuple, value))
        return tuple(revived(item, each, where) for each in value)
    if get_origin(wanted) in (Union, UnionType):
        choices = [each for each in get_args(wanted) if each is not type(None)]
        return None if value is None else revived(choices[0], value, where)
    number = wanted is float and isinstance(value, int)
    if not (isinstance(value, wanted) or number) or (wanted is not bool and value is True):
        raise ValueError(_wrong(where, wanted, value))
    return value


def _dataclass(wanted: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where} must be a {wanted.__name__}; got {value!r:.60}")
    hints = get_type_hints(wanted)
    needed = [each.name for each in fields(wanted) if each.default is MISSING]
    for name in (name for name in needed if name not in value):
        raise ValueError(f"{where} has no {name}")
    for name in (name for name in value if name not in hints):
        raise ValueError(f"{where} has {str(name)[:40]!r}, which nothing reads")
    inside = {
        name: revived(hints[name], each, f"{where}.{name}" if where else name)
        for name, each in value.items()
    }
    return wanted(**inside)


def _wrong(where: str, wanted: Any, value: Any) -> str:
    return f"{where} must be {CALLED[wanted]}; got {value!r:.60}"
