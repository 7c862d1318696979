"""A small chart as SVG, without Plotly: axes, grid lines, curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

from hnviz.figures.svg import Drawing

TICK_ROOM = 44  # px left of the axis, for its numbers


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a chart: values from `low` to `high`, placed from `start` to `end` in px."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return where a value lies; a value beyond an end lies at that end."""
        low, high, here = (
            (log10(each) if self.log else each)
            for each in (self.low, self.high, max(value, self.low))
        )
        share = (min(here, high) - low) / (high - low)
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a curve looks; no two differ in colour alone."""

    color: str
    dash: str = ""
    width: float = 2.2
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart in a drawing; `y` starts at the bottom."""

    drawing: Drawing
    x: Axis
    y: Axis

    def grid(self, ticks: Sequence[tuple[float, str]]) -> None:
        """Draw a line and a number for each tick of y."""
        for value, name in ticks:
            at = self.y.at(value)
            self.drawing.segment((self.x.start, at), (self.x.end, at), self.drawing.look.border)
            self.drawing.text(self.x.start - 6, at + 4, name, anchor="end", muted=True)

    def bottom(self, ticks: Sequence[tuple[float, str]], title: str) -> None:
        """Write the numbers of the x axis, and its title."""
        for value, name in ticks:
            self.drawing.text(self.x.at(value), self.y.start + 18, name, muted=True)
        middle = (self.x.start + self.x.end) / 2
        self.drawing.text(middle, self.y.start + 37, title, muted=True)

    def heading(self, title: str, unit: str = "") -> None:
        """Name the chart above its left end."""
        left = self.x.start - TICK_ROOM + 8
        self.drawing.text(left, self.y.end - 12, f"**{title}", anchor="start")
        if unit:
            x = left + 7.6 * len(title) + 8
            self.drawing.text(x, self.y.end - 12, unit, anchor="start", muted=True)

    def curve(self, x: Sequence[float], y: Sequence[float], stroke: Stroke) -> None:
        """Draw a curve through its points."""
        points = [(self.x.at(here), self.y.at(up)) for here, up in zip(x, y, strict=True)]
        self.drawing.polyline(points, stroke.color, stroke.dash, stroke.width)
        if stroke.dots or len(points) == 1:
            for point in points:
                self.drawing.dot(*point, stroke.color)


def round_ticks(high: float) -> list[tuple[float, str]]:
    """Return 0 and up to five round numbers, the last of them at or above `high`."""
    step = 10.0 ** int(log10(high) - 1) if high >= 1 else 0.01
    while high / step > 5:
        step *= 2 if f"{step:.0e}"[0] in "15" else 2.5
    n = int(-(-high // step))
    return [(each * step, f"{each * step:g}") for each in range(max(1, n) + 1)]
