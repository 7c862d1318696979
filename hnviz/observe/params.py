"""Checks that several questions make of their parameters."""

from collections.abc import Mapping
from typing import Any

import numpy as np

Params = Mapping[str, Any]


def only(params: Params, *names: str) -> None:
    """Raise ValueError for a parameter that a question does not have."""
    for name in params:
        if name not in names:
            raise ValueError(f"no parameter is named {name!r}; there are {', '.join(names)}")


def whole(params: Params, name: str, default: int | None, low: int, high: int) -> int:
    """Return a parameter that is a whole number from low to high, or raise ValueError."""
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name} must be a whole number from {low} to {high}; got {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{name} must be from {low} to {high}; got {value}")
    return int(value)


def one_of(params: Params, name: str, choices: tuple[str, ...], default: str) -> str:
    """Return a parameter that is one of some words, or raise ValueError."""
    value = params.get(name, default)
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    return str(value)
