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
from hnviz.events import (
    BatchEnd,
    Ended,
    EpochEnd,
    Event,
    Resumed,
    RunStarted,
    SnapshotSaved,
    TrainPass,
)
from hnviz.models.catalogue import LADDER, entry
from hnviz.runs import (
    DamagedRun,
    RunBusy,
    RunFolder,
    RunFollower,
    RunNotFound,
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
    MAX_HEADER_BYTES,
    RESUME_BEFORE,
    read_tensors,
    remove_leftovers,
    write_atomic,
    write_checkpoint,
)
from hnviz.runs.folder import Label, read_label, write_label
from hnviz.runs.record import RecordBuilder
from hnviz.runs.reference import lr_table, one_recipe_table
from hnviz.runs.shipped import to_half
from hnviz.runs.store import ABANDONED_SECONDS, RUNS_DIR_VARIABLE, RunSummary, versions
from tests.failpoints import KEPT, Failing
from tests.sentences import refusal

DATA = Path(__file__).parent / "data"
STARTED = RunStarted(n_batches=2, n_steps=4, n_weights=10, device="cpu", time=1.0)


def batch(step: int, loss: float = 0.5) -> BatchEnd:
    return BatchEnd(step=step, loss=loss, smooth_loss=loss, accuracy=0.25, lr=1e-3, momentum=0.9)


def epoch(number: int, accuracy: float = 0.5) -> EpochEnd:
    return EpochEnd(
        epoch=number,
        step=2 * (number + 1),
        train_loss=0.4,
        valid_loss=0.6,
        accuracy=accuracy,
        train_accuracy=0.7,
        seconds=0.1,
    )


def ended(status: str, step: int) -> Ended:
    return Ended(status=status, step=step, message="over", time=2.0)


def resumed(step: int) -> Resumed:
    return Resumed(resumed_at=step, time=3.0)


def test_a_finished_run_knows_its_last_weights_on_train():
    def read(*events: Event) -> RunRecord:
        return RunRecord.from_events("a", RunConfig(), events)

    told = TrainPass(step=4, loss=0.3, accuracy=0.8)
    start = [STARTED, batch(0), batch(1), epoch(0)]
    assert read(STARTED).accuracies == Accuracies(None, None)
    assert read(*start).accuracies == Accuracies(None, 0.5)  # the running figure is the curve's
    whole = [*start, batch(2), batch(3), epoch(1), told, told, ended("finished", 4)]
    assert (read(*whole).accuracies, read(*whole).train_pass) == (Accuracies(0.8, 0.5), told)
    assert read(*whole, resumed(2)).train_pass is None  # the weights are others now


def test_a_run_whose_loss_is_no_number_has_no_accuracy():
    def read(*losses: float, status: str = "finished") -> RunRecord:
        steps = [replace(batch(step), loss=loss) for step, loss in enumerate(losses)]
        events = [STARTED, *steps, epoch(0), ended(status, len(losses))]
        return RunRecord.from_events("a", RunConfig(), events)

    assert (read(2, inf, nan, nan).accuracies, read(2, inf, nan).lost_at) == (NONE, 1)
    assert (read(2, nan, 1).accuracies, read(2, nan, 1).lost_at) == (Accuracies(None, 0.5), None)
    assert read(2, 1, status="diverged").accuracies == NONE


FULL: list[Event] = [
    STARTED,
    SnapshotSaved(step=0),
    *(batch(0), batch(1), epoch(0)),
    *(batch(2), batch(3), epoch(1)),
    ended("finished", 4),
]


def weights(config: RunConfig, nv: int = 39) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        f"{part.name}.{weight.name}": rng.normal(size=weight.shape(nv, config.nh)).astype("f4")
        for part in entry(config.model).parts
        for weight in part.weights
    }


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs", tmp_path / "shipped")


@pytest.fixture
def folder(store):
    return store.create(RunConfig())


def write(folder: RunFolder, events: list[Event]) -> None:
    with folder.writer() as writer:
        for event in events:
            writer.append(event)


# Records


def test_a_record_tells_its_events_as_frames():
    record = RunRecord.from_events("x", RunConfig(), FULL)
    assert record.status == "finished"
    assert (record.step, record.progress, record.snapshots) == (4, 1.0, (0,))
    assert list(record.batch_frame()) == [
        *("step", "loss", "smooth_loss", "accuracy", "lr", "momentum")
    ]
    assert record.batch_frame()["step"].tolist() == [0, 1, 2, 3]
    assert list(record.epoch_frame()) == [
        *("epoch", "step", "train_loss", "valid_loss", "accuracy", "train_accuracy", "seconds")
    ]
    assert record.epoch_frame()["valid_loss"].tolist() == [0.6, 0.6]
    for frame in (record.batch_frame(), record.epoch_frame()):
        whole = {name for name, kind in frame.dtypes.items() if kind == "int64"}
        assert whole == {"step", "epoch"} & set(frame)
        frame["step"] = 0  # the reader's own copy
    assert record.batch_frame()["step"].tolist() == [0, 1, 2, 3]


def test_an_empty_record_has_frames_with_columns():
    record = RunRecord(id="x", config=RunConfig())
    assert (record.status, record.step, record.progress) == ("queued", 0, 0.0)
    assert record.batch_frame().dtypes.astype(str).to_dict()["loss"] == "float64"
    assert record.epoch_frame().empty and "accuracy" in record.epoch_frame()


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


def test_a_resume_drops_the_later_steps_of_the_earlier_attempt():
    attempt = [STARTED, SnapshotSaved(step=0), batch(0, 9.0), batch(1, 9.0), epoch(0, 0.1)]
    attempt += [SnapshotSaved(step=2), batch(2, 9.0), SnapshotSaved(step=3)]
    record = RunRecord.from_events("x", RunConfig(), [*attempt, resumed(1), batch(1)])
    assert record.batch_frame()["loss"].tolist() == [9.0, 0.5]
    assert (record.epochs, record.snapshots, record.step) == ((), (0,), 2)


def test_a_builder_begins_with_nothing_and_counts_a_snapshot_once():
    builder = RecordBuilder("mine", RunConfig())
    assert builder.record() == RunRecord(id="mine", config=RunConfig())
    for event in (STARTED, ended("stopped", 1), *map(snapshot, (0, 5, 0, 9, 5, 5)), resumed(6)):
        builder.add(event)
    record = builder.record()
    assert record.snapshots == (0, 5) and record.ended is None and record.kept == 6


def snapshot(step: int) -> SnapshotSaved:
    return SnapshotSaved(step=step)


def test_an_epoch_end_that_is_said_twice_counts_once():
    attempt = [STARTED, batch(0), batch(1), epoch(0, 0.1), resumed(2), epoch(0, 0.2), batch(2)]
    record = RunRecord.from_events("x", RunConfig(), attempt)
    assert record.epoch_frame()["accuracy"].tolist() == [0.2]
    assert record.batch_frame()["step"].tolist() == [0, 1, 2]


def test_a_run_that_starts_anew_drops_everything():
    record = RunRecord.from_events("x", RunConfig(), [*FULL[:4], STARTED, batch(0, 7.0)])
    assert record.batch_frame()["loss"].tolist() == [7.0]


# Events as lines


@pytest.mark.parametrize("event", [*FULL[:5], ended("stopped", 1), resumed(3)])
def test_an_event_survives_its_line(event):
    assert decode(encode(event)) == event


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


def test_the_largest_step_that_is_read():
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


def test_a_run_that_cannot_get_its_name_is_one_sentence(store, monkeypatch, recorded):
    monkeypatch.setattr(disk, "on_step", failing := Failing("run.rename.before"))
    recorded(refusal(RunWriteError, store.create, RunConfig()))
    assert failing.passed[:2] == ["run.make.before", "run.make.after"]
    assert list(store.root.iterdir()) == []


def test_ids_are_readable_unique_and_newest_first(store):
    made = [store.create(RunConfig()).id for _ in range(20)]
    assert len(set(made)) == 20
    assert store.ids() == made[::-1]
    date, clock, model, fraction = made[0].split("-")
    assert (len(date), len(clock), model, len(fraction)) == (8, 6, "Model5", 4)


def test_a_written_run_reads_back(folder):
    write(folder, FULL)
    record = folder.read()
    assert record == RunRecord.from_events(folder.id, folder.config, FULL)
    assert folder.info().device == "cpu"  # as the run said when it started
    frame = pd.read_json(folder.path / "events.jsonl", lines=True)
    assert frame.query("event == 'batch'")["loss"].tolist() == [0.5] * 4


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


def tensor_file(path: Path, header: bytes) -> Path:
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return path


@pytest.mark.parametrize("header", [[], 3, {"__metadata__": 3}])
def test_a_header_that_is_no_object(tmp_path, header):
    path = tensor_file(tmp_path / "a", json.dumps(header).encode())
    with pytest.raises(DamagedRun, match=r"\(its header is not a JSON object\)"):
        read_tensors(path, 1000)


def test_the_largest_header_that_is_read(tmp_path):
    path = tensor_file(tmp_path / "a", b"{}".ljust(MAX_HEADER_BYTES))
    assert read_tensors(path, 2 * MAX_HEADER_BYTES) == {}
    tensor_file(path, b"{}".ljust(MAX_HEADER_BYTES + 1))
    with pytest.raises(DamagedRun, match=r"a header of 1,048,577 bytes, more than 1,048,576"):
        read_tensors(path, 2 * MAX_HEADER_BYTES)


def test_a_resume_deletes_the_snapshots_that_it_undoes(folder):
    with folder.writer() as writer:
        for step in (0, 2, 4):
            writer.save_snapshot(step, weights(folder.config))
        writer.append(resumed(2))
    assert folder.snapshots() == [0, 2]
    assert folder.read().snapshots == (0, 2)


def test_the_first_event_is_on_disk_at_once(folder, monkeypatch):
    monkeypatch.setattr("hnviz.runs.writer.FLUSH_SECONDS", math.inf)
    with folder.writer() as writer:
        writer.append(STARTED)
        assert folder.read().started == STARTED
        writer.append(batch(0))
        assert folder.read().batches == ()  # gathered
        writer.flush()
        assert folder.read().batches == (batch(0),)


# Alive or not


def test_a_writer_is_alive_until_it_closes(folder):
    assert not folder.is_alive()
    with folder.writer() as writer:
        writer.append(STARTED)
        assert folder.is_alive()
        assert folder.read().status == "running"
    assert not folder.is_alive()
    assert folder.read().status == "interrupted"


def test_a_run_has_one_writer(folder, monkeypatch):
    monkeypatch.setattr("hnviz.runs.files.LOCK_SECONDS", 0.05)
    with folder.writer(), pytest.raises(RunBusy, match="is being written by another process"):
        folder.writer()
    folder.writer().close()


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


def test_what_a_lock_meets_is_one_sentence(folder, monkeypatch, recorded):
    monkeypatch.setattr("hnviz.runs.files.LOCK_SECONDS", 0.05)
    (folder.path / ".left.1.tmp").mkdir()  # which no process of ours made
    folder.writer().close()
    with (folder.path / LOCK_NAME).open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)  # as another process would
    recorded(refusal(RunBusy, folder.writer))
    (folder.path / LOCK_NAME).unlink()
    (folder.path / LOCK_NAME).mkdir()
    recorded(refusal(RunWriteError, folder.writer))


def test_looking_does_not_disturb_a_writer_that_starts(folder):
    folder.writer().close()
    over, seen_alive = threading.Event(), []

    def look() -> None:
        while not over.is_set():
            seen_alive.append(folder.is_alive())

    watchers = [threading.Thread(target=look) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    for _ in range(20):
        folder.writer().close()
    over.set()
    for watcher in watchers:
        watcher.join()
    assert seen_alive


def test_two_looks_never_take_each_other_for_a_writer(folder):
    folder.writer().close()
    seen: list[bool] = []

    def look() -> None:
        seen.extend(folder.is_alive() for _ in range(300))

    watchers = [threading.Thread(target=look) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert len(seen) == 1200 and not any(seen)


def test_the_events_are_a_file_that_its_owner_writes(folder):
    write(folder, FULL[:1])
    mode = (folder.path / "events.jsonl").stat().st_mode & 0o777
    assert mode | 0o644 == 0o644 and mode & 0o600 == 0o600


def test_events_that_cannot_be_opened_are_one_sentence(folder, monkeypatch, recorded):
    with monkeypatch.context() as patch:
        patch.setattr(disk, "on_step", Failing("events.cut.before"))
    recorded(refusal(RunWriteError, folder.writer))
    assert not folder.is_alive()
    (folder.path / "events.jsonl").unlink()
    (folder.path / "events.jsonl").mkdir()
    recorded(refusal(RunWriteError, folder.writer))


def test_a_start_deletes_the_snapshots_of_the_attempt_before(folder):
    with folder.writer() as writer:
        writer.append(STARTED)
        for step in range(3):
            writer.save_snapshot(step, weights(folder.config))
        folder.snapshot_path(9).mkdir()  # cannot be deleted as a file, and hinders no other
        writer.append(STARTED)
    assert folder.snapshots() == [0, 9]


@pytest.mark.parametrize(
    ("torn", "whole"), [(b"x", b""), (b"\nx", b"\n"), (b"\n", b"\n"), (b"", b"")]
)
def test_a_torn_first_line_is_cut(folder, torn, whole):
    (folder.path / "events.jsonl").write_bytes(torn)
    folder.writer().close()
    assert (folder.path / "events.jsonl").read_bytes() == whole


def test_a_writer_follows_no_link(folder, tmp_path):
    (folder.path / "events.jsonl").symlink_to(tmp_path / "other")
    with pytest.raises(RunWriteError, match=r"events\.jsonl"):
        folder.writer()
    assert not (tmp_path / "other").exists() and not folder.is_alive()


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
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder.path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        assert folder.is_alive()
        process.kill()
    assert not folder.is_alive()


# Growing files


def test_a_follower_reads_only_what_is_new(folder):
    follower = RunFollower(folder)
    assert follower.poll().status == "queued"
    with folder.writer() as writer:
        writer.append(STARTED)
        first = follower.poll()
        assert first.started == STARTED
        assert follower.poll() is first  # nothing new: nothing to draw again
        writer.append(batch(0))
        writer.flush()
        assert follower.poll().batches == (batch(0),)
    assert follower.poll().status == "interrupted"


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


def test_a_torn_last_line_is_waited_for(folder):
    write(folder, [STARTED])
    line = encode(batch(0))
    follower = RunFollower(folder)
    with (folder.path / "events.jsonl").open("ab", buffering=0) as file:
        before = follower.poll()
        file.write(line[:20])
        assert follower.poll() is before and before.batches == ()
        file.write(line[20:])
        assert follower.poll().batches == (batch(0),)


def test_a_writer_cuts_a_torn_last_line(folder):
    write(folder, [STARTED])
    follower = RunFollower(folder)
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(b'{"event": "bat')
    (folder.path / ".resume.safetensors.99.tmp").write_bytes(b"half")
    assert follower.poll().started == STARTED
    write(folder, [resumed(0), batch(0)])
    assert follower.poll().batches == folder.read().batches == (batch(0),)
    assert not list(folder.path.rglob(".*.tmp"))


# Damage


def damage_config_gone(folder: RunFolder) -> None:
    (folder.path / "config.json").unlink()


def damage_config_garbage(folder: RunFolder) -> None:
    (folder.path / "config.json").write_bytes(b"\x00\xff{")


def damage_config_list(folder: RunFolder) -> None:
    (folder.path / "config.json").write_text("[]")


def damage_config_later_version(folder: RunFolder) -> None:
    (folder.path / "config.json").write_text('{"format": 99}')


def damage_config_setting(folder: RunFolder) -> None:
    path = folder.path / "config.json"
    path.write_text(path.read_text().replace('"bptt": 20', '"bptt": -1'))


def damage_config_no_versions(folder: RunFolder) -> None:
    path = folder.path / "config.json"
    path.write_text(path.read_text().replace('"versions"', '"visions"'))


def damage_events_middle(folder: RunFolder) -> None:
    path = folder.path / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"\x80\x00 lost\n", *lines[3:]]))


def damage_events_is_a_folder(folder: RunFolder) -> None:
    (folder.path / "events.jsonl").unlink()
    (folder.path / "events.jsonl").mkdir()


@pytest.mark.parametrize(
    ("damage", "numbers"),
    [
        (damage_config_gone, ()),
        (damage_config_garbage, (8, 0, 1)),
        (damage_config_list, ()),
        (damage_config_later_version, (99, 1)),
        (damage_config_setting, (1, 1)),
        (damage_config_no_versions, ()),
        (damage_events_middle, (4,)),
        (damage_events_is_a_folder, ()),
    ],
)
def test_damage_is_one_sentence(store, damage, numbers, recorded):
    folder = store.create(RunConfig())
    write(folder, FULL)
    healthy = store.create(RunConfig(model="Model2"))
    damage(folder)
    caught = refusal(DamagedRun, store.record, folder.id)
    recorded(caught, *numbers)
    assert "\n" not in caught and folder.id in caught
    listed = {line.id: line for line in store.summaries()}
    assert listed[folder.id].status == "damaged"
    assert listed[folder.id].problem.startswith(f"the run {folder.id} is damaged")
    assert listed[folder.id].reason.startswith("This run is damaged: ")
    assert not listed[folder.id].unknown_model
    assert listed[folder.id].model == "Model5"
    (store.root / "mine").mkdir()
    assert [line.model for line in store.summaries() if line.id == "mine"] == [""]
    assert listed[healthy.id].status == "queued"


def test_damaged_snapshots_are_one_sentence(folder):
    good = weights(folder.config)
    with folder.writer() as writer:
        writer.save_snapshot(0, good)
        writer.save_snapshot(1, {name: t for name, t in good.items() if name != "h_o.bias"})
        writer.save_snapshot(2, good | {"bn.weight": np.ones(65, "f4")})
        writer.save_snapshot(3, {"i_h.weight": np.ones(3, "f4")})
        writer.save_resume(good)
    for path in (folder.snapshot_path(0), folder.path / "resume.safetensors"):
        path.write_bytes(path.read_bytes()[:-100])
    for step, said in {
        0: "0.safetensors cannot be read",
        1: r" damaged: 1\.safetensors: Model5 needs h_o.bias of shape .* got nothing",
        2: r"needs bn.weight of shape \(64,\); got shape \(65,\)",
        3: "has no embedding",
    }.items():
        with pytest.raises(DamagedRun, match=said):
            folder.load_snapshot(step)
    with pytest.raises(DamagedRun, match="start the run again"):
        folder.load_resume()
    with pytest.raises(
        SnapshotNotFound, match="no snapshot at step 9; its snapshots are at 0, 1, 2, 3"
    ):
        folder.load_snapshot(9)


def test_a_run_without_snapshots_says_so(folder):
    with pytest.raises(SnapshotNotFound, match="has no snapshot yet"):
        folder.load_snapshot("last")


@pytest.mark.parametrize("run_id", ["nope", "", "../x", "a/b", ".hidden", "a" * 500, "..", "x\0"])
def test_an_id_that_is_no_run_is_one_sentence(store, run_id):
    store.create(RunConfig())
    with pytest.raises(RunNotFound, match="there is no run named"):
        store.folder(run_id)


def test_old_temporary_files_of_killed_processes_are_removed_and_no_others(tmp_path):
    elsewhere, shared = tmp_path / "elsewhere", tmp_path / "shared"
    for place in (elsewhere, shared):
        place.mkdir()
        for name, age in ((".a.1.tmp", 70), (".b.1.tmp", 50), ("c.tmp", 70)):
            (place / name).write_text("")
            os.utime(place / name, (time.time() - age,) * 2)
    (tmp_path / "link").symlink_to(elsewhere)
    (shared / ".d.1.tmp").mkdir()  # cannot be removed as a file
    os.utime(shared / ".d.1.tmp", (1, 1))
    for place in (shared, tmp_path / "link", tmp_path / "none"):
        remove_leftovers(place, ABANDONED_SECONDS)
    assert {each.name for each in shared.iterdir()} == {".b.1.tmp", "c.tmp", ".d.1.tmp"}
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


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tiny disk needs root")
def test_a_disk_that_is_really_full(tmp_path, recorded):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
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
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_place_that_is_no_folder_is_one_sentence(tmp_path, recorded):
    (tmp_path / "file").write_text("")
    recorded(refusal(RunWriteError, RunStore(tmp_path / "file").create, RunConfig()))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_for_a_run_is_one_sentence(number, store, monkeypatch, recorded):
    def full(*_: object, **__: object) -> None:
        raise OSError(number, "No room")

    monkeypatch.setattr(Path, "mkdir", full)
    recorded(refusal(RunWriteError, store.create, RunConfig()))


def test_folders_of_killed_processes_are_removed_once_they_are_old(store, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    old, young, link = (store.root / f".new-{name}" for name in ("old", "young", "link"))
    left = store.root / ".sweeps" / ".plan.1.tmp"
    for place in (old, young, left.parent):
        place.mkdir(parents=True)
    left.touch()
    link.symlink_to(elsewhere)
    for place in (old, left):
        os.utime(place, (time.time() - 70,) * 2)
    os.utime(link, (1, 1), follow_symlinks=False)
    store.remove_unfinished()
    assert [place.exists() for place in (old, young, left)] == [False, True, False]
    assert elsewhere.is_dir()


def test_the_sentence_of_a_file_names_its_run(tmp_path):
    for name, called in (("config.json", "config.json"), ("snapshots/7.safetensors", "7.safet")):
        with pytest.raises(RunWriteError, match=f"^{called}.* of the run mine could not be"):
            write_atomic(tmp_path / "mine" / name, b"", "config")


# Lists


def test_summaries_tell_every_run_in_a_line(store):
    first = store.create(RunConfig(model="Model3", lr=3e-3))
    write(first, FULL)
    second = store.create(RunConfig())
    lines = store.summaries()
    assert [line.id for line in lines] == [second.id, first.id]
    assert [line.status for line in lines] == ["queued", "finished"]
    line = lines[1]
    assert (line.model, line.step, line.n_steps, line.epoch) == ("Model3", 4, 4, 1)
    assert (line.accuracy, line.valid_loss, line.train_loss) == (0.5, 0.6, 0.4)
    assert line.message == "over" and line.created > 0
    assert store.summaries(1) == lines[:1]
    assert (store.ids(), store.ids(1)) == ([second.id, first.id], [second.id])


def test_a_summary_is_of_the_last_epoch_and_the_label(store):
    folder = store.create(RunConfig())
    write(folder, FULL)
    write_label(folder.path, Label("mine", pinned=True))
    wanted = RunSummary(
        id=folder.id,
        shipped=False,
        status="finished",
        created=folder.created,
        config=folder.config,
        step=4,
        n_steps=4,
        epoch=1,
        train_loss=0.4,
        valid_loss=0.6,
        accuracy=0.5,
        message="over",
        given="mine",
        pinned=True,
    )
    assert store.line(folder.id) == wanted
    shutil.copytree(folder.path, store.shipped / "Model5")  # with a label, which is none of ours
    told = replace(wanted, id="Model5", shipped=True, given="", pinned=False)
    assert store.line("Model5") == told
    begun = store.create(RunConfig())
    write(begun, FULL[:1])
    line = store.line(begun.id)
    assert (line.message, line.epoch, line.accuracy) == ("", None, None)
    (store.shipped / "Model5" / "config.json").unlink()
    assert store.line("Model5").shipped and store.line("Model5").status == "damaged"


def test_summaries_agree_with_the_whole_record(store):
    folder = store.create(RunConfig())
    write(folder, [*FULL[:-1], resumed(3), batch(3), ended("stopped", 4)])
    (line,), record = store.summaries(), folder.read()
    assert (line.step, line.status, line.epoch) == (record.step, "stopped", 0)
    assert line.accuracy == record.epochs[-1].accuracy


def test_summaries_follow_a_live_run(store):
    folder = store.create(RunConfig())
    with folder.writer() as writer:
        assert store.summaries()[0].status == "running"
        writer.append(STARTED)
        writer.append(batch(0))
        writer.flush()
        assert store.summaries()[0].step == 1
    assert store.summaries()[0].status == "interrupted"


def test_files_that_have_not_changed_are_not_read_again(store, monkeypatch):
    write(store.create(RunConfig()), FULL)
    before = store.summaries()
    monkeypatch.setattr(RunFollower, "poll", lambda _: pytest.fail("read again"))
    assert store.summaries() == before


def test_the_store_shares_one_record_among_all_viewers(store):
    folder = store.create(RunConfig())
    write(folder, FULL)
    assert store.record(folder.id) is store.record(folder.id)


def test_runs_are_in_the_current_folder_unless_another_is_named(monkeypatch):
    monkeypatch.delenv(RUNS_DIR_VARIABLE, raising=False)
    assert default_runs_dir() == Path("runs")
    monkeypatch.setenv(RUNS_DIR_VARIABLE, "elsewhere")
    assert default_runs_dir() == Path("elsewhere")


def test_an_empty_place_has_no_runs(tmp_path):
    store = RunStore(tmp_path / "nowhere", tmp_path / "nothing")
    assert store.ids() == [] and store.summaries() == []


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


def test_rows_of_a_table_are_numbered_from_nought():
    table = one_recipe_table("Model2")
    assert "after" not in table and "index" not in table
    assert table.index.tolist() == list(range(len(table))) and len(table) > 0


def test_a_table_of_rates_is_the_callers_own():
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


def test_runs_never_load_torch():
    code = "import sys, hnviz.runs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_pandas_is_loaded_with_the_first_table_alone():
    """Half a second, and an engine that starts needs no table."""
    said = subprocess.run(
        [sys.executable, "-c", "import sys, hnviz.runs; print('pandas' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    assert said.stdout == "False\n"
