"""The six models side by side: what changed, and what it brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from hnviz.catalogue import CATALOGUE, Recipe
from hnviz.figures.labels import legend_below
from hnviz.figures.theme import Theme, apply

TICKS = (0, 0.25, 0.5, 0.75, 1)
CLOSE = 0.03  # train and valid accuracies nearer than this carry one label


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRow:
    """One model; accuracies are shares of right answers, None where nothing was measured."""

    model: str
    title: str
    recipe: str
    valid: float | None
    train: float | None
    notebook: float | None  # the notebook's accuracy, on valid
    n_weights: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """Sizes in px of one of the two forms."""

    row: int
    left: int
    right: int
    shift: int  # from a row's middle down to its dots


_WIDE = _Shape(row=42, left=342, right=104, shift=0)
_NARROW = _Shape(row=62, left=10, right=18, shift=12)


def ladder(rows: Sequence[LadderRow], look: Theme, *, narrow: bool = False) -> go.Figure:
    """Draw one line a model from its valid to its train accuracy, the notebook's above it.

    The narrow form, for a phone, puts the text above each line and leaves the recipe out.
    """
    shape = _NARROW if narrow else _WIDE
    fig = go.Figure()
    drop = shape.shift / shape.row
    _connect(fig, rows, look, drop)
    _dots(fig, rows, look, drop)
    for index, row in enumerate(rows):
        _text(fig, index, row, look, shape)
        _values(fig, index + drop, row, look, shape)
    height = shape.row * max(len(rows), 1)
    apply(
        fig,
        look,
        height=height + 88,
        margin={"l": shape.left, "r": shape.right, "t": 30, "b": 58},
    )
    fig.update_xaxes(range=[0, 1], tickvals=TICKS, side="top", showgrid=True, fixedrange=True)
    fig.update_yaxes(
        range=[max(len(rows), 1) - 0.5, -0.5], visible=False, showgrid=False, fixedrange=True
    )
    _axis_names(fig, look, shape)
    legend_below(fig, look, below=18, plot_height=height)
    return fig


def recipe_step(model: str) -> str:
    """Say what changed in the recipe since the model before, short enough for one line."""
    names = list(CATALOGUE)
    recipe = CATALOGUE[model].recipe
    index = names.index(model)
    if index == 0:
        return f"bptt {recipe.bptt}, {recipe.epochs} epochs, lr {_rate(recipe.lr)}"
    changes = _changes(CATALOGUE[names[index - 1]].recipe, recipe)
    return ", ".join(changes) or f"as {names[index - 1]}"


def _changes(before: Recipe, after: Recipe) -> list[str]:
    pairs = (
        ("bptt", before.bptt, after.bptt),
        ("lr", _rate(before.lr), _rate(after.lr)),
        ("epochs", before.epochs, after.epochs),
        ("rise", f"{before.pct_start:.0%}", f"{after.pct_start:.0%}"),
    )
    return [f"{name} {old} → {new}" for name, old, new in pairs if old != new]


def _rate(lr: float) -> str:
    digits, exponent = f"{lr:.0e}".split("e")
    return f"{digits}e{int(exponent)}"


def _connect(fig: go.Figure, rows: Sequence[LadderRow], look: Theme, drop: float) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for index, row in enumerate(rows):
        x += [row.valid, row.train, None]
        y += [index + drop, index + drop, None]
    fig.add_scatter(
        name="from valid to train",
        x=x,
        y=y,
        mode="lines",
        line={"color": look.control, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )


def _dots(fig: go.Figure, rows: Sequence[LadderRow], look: Theme, drop: float) -> None:
    y = [index + drop for index in range(len(rows))]
    ring = {"size": 12, "color": look.background, "line": {"color": look.train, "width": 2}}
    dot = {"size": 13, "color": look.valid}
    mark = {"size": 8, "symbol": "triangle-down", "color": look.muted}
    above = [place - (15 if drop == 0 else 14) / (42 if drop == 0 else 62) for place in y]
    traces: tuple[tuple[str, list[float | None], list[float], dict[str, Any]], ...] = (
        ("train accuracy", [row.train for row in rows], y, ring),
        ("valid accuracy", [row.valid for row in rows], y, dot),
        ("notebook, valid", [row.notebook for row in rows], above, mark),
    )
    for name, x, height, marker in traces:
        fig.add_scatter(
            name=name,
            x=x,
            y=height,
            mode="markers",
            marker=marker,
            cliponaxis=False,
            text=[row.model for row in rows],
            hovertemplate="%{text}: %{x:.3f}",
        )


def _text(fig: go.Figure, index: int, row: LadderRow, look: Theme, shape: _Shape) -> None:
    """Write a row's name and what changed, and rule it off from the row above."""
    if index:
        _rule(fig, index - 0.5, look, shape)
    if shape is _NARROW:
        words = f"<b>{row.model}</b>   {row.title}"
        fig.add_annotation(**_at(0, index, 0, 17), text=words, bgcolor=look.background)
        return
    fig.add_annotation(
        **_at(0, index, -shape.left, 0), text=f"<b>{row.model}</b>", font={"size": 15}
    )
    fig.add_annotation(**_at(0, index, -shape.left + 68, 8), text=row.title)
    muted = {"color": look.muted}
    fig.add_annotation(**_at(0, index, -shape.left + 68, -8), text=row.recipe, font=muted)
    end = {**_at(1, index, shape.right, 0), "xanchor": "right"}
    fig.add_annotation(**end, text=f"{row.n_weights:,}", font=muted)


def _at(x: float, y: float, right: int, up: int) -> dict[str, Any]:
    """Place text relative to the plot's edge, in px; `up` of the row's middle."""
    return {
        "x": x,
        "xref": "paper",
        "xanchor": "left",
        "xshift": right,
        "y": y,
        "yshift": up,
        "showarrow": False,
    }


def _values(fig: go.Figure, y: float, row: LadderRow, look: Theme, shape: _Shape) -> None:
    """Write the accuracies beside their dots; one number where the two lie together."""
    if row.valid is not None:
        low = min(row.valid, row.train if row.train is not None else row.valid)
        fig.add_annotation(
            x=low, y=y, xanchor="right", xshift=-9, showarrow=False, text=f"<b>{row.valid:.2f}</b>"
        )
    if row.train is None or row.valid is None or row.train - row.valid <= CLOSE:
        return
    text = f"{row.train:.3f}" if row.train > 0.99 else f"{row.train:.2f}"
    beside: dict[str, Any] = {"xanchor": "left", "xshift": 9}
    if shape is _NARROW and row.train > 0.9:  # no room at the right
        beside = {"xanchor": "right", "xshift": 6, "yshift": 15}
    fig.add_annotation(
        x=row.train, y=y, showarrow=False, text=text, font={"color": look.muted}, **beside
    )


def _rule(fig: go.Figure, y: float, look: Theme, shape: _Shape) -> None:
    line = {"color": look.border, "width": 1}
    fig.add_shape(type="line", xref="paper", x0=0, x1=1, y0=y, y1=y, line=line, layer="below")
    for anchor, start, end in ((0, -shape.left, 0), (1, 0, shape.right)):
        fig.add_shape(
            type="line",
            xref="paper",
            xsizemode="pixel",
            xanchor=anchor,
            x0=start,
            x1=end,
            y0=y,
            y1=y,
            line=line,
            layer="below",
        )


def _axis_names(fig: go.Figure, look: Theme, shape: _Shape) -> None:
    if shape is _NARROW:
        return
    common = {"y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 5, "showarrow": False}
    font = {"color": look.muted}
    fig.add_annotation(
        x=0,
        xref="paper",
        xanchor="left",
        xshift=-shape.left,
        text="model and what changed",
        font=font,
        **common,
    )
    fig.add_annotation(
        x=1, xref="paper", xanchor="right", xshift=shape.right, text="weights", font=font, **common
    )
