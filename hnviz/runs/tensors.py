"""Read and write weights and other tensors as safetensors files, in numpy."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from hnviz.catalogue import entry
from hnviz.config import RunConfig
from hnviz.runs.errors import DamagedRun
from hnviz.runs.files import write_atomic

Tensors = dict[str, np.ndarray]


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write named arrays to a file atomically. Raises RunWriteError."""
    # safetensors copies an array's memory as it is, so it must be in C order.
    write_atomic(path, save({name: np.asarray(t, order="C") for name, t in tensors.items()}))


def read_tensors(path: Path, cure: str) -> Tensors:
    """Read named arrays. Raises DamagedRun; its sentence ends with `cure`, what to do."""
    try:
        return load(path.read_bytes())
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise DamagedRun(f"{path.name} cannot be read ({error}); {cure}") from error


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
