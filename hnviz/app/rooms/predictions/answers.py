"""Words that a network read or said, each to be picked, beside its answers as bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hnviz.app.kit.component import BrowserComponent
from hnviz.data import kind_of
from hnviz.figures.answers import Bar

_component = BrowserComponent("rooms/predictions/answers", min_height="300px")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One word of the text, and maybe one that stands above it."""

    word: str
    above: str | None = None
    bits: float | None = None  # of surprise: the background of the word
    share: float | None = None  # the bar under the word: its probability
    mark: str = ""  # "wrong", "differs", or "late" for what follows a mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the picture shows: for each cell, bars and the sentence that goes with them."""

    key: str  # the picture's, and its position's in the address
    param: str
    alt: str
    cells: Sequence[Cell]
    bars: Sequence[Sequence[Bar]]
    says: Sequence[str]
    start: int  # the cell that is picked at first
    series: Sequence[str] = ("",)  # names of the bars' answers
    lines: Sequence[str] = ()  # names of the lines of a cell, from above
    full: float | None = None  # bits that have full colour
    rows: Sequence[tuple[Sequence[str], int, int]] = ()  # words beside some of the cells: from, to
    heads: Sequence[str] = ()  # names of the words beside, and of the cells
    target: bool = False  # the word after the picked one is the answer's target


def show_answers(picture: Answers) -> None:
    """Draw the picture; a pick is the browser's own and asks nobody."""
    data: dict[str, Any] = {
        "param": picture.param,
        "alt": picture.alt.replace("**", ""),
        "cells": [_packed(cell) for cell in picture.cells],
        "bars": [
            [[bar.word, [_short(share) for share in bar.shares], bar.note] for bar in bars]
            for bars in picture.bars
        ],
        "says": list(picture.says),
        "start": picture.start,
        "series": list(picture.series),
        "lines": list(picture.lines),
        "full": picture.full,
        "rows": [list(row) for row in picture.rows],
        "heads": list(picture.heads),
        "target": picture.target,
    }
    _component(picture.key, data)


def _packed(cell: Cell) -> list[Any]:
    bits = None if cell.bits is None else round(cell.bits, 2)
    share = None if cell.share is None else _short(cell.share)
    return [cell.word, cell.above, bits, share, cell.mark, kind_of(cell.word)]


def _short(share: float) -> float:
    return float(f"{share:.3g}")
