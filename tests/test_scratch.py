"""Temporary folders: what a killed process leaves behind is gone after the next start."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hnviz.engine.client import Engine
from hnviz.runs import RunStore
from hnviz.runs.files import SCRATCH_LOCK, SCRATCH_SECONDS, scratch
from tests.conftest import ROOT, start_server
from tests.test_architecture import FILES
from tests.test_kill import alive, wait_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a POSIX thing")
OWNER = """
import time
from hnviz.runs.files import scratch
with scratch() as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of this process and its children.

    `tmp_path`, made before, is too long for the path of a socket.
    """
    with tempfile.TemporaryDirectory() as place:
        monkeypatch.setenv("TMPDIR", place)
        monkeypatch.setattr(tempfile, "tempdir", place)
        yield Path(place)


@pytest.fixture
def owner(temporary: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A living process that has made a temporary folder, and the folder."""
    command = [sys.executable, "-c", OWNER]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    yield process, Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_only_folders_of_dead_owners_are_cleared(
    temporary: Path, owner: tuple[subprocess.Popen[str], Path], tmp_path: Path
) -> None:
    process, folder = owner
    (folder / "sub").mkdir()
    os.utime(folder / SCRATCH_LOCK, (0, 0))  # old, but its owner lives
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (temporary / "hnviz-t-link").symlink_to(elsewhere)
    ahead = time.time() + 60  # young for as long as this takes
    kept = {"hnviz-t-link", "hnviz-x", "hnviz-t-plain", "hnviz-t-open", "hnviz-t-young"}
    for name in (*kept, "hnviz-t-old"):
        (temporary / name).mkdir(0o755 if name == "hnviz-t-open" else 0o700, exist_ok=True)
        if name != "hnviz-t-plain":
            (temporary / name / SCRATCH_LOCK).touch()
            seconds = ahead if name == "hnviz-t-young" else 0
            os.utime(temporary / name / SCRATCH_LOCK, (seconds, seconds))
    with scratch() as own:
        names = {path.name for path in temporary.iterdir()}
        assert names == kept | {folder.name, own.name}
    process.kill()
    process.wait()
    with scratch() as own:
        assert {path.name for path in temporary.iterdir()} == kept | {own.name}
    assert elsewhere.is_dir() and not own.exists()


def test_a_run_that_was_never_created_whole_is_removed(tmp_path: Path) -> None:
    for name in (".new-old", ".new-young", "20260101-000000-Model5-0000"):
        (tmp_path / name).mkdir()
    for name in (".new-old", "20260101-000000-Model5-0000"):
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".new-link").symlink_to(tmp_path / "20260101-000000-Model5-0000")
    RunStore(tmp_path).remove_unfinished()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {".new-young", ".new-link", "20260101-000000-Model5-0000"}


@pytest.mark.slow
def test_killed_processes_leave_nothing_after_the_next_start(
    temporary: Path, tmp_path: Path
) -> None:
    server = start_server(tmp_path)
    wait_for(lambda: list(temporary.glob("hnviz-t-*/pymp-*")))
    running = psutil.Process(server.process.pid)
    killed = [running, *running.children(recursive=True)]
    for process in killed:
        process.kill()
    server.process.wait()
    options = ["--only", "Model2", "--dest", str(tmp_path / "shipped")]
    command = subprocess.Popen(
        [sys.executable, "-m", "hnviz", "ship", *options], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: list(temporary.glob("hnviz-t-*/*-Model2-*")))
    command.kill()
    command.wait()
    wait_for(lambda: not alive(killed))
    assert list(temporary.glob("hnviz-t-*"))
    time.sleep(SCRATCH_SECONDS)
    engine = Engine(tmp_path / "runs")
    engine.info()
    engine.close()
    assert [path.name for path in temporary.iterdir()] == []
    assert not [path for path in (tmp_path / "runs").iterdir() if path.name.startswith(".")]


def test_nobody_else_makes_what_a_killed_process_leaves() -> None:
    """A TemporaryFile has no name, so nothing is left of it."""
    known = {"hnviz/runs/files.py", "hnviz/engine/__main__.py"}
    named = re.compile(r"from tempfile|tempfile\.(?!TemporaryFile\()")
    assert {str(path) for path in FILES if named.search(path.read_text(encoding="utf-8"))} == known
