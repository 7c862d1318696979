"""Loss and accuracy by step, under the run's headline; a fold says what else the curves show."""

from hnviz.app.kit.panels import growing
from hnviz.app.kit.picture import Example, Place
from hnviz.app.rooms.train.topics import Curves
from hnviz.app.run import text as run_text
from hnviz.web.state import CurrentRun

EXAMPLES = {
    "ready": Example("Model5"),
    "long": Example("Model0"),  # the most steps
    "blocks": Example("Model5-blocks"),
}

CURVES = growing(
    __file__,
    Place("train_curves", "455px", "942px"),
    Curves(),
    fold="Another seed, the best epoch, memory, and how this was measured",
    examples=EXAMPLES,
)


def curves(run: CurrentRun) -> None:
    """Draw a run's curves; the headline is there before its first news."""
    CURVES(run=run.record.id, settings={"sentence": run_text.lead(run)})
