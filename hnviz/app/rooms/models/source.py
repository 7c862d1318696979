"""The source of a model's class, with the lines that the model before it does not have."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from hnviz.models.catalogue import previous
from hnviz.source import Source, model_source, new_lines


def class_and_new_lines(model: str) -> tuple[Source, frozenset[int]]:
    """Return a model's class, and its lines that the model before does not have.

    Raises ValueError for a class that is not in the file of models.
    """
    whole, old = model_source(model), None
    if (before := previous(model)) is not None:
        with suppress(ValueError):
            old = model_source(before)
    return whole, new_lines(whole, old)


def new_forward_lines(model: str, source: Mapping[str, Any]) -> list[int]:
    """Return the lines of a forward, from 0, that the model before does not have."""
    try:
        whole, new = class_and_new_lines(model)
    except ValueError:
        return []  # a class from elsewhere: its forward can be read, but no model comes before it
    offset = source["first_line"] - whole.first_line
    return sorted(line - offset for line in new if 0 <= line - offset < len(source["lines"]))
