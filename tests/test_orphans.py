"""The end of a writer that no engine knows: which process may be ended, and in which steps."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from hnviz import disk
from hnviz.runs import RunWriteError, stop
from hnviz.runs.files import LOCK_NAME, NOTE_NAME, note_writer
from hnviz.runs.stop import (
    MOST_NOTE,
    PATIENCE,
    SAME_SECONDS,
    Ending,
    ask_to_stop,
    drop_stop,
    end_writer,
    is_asked_to_stop,
    writer_of,
)
from tests.failpoints import Failing
from tests.sentences import refusal

HOLD = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background ignores it
file = open(sys.argv[1], "w")
print(flush=True)
time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path):
    """A process that holds the lock file of the run in `tmp_path` open, with its note."""
    command = [sys.executable, "-S", "-c", HOLD, str(tmp_path / LOCK_NAME)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        found = psutil.Process(child.pid)
        note(tmp_path, pid=found.pid, created=found.create_time())
        yield found
        child.kill()


def note(folder: Path, **told: object) -> None:
    (folder / NOTE_NAME).write_text(json.dumps(told))


def test_the_writer_of_the_note_gets_ctrl_cs_signal_and_ends(writer, tmp_path):
    ending = end_writer(tmp_path)
    assert ending is not None
    psutil.wait_procs([writer], timeout=10)
    assert ending.poll() is True


def test_the_note_is_of_this_process(tmp_path, monkeypatch):
    note_writer(tmp_path)
    this = psutil.Process()
    told = json.loads((tmp_path / NOTE_NAME).read_text())
    assert told == {"pid": this.pid, "created": this.create_time()}
    monkeypatch.setattr(disk, "on_step", failing := Failing("note.rename.before"))
    note_writer(tmp_path)  # the run is written without it
    assert failing.passed[-1] == "note.rename.before"


def test_a_run_that_is_reached_by_a_link_has_the_same_writer(writer, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    note(link, pid=writer.pid, created=writer.create_time() - SAME_SECONDS)
    assert writer_of(link) == writer


def test_no_other_process_is_ended(writer, tmp_path):
    created = writer.create_time()
    wrong: list[dict[str, object]] = [
        {},
        {"pid": writer.pid},
        {"created": created},
        {"pid": None, "created": created},
        {"pid": writer.pid, "created": created + SAME_SECONDS + 1},  # a later one's number
        {"pid": writer.pid, "created": created, "more": "x" * MOST_NOTE},
        {"pid": 2**31 - 1, "created": created},  # none has it
        {"pid": 10**400, "created": created},
    ]
    for told in wrong:
        note(tmp_path, **told)
        assert end_writer(tmp_path) is None
    note(tmp_path, pid=writer.pid, created=created)
    assert writer_of(tmp_path) == writer

    with (tmp_path / LOCK_NAME).open():  # this process
        note(tmp_path, pid=os.getpid(), created=psutil.Process().create_time())
        assert end_writer(tmp_path) is None

    other = tmp_path / "another run"
    other.mkdir()
    (other / LOCK_NAME).touch()
    note(other, pid=writer.pid, created=created)
    assert end_writer(other) is None
    (tmp_path / NOTE_NAME).unlink()
    assert end_writer(tmp_path) is None
    assert writer.is_running() and writer.status() != psutil.STATUS_ZOMBIE


def test_a_process_that_started_this_one_is_not_ended(writer, tmp_path, monkeypatch):
    this = SimpleNamespace(pid=os.getpid(), parents=lambda: [writer])
    names = {**vars(psutil), "Process": lambda pid=None: psutil.Process(pid) if pid else this}
    monkeypatch.setattr(stop, "psutil", SimpleNamespace(**names))
    assert end_writer(tmp_path) is None


class Writer:
    """A process that does nothing by itself."""

    def __init__(self) -> None:
        self.got: list[object] = []
        self.state = psutil.STATUS_STOPPED
        self.error: psutil.Error | None = None

    def is_running(self) -> bool:
        return self.state != "gone"

    def status(self) -> str:
        return self.state

    def send_signal(self, number: int) -> None:
        self._get(number)

    def kill(self) -> None:
        self._get("kill")

    def _get(self, what: object) -> None:
        self.got.append(what)
        if self.error:
            raise self.error


@pytest.fixture
def clock(monkeypatch):
    told = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(stop, "time", SimpleNamespace(monotonic=lambda: told.now))
    return told


def test_a_writer_that_does_not_end_is_killed_and_then_given_up(clock):
    writer = Writer()
    ending = Ending(writer)  # type: ignore[arg-type]
    assert writer.got == [signal.SIGINT]
    clock.now += PATIENCE / 2
    assert ending.poll() is None and writer.got == [signal.SIGINT]
    clock.now += PATIENCE / 2
    assert ending.poll() is None and writer.got == [signal.SIGINT, "kill"]
    clock.now += PATIENCE / 2
    assert ending.poll() is None
    clock.now += PATIENCE / 2
    assert ending.poll() is False and writer.got == [signal.SIGINT, "kill"]


@pytest.mark.parametrize("state", ["gone", psutil.STATUS_ZOMBIE])
def test_a_writer_that_is_gone_has_ended(state, clock):
    writer = Writer()
    ending = Ending(writer)  # type: ignore[arg-type]
    assert ending.poll() is None
    writer.state = state
    assert ending.poll() is True


@pytest.mark.parametrize(
    ("error", "ended"), [(psutil.NoSuchProcess(1), True), (psutil.AccessDenied(1), False)]
)
def test_what_a_signal_meets_is_told_by_the_next_look(error, ended, clock):
    writer = Writer()
    writer.error = error
    ending = Ending(writer)  # type: ignore[arg-type]
    assert ending.poll() is None
    clock.now += PATIENCE
    assert ending.poll() is ended


def test_where_there_is_no_such_signal_a_writer_is_killed_at_once(clock, monkeypatch):
    monkeypatch.setattr(stop, "os", SimpleNamespace(name="nt"))
    writer = Writer()
    ending = Ending(writer)  # type: ignore[arg-type]
    clock.now += PATIENCE
    assert ending.poll() is False and writer.got == ["kill"]


def test_a_stop_is_asked_for_and_forgotten(tmp_path, recorded):
    assert not is_asked_to_stop(tmp_path)
    drop_stop(tmp_path)
    ask_to_stop(tmp_path)
    ask_to_stop(tmp_path)
    assert is_asked_to_stop(tmp_path)
    drop_stop(tmp_path)
    assert not is_asked_to_stop(tmp_path)
    recorded(refusal(RunWriteError, ask_to_stop, tmp_path / "gone"))
