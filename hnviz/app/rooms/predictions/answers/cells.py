"""The data of the picture of words and bars, for every question that it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hnviz.data import kind_of
from hnviz.figures.answers import Bar

DRAWS = "rooms/predictions/answers"
"""The folder whose main.js draws it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One word of the text, and perhaps another above it."""

    word: str
    above: str | None = None
    bits: float | None = None  # of surprise: the background of the word
    share: float | None = None  # the bar under the word: its probability
    mark: str = ""  # "wrong", "differs", or "late" for what follows a mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the picture shows: for each cell, bars and the sentence that goes with them."""

    param: str  # of the picked cell, in the address
    alt: str
    cells: Sequence[Cell]
    bars: Sequence[Sequence[Bar]]
    says: Sequence[str]
    start: int  # the cell that is picked at first
    headlines: Sequence[str] = ()  # for each cell, the page's headline while it is picked
    series: Sequence[str] = ("",)  # names of the bars' answers
    lines: Sequence[str] = ()  # names of the lines of a cell, from the top
    full: float | None = None  # bits that have full colour
    rows: Sequence[tuple[Sequence[str], int, int]] = ()  # words beside some of the cells: from, to
    heads: Sequence[str] = ()  # names of the words beside, and of the cells
    target: bool = False  # the word after the picked one is the answer's target
    note: str = ""  # written small below

    @property
    def meta(self) -> dict[str, Any]:
        """Return it as the browser gets it."""
        return {
            "param": self.param,
            "alt": self.alt.replace("**", ""),
            "cells": [_packed(cell) for cell in self.cells],
            "bars": [
                [[bar.word, [_short(share) for share in bar.shares], bar.note] for bar in bars]
                for bars in self.bars
            ],
            "says": list(self.says),
            "headlines": list(self.headlines),
            "start": self.start,
            "series": list(self.series),
            "lines": list(self.lines),
            "full": self.full,
            "rows": [list(row) for row in self.rows],
            "heads": list(self.heads),
            "target": self.target,
            "note": self.note,
        }


def _packed(cell: Cell) -> list[Any]:
    bits = None if cell.bits is None else round(cell.bits, 2)
    share = None if cell.share is None else _short(cell.share)
    return [cell.word, cell.above, bits, share, cell.mark, kind_of(cell.word)]


def _short(share: float) -> float:
    """Keep three digits, and more where these would make it 1: only all is 100 %."""
    short = float(f"{share:.3g}")
    return float(f"{share:.7g}") if short == 1 else short
