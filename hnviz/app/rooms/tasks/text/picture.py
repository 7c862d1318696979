"""A line of a task's text: the next token, and the tokens before it that decide it.

The place is the browser's own, in the address as ``?tasks_at=``.
"""

from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.tasks.excerpt import FARTHEST, Excerpt, excerpt
from hnviz.tasks.task import TaskStream


def _settings(shown: Excerpt) -> dict[str, Any]:
    places = [
        (each.token, each.needed, each.guesses, round(each.chance, 6)) for each in shown.places
    ]
    return {"places": places, "at": shown.at, "farthest": FARTHEST}


EXAMPLES = {
    "ready": Example(settings=lambda: _settings(excerpt(TaskStream.of("recall", {})))),
    "long": Example(settings=lambda: _settings(excerpt(TaskStream.of("dates", {})))),
    "unbounded": Example(settings=lambda: _settings(excerpt(TaskStream.of("parity", {})))),
}

TEXT = Picture(__file__, Place("tasks_text", "206px", "374px"), silent=True, examples=EXAMPLES)


def text_line(shown: Excerpt) -> None:
    """Draw a line; it needs no request, as its tokens are all."""
    TEXT(settings=_settings(shown))
