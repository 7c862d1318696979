"""What the store of runs makes, in what order it lists it, and what it removes."""

import json
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from hnviz import disk
from hnviz.config import RunConfig
from hnviz.data import Choice, CorpusError
from hnviz.runs import DamagedRun, RunFolder, RunNotFound, RunStore, SnapshotNotFound
from hnviz.runs import store as store_module
from hnviz.runs.events import encode
from hnviz.runs.files import CONFIG
from hnviz.runs.folder import (
    MODELS,
    Label,
    RunInfo,
    keep_models,
    new_info,
    other_model,
    unknown_model,
    write_label,
)
from hnviz.runs.record import RunFollower
from hnviz.runs.texts import content_hash
from tests.by_hand import FULL, batch, write
from tests.failpoints import Failing
from tests.sentences import refusal

LAST_MOMENT = 253402300799  # 9999-12-31 23:59:59, in Greenwich


def changed(folder: RunFolder, **values: object) -> RunFolder:
    """Write other values into a run's config; return the run as another process finds it."""
    path = folder.path / CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    return RunFolder(folder.path)


# What config.json holds


@pytest.mark.parametrize("moment", [0, 0.5, 1, LAST_MOMENT])
def test_a_moment_at_which_a_run_can_have_been_made(store, moment):
    assert changed(store.create(RunConfig()), created=moment).created == moment


def test_a_config_keeps_what_the_run_is_of(store, monkeypatch):
    monkeypatch.setattr("hnviz.runs.folder.identity_of", lambda model: f"of {model}")
    monkeypatch.setattr("hnviz.runs.folder.model_text", lambda model: "")
    config = RunConfig(model="Model3", split="blocks")
    info = new_info(config, {"python": "3"})
    of_blocks = content_hash(Choice("human_numbers", "blocks"))
    assert info.content_hash == of_blocks != content_hash(Choice("human_numbers", "notebook"))
    assert info == RunInfo(config, {"python": "3"}, "auto", info.created, of_blocks, "of Model3")
    path = store.create(config).path
    info.save(path / CONFIG)
    assert RunFolder(path).info() == info


def test_a_runs_text_is_that_of_its_split(store, monkeypatch):
    folder = store.create(RunConfig(split="blocks"))
    folder.check_sources()

    def gone(text: Choice) -> str:
        raise CorpusError("the text is gone")

    monkeypatch.setattr("hnviz.runs.folder.content_hash", gone)
    with pytest.raises(DamagedRun, match=r" is damaged: the text is gone$"):
        folder.check_sources()


# A model of the user's own


@pytest.fixture
def _mine(monkeypatch):
    """Let this process know one own model, without the check that another process does."""
    monkeypatch.setattr("hnviz.runs.folder.identity_of", {"Mine": "an identity"}.get)
    monkeypatch.setattr("hnviz.runs.folder.model_text", {"Mine": "class Mine: '\N{SNOWMAN}'"}.get)


@pytest.mark.usefixtures("_mine")
def test_the_file_of_an_own_model_is_kept_and_of_no_other(tmp_path, monkeypatch):
    keep_models(tmp_path, "Model5")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(disk, "on_step", passed := Failing())
    keep_models(tmp_path, "Mine")
    assert (tmp_path / MODELS).read_text(encoding="utf-8") == "class Mine: '\N{SNOWMAN}'"
    assert {point.partition(".")[0] for point in passed.passed} == {"models"}


@pytest.mark.usefixtures("_mine")
def test_another_model_than_the_one_that_was_trained_says_how_to_see_it(tmp_path, recorded):
    assert other_model(tmp_path, "Mine", "an identity") is None
    recorded(other_model(tmp_path, "Mine", "before"))
    (tmp_path / MODELS).touch()
    recorded(other_model(tmp_path, "Mine", "before"))


def test_a_model_that_this_process_does_not_know_says_how_to_read_it(tmp_path):
    (tmp_path / MODELS).touch()
    name = "M" * 39 + "NO"
    content = {"config": {"model": name}, "model_identity": "an identity"}
    assert unknown_model(tmp_path, content) == (
        f"its model {name[:40]!r} is not loaded; "
        f"to see the run, start hnviz with --models {tmp_path / MODELS}"
    )
    assert unknown_model(tmp_path, content | {"model_identity": ""}) is None
    assert unknown_model(tmp_path, {"config": {"model": name}}) is None


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"config": None},
        {"config": []},
        {"config": {}},
        {"config": {"model": 3}},
        {"config": {"model": None}},
        {"config": {"model": "Model5"}},
    ],
)
def test_what_names_no_unknown_model(tmp_path, content):
    if isinstance(content, dict):
        content = content | {"model_identity": "an identity"}
    assert unknown_model(tmp_path, content) is None


# A new run


def test_a_run_is_checked_in_its_folder_with_its_text(store):
    seen: list[tuple[str, RunConfig]] = []
    config = RunConfig(model="Model1")
    info = new_info(config, {})

    def check(folder: RunFolder) -> None:
        seen.append((folder.path.name, folder.config))

    folder = store.add(config, lambda path: info.save(path / CONFIG), check)
    ((name, checked),) = seen
    assert checked == config and name.startswith(".new-") and len(name) == len(".new-") + 16
    assert folder.id[0].isdecimal()  # nothing before the date
    assert [path.name for path in store.root.iterdir()] == [folder.id]


def test_nothing_is_left_of_a_run_that_its_check_refuses(store):
    def check(folder: RunFolder) -> None:
        raise CorpusError("no")

    info = new_info(RunConfig(), {})
    with pytest.raises(CorpusError, match=r"^no$"):
        store.add(RunConfig(), lambda path: info.save(path / CONFIG), check)
    assert list(store.root.iterdir()) == []


def test_a_new_run_passes_its_own_failpoints(store, monkeypatch):
    monkeypatch.setattr(disk, "on_step", passed := Failing())
    store.create(RunConfig())
    told = [point for point in passed.passed if point.startswith("run.")]
    assert told[:2] == ["run.make.before", "run.make.after"]
    assert "run.rename.before" in told and "run.rename.after" in told


def test_an_id_that_is_taken_is_not_given_twice(store, monkeypatch):
    moments = iter([7.5, 7.5, 7.5, 7.75, 9.0])
    waited: list[float] = []
    clock = {"time": lambda: next(moments), "sleep": waited.append}
    monkeypatch.setattr(store_module, "time", SimpleNamespace(**vars(time) | clock))
    config = RunConfig.for_model("Model2")
    assert [store.add(config, lambda path: None).id for _ in range(3)] == [
        "19700101-000007-Model2-8000",
        "19700101-000007-Model2-c000",
        "19700101-000009-Model2-0000",
    ]
    assert waited == [2 / 65536] * 2  # longer than the fraction lasts


# Lists


def at(store: RunStore, run_id: str) -> RunFolder:
    """Make a run with an id."""
    made = store.create(RunConfig())
    return RunFolder(Path(shutil.move(made.path, store.root / run_id)))


OLD, NEWER, NEW, NEXT = (
    "20260101-000000-Model5-ffff",
    "20260101-000001-Model5-0001",
    "20260101-000001-Model1-00f0",  # before Model5 in the alphabet, after it in the second
    "20260102-000000-Model0-0000",
)


def test_runs_are_listed_newest_first_and_the_pinned_before_them(store):
    for run_id in (NEW, OLD, NEXT, NEWER):
        at(store, run_id)
    assert store.ids() == [NEXT, NEW, NEWER, OLD]
    write_label(store.root / NEWER, Label("", pinned=True))
    assert store.ids() == [NEWER, NEXT, NEW, OLD]
    assert store.ids(2) == [NEWER, NEXT]
    assert store.ids(2, {NEXT, NEWER}) == [NEWER, NEW]
    assert [line.id for line in store.summaries(2, {NEXT, NEWER})] == [NEWER, NEW]
    assert [line.id for line in store.summaries(without={OLD})] == [NEWER, NEXT, NEW]


def test_runs_of_one_moment_are_in_one_order(store):
    same = [f"20260101-000001-{model}-0001" for model in ("Model3", "Model1", "Model2")]
    for run_id in same:
        at(store, run_id)
    assert store.ids() == sorted(same, reverse=True)


def test_pre_trained_runs_are_in_the_order_of_the_catalogue(store):
    names = ["LSTM", "Model5", "Model5-blocks", "Model1", "Another", "Model5Reg"]
    for name in names:
        shutil.copytree(at(store, OLD).path, store.shipped / name)
        shutil.rmtree(store.root / OLD)
    at(store, NEW)
    assert store.ids()[:4] == [NEW, "Model1", "Model5", "Model5-blocks"]
    assert store.ids()[-1] == "Another" and len(store.ids()) == 7
    assert [line.shipped for line in store.summaries()] == [False] + [True] * 6
    assert store.folder("Model1").shipped and not store.folder(NEW).shipped
    at(store, "Model1")  # the user's own hides the one of the package
    assert not store.folder("Model1").shipped
    assert [line.shipped for line in store.summaries() if line.id == "Model1"] == [False]


def test_a_file_or_a_link_is_no_run(store, tmp_path):
    folder = at(store, OLD)
    (store.root / NEW).symlink_to(shutil.copytree(folder.path, tmp_path / "elsewhere"))
    (store.root / NEWER).touch()
    (store.root / "not an id").mkdir()
    (store.root / ".hidden").mkdir()
    assert store.ids() == [OLD]


def test_an_unknown_id_is_quoted_up_to_a_hundred_characters(store, recorded):
    for refuse in (store.check_id, store.folder):
        recorded(refusal(RunNotFound, refuse, "../" + "x" * 98))
    with pytest.raises(RunNotFound, match=f"^there is no run named '{'y' * 100}' here$"):
        store.folder("y" * 100)


def test_range_tests_are_in_their_own_list(store):
    made = at(store, NEW)
    for fraction in ("0001", "0003", "0002"):
        shutil.copytree(made.path, store.root / f"lr-20260101-000001-Model5-{fraction}")
    told = [f"lr-20260101-000001-Model5-{fraction}" for fraction in ("0003", "0002", "0001")]
    assert [line.id for line in store.range_tests()] == told
    assert store.ids() == [NEW]
    assert {line.status for line in store.range_tests()} == {"queued"}


def test_old_range_tests_are_removed_unless_one_is_being_written(store, monkeypatch):
    monkeypatch.setattr(store_module, "MAX_RANGE_TESTS", 1)
    made = at(store, NEW)
    tests = [store.root / f"lr-20260101-000001-Model5-000{number}" for number in range(5)]
    for test in tests:
        shutil.copytree(made.path, test)
    removed: list[str] = []
    whole = shutil.rmtree

    def remove(path: Path, ignore_errors: bool = False) -> None:
        removed.append(path.name)
        whole(path)
        if not ignore_errors:
            raise OSError("another process was faster")

    monkeypatch.setattr(store_module, "shutil", SimpleNamespace(rmtree=remove))
    with RunFolder(tests[1]).writer():
        store.remove_unfinished()
    assert [test.exists() for test in tests] == [False, True, False, False, True]
    assert sorted(removed) == [tests[0].name, tests[2].name, tests[3].name]
    assert made.path.exists()


# What is kept in memory


def test_the_runs_that_were_not_asked_for_longest_are_forgotten(store, monkeypatch):
    monkeypatch.setattr(store_module, "MAX_RECORDS", 2)
    store = RunStore(store.root)
    first, second, third = (store.create(RunConfig()) for _ in range(3))
    records = {folder.id: store.record(folder.id) for folder in (first, second)}
    assert store.record(first) is records[first.id]  # asked again, so second is older
    assert store.record(second.id) is records[second.id]
    assert store.record(first.id) is records[first.id]
    store.record(third.id)
    assert store.record(first.id) is records[first.id]
    assert store.record(second.id) is not records[second.id]


def test_a_record_reads_the_settings_once(store, monkeypatch):
    write(folder := store.create(RunConfig()), FULL)
    record = store.record(folder.id)
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "info", lambda _: pytest.fail("read again"))
        assert store.record(folder.id) is record
    changed(folder, created="never")
    with pytest.raises(DamagedRun, match="it has no valid created"):
        store.record(folder.id)


def test_a_step_is_found_without_a_list_of_all(store, monkeypatch):
    folder = store.create(RunConfig())
    for name in ("0", "7", "-1"):
        folder.snapshot_path(0).parent.mkdir(exist_ok=True)
        folder.snapshot_path(0).with_name(f"{name}.safetensors").touch()
    for step in (-1, True, 8):
        with pytest.raises(SnapshotNotFound, match="its snapshots are at 0, 7"):
            folder.resolve_step(step)
    monkeypatch.setattr(RunFolder, "snapshots", lambda _: pytest.fail("listed"))
    assert [folder.resolve_step(step) for step in (0, 7)] == [0, 7]


def test_a_list_reads_the_last_mini_batch_alone(store, monkeypatch):
    asked: list[object] = []
    made = RunFollower.__init__

    def follow(self: RunFollower, folder: RunFolder, *every: int) -> None:
        asked.append(every)
        made(self, folder, *every)

    monkeypatch.setattr(RunFollower, "__init__", follow)
    write(folder := store.create(RunConfig()), [*FULL[:1], batch(0), batch(1), batch(2)])
    assert store.line(folder.id).step == 3
    assert asked == [(2**53,)]


def test_a_line_is_read_again_once_its_events_have_grown(store):
    write(folder := store.create(RunConfig()), [*FULL[:1], batch(0)])
    assert store.line(folder.id).step == 1
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(encode(batch(1)))
    assert store.line(folder.id).step == 2
