"""The Batches page's settings: the text, how it is cut, and what is wrong with either."""

from math import prod

import streamlit as st

from hnviz.app.kit.fields.picture import choice, controls, put_in, switch, text_in, whole, wrong
from hnviz.app.kit.text import problem
from hnviz.app.rooms.batches.reading import (
    MAX_SIDE,
    SMALL,
    Reading,
    side_problem,
    small_size,
    window_problem,
)
from hnviz.app.run.corpus_box import corpus_choice, text_chosen
from hnviz.app.run.own_text import OWN
from hnviz.app.shell import session as state
from hnviz.data import BatchLayout, ShuffledLayout, TextChoice, split_text
from hnviz.data.stream import SPLITS
from hnviz.web.state import CurrentRun

FIRST_TEXT = "train"
OPENING = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the "
    "season of Light, it was the season of Darkness, it was the spring of hope, it was the winter "
    "of despair, we had everything before us, we had nothing before us, we were all going direct "
    "to Heaven, we were all going direct the other way"
)
"""In the box for an own text at first: from "A Tale of Two Cities", few words, and many repeat."""

ROW = "batches_controls"
_GOOD_LAYOUT = "_batches_good"
_FITTED = "_batches_fitted"  # the corpus that the size was last compared with
_HELP = {
    "bs": "bs, the batch size: how many rows the network reads side by side.",
    "bptt": "bptt, backpropagation through time: how many tokens of a row one mini-batch holds.",
}


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
