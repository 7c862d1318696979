"""Runs that students' devices train: which, and the route that takes one."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save
from starlette.testclient import TestClient

from hnviz.app.run.list import rows
from hnviz.config import RunConfig
from hnviz.estimate import GIGABYTE, cost
from hnviz.runs import RunStore
from hnviz.runs.archive import pack
from hnviz.web.classroom.phone import MAX_EVENTS_BYTES, MAX_NH, MODELS, problem_in, problem_of
from hnviz.web.classroom.runs import ZIP, sent_run_route
from hnviz.web.classroom.service import ClassService
from hnviz.web.controls import start_routes
from hnviz.web.state import ServerState
from tests.classes import a_service, another, as_teacher, joined, site, visiting

AT = "/api/class/runs"
LARGE = RunConfig.for_model("Model2", bs=4096, bptt=512)
NEEDED = f"{cost(LARGE).memory / GIGABYTE:.3g}", 2  # gigabytes: what it takes, what a phone may


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


def other(zipped: bytes, **files: bytes | str) -> bytes:
    """The same zip file with other files in it."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zipped)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for each in old.infolist():
            if each.filename not in files:
                new.writestr(each, old.read(each))
        for name, content in files.items():
            new.writestr(name, content)
    return made.getvalue()


def without(zipped: bytes, name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zipped)) as old, zipfile.ZipFile(made, "w") as new:
        for each in old.infolist():
            if each.filename != name:
                new.writestr(each, old.read(each))
    return made.getvalue()


def content_of(zipped: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(zipped)) as file:
        return file.read(name)


def settings(zipped: bytes, **changes: Any) -> bytes:
    content = json.loads(content_of(zipped, "config.json"))
    content["config"] |= changes
    return other(zipped, **{"config.json": json.dumps(content).encode()})


def figures(zipped: bytes, kind: str, **changes: Any) -> bytes:
    """The same run with other figures in the last event of a kind."""
    lines = [json.loads(each) for each in content_of(zipped, "events.jsonl").splitlines()]
    next(each for each in reversed(lines) if each["event"] == kind).update(changes)
    return other(zipped, **{"events.jsonl": "".join(f"{json.dumps(each)}\n" for each in lines)})


def snapshot(zipped: bytes, step: int, **tensors: Any) -> bytes:
    name = "snapshots/{}.safetensors"
    content = save(load(content_of(zipped, name.format(0))) | tensors)
    return other(zipped, **{name.format(step): content})


@pytest.mark.parametrize(
    ("change", "numbers"),
    [
        (lambda zipped: b"no zip file", ()),
        (lambda zipped: zipped[:-100], ()),
        (lambda zipped: other(zipped, **{"run.py": b"1"}), ()),
        (lambda zipped: other(zipped, **{"events.jsonl": b"[]\n"}), (1,)),
        (
            lambda zipped: other(zipped, **{"events.jsonl": b" " * (MAX_EVENTS_BYTES + 1)}),
            (MAX_EVENTS_BYTES + 1, MAX_EVENTS_BYTES),
        ),
        (lambda zipped: without(zipped, "events.jsonl"), ()),
        (lambda zipped: other(zipped, **{"recorded.json": b"{}"}), ()),
        (lambda zipped: settings(zipped, nh=MAX_NH + 1), (MAX_NH, MAX_NH + 1)),
        (lambda zipped: settings(zipped, model="Model5Reg", bptt=20), ()),
        (
            lambda zipped: settings(zipped, **LARGE.to_dict()),
            NEEDED,
        ),
        (lambda zipped: figures(zipped, "epoch", accuracy=1.5), (0, 1, 1.5)),
        (lambda zipped: figures(zipped, "batch", loss=1e308), (3.5e38, 1e308)),
        (lambda zipped: snapshot(zipped, 10**9), (1566, 10**9)),
        (lambda zipped: snapshot(zipped, 0, extra=np.zeros(9)), (0, 11)),
        (lambda zipped: snapshot(zipped, 0, state=np.zeros((2, 2), "f4")), (0, 64, 64, 2, 2)),
        (lambda zipped: snapshot(zipped, 0, **{"bn.running_mean": np.zeros(64, "i4")}), (0,)),
    ],
    ids=[
        *("no zip", "cut", "another file", "no event", "too large", "no events"),
        *("a description", "units", "model", "memory"),
        *("accuracy", "loss", "late snapshot", "tensor", "state", "whole numbers"),
    ],
)
def test_anything_else_is_one_sentence_and_leaves_nothing(
    student, service, store, zipped, recorded, change, numbers
):
    answer = send(student, change(zipped))
    assert answer.status_code == 422
    recorded(answer.json()["error"], *numbers)
    assert not service.room.runs and not any(not each.shipped for each in store.summaries())
    assert send(student, zipped).status_code == 200  # nothing else has changed


def test_a_students_run_says_that_its_figures_are_the_devices(store, recorded, monkeypatch):
    line = replace(store.line("Model0"), browser="trained in a browser")
    assert rows.row(line, {})["remark"] == line.browser
    monkeypatch.setattr(rows, "owner", lambda run: 1)
    recorded(rows.row(line, {})["remark"])


def test_a_form_on_another_site_sends_no_run(student, zipped):
    assert send(student, zipped, "text/plain").status_code == 415


@pytest.mark.parametrize("model", MODELS)
def test_a_phone_trains_and_sends_what_the_engine_trains(model, store):
    assert not problem_in(store.folder(model))
    assert not problem_of(RunConfig.for_model(model))
    assert problem_of(RunConfig.for_model(model, nh=MAX_NH + 1))


def test_the_server_trains_the_rest():
    assert problem_of(RunConfig.for_model("Model5Reg"))
    assert problem_of(LARGE)


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
