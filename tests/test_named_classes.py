"""A run recorded of a class of one's own, asked once `--models` names the file that has it."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import hnviz
from hnviz.app.run.names import run_name
from hnviz.app.shell.navigation import PAGES
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.engine.client import Engine
from hnviz.learn.checks import checked
from hnviz.learn.opened import source_of
from hnviz.own import MODELS_VARIABLE, OwnModelError, OwnModels, register
from hnviz.own.network import hash_of, is_closed
from hnviz.questions.frame import unpack
from hnviz.runs import RunFolder
from tests import loops
from tests.conftest import ROOT
from tests.notebooks import read
from tests.test_own_models import alone, command
from tests.test_recording import record, silent

FILE = "mine.py"


@cache
def text() -> str:
    """Write a file with the cell of the book's own notebook that defines a minimal GRU."""
    cells = read(ROOT / "docs/notebooks/min_gru.ipynb").cells
    (cell,) = (each.source for each in cells if "class MinGRU" in each.source)
    return f"import torch\nfrom torch import nn\n\n\n{cell}\n"


def imported(folder: Path, content: str) -> ModuleType:
    """Import a file as a training script would."""
    path = folder / FILE
    path.write_text(content, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"mine_{folder.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def moved(folder: RunFolder, to: Path) -> RunFolder:
    """Copy a run, without its stored answers, to where no process answers about it."""
    found = RunFolder(shutil.copytree(folder.path, to / folder.id))
    shutil.rmtree(found.path / "answers", ignore_errors=True)
    return found


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, RunFolder]:
    """A minimal GRU, and a record of its first weights that nothing answers about."""
    folder = tmp_path_factory.mktemp("mine")
    torch.manual_seed(1)
    model = imported(folder, text()).MinGRU()
    return model, moved(record(model, folder / "a", bs=64), folder / "b")


@pytest.fixture
def _alone() -> Iterator[None]:
    with alone():
        yield


def name(content: str) -> None:
    """Name a file of classes, as `--models` does, but check it in this process."""
    register(checked(FILE, content, lambda message: None))


def states(model: Any, ids: list[int]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the top layer's state after each token, (units, n), read by the model itself."""
    model.h, found = torch.zeros(3, 1, 64), []
    for index in ids:
        with torch.no_grad():
            model(torch.tensor([[index]]))
        found.append(model.h[-1, 0].numpy())
    return np.stack(found, axis=1)


@pytest.mark.usefixtures("_alone")
def test_a_record_is_asked_anything_once_its_class_is_named(
    mine: tuple[nn.Module, RunFolder],
) -> None:
    model, folder = mine
    run = hnviz.open(folder.path)
    with pytest.raises(OwnModelError, match=r"MinGRU .* has no code of it: start hnviz with --mod"):
        run.ask("units", ids="12 to 14", layer=2)
    name(text())
    assert not is_closed(folder.config.model)
    values = run.ask("units", ids="12 to 14", layer=2)["values"]
    np.testing.assert_allclose(values, states(model, run.ids("12 to 14").tolist()), atol=1e-6)
    assert run.ask("look_back", ids="12 to 14")["norms"].any()
    assert len(run.ask("count_on", number=77, n=2).frame("said")) == 2
    logits, state = run.model()(torch.tensor([[9]]), run.model().init_state(1))
    assert (logits.shape, state.shape) == ((1, 1, 39), (3, 1, 64))
    for question in ("state_gradients", "backward_costs", "undetached", "second_backward"):
        with pytest.raises(ValueError, match="detaches its state itself"):
            run.ask(question)


@pytest.mark.slow
@pytest.mark.usefixtures("_alone")
def test_the_engine_answers_about_it_in_a_process_of_its_own(
    mine: tuple[nn.Module, RunFolder],
) -> None:
    model, folder = mine
    name(text())
    ids = stream_of(folder.config).train[:20].tolist()
    engine = Engine(folder.path.parent)
    try:
        asked = {"ids": ids, "layer": 2, "show": "state"}
        values = unpack(engine.observe(folder.id, 0, "units", asked, 60)).arrays["values"]
    finally:
        engine.close()
    np.testing.assert_allclose(values, states(model, ids), atol=1e-6)


def test_what_a_file_has_survives_the_way_to_another_process() -> None:
    """A class that needs arguments is in the list, with what it raised."""
    with alone():
        found = checked(FILE, text(), lambda message: None)
    assert OwnModels.from_json(found.to_json()) == found
    made = {each.name: (len(each.code), each.problem.partition(":")[0]) for each in found.classes}
    assert made == {"MinGRU": (64, ""), "Layer": (0, "TypeError")} and found.models == ()


def test_readers_see_the_class_s_name_alone(mine: tuple[nn.Module, RunFolder]) -> None:
    _, folder = mine
    config = folder.config
    assert config.model.startswith("MinGRU_") and config.called == "MinGRU"
    assert run_name(config).split(", ")[0] == "MinGRU"
    assert " is a run of MinGRU on " in repr(hnviz.open(folder.path))
    assert RunConfig().called == RunConfig().model


WITH_TORCH = """
class Faded(nn.Module):
    def __init__(self, n_tokens=39, n_units=8):
        super().__init__()
        self.places = nn.Embedding(4, n_units)
        self.words = nn.Embedding(n_tokens, n_units)
        self.rnn = nn.GRU(n_units, n_units, batch_first=True)
        self.head = nn.Linear(2 * n_units, n_tokens)

    def forward(self, x, h=None):
        h = torch.zeros(1, len(x), 8) if h is None else h
        given, said = self.words(x) + self.places.weight[0], []
        for i in range(x.shape[1]):
            _, h = self.rnn(given[:, i : i + 1], h)
            h = 0.5 * h
            said.append(self.head(torch.cat([h[0], given[:, i]], 1)))
        return torch.stack(said, 1), h
"""
"""Its state is half of what its GRU gives, and its head sees the word, too."""


@pytest.mark.usefixtures("_alone")
def test_a_part_of_torch_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    content = f"import torch\nfrom torch import nn\n\n{WITH_TORCH}"
    torch.manual_seed(2)
    model = imported(tmp_path, content).Faded()
    run = hnviz.open(
        moved(record(model, tmp_path / "a", parts={"embedding": "words"}), tmp_path / "b").path
    )
    name(content)
    ids = torch.tensor(run.ids("12 to 14"))[None]
    wanted, h = [], None
    for index in ids[0]:
        with torch.no_grad():
            _, h = model(index[None, None], h)
        wanted.append(h[0, 0].numpy())
    values = run.ask("units", ids="12 to 14", layer=0)["values"]
    np.testing.assert_allclose(values, np.stack(wanted, axis=1), atol=1e-6)
    with pytest.raises(ValueError, match="answers from more than its state"):
        run.ask("surgery", ids="12 to 14", layer=0, units=[1], value=1.0)
    with pytest.raises(ValueError, match="is read as a whole"):
        run.ask("cursor")
    words = model.words(ids).detach().requires_grad_()
    logits = with_words(model, words)
    (gradient,) = torch.autograd.grad(logits[0, -1].max(), words)
    norms = run.ask("look_back", ids="12 to 14", row=ids.shape[1] - 1)["norms"]
    np.testing.assert_allclose(norms[0], gradient[0].norm(dim=-1), rtol=1e-4)
    assert run.ask("state_gradients")["keep"][-20:].all()


BUFFERED = """
class Buffered(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.gate = nn.Embedding(39, 8), nn.Linear(8, 8)
        self.out, self.scale = nn.Linear(8, 39), nn.Parameter(torch.rand(8))
        self.register_buffer("h", torch.zeros(4, 8))

    def forward(self, x):
        h, said = self.h, []
        for e in self.words(x).unbind(1):
            z = torch.sigmoid(self.gate(e))
            h = (1 - z) * h + z * self.scale * e
            said.append(self.out(h))
        self.h = h.detach()
        return torch.stack(said, 1)
"""


@pytest.mark.usefixtures("_alone")
def test_a_state_in_a_buffer_is_no_weight_and_a_weight_of_the_class_itself_is(
    tmp_path: Path,
) -> None:
    """While its process lives, and once its file is named, as often as it is asked."""
    content = f"import torch\nfrom torch import nn\n\n{BUFFERED}"
    torch.manual_seed(3)
    model = imported(tmp_path, content).Buffered()
    with silent():
        folder = record(model, tmp_path / "a")
    assert "scale" in folder.load_snapshot(0) and "h" not in folder.load_snapshot(0)
    elsewhere = moved(folder, tmp_path / "b")
    model.h = torch.zeros(1, 8)
    with torch.no_grad():
        for index in hnviz.open(folder.path).ids("12 to 14"):
            model(torch.tensor([[int(index)]]))
    found = [hnviz.open(folder.path).ask("units", 0, ids="12 to 14", layer=0)["values"]]
    name(content)
    run = hnviz.open(elsewhere.path)
    found += [run.ask("units", 0, ids="12 to 14", layer=0)["values"] for _ in range(2)]
    for values in found:
        np.testing.assert_allclose(values[:, -1], model.h[0], atol=1e-6)


def with_words(model: nn.Module, words: torch.Tensor) -> torch.Tensor:
    """Return a model's answers if its embedding gives these vectors."""
    handle = model.get_submodule("words").register_forward_hook(lambda *_: words)
    try:
        logits: torch.Tensor = model(torch.zeros(words.shape[:2], dtype=torch.long))[0]
    finally:
        handle.remove()
    return logits


WRONG = {
    "another class": (
        lambda: text().replace("(1 - z[:, i])", "(0.9 - z[:, i])"),
        r"another MinGRU than the one that trained this run: their sources have different hashes",
    ),
    "none of its name": (
        lambda: text().replace("MinGRU", "Other"),
        r"mine.py has no class MinGRU: start hnviz with --models",
    ),
    "that needs arguments": (
        lambda: text().replace("n_tokens=39", "n_tokens"),
        r"mine.py has the class MinGRU, but none could be made \(TypeError: .*n_tokens.*\): make",
    ),
}


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_does_not_fit_is_said(
    case: str, mine: tuple[nn.Module, RunFolder], tmp_path: Path
) -> None:
    """A part's class counts, too: in the first case only Layer differs."""
    folder = moved(mine[1], tmp_path)
    content, wanted = WRONG[case]
    name(content())
    with pytest.raises(OwnModelError, match=wanted):
        hnviz.open(folder.path).ask("units", ids="12 to 14", layer=0)


@pytest.mark.usefixtures("_alone")
def test_a_class_that_needs_arguments_is_taken_from_a_model_of_the_file(tmp_path: Path) -> None:
    """Of the file's own size; a snapshot of another size is said."""
    needs = text().replace("n_tokens=39, n_units=64", "n_tokens, n_units")
    mine = imported(tmp_path, needs)
    folders = [
        moved(record(mine.MinGRU(39, units), tmp_path / "a"), tmp_path / "b") for units in (8, 12)
    ]
    name(f"{needs}\nmodel = MinGRU(39, 8)\n")
    values = hnviz.open(folders[0].path).ask("units", ids="12 to 14", layer=0)["values"]
    assert len(values) == 8
    with pytest.raises(ValueError, match=r"the snapshot does not fit MinGRU.* size mismatch"):
        hnviz.open(folders[1].path).ask("units", ids="12 to 14", layer=0)


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize("model", ["Model3", "Model5"])
def test_the_notebook_s_classes_are_answered_about_with_and_without_their_file(
    model: str, tmp_path: Path
) -> None:
    kind = next(each for each in loops.LESSON if each.__name__ == model)
    run = hnviz.open(moved(record(kind(), tmp_path / "a"), tmp_path / "b").path)
    before = run.ask("units", ids="12 to 14", layer=0)["values"]
    name((ROOT / "tests/loops.py").read_text(encoding="utf-8"))
    np.testing.assert_array_equal(run.ask("units", ids="12 to 14", layer=0)["values"], before)


def test_a_source_has_the_classes_of_parts_and_bases(tmp_path: Path) -> None:
    found = source_of(imported(tmp_path, text()).MinGRU())
    assert found.startswith("class MinGRU(nn.Module):") and "\n\nclass Layer(nn.Module):" in found
    assert found.count("class ") == 2
    unseen: dict[str, Any] = {"__name__": "cell"}
    exec(compile(text(), "<cell>", "exec"), unseen)  # the notebook's own
    assert source_of(unseen["MinGRU"]()) == hash_of("") == ""


@pytest.mark.slow
def test_the_source_of_a_notebook_s_cell_is_found(tmp_path: Path) -> None:
    """`inspect` does not find it; it is that of the same class in a file."""
    words = [sys.executable, "-c", CELL, text()]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(ran.stdout) == source_of(imported(tmp_path, text()).MinGRU())


CELL = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell(sys.argv[1]).raise_error()
from hnviz.learn.opened import source_of
print(json.dumps(source_of(shell.user_ns["MinGRU"]())))
"""


@pytest.mark.slow
def test_every_page_opens_on_its_run(mine: tuple[nn.Module, RunFolder], tmp_path: Path) -> None:
    """Only what goes back through its state is refused: it detaches that itself."""
    _, folder = mine
    (tmp_path / FILE).write_text(text(), encoding="utf-8")
    shutil.copytree(folder.path, tmp_path / "runs" / folder.id)
    named = {MODELS_VARIABLE: str(tmp_path / FILE)}
    walked = command(tmp_path, "tests.walk", folder.id, folder.config.model, **named)
    assert {line.split()[0] for line in walked.stdout.splitlines()} == {
        name for pages in PAGES.values() for name in pages if name != "class"
    }
    refused = [line for line in walked.stderr.splitlines() if re.match(r"\w+ \{", line)]
    assert len(refused) == 3, walked.stderr
    assert all("learn_back" in line and "detaches its state itself" in line for line in refused)
