"""What a run shows, in sentences: its headline, what the curves say of its memory, and each line.

The browser follows the run; a sentence that it has no news of yet is the one that the page sent.
"""

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.run import text as run_text
from hnviz.figures.ruler_text import HOW_TO_READ as ABOVE
from hnviz.figures.ruler_text import TRUE_HERE
from hnviz.web.state import CurrentRun

_MEASURED = ["how", "ruler", "figures", "loss", "accuracies"]
_ALL = [*_MEASURED, "memory", "best_loss", "spikes", "seeds", "recipe", "epochs", "schedule"]

HOW_TO_READ = (
    f"{ABOVE} {TRUE_HERE} The faint line of the loss is each mini-batch's own; train is a running "
    "mean of it."
)

_FIRST = {"lead": "What the run shows comes with its first figures."}

EXAMPLES = {
    "ready": Example(
        "Model5",
        settings={
            "parts": ["memory", "spikes"],
            "folded": _MEASURED,
            "given": {"how": HOW_TO_READ},
        },
    ),
    "long": Example("Model5", settings={"parts": _ALL, "given": {"how": HOW_TO_READ}}),
    "headline": Example("Model5-blocks", settings={"parts": ["lead"], "given": _FIRST}),
}

NOTES = Picture(__file__, Place("*_notes", "80px", "160px"), silent=True, examples=EXAMPLES)


def lead(run: CurrentRun) -> None:
    """Write the headline."""
    NOTES(
        key="train_headline",
        run=run.record.id,
        settings={"parts": ["lead"], "given": {"lead": run_text.lead(run)}},
    )


def notes(run_id: str, key: str, *parts: str, measured: bool = False) -> None:
    """Write fields of the topic "notes" below each other; `measured` adds a fold with the rest."""
    folded = {"folded": _MEASURED, "given": {"how": HOW_TO_READ}} if measured else {}
    NOTES(key=key, run=run_id, settings={"parts": list(parts), **folded})
