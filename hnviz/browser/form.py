"""What the engine in the browser has to know about a model and a text, as JSON can hold it."""

from typing import Any

from hnviz.models.catalogue import BUILT_IN, entry
from hnviz.models.spec import IRNN

IN_BROWSER = tuple(name for name in BUILT_IN if not entry(name).dropout)
"""The models that the engine trains: all without dropout, whose random numbers it does not draw."""


def form_of(model: str) -> dict[str, Any]:
    """Return a model's form, as hnviz/browser/parameters.js describes it.

    Raises ValueError for a model that the engine does not have.
    """
    if model not in IN_BROWSER:
        raise ValueError(
            f"no model named {model!r} trains in a browser; choose one of {', '.join(IN_BROWSER)}"
        )
    net = entry(model)
    return {
        "cell": net.recurrent.kind if net.recurrent else "",
        "layers": net.n_layers,
        "nonlinearity": net.nonlinearity,
        "identity": net.cell is IRNN,
        "normOver": net.norm_over,
        "normInLoop": net.norm_in_loop,
        "predicts": net.predicts,
        "stateful": net.stateful,
        "attends": net.attends,
        "maxBptt": net.max_bptt,
    }
