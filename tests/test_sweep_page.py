"""Sweeps beside a server: one thread trains them; a killed server loses none of their runs."""

import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hnviz.app.rooms.sweep.cards import CARD
from hnviz.app.rooms.sweep.topics import SweepMap
from hnviz.engine.client import EngineError
from hnviz.learn import fit, last_epoch
from hnviz.questions.frame import to_json
from hnviz.runs import RunStore, RunWriteError
from hnviz.runs.folder import Label, write_label
from hnviz.sweeps.plan import make_plan
from hnviz.sweeps.service import MAX_RUNS_HERE, SweepService
from hnviz.sweeps.store import Sweep, SweepStore
from hnviz.web.http import door
from hnviz.web.live import LISTED, Listing
from hnviz.web.sweeps import sweep_routes, sweep_view
from tests.classroom import a_service, another, as_teacher, joined, site, visiting
from tests.conftest import ROOT
from tests.engines import slowed, two_trainers
from tests.made_runs import add_runs_of_other_machines, make_run
from tests.small import figures

FIXED = {"model": "Model1", "epochs": 1, "nh": 8, "device": "cpu"}
TINY = {"name": "tiny", "fixed": FIXED, "grid": {"bptt": [20, 70], "lr": [0.01, 0.1]}}
LONG = {"name": "long", "fixed": FIXED | {"epochs": 12, "bptt": 20}, "grid": {"seed": [0, 1, 2]}}
SECONDS = 150  # in which a machine that many share trains a few small runs


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    elsewhere = add_runs_of_other_machines(runs)  # which no sweep may stumble over
    with two_trainers(runs) as engine:
        yield engine
    assert elsewhere <= set(RunStore(runs).ids(999))


@pytest.fixture
def service(engine):
    service = SweepService(lambda: engine, RunStore(engine.runs_dir))
    yield service
    service.close()
    until(lambda: service.training() is None)  # or it would write a file again
    for path in service.sweeps.folder.glob("*.json"):
        path.unlink()


@pytest.fixture
def client(service):
    with TestClient(Starlette(routes=door(sweep_routes(service)))) as client:
        yield client


def until(met, seconds: float = SECONDS) -> None:
    end, pause = time.monotonic() + seconds, 0.02
    while not met():
        assert time.monotonic() < end
        time.sleep(pause)
        pause = min(1.3 * pause, 0.2)  # to ask costs the server more than a step of these runs


def begun(client: TestClient, body: object) -> str:
    reply = client.post("/api/sweeps", json=body)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["sweep"])


def told(client: TestClient, sweep: str) -> dict:
    reply = client.get(f"/api/sweeps/{sweep}")
    assert reply.status_code == 200, reply.text
    return reply.json()


def refused(reply) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]


def ended(client: TestClient, sweep: str) -> dict:
    until(lambda: told(client, sweep)["status"] not in ("training", "stopping"))
    return told(client, sweep)


# --- A sweep from its start to its end ---


def test_a_sweep_trains_every_combination_to_the_figures_of_its_single_runs(client, service):
    sweep = begun(client, TINY)
    found = ended(client, sweep)
    assert (found["status"], found["n_runs"], found["n_done"]) == ("finished", 4, 4)
    assert found["axes"] == ["bptt", "lr"]
    wanted = [{"bptt": bptt, "lr": lr} for bptt in (20, 70) for lr in (0.01, 0.1)]
    assert [each["settings"] for each in found["runs"]] == wanted
    plan = make_plan(**TINY)
    for config, run in zip(plan.configs, found["runs"], strict=True):
        end = last_epoch(fit(config))
        assert figures(service.runs.record(run["run"]).epochs[-1]) == figures(end)
        assert (run["state"], run["accuracy"], run["valid_loss"]) == (
            "finished",
            pytest.approx(end.accuracy),
            pytest.approx(end.valid_loss),
        )
    again = client.post("/api/sweeps", json=TINY).json()
    assert again == {"sweep": sweep, "new": False, "runs": 4}
    assert [each["run"] for each in ended(client, sweep)["runs"]] == [
        each["run"] for each in found["runs"]
    ]
    (line,) = client.get("/api/sweeps").json()["sweeps"]
    assert (line["id"], line["name"], line["runs"]) == (sweep, "tiny", 4)


def test_a_stopped_sweep_goes_on_and_another_one_waits_for_its_end(
    client, service, engine, monkeypatch
):
    runs = slowed(monkeypatch, engine, 1.0)  # steps a second, also once resumed: none ends so far
    sweep = begun(client, LONG)
    until(lambda: any(each["state"] == "running" for each in told(client, sweep)["runs"]))
    status, said = refused(client.post("/api/sweeps", json=TINY))
    assert (status, "“long” is training" in said) == (409, True)
    assert client.post("/api/sweeps", json=LONG).json()["new"] is False  # it is the one that trains
    assert client.post(f"/api/sweeps/{sweep}/stop", json={}).status_code == 200
    found = ended(client, sweep)
    assert found["status"] == "stopped" and service.training() is None
    assert all(each["state"] in ("stopped", "waits", "finished") for each in found["runs"])
    status, said = refused(client.post(f"/api/sweeps/{sweep}/stop", json={}))
    assert (status, "is not training" in said) == (422, True)
    for _ in range(4):  # a stop costs no try
        assert client.post(f"/api/sweeps/{sweep}/resume", json={}).status_code == 200
        until(lambda: any(each["state"] == "running" for each in told(client, sweep)["runs"]))
        client.post(f"/api/sweeps/{sweep}/stop", json={})
        assert ended(client, sweep)["status"] == "stopped"
    client.post(f"/api/sweeps/{sweep}/resume", json={})
    until(lambda: all(map(engine.job, runs)))
    for run in runs:
        engine.set_speed(run, None)
    assert ended(client, sweep)["status"] == "finished"


def test_a_failed_run_is_tried_again_on_request(client, service, monkeypatch):
    sweep = begun(client, TINY)
    until(lambda: service.training() is None)
    service.sweeps.save(service.sweeps.load(sweep).with_member(1, run=None, tries=0))

    def refuse(*args):
        raise EngineError("no", "conflict")

    with monkeypatch.context() as patch:
        patch.setattr(service.engine(), "train", refuse)
        client.post(f"/api/sweeps/{sweep}/resume", json={})
        until(lambda: service.training() is None)
    found = told(client, sweep)
    assert (found["status"], found["runs"][1]["state"]) == ("failed", "failed")
    assert found["runs"][1]["message"] == "no"
    client.post(f"/api/sweeps/{sweep}/retry", json={})
    until(lambda: service.training() is None)
    assert told(client, sweep)["status"] == "finished"


def test_a_disk_that_is_full_ends_a_sweep_with_a_sentence(client, service, monkeypatch):
    is_refused = threading.Event()  # until then the sweep trains, however fast the machine is

    def full(*args):
        is_refused.wait(SECONDS)
        raise RunWriteError("no space is left on the device")

    monkeypatch.setattr(SweepStore, "append", full)
    sweep = begun(client, LONG)
    assert refused(client.post("/api/sweeps", json=LONG | {"name": "x"}))[0] == 409
    is_refused.set()
    until(lambda: service.training() is None)
    assert "no space is left" in told(client, sweep)["problem"]


# --- What is refused ---

MANY = [round(0.001 * (at + 1), 3) for at in range(17)]
WRONG = {
    "an empty body": ({}, "needs either [grid] or [random]"),
    "no value": ({"grid": {"lr": []}}, "lr must be a list of values"),
    "no setting": ({"grid": {}}, "has no run"),
    "a bad value": ({"grid": {"lr": ["x"]}}, "one run of the sweep is not possible: lr must be"),
    "a value too large": ({"grid": {"bptt": [10**9]}}, "run of the sweep is not possible: bptt"),
    "nan": ('{"grid": {"lr": [NaN]}}', "one run of the sweep is not possible: lr must be"),
    "a number": ({"grid": {"lr": 1}}, "lr must be a list of values"),
    "an unknown setting": ({"grid": {"speed": [1]}}, "speed is not a setting of a run"),
    "an unknown model": ({"grid": {"model": ["Model9"]}}, "no model named 'Model9'"),
    "a corpus that is none": ({"fixed": {"corpus": 5}, "grid": {"lr": [0.1]}}, ""),
    "an unknown text": ({"fixed": {"corpus": "own-0123"}, "grid": {"lr": [0.1]}}, ""),
    "an unknown part": ({"grids": {}}, "a sweep has name, fixed, grid, random; got 'grids'"),
    "a grid that is a list": ({"grid": []}, "grid must be an object"),
    "a name that is a number": ({"name": 3, "grid": {"lr": [0.1]}}, "name must be a text"),
    "too many": ({"grid": {"lr": MANY, "seed": list(range(17))}}, "at most 256: give fewer"),
    "a million": ({"grid": {"lr": MANY, "seed": list(range(200))}}, "3,400 runs; at most 2,000"),
    "too large a run": (
        {"fixed": {"nh": 512, "bs": 512, "bptt": 512, "epochs": 1000}, "grid": {"seed": [1]}},
        "a run of Model5 is not possible: this run would need",
    ),
    "a list": ([1], "must be one JSON object"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_sweep_is_one_sentence_and_trains_nothing(client, service, body, said):
    before = len(service.runs.ids())
    for path in ("/api/sweeps", "/api/sweeps/estimate"):
        sent = {"content": body} if isinstance(body, str) else {"json": body}
        reply = client.post(path, headers={"Content-Type": "application/json"}, **sent)
        status, error = refused(reply)
        assert status == 422 and said in error and "\n" not in error and len(error) < 400
    assert service.training() is None and len(service.runs.ids()) == before
    assert service.sweeps.sweeps() == []


def test_what_is_no_sweep_is_not_found(client):
    for name in ("0" * 12, "x", "..%2f..%2fetc"):
        assert client.get(f"/api/sweeps/{name}").status_code == 404
        for what in ("stop", "resume", "retry"):
            assert client.post(f"/api/sweeps/{name}/{what}", json={}).status_code == 404
    assert client.post("/api/sweeps", content="{}").status_code == 415
    assert refused(client.post(f"/api/sweeps/{'0' * 12}/stop", json={"x": 1}))[0] == 422


def test_a_damaged_file_is_told_and_left_out_of_the_list(client, service):
    path = service.sweeps.path("0" * 12)
    path.parent.mkdir(exist_ok=True)
    path.write_text("{")
    status, said = refused(client.get(f"/api/sweeps/{'0' * 12}"))
    assert (status, "is damaged" in said) == (422, True)
    assert client.get("/api/sweeps").json() == {"sweeps": []}


def test_in_a_class_the_teacher_alone_trains_sweeps(service, tmp_path, recorded):
    classroom = a_service(tmp_path)
    try:
        with visiting(site(classroom, more=sweep_routes(service, classroom))) as phone:
            joined(phone, classroom)
            teacher = as_teacher(another(phone, "10.0.0.1"), classroom)
            status, said = refused(phone.post("/api/sweeps", json=TINY))
            assert status == 403
            recorded(said)
            assert phone.post("/api/sweeps/estimate", json=TINY).status_code == 200
            sweep = begun(teacher, TINY)
            for what in ("stop", "resume", "retry"):
                assert phone.post(f"/api/sweeps/{sweep}/{what}", json={}).status_code == 403
            assert told(phone, sweep)["n_runs"] == 4  # everyone watches
            assert ended(teacher, sweep)["status"] == "finished"
    finally:
        classroom.close()


# --- Before the press ---


def test_the_estimate_counts_runs_and_grows_with_them(client, service, monkeypatch):
    asked = []

    def timed(configs):
        asked.append(len(configs))
        return [(0.01, 0.02) for _ in configs]

    monkeypatch.setattr(service.engine(), "step_seconds", timed)
    said = client.post("/api/sweeps/estimate", json=TINY).json()
    assert client.post("/api/sweeps/estimate", json=TINY).json() == said  # once for all viewers
    assert asked == [2]  # two windows, each with its own steps
    more = TINY | {"grid": TINY["grid"] | {"seed": [0, 1, 2]}}
    said_more = client.post("/api/sweeps/estimate", json=more).json()
    assert (said["runs"], said_more["runs"]) == (4, 12)
    assert said_more["least"] == pytest.approx(3 * said["least"], abs=0.3)
    assert said["most"] == pytest.approx(2 * said["least"], abs=0.2)
    assert service.training() is None


def test_an_estimate_is_of_this_machine_as_it_is_now(client, service):
    """The steps of the card's runs are timed, and no run is made."""
    before = len(service.runs.ids())
    card = client.post("/api/sweeps/estimate", json=CARD).json()
    assert card["runs"] == 16 and 1 < card["least"] <= card["most"] < 3600
    assert service.training() is None and len(service.runs.ids()) == before


# --- Lists and news ---


def test_runs_of_sweeps_do_not_push_others_out_of_lists(tmp_path):
    store = RunStore(tmp_path)
    made = [make_run(tmp_path, number, 80).id for number in range(1, 6)]
    sweeps, sweep = SweepStore(tmp_path), Sweep.of(make_plan(**TINY), 1.0)
    for index, run in enumerate(made[1:]):
        sweep = sweep.with_member(index, run=run)
    sweeps.save(sweep)
    hidden = sweeps.run_ids()
    assert hidden == frozenset(made[1:])
    own = [line.id for line in store.summaries(LISTED, hidden) if not line.shipped]
    assert own == [made[0]] == [each for each in store.ids(1, hidden) if each in made]
    write_label(tmp_path / made[3], Label(pinned=True))
    assert store.ids(LISTED, hidden)[:2] == [made[3], made[0]]  # a pinned one is in every list
    assert store.ids()[0] == made[3] and set(made) <= set(store.ids())
    sweeps.path(sweep.id).write_text("{")
    assert sweeps.run_ids() == frozenset()


def test_a_follower_gets_a_sweep_square_by_square(client, service, engine, monkeypatch):
    drawn, train = threading.Event(), engine.train

    def held(*asked: object) -> str:
        drawn.wait(SECONDS)
        return train(*asked)

    monkeypatch.setattr(engine, "train", held)  # or all might be finished when first drawn
    topic, none = SweepMap(service), Listing((), {})
    empty = topic.draw(none, {"sweep": ""})
    assert empty["sweep"] is None and empty["sweeps"] == []
    sweep = begun(client, TINY)
    first = topic.draw(none, {"sweep": sweep})
    drawn.set()
    news, have = topic.news(first, None)
    assert set(news) == {"sweep", "sweeps", "0", "1", "2", "3"}
    assert len(to_json(have)) < 16_000
    until(lambda: service.training() is None)
    last = topic.draw(none, {"sweep": ""})
    news, _ = topic.news(last, have)
    assert "sweep" in news and news["3"]["state"] == "finished" and "sweeps" not in news
    assert topic.news(last, topic.news(last, None)[1])[0] is None
    before = topic.watches(none)
    assert topic.watches(none) == before  # nothing is drawn again while nothing happens
    with pytest.raises(ValueError, match="there is no sweep"):
        topic.draw(none, {"sweep": "0" * 12})


def test_the_largest_sweep_is_told_within_what_a_browser_may_send_back(service):
    grid = {"lr": MANY[:16], "seed": list(range(16))}
    sweep = Sweep.of(make_plan("large", FIXED, grid), 1.0)
    service.sweeps.save(sweep)
    assert len(sweep.members) == MAX_RUNS_HERE
    topic = SweepMap(service)
    state = topic.draw(SimpleNamespace(jobs={}), {"sweep": sweep.id})
    assert len(to_json(topic.news(state, None)[1])) < 12_000


# --- A killed server ---

SERVE = """
import json, sys, time
from hnviz.sweeps.plan import make_plan
from hnviz.app.shell.server import server, sweeps
server().engine.info()
sweeps().start(make_plan(**json.loads(sys.argv[1])))
print("begun", flush=True)
while sweeps().training():
    time.sleep(0.05)
print("over", flush=True)
sweeps().close()
server().engine.close()
"""


@pytest.mark.slow
def test_a_killed_server_leaves_an_interrupted_sweep_that_is_resumed(tmp_path):
    grid = {"seed": list(range(5))}
    body = {"name": "killed", "fixed": FIXED | {"epochs": 3}, "grid": grid}
    environ = {**os.environ, "HNVIZ_RUNS_DIR": str(tmp_path), "HNVIZ_MAX_TRAINERS": "1"}
    command = [sys.executable, "-c", SERVE, to_json(body)]

    def serve() -> subprocess.Popen:
        return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)

    sweep = make_plan(**body).id
    aside = SweepService(lambda: SimpleNamespace(job=lambda run: None), RunStore(tmp_path))

    def done() -> dict[str, int]:
        try:
            runs = sweep_view(aside, sweep)["runs"]
        except ValueError:  # it has not begun
            return {}
        finished = (each["run"] for each in runs if each["state"] == "finished")
        return {run: (tmp_path / run / "events.jsonl").stat().st_mtime_ns for run in finished}

    with serve() as first:
        until(lambda: len(done()) >= 2)
        first.send_signal(signal.SIGKILL)
    until(lambda: sweep_view(aside, sweep)["status"] == "interrupted")
    before = done()
    with serve() as second:
        assert second.stdout is not None
        assert second.stdout.read().split() == ["begun", "over"]
    found = sweep_view(aside, sweep)
    assert (found["status"], found["n_done"]) == ("finished", 5)
    assert {run: stamp for run, stamp in done().items() if run in before} == before
