"""One unit of nn.RNN or nn.GRU: its equations with its numbers, and its line over the tokens."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.theme import Theme

Arrays = Mapping[str, NDArray[Any]]

GATE_NAMES = {"r": "reset", "z": "update", "n": "candidate", "after": "new state"}
_DASHES = {"r": "2 4", "z": "9 5", "n": "9 4 2 4", "after": ""}
_WIDE, _HIGH, _FONT = 460, 330, 15  # 15 px are 12 on a phone, where the picture is narrower
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 356, 24, 220
_ROOM = 0.18  # between two names at the right end, in values


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
        f"**new state**: 1 - z = {1 - value['z']:.3f} of the candidate, z of the old state\n\n"
        rf"$\quad h' = {1 - value['z']:.3f} \cdot {_braced(value['n'])} + {value['z']:.3f} "
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


def unit_line(arrays: Arrays, words: Sequence[str], step: int, look: Theme, sentence: str) -> str:
    """Draw a unit's state, and its gates if it has any, over the tokens; `step` is marked. SVG.

    arrays: (steps,) each, as the question "cell" answers. Not by Plotly: this stands beside
    pictures that are painted in a tenth of a second, and Plotly alone takes longer.
    """
    shown = [name for name in _DASHES if name in arrays]
    x = np.linspace(_LEFT + 8, _RIGHT - 8, len(words)) if len(words) > 1 else np.array([_LEFT + 8])
    parts = [_level(value, look) for value in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    parts += _words(words, x, look)
    parts.append(
        f'<line x1="{x[step]:.1f}" x2="{x[step]:.1f}" y1="{_y(1.08):.1f}" y2="{_y(-1.08):.1f}" '
        f'stroke="{look.cursor}" stroke-width="1.5"/>'
    )
    places = _apart([float(arrays[name][-1]) for name in shown])
    for name, place in zip(shown, places, strict=True):
        parts += _curve(name, x, arrays[name], place, look)
    label = escape(sentence.replace("**", ""))
    return (
        f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{label}" '
        f'font-size="{_FONT}" style="display:block;width:100%;height:auto;font-family:inherit">'
        f"{''.join(parts)}</svg>"
    )


def _y(value: float) -> float:
    return _TOP + (1.08 - value) / 2.16 * (_BOTTOM - _TOP)


def _level(value: float, look: Theme) -> str:
    y = _y(value)
    return (
        f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{look.border}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 5:.1f}" text-anchor="end" fill="{look.muted}">{value:g}'
        "</text>"
    )


def _words(words: Sequence[str], x: NDArray[Any], look: Theme) -> list[str]:
    """Write the tokens below, and the axes' titles."""
    y = _BOTTOM + 16
    return [
        *(
            f'<text transform="translate({place + 4:.1f} {y}) rotate(-60)" text-anchor="end" '
            f'fill="{look.text}">{escape(word)}</text>'
            for word, place in zip(words, x, strict=True)
        ),
        f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_HIGH - 5}" text-anchor="middle" '
        f'fill="{look.muted}">token that was read, step 0 at the left</text>',
        f'<text x="{_LEFT - 34}" y="{_TOP - 8}" fill="{look.muted}">value</text>',
    ]


def _curve(name: str, x: NDArray[Any], y: NDArray[Any], place: float, look: Theme) -> list[str]:
    """Draw a line with its name at its right end; the state has a dot for each token."""
    state = name == "after"
    color = look.role["h_h"] if state else look.muted
    points = " ".join(f"{a:.1f},{_y(float(b)):.1f}" for a, b in zip(x, y, strict=True))
    label = GATE_NAMES[name] if state else f"{GATE_NAMES[name]} {name}"
    weight = ' font-weight="600"' if state else ""
    dots = [
        f'<circle cx="{a:.1f}" cy="{_y(float(b)):.1f}" r="4" fill="{color}">'
        f"<title>{float(b):.3f}</title></circle>"
        for a, b in zip(x, y, strict=True)
    ]
    return [
        f'<polyline points="{points}" fill="none" stroke="{color}" '
        f'stroke-width="{3.5 if state else 1.8}" stroke-dasharray="{_DASHES[name]}"/>',
        *(dots if state else []),
        f'<text x="{_RIGHT + 4}" y="{_y(place) + 5:.1f}" fill="{color}"{weight}>{label}</text>',
    ]


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
