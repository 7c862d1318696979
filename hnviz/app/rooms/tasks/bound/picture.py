"""The best accuracy of a predictor that sees the last 0, 1, 2, ... tokens, calculated exactly."""

from typing import Any

from hnviz.app.kit.chart import FOLD, Chart, charted
from hnviz.app.kit.picture import Example, Place
from hnviz.app.kit.text import page_theme
from hnviz.figures.task_curves import HEIGHT, context_curve
from hnviz.figures.task_text import curve_sentence
from hnviz.figures.theme import Theme, theme
from hnviz.tasks.statement import Statement, state


def _settings(statement: Statement, look: Theme) -> dict[str, Any]:
    chart = Chart(context_curve(statement, look), marks="context").sent
    return {"charts": [chart], "alt": curve_sentence(statement).replace("**", "")}


def _example(name: str) -> Example:
    return Example(settings=lambda: _settings(state(name, {}), theme("light")))


EXAMPLES = {"ready": _example("recall"), "long": _example("parity")}

BOUND = charted(
    __file__, Place("tasks_bound", f"{HEIGHT + FOLD}px", f"{HEIGHT + FOLD}px"), examples=EXAMPLES
)


def bound_chart(statement: Statement) -> None:
    """Draw the curve in the reader's theme."""
    BOUND(settings=_settings(statement, page_theme()))
