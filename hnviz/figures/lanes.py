"""Shapes for mini-batches unrolled side by side: states forward."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme

WIDE, NARROW = 940, 358  # px: the widths that a picture is drawn for
DOT_ROOM = 8.0  # px between dots at least; closer ones are left out
BAR = 46.0  # px, the height of a bar for all rows


@dataclass(frozen=True, slots=True)
class Steps:
    """Where steps are, from left to right."""

    left: float
    right: float
    n: int  # steps in all
    window: int  # steps a mini-batch

    def x(self, step: float) -> float:
        """Return the x of a step's middle."""
        return self.left + (self.right - self.left) * step / max(1, self.n - 1)

    @property
    def gap(self) -> float:
        """The distance from one step to the next, in px."""
        return (self.right - self.left) / max(1, self.n - 1)

    @property
    def seams(self) -> list[float]:
        """The places between two mini-batches."""
        return [self.x(each - 0.5) for each in range(self.window, self.n, self.window)]

    def thinned(self, first: int, end: int) -> range:
        """List steps at equal distances of at least DOT_ROOM; the last is always among them."""
        each = max(1, int(np.ceil(DOT_ROOM / self.gap)))
        return range(end - 1, first - 1, -each)


class Lanes(Drawing):
    """A drawing of lanes; `wide` is for a page, else for a phone."""

    def __init__(self, width: int, height: int, look: Theme) -> None:
        super().__init__(width, height, look)
        self.wide = width > 600

    def panels(self, steps: Steps, names: Sequence[str], top: float, below: float = 0) -> None:
        """Draw a quiet background for each mini-batch, its name above; `below` is left free."""
        for number, name in enumerate(names):
            first = number * steps.window
            left = steps.x(first - 0.5) + 1 if number else steps.x(0) - 8
            ends = first + steps.window == steps.n
            right = steps.x(steps.n - 1) + 8 if ends else steps.x(first + steps.window - 0.5) - 1
            self._parts.append(
                f'<rect x="{left:.1f}" y="{top}" width="{right - left:.1f}" '
                f'height="{self.height - top - below:g}" rx="6" fill="{self.look.surface}"/>'
            )
            if name:
                self.text((left + right) / 2, top - 9, f"**{name}")

    def rule(self, y: float) -> None:
        """Draw a line between two lanes."""
        self.segment((0, y), (self.width, y), self.look.border)

    def title(self, x: float, y: float, name: str, why: str) -> float:
        """Write a lane's name and what it does; return the y below."""
        self.text(x, y, f"**{name}", anchor="start")
        if self.wide:
            self.text(x + 8.2 * len(name) + 10, y, why, anchor="start", muted=True)
            return y
        self.text(x, y + 17, why, anchor="start", muted=True)
        return y + 17

    def chain(self, steps: Steps, first: int, end: int, y: float, *, goes_on: bool) -> None:
        """Draw states forward: a line with a dot for each step, and an arrow if they go on."""
        role = self.look.role["h_h"]
        self.segment((steps.x(first), y), (steps.x(end - 1), y), role, 3 if self.wide else 2.2)
        if goes_on:
            self.arrow("h_h", steps.x(end - 1), y, steps.x(end) - (5 if self.wide else 1), y)
        radius, edge = (4.0, 1.6) if self.wide else (2.6, 1.3)
        r = radius
        dots = "".join(  # one path: one shape per dot takes a page ten times as long
            f"M{steps.x(step) - r:.1f} {y:g}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
            for step in steps.thinned(first, end)
        )
        self._parts.append(
            f'<path d="{dots}" fill="{self.look.background}" stroke="{role}" '
            f'stroke-width="{edge}"/>'
        )

    def seam(self, x: float, top: float, bottom: float) -> None:
        """Draw a dashed line where something ends."""
        self._parts.append(
            f'<line x1="{x:.1f}" y1="{top:g}" x2="{x:.1f}" y2="{bottom:g}" '
            f'stroke="{self.look.text}" stroke-width="1.4" stroke-dasharray="3 3"/>'
        )

    def bars(self, steps: Steps, first: int, shares: NDArray[np.floating], base: float) -> None:
        """Draw a bar for each step's share, BAR px high for 1."""
        color = self.look.role["h_o"]
        width = max(1.5, steps.gap * 0.72)
        bars = "".join(
            f"M{steps.x(first + step) - width / 2:.1f} {base:.1f}v{-BAR * float(share):.1f}"
            f"h{width:.1f}v{BAR * float(share):.1f}z"
            for step, share in enumerate(shares)
        )
        self._parts.append(f'<path d="{bars}" fill="{color}"/>')
        ends = steps.x(first) - 6, steps.x(first + len(shares) - 1) + 6
        for y, color in ((base, self.look.control), (base - BAR, self.look.border)):
            self.segment((ends[0], y), (ends[1], y), color, 1)
