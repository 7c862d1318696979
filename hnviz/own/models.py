"""A checked file of models as a value, and the file that this process uses."""

import json
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hnviz.models.catalogue import CATALOGUE, ModelEntry

CALLED = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    tuple: "a tuple",
}


class OwnModelError(ValueError):
    """A file of models that cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class OwnModel:
    """One model of the file."""

    entry: ModelEntry
    identity: str  # a hash of all that determines it; see `hnviz.own.entries.identity`


@dataclass(frozen=True, slots=True)
class OwnClass:
    """One nn.Module of the file: a run that was recorded of it can be asked anything."""

    name: str
    code: str = ""  # SHA-256 of its source, see `hnviz.learn.opened.source_of`
    problem: str = ""  # why none could be made


@dataclass(frozen=True, slots=True)
class OwnModels:
    """A file of models that has passed all checks."""

    file: str  # its name, without its folder
    text: str
    models: tuple[OwnModel, ...]
    classes: tuple[OwnClass, ...] = ()

    def to_json(self) -> str:
        """Encode the value for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, content: str | bytes) -> "OwnModels":
        """Read the result of `to_json`. Raises ValueError for anything else."""
        try:
            found: OwnModels = revived(cls, json.loads(content))
        except RecursionError:
            raise ValueError("nested too deep") from None
        return found


used: OwnModels | None = None
"""The file that this process uses."""


def own_models() -> OwnModels | None:
    """Return the file of models that this process uses; None without one."""
    return used


def register(models: OwnModels) -> None:
    """Add a file's models to this process's catalogue. Raises OwnModelError for a second file."""
    global used
    if models == used:
        return
    if used is not None:
        raise OwnModelError(
            f"hnviz already uses {used.file}, and it takes one file of models: put all models into "
            "that file"
        )
    used = models
    CATALOGUE.update({model.entry.name: model.entry for model in models.models})


def identity_of(model: str) -> str:
    """Return the identity of one of the user's own models; empty for another one."""
    for each in used.models if used else ():
        if each.entry.name == model:
            return each.identity
    return ""


def model_text(model: str) -> str:
    """Return the text of the file that holds one of the user's own models. Raises OwnModelError."""
    if used is None or not identity_of(model):
        raise OwnModelError(f"{model} is not in a file of models that hnviz was started with")
    return used.text


def revived(wanted: Any, value: Any, where: str = "") -> Any:
    """Make a value of the wanted type from the result of `dataclasses.asdict` or from JSON.

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
        raise ValueError(f"{where} has an unknown field, {str(name)[:40]!r}")
    inside = {
        name: revived(hints[name], each, f"{where}.{name}" if where else name)
        for name, each in value.items()
    }
    return wanted(**inside)


def _wrong(where: str, wanted: Any, value: Any) -> str:
    return f"{where} must be {CALLED[wanted]}; got {value!r:.60}"
