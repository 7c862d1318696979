"""Colours, lines and type of every figure: one place, two modes.

The values are in tokens.json. Streamlit's own theme does not reach Plotly's traces, so figures
set every colour themselves.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from hnviz.data.tokens import kind_of
from hnviz.figures.sketch import Sketch

TOKENS_PATH = Path(__file__).parent / "tokens.json"

MODES = ("light", "dark")

FONT = '"Source Sans", "Source Sans Pro", sans-serif'  # comes with Streamlit
FONT_SIZE = 13  # px; never under 12

PLACES = ("thousand", "hundred")


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One mode's colours, as CSS strings; scales run from low to high."""

    mode: str  # "light" or "dark"
    background: str
    surface: str
    text: str
    muted: str
    border: str  # grid lines and frames
    control: str
    primary: str
    on_primary: str
    link: str
    role: Mapping[str, str]  # of i_h, h_h, h_o
    kind: Mapping[str, str]  # fill of a token, by kind
    kind_text: Mapping[str, str]  # text on that fill
    comma_mark: str
    train: str
    valid: str
    bound: str
    right: str
    right_mark: str
    wrong: str
    hatch: str
    cursor: str
    code: Mapping[str, str]
    diverging: tuple[str, ...]  # -1 to 1, 0 is the paper
    sequential: tuple[str, ...]  # 0 to 1
    gradient: tuple[str, ...]
    categorical: tuple[str, ...]  # for runs that are compared
    letters: Mapping[str, str]  # one for each kind, so that colour never carries meaning alone

    def token_color(self, token: str) -> str:
        """Return the fill colour of a token's cell."""
        return self.kind[kind_of(token)]


@cache
def theme(mode: str) -> Theme:
    """Return the theme of a mode, "light" or "dark"."""
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}; got {mode!r}")
    tokens = json.loads(TOKENS_PATH.read_text(encoding="utf-8"))
    values: dict[str, Any] = {"mode": mode, "letters": MappingProxyType(tokens["letters"])}
    for name, value in tokens[mode].items():
        if isinstance(value, dict):
            value = MappingProxyType(_with_places(value) if name.startswith("kind") else value)
        elif isinstance(value, list):
            value = tuple(value)
        values[_snake_case(name)] = value
    return Theme(**values)


def _with_places(kinds: dict[str, str]) -> dict[str, str]:
    """Add thousand and hundred, two kinds that share one colour and differ in their letter."""
    return {**kinds, **dict.fromkeys(PLACES, kinds["place"])}


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def ink_on(fill: str) -> str:
    """Return the text colour that is readable on a fill, "#RRGGBB": never under 4.5 to 1."""
    return "#000000" if _luminance(fill) > 0.179 else "#FFFFFF"


def _luminance(color: str) -> float:
    """Return a colour's relative luminance, from which the contrast of text follows."""
    shares = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    light = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    ]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def apply(fig: go.Figure | Sketch, look: Theme, *, height: int, margin: Mapping[str, int]) -> None:
    """Give a figure the base layout; a fixed `uirevision` keeps a reader's zoom across updates."""
    fig.update_layout(
        template="none",
        height=height,
        margin={"l": 48, "r": 16, "t": 16, "b": 44, "pad": 0, **margin},
        font={"family": FONT, "size": FONT_SIZE, "color": look.text},
        paper_bgcolor="rgba(0,0,0,0)",  # the page's own background shows through
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        uirevision="hnviz",
        hoverlabel={
            "bgcolor": look.surface,
            "bordercolor": look.control,
            "font": {"family": FONT, "size": FONT_SIZE, "color": look.text},
        },
        dragmode=False,
    )
    fig.update_xaxes(**_axis(look), showgrid=False)
    fig.update_yaxes(**_axis(look), showgrid=True)


def _axis(look: Theme) -> dict[str, Any]:
    return {
        "gridcolor": look.border,
        "gridwidth": 1,
        "zeroline": False,
        "linecolor": look.border,
        "tickfont": {"color": look.muted, "size": FONT_SIZE},
        "title": {"font": {"color": look.muted, "size": FONT_SIZE}, "standoff": 8},
        "automargin": False,
        "ticks": "",
    }
