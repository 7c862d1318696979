"""QR codes: as a path for an SVG drawing, and as half blocks for a terminal."""

from itertools import groupby

import segno

BORDER = 4  # empty modules around the code
_BLOCKS = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""A dark terminal shows the light modules; readers accept either."""


def matrix(text: str) -> list[list[int]]:
    """Return the rows of a QR code with its border, 1 for a dark module."""
    code = segno.make(text, error="m", micro=False)
    return [list(row) for row in code.matrix_iter(border=BORDER)]


def path(text: str) -> tuple[int, str]:
    """Return a QR code's width in modules, and its dark modules as the `d` of an SVG path."""
    rows = matrix(text)
    drawn = []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            width = len(list(run))
            if dark:
                drawn.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    return len(rows), "".join(drawn)


def blocks(text: str) -> str:
    """Write a QR code in characters, each with two modules; light on a dark background."""
    rows = matrix(text)
    if len(rows) % 2:
        rows.append([0] * len(rows))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(_BLOCKS[pair] for pair in zip(*each, strict=True)) for each in pairs)
