"""The reader's automaton as a table: one row for each move, and the states where a word may end.

It reports each change as text; `hnviz.app.rooms.tasks.controls` says what is wrong with it.
"""

from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.tasks.generators import EVEN_ONES, REBER

KEY = "tasks_editor"
REPORT = "table"

STARTS = {"Reber's grammar": REBER, "An even number of ones": EVEN_ONES}
"""Tables to begin with."""


def _settings(table: str) -> dict[str, Any]:
    return {"table": table, "starts": STARTS}


EXAMPLES = {
    "ready": Example(settings=_settings(EVEN_ONES)),
    "long": Example(settings=_settings(REBER)),
}

EDITOR = Picture(
    __file__,
    Place(KEY, "404px", "428px"),
    reports=(REPORT,),
    silent=True,
    examples=EXAMPLES,
)


def editor(table: str) -> None:
    """Draw the table; what the reader makes of it is in the picture's report."""
    EDITOR(settings=_settings(table))
