"""The Hidden states page's controls: the text, the layer, and the state or a gate."""

from dataclasses import dataclass

import streamlit as st

from hnviz.app.kit.choice import choice
from hnviz.app.kit.row import controls_row
from hnviz.app.kit.text import escape, problem
from hnviz.app.rooms.hidden_states.stretch import (
    DEFAULT_PHRASE,
    FIRST,
    N,
    Stretch,
    cut_stretch,
    read_text,
)
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.config import RunConfig
from hnviz.data import TextChoice
from hnviz.figures.offers import example, without_numbers
from hnviz.models.catalogue import entry

PHRASE = "phrase"
TEXTS = (PHRASE, "valid", "train")
_GOOD = "states_good"  # the last text that could be read


@dataclass(frozen=True, slots=True)
class Asked:
    """What the controls ask for."""

    text: Stretch
    layer: int
    show: str  # "state", another tensor of the state, or a gate


def controls(config: RunConfig) -> Asked:
    """Draw the controls in one row; a text that cannot be read leaves the last one in force."""
    with controls_row("states_controls", "medium", vertical_alignment="top"):
        text = _text_box(config)
        layer = _layer_box(config.model)
        show = _show_box(config.model)
    good = f"{_GOOD}_{config.corpus}_{config.split}"  # its ids belong to one vocabulary
    if text is None:  # the reason appears beside the control
        text = state.get(good) or read_text(example(config, DEFAULT_PHRASE), config)
        st.markdown(f":gray[:small[The picture still shows {escape(text.called)}.]]")
    state.put(good, text)
    return Asked(text, layer, show)


def _text_box(text: TextChoice) -> Stretch | None:
    with st.container(width="content"):
        chosen = choice(
            "Text",
            TEXTS,
            "states_text",
            PHRASE,
            help="The network reads a phrase from a state of zeros. A stretch of valid or train "
            "is part of one pass over the whole split.",
        )
    if chosen != PHRASE:
        return _stretch_boxes(chosen, text)
    with st.container(width="stretch", key="states_words"):
        return _phrase_box(text)


def _phrase_box(text: TextChoice) -> Stretch | None:
    words = st.text_input(
        "Phrase" if without_numbers(text) else "Phrase, or a range of numbers",
        example(text, DEFAULT_PHRASE),
        max_chars=2000,
        key="states_phrase",
        bind="query-params",
    )
    try:
        stretch = read_text(words or "", text)
    except ValueError as error:
        problem(str(error))
        return None
    if stretch.remark:
        st.markdown(f":gray[:small[{escape(stretch.remark)}]]")
    return stretch


def _stretch_boxes(split: str, text: TextChoice) -> Stretch | None:
    with st.container(width=340):  # both fields on one line of a phone, and the sentence below
        with st.container(horizontal=True, gap="medium"):
            with st.container(width=150):
                first = _number("First token", "states_first", FIRST)
            with st.container(width=150):
                n = _number("Tokens", "states_n", N)
        try:
            return cut_stretch(text, split, first, n)
        except ValueError as error:
            problem(str(error))
            return None


def _number(label: str, key: str, default: int) -> int:
    lost = address_problem(key, "whole number")
    value = st.number_input(label, value=default, step=1, key=key, bind="query-params")
    problem(lost)
    return int(value)


def _layer_box(model: str) -> int:
    """Draw the choice of a layer; a model with one layer has none."""
    layers = tuple(range(entry(model).n_layers))
    if len(layers) == 1:
        return 0
    with st.container(width="content"):
        return choice(
            "Layer",
            layers,
            "states_layer",
            layers[0],
            help="Layer 0 reads the tokens. The model predicts from the last layer.",
        )


def _show_box(model: str) -> str:
    """Draw the choice of what is shown; none for a model with one state tensor and no gates."""
    net = entry(model)
    if len(net.shows) == 1:
        return "state"
    others = (name for name in net.shows[1:] if name not in net.gates)
    named = ["State", *others, *(["gate"] if net.gates else [])]
    with st.container(width="content"):
        return choice(
            f"{', '.join(named[:-1])} or {named[-1]}",
            net.shows,
            "states_show",
            help=(net.cell.in_words if net.cell else "") or None,
        )
