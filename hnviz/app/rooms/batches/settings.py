"""The Batches page's settings: the text, how it is cut, and what is wrong with either."""

from math import isqrt
from typing import Any, NamedTuple

import streamlit as st

from hnviz.app.kit.choice import switch
from hnviz.app.kit.row import controls_row, said_below
from hnviz.app.kit.text import problem
from hnviz.app.kit.wrong import mark_field
from hnviz.app.rooms.batches.own import chosen_level, own_text_box, typed_text
from hnviz.app.run.corpus_box import corpus_box
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.data import (
    NOTEBOOK,
    BatchLayout,
    ShuffledLayout,
    Text,
    TextChoice,
    own_text,
    split_text,
)
from hnviz.data.stream import SPLITS
from hnviz.web.corpora import corpus_address
from hnviz.web.standing import Standing

KEY = "batches_grid"  # of the picture
SIZE = "size"  # what it reports: "small" or "large"
MAX_SIDE = 512
"""The most rows or steps that the picture can draw."""
MOST_WINDOWS = 2**21
"""The most windows of a text cut at random, by hnviz/app/rooms/batches/grid/shuffled.js."""

OWN = "your own"
TEXTS = (*SPLITS, OWN)
FIRST_TEXT = "train"


class Size(NamedTuple):
    """Rows and steps of a mini-batch."""

    bs: int
    bptt: int


SMALL = Size(4, 8)  # so small that every word can be read
LARGE = Size(64, 70)  # those of the notebook's show_batch

_GOOD_LAYOUT = "_batches_good"
_LENGTH = "_batches_length"  # of the text in view, in tokens
_HELP = {
    "bs": "bs, the batch size: how many rows the network reads side by side.",
    "bptt": "bptt, backpropagation through time: how many tokens of a row one mini-batch holds.",
}


class Reading(NamedTuple):
    """A text and how it is cut."""

    text: Text
    layout: BatchLayout
    address: str  # where the browser finds its tokens, below the app's own
    written: str = ""  # the reader's own text, if short, for links to the page
    choice: TextChoice | None = None  # the corpus that it is a split of; None for the reader's own

    @property
    def is_lesson(self) -> bool:
        """Whether it is a split of the notebook's own text."""
        of = self.choice
        return of is not None and (of.corpus, of.split) == (NOTEBOOK.corpus, NOTEBOOK.split)


class _Read(NamedTuple):
    """A text, before it is cut."""

    text: Text
    address: str
    written: str = ""
    choice: TextChoice | None = None


def small_size(n_tokens: int) -> Size:
    """Return SMALL, with fewer steps for a text that is too short for it."""
    return Size(SMALL.bs, min(SMALL.bptt, max(1, n_tokens // SMALL.bs)))


def large_size(n_tokens: int) -> Size:
    """Return LARGE, or for a shorter text a square that leaves at least two mini-batches.

    The small size, for a text that has no room for a larger one.
    """
    side = isqrt(max(n_tokens - 1, 1))
    large, small = Size(min(LARGE.bs, side), min(LARGE.bptt, side)), small_size(n_tokens)
    return large if large.bs * large.bptt > small.bs * small.bptt else small


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
    layout = BatchLayout(len(text.ids), *size)
    return Reading(text, layout, corpus_address(split), choice=NOTEBOOK)


def batch_settings(run: Standing | None) -> Reading | None:
    """Draw corpus, text, bs and bptt; return the text and its layout.

    Beside a size that cannot be used a sentence says so, and the last usable size stays in force,
    so the picture stays. None, with a sentence, if there is no text, or a window is longer than it.
    """
    _take_size()
    good = {**SMALL._asdict(), **state.get(_GOOD_LAYOUT, {})}
    with controls_row("batches_controls"):
        choice = corpus_box("batches_corpus", run)
        said_below("Text", address_problem("batches_split", TEXTS))
        split = st.segmented_control(
            "Text",
            TEXTS,
            default=FIRST_TEXT,
            required=True,
            key="batches_split",
            on_change=_fit_own_text,
            bind="query-params",
        )
        with st.container(horizontal=True, gap="small", width=276):  # one line on a phone too
            for field, label in (("bs", "bs, rows"), ("bptt", "bptt, steps")):
                with st.container(width=130):
                    good[field] = _side(field, label, good[field])
        shuffled = switch("Cut at random instead", "batches_random")
    state.put(_GOOD_LAYOUT, good)
    kind = ShuffledLayout if shuffled else BatchLayout
    read = _own() if split == OWN else _split(split or FIRST_TEXT, choice)
    return None if read is None else _laid(read, kind(len(read.text.ids), **good))


def _split(split: str, choice: TextChoice) -> _Read:
    return _Read(split_text(split, choice), corpus_address(split, choice), choice=choice)


def _own() -> _Read | None:
    own = own_text_box(_fit_own_text)
    return None if own is None else _Read(*own)


def _laid(read: _Read, layout: BatchLayout) -> Reading | None:
    wrong = window_problem(layout)
    problem(wrong)
    state.put(_LENGTH, len(read.text.ids))
    if wrong:
        return None
    return Reading(read.text, layout, read.address, read.written, read.choice)


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


def _take_size() -> None:
    """Write the size of the view that the picture asked for into the fields."""
    if asked := state.reported(KEY, SIZE):
        size = large_size if asked["value"] == "large" else small_size
        _put(size(state.get(_LENGTH, 0)))


def _fit_own_text() -> None:
    """Give the reader's own text a size that fits it, unless the one in force does."""
    if state.get("batches_split") != OWN:
        return
    try:
        n_tokens = len(own_text(typed_text(), chosen_level()).ids)
    except ValueError:  # its box says what is wrong
        return
    bs, bptt = (state.get(f"batches_{name}", side) for name, side in SMALL._asdict().items())
    if bs * bptt > n_tokens:
        _put(small_size(n_tokens))


def _put(size: Size) -> None:
    for field, side in size._asdict().items():
        state.put(f"batches_{field}", side)


def _side(field: str, label: str, good: int) -> int:
    """Draw the field for rows or steps; return its number, or `good` where it is unusable."""
    lost = address_problem(f"batches_{field}", "whole number")
    value = st.number_input(
        label,
        value=SMALL._asdict()[field],
        step=1,
        key=f"batches_{field}",
        help=_HELP[field],
        bind="query-params",
    )
    message = side_problem(field, value)
    if message:
        mark_field(f"batches_{field}")
    problem(message or lost)
    return good if message else value


def side_problem(field: str, value: int) -> str | None:
    """Say what is wrong with a number of rows or steps, None if nothing is."""
    if 1 <= value <= MAX_SIDE:
        return None
    return f"{field} must be a whole number from 1 to {MAX_SIDE}; got {value}"
