"""A file of models named with --models: checked once, and then on every page and command."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hnviz.app.run.list.rows import row
from hnviz.app.shell.navigation import PAGES
from hnviz.browser.form import facts_of
from hnviz.cli import main
from hnviz.config import RunConfig
from hnviz.engine.client import Engine
from hnviz.learn import model_class
from hnviz.learn.checks import checked
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.own import MODELS_VARIABLE, OwnModelError, OwnModels, identity_of, register, use_file
from hnviz.own import models as own
from hnviz.questions.frame import unpack
from hnviz.runs import DamagedRun, RunFolder, RunStore
from hnviz.source import model_source, shown_path
from tests import guide
from tests.conftest import ROOT
from tests.pages import control, fields, open_page

EXAMPLE = ROOT / "docs/my_models.py"
TEXT = EXAMPLE.read_text(encoding="utf-8")
FILE, PAGE = "my_models.py", "docs/own_models.md"
TINY = ["--bs", "256", "--bptt", "64", "--nh", "8", "--epochs", "1", "--device", "cpu"]


@contextmanager
def alone() -> Iterator[None]:
    """Let a test use a file of models; afterwards this process knows none again."""
    known = dict(CATALOGUE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own, "used", None)
        patch.delenv(MODELS_VARIABLE, raising=False)
        yield
    CATALOGUE.clear()
    CATALOGUE.update(known)


@pytest.fixture
def _alone() -> Iterator[None]:
    with alone():
        yield


def check(text: str) -> OwnModels:
    return checked(FILE, text, lambda message: None)


def edited(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, old
    return TEXT.replace(old, new, 1)


def without(first: str, last: str) -> str:
    """Leave a stretch of the example out."""
    start = TEXT.index(first)
    return TEXT[:start] + TEXT[TEXT.index(last, start) + len(last) :]


# What a file may say


@pytest.mark.usefixtures("_alone")
def test_the_example_passes_and_its_entry_survives_the_way_to_another_process():
    found = check(TEXT)
    assert [model.entry.name for model in found.models] == ["MGU"]
    assert OwnModels.from_json(found.to_json()) == found
    assert CATALOGUE["MGU"] == found.models[0].entry
    assert model_class("MGU").__name__ == "MGU"


@pytest.mark.usefixtures("_alone")
def test_a_file_that_was_written_for_0_5_0_is_read():
    new = """from hnviz.learn import LanguageModel
from hnviz.models.spec import Cell, Gate, ModelEntry, Part, Recipe, Weight
"""
    old = """from hnviz.catalogue import ModelEntry
from hnviz.cells import Cell, Gate
from hnviz.learn import LanguageModel
from hnviz.parts import Part, Recipe, Weight
"""
    (found,) = check(edited(new, old)).models
    assert found.identity == "484a049189ae29d67c45"  # as in 0.5.0: it is still the same model


def test_what_no_process_sends_is_a_value_error() -> None:  # found by make fuzz
    for content in ("[" * 100_000, "[]", "{}", '{"file": 1}', ""):
        with pytest.raises(ValueError):
            OwnModels.from_json(content)


BAD: dict[str, tuple[Callable[[], str], str]] = {
    "empty": (lambda: "\n", r"my_models.py is empty"),
    "a null byte": (lambda: "\0", r"my_models.py.*null byte|my_models.py: .*"),
    "no entry": (lambda: TEXT.partition("ENTRY = ")[0], r"has no entry: write SKIP = ModelEntry"),
    "syntax": (lambda: edited("res = []", "res = ["), r"my_models.py, line \d+: '\[' was never cl"),
    "raises": (
        lambda: "import math\nmath.sqrt(-1)\n" + TEXT,
        r"my_models.py, line 2: it raised ValueError",
    ),
    "exits": (lambda: "import sys\nsys.exit('bye')\n", r"line 2: it raised SystemExit: bye$"),
    "no class": (lambda: without("class MGU", "(bs, nh)\n"), r"MGU: the file has no class of this"),
    "not a model": (
        lambda: edited("class MGU(LanguageModel)", "class MGU(nn.Linear)"),
        r"MGU: the file has no class of this name that extends LanguageModel",
    ),
    "a built-in name": (
        lambda: TEXT.replace("MGU", "LSTM"),
        r"LSTM: hnviz has a model of this name: rename class and entry",
    ),
    "an odd name": (lambda: TEXT.replace('name="MGU"', 'name="a-b"'), r"a name has 1 to 20 let"),
    "two entries": (
        lambda: TEXT + "\nfrom dataclasses import replace\nB = replace(ENTRY)\n",
        r"two",
    ),
    "a title of a wrong type": (
        lambda: edited('title="a GRU with one gate"', "title=3"),
        r"MGU: in its entry, title must be text; got 3",
    ),
    "a wrong role": (lambda: edited('"candidate", "h_h"', '"candidate", "mix"'), r"must be one of"),
    "no output": (
        lambda: without('        Part("h_o"', '("nv",)))),\n'),
        r"MGU: it has no part with the role h_o, hidden to output",
    ),
    "follows nothing": (lambda: edited('"Model3",', '"Model9",'), r"follows must name another"),
    "a recipe out of range": (
        lambda: edited("epochs=20", "epochs=0"),
        r"its recipe cannot be used",
    ),
    "a part that is not set": (
        lambda: TEXT.replace("self.candidate", "self.other"),
        r"MGU: its entry has a part candidate, but its class sets no such part",
    ),
    "a part of another kind": (
        lambda: edited("nn.BatchNorm1d(nh)", "nn.LayerNorm(nh)"),
        r"MGU: bn is a LayerNorm, but its entry says BatchNorm1d",
    ),
    "a weight of another shape": (
        lambda: edited("self.forget = nn.Linear(nh, nh)", "self.forget = nn.Linear(nh, 2 * nh)"),
        r"MGU: with nv 7 and nh 6, forget.weight has the shape \(12, 6\), but its entry says",
    ),
    "a weight that the entry lacks": (
        lambda: edited("self.bn =", "self.more = nn.Parameter(torch.zeros(2))\n        self.bn ="),
        r"MGU: its class has weights that its entry lacks: more",
    ),
    "another answer than declared": (
        lambda: edited('predicts, stateful = "every"', 'predicts, stateful = "last"'),
        r"MGU: its class says predicts = 'last', its entry 'every'",
    ),
    "logits of a wrong shape": (
        lambda: edited("self.h_o(torch.stack(res, dim=1)), h", "self.h_o(h), h"),
        r"forward gives logits of the shape \(3, 7\); wanted \(3, 1, 7\)",
    ),
    "no state": (
        lambda: edited("self.h_o(torch.stack(res, dim=1)), h", "self.h_o(torch.stack(res, dim=1))"),
        r"MGU: forward must return two things, logits and the state",
    ),
    "a state of a wrong shape": (
        lambda: edited("new_zeros(bs, self", "new_zeros(bs + 1, self"),
        r"the state h of init_state has the shape \(4, 6\); wanted \(3, 6\)",
    ),
    "too many state tensors": (
        lambda: edited('nonlinearity="tanh"', 'nonlinearity="tanh",\n    state=("h", "c")'),
        r"init_state gives 1 state tensors, but its entry names 2: h, c",
    ),
    "a state that is not zero": (lambda: edited("new_zeros", "new_ones"), r"must give zeros"),
    "an error in forward": (
        lambda: edited("res.append(self.bn(h))", "res.append(self.bn(h) @ h)"),
        r"my_models.py, line \d+: MGU raised RuntimeError: (mm: )?mat1 and mat2",
    ),
    "a gradient that is cut": (
        lambda: edited("f * before", "f.detach() * before").replace("(1 - f) * h + f * n", "n"),
        r"MGU: no gradient reaches forget.weight, forget.bias",
    ),
    "no gradient to the state": (
        lambda: edited("0, self.i_h(x[:, t]), h)", "0, self.i_h(x[:, t]), h.detach())").replace(
            "(1 - f) * h + f * n", "n + 0 * f"
        ),
        r"no gradient reaches the state",
    ),
    "a memory beside its state": (
        lambda: edited("        res = []\n", "        res = []\n        h = h * x.shape[1]\n"),
        r"MGU: read token by token, 2 tokens give another answer or state than when read at once",
    ),
    "rows that mix": (
        lambda: edited("res.append(self.bn(h))", "res.append(self.bn(h - h.mean(0)))"),
        r"MGU: one row's answer depends on the other rows",
    ),
    "a gate too few": (
        lambda: edited("return f, self", "return (self").replace(".tanh()", ".tanh(),)", 1),
        r"gates must give 2 tensors of the shape \(3, 6\)|MGU raised ValueError: not enough values",
    ),
    "a gate out of range": (
        lambda: edited(
            "f = self.forget(given + before).sigmoid()", "f = self.forget(given + before) + 2"
        ),
        r"MGU: its gate forget must be between 0 and 1, as sigmoid is",
    ),
    "weights by chance": (
        lambda: (
            "import random\n"
            + edited("self.bn =", "self.i_h.weight.data *= random.random()\n        self.bn =")
        ),
        r"MGU: its first weights vary from call to call",
    ),
}


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_sentence(name):
    text, wanted = BAD[name]
    with pytest.raises(OwnModelError, match=wanted) as refused:
        check(text())
    said = str(refused.value)
    assert said.startswith(FILE) and "\n" not in said and len(said) < 500


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (b"while True: pass\n", (0.5,)),
        (TEXT.replace("res = []", "res = []\n        while True: pass", 1).encode(), (0.5,)),
        (b"import os\nos._exit(7)\n", (7,)),
        (b"x = '\xff'\n", (8, 1)),
        (b"#" * (2**18 + 1), (262_144,)),
    ],
    ids=["loops", "loops later", "ends", "latin-1", "large"],
)
def test_a_file_that_does_not_end_well_is_one_sentence(
    content, numbers, tmp_path, monkeypatch, recorded
):
    path, looping = tmp_path / FILE, tmp_path / "looping"
    if b"while True" in content:
        content = content.replace(b"while True", f"while open({str(looping)!r}, 'w')".encode())

        class Timer(threading.Timer):
            """Begins to count once the file has come to its loop."""

            def run(self):
                while not (looping.exists() or self.finished.wait(0.01)):
                    pass
                super().run()

        monkeypatch.setattr("hnviz.own.file.threading.Timer", Timer)
        monkeypatch.setattr("hnviz.own.file.LIMIT_SECONDS", 0.5)
    path.write_bytes(content)
    with pytest.raises(OwnModelError) as error:
        use_file(path)
    recorded(str(error.value), *numbers)
    assert "MGU" not in CATALOGUE


@pytest.mark.usefixtures("_alone")
def test_what_a_file_prints_does_no_harm(tmp_path, capfd):
    path = tmp_path / FILE
    path.write_text('print(\'{"problem": "mine"}\', flush=True)\n' + TEXT, encoding="utf-8")
    use_file(path)
    assert CATALOGUE["MGU"].title == "a GRU with one gate"
    assert capfd.readouterr() == ("", "")


# Which model a run is of


def identities(text: str) -> dict[str, str]:
    with alone():
        return {model.entry.name: model.identity for model in check(text).models}


SECOND = (
    '\n\nclass Second(MGU):\n    """Another."""\n\n\nfrom dataclasses import replace\n\n'
    'OTHER = replace(ENTRY, name="Second", title="another")\n'
)


@pytest.mark.usefixtures("_alone")
def test_a_run_belongs_to_all_that_makes_its_model_and_to_nothing_else():
    first = identities(TEXT)["MGU"]
    assert re.fullmatch(r"[0-9a-f]{20}", first)
    assert identities("# a remark\n" + TEXT)["MGU"] == first
    both = identities(TEXT + SECOND)
    changed = edited("f * n", "f * n * 1")
    assert identities(changed)["MGU"] != first
    assert identities(edited("a GRU with one gate", "a single gate"))["MGU"] == first
    assert identities(edited("Recipe(bptt=20", "Recipe(bptt=10"))["MGU"] == first
    assert identities(edited('nonlinearity="tanh"', 'nonlinearity="relu"'))["MGU"] != first
    assert identities(edited('("nh", "nh")', '("nh", "1*nh")'))["MGU"] != first
    # Second extends MGU, so a change of MGU is one of Second.
    assert identities(changed + SECOND)["Second"] != both["Second"]
    assert identities(TEXT + SECOND.replace("Another.", "Another one."))["MGU"] == both["MGU"]


@pytest.mark.usefixtures("_alone")
def test_an_exported_file_shows_its_run_and_computes_nothing_with_it():
    register(check(TEXT))
    facts = facts_of(RunConfig.for_model("MGU", nh=8))
    assert facts["form"] is None and facts["gates"] == list(CATALOGUE["MGU"].gates)


@pytest.mark.usefixtures("_alone")
def test_a_run_keeps_its_file_and_says_how_to_be_read_without_it(tmp_path, monkeypatch, recorded):
    register(check(TEXT))
    runs = RunStore(tmp_path)
    folder = runs.create(RunConfig.for_model("MGU", nh=8))
    kept = folder.path / "models.py"
    assert kept.read_text(encoding="utf-8") == TEXT
    folder.check_sources()
    config = json.loads((folder.path / "config.json").read_text())
    assert config["model_identity"] == identity_of("MGU")
    other = runs.create(RunConfig())
    assert not (other.path / "models.py").exists()
    # The file has another MGU now.
    monkeypatch.setattr(own, "used", None)
    del CATALOGUE["MGU"]
    register(check(edited("f * n", "f * n * 1")))
    assert RunFolder(folder.path).config.model == "MGU"
    with pytest.raises(DamagedRun, match=f"its model MGU has changed .* --models {kept}$"):
        RunFolder(folder.path).check_sources()
    # hnviz was started without a file.
    way = f"with --models {kept}"
    monkeypatch.setattr(own, "used", None)
    del CATALOGUE["MGU"]
    lines = {line.id: line for line in RunStore(tmp_path).summaries()}
    assert lines[folder.id].problem.endswith(way)
    said = lines[folder.id].problem.removeprefix(f"the run {folder.id} ")
    recorded(said)
    listed = row(lines[folder.id], {})
    assert (listed["state"], listed["remark"]) == ("? model not loaded", f"This run {said}")
    assert lines[other.id].problem == lines[other.id].reason == ""
    kept.unlink()
    with pytest.raises(DamagedRun) as error:
        RunFolder(folder.path).info()
    recorded(str(error.value))


@pytest.mark.usefixtures("_alone")
def test_its_source_is_read_from_its_file():
    check(TEXT)
    assert model_source("MGU").text.startswith("class MGU(LanguageModel):")
    line = TEXT.splitlines()[model_source("MGU").first_line - 1]
    assert line == "class MGU(LanguageModel):"
    assert shown_path("MGU") == FILE
    assert shown_path("Model5") == "hnviz/learn/models.py"
    assert shown_path("LSTM") == "hnviz/learn/beyond.py"


# In the engine, in the commands, on the pages


@pytest.mark.usefixtures("_alone")
def test_the_engine_trains_it_and_answers_about_it(tmp_path):
    register(check(TEXT))
    engine = Engine(tmp_path)
    try:
        config = RunConfig.for_model("MGU", nh=8, bs=256, bptt=64, epochs=1, device="cpu")
        run = engine.train(config)
        folder = RunStore(tmp_path).folder(run)
        for _ in range(600):
            if folder.read().ended:
                break
            time.sleep(0.1)
        assert folder.read().ended.status == "finished", folder.read().ended
        place = {"split": "valid", "first": 3, "n": 7, "show": "forget"}
        values = unpack(engine.observe(run, "last", "units", place, 60)).arrays["values"]
        assert values.shape == (8, 7) and values.min() >= 0 and values.max() <= 1
    finally:
        engine.close()


@pytest.mark.usefixtures("_alone")
def test_a_command_with_a_bad_file_stores_nothing(tmp_path, capsys, recorded):
    bad = tmp_path / FILE
    bad.write_text("raise OSError('no')\n", encoding="utf-8")
    runs = tmp_path / "runs"
    words = ["train", "--models", str(bad), "--model", "MGU", "--runs-dir", str(runs)]
    assert main(words) == 2
    recorded(capsys.readouterr().err, 1)
    assert not runs.exists()
    assert main(["train", "--models", str(tmp_path / "none.py"), "--model", "MGU"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "No such file" in said and "--models takes a Python" in said
    assert main(["train", "--models", str(tmp_path)]) == 2
    assert "Is a directory" in capsys.readouterr().err


def command(folder: Path, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={
            **os.environ,
            "HNVIZ_RUNS_DIR": str(folder / "runs"),
            "OMP_NUM_THREADS": "1",
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=500,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with a run of the example, and the run's id."""
    folder = tmp_path_factory.mktemp("own")
    words = ["train", "--models", str(EXAMPLE), "--model", "MGU", *TINY]
    with alone():
        assert main([*words, "--runs-dir", str(folder / "runs")]) == 0
    (run,) = (path.name for path in (folder / "runs").iterdir() if (path / "config.json").exists())
    assert "MGU" in run
    return folder, run


@pytest.mark.slow  # tests/test_adding_model.py walks all pages in each run
def test_every_page_shows_its_run(trained):
    folder, run = trained
    named = {MODELS_VARIABLE: str(EXAMPLE)}
    walked = command(folder, "tests.walk", run, "MGU", **named)
    assert walked.returncode == 0, walked.stderr
    asked = dict(line.split() for line in walked.stdout.splitlines())
    assert set(asked) == {name for pages in PAGES.values() for name in pages}
    looking = ("start", "build", "remember", "learn_back")
    assert all(int(asked[page]) > 0 for page in looking), asked


@pytest.mark.usefixtures("_alone", "own_runs")
def test_pages_that_were_loaded_before_offer_it():
    """`hnviz app` has loaded the settings of a run when it reads the option."""
    register(check(TEXT))
    app = open_page("train", train_model="MGU")
    assert not app.exception
    held = fields(app)
    assert (held["model"], held["epochs"]) == ("MGU", 20)
    app = open_page("models", models_model="MGU")
    assert control(app, "models_model")["value"] == "MGU"


@pytest.mark.usefixtures("_alone")
def test_what_the_page_says_is_done(tmp_path, monkeypatch, capsys):
    """tests/test_adding_model.py moves the same model into hnviz."""
    (act,) = (each for each in guide.acts(PAGE) if each.verb == "writes")
    (tmp_path / act.file).write_text(act.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(tmp_path / "runs"))
    for words in guide.commands(PAGE):
        assert main(words) == 0, words
    assert "accuracy" in capsys.readouterr().out
    assert [path.name for path in tmp_path.glob("runs/*/models.py")]


def test_commands_know_it(capsys, monkeypatch):
    monkeypatch.setattr("hnviz.own.file.checked_apart", lambda file, text: check(text))
    with alone():
        assert main(["task", "show", "parity", "--models", str(EXAMPLE)]) == 0
    assert "MGU" in capsys.readouterr().out
    with alone():
        assert main(["bench", "seeds", "--model", "MGU", "--models", str(EXAMPLE)]) == 2
    assert "for MGU, add --to FILE" in capsys.readouterr().err


@pytest.mark.slow
def test_a_page_of_its_run_is_exported(trained):
    folder, run = trained
    file = folder / "states.html"
    words = ["page", "states", "--at", f"run={run}", "-o", str(file), "--models", str(EXAMPLE)]
    done = command(folder, "hnviz", "export", *words)
    assert done.returncode == 0, done.stderr
    assert "MGU" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "server",
    [["uvicorn", "app:app", "--port", "0"], ["streamlit", "run", "app.py", "--server.port", "0"]],
    ids=["uvicorn", "streamlit"],
)
def test_a_server_with_a_bad_file_does_not_start(server, tmp_path):
    done = command(tmp_path, *server, HNVIZ_MODELS=str(tmp_path / "none.py"))
    assert done.returncode == 2, done.stderr
    assert "hnviz: " in done.stderr and "--models takes a Python file" in done.stderr
    assert "Traceback" not in done.stderr


def test_entry_is_unknown_without_the_file():
    with pytest.raises(ValueError, match="no model named 'MGU'"):
        entry("MGU")
