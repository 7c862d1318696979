"""A run's twin: a notebook of plain PyTorch that trains it again, to the same figures."""

import contextlib
import io
from dataclasses import replace

import nbclient
import nbformat
import pytest

from hnviz.cli.main import main
from hnviz.config import RunConfig
from hnviz.events import EpochEnd
from hnviz.export import ExportError
from hnviz.export.twin import twin
from hnviz.learn import fit
from hnviz.models.catalogue import CATALOGUE
from hnviz.runs import BLOCKS, RunStore, shipped_configs
from hnviz.runs.record import RecordBuilder

MOST_LINES = 120
TWINS = [name for name in CATALOGUE if name not in ("Transformer", "Model5Reg")]
OPTIONS = {  # what a config may ask for beside its model
    "notebook": {},
    "blocks": {"split": "blocks"},
    "uniform, reset": {"bn_init": "uniform", "reset_state": "both", "pct_start": 0.1, "seed": 3},
    "reset in valid": {"reset_state": "valid", "nh": 40, "bs": 128},
}


def recorded(config: RunConfig):
    built = RecordBuilder("a-run", config)
    for event in fit(config):
        built.add(event)
    return built.record()


def code_of(record) -> str:
    book = nbformat.reads(twin(record), as_version=4)
    return "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "code")


def printed(epochs: tuple[EpochEnd, ...]) -> list[list[float]]:
    return [[e.epoch, e.train_loss, e.valid_loss, e.accuracy] for e in epochs]


def rows(text: str) -> list[list[float]]:
    return [[float(each) for each in line.split()] for line in text.strip().splitlines()]


@pytest.mark.parametrize("model", TWINS)
def test_a_twin_of_each_model_prints_the_runs_figures(model):
    record = recorded(RunConfig.for_model(model, epochs=1, bs=512, device="cpu"))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code_of(record), {"__name__": "twin"})
    (told,), (wanted,) = rows(said.getvalue()), printed(record.epochs)
    assert told == pytest.approx(wanted, abs=2e-6)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_twin_has_the_runs_settings(options):
    short = {"epochs": 2, "bs": 512, "device": "cpu"}
    record = recorded(RunConfig.for_model("Model3", **short | options))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code_of(record), {"__name__": "twin"})
    for told, wanted in zip(rows(said.getvalue()), printed(record.epochs), strict=True):
        assert told == pytest.approx(wanted, abs=2e-6)


@pytest.mark.parametrize("run", [run for run in shipped_configs() if run in (*TWINS, BLOCKS)])
def test_a_twin_is_short_plain_and_the_same_each_time(run):
    record = RunStore("nowhere").record(run)
    code = code_of(record)
    assert sum(bool(line.strip()) for line in code.splitlines()) < MOST_LINES
    assert "hnviz" not in code and "LanguageModel" not in code and "$" not in code
    assert twin(record) == twin(record)
    last = record.epochs[-1]
    assert f"{last.train_loss:.6f}  {last.valid_loss:.6f}  {last.accuracy:.6f}" in twin(record)


def test_a_notebook_made_by_the_command_runs_in_jupyter(tmp_path, capsys):
    config = RunConfig.for_model("Model1", epochs=1, device="cpu")
    store = RunStore(tmp_path / "runs")
    run = store.create(config)
    with run.writer() as writer:
        for event in fit(config):
            writer.append(event)
    path = tmp_path / "made.ipynb"
    options = ["--runs-dir", str(tmp_path / "runs"), "-o", str(path)]
    assert main(["export", "notebook", run.id, *options]) == 0
    book = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(book, timeout=300).execute()
    outputs = [each for cell in book.cells for each in cell.get("outputs", ())]
    (table,) = (each["text"] for each in outputs if each.output_type == "stream")
    assert rows(table) == [pytest.approx(row, abs=2e-6) for row in printed(run.read().epochs)]


def test_what_has_no_twin_is_said_in_one_sentence(tmp_path, capsys):
    record = RunStore(tmp_path).record("Model5")
    french = replace(record, config=replace(record.config, corpus="numbers-fr"))
    with pytest.raises(ExportError, match=r"only a run of human_numbers"):
        twin(french)
    for model in set(CATALOGUE) - set(TWINS):
        with pytest.raises(ExportError, match=f"{model} is made of more than one class"):
            twin(RunStore(tmp_path).record(model))
    assert "no finished epoch" in twin(replace(record, epochs=()))
    assert main(["export", "notebook", "nowhere", "--runs-dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
