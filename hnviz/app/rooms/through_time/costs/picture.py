"""What a backward pass costs, measured by the engine when a reader opens it."""

from hnviz.app.kit.drawn import MODE, drawn, look_of, two_sizes
from hnviz.app.kit.picture import Example, Place, ask
from hnviz.catalogue import entry
from hnviz.figures.costs import backward_costs
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.time_text import costs_sentence
from hnviz.web.views import Look, Shown, View

BPTTS = (5, 10, 20, 40)


def _costs(look: Look) -> Shown:
    """Measure three mini-batches at each of BPTTS, or at all that the model can read."""
    longest = entry(look.run.record.config.model).max_bptt
    bptts = tuple(range(1, longest + 1)) if longest else BPTTS
    measured = [look.ask("backward_costs", {"bptt": bptt}).meta for bptt in bptts]
    sentence, theme = costs_sentence(measured), look_of(look)
    wide, narrow = (backward_costs(measured, theme, width) for width in (WIDE, NARROW))
    return two_sizes(wide, narrow, sentence)


COSTS_VIEW = View("costs", {"mode": MODE}, _costs, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(COSTS_VIEW, at="end")]),  # as fast as this machine is
}

COSTS = drawn(__file__, Place("time_costs", "330px"), COSTS_VIEW, examples=EXAMPLES)
