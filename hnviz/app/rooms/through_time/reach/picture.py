"""The six networks in one picture: how far their gradients reach."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.shell.server import server
from hnviz.figures.reaches import ENDS, Reached, longest_way, reach_note, reach_sentence
from hnviz.models.catalogue import LADDER, entry
from hnviz.questions.view import Look, Reply, View

STEPS: dict[str, int | str] = {"untrained": 0, "trained": "last"}
GATES_OF = {"split": "train", "first": 400, "n": 400, "show": "update"}
"""The tokens over which the update gates are averaged."""


def _reach(look: Look) -> Reply:
    """Return how far the gradients of the six networks reach, each in its own pre-trained run.

    "shares", float32 (networks, 2, steps), untrained and trained: the norms of dLoss/dh by steps
    back, as shares of the nearest, -1 beyond the last. meta: "networks", of each its "model", the
    farthest step back with 1 % of the nearest "untrained" and "trained", and how far back it was
    "measured"; "note", why, and how this was measured.
    """
    known = server().store.ids()
    models = [name for name in LADDER if name in known]
    found = [_reached(look, model, end) for model in models for end in ENDS]
    pairs = list(zip(found[::2], found[1::2], strict=True))
    networks = [
        {
            "model": one.model,
            "untrained": one.reach,
            "trained": other.reach,
            "measured": max(len(each.shares) for each in (one, other)) - 1,
        }
        for one, other in pairs
    ]
    shares = _padded([each.shares for each in found]).reshape(len(pairs), len(ENDS), -1)
    meta = {"networks": networks, "note": reach_note(found)}
    return Reply({"shares": shares}, meta, reach_sentence(found))


def _padded(rows: Sequence[NDArray[np.floating]]) -> NDArray[np.float32]:
    """Return rows as one array, with -1 after the end of each."""
    padded = np.full((len(rows), max(map(len, rows))), -1, np.float32)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return padded


def _reached(look: Look, model: str, end: str) -> Reached:
    step, net = STEPS[end], entry(model)
    answer = look.ask("state_gradients", step=step, run=model)
    norms = answer.arrays[longest_way(answer.arrays)]
    kept = None
    if "update" in net.gates:
        params = {**GATES_OF, "layer": net.n_layers - 1}
        gates = look.ask("units", params, step=step, run=model).arrays["values"]
        kept = float(np.mean(gates))
    return Reached(model, end, norms, answer.meta["bptt"], kept)


REACH_VIEW = View("reach_of_all", {}, _reach, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(REACH_VIEW, at="end")]),
}

REACH = Picture(
    __file__,
    Place("time_reach", "480px", "555px"),
    views=(REACH_VIEW,),
    examples=EXAMPLES,
)
