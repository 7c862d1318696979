"""Read and write weights and other tensors as safetensors files, in numpy."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from hnviz import disk
from hnviz.config import RunConfig
from hnviz.models.catalogue import entry
from hnviz.runs.errors import DamagedRun
from hnviz.runs.files import write_atomic, written_whole
from hnviz.runs.reading import parse, read_bounded

Tensors = dict[str, np.ndarray]

CHECKSUM = "checksum"
"""The entry of a checkpoint's metadata that holds its checksum."""

MOST_HEADER = 2**20
"""The most bytes of a header. A real one has a few thousand; parsing takes ten times its size."""

MOST_SAID = 200
"""The most characters of what safetensors says of a file: it may quote the header."""


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write named arrays to a file atomically. Raises RunWriteError."""
    write_atomic(path, save(_ordered(tensors)), "snapshot")


def write_checkpoint(path: Path, before: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write named arrays with a checksum, down to the disk. Raises RunWriteError.

    The checkpoint that was at `path` stays at `before`.
    """
    ordered = _ordered(tensors)
    content = save(ordered, metadata={CHECKSUM: _checksum(ordered)})
    with written_whole(path):
        disk.replace_and_keep(path, content, before, "resume")


def read_tensors(path: Path, most: int) -> Tensors:
    """Read named arrays from a file of at most `most` bytes; a checksum, if there, must be right.

    Raises FileNotFoundError or DamagedRun.
    """
    try:
        content = read_bounded(path, most)
        header = _header(content)
        tensors = load(content)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedRun(f"{path.name} cannot be read ({error.strerror})") from error
    except (SafetensorError, ValueError, KeyError) as error:
        said = str(error)[:MOST_SAID]  # it may quote the header
        raise DamagedRun(f"{path.name} cannot be read ({said})") from error
    told = header.get("__metadata__", {}).get(CHECKSUM)
    if told is not None and told != _checksum(tensors):
        raise DamagedRun(f"{path.name} was changed after it was written: its checksum is wrong")
    return tensors


def _ordered(tensors: Mapping[str, np.ndarray]) -> Tensors:
    """Return the arrays in C order, since safetensors copies an array's memory as it is."""
    return {name: np.asarray(each, order="C") for name, each in tensors.items()}


def _header(content: bytes) -> dict[str, Any]:
    """Return the header of a safetensors file. Raises ValueError."""
    length = int.from_bytes(content[:8], "little")
    if length > MOST_HEADER:
        raise ValueError(f"it has a header of {length:,} bytes, more than {MOST_HEADER:,}")
    header = parse(content[8 : 8 + length])
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
        raise ValueError("its header is no JSON object")
    return header


def _checksum(tensors: Mapping[str, np.ndarray]) -> str:
    """Digest names, types, shapes and values."""
    digest = blake2b(digest_size=16)
    for name, each in sorted(tensors.items()):
        digest.update(f"{name} {each.dtype.str} {each.shape};".encode())
        digest.update(np.ascontiguousarray(each).data)
    return digest.hexdigest()


def check_weights(tensors: Tensors, config: RunConfig, name: str) -> None:
    """Raise DamagedRun unless every weight of the config's model is present in its shape.

    The size of the vocabulary, nv, is read from the embedding: this check does not know the
    corpus.
    """
    words = f"{entry(config.model).part('i_h').name}.weight"
    embedding = tensors.get(words)
    if embedding is None or embedding.ndim != 2:
        raise DamagedRun(f"{name} holds no embedding {words} of two dimensions")
    for part in entry(config.model).parts:
        for weight in part.weights:
            key = f"{part.name}.{weight.name}"
            wanted = weight.shape(len(embedding), config.nh)
            found = tensors.get(key)
            if found is None or found.shape != wanted:
                came = "nothing" if found is None else f"shape {found.shape}"
                raise DamagedRun(
                    f"{name}: {config.model} needs {key} of shape {wanted}; got {came}"
                )
