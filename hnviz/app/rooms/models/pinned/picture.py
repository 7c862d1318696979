"""One tensor that a line of code makes, and its gradient, from snapshot to snapshot."""

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.figures.pinned_text import pinned_sentence
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

NONE = -1  # the line that shows the state


def _pinned(look: Look) -> Reply:
    """Return the tensor's figures at one snapshot, as `hnviz.observe.cursor` describes them."""
    line, tensor = look.params["line"], look.params["tensor"]
    params = {} if line == NONE else {"line": line, "tensor": tensor}
    found = look.ask("pinned", params)
    meta = {**found.meta, "step": look.step}
    return Reply(dict(found.arrays), meta, pinned_sentence(found.meta, look.step))


PINNED_VIEW = View(
    "pinned_tensor",
    {"line": Param("int", NONE, low=NONE, high=1999), "tensor": Param("int", 0, low=0, high=1999)},
    _pinned,
)

EXAMPLES = {
    "ready": Example("Model2", [ask(PINNED_VIEW)]),
    "long": Example("Model5", [ask(PINNED_VIEW)]),
}

PINNED = Picture(
    __file__, Place("models_pinned", "420px", "760px"), views=(PINNED_VIEW,), examples=EXAMPLES
)
