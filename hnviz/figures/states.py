"""Hidden states as a still picture."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hnviz.figures.theme import Theme, apply, colorscale

ROW = 7  # px a unit
STRIP = 7  # px, the tokens' kinds above the heatmap
LABELS = 96  # px, the tokens' words above that


def state_heatmap(
    values: NDArray[np.floating], tokens: Sequence[str], look: Theme, layer: int | None = None
) -> go.Figure:
    """Draw the state's units, values of shape (nh, n_tokens), one column a token.

    The scale is symmetric around zero, -1 to 1, or wider where a relu goes further. Zero is the
    colour of the page. `layer` is named in the axis title where a model has several.
    """
    if values.ndim != 2 or values.shape[1] != len(tokens):
        raise ValueError(
            f"values must be of shape (units, {len(tokens)}), one column a token; "
            f"got {values.shape}"
        )
    n_units = values.shape[0]
    limit = max(1.0, float(np.abs(values).max(initial=0)))
    fig = go.Figure()
    fig.add_heatmap(
        z=values.astype(np.float32),
        zmin=-limit,
        zmax=limit,
        colorscale=colorscale(look.diverging),
        text=np.broadcast_to(np.array(tokens, dtype=object), values.shape),
        hovertemplate="unit %{y}, token %{x} (%{text}): %{z:.2f}<extra></extra>",
        colorbar=_colorbar(look, limit, n_units),
    )
    height = ROW * max(n_units, 8)
    apply(fig, look, height=height + LABELS + 92, margin={"l": 52, "r": 8, "t": LABELS, "b": 92})
    unit = "unit" if layer is None else f"unit of layer {layer}"
    fig.update_yaxes(title_text=unit, autorange="reversed", showgrid=False, nticks=8)
    fig.update_xaxes(title_text="token", showticklabels=False, range=[-0.5, len(tokens) - 0.5])
    _strip(fig, tokens, look)
    return fig


def _strip(fig: go.Figure, tokens: Sequence[str], look: Theme) -> None:
    """Write each token above its column, over a bar in the colour of its kind."""
    for column, token in enumerate(tokens):
        fig.add_shape(
            type="rect",
            xref="x",
            yref="paper",
            ysizemode="pixel",
            yanchor=1,
            x0=column - 0.45,
            x1=column + 0.45,
            y0=3,
            y1=3 + STRIP,
            fillcolor=look.token_color(token),
            line={"width": 0.6 if token == "," else 0, "color": look.control},
        )
        fig.add_annotation(
            x=column,
            y=1,
            yref="paper",
            yanchor="bottom",
            xanchor="center",
            yshift=STRIP + 4,
            text=token,
            textangle=-90,
            showarrow=False,
            font={"size": 12},
        )


def _colorbar(look: Theme, limit: float, n_units: int) -> dict[str, object]:
    return {
        "orientation": "h",
        "len": 220,
        "lenmode": "pixels",
        "thickness": 10,
        "x": 0,
        "xanchor": "left",
        "y": -56 / (ROW * max(n_units, 8)),
        "yanchor": "top",
        "outlinewidth": 0,
        "tickvals": [-limit, 0, limit],
        "ticktext": [f"\N{MINUS SIGN}{limit:.3g}", "0", f"{limit:.3g}, the state"],
        "tickfont": {"color": look.muted, "size": 13},
        "ypad": 0,
        "xpad": 0,
    }
