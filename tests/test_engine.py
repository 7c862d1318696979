"""The engine: recording, scheduling, and the processes behind the client."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from math import inf, nan
from multiprocessing import Pipe
from pathlib import Path
from subprocess import DEVNULL
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

from hnviz.config import RunConfig
from hnviz.data import human_numbers_stream
from hnviz.engine import observer
from hnviz.engine.client import (
    Asking,
    Engine,
    EngineError,
    Job,
    close_shared_engine,
    live_status,
    shared_engine,
)
from hnviz.engine.observers import Questions, Replies
from hnviz.engine.protocol import HowFar, line, read_frame, send_frame
from hnviz.engine.scheduler import ACTIVE, Limits, Scheduler, Task, n_steps
from hnviz.engine.timing import first_losses
from hnviz.engine.trainer import Control, learner_for, record, run_in_folder
from hnviz.events import BatchEnd, Ended, EpochEnd, Event
from hnviz.learn import Learner, fit
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS, Subject
from hnviz.questions.frame import pack, unpack
from hnviz.questions.view import Reply
from hnviz.runs import RunFolder, RunRecord, RunStore, RunWriteError
from hnviz.runs.writer import RunWriter
from hnviz.schedule import snapshot_steps
from tests.sentences import refusal
from tests.small import figures, small_config, small_stream
from tests.test_kill import wait_for
from tests.tiny_disk import enlarge, needs_root, tiny_disk

SHORT = RunConfig.for_model("Model2", epochs=1)  # 40 steps, a third of a second
LONG = RunConfig.for_model("Model5", epochs=500, bs=16)  # half a minute and more


def told(record: RunRecord) -> list[dict[str, object]]:
    """All of a record that must not depend on how often it was interrupted."""
    events: list[Event] = [*record.batches, *record.epochs]
    return [figures(event) for event in events] + [{"snapshots": record.snapshots}]


# Recording


def record_small(
    folder: RunFolder, listen: Callable[[Event, Control], object] = lambda event, control: None
) -> Ended | None:
    control = Control()
    with folder.writer() as writer:
        learner = learner_for(folder, small_stream())
        return record(learner, writer, control, lambda event: listen(event, control))


def stop_at(step: int) -> Callable[[Event, Control], None]:
    def listen(event: Event, control: Control) -> None:
        if isinstance(event, BatchEnd) and event.step + 1 == step:
            control.stop()

    return listen


def recorded_whole(store: RunStore, config: RunConfig) -> RunFolder:
    folder = store.create(config)
    record_small(folder)
    return folder


def assert_alike(ours: RunFolder, whole: RunFolder) -> None:
    assert ours.read().status == whole.read().status == "finished"
    assert told(ours.read()) == told(whole.read())
    for step in whole.snapshots():
        mine, theirs = ours.load_snapshot(step), whole.load_snapshot(step)
        assert all(np.array_equal(mine[name], theirs[name], equal_nan=True) for name in theirs)


@pytest.mark.parametrize("model", CATALOGUE)
def test_a_recorded_run_is_the_run_and_a_stopped_one_goes_on_bit_for_bit(store, model):
    config = small_config(model, seed=1)
    whole = recorded_whole(store, config)
    record = whole.read()
    events = [figures(e) for e in fit(config, small_stream()) if isinstance(e, BatchEnd | EpochEnd)]
    assert sorted(map(str, events)) == sorted(map(str, told(record)[:-1]))
    steps = record.started.n_steps
    expected = snapshot_steps(steps, record.started.n_batches)
    assert record.snapshots == tuple(whole.snapshots()) == expected
    assert whole.load_resume() is None  # there is nothing left to go on with
    assert whole.load_snapshot("last").keys() >= {"i_h.weight", "state"}
    for share in (0.1, 1 / 3, 0.5, 1):
        halved, at = store.create(config), max(1, round(steps * share))
        first = record_small(halved, stop_at(at))
        # After its last step a run is not stopped but finished.
        assert first is not None and (share == 1 or first.status == "stopped")
        assert f"stopped after step {at} of {steps}" in first.message
        assert record_small(halved).status == "finished"
        assert_alike(halved, whole)


def test_a_run_that_broke_off_goes_on_from_its_last_checkpoint(store, monkeypatch):
    monkeypatch.setattr("hnviz.engine.trainer.RESUME_SECONDS", inf)  # only at the end of an epoch
    config = small_config("Model5")
    broken = store.create(config)

    def break_off(event: Event, control: Control) -> None:
        if isinstance(event, BatchEnd) and event.step == 6:
            raise KeyboardInterrupt  # as good as a kill: nothing is stored after it

    with pytest.raises(KeyboardInterrupt):
        record_small(broken, break_off)
    assert broken.read().status == "interrupted" and broken.read().step == 7
    record_small(broken)
    assert '"resumed_at": 4' in (broken.path / "events.jsonl").read_text()  # the first epoch's end
    assert_alike(broken, recorded_whole(store, config))


def test_a_run_that_computes_ahead_goes_on_bit_for_bit(store):
    """On a GPU losses are fetched for some steps at once; a stop may come between them."""
    config = small_config("Model5", epochs=30)  # 30 epochs of 4 steps
    whole, halved = recorded_whole(store, config), store.create(config)
    with halved.writer() as writer:
        flush_at, control = whole.read().snapshots, Control()
        learner = Learner(config, small_stream(), flush_at=flush_at, chunk=4)
        record(learner, writer, control, lambda event: stop_at(114)(event, control))
    assert learner.pending == 2 and halved.read().status == "stopped"
    record_small(halved)
    assert_alike(halved, whole)


def test_a_run_that_diverges_keeps_its_curve(store):
    folder = store.create(small_config("Model3", lr=1e30, epochs=20))
    ended = record_small(folder)
    assert ended is not None and ended.status == "diverged"
    assert f"diverged at step {ended.step}" in ended.message
    assert folder.read().status == "diverged" and len(folder.read().batches) == ended.step
    assert folder.load_resume() is None


def test_a_full_disk_ends_the_run_and_loses_nothing(store, monkeypatch, recorded):
    config = small_config("Model5")
    whole, full = recorded_whole(store, config), store.create(config)

    def no_room(path: Path, tensors: object) -> None:
        raise RunWriteError(f"{path.name} could not be written: No space left on device")

    def fill_up(event: Event, control: Control) -> None:
        if isinstance(event, BatchEnd) and event.step == 5:
            monkeypatch.setattr("hnviz.runs.writer.write_tensors", no_room)

    ended = record_small(full, fill_up)
    assert ended is not None and ended.status == "failed"
    recorded(full.read().ended.message, 6)
    assert full.snapshots() == [step for step in whole.snapshots() if step <= 5]
    monkeypatch.undo()
    record_small(full)
    assert_alike(full, whole)


@needs_root
def test_a_run_on_a_disk_that_is_really_full(store, tmp_path):
    config, disk = small_config("Model5"), tmp_path / "disk"
    with tiny_disk(disk, "100k"):
        full = RunStore(disk, tmp_path).create(config)
        ended = record_small(full)
        assert ended is not None and ended.status == full.read().status == "failed"
        assert "No space left on device" in full.read().ended.message
        assert all(full.load_snapshot(step) for step in full.read().snapshots)
        enlarge(disk)
        record_small(full)
        assert_alike(full, recorded_whole(store, config))


def test_a_model_that_raises_ends_its_run_with_a_sentence(store, monkeypatch, recorded):
    def broken(*_: object) -> None:
        raise RuntimeError("mat1 and mat2\n cannot be multiplied")

    monkeypatch.setattr("torch.nn.functional.nll_loss", broken)
    folder = store.create(small_config("Model2"))
    record_small(folder)
    recorded(folder.read().ended.message, 0)
    assert folder.read().status == "failed"


def test_a_device_that_is_not_there_ends_the_run_with_a_sentence(store):
    folder = store.create(small_config("Model2", device="mps"))
    ended = run_in_folder(folder)
    assert ended is not None and ended.status == folder.read().status == "failed"
    assert "device 'mps' is not available" in folder.read().ended.message


@pytest.mark.parametrize("content", [b"garbage", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_damaged_checkpoint_ends_the_run_with_a_sentence(store, content):
    folder = store.create(small_config("Model2"))
    record_small(folder, stop_at(2))
    (folder.path / "resume.safetensors").write_bytes(content)
    ended = run_in_folder(folder)
    assert ended is not None and ended.status == "failed"
    assert "is damaged" in ended.message and "start the run again" in ended.message
    assert folder.read().step == len(folder.read().batches) == 2


def test_a_run_whose_checkpoints_are_damaged_starts_again(engine, runs):
    run_id = engine.train(small_config("Model2", epochs=15))
    wait_for(lambda: runs.record(run_id).step >= 2)
    with pytest.raises(EngineError, match=f"the run {run_id} cannot start again: "):
        engine.start_again(run_id)
    wait_for(runs.folder(run_id).load_resume)  # a trainer that is killed leaves no other
    engine.stop(run_id)
    for path in runs.folder(run_id).path.glob("resume*.safetensors"):
        path.write_bytes(b"")
    engine.resume(run_id)
    wait_for(lambda: runs.record(run_id).status == "failed" and engine.job(run_id) is None)
    assert "start the run again" in runs.record(run_id).ended.message
    engine.start_again(run_id)
    wait_for(lambda: runs.record(run_id).status == "running" and runs.record(run_id).step > 0)
    engine.stop(run_id)
    record = runs.record(run_id)
    assert record.kept == 0 and record.batches[0].step == 0
    assert [each.step for each in record.batches] == list(range(record.step))
    with pytest.raises(EngineError, match="the run Model5 cannot start again"):
        engine.start_again("Model5")


# Buttons


@contextmanager
def recording(folder: RunFolder, control: Control) -> Iterator[None]:
    """Record in a thread of its own, and end it at last."""

    def work() -> None:
        with folder.writer() as writer:
            record(learner_for(folder, small_stream()), writer, control)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        control.stop()
        thread.join(60)
        assert not thread.is_alive()


def test_single_steps_are_single_steps(store):
    folder = store.create(small_config("Model3", epochs=2))  # 2 epochs of 4 steps
    control = Control(paused=True)
    with recording(folder, control):
        wait_for(folder.load_resume)
        for step in range(1, 8):
            control.step()
            wait_for(lambda step=step: folder.read().step == step)
            time.sleep(0.03)
            assert folder.read().step == step
        assert len(folder.read().epochs) == 1  # the valid pass is no step: it came by itself
        assert folder.read().status == "running"
        control.step()
        wait_for(lambda: folder.read().status == "finished")
        assert len(folder.read().epochs) == 2


def test_a_paused_run_has_stored_all_it_did(store):
    rests = threading.Event()
    folder = store.create(small_config("Model3", epochs=900))
    control = Control(speed=20.0, on_rest=rests.set)  # it does not end before it is paused
    with recording(folder, control):
        wait_for(lambda: folder.read().step > 3)
        control.pause()
        assert rests.wait(60)
        step = folder.read().step
        assert int(folder.load_resume()["progress"][0]) == step
        time.sleep(0.1)
        assert folder.read().step == step
        control.go_on()
        wait_for(lambda: folder.read().step > step)
        rests.clear()
        control.pause()
        assert rests.wait(60)
        control.stop()  # wakes it: whoever waits asks again after an hour at the latest
        wait_for(lambda: folder.read().status == "stopped")


def test_a_run_is_not_at_rest_while_a_step_is_left(store, monkeypatch):
    """As when Step is pressed again while the last step's checkpoint is stored."""
    rests: list[int] = []
    folder, saved = store.create(small_config("Model3")), RunWriter.save_resume
    control = Control(paused=True, on_rest=lambda: rests.append(folder.read().step))

    def save(self: RunWriter, checkpoint: Any) -> None:
        saved(self, checkpoint)
        if folder.read().step < 2:
            control.step()

    monkeypatch.setattr(RunWriter, "save_resume", save)
    with recording(folder, control):
        wait_for(lambda: rests)
    assert rests == [2]


def test_a_speed_limit_is_kept_and_lifted(store):
    rests = threading.Event()
    folder = store.create(small_config("Model3", epochs=900))
    control = Control(paused=True, speed=40.0, on_rest=rests.set)
    with recording(folder, control):
        assert rests.wait(60)
        begun = time.monotonic()
        control.go_on()
        wait_for(lambda: folder.read().step >= 20)
        assert time.monotonic() - begun > 0.45
        before = folder.read().step
        control.set_speed(None)
        wait_for(lambda: folder.read().step > before + 100)


def test_a_run_that_is_left_is_not_over(store):
    folder = store.create(small_config("Model3"))
    ended = record_small(folder, lambda event, control: control.leave())
    assert ended is None and folder.read().status == "interrupted"
    assert folder.load_resume() is not None


# Slots and queue


def scheduler(trainers: int = 1, queue: int = 2, grace: float = 10.0, of_one: int = 5) -> Scheduler:
    return Scheduler(Limits(trainers=trainers, queue=queue, pause_grace=grace, of_one=of_one))


def add(schedule: Scheduler, *names: str, gpu: bool = False, viewer: str = "") -> list[Task]:
    tasks = [Task(run_id=name, n_steps=100, gpu=gpu, viewer=viewer) for name in names]
    for task in tasks:
        schedule.check_room(task.gpu, 0.0, viewer=viewer)
        schedule.add(task)
        while schedule.next_to_start(0.0):
            pass
    return tasks


def states(schedule: Scheduler) -> dict[str, tuple[str, int | None]]:
    return {job.run_id: (job.status, job.place) for job in schedule.jobs(0.0)}


def refused(schedule: Scheduler, said: str, name: str = "more", viewer: str = "") -> None:
    with pytest.raises(EngineError, match=said) as error:
        add(schedule, name, viewer=viewer)
    assert error.value.kind == "busy"


RUNNING = ("running", None)


def test_as_many_train_as_there_are_slots_and_the_others_wait_in_order():
    schedule = scheduler(trainers=2)
    a, _, c, d = add(schedule, "a", "b", "c", "d")
    wanted = {"a": RUNNING, "b": RUNNING, "c": ("queued", 1), "d": ("queued", 2)}
    assert states(schedule) == wanted
    refused(schedule, "the queue is full: 2 runs are waiting already")
    assert schedule.next_to_start(0.0) is None
    schedule.remove(a)
    assert schedule.next_to_start(0.0) is c
    schedule.remove(d)
    assert states(schedule) == {"b": RUNNING, "c": RUNNING}


def test_one_viewers_runs_that_wait_are_limited():
    schedule = scheduler(trainers=2, queue=9, of_one=2)
    first, second = add(schedule, "a", "b", viewer="eve")  # both start
    refused(schedule, "2 of your runs are waiting or paused already", viewer="eve")
    first.rate = second.rate = 10.0  # and train
    waiting, _ = add(schedule, "c", "d", viewer="eve")
    schedule.park(waiting)  # a pause frees no place
    add(schedule, "ann 1", "ann 2", viewer="ann")
    add(schedule, "1", "2", "3")
    refused(schedule, "of your runs", viewer="eve")
    schedule.remove(waiting)
    add(schedule, "e", viewer="eve")


def test_one_address_leaves_a_quarter_of_the_queue():
    schedule = scheduler(queue=8)
    for number in range(7):  # each by another browser; the first one trains
        add(schedule, f"eve {number}", viewer=f"eve {number}@10.0.0.7")
    refused(schedule, "6 runs from your address are waiting", viewer="eve 7@10.0.0.7")
    add(schedule, "ann", viewer="ann@10.0.0.8")
    add(schedule, "sweep", viewer="sweep@")


def test_the_wait_is_estimated_from_the_runs_that_train():
    schedule = scheduler(trainers=1)
    a, *_ = add(schedule, "a", "b", "c")
    assert [job.wait_seconds for job in schedule.jobs(0.0)] == [None, None, None]
    a.step, a.rate = 40, 10.0
    assert [job.wait_seconds for job in schedule.jobs(0.0)] == [None, 6.0, 16.0]
    assert schedule.jobs(0.0)[0].seconds_left == 6.0
    a.speed = 2.0
    assert schedule.jobs(0.0)[1].wait_seconds == 30.0
    a.paused, a.idle_since = True, 0.0
    assert schedule.jobs(3.0)[1].wait_seconds == 7.0  # until the pause gives its slot back


def test_single_rates_jump_and_their_mean_does_not():
    (a,) = add(scheduler(), "a")
    for step, rate in enumerate([10.0, 2.0, 18.0, 10.0]):
        a.hear(step, rate, cost=0.1)
    assert (a.step, a.cost) == (3, 0.1)
    assert a.rate is not None and 9.5 < a.rate < 10.5


def test_a_long_pause_gives_the_slot_back_and_so_does_a_run_slowed_to_a_crawl():
    schedule = scheduler(grace=10.0)
    a, b = add(schedule, "a", "b")
    a.speed, a.cost, a.idle_since = 20.0, 0.02, 0.0
    assert schedule.next_to_start(10.0) is None  # 40 % of a core is not light
    a.speed = 5.0
    assert schedule.next_to_start(9.0) is None
    assert schedule.next_to_start(10.0) is b
    assert not schedule.is_one_too_many(a, 10.0)
    a.speed = None
    assert schedule.is_one_too_many(a, 10.0)
    schedule = scheduler(grace=10.0)
    (a, b) = add(schedule, "a", "b")
    a.paused, a.idle_since = True, 5.0
    assert schedule.to_park(14.9) == [] and schedule.next_deadline(6.0) == 9.0
    assert schedule.to_park(15.0) == [a]
    schedule.park(a)
    assert schedule.next_to_start(15.0) is b
    assert states(schedule) == {"a": ("paused", None), "b": RUNNING}


def test_the_gpu_has_slots_of_its_own():
    schedule = scheduler(trainers=4, queue=9)
    schedule.limits = Limits(trainers=4, gpu_trainers=1)
    add(schedule, "a", "b", gpu=True)
    (c,) = add(schedule, "c")
    assert c.state == ACTIVE
    assert states(schedule)["b"] == ("queued", 1)


def test_limits_come_from_the_environment():
    here = Path()
    environ = {"HNVIZ_MAX_TRAINERS": "3", "HNVIZ_PAUSE_GRACE": "0.5", "HNVIZ_MAX_RUN_STEPS": "9"}
    limits = Limits.from_environ(environ | {"HNVIZ_MAX_QUEUE_OF_ONE": "7"}, here)
    usual = Limits.from_environ({}, here)
    assert (limits.of_one, usual.of_one, usual.trainers >= 1) == (7, 5, True)
    assert (limits.trainers, limits.pause_grace, limits.queue) == (3, 0.5, 20)
    assert limits.budget.steps == 9 and n_steps(RunConfig()) == 400  # known before it starts
    with pytest.raises(ValueError, match="HNVIZ_MAX_TRAINERS must be a number of at least 1"):
        Limits.from_environ({"HNVIZ_MAX_TRAINERS": "none"}, here)


# What travels


def test_an_answer_survives_its_frame():
    arrays = {
        "values": np.arange(6, dtype="f4").reshape(1, 2, 3),
        "transposed": np.arange(6.0).reshape(2, 3).T,
        "right": np.array([True, False, True]),
        "empty": np.zeros((0, 5), "f4"),
        "number": np.array(7),
    }
    sent = Reply(arrays, {"words": ["one"], "p": float("nan")}, seconds=0.5)
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as stream:
        send_frame(writing, 2**40, pack(sent))
        number, content = read_frame(stream)
        os.close(writing)
        with pytest.raises(EOFError):
            read_frame(stream)
    answer = unpack(content)
    assert number == 2**40 and answer.seconds == 0.5 and answer.meta["words"] == ["one"]
    for name, array in arrays.items():
        assert answer.arrays[name].dtype == array.dtype
        assert answer.arrays[name].shape == array.shape
        assert np.array_equal(answer.arrays[name], array)


def test_what_json_cannot_hold_is_a_sentence():
    assert line({"ids": np.arange(2), "n": np.int64(3)}) == b'{"ids": [0, 1], "n": 3}\n'
    with pytest.raises(EngineError, match="this cannot be sent to the engine"):
        line({"x": object()})


def test_a_queued_run_without_an_engine_was_interrupted():
    assert live_status("queued", None) == "interrupted"
    assert live_status("queued", Job(run_id="x", status="queued")) == "queued"
    assert live_status("running", Job(run_id="x", status="paused")) == "paused"
    assert live_status("finished", None) == "finished"


# The engine itself


@contextmanager
def environment(**values: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield


@contextmanager
def started(folder: Path, program: str, **limits: str) -> Iterator[Engine]:
    """An engine each of whose processes begins with a program."""
    (folder / "sitecustomize.py").write_text(program)
    with environment(PYTHONPATH=str(folder), **limits):
        engine = Engine(folder / "runs")
        engine.start()
        assert engine.pid is not None and not engine.is_ready()  # starting it does not wait
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """One engine for most tests below, with one slot, one place to wait, and little patience.

    Each of its processes prints to stdout when it starts, as a user's model may.
    """
    program = "import os; os.write(1, b'noise\\n')"
    limits = {"HNVIZ_MAX_TRAINERS": "1", "HNVIZ_MAX_QUEUE": "1", "HNVIZ_PAUSE_GRACE": "0.4"}
    with started(tmp_path_factory.mktemp("engine"), program, **limits) as engine:
        yield engine


TALKATIVE = """
import sys
if any(name in str(sys.orig_argv) for name in ("forkserver", "spawn_main")):
    from hnviz.engine import observer
    observer.REPORT_SECONDS = 0.0
"""


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """An engine that gives no slot away; its observers report before each part of an answer."""
    with started(tmp_path_factory.mktemp("patient"), TALKATIVE, HNVIZ_PAUSE_GRACE="3600") as engine:
        yield engine


@pytest.fixture
def runs(engine):
    """The engine's runs; whatever a test leaves going is stopped."""
    yield RunStore(engine.runs_dir)
    for job in engine.jobs():
        with suppress(EngineError):  # it may end by itself in this moment
            engine.stop(job.run_id)
    wait_for(lambda: engine.jobs() == [])


def test_the_engine_trains_the_first_losses_and_stores_nothing(engine):
    configs = [RunConfig.for_model("Model1", device="cpu", epochs=1, lr=lr) for lr in (1e-4, 1e-3)]
    before = sorted(engine.runs_dir.iterdir())
    found = engine.first_losses(configs, 5)
    assert found == [first_losses(config, 5) for config in configs]
    assert [len(losses) for losses in found] == [5, 5]
    assert sorted(engine.runs_dir.iterdir()) == before
    with pytest.raises(EngineError, match="1 to 6 runs can be tried"):
        engine.first_losses([], 5)


def test_the_engine_knows_its_machine_and_loads_no_torch(engine):
    code = "import sys, hnviz.engine.client, hnviz.runs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    info = engine.info()
    assert info.devices[0] == "cpu" and info.max_trainers == 1
    assert info.versions.keys() == {"python", "hnviz", "torch", "numpy"}
    assert engine.info(timeout=0.0) == info
    maps = Path(f"/proc/{engine.pid}/maps")
    assert not maps.exists() or "libtorch" not in maps.read_text()
    assert "noise" in (engine.runs_dir / "engine.log").read_text()  # what processes print


def test_a_run_of_the_engine_is_the_run_and_waits_for_its_turn(engine, runs):
    first, run_id = engine.train(LONG), engine.train(SHORT)
    wait_for(lambda: engine.job(run_id).wait_seconds and runs.record(first).batches)
    assert (engine.job(run_id).status, engine.job(run_id).place) == ("queued", 1)
    assert runs.record(run_id).status == "queued"
    with pytest.raises(EngineError, match="the queue is full: 1 runs are waiting already"):
        engine.train(SHORT)
    engine.stop(run_id)  # tests.browser.measure says how soon
    assert runs.record(run_id).ended.message == "stopped after step 0 of 40"
    engine.resume(run_id)
    engine.stop(first)
    assert runs.record(first).status == "stopped" and engine.job(first) is None
    wait_for(lambda: runs.record(run_id).status == "finished")
    record = runs.record(run_id)
    events = [e for e in fit(SHORT) if isinstance(e, BatchEnd | EpochEnd)]
    assert told(record)[:-1] == [figures(event) for event in events]
    wait_for(lambda: engine.job(run_id) is None)


def test_pause_step_speed_and_go_on(patient, recorded):
    engine, runs = patient, RunStore(patient.runs_dir)
    run_id = engine.train(LONG)
    wait_for(lambda: runs.record(run_id).step > 2)
    engine.step(run_id)  # a step is a pause too
    assert engine.job(run_id).status == "paused"
    wait_for(lambda: engine.job(run_id).at_rest)
    step = runs.record(run_id).step
    engine.step(run_id)
    wait_for(lambda: engine.job(run_id).at_rest and runs.record(run_id).step > step)
    assert runs.record(run_id).step == step + 1 and runs.record(run_id).status == "running"
    engine.set_speed(run_id, 20.0)
    begun = time.monotonic()
    engine.go_on(run_id)
    assert engine.job(run_id).status == "running" and engine.job(run_id).speed == 20.0
    wait_for(lambda: runs.record(run_id).step >= step + 9)
    assert time.monotonic() - begun > 0.35
    recorded(refusal(EngineError, engine.set_speed, run_id, 0.0), 0, 0.0)
    engine.stop(run_id)
    engine.resume(run_id)
    assert engine.job(run_id).speed == 20.0  # as it was chosen
    engine.stop(run_id)


def test_a_paused_run_gives_its_slot_back_and_goes_on_bit_for_bit(engine, runs):
    config = RunConfig.for_model("Model2", epochs=4)
    first, paused = engine.train(LONG), engine.train(config)
    # It holds its slot until its second step, a thousand seconds later, shows how light it is.
    engine.set_speed(paused, 0.001)
    engine.stop(first)
    wait_for(lambda: runs.record(paused).step > 0)
    other = engine.train(LONG)
    assert engine.job(other).status == "queued"
    engine.pause(paused)
    wait_for(lambda: engine.job(other).status == "running")
    assert engine.job(paused).status == "paused"
    assert not runs.folder(paused).is_alive()  # it has no process any more
    engine.set_speed(paused, None)
    engine.go_on(paused)
    assert engine.job(paused).status == "queued"
    engine.stop(other)
    wait_for(lambda: runs.record(paused).status == "finished")
    events = [e for e in fit(config) if isinstance(e, BatchEnd)]
    assert told(runs.record(paused))[: len(events)] == [figures(event) for event in events]


def test_a_paused_run_without_a_process_does_single_steps(engine, runs):
    run_id = engine.train(LONG)
    wait_for(lambda: runs.record(run_id).step > 2)
    engine.pause(run_id)
    wait_for(lambda: not runs.folder(run_id).is_alive())
    step = runs.record(run_id).step
    engine.step(run_id)
    wait_for(lambda: runs.record(run_id).step == step + 1)
    wait_for(lambda: engine.job(run_id).status == "paused")
    engine.stop(run_id)
    assert runs.record(run_id).ended.message.startswith(f"stopped after step {step + 1} of")


def test_a_run_whose_folder_is_deleted_hurts_no_other(engine, runs):
    first, second = engine.train(LONG), engine.train(SHORT)
    wait_for(lambda: runs.record(first).batches)
    for path in [runs.folder(run_id).path for run_id in (first, second)]:
        # Its trainer writes meanwhile: a file may come or go while the folder is emptied.
        wait_for(lambda path=path: shutil.rmtree(path, ignore_errors=True) or not path.exists())
    with suppress(EngineError):  # its trainer may have ended by itself, for want of a folder
        engine.stop(first)
    wait_for(lambda: engine.jobs() == [])
    third = engine.train(SHORT)
    wait_for(lambda: runs.record(third).status == "finished")


def test_what_cannot_be_done_is_a_sentence(engine, runs, recorded):
    done = engine.train(SHORT)
    wait_for(lambda: runs.record(done).status == "finished")
    wait_for(lambda: engine.job(done) is None)
    engine.info()
    ask = partial(engine.observe, done)
    for refused, kind, numbers in (
        (lambda: engine.resume(done), "conflict", ()),
        (lambda: engine.resume("nobody"), "unknown", ()),
        (lambda: engine.pause(done), "conflict", ()),
        (lambda: engine.stop("../x"), "unknown", ()),
        (lambda: engine.train(RunConfig(device="mps")), "conflict", ()),
        (lambda: engine.observe("nobody", 0, "units", {}), "unknown", ()),
        (lambda: ask(7777, "units", {}), "unknown", ("7777", *snapshot_steps(40, 40))),
        (lambda: ask(0, "dreams", {}), "wrong", ()),
        (lambda: ask(0, "units", {"x": 1}), "wrong", ()),
        (lambda: ask(0, "units", {"ids": object()}), "wrong", ()),
        (lambda: engine.resume([]), "wrong", ()),
    ):
        with pytest.raises(EngineError) as error:
            refused()
        assert error.value.kind == kind
        recorded(re.sub("0x[0-9a-f]+", "PLACE", str(error.value).replace(done, "RUN")), *numbers)


ASKED = {"id": 1, "op": "observe", "run_id": "Model5", "step": 0, "question": "units"}
ASKED |= {"params": {"ids": [12]}, "timeout": 5.0}
TRAIN = {"id": 1, "op": "train", "config": {"epochs": 1}, "viewer": "", "range_test": False}
SPEED = {"id": 1, "op": "set_speed", "run_id": "nobody"}


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """An engine without a client."""
    command = [sys.executable, "-m", "hnviz.engine", "--runs-dir", tmp_path_factory.mktemp("lines")]
    process = subprocess.Popen(
        [*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=DEVNULL
    )
    yield process
    assert process.stdin is not None
    process.stdin.write(b'{"id": 1, "op": "pau')  # half a line, and it ends as after any other
    process.stdin.close()
    assert process.wait(60) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\xff\x00\xfe",
        b"",
        b"\0" * 100,
        b"x" * 10_000_000,
        b"[" * 100_000,
        *(json.dumps(each).encode() for each in (5, None, [], {}, {"id": 1}, {"op": "stop"})),
        *(json.dumps(ASKED | {"id": each}).encode() for each in (-1, 2**64, "x", [1], True, None)),
        *(json.dumps(ASKED | {"op": each}).encode() for each in ("dream", [], None)),
        *(json.dumps(ASKED | {"timeout": each}).encode() for each in ("x", None, [], nan, 10**400)),
        *(json.dumps(ASKED | {"step": each}).encode() for each in (None, 1.5, {}, True, 10**400)),
        *(json.dumps(SPEED | {"speed": each}).encode() for each in ("x", True, nan, inf, 10**400)),
        json.dumps(SPEED).encode(),
        json.dumps(ASKED).encode().replace(b"[12]", b"[" * 900 + b"]" * 900),
        *(json.dumps(TRAIN | {"config": each}).encode() for each in (5, None, {"bs": "x"})),
        *(json.dumps(TRAIN | {"viewer": each}).encode() for each in (5, [], {})),
    ],
    ids=lambda content: f"{content[:20]!r}",
)
def test_the_engine_survives_any_line(lines, content):
    """A line that is no request is refused, and the next request has its answer."""
    assert lines.stdin is not None and lines.stdout is not None
    asked = {"id": 7, "op": "pause", "run_id": "nobody"}
    lines.stdin.write(content + b"\n" + json.dumps(asked).encode() + b"\n")
    lines.stdin.flush()
    replies = (json.loads(each) for each in lines.stdout)
    refused, answered = itertools.islice((each for each in replies if "error" in each), 2)
    assert (refused["id"], refused["kind"]) in ((None, "wrong"), (1, "wrong"))
    assert (answered["id"], answered["kind"]) == (7, "unknown")


def test_a_damaged_run_is_an_error_of_its_own_kind(engine, runs):
    run_id = engine.train(SHORT)
    wait_for(lambda: runs.record(run_id).status == "finished" and engine.jobs() == [])
    folder = runs.folder(run_id)
    folder.snapshot_path(0).write_bytes(b"")
    (folder.path / "events.jsonl").write_text("{}\n{}\n")
    with pytest.raises(EngineError, match="is damaged: ") as unread:
        engine.observe(run_id, 0, "units", {"ids": [13]})
    with pytest.raises(EngineError, match="is damaged: ") as uncontrolled:
        engine.resume(run_id)
    assert (unread.value.kind, uncontrolled.value.kind) == ("damaged", "conflict")


def test_a_question_that_raises_has_failed(monkeypatch, recorded):
    folder = RunStore(Path("nowhere")).folder("Model5")

    def broken(subject: Subject, params: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setitem(QUESTIONS, "units", broken)
    monkeypatch.setattr(observer, "listen", lambda hear: None)
    ours, theirs = Pipe()
    serving = threading.Thread(target=observer.serve, args=(theirs,))
    serving.start()
    with ours:
        assert ours.recv() == ("ready",)
        ours.send((str(folder.path), 0, "", "units", {}))
        told = ours.recv()
    serving.join()
    assert (told[0], *told[2:]) == ("refusal", "failed")
    recorded(told[1])


def test_a_silent_engine_that_is_closed_leaves_no_other_behind(monkeypatch, tmp_path):
    worries = []

    class Silent:
        def __init__(self, place: object, worry: Callable[[bool], None]) -> None:
            worries.append(worry)

        def close(self) -> None:
            worries[0](True)  # as it may, until it has ended

    monkeypatch.setattr("hnviz.engine.client.Link", Silent)
    engine = Engine(tmp_path)
    engine.start()
    engine.close()
    assert len(worries) == 1


def test_an_observer_that_dies_at_once_ends_no_engine():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    worker = SimpleNamespace(process=SimpleNamespace(pid=gone.pid), pipe=None)
    workers: Any = SimpleNamespace(start=lambda target, nice: worker)
    store, refused = RunStore(Path("nowhere")), list[str]()
    replies: Any = Replies(None, lambda asker, error: refused.append(str(error)), None)
    questions = Questions(store, workers, replies)
    request = {"run_id": "Model5", "step": 0, "question": "units", "params": {}, "timeout": 1}
    questions.ask(1, request)
    questions.tick()
    assert (refused, questions.ready) == ([], False)


# Observing


@pytest.fixture(scope="module")
def observed(engine):
    run_id = engine.train(SHORT)
    wait_for(lambda: RunStore(engine.runs_dir).record(run_id).status == "finished")
    return run_id


def test_an_answer_is_what_the_question_says(engine, observed):
    folder = RunStore(engine.runs_dir).folder(observed)
    subject = Subject.load(SHORT, folder.load_snapshot("last"))
    params = {"ids": [12, 11, 9, 0]}
    arrays, meta, *_ = QUESTIONS["units"](subject, params)
    answer = unpack(engine.observe(observed, "last", "units", params))
    assert answer.meta == meta and answer.meta["show"] == "state"
    assert answer.arrays["ids"].tolist() == [12, 11, 9, 0]
    assert np.array_equal(answer.arrays["values"], arrays["values"])
    first = unpack(engine.observe(observed, 0, "units", params))
    assert not np.array_equal(first.arrays["values"], arrays["values"])


def test_a_question_says_how_far_it_is(patient):
    heard: list[HowFar] = []
    params = {"layer": 0, "positions": "comma"}
    patient.observe("Model5", 0, "probe", params, Asking(60.0, heard.append))
    assert heard and {each.what for each in heard} <= {"probes", "tokens"}
    assert all(0 <= each.done < each.of for each in heard)


@pytest.mark.skipif(sys.platform == "win32", reason="it stops a process by a signal")
def test_a_question_that_has_to_wait_for_a_busy_machine_is_not_given_up(engine, observed):
    engine.observe(observed, 0, "units", {"ids": [15]})
    quick = quick_observer(engine)
    quick.suspend()  # as little as it gets where many others are at work
    patience = 1.0  # of its own time, not by the clock
    with ThreadPoolExecutor(2) as pool:
        asks = [
            pool.submit(engine.observe, observed, 0, "units", {"ids": [token]}, patience)
            for token in (16, 17)
        ]
        time.sleep(2 * patience)
        quick.resume()
        assert [ids_of(each.result()) for each in asks] == [[16], [17]]


def quick_observer(engine: Engine) -> psutil.Process:
    server = max(psutil.Process(engine.pid).children(), key=lambda child: len(child.children()))
    return min(server.children(), key=lambda child: child.nice())


def ids_of(answer: bytes) -> list[int]:
    return unpack(answer).arrays["ids"].tolist()


def test_many_viewers_ask_at_once(engine, observed):
    def ask(place: int) -> list[Reply]:
        starts = [human_numbers_stream().valid[start + place % 3 :][:50] for start in range(5)]
        asks = [engine.observe(observed, place % 2, "units", {"ids": ids}, 20.0) for ids in starts]
        return list(map(unpack, asks))

    with ThreadPoolExecutor(20) as threads:
        answers = [each for asked in threads.map(ask, range(20)) for each in asked]
    assert len(answers) == 100


def test_a_question_that_takes_too_long_is_given_up(engine, observed, recorded):
    with pytest.raises(EngineError) as error:
        engine.observe(observed, 0, "counting_accuracy", {"given": 2}, 0.02)
    recorded(str(error.value), 0.02)
    assert error.value.kind == "unavailable"
    assert ids_of(engine.observe(observed, 0, "units", {"ids": [13]})) == [13]


def test_a_picture_does_not_wait_for_what_reads_a_whole_split(engine, observed):
    ended: list[str] = []

    def ask_slowly() -> None:
        for given in (5, 4):
            engine.observe(observed, "last", "counting_accuracy", {"given": given}, 60.0)
        ended.append("slow")

    slow = threading.Thread(target=ask_slowly)
    slow.start()
    engine.observe(observed, "last", "units", {"ids": [20, 10]}, 60.0)
    ended.append("quick")
    slow.join()
    assert ended == ["quick", "slow"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no niceness")
def test_a_trainer_stands_back_behind_the_observer_and_both_behind_the_pages(engine, observed):
    engine.observe(observed, 0, "units", {"ids": [13]})
    run = engine.train(LONG)
    wait_for(lambda: any(job.status == "running" for job in engine.jobs()))
    server = max(psutil.Process(engine.pid).children(), key=lambda child: len(child.children()))
    nice = {child.nice() for child in server.children()}
    engine.stop(run)
    assert psutil.Process().nice() < min(nice) < max(nice)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no niceness")
def test_a_question_asked_aside_keeps_no_quick_one_waiting(engine, observed):
    params = {"ids": [5, 6, 7]}
    engine.observe(observed, 0, "units", params)
    quick = quick_observer(engine)
    quick.suspend()
    try:
        aside = unpack(engine.observe(observed, "last", "units", params, Asking(60.0, aside=True)))
    finally:
        quick.resume()
    answer = unpack(engine.observe(observed, "last", "units", params, 60.0))
    assert np.array_equal(aside.arrays["values"], answer.arrays["values"])


def test_an_observer_that_is_killed_is_replaced(engine, observed):
    engine.observe(observed, 0, "units", {"ids": [13]})
    for child in quick_observer(engine).parent().children():  # while nothing trains, observers
        child.kill()
    assert ids_of(engine.observe(observed, 0, "units", {"ids": [14]})) == [14]


# Engines that are different


@pytest.mark.skipif(not hasattr(os, "fork"), reason="spawning is what happens here anyhow")
def test_the_engine_works_where_nothing_can_fork(tmp_path):
    with environment(HNVIZ_START_METHOD="spawn"):
        engine = Engine(tmp_path)
        run_id = engine.train(SHORT)
    wait_for(lambda: RunStore(tmp_path).record(run_id).status == "finished", 180)
    assert ids_of(engine.observe(run_id, "last", "units", {"ids": [13]}, 30)) == [13]
    engine.close()


@pytest.mark.parametrize("folder", ["runs", "file"])
def test_an_engine_that_cannot_start_says_why(tmp_path, monkeypatch, folder):
    """Its log says so: in the folder of the runs, or elsewhere if nothing can be written there."""
    (tmp_path / "file").write_text("")
    with environment(HNVIZ_MAX_TRAINERS="many"):
        engine = Engine(tmp_path / folder)
        engine.start()
        with pytest.raises(EngineError, match="HNVIZ_MAX_TRAINERS must be a number"):
            engine.train(SHORT)
        pid = engine.pid
        monkeypatch.setattr("hnviz.engine.client.RETRY_SECONDS", 1000.0)
        with pytest.raises(EngineError, match="must be a number") as error:
            engine.train(SHORT)
        assert error.value.kind == "unavailable"
        assert engine.pid == pid  # it is not started again and again


def test_a_place_where_nothing_can_be_written_still_shows_the_pretrained_runs(tmp_path):
    (tmp_path / "file").write_text("")
    engine = Engine(tmp_path / "file")
    try:
        assert ids_of(engine.observe("Model5", 400, "units", {"ids": [12]}, 60)) == [12]
        with pytest.raises(EngineError, match=r"no run can be stored in .*; set HNVIZ_RUNS_DIR"):
            engine.train(SHORT)
    finally:
        engine.close()


def test_a_process_has_one_shared_engine(tmp_path):
    close_shared_engine()
    with environment(HNVIZ_RUNS_DIR=str(tmp_path)):
        assert shared_engine() is shared_engine() and shared_engine().runs_dir == tmp_path
    close_shared_engine()
