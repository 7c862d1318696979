"""The Batches page's settings: the text, how it is cut, and what is wrong with either."""

from math import prod
from typing import Any, NamedTuple

import streamlit as st

from hnviz.app.kit.fields.picture import choice, controls, put_in, switch, text_in, whole, wrong
from hnviz.app.kit.text import problem
from hnviz.app.run.corpus_box import corpus_choice, text_chosen
from hnviz.app.run.own_text import OWN
from hnviz.app.shell import session as state
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
from hnviz.data.stream import SPLITS
from hnviz.web.corpora import corpus_address
from hnviz.web.state import CurrentRun

MAX_SIDE = 512
"""The most rows or steps that the picture can draw."""
MOST_WINDOWS = 2**21
"""The most windows of a text cut at random, by hnviz/app/rooms/batches/grid/shuffled.js."""

FIRST_TEXT = "train"
OPENING = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of Light, it was the season of Darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to Heaven, we were all going direct the other way"
)
"""In the box for an own text at first: from "A Tale of Two Cities", few words, and many repeat."""


class Size(NamedTuple):
    """Rows and steps of a mini-batch."""

    bs: int
    bptt: int


SMALL = Size(4, 8)  # so small that every word can be read
LARGE = Size(64, 70)  # those of the notebook's show_batch

ROW = "batches_controls"
_GOOD_LAYOUT = "_batches_good"
_FITTED = "_batches_fitted"  # the corpus that the size was last compared with
_HELP = {
    "bs": "bs, the batch size: how many rows the network reads side by side.",
    "bptt": "bptt, backpropagation through time: how many tokens of a row one mini-batch holds.",
}


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


def batch_settings(run: CurrentRun | None) -> Reading | None:
    """Draw corpus, text, bs and bptt; return the text and its layout.

    Beside a size that cannot be used a sentence says so, and the last usable size stays in force,
    so the picture stays. None, with a sentence, if there is no text, or a window is longer than it.
    """
    good = {**SMALL._asdict(), **state.get(_GOOD_LAYOUT, {})}
    with controls(ROW):
        chosen = corpus_choice("Corpus", "batches")
        below = st.container()
        with below:
            choice_of_text = text_chosen(chosen, "batches", run, OPENING)
        _fit(choice_of_text if chosen == OWN else None)
        split = choice("Text", SPLITS, "batches_split", FIRST_TEXT)
        for field, label in (("bs", "bs, rows"), ("bptt", "bptt, steps")):
            good[field] = _side(field, label, good[field])
        shuffled = switch("Cut at random instead", "batches_random")
    state.put(_GOOD_LAYOUT, good)
    if choice_of_text is None:
        return None
    text = split_text(split, choice_of_text)
    kind = ShuffledLayout if shuffled else BatchLayout
    return _laid(Reading(text, kind(len(text.ids), **good), choice_of_text))


def _laid(reading: Reading) -> Reading | None:
    wrong = window_problem(reading.layout)
    problem(wrong or reading.layout.crowding(reading.text.name))
    return None if wrong else reading


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


def _fit(chosen: TextChoice | None) -> None:
    """Give another own text, or split of it, a size that fits it, unless the one in force does."""
    split = text_in(ROW, "batches_split")
    split = split if split in SPLITS else FIRST_TEXT
    fitted = f"{split} {chosen.corpus}" if chosen else ""
    if state.get(_FITTED) == fitted:
        return
    state.put(_FITTED, fitted)
    if chosen is None:
        return
    n_tokens = len(split_text(split, chosen).ids)
    if prod(_held(name, side) for name, side in SMALL._asdict().items()) > n_tokens:
        size = small_size(n_tokens)
        put_in(ROW, {f"batches_{name}": side for name, side in size._asdict().items()})


def _held(name: str, side: int) -> int:
    text = text_in(ROW, f"batches_{name}") or ""
    return int(text) if text.isdecimal() else side


def _side(field: str, label: str, good: int) -> int:
    """Draw the field for rows or steps; return its number, or `good` where it is unusable."""
    key = f"batches_{field}"
    value = whole(label, key, SMALL._asdict()[field], ends=(1, MAX_SIDE), help=_HELP[field])
    message = side_problem(field, value)
    wrong(key, message)
    return good if message else int(value)


def side_problem(field: str, value: int) -> str | None:
    """Say what is wrong with a number of rows or steps, None if nothing is."""
    if 1 <= value <= MAX_SIDE:
        return None
    return f"{field} must be a whole number from 1 to {MAX_SIDE}; got {value}"
