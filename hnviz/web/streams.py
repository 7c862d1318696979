"""A text as a file for the browser: the words, and one or two bytes a token."""

import json
import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hnviz.data import Vocab
from hnviz.data.tokens import kind_in_text


def stream_file(
    ids: NDArray[np.integer], vocab: Vocab, kind: Callable[[str], str] = kind_in_text
) -> bytes:
    """Pack a stream for the browser: header length, JSON header, one or two bytes a token.

    `kind` names the kind of a token.
    """
    width = 1 if len(vocab) <= 256 else 2
    kinds = [kind(token) for token in vocab.itos]
    header = json.dumps({"words": vocab.itos, "kinds": kinds, "bytes": width}).encode()
    header += b" " * (-len(header) % 4)  # two-byte ids must begin on an even address
    return struct.pack("<I", len(header)) + header + ids.astype(f"<u{width}").tobytes()
