"""One unit of nn.RNN, nn.GRU or nn.LSTM: its equations in numbers, its line over the tokens."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.theme import Theme
from hnviz.models.spec import GRU, LSTM

Arrays = Mapping[str, NDArray[Any]]

GATE_NAMES = {
    **{gate.letter: gate.name for gate in (*GRU.gates, *LSTM.gates)},
    "tanh c": "cell",
    "after": "new state",
}
"""What a line shows, by its letter in the equations."""
_DASHES = {
    "r": "2 4",
    "z": "9 5",
    "n": "9 4 2 4",
    "i": "2 4",
    "f": "9 5",
    "g": "9 4 2 4",
    "o": "5 3",
    "tanh c": "",
    "after": "",
}
_WIDE, _HIGH, _FONT = 460, 330, 15  # 15 px become 12 on a phone, where the picture is narrower
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 356, 24, 220
_NEW = "<i>h</i>\N{PRIME}"
_ROOM = 0.18  # between two names on the right, in values


def equations(arrays: Arrays, kind: str, step: int) -> list[str]:
    """Write a unit's step with its numbers, a paragraph of HTML for each gate."""
    value = {name: float(numbers[step]) for name, numbers in arrays.items()}
    if kind.startswith("RNN"):
        squash = "relu" if kind.endswith("relu") else "tanh"
        return [_equation("new state", f"{_NEW} = {squash}({_sum(value, 'h')})", value["after"])]
    if kind == "LSTM":
        return _lstm_equations(value)
    gates = [_gate(value, gate) for gate in ("r", "z")]
    kept = 1 - value["z"]
    return [
        *gates,
        _equation(
            "candidate",
            f"<i>n</i> = tanh({_number(value['input_n'])} + {_number(value['r'])} \N{MIDDLE DOT} "
            f"{_braced(value['hidden_n'])})",
            value["n"],
        ),
        _equation(
            "new state",
            f"{_NEW} = {_number(kept)} \N{MIDDLE DOT} {_braced(value['n'])} + "
            f"{_number(value['z'])} \N{MIDDLE DOT} {_braced(value['before'])}",
            value["after"],
            f", {_number(kept)} of the candidate and {_number(value['z'])} of the old state",
        ),
    ]


def _lstm_equations(value: Mapping[str, float]) -> list[str]:
    old, new = value["cell_before"], value["cell_after"]
    candidate = f"<i>g</i> = tanh({_sum(value, 'g')})"
    products = [f"{_number(value[gate])} \N{MIDDLE DOT} " for gate in "fio"]
    return [
        *(_gate(value, gate) for gate in ("i", "f")),
        _equation("candidate", candidate, value["g"]),
        _gate(value, "o"),
        _equation(
            "new cell",
            f"<i>c</i>\N{PRIME} = {products[0]}{_braced(old)} + {products[1]}{_braced(value['g'])}",
            new,
            f", {_number(value['f'])} of the old cell and {_number(value['i'])} of the candidate",
        ),
        _equation("new state", f"{_NEW} = {products[2]}tanh({_number(new)})", value["after"]),
    ]


def _gate(value: Mapping[str, float], gate: str) -> str:
    left = f"<i>{gate}</i> = \N{GREEK SMALL LETTER SIGMA}({_sum(value, gate)})"
    return _equation(GATE_NAMES[gate], left, value[gate])


def cell_sentence(arrays: Arrays, kind: str, unit: int, step: int, word: str) -> str:
    """Say what a unit does at one token, and how far torch's own result is from this sum."""
    value = {name: float(numbers[step]) for name, numbers in arrays.items()}
    text = {name: _number(each) for name, each in value.items()}
    before, after = text["before"], text["after"]
    away = abs(value["after"] - value["torch"])
    check = f"torch's own result {f'differs by {away:.0e}' if away else 'is the same'}"
    if kind.startswith("RNN"):
        took, kept = text["input_h"], text["hidden_h"]
        return (
            f"Unit {unit} reads “{word}” at step {step}: the token adds **{took}**, the old states "
            f"**{kept}**, so its state goes from {before} to **{after}**; {check}."
        )
    if kind == "LSTM":
        i, f, o = (value[name] for name in "ifo")
        old, new, g = text["cell_before"], text["cell_after"], text["g"]
        return (
            f"Unit {unit} reads “{word}” at step {step}: its cell keeps **{100 * f:.0f} %** of "
            f"{old} and adds **{100 * i:.0f} %** of the candidate {g}, which gives **{new}**; "
            f"**{100 * o:.0f} %** of tanh of that is its state, **{after}**; {check}."
        )
    z, n = value["z"], text["n"]
    return (
        f"Unit {unit} reads “{word}” at step {step}: it keeps **{100 * z:.0f} %** of its state "
        f"{before} and takes **{100 * (1 - z):.0f} %** of the candidate {n}, which gives "
        f"**{after}**; {check}."
    )


def token_places(n: int) -> list[float]:
    """Return the x of each of `n` tokens in `unit_line`, in the drawing's own units."""
    return np.linspace(_LEFT + 8, _RIGHT - 8, n).round(1).tolist() if n > 1 else [_LEFT + 8.0]


def unit_line(arrays: Arrays, words: Sequence[str], look: Theme) -> str:
    """Draw a unit's state, and its gates and cell if it has any, over the tokens. SVG.

    arrays: (steps,) each, as the question "cell" answers. The line of the class "hn-at" marks the
    first token; the browser moves it. Not Plotly, which alone takes longer than the tenth of a
    second that the pictures beside this one take.
    """
    if "cell_after" in arrays:  # which has no bounds, as its tanh has
        arrays = {**arrays, "tanh c": np.tanh(arrays["cell_after"])}
    shown = [name for name in _DASHES if name in arrays]
    scale = _scale([float(np.abs(arrays[name]).max()) for name in shown])
    x = np.array(token_places(len(words)))
    parts = [_level(value, value * scale, look) for value in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    parts += _words(words, x, look)
    parts.append(
        f'<line class="hn-at" x1="{x[0]:g}" x2="{x[0]:g}" y1="{_y(1.08):.1f}" y2="{_y(-1.08):.1f}" '
        f'stroke="{look.cursor}" stroke-width="1.5"/>'
    )
    places = _apart([float(arrays[name][-1]) / scale for name in shown])
    for name, place in zip(shown, places, strict=True):
        dots = [
            (across, _y(value / scale), f"{value:.3f}")
            for across, value in zip(x.tolist(), arrays[name].tolist(), strict=True)
        ]
        parts += _curve(name, dots, place, look)
    names = " and ".join(GATE_NAMES[name] for name in shown)
    return (
        f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{names} over the tokens" '
        f'font-size="{_FONT}" style="display:block;width:100%;height:auto;font-family:inherit">'
        f"{''.join(parts)}</svg>"
    )


def _y(value: float) -> float:
    return _TOP + (1.08 - value) / 2.16 * (_BOTTOM - _TOP)


def _scale(peaks: Sequence[float]) -> float:
    """Return 1, or for values beyond it, as relu makes them, the next power of two."""
    return float(2.0 ** np.ceil(np.log2(max(1.0, *peaks))))


def _level(place: float, value: float, look: Theme) -> str:
    y, label = _y(place), f"{value:g}".replace("-", "\N{MINUS SIGN}")
    return (
        f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{look.border}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 5:.1f}" text-anchor="end" fill="{look.muted}">{label}'
        "</text>"
    )


def _words(words: Sequence[str], x: NDArray[Any], look: Theme) -> list[str]:
    """Write the tokens below the plot, and the titles of the axes."""
    y = _BOTTOM + 16
    return [
        *(
            f'<text transform="translate({place + 4:.1f} {y}) rotate(-60)" text-anchor="end" '
            f'fill="{look.text}">{escape(word)}</text>'
            for word, place in zip(words, x, strict=True)
        ),
        f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_HIGH - 5}" text-anchor="middle" '
        f'fill="{look.muted}">token read, step 0 on the left</text>',
        f'<text x="{_LEFT - 34}" y="{_TOP - 8}" fill="{look.muted}">value</text>',
    ]


def _curve(
    name: str, dots: Sequence[tuple[float, float, str]], place: float, look: Theme
) -> list[str]:
    """Draw a line with its name at the right end; the state has a dot for each token.

    A dot has its x, its y and its value in words.
    """
    state = name == "after"
    color = look.role["h_h"] if state else look.muted
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in dots)
    label = GATE_NAMES[name] if state else f"{GATE_NAMES[name]} {name}"
    weight = ' font-weight="600"' if state else ""
    circles = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"><title>{value}</title></circle>'
        for x, y, value in dots
    ]
    return [
        f'<polyline points="{points}" fill="none" stroke="{color}" '
        f'stroke-width="{3.5 if state else 1.8}" stroke-dasharray="{_DASHES[name]}"/>',
        *(circles if state else []),
        f'<text x="{_RIGHT + 4}" y="{_y(place) + 5:.1f}" fill="{color}"{weight}>{label}</text>',
    ]


def _apart(ends: Sequence[float]) -> list[float]:
    """Push the names at the right end apart."""
    order = np.argsort(ends)
    places = np.array(ends, dtype=float)
    for below, above in pairwise(order):
        places[above] = max(places[above], places[below] + _ROOM)
    return [float(place) for place in places - max(0.0, float(places.max()) - 1.02)]


def _equation(name: str, left: str, result: float, remark: str = "") -> str:
    return (
        f'<p><b>{name}</b>{remark}<span class="hn-sum">{left} = <b>{_number(result)}</b></span></p>'
    )


def _sum(value: Mapping[str, float], gate: str) -> str:
    second = value[f"hidden_{gate}"]
    sign = "\N{MINUS SIGN}" if second < 0 else "+"
    return f"{_number(value[f'input_{gate}'])} {sign} {_number(abs(second))}"


def _braced(number: float) -> str:
    return f"({_number(number)})" if number < 0 else _number(number)


def _number(number: float) -> str:
    """Write three digits and a real minus."""
    return f"{number:.3f}".replace("-", "\N{MINUS SIGN}")
