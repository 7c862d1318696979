"""Whatever fails or is killed while it writes, nothing acknowledged is lost: ``make chaos`` too."""

import ast
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from hnviz import disk
from hnviz.classroom.store import OLD_FILE, ClassStore, DamagedClassError
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.events import BatchEnd, EpochEnd
from hnviz.runs import DamagedRun, RunFolder, RunFollower, RunStore, RunWriteError, trash
from hnviz.sweeps.plan import SweepError
from hnviz.sweeps.store import SweepStore
from tests.chaos.forked import tell
from tests.chaos.story import PLAN, Story, an_archive, batch, check, own_model
from tests.conftest import ROOT
from tests.failpoints import KEPT, POINTS, Rule, faults
from tests.sentences import refusal
from tests.small import figures, small_config
from tests.test_kill import wait_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it forks, and kills with SIGKILL")

ERRORS = ("ENOSPC", "EACCES", "EIO")
UNTOLD = ("note.", "answer.")  # what nobody needs to hear of
KILLS = 20  # of a trainer; make chaos kills more, and other processes
SLOW = 40.0  # steps a second: a run is not over before all kills


@pytest.fixture(scope="module", autouse=True)
def _own_model():
    with own_model():
        yield


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return an_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def reached(archive, tmp_path_factory):
    """How often a story reaches each failpoint."""
    place = tmp_path_factory.mktemp("reached")
    told = tell(place / "runs", archive, "", place / "log")
    assert (told.status, told.problems) == (0, ())
    check(place / "runs", told.said)
    return Counter((place / "log").read_text().split())


# Failpoints: each is taken by one of the two tests below, and by make chaos in every way


def test_every_failpoint_is_reached(reached):
    assert set(reached) == set(POINTS)


def test_what_the_source_keeps_is_in_the_table():
    """A write under another name would have failpoints that nobody reaches."""
    named: set[str] = set()
    for path in (ROOT / "hnviz").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "disk." in text or "write_atomic" in text else ():
            if path.name != "disk.py" and isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called.startswith("disk.") or called == "write_atomic":
                    texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                    named.add(str(texts[0]) if texts else called)
    assert named == {*KEPT, "disk.replace"}  # the latter in `write_atomic`, with any name


@pytest.mark.parametrize(
    "text", ["resume", "a=b=c", "x=kill@", "x=EWHAT", "x=kill@two", "x y=kill"]
)
def test_a_rule_that_is_none_is_one_sentence(text):
    with pytest.raises(ValueError, match=r"^a rule is PATTERN=kill, .*; got '"):
        Rule.of(text)


def test_a_command_is_run_with_faults(archive, tmp_path):
    command = ["hnviz", "import", str(archive), "--runs-dir", str(tmp_path)]
    for rules, status in (("run.rename.before=kill; x=stop", -signal.SIGKILL), ("x=EIO", 0)):
        faulty = [sys.executable, "-m", "tests.failpoints", rules, *command]
        assert subprocess.run(faulty, cwd=ROOT, stdout=subprocess.DEVNULL).returncode == status
        assert len(RunStore(tmp_path, tmp_path / "none").ids()) == (status == 0)


def test_a_process_killed_at_each_failpoint_loses_nothing(reached, archive, tmp_path):
    for name in (each for each in POINTS if not each.endswith("before")):
        root = tmp_path / name / "runs"
        told = tell(root, archive, f"{name}=kill@{(reached[name] + 1) // 2}")
        assert told.status == -signal.SIGKILL, name
        _hold(root, told.said, name)


def test_a_write_that_fails_never_reports_success(reached, archive, tmp_path):
    names = (each for each in POINTS if each.endswith("before"))
    for name, error in zip(names, cycle(ERRORS)):
        root = tmp_path / name / "runs"
        told = tell(root, archive, f"{name}={error}@{(reached[name] + 1) // 2}")
        assert told.status == 0, (name, told)
        said = os.strerror(getattr(errno, error))
        assert any(said in each for each in told.problems) or name.startswith(UNTOLD), told
        _hold(root, told.said, name)


def test_a_disk_that_stays_full_loses_nothing(reached, archive, tmp_path):
    n_writes = sum(count for name, count in reached.items() if name.endswith("write.half"))
    for number in range(1, n_writes, 4):
        root = tmp_path / str(number) / "runs"
        told = tell(root, archive, f"*.write.half=ENOSPC@{number}+")
        assert told.status == 0 and told.problems, number
        _hold(root, told.said, f"from write {number} on")


def test_a_line_that_could_not_be_cut_is_cut_before_the_next(tmp_path, monkeypatch):
    folder = RunStore(tmp_path / "runs", tmp_path).create(small_config("Model1"))
    with folder.writer() as writer:
        writer.append(batch(0))
        failing = faults("events.write.half=EIO; events.cut.before=EIO")
        monkeypatch.setattr(disk, "on_step", failing)
        with pytest.raises(RunWriteError, match=f"the run {folder.id} could .* Input/output error"):
            writer.append(batch(1))
            writer.flush()
        assert (folder.path / "events.jsonl").read_bytes()[-1:] != b"\n"
        writer.append(batch(2))
    assert [each.step for each in folder.read().batches] == [0, 2]


def test_a_run_of_which_a_killed_process_removed_a_part_is_removed(tmp_path):
    store = RunStore(tmp_path / "runs", tmp_path)
    folder = store.create(small_config("Model1"))
    trash.delete(folder)
    (place,) = store.root.glob(".deleted-*")
    (place / ".deleted").unlink()  # as the first of its files
    trash.drop_old(store.root)
    assert place.is_dir()
    os.utime(place, (1, 1))
    trash.drop_old(store.root)
    assert not place.exists()


def _hold(root: Path, said: tuple[str, ...], name: str) -> None:
    try:
        check(root, said)
    except Exception as error:
        raise AssertionError(f"after {name}: {error!r}; acknowledged: {said}") from error
    shutil.rmtree(root.parent)


# Files that are cut


@pytest.fixture(scope="module")
def whole(archive, tmp_path_factory):
    """A folder with one of everything."""
    root = tmp_path_factory.mktemp("whole") / "runs"
    story = Story(root, archive, lambda said: None)
    story.tell()
    assert story.problems == []
    return root


def _run(root: Path) -> RunFolder:
    store = RunStore(root, root / "none")
    return next(store.folder(run) for run in store.ids() if len(store.record(run).batches) > 1)


def test_events_cut_at_every_byte_and_read_in_two_pieces(whole):
    folder = _run(whole)
    path, record = folder.path / "events.jsonl", folder.read()
    content = path.read_bytes()
    try:
        for cut in range(len(content)):
            path.write_bytes(content[:cut])
            follower = RunFollower(folder)
            n_lines = content[:cut].count(b"\n")
            first = follower.poll()
            told = len(first.batches) + len(first.snapshots) + bool(first.started)
            assert told + bool(first.ended) == n_lines
            path.write_bytes(content)
            assert follower.poll() == record
    finally:
        path.write_bytes(content)


def test_every_other_file_cut_at_every_byte_is_one_sentence(whole):
    folder = _run(whole)
    snapshot, old = folder.snapshot_path(0), whole.parent / "old"
    old.mkdir()
    shutil.copy(ROOT / "tests/data/class_0_5_0.json", old / OLD_FILE)
    sweeps = SweepStore(whole)
    readers = {
        snapshot: (lambda: folder.load_snapshot(0), DamagedRun),
        folder.path / "config.json": (folder.info, DamagedRun),
        sweeps.path(PLAN.id): (lambda: sweeps.load(PLAN.id), SweepError),
        old / OLD_FILE: (ClassStore(old).load, DamagedClassError),
    }
    for path, (read, error) in readers.items():
        content = path.read_bytes()
        # A sweep's later lines say which runs have begun: a torn one is left out.
        needed = content.partition(b"\n")[0] if path.suffix == ".json" else content
        for cut in range(len(needed.rstrip())):
            path.write_bytes(content[:cut])
            assert "\n" not in refusal(error, read)
        path.write_bytes(content)
        read()


def test_a_checkpoint_cut_at_every_byte_gives_way_to_the_one_before(whole):
    folder = _run(whole)
    path = folder.path / "resume.safetensors"
    content, newest = path.read_bytes(), folder.load_resume()["progress"][0]
    for cut in range(0, len(content), 3):
        path.write_bytes(content[:cut])
        assert folder.load_resume()["progress"][0] == newest - 2
    path.write_bytes(content)


# Trainers


def test_a_trainer_killed_again_and_again_ends_with_the_same_figures(tmp_path):
    text = " ".join(f"word{number % 7} goes on ." for number in range(40)).encode()
    config = small_config("Model2", corpus=own_corpus(text, Way()).id, epochs=80, device="cpu")
    store = RunStore(tmp_path, tmp_path / "none")
    wanted, folder = store.create(config), store.create(config)
    chance = random.Random(17)
    with _nursery() as train:
        train(wanted)
        for kill in range(KILLS):
            before = _stamp(folder)
            child = train(folder, SLOW)
            wait_for(folder.is_alive)
            if kill % 2:  # at any moment; else once it has stored a checkpoint
                time.sleep(chance.uniform(0, 0.1))
            else:
                wait_for(lambda before=before: _stamp(folder) != before)
            if kill % 4 == 3:  # stopped, it is still the run's writer, and nobody waits for it
                os.kill(child, signal.SIGSTOP)
                assert folder.is_alive()
            seen = folder.read().step
            os.kill(child, signal.SIGKILL)
            wait_for(lambda: not folder.is_alive())
            assert folder.read().step >= seen
            for step in folder.snapshots()[-1:]:
                folder.load_snapshot(step)
            folder.load_resume()
        assert folder.read().status == "interrupted"
        train(folder)
        for each in (wanted, folder):
            wait_for(lambda each=each: each.read().status == "finished")
    assert _figures(folder) == _figures(wanted)
    assert (folder.path / "events.jsonl").read_bytes().count(b'"event": "resumed"') >= KILLS // 2


@pytest.mark.slow
def test_a_served_class_outlives_the_death_of_each_of_its_processes():
    command = [sys.executable, "-m", "tests.chaos", "--only", "kills", "--kills", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "runs that ended with the same figures" in done.stdout


def _stamp(folder: RunFolder) -> int:
    try:
        return (folder.path / "resume.safetensors").stat().st_mtime_ns
    except FileNotFoundError:  # not stored yet, or just renamed to make room for the next
        return 0


@contextmanager
def _nursery() -> Iterator[Callable[..., int]]:
    command = [sys.executable, "-m", "tests.chaos.nursery"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def train(folder: RunFolder, speed: float | None = None) -> int:
            print(json.dumps([str(folder.path), speed]), file=process.stdin, flush=True)
            return int(process.stdout.readline())

        yield train


def _figures(folder: RunFolder) -> list[str]:
    record = folder.read()
    events: list[BatchEnd | EpochEnd] = [*record.batches, *record.epochs]
    return [str(figures(each)) for each in events]
