"""Where each token of a window looks: a map for each layer of a Transformer's attention."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.lanes import WIDE
from hnviz.figures.numbers import percent
from hnviz.figures.svg import Drawing
from hnviz.figures.theme import Theme

LEFT, ABOVE, BELOW = 76, 30, 84  # px around a map: its rows' words, its name, its columns' words
LONGEST_WORD = 10  # letters that there is room for


@dataclass(frozen=True, eq=False)
class Looks:
    """How much each token of a window looks at itself and at those before it."""

    words: Sequence[str]
    shares: NDArray[np.floating]  # (n_layers, n, n): rows look, columns are looked at

    def __post_init__(self) -> None:
        n = len(self.words)
        if self.shares.ndim != 3 or self.shares.shape[1:] != (n, n):
            raise ValueError(f"{n} words need shares of shape (n_layers, {n}, {n})")

    @property
    def strongest(self) -> tuple[int, int]:
        """Return the last token's strongest look at an earlier one: its layer, and the token."""
        earlier = self.shares[:, -1, :-1]
        layer, at = np.unravel_index(int(earlier.argmax()), earlier.shape)
        return int(layer), int(at)


def attention_maps(looks: Looks, look: Theme, alt: str, width: int = WIDE) -> str:
    """Draw a map for each layer: a row for each token, a column for each that it looks at."""
    n, columns = len(looks.words), 2 if width >= WIDE else 1
    wide = width / columns
    size = min(24.0, (wide - LEFT - 16) / n)
    high = ABOVE + n * size + BELOW
    rows = -(-len(looks.shares) // columns)
    drawing = Drawing(width, round(rows * high), look)
    for layer in range(len(looks.shares)):
        corner = (layer % columns * wide + LEFT, layer // columns * high + ABOVE)
        _map(drawing, looks, layer, corner, size)
    return drawing.render("Where each word looks", alt)


def _map(
    drawing: Drawing, looks: Looks, layer: int, corner: tuple[float, float], size: float
) -> None:
    """Draw one layer's map with its first cell at `corner`."""
    (left, top), n = corner, len(looks.words)
    drawing.text(left, top - 10, f"**layer {layer}", anchor="start")
    for row, word in enumerate(looks.words):
        y = top + row * size
        drawing.text(left - 6, y + size / 2 + 4, _short(word), anchor="end")
        drawing.slanted(left + (row + 0.7) * size, top + n * size + 14, _short(word))
        for column in range(row + 1):
            share = float(looks.shares[layer, row, column])
            said = f"“{word}” looks at “{looks.words[column]}”: {percent(share)}"
            drawing.cell((left + column * size, y), size, share, said)


def _short(word: str) -> str:
    return word if len(word) <= LONGEST_WORD else f"{word[: LONGEST_WORD - 1]}…"


def attention_sentence(looks: Looks) -> str:
    """Say where the last token looks most, in at most 20 words."""
    last = _short(looks.words[-1])
    if len(looks.words) == 1:
        return f"“{last}” is the first word of the window: it can only look at itself."
    layer, at = looks.strongest
    share = float(looks.shares[layer, -1, at])
    back = len(looks.words) - 1 - at
    return (
        f"In layer {layer}, “{last}” looks most at “{_short(looks.words[at])}”, "
        f"{back} {'token' if back == 1 else 'tokens'} back, with **{percent(share)}** of its look."
    )


def attention_note(looks: Looks, n_given: int, bptt: int) -> str:
    """Say how to read the maps, and which tokens were read."""
    n = len(looks.words)
    read = f"all {n} tokens" if n == n_given else f"the last {n} of {n_given} tokens"
    return (
        "Row: the word that looks. Column: the word that it looks at, itself or an earlier one. "
        "The stronger its colour, the larger the share; the shares of a row sum to 100 %. Layer 1 "
        f"looks at what layer 0 has made of each word. Read as one window: {read}. In training a "
        f"window has {bptt}."
    )
