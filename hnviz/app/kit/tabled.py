"""The data of what Python draws, as a table for the browser's "As a table" (kit/js/as_table.js)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

Cell = str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class Tabled:
    """A caption, the columns' titles, each with its unit after a bar, and rows of cells.

    `Tabled("Right answers", ["digit", "right|share"], [["tens", 0.99]])`
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"a row of {self.caption!r} must have {len(self.columns)} cells; got {len(row)}"
                )

    @property
    def sent(self) -> dict[str, Any]:
        """Return it as the browser gets it."""
        heads = [title.partition("|") for title in self.columns]
        return {
            "caption": self.caption,
            "columns": [{"title": title, "unit": unit} for title, _, unit in heads],
            "rows": [[_sent(cell) for cell in row] for row in self.rows],
        }


def _sent(cell: Cell) -> Cell:
    """Keep seven digits of a number; JSON has no nan."""
    if isinstance(cell, str | bool | int) or cell is None:
        return cell
    return float(f"{cell:.7g}") if isfinite(cell) else None
