"""What is done to the state: the controls of the view "Change the state"."""

import re
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from hnviz.app.kit.choice import choice
from hnviz.app.kit.text import problem
from hnviz.app.rooms.predictions import prompt
from hnviz.app.rooms.predictions.units import KEY as STRIP
from hnviz.app.rooms.predictions.units import UNIT
from hnviz.app.run.text import Standing
from hnviz.app.shell import session as state
from hnviz.app.shell.address import SWITCH, address_problem
from hnviz.catalogue import entry
from hnviz.data import human_numbers_stream

OTHER = "5038 to 5040"  # whose state is put in, unless another text is given
UNITS = "predictions_units"
ALL = "all"  # layers
SWAP, ZERO, SET = "another state", "zero units", "set one unit"
FARTHEST = {"tanh": (-1.0, 1.0), "relu": (0.0, 20.0)}  # where a unit can be set to

_RANGE = re.compile(r"(\d{1,6})\s*(?:-|to|\.\.|\u2013)\s*(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Change:
    """What the controls ask for: the observer's parameters, and the same for a sentence."""

    params: dict[str, Any]
    layer: int | None  # None for all
    other: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    value: float = 0.0
    hold: bool = False
    clickable: bool = field(default=True, kw_only=True)


def change_box(run: Standing) -> Change | None:
    """Draw what is done to the state; None, with a sentence, where it cannot be done."""
    problem(address_problem("predictions_change", (SWAP, ZERO, SET)))
    with st.container(horizontal=True, gap="small"):
        chosen = st.segmented_control(
            "Put into the state after the prompt",
            (SWAP, ZERO, SET),
            default=SWAP,
            required=True,
            key="predictions_change",
            bind="query-params",
        )
        layers = list(range(entry(run.record.config.model).n_layers))
        layer = _layer_box(layers, with_all=chosen == SWAP)
        if chosen == SWAP:
            return _swap_box(layer)
        return _units_box(run, layer or 0, one=chosen == SET)


def _layer_box(layers: list[int], *, with_all: bool) -> int | None:
    """Draw the choice of a layer where there are several; None for all of them."""
    if len(layers) == 1:
        return None
    key = "predictions_layers" if with_all else "predictions_layer"
    choices = [ALL, *map(str, layers)] if with_all else [*map(str, layers)]
    chosen = choice(
        "Layer",
        choices,
        key,
        help="Layer 0 reads the tokens, the last one is what the answer is made from.",
    )
    return int(chosen) if chosen != ALL else None


def _swap_box(layer: int | None) -> Change | None:
    with st.container(width=330):
        other = prompt.phrase_box("The state that this text left", OTHER, "predictions_other")
    if other is None:
        return None
    ids = human_numbers_stream().vocab.numericalize(other.tokens).tolist()
    return Change({"other": ids, "layer": layer}, layer, other.tokens, clickable=False)


def _units_box(run: Standing, layer: int, *, one: bool) -> Change:
    """Draw the units to set, their value, and whether they are held there."""
    with st.container(width=100 if one else 230):
        units = _which_units(run.record.config.nh, one=one)
    value = _value_box(run) if one else 0.0
    lost = address_problem("predictions_hold", SWITCH)
    hold = st.toggle(
        "Hold at every word",
        key="predictions_hold",
        bind="query-params",
        help="Off: the change is made once, to the state after the prompt. On: again before "
        "every word that is said.",
    )
    problem(lost)
    params = {"units": list(units), "layer": layer, "value": value, "hold": hold}
    return Change(params, layer, (), units, value, hold)


def _which_units(nh: int, *, one: bool) -> tuple[int, ...]:
    """Draw the box for units; none, with a sentence beside it, where it names none."""
    key = f"{UNITS}_{'set' if one else 'zero'}"
    default = "2" if one else f"0 to {nh // 2 - 1}"
    if (unit := _clicked_unit()) is not None:
        others: set[int] = set() if one else _known_units(str(state.get(key, default)), nh)
        state.put(key, ", ".join(map(str, sorted(others ^ {unit}))))
    text = st.text_input(
        "Unit" if one else "Units, a range or a list",
        default,
        max_chars=400,
        key=key,
        bind="query-params",
        help="Or click it in the picture of the state.",
    )
    try:
        return read_units(text or "", nh, one=one)
    except ValueError as error:
        problem(str(error))
        return ()


def _clicked_unit() -> int | None:
    """Return the unit that was clicked in the picture of the state, once."""
    clicked = state.reported(STRIP, UNIT)
    return None if clicked is None else int(str(clicked).partition("-")[0])


def _known_units(text: str, nh: int) -> set[int]:
    try:
        return set(read_units(text, nh))
    except ValueError:
        return set()


def read_units(text: str, nh: int, *, one: bool = False) -> tuple[int, ...]:
    """Turn "3, 17" or "0 to 31" into units, each once, in order. Raises ValueError."""
    found: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        ends = _RANGE.fullmatch(part)
        first, last = (int(ends[1]), int(ends[2])) if ends else (_unit(part, nh), _unit(part, nh))
        if not first <= last < nh:
            raise ValueError(f"Units go from 0 to {nh - 1}; got {part[:20]}.")
        found |= set(range(first, last + 1))
    if one and len(found) != 1:
        raise ValueError(f"Name one unit from 0 to {nh - 1}; got {text[:20]!r}.")
    return tuple(sorted(found))


def _unit(part: str, nh: int) -> int:
    if not (part.isascii() and part.isdigit() and len(part) < 7):
        raise ValueError(f"Units are numbers from 0 to {nh - 1}, such as 3, 17; got {part[:20]!r}.")
    return int(part)


def _value_box(run: Standing) -> float:
    low, high = FARTHEST[entry(run.record.config.model).nonlinearity]
    key = "predictions_value"
    problem(address_problem(key, "number", (low, high)))
    with st.container(width=140):
        return float(
            st.slider("Value", low, high, value=high, step=0.05, key=key, bind="query-params")
        )
