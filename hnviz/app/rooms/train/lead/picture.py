"""The headline: what the run shows so far."""

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.run import text as run_text
from hnviz.web.state import CurrentRun

EXAMPLES = {
    "ready": Example(
        "Model5", settings={"lead": "What the run shows comes with its first figures."}
    ),
    "long": Example(
        "Model5-blocks", settings={"lead": "What the run shows comes with its first figures."}
    ),
}

LEAD = Picture(__file__, Place("train_headline", "54px", "90px"), silent=True, examples=EXAMPLES)


def lead(run: CurrentRun) -> None:
    """Draw the headline; the browser then follows the run."""
    LEAD(run=run.record.id, settings={"lead": run_text.lead(run)})
