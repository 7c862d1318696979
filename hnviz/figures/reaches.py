"""Whose gradient reaches furthest: the six networks, untrained and trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.numbers import percent
from hnviz.figures.sentences import listed
from hnviz.models.catalogue import entry

SMALL = 0.01  # of the nearest gradient: how far back as much as this gets
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


def reach_sentence(found: Sequence[Reached]) -> str:
    """Say whose gradient reaches furthest, trained and untrained, and what that is not."""
    (trained, names), (untrained, others) = (_furthest(found, end) for end in reversed(ENDS))
    return (
        f"In the pre-trained runs, {100 * SMALL:g} % of the gradient gets **{trained}** steps "
        f"back in {listed(names)}; untrained, **{untrained}** in {listed(others)}. This "
        "is a share of the gradient, which is no measure of memory: the state carries further."
    )


def _furthest(found: Sequence[Reached], end: str) -> tuple[int, list[str]]:
    """Return the farthest reach at one end, and the models that have it."""
    of = [one for one in found if one.end == end]
    most = max(one.reach for one in of)
    return most, [one.model for one in of if one.reach == most]


def reach_note(found: Sequence[Reached]) -> str:
    """Say what gates and weights do to the gradient, and what was measured."""
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
        "three mini-batches, so a gradient that gets to their first step may reach further. "
        f"{_lengths(found)}"
    )
    return " ".join(filter(None, [*reasons, measured, _from_zeros(found)]))


def _from_zeros(found: Sequence[Reached]) -> str:
    """Name the models whose gradient ends at the start of a mini-batch."""
    names = [one.model for one in found if one.end == ENDS[0] and not entry(one.model).stateful]
    if not names:
        return ""
    return f"{listed(names)} start each mini-batch from zeros: their gradient ends there."


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
        f"A likely reason: untrained, {name}'s update gates keep, on average, "
        f"{percent(gated[0].kept or 0)} of each unit from step to step, so more of its gradient "
        f"gets through ({percent(gated[0].rate)} a step) than in {other}, which has no gates "
        f"({percent(plain[0].rate)}). Training teaches {other} to hold a digit with weights that "
        f"pass on {percent(plain[1].rate)} of it a step; {name} learns to overwrite units instead "
        f"(its gates keep {percent(gated[1].kept or 0)}), and each overwrite cuts a gradient "
        f"({percent(gated[1].rate)} a step)."
    )
