"""The Batches page's picture, drawn and moved in the browser."""

import json
import struct
from functools import cache

import numpy as np

from hnviz.data import BatchLayout, ShuffledLayout, Vocab, human_numbers_stream, kind_of
from hnviz.ui.components import BrowserComponent, publish

MAX_SIDE = 512
"""Rows or steps that the picture is made for."""

_GRID = BrowserComponent("grid", states=("batch",), min_height="76rem")


def batch_grid(split: str, layout: BatchLayout, sentence: str, key: str) -> int:
    """Show a split of human numbers as it lies in mini-batches; return the one in view.

    Slider, play and the pointer move the picture without Python; it hears of the mini-batch
    once the picture rests. The marked cell stands in the address as ``?cell=2-0-66``: mini-batch,
    row, step; what is searched for as ``?find=8046``.
    """
    result = _GRID(
        key,
        {
            "stream": publish(_human_numbers_file(split), ".bin"),
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
    kinds = [kind_of(token) for token in vocab.itos]
    header = json.dumps({"words": vocab.itos, "kinds": kinds, "bytes": width}).encode()
    header += b" " * (-len(header) % 4)  # two-byte ids must begin on an even address
    return struct.pack("<I", len(header)) + header + ids.astype(f"<u{width}").tobytes()


@cache
def _human_numbers_file(split: str) -> bytes:
    stream = human_numbers_stream()
    return stream_file(stream.ids(split), stream.vocab)
