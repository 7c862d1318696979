"""A text cut into mini-batches; the browser draws, moves, plays and searches it.

It needs no run: its tokens come from ``GET /api/corpora/...``, the address in its settings. The
page's address holds the marked cell as ``?cell=2-0-66`` (mini-batch, row, step), the search as
``?find=8046`` and what it says to notice as ``?notice=2``. The page's other pictures read the
mini-batch in view from the mark "batch".
"""

from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.rooms.batches.settings import (
    KEY,
    LARGE,
    SIZE,
    SMALL,
    Reading,
    cut,
    large_size,
    reading_of,
    small_size,
)
from hnviz.figures.sentences import layout_sentence


def _settings(reading: Reading) -> dict[str, Any]:
    return {
        **cut(reading),
        "small": list(small_size(reading.layout.n_tokens)),
        "large": list(large_size(reading.layout.n_tokens)),
        "level": reading.level,
        "numbers": reading.numbers,
        "written": reading.written,
        "alt": layout_sentence(reading.layout).replace("**", ""),
    }


EXAMPLES = {
    "ready": Example(settings=lambda: _settings(reading_of("valid", SMALL))),
    "long": Example(settings=lambda: _settings(reading_of("train", LARGE))),
}

GRID = Picture(
    __file__,
    Place(KEY, "1062px", "1383px"),
    reports=(SIZE,),
    silent=True,
    examples=EXAMPLES,
)


def batch_grid(reading: Reading) -> None:
    """Draw a text in its layout; the browser reports a change to the small or the large view."""
    GRID(settings=_settings(reading))
