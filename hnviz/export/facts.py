"""What the browser must know of a run to read texts with its network: form, words, weights."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.data import corpus_of, numbers_of, stream_of
from hnviz.models.catalogue import entry
from hnviz.runs.files import Tensors

STATISTICS = ("running_mean", "running_var")
"""What batch norm keeps in a snapshot beside its weights."""


def facts_of(config: RunConfig) -> dict[str, Any]:
    """Return a run's facts, as hnviz/export/js/look.js describes them."""
    net = entry(config.model)
    stretches = numbers_of(config).train if corpus_of(config).unit == "numbers" else ()
    return {
        "model": config.model,
        "nh": config.nh,
        "cell": net.recurrent.kind if net.recurrent else "",
        "layers": net.n_layers,
        "state": list(net.state),
        "norm": net.norm,
        "normInLoop": net.norm_in_loop,
        "nonlinearity": net.nonlinearity,
        "attends": net.attends,
        "window": None if net.stateful else config.bptt,
        "gates": list(net.gates),
        "gateTitles": {name: net.gate(name).title for name in net.gates},
        "signed": [name for name in net.gates if net.gate(name).signed],
        "bounded": net.nonlinearity == "tanh",
        "itos": list(stream_of(config).vocab.itos),
        "train": [[each.start, each.stop - 1] for each in stretches],
        "notebook": config.split == "notebook",
    }


def weights_of(config: RunConfig, snapshot: Tensors) -> dict[str, NDArray[Any]]:
    """Return what the forward pass needs of a snapshot, in half precision: 128 kB for a GRU."""
    net = entry(config.model)
    names = [f"{part.name}.{weight.name}" for part in net.parts for weight in part.weights]
    if net.norm == "bn":
        names += [f"{net.part('bn').name}.{name}" for name in STATISTICS]
    return {name: snapshot[name].astype(np.float16) for name in names}
