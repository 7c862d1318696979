"""The questions of the Hidden states page: units x tokens over a phrase or a stretch of a split."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.catalogue import entry
from hnviz.data import human_numbers_stream
from hnviz.data.stream import SPLITS
from hnviz.observe.gates import GATES, gates, gru_of
from hnviz.observe.params import Params, numbered, one_of, only, whole
from hnviz.observe.passes import read_states, split_pass
from hnviz.observe.reply import Reply
from hnviz.observe.subject import Subject

SHOWS = ("state", *GATES)
MOST_TOKENS = 2000  # of one picture
NEAR = 4000  # tokens from a split's beginning that are read anew sooner than the whole split
KEPT_BEGINNINGS = 16  # of 2 MB each at most, for two layers of 64 units
MOST_SWAPPED = 256  # units whose neighbours are brought together; the time goes with the cube


class Stretch(NamedTuple):
    """Tokens of a text, and the state around each."""

    ids: NDArray[np.int64]  # (n,)
    states: NDArray[np.floating]  # (n_layers, n, nh): after each
    before: NDArray[np.floating]  # (n_layers, nh): before the first


def ask_units(subject: Subject, params: Params) -> Reply:
    """Tell what is `show`n of a `layer`'s units at each of `ids`, or of a stretch of a `split`.

    A stretch is `n` tokens from `first` on; its states are those of the pass over the whole
    split. `show` is "state", or for a GRU "reset", "update" or "candidate".
    arrays: "values", float32 (nh, n), and "ids". meta: "layer", "show"; "window", the
    tokens after which the state starts again from zeros, or None.
    """
    values, stretch, layer = _shown(subject, params)
    meta = {"layer": layer, "show": params.get("show", "state"), "window": subject.window}
    return Reply({"values": values, "ids": stretch.ids}, meta)


def ask_unit_order(subject: Subject, params: Params) -> Reply:
    """Order the units so that those which go together stand together; takes what "units" takes.

    arrays: "order", int64 (nh,), the units from top to bottom.
    """
    values, _, _ = _shown(subject, params)
    return Reply({"order": clustered(values)}, {})


def clustered(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Order rows by average linkage of their correlation over the columns.

    A row that does not move correlates with none. Units that mirror each other lie far apart.
    """
    # Takes a third of a second to load, which a page without this order need not wait for.
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(values) < 2:
        return np.arange(len(values))
    rows = values.astype(np.float64) - values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(length > 1e-9, length, np.inf)
    # Between rows of length 1 the distance is the root of 2 - 2 * correlation.
    tree = linkage(rows, "average", optimal_ordering=len(rows) <= MOST_SWAPPED)
    return np.asarray(leaves_list(tree), dtype=np.int64)


def stretch_of(subject: Subject, split: str, first: int, n: int) -> Stretch:
    """Cut a stretch out of the pass over a split; near its beginning no more than that is read."""
    ids = human_numbers_stream().ids(split)
    begin = 0
    if not subject.model.stateful:  # its windows begin anew, so nothing before is needed
        begin = first - first % subject.config.bptt
        states = read_states(subject, ids[begin : first + n])
    elif first + n <= NEAR:
        states = _beginning(subject, split, first + n)
    else:
        states = split_pass(subject, split).states[:, : first + n]
    at = first - begin
    before = states[:, at - 1] if at else np.zeros_like(states[:, 0])
    return Stretch(ids[first : first + n], states[:, at:], before)


@lru_cache(maxsize=KEPT_BEGINNINGS)
def _beginning(subject: Subject, split: str, n: int) -> NDArray[np.floating]:
    """Read the first tokens of a split; kept, as gates and order are asked for after the state."""
    return read_states(subject, human_numbers_stream().ids(split)[:n])


def _shown(subject: Subject, params: Params) -> tuple[NDArray[np.float32], Stretch, int]:
    only(params, "ids", "split", "first", "n", "layer", "show")
    last = entry(subject.config.model).n_layers - 1
    layer = whole(params, "layer", last, 0, last)
    show = one_of(params, "show", SHOWS, "state")
    cell = None if show == "state" else gru_of(subject)
    stretch = asked_stretch(subject, params)
    after = stretch.states[layer]
    if cell is None:
        return after.T.astype(np.float32), stretch, layer
    before = torch.from_numpy(np.concatenate([stretch.before[layer][None], after[:-1]]))
    with torch.inference_mode():
        embedded = subject.model.i_h(torch.tensor(stretch.ids))  # type: ignore[operator]
    given = embedded if layer == 0 else torch.from_numpy(stretch.states[layer - 1].copy())
    values: NDArray[Any] = gates(cell, layer, given, before)[show].numpy()
    return values.T.astype(np.float32), stretch, layer


def asked_stretch(subject: Subject, params: Params) -> Stretch:
    """Read `ids`, or `n` tokens of `split` from `first` on, whichever the parameters name."""
    if ("ids" in params) == ("split" in params):
        raise ValueError(
            "a question about a text needs either ids or a split with first and n, one of them"
        )
    if "ids" in params:
        ids = numbered(subject, params)
        if not 1 <= len(ids) <= MOST_TOKENS:
            raise ValueError(f"ids are from 1 to {MOST_TOKENS:,} tokens; got {len(ids):,}")
        states = read_states(subject, ids)
        return Stretch(ids, states, np.zeros_like(states[:, 0]))
    split = one_of(params, "split", SPLITS, "valid")
    size = len(human_numbers_stream().ids(split))
    first = whole(params, "first", None, 0, size - 1)
    n = whole(params, "n", None, 1, MOST_TOKENS)
    if first + n > size:
        raise ValueError(
            f"{split} ends with token {size - 1:,}: from {first:,} on there are {size - first:,}; "
            f"asked for {n:,}"
        )
    return stretch_of(subject, split, first, n)


UNIT_QUESTIONS: dict[str, Callable[[Subject, Params], Reply]] = {
    "unit_order": ask_unit_order,
    "units": ask_units,
}
