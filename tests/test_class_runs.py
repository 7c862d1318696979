"""Runs that students' devices train: which, and the route that takes one."""

import io
import json
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from hnviz.app.run.list import rows
from hnviz.classroom.experiment import DECIDING
from hnviz.config import RunConfig
from hnviz.engine.client import EngineError
from hnviz.runs import RunStore, RunSummary
from hnviz.runs.archive import pack
from hnviz.runs.folder import SAME
from hnviz.web.classroom import experiments
from hnviz.web.classroom.experiments import MAX_NH, MODELS
from hnviz.web.classroom.orders import trains_on_a_phone
from hnviz.web.classroom.runs import MAX_UNPACKED_BYTES, ZIP, sent_run_route
from hnviz.web.classroom.service import ClassService
from hnviz.web.controls import equal_run, start_routes
from hnviz.web.state import ServerState
from tests.classes import a_service, another, as_teacher, joined, site, visiting

AT = "/api/class/runs"


@pytest.fixture
def store(tmp_path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="module")
def zipped(tmp_path_factory) -> bytes:
    """A run as a browser sends it: one that is finished, without a checkpoint."""
    file = io.BytesIO()
    pack(RunStore(tmp_path_factory.mktemp("none")).folder("Model0"), file)
    return file.getvalue()


@pytest.fixture
def service(tmp_path) -> Iterator[ClassService]:
    made = a_service(tmp_path, each=2)
    yield made
    made.close()


@pytest.fixture
def student(service: ClassService, store: RunStore) -> Iterator[TestClient]:
    """The browser of student 1."""
    with visiting(site(service, more=[sent_run_route(service, store)])) as client:
        joined(client, service)
        yield client


def send(client: TestClient, content: bytes, kind: str = ZIP) -> Any:
    return client.post(AT, content=content, headers={"content-type": kind})


def test_a_run_that_a_device_has_trained_is_the_students(student, service, store, zipped):
    answer = send(student, zipped)
    assert answer.status_code == 200, answer.text
    run = answer.json()["run"]
    assert service.room.owner(run) == 1
    sent, given = store.folder(run), store.folder("Model0")
    assert sent.read() == replace(given.read(), id=run) and sent.snapshots() == given.snapshots()


def test_only_members_send_runs(student, service, store, zipped):
    for other in (another(student, "10.0.0.8"), as_teacher(another(student, "10.0.0.9"), service)):
        assert send(other, zipped).status_code == 403
    assert store.summaries() == [each for each in store.summaries() if each.shipped]


def test_a_student_sends_as_many_runs_as_a_student_may_start(student, store, zipped, recorded):
    assert [send(student, zipped).status_code for _ in range(3)] == [200, 200, 403]
    recorded(send(student, zipped).json()["error"], 2)
    assert sum(not each.shipped for each in store.summaries()) == 2


def other(zipped: bytes, **files: bytes) -> bytes:
    """The same zip file with other files in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zipped)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for each in old.infolist():
            if each.filename not in files:
                new.writestr(each, old.read(each))
        for name, content in files.items():
            new.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("change", "numbers"),
    [
        (lambda zipped: b"no zip file", ()),
        (lambda zipped: zipped[:-100], ()),
        (lambda zipped: other(zipped, **{"run.py": b"1"}), ()),
        (lambda zipped: other(zipped, **{"events.jsonl": b"[]\n"}), (1,)),
        (
            lambda zipped: other(zipped, **{"events.jsonl": b" " * (MAX_UNPACKED_BYTES + 1)}),
            (MAX_UNPACKED_BYTES + 1, MAX_UNPACKED_BYTES),
        ),
    ],
    ids=["no zip", "cut", "another file", "no events", "too large"],
)
def test_anything_else_is_one_sentence_and_leaves_nothing(
    student, service, store, zipped, recorded, change, numbers
):
    answer = send(student, change(zipped))
    assert answer.status_code == 422
    recorded(answer.json()["error"], *numbers)
    assert not service.room.runs and not any(not each.shipped for each in store.summaries())
    assert send(student, zipped).status_code == 200  # nothing else has changed


class Always(Random):
    """A chance that always comes."""

    def random(self) -> float:
        return 0.0


def found(store: RunStore, run: str) -> RunSummary:
    """Return the run's line as soon as a check has noted something."""
    end = time.monotonic() + 90
    while not (line := next(each for each in store.summaries() if each.id == run)).check:
        assert time.monotonic() < end, "nothing was checked"
        time.sleep(0.01)
    return line


def test_of_a_run_that_is_drawn_the_first_losses_decide(
    student, service, store, zipped, recorded, monkeypatch
):
    honest = store.folder("Model0")
    losses = [batch.loss for batch in honest.read().batches]
    asked: list[tuple[RunConfig, int]] = []

    def trains(configs: Sequence[RunConfig], steps: int) -> list[list[float]]:
        asked.extend((config, steps) for config in configs)
        return [losses[:steps] for _ in configs]

    events = (honest.path / "events.jsonl").read_text().splitlines(keepends=True)
    (at, first) = next((at, each) for at, each in enumerate(events) if '"batch"' in each)
    said = json.loads(first)
    events[at] = json.dumps({**said, "loss": said["loss"] + 0.5}) + "\n"
    service.experiments.losses = trains
    service.experiments.begin()
    runs = [
        send(student, content).json()["run"]
        for content in (zipped, other(zipped, **{"events.jsonl": "".join(events).encode()}))
    ]
    for run in runs:
        service.experiments.draw(store.folder(run), Always())
    good, bad = (found(store, run) for run in runs)
    assert good.check == SAME
    recorded(bad.check, 0, f"{losses[0]:.4f}", f"{losses[0] + 0.5:.4f}")
    assert {config.device for config, _ in asked} == {"cpu"}
    assert {steps for _, steps in asked} == {DECIDING}
    engine = SimpleNamespace(job=lambda run: None)
    assert good.config is not None
    assert equal_run(good.config, [good], engine) == good
    assert equal_run(good.config, [bad], engine) is None
    monkeypatch.setattr(rows, "owner", lambda run: 1)
    remarks = [rows.row(line, {})["remark"] for line in (good, replace(good, check=""), bad)]
    assert remarks[2].endswith(bad.check)
    assert not remarks[0] and not remarks[1]  # a server has trained this one
    of_device = replace(good, browser="trained in a browser")
    assert rows.row(of_device, {})["remark"] == "trained in a browser"
    recorded(rows.row(replace(of_device, check=""), {})["remark"])


def test_a_run_that_nobody_can_check_waits(student, service, store, zipped, monkeypatch):
    monkeypatch.setattr(experiments, "AGAIN_SECONDS", 0.01)
    refusals = iter(["the engine is busy"] * 3)

    def trains(configs: Sequence[RunConfig], steps: int) -> list[list[float]]:
        for said in refusals:
            raise EngineError(said)
        return [[batch.loss for batch in store.folder("Model0").read().batches][:steps]]

    service.experiments.losses = trains
    service.experiments.begin()
    run = send(student, zipped).json()["run"]
    service.experiments.draw(store.folder(run), Always())
    assert found(store, run).check == SAME
    assert next(refusals, None) is None


def test_a_form_on_another_site_sends_no_run(student, zipped):
    assert send(student, zipped, "text/plain").status_code == 415


@pytest.mark.parametrize("model", MODELS)
def test_a_phone_trains_what_the_engine_trains(model):
    assert trains_on_a_phone(RunConfig.for_model(model))
    assert not trains_on_a_phone(RunConfig.for_model(model, nh=MAX_NH + 1))


def test_the_server_trains_the_rest():
    assert not trains_on_a_phone(RunConfig.for_model("Model5Reg"))


def test_a_start_of_several_runs_orders_what_the_students_device_trains(service, store, recorded):
    started: list[str] = []

    class Engine:
        def start(self) -> None:
            pass

        def job(self, run_id: str) -> None:
            return None

        def train(self, config: RunConfig, viewer: str, *, range_test: bool = False) -> str:
            started.append(config.model)
            return f"run-{len(started)}"

    routes = start_routes(ServerState(store, Engine), service)
    wanted = [{"model": "Model5"}, {"model": "Model5Reg", "seed": 7}, {"like": "Model3", "seed": 7}]
    with visiting(site(service, more=routes)) as client:
        joined(client, service)
        answer = client.post("/api/runs", json={"runs": wanted}).json()
        there, of_server, of_device = answer["runs"]
        assert there == {"run": "Model5", "new": False}
        assert of_server == {"run": "run-1", "new": True} and started == ["Model5Reg"]
        assert of_device.keys() == {"order"}
        given = of_device["order"]["config"]
        assert given == replace(store.folder("Model3").config, seed=7, device="auto").to_dict()
        more = [{"model": "Model3", "seed": seed} for seed in (7, 8)]
        refused = client.post("/api/runs", json={"runs": more}).json()
        assert [each["order"]["config"]["seed"] for each in refused["runs"]] == [7]
        recorded(refused["refused"], 2)
        assert client.post("/api/lr-tests", json={"model": "Model3"}).json()["run"] == "run-2"
        teacher = as_teacher(another(client, "10.0.0.9"), service)
        answer = teacher.post("/api/runs", json={"runs": more[:1]}).json()
        assert answer["runs"] == [{"run": "run-3", "new": True}]
