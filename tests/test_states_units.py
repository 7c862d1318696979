"""Units x tokens, gates too, against forward passes written by hand; the order of units."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from hnviz.data import human_numbers_stream
from hnviz.learn import MODELS
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS, Subject, checkpoints
from hnviz.observe.passes import read_states
from hnviz.observe.units import clustered
from tests import attention
from tests.subjects import adding, shipped

STREAM = human_numbers_stream()
PLACES = [
    {"split": "valid", "first": 0, "n": 30},
    {"split": "valid", "first": 97, "n": 60},
    {"split": "train", "first": 601, "n": 24},
]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def subject(model: str) -> Subject:
    return shipped(model, exact=True)


def ask(model: str, **params):
    return QUESTIONS["units"](subject(model), params)


class ByHand:
    """One model, token by token, with numpy alone; keeps what every gate was."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.w = {n: v.double().numpy() for n, v in subject(model).model.state_dict().items()}

    def read(self, ids: list[int]) -> list[list[dict[str, np.ndarray]]]:
        """One list a token, one entry a layer in it."""
        zeros = np.zeros(subject(self.model).config.nh)
        window = None if CATALOGUE[self.model].stateful else subject(self.model).config.bptt
        h, seen = [zeros, zeros], []
        attends = CATALOGUE[self.model].attends
        self.cells = [zeros, zeros]  # of an LSTM
        for place, index in enumerate(ids):
            if window and place % window == 0:
                h = [zeros, zeros]
            if attends:
                h, _ = attention.step(self.w, index, h)
                seen.append([{"state": h[0]}, {"state": h[1]}])
                continue
            layers = self.token(self.w["i_h.weight"][index], h)
            h = [layer["state"] for layer in layers]
            seen.append(layers)
        return seen

    def token(self, x, h):
        w = self.w
        if self.model in ("Model5", "Model5Reg"):
            low = self.gru(0, x, h[0])
            return [low, self.gru(1, low["state"], h[1])]
        if self.model == "LSTM":
            low = self.lstm(0, x, h[0])
            return [low, self.lstm(1, low["state"], h[1])]
        if self.model in ("Model4", "IRNN"):
            given = w["rnn.weight_ih_l0"] @ x + w["rnn.bias_ih_l0"]
            kept = w["rnn.weight_hh_l0"] @ h[0] + w["rnn.bias_hh_l0"]
            squashed = np.tanh if self.model == "Model4" else lambda sums: np.maximum(sums, 0)
            return [{"state": squashed(given + kept)}]
        sums = w["h_h.weight"] @ (h[0] + x) + w["h_h.bias"]
        after = np.tanh(sums) if self.model == "Model3Tanh" else np.maximum(sums, 0)
        if CATALOGUE[self.model].norm_in_loop:
            spread = np.sqrt(w["bn.running_var"] + 1e-5)
            after = (after - w["bn.running_mean"]) / spread * w["bn.weight"] + w["bn.bias"]
        return [{"state": after}]

    def gru(self, layer, x, h):
        given = self.w[f"rnn.weight_ih_l{layer}"] @ x + self.w[f"rnn.bias_ih_l{layer}"]
        kept = self.w[f"rnn.weight_hh_l{layer}"] @ h + self.w[f"rnn.bias_hh_l{layer}"]
        n = len(h)
        reset = 1 / (1 + np.exp(-(given[:n] + kept[:n])))
        update = 1 / (1 + np.exp(-(given[n : 2 * n] + kept[n : 2 * n])))
        candidate = np.tanh(given[2 * n :] + reset * kept[2 * n :])
        state = (1 - update) * candidate + update * h
        return {"state": state, "reset": reset, "update": update, "candidate": candidate}

    def lstm(self, layer, x, h):
        given = self.w[f"rnn.weight_ih_l{layer}"] @ x + self.w[f"rnn.bias_ih_l{layer}"]
        kept = self.w[f"rnn.weight_hh_l{layer}"] @ h + self.w[f"rnn.bias_hh_l{layer}"]
        put_in, forget, candidate, put_out = np.split(given + kept, 4)
        put_in, forget, put_out = (1 / (1 + np.exp(-sum_)) for sum_ in (put_in, forget, put_out))
        candidate = np.tanh(candidate)
        self.cells[layer] = forget * self.cells[layer] + put_in * candidate
        state = put_out * np.tanh(self.cells[layer])
        gates = {"input": put_in, "forget": forget, "candidate": candidate, "output": put_out}
        return {"state": state, **gates}


def assert_same(values, wanted):
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_stretch_is_that_of_the_pass_over_its_split(model, place):
    first, n = place["first"], place["n"]
    seen = ByHand(model).read(STREAM.ids(place["split"])[: first + n].tolist())[first:]
    for layer in range(CATALOGUE[model].n_layers):
        for show in ("state", *CATALOGUE[model].gates):
            values = ask(model, **place, layer=layer, show=show).arrays["values"]
            assert_same(values, np.array([token[layer][show] for token in seen]).T)


@pytest.mark.parametrize("model", MODELS)
def test_a_phrase_is_read_from_zeros(model):
    ids = STREAM.valid[40:101].tolist()
    seen = ByHand(model).read(ids)
    for show in ("state", *CATALOGUE[model].gates):
        came = ask(model, ids=ids, show=show)  # the last layer, unless another is named
        assert_same(came.arrays["values"], np.array([token[-1][show] for token in seen]).T)
        assert came.arrays["ids"].tolist() == ids
    assert came.meta["layer"] == CATALOGUE[model].n_layers - 1
    assert came.meta["window"] == subject(model).window


@pytest.mark.parametrize("model", [name for name, net in CATALOGUE.items() if net.stateful])
def test_far_from_the_beginning_the_state_is_that_of_a_reading_from_the_first_token(model):
    far, n = 3_980, 30
    wanted = read_states(subject(model), STREAM.valid[: far + n])
    for layer, states in enumerate(wanted):
        place = {"split": "valid", "first": far, "n": n, "layer": layer}
        assert_same(ask(model, **place).arrays["values"], states[far:].T)
    for show in CATALOGUE[model].gates:
        gate = ask(model, split="valid", first=far, n=n, show=show).arrays["values"]
        longer = ask(model, split="valid", first=far - 1900, n=1900 + n, show=show)
        assert_same(gate, longer.arrays["values"][:, 1900:])


def tokens_read(read_by: Subject, question):
    """Count the tokens that a subject's words are looked up for while a question is answered."""
    counted = []
    words = read_by.model.i_h
    handle = words.register_forward_hook(lambda _, args, __: counted.append(args[0].shape[-1]))
    question()
    handle.remove()
    return sum(counted)


@pytest.mark.parametrize("first", [3_040, 12_900])
def test_a_stretch_far_away_is_not_read_from_the_beginning(first):
    fresh = replace(subject("Model5"))
    for moved, most in ((0, 900), (40, 400)):  # the second time its checkpoint is there
        place = {"split": "valid", "first": first + moved, "n": 60}
        n = tokens_read(fresh, lambda place=place: QUESTIONS["units"](fresh, place))
        assert 60 <= n <= most
    place = {"split": "valid", "first": first, "n": 60}
    reading = tokens_read(fresh, lambda: QUESTIONS["unit_order"](fresh, place))
    assert reading == 0  # it is that of the state, which was read a moment ago


def test_a_network_that_does_not_forget_is_read_on_from_its_last_checkpoint():
    network = adding()
    place = {"split": "valid", "first": 1_500, "n": 30}
    values = QUESTIONS["units"](network, place).arrays["values"]
    wanted = network.model.i_h.weight.detach().numpy()[STREAM.valid[:1_530]].cumsum(axis=0)
    np.testing.assert_allclose(values, wanted[1_500:].T, rtol=1e-6)


def test_checkpoints_go_with_their_subject():
    fresh = replace(subject("Model5"))
    checkpoints.nearest(fresh, "valid", 3_040)
    held = weakref.ref(fresh)
    del fresh
    gc.collect()
    assert held() is None


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({}, ()),
        ({"ids": [1], "split": "valid"}, ()),
        ({"ids": []}, (1, 2_000, 0, 38)),
        (
            {"ids": [9] * 10_000},
            (1, 2_000, 0, 38, 10_000, *[9] * 20),
        ),
        ({"ids": [39]}, (1, 2_000, 0, 38, 39)),
        ({"split": "test", "first": 0, "n": 1}, ()),
        ({"split": "valid", "first": 13_017, "n": 1}, (0, 13_016, "13017")),
        ({"split": "valid", "n": 1}, ()),
        ({"split": "valid", "first": 0, "n": 2001}, (1, 2_000, "2001")),
        ({"split": "valid", "first": 13_000, "n": 18}, (13_016, 17, 13_000, 18)),
        ({"ids": [9], "layer": 2}, (0, 1, 2)),
        ({"ids": [9], "show": "forget"}, ()),
        ({"ids": [9], "units": 3}, ()),
    ],
)
def test_what_cannot_be_shown_is_told(params, numbers, recorded):
    for question in ("units", "unit_order"):
        with pytest.raises(ValueError) as error:
            QUESTIONS[question](subject("Model5"), params)
        recorded(str(error.value), *numbers)


def test_a_model_without_gates_says_so():
    with pytest.raises(ValueError, match="Model4 has no gates: show its state"):
        ask("Model4", ids=[9], show="reset")


@pytest.mark.parametrize("model", CATALOGUE)
def test_whatever_can_be_shown_has_a_number_for_each_unit(model):
    for show in CATALOGUE[model].shows:
        assert ask(model, ids=[9, 10], show=show).arrays["values"].shape == (64, 2)


def test_a_transformers_past_cannot_be_shown():
    with pytest.raises(ValueError, match="show must be one of state; got 'past'"):
        ask("Transformer", ids=[9], show="past")


def test_units_that_go_together_stand_together():
    rng = np.random.default_rng(0)
    waves = rng.standard_normal((4, 90))
    group = np.tile(np.arange(4), 8)  # 32 units, in turns of four groups
    values = 5 * waves[group] + rng.standard_normal((32, 90)) + group[:, None]
    order = clustered(values)
    assert sorted(order.tolist()) == list(range(32))
    assert (np.diff(group[order]) != 0).sum() == 3  # each group is one block


@pytest.mark.parametrize("shape", [(1, 9), (2, 1), (7, 9)])
def test_units_that_do_not_move_are_ordered_too(shape):
    assert sorted(clustered(np.full(shape, 0.5)).tolist()) == list(range(shape[0]))


def test_the_order_is_that_of_what_is_shown():
    place = {"split": "valid", "first": 0, "n": 60, "layer": 0, "show": "update"}
    order = QUESTIONS["unit_order"](subject("Model5"), place).arrays["order"]
    np.testing.assert_array_equal(order, clustered(ask("Model5", **place).arrays["values"]))
