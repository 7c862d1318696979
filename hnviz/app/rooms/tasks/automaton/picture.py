"""A task's generator as states and arrows; the current state follows the line above it.

The table of the reader's own automaton is beside its drawing, and can be edited in place: one row
for each move, and the states where a word may end. The picture reports each change as text;
`hnviz.app.rooms.tasks.controls` says what is wrong with it.
"""

from typing import Any, NamedTuple

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.figures.automaton import graph
from hnviz.tasks.excerpt import excerpt
from hnviz.tasks.generators import EVEN_ONES, REBER
from hnviz.tasks.task import TaskStream

KEY = "tasks_automaton"
REPORT = "table"

STARTS = {"Reber's grammar": REBER, "An even number of ones": EVEN_ONES}
"""Tables to begin with."""


class Edited(NamedTuple):
    """A table that the reader edits, and what is wrong with the last change."""

    table: str  # the last one that could be used
    wrong: str = ""
    row: int | None = None  # of the moves, from 0; None for the whole table


def _settings(stream: TaskStream, edited: Edited | None = None) -> dict[str, Any]:
    shown, drawn = excerpt(stream), graph(stream.source)
    settings: dict[str, Any] = {"path": [(each.token, each.state) for each in shown.places]}
    if drawn is not None:
        settings["nodes"] = [
            (node.name, round(node.x, 4), round(node.y, 4), node.ends) for node in drawn.nodes
        ]
        settings["arrows"] = [
            (each.start, each.end, each.tokens, [round(chance, 4) for chance in each.chances])
            for each in drawn.arrows
        ]
    if edited is not None:
        settings |= {**edited._asdict(), "starts": STARTS}
    return {**settings, "at": shown.at}


def _example(name: str, edited: Edited | None = None) -> Example:
    return Example(settings=lambda: _settings(TaskStream.of(name, {}), edited))


WRONG = "A row is a state, a token and a next state; got '2 S'."
EXAMPLES = {
    "ready": _example("regular", Edited(REBER)),
    "long": _example("dyck"),
    "ring": _example("periodic"),
    "parity": _example("parity"),
    "wrong": _example("regular", Edited(REBER, WRONG, 3)),
}

AUTOMATON = Picture(
    __file__, Place(KEY, "330px", "356px"), reports=(REPORT,), silent=True, examples=EXAMPLES
)


def automaton(stream: TaskStream, edited: Edited | None) -> None:
    """Draw a task's automaton, if it has few enough states; the reader edits its own in a table."""
    settings = _settings(stream, edited)
    if edited is not None or "nodes" in settings:
        AUTOMATON(settings=settings)
