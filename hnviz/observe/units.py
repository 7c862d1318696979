"""Units, or a model's gates, at each token of a phrase or of a stretch of a split."""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.data.stream import SPLITS
from hnviz.learn.state import seen
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.observe.checkpoints import nearest
from hnviz.observe.passes import read_states, states, states_from
from hnviz.observe.question import LAST_ID, LAST_LAYER, Asked, Ids, Layer, Range, Split, question
from hnviz.observe.subject import Subject
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

MOST_TOKENS = 2000  # per picture
KEPT_STRETCHES = 16  # of 1.2 MB each at most, for two layers of 64 units
MOST_SWAPPED = 256  # units to sort by similarity; the time grows with the cube

LAST_TOKEN: Any = Of(
    "the split's last token",
    lambda asked: len(asked.subject.stream.ids(asked.values["split"] or SPLITS[0])) - 1,
)


class Text(NamedTuple):
    """A text to read: `ids`, or `n` tokens of `split` from `first` on."""

    ids: Annotated[Ids, Range(0, LAST_ID, 1, MOST_TOKENS)] | None = None
    split: Split | None = None
    first: Annotated[int, Range(0, LAST_TOKEN)] | None = None
    n: Annotated[int, Range(1, MOST_TOKENS)] | None = None


def _shows(asked: Asked) -> tuple[str, ...]:
    """Return what the model can show; without gates, a request for one raises its own error."""
    shows = asked.net.shows
    known = {gate for net in CATALOGUE.values() for gate in net.gates}
    if len(shows) == 1 and asked.given.get("show") in known:
        raise ValueError(f"{asked.net.name} has no gates: show its state")
    return shows


SHOWS: Any = Of("state, another tensor of the state, or one of the model's gates", _shows)
Show = Annotated[str, SHOWS]


class Stretch(NamedTuple):
    """Tokens of a text, and the state before and after each."""

    ids: NDArray[np.int64]  # (n,)
    states: NDArray[np.floating]  # (n_layers, n, nh): after each
    before: NDArray[np.floating]  # (n_layers, nh): before the first
    place: tuple[str, int, int] | None = None  # split, first token, tokens; None for a phrase


@question()
def ask_units(
    subject: Subject, text: Text, layer: Layer = LAST_LAYER, show: Show = "state"
) -> Reply:
    """Return a `layer`'s units, or a gate, at each of `ids` or of a stretch of a `split`.

    A stretch is `n` tokens from `first`; its states come from the pass over the whole split.
    `show` is "state", another tensor of the state such as an LSTM's "c", or one of the model's
    gates: "reset", "update", "candidate".
    arrays: "values", float32 (nh, n), and "ids". meta: "layer", "show"; "window", the tokens after
    which the state is reset to zeros, or None.
    """
    stretch = read_stretch(subject, text)
    values = _shown(subject, stretch, layer, show)
    meta = {"layer": layer, "show": show, "window": subject.window}
    return Reply({"values": values, "ids": stretch.ids}, meta)


@question()
def ask_unit_order(
    subject: Subject, text: Text, layer: Layer = LAST_LAYER, show: Show = "state"
) -> Reply:
    """Order the units so that similar ones are adjacent; takes the parameters of "units".

    arrays: "order", int64 (nh,), the units from top to bottom.
    """
    values = _shown(subject, read_stretch(subject, text), layer, show)
    return Reply({"order": clustered(values)})


def clustered(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Order rows by average linkage of their correlation over the columns.

    A constant row correlates with none. Units that mirror each other end up far apart.
    """
    # Imported here: it takes a third of a second, and most pages do not need this order.
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
    else:  # windows start from zeros, so nothing before them is needed
        begin = first - first % subject.config.bptt
        states = read_states(subject, ids[begin : first + n])
        zero = np.zeros_like(states[:, 0])
    at = first - begin
    before = states[:, at - 1] if at else zero
    return Stretch(ids[first : first + n], states[:, at:], before, (split, first, n))


def _shown(subject: Subject, stretch: Stretch, layer: int, show: str) -> NDArray[np.float32]:
    """Return what is shown at each token, (nh, n)."""
    after, tensors = stretch.states[layer], entry(subject.config.model).state
    if show in tensors[1:]:
        after = _tensor(subject, stretch, tensors.index(show))[layer]
    elif show != "state":
        before = torch.from_numpy(np.concatenate([stretch.before[layer][None], after[:-1]]))
        with torch.inference_mode():
            embedded = subject.part("i_h")(torch.tensor(stretch.ids))
        given = embedded if layer == 0 else torch.from_numpy(stretch.states[layer - 1].copy())
        after = gates(subject, layer, given, before)[show].numpy()
    return after.T.astype(np.float32)


def _tensor(subject: Subject, stretch: Stretch, which: int) -> NDArray[np.floating]:
    """Return a tensor of the state after each token, (n_layers, n, nh), read token by token."""
    if stretch.place is None:
        return states(subject, stretch.ids, which=which)
    return _tensor_of(subject, stretch.place, which)


@lru_cache(maxsize=KEPT_STRETCHES)
def _tensor_of(subject: Subject, place: tuple[str, int, int], which: int) -> NDArray[np.floating]:
    split, first, n = place
    begin, start = first - first % subject.config.bptt, None
    if subject.model.stateful:
        begin, start = nearest(subject, split, first)
    ids = subject.stream.ids(split)[begin : first + n]
    return states(subject, ids, start, which)[:, first - begin :]


def read_stretch(subject: Subject, text: Text) -> Stretch:
    """Read the tokens of a text and their states. Raises ValueError unless there is one text."""
    ids, split, first, n = text
    if ids is not None and split is None:
        states = read_states(subject, ids)
        return Stretch(ids, states, np.zeros_like(states[:, 0]))
    if ids is not None or split is None or first is None or n is None:
        raise ValueError("a question about a text needs either ids, or a split with first and n")
    size = len(subject.stream.ids(split))
    if first + n > size:
        raise ValueError(
            f"{split} ends at token {size - 1:,}: {size - first:,} are left from {first:,}; "
            f"got n {n:,}"
        )
    return stretch_of(subject, split, first, n)


def gates(subject: Subject, layer: int, given: Tensor, before: Tensor) -> dict[str, Tensor]:
    """Return the values of each gate of a layer, (n, nh) each, by its name in the catalogue.

    `given` is the layer's input at each token, `before` its state before each; both (n, nh). A
    model may compute its own gates: `model.gates(layer, given, before)` returns them in order.
    Raises ValueError for a model that has none.
    """
    net = entry(subject.config.model)
    part = net.recurrent
    if part is None or not net.gates:
        raise ValueError(f"{net.name} has no gates: show its state")
    own = getattr(subject.model, "gates", None)
    if own is None and part.kind not in _GATES:
        raise ValueError(
            f"{net.name} names its gates but does not compute them: give its class a method "
            "gates(layer, given, before)"
        )
    with torch.inference_mode():
        if own is None:
            values = _GATES[part.kind](subject.model.get_submodule(part.name), layer, given, before)
        else:
            values = own(layer, given, before)
    return dict(zip(net.gates, values, strict=True))


def _gru(cell: nn.Module, layer: int, given: Tensor, before: Tensor) -> tuple[Tensor, ...]:
    """Evaluate the equations; the next state is (1 - update) * candidate + update * before."""
    input_r, input_z, input_n = _sums(cell, "ih", layer, given)
    hidden_r, hidden_z, hidden_n = _sums(cell, "hh", layer, before)
    reset = torch.sigmoid(input_r + hidden_r)
    update = torch.sigmoid(input_z + hidden_z)
    return reset, update, torch.tanh(input_n + reset * hidden_n)


def _lstm(cell: nn.Module, layer: int, given: Tensor, before: Tensor) -> tuple[Tensor, ...]:
    """Evaluate the equations; the next cell is forget * cell + input * candidate."""
    pairs = zip(_sums(cell, "ih", layer, given), _sums(cell, "hh", layer, before), strict=True)
    put_in, forget, candidate, put_out = (one + other for one, other in pairs)
    return put_in.sigmoid(), forget.sigmoid(), candidate.tanh(), put_out.sigmoid()


def _sums(cell: nn.Module, side: str, layer: int, vectors: Tensor) -> tuple[Tensor, ...]:
    weight = getattr(cell, f"weight_{side}_l{layer}")  # (gates * nh, nh); of the input also another
    bias = getattr(cell, f"bias_{side}_l{layer}", None)
    nh = getattr(cell, f"weight_hh_l{layer}").shape[-1]
    return F.linear(vectors, weight, bias).split(nh, dim=-1)


_GATES: dict[str, Callable[..., tuple[Tensor, ...]]] = {"GRU": _gru, "LSTM": _lstm}
"""The gates of torch's parts."""
