"""Files that somebody else wrote: a damaged run is one line of the list, whatever it holds."""

import json
import os
import re
import struct
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hnviz.app.rooms.train.topics import thinned
from hnviz.config import RunConfig
from hnviz.events import Ended, Event, Resumed, RunStarted, SnapshotSaved
from hnviz.runs import DamagedRun, RunFolder, RunFollower, RunNotFound, RunStore
from hnviz.runs.events import Lines, encode
from hnviz.runs.files import MAX_HEADER_BYTES, read_tensors, write_tensors
from hnviz.runs.record import PIECE_BYTES
from hnviz.schedule import MAX_BATCHES, batch_stride
from tests.by_hand import STARTED, batch, epoch, epoch_at, write
from tests.sentences import refusal

PATIENCE = 5.0  # seconds for what must not wait for anybody


@pytest.fixture
def folder(store):
    """A run of a few events."""
    return write(store.create(RunConfig()), [STARTED, batch(0), batch(1), epoch()])


def in_time(ask: Callable[[], object]) -> object:
    """Return what `ask` returns, or fail if it waits."""
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(ask()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert answers, "nobody answers"
    return answers[0]


def changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[RunFolder], None]:
    """Put other content in the place of a file's."""

    def damage(folder: RunFolder) -> None:
        path = folder.path / name
        path.write_bytes(change(path.read_bytes()))

    return damage


def config_with(**values: object) -> Callable[[RunFolder], None]:
    return changed("config.json", lambda old: json.dumps(json.loads(old) | values).encode())


def config_says(old: bytes, new: bytes) -> Callable[[RunFolder], None]:
    return changed("config.json", lambda content: content.replace(old, new))


def in_place_of(name: str, kind: str) -> Callable[[RunFolder], None]:
    """Put something that is no file in a file's place; a link leads to what nobody may see."""

    def change(folder: RunFolder) -> None:
        path, secret = folder.path / name, folder.path / "secret"
        secret.write_text("password: 1234\n")
        path.unlink()
        if kind == "link":
            path.symlink_to(secret)
        elif kind != "nothing":
            (os.mkfifo if kind == "pipe" else Path.mkdir)(path)

    return change


def config_is(content: bytes) -> Callable[[RunFolder], None]:
    return lambda folder: (folder.path / "config.json").write_bytes(content)


def events_end_with(line: bytes) -> Callable[[RunFolder], None]:
    def change(folder: RunFolder) -> None:
        with (folder.path / "events.jsonl").open("ab") as file:
            file.write(line + b"\n")

    return change


def event_with(event: Event, name: str, value: str) -> Callable[[RunFolder], None]:
    told = json.loads(encode(event)) | {name: "@"}
    return events_end_with(json.dumps(told).replace('"@"', value).encode())


HUGE = "1" + 400 * "0"
LAST_MOMENT = 253402300799  # 9999-12-31 23:59:59, in Greenwich
DAMAGES = {
    **{
        f"created, {str(moment)[:20]}": (config_with(created=moment), "it has no valid created")
        for moment in (10**400, -1, -0.5, 1e12, LAST_MOMENT + 1, None, "0")
    },
    "created, inf": (config_is(b'{"format": 1, "config": {}, "versions": {}, "created": 1e999}'),
                     "it has no valid created"),
    "config, nothing": (in_place_of("config.json", "nothing"), "config.json is missing"),
    "config, no UTF-8": (config_is(b"\x00\xff{"), "can't decode byte 0xff in position 1"),
    "config, a list": (config_is(b"[]"), "config.json is not a run's config (not a JSON object)"),
    "config, a number": (config_with(config=3), "it has no valid config"),
    "config, a bad setting": (
        config_says(b'"bptt": 20', b'"bptt": -1'), "invalid setting: bptt must be a whole number"
    ),
    "versions, a number": (config_with(versions=3), "it has no valid versions"),
    "versions, nothing": (config_says(b'"versions"', b'"visions"'), "it has no valid versions"),
    "config, deep": (config_is(60_000 * b"["), "config.json is not a run's config"),
    "config, large": (config_is(b"[" + 70_000 * b" "), "more than 65,536 bytes"),
    "config, later setting": (
        config_with(config={"model": "Model5", "dropout": 0.5}), "a later hnviz may have written it"
    ),
    "config, later model": (config_with(config={"model": "Model9"}), "no model named 'Model9'"),
    "config, later format": (config_with(format=2), "its format is 2, and this version reads"),
    "config, no more than a later format": (config_is(b'{"format": 99}'), "its format is 99"),
    "config, pipe": (in_place_of("config.json", "pipe"), "not a regular file"),
    "config, folder": (in_place_of("config.json", "folder"), "config.json cannot be read"),
    "config, link": (in_place_of("config.json", "link"), "links to other files are not followed"),
    "events, later event": (events_end_with(b'{"event": "warp"}'), "no event is named 'warp'"),
    "events, deep": (events_end_with(100_000 * b"["), "is not JSON"),
    "events, lost in the middle": (
        changed("events.jsonl", lambda old: old.replace(b"\n", b"\n\x80\x00 lost\n", 1)),
        "events.jsonl, line 2: it is not JSON"
    ),
    "events, pipe": (in_place_of("events.jsonl", "pipe"), "not a regular file"),
    "events, folder": (in_place_of("events.jsonl", "folder"), "cannot be read (Is a directory)"),
    "events, link": (in_place_of("events.jsonl", "link"), "links to other files are not followed"),
    "events, one long line": (events_end_with((PIECE_BYTES + 1) * b" "), "a line has more than"),
    "events, no UTF-8": (
        events_end_with(b'{"event": "snapshot", "step": 1, "\\ud800": 2}'), "got step, \ufffd"
    ),
    "events, a long name": (events_end_with(b'{"event": "' + 9000 * b"x" + b'"}'), "xxx"),
    "accuracy, 400 digits": (event_with(epoch(), "accuracy", HUGE), "accuracy of the event"),
    "accuracy, inf": (event_with(epoch(), "accuracy", "1e999"), "accuracy of the event 'epoch'"),
    "step, 400 digits": (event_with(batch(2), "step", HUGE), "step of the event 'batch'"),
    "step, below 0": (event_with(batch(2), "step", "-1"), "step of the event 'batch'"),
    "n_steps, 0": (event_with(STARTED, "n_steps", "0"), "a run has at least one step"),
    "n_steps, below 0": (event_with(STARTED, "n_steps", "-1"), "n_steps of the event 'started'"),
    "n_steps, 10**400": (event_with(STARTED, "n_steps", HUGE), "n_steps of the event 'started'"),
    "kinds, 10**400": (
        event_with(epoch(), "valid_kinds", f'{{"ones": [{HUGE}, 1, 0.5]}}'), "valid_kinds"
    ),
}  # fmt: skip
"""A folder made bad in a way -> words of what every reader says."""


@pytest.mark.parametrize("name", DAMAGES)
def test_an_odd_folder_is_one_line_of_the_list(store, folder, name):
    healthy = store.create(RunConfig(model="Model2"))
    damage, said = DAMAGES[name]
    damage(folder)
    (store.root / "mine").mkdir()  # a name that tells no model
    listed = {line.id: line for line in in_time(store.summaries)}
    line, problem = listed[folder.id], listed[folder.id].problem
    assert said in problem and "\n" not in problem and len(problem) < 400 and problem.encode()
    assert "1234" not in problem and problem.startswith(f"the run {folder.id} is damaged: ")
    assert line.status == "damaged" and line.reason.startswith("This run is damaged: ")
    assert (line.model, line.unknown_model, listed["mine"].model) == ("Model5", False, "")
    assert listed[healthy.id].status == "queued"
    reader = RunStore(store.root).record
    assert in_time(lambda: refusal(DamagedRun, reader, folder.id)) == problem
    assert in_time(store.summaries) == store.summaries()


@pytest.mark.parametrize("what", ["snapshots/0.safetensors", "resume.safetensors"])
def test_a_pipe_in_place_of_weights_is_one_sentence(folder, what):
    os.mkfifo(folder.path / what)
    read = folder.load_resume if "resume" in what else partial(folder.load_snapshot, 0)
    said = in_time(lambda: refusal(DamagedRun, read))
    assert folder.id in said and "not a regular file" in said


LONG_VALUE = b'{"i_h.weight": {"dtype": "F4", "shape": [9], "data_offsets": ["%s", 9]}}' % (
    9999 * b"a"
)
HEADERS = {
    "a list": (b"[]", "(its header is not a JSON object)"),
    "a number": (b"3", "(its header is not a JSON object)"),
    "other metadata": (b'{"__metadata__": 3}', "(its header is not a JSON object)"),
    "a long value": (LONG_VALUE, "invalid type: string"),  # found by make fuzz
    "a byte too long": (b"{}".ljust(MAX_HEADER_BYTES + 1), "1,048,577 bytes, more than 1,048,576"),
}  # fmt: skip


@pytest.mark.parametrize(("header", "said"), HEADERS.values(), ids=HEADERS)
def test_a_bad_header_of_a_snapshot_is_one_sentence(folder, tmp_path, header, said):
    path = folder.snapshot_path(0)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    assert said in (told := refusal(DamagedRun, read_tensors, path, 10**9)) and len(told) < 400
    assert len(refusal(DamagedRun, folder.load_snapshot, 0)) < 400
    (tmp_path / "a").write_bytes(
        struct.pack("<Q", MAX_HEADER_BYTES) + b"{}".ljust(MAX_HEADER_BYTES)
    )
    assert read_tensors(tmp_path / "a", 2 * MAX_HEADER_BYTES) == {}  # the largest that is read


def test_a_large_header_of_a_snapshot_is_refused_unread(folder, recorded):
    path = folder.snapshot_path(0)
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 53_000_000) + b'{"a": ')
        file.truncate(54_000_000)  # a hole
    assert "of 53,000,000 bytes, more than 1,048,576" in refusal(
        DamagedRun, read_tensors, path, 10**9
    )
    said = refusal(DamagedRun, folder.load_snapshot, 0)
    recorded(re.sub(r"1,\d{3},\d{3} bytes", "N bytes", said), 0)


IDS = (
    *("nope", "", "../x", "a/b", ".hidden", "a" * 101, "a" * 500, "..", "x\0", "a\n", "~", "/etc"),
    *("..%2fshipped", "%2e%2e", "%252e%252e", "..\\x", "runs-x/../y", "x/.", "con:", "a\u202eb"),
    *("\uff41bc", "Model5/../Model5"),
)


@pytest.mark.parametrize("run_id", IDS)
def test_no_id_leads_out_of_the_folder(store, folder, run_id):
    (store.root.parent / "runs-x").mkdir()  # a sibling with the same beginning
    with pytest.raises(RunNotFound, match="there is no run named"):
        store.folder(run_id)


def test_a_link_to_a_folder_elsewhere_is_no_run(store, folder):
    elsewhere = store.root.parent / "elsewhere"
    folder.path.rename(elsewhere)
    folder.path.symlink_to(elsewhere)
    assert folder.id not in store.ids() and store.summaries() == []
    with pytest.raises(RunNotFound):
        store.folder(folder.id)


def test_control_characters_in_texts_are_replaced(folder):
    message = "eight \u202ethousand\u202c\x00\n one\u2028\ud800"
    with folder.writer() as writer:
        writer.append(Ended(status="failed", step=2, message=message, time=2.0))
    config_with(device=message, versions={message: message})(folder)
    wanted = "eight \ufffdthousand\ufffd\ufffd\ufffd one\ufffd\ufffd"
    found = RunFolder(folder.path)
    assert found.read().ended.message == found.info().device == wanted
    assert found.versions == {wanted: wanted}


def test_a_name_with_zeros_in_front_is_no_snapshot(folder):
    with folder.writer() as writer:
        writer.save_snapshot(1, {"a": np.zeros(3)})
    folder.snapshot_path(1).rename(folder.path / "snapshots" / "01.safetensors")
    assert folder.snapshots() == []


def test_many_snapshots_take_no_longer_than_as_many_mini_batches(folder):
    lines = [encode(SnapshotSaved(step=step)) for step in range(30_000)]
    (folder.path / "events.jsonl").write_bytes(b"".join(reversed(lines)))
    begun = time.process_time()
    assert folder.read().snapshots == tuple(range(30_000))
    assert time.process_time() - begun < 2.0  # not the square of it


# Checkpoints


def twenty_flipped(content: bytes) -> bytes:
    """Change bytes that are values: safetensors itself would notice nothing."""
    at = {len(content) - 1 - 40 * each for each in range(20)}
    return bytes(byte ^ 0x55 * (place in at) for place, byte in enumerate(content))


HARMS = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "garbage": lambda content: os.urandom(len(content)),
    "twenty flipped": twenty_flipped,
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(folder, harm):
    with folder.writer() as writer:
        for step in (1, 2):
            writer.save_resume({"progress": np.arange(500.0) + step})
    assert folder.load_resume()["progress"][0] == 2
    changed("resume.safetensors", HARMS[harm])(folder)
    assert folder.load_resume()["progress"][0] == 1
    changed("resume.before.safetensors", HARMS[harm])(folder)
    with pytest.raises(DamagedRun, match=r"resume.safetensors .*; start the run again$"):
        folder.load_resume()


def test_a_checkpoint_is_on_the_disk_before_it_takes_the_old_ones_place(folder, monkeypatch):
    done: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("sync"), sync(file)))
    monkeypatch.setattr(
        os, "replace", lambda old, new: (done.append(Path(new).name), replace(old, new))
    )
    with folder.writer() as writer:
        writer.save_resume({"a": np.zeros(3)})
        writer.save_resume({"a": np.zeros(3)})
    now, before = "resume.safetensors", "resume.before.safetensors"
    assert done == ["writer.json", "sync", now, "sync", "sync", before, now, "sync"]


def test_a_checkpoint_without_a_checksum_is_read(folder):
    write_tensors(folder.path / "resume.safetensors", {"a": np.ones(3)})  # as before checksums
    assert folder.load_resume()["a"].tolist() == [1, 1, 1]


# Long runs


def long_run(folder: RunFolder, n_steps: int, stop: int) -> None:
    """Write a run's events as a writer does, without its thinning."""
    events: list[Event] = [
        RunStarted(n_batches=1000, n_steps=n_steps, n_weights=1, device="cpu", time=1.0),
        *map(batch, range(stop)),
    ]
    (folder.path / "events.jsonl").write_bytes(b"".join(map(encode, events)))


@pytest.mark.parametrize(
    ("n_steps", "every"), [(1, 1), (20_000, 1), (20_001, 2), (40_000, 2), (40_001, 4), (10**6, 64)]
)
def test_at_most_so_many_mini_batches_are_told(n_steps, every):
    assert batch_stride(n_steps) == every
    assert n_steps / every <= MAX_BATCHES


def test_a_long_run_is_read_thinned(store, folder):
    long_run(folder, 4 * MAX_BATCHES, 50_003)
    record = folder.read()
    assert [each.step for each in record.batches] == [*range(0, 50_000, 4), 50_000, 50_002]
    assert record.step == 50_003
    (line,) = store.summaries()
    assert line.step == 50_003 and line.n_steps == 4 * MAX_BATCHES


def test_a_long_run_that_grows_is_read_as_if_at_once(folder):
    long_run(folder, 4 * MAX_BATCHES, 1000)
    content = (folder.path / "events.jsonl").read_bytes()
    whole = folder.read()
    follower = RunFollower(folder)
    for cut in range(0, len(content) + 7000, 7000):
        (folder.path / "events.jsonl").write_bytes(content[:cut])
        record = follower.poll()
        assert record.step == max(0, content[:cut].count(b"\n") - 1)
    assert record.batches == whole.batches


def test_points_that_a_chart_of_a_long_run_has_drawn_stay(folder):
    drawn: list[int] = []
    for stop in range(1, 400):  # the last mini-batch that is read changes with every look
        long_run(folder, 50_000, stop)
        now = [each.step for each in thinned(folder.read()).batches]
        assert now[: len(drawn)] == drawn
        drawn = now
    assert drawn == list(range(0, 399, 32))


def test_a_writer_thins_and_tells_the_last_step_before_other_events(folder):
    started = RunStarted(n_batches=9, n_steps=8 * MAX_BATCHES, n_weights=1, device="cpu", time=1.0)
    with folder.writer() as writer:
        for event in (started, *map(batch, range(19)), epoch(step=19), *map(batch, range(19, 21))):
            writer.append(event)
        assert [each.step for each in folder.read().batches] in ([], [0], [0, 8, 16, 18])
        writer.flush()
        assert folder.read().step == 21
        writer.append(Ended(status="stopped", step=22, message="over", time=2.0))

    def told() -> list[int]:
        lines = (folder.path / "events.jsonl").read_bytes().split(b"\n")
        return [json.loads(line)["step"] for line in lines if b'"batch"' in line]

    assert told() == [0, 1, 0, 8, 16, 18, 20]  # 0 and 1 are from before
    with folder.writer() as writer:
        for event in (Resumed(resumed_at=20, time=3.0), *map(batch, range(20, 26))):
            writer.append(event)
    assert told() == [0, 1, 0, 8, 16, 18, 20, 24, 25]
    assert folder.read().step == 26
    assert [each.step for each in folder.read().batches] == [0, 8, 16, 24, 25]


def test_a_torn_line_far_from_the_start_is_cut(folder):
    long_run(folder, MAX_BATCHES, 2000)
    whole = (folder.path / "events.jsonl").read_bytes()
    for torn in (b"x", 70_000 * b"x", 140_000 * b"x"):
        (folder.path / "events.jsonl").write_bytes(whole + torn)
        folder.writer().close()
        assert (folder.path / "events.jsonl").read_bytes() == whole


def test_an_empty_line_is_told_and_a_torn_one_is_left():
    with pytest.raises(ValueError, match="line 1: it is not JSON"):
        Lines().read(b"\n" + encode(batch(0)))
    told = b"".join(encode(batch(step)) for step in range(1, 4))
    torn = encode(batch(4))[:-9]
    assert [each.step for each in Lines(4).read(told + torn)] == [3]
    assert [each.step for each in Lines(2).read(told + torn)] == [2, 3]


GARBAGE = (b'{"event": "batch", "step": 7}', b'{"event": "batch", "step": 9,', b"")


@settings(max_examples=200)
@example(parts=[(18, 40), GARBAGE[0], (59, 2)], every=4, cut=0)  # a bad line among the skipped
@given(
    parts=st.lists(
        st.one_of(
            st.tuples(st.integers(0, 90), st.integers(1, 40)),  # steps that follow each other
            st.integers(0, 90).map(epoch_at),
            st.sampled_from(GARBAGE),
        ),
        max_size=6,
    ),
    every=st.sampled_from([1, 2, 4, 8, 16]),
    cut=st.integers(0, 300),
)
def test_lines_that_are_skipped_together_are_those_skipped_one_by_one(parts, every, cut):
    content = b""
    for part in parts:
        if isinstance(part, tuple):
            content += b"".join(encode(batch(step)) for step in range(part[0], sum(part)))
        else:
            content += part + b"\n" if isinstance(part, bytes) else encode(part)
    pieces = [content[: -cut or None], content[len(content[: -cut or None]) :]]

    def told() -> list[object]:
        lines, read = Lines(every), []
        for piece in pieces:
            whole = piece[: piece.rfind(b"\n") + 1]
            try:
                read += [*lines.read(whole), lines.number]
            except ValueError as error:
                read.append(str(error))
        return read

    together = told()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hnviz.runs.events.last_between", lambda content, end, step, every: end)
        assert together == told()
