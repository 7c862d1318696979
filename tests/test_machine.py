"""The reading machine's question against the models' own forward, token by token."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from hnviz.config import RunConfig
from hnviz.data import Vocab, human_numbers_stream, stream_of
from hnviz.learn import MODELS, LanguageModel, build_model
from hnviz.learn.state import seen
from hnviz.models.catalogue import CATALOGUE
from hnviz.models.spec import Cell, Gate, Part, Weight
from hnviz.observe import QUESTIONS, Subject
from tests.subjects import fresh, made_up, shipped

STREAM = human_numbers_stream()
GIVEN, SAID = 45, 9  # more than the longest window but one: a cut in most texts
NH = 7


class Five(LanguageModel):
    """A network of one's own: five tensors of state, two of which decide what comes next."""

    predicts, stateful = "every", True

    def __init__(self, nv, nh):
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)
        self.h_h = nn.Linear(nh, 2 * nh)
        self.h_o = nn.Linear(nh, nv)
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs):
        return tuple(self.h_o.bias.new_zeros(bs, self.bn.num_features) for _ in range(5))

    def gates(self, layer, given, before):
        keep, write = self.h_h(given + before).chunk(2, dim=-1)
        return keep.sigmoid(), write.tanh()

    def forward(self, x, state):
        h, c, *older = state
        res = []
        for t in range(x.shape[1]):
            keep, write = self.gates(0, self.i_h(x[:, t]), h)
            older = [h, *older[:2]]
            c = keep * c + (1 - keep) * write
            h = (c + older[-1]).tanh()
            res.append(self.bn(h))
        return self.h_o(torch.stack(res, dim=1)), (h, c, *older)


class Short(Five):
    """The same from zeros in each window."""

    stateful = False


def own(name: str, *, keeper: str = "keep", stateful: bool = True):
    names = (("keep", "sigmoid"), ("write", "tanh"))
    made = [
        Gate(name=n, title=f"{n} gate", letter=n[0], squash=s, equation=n, meaning=n)
        for n, s in names
    ]
    weights = (Weight("weight", ("2*nh", "nh")), Weight("bias", ("2*nh",)))
    parts = [
        Part("h_h", "h_h", "Linear", weights) if part.role == "h_h" else part
        for part in CATALOGUE["Model3"].parts
    ]
    return replace(
        CATALOGUE["Model3"],
        name=name,
        stateful=stateful,
        parts=tuple(parts),
        cell=Cell(gates=tuple(made), equation="h'", meaning="a mix", keeper=keeper),
        state=("h", "c", "old", "older", "oldest"),
        has_fast_form=False,
    )


@pytest.fixture
def owned(monkeypatch):
    for model in (Five, Short):
        monkeypatch.setitem(MODELS, model.__name__, model)
        monkeypatch.setitem(CATALOGUE, model.__name__, own(model.__name__, stateful=model.stateful))


def ask(of: Subject, ids, **params):
    found = QUESTIONS["reading"](of, {"ids": np.asarray(ids).tolist(), **params})
    return found.arrays, found.meta


def first_words(of: Subject, given: int, begin: int, total: int) -> list[int]:
    """The first word of each word's window, counted one by one."""
    bptt, found = of.config.bptt, []
    for at in range(total):
        if of.model.stateful:
            found.append(0)
        elif at >= given - 1:
            found.append(max(0, at - bptt + 1))
        elif at == 0 or at == begin or (at > begin and (at - begin) % bptt == 0):
            found.append(at)
        else:
            found.append(found[-1])
    return found


def by_hand(of: Subject, ids, firsts):
    """Each word's state, answer and gate that keeps, from its window, read token by token."""
    net = CATALOGUE[of.config.model]
    keeper = net.cell.keeper if net.cell else ""
    states, logits, kept = [], [], []
    with torch.no_grad():
        for at, first in enumerate(firsts):
            state = of.model.init_state(1)
            for index in ids[first : at + 1]:
                before = seen(state)[:, 0]
                said, state = of.model(torch.tensor([[int(index)]]), state)
            states.append(seen(state)[:, 0].numpy())
            logits.append(said.reshape(-1).numpy())
            if keeper:
                kept.append(gate_by_hand(of, int(ids[at]), before, seen(state)[:, 0]))
    return np.stack(states, axis=1), np.stack(logits), np.array(kept).T


def gate_by_hand(of: Subject, index: int, before, after) -> list[float]:
    """Each layer's mean of the gate that keeps, by the equation of torch's documentation."""
    if hasattr(of.model, "gates"):
        return [float(of.model.gates(0, of.model.i_h.weight[index], before[0])[0].mean())]
    weights, given, means = dict(of.model.rnn.named_parameters()), of.model.i_h.weight[index], []
    rows = slice(before.shape[1], 2 * before.shape[1])  # the second block, in GRU and LSTM
    for layer in range(len(before)):
        total = weights[f"weight_ih_l{layer}"][rows] @ given + weights[f"bias_ih_l{layer}"][rows]
        total = total + weights[f"weight_hh_l{layer}"][rows] @ before[layer]
        total = total + weights[f"bias_hh_l{layer}"][rows]
        means.append(float(total.sigmoid().mean()))
        given = after[layer]
    return means


def check(of: Subject, ids, n: int, begin: int, close: float) -> None:
    """Hold an answer to the numbers of a reading by hand."""
    arrays, meta = ask(of, ids, n=n, begin=begin)
    given, total = len(ids), len(ids) + n
    firsts = first_words(of, given, begin, total)
    whole = arrays["ids"]
    states, logits, kept = by_hand(of, whole, firsts)
    assert arrays["begins"].tolist() == firsts
    assert meta == {"given": given, "window": of.window, "n_layers": len(states)}
    assert arrays["states"].dtype == np.float32
    np.testing.assert_allclose(arrays["states"], states, rtol=0, atol=close)
    assert ("passes" in arrays) == bool(len(kept))
    if len(kept):
        np.testing.assert_allclose(arrays["passes"], kept, rtol=0, atol=close)
    logs = torch.tensor(logits).double().log_softmax(-1).numpy()
    answers = answers_by_hand(of, given, begin, total)
    assert arrays["answers"].tolist() == answers
    check_best(arrays, logs, answers, close)
    surprise = np.full(total, np.nan)
    for at in range(1, given):
        if answers[at - 1]:
            surprise[at] = -logs[at - 1, whole[at]] / np.log(2)
    np.testing.assert_allclose(arrays["surprise"], surprise, rtol=close, atol=20 * close)


def check_best(arrays, logs, answers, close: float) -> None:
    size = min(5, logs.shape[1])
    assert arrays["best"].shape == arrays["shares"].shape == (len(logs), size)
    for at, answered in enumerate(answers):
        if not answered:
            assert (arrays["best"][at] == -1).all() and not arrays["shares"][at].any()
            continue
        shares = np.exp(logs[at])
        wanted = np.sort(shares)[::-1][:size]
        np.testing.assert_allclose(arrays["shares"][at], wanted, rtol=0, atol=close)
        np.testing.assert_allclose(shares[arrays["best"][at]], wanted, rtol=0, atol=close)


def answers_by_hand(of: Subject, given: int, begin: int, total: int) -> list[int]:
    if of.model.predicts == "every":
        return [1] * total
    ends = {begin + k * of.config.bptt - 1 for k in range(1, total)}
    return [int(at in ends or at >= given - 1) for at in range(total)]


@pytest.mark.parametrize("step", [0, "last"])
@pytest.mark.parametrize("model", CATALOGUE)
def test_each_number_is_that_of_the_model_read_by_hand(model, step):
    begin = CATALOGUE[model].recipe.bptt // 2
    for exact, close in ((True, 1e-6), (False, 1e-5)):
        check(
            shipped(model, step, exact=exact), STREAM.valid[300 : 300 + GIVEN], SAID, begin, close
        )


@pytest.mark.parametrize("given", [1, 2, 3, 4, 7, 10, 11])
@pytest.mark.parametrize("model", ["Model0", "Model1", "Model2", "Transformer", "Model5"])
def test_texts_of_any_length_and_any_first_window(model, given):
    of = made_up(model, dtype=torch.float64)
    for begin in range(of.config.bptt):
        check(of, STREAM.valid[20 : 20 + given], 4, begin, 1e-6)


@pytest.mark.parametrize("n", [0, 1, 200])
@pytest.mark.parametrize("model", CATALOGUE)
def test_it_says_the_likeliest_word_each_time(model, n):
    of = shipped(model)
    for given in (1, 2, 40):
        ids = STREAM.valid[500 : 500 + given]
        arrays, _ = ask(of, ids, n=n, begin=1)
        assert arrays["ids"][:given].tolist() == ids.tolist() and len(arrays["ids"]) == given + n
        assert (arrays["best"][given - 1 : -1, 0] == arrays["ids"][given:]).all()
        assert np.isnan(arrays["surprise"][[0, *range(given, given + n)]]).all()


@pytest.mark.parametrize("model", ["Model2", "Model5"])
def test_fewer_words_said_change_nothing_before_them(model):
    ids = STREAM.valid[:33]
    more, _ = ask(shipped(model), ids, n=8, begin=3)
    none, _ = ask(shipped(model), ids, n=0, begin=3)
    for name, values in none.items():
        along = more[name][:, :33] if name in ("states", "passes", "looks") else more[name][:33]
        np.testing.assert_array_equal(values, along)


def test_model0_answers_after_each_window_and_then_each_word():
    arrays, _ = ask(shipped("Model0"), STREAM.valid[:9], n=2, begin=2)
    assert arrays["begins"].tolist() == [0, 0, 2, 2, 2, 5, 5, 5, 6, 7, 8]
    assert arrays["answers"].tolist() == [0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1]
    assert np.flatnonzero(~np.isnan(arrays["surprise"])).tolist() == [5, 8]
    short, _ = ask(shipped("Model1"), STREAM.valid[:2], n=1)
    assert short["answers"].tolist() == [0, 1, 1]
    assert short["begins"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("step", [0, "last"])
def test_a_transformers_looks_are_those_of_its_attention(step):
    of = shipped("Transformer", step, exact=True)
    bptt = of.config.bptt
    arrays, _ = ask(of, STREAM.valid[100:190], n=5, begin=10)
    looks, begins = arrays["looks"], arrays["begins"]
    assert looks.shape == (2, 95, bptt) and looks.dtype == np.float32
    for at in (0, 9, 10, 44, 45, 88, 89, 90, 94):
        ids = arrays["ids"][begins[at] : at + 1]
        wanted = QUESTIONS["attention"](of, {"ids": ids.tolist()}).arrays["shares"][:, -1]
        np.testing.assert_allclose(looks[:, at, : len(ids)], wanted, rtol=0, atol=1e-6)
        assert not looks[:, at, len(ids) :].any()
    np.testing.assert_allclose(looks.sum(-1), 1, atol=1e-5)
    short, _ = ask(of, STREAM.valid[:3], n=2)
    assert short["looks"].shape == (2, 5, 5)
    assert "looks" not in ask(shipped("Model2"), [9])[0]


@pytest.mark.parametrize("model", ["Five", "Short"])
def test_an_own_network_with_five_tensors_and_a_gate(model, owned):
    of = made_up(model, nh=NH, dtype=torch.float64)
    check(of, STREAM.valid[40:63], 6, 2, 1e-6)
    assert "passes" in ask(of, [9, 10])[0]


def test_an_own_network_without_a_gate_that_keeps(owned, monkeypatch):
    monkeypatch.setitem(CATALOGUE, "Five", own("Five", keeper=""))
    assert "passes" not in ask(made_up("Five", nh=NH), [9, 10])[0]


@pytest.mark.parametrize("model", CATALOGUE)
def test_one_unit_reads_a_task_and_a_vocabulary_of_three(model):
    config = RunConfig.for_model(model, nh=1, corpus="task-periodic", device="cpu")
    for vocab in (stream_of(config).vocab, Vocab(("a", "b", ","))):
        of = Subject(config, vocab, build_model(config, len(vocab)).eval().double())
        check(of, np.array([0, 2, 1, 1, 0, 2, 2, 1, 0]), 5, 1, 1e-6)
        assert ask(of, [1])[0]["best"].shape == (21, min(5, len(vocab)))


def test_bad_questions_are_one_sentence():
    of = shipped("Model2")
    for params, said in (
        ({}, "the question reading needs ids: 1 to 200 whole numbers from 0 to 38"),
        ({"ids": []}, "ids must be 1 to 200 whole numbers from 0 to 38; got"),
        ({"ids": [9] * 201}, "ids must be 1 to 200 whole numbers from 0 to 38; got"),
        ({"ids": [39]}, "whole numbers from 0 to 38; got"),
        ({"ids": [9], "n": 201}, "n must be a whole number from 0 to 200; got 201"),
        ({"ids": [9], "begin": 20}, "begin must be a whole number from 0 to 19; got 20"),
        ({"ids": [9], "begin": -1}, "begin must be a whole number from 0 to 19; got -1"),
    ):
        with pytest.raises(ValueError, match=said):
            QUESTIONS["reading"](of, params)


@pytest.mark.parametrize("model", ["Model0", "Model5", "Transformer"])
def test_answers_that_are_not_finite_are_refused(model):
    of = fresh(model)
    with torch.no_grad():
        of.model.h_o.weight.fill_(torch.inf)
    with pytest.raises(ValueError, match="the answers are not finite numbers here"):
        QUESTIONS["reading"](of, {"ids": [9, 10]})
