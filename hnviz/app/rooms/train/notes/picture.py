"""What the curves say about the run's memory, and what each line is."""

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.figures.ruler_text import HOW_TO_READ as ABOVE
from hnviz.figures.ruler_text import TRUE_HERE

_ALL = [
    "ruler",
    "figures",
    "loss",
    "accuracies",
    "how",
    "memory",
    "best_loss",
    "spikes",
    "schedule",
]

HOW_TO_READ = (
    f"{ABOVE} {TRUE_HERE} The faint line of the loss is each mini-batch's own; train is a running "
    "mean of it."
)

EXAMPLES = {
    "ready": Example("Model5", settings={"parts": ["memory", "spikes"], "how": HOW_TO_READ}),
    "long": Example("Model5", settings={"parts": _ALL, "how": HOW_TO_READ}),
}

NOTES = Picture(__file__, Place("*_notes", "80px", "160px"), silent=True, examples=EXAMPLES)


def notes(run_id: str, key: str, *parts: str) -> None:
    """Write fields of the topic "notes" below each other; "how" says how to read the lines."""
    NOTES(key=key, run=run_id, settings={"parts": list(parts), "how": HOW_TO_READ})
