"""The tables: of runs, of epochs, of the vocab; and the texts that stand for a table's row."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.run.list.rows import MARKS, row
from hnviz.app.shell import session as state
from hnviz.config import RunConfig
from hnviz.data import human_numbers, human_numbers_stream, number_words, tokenize
from hnviz.engine.client import Job
from hnviz.runs import STATUSES, RunSummary
from tests.pages import below, choose, control, open_page, switch_page
from tests.test_pages import drawn

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
    paths.append(ROOT / "hnviz/events.py")
    written = {status for path in paths for status in statuses_in(path)}
    assert written >= {"finished", "failed", "paused", "damaged"}, "the scan sees each way to write"
    assert set(MARKS) == written == {*STATUSES, "paused", "damaged"}


def test_a_line_of_the_list_for_every_status():
    lines = every_line()
    assert {line.status for line in lines} == {*STATUSES, "damaged"}
    table = {each["run"]: each for each in (row(line, JOBS) for line in lines)}
    states = {**WORDS, "Model0": "◆ pre-trained", "Model1": "✗ damaged"}
    assert {run: each["state"] for run, each in table.items()} == {
        f"run-{name}": words for name, words in states.items()
    }
    without = {"run-queued", "run-damaged"}  # nobody knows yet, or any more, how many steps
    assert {run for run, each in table.items() if each["step"] == ""} == without
    assert {each["step"] for each in table.values()} == {"", "1,038 of 1,200"}
    assert [each["link"] for each in table.values()] == [f"/train?run={line.id}" for line in lines]
    assert [run for run, each in table.items() if each["damaged"]] == ["run-damaged"]
    assert table["run-damaged"]["remark"] == "what is wrong"
    ended = {run for run, each in table.items() if each["remark"] == "how it ended"}
    assert ended == {"run-diverged", "run-failed"}, "how the others ended is in their columns"
    remarks = {each["remark"] for each in table.values()}
    assert remarks == {"", "what is wrong", "how it ended"}
    assert table["run-running"]["settings"] == "bptt 20, lr 1.0e-2, 10 epochs, seed 7"
    assert table["run-running"]["name"] == "Model5, seed 7"
    assert table["run-damaged"]["name"] == "run-damaged"
    assert table["run-Model0"]["created"] is None
    assert table["run-damaged"]["settings"] == ""
    figures = {
        run: [each[name] for name in ("valid loss", "accuracy", "on train")]
        for run, each in table.items()
    }
    assert figures.pop("run-running") == [1.5, 0.75, 0.5]
    assert all(each == [None] * 3 for each in figures.values())


def test_a_run_on_blocks_says_beside_its_accuracy_what_valid_holds():
    config = RunConfig.for_model("Model5", split="blocks")
    assert "100 random blocks" in row(line("finished", config=config), JOBS)["remark"]
    trained = line("finished", config=RunConfig(), browser="trained in a browser")
    assert row(trained, JOBS)["remark"] == "trained in a browser"
    failed = line("failed", config=config, message="how it ended")
    assert row(failed, JOBS)["remark"] == "how it ended"


def test_two_runs_with_other_settings_never_look_alike():
    options = (
        {}, {"reset_state": "valid"}, {"nh": 32}, {"bs": 32}, {"pct_start": 0.1},
        {"bn_init": "uniform"}, {"lr": 0.02}, {"seed": 1}, {"bptt": 7}, {"epochs": 2},
    )  # fmt: skip
    configs = [RunConfig.for_model("Model5", **each) for each in options]
    told = [row(line("stopped", config=config), {})["name"] for config in configs]
    assert len(set(told)) == len(told)
    assert told[1] == "Model5, state reset before valid"
    assert told[4] == "Model5, warm-up 10 %"


@pytest.mark.parametrize(
    ("status", "job", "words"),
    [
        ("running", "paused", "‖ paused"),
        ("queued", "running", "● running"),
        ("stopped", "queued", "… queued"),  # resumed, and not begun yet
    ],
)
def test_the_engines_word_on_a_run_goes_first_as_on_its_page(status, job, words):
    assert row(line("1", status), jobs(**{"1": job}))["state"] == words
    assert row(line("1", status), jobs(**{"2": job}))["state"] != words


def test_a_run_that_an_engine_of_before_had_queued_was_interrupted():
    assert row(line("1", "queued"), {})["state"] == "! interrupted"


def test_a_status_of_a_newer_hnviz_is_shown_as_it_is():
    assert row(line("1", "parked"), {})["state"] == "parked"


# --- the pages' tables --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened(own_runs: None) -> AppTest:
    return open_page("data")


def table_with(app: AppTest, column: str) -> pd.DataFrame:
    """The one table on the page that has a column."""
    (found,) = [each.value for each in app.dataframe if column in each.value]
    return found


@pytest.mark.parametrize("model", ["Model2", "Model5"])
def test_the_run_to_show_next_comes_into_view(opened, model):
    opened.session_state[state.NEXT_RUN] = model
    app = switch_page(opened, "train").run()
    assert not app.exception
    assert app.selectbox(key="run").value == model


def test_the_vocab_and_ones_own_sentence_have_the_streams_ids(opened):
    opened.session_state["data_vocabulary"] = True
    app = switch_page(opened, "data").run()
    table, stream, corpus = table_with(app, "token"), human_numbers_stream(), human_numbers()
    assert len(table) == len(stream.vocab) == 39
    assert list(enumerate(stream.vocab.itos)) == list(zip(table["id"], table["token"], strict=True))
    for split in ("train", "valid"):
        tokens = tokenize(getattr(corpus, split))
        counted = [tokens.count(token) for token in stream.vocab.itos]
        assert list(table[split]) == counted and sum(counted) == len(stream.ids(split))
    assert table["train"][9] == 7998  # a comma behind each number but the last
    choose(app, data_sentence="Nine, bananas hundred").run()
    nine = stream.vocab.stoi["nine"]
    known = [("xxbos", 2), ("nine", nine), (",", 9), ("xxunk", 0), ("hundred", 10)]
    line = drawn(app, "data_guess")["settings"]
    assert [(word, index) for word, _, index in line["words"]] == known
    assert [kind for _, kind, _ in line["words"]] == [
        "special",
        "ones",
        "comma",
        "special",
        "place",
    ]
    assert line["left_out"] == 0 and below(app) == []


def test_of_words_that_are_not_in_the_text_it_says_where_another_one_is_chosen(opened, recorded):
    app = switch_page(opened, "data").run()
    choose(app, data_sentence="low lower one").run()
    (told,) = below(app)
    recorded(told, 2, 3)


def chips(app: AppTest) -> list[tuple[str, str]]:
    """All tokens of the sentence with their ids, where the line leaves some out."""
    html = "".join(each.proto.body for each in app.get("html"))
    return re.findall(r">([^<>]+)<i>(\d+)</i></span>", html)


def test_a_long_sentence_is_cut_on_the_line_and_whole_below(opened):
    app = switch_page(opened, "data").run()
    choose(app, data_sentence="1 to 99").run()
    line, stream = drawn(app, "data_guess")["settings"], human_numbers_stream()
    tokens = tokenize(", ".join(number_words(number) for number in range(1, 100)))
    assert [token for token, _ in chips(app)] == tokens
    assert [int(index) for _, index in chips(app)] == stream.vocab.numericalize(tokens).tolist()
    assert len(line["words"]) == 60 and line["left_out"] == len(tokens) - 60


def test_a_sentence_that_cannot_be_read_is_told_and_the_last_one_stays(opened, recorded):
    app = switch_page(opened, "data").run()
    choose(app, data_sentence="8045").run()
    before = drawn(app, "data_guess")["settings"]
    assert [word for word, *_ in before["words"]] == ["xxbos", "eight", "thousand", "forty", "five"]
    choose(app, data_sentence="8045 and 12345").run()
    assert not app.exception
    (told,) = below(app)
    recorded(told, 1, "9999", "12345", part="Numbers go from")
    assert drawn(app, "data_guess")["settings"] == before
    assert control(app, "data_sentence")["value"] == "8045 and 12345"


def test_a_sentence_that_is_too_long_is_cut_and_told(opened, recorded):
    app = switch_page(opened, "data").run()
    choose(app, data_sentence="nine " * 500).run()
    (told,) = below(app)
    recorded(told, 2_000, 2_500)
    assert len(chips(app)) == 401


# --- the command line, as a process -------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "numbers"),
    [("--bs x", (1,)), ("--epochs 1.5", (1, 1.5)), ("--model Model0 --bptt 4", (3, 3, 4))],
)
def test_bad_input_ends_the_process_with_status_2_and_a_sentence(
    words, numbers, tmp_path, recorded
):
    done = subprocess.run(
        [sys.executable, "-m", "hnviz", "train", *words.split()],
        cwd=ROOT,
        env={**os.environ, "HNVIZ_RUNS_DIR": str(tmp_path / "runs")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    recorded(line, *numbers)
    assert not (tmp_path / "runs").exists()
