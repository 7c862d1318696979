"""Three mini-batches unrolled: where the state goes, and how far back a loss reaches."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.lanes import NARROW, THICKEST, THINNEST, Lanes, Steps, thickness
from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme
from hnviz.figures.time_text import lane_sentences, part
from hnviz.models.catalogue import CATALOGUE, LADDER, entry

ROOM = 70  # px; a longer stretch has room for a number at each end
LANE_WIDE = 740  # px: beside a lane's name
HEIGHT = 100  # px
SHARES = (1.0, 1e-2, 1e-4)  # in the legend
_CARRYING = [name for name in LADDER if CATALOGUE[name].stateful]
_OTHERS = [name for name in LADDER if name not in _CARRYING]

LANES: dict[str, tuple[str, str]] = {
    "detach": (
        "Detach",
        f"the state goes on, the gradient is cut, as in {_CARRYING[0]} to {_CARRYING[-1]}",
    ),
    "keep": ("No detach", "one long way back through all three mini-batches"),
    "untrained": ("No detach, untrained", "the same network before its first training step"),
    "reset": ("Reset", f"zeros before each mini-batch, as in {_OTHERS[0]} to {_OTHERS[-1]}"),
}
"""All lanes from top to bottom: a name, and what it is."""
_RESET_UNTRAINED = "Reset, untrained"


@dataclass(frozen=True, kw_only=True)
class Passes:
    """Norm of dLoss/dh after each step of three mini-batches, for each lane; 0 where none."""

    model: str
    batches: tuple[int, ...]
    bptt: int
    bs: int
    every: bool  # the loss of all steps; else of the last alone
    lanes: Mapping[str, NDArray[np.floating]]  # by LANES, each of shape (len(batches) * bptt,)

    def __post_init__(self) -> None:
        for name, norms in self.lanes.items():
            if norms.shape != (len(self.batches) * self.bptt,):
                raise ValueError(
                    f"{name} must have {len(self.batches)} x {self.bptt} norms; got {norms.shape}"
                )

    def way(self, lane: str) -> str:
        """Return what happens between the mini-batches of a lane."""
        return longest_way(self.lanes) if lane == "untrained" else lane

    def names(self, lane: str) -> tuple[str, str]:
        """Return a lane's name, and what it is."""
        name, why = LANES[lane]
        return (_RESET_UNTRAINED if lane != "reset" and self.way(lane) == "reset" else name), why

    def ordered(self) -> list[str]:
        """List the lanes from top to bottom; the untrained one follows the one it repeats."""
        order = list(LANES) if "keep" in self.lanes else ["reset", "untrained"]
        return [lane for lane in order if lane in self.lanes]

    def steps(self, width: int) -> Steps:
        """Place the steps in a drawing."""
        right = width - (48 if width > NARROW else 30)
        return Steps(22, right, len(self.batches) * self.bptt, self.bptt)


def longest_way(ways: Mapping[str, object]) -> str:
    """Return the way in which a gradient gets furthest."""
    return "keep" if "keep" in ways else "reset"


def _pieces(norms: NDArray[np.floating], window: int) -> list[tuple[int, NDArray[np.floating]]]:
    """Return each stretch of `window` steps that has a gradient, with its first step."""
    found = []
    for first in range(0, len(norms), window):
        there = np.flatnonzero(norms[first : first + window])
        if len(there):
            found.append((first + int(there[0]), norms[first + there[0] : first + window]))
    return found


def lanes_head(passes: Passes, look: Theme, width: int = LANE_WIDE) -> str:
    """Draw the mini-batches' names above the lanes."""
    drawing, steps = Lanes(width, 20, look), passes.steps(width)
    names = [f"mini-batch {batch}" for batch in passes.batches]
    after = f", {_steps(passes.bptt)}" if drawing.wide else ""
    for number, name in enumerate(names):
        middle = number * passes.bptt + (passes.bptt - 1) / 2
        drawing.text(steps.x(middle), 14, f"**{name}{after}")
    return drawing.render("Three mini-batches", ", ".join(names))


def lane(passes: Passes, name: str, look: Theme, width: int = LANE_WIDE) -> str:
    """Draw one lane of LANES: states forward, and the gradient backward below them."""
    drawing, steps, way = Lanes(width, HEIGHT, look), passes.steps(width), passes.way(name)
    drawing.panels(steps, [""] * len(passes.batches), 0)
    forward, backward, window = 26, 64, steps.window
    for first in range(0, steps.n, window):
        end = first + window
        drawing.chain(steps, first, end, forward, goes_on=way != "reset" and end < steps.n)
        if passes.every:
            each = entry(passes.model).predicts == "every"
            drawing.losses(steps, first if each else end - 1, end, forward + 13)
    _seams(drawing, steps, way, (forward, backward))
    norms = passes.lanes[name]
    whole = norms.max() if passes.every else norms[-1]  # 100 %
    shares = norms / whole if whole else norms
    pieces = _pieces(shares, steps.n if way == "keep" else window)
    for first, piece in pieces:
        drawing.ribbon(steps, piece, first, backward)
        _numbers(drawing, steps, first, piece, backward)
    if way == "detach":
        for x in steps.seams:
            drawing.cut(x, backward)
    if pieces and pieces[0][0] >= window and way != "keep":
        none = "no gradient here" if drawing.wide else "no gradient"
        drawing.text(steps.seams[0] - 24, backward + 5, none, anchor="end", muted=True)
    drawing.triangle(steps.right + (26 if drawing.wide else 15), backward)
    # On a phone there is room only for the shorter word.
    word = "losses" if passes.every and drawing.wide else "loss"
    drawing.text(drawing.width, backward - 17, word, anchor="end")
    says = lane_sentences(passes.lanes, passes.bptt, passes.every)[name]
    return drawing.render(passes.names(name)[0], says.replace("**", ""))


def _seams(drawing: Lanes, steps: Steps, way: str, at: tuple[float, float]) -> None:
    """Draw what ends between two mini-batches: the state, or the gradient alone."""
    forward, backward = at
    for x in steps.seams:
        if way == "reset":
            drawing.seam(x, forward - 12, backward + 18)
            drawing.text(x, forward - 15, "0", muted=True)
        elif way == "detach":
            drawing.seam(x, forward + 9, backward + 20)


def _numbers(
    drawing: Lanes, steps: Steps, first: int, norms: NDArray[np.floating], y: float
) -> None:
    """Write the share at both ends of a stretch, and at the seams it crosses if there is room."""
    end = first + len(norms) - 1
    inner = range(steps.window, steps.n if drawing.wide else 0, steps.window)
    seams = [step for step in inner if first < step < end]
    room = steps.gap * (end - first) >= ROOM
    marks = [(first, "start"), *((step, "middle") for step in seams), (end, "end")]
    for step, anchor in marks if room else marks[-1:]:
        norm = float(norms[step - first])
        below = y + max(thickness(norm), 10) / 2 + 15
        shift = {"start": 9, "middle": 0, "end": 2}[anchor] if first else 0
        drawing.text(steps.x(step) + shift, below, part(norm), anchor=anchor)


def scissors_legend(look: Theme, every: bool = False) -> str:
    """Explain the lanes' shapes, and which thickness is which share."""
    arrow = Drawing(34, 14, look)
    arrow.arrow("h_h", 1, 7, 32, 7)
    state = arrow.render("state, forward", "").replace("width:100%", "width:34px")
    items = [f"<span>{state}state, forward</span>"]
    whole = "lane's largest" if every else "nearest"
    items.append(f"<span>gradient, backward; thickness: its share of the {whole}</span>")
    for share in SHARES:
        size = thickness(share)
        swatch = (
            f'<svg width="22" height="{THICKEST:g}" aria-hidden="true"><rect width="22" '
            f'y="{(THICKEST - size) / 2:.1f}" height="{size:.1f}" fill="{look.role["h_h"]}"/></svg>'
        )
        items.append(f"<span>{swatch}{100 * share:g} %</span>")
    least = f"thinnest: 1 in {(THICKEST / THINNEST) ** 3:,.0f} or less"
    items.append(f'<span style="color:{look.muted}">{least}</span>')
    return f'<div class="hnviz-legend">{"".join(items)}</div>'


def _steps(number: int) -> str:
    return "1 step" if number == 1 else f"{number} steps"
