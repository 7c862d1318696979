"""The film strip; its frames come from the same view as the large picture."""

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.hidden_states.stretch import DEFAULT_PHRASE, Stretch
from hnviz.app.rooms.hidden_states.units.picture import UNITS_VIEW

LONGEST = 300  # the first tokens of the text: six readings of more take too long

EXAMPLES = {
    "ready": Example("Model5", [ask(UNITS_VIEW, text=DEFAULT_PHRASE)]),
    "long": Example("Model5", [ask(UNITS_VIEW, split="valid", first=0, n=LONGEST)]),
}

STRIP = Picture(__file__, Place("states_strip", "84px", "166px"), silent=True, examples=EXAMPLES)


def is_short(text: Stretch) -> bool:
    """Return whether six snapshots can be read without a wait."""
    return text.first + len(text.tokens) <= LONGEST
