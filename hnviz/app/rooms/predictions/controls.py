"""The controls of another memory: the prompt, the other text, and the change of the state."""

from typing import Any

import streamlit as st

from hnviz.app.kit.fields.picture import choice, put_in, remark, slider, switch, text, wrong
from hnviz.app.rooms.predictions.change_state.operation import (
    ALL,
    DIGIT,
    DIGITS,
    HOWS,
    SET,
    SWAP,
)
from hnviz.app.rooms.predictions.change_state.picture import CHANGE, DROPPED, PRESSED_BY
from hnviz.app.rooms.predictions.prompt import (
    LONGEST_TEXT,
    Words,
    read_prompt,
)
from hnviz.app.shell import session as state
from hnviz.config import RunConfig
from hnviz.data import TextChoice
from hnviz.data.phrase import example
from hnviz.figures.offers import without_digits
from hnviz.models.catalogue import entry

ROW = "predictions_controls"
PROMPT, OTHER_PROMPT = "predictions_prompt", "predictions_other"
OTHER = "5038 to 5040"  # whose state is put in, unless another text is given
ALL_LAYERS = "all"
LONGEST_UNITS = 400  # letters that the picture's box takes
FARTHEST = {"tanh": (-1.0, 1.0), "relu": (0.0, 20.0)}  # where a unit can be set to


def text_box(label: str, default: str, key: str, of: TextChoice) -> str:
    """Add a box for words. Words that cannot be read leave the last ones, with a sentence."""
    default = example(of, default)
    typed = text(label, key, default, longest=LONGEST_TEXT, width=195)
    good = f"{key}_good"
    try:
        words: Words = read_prompt(typed, of)
    except ValueError as error:
        last = str(state.get(good, default))
        wrong(key, str(error))
        remark(key, f"The picture still shows “{last[:40]}”.")
        return last
    if words.remark:
        remark(key, words.remark)
    state.put(good, typed)
    return typed


def take_drop() -> None:
    """Put both texts into their boxes, after the memory of one was dropped onto the other."""
    dropped = state.reported(CHANGE.place.key, DROPPED)
    if dropped:
        texts = dropped["value"]
        put_in(ROW, {PROMPT: texts["text"], OTHER_PROMPT: texts["other"]})


def change_box(config: RunConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add the change of the state; return the view's parameters and the picture's settings."""
    hows = tuple(how for how in HOWS if how != DIGIT or not without_digits(config))
    how = choice("Change the state after the prompt", hows, "predictions_change")
    layer = _layer_box(config.model, with_all=how == SWAP)
    if how == SWAP:
        other = text_box("The state after this text", OTHER, OTHER_PROMPT, config)
        return {"how": how, "layer": layer, "other": other}, dict(PRESSED_BY)
    if how == DIGIT:
        digit = choice(
            "Digit",
            DIGITS,
            "predictions_digit",
            "hundreds",
            help="The units that follow this digit more than any other, or the position, become 0.",
        )
        named = {"press": f"Take out the {digit} digit", "undo": f"Put the {digit} digit back"}
        return {"how": how, "layer": layer, "digit": digit}, dict(named)
    value = _value_box(config.model) if how == SET else 0.0
    key = f"predictions_units_{'set' if how == SET else 'zero'}"
    units = "2" if how == SET else f"0 to {config.nh // 2 - 1}"
    name = "Unit" if how == SET else "Units, a range or a list"
    settings = {"units_key": key, "units_name": name, "units": units, "one": how == SET}
    hold = switch(
        "Hold at every word",
        "predictions_hold",
        explained="Off: the change is made once, after the prompt. On: it is made again before "
        "every word that the network says.",
    )
    # The picture reads the units from its own box; these are for a lesson's questions asked ahead.
    asked = {"how": how, "layer": layer, "value": value, "hold": hold}
    return {**asked, "units": st.query_params.get(key, units)[:LONGEST_UNITS]}, settings


def _layer_box(model: str, *, with_all: bool) -> int:
    """Add the choice of a layer where there are several."""
    n_layers = entry(model).n_layers
    if n_layers == 1:
        return ALL if with_all else 0
    layers = [str(layer) for layer in range(n_layers)]
    chosen = choice(
        "Layer",
        [ALL_LAYERS, *layers] if with_all else layers,
        "predictions_layers" if with_all else "predictions_layer",
        help="Layer 0 reads the tokens. The model predicts from the last layer.",
    )
    return ALL if chosen == ALL_LAYERS else int(chosen)


def _value_box(model: str) -> float:
    low, high = FARTHEST[entry(model).nonlinearity]
    ends, step = (low, high), 0.05
    return float(slider("Value", "predictions_value", high, ends=ends, step=step, width=160))
