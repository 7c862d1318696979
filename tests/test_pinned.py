"""A pinned tensor's figures, against plain forward and backward passes."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.figures.pinned_text import pinned_sentence
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS, Subject
from hnviz.observe.cursor import LEVELS
from tests.subjects import made_up

STREAM = human_numbers_stream()


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def subject(model: str) -> Subject:
    return made_up(model, bs=6, nh=16, bptt=5)


def read(of: Subject):
    longest = min(of.config.bptt, CATALOGUE[of.config.model].max_bptt or of.config.bptt)
    batch = BatchLayout(len(STREAM.valid), of.config.bs, longest).batch(STREAM.valid, 0)
    return torch.from_numpy(batch.x), torch.from_numpy(batch.y)


def loss_of(of: Subject, logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    if of.model.predicts == "last":
        return F.cross_entropy(logits, y[:, -1])
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())


@pytest.mark.parametrize("model", CATALOGUE)
def test_the_answers_have_the_gradient_of_cross_entropy(model):
    of = subject(model)
    x, y = read(of)
    steps = QUESTIONS["cursor"](of, {}).meta["steps"]
    reply = QUESTIONS["pinned"](of, {"line": len(steps) - 1})
    with torch.no_grad():
        logits, _ = of.model(x, of.model.init_state(len(x)))
        flat = logits if logits.ndim == 2 else logits.flatten(0, 1)
        targets = y[:, -1] if logits.ndim == 2 else y.flatten()
        wanted = (flat.softmax(-1) - F.one_hot(targets, flat.shape[-1])) / len(flat)
    assert reply.meta["shape"] == list(logits.shape)
    assert reply.meta["norm"] == pytest.approx(logits.norm().item(), rel=1e-5)
    assert reply.meta["gradient_norm"] == pytest.approx(wanted.norm().item(), rel=1e-4)
    assert reply.meta["loss"] == pytest.approx(F.cross_entropy(flat, targets).item(), rel=1e-5)
    levels = np.quantile(logits.numpy(), LEVELS)
    assert reply.arrays["levels"] == pytest.approx(levels, rel=1e-4, abs=1e-5)
    assert reply.arrays["gradient"] == pytest.approx(
        np.quantile(wanted.numpy(), LEVELS), rel=1e-3, abs=1e-7
    )


@pytest.mark.parametrize("model", ["Model0", "Model2", "Model3"])
def test_a_tensor_within_the_loop_has_the_gradient_that_a_hook_sees(model):
    of = subject(model)
    x, y = read(of)
    outputs: list[torch.Tensor] = []

    def keep(_module, _given, output):
        outputs.append(output)

    hook = of.model.h_h.register_forward_hook(keep)
    with torch.enable_grad():
        logits, _ = of.model(x, of.model.init_state(len(x)))
        gradients = torch.autograd.grad(loss_of(of, logits, y), outputs)
    hook.remove()
    steps = QUESTIONS["cursor"](of, {}).meta["steps"]
    calls = [
        (at, number)
        for at, step in enumerate(steps)
        for number, made in enumerate(step["made"])
        if made["module"] == "h_h"
    ]
    assert len(calls) == len(outputs) >= 3
    for (line, tensor), output, gradient in zip(calls, outputs, gradients, strict=True):
        meta = QUESTIONS["pinned"](of, {"line": line, "tensor": tensor}).meta
        assert meta["norm"] == pytest.approx(output.norm().item(), rel=1e-5)
        assert meta["gradient_norm"] == pytest.approx(gradient.norm().item(), rel=1e-4)
    opening = QUESTIONS["pinned"](of, {}).meta["line"]
    assert opening == (calls[0] if model == "Model0" else calls[2])[0]


def test_what_the_loss_does_not_depend_on_has_no_gradient():
    of = subject("Model5")
    steps = QUESTIONS["cursor"](of, {}).meta["steps"]
    line, tensor = next(
        (at, number)
        for at, step in enumerate(steps)
        for number, made in enumerate(step["made"])
        if any("state" in name for name in made["names"])
    )
    reply = QUESTIONS["pinned"](of, {"line": line, "tensor": tensor})
    assert reply.meta["gradient_norm"] is None and reply.arrays["gradient"].size == 0
    assert "has no gradient" in pinned_sentence(reply.meta, 0)


def test_nothing_of_the_model_changes():
    of = subject("Model3")
    before = {name: value.clone() for name, value in of.model.state_dict().items()}
    QUESTIONS["pinned"](of, {})
    assert all(torch.equal(before[name], value) for name, value in of.model.state_dict().items())
    assert all(weight.grad is None for weight in of.model.parameters())


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"line": 9999}, "line must be a whole number from 0 to"),
        ({"line": "1"}, "line must be a whole number"),
        ({"line": 0}, "line 0 made no tensor"),
        ({"line": 3, "tensor": 40}, "tensor must be a whole number from 0 to"),
        ({"row": 1}, "has no parameter 'row'"),
    ],
)
def test_wrong_places_are_refused_in_one_sentence(params, said):
    with pytest.raises(ValueError, match=said):
        QUESTIONS["pinned"](subject("Model2"), params)


def test_the_sentence_has_the_tensors_own_numbers(recorded):
    meta = {
        "number": 128,
        "loops": {"t": 2},
        "label": "h = F.relu(h_h(h))",
        "shape": [64, 64],
        "norm": 109.04,
        "gradient_norm": 0.11723,
        "zeros": 0.49,
    }
    recorded(pinned_sentence(meta, 800), 128, 2, 64, 64, 49, 0, 800, 109, 0.117)
