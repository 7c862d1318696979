"""Tables that stand beside the pictures."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hnviz.catalogue import ModelEntry, Weight
from hnviz.data import BatchLayout, TokenStream, Vocab, kind_of

MOST_WRITTEN = 140  # tokens of a row


def token_table(stream: TokenStream) -> pd.DataFrame:
    """The vocab with its counts: columns id, token, kind, train, valid."""
    tokens = stream.vocab.itos
    return pd.DataFrame(
        {
            "id": range(len(tokens)),
            "token": tokens,
            "kind": [kind_of(token) for token in tokens],
            "train": np.bincount(stream.train, minlength=len(tokens)),
            "valid": np.bincount(stream.valid, minlength=len(tokens)),
        }
    )


def show_batch(
    ids: NDArray[np.int64], vocab: Vocab, layout: BatchLayout, batch: int, rows: int = 5
) -> pd.DataFrame:
    """The first rows of a mini-batch as text, as the notebook's ``show_batch`` prints them."""
    x = layout.batch(ids, batch).x[:rows]
    return pd.DataFrame(
        {
            "row": range(len(x)),
            "from position": [layout.position(batch, row, 0) for row in range(len(x))],
            "text": [_textify(line, vocab) for line in x],
        }
    )


def _textify(line: NDArray[np.int64], vocab: Vocab) -> str:
    """Write a row's tokens; of a long row the first ones."""
    text = vocab.textify(line[:MOST_WRITTEN])
    return text if len(line) <= MOST_WRITTEN else f"{text} … and {len(line) - MOST_WRITTEN} more"


def read_counts(layout: BatchLayout) -> NDArray[np.int64]:
    """How often each stream position is read in a pass, shape (n_tokens,)."""
    whole, rest = divmod(layout.row_length, layout.n_tokens)
    change = np.zeros(2 * layout.n_tokens + 1, dtype=np.int64)
    np.add.at(change, layout.starts, 1)
    np.add.at(change, layout.starts + rest, -1)
    counts = np.cumsum(change)[:-1].reshape(2, layout.n_tokens).sum(axis=0)
    return counts + whole * layout.bs


def parts_table(net: ModelEntry, nv: int, nh: int) -> pd.DataFrame:
    """What a model learns: columns part, role, layer (its class), shape, weights."""
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

    A recurrent layer has a matrix for its input and one for its state at least; what has less, as
    batch norm, stands once however many layers there are.
    """
    length = len(shapes) // n_layers
    if n_layers > 1 and length >= 2 and shapes == shapes[:length] * n_layers:
        return f"{n_layers} layers of {' + '.join(shapes[:length])}"
    return " + ".join(shapes)


def _shape(weight: Weight, nv: int, nh: int) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(str(size) for size in weight.shape(nv, nh))
