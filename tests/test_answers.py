"""Answers that are kept: those of the package are right, and those beside the runs are safe."""

import io
import json
import math
import os
import random
import re
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hnviz import disk
from hnviz.app.pictures import VIEWS
from hnviz.app.shell.server import server
from hnviz.data.phrase import KEPT_FIRST
from hnviz.engine.client import EngineError
from hnviz.engine.observer import answer_now
from hnviz.export.opening import MAX_SHIPPED_BYTES, RunAnswers, choose_answers, page_addresses
from hnviz.models.catalogue import entry
from hnviz.questions.frame import pack, unpack
from hnviz.questions.table import QUESTIONS
from hnviz.questions.view import Reply
from hnviz.runs import SHIPPED_DIR, RunFolder, RunStore, shipped_configs
from hnviz.runs import answers as kept
from hnviz.runs.answers import (
    ANSWERS,
    KeptAnswers,
    named,
    ship_answers,
    shipped_answer,
    shipped_answers,
    squeezed,
    unsqueezed,
)
from hnviz.runs.archive import pack as pack_run
from hnviz.web.answers import observation_routes
from hnviz.web.http import door
from hnviz.web.state import ServerState
from tests.conftest import ROOT
from tests.failpoints import Failing
from tests.sentences import refusal

FLOATS = 2e-3  # of an array's largest value: float32 sums in another order
FLIPPED = 0.01  # of yes-or-no and of whole numbers: the likeliest of two that are nearly equal


# The package's


def all_shipped() -> list[tuple[str, str, int, str, dict[str, Any], int]]:
    store = RunStore(Path("none"))
    return [
        (run, name, *about)
        for run in shipped_configs()
        for name, about in sorted(shipped_answers(store.folder(run)).items())
    ]


def today() -> str:
    """What chooses some: the commit, or the day where there is none."""
    asked = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or time.strftime("%Y-%m-%d")


def assert_alike(found: Any, wanted: Any, where: str) -> None:
    """Compare two answers with what may differ on another processor."""
    told, awaited = list(leaves(found)), list(leaves(wanted))
    assert [path for path, _ in told] == [path for path, _ in awaited], where
    pairs = [(a, b) for (_, a), (_, b) in zip(told, awaited, strict=True)]
    numbers = [(a, b) for a, b in pairs if isinstance(a, float) and isinstance(b, float)]
    largest = max([1.0, *(abs(b) for _, b in numbers if math.isfinite(b))])
    apart = [abs(a - b) for a, b in numbers if math.isfinite(a) or math.isfinite(b)]
    far = [each for each in apart if not each <= FLOATS * largest]
    others = [a != b for a, b in pairs if not isinstance(a, float)]
    assert len(far) <= FLIPPED * len(numbers), (where, far[:3])
    assert sum(others) <= max(2, FLIPPED * len(others)), (where, sum(others))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from leaves(each, f"{path}/{name}")
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from leaves(each, f"{path}/{number}")
    else:
        yield path, value


def assert_right(run: str, name: str, step: int, question: str, params: Any) -> None:
    folder = RunStore(Path("none")).folder(run)
    content = shipped_answer(folder, name)
    assert content is not None
    found, wanted = unpack(content), unpack(answer_now(folder, step, question, params))
    where = f"{run} at {step}: {question} {params}"
    assert_alike(found.meta, wanted.meta, where)
    assert list(found.arrays) == list(wanted.arrays), where
    for part, array in wanted.arrays.items():
        got = found.arrays[part]
        assert (got.dtype, got.shape) == (array.dtype, array.shape), (where, part)
        if array.dtype.kind == "f":
            far = ~np.isclose(
                got, array, rtol=0, atol=FLOATS * max(1.0, peak(array)), equal_nan=True
            )
        else:
            far = got != array
        assert far.sum() <= max(2, FLIPPED * array.size), (where, part, far.mean())


def peak(array: np.ndarray) -> float:
    return float(np.abs(array[np.isfinite(array)]).max(initial=0))


def test_the_packages_answers_take_at_most_three_megabytes_and_are_all_used():
    files = [SHIPPED_DIR / run / kept.SHIPPED for run in shipped_configs()]
    assert sum(path.stat().st_size for path in files) <= MAX_SHIPPED_BYTES
    store, listed = RunStore(Path("none")), all_shipped()
    slow = {question for _, _, _, question, _, _ in listed if QUESTIONS[question].slow}
    assert slow >= {"counting_accuracy", "state_path", "probe", "find", "unit_codes"}
    assert not any(QUESTIONS[question].measures for _, _, _, question, _, _ in listed)
    again = "raise a question's version only with: hnviz ship --answers"
    for run, name, step, question, params, version in listed:
        assert version == QUESTIONS[question].version, f"{question}: {again}"
        assert name == named(store.folder(run), step, question, params).name(str(version)), again


def test_one_answer_to_each_question_and_a_tenth_of_the_quick_ones_are_right():
    """Others for each commit; `make slow` takes them all."""
    drawn = random.Random(today())
    listed = [each for each in all_shipped() if not takes_minutes(each[0], each[3])]
    quick = [each for each in listed if not QUESTIONS[each[3]].slow]
    some = [drawn.choice(one) for one in by_question(listed).values()]
    some += drawn.sample(quick, len(quick) // 10)
    print(f"those of {today()}:", *(f"{run}/{step}/{name}" for run, _, step, name, _, _ in some))
    for run, name, step, question, params, _ in some:
        assert_right(run, name, step, question, params)


def takes_minutes(run: str, question: str) -> bool:
    """Whether each token's own window is read, which `make slow` has the time for."""
    model = shipped_configs()[run].model
    return question in ("worst_places", "counting_accuracy") and not entry(model).stateful


def by_question(listed: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in listed:
        found.setdefault(each[3], []).append(each)
    return found


@pytest.mark.slow
def test_all_of_the_packages_answers_are_right():
    for run, name, step, question, params, _ in all_shipped():
        assert_right(run, name, step, question, params)


def test_a_wrong_answer_would_be_seen():
    listed = by_question(all_shipped())
    for question in ("counting_accuracy", "unit_codes", "probe"):
        first = listed[question][0]
        other = next(
            each for each in listed[question] if each[2] != first[2] and each[4] == first[4]
        )
        with pytest.raises(AssertionError):
            assert_right(other[0], other[1], first[2], question, other[4])


def test_every_lesson_and_page_is_walked():
    pages = {each.page for each in page_addresses(["Model5"])}
    assert {"start", "feed", "build", "train", "remember", "learn_back"} <= pages
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (part,) = re.findall(r"`/\?count_part=([^`]+)`", readme)
    view = {"run": "Model5", "count_part": part.replace("+", " ")}
    assert ("start", view) in page_addresses(["Model5"])


def test_answers_that_are_shipped_are_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "on_step", passed := Failing())
    contents = {"b": b"second" * 99, "a": b"first"}
    answers = {
        name: ((step, "units", {"ids": step}, "3"), squeezed(content))
        for step, (name, content) in enumerate(contents.items())
    }
    here, there = tmp_path / "here", tmp_path / "there"
    for place, given in ((here, answers), (there, dict(reversed(answers.items())))):
        folder = RunFolder(place, shipped=True)
        assert shipped_answers(folder) == {} and shipped_answer(folder, "a") is None
        place.mkdir()
        ship_answers(place, given)
        assert {name: shipped_answer(folder, name) for name in contents} == contents
        assert shipped_answer(folder, "c") is None
        assert shipped_answers(folder) == {name: about for name, (about, _) in answers.items()}
        assert shipped_answer(RunFolder(place), "a") is None  # a user's folder can hold any file
    assert (here / kept.SHIPPED).read_bytes() == (there / kept.SHIPPED).read_bytes()
    assert {point.partition(".")[0] for point in passed.passed} == {"shipped"}
    with zipfile.ZipFile(here / kept.SHIPPED) as archive:
        assert archive.namelist() == ["a", "b"]
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}


def test_what_does_not_fit_is_left_out_and_slow_questions_and_the_machine_come_first():
    slow, quick, read = ((0, name, {}, 1) for name in ("unit_codes", "units", "reading"))
    found = {
        "one": RunAnswers({"a": (quick, b"x" * 50), "b": (slow, b"x" * 900)}),
        "two": RunAnswers({"c": (quick, b"x" * 10), "d": (read, b"x" * 300)}),
    }
    kept_in = [choose_answers(found, most) for most in (1500, 1700, 1900)]
    assert [[sorted(each.answers) for each in fits.values()] for fits in kept_in] == [
        *([["b"], []], [["b"], ["d"]], [["b"], ["c", "d"]])
    ]


# Those beside the runs


class NoEngine:
    """An engine that must not be asked."""

    def start(self) -> None:
        """Do nothing."""

    def observe(self, *asked: Any) -> bytes:
        raise EngineError(f"the engine was asked: {asked[2]}")


class AnEngine(NoEngine):
    """An engine that takes long, and counts."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.asked: list[str] = []
        self.seconds = seconds

    def observe(self, run: str, step: int, question: str, params: Any, how: Any) -> bytes:
        self.asked.append(question)
        arrays = {"number": np.arange(7), "right": np.array([True, False])}
        return pack(Reply(arrays, {"given": 3, "nan": math.nan}, seconds=self.seconds))


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(tmp_path))
    server.cache_clear()
    shutil.copytree(SHIPPED_DIR / "Model1", tmp_path / "mine")
    (tmp_path / "mine" / kept.SHIPPED).unlink(missing_ok=True)
    yield tmp_path
    server.cache_clear()


class Server:
    """A server that has just started; a test may change its engine."""

    def __init__(self, runs: Path, engine: Any, views: Any = ()) -> None:
        self.engine = engine
        state = ServerState(RunStore(runs), lambda: self.engine)
        self._app = Starlette(routes=door(observation_routes(state, views)))

    def get(self, path: str) -> Any:
        with TestClient(self._app) as client:
            return client.get(f"/api/runs/{path}")


def test_a_server_that_starts_again_computes_nothing_that_is_kept(runs):
    first = Server(runs, AnEngine()).get("mine/0/counting_accuracy?given=3")
    again = Server(runs, NoEngine()).get("mine/0/counting_accuracy?given=3")
    assert (first.status_code, again.status_code) == (200, 200)
    assert unpack(again.content).arrays["number"].tolist() == list(range(7))
    assert unpack(again.content).meta == unpack(first.content).meta
    refused = Server(runs, NoEngine()).get("mine/0/counting_accuracy?given=2")
    assert refused.status_code == 503


def test_a_pre_trained_run_is_answered_without_an_engine(runs):
    """As the pages ask when they open."""
    for path in (
        "Model5/last/counting_map",
        "Model5/last/unit_rows",
        "Model5/last/probes",
        "Model5/last/path?layer=0",
        f"Model5/last/find_elsewhere?layer=0&text={quote(KEPT_FIRST)}",
        "Model4/last/counting_map",
    ):
        reply = Server(runs, NoEngine(), VIEWS).get(path)
        assert reply.status_code == 200, (path, reply.text[:200])
    assert not (runs / ANSWERS).exists()


def test_the_frames_of_a_play_of_the_counting_map_come_with_the_package(runs):
    steps = RunStore(runs).folder("Model5").snapshots()
    frames = [steps[int(place * (len(steps) - 1) / 11 + 0.5)] for place in range(12)]
    for step in frames:
        found = Server(runs, NoEngine(), VIEWS).get(f"Model5/{step}/counting_map")
        assert found.status_code == 200, step


def test_quick_answers_and_measured_ones_are_not_kept_on_the_disk(runs, monkeypatch):
    monkeypatch.setattr("hnviz.web.answers.MEASURED_SECONDS", 1e9)
    assert Server(runs, AnEngine(0.01)).get("mine/0/units?ids=9").status_code == 200
    server = Server(runs, AnEngine())
    for _ in range(2):  # in memory, for a while
        assert server.get("mine/0/undetached").status_code == 200
        server.engine = NoEngine()
    assert not (runs / ANSWERS).exists()
    assert Server(runs, AnEngine(0.5)).get("mine/0/units?ids=9").status_code == 200
    assert len(list((runs / ANSWERS).iterdir())) == 1


def test_a_damaged_file_is_computed_again(runs):
    path = "mine/0/unit_codes"
    Server(runs, AnEngine()).get(path)
    (file,) = (runs / ANSWERS).iterdir()
    whole = file.read_bytes()
    for spoilt in (b"", whole[:3], whole[:-1], whole[:9] + b"?" + whole[10:], b"\xff" * 99, "link"):
        file.unlink()
        if spoilt == "link":
            file.symlink_to("/dev/zero")
        else:
            file.write_bytes(spoilt)
        engine = AnEngine()
        reply = Server(runs, engine).get(path)
        assert (reply.status_code, engine.asked) == (200, ["unit_codes"])
        assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_written_only_means_slower(runs):
    (runs / ANSWERS).write_text("no folder")
    for _ in range(2):
        engine = AnEngine()
        assert Server(runs, engine).get("mine/0/unit_codes").status_code == 200
        assert engine.asked == ["unit_codes"]


def test_an_answer_is_of_one_snapshot_question_and_release(runs):
    store = RunStore(runs)
    mine, twin = store.folder("mine"), store.folder("Model1")
    first = named(mine, 0, "unit_codes", {"layer": 0, "a": 1})
    assert first == named(mine, 0, "unit_codes", {"a": 1, "layer": 0})
    assert first == named(twin, 0, "unit_codes", {"a": 1, "layer": 0})  # equal weights and settings
    others = {
        first.name("1"),
        first.name("2"),
        named(mine, 1, "unit_codes", {"layer": 0, "a": 1}).name("1"),
        named(mine, 0, "probe", {"layer": 0, "a": 1}).name("1"),
        named(mine, 0, "unit_codes", {"layer": 1, "a": 1}).name("1"),
    }
    shutil.copy(mine.snapshot_path(mine.snapshots()[-1]), mine.snapshot_path(0))  # written again
    others.add(named(mine, 0, "unit_codes", {"layer": 0, "a": 1}).name("1"))
    config = json.loads((mine.path / "config.json").read_text())
    config["config"]["bptt"] += 1
    (mine.path / "config.json").write_text(json.dumps(config))
    others.add(named(store.folder("mine"), 1, "unit_codes", {"layer": 0, "a": 1}).name("1"))
    assert len(others) == 7


def test_an_answer_is_of_the_users_model_as_it_is_now(runs, monkeypatch):
    mine = RunStore(runs).folder("mine")
    before = named(mine, 0, "unit_codes", {})
    monkeypatch.setattr(kept, "identity_of", lambda model: "another" if model == "Model1" else "")
    assert named(mine, 0, "unit_codes", {}) != before


def test_a_name_reads_the_settings_once(runs, monkeypatch):
    mine = RunStore(runs).folder("mine")
    before = named(mine, 0, "unit_codes", {"layer": 0})
    monkeypatch.setattr(RunFolder, "info", lambda _: pytest.fail("read again"))
    assert named(mine, 0, "unit_codes", {"layer": 0}) == before


def test_kept_answers_are_bounded_and_the_oldest_go(tmp_path):
    store, content = KeptAnswers(tmp_path, most=5000), random.Random(0).randbytes(900)
    for number in range(12):
        store.put(f"{number:02}", content)
        path = tmp_path / ANSWERS / f"{number:02}"
        os.utime(path, (1000 + number, 1000 + number))
    names = sorted(each.name for each in (tmp_path / ANSWERS).iterdir())
    assert names == [f"{number:02}" for number in range(12 - len(names), 12)]
    assert 3 <= len(names) <= 5
    assert KeptAnswers(tmp_path).get("11") == content and store.get("00") is None


def test_an_answer_has_a_largest_size(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "LARGEST", 100)
    store = KeptAnswers(tmp_path / "not" / "there")
    for size in (99, 100, 101):
        store.put(f"{size}", bytes(size))
        assert store.get(f"{size}") == (bytes(size) if size < 101 else None)
    larger = tmp_path / "not" / "there" / ANSWERS / "larger"
    larger.write_bytes(squeezed(bytes(101)))  # a small file
    assert store.get("larger") is None and not larger.exists()


def test_the_most_bytes_may_be_used_and_then_a_tenth_is_freed(tmp_path):
    content = random.Random(0).randbytes(990)
    most = 10 * len(squeezed(content))
    store = KeptAnswers(tmp_path, most)
    for n_files in (*range(1, 11), 9):
        store.put(f"{n_files} and {time.perf_counter_ns()}", content)
        assert len(list((tmp_path / ANSWERS).iterdir())) == n_files, most


def test_a_damaged_answer_says_how(recorded):
    with pytest.raises(ValueError, match=r"^the answer is damaged: Error"):  # the rest is zlib's
        unsqueezed(b"????????")
    recorded(refusal(ValueError, unsqueezed, squeezed(b"content")[:-1]))


def test_a_folder_that_cannot_be_listed_keeps_answers_all_the_same(
    tmp_path, monkeypatch, caplog, recorded
):
    def refused(path: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    caplog.set_level("DEBUG")
    monkeypatch.setattr(Path, "iterdir", refused)
    KeptAnswers(tmp_path).put("a", b"content")
    assert KeptAnswers(tmp_path).get("a") == b"content"
    recorded(caplog.messages[-1], 13)


@pytest.mark.parametrize("what", ["unlink", "lstat"])
def test_files_that_another_process_deletes_are_passed_over(tmp_path, monkeypatch, what):
    def gone(path: Path) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    store = KeptAnswers(tmp_path, most=1)
    store.put("damaged", b"content")
    (tmp_path / ANSWERS / "damaged").write_bytes(b"?")
    monkeypatch.setattr(Path, what, gone)
    assert store.get("damaged") is None
    store.put("a", b"content")
    store.put("b", b"content")
    assert store.get("b") == b"content"


def test_kept_answers_are_no_run_and_in_no_zip(runs):
    Server(runs, AnEngine()).get("mine/0/unit_codes")
    store = RunStore(runs)
    assert (runs / ANSWERS).is_dir() and ANSWERS not in store.ids()
    for run in ("mine", "Model5"):
        packed = io.BytesIO()
        pack_run(store.folder(run), packed)
        with zipfile.ZipFile(packed) as archive:
            assert not [each for each in archive.namelist() if "answer" in each]
