"""Models of one's own, with two state tensors and gates: a class and a catalogue entry each."""

from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save
from torch import nn

from hnviz.config import RunConfig
from hnviz.data import human_numbers_stream
from hnviz.events import BatchEnd, Ended
from hnviz.figures.diagrams import rolled, unrolled
from hnviz.figures.sentences import gate_lines
from hnviz.figures.state_text import Seen, full_colour, is_signed, shown, units_sentence
from hnviz.figures.tables import parts_table
from hnviz.figures.theme import theme
from hnviz.learn import MODELS, LanguageModel, Learner
from hnviz.learn.state import tensors
from hnviz.models.catalogue import CATALOGUE
from hnviz.models.spec import Cell, Gate, Part, Weight
from hnviz.observe import QUESTIONS, Subject
from hnviz.observe.passes import read_text, read_together
from hnviz.runs.folder import check_weights
from tests.small import small_config, small_stream

STREAM = human_numbers_stream()
NH = 6


def gate(name: str, letter: str, squash: str) -> Gate:
    return Gate(
        name=name, title=f"{name} gate", letter=letter, squash=squash, equation=letter, meaning=name
    )


class Mixer(LanguageModel):
    """A loop by hand, with gates of its own and a memory beside its state."""

    predicts, stateful = "every", True

    def __init__(self, nv, nh):
        super().__init__(nv, nh)
        self.words = nn.Embedding(nv, nh)
        self.mix = nn.Linear(nh, 2 * nh)
        self.out = nn.Linear(nh, nv)
        self.norm = nn.BatchNorm1d(nh)

    def init_state(self, bs):
        zeros = self.out.bias.new_zeros(bs, self.mix.in_features)
        return zeros, zeros.clone()

    def gates(self, layer, given, before):
        keep, write = self.mix(given + before).chunk(2, dim=-1)
        return keep.sigmoid(), write.tanh()

    def forward(self, x, state):
        h, c = state
        res = []
        for t in range(x.shape[1]):
            keep, write = self.gates(0, self.words(x[:, t]), h)
            c = keep * c + (1 - keep) * write
            h = c.tanh()
            res.append(self.norm(h))
        return self.out(torch.stack(res, dim=1)), (h, c)


class Long(LanguageModel):
    """Two layers of nn.LSTM."""

    predicts, stateful = "every", True

    def __init__(self, nv, nh):
        super().__init__(nv, nh)
        self.words = nn.Embedding(nv, nh)
        self.mix = nn.LSTM(nh, nh, num_layers=2, batch_first=True)
        self.out = nn.Linear(nh, nv)
        self.norm = nn.BatchNorm1d(nh)

    def init_state(self, bs):
        zeros = self.out.bias.new_zeros(2, bs, self.mix.hidden_size)
        return zeros, zeros.clone()

    def gates(self, layer, given, before):
        p = dict(self.mix.named_parameters())
        sums = given @ p[f"weight_ih_l{layer}"].T + p[f"bias_ih_l{layer}"]
        sums = sums + before @ p[f"weight_hh_l{layer}"].T + p[f"bias_hh_l{layer}"]
        put_in, forget, candidate, put_out = sums.chunk(4, dim=-1)
        return put_in.sigmoid(), forget.sigmoid(), candidate.tanh(), put_out.sigmoid()

    def forward(self, x, state):
        res, state = self.mix(self.words(x), state)
        res = self.norm(res.flatten(0, 1)).view_as(res)
        return self.out(res), state


def parts(kind: str, weights: tuple[Weight, ...]) -> tuple[Part, ...]:
    others = {part.role: part for part in CATALOGUE["Model3"].parts}
    return (
        replace(others["i_h"], name="words"),
        Part("mix", "h_h", kind, weights),
        replace(others["h_o"], name="out"),
        replace(others["bn"], name="norm"),
    )


MIX = (Weight("weight", ("2*nh", "nh")), Weight("bias", ("2*nh",)))
LSTM = tuple(
    Weight(f"{name}_l{layer}", ("4*nh", "nh") if name.startswith("weight") else ("4*nh",))
    for layer in range(2)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
)
OWN = {
    "Mixer": (
        Mixer,
        replace(
            CATALOGUE["Model3"],
            name="Mixer",
            title="a memory by hand",
            parts=parts("Linear", MIX),
            cell=Cell(
                gates=(gate("keep", "k", "sigmoid"), gate("write", "w", "tanh")),
                equation="c' = k c + (1 - k) w",
                meaning="the mix of both",
            ),
            state=("h", "c"),
            nonlinearity="tanh",
            has_fast_form=False,
        ),
    ),
    "Long": (
        Long,
        replace(
            CATALOGUE["Model5"],
            name="Long",
            title="two layers of LSTM",
            parts=parts("LSTM", LSTM),
            cell=Cell(
                gates=(
                    gate("input", "i", "sigmoid"),
                    gate("forget", "f", "sigmoid"),
                    gate("candidate", "g", "tanh"),
                    gate("output", "o", "sigmoid"),
                ),
                equation="c' = f c + i g",
                meaning="the mix of both",
            ),
            state=("h", "c"),
        ),
    ),
}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    for name, (model, entry) in OWN.items():
        monkeypatch.setitem(MODELS, name, model)
        monkeypatch.setitem(CATALOGUE, name, entry)


@cache
def learnt(name: str) -> Learner:
    learner = Learner(RunConfig.for_model(name, nh=NH, bs=64, bptt=10, epochs=1, lr=0.01))
    for _ in islice(learner.events(), 60):
        pass
    return learner


def subject(name: str, *, exact: bool = False) -> Subject:
    found = Subject.load(learnt(name).config, learnt(name).snapshot())
    if exact:
        found.model.double()
    return found


def by_hand(of: Subject, ids) -> dict[str, np.ndarray]:
    """Each layer's states and gates, token by token: (n_layers, n, nh) each."""
    net, state = CATALOGUE[of.config.model], of.model.init_state(1)
    seen = {name: [[] for _ in range(net.n_layers)] for name in ("state", "c", *net.gates)}
    with torch.no_grad():
        for index in ids:
            before, given = state[0].view(net.n_layers, 1, NH), of.part("i_h").weight[None, index]
            _, state = of.model(torch.tensor([[index]]), state)
            after, cell = (each.view(net.n_layers, 1, NH) for each in state)
            for layer in range(net.n_layers):
                values = of.model.gates(layer, given, before[layer])
                for name, value in zip(net.gates, values, strict=True):
                    seen[name][layer].append(value[0])
                seen["state"][layer].append(after[layer, 0])
                seen["c"][layer].append(cell[layer, 0])
                given = after[layer]
    return {
        name: torch.stack([torch.stack(each) for each in layers]).numpy()
        for name, layers in seen.items()
    }


@pytest.mark.parametrize("name", OWN)
def test_it_learns_and_its_weights_are_those_of_the_catalogue(name):
    learner = Learner(small_config(name), small_stream())
    events = list(learner.events())
    losses = [event.loss for event in events if isinstance(event, BatchEnd)]
    assert isinstance(events[-1], Ended) and events[-1].status == "finished"
    assert losses[-1] < losses[0]
    snapshot = learner.snapshot()
    check_weights(snapshot, learner.config, "snapshot")
    assert {"state", "state.c"} <= snapshot.keys()
    assert np.abs(snapshot["state.c"]).max() > 0


def losses_of(learner: Learner) -> list[float]:
    return [event.loss for event in learner.events() if isinstance(event, BatchEnd)]


@pytest.mark.parametrize("name", OWN)
def test_it_resumes_bit_for_bit_with_both_tensors_of_its_state(name, recorded):
    config, stream = small_config(name), small_stream()
    whole = [
        event.loss for event in Learner(config, stream).events() if isinstance(event, BatchEnd)
    ]
    first = Learner(config, stream)
    list(islice(first.events(), 6))
    second = Learner(config, stream)
    second.restore(load(save(first.checkpoint())))
    rest = losses_of(second)
    assert rest == whole[-len(rest) :] and 0 < len(rest) < len(whole)
    stored = {key: value for key, value in first.checkpoint().items() if key != "state.c"}
    with pytest.raises(ValueError) as error:
        Learner(config, stream).restore(stored)
    recorded(str(error.value))


@pytest.mark.parametrize("name", OWN)
def test_units_shows_its_states_and_its_own_gates(name):
    of, net = subject(name, exact=True), CATALOGUE[name]
    ids = STREAM.valid[:80].tolist()
    wanted = by_hand(of, ids)
    for layer in range(net.n_layers):
        for show in ("state", "c", *net.gates):
            asked = {"split": "valid", "first": 30, "n": 50, "layer": layer, "show": show}
            values = QUESTIONS["units"](of, asked).arrays["values"]
            np.testing.assert_allclose(values, wanted[show][layer, 30:].T, rtol=0, atol=1e-6)
            order = QUESTIONS["unit_order"](of, asked).arrays["order"]
            assert sorted(order.tolist()) == list(range(NH))
    with pytest.raises(ValueError, match=f"show must be one of state, c, {', '.join(net.gates)}"):
        QUESTIONS["units"](of, {"ids": [9], "show": "reset"})


@pytest.mark.parametrize("name", OWN)
def test_far_into_a_text_it_is_read_from_checkpoints(name):
    of = subject(name, exact=True)
    place = {"split": "valid", "first": 2_000, "n": 20}
    values = QUESTIONS["units"](of, place).arrays["values"]
    whole = read_text(of, STREAM.valid[:2_020])
    np.testing.assert_allclose(values, whole.states[-1, 2_000:].T, rtol=0, atol=1e-6)
    together = read_together(of, STREAM.valid[:2_020])
    if together is not None:
        np.testing.assert_allclose(together.states, whole.states, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("question", "params"),
    [
        ("surgery", {"ids": [12, 9], "units": [1], "value": 0.5, "n": 3}),
        ("surgery", {"ids": [12, 9], "other": [13], "n": 3}),
        ("surgery", {"ids": [12, 9], "other": [13], "layer": 0, "n": 3}),
        ("look_back", {"ids": [12, 9, 13]}),
        ("state_gradients", {"first": 2}),
        ("state_gradients", {"first": 2, "every": True}),
        ("handover", {}),
        ("backward_costs", {"bptt": 4}),
        ("cursor", {"batch": 1}),
        ("count_on", {"number": 41}),
        ("accuracy_by_position", {}),
        ("find", {"ids": [12, 9, 13], "threshold": 0.0}),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", OWN)
def test_every_question_has_an_answer(name, question, params):
    arrays, *_ = QUESTIONS[question](subject(name), params)
    for values in arrays.values():
        assert np.isfinite(values).all()


@pytest.mark.parametrize("name", OWN)
def test_a_gradient_reaches_both_tensors_and_ends_at_a_cut(name):
    arrays, *_ = QUESTIONS["state_gradients"](subject(name), {"first": 2})
    n = len(arrays["keep"]) // 3
    assert (arrays["keep"] > 0).all() and (arrays["detach"][: 2 * n] == 0).all()
    assert (arrays["detach"][2 * n :] == arrays["keep"][2 * n :]).all()


@pytest.mark.parametrize("name", OWN)
def test_pictures_and_sentences_take_its_facts_from_the_catalogue(name):
    net = CATALOGUE[name]
    assert len(tensors(MODELS[name](5, NH).init_state(2))) == len(net.state)
    table = parts_table(net, len(STREAM.vocab), NH)
    learnt_weights = sum(weight.numel() for weight in subject(name).model.parameters())
    assert table["weights"].sum() == net.n_weights(len(STREAM.vocab), NH) == learnt_weights
    for each, line in zip(net.cell.gates, gate_lines(net.cell), strict=False):
        assert line.startswith(f"**{each.name}**: {each.meaning}")
        values = np.array([[0.1, 0.9], [0.2, 0.3]], dtype=np.float32)
        seen = Seen(values, ("one", ","), "2 tokens", each.name)
        assert f"of 2 {each.title}s over 2 tokens" in units_sentence(name, 3, seen)
        assert shown(name, each.name) == f"the {each.title}"
        assert is_signed(name, each.name) is (each.squash == "tanh")
        assert full_colour(name, each.name, values) == 1.0
    for draw in (rolled, unrolled):
        assert "<svg" in draw(name, look=theme("light"))
