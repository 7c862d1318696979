"""Words that are drawn, and changed states, against loops written out in plain torch."""

import numpy as np
import pytest
import torch
from torch import nn

from hnviz.config import RunConfig
from hnviz.data import human_numbers_stream, judge, number_words, tokenize
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS
from tests import attention
from tests.subjects import fresh, shipped

STREAM = human_numbers_stream()
VOCAB = STREAM.vocab
CARRYING = [name for name, net in CATALOGUE.items() if net.stateful]


@pytest.fixture(scope="module", params=tuple(CATALOGUE))
def subject(request):
    return shipped(request.param, exact=True)


@pytest.fixture(scope="module", params=CARRYING)
def carrying(request):
    return shipped(request.param, exact=True)


def ids_of(*numbers):
    """Numbers in words, without a comma behind the last."""
    return VOCAB.numericalize(tokenize(", ".join(map(number_words, numbers)))[1:]).tolist()


def by_hand(subject, ids):
    """Read a text with the models' parts, token by token; return its last logits and state.

    Each state is a list of (nh,) vectors, one a layer; an LSTM's cells follow, one a layer.
    """
    model, name = subject.model, subject.config.model
    nh = subject.config.nh
    n = CATALOGUE[name].n_layers * (1 if name == "Transformer" else len(CATALOGUE[name].state))
    h = [torch.zeros(nh, dtype=torch.float64) for _ in range(n)]
    read = ids if name in CARRYING else ids[-subject.config.bptt :]
    with torch.no_grad():
        for token in read:
            h = step(model, name, token, h)
        return out(model, name, top(name, h)), h


def layers(name, h):
    """The part of a state that pictures show, (n_layers, nh)."""
    return torch.stack(h[: CATALOGUE[name].n_layers])


def top(name, h):
    return layers(name, h)[-1]


def step(model, name, token, h):
    if name == "Transformer":
        w = {key: value.numpy() for key, value in model.state_dict().items()}
        made, _ = attention.step(w, token, [each.numpy() for each in h])
        return [torch.from_numpy(each) for each in made]
    x = model.i_h.weight[token]
    if CATALOGUE[name].norm_in_loop:
        return [norm(model, torch.relu(model.h_h.weight @ (h[0] + x) + model.h_h.bias))]
    if name in ("Model2", "Model3", "Model3Tanh"):
        squash = torch.tanh if name == "Model3Tanh" else torch.relu
        return [squash(model.h_h.weight @ (h[0] + x) + model.h_h.bias)]
    w = dict(model.rnn.named_parameters())
    made, cells = [], h[CATALOGUE[name].n_layers :]
    for layer, before in enumerate(layers(name, h)):
        gi = w[f"weight_ih_l{layer}"] @ x + w[f"bias_ih_l{layer}"]
        gh = w[f"weight_hh_l{layer}"] @ before + w[f"bias_hh_l{layer}"]
        if name == "Model4":
            x = torch.tanh(gi + gh)
        elif name == "IRNN":
            x = torch.relu(gi + gh)
        elif name == "LSTM":
            i, f, g, o = (gi + gh).chunk(4)
            cells[layer] = f.sigmoid() * cells[layer] + i.sigmoid() * g.tanh()
            x = o.sigmoid() * cells[layer].tanh()
        else:
            (ri, zi, ni), (rh, zh, nh) = gi.chunk(3), gh.chunk(3)
            z = torch.sigmoid(zi + zh)
            x = (1 - z) * torch.tanh(ni + torch.sigmoid(ri + rh) * nh) + z * before
        made.append(x)
    return [*made, *cells]


def norm(model, h):
    bn = model.bn
    return (h - bn.running_mean) / (bn.running_var + bn.eps).sqrt() * bn.weight + bn.bias


def out(model, name, h):
    if name == "Transformer":
        h = model.ln(h)
    elif CATALOGUE[name].norm and not CATALOGUE[name].norm_in_loop:
        h = norm(model, h)
    return model.h_o.weight @ h + model.h_o.bias


def assert_same(values, wanted):
    np.testing.assert_allclose(values, np.asarray(wanted), rtol=0, atol=1e-6)


def ask(subject, question, **params):
    return QUESTIONS[question](subject, params).arrays


def said_after(subject, ids, n, **how):
    """The words that a model says after a text."""
    return ask(subject, "reading", ids=ids, n=n, **how)["ids"][len(ids) :]


def assert_says(subject, ids, said, probabilities):
    """Hold words and their answers to those of the model that goes on from a text."""
    found = ask(subject, "reading", ids=ids, n=len(said))
    assert (found["ids"][len(ids) :] == said).all()
    best, shares = (found[name][len(ids) - 1 : -1] for name in ("best", "shares"))
    assert_same(np.take_along_axis(probabilities, best, 1), shares)


@pytest.mark.parametrize(("temperature", "top_k"), [(0.7, 5), (1.0, None), (2.5, 3), (9.0, 39)])
def test_words_are_drawn_from_the_likeliest_alone(subject, temperature, top_k):
    ids = ids_of(4316, 4317, 4318)
    how = {"temperature": temperature, "seed": 4} | ({"top_k": top_k} if top_k else {})
    found = said_after(subject, ids, 12, **how)
    chance, text = torch.Generator().manual_seed(4), list(ids)
    for at in range(12):
        logits = by_hand(subject, text)[0]
        order = sorted(range(len(VOCAB)), key=lambda index: -float(logits[index]))
        weights = torch.zeros(len(VOCAB), dtype=torch.float64)
        for index in order[: top_k or len(VOCAB)]:
            weights[index] = torch.exp((logits[index] - logits[order[0]]) / temperature)
        shares = weights / weights.sum()
        assert found[at] == int(torch.multinomial(shares, 1, generator=chance))
        text.append(int(found[at]))


def test_a_seed_gives_the_same_words_and_another_seed_others():
    subject = shipped("Model5", exact=True)
    asked, how = (subject, ids_of(4318), 60), {"temperature": 2.0}
    first, other = (said_after(*asked, **how, seed=seed) for seed in (1, 2))
    torch.manual_seed(99)  # torch's own generator has no part in it
    assert (said_after(*asked, **how, seed=1) == first).all()
    assert (first != other).any()
    assert (said_after(*asked, **how, seed=1, top_k=1) == said_after(*asked)).all()


def test_ones_own_state_changes_nothing(carrying):
    ids = ids_of(4316, 4317, 4318)
    found = ask(carrying, "surgery", ids=ids, other=ids, n=40)
    assert (found["changed_said"] == found["untouched_said"]).all()
    assert_same(found["changed_probabilities"], found["untouched_probabilities"])
    assert_says(carrying, ids, found["untouched_said"], found["untouched_probabilities"])


@pytest.mark.parametrize("number", [5040, 2718, 8316])
def test_anothers_state_gives_the_others_own_continuation(carrying, number):
    ids, other = ids_of(4316, 4317, 4318), ids_of(number - 2, number - 1, number)
    found = ask(carrying, "surgery", ids=ids, other=other, n=40)
    assert_says(carrying, other, found["changed_said"], found["changed_probabilities"])
    assert (found["changed_said"] != found["untouched_said"]).any()


def test_model5_goes_on_from_5040_after_the_swap(recorded):
    found = ask(shipped("Model5", exact=True), "surgery", ids=ids_of(4316, 4317, 4318), n=10,
                other=ids_of(5038, 5039, 5040))  # fmt: skip
    assert VOCAB.textify(found["untouched_said"][:6]) == ", four thousand three hundred nineteen"
    recorded(VOCAB.textify(found["changed_said"]))


def test_the_untouched_state_answers_on_the_words_that_the_changed_one_said(carrying):
    ids, other = ids_of(4316, 4317, 4318), ids_of(5038, 5039, 5040)
    found = ask(carrying, "surgery", ids=ids, other=other, n=15)
    for at in range(15):
        text = [*ids, *found["changed_said"][:at].tolist()]
        assert_same(found["same_words"][at], by_hand(carrying, text)[0].softmax(-1))
    assert (found["other_said"] == said_after(carrying, other, 15)).all()


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize(("units", "value"), [([3, 17], 0.0), ([40], 0.8), ([], 0.0)])
def test_units_are_set_once_or_at_every_word(carrying, units, value, hold):
    model, name = carrying.model, carrying.config.model
    ids = ids_of(4316, 4317, 4318)
    for layer in range(CATALOGUE[name].n_layers):
        found = ask(carrying, "surgery", ids=ids, n=25, units=units, layer=layer, value=value,
                    hold=hold)  # fmt: skip
        _, h = by_hand(carrying, ids)
        assert_same(found["untouched_state"], layers(name, h))
        with torch.no_grad():
            for at in range(25):
                if at == 0 or hold:
                    h = [each.clone() for each in h]
                    for part in range(layer, len(h), CATALOGUE[name].n_layers):
                        h[part][units] = value  # an LSTM's cell too
                if at == 0:
                    assert_same(found["changed_state"], layers(name, h))
                p = out(model, name, top(name, h)).softmax(-1)
                assert_same(found["changed_probabilities"][at], p)
                assert found["changed_said"][at] == p.argmax()
                h = step(model, name, int(p.argmax()), h)


def test_one_layers_state_is_put_in_alone():
    subject = shipped("Model5", exact=True)
    ids, other = ids_of(4316, 4317, 4318), ids_of(5038, 5039, 5040)
    (_, mine), (_, theirs) = by_hand(subject, ids), by_hand(subject, other)
    for layer in (0, 1):
        found = ask(subject, "surgery", ids=ids, other=other, layer=layer, n=3)
        wanted = [theirs[at] if at == layer else mine[at] for at in (0, 1)]
        assert_same(found["changed_state"], torch.stack(wanted))
        assert_same(found["changed_probabilities"][0],
                    out(subject.model, "Model5", wanted[-1]).softmax(-1).detach())  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in CARRYING])
def test_a_model_without_a_carried_state_has_nothing_to_change(name, recorded):
    with pytest.raises(ValueError) as error:
        ask(shipped(name), "surgery", ids=[12], other=[13])
    recorded(str(error.value), RunConfig.for_model(name).bptt)


class AddsItsInput(nn.Module):
    """A batch norm that the answer bypasses."""

    def __init__(self, bn):
        super().__init__()
        self.bn = bn
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return self.bn(x) + self.calls


def test_a_model_that_answers_from_more_than_its_state_is_refused():
    subject = fresh("Model5")
    subject.model.bn = AddsItsInput(subject.model.bn)
    with pytest.raises(ValueError, match="answers from more than its state"):
        ask(subject, "surgery", ids=[12], other=[13])


@pytest.mark.parametrize(
    ("question", "params", "numbers"),
    [
        (
            "reading",
            {"ids": [9] * 10_000},
            (1, 200, 0, 38, 10_000, *[9] * 20),
        ),
        ("reading", {"ids": [9], "temperature": -0.1}, (0, 10, 0.1)),
        ("reading", {"ids": [9], "temperature": float("nan")}, (0, 10)),
        ("reading", {"ids": [9], "top_k": 0}, (1, 39, 0)),
        ("reading", {"ids": [9], "top_k": 40}, (1, 39, 40)),
        ("reading", {"ids": [9], "seed": -1}, (0, 2_147_483_647, 1)),
        ("reading", {"ids": [9], "n": 201}, (0, 200, 201)),
        ("reading", {"ids": [9], "heat": 1}, ()),
        ("surgery", {"ids": [9], "units": [64]}, (4_000, 0, 63, 64)),
        ("surgery", {"ids": [9], "units": 3}, (4_000, 0, 63, 3)),
        ("surgery", {"ids": [9], "units": [3], "layer": 2}, (0, 1, 2)),
        ("surgery", {"ids": [9], "units": [3], "value": 101.0}, (100, 100, 101.0)),
        ("surgery", {"ids": [9], "other": []}, (1, 2_000, 0, 38)),
        ("surgery", {"ids": [9], "other": [9], "hold": True}, ()),
    ],
)
def test_what_cannot_be_asked_is_told(question, params, numbers, recorded):
    with pytest.raises(ValueError) as error:
        ask(shipped("Model5", exact=True), question, **params)
    recorded(str(error.value), *numbers)


def test_weights_that_ran_away_are_told():
    subject = fresh("Model5")
    with torch.no_grad():
        subject.model.h_o.bias[3] = torch.nan
    with pytest.raises(ValueError, match="not finite"):
        ask(subject, "surgery", ids=[9, 12], units=[1])


TRUE_TEXT = ", ".join(map(number_words, range(1, 10_000)))


@pytest.mark.parametrize("number", [2, 9, 20, 21, 100, 1000, 4318, 4319, 4320, 5000, 7999, 9999])
def test_the_true_continuation_goes_on_from_every_word_of_a_number(number):
    words = tokenize(TRUE_TEXT)[1:]
    start = len(tokenize(", ".join(map(number_words, range(1, number)))))  # its first word
    for end in range(start, start + len(number_words(number).split()) + 1):
        given, wanted = words[max(0, start - 12) : end], words[end : end + 30]
        assert judge(given, wanted) == [(word, "right") for word in wanted]


def test_a_number_without_one_before_is_taken_as_whole():
    for text, said in ("five thousand", ", five thousand one"), ("nine , twelve", ", thirteen ,"):
        found = judge(text.split(), said.split())
        assert found == [(word, "right") for word in said.split()]


@pytest.mark.parametrize(
    "text",
    [
        *("thousand", ",", "four bananas", "one ,,", "one hundred ,  ten ten"),
        "nine thousand nine hundred ninety nine , bananas",
    ],
)
def test_a_text_that_ends_in_no_number_has_no_true_continuation(text, recorded):
    with pytest.raises(ValueError) as refused:
        judge(text.split(), ["one"])
    recorded(str(refused.value), 1, 9_999)


@pytest.mark.parametrize(
    ("text", "said", "truth", "right"),
    [
        # all right, from the middle of a number
        ("one hundred , one hundred", "one , one hundred two", "one , one hundred two", "11111"),
        # a slip in one number makes only itself wrong
        ("four", ", six , six , seven", ", five , six , seven", "101111"),
        # a word too few: its comma comes where a word is true, and the next number begins
        ("forty", ", forty , forty two ,", ", forty one forty two ,", "110111"),
        # words too many: a comma is true after the last one
        ("four", ", five five , six", ", five , , six", "11011"),
    ],
)
def test_words_said_are_judged_number_by_number(text, said, truth, right):
    found = judge(text.split(), said.split())
    assert [one for one, _ in found] == truth.split()
    assert [verdict for _, verdict in found] == [["wrong", "right"][int(each)] for each in right]


def test_all_numbers_are_right_and_nothing_is_judged_after_the_last():
    words = tokenize(TRUE_TEXT)[1:]
    given, said = words[:-40], [*words[-40:], ",", "one"]
    found = judge(given, said)
    assert found[:-2] == [(word, "right") for word in said[:-2]]
    assert found[-2:] == [(None, ""), (None, "")]
    assert judge(words, ["one"]) == [(None, "")]
    with pytest.raises(ValueError, match="does not end in a number"):
        judge(["thousand"], ["one"])
