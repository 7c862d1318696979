"""A checked file of models as a value, and the one that this process uses."""

import json
from dataclasses import asdict, dataclass

from hnviz.models.catalogue import CATALOGUE, ModelEntry
from hnviz.own.typed import revived


class OwnModelError(ValueError):
    """A file of models that cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class OwnModel:
    """One model of the file."""

    entry: ModelEntry
    identity: str  # of all that makes the model; see `hnviz.own.identity`


@dataclass(frozen=True, slots=True)
class OwnModels:
    """A file of models that has passed all checks."""

    file: str  # its name, without its folder
    text: str
    models: tuple[OwnModel, ...]

    def to_json(self) -> str:
        """Write the value for another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, content: str | bytes) -> "OwnModels":
        """Read the result of `to_json`. Raises ValueError for anything else."""
        try:
            found: OwnModels = revived(cls, json.loads(content))
        except RecursionError:
            raise ValueError("nested too deep") from None
        return found


_used: OwnModels | None = None


def own_models() -> OwnModels | None:
    """Return the file of models that this process uses; None without one."""
    return _used


def register(models: OwnModels) -> None:
    """Add a file's models to the catalogue of this process. Raises OwnModelError for a second."""
    global _used
    if models == _used:
        return
    if _used is not None:
        raise OwnModelError(
            f"hnviz uses {_used.file} already, and one file of models at a time: write all models "
            "into one"
        )
    _used = models
    CATALOGUE.update({model.entry.name: model.entry for model in models.models})


def identity_of(model: str) -> str:
    """Return the identity of one of the user's own models; empty for a built-in one."""
    for each in _used.models if _used else ():
        if each.entry.name == model:
            return each.identity
    return ""


def model_text(model: str) -> str:
    """Return the text of the file that holds one of the user's own models. Raises OwnModelError."""
    if _used is None or not identity_of(model):
        raise OwnModelError(f"{model} is not in a file of models that hnviz was started with")
    return _used.text
