"""The Batches page's settings: the text, how it is cut, and what is wrong with either."""

from math import isqrt
from typing import Any, NamedTuple

import streamlit as st

from hnviz.app.kit.text import problem
from hnviz.app.kit.wrong import mark_field
from hnviz.app.rooms.batches.own import own_text_box, typed_text
from hnviz.app.shell import session as state
from hnviz.app.shell.address import SWITCH, address_problem
from hnviz.data import BatchLayout, ShuffledLayout, Text, own_text, split_text
from hnviz.data.stream import SPLITS
from hnviz.web.listing import corpus_address

KEY = "batches_grid"  # of the picture
SIZE = "size"  # what it reports: "small" or "large"
MAX_SIDE = 512
"""The most rows or steps that the picture can draw."""

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
    return Reading(text, BatchLayout(len(text.ids), *size), corpus_address(split))


def batch_settings() -> Reading | None:
    """Draw text, bs and bptt; return the text and its layout.

    Beside a size that cannot be used a sentence says so, and the last usable size stays in force,
    so the picture stays. None, with a sentence, if there is no text, or a window is longer than it.
    """
    _take_size()
    good = {**SMALL._asdict(), **state.get(_GOOD_LAYOUT, {})}
    lost = address_problem("batches_split", TEXTS), address_problem("batches_random", SWITCH)
    with st.container(horizontal=True, gap="medium", key="batches_controls"):
        split = st.segmented_control(
            "Text",
            TEXTS,
            default=FIRST_TEXT,
            required=True,
            key="batches_split",
            on_change=_fit_own_text,
            bind="query-params",
        )
        with st.container(horizontal=True, gap="medium", width=340):  # one line on a phone too
            for field, label in (("bs", "bs, rows"), ("bptt", "bptt, steps")):
                with st.container(width=150):
                    good[field] = _side(field, label, good[field])
        shuffled = st.toggle("Cut at random instead", key="batches_random", bind="query-params")
    for message in lost:
        problem(message)
    state.put(_GOOD_LAYOUT, good)
    kind = ShuffledLayout if shuffled else BatchLayout
    return _read(split or FIRST_TEXT, Size(**good), kind)


def _read(split: str, size: Size, kind: type[BatchLayout]) -> Reading | None:
    if split != OWN:
        text, address, written = split_text(split), corpus_address(split), ""
    else:
        own = own_text_box(_fit_own_text)
        if own is None:
            return None
        text, address, written = own
    layout = kind(len(text.ids), *size)
    wrong = window_problem(layout)
    problem(wrong)
    state.put(_LENGTH, len(text.ids))
    return None if wrong else Reading(text, layout, address, written)


def window_problem(layout: BatchLayout) -> str | None:
    """Say that a window is longer than the text, None if it is not."""
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
        n_tokens = len(own_text(typed_text()).ids)
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
