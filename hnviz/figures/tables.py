"""Tables beside the pictures."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hnviz.data import BatchLayout, TokenStream
from hnviz.data.tokens import kind_in_text
from hnviz.models.catalogue import ModelEntry
from hnviz.models.spec import Weight

if TYPE_CHECKING:
    import pandas as pd


def token_table(stream: TokenStream, kind: Callable[[str], str] = kind_in_text) -> "pd.DataFrame":
    """Tabulate the vocabulary with its counts: columns id, token, kind, train, valid.

    `kind` names the kind of a token.
    """
    import pandas as pd

    tokens = stream.vocab.itos
    return pd.DataFrame(
        {
            "id": range(len(tokens)),
            "token": tokens,
            "kind": [kind(token) for token in tokens],
            "train": np.bincount(stream.train, minlength=len(tokens)),
            "valid": np.bincount(stream.valid, minlength=len(tokens)),
        }
    )


def read_counts(layout: BatchLayout) -> NDArray[np.int64]:
    """Count how often a pass reads each stream position; shape (n_tokens,)."""
    whole, rest = divmod(layout.row_length, layout.n_tokens)
    change = np.zeros(2 * layout.n_tokens + 1, dtype=np.int64)
    np.add.at(change, layout.starts, 1)
    np.add.at(change, layout.starts + rest, -1)
    counts = np.cumsum(change)[:-1].reshape(2, layout.n_tokens).sum(axis=0)
    return counts + whole * layout.bs


def parts_table(net: ModelEntry, nv: int, nh: int) -> "pd.DataFrame":
    """Tabulate what a model learns: columns part, role, layer (its class), shape, weights."""
    import pandas as pd

    rows = [
        {
            "part": part.name,
            "role": part.role,
            "layer": part.kind,
            "shape": _shapes([_shape(weight, nv, nh) for weight in part.weights], net.n_layers),
            "weights": part.n_weights(nv, nh),
        }
        for part in net.parts
    ]
    return pd.DataFrame(rows)


def _shapes(shapes: list[str], n_layers: int) -> str:
    """Write a part's shapes as a sum; equal layers once, with their number.

    A recurrent layer has at least a matrix for its input and one for its state. A part with less,
    such as batch norm, is written once however many layers there are.
    """
    length = len(shapes) // n_layers
    if n_layers > 1 and length >= 2 and shapes == shapes[:length] * n_layers:
        return f"{n_layers} layers of {' + '.join(shapes[:length])}"
    return " + ".join(shapes)


def _shape(weight: Weight, nv: int, nh: int) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(str(size) for size in weight.shape(nv, nh))
