"""The Hidden states page below its picture: what the state means, one view at a time."""

from collections.abc import Callable

from hnviz.app.kit.choice import choice
from hnviz.app.rooms.hidden_states.codes import codes
from hnviz.app.rooms.hidden_states.find import find
from hnviz.app.rooms.hidden_states.path import path
from hnviz.app.rooms.hidden_states.states import Shown

VIEWS: dict[str, Callable[[Shown], None]] = {
    "What the units code": codes,
    "Find it elsewhere": find,
    "Path of the state": path,
}
"""Each view by its name in the address. Each reads a whole split: so one is drawn at a time, in
fragments of its own, once it has been scrolled to."""


def meaning(shown: Shown) -> None:
    """Draw the choice of a view, and the view in a fragment of its own."""
    chosen = choice(
        "What the state means", tuple(VIEWS), "states_view", label_visibility="collapsed"
    )
    VIEWS[chosen](shown)
