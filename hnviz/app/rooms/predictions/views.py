"""The Predictions page's views: which there are, and which is chosen."""

from collections.abc import Callable

from hnviz.app.kit.choice import choice
from hnviz.app.rooms.predictions.counting_map import counting_map
from hnviz.app.rooms.predictions.next_word import next_word
from hnviz.app.rooms.predictions.surgery import surgery
from hnviz.app.run.text import Standing

VIEWS: dict[str, Callable[[Standing], None]] = {
    "Next word": next_word,
    "Change the state": surgery,
    "Counting map": counting_map,
}
"""Each view by its name in the address; one is drawn at a time, since each asks the observer."""


def view_choice() -> str:
    """Draw the choice of a view; return its name."""
    return choice("Look at", tuple(VIEWS), "predictions_view", label_visibility="collapsed")
