"""Which weights a page looks at: a shipped run's first or last, or those of the run in view."""

from dataclasses import dataclass

from hnviz.app.kit.choice import choice
from hnviz.app.kit.text import problem
from hnviz.app.run.engine import store
from hnviz.app.run.text import Standing
from hnviz.app.run.timeline import LAST, snapshot_box
from hnviz.app.run.view import run_in_view

UNTRAINED, TRAINED, IN_VIEW = "untrained", "trained", "run in view"
CHOICES = (UNTRAINED, TRAINED, IN_VIEW)


@dataclass(frozen=True, slots=True)
class Weights:
    """A run's snapshot."""

    run_id: str
    step: int | str  # updates, or "last"
    live: bool = False  # its run goes on: there will be newer ones


def weights_choice(model: str) -> Weights | None:
    """Draw the choice of a model's weights, and the snapshot's if the run in view is chosen.

    A run of another model cannot be shown: that is told, and the shipped one's are taken. None,
    with a sentence, for a model of one's own, of which no run is shipped.
    """
    chosen = choice(
        "Weights",
        CHOICES,
        "models_weights",
        TRAINED,
        help=f"The shipped run of {model} before and after its training, or the run in view.",
    )
    if chosen == IN_VIEW:
        run = run_in_view()
        if run is not None and (found := _in_view(run, model)) is not None:
            return found
    if model not in store().ids():
        problem(
            f"No run of {model} is shipped: train one on the Train page, then choose {IN_VIEW!r} "
            "here."
        )
        return None
    return Weights(model, 0 if chosen == UNTRAINED else LAST)


def _in_view(run: Standing, model: str) -> Weights | None:
    """Return the weights of the run in view; None, with a sentence, if they are not the model's."""
    own = run.record.config.model
    if own != model:
        problem(
            f"The run in view is one of {own}; choose {own} above or a run of {model} in the "
            f"sidebar. Here stand the trained weights of the shipped {model}."
        )
        return None
    if not run.record.snapshots:
        problem(
            "The run in view has no snapshot yet. Here stand the trained weights of the shipped "
            f"{model}."
        )
        return None
    step = snapshot_box(run)
    return Weights(run.record.id, run.record.snapshots[-1] if step == LAST else step, run.is_live)
