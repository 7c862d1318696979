"""What the reading machine gets: the question's arrays with words and truth, and unit codes."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from hnviz.app.machine.picture import SAYS, TRIES
from hnviz.app.machine.view import CODES_VIEW, READING_VIEW
from hnviz.app.rooms.predictions.prompt import LONGEST
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.engine.trainer import run_in_folder
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS
from hnviz.questions.frame import to_json, unpack
from hnviz.questions.params import read_query
from hnviz.questions.table import QUESTIONS as DECLARED
from hnviz.questions.view import Look
from hnviz.runs import SHIPPED_DIR, RunStore, shipped_configs
from hnviz.runs.answers import named, shipped_answer
from hnviz.web.http import Refusal
from tests.subjects import shipped
from tests.views import shown

TEXT = "4316 to 4318"


@pytest.mark.parametrize("model", CATALOGUE)
def test_the_arrays_are_the_questions_and_all_their_words_are_there(model, own_runs):
    found = shown(READING_VIEW, model, text=TEXT, n=9, begin=1)
    of, itos = shipped(model), stream_of(RunConfig.for_model(model)).vocab.itos
    ids = of.vocab.numericalize(["four", "thousand", "three", "hundred", "sixteen", ","]).tolist()
    assert found.arrays["ids"][: len(ids)].tolist() == ids
    asked = {"ids": found.arrays["ids"][: found.meta["given"]].tolist(), "n": 9, "begin": 1}
    answer = QUESTIONS["reading"](of, asked)
    assert found.arrays.keys() == answer.arrays.keys()
    for name, wanted in answer.arrays.items():
        np.testing.assert_allclose(found.arrays[name], wanted, rtol=1e-5, atol=1e-5)
    used = {*found.arrays["ids"].tolist(), *found.arrays["best"].flatten().tolist()} - {-1}
    assert found.meta["words"] == {str(index): itos[index] for index in sorted(used)}
    net = CATALOGUE[model]
    facts = {name: found.meta[name] for name in ("given", "window", "n_layers", "layers", "model")}
    assert facts == {**answer.meta, "layers": net.n_layers, "model": model}
    assert found.meta["level"] == "word" and found.meta["remark"] == found.sentence == ""
    assert ("passes" in found.arrays) == bool(found.meta["keeper"])
    assert ("looks" in found.arrays) == found.meta["attends"]
    assert found.meta["stateful"] == bool(found.meta["carries"]) == net.stateful
    json.loads(to_json(found.meta))


def test_gates_and_states_have_their_names(own_runs):
    gru = shown(READING_VIEW, "Model5", text=TEXT).meta
    assert (gru["keeper"], gru["carries"], gru["scale"], gru["bounded"]) == (
        *("update gate", ["h"], 1.0),
        True,
    )
    lstm = shown(READING_VIEW, "LSTM", text=TEXT).meta
    assert (lstm["keeper"], lstm["carries"]) == ("forget gate", ["h", "c"])
    relu = shown(READING_VIEW, "Model3", text=TEXT)
    most = np.abs(relu.arrays["states"]).max()
    assert not relu.meta["bounded"] and most <= relu.meta["scale"] < 2 * most


def test_words_said_stand_beside_the_true_ones(own_runs):
    found = shown(READING_VIEW, "Model5", text=TEXT, n=13)
    number = ["four", "thousand", "three", "hundred"]
    wanted = [",", *number, "nineteen", ",", *number, "twenty", ","]
    assert found.meta["truth"] == [(word, "right") for word in wanted]
    untrained = shown(READING_VIEW, "Model5", 0, text=TEXT, n=13)
    said = [untrained.meta["words"][str(each)] for each in untrained.arrays["ids"][-13:]]
    for word, (truth, verdict) in zip(said, untrained.meta["truth"], strict=True):
        assert verdict == ("right" if word == truth else "wrong")
    assert shown(READING_VIEW, "Model5", text=TEXT, n=0).meta["truth"] == []
    nothing = shown(READING_VIEW, "Model5", text="thousand", n=2).meta["truth"]
    assert nothing == [(None, ""), (None, "")]


def test_what_was_typed_is_read_as_on_predictions(own_runs):
    found = shown(READING_VIEW, "Model5", text="four bananas", n=1)
    assert found.meta["remark"] == "Not in the vocabulary, so read as xxunk: “bananas”."
    assert found.meta["words"]["0"] == "xxunk"
    long = shown(READING_VIEW, "Model2", text="1 to 999", n=0)
    assert long.meta["given"] == LONGEST and "first 200 tokens" in long.meta["remark"]
    with pytest.raises(ValueError, match="Type some words"):
        shown(READING_VIEW, "Model5", text="  ")
    with pytest.raises((Refusal, ValueError), match="from 0 to 19"):
        shown(READING_VIEW, "Model2", text=TEXT, begin=20)
    with pytest.raises(ValueError, match="from 0 to 200; got '201'"):
        shown(READING_VIEW, "Model2", text=TEXT, n=201)


@pytest.fixture(scope="module")
def own_task(own_runs) -> str:
    """A short run on a text without digits."""
    options = {"nh": 5, "bs": 64, "bptt": 20, "epochs": 1, "corpus": "task-parity"}
    config = RunConfig.for_model("Model5", **options, device="cpu")
    folder = RunStore(Path(os.environ["HNVIZ_RUNS_DIR"])).create(config)
    run_in_folder(folder)
    return folder.id


def test_a_task_has_a_reading_without_truth_and_units_without_codes(own_task):
    found = shown(READING_VIEW, own_task, text="1 0 1 ?", n=4)
    assert found.arrays["states"].shape == (2, 8, 5)
    assert found.meta["truth"] == [(None, "")] * 4 and found.meta["level"] == "word"
    codes = shown(CODES_VIEW, own_task)
    assert codes.arrays["order"].tolist() == [[0, 1, 2, 3, 4]] * 2
    assert codes.arrays["explained"].shape == (2, 5, 5) and not codes.arrays["explained"].any()
    assert "untrained" not in codes.arrays and codes.meta["groups"] == [[], []]


@pytest.mark.parametrize("model", ["Model5", "Transformer"])
def test_codes_are_those_of_all_layers_at_once(model, own_runs):
    found = shown(CODES_VIEW, model)
    layers = [QUESTIONS["unit_codes"](shipped(model), {"layer": layer}) for layer in (0, 1)]
    twins = [QUESTIONS["unit_codes"](shipped(model, 0), {"layer": layer}) for layer in (0, 1)]
    for layer, (coded, twin) in enumerate(zip(layers, twins, strict=True)):
        explained = coded.arrays["explained"]
        np.testing.assert_allclose(found.arrays["explained"][layer], explained, atol=1e-5)
        best = twin.arrays["explained"].max(axis=0)
        np.testing.assert_allclose(found.arrays["untrained"][layer], best, atol=1e-5)
        order = found.arrays["order"][layer].tolist()
        assert sorted(order) == list(range(64))
        names = [name for name, count in found.meta["groups"][layer] for _ in range(count)]
        labels = [found.meta["labels"][explained[unit].argmax()] for unit in order]
        assert [each for each, name in zip(labels, names, strict=True) if name != "little"] == [
            name for name in names if name != "little"
        ]
        assert names[0] == "slot" and len(names) == 64
    zero = shown(CODES_VIEW, model, 0)
    np.testing.assert_allclose(zero.arrays["untrained"], zero.arrays["explained"].max(axis=1))
    np.testing.assert_allclose(zero.arrays["untrained"], found.arrays["untrained"])


def test_a_run_without_its_first_snapshot_has_codes_without_a_twin(own_runs):
    name = "20260101-000000-Model1-late"
    folder = Path(os.environ["HNVIZ_RUNS_DIR"]) / name
    shutil.copytree(SHIPPED_DIR / "Model1", folder)
    (folder / "snapshots" / "0.safetensors").unlink()
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    rest = [line for line in lines if json.loads(line) != {"event": "snapshot", "step": 0}]
    assert len(rest) == len(lines) - 1
    (folder / "events.jsonl").write_text("".join(rest))
    found = shown(CODES_VIEW, name)
    assert found.arrays["explained"].shape == (1, 64, 5) and found.arrays["explained"].max() > 0.1
    assert "untrained" not in found.arrays


@pytest.mark.parametrize("run", shipped_configs())
def test_what_the_machine_shows_of_pre_trained_runs_comes_with_the_package(run, own_runs):
    folder = server().store.folder(run)

    def stored(_run, step, question, params):
        name = named(folder, step, question, params).name(str(DECLARED[question].version))
        frame = shipped_answer(folder, name)
        assert frame is not None, f"{question} at {step}: python -m hnviz ship --answers"
        return unpack(frame)

    last = folder.resolve_step("last")
    for step in (0, last):
        found = CODES_VIEW.answer(Look(server().current(run), step, {}, stored))
        assert found.arrays["order"].shape == found.arrays["explained"].shape[:2]
    for text in TRIES:
        asked = read_query(READING_VIEW.params, [("text", text), ("n", str(SAYS))], "machine")
        read = READING_VIEW.answer(Look(server().current(run), last, asked, stored))
        assert len(read.arrays["ids"]) == read.meta["given"] + SAYS
