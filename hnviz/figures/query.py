"""The units of a query over its words: which are on over the range, and the threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme

WIDE, NARROW = 900, 350  # px
HEIGHT, TOP, PLOT = 250, 12, 140
LEFT, RIGHT = 40, 12
CONTEXT = {WIDE: 12, NARROW: 3}  # tokens at each side of the range
EACH = 15  # px that a word takes, written steeply


@dataclass(frozen=True, kw_only=True)
class Queried:
    """States over a text, and the query's range and units."""

    values: NDArray[np.floating]  # (units, n_tokens)
    words: Sequence[str]
    units: Sequence[int]  # that are on
    start: int
    length: int
    threshold: float
    scale: float  # the axis goes up to it, and down to -scale, or to 0 if no value is negative


def query_lines(queried: Queried, look: Theme, alt: str = "", width: int = WIDE) -> str:
    """Draw a line for each unit that is on, in brown, over all others, in grey."""
    drawing = _Lines(width, queried, look)
    for unit in range(len(queried.values)):
        if unit not in queried.units:
            drawing.line(unit, look.border, 1)
    drawing.band()
    for unit in queried.units:
        drawing.line(unit, look.role["h_h"], 2)
    drawing.threshold()
    drawing.words()
    return drawing.render("Units over the words", alt.replace("**", ""))


class _Lines(Drawing):
    def __init__(self, width: int, queried: Queried, look: Theme) -> None:
        super().__init__(width, HEIGHT, look)
        self.queried = queried
        self.low = -queried.scale if queried.values.min() < 0 else 0.0
        context = CONTEXT[WIDE if width >= WIDE else NARROW]
        self.first = max(0, queried.start - context)
        self.end = min(len(queried.words), queried.start + queried.length + context)
        self.step = (width - LEFT - RIGHT) / max(1, self.end - self.first)

    def x(self, at: float) -> float:
        return LEFT + (at - self.first + 0.5) * self.step

    def y(self, value: float) -> float:
        low, scale = self.low, self.queried.scale
        return TOP + PLOT * (scale - float(np.clip(value, low, scale))) / (scale - low)

    def line(self, unit: int, color: str, width: float) -> None:
        values = self.queried.values[unit, self.first : self.end]
        points = " ".join(
            f"{self.x(self.first + at):.1f},{self.y(value):.1f}" for at, value in enumerate(values)
        )
        self._parts.append(
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{width}"/>'
        )

    def band(self) -> None:
        """Frame the range."""
        left = self.x(self.queried.start - 0.5)
        self._parts.append(
            f'<rect x="{left:.1f}" y="{TOP}" width="{self.step * self.queried.length:.1f}" '
            f'height="{PLOT}" fill="{self.look.role["h_h"]}18" stroke="{self.look.cursor}" '
            'stroke-width="1.5"/>'
        )

    def threshold(self) -> None:
        y, look = self.y(self.queried.threshold), self.look
        self._parts.append(
            f'<line x1="{LEFT}" x2="{self.width - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{look.text}" stroke-width="1.3" stroke-dasharray="5 4"/>'
        )
        self.text(LEFT - 6, y + 4, f"{self.queried.threshold:.2f}", anchor="end")
        for value in sorted({self.low, 0.0, self.queried.scale}):
            if abs(self.y(value) - y) > 13:
                name = f"{value:g}".replace("-", "\N{MINUS SIGN}")
                self.text(LEFT - 6, self.y(value) + 4, name, anchor="end", muted=True)

    def words(self) -> None:
        """Write the words below, steeply; only every second or third if they are too close."""
        each = max(1, int(np.ceil(EACH / self.step)))
        for at in range(self.first, self.end):
            inside = 0 <= at - self.queried.start < self.queried.length
            if at % each and not (inside and self.queried.length <= 3):
                continue
            x, y = self.x(at) + 4, TOP + PLOT + 10
            self._parts.append(f'<g transform="translate({x:.1f} {y}) rotate(-70)">')
            word = self.queried.words[at][:16]
            self.text(0, 0, f"**{word}" if inside else word, anchor="end", muted=not inside)
            self._parts.append("</g>")
