"""Compare: the curves of many runs as one answer, runs that are found or started, and kept runs."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from functools import partial
from math import nan
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hnviz import disk
from hnviz.app.rooms.compare.cards import CARDS
from hnviz.app.run.list.rows import row
from hnviz.app.run.names import Named, labels, shown_name
from hnviz.app.run.topics import Run
from hnviz.config import RunConfig
from hnviz.data import KINDS
from hnviz.engine.client import EngineError
from hnviz.events import Ended, Event, Resumed
from hnviz.questions.frame import unpack
from hnviz.runs import (
    SHIPPED_DIR,
    DamagedRun,
    RunFolder,
    RunNotFound,
    RunStore,
    RunWriteError,
    trash,
)
from hnviz.runs.events import encode
from hnviz.runs.files import take_lock
from hnviz.runs.folder import LABEL, Label, read_label, write_label
from hnviz.runs.record import POINT_COLUMNS, read_curves, thinned
from hnviz.web import controls, runs
from hnviz.web.classroom.routes import permit
from hnviz.web.controls import start_routes
from hnviz.web.http import Refusal, door
from hnviz.web.runs import COMPARED_KINDS, EPOCH_COLUMNS, curve_routes, run_routes
from hnviz.web.state import CurrentRun, ServerState
from tests.classroom import a_service, another, as_teacher, joined, site, visiting
from tests.failpoints import Failing
from tests.made_runs import EPOCHS, events, make_run

SHIPPED = sorted(path.name for path in SHIPPED_DIR.iterdir())
MODEL5 = RunFolder(SHIPPED_DIR / "Model5", shipped=True)


class Engine:
    """Starts nothing: it notes what was asked, and refuses after so many."""

    def __init__(self, most: int = 99) -> None:
        self.trained: list[RunConfig] = []
        self.jobs: dict[str, object] = {}
        self.most = most

    def train(self, config: RunConfig, viewer: str, *, range_test: bool = False) -> str:
        if len(self.trained) >= self.most:
            raise EngineError("5 of your runs wait already; wait until one begins", "conflict")
        self.trained.append(config)
        return f"new-{len(self.trained)}"

    def start(self) -> None:
        """Do nothing."""

    def job(self, run_id: str) -> object | None:
        return self.jobs.get(run_id)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def state(store: RunStore, engine: Engine) -> ServerState:
    return ServerState(store, lambda: engine)  # type: ignore[arg-type,return-value]


@pytest.fixture
def client(state: ServerState) -> Iterator[TestClient]:
    routes = [
        *start_routes(state),
        *run_routes(state, shown_name),
        *curve_routes(state, shown_name),
        *controls.button_routes(state),
    ]
    with TestClient(Starlette(routes=door(routes))) as client:
        yield client


def answer(client: TestClient, *runs: str):
    reply = client.get("/api/curves", params={"runs": ",".join(runs)})
    assert reply.status_code == 200, reply.text
    return unpack(reply.content)


# --- Reading ---


@pytest.fixture
def in_one_piece(monkeypatch):
    """Refuse to read a run line by line, which is what `read_curves` spares."""

    def refused(folder: RunFolder) -> None:
        raise AssertionError(f"{folder} was read line by line")

    return lambda: monkeypatch.setattr(RunFolder, "read", refused)


@pytest.mark.parametrize("name", SHIPPED)
def test_curves_hold_what_the_events_of_a_run_say(name, in_one_piece):
    folder = RunFolder(SHIPPED_DIR / name, shipped=True)
    record = folder.read()
    in_one_piece()
    read = read_curves(folder, 10_000)
    frame = record.batch_frame()[list(POINT_COLUMNS)].to_numpy()
    np.testing.assert_allclose(read.points, frame, rtol=1e-6)
    assert replace(read.record, batches=record.batches) == record
    assert (read.step, read.every) == (record.step, 1)


def test_a_long_run_is_thinned_to_means_over_equal_stretches_of_steps(tmp_path):
    read = read_curves(make_run(tmp_path, 3), 300)
    whole = read_curves(make_run(tmp_path, 4), 300).record.started
    assert whole and whole.n_steps == 800
    assert (read.every, len(read.points)) == (4, 200)
    batches = [each for each in events(3, 800, RunConfig()) if each.kind == "batch"]
    np.testing.assert_allclose(read.points[1, 0], np.mean([4, 5, 6, 7]))
    np.testing.assert_allclose(
        read.points[:, 1], np.reshape([each.loss for each in batches], (200, 4)).mean(1), rtol=1e-6
    )


@pytest.mark.parametrize("most", [10_000, 100, 0])
def test_a_run_that_is_too_long_to_be_read_in_one_piece_has_the_same_curves(most, monkeypatch):
    folder = RunFolder(SHIPPED_DIR / "Model0", shipped=True)
    in_one = read_curves(folder, most)
    monkeypatch.setattr("hnviz.runs.record.MAX_CURVE_BYTES", 1000)
    in_lines = read_curves(folder, most)
    assert in_lines.record == in_one.record
    assert (in_lines.step, in_lines.every) == (in_one.step, in_one.every)
    assert in_lines.points.shape == in_one.points.shape
    np.testing.assert_array_equal(in_lines.points, in_one.points)


def eighty_steps(root: Path) -> tuple[RunFolder, Path, Event, list[Event]]:
    """A run, the file of its events, the first of them and those of its mini-batches."""
    folder = make_run(root, 1, 80)
    started, *rest = events(1, 80, folder.config)
    batches = [each for each in rest if each.kind == "batch"]
    return folder, folder.path / "events.jsonl", started, batches


def attempts(*told: Event | list[Event]) -> bytes:
    """The lines of a run's attempts."""
    flat = [each for some in told for each in (some if isinstance(some, list) else [some])]
    return b"".join(map(encode, flat))


def test_what_no_longer_counts_is_left_out_in_one_piece(tmp_path, in_one_piece):
    folder, path, started, batches = eighty_steps(tmp_path)
    in_one_piece()
    path.write_bytes(attempts(started, batches[:9], started, batches[:4]))  # it started again
    assert read_curves(folder, 100).points[:, 0].tolist() == [0, 1, 2, 3]
    path.write_bytes(attempts(started, batches[:9], Resumed(resumed_at=5, time=1.0)))
    for most in (100, 0):
        assert read_curves(folder, most).step == 5
    assert read_curves(folder, 100).points[:, 0].tolist() == [0, 1, 2, 3, 4]
    twice = [Resumed(resumed_at=at, time=1.0) for at in (5, 3)]
    path.write_bytes(attempts(started, batches[:9], twice[0], batches[5:8], twice[1], batches[3]))
    assert read_curves(folder, 100).points[:, 0].tolist() == [0, 1, 2, 3]
    twice = [Resumed(resumed_at=at, time=1.0) for at in (3, 6)]
    path.write_bytes(attempts(started, batches[:9], twice[0], batches[3:8], twice[1], batches[6]))
    assert read_curves(folder, 100).points[:, 0].tolist() == list(range(7))


def test_what_a_run_holds_so_far_is_read_in_one_piece(tmp_path, in_one_piece):
    folder, path, started, batches = eighty_steps(tmp_path)
    in_one_piece()
    torn = attempts(started, replace(batches[0], loss=nan), batches[1:9]) + b'{"event'
    path.write_bytes(torn)
    with folder.path.joinpath("writer.lock").open("w"):
        found = read_curves(folder, 100)
    assert (found.step, len(found.points), found.record.alive) == (9, 9, False)
    assert np.isnan(found.points[0, 1]) and found.points.dtype == np.float32
    assert read_curves(folder, 20).every == 4  # of the eighty steps that it will have
    assert read_curves(folder, 0).every == 1
    averaged = read_curves(folder, 1).points
    np.testing.assert_allclose(averaged[:, 0], [4.0])
    lock = take_lock(folder.path)
    try:
        assert read_curves(folder, 100).record.alive
    finally:
        lock.release()
    path.write_bytes(attempts(started, batches[:5], Ended(**OVER, step=9)))
    assert read_curves(folder, 100).step == 9


OVER = {"status": "stopped", "message": "over", "time": 1.0}


def test_lines_that_do_not_rise_are_read_line_by_line(tmp_path, recorded):
    folder, path, started, batches = eighty_steps(tmp_path)
    path.write_bytes(attempts(started, batches[:3], batches[2]))
    steps = [each.step for each in folder.read().batches]
    assert read_curves(folder, 100).points[:, 0].tolist() == steps
    path.write_bytes(attempts(started, batches[:2]).replace(b'"step": 1,', b'"step": null,'))
    with pytest.raises(DamagedRun) as error:
        read_curves(folder, 100)
    recorded(str(error.value), 3)


def test_one_mini_batch_is_read_of_a_run_whose_epochs_alone_are_drawn(tmp_path):
    folder = make_run(tmp_path, 1, 80)
    path = folder.path / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"batch", "step": 40,', b'"batch", "step": 40 40,'))
    assert read_curves(folder, 0).step == 80
    with pytest.raises(DamagedRun, match="line 46: it is not JSON"):
        read_curves(folder, 100)


def test_a_run_without_a_mini_batch_has_columns(tmp_path):
    folder = RunStore(tmp_path).create(RunConfig())
    found = read_curves(folder, 100)
    assert found.points.shape == (0, len(POINT_COLUMNS))
    assert (found.record.id, found.record.config) == (folder.id, folder.config)


def test_thinning_keeps_an_uneven_last_stretch():
    columns = np.array([[step, step, 0, 0, 0] for step in range(7)], dtype=float)
    assert thinned(columns, 4)[:, 1].tolist() == [1.5, 5.0]
    assert thinned(columns, 2)[:, 1].tolist() == [0.5, 2.5, 4.5, 6.0]
    assert thinned(columns[4:], 4)[:, 1].tolist() == [5.0]
    assert {thinned(columns, every).dtype for every in (1, 2)} == {np.dtype(np.float32)}
    assert len(thinned(columns[:0], 4)) == 0


def test_what_a_resume_undid_is_not_drawn(tmp_path):
    folder = make_run(tmp_path, 1, 80)
    path = folder.path / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    again = b"".join(lines[1 + 40 + 40 // 10 :])  # from step 40 on
    path.write_bytes(path.read_bytes() + encode(Resumed(resumed_at=40, time=2.0)) + again)
    np.testing.assert_array_equal(read_curves(folder, 999).points[:, 0], np.arange(80))
    assert len(folder.read().batches) == 80


def test_a_torn_line_waits_and_a_damaged_one_is_named(tmp_path):
    folder = make_run(tmp_path, 1, 80)
    path = folder.path / "events.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert 0 < len(read_curves(folder, 999).points) < 80
    for wrong in (b'{"event": "batch", "step": 3}\n', b"nonsense\n", b'{"event": "batch", "a\n'):
        path.write_bytes(whole[: whole.index(b"\n") + 1] + wrong)
        with pytest.raises(DamagedRun, match="line 2"):
            read_curves(folder, 999)


def test_a_run_that_has_not_begun_has_no_points(store):
    folder = store.create(RunConfig())
    read = read_curves(folder, 300)
    assert (len(read.points), read.step, read.record.status) == (0, 0, "queued")


# --- The answer ---


def test_the_answer_has_the_shipped_runs_figures(client):
    told = answer(client, "Model4", "Model5")
    assert [run["name"] for run in told.meta["runs"]] == ["Model4", "Model5"]
    for run in told.meta["runs"]:
        record = RunFolder(SHIPPED_DIR / run["run"], shipped=True).read()
        points = told.arrays["points"][slice(*run["points"])]
        np.testing.assert_allclose(points[:, 1], record.batch_frame()["loss"], rtol=1e-6)
        epochs = told.arrays["epochs"][slice(*run["epochs"])]
        for at, name in enumerate(EPOCH_COLUMNS):
            wanted = [getattr(epoch, name) for epoch in record.epochs]
            np.testing.assert_allclose(epochs[:, at], wanted, rtol=1e-6)
        kinds = record.epochs[-1].valid_kinds
        for at, kind in enumerate(KINDS):
            share = kinds[kind].right / kinds[kind].n if kind in kinds and kinds[kind].n else np.nan
            np.testing.assert_allclose(epochs[-1, len(EPOCH_COLUMNS) + at], share, rtol=1e-6)
    assert told.arrays["epochs"].shape[1] == len(EPOCH_COLUMNS) + 2 * len(COMPARED_KINDS)
    assert told.meta["notebook"]["Model5"][-1][3] == pytest.approx(0.83, abs=0.01)


def test_the_device_in_use_is_beside_the_one_that_was_asked_for(client, store):
    folders = [make_run(store.root, n, 8, device=asked) for n, asked in ((1, "auto"), (2, "cpu"))]
    told = answer(client, *(folder.id for folder in folders)).meta["runs"]
    assert [(run["config"]["device"], run["device"]) for run in told] == [
        ("auto", "cpu"),
        ("cpu", "cpu"),
    ]
    waits = store.create(RunConfig())
    assert answer(client, waits.id).meta["runs"][0]["device"] == ""


def test_without_points_the_epochs_and_the_step_are_the_same(client, store):
    folder = make_run(store.root, 1, 80)
    path = folder.path / "events.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:30]))  # not ended
    whole = answer(client, folder.id, "Model5")
    reply = client.get("/api/curves", params={"runs": f"{folder.id},Model5", "points": "false"})
    told = unpack(reply.content)
    assert len(told.arrays["points"]) == 0
    np.testing.assert_array_equal(told.arrays["epochs"], whole.arrays["epochs"])
    assert [run["step"] for run in told.meta["runs"]] == [run["step"] for run in whole.meta["runs"]]
    assert told.meta["runs"][0]["step"] == 27
    assert client.get("/api/curves?runs=Model5&points=2").status_code == 422


def test_what_cannot_be_read_is_named_beside_the_others(client, store):
    broken = make_run(store.root, 1, 80)
    (broken.path / "config.json").write_text("[]")
    told = answer(client, "nobody", broken.id, "Model5")
    assert told.meta["missing"] == ["nobody"]
    assert list(told.meta["damaged"]) == [broken.id]
    assert [run["run"] for run in told.meta["runs"]] == ["Model5"]


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("", "needs runs"),
        ("runs=", "runs must be at least one run's id"),
        ("runs=,,", "got none"),
        (f"runs={','.join(f'a{number}' for number in range(301))}", "at most 300 runs; got 301"),
        (f"runs={'a' * 200}", "no run has an id of 200 characters"),
        ("runs=Model5&runs=Model4", "is given twice"),
        ("runs=Model5&steps=3", "has no parameter 'steps'"),
    ],
)
def test_bad_input_is_one_sentence(client, query, part):
    reply = client.get(f"/api/curves?{query}")
    assert reply.status_code == 422
    assert part in reply.json()["error"]
    assert len(reply.json()["error"]) < 300


def test_ids_that_lead_elsewhere_are_only_missing(client):
    assert answer(client, "../etc", "%2e%2e", ".", "Model5").meta["missing"] == [
        "../etc",
        "%2e%2e",
        ".",
    ]


def test_two_hundred_runs_are_read_once_for_all_viewers(client, store, monkeypatch):
    ids = [make_run(store.root, number, 80).id for number in range(200)]
    first = answer(client, *ids)
    assert len(first.meta["runs"]) == 200
    assert len(first.arrays["epochs"]) == 200 * EPOCHS
    monkeypatch.setattr(runs, "read_curves", lambda *_: pytest.fail("a run was read again"))
    assert answer(client, *ids).arrays["points"].shape == first.arrays["points"].shape


def test_a_run_that_grows_is_read_again(client, store):
    folder = make_run(store.root, 1, 80)
    path = folder.path / "events.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:30]))
    before = len(answer(client, folder.id).arrays["points"])
    path.write_bytes(whole)
    assert before < len(answer(client, folder.id).arrays["points"]) == 80


# --- Starting ---


def test_a_run_that_is_there_is_not_trained_again(client, engine):
    changed = {"model": "Model5", "bptt": 3}
    wanted = [{"model": "Model5"}, changed, {**changed, "seed": 1}, {**changed, "device": "cpu"}]
    reply = client.post("/api/runs", json={"runs": wanted})
    found = [("Model5", False), ("new-1", True), ("new-2", True), ("new-1", False)]
    assert reply.json() == {
        "runs": [{"run": run, "new": new} for run, new in found],
        "refused": "",
    }
    assert engine.trained == [RunConfig.for_model("Model5", bptt=3, seed=seed) for seed in (0, 1)]


def test_a_run_like_another_differs_in_what_is_named(client, engine):
    reply = client.post("/api/runs", json={"runs": [{"like": "Model3", "bptt": 70}]})
    assert reply.status_code == 200
    assert engine.trained == [replace(MODEL5.config, model="Model3", bptt=70, epochs=20, lr=3e-3)]
    assert engine.trained[0].device == "cpu"


def test_runs_that_were_started_stay_where_a_later_one_is_refused(client, engine):
    engine.most = 1
    wanted = [{"model": "Model5", "bptt": bptt} for bptt in (3, 4)]
    told = client.post("/api/runs", json={"runs": wanted}).json()
    assert told["runs"] == [{"run": "new-1", "new": True}]
    assert "5 of your runs wait already" in told["refused"]
    refused = client.post("/api/runs", json={"runs": [{"model": "Model5", "bptt": 5}]})
    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("body", "status", "numbers"),
    [
        ({}, 422, ()),
        ({"runs": []}, 422, (1, 20, 0)),
        ({"runs": [{}] * 21}, 422, (1, 20, 21)),
        ({"runs": [3]}, 422, (3,)),
        ({"runs": [{"bttp": 3}]}, 422, ()),
        ({"runs": [{"bptt": 0}]}, 422, (1, 0)),
        ({"runs": [{"bptt": "70"}]}, 422, (1, 70)),
        ({"runs": [{"corpus": {}}]}, 422, ()),
        ({"runs": [{"model": ["Model5"]}]}, 422, ()),
        ({"runs": [{"model": "Model9"}]}, 422, ()),
        ({"runs": [{"like": "nobody", "bptt": 3}]}, 404, ()),
        ({"runs": [{"like": "../x"}]}, 404, ()),
        ({"runs": [{"model": "Model0", "bptt": 20}]}, 422, (3, 3, 20)),
    ],
)
def test_a_wrong_start_is_one_sentence(client, engine, body, status, numbers, recorded):
    reply = client.post("/api/runs", json=body)
    assert reply.status_code == status, reply.text
    recorded(reply.json()["error"], *numbers)
    assert engine.trained == []


def test_every_card_asks_for_runs_that_can_be_trained(store):
    for card in CARDS.values():
        configs = [controls.config_of(each, store) for each in card.runs]
        assert len(set(map(str, configs))) == len(configs) >= 2
        assert len(configs) <= controls.MAX_STARTS
        assert len(json.dumps({"runs": card.runs})) < 1024  # the bound of a body


# --- Rename, pin, delete ---


def test_a_name_is_shown_wherever_the_run_is(client, store):
    folder = make_run(store.root, 1, 80)
    reply = client.post(f"/api/runs/{folder.id}/rename", json={"name": "  my   best run "})
    assert reply.json() == {"name": "my best run"}
    listed = {run["id"]: run["name"] for run in client.get("/api/runs").json()["runs"]}
    assert listed[folder.id] == "my best run"
    assert answer(client, folder.id).meta["runs"][0]["name"] == "my best run"
    (line, *_) = store.summaries()
    assert row(line, {})["name"] == "my best run"
    state = CurrentRun(folder.read(), "finished", given=line.given)
    assert Run().draw(state, {})["name"] == "my best run"
    named = Named(folder.id, folder.config, folder.created, given="my best run")
    assert labels([named], UTC, folder.created + 60) == {folder.id: "my best run, today 00:00"}
    client.post(f"/api/runs/{folder.id}/rename", json={"name": ""})
    assert answer(client, folder.id).meta["runs"][0]["name"] == "Model5, 8 epochs, seed 1"


@pytest.mark.parametrize(
    "name", ["a" * 61, "two\nlines", "bell\x07", "turn\u202eed", "zero\u200bwidth", 3, None, ["a"]]
)
def test_a_wrong_name_is_one_sentence_and_keeps_the_old_one(client, store, name):
    folder = make_run(store.root, 1, 80)
    client.post(f"/api/runs/{folder.id}/rename", json={"name": "before"})
    reply = client.post(f"/api/runs/{folder.id}/rename", json={"name": name})
    assert reply.status_code == 422
    assert "a run's name" in reply.json()["error"]
    assert read_label(folder.path).name == "before"


def test_a_damaged_label_counts_as_none(store):
    folder = make_run(store.root, 1, 80)
    for content in (
        b"[]",
        b"{",
        b'{"name": 3, "pinned": true}',
        b"x" * 9000,
        b'{"name": "a\\u0007"}',
    ):
        (folder.path / LABEL).write_bytes(content)
        assert read_label(folder.path) == Label()
        assert store.summaries()[0].given == ""


def test_a_label_of_an_older_version_is_read(store):
    folder = make_run(store.root, 1, 80)
    (folder.path / LABEL).write_text('{"name": "a", "pinned": true, "check": "at step 0"}')
    assert read_label(folder.path) == Label("a", True)


def test_a_pinned_run_comes_first(client, store):
    old, new = (make_run(store.root, number, 80).id for number in (1, 2))
    assert store.ids()[:2] == [new, old]
    assert client.post(f"/api/runs/{old}/pin", json={"pinned": True}).json() == {"pinned": True}
    assert store.ids()[:2] == [old, new]
    assert store.ids(1)[0] == old  # also where only the newest are listed
    client.post(f"/api/runs/{old}/pin", json={"pinned": False})
    assert store.ids()[:2] == [new, old]
    assert client.post(f"/api/runs/{old}/pin", json={"pinned": "yes"}).status_code == 422


def test_a_deleted_run_is_gone_and_comes_back_whole(client, store):
    folder = make_run(store.root, 1, 80)
    write_label(folder.path, Label("kept"))
    before = sorted(path.name for path in folder.path.iterdir())
    assert client.post(f"/api/runs/{folder.id}/delete", json={}).json() == {"deleted": True}
    assert folder.id not in store.ids()
    assert answer(client, folder.id).meta["missing"] == [folder.id]
    assert client.post(f"/api/runs/{folder.id}/delete", json={}).status_code == 404
    assert client.post(f"/api/runs/{folder.id}/restore", json={}).json() == {"restored": True}
    assert folder.id in store.ids()
    assert set(before) <= {path.name for path in folder.path.iterdir()}
    assert answer(client, folder.id).meta["runs"][0]["name"] == "kept"
    again = client.post(f"/api/runs/{folder.id}/restore", json={})
    assert again.status_code == 404
    assert "can no longer be restored" in again.json()["error"]


def test_what_deleting_a_run_meets_is_one_sentence(store, monkeypatch, recorded):
    with pytest.raises(ValueError) as error:
        trash.delete(store.folder("Model5"))
    recorded(str(error.value))
    folder = make_run(store.root, 1, 80)
    monkeypatch.setattr(disk, "on_step", failing := Failing("deleted.rename.before"))
    with pytest.raises(RunWriteError) as error:
        trash.delete(folder)
    recorded(str(error.value))
    assert failing.passed[-3:] == [
        "mark.rename.before",
        "mark.rename.after",
        "deleted.rename.before",
    ]
    assert folder.id in store.ids()


def test_a_deleted_run_that_cannot_be_removed_keeps_no_other(store, monkeypatch):
    for number in (1, 2):
        trash.delete(make_run(store.root, number, 80))
    tried = []

    def refused(place: Path) -> None:
        tried.append(place)
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(trash, "shutil", SimpleNamespace(rmtree=refused))
        trash.drop_old(store.root, 0)
    left = list(store.root.glob(".deleted-*"))
    assert sorted(tried) == sorted(left) and len(left) == 2
    for place in left:
        (place / ".deleted").unlink()  # the first that a killed process had removed
    trash.drop_old(store.root, 0)
    assert not list(store.root.glob(".deleted-*"))


def test_what_restoring_a_run_meets_is_one_sentence(store, monkeypatch, recorded):
    folder = make_run(store.root, 1, 80)
    for run_id in (folder.id, "x" * 200):
        with pytest.raises(RunNotFound) as refused:
            trash.restore(store.root, run_id)
        recorded(str(refused.value))
    trash.delete(folder)
    with monkeypatch.context() as patch:
        patch.setattr(disk, "on_step", failing := Failing("restored.rename.before"))
        with pytest.raises(RunWriteError, match=f"config.json of the run {folder.id} could not"):
            trash.restore(store.root, folder.id)
        assert failing.passed == ["restored.rename.before"]
    assert folder.id not in store.ids()
    (place,) = store.root.glob(".deleted-*")
    (place / ".deleted").unlink()
    trash.restore(store.root, folder.id)
    assert folder.id in store.ids()


@pytest.mark.parametrize(
    ("clock", "running", "is_gone"),
    [(1, 1, True), (1, 0, False), (0, 1, False), (-1, 1, False), (1, -1, False)],
)
def test_a_deleted_run_goes_for_good_after_an_hour(store, monkeypatch, clock, running, is_gone):
    """By the clock, which may have been set, and by how long the computer has run."""
    folder, hour = make_run(store.root, 1, 80), trash.TRASH_SECONDS + 1
    trash.delete(folder)
    (place,) = store.root.glob(".deleted-*")
    trash.drop_old(store.root)
    assert place.is_dir()
    then = (place / ".deleted").stat().st_mtime - clock * hour
    os.utime(place / ".deleted", (then, then))
    began = float((place / ".deleted").read_text())
    now = began + hour if running > 0 else began + 1 if running == 0 else min(began, hour) / 2
    monkeypatch.setattr("hnviz.runs.trash.time", SimpleNamespace(monotonic=lambda: now))
    store.remove_unfinished()
    assert place.exists() is not is_gone
    if is_gone:
        with pytest.raises(RunNotFound):
            trash.restore(store.root, folder.id)
    else:
        trash.restore(store.root, folder.id)
        assert sorted(each.name for each in folder.path.glob(".*")) == []


def test_a_run_that_trains_is_stopped_before_it_is_deleted(client, store, engine):
    folder = make_run(store.root, 1, 80)
    engine.jobs[folder.id] = SimpleNamespace(status="running")
    reply = client.post(f"/api/runs/{folder.id}/delete", json={})
    assert reply.status_code == 409
    assert reply.json()["error"].endswith("still trains: stop it first, then delete it")
    engine.jobs.clear()
    lock = take_lock(folder.path)  # a trainer that no engine knows
    try:
        reply = client.post(f"/api/runs/{folder.id}/delete", json={})
        assert (reply.status_code, folder.path.is_dir()) == (409, True)
    finally:
        lock.release()


@pytest.mark.parametrize(
    ("what", "body"), [("rename", {"name": "x"}), ("pin", {"pinned": True}), ("delete", {})]
)
def test_a_pretrained_run_is_never_changed(client, what, body, recorded):
    reply = client.post(f"/api/runs/Model5/{what}", json=body)
    assert reply.status_code == 409
    recorded(reply.json()["error"])
    assert not (SHIPPED_DIR / "Model5" / LABEL).exists()


def test_an_address_changes_nothing(client, store):
    folder = make_run(store.root, 1, 80)
    for what in ("delete", "rename", "pin", "restore"):
        assert client.get(f"/api/runs/{folder.id}/{what}").status_code == 405
    assert folder.path.is_dir()
    form = client.post(f"/api/runs/{folder.id}/delete", data={"a": "b"})
    assert form.status_code == 415
    assert client.post(f"/api/runs/{folder.id}/delete", json={"a": 1}).status_code == 422
    assert client.post("/api/runs/..%2f..%2fetc/restore", json={}).status_code == 404


def test_a_link_in_place_of_a_deleted_run_is_not_restored(store, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    store.root.mkdir(parents=True, exist_ok=True)
    (store.root / ".deleted-mine").symlink_to(elsewhere)
    with pytest.raises(RunNotFound):
        trash.restore(store.root, "mine")
    trash.drop_old(store.root, 0)
    assert elsewhere.is_dir()


def test_a_name_that_cannot_be_written_is_one_sentence(client, store, monkeypatch):
    folder = make_run(store.root, 1, 80)

    def full(path, content, what):
        raise RunWriteError("label.json could not be written: no space left on device")

    monkeypatch.setattr("hnviz.runs.folder.write_atomic", full)
    reply = client.post(f"/api/runs/{folder.id}/rename", json={"name": "x"})
    assert (reply.status_code, "no space left" in reply.json()["error"]) == (409, True)


def test_in_a_class_the_teacher_alone_keeps_runs(state, store, tmp_path):
    folder = make_run(store.root, 1, 80)
    service = a_service(tmp_path)
    more = [*controls.button_routes(state, partial(permit, service)), *start_routes(state, service)]
    try:
        with visiting(site(service, more=more)) as phone:
            joined(phone, service)
            teacher = as_teacher(another(phone, "10.0.0.1"), service)
            for what, body in (
                ("rename", {"name": "x"}),
                ("pin", {"pinned": True}),
                ("delete", {}),
            ):
                refused = phone.post(f"/api/runs/{folder.id}/{what}", json=body)
                assert refused.status_code == 403
                assert "only the teacher renames, pins and deletes" in refused.json()["error"]
                assert teacher.post(f"/api/runs/{folder.id}/{what}", json=body).status_code == 200
            stranger = another(phone, "10.0.0.2")
            wanted = {"runs": [{"model": "Model5", "bptt": 3}]}
            assert stranger.post("/api/runs", json=wanted).status_code == 403
            (of_device,) = phone.post("/api/runs", json=wanted).json()["runs"]
            assert of_device.keys() == {"order"}
            wanted = {"runs": [{"model": "Model5Reg", "bptt": 3}]}
            assert phone.post("/api/runs", json=wanted).json()["runs"][0]["new"] is True
    finally:
        service.close()
    assert not folder.path.exists()


def test_a_starter_of_a_class_asks_its_desk(state):
    asked = []
    service = SimpleNamespace(start=lambda member, train: asked.append(member) or "run")
    who = SimpleNamespace(teacher=False, member="m")
    assert controls.Starter(state, "v", service, who).start(RunConfig()) == "run"  # type: ignore[arg-type]
    assert asked == ["m"]


def test_refusals_name_what_is_wanted():
    with pytest.raises(Refusal, match="at least one run's id"):
        runs.run_ids(",")
