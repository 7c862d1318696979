"""Observations against forward passes written by hand in numpy."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hnviz.data import BatchLayout, human_numbers_stream, number_words
from hnviz.learn import MODELS
from hnviz.learn.state import seen
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import (
    QUESTIONS,
    Counted,
    Subject,
    accuracy_by_position,
    count_on,
    counting_accuracy,
    states,
)
from hnviz.observe.progress import listen, reported
from tests import attention
from tests.sentences import Numbers, Recorded
from tests.subjects import made_up as subject
from tests.subjects import shipped

STREAM = human_numbers_stream()
VOCAB = STREAM.vocab
Array = NDArray[np.floating]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def learnt() -> Subject:
    """Model5 after a little training: right about some numbers and wrong about others."""
    return shipped("Model5", 120)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array) -> Array:
    return np.exp(x - x.max()) / np.exp(x - x.max()).sum()


class ByHand:
    """One model in eval mode, token by token, in double precision."""

    def __init__(self, subject: Subject) -> None:
        self.name = subject.config.model
        self.w = {n: v.double().numpy() for n, v in subject.model.state_dict().items()}
        net = CATALOGUE[self.name]  # an LSTM's cells follow its layers
        n_tensors = 1 if net.attends else len(net.state)  # and a Transformer's past is empty
        self.zeros = [np.zeros(subject.config.nh)] * net.n_layers * n_tensors

    def bn(self, x: Array) -> Array:
        w = self.w
        centred = (x - w["bn.running_mean"]) / np.sqrt(w["bn.running_var"] + 1e-5)
        return centred * w["bn.weight"] + w["bn.bias"]

    def token(self, index: int, h: list[Array]) -> tuple[Array, list[Array]]:
        """Read one token; return the probabilities of the next, and each layer's state."""
        w, x = self.w, self.w["i_h.weight"][index]
        if self.name == "Transformer":
            h, _ = attention.step(w, index, h)
            return softmax(attention.answer(w, h)), h
        if self.name in ("Model5", "Model5Reg"):
            h = [self.gru(0, x, h[0]), h[1]]
            h = [h[0], self.gru(1, h[0], h[1])]
            out = self.bn(h[1]) if self.name == "Model5" else h[1]
        elif self.name == "LSTM":
            low, low_cell = self.lstm(0, x, h[0], h[2])
            high, high_cell = self.lstm(1, low, h[1], h[3])
            h, out = [low, high, low_cell, high_cell], self.bn(high)
        elif self.name in ("Model4", "IRNN"):
            arrived = w["rnn.weight_ih_l0"] @ x + w["rnn.bias_ih_l0"]
            summed = arrived + w["rnn.weight_hh_l0"] @ h[0] + w["rnn.bias_hh_l0"]
            h = [np.tanh(summed) if self.name == "Model4" else np.maximum(summed, 0)]
            out = self.bn(h[0])
        else:
            sums = w["h_h.weight"] @ (h[0] + x) + w["h_h.bias"]
            h = [np.tanh(sums) if self.name == "Model3Tanh" else np.maximum(sums, 0)]
            if CATALOGUE[self.name].norm_in_loop:
                h = [self.bn(h[0])]
                out = h[0]
            else:
                out = self.bn(h[0])
        return softmax(w["h_o.weight"] @ out + w["h_o.bias"]), h

    def gru(self, layer: int, x: Array, h: Array) -> Array:
        w = {name: self.w[f"rnn.{name}_l{layer}"] for name in ("weight_ih", "weight_hh")}
        b = {name: self.w[f"rnn.{name}_l{layer}"] for name in ("bias_ih", "bias_hh")}
        r_x, z_x, n_x = np.split(w["weight_ih"] @ x + b["bias_ih"], 3)
        r_h, z_h, n_h = np.split(w["weight_hh"] @ h + b["bias_hh"], 3)
        r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
        return (1 - z) * np.tanh(n_x + r * n_h) + z * h

    def lstm(self, layer: int, x: Array, h: Array, cell: Array) -> tuple[Array, Array]:
        w = {name: self.w[f"rnn.{name}_l{layer}"] for name in ("weight_ih", "weight_hh")}
        b = {name: self.w[f"rnn.{name}_l{layer}"] for name in ("bias_ih", "bias_hh")}
        sums = w["weight_ih"] @ x + b["bias_ih"] + w["weight_hh"] @ h + b["bias_hh"]
        i, f, g, o = np.split(sums, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(cell), cell

    def read(self, ids: list[int]) -> tuple[Array, list[Array]]:
        h = self.zeros
        for index in ids:
            probabilities, h = self.token(index, h)
        return probabilities, h


def tokens_of(*numbers: int) -> list[int]:
    words = [word for number in numbers for word in (*number_words(number).split(), ",")]
    return VOCAB.numericalize(words).tolist()


def window(name: str) -> int | None:
    return None if CATALOGUE[name].stateful else subject(name).config.bptt


@pytest.mark.parametrize("name", MODELS)
def test_states_are_those_of_a_hand_written_pass(name: str) -> None:
    ids = STREAM.valid[40:57]
    h, expected = ByHand(subject(name)).zeros, []
    for place, index in enumerate(ids.tolist()):
        if window(name) and place % window(name) == 0:
            h = ByHand(subject(name)).zeros
        _, h = ByHand(subject(name)).token(index, h)
        expected.append(h[: CATALOGUE[name].n_layers])
    came = states(subject(name), ids)
    assert came.dtype == np.float32
    assert came.shape == (CATALOGUE[name].n_layers, 17, 16)
    np.testing.assert_allclose(came, np.array(expected).transpose(1, 0, 2), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in MODELS if CATALOGUE[name].stateful])
def test_states_are_those_of_one_pass_over_the_stretch(name: str) -> None:
    model, ids = subject(name).model, STREAM.train[:50]
    with torch.no_grad():
        _, after = model(torch.tensor(ids)[None], model.init_state(1))
    last = states(subject(name), ids)[:, -1]
    np.testing.assert_allclose(last, seen(after)[:, 0], atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_counts_on_as_a_hand_written_one(name: str) -> None:
    by_hand, text = ByHand(subject(name)), tokens_of(118, 119, 120)
    said = count_on(subject(name), [118, 119, 120], 2)
    assert len(said) == 24 or VOCAB.itos[said[-1].id] == ","
    for each in said:
        longest = window(name)
        probabilities, _ = by_hand.read(text[-longest:] if longest else text)
        assert each.id == probabilities.argmax()
        assert each.probability == pytest.approx(probabilities.max(), abs=1e-6)
        text.append(each.id)


def test_counting_on_stops_after_n_commas() -> None:
    for n in (1, 2, 4):
        said = count_on(learnt(), [56, 57, 58], n)
        assert [VOCAB.itos[each.id] for each in said].count(",") == n
        assert VOCAB.itos[said[-1].id] == ","


def right_by_saying(subject: Subject, number: int, given: int) -> bool:
    """Whether a number is right, found by letting the model say it."""
    said = [each.id for each in count_on(subject, range(max(1, number - given), number), 1)]
    return said == tokens_of(number)


def some(counted: Counted) -> Iterator[tuple[int, bool]]:
    """Pick as many numbers that the model says right as others."""
    chance = np.random.default_rng(0)
    for right in (True, False):
        for number in chance.choice(counted.number[counted.right == right], 30, replace=False):
            yield int(number), right


def forgetful(bptt: int) -> Subject:
    """A network as it answers without a kept state, from windows of bptt tokens."""
    config = replace(shipped("Model4").config, bptt=bptt)
    subject = Subject(config, VOCAB, deepcopy(shipped("Model4").model))
    subject.model.stateful = False
    return subject


def test_counting_accuracy_of_a_model_that_keeps_no_state() -> None:
    subject = forgetful(bptt=9)
    for number, right in some(counting_accuracy(subject)):
        assert right_by_saying(subject, number, 3) == right


def test_a_window_that_holds_the_prompt_sees_what_a_kept_state_sees() -> None:
    seen, kept = (counting_accuracy(each, given=1) for each in (forgetful(20), shipped("Model4")))
    np.testing.assert_array_equal(seen.right, kept.right)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_has_learnt_nothing_counts_nothing_on(name: str) -> None:
    assert not counting_accuracy(subject(name)).right.any()


def test_observing_changes_nothing() -> None:
    model = learnt().model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for question, params in (("units", {"ids": [12, 9, 13]}), ("count_on", {"number": 7})):
        QUESTIONS[question](learnt(), params)
    QUESTIONS["counting_accuracy"](learnt(), {})
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_counting_on_from_a_number() -> None:
    arrays, meta, *_ = QUESTIONS["count_on"](learnt(), {"number": 41, "given": 2, "n": 2})
    said = count_on(learnt(), [40, 41], 2)
    json.dumps(meta)
    assert meta["given"] == [40, 41]
    assert arrays["ids"].tolist() == [each.id for each in said]
    assert [each["truth"] for each in meta["said"]] == [42, 43]
    words = [word for each in meta["said"] for word in each["words"]]
    assert words == [VOCAB.itos[each.id] for each in said]
    for each in meta["said"]:
        assert len(each["probabilities"]) == len(each["words"])
        assert each["right"] == (each["words"] == [*number_words(each["truth"]).split(), ","])


@pytest.mark.parametrize(("number", "given_"), [(1, [1]), (2, [1, 2]), (9996, [9994, 9995, 9996])])
def test_a_prompt_is_cut_at_one(number: int, given_: list[int]) -> None:
    _, meta, *_ = QUESTIONS["count_on"](learnt(), {"number": number})
    assert meta["given"] == given_
    assert len(meta["said"]) == 3


def test_the_share_of_numbers_that_are_right() -> None:
    arrays, meta, *_ = QUESTIONS["counting_accuracy"](learnt(), {"given": 3})
    right = dict(zip(arrays["number"].tolist(), arrays["right"].tolist(), strict=True))
    assert len(right) == 7998 + 1 + 1999  # 8000 is in neither share
    inside = [right[number] for number in range(2, 8000)]
    assert meta == {
        "given": 3,
        "train": pytest.approx(np.mean(inside)),
        "valid": pytest.approx(np.mean([right[number] for number in range(8001, 10000)])),
    }


@pytest.mark.parametrize(
    ("question", "params", "numbers"),
    [
        ("units", {"ids": [1.5]}, (1, 2_000, 0, 38, 1.5)),
        ("units", {"ids": [1, 39]}, (1, 2_000, 0, 38, 1, 39)),
        ("units", {"ids": [-1]}, (1, 2_000, 0, 38, 1)),
        ("units", {"ids": [10**30]}, (1, 2_000, 0, 38, "1000000000000000000000000000000")),
        ("units", {"ids": [[1], [2, 3]]}, (1, 2_000, 0, 38, 1, 2, 3)),
        ("units", {"ids": "abc"}, (1, 2_000, 0, 38)),
        ("units", {"ids": None}, ()),
        ("count_on", {}, (1, 9_996)),
        ("count_on", {"number": 0}, (1, 9_996, 0)),
        ("count_on", {"number": 9997}, (1, 9_996, "9997")),
        ("count_on", {"number": 9, "n": 21}, (1, 20, 21)),
        ("count_on", {"number": "9"}, (1, 9_996, 9)),
        ("count_on", {"number": True}, (1, 9_996)),
        ("count_on", {"number": 9, "given": 6}, (1, 5, 6)),
        ("count_on", {"nr": 9}, ()),
        ("counting_accuracy", {"given": 0}, (1, 5, 0)),
        ("counting_accuracy", {"given": 2.0}, (1, 5, 2.0)),
    ],
)
def test_params_that_cannot_be_used_are_one_sentence(
    question: str, params: dict[str, object], numbers: Numbers, recorded: Recorded
) -> None:
    with pytest.raises(ValueError) as error:
        QUESTIONS[question](subject("Model5"), params)
    recorded(str(error.value), *numbers)


@settings(deadline=None, max_examples=10)
@given(name=st.sampled_from(list(MODELS)), start=st.integers(0, 12_000), n=st.integers(1, 12))
def test_a_state_depends_on_what_came_before_alone(name: str, start: int, n: int) -> None:
    ids = STREAM.valid[start : start + 15]
    whole, part = states(subject(name), ids), states(subject(name), ids[:n])
    np.testing.assert_array_equal(whole[:, :n], part)


def right_by_hand(subject_: Subject, ids: NDArray[np.int64], reset: bool) -> Array:
    """Accuracy at each position, (bptt,): row after row, token after token."""
    by_hand = ByHand(subject_)
    layout = BatchLayout(len(ids), subject_.config.bs, subject_.config.bptt)
    right = np.zeros(layout.bptt)
    for row in range(layout.bs):
        h = by_hand.zeros
        for batch in range(layout.n_batches):
            h = by_hand.zeros if reset else h
            for step in range(layout.bptt):
                position = layout.position(batch, row, step)
                probabilities, h = by_hand.token(int(ids[position]), h)
                right[step] += probabilities.argmax() == ids[(position + 1) % len(ids)]
    return right / (layout.n_batches * layout.bs)


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("name", [name for name in MODELS if CATALOGUE[name].predicts == "every"])
def test_accuracy_by_position_is_that_of_a_hand_written_pass(name: str, reset: bool) -> None:
    # An LSTM with the other models' made-up weights says only words that the text lacks.
    built = subject(name, spread=0.6, seed=1) if name == "LSTM" else subject(name)
    small = replace(built, config=replace(built.config, bs=7))
    ids = STREAM.valid[:220]
    expected = right_by_hand(small, ids, reset)
    assert 0 < expected.max() < 1
    np.testing.assert_allclose(accuracy_by_position(small, ids, reset=reset), expected, atol=1e-6)


def test_accuracy_by_position_of_a_trained_model() -> None:
    reply = QUESTIONS["accuracy_by_position"](learnt(), {"split": "valid", "reset": True})
    kept = QUESTIONS["accuracy_by_position"](learnt(), {"split": "valid", "reset": False})
    accuracy = reply.arrays["accuracy"]
    assert accuracy.shape == (20,) and accuracy.dtype == np.float64
    assert accuracy[0] < kept.arrays["accuracy"][0]
    assert reply.meta == {"split": "valid", "reset": True, "mean": accuracy.mean()}


@pytest.mark.parametrize(
    ("name", "params", "numbers"),
    [
        ("Model1", {}, ()),
        ("Model5", {"split": "test"}, ()),
        ("Model5", {"reset": 1}, (1,)),
        ("Model5", {"n": 1}, ()),
    ],
)
def test_accuracy_by_position_says_what_it_cannot_use(
    name: str, params: dict[str, object], numbers: Numbers, recorded: Recorded
) -> None:
    with pytest.raises(ValueError) as error:
        QUESTIONS["accuracy_by_position"](subject(name), params)
    recorded(str(error.value), *numbers)


def test_progress_counts_what_is_named_and_not_its_groups() -> None:
    heard: list[tuple[int, int, str]] = []
    listen(lambda *reached: heard.append(reached))
    try:
        assert list(reported("ab", "numbers", [512, 30])) == ["a", "b"]
        assert list(reported("ab", "probes")) == ["a", "b"]
        counting_accuracy(shipped("Model4"), given=1)
    finally:
        listen(lambda *_: None)
    assert {each[1:] for each in heard[4:]} == {(9_998, "numbers")}
    assert heard[:4] == [
        (0, 542, "numbers"),
        (512, 542, "numbers"),
        (0, 2, "probes"),
        (1, 2, "probes"),
    ]
