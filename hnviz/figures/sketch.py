"""A figure put together as plain dicts, for pictures that are drawn several times a second.

Plotly checks every `update_...` and `add_...` on its own: a chart of four curves took 40 to 80 ms
that way and takes 5 when it is checked once, at the end.
"""

from typing import Any

import plotly.graph_objects as go

Props = dict[str, Any]


class Sketch:
    """Collects traces and layout; has the calls of `go.Figure` that a curve needs."""

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
        """Set properties of the layout, dicts within it property by property."""
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


def _merge(into: Props, props: Props) -> None:
    for name, value in props.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = dict(value) if isinstance(value, dict) else value
