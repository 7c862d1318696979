"""Which weights the Models page shows: a pre-trained run's first or last, or the chosen run's."""

from dataclasses import dataclass

from hnviz.app.kit.fields.picture import choice
from hnviz.app.kit.text import linked, problem
from hnviz.app.run.view import run_in_view
from hnviz.app.shell.server import server

UNTRAINED, TRAINED, IN_VIEW = "untrained", "trained", "run in view"
CHOICES = (UNTRAINED, TRAINED, IN_VIEW)


@dataclass(frozen=True, slots=True)
class Weights:
    """A run, and which of its snapshots: "first", "end", or "step", the one in view."""

    run_id: str
    at: str


def weights_choice(model: str) -> str:
    """Draw the choice of a model's weights."""
    explained = f"The pre-trained {model} before and after its training, or the run in view."
    return choice("Weights", CHOICES, "models_weights", TRAINED, help=explained)


def weights_of(model: str, chosen: str) -> Weights | None:
    """Return the chosen weights, of the pre-trained run where the run in view is another model's.

    None, with a sentence, for the user's own model, which has no pre-trained run.
    """
    if chosen == IN_VIEW and (found := _in_view(model)) is not None:
        return found
    if model not in server().store.ids():
        linked(
            f"There is no pre-trained {model}: train one on the [Train](train) page, then choose "
            f"“{IN_VIEW}” here."
        )
        return None
    return Weights(model, "first" if chosen == UNTRAINED else "end")


def _in_view(model: str) -> Weights | None:
    """Return the weights of the run in view; None, with a sentence, if they are not the model's."""
    run = run_in_view()
    if run is None:
        return None
    own = run.record.config.model
    if own == model:
        return Weights(run.record.id, "step")
    own = run.record.config.called
    problem(
        f"The run in view is a run of {own}; choose {own} above, or a run of {model} in the "
        f"sidebar. The picture shows the trained weights of the pre-trained {model}."
    )
    return None
