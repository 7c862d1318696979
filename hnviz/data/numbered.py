"""An own text as ids in a file beside it, so that no other process splits the text again.

The file is made from the text alone: without it, or with one that is damaged, the text is split.
"""

import json
import struct
from contextlib import suppress
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.data.corpora import texts
from hnviz.data.vocab import Vocab

SUFFIX = ".ids"
_LENGTH = struct.Struct("<I")  # of the header
_DIGEST = 16  # bytes, of all that follows them


class Numbered(NamedTuple):
    """Both splits as ids, int64 of shape (n_tokens,), and the hash of their tokens."""

    vocab: Vocab
    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    content_hash: str


def pack(found: Numbered) -> bytes:
    """Write it: a digest, the header's length, a JSON header, one or two bytes a token."""
    width = 1 if len(found.vocab) <= 256 else 2
    header = json.dumps(
        {
            "words": found.vocab.itos,
            "bytes": width,
            "train": len(found.train),
            "content_hash": found.content_hash,
        }
    ).encode()
    ids = (split.astype(f"<u{width}").tobytes() for split in (found.train, found.valid))
    body = b"".join([_LENGTH.pack(len(header)), header, *ids])
    return blake2b(body, digest_size=_DIGEST).digest() + body


def unpack(content: bytes) -> Numbered | None:
    """Read it; None if it is not as it was written."""
    body = content[_DIGEST:]
    if blake2b(body, digest_size=_DIGEST).digest() != content[:_DIGEST]:
        return None
    try:
        return _unpacked(body)
    except (struct.error, ValueError, TypeError, KeyError, RecursionError):
        return None  # of another version, or made by hand


def _unpacked(body: bytes) -> Numbered:
    (length,) = _LENGTH.unpack_from(body)
    start = _LENGTH.size + length
    header: dict[str, Any] = json.loads(body[_LENGTH.size : start])
    ids = np.frombuffer(body, f"<u{header['bytes']}", offset=start).astype(np.int64)
    train, valid = np.split(ids, [header["train"]])
    return Numbered(Vocab(tuple(header["words"])), train, valid, header["content_hash"])


def find(corpus_id: str) -> Numbered | None:
    """Look for the file of an own text's corpus."""
    for folder in texts.folders():
        with suppress(OSError):
            found = unpack((folder / f"{corpus_id}{SUFFIX}").read_bytes())
            if found is not None:
                return found
    return None
