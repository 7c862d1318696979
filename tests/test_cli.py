"""The command line: what it prints, and one sentence with status 2 for what cannot be used."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from hnviz.cli import main
from hnviz.cli.main import COMMANDS
from hnviz.cli.reproduce import Figure
from hnviz.cli.training import Progress
from hnviz.config import RunConfig
from hnviz.data import BatchLayout, Choice, human_numbers_stream, stream_of
from hnviz.engine.trainer import Control, run_in_folder
from hnviz.events import EpochEnd, Event
from hnviz.models.catalogue import CATALOGUE
from hnviz.runs import RunStore
from tests.sentences import Numbers
from tests.small import figures

ROOT = Path(__file__).parent.parent
PRINTS = json.loads((ROOT / "tests/data/notebook_prints.json").read_text())

# Four steps an epoch, so that a run takes no time.
TINY = ["--bs", "200", "--bptt", "64", "--nh", "8", "--epochs", "2", "--device", "cpu"]


def sentence(err: str) -> str:
    """Return the one line on stderr, less the program's name."""
    lines = err.splitlines()
    assert len(lines) == 1, lines
    return lines[0].removeprefix("hnviz: ")


def start(*words: str, **options: Any) -> subprocess.Popen[str]:
    """Start the command line as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "hnviz", *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        **options,
    )


def the_run(runs: Path) -> Path:
    (folder,) = [path for path in runs.iterdir() if path.is_dir()]
    return folder


def events_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


# --- layout -------------------------------------------------------------------------------------


def test_layout_prints_the_notebooks_arithmetic(capsys):
    assert main(["layout", "--split", "valid", "--bs", "64", "--bptt", "70"]) == 0
    out = capsys.readouterr().out
    assert "13017/70/64 = 2.9056 -> 3" in out
    assert "3 x 64 x 70 = 13,440" in out
    assert "13,440 - 13,017 = 423 slots" in out
    assert "0, 203, 406, 610, 813, ..., 12,813" in out
    assert f"row 0  {PRINTS['texts']['x1[0]'][:60]}" in out
    assert f"row 1  {PRINTS['texts']['x1[1]'][:60]}" in out


@pytest.mark.parametrize(("split", "bs", "bptt"), [("valid", 64, 70), ("train", 7, 13)])
def test_layout_as_json(capsys, split, bs, bptt):
    assert main(["layout", "--split", split, "--bs", str(bs), "--bptt", str(bptt), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    layout = BatchLayout(len(human_numbers_stream().ids(split)), bs, bptt)
    for name in ("n_tokens", "bs", "bptt", "n_batches", "n_slots", "n_repeated"):
        assert said[name] == getattr(layout, name)
    assert said["starts"] == layout.starts.tolist()
    assert (said["split"], len(said["rows"])) == (split, 5)
    assert all(len(row.split()) == bptt for row in said["rows"])


@pytest.mark.parametrize("corpus_id", ["numbers-fr", "task-recall-tokens.400", "own"])
def test_the_layout_of_another_text(corpus_id, tmp_path, capsys):
    file = tmp_path / "own.txt"
    file.write_text("the cat sat on the mat, and the dog on the log. " * 40)
    options = ["--corpus", corpus_id]
    if corpus_id == "own":
        options = ["--text", str(file), "--tokens", "char"]
    assert main(["layout", "--split", "train", "--bs", "4", "--bptt", "9", "--json", *options]) == 0
    said = json.loads(capsys.readouterr().out)
    ids = stream_of(Choice(said["corpus"])).train
    layout = BatchLayout(len(ids), 4, 9)
    assert said["starts"] == layout.starts.tolist() and said["n_slots"] == layout.n_slots
    assert (corpus_id == "own") == said["corpus"].startswith("text-")
    assert main(["layout", "--split", "train", *options]) == 0
    said = capsys.readouterr()
    assert f"train: {len(ids):,} tokens, bs 64, bptt 70" in said.out
    assert ("one mini-batch of 64 x 70 has 4,480 slots" in said.err) == (len(ids) < 4480)


def test_layout_of_one_row(capsys):
    assert main(["layout", "--bs", "1", "--bptt", "4096"]) == 0
    assert "starts      0\n" in capsys.readouterr().out


def test_layout_needs_neither_torch_nor_pandas():
    code = (
        "import sys; from hnviz.cli import main; status = main(['layout']); "
        "assert not {'torch', 'pandas', 'streamlit'} & set(sys.modules); sys.exit(status)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


# --- bad input ----------------------------------------------------------------------------------

BAD_INPUT: dict[str, Numbers] = {
    "layout --bs 0": (1, 0),
    "layout --bs -5": (1, 5),
    "layout --bptt x": (1,),
    "layout --bptt 1.5": (1, 1.5),
    "layout --bs 99999999999": ("4096", "99999999999"),
    "layout --corpus poems": (),
    "layout --tokens char": (),
    "layout --split test": (),
    "train --bs 0": (1, 0),
    "train --bptt 0": (1, 0),
    "train --bptt twenty": (1,),
    "train --nh 0": (1, 0),
    "train --nh 64.0": (1, 64.0),
    "train --epochs 0": (1, 0),
    "train --epochs ten": (1,),
    "train --seed -1": (0, 1),
    "train --seed x": (0,),
    "train --lr 0": (0, 0.0),
    "train --lr -1": (0, 1.0),
    "train --lr nan": (0,),
    "train --lr inf": (0,),
    "train --lr fast": (0,),
    "train --model Model9": (),
    "train --model Model0 --bptt 20": (3, 3, 20),
    "train --bn-init twos": (),
    "train --reset-state often": (),
    "train --device tpu": (),
    "train --form quick": (),
    "train --lr": (),
    "train --momentum 1": (1,),
    "train --ep 3": (3,),
    "reproduce --seeds 0": (1, "1000", 0),
    "reproduce --seeds x": (1, "1000"),
    "reproduce --bn-init twos": (),
    "bench --pairs 0": (1, "10000", 0),
    "bench --model Model9": (),
    "app --port 0": (1, "65535", 0),
    "app --port 99999": (1, "65535", "99999"),
    "app --port http": (1, "65535"),
    "export site": (),
    "": (),
}


@pytest.mark.parametrize("words", BAD_INPUT)
def test_bad_input_is_one_sentence(words, capsys, tmp_path, monkeypatch, recorded):
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    captured = capsys.readouterr()
    recorded(sentence(captured.err), *BAD_INPUT[words])
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == [], "nothing is written before the options are good"


def test_an_unknown_command_is_named(capsys):
    assert main(["fly"]) == 2
    said = sentence(capsys.readouterr().err)
    assert "'fly'" in said
    assert all(name in said for name in COMMANDS)


@pytest.mark.parametrize("command", ["train", "reproduce"])
@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there(command, device, capsys, tmp_path):
    from hnviz.learn import usable_devices

    if device in usable_devices():
        pytest.skip(f"this machine has {device}")
    runs = ["--runs-dir", str(tmp_path / "runs")] if command == "train" else []
    assert main([command, "--device", device, *runs]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert f"device '{device}' is not available" in said[0]
    assert "choose one of these, or auto" in said[0]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)]
)
def test_help_is_no_error(words, capsys):
    assert main(words) == 0
    captured = capsys.readouterr()
    assert "hnviz" in captured.out
    assert captured.err == ""


def test_runs_cannot_be_stored_in_a_file(capsys, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("not a folder")
    assert main(["train", *TINY, "--runs-dir", str(taken)]) == 2
    assert f"no run can be stored in {taken}" in sentence(capsys.readouterr().err)
    assert taken.read_text() == "not a folder"


# --- train --------------------------------------------------------------------------------------


def test_train_prints_the_epoch_table_and_keeps_the_run(capsys, tmp_path, recorded):
    assert main(["train", "--model", "Model4", *TINY, "--runs-dir", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    head, *rows = captured.out.splitlines()
    assert head.split() == ["epoch", "train_loss", "valid_loss", "accuracy", "seconds"]
    folder = the_run(tmp_path)
    epochs = [event for event in events_of(folder) if event["event"] == "epoch"]
    assert len(rows) == len(epochs) == 2
    for row, epoch in zip(rows, epochs, strict=True):
        number, *figures = row.split()
        assert int(number) == epoch["epoch"] + 1
        names = ("train_loss", "valid_loss", "accuracy", "seconds")
        for figure, name in zip(figures, names, strict=True):
            assert float(figure) == pytest.approx(epoch[name], abs=0.005)
    assert "step 8 of 8" in captured.err
    assert captured.err.splitlines()[0] == f"{folder} on cpu"
    recorded(captured.err.splitlines()[-1], 8)


def test_train_as_json(capsys, tmp_path):
    words = ["train", "--model", "Model2", *TINY, "--json", "--runs-dir", str(tmp_path)]
    assert main(words) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(row) for row in rows] == [
        ["epoch", "train_loss", "valid_loss", "accuracy", "seconds"]
    ] * 2
    assert [row["epoch"] for row in rows] == [0, 1]
    epochs = [event for event in events_of(the_run(tmp_path)) if event["event"] == "epoch"]
    assert rows == [
        {name: epoch[name] for name in row} for row, epoch in zip(rows, epochs, strict=True)
    ]


def test_options_left_out_come_from_the_recipe(tmp_path):
    words = ["train", "--model", "Model2", *TINY, "--seed", "7", "--bn-init", "uniform"]
    assert (
        main([*words, "--reset-state", "both", "--form", "fast", "--runs-dir", str(tmp_path)]) == 0
    )
    stored = json.loads((the_run(tmp_path) / "config.json").read_text())["config"]
    wanted = RunConfig.for_model(
        "Model2",
        bs=200,
        bptt=64,
        nh=8,
        epochs=2,
        seed=7,
        bn_init="uniform",
        reset_state="both",
        device="cpu",
        form="fast",
    )
    assert stored == wanted.to_dict()
    assert (stored["lr"], stored["pct_start"]) == (1e-4, 0.1)


def test_runs_go_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(tmp_path / "here"))
    assert main(["train", "--model", "Model4", *TINY]) == 0
    assert the_run(tmp_path / "here").name.split("-")[2] == "Model4"


def test_a_run_that_diverges(capsys, tmp_path):
    words = ["train", "--model", "Model3", *TINY, "--lr", "1e30", "--runs-dir", str(tmp_path)]
    assert main(words) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert re.match(r"hnviz: diverged at step \d+: the loss became (nan|inf); try a lower lr", said)
    *_, last = events_of(the_run(tmp_path))
    assert (last["event"], last["status"]) == ("ended", "diverged")


def test_ctrl_c_keeps_the_run(tmp_path, recorded):
    process = start(
        *("train", "--model", "Model4", *TINY, "--epochs", "1000", "--json"),
        *("--runs-dir", str(tmp_path)),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)  # all epochs take minutes
    assert process.returncode == 130
    assert first["epoch"] == 0
    folder = the_run(tmp_path)
    *_, last = events_of(folder)
    assert (last["event"], last["status"]) == ("ended", "stopped")
    recorded(re.sub(r"step \d+", "step N", err).replace(folder.name, "RUN"), 4_000)
    assert (folder / "resume.safetensors").exists(), "it can be resumed"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
def test_a_full_disk_is_one_sentence(tmp_path):
    """A limit on the size of files fails a write as a full disk does, some way into the run."""
    process = subprocess.run(
        ["sh", "-c", f"ulimit -f 40; exec {sys.executable} -m hnviz train --model Model4 "
         f"--nh 64 --epochs 2 --json --device cpu --runs-dir {tmp_path}"],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert process.returncode == 2, process.stderr
    last = process.stderr.splitlines()[-1]
    assert last.startswith("hnviz: ")
    assert "File too large" in last
    assert "Traceback" not in process.stderr
    folder = the_run(tmp_path)
    assert events_of(folder)[0]["event"] == "started"
    assert not list(folder.rglob("*.tmp"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_full_output_is_one_sentence(recorded):
    with Path("/dev/full").open("w") as full:
        process = start("layout", stdout=full)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    recorded(err)


def test_a_reader_that_leaves_stops_the_run(tmp_path):
    process = start(
        *("train", "--model", "Model4", *TINY, "--epochs", "1000", "--runs-dir", str(tmp_path)),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    assert process.wait(120) == 141
    assert "Traceback" not in err
    assert events_of(the_run(tmp_path))[-1]["status"] == "stopped"


# --- the bar ------------------------------------------------------------------------------------


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_bar_on_a_terminal_is_drawn_over_itself():
    terminal = Terminal()
    bar = Progress(10, stream=terminal)
    for done in range(1, 11):
        bar.drawn = 0.0  # as if a tenth of a second had passed
        bar.update(done, loss=1 / done)
    bar.clear()
    drawn = terminal.getvalue().split("\r")
    assert drawn[1].startswith("[##......................] step 1 of 10, loss 1.000, ")
    assert drawn[10].startswith("[########################] step 10 of 10, loss 0.100, 0 s left")
    assert drawn[-1] == ""
    assert not drawn[-2].strip(), "a table row can stand where the bar was"
    assert "\n" not in terminal.getvalue()


def test_bar_in_a_file_is_ten_lines():
    file = StringIO()
    bar = Progress(500, "Model5 ", stream=file)
    for done in range(1, 501):
        bar.update(done, loss=1.0)
    lines = file.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("Model5 [########################] step 500 of 500")


# --- resume -----------------------------------------------------------------------------------


def test_a_stopped_run_goes_on_to_the_figures_of_one_that_was_not(
    tmp_path, capsys, monkeypatch, recorded
):
    """By its folder, as train printed it; export takes that as well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HNVIZ_RUNS_DIR", raising=False)
    config = RunConfig.for_model("Model1", epochs=2, nh=8, bs=512, device="cpu")
    whole, cut = (RunStore(Path("runs")).create(config) for _ in range(2))
    assert main(["resume", whole.id, "--json"]) == 0  # a run that never began
    control = Control()

    def stop_in_the_middle(event: Event) -> None:
        if isinstance(event, EpochEnd):
            control.stop()

    run_in_folder(cut, control, stop_in_the_middle)
    assert cut.read().status == "stopped"
    capsys.readouterr()
    assert main(["resume", f"runs/{cut.id}/"]) == 0
    said = capsys.readouterr()
    assert f"runs/{cut.id} on cpu" in said.err and "is kept in" in said.err
    assert [figures(each) for each in cut.read().epochs] == [
        figures(each) for each in whole.read().epochs
    ]
    assert main(["resume", cut.id]) == 2
    recorded(capsys.readouterr().err, part="interrupted or failed")
    assert main(["resume", "Model5"]) == 2
    assert main(["resume", "nothing"]) == 2
    assert "no run named 'nothing'" in capsys.readouterr().err
    for kind, names in (("run", [cut]), ("notebook", [cut]), ("report", [cut, whole])):
        assert main(["export", kind, *(f"runs/{each.id}" for each in names)]) == 0
    assert {f"{cut.id}.zip", f"{cut.id}.ipynb", f"{cut.id}-{whole.id}.html"} <= {
        path.name for path in tmp_path.iterdir()
    }
    Path("other/x").mkdir(parents=True)
    assert main(["export", "report", f"runs/{cut.id}", "other/x"]) == 2
    recorded(capsys.readouterr().err, part="all runs of one command")


# --- reproduce ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "word"),
    [(0.8155, "inside"), (0.83, "inside"), (0.842, "inside"), (0.81, "outside"), (0.9, "outside")],
)
def test_word_for_a_figure(here, word):
    figure = Figure("accuracy", here, notebook=0.839, low=0.815, high=0.842)
    assert figure.word() == word
    assert figure.line().split() == (
        ["accuracy", f"{here:.3f}", "0.839", "0.815", "to", "0.842", word]
    )


def test_word_where_no_range_was_measured():
    figure = Figure("valid_loss", 1.1, notebook=1.054, low=None, high=None)
    assert figure.line().split() == ["valid_loss", "1.100", "1.054", "not", "measured"]


@pytest.fixture
def two_small_models(monkeypatch):
    """Stand in for the six: the real ones take half a minute."""
    from hnviz.cli import reproduce

    monkeypatch.setattr(reproduce, "CATALOGUE", ["Model0", "Model5"])
    whole = RunConfig.for_model

    def shorter(model: str, **options: Any) -> RunConfig:
        return whole(model, epochs=1, nh=8, bs=1024, **options)

    monkeypatch.setattr(reproduce.RunConfig, "for_model", shorter)


@pytest.mark.usefixtures("two_small_models")
def test_reproduce_sets_each_figure_beside_the_notebooks(capsys, recorded):
    assert main(["reproduce", "--seeds", "2", "--device", "cpu"]) == 0
    head, *rows, summary = capsys.readouterr().out.splitlines()
    assert head.split()[:5] == ["model", "seed", "figure", "here", "notebook"]
    assert [row.split()[:3] for row in rows] == [
        [model, str(seed), column]
        for seed in (0, 1)
        for model in ("Model0", "Model5")
        for column in ("train_loss", "valid_loss", "accuracy")
    ]
    notebook = [row.split()[4] for row in rows[:6]]
    assert notebook == ["1.964", "2.206", "0.468", "0.0176", "1.054", "0.839"]
    assert all(row.split()[-1] in ("inside", "outside") for row in rows)
    inside = sum(row.split()[-1] == "inside" for row in rows)
    recorded(summary, inside, len(rows))


# --- bench --------------------------------------------------------------------------------------


def test_bench_times_what_it_is_asked_to(capsys, monkeypatch):
    from hnviz.bench import speed

    asked: dict[str, Any] = {}
    monkeypatch.setattr(speed, "main", lambda **words: asked.update(words) or 0)
    assert main(["bench", "--model", "Model2", "--model", "Model3", "--pairs", "3", "--json"]) == 0
    assert asked == {"models": ["Model2", "Model3"], "n_pairs": 3, "as_json": True}
    assert main(["bench"]) == 0
    assert asked == {"models": list(CATALOGUE), "n_pairs": 20, "as_json": False}


# --- what a careless user does ------------------------------------------------------------------


@pytest.mark.parametrize("command", ["train", "app", "ship"])
def test_an_empty_folder_name_is_refused(command, capsys, recorded):
    option = "--dest" if command == "ship" else "--runs-dir"
    assert main([command, option, ""]) == 2
    said = capsys.readouterr().err
    recorded(said)


def test_ship_looks_at_its_folder_before_it_trains(capsys, tmp_path, recorded):
    (tmp_path / "file").write_text("")
    assert main(["ship", "--dest", str(tmp_path / "file")]) == 2
    said = capsys.readouterr().err
    recorded(said)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize(
    ("closed", "status"), [("2>&-", 0), (">&-", 2), (">&- 2>&-", 2), ("< /dev/null | true", 0)]
)
def test_closed_outputs_end_a_command_without_a_traceback(tmp_path, closed, status):
    words = f"train --model Model4 {' '.join(TINY)} --runs-dir {tmp_path}"
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m hnviz {words} {closed}"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stderr
    if "2>" not in closed and status:
        assert len(done.stderr.splitlines()[-1:]) == 1 and "hnviz: " in done.stderr


@pytest.mark.parametrize("wait", [0.0, 0.15, 0.4, 0.8])
def test_ctrl_c_in_the_first_second_is_no_traceback(tmp_path, wait):
    for again in range(20):
        process = start("train", "--epochs", "500", "--runs-dir", str(tmp_path))
        time.sleep(wait + 0.1 * again)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        if "Traceback" not in err or str(ROOT / "hnviz") in err:
            break  # not while Python itself was loading, which hnviz cannot catch: press later
    assert process.returncode in (130, -signal.SIGINT), err
    assert "Traceback" not in err


# --- ship ---------------------------------------------------------------------------------------


def test_ship_replaces_the_runs_that_ship(capsys, tmp_path, monkeypatch, recorded):
    from hnviz import runs
    from hnviz.runs import RunStore

    small = RunConfig.for_model("Model4", epochs=1, nh=8, bs=512, device="cpu")
    monkeypatch.setattr(
        runs, "shipped_configs", lambda: {"Model4": small, "other": replace(small, split="blocks")}
    )
    old = tmp_path / "Model4" / "snapshots" / "999.safetensors"
    old.parent.mkdir(parents=True)
    old.touch()
    assert main(["ship", "--dest", str(tmp_path), "--only", "none"]) == 2
    recorded(capsys.readouterr().err)
    assert main(["ship", "--dest", str(tmp_path), "--only", "Model4"]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'Model4'}  ")
    assert not old.exists()
    record = RunStore(tmp_path / "none", shipped=tmp_path).folder("Model4").read()
    assert record.status == "finished"
    assert record.config.nh == 8
    assert [path.name for path in tmp_path.iterdir()] == ["Model4"]
    assert main(["ship", "--dest", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Model4", "other"]
    other = RunStore(tmp_path / "none", shipped=tmp_path).folder("other").read()
    assert other.status == "finished" and other.config.split == "blocks"
