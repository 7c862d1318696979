"""The questions of the Hidden states page: units x tokens over a phrase or a stretch of a split."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data.stream import SPLITS
from hnviz.learn.state import seen
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.observe.checkpoints import nearest
from hnviz.observe.gates import gates
from hnviz.observe.params import Params, numbered, one_of, only, whole
from hnviz.observe.passes import read_states, states_from
from hnviz.observe.reply import Reply
from hnviz.observe.states import states
from hnviz.observe.subject import Subject

MOST_TOKENS = 2000  # of one picture
KEPT_STRETCHES = 16  # of 1.2 MB each at most, for two layers of 64 units
MOST_SWAPPED = 256  # units that are sorted by similarity; the time grows with the cube


class Stretch(NamedTuple):
    """Tokens of a text, and the state around each."""

    ids: NDArray[np.int64]  # (n,)
    states: NDArray[np.floating]  # (n_layers, n, nh): after each
    before: NDArray[np.floating]  # (n_layers, nh): before the first


def ask_units(subject: Subject, params: Params) -> Reply:
    """Return a `layer`'s units, or a gate, at each of `ids` or of a stretch of a `split`.

    A stretch is `n` tokens from `first`; its states are those of the pass over the whole split.
    `show` is "state", another tensor of the state such as an LSTM's "c", or one of the model's
    gates: "reset", "update", "candidate".
    arrays: "values", float32 (nh, n), and "ids". meta: "layer", "show"; "window", the tokens after
    which the state is reset to zeros, or None.
    """
    values, stretch, layer = _shown(subject, params)
    meta = {"layer": layer, "show": params.get("show", "state"), "window": subject.window}
    return Reply({"values": values, "ids": stretch.ids}, meta)


def ask_unit_order(subject: Subject, params: Params) -> Reply:
    """Order the units so that similar ones are adjacent; takes the parameters of "units".

    arrays: "order", int64 (nh,), the units from top to bottom.
    """
    values, _, _ = _shown(subject, params)
    return Reply({"order": clustered(values)}, {})


def clustered(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Order rows by average linkage of their correlation over the columns.

    A constant row correlates with none. Units that mirror each other end up far apart.
    """
    # Imported here: it takes a third of a second, and pages without this order do not need it.
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(values) < 2:
        return np.arange(len(values))
    rows = values.astype(np.float64) - values.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(length > 1e-9, length, np.inf)
    # For rows of length 1, the distance is the root of 2 - 2 * correlation.
    tree = linkage(rows, "average", optimal_ordering=len(rows) <= MOST_SWAPPED)
    return np.asarray(leaves_list(tree), dtype=np.int64)


@lru_cache(maxsize=KEPT_STRETCHES)  # requests for gates and order follow that for the state
def stretch_of(subject: Subject, split: str, first: int, n: int) -> Stretch:
    """Return a stretch of the pass over a split, without reading more than it needs."""
    ids = subject.stream.ids(split)
    if subject.model.stateful:
        begin, start = nearest(subject, split, first)
        states = states_from(subject, ids[begin : first + n], start)
        zero = seen(start)[:, 0].numpy()
    else:  # its windows start from zeros, so it needs nothing before them
        begin = first - first % subject.config.bptt
        states = read_states(subject, ids[begin : first + n])
        zero = np.zeros_like(states[:, 0])
    at = first - begin
    before = states[:, at - 1] if at else zero
    return Stretch(ids[first : first + n], states[:, at:], before)


def _shown(subject: Subject, params: Params) -> tuple[NDArray[np.float32], Stretch, int]:
    only(params, "ids", "split", "first", "n", "layer", "show")
    last = entry(subject.config.model).n_layers - 1
    layer = whole(params, "layer", last, 0, last)
    show = _show(subject, params)
    stretch = asked_stretch(subject, params)
    after = stretch.states[layer]
    if show == "state":
        return after.T.astype(np.float32), stretch, layer
    tensors = entry(subject.config.model).state
    if show in tensors:
        after = _tensor(subject, params, tensors.index(show))[layer]
        return after.T.astype(np.float32), stretch, layer
    before = torch.from_numpy(np.concatenate([stretch.before[layer][None], after[:-1]]))
    with torch.inference_mode():
        embedded = subject.part("i_h")(torch.tensor(stretch.ids))
    given = embedded if layer == 0 else torch.from_numpy(stretch.states[layer - 1].copy())
    values: NDArray[Any] = gates(subject, layer, given, before)[show].numpy()
    return values.T.astype(np.float32), stretch, layer


def _tensor(subject: Subject, params: Params, which: int) -> NDArray[np.floating]:
    """Return a tensor of the state after each token, (n_layers, n, nh), read token by token."""
    if "ids" in params:
        return states(subject, numbered(subject, params), which=which)
    return _tensor_of(subject, params["split"], (params["first"], params["n"]), which)


@lru_cache(maxsize=KEPT_STRETCHES)
def _tensor_of(
    subject: Subject, split: str, stretch: tuple[int, int], which: int
) -> NDArray[np.floating]:
    first, n = stretch
    begin, start = first - first % subject.config.bptt, None
    if subject.model.stateful:
        begin, start = nearest(subject, split, first)
    ids = subject.stream.ids(split)[begin : first + n]
    return states(subject, ids, start, which)[:, first - begin :]


def _show(subject: Subject, params: Params) -> str:
    """Return the parameter `show`; a gate that the model lacks gets a specific sentence."""
    net = entry(subject.config.model)
    shows = ("state", *net.state[1:], *net.gates)
    known = {gate for net in CATALOGUE.values() for gate in net.gates}
    if len(shows) == 1 and params.get("show") in known:
        raise ValueError(f"{subject.config.model} has no gates: show its state")
    return one_of(params, "show", shows, "state")


def asked_stretch(subject: Subject, params: Params) -> Stretch:
    """Read `ids`, or `n` tokens of `split` from `first` on, whichever the parameters name."""
    if ("ids" in params) == ("split" in params):
        raise ValueError("a question about a text needs either ids, or a split with first and n")
    if "ids" in params:
        ids = numbered(subject, params)
        if not 1 <= len(ids) <= MOST_TOKENS:
            raise ValueError(f"ids must hold 1 to {MOST_TOKENS:,} tokens; got {len(ids):,}")
        states = read_states(subject, ids)
        return Stretch(ids, states, np.zeros_like(states[:, 0]))
    split = one_of(params, "split", SPLITS, "valid")
    size = len(subject.stream.ids(split))
    first = whole(params, "first", None, 0, size - 1)
    n = whole(params, "n", None, 1, MOST_TOKENS)
    if first + n > size:
        raise ValueError(
            f"{split} ends at token {size - 1:,}: {size - first:,} are left from {first:,}; "
            f"got n {n:,}"
        )
    return stretch_of(subject, split, first, n)


UNIT_QUESTIONS: dict[str, Callable[[Subject, Params], Reply]] = {
    "unit_order": ask_unit_order,
    "units": ask_units,
}
