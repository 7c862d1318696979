"""One unit of nn.RNN or nn.GRU: its equations with its numbers, and its line over the tokens."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hnviz.figures import theme as looks
from hnviz.figures.theme import Theme

Arrays = Mapping[str, NDArray[Any]]

GATE_NAMES = {"r": "reset", "z": "update", "n": "candidate", "after": "new state"}
_DASHES = {"r": "dot", "z": "dash", "n": "dashdot", "after": "solid"}
_ROOM = 0.16  # between two names at the right end, in values


def equations(arrays: Arrays, kind: str, step: int) -> list[str]:
    """Write a unit's step with its numbers, a line a gate; Markdown with LaTeX."""
    value = {name: float(numbers[step]) for name, numbers in arrays.items()}
    if kind == "RNN":
        return [
            "**new state**\n\n"
            rf"$\quad h' = \tanh({_sum(value, 'h')}) = "
            rf"{value['after']:.3f}$"
        ]
    gates = [
        f"**{GATE_NAMES[gate]}**\n\n"
        rf"$\quad {gate} = \sigma({_sum(value, gate)}) = "
        rf"{value[gate]:.3f}$"
        for gate in ("r", "z")
    ]
    return [
        *gates,
        "**candidate**\n\n"
        rf"$\quad n = \tanh({value['input_n']:.3f} + {value['r']:.3f} \cdot "
        rf"{_braced(value['hidden_n'])}) = {value['n']:.3f}$",
        "**new state**\n\n"
        rf"$\quad h' = (1 - {value['z']:.3f}) \cdot {_braced(value['n'])} + {value['z']:.3f} "
        rf"\cdot {_braced(value['before'])} = {value['after']:.3f}$",
    ]


def cell_sentence(arrays: Arrays, kind: str, unit: int, step: int, word: str) -> str:
    """Say what a unit does at one token, and how far torch's own figure is from this sum."""
    before, after = (float(arrays[name][step]) for name in ("before", "after"))
    away = abs(after - float(arrays["torch"][step]))
    check = f"torch's own answer is {away:.0e} away" if away else "torch's own answer is the same"
    if kind == "RNN":
        took, kept = (float(arrays[name][step]) for name in ("input_h", "hidden_h"))
        return (
            f"Unit {unit} reads “{word}” at step {step}: the token brings **{took:.3f}**, the "
            f"old states **{kept:.3f}**, so its state goes from {before:.3f} to **{after:.3f}**; "
            f"{check}."
        )
    z, n = (float(arrays[name][step]) for name in ("z", "n"))
    return (
        f"Unit {unit} reads “{word}” at step {step}: it keeps **{100 * z:.0f} %** of its state "
        f"{before:.3f} and takes **{100 * (1 - z):.0f} %** of the candidate {n:.3f}, which gives "
        f"**{after:.3f}**; {check}."
    )


def unit_line(arrays: Arrays, words: Sequence[str], step: int, look: Theme) -> go.Figure:
    """Draw a unit's state, and its gates if it has any, over the tokens; `step` is marked.

    arrays: (steps,) each, as the question "cell" answers.
    """
    fig = go.Figure()
    shown = [name for name in _DASHES if name in arrays]
    places = _apart([float(arrays[name][-1]) for name in shown])
    x = list(range(len(words)))
    for name, place in zip(shown, places, strict=True):
        state = name == "after"
        color = look.role["h_h"] if state else look.muted
        fig.add_scatter(
            name=GATE_NAMES[name],
            x=x,
            y=arrays[name],
            mode="lines+markers" if state else "lines",
            line={"color": color, "width": 3 if state else 1.5, "dash": _DASHES[name]},
            marker={"size": 6},
            customdata=list(words),
            hovertemplate=f"{GATE_NAMES[name]} after “%{{customdata}}”: %{{y:.3f}}<extra></extra>",
        )
        label = GATE_NAMES[name] if state else f"{GATE_NAMES[name]} {name}"
        fig.add_annotation(
            x=x[-1], y=place, text=label, xanchor="left", xshift=8, showarrow=False,
            font={"color": color, "size": looks.FONT_SIZE},
        )  # fmt: skip
    fig.add_vline(x=step, line={"color": look.cursor, "width": 1.5})
    looks.apply(fig, look, height=280, margin={"r": 92, "b": 96})
    ticks = x if len(x) <= 24 else x[:: len(x) // 24 + 1]
    fig.update_xaxes(
        title="token that was read",
        tickvals=ticks,
        ticktext=[words[place] for place in ticks],
        tickangle=-60,
        range=[-0.5, len(x) - 0.5],
    )
    fig.update_yaxes(title="value", range=[-1.08, 1.08])
    return fig


def _apart(ends: Sequence[float]) -> list[float]:
    """Push the names at the right end apart."""
    order = np.argsort(ends)
    places = np.array(ends, dtype=float)
    for below, above in pairwise(order):
        places[above] = max(places[above], places[below] + _ROOM)
    return [float(place) for place in places - max(0.0, float(places.max()) - 1.02)]


def _sum(value: Mapping[str, float], gate: str) -> str:
    second = value[f"hidden_{gate}"]
    return f"{value[f'input_{gate}']:.3f} {'-' if second < 0 else '+'} {abs(second):.3f}"


def _braced(number: float) -> str:
    return f"({number:.3f})" if number < 0 else f"{number:.3f}"
