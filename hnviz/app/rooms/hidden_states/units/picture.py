"""Units over tokens, sorted by what they code; beside them, on the same rows, the coding matrix."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.hidden_states.stretch import DEFAULT_PHRASE, TEXT_PARAMS, stretch_in
from hnviz.catalogue import CATALOGUE, entry
from hnviz.data import kind_of
from hnviz.data.places import LABELS
from hnviz.figures.code_text import percent
from hnviz.figures.state_text import Seen, full_colour, is_signed, shown, units_sentence
from hnviz.web.views import Look, Param, Refusal, Shown, View

SHOWS = ("state", *dict.fromkeys(gate for net in CATALOGUE.values() for gate in net.gates))
ORDERS = ("by what they code", "clustered", "as numbered")
UNIT = "unit"  # of the picked row, in the address


def _units(look: Look) -> Shown:
    """Return the shown value of each unit after each token: "values", float32 (nh, n_tokens)."""
    stretch, show = stretch_in(look), look.params["show"]
    layer = layer_of(look)
    found = look.ask("units", {**stretch.asked, "layer": layer, "show": show})
    model, values = look.run.record.config.model, found.arrays["values"]
    seen = Seen(values, stretch.tokens, stretch.named, show)
    meta: dict[str, Any] = {
        **found.meta,
        "words": stretch.tokens,
        "kinds": [kind_of(token) for token in stretch.tokens],
        "first": stretch.first,
        "scale": full_colour(model, show, values),
        "signed": is_signed(model, show),
        "what": shown(model, show),
        "moving": seen.moving,
    }
    arrays = {"values": values, "ids": found.arrays["ids"]}
    return Shown(arrays, meta, units_sentence(model, look.step, seen))


def _rows(look: Look) -> Shown:
    """Return the units from top to bottom, and what each of them codes.

    "order", int64 (nh,); "explained" and "untrained", float32 (nh, 5), the share of each unit's
    variance that each of LABELS explains at this snapshot and before training, if the run stored
    that.
    """
    layer, order = layer_of(look), look.params["order"]
    coded = look.ask("unit_codes", {"layer": layer})
    explained = coded.arrays["explained"].astype(np.float32)
    untrained = untrained_codes(look, layer)
    rows, groups = np.arange(len(explained)), []
    if order == "by what they code":
        rows, groups = np.asarray(coded.meta["order"]), coded.meta["groups"]
    elif order == "clustered":
        stretch = stretch_in(look)
        asked = {**stretch.asked, "layer": layer, "show": look.params["show"]}
        rows = look.ask("unit_order", asked).arrays["order"]
    arrays: dict[str, NDArray[Any]] = {"order": rows.astype(np.int64), "explained": explained}
    if untrained is not None:
        arrays["untrained"] = untrained.astype(np.float32)
    meta = {
        "labels": LABELS,
        "groups": groups,
        "best": int(np.unravel_index(explained.argmax(), explained.shape)[0]),
    }
    sentence = takeaway(look.run.record.config.model, explained, untrained)
    return Shown(arrays, meta, sentence)


def untrained_codes(look: Look, layer: int) -> NDArray[np.float64] | None:
    """Return what the labels explain in the network untrained; None if the run lacks that.

    Also None for a question about the untrained network itself.
    """
    if look.step == 0 or 0 not in look.run.record.snapshots:
        return None
    twin: NDArray[np.float64] = look.ask("unit_codes", {"layer": layer}, step=0).arrays["explained"]
    return twin


def takeaway(
    model: str, explained: NDArray[np.floating], untrained: NDArray[np.floating] | None
) -> str:
    """Say what training taught single units; (nh, 5) shares of variance, by LABELS."""
    best = explained.max(axis=0)
    if untrained is None:
        at = int(best.argmax())
        return (
            f"In {model}, unit **{int(explained[:, at].argmax())}** codes {_what(at)} best: it "
            f"explains **{percent(best[at])}** of how that unit varies."
        )
    before = untrained.max(axis=0)
    at = 1 + int((best - before)[1:].argmax())  # a digit; the position is often there untrained
    return (
        f"Training makes one unit follow {_what(at)}: it explains **{percent(best[at])}** of how "
        f"the unit varies, untrained **{percent(before[at])}**."
    )


def _what(label: int) -> str:
    return "the position in the number" if label == 0 else f"the {LABELS[label]} digit"


def layer_of(look: Look) -> int:
    """Return the layer asked for, the last one unless another is named. Raises Refusal."""
    last = entry(look.run.record.config.model).n_layers - 1
    layer = look.params["layer"]
    if layer > last:
        raise Refusal(
            f"layer must be from 0 to {last} for {look.run.record.config.model}; got {layer}"
        )
    return last if layer < 0 else int(layer)


LAYER = Param("int", -1, low=-1)
"""A layer in an address; -1 is the last one."""

_SHOWN = {"layer": LAYER, "show": Param(SHOWS, "state")}

UNITS_VIEW = View("units", {**TEXT_PARAMS, **_SHOWN}, _units)
ROWS_VIEW = View(
    "unit_rows", {**TEXT_PARAMS, **_SHOWN, "order": Param(ORDERS, ORDERS[0])}, _rows, slow=True
)


def _example(**params: Any) -> Example:
    """Return what the page hands to the picture: the final rows, and the units."""
    rows, units = ask(ROWS_VIEW, at="end", **params), ask(UNITS_VIEW, **params)
    return Example("Model5", [rows, units], {"orders": ORDERS})


EXAMPLES = {
    "ready": _example(text=DEFAULT_PHRASE),
    "long": _example(split="valid", first=0, n=2000),
    "gate": _example(text=DEFAULT_PHRASE, show="update"),
}

UNITS = Picture(
    __file__,
    Place("states_picture", "1087px", "1709px"),
    views=(UNITS_VIEW, ROWS_VIEW),
    silent=True,
    examples=EXAMPLES,
)
