"""Whole numbers that a notebook's user gives: one, or several."""

from collections.abc import Iterable
from typing import Any

import numpy as np


def whole(name: str, value: Any, low: int, high: int) -> int:
    """Return a whole number. Raises ValueError for another value."""
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if is_whole and low <= value <= high:
        return int(value)
    raise ValueError(f"{name} must be a whole number from {low} to {high:,}; got {value!r:.60}")


def wholes(name: str, values: Any, low: int, high: int) -> list[int]:
    """Return one whole number, or each of several. Raises ValueError."""
    one = isinstance(values, str) or not isinstance(values, Iterable)
    return [whole(name, value, low, high) for value in ([values] if one else values)]
