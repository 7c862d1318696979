"""What the engine in the browser has to know about a model and a text, as JSON can hold it."""

from typing import Any

from hnviz.data import SPECIALS, kind_of
from hnviz.data.corpora.own import LIMITS, MAX_DISTINCT_TOKENS, MIN_TOKENS
from hnviz.data.corpora.texts import MAX_TEXT_BYTES
from hnviz.data.numbers import ONES, PLACES, TEENS, TENS
from hnviz.data.tokens import BOS, COMMA
from hnviz.models.catalogue import BUILT_IN, entry
from hnviz.models.spec import IRNN

IN_BROWSER = tuple(name for name in BUILT_IN if not entry(name).dropout)
"""The models that the engine trains: those without dropout, whose random numbers it does not draw.
It can read a text with every built-in model."""


def form_of(model: str) -> dict[str, Any]:
    """Return a model's form, as hnviz/browser/parameters.js describes it.

    Raises ValueError for a model that the engine does not have.
    """
    if model not in BUILT_IN:
        raise ValueError(
            f"no model named {model!r} runs in a browser; choose one of {', '.join(BUILT_IN)}"
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
        "dropout": bool(net.dropout),
    }


def reading_form() -> dict[str, Any]:
    """Return the rules for a user's own text; hnviz/browser/text.js describes them."""
    words = (COMMA, *PLACES, *TENS, *TEENS, *ONES)
    return {
        "begin": BOS,
        "specials": list(SPECIALS),
        "kinds": {word: kind_of(word) for word in words},
        "otherKind": kind_of(BOS),
        "limits": {name: list(LIMITS[name]) for name in ("min_count", "valid")},
        "maxBytes": MAX_TEXT_BYTES,
        "minTokens": MIN_TOKENS,
        "maxDistinct": MAX_DISTINCT_TOKENS,
    }
