"""A run that a page trained goes through zip files: to the server, back, and to other pages."""

import io
import json
import re
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from hnviz import __version__
from hnviz.app.shell.server import server
from hnviz.cli import main
from hnviz.config import RunConfig
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.engine.trainer import Control, run_in_folder
from hnviz.events import BatchEnd, Event
from hnviz.export.build import export_page
from hnviz.figures.numbers import accuracy
from hnviz.runs import RunFolder, RunStore
from hnviz.runs.archive import pack, unpack
from tests.conftest import until
from tests.yours import Reader, press, press_at, says

pytestmark = pytest.mark.browser

MODEL = "Model3"
NUMBERS: dict[str, tuple[float | str, ...]] = {  # in what a page says of a file
    "later": ("9.1", "9.1"),
    "setting": ("9.1",),
    "size": (1, 512, 600),
    "steps": (800, 120),
    "none": (1,),
    "weights": (0,),
    "torn": (0,),
    "far": (900,),
    "large": (70_000, 65_536),
    "many": (300, 256),
    "bomb": (128,),
}
SAID = "(name) => document.querySelector('.file-of-yours').textContent.startsWith(name)"
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  const drop = new DragEvent("drop", { dataTransfer: carried, cancelable: true });
  document.querySelector(".yours").dispatchEvent(drop);
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory, own_runs) -> Path:
    """The file of a page on a model that trains in seconds."""
    path = tmp_path_factory.mktemp("page") / "train.html"
    path.write_bytes(export_page("train", {"run": MODEL}, most=1))
    return path


@pytest.fixture
def readers(browser) -> Iterator[Any]:
    """Make readers, each with a browser of their own."""
    people: list[Reader] = []

    def one() -> Reader:
        people.append(Reader(browser))
        return people[-1]

    yield one
    for person in people:
        person.leave()


def saved(tab: Any, to: Path) -> Path:
    with tab.expect_download() as got:
        press(tab, "Save as zip")
    assert re.fullmatch(rf"{MODEL}-seed-\d+\.zip", got.value.suggested_filename)
    got.value.save_as(to)
    return to


def opened(tab: Any, path: Path) -> None:
    tab.locator(".yours input[type=file]").set_input_files(path)


def files_in(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def imported(path: Path, store: RunStore, capsys: Any) -> RunFolder:
    assert main(["import", str(path), "--runs-dir", str(store.root)]) == 0
    return store.folder(capsys.readouterr().out.split()[-1])


def exported(run: RunFolder, to: Path) -> Path:
    runs = ["--runs-dir", str(run.path.parent)]
    assert main(["export", "run", run.id, *runs, "-o", str(to)]) == 0
    return to


def stop_at(step: int) -> tuple[Control, Any]:
    control = Control()

    def listen(event: Event) -> None:
        if isinstance(event, BatchEnd) and event.step == step:
            control.stop()

    return control, listen


def test_a_run_goes_to_the_server_and_back_and_is_the_same(readers, page, tmp_path, capsys):
    store, tab = RunStore(tmp_path / "runs"), readers().open(page)
    assert tab.get_by_role("button", name="Save as zip").is_hidden()
    press(tab, "Train one yourself")
    told = says(tab, "seed 1: all 800 steps are done")
    first = files_in(saved(tab, tmp_path / "first.zip"))
    run = imported(tmp_path / "first.zip", store, capsys)
    record, info = run.read(), run.info()
    assert (record.status, record.started.device, info.device) == ("finished", *["browser"] * 2)
    assert record.config == RunConfig.for_model(MODEL, seed=1)
    assert (len(record.batches), len(record.epochs)) == (800, 20) and record.train_pass
    assert accuracy(record.epochs[-1].accuracy) in told
    assert run.snapshots() == RunStore(tmp_path).folder(MODEL).snapshots()
    for name in (each for each in first if each.endswith("safetensors")):
        assert save(load(first[name])) == first[name]  # as the server writes it
    assert files_in(exported(run, tmp_path / "second.zip")) == first

    other = readers().open(page)
    opened(other, tmp_path / "second.zip")
    assert says(other, "seed 1: all 800 steps are done") == told
    until(other, "() => document.querySelectorAll(\"[data-trace='yours, valid']\").length === 2")
    assert files_in(saved(other, tmp_path / "third.zip")) == first
    other.reload()
    says(other, "seed 1: all 800 steps are done")  # the browser stored it


def test_each_goes_on_where_the_other_stopped(readers, page, tmp_path, capsys):
    store, tab = RunStore(tmp_path / "runs"), readers().open(page)
    press_at(tab, "After epoch [3-9],", "Stop")
    press(tab, "Train one yourself")
    says(tab, "stopped after step")
    run = imported(saved(tab, tmp_path / "stopped.zip"), store, capsys)
    step = run.read().step
    assert run.read().status == "stopped" and 80 < step < 700
    assert run.load_resume()["progress"].tolist()[0] == step
    run_in_folder(run, *stop_at(step + 19))
    here = run.read()
    assert (here.status, here.step, here.kept) == ("stopped", step + 20, step)
    assert [each.step for each in here.batches] == list(range(step + 20))

    opened(tab, exported(run, tmp_path / "on.zip"))
    says(tab, rf"seed 1: stopped after step {step + 20} of 800")
    press(tab, "Back to seed 1")
    says(tab, rf"seed 1: stopped after step {step} of 800")
    press(tab, "Go on")
    says(tab, "seed 1: all 800 steps are done")
    alone = imported(saved(tab, tmp_path / "alone.zip"), store, capsys).read()
    losses = [[each.loss for each in record.batches[: step + 5]] for record in (alone, here)]
    assert losses[0][:step] == losses[1][:step]
    assert np.allclose(*(each[step:] for each in losses), rtol=1e-4)

    opened(tab, tmp_path / "on.zip")
    says(tab, rf"stopped after step {step + 20} of 800")
    press(tab, "Go on")
    says(tab, "seed 1: all 800 steps are done")
    both = imported(saved(tab, tmp_path / "both.zip"), store, capsys).read()
    assert both.batches[: step + 20] == here.batches
    assert (both.status, len(both.batches), both.kept) == ("finished", 800, step)


def _changed(made: Path, to: Path, **files: bytes | None) -> Path:
    new = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
    with zipfile.ZipFile(to, "w") as target:
        for name, content in (files_in(made) | new).items():
            if content is not None:
                target.writestr(name, content)
    return to


def _config(made: Path, **changes: Any) -> bytes:
    content = json.loads(files_in(made)["config.json"])
    settings = {name: changes.pop(name) for name in (*changes,) if name not in content}
    return json.dumps(content | changes | {"config": content["config"] | settings}).encode()


def _refused(made: Path, folder: Path) -> Iterator[Path]:
    """Write files that a page does not take."""
    own = json.loads(files_in(made)["config.json"]) | {"model_identity": "7"}
    yield _changed(made, folder / "own.zip", config_json=json.dumps(own).encode())
    configs = {
        "later": {"format": 2, "versions": {"hnviz": "9.1"}},
        "setting": {"warmth": 3, "versions": {"hnviz": "9.1"}},
        "model": {"model": "Model5Reg"},
        "text": {"corpus": "numbers-fr"},
        "split": {"split": "blocks"},
        "tokens": {"content_hash": "0"},
        "size": {"nh": 600},
        "steps": {"epochs": 3},
        "list": {"format": []},
    }
    for name, changes in configs.items():
        path = folder / f"{name}.zip"
        yield _changed(made, path, config_json=_config(made, **changes))
    members = files_in(made)
    snapshot = load(members["snapshots/0.safetensors"])
    files: dict[str, dict[str, bytes | None]] = {
        "climbs": {"..__..__evil_txt": b"x"},
        "noconfig": {"config_json": None},
        "events": {"events_jsonl": members["events.jsonl"] + b'{"event": "boo"}\n'},
        "none": {"events_jsonl": None},
        "weights": {"snapshots__0_safetensors": save(snapshot | {"h_o.bias": np.zeros(3, "f4")})},
        "torn": {"snapshots__0_safetensors": members["snapshots/0.safetensors"][:-9]},
        "far": {"snapshots__900_safetensors": members["snapshots/0.safetensors"]},
        "large": {"config_json": bytes(70_000)},
        "checkpoint": {"resume_safetensors": b"\xff" * 40},
    }
    for name, changes in files.items():
        yield _changed(made, folder / f"{name}.zip", **changes)
    yield from _broken(made, folder)


def _broken(made: Path, folder: Path) -> Iterator[Path]:
    """Write files that are no sound zip files."""
    content = made.read_bytes()
    at = content.index(b"snapshots/1.safetensors") + 2000
    broken = {
        "letter": b"a letter",
        "half": content[: len(content) // 2],
        "bit": content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
        "empty": b"",
    }
    for name, each in broken.items():
        (folder / f"{name}.zip").write_bytes(each)
        yield folder / f"{name}.zip"
    many, bomb = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(300):
            archive.writestr(f"snapshots/{number}.safetensors", b"")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b"{}")
        archive.writestr("events.jsonl", bytes(2**24))
        for step in range(8):
            archive.writestr(f"snapshots/{step}.safetensors", bytes(2**24))
    lies = bytearray(content)  # the list says that the events have ten bytes
    with zipfile.ZipFile(made) as archive:
        size = archive.getinfo("events.jsonl").file_size
    place = lies.rindex(size.to_bytes(4, "little"))
    lies[place : place + 4] = (10).to_bytes(4, "little")
    for name, each in (("many", many.getvalue()), ("bomb", bomb.getvalue()), ("lies", lies)):
        (folder / f"{name}.zip").write_bytes(each)
        yield folder / f"{name}.zip"
    with zipfile.ZipFile(folder / "packed.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("config.json", b"{}")
    yield folder / "packed.zip"


def test_what_a_page_does_not_take_it_says_and_nothing_is_lost(readers, page, tmp_path, recorded):
    tab = readers().open(page)
    press(tab, "Train one yourself")
    told = says(tab, "seed 1: all 800 steps are done")
    made = saved(tab, tmp_path / "made.zip")
    numbers = NUMBERS | {"events": (files_in(made)["events.jsonl"].count(b"\n") + 1,)}
    for path in _refused(made, tmp_path):
        opened(tab, path)
        until(tab, SAID, path.name)
        said = tab.locator(".file-of-yours").inner_text().replace(__version__, "VERSION")
        recorded(said, *numbers.get(path.stem, ()))
        assert tab.locator(".yours p").inner_text() == told
    tab.reload()
    assert says(tab, "seed 1: all 800 steps are done") == told


def test_a_zip_is_dropped_and_other_settings_are_named(readers, page, tmp_path):
    config = RunConfig.for_model(MODEL, epochs=1, nh=16, bptt=30, seed=5, device="cpu")
    run = RunStore(tmp_path / "runs").create(config)
    run_in_folder(run)
    with (tmp_path / "run.zip").open("wb") as file:
        pack(run, file)
    tab = readers().open(page)
    content = (tmp_path / "run.zip").read_bytes()
    tab.evaluate(DROP, ["run.zip", b64encode(content).decode()])
    told = says(tab, "Yours, seed 5, nh 16, bptt 30, epochs 1: all 27 steps are done")
    assert accuracy(run.read().epochs[0].accuracy) in told
    files = files_in(saved(tab, tmp_path / "again.zip"))
    mine = files_in(tmp_path / "run.zip")
    assert files.keys() == mine.keys()
    again = unpack(RunStore(tmp_path / "other"), tmp_path / "again.zip")
    assert again.read().batches == run.read().batches
    assert all(files[name] == mine[name] for name in files if name.endswith("safetensors"))


def test_an_own_text_is_in_the_zip_of_a_run_that_read_it(readers, own_runs, tmp_path, capsys):
    text = " ".join(f"word{number % 7} goes on ." for number in range(400))
    corpus = own_corpus(text.encode(), Way())
    config = RunConfig.for_model(MODEL, epochs=2, nh=8, bs=8, corpus=corpus.id, device="cpu")
    theirs = server().store.create(config)
    run_in_folder(theirs)
    path = tmp_path / "own.html"
    path.write_bytes(export_page("train", {"run": theirs.id}, most=1))
    tab = readers().open(path)
    press(tab, "Train one yourself")
    says(tab, "seed 1: all .* steps are done")
    made = saved(tab, tmp_path / "own.zip")
    assert files_in(made)["text.txt"].decode() == text
    run = imported(made, RunStore(tmp_path / "runs"), capsys)
    run.check_sources()
    assert (run.config.corpus, run.read().status) == (corpus.id, "finished")
