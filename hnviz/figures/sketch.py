"""A figure built from plain dicts, for pictures that are drawn several times a second.

Plotly checks every `update_...` and `add_...` call: a chart of four curves took 40 to 80 ms that
way, takes 5 when it is checked once, at the end, and less than 1 when it goes to the browser
unchecked. `tests/test_live.py` makes sure that both are the same picture.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

Props = dict[str, Any]


class Sketch:
    """Collects traces and layout, with the methods of `go.Figure` that a curve needs."""

    def __init__(self, axes: dict[str, Props]) -> None:
        self._data: list[Props] = []
        self._layout: Props = {name: dict(props) for name, props in axes.items()}
        self._layout |= {"annotations": [], "shapes": []}

    def add_scatter(self, **trace: Any) -> None:
        """Add a curve, on the first pair of axes unless `xaxis` and `yaxis` name others."""
        self._data.append({"type": "scatter", "xaxis": "x", "yaxis": "y", **trace})

    def add_annotation(self, **annotation: Any) -> None:
        """Add a text."""
        self._layout["annotations"].append(annotation)

    def add_shape(self, **shape: Any) -> None:
        """Add a line or a box."""
        self._layout["shapes"].append(shape)

    def update_layout(self, **props: Any) -> None:
        """Set properties of the layout; dicts are merged."""
        _merge(self._layout, props)

    def update_xaxes(self, **props: Any) -> None:
        """Set properties of every x axis."""
        self._update_axes("xaxis", props)

    def update_yaxes(self, **props: Any) -> None:
        """Set properties of every y axis."""
        self._update_axes("yaxis", props)

    def _update_axes(self, prefix: str, props: Props) -> None:
        for name, axis in self._layout.items():
            if name.startswith(prefix):
                _merge(axis, props)

    def figure(self) -> go.Figure:
        """Return the figure; raises ValueError for a property that Plotly does not know."""
        return go.Figure({"data": self._data, "layout": self._layout})

    def plain(self) -> Props:
        """Return `data` and `layout` as plotly.js takes them, x and y as lists of six digits.

        Nothing is checked. The template is left out: plotly.js takes no name and has none already.
        """
        data = [
            {**trace, "x": plain_list(trace["x"]), "y": plain_list(trace["y"])}
            for trace in self._data
        ]
        layout = {name: value for name, value in self._layout.items() if name != "template"}
        return {"data": data, "layout": layout}


def plain_list(values: ArrayLike) -> list[int] | list[float | None]:
    """List numbers for JSON, nan and infinity as None.

    Six digits are more than a screen shows, and halve what is sent.
    """
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return array.tolist()
    array = array.astype(float)
    listed: list[float | None] = _six_digits(array).tolist()
    for place in np.flatnonzero(~np.isfinite(array)):
        listed[place] = None
    return listed


def _six_digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    sizes = np.abs(values, where=np.isfinite(values), out=np.ones_like(values))
    exponents = 5 - np.floor(np.log10(sizes, where=sizes > 0, out=np.zeros_like(sizes)))
    exponents = np.minimum(exponents, 300)  # anything smaller becomes 0
    # Powers of ten below 1 are not exact: large numbers are divided, then multiplied again.
    up, down = 10.0 ** np.maximum(exponents, 0), 10.0 ** np.maximum(-exponents, 0)
    rounded: NDArray[np.float64] = np.rint(values * up / down) / up * down
    return rounded


def _merge(into: Props, props: Props) -> None:
    for name, value in props.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = dict(value) if isinstance(value, dict) else value
