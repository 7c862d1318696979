"""A task's generator as states and arrows; the current state follows the line above it."""

from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.figures.automaton import graph
from hnviz.tasks.excerpt import excerpt
from hnviz.tasks.task import TaskStream


def _settings(stream: TaskStream) -> dict[str, Any] | None:
    shown, drawn = excerpt(stream), graph(stream.source)
    if drawn is None:
        return None
    return {
        "nodes": [
            (node.name, round(node.x, 4), round(node.y, 4), node.ends) for node in drawn.nodes
        ],
        "arrows": [(arrow.start, arrow.end, arrow.tokens) for arrow in drawn.arrows],
        "path": [each.state for each in shown.places],
        "at": shown.at,
    }


def _example(name: str) -> Example:
    return Example(settings=lambda: _settings(TaskStream.of(name, {})) or {})


EXAMPLES = {
    "ready": _example("regular"),
    "long": _example("dyck"),
    "ring": _example("periodic"),
    "parity": _example("parity"),
}

AUTOMATON = Picture(
    __file__, Place("tasks_automaton", "330px", "356px"), silent=True, examples=EXAMPLES
)


def automaton(stream: TaskStream) -> None:
    """Draw a task's automaton, if it has few enough states."""
    settings = _settings(stream)
    if settings is not None:
        AUTOMATON(settings=settings)
