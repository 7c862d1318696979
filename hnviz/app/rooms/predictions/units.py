"""A state as strips of units, as it was and as it was made; a click picks a unit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.component import BrowserComponent

KEY = "predictions_state"
UNIT = "unit"  # what the browser reports: the clicked unit and a count of clicks

_component = BrowserComponent("rooms/predictions/units", states=(UNIT,), min_height="110px")


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The state before and after a change; (n_layers, nh)."""

    before: NDArray[np.floating]
    after: NDArray[np.floating]
    layer: int | None  # the one whose units can be clicked
    marked: Sequence[int]  # units of it that were set
    alt: str


def show_units(strip: Strip) -> None:
    """Draw the strips."""
    most = float(max(np.abs(strip.before).max(), np.abs(strip.after).max()))
    data = {
        "alt": strip.alt,
        "before": np.round(strip.before, 3).tolist(),
        "after": np.round(strip.after, 3).tolist(),
        "layer": strip.layer,
        "marked": list(strip.marked),
        "scale": 1.0 if most <= 1 else float(2.0 ** np.ceil(np.log2(most))),
    }
    _component(KEY, data)
