"""Gradients through time: against formulas, autograd and finite differences written here."""

import pickle
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.figures.time_text import without_detach
from hnviz.learn import MODELS, build_model
from hnviz.learn.state import State, mapped, tensors
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS, Subject
from hnviz.observe.costs import MINI_BATCHES, backward_costs, saved_bytes, second_backward_error
from hnviz.observe.handover import handover
from hnviz.observe.looking_back import looked_back
from hnviz.observe.through_time import Windows, state_gradients, steps, stepwise_copy
from tests.sentences import Numbers, Recorded
from tests.subjects import made_up

STREAM = human_numbers_stream()
CARRYING = tuple(name for name, net in CATALOGUE.items() if net.stateful)
FORGETTING = tuple(name for name in CATALOGUE if name not in CARRYING)
HAVING_STATE = tuple(name for name, net in CATALOGUE.items() if not net.attends)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def subject(name: str, dtype: torch.dtype = torch.float32) -> Subject:
    return made_up(name, nh=5, bs=3, bptt=4, spread=0.6, seed=7, dtype=dtype)


def windows_of(built: Subject, first: int = 2) -> Windows:
    return Windows.cut(built, STREAM.train, first)


def head(model: nn.Module, state: State) -> Tensor:
    """The answer from a state, (rows, nv), as each model's class has it."""
    state = tensors(state)[0]
    last = state if state.ndim == 2 else state[-1]
    net = CATALOGUE[type(model).__name__]
    return model.h_o(model.bn(last) if net.norm and not net.norm_in_loop else last)


def losses(model: nn.Module, windows: Windows, way: str, pushes: list[State]) -> list[Tensor]:
    """Each mini-batch's losses by step, with pushes[t] added to the state after step t: a loop."""
    state, found, at = windows.state, [], 0
    for x, y in zip(windows.x, windows.y, strict=True):
        if way == "reset":
            state = model.init_state(len(x))
        elif way == "detach":
            state = mapped(state, Tensor.detach)
        each = []
        for step in range(x.shape[1]):
            _, state = model(x[:, step : step + 1], state)
            state = added(state, pushes[at])
            at += 1
            each.append(F.cross_entropy(head(model, state), y[:, step]))
        found.append(torch.stack(each))
    return found


def counted(model: nn.Module, found: list[Tensor], every: bool) -> Tensor:
    """The sum of the mini-batches' losses, or the last one's last loss."""
    all_count = every and model.predicts == "every"
    return sum(each.mean() if all_count else each[-1] for each in found[0 if every else -1 :])


def added(state: State, push: State) -> State:
    both = zip(tensors(state), tensors(push), strict=True)
    sums = tuple(one + other for one, other in both)
    return sums if isinstance(state, tuple) else sums[0]


def no_pushes(windows: Windows, **options: bool) -> list[State]:
    n = sum(x.shape[1] for x in windows.x)
    zeros = [mapped(windows.state, torch.zeros_like) for _ in range(n)]
    return [mapped(each, lambda one: one.requires_grad_(**options)) for each in zeros]


@pytest.mark.parametrize("name", MODELS)
def test_step_by_step_is_the_whole_window(name: str) -> None:
    built = subject(name)
    x = torch.tensor(STREAM.train[:12].reshape(3, 4)[:, : built.config.bptt])
    with torch.no_grad():
        whole, state = built.model(x, built.model.init_state(3))
        said, states = zip(*steps(stepwise_copy(built), x, built.model.init_state(3)), strict=True)
    expected = whole if built.model.predicts == "last" else whole[:, -1]
    torch.testing.assert_close(said[-1], expected, atol=1e-6, rtol=1e-6)
    for one, other in zip(tensors(states[-1]), tensors(state), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-6)
    if built.model.predicts == "every":
        torch.testing.assert_close(torch.stack(said, 1), whole, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("way", ["reset", "detach", "keep"])
@pytest.mark.parametrize("name", HAVING_STATE)
def test_gradients_are_autograds_through_a_loop_by_hand(name: str, way: str, every: bool) -> None:
    built = subject(name)
    windows = windows_of(built)
    found = getattr(state_gradients(built, windows, every=every), way)
    if name in FORGETTING and way != "reset":
        assert found is None
        return
    pushes = no_pushes(windows)
    total = counted(built.model, losses(built.model, windows, way, pushes), every)
    parts = [one for push in pushes for one in tensors(push)]
    expected = torch.autograd.grad(total, parts, allow_unused=True, materialize_grads=True)
    rows = len(windows.x[0])
    squares = [each.square().reshape(-1, rows, each.shape[-1]).sum((0, 2)) for each in expected]
    tensors_first = torch.stack(squares).reshape(len(pushes), -1, rows)
    norms = tensors_first.sum(1).sqrt().numpy()  # (steps, rows): over both tensors of an LSTM's
    norms = np.median(norms, axis=1)
    np.testing.assert_allclose(found, norms, atol=1e-6)
    assert max(norms) > 0.01


@pytest.mark.parametrize("name", HAVING_STATE)
def test_gradients_are_finite_differences(name: str) -> None:
    built = subject(name, torch.float64)
    windows = windows_of(built)
    way = "keep" if name in CARRYING else "reset"
    both = (False, True)
    found = [getattr(state_gradients(built, windows, every=every), way) for every in both]
    n, width = len(found[0]), 1e-6
    for step in (n - 1, n - 2, n - windows.x[0].shape[1], 0):
        slopes = []
        for part, place in places(windows.state):
            ends = []
            for push in (width, -width):
                pushes = no_pushes(windows, requires_grad=False)
                tensors(pushes[step])[part].view(-1)[place] = push
                with torch.no_grad():
                    each = losses(built.model, windows, way, pushes)
                ends.append([counted(built.model, each, every).item() for every in both])
            slopes.append(np.subtract(*ends) / (2 * width))
        rows = [row_of(windows.state, *place) for place in places(windows.state)]
        for gradients, of_places in zip(found, np.transpose(slopes), strict=True):
            norms = np.sqrt(np.bincount(rows, np.square(of_places)))
            assert gradients[step] == pytest.approx(np.median(norms), rel=1e-3, abs=1e-9)


def row_of(state: State, part: int, place: int) -> int:
    rows, units = tensors(state)[part].shape[-2:]
    return place // units % rows


def places(state: State) -> list[tuple[int, int]]:
    return [(part, at) for part, one in enumerate(tensors(state)) for at in range(one.numel())]


def test_relu_by_hand() -> None:
    """Model3 and the chain rule: back through W where the unit is on, else nothing."""
    built = subject("Model3", torch.float64)
    windows, model = windows_of(built), built.model
    w = {name: value.numpy() for name, value in model.state_dict().items()}
    h, states = windows.state.numpy(), []
    for x in windows.x:
        for step in range(x.shape[1]):
            h = np.maximum((h + w["i_h.weight"][x[:, step]]) @ w["h_h.weight"].T + w["h_h.bias"], 0)
            states.append(h)
    scale = w["bn.weight"] / np.sqrt(w["bn.running_var"] + 1e-5)
    out = (h - w["bn.running_mean"]) * scale + w["bn.bias"]
    logits = out @ w["h_o.weight"].T + w["h_o.bias"]
    share = np.exp(logits - logits.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    share[np.arange(len(h)), windows.y[-1][:, -1]] -= 1
    back = share / len(h) @ w["h_o.weight"] * scale
    expected = [np.median(np.linalg.norm(back, axis=1))]
    for state in states[:0:-1]:
        back = (back * (state > 0)) @ w["h_h.weight"]
        expected.append(np.median(np.linalg.norm(back, axis=1)))
    found = state_gradients(built, windows, every=False).keep
    np.testing.assert_allclose(found, expected[::-1], atol=1e-6)


def test_tanh_by_hand() -> None:
    """One unit, one row: each step back multiplies by w (1 - h^2)."""
    config = RunConfig.for_model("Model4", nh=1, bs=1, bptt=4, device="cpu")
    model = build_model(config, len(STREAM.vocab)).eval().double()
    with torch.no_grad():
        model.rnn.weight_hh_l0.fill_(0.8)
    built = Subject(config, STREAM.vocab, model)
    windows = windows_of(built, 0)
    seen = [each.item() for x in windows.x for _, each in _walk(built, windows, x)]
    found = state_gradients(built, windows, every=False).keep
    ratios = [0.8 * (1 - h**2) for h in seen[1:]]
    np.testing.assert_allclose(found[:-1] / found[1:], ratios, atol=1e-6)


def _walk(built: Subject, windows: Windows, x: Tensor):
    """A window's steps, from the state that the windows before it leave."""
    with torch.no_grad():
        state = windows.state
        for before in windows.x:
            if before is x:
                break
            state = built.model(before, state)[1]
        yield from steps(built.model, x, state)


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("name", CARRYING)
def test_a_cut_takes_away_what_lies_beyond_it(name: str, every: bool) -> None:
    found = state_gradients(subject(name), windows_of(subject(name)), every=every)
    np.testing.assert_allclose(found.keep[-4:], found.detach[-4:], rtol=1e-6)
    if every:
        assert (found.detach > 0).all()
        assert not np.allclose(found.keep[:8], found.detach[:8])
    else:
        assert (found.detach[:8] == 0).all() and (found.reset[:8] == 0).all()
        assert (found.keep[:8] > 0).any()


def test_the_state_before_comes_from_two_mini_batches() -> None:
    built = subject("Model5")
    layout = BatchLayout(len(STREAM.train), built.config.bs, built.config.bptt)
    assert windows_of(built, 0).n_before == 0
    assert (windows_of(built, 0).state == 0).all()
    windows = windows_of(built, 9)
    with torch.no_grad():
        state = built.model.init_state(3)
        for number in (7, 8):
            _, state = built.model(torch.from_numpy(layout.batch(STREAM.train, number).x), state)
    assert windows.n_before == 2
    torch.testing.assert_close(windows.state, state)
    np.testing.assert_array_equal(windows.x[1], layout.batch(STREAM.train, 10).x)
    assert (windows_of(subject("Model2"), 9).state == 0).all()


DISTINCT = STREAM.vocab.numericalize(["four", "thousand", ",", "nine", "hundred", "two"])


@pytest.mark.parametrize("name", MODELS)
def test_looking_back_is_the_gradient_of_a_words_row(name: str) -> None:
    """No word stands twice, so a place's gradient is that of its word's row in the embedding."""
    built = subject(name)
    found = looked_back(built, DISTINCT, np.arange(6))
    assert found.norms.shape == (6, 6)
    weight = built.model.i_h.weight
    for row in range(6):
        first = max(0, row + 1 - (built.window or 6))
        read = torch.from_numpy(DISTINCT[None, first : row + 1])
        said = [said for said, _ in steps(built.model, read, built.model.init_state(1))][-1][0]
        (gradient,) = torch.autograd.grad(said.max(), weight)
        expected = np.zeros(6)
        expected[first : row + 1] = gradient[DISTINCT[first : row + 1]].norm(dim=1)
        np.testing.assert_allclose(found.norms[row], expected, atol=1e-6)
        assert found.answers[row] == said.argmax()
        assert (found.norms[row, :first] == 0).all() and found.norms[row, row] > 0


@pytest.mark.parametrize("name", MODELS)
def test_looking_back_is_a_finite_difference(name: str) -> None:
    built = subject(name, torch.float64)
    last = (built.window or 6) - 1
    found, width = looked_back(built, DISTINCT, np.array([last])), 1e-6
    answer = int(found.answers[0])
    weight = built.model.i_h.weight
    for word in range(last + 1):
        slopes = []
        for unit in range(built.config.nh):
            ends = []
            for push in (width, -width):
                with torch.no_grad():
                    weight[DISTINCT[word], unit] += push
                ends.append(
                    built.answer(torch.from_numpy(DISTINCT[None, : last + 1]))[0][0, answer]
                )
                with torch.no_grad():
                    weight[DISTINCT[word], unit] -= push
            slopes.append((ends[0] - ends[1]).item() / (2 * width))
        assert found.norms[0, word] == pytest.approx(np.linalg.norm(slopes), rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_one_row_is_that_of_the_map(name: str) -> None:
    ids = STREAM.valid[30:50].tolist()
    whole = QUESTIONS["look_back"](subject(name), {"ids": ids})
    for row in (0, 3, 19):
        one = QUESTIONS["look_back"](subject(name), {"ids": ids, "row": row})
        assert one.meta["rows"] == [row]
        assert one.meta["answers"] == [whole.meta["answers"][row]]
        # One row may be summed in another order than twenty: float32's last places differ.
        np.testing.assert_allclose(
            one.arrays["norms"][0], whole.arrays["norms"][row], rtol=1e-5, atol=1e-6
        )
    assert (np.triu(whole.arrays["norms"], 1) == 0).all()


@pytest.mark.parametrize("name", CARRYING)
def test_a_second_backward_is_the_error_that_torch_raises(name: str) -> None:
    built = subject(name)
    model, x = built.model, torch.tensor(STREAM.train[:4].reshape(1, 4))
    _, state = model(x[:, :2], model.init_state(1))
    tensors(state)[0].sum().backward()
    with pytest.raises(RuntimeError) as raised:
        tensors(model(x[:, 2:], state)[1])[0].sum().backward()
    model.zero_grad()
    said = second_backward_error(built, STREAM.train)
    assert said == f"RuntimeError: {raised.value}"
    assert "second time" in said and "retain_graph=True" in said


@pytest.mark.parametrize("name", FORGETTING)
def test_a_second_backward_cannot_happen_without_a_carried_state(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} carries no state"):
        second_backward_error(subject(name), STREAM.train)


@pytest.mark.parametrize("name", HAVING_STATE)
def test_saved_bytes_grow_with_every_step_by_the_same(name: str) -> None:
    bptts = (1, 2, 3) if name == "Model0" else (2, 4, 6)
    costs = [backward_costs(subject(name), STREAM.train, bptt) for bptt in bptts]
    way = "detach" if name in CARRYING else "reset"
    saved = [cost[way].saved for cost in costs]
    assert saved[2] - saved[1] == saved[1] - saved[0] > 0
    assert all(cost[way].seconds > 0 for cost in costs)
    if name in CARRYING:
        for cost in costs:
            assert 2.5 * cost["detach"].saved < cost["keep"].saved <= 3 * cost["detach"].saved


@pytest.mark.parametrize("name", CARRYING)
def test_a_state_that_is_never_detached_costs_more_with_each_mini_batch(
    name: str, recorded: Recorded
) -> None:
    reply = QUESTIONS["undetached"](subject(name), {})
    saved = [step["saved"] for step in reply.meta["steps"]]
    assert len(saved) == MINI_BATCHES and all(step["seconds"] > 0 for step in reply.meta["steps"])
    growth = {after - before for before, after in pairwise(saved)}
    assert len(growth) == 1 and min(growth) > 0.4 * saved[0]  # as much again for the state's path
    assert saved[0] <= backward_costs(subject(name), STREAM.train, 4)["detach"].saved
    assert reply.meta["error"] == second_backward_error(subject(name), STREAM.train)
    said = without_detach(name, reply.meta)
    recorded(said, part="Trying to backward through the")
    assert f"holds **{saved[-1] / 1e6:.1f} MB**" in said and f"{name}, 3 rows of 4 tokens." in said


@pytest.mark.parametrize("name", ["Model2", "Transformer"])
def test_without_a_carried_state_there_is_nothing_to_detach(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} carries no state"):
        QUESTIONS["undetached"](subject(name), {})


def test_a_graph_that_is_kept_does_not_outlive_an_update() -> None:
    """Why the cost is measured with the weights as they are."""
    model = deepcopy(subject("Model3").model).requires_grad_()  # others use that one
    x = torch.tensor(STREAM.train[:8].reshape(2, 1, 4))
    adam = torch.optim.AdamW(model.parameters())
    state = model.init_state(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        for window in x:
            logits, state = model(window, state)
            logits.sum().backward(retain_graph=True)
            adam.step()


def test_attention_saves_more_with_each_step() -> None:
    """Each token looks at all before it, so what a step needs grows with the window."""
    saved = [
        backward_costs(subject("Transformer"), STREAM.train, n)["reset"].saved for n in (2, 4, 6)
    ]
    assert saved[2] - saved[1] > saved[1] - saved[0] > 0


def test_attention_has_no_state_to_go_back_along() -> None:
    with pytest.raises(ValueError, match="Transformer has no state through which a gradient"):
        QUESTIONS["state_gradients"](subject("Transformer"), {})


class Twice(nn.Module):
    """Saves one state twice and its own weight."""

    predicts, stateful = "last", False

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(7))

    def init_state(self, bs: int) -> Tensor:
        return torch.ones(bs, 7)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = h * self.weight  # saves h and the weight, which takes a gradient
        return h * h, h  # saves the new h twice


def test_a_storage_is_counted_once_and_no_weight() -> None:
    x = torch.zeros(2, 3, dtype=torch.int64)
    state = 2 * 7 * 4  # bytes of one state
    logits = state  # cross-entropy saves the log-probabilities
    total = saved_bytes(Twice(), (x,))
    assert (
        total - 2 * state - logits == 3 * 2 * 8 + 4
    )  # the targets' storage, and the mean's weight


@pytest.mark.parametrize("name", CARRYING)
def test_handover_is_two_passes_by_hand(name: str) -> None:
    built = replace(subject(name), config=replace(subject(name).config, bptt=6))
    train, valid = STREAM.train[:300], STREAM.valid[:200]
    before, after = BatchLayout(300, 3, 6), BatchLayout(200, 3, 6).batch(valid, 0)
    with torch.no_grad():
        state = built.model.init_state(3)
        for number in range(before.n_batches - 3, before.n_batches):
            _, state = built.model(torch.from_numpy(before.batch(train, number).x), state)
        said = [
            built.model(torch.from_numpy(after.x), each)[0].argmax(-1).numpy()
            for each in (state, built.model.init_state(3))
        ]
    found = handover(built, train, valid)
    np.testing.assert_array_equal(found.carried, (said[0] == after.y).mean(0))
    np.testing.assert_array_equal(found.reset, (said[1] == after.y).mean(0))
    np.testing.assert_array_equal(found.agree, (said[0] == said[1]).mean(0))
    assert found.n_read == 3
    right, state, layout = [], built.model.init_state(3), BatchLayout(200, 3, 6)
    with torch.no_grad():
        for number in range(layout.n_batches):
            batch = layout.batch(valid, number)
            logits, state = built.model(torch.from_numpy(batch.x), state)
            right.append((logits.argmax(-1).numpy() == batch.y).mean())
    np.testing.assert_allclose(found.batches_reset, right)
    assert found.batches_carried[0] == pytest.approx(found.carried.mean())


@pytest.mark.parametrize("name", MODELS)
def test_observing_changes_no_weight(name: str) -> None:
    built = subject(name)
    before = pickle.dumps(built.model)
    for question, params in (
        ("state_gradients", {}),
        ("look_back", {"ids": [9, 10, 11]}),
        ("backward_costs", {"bptt": 2}),
        ("second_backward", {}),
        ("undetached", {}),
        ("handover", {}),
    ):
        try:
            QUESTIONS[question](built, params)
        except ValueError:
            assert name in FORGETTING
    assert not built.model.training
    assert pickle.dumps(built.model) == before
    assert all(each.requires_grad and each.grad is None for each in built.model.parameters())


def test_state_gradients_as_a_question() -> None:
    arrays, meta, *_ = QUESTIONS["state_gradients"](subject("Model5"), {"first": 4, "every": True})
    expected = state_gradients(subject("Model5"), windows_of(subject("Model5"), 4), every=True)
    for way in ("reset", "detach", "keep"):
        np.testing.assert_array_equal(arrays[way], getattr(expected, way))
    n_batches = BatchLayout(len(STREAM.train), 3, 4).n_batches
    assert meta == {
        "batches": [4, 5, 6],
        "bptt": 4,
        "bs": 3,
        "loss": expected.loss,
        "n_before": 2,
        "n_batches": n_batches,
    }
    assert set(QUESTIONS["state_gradients"](subject("Model2"), {}).arrays) == {"reset"}


def wide(bs: int, bptt: int) -> Subject:
    return replace(subject("Model3"), config=replace(subject("Model3").config, bs=bs, bptt=bptt))


@pytest.mark.parametrize(
    ("asked", "question", "params", "numbers"),
    [
        (wide(64, 4096), "state_gradients", {}, (50_079, 64, "4096", 1, 3)),
        (wide(512, 60), "state_gradients", {"first": 0}, (50_079, 512, 60, 2, 3)),
        (wide(64, 20), "state_gradients", {"first": 38}, (40, 0, 39, 3, 0, 37, 38)),
        (wide(64, 20), "state_gradients", {"first": -1}, (0, 1)),
        (wide(64, 20), "state_gradients", {"first": "5"}, (0, 5)),
        (wide(64, 20), "state_gradients", {"every": 1}, (1,)),
        (wide(64, 20), "state_gradients", {"loss": 1}, ()),
        (wide(64, 20), "look_back", {}, (1, 44, 0, 38)),
        (wide(64, 20), "look_back", {"ids": []}, (1, 44, 0, 38)),
        (
            wide(64, 20),
            "look_back",
            {"ids": [9] * 45},
            (1, 44, 0, 38, 45, *[9] * 20),
        ),
        (wide(64, 20), "look_back", {"ids": [39]}, (1, 44, 0, 38, 39)),
        (wide(64, 20), "look_back", {"ids": [9], "row": 1}, (0, 0, 1)),
        (wide(64, 20), "backward_costs", {"bptt": 81}, (1, 80, 81)),
        (subject("Model0"), "backward_costs", {"bptt": 4}, (1, 3, 4)),
        (wide(64, 20), "second_backward", {"a": 1}, ()),
        (subject("Model1"), "handover", {}, ()),
        (wide(64, 20), "handover", {"split": "valid"}, ()),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    asked: Subject, question: str, params: dict[str, object], numbers: Numbers, recorded: Recorded
) -> None:
    with pytest.raises(ValueError) as error:
        QUESTIONS[question](asked, params)
    recorded(str(error.value), *numbers)


def test_training_opens_the_reach() -> None:
    """The shipped runs: what vanished before training is there after it."""
    shares = {
        (name, step): far_share(name, step) for name in CARRYING for step in ("first", "last")
    }
    for name in CARRYING:
        least = 1e-8 if name == "LSTM" else 1e-4  # its three mini-batches are 150 steps, not 60
        assert shares[name, "first"] < 1e-9 < least < shares[name, "last"] < 1


def far_share(name: str, step: str) -> float:
    from hnviz.runs import RunStore, default_runs_dir

    folder = RunStore(default_runs_dir()).folder(name)
    at = folder.snapshots()[0] if step == "first" else "last"
    loaded = Subject.load(folder.config, folder.load_snapshot(at))
    keep: NDArray[np.float64] = QUESTIONS["state_gradients"](loaded, {}).arrays["keep"]
    return float(keep[0] / keep[-1])
