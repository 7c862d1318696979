"""What the Hidden states page reads: a phrase, a range of numbers, or a stretch of a split."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from hnviz.app.kit.choice import choice
from hnviz.app.kit.phrase import LONGEST, read_phrase
from hnviz.app.kit.text import escape, problem
from hnviz.app.shell.address import address_problem
from hnviz.data import human_numbers_stream

DEFAULT_PHRASE = "4318 to 4324"
PHRASE = "phrase"
TEXTS = (PHRASE, "valid", "train")
FIRST, N = 0, 100  # tokens


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tokens as they are written above a picture, and how the observer is asked for them."""

    tokens: tuple[str, ...]
    asked: Mapping[str, Any]  # ids, or split, first and n
    split: str = ""  # empty for a phrase
    first: int = 0  # place of the first token in its split

    @property
    def called(self) -> str:
        """Call a phrase by its first words, a stretch by its place."""
        if self.split:
            return self.named
        words = " ".join(token[:20] for token in self.tokens[:4])
        return f"“{words}{' …' if len(self.tokens) > 4 else ''}”"

    @property
    def named(self) -> str:
        """Say which tokens they are."""
        if not self.split:
            return f"{len(self.tokens):,} tokens"
        last = self.first + len(self.tokens) - 1
        return f"tokens {self.first:,} to {last:,} of {self.split}"


def text_box() -> Stretch | None:
    """Draw the choice of what is read; None, with a sentence beside it, where nothing can be.

    In a row of controls, which the caller opens.
    """
    with st.container(width="content"):
        chosen = choice(
            "Text",
            TEXTS,
            "states_text",
            PHRASE,
            help="A phrase is read from zeros. A stretch of valid or train is cut out of one "
            "pass over the whole split.",
        )
    if chosen != PHRASE:
        return _stretch_boxes(chosen)
    with st.container(width="stretch", key="states_words"):
        return _phrase_box()


def default_stretch() -> Stretch:
    """Return what is read before anything else could be."""
    return _read(DEFAULT_PHRASE)[0]


def _read(text: str) -> tuple[Stretch, str]:
    vocab = human_numbers_stream().vocab
    phrase = read_phrase(text, vocab)
    asked = {"ids": vocab.numericalize(phrase.tokens).tolist()}
    return Stretch(phrase.tokens, asked), phrase.remark


def _phrase_box() -> Stretch | None:
    text = st.text_input(
        "Phrase, or a range of numbers",
        DEFAULT_PHRASE,
        max_chars=2000,
        key="states_phrase",
        bind="query-params",
    )
    try:
        stretch, remark = _read(text or "")
    except ValueError as error:
        problem(str(error))
        return None
    if remark:
        st.markdown(f":gray[:small[{escape(remark)}]]")
    return stretch


def _stretch_boxes(split: str) -> Stretch | None:
    stream = human_numbers_stream()
    size = len(stream.ids(split))
    with st.container(width=340):  # both fields on one line of a phone, and the sentence below
        with st.container(horizontal=True, gap="medium"):
            with st.container(width=150):
                first = _number("First token", "states_first", FIRST)
            with st.container(width=150):
                n = _number("Tokens", "states_n", N)
        wrong = stretch_problem(split, size, first, n)
        problem(wrong)
    if wrong:
        return None
    ids = stream.ids(split)[first : first + n].tolist()
    tokens = tuple(stream.vocab.itos[index] for index in ids)
    return Stretch(tokens, {"split": split, "first": first, "n": n}, split, first)


def _number(label: str, key: str, default: int) -> int:
    lost = address_problem(key, "whole number")
    value = st.number_input(label, value=default, step=1, key=key, bind="query-params")
    problem(lost)
    return int(value)


def stretch_problem(split: str, size: int, first: int, n: int) -> str | None:
    """Say why a stretch cannot be read, None if it can."""
    if not 0 <= first < size:
        return f"The first token must be from 0 to {size - 1:,}, the last of {split}; got {first:,}"
    most = min(LONGEST, size - first)
    if 1 <= n <= most:
        return None
    ends = f", as {split} ends with token {size - 1:,}" if most < LONGEST else ""
    return f"From token {first:,} on, 1 to {most:,} tokens can be shown{ends}; got {n:,}"
