"""One unit of nn.RNN, nn.GRU or nn.LSTM, step by step, from the weights alone."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.learn.state import State, rows_of, seen, tensors
from hnviz.models.catalogue import ModelEntry, entry
from hnviz.observe.question import LAST_UNIT, Layer, Range, question
from hnviz.observe.reading import MOST_ROWS, Place, read
from hnviz.observe.subject import Subject
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

KINDS = ("RNN", "GRU", "LSTM")  # the torch modules whose equations are here
RELU = "RNN relu"  # nn.RNN with nonlinearity="relu" has another equation


LAST_ROW: Any = Of("the last row", lambda asked: min(asked.subject.config.bs, MOST_ROWS) - 1)


@question()
def ask_cell(
    subject: Subject,
    at: Place,
    row: Annotated[int, Range(0, LAST_ROW)] = 0,
    layer: Layer = 0,
    unit: Annotated[int, Range(0, LAST_UNIT)] = 0,
) -> Reply:
    """Show how one `unit` of one `layer` gets its state at each token of a mini-batch's `row`.

    arrays, float64 (steps,): for each gate "input_r", W_ir x + b_ir, and "hidden_r",
    W_hr h + b_hr; "r", "z" and "n" for a GRU; "i", "f", "g", "o", "cell_before" and "cell_after"
    for an LSTM; "before", the unit's state, and "after", computed from these sums; "torch", the
    state that torch computes. "ids", the tokens. meta: "kind", one of KINDS or
    RELU; "gates".
    """
    config = subject.config
    net = entry(config.model)
    part = net.recurrent
    if part is None or part.kind not in KINDS:
        raise ValueError(
            f"{config.called} has no nn.RNN, nn.GRU or nn.LSTM: its source shows each step"
        )
    reading = read(subject, at)
    cell = subject.model.get_submodule(part.name)
    with torch.no_grad():
        embedded = subject.part("i_h")(reading.x[row])  # (steps, nh)
        steps = [
            _by_hand(cell, net, (layer, unit), given)
            for given in _states(cell, embedded, rows_of(reading.state, slice(row, row + 1)), layer)
        ]
    arrays: dict[str, NDArray[Any]] = {
        name: np.array([step[name] for step in steps]) for name in steps[0]
    }
    arrays["ids"] = reading.x[row].numpy()
    return Reply(arrays, {"kind": _kind(cell), "gates": list(_letters(net))})


class _Given(NamedTuple):
    """A layer's input at one step, and the tensors of its state, (nh,) each."""

    x: Tensor
    before: tuple[Tensor, ...]
    after: tuple[Tensor, ...]


def _states(cell: nn.Module, embedded: Tensor, state: State, layer: int) -> Iterator[_Given]:
    """Read (steps, nh) from a state of one row; yield a layer's input at each step."""
    for x in embedded:
        _, after = cell(x[None, None], state)
        below = x if layer == 0 else seen(after)[layer - 1, 0]
        yield _Given(x=below, before=_at(state, layer), after=_at(after, layer))
        state = after


def _at(state: State, layer: int) -> tuple[Tensor, ...]:
    return tuple(tensor[layer, 0] for tensor in tensors(state))


def _by_hand(
    cell: nn.Module, net: ModelEntry, place: tuple[int, int], given: _Given
) -> dict[str, float]:
    """Evaluate the equations with one unit's weights."""
    layer, unit = place
    x, before = given.x.double().numpy(), given.before[0].double().numpy()
    sums = dict[str, float]()
    for index, gate in enumerate(_letters(net)):
        stacked = index * len(before) + unit  # the weights' rows are stacked gate by gate
        for side, vector in (("ih", x), ("hh", before)):
            weight = getattr(cell, f"weight_{side}_l{layer}")[stacked].double().numpy()
            biases = getattr(cell, f"bias_{side}_l{layer}", None)
            bias = 0.0 if biases is None else float(biases[stacked])
            sums[f"{'input' if side == 'ih' else 'hidden'}_{gate}"] = float(weight @ vector) + bias
    old = [float(tensor[unit]) for tensor in given.before]
    values = _EQUATIONS[_kind(cell)](sums, old)
    return {**sums, **values, "before": old[0], "torch": float(given.after[0][unit])}


def _letters(net: ModelEntry) -> tuple[str, ...]:
    """Name the sums as the equations do, in the order in which torch stacks the weights."""
    letters = tuple(gate.letter for gate in net.cell.gates) if net.cell else ()
    return letters or ("h",)


def _kind(cell: nn.Module) -> str:
    return RELU if getattr(cell, "nonlinearity", "") == "relu" else type(cell).__name__


def _rnn(sums: dict[str, float], old: list[float]) -> dict[str, float]:
    return {"after": float(np.tanh(sums["input_h"] + sums["hidden_h"]))}


def _irnn(sums: dict[str, float], old: list[float]) -> dict[str, float]:
    return {"after": max(0.0, sums["input_h"] + sums["hidden_h"])}


def _gru(sums: dict[str, float], old: list[float]) -> dict[str, float]:
    r = _sigmoid(sums["input_r"] + sums["hidden_r"])
    z = _sigmoid(sums["input_z"] + sums["hidden_z"])
    n = float(np.tanh(sums["input_n"] + r * sums["hidden_n"]))
    return {"r": r, "z": z, "n": n, "after": (1 - z) * n + z * old[0]}


def _lstm(sums: dict[str, float], old: list[float]) -> dict[str, float]:
    i, f, o = (_sigmoid(sums[f"input_{gate}"] + sums[f"hidden_{gate}"]) for gate in "ifo")
    g = float(np.tanh(sums["input_g"] + sums["hidden_g"]))
    cell = f * old[1] + i * g
    made = {"i": i, "f": f, "g": g, "o": o, "cell_before": old[1], "cell_after": cell}
    return {**made, "after": o * float(np.tanh(cell))}


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


_EQUATIONS: dict[str, Callable[[dict[str, float], list[float]], dict[str, float]]] = {
    "RNN": _rnn,
    RELU: _irnn,
    "GRU": _gru,
    "LSTM": _lstm,
}
"""How each of KINDS, and RELU, computes a unit's state from its sums and its old state."""
