"""Three mini-batches unrolled: where the state goes, and how far back a loss reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.catalogue import CATALOGUE, entry
from hnviz.figures.lanes import THICKEST, WIDE, Lanes, Steps, thickness
from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme
from hnviz.figures.time_text import gradient_sentence, small

ROOM = 70  # px; a longer stretch has room for a number at each end
LEGEND_NORMS = {"1e\N{MINUS SIGN}5": 1e-5, ".001": 1e-3, ".1": 1e-1}
_CARRYING = [name for name, net in CATALOGUE.items() if net.stateful]

WAYS: dict[str, tuple[str, str]] = {
    "detach": (
        "keep, detach",
        f"the state goes on, the gradient is cut: {_CARRYING[0]} to {_CARRYING[-1]}",
    ),
    "keep": ("keep, no detach", "one long backward over all three"),
    "reset": ("reset", "zeros before each mini-batch, as in Model0 to Model2"),
}
"""What can happen between two mini-batches: a name, and what it does."""


class Twin(NamedTuple):
    """The same network at the other end of its training, with nothing cut."""

    name: str  # "untrained", or "after 400 steps"
    why: str
    norms: NDArray[np.floating]  # of shape (len(batches) * bptt,)


@dataclass(frozen=True, kw_only=True)
class Passes:
    """Norm of dLoss/dh after each step of three mini-batches, for each way; 0 where none."""

    model: str
    batches: tuple[int, ...]
    bptt: int
    bs: int
    every: bool  # the loss of all steps; else of the last alone
    ways: Mapping[str, NDArray[np.floating]]  # each of shape (len(batches) * bptt,)
    twin: Twin | None = None

    def __post_init__(self) -> None:
        twin = {} if self.twin is None else {self.twin.name: self.twin.norms}
        for name, norms in {**self.ways, **twin}.items():
            if norms.shape != (len(self.batches) * self.bptt,):
                raise ValueError(
                    f"{name} must have {len(self.batches)} x {self.bptt} norms; got {norms.shape}"
                )

    def lanes(self) -> list["Lane"]:
        """List the lanes from top to bottom; the twin's lane follows the one that it repeats."""
        found = []
        for way in [way for way in WAYS if way in self.ways]:
            name, why = WAYS[way]
            found.append(Lane(way, name, why, self.ways[way]))
            if self.twin and way == longest_way(self.ways):
                named = f"{name}, {self.twin.name}"
                found.append(Lane(way, named, self.twin.why, self.twin.norms, twin=True))
        return found


def longest_way(ways: Mapping[str, object]) -> str:
    """Return the way in which a gradient gets furthest."""
    return "keep" if "keep" in ways else "reset"


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of the drawing."""

    way: str  # one of WAYS
    name: str
    why: str
    norms: NDArray[np.floating]
    twin: bool = False

    def pieces(self, window: int) -> list[tuple[int, NDArray[np.floating]]]:
        """Return each stretch that has a gradient, with its first step."""
        size = len(self.norms) if self.way == "keep" else window
        found = []
        for first in range(0, len(self.norms), size):
            there = np.flatnonzero(self.norms[first : first + size])
            if len(there):
                found.append((first + int(there[0]), self.norms[first + there[0] : first + size]))
        return found


def scissors(passes: Passes, look: Theme, chosen: str = "detach", width: int = WIDE) -> str:
    """Draw a lane for each way, states forward and gradients backward; the chosen one is marked."""
    shown = passes.lanes()
    wide = width >= WIDE
    height = 128 if wide else 148
    drawing = Lanes(width, 30 + height * len(shown), look)
    n = len(passes.batches) * passes.bptt
    steps = Steps(22, width - (40 if wide else 30), n, passes.bptt)
    after = f", {_steps(passes.bptt)}" if wide else ""
    drawing.panels(steps, [f"mini-batch {batch}{after}" for batch in passes.batches], 26)
    for number, lane in enumerate(shown):
        top = 28 + height * number
        if number:
            drawing.rule(top)
        if lane.way == chosen and len(passes.ways) > 1 and not lane.twin:
            drawing.chosen(top + 4, height - 8)
        _lane(drawing, passes, lane, steps, top)
    sentence = gradient_sentence(passes.model, passes.ways, passes.bptt, passes.every, chosen)
    return drawing.render("Three mini-batches unrolled", sentence.replace("**", ""))


def _lane(drawing: Lanes, passes: Passes, lane: Lane, steps: Steps, top: float) -> None:
    way = lane.way
    y = drawing.title(steps.left - 6, top + 22, lane.name, lane.why)
    forward = y + (31 if drawing.wide else 34)
    backward = forward + 38
    n, window = steps.n, steps.window
    for first in range(0, n, window):
        drawing.chain(
            steps,
            first,
            first + window,
            forward,
            goes_on=way != "reset" and first + window < n,
        )
        if passes.every:
            each = entry(passes.model).predicts == "every"
            end = first + window
            drawing.losses(steps, first if each else end - 1, end, forward + 13)
    for x in steps.seams:
        if way == "reset":
            drawing.seam(x, forward - 12, backward + 18)
            drawing.text(x, forward - 15, "0", muted=True)
        elif way == "detach":
            drawing.seam(x, forward + 9, backward + 20)
    pieces = lane.pieces(window)
    for first, norms in pieces:
        drawing.ribbon(steps, norms, first, backward)
        _numbers(drawing, steps, first, norms, backward)
    if way == "detach":
        for x in steps.seams:
            drawing.cut(x, backward)
    if pieces and pieces[0][0] >= window and way != "keep":
        none = "no gradient here" if drawing.wide else "no gradient"
        drawing.text(steps.seams[0] - 24, backward + 5, none, anchor="end", muted=True)
    drawing.triangle(steps.right + (20 if drawing.wide else 15), backward)
    # On a phone there is room only for the shorter word.
    word = "losses" if passes.every and drawing.wide else "loss"
    drawing.text(drawing.width, backward - 17, word, anchor="end")


def _numbers(
    drawing: Lanes, steps: Steps, first: int, norms: NDArray[np.floating], y: float
) -> None:
    """Write the norm at both ends of a stretch, and at the seams it crosses."""
    end = first + len(norms) - 1
    seams = [step for step in range(steps.window, steps.n, steps.window) if first < step < end]
    room = steps.gap * (end - first) >= ROOM
    marks = [(first, "start"), *((step, "middle") for step in seams), (end, "end")]
    for step, anchor in marks if room else marks[-1:]:
        norm = float(norms[step - first])
        below = y + max(thickness(norm), 10) / 2 + 15
        shift = {"start": 9, "middle": 0, "end": 2}[anchor] if first else 0
        drawing.text(steps.x(step) + shift, below, small(norm), anchor=anchor)


def scissors_legend(look: Theme) -> str:
    """Explain the lanes' shapes, and which thickness is which norm."""
    arrow = Drawing(34, 14, look)
    arrow.arrow("h_h", 1, 7, 32, 7)
    state = arrow.render("state, forward", "").replace("width:100%", "width:34px")
    items = [f"<span>{state}state, forward</span>"]
    items.append("<span>gradient, backward; its thickness is |dLoss/dh| on a log scale:</span>")
    for name, norm in LEGEND_NORMS.items():
        size = thickness(norm)
        swatch = (
            f'<svg width="22" height="{THICKEST:g}" aria-hidden="true"><rect width="22" '
            f'y="{(THICKEST - size) / 2:.1f}" height="{size:.1f}" fill="{look.role["h_h"]}"/></svg>'
        )
        items.append(f"<span>{swatch}{name}</span>")
    items.append(f'<span style="color:{look.muted}">thinnest: 1e\N{MINUS SIGN}6 or less</span>')
    return f'<div class="hnviz-legend">{"".join(items)}</div>'


def _steps(number: int) -> str:
    return "1 step" if number == 1 else f"{number} steps"
