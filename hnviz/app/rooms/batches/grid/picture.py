"""A text cut into mini-batches; the browser draws, moves, plays and searches it.

It needs no run: its tokens come from ``GET /api/corpora/...``, the address in its settings. The
page's address holds the marked cell as ``?cell=2-0-66`` (mini-batch, row, step) and the search as
``?find=8046``.
"""

from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.rooms.batches.reading import LARGE, SMALL, Reading, cut, reading_of
from hnviz.figures.sentences import layout_sentence


def grid_settings(reading: Reading) -> dict[str, Any]:
    """Return what the picture gets of a text in its layout."""
    return {
        **cut(reading),
        "level": reading.level,
        "numbers": reading.numbers,
        "alt": layout_sentence(reading.layout).replace("**", ""),
    }


EXAMPLES = {
    "ready": Example(settings=lambda: grid_settings(reading_of("valid", SMALL))),
    "long": Example(settings=lambda: grid_settings(reading_of("train", LARGE))),
}

GRID = Picture(
    __file__,
    Place("batches_grid", "725px", "959px"),
    silent=True,
    examples=EXAMPLES,
)


def batch_grid(reading: Reading) -> None:
    """Draw a text in its layout."""
    GRID(settings=grid_settings(reading))
