"""Run folders: written whole, read while they grow, and honest about damage."""

import errno
import fcntl
import json
import math
import os
import platform
import resource
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from math import inf, nan
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import hnviz
from hnviz import disk
from hnviz.config import RunConfig
from hnviz.events import Event, SnapshotSaved, TrainPass
from hnviz.models.catalogue import LADDER, entry
from hnviz.runs import (
    DamagedRun,
    RunBusy,
    RunFollower,
    RunRecord,
    RunStore,
    RunWriteError,
    SnapshotNotFound,
    default_runs_dir,
    notebook_table,
    reference_range,
    ship,
)
from hnviz.runs.accuracies import NONE, Accuracies
from hnviz.runs.events import decode, encode, shortened
from hnviz.runs.files import (
    LOCK_NAME,
    RESUME_BEFORE,
    remove_leftovers,
    write_atomic,
    write_checkpoint,
)
from hnviz.runs.folder import Label, read_label, write_label
from hnviz.runs.record import RecordBuilder
from hnviz.runs.reference import lr_table, one_recipe_table
from hnviz.runs.shipped import to_half
from hnviz.runs.store import ABANDONED_SECONDS, RUNS_DIR_VARIABLE, RunSummary, versions
from tests.by_hand import FULL, STARTED, batch, ended, epoch, resumed, write
from tests.failpoints import KEPT, Failing
from tests.sentences import refusal
from tests.tiny_disk import needs_root, tiny_disk

DATA = Path(__file__).parent / "data"


def read(*events: Event) -> RunRecord:
    return RunRecord.from_events("x", RunConfig(), events)


def test_a_finished_run_knows_its_last_weights_on_train():
    told = TrainPass(step=4, loss=0.3, accuracy=0.8)
    start = [STARTED, batch(0), batch(1), epoch(0)]
    assert read(STARTED).accuracies == Accuracies(None, None)
    assert read(*start).accuracies == Accuracies(None, 0.5)  # the running figure is the curve's
    whole = [*start, batch(2), batch(3), epoch(1), told, told, ended("finished", 4)]
    assert (read(*whole).accuracies, read(*whole).train_pass) == (Accuracies(0.8, 0.5), told)
    assert read(*whole, resumed(2)).train_pass is None  # the weights are others now


@pytest.mark.parametrize(
    ("losses", "status", "accuracies", "lost_at"),
    [
        ((2, inf, nan, nan), "finished", NONE, 1),
        ((2, nan, 1), "finished", Accuracies(None, 0.5), None),
        ((2, 1), "diverged", NONE, None),
    ],
)
def test_a_run_whose_loss_is_no_number_has_no_accuracy(losses, status, accuracies, lost_at):
    steps = [replace(batch(step), loss=loss) for step, loss in enumerate(losses)]
    record = read(STARTED, *steps, epoch(0), ended(status, len(losses)))
    assert (record.accuracies, record.lost_at) == (accuracies, lost_at)


def weights(config: RunConfig, nv: int = 39) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        f"{part.name}.{weight.name}": rng.normal(size=weight.shape(nv, config.nh)).astype("f4")
        for part in entry(config.model).parts
        for weight in part.weights
    }


# Records


def test_a_record_tells_its_events_as_frames():
    record = read(*FULL)
    assert (record.status, record.step, record.progress) == ("finished", 4, 1.0)
    assert record.snapshots == (0,)
    batches = ["step", "loss", "smooth_loss", "accuracy", "lr", "momentum"]
    epochs = ["epoch", "step", "train_loss", "valid_loss", "accuracy", "train_accuracy", "seconds"]
    assert [list(record.batch_frame()), list(record.epoch_frame())] == [batches, epochs]
    assert record.epoch_frame()["valid_loss"].tolist() == [0.6, 0.6]
    for frame in (record.batch_frame(), record.epoch_frame()):
        whole = {name for name, kind in frame.dtypes.items() if kind == "int64"}
        assert whole == {"step", "epoch"} & set(frame)
        frame["step"] = 0  # the reader's own copy
    assert record.batch_frame()["step"].tolist() == [0, 1, 2, 3]
    empty = RunRecord(id="x", config=RunConfig())
    assert (empty.status, empty.step, empty.progress) == ("queued", 0, 0.0)
    assert empty.batch_frame().dtypes.astype(str).to_dict()["loss"] == "float64"
    assert empty.epoch_frame().empty and "accuracy" in empty.epoch_frame()


@pytest.mark.parametrize(
    ("events", "alive", "status"),
    [
        ([], False, "queued"),
        ([], True, "running"),
        ([STARTED], True, "running"),
        ([STARTED, batch(0)], False, "interrupted"),
        ([STARTED, ended("stopped", 0)], False, "stopped"),
        ([STARTED, ended("failed", 0), resumed(0)], True, "running"),
    ],
)
def test_status(events, alive, status):
    assert RunRecord.from_events("x", RunConfig(), events, alive=alive).status == status


def test_an_attempt_drops_what_it_does_again_of_the_one_before():
    attempt = [STARTED, SnapshotSaved(step=0), batch(0, 9.0), batch(1, 9.0), epoch(0, 0.1)]
    more = [SnapshotSaved(step=2), batch(2, 9.0), SnapshotSaved(step=3)]
    record = read(*attempt, *more, resumed(1), batch(1))
    assert record.batch_frame()["loss"].tolist() == [9.0, 0.5]
    assert (record.epochs, record.snapshots, record.step) == ((), (0,), 2)
    record = read(*attempt, resumed(2), epoch(0, 0.2), batch(2))  # the epoch's end is said twice
    assert record.epoch_frame()["accuracy"].tolist() == [0.2]
    assert record.batch_frame()["step"].tolist() == [0, 1, 2]
    anew = read(*attempt, STARTED, batch(0, 7.0))
    assert anew.batch_frame()["loss"].tolist() == [7.0]


def test_a_builder_begins_with_nothing_and_counts_a_snapshot_once():
    builder = RecordBuilder("mine", RunConfig())
    assert builder.record() == RunRecord(id="mine", config=RunConfig())
    saved = [SnapshotSaved(step=step) for step in (0, 5, 0, 9, 5, 5)]
    for event in (STARTED, ended("stopped", 1), *saved, resumed(6)):
        builder.add(event)
    record = builder.record()
    assert record.snapshots == (0, 5) and record.ended is None and record.kept == 6


# Events as lines


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_is_valid_json(loss):
    line = encode(batch(0, loss))
    assert json.loads(line, parse_constant=pytest.fail)["loss"] is None
    assert math.isnan(decode(line).loss)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"\x00\xff garbage", "is not JSON"),
        (b"[1, 2]", "^it is not an event$"),
        (encode(replace(STARTED, n_steps=0)), "^a run has at least one step$"),
        (b'{"event": "snapshot", "step": 9007199254740993}', "cannot be a number above"),
        (b'{"event": ["batch"]}', "is not an event"),
        (b'{"event": "burst"}', "no event is named 'burst'"),
        (b'{"event": "snapshot"}', "has the fields step"),
        (b'{"event": "snapshot", "step": "3"}', "step of the event 'snapshot' cannot be '3'"),
        (b'{"event": "snapshot", "step": true}', "cannot be True"),
    ],
)
def test_a_line_that_is_no_event_is_told(line, said):
    with pytest.raises(ValueError, match=said):
        decode(line)
    assert decode(b'{"event": "snapshot", "step": 9007199254740992}').step == 2**53


# The folder on disk


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("x" * 38, repr("x" * 38)),
        ("x" * 39, "'" + "x" * 39 + "..."),
        (2**53, "9007199254740992"),
        (2**53 + 1, "a number above 9,007,199,254,740,992"),
        (-(10**400), "a number above 9,007,199,254,740,992"),
    ],
)
def test_a_sentence_quotes_at_most_forty_characters(what, said):
    assert shortened(what) == said


def test_a_new_run_can_be_read_with_json_alone(store):
    folder = store.create(RunConfig(model="Model2", seed=7))
    content = json.loads((folder.path / "config.json").read_text())
    assert content["config"]["seed"] == 7
    assert content["versions"].keys() == {"python", "hnviz", "torch", "numpy"}
    assert folder.config == RunConfig(model="Model2", seed=7)
    assert (folder.info().device, folder.snapshots(), folder.load_resume()) == ("auto", [], None)
    assert folder.read().status == "queued"


def test_an_id_has_the_time_in_greenwich_and_the_fraction_of_the_second(store, monkeypatch):
    made = [store.create(RunConfig()).id for _ in range(20)]
    assert len(set(made)) == 20 and store.ids() == made[::-1]
    monkeypatch.setenv("TZ", "XYZ-5")
    time.tzset()
    try:
        own = SimpleNamespace(**vars(time) | {"time": lambda: 1_000_000_001.99999})
        monkeypatch.setattr("hnviz.runs.store.time", own)
        assert store.create(RunConfig()).id == "20010909-014641-Model5-ffff"
        own.time = lambda: 1_000_000_001.5
        test = store.create(RunConfig(), range_test=True)
        assert test.id == "lr-20010909-014641-Model5-8000" and test.is_range_test
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_run_says_which_versions_made_it(monkeypatch):
    assert versions() == {
        "python": platform.python_version(),
        "hnviz": hnviz.__version__,
        "torch": version("torch"),
        "numpy": version("numpy"),
    }

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("hnviz.runs.store.version", missing)
    versions.cache_clear()
    try:
        assert versions()["torch"] == versions()["numpy"] == "not installed"
    finally:
        versions.cache_clear()


def test_a_written_run_reads_back(folder):
    write(folder, FULL)
    assert folder.read() == RunRecord.from_events(folder.id, folder.config, FULL)
    assert folder.info().device == "cpu"  # as the run said when it started
    path = folder.path / "events.jsonl"
    frame = pd.read_json(path, lines=True)
    assert frame.query("event == 'batch'")["loss"].tolist() == [0.5] * 4
    mode = path.stat().st_mode & 0o777  # its owner writes it
    assert mode | 0o644 == 0o644 and mode & 0o600 == 0o600


def test_snapshots_and_resume(folder):
    tensors = weights(folder.config) | {"state": np.ones((2, 3, 64), "f4"), "n": np.array(3)}
    with folder.writer() as writer:
        writer.save_snapshot(0, tensors)
        writer.save_snapshot(10, tensors)
        writer.save_resume({"rng": np.arange(9, dtype="u1"), "t": np.arange(6.0).reshape(2, 3).T})
    assert folder.snapshots() == [0, 10]
    assert folder.read().snapshots == (0, 10)
    loaded = folder.load_snapshot("last")
    assert loaded.keys() == tensors.keys()
    assert all(np.array_equal(loaded[name], tensors[name]) for name in tensors)
    resume = folder.load_resume()
    assert resume["t"].tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    assert resume["rng"].tolist() == list(range(9))
    (folder.path / "resume.safetensors").rename(folder.path / RESUME_BEFORE)  # killed in between
    assert folder.load_resume()["rng"].tolist() == list(range(9))


def test_what_is_written_passes_its_own_failpoints(folder, monkeypatch):
    monkeypatch.setattr(disk, "on_step", reached := Failing())
    tensors = weights(folder.config)
    with folder.writer() as writer:
        for event in FULL:
            writer.append(event)
        for _ in range(2):
            writer.save_snapshot(0, tensors)
            writer.save_resume(tensors)
    write_label(folder.path, Label("mine"))
    passed = {tuple(name.split(".")[:2]) for name in reached.passed}
    kept = ("config", "events", "label", "note", "resume", "snapshot")
    assert passed == {(what, done) for what in kept for done in KEPT[what]}


@pytest.mark.parametrize(("name", "numbers"), [(7, (7,)), ("n" * 61, (60, 61)), ("a\nb", ())])
def test_a_name_that_no_run_can_have(folder, name, numbers, recorded):
    recorded(refusal(ValueError, write_label, folder.path, Label(name)), *numbers)
    write_label(folder.path, Label("  " + "n" * 60))
    assert read_label(folder.path) == Label("n" * 60)


def test_a_checksum_is_the_same_in_every_version(tmp_path):
    """Otherwise no checkpoint of an older one could be read."""
    path = tmp_path / "resume.safetensors"
    tensors = {"b": np.arange(6, dtype="f4").reshape(2, 3).T, "a": np.array(3)}
    write_checkpoint(path, tmp_path / "before", tensors)
    assert b'"checksum":"7ade6e609e007741bfa9df544101f313"' in path.read_bytes()


def test_an_attempt_deletes_the_snapshots_that_it_undoes(folder):
    with folder.writer() as writer:
        writer.append(STARTED)
        for step in (0, 2, 4):
            writer.save_snapshot(step, weights(folder.config))
        writer.append(resumed(2))
        writer.flush()
        assert folder.snapshots() == [0, 2] and folder.read().snapshots == (0, 2)
        folder.snapshot_path(9).mkdir()  # cannot be deleted as a file, and hinders no other
        writer.append(STARTED)
    assert folder.snapshots() == [0, 9]


def test_a_run_is_read_while_it_is_written(store, folder, monkeypatch):
    monkeypatch.setattr("hnviz.runs.writer.FLUSH_SECONDS", math.inf)
    follower = RunFollower(folder)
    assert not folder.is_alive() and follower.poll().status == "queued"
    with folder.writer() as writer:
        writer.append(STARTED)  # on the disk at once
        assert folder.is_alive() and folder.read().status == "running"
        assert (first := follower.poll()).started == STARTED
        assert follower.poll() is first  # nothing new: nothing to draw again
        writer.append(batch(0))
        assert folder.read().batches == ()  # gathered
        writer.flush()
        assert folder.read().batches == follower.poll().batches == (batch(0),)
        (line,) = store.summaries()
        assert (line.status, line.step) == ("running", 1)
    assert not folder.is_alive() and store.summaries()[0].status == "interrupted"
    assert folder.read().status == follower.poll().status == "interrupted"


# Alive or not


def test_what_a_writer_meets_is_one_sentence(folder, monkeypatch, recorded):
    monkeypatch.setattr("hnviz.runs.files.LOCK_SECONDS", 0.05)
    (folder.path / ".left.1.tmp").mkdir()  # which no process of ours made
    with folder.writer():
        recorded(refusal(RunBusy, folder.writer))
    with (folder.path / LOCK_NAME).open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)  # as another process would
        recorded(refusal(RunBusy, folder.writer))
    with monkeypatch.context() as patch:
        patch.setattr(disk, "on_step", Failing("events.cut.before"))
        recorded(refusal(RunWriteError, folder.writer))
    events, elsewhere = folder.path / "events.jsonl", folder.path / "elsewhere"
    assert not folder.is_alive()
    events.unlink()
    events.symlink_to(elsewhere)
    assert "events.jsonl" in refusal(RunWriteError, folder.writer)
    assert not elsewhere.exists() and not folder.is_alive()
    for path in (events, folder.path / LOCK_NAME):
        path.unlink()
        path.mkdir()
        recorded(refusal(RunWriteError, folder.writer))


def test_a_writer_waits_for_a_look_and_is_closed_by_any_thread(folder):
    with (folder.path / LOCK_NAME).open("w") as looked:
        fcntl.flock(looked, fcntl.LOCK_SH)
        threading.Timer(0.2, partial(fcntl.flock, looked, fcntl.LOCK_UN)).start()
        writer = folder.writer()
    assert folder.is_alive()
    closing = threading.Thread(target=writer.close)
    closing.start()
    closing.join()
    assert not folder.is_alive()


def test_looks_disturb_neither_a_writer_that_starts_nor_each_other(folder):
    folder.writer().close()
    over, seen_alive = threading.Event(), list[bool]()
    with ThreadPoolExecutor(4) as threads:
        looks = [threads.map(lambda _: folder.is_alive(), range(300)) for _ in range(4)]
        assert not any(each for look in looks for each in look)

        def look() -> None:
            while not over.is_set():
                seen_alive.append(folder.is_alive())

        watching = [threads.submit(look) for _ in range(4)]
        for _ in range(20):
            folder.writer().close()
        over.set()
        for each in watching:
            each.result()
    assert seen_alive


@pytest.mark.parametrize(
    ("torn", "whole"), [(b"x", b""), (b"\nx", b"\n"), (b"\n", b"\n"), (b"", b"")]
)
def test_a_torn_first_line_is_cut(folder, torn, whole):
    (folder.path / "events.jsonl").write_bytes(torn)
    folder.writer().close()
    assert (folder.path / "events.jsonl").read_bytes() == whole


def test_a_writer_that_is_closed_twice_closes_its_own_file_alone(folder, monkeypatch):
    writer = folder.writer()
    writer.close()
    closed: list[int] = []
    monkeypatch.setattr(os, "close", closed.append)
    writer.close()
    assert closed == []


def test_a_killed_writer_is_not_alive(folder):
    code = (
        "import sys, time; from pathlib import Path; from hnviz.runs import RunFolder\n"
        "from hnviz.events import SnapshotSaved\n"
        "writer = RunFolder(Path(sys.argv[1])).writer()\n"
        "writer.append(SnapshotSaved(step=0)); print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(folder.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        assert folder.is_alive()
        process.kill()
    assert not folder.is_alive()


# Growing files


def test_a_run_is_read_in_pieces(folder, monkeypatch):
    unread = RunFollower(folder)
    assert unread.poll() is unread.poll()  # there are no events yet
    write(folder, [STARTED, *map(batch, range(9)), ended("stopped", 9)])
    whole = folder.read()
    assert [each.step for each in RunFollower(folder, 4).poll().batches] == [0, 4, 8]
    monkeypatch.setattr("hnviz.runs.record.PIECE_BYTES", 300)
    assert RunFollower(folder).poll() == whole
    monkeypatch.setattr("hnviz.runs.record.PIECE_BYTES", 50)
    with pytest.raises(DamagedRun, match=r"events.jsonl, a line has more than 50 bytes$"):
        RunFollower(folder).poll()


def test_a_torn_last_line_is_waited_for_and_a_writer_cuts_it(folder):
    write(folder, [STARTED])
    line, follower = encode(batch(0)), RunFollower(folder)
    with (folder.path / "events.jsonl").open("ab", buffering=0) as file:
        before = follower.poll()
        file.write(line[:20])
        assert follower.poll() is before and before.batches == ()
        file.write(line[20:])
        assert follower.poll().batches == (batch(0),)
        file.write(line[:14])
    (folder.path / ".resume.safetensors.99.tmp").write_bytes(b"half")
    assert follower.poll().batches == (batch(0),)
    write(folder, [resumed(1), batch(1)])
    assert follower.poll().batches == folder.read().batches == (batch(0), batch(1))
    assert not list(folder.path.rglob(".*.tmp"))


# Damage


def test_damaged_snapshots_are_one_sentence(folder):
    with pytest.raises(SnapshotNotFound, match="has no snapshot yet"):
        folder.load_snapshot("last")
    good = weights(folder.config)
    with folder.writer() as writer:
        writer.save_snapshot(0, good)
        writer.save_snapshot(1, {name: t for name, t in good.items() if name != "h_o.bias"})
        writer.save_snapshot(2, good | {"bn.weight": np.ones(65, "f4")})
        writer.save_snapshot(3, {"i_h.weight": np.ones(3, "f4")})
        writer.save_resume(good)
    for path in (folder.snapshot_path(0), folder.path / "resume.safetensors"):
        path.write_bytes(path.read_bytes()[:-100])
    for read, said in {
        partial(folder.load_snapshot, 0): "0.safetensors cannot be read",
        partial(folder.load_snapshot, 1): r" damaged: 1\.safetensors: Model5 needs h_o.bias of "
        "shape .* got nothing",
        partial(folder.load_snapshot, 2): r"needs bn.weight of shape \(64,\); got shape \(65,\)",
        partial(folder.load_snapshot, 3): "has no embedding",
        folder.load_resume: "start the run again",
    }.items():
        with pytest.raises(DamagedRun, match=said):
            read()
    with pytest.raises(SnapshotNotFound, match="at step 9; its snapshots are at 0, 1, 2, 3"):
        folder.load_snapshot(9)


def aged(path: Path, seconds: float) -> Path:
    os.utime(path, (time.time() - seconds,) * 2, follow_symlinks=False)
    return path


def test_what_killed_processes_left_is_removed_once_it_is_old_and_nothing_else(store, tmp_path):
    elsewhere, shared = tmp_path / "elsewhere", tmp_path / "shared"
    for place in (elsewhere, shared):
        place.mkdir()
        for name, age in ((".a.1.tmp", 70), (".b.1.tmp", 50), ("c.tmp", 70)):
            (place / name).write_text("")
            aged(place / name, age)
    (tmp_path / "link").symlink_to(elsewhere)
    (shared / ".d.1.tmp").mkdir()  # cannot be removed as a file
    aged(shared / ".d.1.tmp", 1e6)
    for place in (shared, tmp_path / "link", tmp_path / "none"):
        remove_leftovers(place, ABANDONED_SECONDS)
    assert {each.name for each in shared.iterdir()} == {".b.1.tmp", "c.tmp", ".d.1.tmp"}
    assert len(list(elsewhere.iterdir())) == 3
    old, young, link = (store.root / f".new-{name}" for name in ("old", "young", "link"))
    swept, new, left = (store.root / name for name in (".sweeps/.p.1.tmp", ".new.tmp", ".left.tmp"))
    for place in (old, young, swept.parent):
        place.mkdir(parents=True)
    for path in (swept, new, left):
        path.touch()
    link.symlink_to(elsewhere)
    ages = {old: 70, young: 50, swept: 70, new: 50, left: 70, link: 1e6}
    for path, age in ages.items():
        aged(path, age)
    store.remove_unfinished()
    assert [path for path in ages if path.exists()] == [young, new, link]
    assert len(list(elsewhere.iterdir())) == 3


def test_a_run_that_starts_again_has_no_checkpoint(folder):
    with folder.writer() as writer:
        writer.drop_resume()  # there is none yet
        for step in (1, 2):
            writer.save_resume({"a": np.full(3, step)})
        writer.drop_resume()
    assert folder.load_resume() is None
    assert not list(folder.path.glob("resume*"))


# No room


def fail_write(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let os.write take `after` bytes in all, then report a full disk."""
    room, real = [after], os.write

    def full(descriptor: int, content: bytes) -> int:
        if room[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(descriptor, content[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(os, "write", full)


@pytest.mark.parametrize("room", [0, 1, 60, 150, 300])
def test_events_stay_whole_when_the_disk_is_full(folder, monkeypatch, room, recorded):
    monkeypatch.setattr("hnviz.runs.writer.FLUSH_SECONDS", math.inf)
    writer = folder.writer()
    writer.append(STARTED)
    for step in range(4):
        writer.append(batch(step))
    with monkeypatch.context() as patch:
        fail_write(patch, room)
        recorded(refusal(RunWriteError, writer.flush))
    writer.append(ended("failed", 4))
    writer.close()
    record = folder.read()
    assert record.status == "failed"
    assert record.batch_frame()["step"].tolist() == list(range(len(record.batches)))


def test_the_old_file_stays_when_the_new_one_has_no_room(folder, monkeypatch, recorded):
    with folder.writer() as writer:
        writer.save_resume({"a": np.ones(3)})
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        try:
            with pytest.raises(RunWriteError, match="File too large"):
                writer.save_resume({"a": np.zeros(100_000)})
            full = refusal(RunWriteError, writer.save_snapshot, 0, {"a": np.zeros(100_000)})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    recorded(full, 0)
    assert folder.load_resume()["a"].tolist() == [1.0, 1.0, 1.0]
    assert folder.snapshots() == [] and not list(folder.path.rglob(".*.tmp"))


@needs_root
def test_a_disk_that_is_really_full(tmp_path, recorded):
    with tiny_disk(tmp_path / "disk", "64k") as disk:
        store = RunStore(disk / "runs", tmp_path)
        folder = store.create(RunConfig())
        with folder.writer() as writer:
            with pytest.raises(RunWriteError, match="No space left on device"):
                for step in range(2000):
                    writer.append(batch(step))
                    writer.flush()
            stored = len(folder.read().batches)
            assert stored > 100
            assert folder.read().batch_frame()["step"].tolist() == list(range(stored))
        with pytest.raises(RunWriteError) as error:
            for _ in range(1000):
                store.create(RunConfig())
        recorded(str(error.value))
        assert not list(store.root.glob(".new-*"))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_for_a_run_is_one_sentence(number, store, monkeypatch, recorded):
    def full(*_: object, **__: object) -> None:
        raise OSError(number, "No room")

    monkeypatch.setattr(Path, "mkdir", full)
    recorded(refusal(RunWriteError, store.create, RunConfig()))


def test_a_run_that_cannot_be_stored_says_why(store, tmp_path, monkeypatch, recorded):
    (tmp_path / "file").write_text("")
    recorded(refusal(RunWriteError, RunStore(tmp_path / "file").create, RunConfig()))
    for point in ("run.make.before", "run.rename.before"):
        monkeypatch.setattr(disk, "on_step", Failing(point))
        recorded(refusal(RunWriteError, store.create, RunConfig()))
        assert list(store.root.glob("*")) == []


def test_the_sentence_of_a_file_names_its_run(tmp_path):
    for name, called in (("config.json", "config.json"), ("snapshots/7.safetensors", "7.safet")):
        with pytest.raises(RunWriteError, match=f"^{called}.* of the run mine could not be"):
            write_atomic(tmp_path / "mine" / name, b"", "config")


# Lists


def test_summaries_tell_every_run_in_a_line(store, folder):
    write(folder, FULL)
    write_label(folder.path, Label("mine", pinned=True))
    told = {"step": 4, "n_steps": 4, "epoch": 1, "train_loss": 0.4, "valid_loss": 0.6}
    told |= {"accuracy": 0.5, "message": "over", "created": folder.created}
    wanted = RunSummary(
        id=folder.id, shipped=False, status="finished", config=folder.config, **told
    )
    labelled = replace(wanted, given="mine", pinned=True)
    assert store.line(folder.id) == labelled and labelled.created > 0
    shutil.copytree(folder.path, store.shipped / "Model5")  # with a label, which is none of ours
    assert store.line("Model5") == replace(wanted, id="Model5", shipped=True)
    begun = write(store.create(RunConfig(model="Model3", lr=3e-3)), FULL[:1])
    line = store.line(begun.id)
    assert (line.message, line.epoch, line.accuracy, line.model) == ("", None, None, "Model3")
    (store.shipped / "Model5" / "config.json").unlink()
    assert store.line("Model5").shipped and store.line("Model5").status == "damaged"
    assert [each.id for each in store.summaries()] == [folder.id, begun.id, "Model5"]
    assert [each.id for each in store.summaries(1)] == [folder.id, "Model5"]


def test_summaries_agree_with_the_whole_record_and_are_read_once(store, folder, monkeypatch):
    write(folder, [*FULL[:-1], resumed(3), batch(3), ended("stopped", 4)])
    (line,), record = store.summaries(), folder.read()
    assert (line.step, line.status, line.epoch) == (record.step, "stopped", 0)
    assert line.accuracy == record.epochs[-1].accuracy
    assert store.record(folder.id) is store.record(folder.id)  # shared among all viewers
    monkeypatch.setattr(RunFollower, "poll", lambda _: pytest.fail("read again"))
    assert store.summaries() == [line]


def test_runs_are_in_the_current_folder_unless_another_is_named(store, monkeypatch):
    monkeypatch.delenv(RUNS_DIR_VARIABLE, raising=False)
    assert default_runs_dir() == Path("runs")
    monkeypatch.setenv(RUNS_DIR_VARIABLE, "elsewhere")
    assert default_runs_dir() == Path("elsewhere")
    assert store.ids() == [] and store.summaries() == []  # of a folder that is not there


# Shipped runs


def test_a_shipped_run_is_small_and_read_only(store, recorded):
    folder = store.create(RunConfig())
    tensors = weights(folder.config) | {"bn.num_batches_tracked": np.array(3)}
    with folder.writer() as writer:
        for event in [*FULL[:1], batch(0, 0.123456789), resumed(0), batch(0, 0.123456789)]:
            writer.append(event)
        writer.save_snapshot(0, tensors)
        writer.save_resume(tensors)
        writer.append(ended("finished", 1))
    ship(folder, store.shipped / "Model5")
    shipped = store.folder("Model5")
    assert shipped.shipped and not shipped.is_alive()
    assert shipped.load_resume() is None
    assert shipped.config == folder.config and shipped.versions == folder.versions
    loaded = shipped.load_snapshot("last")
    assert loaded["i_h.weight"].dtype == np.float16
    assert loaded["bn.num_batches_tracked"].dtype == np.int64
    np.testing.assert_allclose(loaded["i_h.weight"], tensors["i_h.weight"], rtol=1e-3, atol=1e-7)
    record = shipped.read()
    assert record.status == "finished" and record.batches == (batch(0, 0.123457),)
    assert b"resumed" not in (shipped.path / "events.jsonl").read_bytes()
    assert store.ids() == [folder.id, "Model5"]
    with pytest.raises(RunWriteError, match="can only be read"):
        shipped.writer()
    assert not (shipped.path / LOCK_NAME).exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "on_step", reached := Failing())
        again = ship(folder, store.shipped / "Model5")
    assert "shipped.rename.after" in reached.passed
    assert again.shipped and repr(again) == f"RunFolder({str(again.path)!r})"
    (store.shipped / "file").touch()
    recorded(refusal(RunWriteError, ship, folder, store.shipped / "file" / "new"))


def test_a_value_outside_float16_keeps_its_tensor_whole():
    with np.errstate(over="raise"):
        assert to_half(np.array([1e6], "f4")).dtype == np.float32
    assert to_half(np.array([1.5], "f4")).dtype == np.float16
    assert to_half(np.array([np.inf, 1.0], "f4")).dtype == np.float16


# The notebook's figures


@pytest.mark.parametrize("model", LADDER)
def test_the_notebook_tables_are_the_notebooks(model):
    table = notebook_table(model)
    expected = pd.read_csv(DATA / "notebook_tables.csv").query("model == @model")
    assert table.to_numpy().tolist() == expected.drop(columns="model").to_numpy().tolist()
    assert len(table) == entry(model).recipe.epochs
    table["accuracy"] = 0.0  # one caller's changes do not reach the next
    assert notebook_table(model)["accuracy"].tolist() == expected["accuracy"].tolist()


def test_reference_ranges(recorded):
    assert reference_range("Model5", "uniform", "accuracy") == (
        0.815,
        0.842,
    )  # the lowest is .815483
    assert reference_range("Model3", "ones", "train_loss") == (0.388, 0.709)
    assert reference_range("Model3", "ones", "valid_loss") is None
    recorded(refusal(ValueError, reference_range, "Model3", "twos", "train_loss"))
    with pytest.raises(ValueError, match="column must be one of"):
        reference_range("Model3", "ones", "speed")
    with pytest.raises(ValueError, match="no model named"):
        reference_range("Model9", "ones", "accuracy")


def test_a_table_is_the_callers_own_and_its_rows_are_numbered_from_nought():
    table = one_recipe_table("Model2")
    assert "after" not in table and "index" not in table
    assert table.index.tolist() == list(range(len(table))) and len(table) > 0
    table = lr_table()
    assert list(table) == ["model", "lr", "train_loss", "valid_loss", "train", "valid"]
    table["lr"] = 0.0
    assert len(lr_table()) >= 12 * len(LADDER) and lr_table()["lr"].min() > 0


def test_every_notebook_figure_lies_where_ten_seeds_lie():
    for model in LADDER:
        last = notebook_table(model).iloc[-1]
        for column in ("train_loss", "valid_loss", "accuracy"):
            low, high = reference_range(model, "uniform", column)
            # FACTS: Model5's printed figures are rounded, as the range's ends are.
            assert low - 5e-4 <= last[column] <= high + 5e-4, (model, column)


def test_runs_never_load_torch_and_pandas_with_the_first_table_alone():
    """Half a second, and an engine that starts needs no table."""
    code = "import sys, hnviz.runs; sys.exit(len({'torch', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
