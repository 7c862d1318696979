"""The best accuracy and least loss of a predictor that sees the last 0, 1, 2, ... tokens."""

from typing import Any

from hnviz.app.kit.chart import FOLD, Chart, charted
from hnviz.app.kit.picture import Example, Place
from hnviz.app.kit.text import page_theme
from hnviz.figures.task_curves import HEIGHT, context_curve, loss_curve
from hnviz.figures.task_text import curve_sentence, loss_sentence
from hnviz.figures.theme import Theme, theme
from hnviz.tasks.bounds import Statement, statement_of


def _settings(statement: Statement, look: Theme) -> dict[str, Any]:
    drawn = (context_curve(statement, look), loss_curve(statement, look))
    alt = f"{curve_sentence(statement)} {loss_sentence(statement)}"
    charts = [Chart(each, marks="context").sent for each in drawn]
    return {"charts": charts, "alt": alt.replace("**", "")}


def _example(name: str) -> Example:
    return Example(settings=lambda: _settings(statement_of(name, {}), theme("light")))


BOTH = 2 * HEIGHT + 8  # px: one above the other

EXAMPLES = {"ready": _example("recall"), "long": _example("parity")}

BOUND = charted(
    __file__, Place("tasks_bound", f"{BOTH + FOLD}px", f"{BOTH + FOLD}px"), examples=EXAMPLES
)


def bound_chart(statement: Statement) -> None:
    """Draw both curves in the reader's theme."""
    BOUND(settings=_settings(statement, page_theme()))
