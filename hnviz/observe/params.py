"""Checks of parameters that several questions share."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.observe.subject import Subject

Params = Mapping[str, Any]


def only(params: Params, *names: str) -> None:
    """Raise ValueError for a parameter that a question does not have."""
    for name in params:
        if name not in names:
            known = f"choose one of {', '.join(names)}" if names else "the question takes none"
            raise ValueError(f"no parameter is named {name!r}; {known}")


def whole(params: Params, name: str, default: int | None, low: int, high: int) -> int:
    """Return a parameter that is a whole number from low to high, or raise ValueError."""
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name} must be a whole number from {low} to {high}; got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}; got {value}")
    return int(value)


def real(params: Params, name: str, default: float, low: float, high: float) -> float:
    """Return a parameter that is a finite number from low to high, or raise ValueError."""
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}; got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low:g} to {high:g}; got {value:g}")
    return float(value)


def one_of(params: Params, name: str, choices: tuple[str, ...], default: str) -> str:
    """Return a parameter that is one of a few words, or raise ValueError."""
    value = params.get(name, default)
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    return str(value)


def numbered(subject: Subject, params: Params) -> NDArray[np.int64]:
    """Return the parameter `ids`, a list of token ids, or raise ValueError."""
    last = len(subject.vocab) - 1
    try:
        ids = np.asarray(params["ids"])
    except ValueError:  # rows of different lengths
        ids = np.zeros((0, 0))
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise ValueError("ids must be a list of whole numbers")
    if ids.size and not 0 <= ids.min() <= ids.max() <= last:
        raise ValueError(f"ids must be from 0 to {last}; got {ids.min()} to {ids.max()}")
    return ids.astype(np.int64)
