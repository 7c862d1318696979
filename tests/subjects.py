"""Models to look into: the shipped ones, and ones made up so that no weight is 0 or 1."""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.data import human_numbers_stream
from hnviz.learn import build_model
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import Subject
from hnviz.runs import SHIPPED_DIR, RunFolder


def fresh(model: str, step: int | str = "last", **weights: Any) -> Subject:
    """A shipped snapshot that the test may write into; `weights` take the place of its own."""
    folder = RunFolder(SHIPPED_DIR / model)
    snapshot = dict(folder.load_snapshot(folder.resolve_step(step)))
    return Subject.load(folder.config, snapshot | weights)


@cache
def shipped(model: str, step: int | str = "last", *, exact: bool = False) -> Subject:
    """A shipped snapshot; with `exact` in double precision, so that no order of a sum shows."""
    found = fresh(model, step)
    if exact:
        found.model.double()
    return found


def adding() -> Subject:
    """A network that forgets nothing: it adds up all that it has read."""
    nh = fresh("Model3").config.nh
    words = fresh("Model3").model.i_h.weight.detach().abs().numpy()
    weights = {"h_h.weight": np.eye(nh), "h_h.bias": np.zeros(nh), "i_h.weight": words}
    found = fresh("Model3", **weights)
    found.model.double()
    return found


@cache
def made_up(
    model: str,
    *,
    spread: float = 0.3,
    seed: int = 3,
    dtype: torch.dtype = torch.float32,
    **options: Any,
) -> Subject:
    """A model whose every weight, and batch norm's statistics, differ from 0 and 1.

    `options` are those of its config.
    """
    options = {"nh": 16, "bptt": 5, "device": "cpu"} | options
    options["bptt"] = min(options["bptt"], CATALOGUE[model].max_bptt or options["bptt"])
    config = RunConfig.for_model(model, **options)
    vocab = human_numbers_stream().vocab
    built = build_model(config, len(vocab)).eval()
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, value in built.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.randn_like(value) * spread)
                if name == "bn.running_var":
                    value.abs_().add_(0.1)
    return Subject(config, vocab, built.to(dtype))


def answers_of(subject: Subject, ids: NDArray[Any]) -> NDArray[Any]:
    """Return torch's logits after each token; without a carried state, windows start from zeros."""
    state, found = None, []
    for at, index in enumerate(ids.tolist()):
        if subject.window and at % subject.window == 0:
            state = None
        logits, state = subject.answer(torch.tensor([[index]]), state)
        found.append(logits[0].numpy())
    return np.stack(found)
