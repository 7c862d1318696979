"""The models: what the catalogue says of them, their first weights, and their fast forms."""

import os
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from hnviz.config import RunConfig
from hnviz.learn import (
    FAST,
    MODELS,
    DeviceError,
    LanguageModel,
    Learner,
    build_model,
    form_used,
    load_model,
    resolve_device,
)
from hnviz.learn.build import be_exact_on_cuda
from hnviz.learn.state import seen, tensors
from hnviz.models.catalogue import CATALOGUE, LADDER
from hnviz.models.spec import GRU
from tests.small import small_config, small_stream

NV, NH = 39, 64


def twins(first: str, second: str) -> tuple[LanguageModel, LanguageModel]:
    """Two models of equal weights, none of them 0 or 1."""
    torch.manual_seed(1)
    a, b = MODELS[first](NV, NH), MODELS[second](NV, NH)
    for weight in a.parameters():
        nn.init.normal_(weight, std=0.2)
    b.load_state_dict(a.state_dict())
    return a, b


def tokens(bs: int, bptt: int, seed: int = 0) -> Tensor:
    return torch.randint(NV, (bs, bptt), generator=torch.Generator().manual_seed(seed))


def test_the_registry_is_the_catalogue() -> None:
    assert list(MODELS) == list(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_model_is_what_the_catalogue_says(name: str) -> None:
    entry, model = CATALOGUE[name], MODELS[name](NV, 48)
    assert (model.predicts, model.stateful) == (entry.predicts, entry.stateful)
    parts = {part: type(module).__name__ for part, module in model.named_children()}
    assert parts == {part.name: part.kind for part in entry.parts}
    shapes = {weight: tuple(value.shape) for weight, value in model.named_parameters()}
    assert shapes == {
        f"{part.name}.{weight.name}": weight.shape(NV, 48)
        for part in entry.parts
        for weight in part.weights
        if not weight.tied
    }
    assert sum(weight.numel() for weight in model.parameters()) == entry.n_weights(NV, 48)
    state = model.init_state(5)
    assert len(tensors(state)) == len(entry.state)
    assert seen(state).shape == (entry.n_layers, 5, 48)


@given(
    name=st.sampled_from(list(MODELS)),
    bs=st.integers(2, 5),
    bptt=st.integers(1, 6),
    fast=st.booleans(),
)
def test_shapes_in_and_out(name: str, bs: int, bptt: int, fast: bool) -> None:
    bptt = min(bptt, CATALOGUE[name].max_bptt or bptt)
    model = (FAST if fast and name in FAST else MODELS)[name](NV, 8)
    state = model.init_state(bs)
    assert not any(each.any() for each in tensors(state))
    logits, after = model(tokens(bs, bptt), state)
    assert logits.shape == ((bs, NV) if model.predicts == "last" else (bs, bptt, NV))
    shapes = [each.shape for each in tensors(state)]
    if CATALOGUE[name].attends:  # what it has read so far
        shapes[1] = (CATALOGUE[name].n_layers, bptt, bs, 8)
    assert [each.shape for each in tensors(after)] == shapes
    assert not any(each.any() for each in tensors(state))  # the caller's state is left alone


@pytest.mark.parametrize("name", [name for name in MODELS if name not in ("Transformer", "IRNN")])
def test_first_weights_are_the_seeds_first_numbers(name: str) -> None:
    torch.manual_seed(7)
    i_h = nn.Embedding(NV, NH).weight
    make: dict[str, Callable[[], nn.Module]] = {
        "Model4": lambda: nn.RNN(NH, NH),
        "Model5": lambda: nn.GRU(NH, NH, 2),
        "LSTM": lambda: nn.LSTM(NH, NH, 2),
        "Model5Reg": lambda: nn.GRU(NH, NH, 2),
    }
    hidden = make.get(name, lambda: nn.Linear(NH, NH))()
    h_o = nn.Linear(NH, NV)
    model = build_model(RunConfig.for_model(name, seed=7), NV)
    expected = [i_h, *hidden.parameters(), *h_o.parameters(), torch.ones(NH), torch.zeros(NH)]
    if name == "Model5Reg":  # no batch norm, and the embedding's weights a second time
        expected = [i_h, *hidden.parameters(), h_o.bias]
    for ours, theirs in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@pytest.mark.parametrize("name", [name for name in MODELS if CATALOGUE[name].norm == "bn"])
def test_uniform_bn_init_changes_batch_norms_weights_alone(name: str) -> None:
    ones = build_model(RunConfig.for_model(name), NV).state_dict()
    uniform = build_model(RunConfig.for_model(name, bn_init="uniform"), NV).state_dict()
    differing = [key for key in ones if not torch.equal(ones[key], uniform[key])]
    assert differing == ["bn.weight"]
    drawn = uniform["bn.weight"]
    assert 0 <= drawn.min() < 0.1 < 0.9 < drawn.max() < 1


def test_the_irnn_passes_a_state_on_unchanged_before_training() -> None:
    model = build_model(RunConfig.for_model("IRNN"), NV)
    assert torch.equal(model.rnn.weight_hh_l0, torch.eye(NH))
    assert not model.rnn.bias_hh_l0.any() and not model.rnn.bias_ih_l0.any()
    state = torch.rand(1, 3, NH)
    nothing = torch.zeros(3, 5, NH)  # in place of five words
    torch.testing.assert_close(model.rnn(nothing, state)[1], state)


def test_tied_weights_are_one_tensor_that_is_learned_and_stored_once_a_name() -> None:
    model = build_model(RunConfig.for_model("Model5Reg"), NV)
    assert model.h_o.weight is model.i_h.weight
    stored = {key: value.numpy().copy() for key, value in model.state_dict().items()}
    assert {"h_o.weight", "i_h.weight"} <= set(stored)
    again = load_model(RunConfig.for_model("Model5Reg"), NV, stored)
    assert again.h_o.weight is again.i_h.weight
    x = tokens(3, 7)
    assert torch.equal(again(x, again.init_state(3))[0], model.eval()(x, model.init_state(3))[0])


def test_dropout_acts_in_training_alone() -> None:
    model, x = build_model(RunConfig.for_model("Model5Reg"), NV), tokens(3, 7)
    zeros = model.init_state(3)
    assert not torch.equal(model(x, zeros)[0], model(x, zeros)[0])
    model.eval()
    assert torch.equal(model(x, zeros)[0], model(x, zeros)[0])


def test_a_transformer_reads_token_by_token_what_it_reads_at_once() -> None:
    model, x = build_model(RunConfig.for_model("Transformer"), NV).eval(), tokens(3, 9)
    whole, after = model(x, model.init_state(3))
    state, said = model.init_state(3), []
    for cut in (x[:, :1], x[:, 1:5], x[:, 5:]):
        logits, state = model(cut, state)
        said.append(logits)
    torch.testing.assert_close(torch.cat(said, 1), whole, rtol=1e-5, atol=1e-5)
    for one, other in zip(tensors(state), tensors(after), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_a_transformer_sees_no_later_word() -> None:
    model, x = build_model(RunConfig.for_model("Transformer"), NV).eval(), tokens(1, 9)
    other = x.clone()
    other[0, 5] = (other[0, 5] + 1) % NV
    one, two = (model(each, model.init_state(1))[0][0] for each in (x, other))
    torch.testing.assert_close(one[:5], two[:5])
    assert ((one[5:] - two[5:]).abs().max(-1).values > 1e-4).all()


@pytest.mark.parametrize("bptt", [1, 2, 3])
def test_model1_is_model0_bit_for_bit(bptt: int) -> None:
    model0, model1 = twins("Model0", "Model1")
    x, zeros = tokens(16, bptt), model0.init_state(16)
    (logits0, state0), (logits1, state1) = model0(x, zeros), model1(x, zeros)
    assert torch.equal(logits0, logits1)
    assert torch.equal(state0, state1)
    logits0.square().sum().backward()
    logits1.square().sum().backward()
    for a, b in zip(model0.parameters(), model1.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)
    assert torch.equal(model0.bn.running_var, model1.bn.running_var)


def test_model3_is_model2_on_a_first_batch_and_differs_once_it_keeps_its_state() -> None:
    model2, model3 = twins("Model2", "Model3")
    x, zeros = tokens(64, 20), model2.init_state(64)
    (first2, _), (first3, kept) = model2(x, zeros), model3(x, zeros)
    torch.testing.assert_close(first2, first3, rtol=0, atol=1e-5)
    torch.testing.assert_close(model2.bn.running_var, model3.bn.running_var)
    (second2, _), (second3, _) = model2(x, zeros), model3(x, kept)
    assert (second2 - second3).abs().max() > 0.1


def step(model: LanguageModel, x: Tensor, h: Tensor) -> dict[str, Tensor]:
    """One pass there and back, and all that it leaves behind."""
    h = h.clone().requires_grad_()
    logits, after = model(x, h)
    (logits.sin().sum() + after.sum()).backward()
    grads = {f"grad of {name}": weight.grad for name, weight in model.named_parameters()}
    left = {"logits": logits, "h": after, "grad of h": h.grad, **grads, **model.state_dict()}
    return {name: tensor.detach().clone() for name, tensor in left.items()}


@pytest.mark.parametrize("name", FAST)
@settings(deadline=None, max_examples=25)
@given(bs=st.integers(2, 70), bptt=st.integers(1, 30), seed=st.integers(0, 99), train=st.booleans())
def test_fast_form_is_the_plain_one(name: str, bs: int, bptt: int, seed: int, train: bool) -> None:
    """In double precision, where another order of the same arithmetic cannot hide a mistake."""
    plain, _ = twins(name, name)
    fast = FAST[name](NV, NH)
    fast.load_state_dict(plain.state_dict())
    h = torch.randn(bs, NH, generator=torch.Generator().manual_seed(seed)).double()
    for window in range(2):
        x = tokens(bs, bptt, seed + window)
        expected, came = (step(model.double().train(train), x, h) for model in (plain, fast))
        for key, value in expected.items():
            scale = max(1.0, value.abs().max().item())
            assert (came[key] - value).abs().max().item() < 1e-9 * scale, key


@pytest.mark.parametrize("name", FAST)
def test_fast_form_is_the_plain_one_to_1e_5_in_a_recipes_window(name: str) -> None:
    plain = build_model(RunConfig.for_model(name), NV)
    fast = build_model(RunConfig.for_model(name, form="fast"), NV)
    x, h = tokens(64, 20), plain.init_state(64)
    expected, came = step(plain, x, h), step(fast, x, h)
    for key, value in expected.items():
        scale = max(1.0, value.abs().max().item())
        assert (came[key] - value).abs().max().item() < 1e-5 * scale, key


def test_fast_running_statistics_are_those_of_one_call_a_step() -> None:
    model = FAST["Model3"](NV, NH)
    one_by_one = nn.BatchNorm1d(NH)
    h = model.init_state(8)
    x = tokens(8, 5)
    model(x, h)
    for each in x.unbind(1):
        h = torch.relu(model.h_h(h + model.i_h(each)))
        one_by_one(h)
    assert model.bn.num_batches_tracked == one_by_one.num_batches_tracked == 5
    torch.testing.assert_close(model.bn.running_mean, one_by_one.running_mean)
    torch.testing.assert_close(model.bn.running_var, one_by_one.running_var)


def test_the_form_that_is_used() -> None:
    assert list(FAST) == ["Model2", "Model3"]
    assert list(FAST) == [name for name, entry in CATALOGUE.items() if entry.has_fast_form]
    for name in MODELS:
        config = RunConfig.for_model(name, form="fast")
        assert form_used(config) == ("fast" if name in FAST else "plain")
        assert type(build_model(config, NV)) is FAST.get(name, MODELS[name])
        assert form_used(RunConfig.for_model(name)) == "plain"


@pytest.mark.parametrize("name", MODELS)
def test_a_float16_snapshot_becomes_a_float32_model_in_eval_mode(name: str) -> None:
    config = RunConfig.for_model(name, form="fast")
    weights = build_model(config, NV).state_dict()
    half = {
        key: value.numpy().astype(np.float16) if value.is_floating_point() else value.numpy()
        for key, value in weights.items()
    }
    model = load_model(config, NV, half | {"state": np.zeros(1, dtype=np.float16)})
    assert type(model) is MODELS[name]
    assert not model.training
    for key, value in model.state_dict().items():
        assert value.dtype == weights[key].dtype
        torch.testing.assert_close(value, weights[key], rtol=1e-3, atol=1e-6)


def test_a_snapshot_of_another_model_is_one_sentence() -> None:
    snapshot = {k: v.numpy() for k, v in MODELS["Model1"](NV, 8).state_dict().items()}
    with pytest.raises(ValueError, match="does not fit Model1 with nv 39 and nh 64"):
        load_model(RunConfig.for_model("Model1"), NV, snapshot)
    with pytest.raises(ValueError, match="does not fit Model5"):
        load_model(RunConfig.for_model("Model5", nh=8), NV, snapshot)


def test_a_run_on_cuda_asks_for_exact_products_first(monkeypatch: pytest.MonkeyPatch) -> None:
    class AskedError(Exception):
        pass

    def ask() -> None:
        raise AskedError

    monkeypatch.setattr("hnviz.learn.learner.device_of", lambda config: config.device)
    monkeypatch.setattr("hnviz.learn.learner.be_exact_on_cuda", ask)
    Learner(small_config("Model5", device="cpu"), small_stream())
    with pytest.raises(AskedError):
        Learner(small_config("Model5", device="cuda"), small_stream())


def test_cuda_keeps_to_float32_and_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    flags = torch.backends.cudnn.flags(enabled=True, deterministic=False, allow_tf32=True)
    with flags:  # put back afterwards
        be_exact_on_cuda()
        assert not torch.backends.cudnn.allow_tf32 and torch.backends.cudnn.deterministic
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def test_cpu_is_had_without_a_look_at_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    def touched() -> bool:
        raise AssertionError("cuda was touched")

    monkeypatch.setattr(torch.cuda, "is_available", touched)
    assert resolve_device("cpu") == "cpu"


def test_auto_takes_cuda_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for available, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda answer=available: answer)
        assert resolve_device("auto") == expected


def test_metal_is_had_on_request_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert (resolve_device("auto"), resolve_device("mps")) == ("cpu", "mps")


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_one_sentence(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=f"device '{device}' is not available.*can use cpu"):
        resolve_device(device)


@settings(deadline=None)
@given(name=st.sampled_from(list(MODELS)), bs=st.integers(1, 3), bptt=st.integers(1, 3))
def test_a_config_is_refused_just_where_batch_norm_cannot_learn(
    name: str, bs: int, bptt: int
) -> None:
    model = MODELS[name](NV, 4)
    try:
        model(tokens(bs, bptt), model.init_state(bs))
    except ValueError as error:
        assert "Expected more than 1 value per channel" in str(error)
        with pytest.raises(ValueError, match="bs must be at least 2, got 1"):
            RunConfig.for_model(name, bs=bs, bptt=bptt)
    else:
        RunConfig.for_model(name, bs=bs, bptt=bptt)


def test_each_recipe_says_what_the_notebook_did() -> None:
    recipes = [CATALOGUE[name].recipe for name in LADDER]
    assert [(r.bptt, r.epochs, r.lr, r.pct_start, r.bs, r.nh) for r in recipes] == [
        (3, 6, 1e-4, 0.3, 64, 64),
        (3, 6, 1e-4, 0.3, 64, 64),
        (20, 10, 1e-4, 0.1, 64, 64),
        (20, 20, 3e-3, 0.3, 64, 64),
        (20, 20, 3e-3, 0.3, 64, 64),
        (20, 10, 1e-2, 0.3, 64, 64),
    ]


def test_the_grus_reset_gate_acts_after_the_matrix_as_its_text_says():
    """n = tanh(W_in x + b_in + r * (W_hn h + b_hn)), and not W_hn (r * h)."""
    torch.manual_seed(0)
    cell, x, h = nn.GRUCell(3, 4).double(), torch.randn(2, 3).double(), torch.randn(2, 4).double()
    given, kept = x @ cell.weight_ih.T + cell.bias_ih, h @ cell.weight_hh.T + cell.bias_hh
    r, z = ((given + kept)[:, part].sigmoid() for part in (slice(0, 4), slice(4, 8)))
    n = (given[:, 8:] + r * kept[:, 8:]).tanh()
    torch.testing.assert_close(cell(x, h), (1 - z) * n + z * h)
    assert "matrix times the old state" in GRU.gates[0].meaning
    assert "acts after the matrix" in GRU.in_words
