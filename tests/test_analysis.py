"""A run, opened in a notebook: docs/analysis.md, cell by cell, and what it refuses."""

import importlib.util
import json
import re
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch

import hnviz
from hnviz.analysis.answer import Answer
from hnviz.config import RunConfig
from hnviz.engine.observer import answer_now
from hnviz.engine.trainer import run_in_folder
from hnviz.observe import QUESTIONS
from hnviz.questions.frame import unpack
from hnviz.questions.view import Reply
from hnviz.runs import SHIPPED_DIR, RunFolder, RunStore
from hnviz.runs.archive import pack
from hnviz.runs.files import CONFIG, EVENTS, SNAPSHOTS
from tests import guide
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("no_runs")

PAGE = "docs/analysis.md"
HAS_TENSORBOARD = importlib.util.find_spec("tensorboard") is not None
TINY = {"nh": 8, "bs": 512, "bptt": 64, "epochs": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> RunFolder:
    """A run of a few steps."""
    root = tmp_path_factory.mktemp("runs")
    made = RunStore(root).create(RunConfig.for_model("Model3", **TINY))
    run_in_folder(made)
    return made


@pytest.fixture
def zipped(folder, tmp_path):
    path = tmp_path / "mine.zip"
    with path.open("wb") as file:
        pack(folder, file)
    return path


# The page


def is_quick(code: str) -> bool:
    return "tensorboard" not in code and "compared" not in code


def test_the_cells_of_the_page_show_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    found = [each for each in guide.cells(PAGE) if is_quick(each[0])]
    assert len(found) == 17
    for code, said in found:
        assert guide.shown(code, names) == said, code


def test_the_page_names_each_column():
    run, page = hnviz.open("Model5"), (ROOT / PAGE).read_text(encoding="utf-8")
    for name in ("batches", "epochs", "kinds"):
        (row,) = re.findall(rf"^\| `{name}\(\)` \| (.*) \|$", page, re.MULTILINE)
        words = set(re.findall(r"`(\w+)`", row))
        assert set(getattr(run, name)().columns) <= words, name


# Ways to open a run


def test_a_run_is_found_by_folder_id_and_zip(folder, zipped, monkeypatch, recorded):
    by_folder = hnviz.open(folder.path)
    by_id = hnviz.open(folder.id, runs_dir=folder.path.parent)
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(folder.path.parent))
    known, by_zip = hnviz.open(folder.id), hnviz.open(zipped)
    assert hnviz.open(by_zip) is by_zip
    for run in (by_id, known, by_zip):
        assert run.config == by_folder.config and run.snapshots == by_folder.snapshots
        pd.testing.assert_frame_equal(run.batches(), by_folder.batches())
        for name, each in by_folder.weights().items():
            assert np.array_equal(run.weights()[name], each)
    last = folder.read().epochs[-1]
    steps = (folder.read().step,) * 2
    shown = (f"{100 * last.accuracy:.1f}", f"{last.valid_loss:.3f}", len(folder.snapshots()))
    recorded(repr(by_folder), *steps, *shown)


def test_a_pre_trained_run_is_the_same_by_its_folder():
    by_folder, by_id = hnviz.open(SHIPPED_DIR / "Model5"), hnviz.open("Model5")
    assert by_folder.folder.shipped and by_folder.folder.path == by_id.folder.path
    assert by_folder.runs_dir == by_id.runs_dir != SHIPPED_DIR


def test_a_zip_file_is_unpacked_beside_no_run_and_only_while_it_is_open(zipped):
    run = hnviz.open(zipped)
    place = run.folder.path.parent
    assert place.is_dir() and not (zipped.parent / "runs").exists()
    del run
    assert not place.exists()


def test_records_are_those_of_the_run(folder):
    run, record = hnviz.open(folder.path), folder.read()
    assert run.batches().loss.tolist() == [each.loss for each in record.batches]
    assert run.epochs().valid_loss.tolist() == [each.valid_loss for each in record.epochs]
    kinds = run.kinds().set_index(["epoch", "split", "kind"])
    told = record.epochs[-1].valid_kinds["ones"]
    assert tuple(kinds.loc[0, "valid", "ones"]) == (told.n, told.right, told.loss / told.n)
    whole = kinds.loc[0, "valid"]
    assert whole.right.sum() / whole.n.sum() == pytest.approx(record.epochs[-1].accuracy)


def test_weights_are_those_of_the_snapshot_and_the_model_computes_with_them(folder):
    run = hnviz.open(folder.path)
    stored = folder.load_snapshot("last")
    model, again = run.model(), run.model()
    assert set(run.state_dict()) == set(stored) - {"state"} == set(model.state_dict())
    for name, each in run.state_dict().items():
        assert torch.equal(each, torch.tensor(stored[name]))
        assert torch.equal(each, model.state_dict()[name])
    with torch.no_grad():
        model.h_o.bias += 1
    assert not torch.equal(model.h_o.bias, again.h_o.bias) and not again.training
    assert {each.dtype.str for each in hnviz.open("Model5").weights().values()} == {"<f4", "<i8"}


# Answers


def same(one, other) -> bool:
    return one.meta == other.meta and all(
        np.array_equal(one.arrays[name], each) for name, each in other.arrays.items()
    )


@pytest.mark.parametrize(
    ("question", "params"),
    [("count_on", {"number": 41}), ("units", {"ids": [9, 10, 11]}), ("surgery", {"ids": [9, 10]})],
)
def test_an_answer_is_that_of_the_app(folder, question, params):
    run, step = hnviz.open(folder.path), folder.snapshots()[-1]
    answer = run.ask(question, **params)
    assert same(answer.reply, unpack(answer_now(folder, step, question, params)))
    arrays = {name: np.array(each) for name, each in params.items()}
    assert same(run.ask(question, step, **arrays).reply, answer.reply)


def test_a_pre_trained_run_takes_the_answers_that_came_with_it(monkeypatch):
    def computed(*_: object) -> bytes:
        raise AssertionError("it came with the run")

    monkeypatch.setattr("hnviz.engine.observer.answer_now", computed)
    found = [hnviz.open("Model5").ask("counting_accuracy", **given) for given in ({}, {"given": 3})]
    assert same(found[0].reply, found[1].reply)


def test_a_text_takes_the_place_of_ids(folder):
    run = hnviz.open(folder.path)
    spelled = run.ask("units", ids="4318 to 4319")
    ids = run.vocab.numericalize(["four", "thousand", "three", "hundred", "eighteen", ","])
    assert np.array_equal(spelled["ids"][: len(ids)], ids)
    assert same(spelled.reply, run.ask("units", ids=spelled["ids"]).reply)


def test_random_numbers_of_the_notebook_go_on_as_if_nothing_had_been_asked(folder):
    torch.manual_seed(3)
    wanted = torch.rand(2).tolist()
    torch.manual_seed(3)
    run = hnviz.open(folder.path)
    run.ask("units", ids="12", step=0)
    run.model(0)
    assert torch.rand(2).tolist() == wanted


def test_answers_are_tables(folder):
    run = hnviz.open("Model5")
    probe, counted = run.ask("probe", layer=1), run.ask("counting_accuracy")
    assert probe.frame().loc["tens", "right"] == probe["tens"]["right"]
    assert list(counted.frame().columns) == ["number", "right", "first_wrong", "alone"]
    said = run.ask("count_on", number=41).frame("said")
    assert said.truth.tolist() == [42, 43, 44]
    values = run.ask("units", ids="12 to 14")
    assert values.frame("values").shape == values["values"].shape
    assert values.frame("ids").ids.tolist() == values["ids"].tolist()


# What is refused


def refusal(ask, kind: type[Exception] = ValueError) -> str:
    with pytest.raises(kind) as error:
        ask()
    return str(error.value.args[0])


def test_what_is_no_run_is_named(folder, tmp_path, monkeypatch, recorded):
    monkeypatch.chdir(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    recorded(refusal(lambda: hnviz.open("Modle5")))
    recorded(refusal(lambda: hnviz.open(5)))
    recorded(refusal(lambda: hnviz.open(empty)))
    recorded(refusal(lambda: hnviz.open(folder.path.parent)))
    (empty / "no.zip").write_bytes(b"PK")
    recorded(refusal(lambda: hnviz.open(empty / "no.zip")))


def test_a_run_without_a_snapshot_has_records_but_no_answers(folder, tmp_path, recorded):
    copy = RunFolder(tmp_path / folder.id)
    copy.path.mkdir()
    for name in (CONFIG, EVENTS):
        (copy.path / name).write_bytes((folder.path / name).read_bytes())
    run = hnviz.open(copy.path)
    assert len(run.batches()) and run.snapshots == []
    for ask in (lambda: run.ask("count_on", number=4), run.weights, run.model):
        recorded(refusal(ask))


def test_a_wrong_question_and_wrong_parameters_are_sentences(folder, recorded):
    run = hnviz.open(folder.path)
    assert f"'cuont_on'; choose one of {', '.join(sorted(QUESTIONS))}" in refusal(
        lambda: run.ask("cuont_on")
    )
    recorded(refusal(lambda: run.ask("count_on")), 1, 9996)
    recorded(refusal(lambda: run.ask("count_on", number=4, words=2)))
    recorded(refusal(lambda: run.ask("units", ids="0")), 1, "9999", 0)
    recorded(refusal(lambda: run.ask("units", 7, ids="1")), 7, *folder.snapshots())
    found = run.ask("reading", ids="12")
    recorded(refusal(lambda: found["probabilities"], KeyError))
    recorded(refusal(lambda: found.frame("states")), 1, len(found["ids"]), 8)
    recorded(refusal(lambda: found.frame("given")), found["given"])
    apart = Reply({"long": np.arange(3), "short": np.arange(2)})
    recorded(refusal(Answer("mine", 4, "two", apart).frame))


def rewritten(zipped, config: dict, version: str = "0.5.0"):
    """A zip file with another config.json."""
    path = zipped.with_name("other.zip")
    with zipfile.ZipFile(zipped) as source, zipfile.ZipFile(path, "w") as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == CONFIG:
                content = json.dumps(json.loads(content) | config).encode()
            target.writestr(member.filename, content)
    return path


def test_a_zip_file_of_a_newer_version_or_of_a_missing_model_says_so(zipped, recorded):
    newer = rewritten(zipped, {"format": 2, "versions": {"hnviz": "9.1"}})
    recorded(refusal(lambda: hnviz.open(newer)), 2, 1, 9.1)
    config = json.loads(zipfile.ZipFile(zipped).read(CONFIG))["config"]
    own = {"config": config | {"model": "Leaky"}, "model_identity": "abc"}
    recorded(refusal(lambda: hnviz.open(rewritten(zipped, own))))


def test_a_folder_whose_models_code_is_missing_says_how_to_name_it(folder, tmp_path, recorded):
    copy = tmp_path / folder.id
    copy.mkdir()
    content = json.loads((folder.path / CONFIG).read_bytes())
    content |= {"config": content["config"] | {"model": "Leaky"}, "model_identity": "abc"}
    (copy / CONFIG).write_text(json.dumps(content))
    recorded(refusal(lambda: hnviz.open(copy)))
    (copy / "models.py").write_text("")
    assert f"open it with models={copy}/models.py" in refusal(lambda: hnviz.open(copy))
    assert not (copy / SNAPSHOTS).exists()


# TensorBoard


def test_without_tensorboard_a_sentence_says_what_to_install(
    folder, tmp_path, monkeypatch, recorded
):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    run = hnviz.open(folder.path)
    recorded(refusal(lambda: run.to_tensorboard(tmp_path), ModuleNotFoundError))


@pytest.mark.slow
@pytest.mark.skipif(not HAS_TENSORBOARD, reason="tensorboard is missing: pip install tensorboard")
def test_tensorboard_shows_the_records_and_the_weights(tmp_path, monkeypatch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    cells = guide.cells(PAGE)
    (cell,) = (each for each in cells if "tensorboard" in each[0])
    guide.shown(cells[0][0], names)
    assert guide.shown(cell[0], names) == cell[1]

    run = hnviz.open("Model5")
    read = EventAccumulator(str(tmp_path / "logs/Model5"), {"scalars": 0, "histograms": 0})
    read.Reload()
    for tag, frame, column in (
        ("train/loss", run.batches(), "loss"),
        ("train/smooth loss", run.batches(), "smooth_loss"),
        ("schedule/lr", run.batches(), "lr"),
        ("valid/loss", run.epochs(), "valid_loss"),
        ("valid/accuracy", run.epochs(), "accuracy"),
    ):
        told = read.Scalars(tag)
        assert [each.step for each in told] == frame.step.tolist()
        assert [each.value for each in told] == frame[column].astype("f4").tolist()
    ones = run.kinds().query("split == 'valid' and kind == 'ones'")
    told = read.Scalars("right on valid/ones")
    assert [each.value for each in told] == (ones.right / ones.n).astype("f4").tolist()
    histograms = read.Histograms("weights/h_o.weight")
    assert [each.step for each in histograms] == run.snapshots
    weights = run.weights()["h_o.weight"]
    found = histograms[-1].histogram_value
    assert (found.min, found.max, found.num) == (weights.min(), weights.max(), weights.size)
    times = [each.wall_time for each in read.Scalars("train/loss")]
    assert times == sorted(times) and times[0] == run.record().started.time
    assert refusal(lambda: run.to_tensorboard("logs")).startswith("logs/Model5 holds a run")
