"""Shapes of the network diagrams, as SVG text.

A square is a word that goes in, a circle a hidden state, a triangle an answer. Arrows have a
colour, a width and a dash for each role, so colour never carries meaning alone.
"""

from collections.abc import Sequence
from html import escape
from math import atan2, cos, degrees, sin

from hnviz.figures.theme import Theme

RADIUS = 12
FONT_PX = 13
_WIDTH = {"i_h": 2.0, "h_h": 3.5, "h_o": 2.0}
_DASH = {"i_h": "", "h_h": "", "h_o": "6 3"}
_HEAD = 9.0  # px, an arrow head's length
_GAP = 2.0  # px between an arrow and its target

Point = tuple[float, float]  # px


class Drawing:
    """Collects shapes; `render` returns one <svg> that scales down to fit."""

    def __init__(self, width: int, height: int, look: Theme) -> None:
        self.width = width
        self.height = height
        self.look = look
        self._parts: list[str] = []

    def square(self, x: float, y: float) -> None:
        """Draw a word that goes in."""
        self._shape(
            f'<rect x="{x - RADIUS:g}" y="{y - RADIUS * 0.8:g}" width="{2 * RADIUS}" '
            f'height="{RADIUS * 1.6:g}" rx="2"',
            self.look.role["i_h"],
        )

    def circle(self, x: float, y: float) -> None:
        """Draw a hidden state."""
        self._shape(f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS}"', self.look.role["h_h"])

    def triangle(self, x: float, y: float) -> None:
        """Draw an answer."""
        r = RADIUS
        self._shape(
            f'<path d="M{x:g} {y - r:g}L{x + r * 1.1:g} {y + r * 0.75:g}H{x - r * 1.1:g}z"',
            self.look.role["h_o"],
        )

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a gate: a hidden-to-hidden part with a name."""
        self._shape(
            f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" '
            f'height="{height:g}" rx="6"',
            self.look.role["h_h"],
        )

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Mark what a loop repeats."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" '
            f'fill="none" stroke="{self.look.control}" stroke-width="1.3" '
            f'stroke-dasharray="2 4"/>'
        )

    def new(self, x: float, y: float, width: float, height: float) -> None:
        """Mark what the network before does not have: a dotted frame with a plus."""
        color = self.look.primary
        self._parts.append(
            f'<rect class="hn-new" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
            f'rx="6" fill="none" stroke="{color}" stroke-width="2" stroke-dasharray="2 3"/>'
            f'<text x="{x + width / 4:g}" y="{y - 3:g}" text-anchor="middle" fill="{color}" '
            f'font-size="17" font-weight="700">+</text>'
        )

    def text(
        self, x: float, y: float, words: str, *, anchor: str = "middle", muted: bool = False
    ) -> None:
        """Write words with their baseline at y; two leading stars make them bold."""
        bold = words.startswith("**")
        fill = self.look.muted if muted else self.look.text
        weight = ' font-weight="600"' if bold else ""
        weight += ' font-size="22"' if words.endswith(",") else ""  # a comma is hard to see
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{fill}"{weight}>'
            f"{escape(words.strip('*'))}</text>"
        )

    def arrow(self, role: str, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw a straight arrow with its point at (x2, y2)."""
        angle = atan2(y2 - y1, x2 - x1)
        back = _HEAD * 0.8
        self._parts.append(
            f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2 - back * cos(angle):.1f}" '
            f'y2="{y2 - back * sin(angle):.1f}" {self._stroke(role)}/>'
        )
        self._head(role, x2, y2, degrees(angle))

    def loop(self, x: float, y: float) -> None:
        """Draw the arrow of a recurrence, from a circle back to itself."""
        r = RADIUS + _GAP
        self._parts.append(
            f'<path d="M{x + r * 0.8:g} {y - r * 0.75:g}C{x + 62:g} {y - 52:g} {x + 62:g} '
            f'{y + 52:g} {x + r + 3:g} {y + 11:g}" fill="none" {self._stroke("h_h")}/>'
        )
        self._head("h_h", x + r * 0.86, y + r * 0.62, 208)

    def cut(self, x: float, y: float) -> None:
        """Put scissors on an arrow: gradients stop here, the state goes on."""
        look = self.look
        self._parts.append(
            f'<g transform="translate({x:g} {y:g}) rotate(-90)" fill="none" '
            f'stroke="{look.text}" stroke-width="1.8" stroke-linecap="round">'
            f'<circle r="15" fill="{look.background}" stroke="none"/>'
            '<circle cx="-7.5" cy="-4.5" r="3.3"/><circle cx="-7.5" cy="4.5" r="3.3"/>'
            '<path d="M-4.7-2.7L10 5.4M-4.7 2.7L10-5.4"/></g>'
        )

    def segment(self, start: Point, end: Point, color: str, width: float = 1) -> None:
        """Draw a plain line."""
        self._parts.append(
            f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
            f'stroke="{color}" stroke-width="{width:g}"/>'
        )

    def polyline(self, points: Sequence[Point], color: str, dash: str, width: float) -> None:
        """Draw a curve through points."""
        listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<polyline points="{listed}" fill="none" stroke="{color}" '
            f'stroke-width="{width:g}" stroke-linejoin="round"{dashed}/>'
        )

    def dot(self, x: float, y: float, color: str) -> None:
        """Mark a point of a curve."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{color}"/>')

    @property
    def content(self) -> str:
        """The shapes alone."""
        return "".join(self._parts)

    def render(self, title: str, description: str) -> str:
        """Return the drawing; a screen reader says its title and description."""
        label = escape(f"{title}. {description}")
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{label}" '
            f'font-size="{FONT_PX}" style="display:block;width:100%;max-width:'
            f'{self.width * 1.2:g}px;height:auto;margin:0 auto;font-family:inherit">'
            f"<desc>{escape(description)}</desc>{self.content}</svg>"
        )

    def _shape(self, start: str, color: str) -> None:
        self._parts.append(f'{start} fill="{color}22" stroke="{color}" stroke-width="1.8"/>')

    def _stroke(self, role: str) -> str:
        dash = f' stroke-dasharray="{_DASH[role]}"' if _DASH[role] else ""
        return f'stroke="{self.look.role[role]}" stroke-width="{_WIDTH[role]}"{dash}'

    def _head(self, role: str, x: float, y: float, turn: float) -> None:
        """Draw an arrow head; open for i_h, filled for the others."""
        color = self.look.role[role]
        place = f'transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})"'
        half = 5.2 if role == "h_h" else 4.2
        if role == "i_h":
            self._parts.append(
                f'<path {place} d="M-{_HEAD:g}-{half:g}L-.8 0L-{_HEAD:g} {half:g}M-1 0H-{_HEAD:g}" '
                f'fill="none" stroke="{color}" stroke-width="2"/>'
            )
        else:
            self._parts.append(
                f'<path {place} d="M-{_HEAD:g}-{half:g}L0 0L-{_HEAD:g} {half:g}z" fill="{color}"/>'
            )
