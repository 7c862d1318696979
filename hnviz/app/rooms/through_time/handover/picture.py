"""Where the state goes from train to valid; one sentence for a model that carries none."""

from typing import Any

from hnviz.app.kit.drawn import MODE, drawn, html, look_of, two_sizes
from hnviz.app.kit.picture import Example, Place, ask
from hnviz.app.kit.tabled import Tabled
from hnviz.figures.handover import Crossing, handover
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.time_text import handover_note, later_sentence, no_handover
from hnviz.models.catalogue import entry
from hnviz.questions.view import Look, Reply, View


def _handover(look: Look) -> Reply:
    config = look.run.record.config
    if not entry(config.model).stateful:
        return html("", no_handover(config.called), tables=[])
    found = look.ask("handover")
    facts: dict[str, Any] = {**found.meta, **found.arrays}
    crossing, theme = Crossing(model=config.called, **facts), look_of(look)
    note = handover_note(config.reset_state, crossing.n_read)
    later = later_sentence(crossing.batches_reset)
    sizes = handover(crossing, theme, WIDE), handover(crossing, theme, NARROW)
    shown = two_sizes(sizes, _table(crossing), crossing.sentence, f"{note} {later}".strip())
    return shown._replace(
        meta={**shown.meta, "tables": [*shown.meta["tables"], _later(crossing).sent]}
    )


def _table(crossing: Crossing) -> Tabled:
    """Tabulate the shares of rows at each step of valid's first mini-batch."""
    columns = (crossing.carried, crossing.reset, crossing.agree)
    rows = [[step, *map(float, shares)] for step, shares in enumerate(zip(*columns, strict=True))]
    names = ("right with train's state", "right from zeros", "same answer")
    return Tabled(
        "Shares of rows, in the first mini-batch of valid",
        ["step", *(f"{name}|share" for name in names)],
        rows,
    )


def _later(crossing: Crossing) -> Tabled:
    """Tabulate the shares of all answers in each mini-batch."""
    shares = zip(crossing.batches_carried, crossing.batches_reset, strict=True)
    rows = [[number, *map(float, each)] for number, each in enumerate(shares)]
    names = ["mini-batch", "right with train's state|share", "right from zeros|share"]
    return Tabled("Right answers in each mini-batch of valid", names, rows)


HANDOVER_VIEW = View("train_to_valid", {"mode": MODE}, _handover, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(HANDOVER_VIEW, at="rest")]),
}

HANDOVER = drawn(__file__, Place("time_handover", "588px"), HANDOVER_VIEW, examples=EXAMPLES)
