"""The tables: of runs, of epochs, of the vocab; and the texts that stand for a table's row."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.run.list import MARKS, _open, frame
from hnviz.app.shell import session as state
from hnviz.catalogue import CATALOGUE, entry
from hnviz.config import RunConfig
from hnviz.data import human_numbers, human_numbers_stream, tokenize
from hnviz.engine.client import Job
from hnviz.figures.diagrams import previous
from hnviz.runs import SHIPPED_DIR, STATUSES, RunStore, RunSummary, notebook_table

ROOT = Path(__file__).parent.parent

# --- the list of runs ---------------------------------------------------------------------------

MARKED = "… queued, ● running, ‖ paused, ✓ finished, ■ stopped, ! interrupted, ✗ diverged"
OVER = ("finished", "stopped", "diverged", "failed")
WORDS = {marked.split()[1]: marked for marked in f"{MARKED}, ✗ failed, ✗ damaged".split(", ")}


def statuses_in(path: Path) -> Iterator[str]:
    """Yield each status that a module writes: as status=, in `_ended(...)`, from a `status`."""
    for node in ast.walk(ast.parse(path.read_text())):
        given: list[ast.AST] = []
        if isinstance(node, ast.Call):
            given = [each.value for each in node.keywords if each.arg == "status"]
            if isinstance(node.func, ast.Attribute) and node.func.attr == "_ended":
                given += node.args[:1]
        elif isinstance(node, ast.FunctionDef) and node.name.endswith("status"):
            given = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
        for constant in (each for value in given for each in ast.walk(value)):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                yield constant.value


def line(name: str, status: str | None = None, **options: object) -> RunSummary:
    """Make a line of the list, of a run that is named after its status."""
    config = RunConfig.for_model("Model5", seed=7)
    made = RunSummary(id=f"run-{name}", shipped=False, status=status or name, config=config)
    return replace(made, **{"step": 1038, "n_steps": 1200, **options})


def every_line() -> list[RunSummary]:
    """One line of each status, and two runs that ship."""
    told = {"message": "how it ended"}
    return [
        line("queued", step=0, n_steps=None),
        line("running", valid_loss=1.5, accuracy=0.75, train_accuracy=0.5),
        line("paused", "running"),  # only the engine knows that it is paused
        *(line(each, **told) for each in OVER),
        line("interrupted"),
        line("damaged", config=None, step=0, n_steps=None, problem="what is wrong"),
        line("Model0", "finished", shipped=True, **told),
        line("Model1", "damaged", shipped=True),
    ]


def jobs(**statuses: str) -> dict[str, Job]:
    return {
        f"run-{name}": Job(run_id=f"run-{name}", status=status) for name, status in statuses.items()
    }


JOBS = jobs(queued="queued", running="running", paused="paused")


def test_every_status_that_is_written_anywhere_has_a_mark():
    folders = [ROOT / "hnviz" / part for part in ("runs", "engine", "learn")]
    paths = [path for folder in folders for path in folder.glob("*.py")]
    written = {status for path in paths for status in statuses_in(path)}
    assert written >= {"finished", "failed", "paused", "damaged"}, "the scan sees each way to write"
    assert set(MARKS) == written == {*STATUSES, "paused", "damaged"}


def test_a_line_of_the_list_for_every_status():
    lines = every_line()
    assert {line.status for line in lines} == {*STATUSES, "damaged"}
    table = frame(lines, JOBS).set_index("run")
    states = {**WORDS, "Model0": "◆ shipped", "Model1": "✗ damaged"}
    assert dict(table["state"]) == {f"run-{name}": words for name, words in states.items()}
    without = {"run-queued", "run-damaged"}  # nobody knows yet, or any more, how many steps
    assert {run for run, step in table["step"].items() if step == ""} == without
    assert set(table["step"]) == {"", "1,038 of 1,200"}
    assert list(table["link"]) == [f"/train?run={line.id}" for line in lines]
    assert table["remark"]["run-damaged"] == "what is wrong"
    ended = {run for run, remark in table["remark"].items() if remark == "how it ended"}
    assert ended == {"run-diverged", "run-failed"}, "how the others ended is in their columns"
    assert set(table["remark"]) == {"", "what is wrong", "how it ended"}
    assert table["settings"]["run-running"] == "seed 7, bptt 20, lr 0.01, 10 epochs"
    assert table["settings"]["run-damaged"] == ""
    figures = table[["valid loss", "accuracy", "on train"]]
    assert figures.loc["run-running"].tolist() == [1.5, 0.75, 0.5]
    assert figures.drop("run-running").isna().all(axis=None)


@pytest.mark.parametrize(
    ("status", "job", "words"),
    [
        ("running", "paused", "‖ paused"),
        ("queued", "running", "● running"),
        ("stopped", "queued", "… queued"),  # resumed, and not begun yet
    ],
)
def test_the_engines_word_on_a_run_goes_first_as_on_its_page(status, job, words):
    assert list(frame([line("1", status)], jobs(**{"1": job}))["state"]) == [words]
    assert list(frame([line("1", status)], jobs(**{"2": job}))["state"]) != [words]


def test_a_run_that_an_engine_of_before_had_queued_was_interrupted():
    assert list(frame([line("1", "queued")], {})["state"]) == ["! interrupted"]


def test_a_status_of_a_newer_hnviz_is_shown_as_it_is():
    assert list(frame([line("1", "parked")], {})["state"]) == ["parked"]


def only_the_list() -> None:
    from hnviz.app.run.list import run_list

    run_list("the_runs")


def test_the_newest_fifty_runs_are_drawn_and_all_that_ship(monkeypatch):
    own = [line(str(number), "stopped") for number in range(60)]
    lines = [*own, *(line(name, "finished", shipped=True) for name in CATALOGUE)]
    engine, store = SimpleNamespace(jobs=list), SimpleNamespace(summaries=lambda: lines)
    monkeypatch.setattr("hnviz.app.run.list.engine", lambda: engine)
    monkeypatch.setattr("hnviz.app.run.list.store", lambda: store)
    app = AppTest.from_function(only_the_list, default_timeout=60).run()
    assert not app.exception
    drawn = app.dataframe[0].value
    assert list(drawn["run"]) == [f"run-{name}" for name in (*range(50), *CATALOGUE)]
    assert "remark" not in app.dataframe[0].proto.column_order, "none of them has one"
    lines[2] = line("2", "failed", message="the disk is full")
    assert "remark" in app.run().dataframe[0].proto.column_order


@pytest.mark.parametrize(
    ("rows", "wanted"), [([0], "run-queued"), ([3], "run-finished"), ([8], None), ([], None)]
)
def test_a_picked_line_comes_into_view_unless_it_is_damaged(monkeypatch, rows, wanted):
    lines = every_line()  # the ninth is damaged
    session = {"the_runs": SimpleNamespace(selection=SimpleNamespace(rows=rows)), "other": 1}
    before = dict(session)
    monkeypatch.setattr(state, "st", SimpleNamespace(session_state=session))
    _open("the_runs", lines)
    changed = {key: value for key, value in session.items() if before.get(key) != value}
    assert changed == ({state.NEXT_RUN: wanted, state.RERUN: True} if wanted else {})


# --- the pages' tables --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(own_runs: None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    return app.switch_page("pages/data.py").run()


def table_with(app: AppTest, column: str) -> pd.DataFrame:
    """The one table on the page that has a column."""
    (found,) = [each.value for each in app.dataframe if column in each.value]
    return found


@pytest.mark.parametrize("model", ["Model2", "Model5"])
def test_the_epochs_of_the_run_to_show_next_stand_beside_the_notebooks(opened, model):
    opened.session_state[state.NEXT_RUN] = model
    app = opened.switch_page("pages/train.py").run()
    assert not app.exception
    assert app.selectbox(key="run").value == model
    table = table_with(app, "notebook")
    epochs, theirs = RunStore(SHIPPED_DIR).record(model).epochs, notebook_table(model)
    assert list(table.index) == [epoch.epoch for epoch in epochs] == list(theirs["epoch"])
    wanted = {
        "train loss": [epoch.train_loss for epoch in epochs],
        "valid loss": [epoch.valid_loss for epoch in epochs],
        "notebook": theirs["valid_loss"].tolist(),
        "accuracy": [epoch.accuracy for epoch in epochs],
        "notebook ": theirs["accuracy"].tolist(),
        "on train": [epoch.train_accuracy for epoch in epochs],
        "seconds": [epoch.seconds for epoch in epochs],
    }
    assert list(table) == list(wanted)
    assert table.to_dict("list") == wanted


def test_the_vocab_and_ones_own_sentence_have_the_streams_ids(opened):
    app = opened.switch_page("pages/data.py").run()
    table, stream, corpus = table_with(app, "token"), human_numbers_stream(), human_numbers()
    assert len(table) == len(stream.vocab) == 39
    assert list(enumerate(stream.vocab.itos)) == list(zip(table["id"], table["token"], strict=True))
    for split in ("train", "valid"):
        tokens = tokenize(getattr(corpus, split))
        counted = [tokens.count(token) for token in stream.vocab.itos]
        assert list(table[split]) == counted and sum(counted) == len(stream.ids(split))
    assert table["train"][9] == 7998  # a comma behind each number but the last
    app.text_area(key="data_sentence").set_value("Nine, bananas hundred").run()
    html = "".join(each.proto.body for each in app.get("html"))
    said = re.findall(r">([^<>]+)<i>(\d+)</i></span>", html)
    nine = str(stream.vocab.stoi["nine"])
    assert said == [("xxbos", "2"), ("nine", nine), (",", "9"), ("xxunk", "0"), ("hundred", "10")]


# --- what is written by hand --------------------------------------------------------------------

STEP = re.compile(r"(bptt|epochs|lr) (\S+) to ([^\s,]+)(?: \((\d+) times\))?")
RISE = re.compile(r"lr rises in (?:the first )?(\d+) % of the steps(?: instead of (\d+) %)?")


@pytest.mark.parametrize("model", list(CATALOGUE)[1:])
def test_what_a_recipe_is_said_to_change_is_what_it_changes(model):
    said = entry(model).recipe_change
    now, before = asdict(entry(model).recipe), asdict(entry(previous(model)).recipe)
    changed = {name: (before[name], now[name]) for name in now if before[name] != now[name]}
    told = {}
    for name, first, second, times in STEP.findall(said):
        told[name] = (float(first), float(second))
        assert not times or float(second) / float(first) == pytest.approx(int(times))
    for second, first in RISE.findall(said):
        told["pct_start"] = (int(first) / 100 if first else before["pct_start"], int(second) / 100)
    assert told == changed
    assert (said == "nothing") == (not changed)
    assert not re.search(r"\d", RISE.sub("", STEP.sub("", said))), "a number held to nothing"


def test_the_first_recipe_is_said_as_it_is():
    recipe, said = entry("Model0").recipe, entry("Model0").recipe_change
    told = re.fullmatch(r"bptt (\d+), (\d+) epochs, lr up to (\S+)", said)
    assert [float(each) for each in told.groups()] == [recipe.bptt, recipe.epochs, recipe.lr]


# --- the command line, as a process -------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--bs x", "bs must be a whole number of at least 1; got 'x'"),
        ("--epochs 1.5", "epochs must be a whole number of at least 1; got '1.5'"),
        ("--model Model0 --bptt 4", "Model0 reads 3 tokens, so bptt must be at most 3; got 4."),
    ],
)
def test_bad_input_ends_the_process_with_status_2_and_a_sentence(words, sentence, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "hnviz", "train", *words.split()],
        cwd=ROOT,
        env={**os.environ, "HNVIZ_RUNS_DIR": str(tmp_path / "runs")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"hnviz: {sentence}")
    assert not (tmp_path / "runs").exists()
