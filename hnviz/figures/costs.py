"""What backpropagation through time costs: milliseconds and megabytes by bptt."""

from collections.abc import Mapping, Sequence
from typing import Any

from hnviz.figures.lanes import WIDE
from hnviz.figures.panel import TICK_ROOM, Axis, Panel, Stroke, round_ticks
from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme
from hnviz.figures.time_text import costs_sentence

PLOT_HEIGHT = 170  # px
BELOW = 52  # px: numbers and title of the x axis
NAMES = {
    "reset": "reset, one backward per mini-batch",
    "detach": "keep and detach, one backward per mini-batch",
    "keep": "keep without detach, one backward for three",
}
PANELS = (
    ("Time", "ms, forward and backward", "seconds", 1e3),
    ("Memory", "MB held", "saved", 1e-6),
)


def backward_costs(costs: Sequence[Mapping[str, Any]], look: Theme, width: int = WIDE) -> str:
    """Draw time per mini-batch on the left, bytes held for the backward pass on the right.

    Each of `costs` holds "bptt" and, for each way measured, its "seconds" and "saved".
    """
    wide = width >= WIDE
    ways = [way for way in NAMES if costs and way in costs[0]]
    rows = 1 if wide else 2
    each = 30 + PLOT_HEIGHT + BELOW
    drawing = Drawing(width, rows * each + 22 * len(ways), look)
    for number, (title, unit, field, scale) in enumerate(PANELS):
        left = TICK_ROOM + (number * (width / 2 + 10) if wide else 0)
        top = 30 + (0 if wide else number * each)
        right = left + (width / 2 - 10 if wide else width) - TICK_ROOM - 12
        values = {way: [scale * cost[way][field] for cost in costs] for way in ways}
        panel = _panel(drawing, (left, top, right), costs, values)
        panel.heading(title, unit)
        for way in ways:
            panel.curve([cost["bptt"] for cost in costs], values[way], _stroke(way, look))
    _legend(drawing, ways, rows * each)
    return drawing.render("What a backward pass costs", costs_sentence(costs).replace("**", ""))


def _panel(
    drawing: Drawing,
    box: tuple[float, float, float],
    costs: Sequence[Mapping[str, Any]],
    values: Mapping[str, Sequence[float]],
) -> Panel:
    left, top, right = box
    bptts = [cost["bptt"] for cost in costs]
    ticks = round_ticks(max(each for curve in values.values() for each in curve))
    panel = Panel(
        drawing,
        Axis(0, max(bptts), left, right),
        Axis(0, ticks[-1][0], top + PLOT_HEIGHT, top),
    )
    panel.grid(ticks)
    panel.bottom([(bptt, str(bptt)) for bptt in bptts], "bptt, steps")
    return panel


def _stroke(way: str, look: Theme) -> Stroke:
    if way == "keep":
        return Stroke(look.role["h_h"], "7 4", 2, dots=True)
    return Stroke(look.text, width=2.5, dots=True)


def _legend(drawing: Drawing, ways: Sequence[str], top: float) -> None:
    for number, way in enumerate(ways):
        y, stroke = top + 12 + 22 * number, _stroke(way, drawing.look)
        drawing.polyline([(8, y - 4), (40, y - 4)], stroke.color, stroke.dash, stroke.width)
        drawing.text(48, y, NAMES[way], anchor="start")
