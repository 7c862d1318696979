"""Which model's gradient reaches furthest: all models, untrained and trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.lanes import WIDE
from hnviz.figures.numbers import percent
from hnviz.figures.panel import Axis, Panel, Stroke
from hnviz.figures.sentences import listed
from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme
from hnviz.models.catalogue import CATALOGUE, LADDER

PLOT_HEIGHT = 200  # px
LEFT = 66  # px left of the axis: "0.0001 %"
BELOW = 56  # px: numbers and title of the x axis
FLOOR = 1e-6  # of the nearest gradient; nothing below it is drawn
SMALL = 0.01  # of the nearest gradient: how far back as much as this gets
DECADES = {0: "100 %", -2: "1 %", -4: "0.01 %", -6: "0.0001 %"}
DASHES = ("", "2 3", "8 4", "12 3 3 3", "5 3", "")
ENDS = ("untrained", "trained")


@dataclass(frozen=True, eq=False)
class Reached:
    """One model's gradient through time, with nothing cut."""

    model: str
    end: str  # one of ENDS
    norms: NDArray[np.floating]  # of dLoss/dh after each step; 0 where none
    bptt: int
    kept: float | None = None  # mean update gate of the last layer, of a model that has one

    @property
    def shares(self) -> NDArray[np.floating]:
        """The norms by steps back, as shares of the nearest, up to the last that is not zero."""
        back = self.norms[::-1]
        return back[: int((back > 0).sum())] / back[0] if back[0] else back[:0]

    @property
    def reach(self) -> int:
        """The farthest step back that gets at least SMALL of the nearest gradient."""
        far = np.flatnonzero(self.shares >= SMALL)
        return int(far[-1]) if len(far) else 0

    @property
    def rate(self) -> float:
        """The factor by which a step back multiplies the gradient, on average."""
        shares = self.shares
        return float(shares[-1] ** (1 / (len(shares) - 1))) if len(shares) > 1 else 0.0


def longest_way(ways: Mapping[str, object]) -> str:
    """Return the way in which a gradient gets furthest."""
    return "keep" if "keep" in ways else "reset"


def reach_lines(found: Sequence[Reached], look: Theme, alt: str, width: int = WIDE) -> str:
    """Draw the norms by steps back on a log scale: untrained beside trained, a line per model."""
    wide = width >= WIDE
    models = [each.model for each in found if each.end == ENDS[0]]
    each = 34 + PLOT_HEIGHT + BELOW
    columns = 3 if wide else 2
    rows = -(-len(models) // columns)
    height = (1 if wide else 2) * each + 22 * rows
    drawing = Drawing(width, height, look)
    longest = max(len(one.shares) for one in found) - 1
    most = max(1.0, *(float(one.shares.max(initial=0)) for one in found))
    every = 10 if wide and longest <= 100 else 20  # steps from tick to tick
    for number, end in enumerate(ENDS):
        left = LEFT + (number * (width / 2 + 10) if wide else 0)
        top = 34 + (0 if wide else number * each)
        right = left + (width / 2 - 10 if wide else width) - LEFT - 12
        x = Axis(0, max(1, longest), left, right)
        panel = Panel(drawing, x, Axis(FLOOR, most, top + PLOT_HEIGHT, top, log=True))
        panel.heading(end.capitalize(), "share of the nearest" if wide else "log scale")
        panel.grid([(10.0**power, name) for power, name in DECADES.items()])
        ticks = [(step, str(step)) for step in range(0, longest + 1, every)]
        panel.bottom(ticks, "steps back")
        for one in [one for one in found if one.end == end]:
            _curve(panel, one, _stroke(one.model, models, look))
    for number, model in enumerate(models):
        x0 = 8 + (number % columns) * (width - 8) / columns
        at = (x0, height - 22 * rows + 14 + 22 * (number // columns))
        _entry(drawing, at, model, _stroke(model, models, look))
    return drawing.render("How far each model's gradient reaches", alt)


def _curve(panel: Panel, one: Reached, stroke: Stroke) -> None:
    """Draw a model's line, which ends where it falls below the floor."""
    shares = one.shares
    shown = int((shares >= FLOOR).sum())
    panel.curve(range(shown), shares[:shown].tolist(), stroke)


def _stroke(model: str, models: Sequence[str], look: Theme) -> Stroke:
    """Give each of the notebook's models a colour; all others are grey, each with its own dash."""
    same = [name for name in models if (name in LADDER) == (model in LADDER)]
    number = same.index(model)
    if model in LADDER:
        color = look.categorical[number % len(look.categorical)]
        return Stroke(color, DASHES[number % len(DASHES)], 2.6 if number > 2 else 2)
    return Stroke(look.muted, DASHES[(number + 1) % len(DASHES)], 2)


def _entry(drawing: Drawing, at: tuple[float, float], name: str, stroke: Stroke) -> None:
    x, y = at
    drawing.polyline([(x, y - 4), (x + 32, y - 4)], stroke.color, stroke.dash, stroke.width)
    drawing.text(x + 40, y, name, anchor="start")


def reach_sentence(found: Sequence[Reached]) -> str:
    """Say in 20 words whose gradient reaches furthest, trained and untrained."""
    (trained, names), (untrained, others) = (_furthest(found, end) for end in reversed(ENDS))
    return (
        f"Trained, {100 * SMALL:g} % of the gradient gets **{trained}** steps back in "
        f"{listed(names)}. Untrained, **{untrained}** in {listed(others)}."
    )


def _furthest(found: Sequence[Reached], end: str) -> tuple[int, list[str]]:
    """Return the farthest reach at one end, and the models that have it."""
    of = [one for one in found if one.end == end]
    most = max(one.reach for one in of)
    return most, [one.model for one in of if one.reach == most]


def reach_note(found: Sequence[Reached]) -> str:
    """Say what gates and weights do to the gradient, and what was measured."""
    of_all, found = found, [one for one in found if one.model in LADDER]
    best = max((one for one in found if one.end == ENDS[1]), key=lambda one: one.reach)
    by = {(one.model, one.end): one for one in found}
    reasons = [
        _why((one, by[one.model, ENDS[1]]), (by[best.model, ENDS[0]], best))
        for one in found
        if one.kept is not None and one.end == ENDS[0] and one.model != best.model
    ]
    measured = (
        "Measured on each model's pre-trained run, seed 0: the norm |dLoss/dh| of the last step's "
        "loss, with nothing cut, in a typical row (the median of 64). We follow it back through "
        "three mini-batches, so a gradient that gets to their first step may reach further. Models "
        f"beyond the notebook's six have grey lines. {_from_zeros()} {_lengths(of_all)}"
    )
    return " ".join([*reasons, measured])


def _from_zeros() -> str:
    """Name the models whose gradient ends at the start of a mini-batch, and those without one."""
    nets = CATALOGUE.values()
    names = [net.name for net in nets if not net.stateful and not net.attends]
    said = f"{listed(names)} start each mini-batch from zeros: their gradient ends there."
    without = [net.name for net in nets if net.attends]
    if not without:
        return said
    return f"{said} {listed(without)} has no state, so its gradient has no way to go back along."


def _lengths(found: Sequence[Reached]) -> str:
    """Say how many steps a mini-batch has, which differs between the recipes."""
    models: dict[int, list[str]] = {}
    for one in found:
        if one.end == ENDS[0]:
            models.setdefault(one.bptt, []).append(one.model)
    parts = [f"{bptt} steps ({', '.join(names)})" for bptt, names in models.items()]
    return f"A mini-batch has {' or '.join(parts)}."


def _why(gated: tuple[Reached, Reached], plain: tuple[Reached, Reached]) -> str:
    """Compare a model with gates and one without, each untrained and trained."""
    name, other = gated[0].model, plain[0].model
    return (
        f"A likely reason: untrained, {name}'s update gates keep {percent(gated[0].kept or 0)} of "
        f"each unit from step to step, so more of its gradient gets through "
        f"({percent(gated[0].rate)} a step) than in {other}, which has no gates "
        f"({percent(plain[0].rate)}). Training teaches {other} to hold a digit with weights that "
        f"pass on {percent(plain[1].rate)} of it a step; {name} learns to overwrite units instead "
        f"(its gates keep {percent(gated[1].kept or 0)}), and each overwrite cuts a gradient "
        f"({percent(gated[1].rate)} a step)."
    )
