"""Curves of one or several runs in one chart, as SVG: for a report, which has no Plotly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import isfinite

from hnviz.figures.labels import spread
from hnviz.figures.numbers import percent
from hnviz.figures.panel import Axis, Panel, Stroke, round_ticks
from hnviz.figures.svg import Drawing, Point
from hnviz.figures.theme import Theme

WIDE, NARROW = 760, 360  # px
HEIGHT = 270  # px
TOP, BOTTOM, LEFT = 14, 44, 52  # px around the plot
SAMPLE = 24  # px, of a line beside its name
LETTER = 6.9  # px
GAP = 15  # px between the middles of two names
MOST_NAMED = 10
MOST_POINTS = 400  # of a curve
CEILING = 8.0  # a loss that diverges goes along the top
DASHES = ("", "8 4", "2 3", "10 3 2 3")  # as in hnviz/app/rooms/compare/curves/paint.js
LEVEL = 1.2  # px, of a line across the plot


@dataclass(frozen=True, slots=True)
class Course:
    """A figure of a run by training step; what is not finite leaves a gap."""

    name: str  # at its end
    x: Sequence[float]
    y: Sequence[float]
    stroke: Stroke

    @property
    def end(self) -> float | None:
        """Its last finite value."""
        return next((each for each in reversed(self.y) if isfinite(each)), None)

    @property
    def short(self) -> "Course":
        """The same with every n-th point and the last: a page shows no more."""
        every = -(-len(self.x) // MOST_POINTS)
        if every < 2:
            return self
        kept = sorted({*range(0, len(self.x), every), len(self.x) - 1})
        return replace(self, x=[self.x[at] for at in kept], y=[self.y[at] for at in kept])


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A chart: its curves, and lines across it with their names."""

    title: str
    said: str  # the sentence that says what it shows
    courses: Sequence[Course]
    levels: Sequence[tuple[float, str]] = ()
    share: bool = False  # from 0 to 100 %; else a loss in nats


def stroke_of(at: int, look: Theme) -> Stroke:
    """Return how the n-th run looks; colour and dash together say which of 24 it is."""
    colors = look.categorical
    return Stroke(colors[at % len(colors)], DASHES[(at + at // 12) % len(DASHES)], 2)


def overlay(chart: Overlay, look: Theme, width: int = WIDE) -> str:
    """Draw a chart."""
    return draw_overlay(chart, look, width).render(chart.title, chart.said)


def draw_overlay(chart: Overlay, look: Theme, width: int = WIDE) -> Drawing:
    """Draw a chart, for another drawing to hold."""
    named = _named(chart) if width > NARROW else []
    longest = max((len(name) for _, name, _ in named), default=0)
    right = width - (SAMPLE + 16 + LETTER * longest if named else 14)
    drawing = Drawing(width, HEIGHT, look)
    panel, last = _panel(drawing, chart, right)
    ends = (0.0, last)
    for value, _ in chart.levels:
        panel.curve(ends, (value, value), Stroke(look.bound, width=LEVEL))
    for course in chart.courses:
        for x, y in _pieces(course.short):
            panel.curve(x, y, course.stroke)
    _names(drawing, panel, named)
    return drawing


def sample(stroke: Stroke) -> str:
    """Draw a short line that shows a stroke."""
    dash = f' stroke-dasharray="{stroke.dash}"' if stroke.dash else ""
    look = f'stroke="{stroke.color}" stroke-width="{stroke.width:g}"{dash}'
    return (
        f'<svg class="sample" width="{SAMPLE}" height="10" aria-hidden="true">'
        f'<line x1="0" y1="5" x2="{SAMPLE}" y2="5" {look}/></svg>'
    )


def _panel(drawing: Drawing, chart: Overlay, right: float) -> tuple[Panel, float]:
    """Draw the axes; return where things lie, and the last step."""
    last = max((course.x[-1] for course in chart.courses if len(course.x)), default=1) or 1
    if chart.share:
        ticks = [(tick, percent(tick)) for tick in (0, 0.25, 0.5, 0.75, 1)]
    else:
        finite = [each for course in chart.courses for each in course.y if isfinite(each)]
        ticks = round_ticks(min(CEILING, max(finite, default=1)))
    panel = Panel(
        drawing,
        Axis(0, last, LEFT, right),
        Axis(0, ticks[-1][0], HEIGHT - BOTTOM, TOP),
    )
    panel.grid(ticks)
    steps = [step for step, _ in round_ticks(last) if step <= last]
    panel.bottom([(step, f"{step:,.10g}") for step in steps], "training step")
    return panel, last


def _named(chart: Overlay) -> list[tuple[float, str, Stroke | None]]:
    """List what is named at the right: all of a few curves; of many the highest and the lowest."""
    known = [(course.end, course.name, course.stroke) for course in chart.courses]
    ends = sorted((each for each in known if each[0] is not None), key=lambda each: each[0] or 0)
    if len(ends) > MOST_NAMED:
        ends = [ends[0], ends[-1]]
    levels = [(value, name, None) for value, name in chart.levels]
    return [*((end or 0.0, name, stroke) for end, name, stroke in ends), *levels]


def _names(
    drawing: Drawing, panel: Panel, named: Sequence[tuple[float, str, Stroke | None]]
) -> None:
    places = spread([panel.y.at(value) for value, _, _ in named], GAP)
    left = panel.x.end + 7
    for y, (_, name, stroke) in zip(places, named, strict=True):
        if stroke is not None:
            drawing.polyline([(left, y), (left + SAMPLE, y)], stroke.color, stroke.dash, 2)
        drawing.text(left + SAMPLE + 5, y + 4, name, anchor="start", muted=stroke is None)


def _pieces(course: Course) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the stretches of a curve that have no gap."""
    points: list[Point] = list(zip(course.x, course.y, strict=True))
    for whole, part in groupby(points, key=lambda point: isfinite(point[1])):
        if whole:
            x, y = zip(*part, strict=True)
            yield list(x), list(y)
