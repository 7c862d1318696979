"""The Batches page's picture, drawn and moved in the browser."""

import json
import struct
from functools import lru_cache

import numpy as np

from hnviz.app.kit.component import BrowserComponent, publish
from hnviz.data import SPECIALS, BatchLayout, ShuffledLayout, Text, Vocab, kind_of

MAX_SIDE = 512
"""Rows or steps that the picture is made for."""

_GRID = BrowserComponent("rooms/batches/grid", states=("batch",), min_height="76rem")


def batch_grid(text: Text, layout: BatchLayout, sentence: str, key: str) -> int:
    """Show a text as it lies in mini-batches; return the one in view.

    Slider, play and the pointer move the picture without Python; it hears of the mini-batch
    once the picture rests. The marked cell stands in the address as ``?cell=2-0-66``: mini-batch,
    row, step; what is searched for as ``?find=8046``.
    """
    result = _GRID(
        key,
        {
            "stream": publish(_text_file(text), ".bin"),
            "bs": layout.bs,
            "bptt": layout.bptt,
            "shuffled": isinstance(layout, ShuffledLayout),
            "alt": sentence.replace("**", ""),
        },
    )
    batch = getattr(result, "batch", None)
    return min(int(batch), layout.n_batches - 1) if isinstance(batch, int | float) else 0


def stream_file(ids: np.ndarray, vocab: Vocab) -> bytes:
    """Pack a stream for the browser: header length, JSON header, one or two bytes a token."""
    width = 1 if len(vocab) <= 256 else 2
    kinds = [kind_in_text(token) for token in vocab.itos]
    header = json.dumps({"words": vocab.itos, "kinds": kinds, "bytes": width}).encode()
    header += b" " * (-len(header) % 4)  # two-byte ids must begin on an even address
    return struct.pack("<I", len(header)) + header + ids.astype(f"<u{width}").tobytes()


def kind_in_text(token: str) -> str:
    """Name a token's kind in any text: one of `KINDS`, or "other" for words that count nothing."""
    kind = kind_of(token)
    return "other" if kind == "special" and token not in SPECIALS else kind


@lru_cache(maxsize=8)
def _text_file(text: Text) -> bytes:
    return stream_file(text.ids, text.vocab)
