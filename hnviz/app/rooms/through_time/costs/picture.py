"""What a backward pass costs, measured by the engine when a reader opens it."""

from collections.abc import Mapping, Sequence
from typing import Any

from hnviz.app.kit.drawn import MODE, drawn, look_of, two_sizes
from hnviz.app.kit.picture import Example, Place, ask
from hnviz.app.kit.tabled import Tabled
from hnviz.figures.costs import NAMES, backward_costs
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.time_text import costs_sentence
from hnviz.models.catalogue import entry
from hnviz.questions.view import Look, Reply, View

BPTTS = (5, 10, 20, 40)


def _costs(look: Look) -> Reply:
    """Measure three mini-batches at each of BPTTS, or at all that the model can read."""
    longest = entry(look.run.record.config.model).max_bptt
    bptts = tuple(range(1, longest + 1)) if longest else BPTTS
    measured = [look.ask("backward_costs", {"bptt": bptt}).meta for bptt in bptts]
    sentence, theme = costs_sentence(measured), look_of(look)
    sizes = backward_costs(measured, theme, WIDE), backward_costs(measured, theme, NARROW)
    return two_sizes(sizes, _table(measured), sentence)


def _table(measured: Sequence[Mapping[str, Any]]) -> Tabled:
    """Tabulate the time and the memory of each way."""
    rows = [
        [each["bptt"], name, 1e3 * each[way]["seconds"], 1e-6 * each[way]["saved"]]
        for each in measured
        for way, name in NAMES.items()
        if way in each
    ]
    return Tabled("What a backward pass costs", ["bptt", "way", "time|ms", "memory|MB"], rows)


COSTS_VIEW = View("costs", {"mode": MODE}, _costs, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(COSTS_VIEW, at="end")]),  # as fast as this machine is
}

COSTS = drawn(__file__, Place("time_costs", "362px"), COSTS_VIEW, examples=EXAMPLES)
