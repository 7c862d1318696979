"""Where the state goes from train to valid; one sentence for a model that carries none."""

from typing import Any

from hnviz.app.kit.drawn import MODE, drawn, html, look_of, two_sizes
from hnviz.app.kit.picture import Example, Place, ask
from hnviz.catalogue import entry
from hnviz.figures.handover import Crossing, handover
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.time_text import handover_note, no_handover
from hnviz.web.views import Look, Shown, View


def _handover(look: Look) -> Shown:
    config = look.run.record.config
    if not entry(config.model).stateful:
        return html("", no_handover(config.model))
    found = look.ask("handover")
    facts: dict[str, Any] = {**found.meta, **found.arrays}
    crossing, theme = Crossing(model=config.model, **facts), look_of(look)
    note = handover_note(config.reset_state, crossing.n_read)
    wide, narrow = (handover(crossing, theme, width) for width in (WIDE, NARROW))
    return two_sizes(wide, narrow, crossing.sentence, note)


HANDOVER_VIEW = View("train_to_valid", {"mode": MODE}, _handover, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(HANDOVER_VIEW, at="rest")]),
}

HANDOVER = drawn(__file__, Place("time_handover", "420px"), HANDOVER_VIEW, examples=EXAMPLES)
