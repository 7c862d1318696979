"""A split of a text and how it is cut, as values: for the Batches page, and for a notebook."""

from typing import Any, NamedTuple

from hnviz.data import (
    NOTEBOOK,
    BatchLayout,
    ShuffledLayout,
    Text,
    TextChoice,
    corpus_of,
    numbers_of,
    split_text,
)
from hnviz.web.corpora import corpus_address

MAX_SIDE = 512
"""The most rows or steps that the picture can draw."""
MOST_WINDOWS = 2**21
"""The most windows of a text cut at random, by hnviz/app/rooms/batches/grid/shuffled.js."""


class Size(NamedTuple):
    """Rows and steps of a mini-batch."""

    bs: int
    bptt: int


SMALL = Size(4, 8)  # so small that every word can be read
LARGE = Size(64, 70)  # those of the notebook's show_batch


class Reading(NamedTuple):
    """A split of a text and how it is cut."""

    text: Text
    layout: BatchLayout
    choice: TextChoice

    @property
    def is_lesson(self) -> bool:
        """Whether it is a split of the notebook's own text."""
        return (self.choice.corpus, self.choice.split) == (NOTEBOOK.corpus, NOTEBOOK.split)

    @property
    def address(self) -> str:
        """Where the browser finds its tokens, below the app's own."""
        return corpus_address(self.text.name, self.choice)

    @property
    def level(self) -> str:
        """What one token is, of hnviz.data.corpora.LEVELS."""
        return corpus_of(self.choice).level

    @property
    def numbers(self) -> list[tuple[int, int]] | None:
        """The first and last number of each range that the text lists; None if it lists none."""
        if corpus_of(self.choice).unit != "numbers":
            return None
        listed = numbers_of(self.choice)
        ranges = listed.train if self.text.name == "train" else listed.valid
        return [(each.start, each.stop - 1) for each in ranges]


def small_size(n_tokens: int) -> Size:
    """Return SMALL, with fewer steps for a text that is too short for it."""
    return Size(SMALL.bs, min(SMALL.bptt, max(1, n_tokens // SMALL.bs)))


def cut(reading: Reading) -> dict[str, Any]:
    """Return what a picture of the page needs to cut the text as `reading` does."""
    layout = reading.layout
    return {
        "stream": reading.address,
        "bs": layout.bs,
        "bptt": layout.bptt,
        "shuffled": isinstance(layout, ShuffledLayout),
    }


def reading_of(split: str, size: Size) -> Reading:
    """Return a split in a layout, as the gallery shows it."""
    text = split_text(split)
    return Reading(text, BatchLayout(len(text.ids), *size), NOTEBOOK)


def window_problem(layout: BatchLayout) -> str | None:
    """Say that a window is longer than the text, or that there are too many; else None."""
    if isinstance(layout, ShuffledLayout) and layout.n_windows > MOST_WINDOWS:
        return (
            f"Cut at random, a text can have {MOST_WINDOWS:,} windows, and this one has "
            f"{layout.n_windows:,}: set bptt to {layout.n_tokens // MOST_WINDOWS + 1} or more."
        )
    if layout.bptt <= layout.n_tokens:
        return None
    return (
        f"A window of {layout.bptt} steps is longer than the text, which has {layout.n_tokens} "
        f"tokens: set bptt to {layout.n_tokens} or less, or use a longer text."
    )


def side_problem(field: str, value: int) -> str | None:
    """Say what is wrong with a number of rows or steps, None if nothing is."""
    if 1 <= value <= MAX_SIDE:
        return None
    return f"{field} must be a whole number from 1 to {MAX_SIDE}; got {value}"
