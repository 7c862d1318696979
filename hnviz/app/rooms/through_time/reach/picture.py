"""All pre-trained models in one picture: how far their gradients reach."""

from collections.abc import Sequence

import numpy as np

from hnviz.app.kit.drawn import MODE, drawn, look_of, two_sizes
from hnviz.app.kit.picture import Example, Place, ask
from hnviz.app.kit.tabled import Tabled
from hnviz.app.shell.server import server
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.reaches import Reached, longest_way, reach_lines, reach_note, reach_sentence
from hnviz.models.catalogue import CATALOGUE, ModelEntry
from hnviz.questions.view import Look, Reply, View

ENDS: dict[str, int | str] = {"untrained": 0, "trained": "last"}
GATES_OF = {"split": "train", "first": 400, "n": 400, "show": "update"}
"""The tokens over which the update gates are averaged."""


def _reach(look: Look) -> Reply:
    """Draw the norms of dLoss/dh by steps back; each model in its own pre-trained run."""
    known = server().store.ids()
    pretrained = [net for name, net in CATALOGUE.items() if name in known]  # not a user's own
    nets = [net for net in pretrained if not net.attends]  # attention has no state to go back along
    found = [_reached(look, net, name) for name in ENDS for net in nets]
    theme, sentence = look_of(look), reach_sentence(found)
    alt = sentence.replace("**", "")
    sizes = (reach_lines(found, theme, alt, WIDE), reach_lines(found, theme, alt, NARROW))
    note, fold = reach_note(found), "Why, and how this was measured"
    return two_sizes(sizes, _table(found), sentence, note, fold)


def _table(found: Sequence[Reached]) -> Tabled:
    """Tabulate each network's gradients by steps back."""
    shares = [each.shares.tolist() for each in found]
    rows = [
        [back, *(each[back] if back < len(each) else None for each in shares)]
        for back in range(max(map(len, shares)))
    ]
    names = [f"{each.model} {each.end}|share of the nearest" for each in found]
    return Tabled("The gradient, steps back from the loss", ["steps back", *names], rows)


def _reached(look: Look, net: ModelEntry, name: str) -> Reached:
    step = ENDS[name]
    answer = look.ask("state_gradients", step=step, run=net.name)
    norms = answer.arrays[longest_way(answer.arrays)]
    kept = None
    if "update" in net.gates:
        params = {**GATES_OF, "layer": net.n_layers - 1}
        gates = look.ask("units", params, step=step, run=net.name).arrays["values"]
        kept = float(np.mean(gates))
    return Reached(net.name, name, norms, answer.meta["bptt"], kept)


REACH_VIEW = View("reach_of_all", {"mode": MODE}, _reach, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(REACH_VIEW, at="end")]),
}

REACH = drawn(__file__, Place("time_reach", "486px", "827px"), REACH_VIEW, examples=EXAMPLES)
