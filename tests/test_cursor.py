"""The code cursor's traces against plain forward passes, and the pairs and cells beside them."""

import json
import linecache
import pickle
import re
import sys
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.figures.cell import cell_sentence, equations, token_places, unit_line
from hnviz.figures.cursor_text import (
    difference,
    match_sentences,
    opening_step,
    pair_sentence,
    step_sentences,
)
from hnviz.figures.theme import theme
from hnviz.learn import MODELS, LanguageModel, build_model
from hnviz.learn.state import tensors
from hnviz.models.catalogue import CATALOGUE, PAIRS, partner
from hnviz.models.spec import PASS_ON
from hnviz.observe import QUESTIONS, Subject, states
from hnviz.observe.packing import FULL, MOST_UNITS
from hnviz.observe.pair import match, twin
from hnviz.observe.tracing import MOST_STEPS, trace
from hnviz.source import shown_path
from tests.conftest import ROOT
from tests.subjects import made_up

STREAM = human_numbers_stream()
VOCAB = STREAM.vocab


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def subject(model: str, bs: int = 6, nh: int = 16, bptt: int = 5) -> Subject:
    return made_up(model, bs=bs, nh=nh, bptt=bptt)


def mini_batch(of: Subject, batch: int = 0) -> torch.Tensor:
    layout = BatchLayout(len(STREAM.valid), of.config.bs, of.config.bptt)
    return torch.from_numpy(layout.batch(STREAM.valid, batch).x)


def plain(of: Subject, x: torch.Tensor, state: torch.Tensor | None = None):
    with torch.no_grad():
        return of.model(x, of.model.init_state(len(x)) if state is None else state)


def traced(of: Subject):
    x = mini_batch(of)
    return trace(of.model, x, of.model.init_state(len(x)), CATALOGUE[of.config.model].roles)


def state_tensors(state) -> dict[str, torch.Tensor]:
    """The tensors of a state, named as a forward returns them."""
    if isinstance(state, tuple):
        return {f"state[{number}]": each for number, each in enumerate(state)}
    return {"state": state}


def unpacked(reply, number: int) -> np.ndarray:
    tensor = reply.meta["tensors"][number]
    size = int(np.prod(tensor["shape"]))
    values = reply.arrays["values"][tensor["at"] : tensor["at"] + size].astype(np.float64)
    return (values * tensor["peak"] / FULL).reshape(tensor["shape"])


# --- the cursor ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_the_last_tensor_is_the_models_own_output(model):
    of = subject(model)
    logits, state = plain(of, mini_batch(of))
    *_, last = traced(of).steps
    made = {name: each.value for each in last.made for name in each.names}
    np.testing.assert_array_equal(last.made[-1].value, logits.numpy())
    np.testing.assert_array_equal(made["logits"], logits.numpy())
    for name, each in state_tensors(state).items():
        np.testing.assert_array_equal(made[name], each.numpy())


@pytest.mark.parametrize("model", MODELS)
def test_the_answer_that_is_sent_is_the_models_own_output(model):
    of = subject(model)
    reply = QUESTIONS["cursor"](of, {})
    json.dumps(reply.meta)
    logits, state = plain(of, mini_batch(of))
    made = reply.meta["steps"][-1]["made"]
    wanted = {**state_tensors(state), "logits": logits}
    told = made[-len(wanted) :]
    assert [each["names"] for each in told] == [[name] for name in wanted]
    for each, truth in zip(told, wanted.values(), strict=True):
        half = reply.meta["tensors"][each["tensor"]]["peak"] / FULL / 2
        np.testing.assert_allclose(unpacked(reply, each["tensor"]), truth, atol=half * 1.001)
    np.testing.assert_array_equal(reply.arrays["ids"], mini_batch(of).numpy())


@pytest.mark.parametrize("model", MODELS)
def test_the_lines_are_those_of_the_file(model):
    source = QUESTIONS["cursor"](subject(model), {}).meta["source"]
    has_forward = "Model4" if model == "IRNN" else model
    file = ROOT / shown_path(has_forward)
    lines = file.read_text(encoding="utf-8").splitlines()[source["first_line"] - 1 :]
    assert source["lines"][0].startswith("def forward(self, x: Tensor")
    assert [line.strip() for line in source["lines"]] == [
        line.strip() for line in lines[: len(source["lines"])]
    ]


@pytest.mark.parametrize("model", ["Model0", "Model1", "Model2", "Model3"])
def test_the_state_after_each_token_is_that_of_a_plain_pass(model):
    of = subject(model)
    held = [
        each.value
        for step in traced(of).steps
        for each in step.made
        if "h" in each.names and each.role == "h_h"
    ]
    row = mini_batch(of)[2].numpy()
    expected = states(of, row)[0]  # (steps, nh)
    np.testing.assert_allclose(np.stack(held)[:, 2], expected, atol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_every_submodule_is_seen_in_its_role(model):
    made = [each for step in traced(subject(model)).steps for each in step.made]
    outer = {each.module.partition(".")[0] for each in made} - {""}
    assert outer == {part.name for part in CATALOGUE[model].parts}
    for part in CATALOGUE[model].parts:
        if part.role not in PASS_ON:
            found = {each.role for each in made if each.module.partition(".")[0] == part.name}
            assert found == {part.role}


@pytest.mark.parametrize("model", MODELS)
def test_a_trace_leaves_no_trace(model):
    of, follower = subject(model), sys.gettrace()
    before = pickle.dumps(of.model)
    QUESTIONS["cursor"](of, {})
    assert sys.gettrace() is follower
    assert pickle.dumps(of.model) == before


def test_a_carried_state_comes_from_the_mini_batches_before():
    of = subject("Model3")
    _, kept = plain(of, mini_batch(of))
    logits, _ = plain(of, mini_batch(of, 1), kept)
    reply = QUESTIONS["cursor"](of, {"batch": 1})
    number = reply.meta["steps"][-1]["made"][-1]["tensor"]
    half = reply.meta["tensors"][number]["peak"] / FULL / 2
    np.testing.assert_allclose(unpacked(reply, number), logits, atol=half * 1.001)


def test_large_runs_are_cut_to_what_can_be_seen():
    reply = QUESTIONS["cursor"](subject("Model4", bs=70, nh=200, bptt=30), {})
    assert reply.arrays["ids"].shape == (64, 20)
    hidden = [each for each in reply.meta["tensors"] if each["units"] == 200]
    assert hidden and {each["wide"] for each in hidden} == {MOST_UNITS}
    assert reply.arrays["values"].nbytes < 2_000_000


def test_two_rows_and_one_token():
    for model in MODELS:
        reply = QUESTIONS["cursor"](subject(model, bs=2, bptt=1), {})
        assert reply.arrays["ids"].shape == (2, 1)
        assert len(step_sentences(reply.meta)) == len(reply.meta["steps"])


class Odd(LanguageModel):
    """What own models may do: several lines, a list comprehension, a write in place, None."""

    predicts, stateful = "every", False

    def __init__(self) -> None:
        super().__init__(39, 4)
        self.i_h = nn.Embedding(39, 4)
        self.block = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
        self.h_o = nn.Linear(4, 39)

    def init_state(self, bs):
        return torch.zeros(bs, 4)

    def forward(self, x, h):
        h, extra = h + 0, None
        steps = [self.i_h(x[:, t]) for t in range(x.shape[1])]
        res = []
        while len(res) < len(steps):
            h = self.block(
                h + steps[len(res)],
            )
            h.mul_(0.5)
            res.append(h)
        return (
            self.h_o(torch.stack(res, dim=1)),
            h if extra is None else extra,
        )  # fmt: skip


def test_an_own_model_line_by_line():
    torch.manual_seed(0)
    model = Odd().eval()
    x = torch.tensor([[9, 10, 11], [12, 9, 10]])
    ran = trace(model, x, model.init_state(2), {"i_h": "i_h", "block": "h_h", "h_o": "h_o"})
    with torch.no_grad():
        logits, h = model(x, model.init_state(2))
    np.testing.assert_array_equal(ran.steps[-1].made[-1].value, logits)
    texts = [ran.source.text(step.line) for step in ran.steps]
    assert texts.count("h = block(h + steps[len(res)])") == 3  # once a turn, not once a line
    halves = [step for step, text in zip(ran.steps, texts, strict=True) if "mul_" in text]
    assert [step.made[0].names for step in halves] == [["h"]] * 3
    np.testing.assert_array_equal(halves[-1].made[0].value, h)
    whole = ran.steps[texts.index("h = block(h + steps[len(res)])")].made
    assert [each.module for each in whole] == ["block.0", "block.1", "block"]
    assert whole[-1].names == ["h"] and {each.role for each in whole} == {"h_h"}
    assert ran.steps[0].plain == {"extra": "None"} and ran.steps[0].made[0].names == ["h"]


EXECUTED = """
class Made(LanguageModel):
    predicts, stateful = "last", False

    def init_state(self, bs):
        return torch.zeros(bs, 1)

    def forward(self, x, h):
        return h, h
"""


def test_a_model_that_was_not_made_in_a_file_is_one_sentence(recorded):
    names = {"LanguageModel": LanguageModel, "torch": torch}
    exec(EXECUTED, names)
    of = replace(subject("Model2"), model=names["Made"](39, 1))
    with pytest.raises(ValueError) as error:
        QUESTIONS["cursor"](of, {})
    recorded(str(error.value))


class Endless(Odd):
    def forward(self, x, h):
        n = 0
        while n < 10_000:
            n += 1
        return h, h


def test_a_forward_of_too_many_lines_is_one_sentence():
    model, follower = Endless().eval(), sys.gettrace()
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=f"more than {MOST_STEPS:,} lines"):
        trace(model, torch.zeros(1, 1, dtype=torch.long), model.init_state(1), {})
    assert sys.gettrace() is follower
    assert pickle.dumps(model) == before


@pytest.mark.parametrize(
    ("question", "params", "numbers"),
    [
        ("cursor", {"batch": -1}, (0, 9, 1)),
        ("cursor", {"batch": "0"}, (0, 9, 0)),
        ("cursor", {"split": "test"}, ()),
        ("cursor", {"row": 1}, ()),
        ("pair", {}, ()),
        ("pair", {"n": 1}, ()),
        ("cell", {"unit": 16}, (0, 15, 16)),
        ("cell", {"layer": 2}, (0, 1, 2)),
        ("cell", {"row": 6}, (0, 5, 6)),
        ("cell", {"gate": 1}, ()),
    ],
)
def test_params_that_cannot_be_used_are_one_sentence(question, params, numbers, recorded):
    with pytest.raises(ValueError) as error:
        QUESTIONS[question](subject("Model5"), params)
    recorded(str(error.value), *numbers)


def test_a_model_by_hand_has_no_cell(recorded):
    with pytest.raises(ValueError) as error:
        QUESTIONS["cell"](subject("Model2"), {})
    recorded(str(error.value))


# --- what is said -------------------------------------------------------------------------------


def test_the_sentence_holds_the_share_that_relu_keeps(recorded):
    of = subject("Model2")
    meta = QUESTIONS["cursor"](of, {}).meta
    at = opening_step(meta)
    assert meta["steps"][at]["loops"] == {"t": 2}
    x, h = mini_batch(of), of.model.init_state(6)
    with torch.no_grad():
        for t in range(3):
            before = of.model.h_h(h + of.model.i_h(x[:, t]))
            h = F.relu(before)
    share = 100 * float((before > 0).float().mean())
    line = linecache.getline(
        str(ROOT / shown_path("Model2")), meta["source"]["first_line"] + meta["steps"][at]["line"]
    )
    assert line.strip() == "h = F.relu(self.h_h(h))"
    n_line = meta["source"]["first_line"] + 4
    recorded(step_sentences(meta)[at], n_line, 2, 6, 16, 6, round(share))


def test_a_value_below_zero_has_a_minus(recorded):
    meta = QUESTIONS["cursor"](subject("Model5"), {}).meta
    h = meta["tensors"][2]
    recorded(step_sentences(meta)[0], 168, 16, 30, f"{-h['lowest']:.2f}", f"{h['highest']:.2f}")


def test_lines_that_make_no_tensor_are_told_too():
    said = step_sentences(QUESTIONS["cursor"](subject("Model2"), {}).meta)
    assert said[0].endswith("res is an empty list.")
    assert said[1].endswith("the loop takes **t = 0**.")
    assert said[-2].endswith("the loop is done.")
    said = step_sentences(QUESTIONS["cursor"](subject("Model0", bptt=2), {}).meta)
    assert any("is x.shape[1] > 1? **Yes**" in each for each in said)
    assert any("is x.shape[1] > 2? **No**" in each for each in said)


def test_a_unit_is_drawn_with_its_sentence_and_its_numbers(recorded):
    arrays, *_ = QUESTIONS["cell"](subject("Model5"), {"unit": 3, "row": 1})
    words = [VOCAB.itos[index] for index in arrays["ids"]]
    sentence = cell_sentence(arrays, "GRU", 3, 2, words[2]).replace("\N{MINUS SIGN}", "-")
    assert f"keeps **{100 * arrays['z'][2]:.0f} %**" in sentence
    assert f"gives **{arrays['after'][2]:.3f}**" in sentence
    svg = ElementTree.fromstring(unit_line(arrays, words, theme("dark")))
    recorded(svg.get("aria-label"))
    assert [len(list(svg.iter(tag))) for tag in ("polyline", "circle")] == [4, len(words)]
    x = token_places(len(words))
    assert [float(dot.get("cx")) for dot in svg.iter("circle")] == x
    (mark,) = (line for line in svg.iter("line") if line.get("class") == "hn-at")
    assert float(mark.get("x1")) == float(mark.get("x2")) == x[0]
    lines = [ElementTree.fromstring(line) for line in equations(arrays, "GRU", 2)]
    results = [line.find("span/b").text.replace("\N{MINUS SIGN}", "-") for line in lines]
    assert results == [f"{arrays[name][2]:.3f}" for name in ("r", "z", "n", "after")]
    assert [line.find("b").text for line in lines] == ["reset", "update", "candidate", "new state"]


def test_a_unit_of_an_lstm_is_drawn_with_its_cell_and_four_gates():
    arrays, *_ = QUESTIONS["cell"](subject("LSTM"), {"unit": 3, "row": 1})
    words = [VOCAB.itos[index] for index in arrays["ids"]]
    sentence = cell_sentence(arrays, "LSTM", 3, 2, words[2]).replace("\N{MINUS SIGN}", "-")
    assert f"its cell keeps **{100 * arrays['f'][2]:.0f} %**" in sentence
    assert f"is its state, **{arrays['after'][2]:.3f}**" in sentence
    svg = ElementTree.fromstring(unit_line(arrays, words, theme("dark")))
    assert len(list(svg.iter("polyline"))) == 6
    lines = [ElementTree.fromstring(line) for line in equations(arrays, "LSTM", 2)]
    results = [line.find("span/b").text.replace("\N{MINUS SIGN}", "-") for line in lines]
    shown = ("i", "f", "g", "o", "cell_after", "after")
    assert results == [f"{arrays[name][2]:.3f}" for name in shown]
    names = ["input", "forget", "candidate", "output", "new cell", "new state"]
    assert [line.find("b").text for line in lines] == names


def test_the_numbers_of_one_equation_add_up():
    arrays, *_ = QUESTIONS["cell"](subject("Model4"), {"unit": 3, "row": 1})
    for step in range(len(arrays["ids"])):
        (line,) = equations(arrays, "RNN", step)
        said = "".join(ElementTree.fromstring(line).itertext()).replace("\N{MINUS SIGN}", "-")
        found = re.search(r"tanh\((\S+) ([+-]) (\S+)\) = (\S+)$", said)
        took, sign, kept, after = found.groups()
        total = float(took) + float(f"{sign}{kept}")
        assert float(after) == pytest.approx(np.tanh(total), abs=0.002)


# --- pairs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "right"), PAIRS)
@pytest.mark.parametrize("side", [0, 1])
def test_a_pair_agrees_on_a_first_mini_batch_to_the_last_bit(left, right, side):
    meta = QUESTIONS["pair"](subject((left, right)[side], bptt=5), {}).meta
    json.dumps(meta)
    assert meta["names"] == [left, right]
    assert meta["largest"] == meta["logits"] == meta["begun"] == 0
    assert meta["differ"] == 0
    steps, calls = (3, 2) if left == "Model0" else (5, 3)
    assert len(meta["matches"]) == 1 + calls * steps + 1  # the state, the loop's lines, the return
    assert "largest difference is **0.0**" in pair_sentence(meta)
    assert all("so far **0.0**" in each for each in match_sentences(meta))


def test_matching_lines_hold_the_same_text():
    meta = QUESTIONS["pair"](subject("Model1", bptt=3), {}).meta
    for each in meta["matches"][1:-1]:
        lines = [
            source["lines"][line].strip().split("#")[0].strip()
            for source, line in zip(meta["sources"], each["lines"], strict=True)
        ]
        assert lines[0].replace(f"x[:, {each['loops']['t']}]", "x[:, t]") == lines[1]


def test_other_weights_do_differ():
    """The difference is measured: it is not 0 for models that are not the same."""
    one, two = subject("Model1", bptt=3), build_model(subject("Model1", bptt=3).config, 39).eval()
    x = mini_batch(one)
    traces = [trace(each, x, one.model.init_state(6), {}) for each in (one.model, two)]
    found = match(*traces)
    assert len(found) == 7
    assert min(each.largest for each in found) > 0.01


def test_the_second_mini_batch_differs_by_the_state_that_was_kept():
    of = subject("Model3")
    meta = QUESTIONS["pair"](of, {"batch": 1}).meta
    _, kept = plain(of, mini_batch(of))
    carried, _ = plain(of, mini_batch(of, 1), kept)
    fresh, _ = plain(twin(of), mini_batch(of, 1))
    assert meta["begun"] == pytest.approx(float(kept.abs().max()))
    assert meta["logits"] == pytest.approx(float((carried - fresh).abs().max()))
    differ = carried.argmax(-1) != fresh.argmax(-1)
    assert (meta["differ"], meta["answers"]) == (int(differ.sum()), differ.numel())
    assert meta["by_step"] == differ.sum(0).tolist()
    assert meta["reset"] == 0
    said = pair_sentence(meta)
    assert f"up to **{difference(meta['begun'])}** before the first line" in said
    assert f"{meta['differ']} of {meta['answers']} answers differ" in said


def test_every_partner_has_the_same_parts():
    for left, right in PAIRS:
        assert CATALOGUE[left].parts == CATALOGUE[right].parts
        assert (partner(left), partner(right)) == (right, left)
    assert partner("Model5") is None


# --- one unit of nn.RNN, nn.GRU and nn.LSTM -----------------------------------------------------


@pytest.mark.parametrize("model", ["Model4", "Model5", "LSTM", "Model5Reg", "IRNN"])
@pytest.mark.parametrize("unit", [0, 7, 15])
def test_a_units_numbers_are_torchs_own(model, unit):
    of = subject(model)
    x = mini_batch(of)
    with torch.no_grad():
        res, state = of.model.rnn(of.model.i_h(x), of.model.init_state(6))
        h = tensors(state)[0]
    for layer in range(CATALOGUE[model].n_layers):
        reply = QUESTIONS["cell"](of, {"layer": layer, "unit": unit, "row": 4})
        after = reply.arrays["after"]
        np.testing.assert_allclose(after, reply.arrays["torch"], atol=1e-6)
        assert after[-1] == pytest.approx(float(h[layer, 4, unit]), abs=1e-6)
        np.testing.assert_allclose(reply.arrays["before"][1:], after[:-1], atol=1e-6)
        assert np.ptp(after) > 0.01 or model == "IRNN"  # a relu may be off at all five
    np.testing.assert_allclose(after, res[4, :, unit], atol=1e-6)  # the last layer's, whole window
    np.testing.assert_array_equal(reply.arrays["ids"], x[4])


def test_a_grus_gates_make_its_state():
    arrays, meta, *_ = QUESTIONS["cell"](subject("Model5"), {"unit": 3})
    assert meta == {"kind": "GRU", "gates": ["r", "z", "n"]}
    r = 1 / (1 + np.exp(-(arrays["input_r"] + arrays["hidden_r"])))
    n = np.tanh(arrays["input_n"] + r * arrays["hidden_n"])
    np.testing.assert_allclose(arrays["n"], n, atol=1e-12)
    mixed = (1 - arrays["z"]) * n + arrays["z"] * arrays["before"]
    np.testing.assert_allclose(arrays["torch"], mixed, atol=1e-6)


def test_an_lstms_gates_make_its_cell_and_the_cell_its_state():
    of = subject("LSTM")
    arrays, meta, *_ = QUESTIONS["cell"](of, {"unit": 3})
    assert meta == {"kind": "LSTM", "gates": ["i", "f", "g", "o"]}
    sums = {gate: arrays[f"input_{gate}"] + arrays[f"hidden_{gate}"] for gate in "ifgo"}
    i, f, o = (1 / (1 + np.exp(-sums[gate])) for gate in "ifo")
    cell = f * arrays["cell_before"] + i * np.tanh(sums["g"])
    np.testing.assert_allclose(arrays["cell_after"], cell, atol=1e-12)
    np.testing.assert_allclose(arrays["cell_before"][1:], cell[:-1], atol=1e-6)
    np.testing.assert_allclose(arrays["torch"], o * np.tanh(cell), atol=1e-6)
    assert np.ptp(cell) > 0.01


def test_attention_is_traced_with_its_shares_and_called_as_in_the_loop(recorded):
    reply = QUESTIONS["cursor"](subject("Transformer"), {})
    labels = [tensor["label"] for tensor in reply.meta["tensors"]]
    assert "mixed = attention[layer](h, read[layer])" in labels
    assert "mlp[layer](h)" in labels and "h = h + mlp[layer](h)" in labels
    assert labels[-3:] == [
        "state[0] = torch.stack(after)",
        "state[1] = past",
        "logits = h_o(ln(h))",
    ]
    (says,) = (
        say for say in step_sentences(reply.meta) if "layer = 1" in say and "**attention.1**" in say
    )
    recorded(says, 85, 1, 1, "0.00", "1.00", part="lets each token look at")
    assert "attention.1.query" not in says  # its tensor is drawn, and not described
    steps = reply.arrays["ids"].shape[1]
    shares = [each for each in reply.meta["tensors"] if each["label"].startswith("shares")]
    assert [each["shape"][1:] for each in shares] == [[steps, steps]] * 2
    assert [each["label"] for each in reply.meta["tensors"] if each["shares"]] == [
        each["label"] for each in shares
    ]  # their columns are tokens, and no other tensor's are


def test_a_forward_that_returns_two_tensors_of_state_names_both():
    reply = QUESTIONS["cursor"](subject("LSTM"), {})
    labels = [tensor["label"] for tensor in reply.meta["tensors"]]
    assert labels[-3:] == ["state[0] = h", "state[1] = c", "logits = h_o(res)"]
    assert "h = rnn(i_h(x), state)" in labels and "c = rnn(i_h(x), state)" in labels
    assert not any("state" in step["plain"] for step in reply.meta["steps"])
