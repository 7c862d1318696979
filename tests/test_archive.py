"""A run as a zip file: the same run comes out again, and nothing comes out of any other file."""

import io
import json
import os
import shutil
import stat
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from hnviz import disk
from hnviz.cli.main import main
from hnviz.config import RunConfig
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.engine.trainer import Control, run_in_folder
from hnviz.events import BatchEnd, Event
from hnviz.runs import RunFolder, RunStore
from hnviz.runs import archive as archives
from hnviz.runs.archive import ArchiveError, pack, unpack
from hnviz.runs.files import checkpoint_content
from hnviz.runs.folder import MAX_CONFIG_BYTES
from hnviz.runs.texts import TEXTS
from tests.failpoints import Failing
from tests.sentences import refusal


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The zip file of a short run."""
    folder = tmp_path_factory.mktemp("made")
    config = RunConfig.for_model("Model1", epochs=1, nh=8, device="cpu")
    run = RunStore(folder / "runs").create(config)
    run_in_folder(run)
    path = folder / "run.zip"
    with path.open("wb") as file:
        pack(run, file)
    return path


def changed(made: Path, to: Path, **files: bytes | None) -> Path:
    """A copy of a zip file in which some files are others; None leaves one out."""
    new = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(to, "w") as target:
        for member in source.infolist():
            if member.filename not in new:
                target.writestr(member.filename, source.read(member))
        for name, content in new.items():
            if content is not None:
                target.writestr(name, content)
    return to


def content_of(store: RunStore) -> list[str]:
    found = store.root.rglob("*") if store.root.exists() else ()
    return sorted(str(each.relative_to(store.root)) for each in found)


def test_a_run_comes_out_as_it_went_in(tmp_path, capsys):
    store = RunStore(tmp_path / "here")
    packed = tmp_path / "Model5.zip"
    assert main(["export", "run", "Model5", "-o", str(packed)]) == 0
    assert f"{packed.stat().st_size:,} bytes" in capsys.readouterr().out
    assert main(["import", str(packed), "--runs-dir", str(tmp_path / "here")]) == 0
    new, old = store.folder(capsys.readouterr().out.strip()), store.folder("Model5")
    assert new.path.parent == store.root and not new.shipped
    assert new.info() == old.info()
    assert new.read().epochs == old.read().epochs
    assert new.read().batches == old.read().batches
    assert new.snapshots() == old.snapshots()
    for name, tensor in old.load_snapshot("last").items():
        assert np.array_equal(new.load_snapshot("last")[name], tensor)


def test_an_own_text_travels_with_its_run(tmp_path):
    text = " ".join(f"word{number % 7} goes on ." for number in range(400)).encode()
    corpus = own_corpus(text, Way())
    config = RunConfig.for_model("Model1", epochs=1, nh=8, corpus=corpus.id, device="cpu")
    here, there = RunStore(tmp_path / "here"), RunStore(tmp_path / "there")
    run = here.create(config)
    run_in_folder(run)
    epochs = run.read().epochs
    with (tmp_path / "run.zip").open("wb") as file:
        pack(run, file)
    texts.held.clear()
    shutil.rmtree(here.root)  # on another machine it is not there
    new = unpack(there, tmp_path / "run.zip")
    assert new.config == config
    assert any((there.root / TEXTS).glob("*.txt"))
    assert there.folder(new.id).read().epochs == epochs


def stopped_after(steps: int, folder: Path) -> RunFolder:
    """A run of two epochs of 12 steps that was stopped."""
    config = RunConfig.for_model("Model1", epochs=2, nh=8, bptt=64, device="cpu")
    run, control = RunStore(folder / "runs").create(config), Control()

    def listen(event: Event) -> None:
        if isinstance(event, BatchEnd) and event.step == steps - 1:
            control.stop()

    run_in_folder(run, control, listen)
    return run


def test_an_imported_run_is_resumed_where_it_was_stopped(tmp_path):
    run = stopped_after(9, tmp_path)
    with (tmp_path / "run.zip").open("wb") as file:
        pack(run, file)
    new = unpack(RunStore(tmp_path / "there"), tmp_path / "run.zip")
    stopped = new.read()
    assert (stopped.status, stopped.step) == ("stopped", 9)
    run_in_folder(run)
    run_in_folder(new)
    there, here = new.read(), run.read()
    assert (there.status, there.kept) == ("finished", 9)
    assert there.batches == here.batches and here.step > 9
    for name, tensor in run.load_snapshot("last").items():
        assert np.array_equal(new.load_snapshot("last")[name], tensor)


@pytest.mark.parametrize(
    ("progress", "numbers"),
    [([10, 0], (10,)), ([-1, 0], (1,)), ([9, 1], (9, 1)), ([9], ()), ([9.0, 0.0], ())],
    ids=str,
)
def test_a_checkpoint_of_another_run_is_refused(progress, numbers, tmp_path, recorded):
    run = stopped_after(9, tmp_path)
    checkpoint = run.load_resume() | {"progress": np.array(progress)}
    with (tmp_path / "run.zip").open("wb") as file:
        pack(run, file)
    content = checkpoint_content(checkpoint)
    path = changed(tmp_path / "run.zip", tmp_path / "other.zip", resume_safetensors=content)
    said = refusal(ArchiveError, unpack, RunStore(tmp_path / "there"), path)
    recorded(said.removeprefix(f"{path} "), *numbers)


def test_a_run_with_a_damaged_checkpoint_is_packed_without_it(tmp_path):
    run = stopped_after(9, tmp_path)
    (run.path / "resume.safetensors").write_bytes(b"\xff" * 40)
    (run.path / "resume.before.safetensors").unlink(missing_ok=True)
    with (tmp_path / "run.zip").open("wb") as file:
        pack(run, file)
    new = unpack(RunStore(tmp_path / "there"), tmp_path / "run.zip")
    assert new.load_resume() is None and new.read().step == 9


def test_what_can_be_packed_smaller_is_and_weights_are_copied(made):
    with zipfile.ZipFile(made) as archive:
        ways = {each.filename: each.compress_type for each in archive.infolist()}
    assert ways.pop("config.json") == ways.pop("events.jsonl") == zipfile.ZIP_DEFLATED
    assert set(ways.values()) == {zipfile.ZIP_STORED} and "snapshots/0.safetensors" in ways


NO_RUN = "is not a run of hnviz: "
NOT_WHOLE = "does not hold a complete run: "
REFUSED = {
    "climbs out": ({"..__..__evil_txt": b"x"}, f"{NO_RUN}it has a file named '../../evil.txt'"),
    "another file": ({"notes_md": b"x"}, f"{NO_RUN}it has a file named 'notes.md'"),
    "a long name": ({"n" * 99: b"x"}, f"{NO_RUN}it has a file named {'n' * 60!r}"),
    "no config": ({"config_json": None}, f"{NO_RUN}it has no config.json"),
    "a config that is none": (
        {"config_json": b"[" * 100_000},
        f"{NO_RUN}config.json has 100,000 bytes; at most 65,536 are read",
    ),
    "a later format": (
        {"config_json": b'{"format": 2}'},
        f"{NOT_WHOLE}its config.json: its format is 2, and this version reads format 1",
    ),
    "a later format that says who wrote it": (
        {"config_json": b'{"format": 2, "versions": {"hnviz": "9.1"}}'},
        f"{NOT_WHOLE}its config.json: its format is 2, and this version reads format 1; hnviz 9.1 "
        "wrote it: install that version to read it",
    ),
    "a broken checkpoint": (
        {"resume_safetensors": b"\xff" * 40},
        f"{NOT_WHOLE}resume.safetensors cannot be read (it has a header of "
        "18,446,744,073,709,551,615 bytes, more than 1,048,576); start the run again",
    ),
    "broken events": (
        {"events_jsonl": b"not json\nnot json\n{}\n"},
        f"{NOT_WHOLE}events.jsonl, line 1: it is not JSON",
    ),
    "broken events beside a text": (
        {"text_txt": b"A text that no run reads.", "events_jsonl": b"[]\n"},
        f"{NOT_WHOLE}events.jsonl, line 1: it is not an event",
    ),
    "a broken snapshot": (
        {"snapshots__0_safetensors": b"\xff" * 40},
        f"{NOT_WHOLE}0.safetensors cannot be read (it has a header of 18,446,744,073,709,551,615 "
        "bytes, more than 1,048,576); choose another snapshot",
    ),
    "a text that is none": (
        {"text_txt": b"\xff\xfe"},
        f"{NOT_WHOLE}the file is not UTF-8 text (byte 1): save it as UTF-8 and choose it again",
    ),
    "a step with zeros in front": (
        {"snapshots__01_safetensors": b""},
        f"{NO_RUN}it has a file named 'snapshots/01.safetensors'",
    ),
}


@pytest.mark.parametrize(("files", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_run_is_refused_and_leaves_nothing(made, tmp_path, files, sentence, capsys):
    path, store = changed(made, tmp_path / "other.zip", **files), RunStore(tmp_path / "runs")
    held = dict(texts.held)
    assert main(["import", str(path), "--runs-dir", str(store.root)]) == 2
    assert capsys.readouterr().err == f"hnviz: {path} {sentence}\n"
    assert dict(texts.held) == held  # it pushes no other text out
    assert content_of(store) == []
    assert {each.name for each in tmp_path.iterdir()} <= {"other.zip", "runs"}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes")
def test_what_never_ends_is_no_zip_file(tmp_path, capsys, recorded):
    os.mkfifo(tmp_path / "pipe.zip")
    for path in (tmp_path / "pipe.zip", Path("/dev/zero")):
        assert main(["import", str(path), "--runs-dir", str(tmp_path / "runs")]) == 2
        recorded(capsys.readouterr().err)


def test_a_folder_is_no_zip_file(tmp_path, capsys, recorded):
    assert main(["import", str(tmp_path), "--runs-dir", str(tmp_path / "runs")]) == 2
    recorded(capsys.readouterr().err)


def member(name: str, size: int = 1, flags: int = 0) -> zipfile.ZipInfo:
    """A file that an archive says it has."""
    told = zipfile.ZipInfo(name)
    told.file_size, told.flag_bits = size, flags
    return told


def test_as_much_as_is_read_and_no_more(recorded):
    config = member("config.json", MAX_CONFIG_BYTES)
    rest = archives.MAX_BYTES - MAX_CONFIG_BYTES
    assert list(archives.problems([config, member("events.jsonl", rest, flags=8)])) == []
    (problem,) = archives.problems([config, member("events.jsonl", rest + 1)])
    recorded(problem, 2_147_483_649, 2_147_483_648)
    for name, most in (("config.json", MAX_CONFIG_BYTES), ("text.txt", texts.MAX_TEXT_BYTES)):
        others = [] if name == "config.json" else [config]
        assert list(archives.problems([*others, member(name, most)])) == []
        (problem,) = archives.problems([*others, member(name, most + 1)])
        recorded(problem, most + 1, most)
    large, _ = archives.problems([config, member("events.jsonl", archives.MAX_BYTES + 1)])
    recorded(large, 2_147_483_649, 2_147_483_648)
    (problem,) = archives.problems([config, member("events.jsonl", flags=1)])
    assert problem == "events.jsonl needs a password"


def test_as_many_files_as_a_run_may_have(made, tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", b"{}")
        for step in range(archives.MAX_FILES - 1):
            archive.writestr(f"snapshots/{step}.safetensors", b"")
    with pytest.raises(ArchiveError, match="does not hold a complete run: its config"):
        unpack(RunStore(tmp_path / "runs"), path)


def test_a_run_of_another_models_weights_is_refused(made, tmp_path):
    with zipfile.ZipFile(made) as source:
        content = json.loads(source.read("config.json"))
    content["config"]["nh"] = 9
    path = changed(made, tmp_path / "other.zip", config_json=json.dumps(content).encode())
    with pytest.raises(ArchiveError, match="does not hold a complete run"):
        unpack(RunStore(tmp_path / "runs"), path)
    assert content_of(RunStore(tmp_path / "runs")) == []


def test_links_doubles_bombs_and_pieces_are_refused(made, tmp_path, monkeypatch, recorded):
    store, path = RunStore(tmp_path / "runs"), tmp_path / "other.zip"

    changed(made, path)
    with zipfile.ZipFile(path) as archive:
        size = sum(each.file_size for each in archive.infolist())  # of this run; others differ

    def refused(*numbers: float) -> None:
        said = refusal(ArchiveError, unpack, store, path)
        recorded(said.replace(f"{size:,} bytes", "SIZE"), *numbers)
        assert content_of(store) == []

    changed(made, path)
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("snapshots/7.safetensors")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    refused(7)

    changed(made, path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("events.jsonl", b"")
    refused()

    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("config.json", b"{}")
    refused()

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b"{}" * 100)
    content = bytearray(path.read_bytes())
    content[41:43] = b"\xff\xff"  # within what was packed
    path.write_bytes(content)
    refused(3)

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(10**6))
    refused(1_000_000, 65_536)

    changed(made, path)
    with monkeypatch.context() as patch:
        patch.setattr(archives, "MAX_BYTES", 50_000)
        refused(50_000)

    with zipfile.ZipFile(path, "w") as archive:
        for number in range(300):
            archive.writestr(f"snapshots/{number}.safetensors", b"")
    refused(300, 256)

    path.write_bytes(made.read_bytes()[:-400])
    refused()
    path.write_bytes(b"not a zip file")
    refused()
    path.unlink()
    refused()


def test_a_file_that_says_less_than_it_has_is_refused(made, tmp_path):
    """A bomb tells a small size in the list of files."""
    content = bytearray(made.read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("events.jsonl").file_size
    at = content.rindex(size.to_bytes(4, "little"))  # in the list, which comes last
    content[at : at + 4] = (10).to_bytes(4, "little")
    path = tmp_path / "other.zip"
    path.write_bytes(content)
    with pytest.raises(ArchiveError):
        unpack(RunStore(tmp_path / "runs"), path)
    assert content_of(RunStore(tmp_path / "runs")) == []


def test_a_full_disk_leaves_nothing(made, tmp_path, monkeypatch, capsys):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    assert main(["import", str(made), "--runs-dir", str(tmp_path / "runs")]) == 2
    said = capsys.readouterr().err
    assert "make room" in said and said.count("\n") == 1
    assert content_of(RunStore(tmp_path / "runs")) == []


@pytest.mark.parametrize("when", ["before", "half"])
def test_a_write_that_fails_is_one_sentence_and_leaves_nothing(
    when, made, tmp_path, monkeypatch, capsys
):
    failing = Failing(f"member.write.{when}")
    monkeypatch.setattr(disk, "on_step", failing)
    monkeypatch.setattr(archives, "PIECE_BYTES", 1000)
    assert main(["import", str(made), "--runs-dir", str(tmp_path / "runs")]) == 2
    said = capsys.readouterr().err
    assert "Input/output error" in said and said.count("\n") == 1
    assert failing.passed[-1] == failing.name
    assert content_of(RunStore(tmp_path / "runs")) == []
