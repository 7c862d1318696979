"""The questions of the Hidden states page, except for the states themselves."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.data import numbers_of
from hnviz.data.numbers import LAST_NUMBER
from hnviz.data.places import split_places
from hnviz.data.stream import SPLITS
from hnviz.models.catalogue import entry
from hnviz.observe.find import Query, matches, units_on
from hnviz.observe.params import Params, one_of, only, whole
from hnviz.observe.passes import split_states
from hnviz.observe.probes import POSITIONS, probe
from hnviz.observe.reply import Reply
from hnviz.observe.state_path import state_path
from hnviz.observe.subject import Subject
from hnviz.observe.unit_codes import unit_codes
from hnviz.observe.units import asked_stretch

SHOWN = 8  # ranges of each split
LONGEST_PATH = 100  # numbers


def ask_unit_codes(subject: Subject, params: Params) -> Reply:
    """Return what share of each unit's variance over train each of `LABELS` explains.

    arrays: "explained", float64 (nh, 5); "means", float32 (47, nh), a unit's mean for each of the
    7 slots and the 10 digits of each place, nan for a value that does not occur. meta: "order",
    the units by what they code; "groups", its [label, count] pairs; "chance"; "n_tokens".
    """
    only(params, "layer")
    coded = unit_codes(subject, _layer(subject, params))
    arrays: dict[str, NDArray[Any]] = {
        "explained": coded.explained,
        "means": np.concatenate(coded.means).astype(np.float32),
    }
    meta = {
        "order": coded.order,
        "groups": coded.groups,
        "chance": coded.chance,
        "n_tokens": coded.n_tokens,
    }
    return Reply(arrays, meta)


def ask_probe(subject: Subject, params: Params) -> Reply:
    """Return how often a linear probe reads each of `LABELS` right from a `layer`'s whole state.

    `positions` is one of "due", "comma", "all". meta: for each label "right", on held-out numbers;
    "chance", of a probe fitted on shuffled labels; "n_fit" and "n_held_out".
    """
    only(params, "layer", "positions")
    positions = one_of(params, "positions", POSITIONS, POSITIONS[0])
    found = probe(subject, _layer(subject, params), positions)
    return Reply({}, {name: probed._asdict() for name, probed in found.items()})


def ask_find(subject: Subject, params: Params) -> Reply:
    """Find where the units are on that are on over `length` tokens of a text from `start`.

    The text is `ids`, or `n` tokens of `split` from `first`. "On" means above `threshold`; with
    `edges` a unit must be off just before and after. arrays: "units"; for each split "train_at",
    "train_agree" and "train_gap" of the best ranges, and "train_tally", ranges by how many units
    agree. meta: for each split "train_slots", how often each of `SLOTS` is the slot of the first
    token where all units agree.
    """
    only(params, "ids", "split", "first", "n", "layer", "start", "length", "threshold", "edges")
    layer, text = _layer(subject, params), asked_stretch(subject, params)
    query = _query(params, len(text.ids))
    values = text.states[layer].astype(np.float32)
    units = units_on(values, query)
    arrays: dict[str, NDArray[Any]] = {"units": units}
    meta: dict[str, Any] = {}
    like = values[query.start : query.start + query.length]
    for split in SPLITS if len(units) else ():
        found = matches(split_states(subject, split)[layer], units, like, query, SHOWN)
        parts = found._asdict()
        arrays |= {f"{split}_{name}": parts[name] for name in ("at", "agree", "gap", "tally")}
        slots = split_places(split, subject.config).slot[found.whole]
        meta[f"{split}_slots"] = np.bincount(slots[slots >= 0], minlength=7).tolist()
    return Reply(arrays, meta)


def ask_state_path(subject: Subject, params: Params) -> Reply:
    """Follow a `layer`'s state over the numbers `first` to `last`, all in one split.

    arrays: "points", float64 (n, 2); "ids"; "number" and "slot" of each token. meta: "explained",
    the share of all variance along each axis; "split"; "at", the first token's position in it.
    """
    only(params, "layer", "first", "last")
    first = whole(params, "first", 1, 1, LAST_NUMBER)
    last = whole(params, "last", first, first, min(first + LONGEST_PATH - 1, LAST_NUMBER))
    split = _split_with(subject, first, last)
    found = state_path(subject, _layer(subject, params), split, (first, last))
    places = split_places(split, subject.config)
    arrays: dict[str, NDArray[Any]] = {
        "points": found.points,
        "ids": subject.stream.ids(split)[found.at],
        "number": places.number[found.at],
        "slot": places.slot[found.at],
    }
    meta = {"explained": found.explained.tolist(), "split": split, "at": int(found.at[0])}
    return Reply(arrays, meta)


STATE_QUESTIONS: dict[str, Callable[[Subject, Params], Reply]] = {
    "find": ask_find,
    "probe": ask_probe,
    "state_path": ask_state_path,
    "unit_codes": ask_unit_codes,
}


def _split_with(subject: Subject, first: int, last: int) -> str:
    """Return the split that holds all numbers from first to last."""
    numbers = numbers_of(subject.config)
    found = numbers.stretch_with(first)
    if found is not None and last in found[1]:
        return found[0]
    if subject.config.split == "notebook":
        raise ValueError(
            "8000 is in neither train nor valid: a path lies in 1 to 7999 or in 8001 to 9999; "
            f"got {first} to {last}"
        )
    here = f"{first} is in neither train nor valid"
    if found is not None:
        text, stretch = found
        here = f"{text} holds {stretch[0]} to {stretch[-1]} around {first}"
    raise ValueError(f"a path lies in one text without a gap, and {here}; got {first} to {last}")


def _layer(subject: Subject, params: Params) -> int:
    last = entry(subject.config.model).n_layers - 1
    return whole(params, "layer", last, 0, last)


def _query(params: Params, n: int) -> Query:
    start = whole(params, "start", 0, 0, n - 1)
    length = whole(params, "length", 1, 1, n - start)
    threshold, edges = params.get("threshold", 0.3), params.get("edges", False)
    if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
        raise ValueError(f"threshold must be a number; got {threshold!r}")
    if not isinstance(edges, bool):
        raise ValueError(f"edges must be true or false; got {edges!r}")
    return Query(start, length, float(threshold), edges)
