"""Killed processes: nothing is lost, nothing is left behind, everything goes on."""

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache, partial

import psutil
import pytest

from hnviz.config import RunConfig
from hnviz.engine.client import Engine, EngineError
from hnviz.engine.workers import START_METHOD_VARIABLE, Workers
from hnviz.events import BatchEnd, EpochEnd
from hnviz.learn import fit
from hnviz.questions.frame import unpack
from hnviz.runs import RunStore
from hnviz.runs.stop import end_writer
from tests.small import figures, small_config

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX thing")

SHORT = {"bs": 256, "bptt": 5}  # as many steps an epoch as by the recipe, for a third of the work
CONFIG = RunConfig.for_model("Model2", epochs=6, **SHORT)  # 240 steps
SLOW = 100.0  # steps a second: a run does not end before it is looked at,
HELD = 0.1  # nor at this speed before it is killed
GONE_SECONDS = 180.0  # two are enough, if no process has PyTorch to load from a cold disk first

CLIENT = """
import sys
from pathlib import Path
from hnviz.config import RunConfig
from hnviz.engine.client import Engine
engine = Engine(Path(sys.argv[1]))
engine.start()
print(engine.pid, flush=True)
run = engine.train(RunConfig.for_model("Model2", epochs=6, bs=256, bptt=5))
engine.set_speed(run, 20.0)
print(run, flush=True)
sys.stdin.read()
"""


@cache
def uninterrupted() -> list[dict[str, object]]:
    return [figures(event) for event in fit(CONFIG) if isinstance(event, BatchEnd | EpochEnd)]


def wait_for(condition: Callable[[], object], seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if lives(process)]


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two looks
        return False


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """One engine for all tests: whenever it was killed, the next call starts another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNVIZ_PAUSE_GRACE", "0.2")
        engine = Engine(tmp_path_factory.mktemp("runs"))
        yield engine
        engine.close()


@pytest.fixture
def runs(engine):
    return RunStore(engine.runs_dir)


def start_run(engine: Engine, runs: RunStore) -> tuple[str, psutil.Process]:
    """Start a run; return it and its trainer once a checkpoint is there and more was done."""
    run_id = engine.train(CONFIG)
    engine.set_speed(run_id, SLOW)
    wait_for(lambda: runs.folder(run_id).load_resume() and runs.record(run_id).step > 45)
    engine.set_speed(run_id, HELD)
    # On a busy machine another process below the engine may come or go in the meantime.
    note = json.loads((runs.folder(run_id).path / "writer.json").read_text())
    trainer = psutil.Process(note["pid"])
    assert trainer in below(engine.pid)
    return run_id, trainer


def assert_goes_on_bit_for_bit(
    engine: Engine, runs: RunStore, run_id: str, status: str = "interrupted"
) -> None:
    assert runs.record(run_id).status == status
    (listed,) = [line for line in runs.summaries() if line.id == run_id]
    assert listed.status == status
    done = runs.record(run_id).step
    assert 0 < done <= 240  # its trainer may have come to the end, but not to its last event
    engine.resume(run_id)
    with suppress(EngineError):  # another engine never held it, and it may have ended by now
        engine.set_speed(run_id, None)
    wait_for(lambda: runs.record(run_id).status == "finished")
    record = runs.record(run_id)
    events = sorted([*record.batches, *record.epochs], key=lambda event: event.step)
    assert sorted(map(str, map(figures, events))) == sorted(map(str, uninterrupted()))
    assert '"event": "resumed"' in (runs.folder(run_id).path / "events.jsonl").read_text()


def test_a_killed_trainer(engine, runs):
    run_id, trainer = start_run(engine, runs)
    trainer.kill()
    wait_for(lambda: engine.job(run_id) is None)
    assert_goes_on_bit_for_bit(engine, runs, run_id)


@pytest.mark.slow
def test_a_killed_engine(engine, runs):
    paused, trainer = start_run(engine, runs)
    engine.pause(paused)
    wait_for(lambda: not alive([trainer]))  # it has given its slot back
    assert engine.job(paused).status == "paused"
    run_id, trainer = start_run(engine, runs)
    killed, children = psutil.Process(engine.pid), below(engine.pid)
    assert trainer in children
    killed.kill()
    wait_for(lambda: not alive(children), GONE_SECONDS)
    wait_for(lambda: engine.jobs() == [])
    assert_goes_on_bit_for_bit(engine, runs, run_id)  # the call starts an engine, without a word
    assert engine.pid != killed.pid
    assert_goes_on_bit_for_bit(engine, runs, paused)


def test_an_engine_killed_while_somebody_waits(engine, runs, monkeypatch):
    run_id, _ = start_run(engine, runs)
    killed = psutil.Process(engine.pid)
    killed.suspend()

    class Reply(Future[None]):
        """Kills the engine once it is waited for: the request has been sent."""

        def exception(self, timeout: float | None = None) -> BaseException | None:
            threading.Timer(0.3, killed.kill).start()
            return super().exception(timeout)

    with monkeypatch.context() as patch:
        patch.setattr("hnviz.engine.client.Future", Reply)
        with pytest.raises(EngineError, match="the engine has ended with status -9"):
            engine.pause(run_id)
    assert unpack(engine.observe(run_id, 0, "units", {"ids": [12]})).arrays["ids"].tolist() == [12]


def test_a_stopped_engine_is_replaced(engine, runs, monkeypatch):
    monkeypatch.setattr("hnviz.engine.client.SILENT_SECONDS", 3.0)
    run_id, _ = start_run(engine, runs)
    stopped, children = psutil.Process(engine.pid), below(engine.pid)
    stopped.suspend()
    assert unpack(engine.observe("Model5", 400, "units", {"ids": [12]})).arrays["ids"].tolist() == [
        12
    ]
    assert engine.pid != stopped.pid
    wait_for(lambda: not alive([stopped, *children]), GONE_SECONDS)
    assert_goes_on_bit_for_bit(engine, runs, run_id)


@pytest.mark.slow
def test_another_engine_is_ready_when_a_silent_one_is_given_up(engine, monkeypatch):
    def engines() -> set[int]:
        return {each.pid for each in psutil.Process().children()}

    engine.info()
    silent, before = psutil.Process(engine.pid), engines()
    monkeypatch.setattr("hnviz.engine.client.WORRY_SECONDS", 1.0)
    silent.suspend()
    wait_for(lambda: len(engines()) > len(before))
    (spare,) = engines() - before
    silent.resume()  # it speaks again, and the other is not needed
    wait_for(lambda: not psutil.pid_exists(spare))
    assert engine.pid == silent.pid
    silent.suspend()
    wait_for(lambda: len(engines()) > len(before))
    (spare,) = engines() - before
    silent.kill()
    assert unpack(engine.observe("Model5", 400, "units", {"ids": [12]}, 60)).arrays[
        "ids"
    ].tolist() == [12]
    assert engine.pid == spare


@pytest.mark.slow
def test_a_stopped_fork_server_is_replaced(engine, runs, monkeypatch):
    run_id, trainer = start_run(engine, runs)
    server = trainer.parent()
    assert server.pid != engine.pid
    engine.stop(run_id)
    server.suspend()
    with monkeypatch.context() as patch, suppress(EngineError):
        patch.setattr("hnviz.engine.client.START_SECONDS", 4.0)  # or minutes, as for a cold disk
        engine.resume(run_id)  # needs the fork server
    wait_for(lambda: not alive([server]), GONE_SECONDS)
    assert_goes_on_bit_for_bit(engine, runs, run_id, "stopped")


def test_stop_ends_a_stopped_orphan(engine, runs, tmp_path, monkeypatch):
    run_id, trainer = start_run(engine, runs)
    trainer.suspend()
    # The next engine waits longer before it kills: an answer may take more than 1.5 s.
    (tmp_path / "sitecustomize.py").write_text("from hnviz.runs import stop; stop.PATIENCE = 8.0")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    psutil.Process(engine.pid).kill()
    wait_for(lambda: engine.jobs() == [])
    assert runs.record(run_id).status == "running"  # it holds the lock
    ask = partial(engine.observe, "Model5", 400, "units", {"ids": [12]})
    ask()  # from a new engine, which keeps the answer
    stops = [threading.Thread(target=engine.stop, args=(run_id,)) for _ in range(2)]
    for stop in stops:
        stop.start()
    time.sleep(0.2)
    ask()
    assert all(stop.is_alive() for stop in stops)  # the engine answers others meanwhile
    for stop in stops:
        stop.join()
    assert not alive([trainer])
    assert_goes_on_bit_for_bit(engine, runs, run_id, "stopped")
    engine.close()  # the one after it has the usual patience


@pytest.mark.parametrize("lie", ["another", "this", "later", "huge", "text"])
def test_a_note_that_lies_ends_nobody(runs, lie):
    folder = runs.create(small_config("Model2"))
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with folder.writer():  # so this process holds the lock
            about = psutil.Process(os.getpid() if lie == "this" else sleeper.pid)
            note = {"pid": about.pid, "created": about.create_time() + 9 * (lie == "later")}
            note |= {"pid": 10**80} if lie == "huge" else {"pid": "1; x"} if lie == "text" else {}
            (folder.path / "writer.json").write_text(json.dumps(note))
            assert end_writer(folder.path) is None
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_killed_client(engine, runs):
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(runs.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid, run_id = int(client.stdout.readline()), client.stdout.readline().strip()
    wait_for(lambda: runs.folder(run_id).load_resume() and runs.record(run_id).step > 45)
    processes = [psutil.Process(pid), *below(pid)]
    assert len(processes) >= 4  # engine, fork server, observer, trainer
    client.kill()
    client.wait()
    wait_for(lambda: not alive(processes), GONE_SECONDS)
    client.stdin.close()
    client.stdout.close()
    assert_goes_on_bit_for_bit(engine, runs, run_id)


def test_a_client_killed_while_the_engine_starts(tmp_path):
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pid = int(client.stdout.readline())
    time.sleep(0.5)
    processes = [psutil.Process(pid), *below(pid)]
    client.kill()
    client.communicate()
    wait_for(lambda: not alive(processes), GONE_SECONDS)


def test_a_killed_fork_server(engine, runs):
    run_id, trainer = start_run(engine, runs)
    trainer.parent().kill()
    other = engine.train(RunConfig.for_model("Model2", epochs=1, **SHORT))
    engine.stop(run_id)
    wait_for(lambda: runs.record(other).status == "finished")
    assert runs.record(run_id).status == "stopped"


def test_the_client_hears_of_a_start_before_it_can_take_long(monkeypatch):
    """Python starts a fork server that has ended again, and waits for it, without an error."""
    order: list[str] = []

    class Context:
        """Starts nothing."""

        Pipe = staticmethod(multiprocessing.Pipe)

        class Process:
            def __init__(self, **given: object) -> None:
                assert given["daemon"]

            def start(self) -> None:
                order.append("started")

    monkeypatch.delenv(START_METHOD_VARIABLE, raising=False)
    monkeypatch.setattr(multiprocessing, "get_context", lambda method: Context)
    Workers(lambda: order.append("said")).start("module:function").pipe.close()
    assert order == ["said", "started"]


def test_closing_lets_a_run_store_all_it_did(engine, runs):
    run_id, _ = start_run(engine, runs)
    processes = [psutil.Process(engine.pid), *below(engine.pid)]
    engine.close()
    assert not alive(processes[:1])
    wait_for(lambda: not alive(processes), GONE_SECONDS)
    resume = runs.folder(run_id).load_resume()
    assert int(resume["progress"][0]) == runs.record(run_id).step
    assert runs.record(run_id).status == "interrupted"


def test_a_stuck_trainer_is_stopped_all_the_same(engine, runs):
    run_id, trainer = start_run(engine, runs)
    trainer.suspend()  # as a step does that takes minutes
    engine.stop(run_id)  # it loses patience after ten seconds, the engine with the trainer before
    assert runs.record(run_id).status == "stopped" and not alive([trainer])
