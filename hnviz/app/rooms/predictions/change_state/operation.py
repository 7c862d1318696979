"""A change of the state, as an address names it and as the observer takes it."""

import re
from dataclasses import dataclass
from typing import Any

from hnviz.app.rooms.predictions.prompt import Words, read_prompt
from hnviz.data.places import LABELS
from hnviz.figures.surgery_text import Operation
from hnviz.models.catalogue import entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look
from hnviz.web.http import Refusal

SWAP, DIGIT, ZERO, SET = "another state", "take out a digit", "zero units", "set one unit"
HOWS = (SWAP, DIGIT, ZERO, SET)
DIGITS = LABELS[1:]
ALL = -1  # layers
MOST_VALUE = 100.0  # the farthest values that a unit can be set to

PARAMS = {
    "text": Param("text"),
    "how": Param(HOWS, SWAP),
    "layer": Param("int", ALL, low=ALL),
    "other": Param("text", ""),  # the text whose state is put in
    "digit": Param(DIGITS, "hundreds"),  # whose units are set to 0
    "units": Param("text", ""),  # "3, 17" or "0 to 31"
    "value": Param("float", 0.0, low=-MOST_VALUE, high=MOST_VALUE),
    "hold": Param("bool", False),
}

_RANGE = re.compile(r"(\d{1,6})\s*(?:-|to|\.\.|\u2013)\s*(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the state after a text: for the observer, and for a sentence."""

    given: Words
    asked: dict[str, Any]  # the question's parameters
    operation: Operation

    @property
    def layer(self) -> int | None:
        """The layer whose units are set; None where a whole state is put in."""
        return None if self.operation.other else self.operation.layer


def change_in(look: Look) -> Change:
    """Read the change that an address names. Raises Refusal or ValueError."""
    config, params = look.run.record.config, look.params
    n_layers = entry(config.model).n_layers
    if params["layer"] >= n_layers:
        raise Refusal(
            f"layer must be from 0 to {n_layers - 1} for {config.called}; got {params['layer']}"
        )
    given = read_prompt(params["text"], config)
    facts: dict[str, Any] = {"text": given.tokens, "n_layers": n_layers, "nh": config.nh}
    if params["how"] == SWAP:
        layer = None if params["layer"] == ALL else params["layer"]
        other = read_prompt(params["other"], config)
        swapped = {"other": list(other.ids), "layer": layer}
        return Change(given, swapped, Operation(**facts, layer=layer, other=other.tokens))
    layer, digit = max(0, params["layer"]), params["digit"] if params["how"] == DIGIT else ""
    units = (
        units_of(look, layer, digit)
        if digit
        else read_units(params["units"], config.nh, one=params["how"] == SET)
    )
    setting: dict[str, Any] = {
        "units": units,
        "layer": layer,
        "value": params["value"] if params["how"] == SET else 0.0,
        "hold": params["hold"],
    }
    asked = {**setting, "units": list(units)}
    return Change(given, asked, Operation(**facts, **setting, digit=digit))


def units_of(look: Look, layer: int, digit: str) -> tuple[int, ...]:
    """Return the units of a layer that follow a digit more than all else. Raises Refusal."""
    coded = look.ask("unit_codes", {"layer": layer}).meta
    start = 0
    for label, n in coded["groups"]:
        if label == digit:
            return tuple(sorted(coded["order"][start : start + n]))
        start += n
    raise Refusal(
        f"no unit of layer {layer} follows the {digit} digit most here: choose another digit or "
        "layer, or a later training step"
    )


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
