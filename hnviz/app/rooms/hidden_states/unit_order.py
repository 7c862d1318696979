"""In which order the Hidden states page's rows stand, and what each group of them has in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hnviz.app.run.engine import observe
from hnviz.app.run.text import Standing


@dataclass(frozen=True, slots=True)
class Rows:
    """The units from top to bottom; of each group its name and how many rows it has."""

    order: tuple[int, ...]
    groups: tuple[tuple[str, int], ...] = ()


Found = tuple[Rows | None, str | None]
"""The rows, None for units as they are numbered; and why an order cannot be had."""


def clustered(run: Standing, params: Mapping[str, Any]) -> Found:
    """Bring units together that go together over what is read."""
    answer, trouble = observe(run.record.id, run.record.snapshots[-1], "unit_order", params)
    return (None if answer is None else Rows(tuple(answer.arrays["order"].tolist()))), trouble


def coded(run: Standing, params: Mapping[str, Any]) -> Found:
    """Put units with the slot or the digit that explains most of each, over all of train."""
    layer = {"layer": params["layer"]}
    answer, trouble = observe(run.record.id, run.record.snapshots[-1], "unit_codes", layer)
    if answer is None:
        return None, trouble
    groups = tuple((str(name), int(n)) for name, n in answer.meta["groups"])
    return Rows(tuple(answer.meta["order"]), groups), None


def numbered(run: Standing, params: Mapping[str, Any]) -> Found:
    """Leave them as they are."""
    return None, None


ORDERS: Mapping[str, Callable[[Standing, Mapping[str, Any]], Found]] = {
    "clustered": clustered,
    "by what they code": coded,
    "as numbered": numbered,
}
"""Every order by its name. It is that of the run's last snapshot: rows stay while time plays."""
