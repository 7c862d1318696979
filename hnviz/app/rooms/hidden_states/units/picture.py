"""One unit word by word; then all over the tokens, and on the same rows what each codes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.hidden_states.stretch import TEXT_PARAMS, stretch_in
from hnviz.data import TextChoice, corpus_of, kind_in
from hnviz.data.phrase import KEPT_FIRST
from hnviz.data.places import LABELS, places
from hnviz.figures.numbers import percent
from hnviz.figures.offers import without_digits
from hnviz.figures.state_text import (
    Seen,
    full_colour,
    is_signed,
    moving_sentence,
    shown,
    units_sentence,
)
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View
from hnviz.web.http import Refusal

SHOWS = tuple(dict.fromkeys(name for net in CATALOGUE.values() for name in net.shows))
ORDERS = ("by what they code", "clustered", "as numbered")


def orders_for(text: TextChoice) -> tuple[str, ...]:
    """Return the orders of the units that a run's text allows."""
    return ORDERS[1:] if without_digits(text) else ORDERS


def _units(look: Look) -> Reply:
    """Return the shown value of each unit after each token: "values", float32 (nh, n_tokens).

    "tracks", int8 (5, n_tokens): the value of each of LABELS at each token, -1 for none.
    """
    stretch, show = stretch_in(look), look.params["show"]
    layer = layer_of(look)
    found = look.ask("units", {**stretch.asked, "layer": layer, "show": show})
    kind = kind_in(corpus_of(look.run.record.config))
    model, values = look.run.record.config.model, found.arrays["values"]
    seen = Seen(values, stretch.tokens, stretch.named, show)
    meta: dict[str, Any] = {
        **found.meta,
        "words": stretch.tokens,
        "kinds": [kind(token) for token in stretch.tokens],
        "first": stretch.first,
        "scale": full_colour(model, show, values),
        "signed": is_signed(model, show),
        "what": shown(model, show),
        "moving": seen.moving,
    }
    at = places(stretch.tokens)
    tracks = np.stack([at.label(name) for name in LABELS]).astype(np.int8)
    arrays = {"values": values, "ids": found.arrays["ids"], "tracks": tracks}
    return Reply(arrays, meta, units_sentence(model, look.step, seen))


def _rows(look: Look) -> Reply:
    """Return the units from top to bottom, and what each of them codes.

    "order", int64 (nh,); "explained" and "untrained", float32 (nh, 5), the share of each unit's
    variance that each of LABELS explains at this snapshot and before training, if the run stored
    that. meta: "best", the unit of the first headline, whose group comes first; "units", for each
    unit the headline while it is picked; "step", the snapshot that both are of.
    """
    layer, order = layer_of(look), look.params["order"]
    if without_digits(look.run.record.config):
        return _plain_rows(look, layer)
    coded = look.ask("unit_codes", {"layer": layer})
    explained = coded.arrays["explained"].astype(np.float32)
    untrained = untrained_codes(look, layer)
    unit, label = learnt(explained, untrained)
    rows = np.arange(len(explained))
    groups: list[tuple[str, int]] = []
    if order == "by what they code":
        rows, groups = _first(LABELS[label], coded.meta["order"], coded.meta["groups"])
    elif order == "clustered":
        rows = _clustered(look, layer)
    arrays: dict[str, NDArray[Any]] = {"order": rows.astype(np.int64), "explained": explained}
    if untrained is not None:
        arrays["untrained"] = untrained.astype(np.float32)
    said = unit_headlines(explained, untrained, look.step)
    sentence = takeaway(explained, untrained, look.step, trains_on=not look.run.shipped)
    said[unit] = sentence
    meta = {"labels": LABELS, "groups": groups, "best": unit, "step": look.step, "units": said}
    return Reply(arrays, meta, sentence)


def _plain_rows(look: Look, layer: int) -> Reply:
    """Do the same for a text without digits: nothing is coded, and "best" moves most."""
    stretch, show = stretch_in(look), look.params["show"]
    values = look.ask("units", {**stretch.asked, "layer": layer, "show": show}).arrays["values"]
    seen = Seen(values, stretch.tokens, stretch.named, show)
    rows = np.arange(len(values)) if look.params["order"] == ORDERS[2] else _clustered(look, layer)
    arrays: dict[str, NDArray[Any]] = {
        "order": rows.astype(np.int64),
        "explained": np.zeros((len(values), 0), np.float32),
    }
    return Reply(arrays, {"labels": (), "groups": [], "best": seen.moving}, moving_sentence(seen))


def _clustered(look: Look, layer: int) -> NDArray[np.int64]:
    asked = {**stretch_in(look).asked, "layer": layer, "show": look.params["show"]}
    order: NDArray[np.int64] = look.ask("unit_order", asked).arrays["order"]
    return order


def _first(
    name: str, order: list[int], groups: list[tuple[str, int]]
) -> tuple[NDArray[np.int64], list[tuple[str, int]]]:
    """Move the group of a label to the top of the rows."""
    parts = np.split(np.asarray(order), np.cumsum([n for _, n in groups])[:-1])
    moved = sorted(zip(groups, parts, strict=True), key=lambda each: each[0][0] != name)
    return np.concatenate([part for _, part in moved]), [group for group, _ in moved]


def untrained_codes(look: Look, layer: int) -> NDArray[np.float64] | None:
    """Return what the labels explain in the network untrained; None if the run lacks that.

    Also None for a question about the untrained network itself.
    """
    if look.step == 0 or 0 not in look.run.record.snapshots:
        return None
    twin: NDArray[np.float64] = look.ask("unit_codes", {"layer": layer}, step=0).arrays["explained"]
    return twin


def learnt(
    explained: NDArray[np.floating], untrained: NDArray[np.floating] | None
) -> tuple[int, int]:
    """Return the unit and the label of the headline, of (nh, 5) shares of variance, by LABELS.

    The digit to which training added most, and its best unit; without an untrained network, the
    unit and label that explain most. If training added to no digit, the digit and unit that explain
    most. The position is left out: it is often there untrained.
    """
    best = explained.max(axis=0)
    if untrained is None:
        label = int(best.argmax())
    else:
        gains = (best - untrained.max(axis=0))[1:]
        label = 1 + int((gains if gains.max() > 0 else best[1:]).argmax())
    return int(explained[:, label].argmax()), label


def takeaway(
    explained: NDArray[np.floating],
    untrained: NDArray[np.floating] | None,
    step: int,
    *,
    trains_on: bool = False,
) -> str:
    """Say what training taught a single unit, beside the best of all units before training.

    `trains_on`: the run is the reader's own, so it can train longer if no unit follows a digit.
    """
    unit, label = learnt(explained, untrained)
    share = float(explained[unit, label])
    if untrained is None or share > float(untrained[:, label].max()):
        return _unit_headline(explained, untrained, step, (unit, label))
    most = float(untrained[:, 1:].max())
    advice = " Train longer, or choose a pre-trained run." if trains_on else ""
    return (
        f"Step {step:,}: a digit explains at most **{percent(share)}** of how a unit "
        f"varies; untrained, **{percent(most)}**.{advice}"
    )


def unit_headlines(
    explained: NDArray[np.floating], untrained: NDArray[np.floating] | None, step: int
) -> list[str]:
    """Say for each unit what explains most of it, and what that explains untrained at best."""
    labels = explained.argmax(axis=1).tolist()
    return [
        _unit_headline(explained, untrained, step, (unit, label))
        for unit, label in enumerate(labels)
    ]


def _unit_headline(
    explained: NDArray[np.floating],
    untrained: NDArray[np.floating] | None,
    step: int,
    at: tuple[int, int],
) -> str:
    unit, label = at
    what = f"the {LABELS[label]} digit" if label else "a word's position"
    share, most = float(explained[at]), float(explained[:, label].max())
    said = f"Step {step:,}: {what} explains **{percent(share)}** of"
    twin = "" if untrained is None else percent(float(untrained[:, label].max()))
    if share < most:  # the best unit untrained is compared with the best one now
        before = f", untrained **{twin}**" if twin else ""
        return f"{said} unit **{unit}**; of the best unit **{percent(most)}**{before}."
    said += f" how unit **{unit}** varies"
    return f"{said}; untrained, **{twin}** at best." if twin else f"{said}."


def layer_of(look: Look) -> int:
    """Return the layer asked for, the last one unless another is named. Raises Refusal."""
    last = entry(look.run.record.config.model).n_layers - 1
    layer = look.params["layer"]
    if layer > last:
        raise Refusal(
            f"layer must be from 0 to {last} for {look.run.record.config.called}; got {layer}"
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
    "ready": _example(text=KEPT_FIRST),
    "long": _example(split="valid", first=0, n=2000),
    "gate": _example(text=KEPT_FIRST, show="update"),
}

UNITS = Picture(
    __file__,
    Place("states_picture", "1130px", "2200px"),
    views=(UNITS_VIEW, ROWS_VIEW),
    silent=True,
    examples=EXAMPLES,
)
