"""Curves of many runs in one picture; the browser fetches them from /api/curves."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell import session as state
from hnviz.data import KINDS
from hnviz.models.catalogue import CATALOGUE, LADDER
from hnviz.runs import BLOCKS

EXAMPLES = {
    "ready": Example(settings=lambda: settings(list(LADDER)), follows=True),
    "pair": Example(settings=lambda: settings(["Model5", BLOCKS]), follows=True),
    "long": Example(settings=lambda: settings([*CATALOGUE, BLOCKS]), follows=True),
    "none": Example(settings=lambda: settings([]), follows=True),
    "lost": Example(settings=lambda: settings(["nobody", "Model5"]), follows=True),
}

CURVES_COMPARED = Picture(
    __file__, Place("compare_curves", "950px", "1098px"), silent=True, examples=EXAMPLES
)


def settings(standard: list[str]) -> Mapping[str, Any]:
    """Return what the browser gets: the runs that are compared until a reader chooses."""
    return {"standard": standard, "kinds": list(KINDS)}


def standard_runs() -> list[str]:
    """Return the runs of an address that names none: the notebook's models, and the run in view."""
    shown = state.get(state.RUN)
    return [*([shown] if shown and shown not in LADDER else []), *LADDER]


def compared_curves(standard: list[str]) -> None:
    """Draw the chosen runs, or the standard ones."""
    CURVES_COMPARED(settings=settings(standard))
