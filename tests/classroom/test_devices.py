"""What students' devices train: experiments of the class, and runs."""

import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save
from starlette.testclient import TestClient

from hnviz.app.run.list import rows
from hnviz.browser.form import IN_BROWSER
from hnviz.classroom import Classroom, ExperimentError, experiment
from hnviz.classroom.experiment import (
    CLOSE,
    DRAWN,
    FEW,
    MAX_EXPERIMENTS,
    MAX_TASKS,
    NEITHER,
    SEEDS,
    Experiment,
    Key,
    Result,
    Task,
    Trained,
    differs,
    outliers,
    read_result,
)
from hnviz.classroom.store import ClassStore
from hnviz.config import RunConfig
from hnviz.engine.client import EngineError
from hnviz.engine.timing import first_losses
from hnviz.estimate import GIGABYTE, cost
from hnviz.runs import RunStore
from hnviz.runs.archive import pack
from hnviz.web.classroom import experiments
from hnviz.web.classroom.experiment_routes import MAX_RESULT_BYTES
from hnviz.web.classroom.experiments import planned
from hnviz.web.classroom.phone import MAX_EVENTS_BYTES, MAX_NH, MODELS, problem_in, problem_of
from hnviz.web.classroom.runs import ZIP, sent_run_route
from hnviz.web.classroom.service import ClassService
from hnviz.web.controls import start_routes
from hnviz.web.state import ServerState
from tests.classroom import a_service, another, as_teacher, joined, live, site, until, visiting
from tests.conftest import PATIENCE
from tests.sentences import refusal

AT = "/api/class/experiment"
PLAN = {"model": "Model3", "epochs": 5, "grid": {"lr": [0.003, 0.01]}}
MAP = {"model": "Model3", "epochs": 2, "grid": {"lr": [0.003, 0.01], "bptt": [10, 20, 40]}}


def a_run(accuracy: float = 0.5, steps: int = 200, epochs: int = 5, first: float = 3.6) -> Trained:
    losses = tuple(first - step / steps for step in range(steps))
    return Trained(losses, (4 - 4 * accuracy,) * epochs, (accuracy,) * epochs)


def a_result(*accuracies: float) -> Result:
    return Result(tuple(map(a_run, accuracies)))


def content(run: Trained) -> dict[str, Any]:
    """A run as a phone sends it."""
    return {
        "losses": list(run.losses),
        "valid_losses": list(run.valid_losses),
        "accuracies": list(run.accuracies),
        "diverged": run.diverged,
    }


def handed(asked: Experiment, *members: str) -> Experiment:
    for member in members:
        asked = asked.handed(member)
    return asked


@pytest.fixture(scope="module")
def plan():
    return planned(PLAN)


@pytest.fixture(scope="module")
def plan_of_map():
    return planned(MAP)


# --- Plans ---


def test_a_comparison_changes_one_setting(plan):
    assert plan.axes == {"lr": (0.003, 0.01)}
    assert [square["lr"] for square in plan.squares] == [0.003, 0.01]
    first, second = ({**square, "lr": 0} for square in plan.squares)
    assert first == second
    assert (plan.steps, plan.epochs, plan.is_map, plan.deciding) == (200, 5, False, 40)


def test_all_runs_take_equally_many_steps_of_equally_many_words(plan_of_map):
    assert plan_of_map.is_map and len(plan_of_map.squares) == 6
    for square in plan_of_map.squares:
        assert square["bs"] * square["bptt"] == 64 * 20
        assert square["device"] == "cpu"
    assert [square["bptt"] for square in plan_of_map.squares] == [10, 20, 40, 10, 20, 40]
    assert plan_of_map.steps == 80


@pytest.mark.parametrize(
    "grid", [{"model": ["Model2", "Model3"]}, {"nh": [32, 64]}, {"reset_state": ["never", "both"]}]
)
def test_other_settings_are_compared_too(grid):
    ((name, values),) = grid.items()
    squares = planned({"epochs": 1, "grid": grid}).squares
    assert [square[name] for square in squares] == values
    for square in squares:
        assert {**square, name: values[0]} == squares[0]


@pytest.mark.parametrize("name", IN_BROWSER)
def test_every_model_that_a_phone_trains_can_be_compared(name):
    rates = [RunConfig.for_model(name).lr * times for times in (0.5, 1)]
    found = planned({"model": name, "epochs": 1, "grid": {"lr": rates}})
    assert found.deciding == min(found.steps, 10 if name == "IRNN" else 40)


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"grid": {}}, {"grid": []}, {"grid": {"lr": [1]}}, {"grid": {"bs": [8, 16]}}),
        *({"grid": {"lr": [0.1, 0.1]}}, {"grid": {"lr": [0.1, -1]}}, {"grid": {"lr": ["a", "b"]}}),
        *({"grid": {"lr": [[1], [2]]}}, {"grid": {"lr": [0.1, 0.2, 0.3]}}, {"more": 1}),
        {"grid": {"lr": [0.1, 0.2], "bptt": [1, 2], "nh": [8, 16]}},
        *({**PLAN, "model": "Model5Reg"}, {**PLAN, "model": 3}, {**PLAN, "epochs": 26}),
        *({**PLAN, "epochs": 41}, {**PLAN, "epochs": "5"}, {"grid": {"nh": [64, 512]}}),
        *({"grid": {"bptt": [20, 30]}}, {"grid": {"bptt": [20, 1280]}}),
        {"epochs": 1, "grid": {"model": ["Model0", "Model3"]}},
    ],
)
def test_a_wrong_plan_is_one_sentence(body, recorded):
    said = refusal(ExperimentError, planned, body)
    recorded(said, *re.findall(r"(?<![A-Za-z\d])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?", said))
    assert len(said) < 220


# --- Tasks ---


def test_each_student_gets_a_seed_of_an_own_and_keeps_it(plan):
    asked = handed(plan, *"abca")
    tasks = {member: asked.open_task(member) for member in "abc"}
    assert tasks == {"a": Task(0, (0, 1)), "b": Task(1, (0, 1)), "c": Task(2, (0, 1))}
    asked = asked.sent(Key("a", tasks["a"]), a_result(0.4, 0.5))
    assert asked.open_task("a") is None
    assert asked.handed("a") is asked


def test_a_map_gives_each_square_three_seeds_before_a_fourth(plan_of_map):
    asked, members = plan_of_map, [f"m{at}" for at in range(5)]
    for at in range(4 * 6):
        member = members[at % 5]
        asked = asked.handed(member)
        task = asked.open_task(member)
        assert task.seed == at // 6
        asked = asked.sent(Key(member, task), a_result(0.5))
    per_square = [key.task.squares[0] for key in asked.results]
    assert {per_square.count(square) for square in range(6)} == {4}


def test_a_square_whose_student_left_goes_to_another_one(plan_of_map):
    asked = handed(plan_of_map, "left")
    gone = asked.open_task("left")
    for _ in range(SEEDS * 6 - 1):
        asked = asked.handed("here")
        assert asked.open_task("here") != gone
        asked = asked.sent(Key("here", asked.open_task("here")), a_result(0.5))
    asked = asked.handed("late")
    assert asked.open_task("late") == gone
    first = asked.sent(Key("late", gone), a_result(0.5))
    both = first.sent(Key("left", gone), a_result(0.5))  # it has come back
    assert len(both.results) == len(first.results) + 1
    assert both.counting().keys() == first.counting().keys()


def test_what_is_wrong_on_a_map_is_trained_by_another_student(plan_of_map):
    asked = handed(plan_of_map, "cheat")
    task = asked.open_task("cheat")
    asked = asked.sent(Key("cheat", task), a_result(0.5)).checked(Key("cheat", task), "wrong", "no")
    for _ in range(SEEDS * 6):
        asked = asked.handed("here")
        asked = asked.sent(Key("here", asked.open_task("here")), a_result(0.5))
    assert len(asked.counting()) == SEEDS * 6


def test_a_student_trains_so_many_squares(plan_of_map, monkeypatch):
    monkeypatch.setattr(experiment, "MAX_TASKS", 1)
    asked = handed(plan_of_map, "a")
    asked = asked.sent(Key("a", asked.open_task("a")), a_result(0.5))
    with pytest.raises(ExperimentError, match="a student may train 1 runs"):
        asked.handed("a")
    assert MAX_TASKS == 20


# --- Guesses ---


def test_a_guess_comes_before_the_training_and_the_reveal(plan, plan_of_map):
    asked = handed(plan, "a", "b").guessed("a", 0).guessed("a", NEITHER)
    assert asked.guesses == {"a": NEITHER}
    for wrong in (None, 3, -1, True, "0", 1.0):
        with pytest.raises(ExperimentError, match="a guess is 0, 1, or 2"):
            asked.guessed("a", wrong)
    trained = asked.sent(Key("a", asked.open_task("a")), a_result(0.4, 0.5))
    with pytest.raises(ExperimentError, match="you have trained"):
        trained.guessed("a", 1)
    with pytest.raises(ExperimentError, match="after the class saw"):
        replace(asked, revealed=True).guessed("b", 1)
    with pytest.raises(ExperimentError, match="a map asks for no guess"):
        plan_of_map.guessed("a", 0)


# --- Results ---


def test_a_result_comes_once_and_again_where_its_answer_was_lost(plan):
    asked = handed(plan, "a", "b")
    key = Key("a", asked.open_task("a"))
    once = asked.sent(key, a_result(0.4, 0.5))
    assert once.sent(key, a_result(0.4, 0.5)) is once
    with pytest.raises(ExperimentError, match="only the first result counts"):
        once.sent(key, a_result(0.4, 0.6))
    with pytest.raises(ExperimentError, match="not the seed"):
        once.sent(Key("b", key.task), a_result(0.4, 0.5))


def test_a_result_has_all_its_losses(plan):
    task, runs = Task(0, (0, 1)), [content(a_run(0.4)), content(a_run(0.5))]
    assert read_result(runs, task, plan) == a_result(0.4, 0.5)
    early = {**runs[0], "losses": [3.0] * 9, "valid_losses": [], "accuracies": [], "diverged": True}
    assert read_result([early, early], task, plan).runs[0].accuracy is None


@pytest.mark.parametrize(
    "wrong",
    [
        *(None, {}, [], [1], [{}, {}], {"losses": [3.0] * 199}, {"losses": [3.0] * 201}),
        *({"losses": ["3"] * 200}, {"losses": [float("nan")] * 200}, {"losses": [1e9] * 200}),
        *({"losses": [True] * 200}, {"losses": 3}, {"accuracies": [0.5] * 4}, {"diverged": 1}),
        *({"accuracies": [1.5] * 5}, {"valid_losses": [1.0] * 6}, {"more": 1}),
    ],
)
def test_another_result_is_one_sentence(plan, wrong):
    runs = [content(a_run()), content(a_run())]
    sent = [{**runs[0], **wrong}, runs[1]] if isinstance(wrong, dict) and wrong else wrong
    assert len(refusal(ExperimentError, read_result, sent, Task(0, (0, 1)), plan)) < 160


def test_the_longest_result_fits_into_its_limit(plan):
    losses = [1.2345678] * experiment.MAX_STEPS
    run = {**content(a_run()), "losses": losses, "valid_losses": [1.2345678] * 40}
    run["accuracies"] = [0.1234567] * 40
    assert len(json.dumps({"experiment": 20, "seed": 500, "runs": [run, run]})) < MAX_RESULT_BYTES


# --- What is checked ---


def results(asked: Experiment, accuracies: list[tuple[float, float]], chance: Random) -> Experiment:
    for at, pair in enumerate(accuracies):
        member = f"m{at}"
        asked = asked.handed(member)
        asked = asked.sent(Key(member, asked.open_task(member)), a_result(*pair), chance)
    return asked


@given(st.integers(1, 60), st.integers(0, 10**6))
def test_at_least_one_result_in_ten_is_drawn(n, seed):
    asked = Experiment(id=1, axes={"lr": (1, 2)}, squares=({"model": "Model3"},) * 2, steps=200)
    asked = results(asked, [(0.5, 0.5)] * n, Random(seed))
    drawn = [each for each in asked.results.values() if each.drawn]
    assert len(drawn) >= DRAWN * n
    assert all(each.check == "due" for each in drawn)
    few = list(asked.results.values())[: FEW - 1]
    assert all(each.check == "due" for each in few)


def test_which_results_are_drawn_differs(plan):
    found = set()
    for seed in range(40):
        asked = results(plan, [(0.5, 0.5)] * 12, Random(seed))
        found |= {key.task.seed for key, each in asked.results.items() if each.drawn}
    assert found == set(range(12))


def test_every_outlier_is_due(plan):
    chance = Random(0)
    accuracies = [(0.4 + chance.gauss(0, 0.02), 0.5 + chance.gauss(0, 0.01)) for _ in range(29)]
    asked = results(plan, [*accuracies[:20], (0.42, 0.9), *accuracies[20:]], Random(1))
    (cheat,) = [key for key in asked.results if key.task.seed == 20]
    assert asked.results[cheat].check == "due"
    assert cheat in outliers(asked.results)
    assert len(outliers(asked.results)) <= 3


def test_a_rare_end_and_odd_first_losses_are_outliers(plan):
    asked = results(plan, [(0.4 + at / 1000, 0.5) for at in range(20)], Random(1))
    base = outliers(asked.results)
    key = next(key for key in asked.results if key not in base)
    for odd in (Trained((3.0,), (), (), diverged=True), a_run(0.41, first=2.0)):
        changed = {**asked.results, key: Result((odd, a_run(0.5)))}
        assert key in outliers(changed)


def test_an_outlier_of_a_map_is_found_by_the_spread_of_all_squares(plan_of_map):
    asked = plan_of_map
    chance = Random(0)
    for at in range(18):
        asked = asked.handed(f"m{at}")
        square = asked.open_task(f"m{at}").squares[0]
        accuracy = 0.99 if at == 10 else 0.3 + square / 20 + chance.gauss(0, 0.005)
        asked = asked.sent(Key(f"m{at}", asked.open_task(f"m{at}")), a_result(accuracy), Random(1))
    assert {key.member for key in outliers(asked.results)} >= {"m10"}
    assert asked.results[Key("m10", asked.tasks["m10"][0])].check == "due"


ACCURACIES = (
    *((0.322, 0.529), (0.319, 0.507), (0.325, 0.536), (0.317, 0.514), (0.318, 0.551)),
    *((0.319, 0.497), (0.361, 0.437), (0.317, 0.469), (0.323, 0.513), (0.346, 0.411)),
    *((0.319, 0.548), (0.318, 0.429), (0.35, 0.467), (0.32, 0.56), (0.339, 0.527)),
    *((0.317, 0.516), (0.318, 0.585), (0.318, 0.568), (0.317, 0.415), (0.463, 0.567)),
    *((0.316, 0.579), (0.457, 0.55), (0.342, 0.553), (0.333, 0.531), (0.323, 0.43)),
    *((0.32, 0.53), (0.362, 0.502), (0.319, 0.516), (0.34, 0.471), (0.323, 0.476)),
)
"""Of Model3 after 200 steps at lr .003 and .01, from seeds 0 to 29: most at .003 end alike."""


def test_seeds_that_only_differ_are_seldom_checked(plan):
    """Besides one in ten and the first four, only runs far from the rest."""
    checked = []
    for seed in range(40):
        accuracies = Random(seed).sample(ACCURACIES, len(ACCURACIES))
        asked = results(plan, accuracies, Random(seed))
        checked.append(len(asked.due()))
        apart = {key.task.seed for key in outliers(asked.results)}
        assert apart == {accuracies.index(pair) for pair in ACCURACIES if pair[0] > 0.4}
    assert sum(checked) / len(checked) < 10


def test_a_square_with_one_run_hides_no_spread(plan_of_map):
    """While squares have one seed each, nothing is known of how seeds differ."""
    chance, asked = Random(0), plan_of_map
    for at in range(30):
        member = f"m{at}"
        asked = asked.handed(member)
        accuracy = 0.3 + asked.open_task(member).squares[0] / 20 + chance.gauss(0, 0.02)
        key = Key(member, asked.open_task(member))
        asked = asked.sent(key, a_result(accuracy), Random(at))
        if FEW <= len(asked.results) <= 6:
            assert outliers(asked.results) == set()
    assert outliers(asked.results) == set()
    assert len(asked.due()) < 14


def test_the_first_losses_decide(recorded):
    sent = a_run()
    losses = list(sent.losses[:40])
    assert differs(sent, losses, 40) == ""
    near = [loss + CLOSE / 2 for loss in losses]
    assert differs(sent, near, 40) == ""
    losses[7] += 0.02
    recorded(differs(sent, losses, 40), 7, "3.5850", "3.5650")
    assert differs(sent, losses, 7) == differs(sent, losses[:7], 40) == ""
    short = replace(sent, losses=sent.losses[:10], diverged=True)
    assert "have 40 losses, and 10 were sent" in differs(short, list(sent.losses[:40]), 40)


# --- The file ---


def test_experiments_go_on_from_the_file_of_the_class(tmp_path, plan, plan_of_map):
    room, store = Classroom().begun(plan), ClassStore(tmp_path)
    store.save(room)
    asked = handed(room.experiment, "a", "b").guessed("a", 1)
    stages = [asked, asked.sent(Key("b", Task(1, (0, 1))), a_result(0.1, 0.3))]
    stages.append(stages[-1].sent(Key("a", Task(0, (0, 1))), a_result(0.2, 0.3)))
    stages.append(stages[-1].checked(Key("b", Task(1, (0, 1))), "wrong", "at step 3"))
    stages.append(replace(stages[-1], revealed=True))
    for each in stages:
        room = room.changed(each)
        store.save(room)
        other = ClassStore(tmp_path)
        assert other.load() == room
        assert list(other.load().experiment.results) == list(each.results)
        other.close()
    room = room.begun(plan_of_map)
    store.save(room)
    store.close()
    assert ClassStore(tmp_path).load() == room
    assert [each.id for each in room.experiments.values()] == [1, 2]


def test_experiments_are_bounded(plan):
    room = Classroom()
    for _ in range(MAX_EXPERIMENTS):
        room = room.begun(plan)
    with pytest.raises(ExperimentError, match="at most 20 experiments"):
        room.begun(plan)


# --- The routes ---


class Trains:
    """The server's training, as a test wants it."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []
        self.refuses, self.fails_for, self.failures = "", -1, 0

    def __call__(self, configs: list[RunConfig], steps: int) -> list[list[float]]:
        if self.refuses:
            raise EngineError(self.refuses)
        if configs[0].seed == self.fails_for:
            self.failures += 1
            raise RuntimeError("a network of no sense")
        self.asked += [(config.seed, config.lr) for config in configs]
        return [list(a_run().losses[:steps]) for _ in configs]


@pytest.fixture
def service(service, monkeypatch):
    monkeypatch.setattr(experiments, "AGAIN_SECONDS", 0.01)
    service.experiments.losses = Trains()
    service.experiments.begin()
    return service


@pytest.fixture
def phone(phone, service):
    joined(phone, service)
    return phone


def begun(teacher: TestClient, body: dict[str, Any]) -> int:
    answer = teacher.post(AT, json=body)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["experiment"])


def told(client: TestClient, name: str = "", **body: Any) -> dict[str, Any]:
    """What a browser sees of the newest experiment, after doing something."""
    answer = client.post(f"{AT}/{name}", json=body) if name else client.get(AT)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["experiment"])


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


def trained(client: TestClient, number: int, *runs: Trained) -> dict[str, Any]:
    """Train what the class gives, and send it."""
    seed, squares = told(client, "task", experiment=number)["you"]["task"]
    sent = [content(run) for run in runs]
    return told(client, "result", experiment=number, seed=seed, squares=squares, runs=sent)


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def news_of(line: Any) -> Any:
    """Hear messages until one is of an experiment."""
    return until(line, lambda message: "experiment" in message)["experiment"]


def a_phone(phone: TestClient, service: ClassService, at: int) -> TestClient:
    made = another(phone, f"10.0.1.{at}")
    joined(made, service)
    return made


def test_a_class_guesses_trains_and_sees_all_differences(service, phone, teacher):
    assert phone.get(AT).json() == {"experiment": None, "all": 0}
    number = begun(teacher, PLAN)
    seen = told(phone)
    assert (seen["id"], seen["steps"], seen["you"]) == (
        1,
        200,
        {"guess": None, "task": None, "sent": []},
    )
    assert "results" not in seen and "guesses" not in seen
    told(phone, "guess", experiment=number, choice=1)
    mine = trained(phone, number, a_run(0.4), a_run(0.5))["you"]
    assert mine["guess"] == 1
    assert mine["sent"][0]["accuracies"] == [0.4, 0.5]
    for at in range(3):
        trained(a_phone(phone, service, at), number, a_run((40 + at) / 100), a_run(0.6))
    before = told(teacher)
    assert (before["guessed"], before["came"], before["revealed"]) == (1, 4, False)
    assert "results" not in before and "results" not in told(phone)
    assert teacher.post(f"{AT}/reveal", json={"experiment": number}).json() == {"revealed": 1}
    seen = told(phone)
    assert seen["guesses"] == [0, 1, 0]
    pairs = [(each["seed"], each["square"], each["accuracy"]) for each in seen["results"]]
    assert pairs == [
        *((0, 0, 0.4), (1, 0, 0.4), (2, 0, 0.41), (3, 0, 0.42)),
        *((0, 1, 0.5), (1, 1, 0.6), (2, 1, 0.6), (3, 1, 0.6)),
    ]
    late = trained(a_phone(phone, service, 9), number, a_run(0.45), a_run(0.55))
    assert late["came"] == 5  # a seed is no worse for coming late


def test_the_server_trains_what_is_due_and_sets_aside_what_is_wrong(
    service, phone, teacher, recorded
):
    number = begun(teacher, PLAN)
    trained(phone, number, a_run(0.4), a_run(0.5))
    cheat = a_phone(phone, service, 1)
    trained(cheat, number, a_run(0.4), a_run(0.9, first=3.0))
    wait_until(lambda: told(teacher)["due"] == 0)
    assert service.experiments.losses.asked[:2] == [(0, 0.003), (0, 0.01)]
    seen = told(teacher)
    assert (seen["came"], seen["aside"]) == (1, 1)
    (wrong,) = seen["wrong"]
    recorded(wrong.pop("why"), 0, "3.6000", "3.0000")
    assert wrong == {"student": 2, "seed": 1}
    assert told(cheat)["you"]["sent"][0]["wrong"].startswith("at step 0")
    assert "wrong" not in told(phone)
    teacher.post(f"{AT}/reveal", json={"experiment": number})
    assert {each["seed"] for each in told(phone)["results"]} == {0}


def test_a_check_that_fails_is_made_later(service, phone, teacher):
    service.experiments.losses.refuses = "the engine is busy"
    number = begun(teacher, PLAN)
    trained(phone, number, a_run(0.4), a_run(0.5))
    wait_until(lambda: told(teacher)["problem"] == "the engine is busy")
    assert told(teacher)["came"] == 1
    service.experiments.losses.refuses = ""
    wait_until(lambda: told(teacher)["due"] == 0)
    assert told(teacher)["problem"] == ""


def test_a_check_that_always_fails_holds_up_no_other_and_ends(service, phone, teacher, monkeypatch):
    monkeypatch.setattr(experiments, "MAX_TRIES", 2)
    service.experiments.losses.fails_for = 0
    number = begun(teacher, PLAN)
    for each in (phone, a_phone(phone, service, 1)):
        trained(each, number, a_run(0.4), a_run(0.5))
    wait_until(lambda: service.experiments.losses.failures == 2)
    wait_until(lambda: told(teacher)["due"] == 1)
    time.sleep(0.1)  # ten times the wait before another try
    assert service.experiments.losses.failures == 2
    assert told(teacher)["problem"] == "a network of no sense"
    begun(teacher, MAP)
    assert told(teacher)["problem"] == ""  # it was about the one before


def test_a_restarted_server_checks_what_was_due(tmp_path, phone, service, teacher):
    service.experiments.losses.refuses = "no"
    number = begun(teacher, PLAN)
    trained(phone, number, a_run(0.4), a_run(0.5))
    service.close()
    again = a_service(tmp_path)
    again.experiments.losses = Trains()
    again.experiments.begin()
    wait_until(lambda: again.room.experiment.due() == [])
    again.close()


def test_a_map_is_seen_as_it_fills(service, phone, teacher):
    number = begun(teacher, MAP)
    service.experiments.losses.refuses = "later"  # what it would train is another run
    run = a_run(0.4, 80, 2)
    seen = trained(phone, number, run)
    assert [(each["seed"], each["square"]) for each in seen["results"]] == [(0, 0)]
    seen = trained(phone, number, run)
    assert [(each["seed"], each["square"]) for each in seen["results"]] == [(0, 0), (0, 1)]


def test_the_runs_of_a_removed_student_do_not_count(service, phone, teacher):
    number = begun(teacher, PLAN)
    other = a_phone(phone, service, 1)
    for each in (phone, other):
        trained(each, number, a_run(0.4), a_run(0.5))
    teacher.post("/api/class/remove", json={"students": [2]})
    assert told(teacher)["came"] == 1
    assert "join" in refused(other.post(f"{AT}/guess", json={"experiment": 1}), 403)
    teacher.post("/api/class/restore", json={"students": [2]})
    assert told(teacher)["came"] == 2


def test_who_may_do_what(service, phone, teacher):
    stranger = another(phone, "10.0.0.9")
    body = {"experiment": 1}
    for name in ("guess", "task", "result"):
        assert "join the class" in refused(stranger.post(f"{AT}/{name}", json=body), 403)
    for answer in (stranger.get(AT), stranger.get(f"{AT}/1/job")):
        assert "join the class" in refused(answer, 403)
    for answer in (phone.post(AT, json=PLAN), phone.post(f"{AT}/reveal", json=body)):
        assert "only the teacher" in refused(answer, 403)
    assert "no experiment" in refused(phone.post(f"{AT}/task", json=body), 422)
    assert "no experiment" in refused(phone.get(f"{AT}/7"), 404)
    assert "no experiment" in refused(phone.get(f"{AT}/7/job"), 422)
    assert "grid has" in refused(teacher.post(AT, json={}), 422)


def test_a_result_that_is_too_large_is_one_sentence(service, phone, teacher):
    number = begun(teacher, PLAN)
    seed, squares = told(phone, "task", experiment=number)["you"]["task"]
    task = {"experiment": number, "seed": seed, "squares": squares}
    for size in (MAX_RESULT_BYTES, 10 * 2**20):
        sent = {**task, "runs": "x" * size}
        assert "at most" in refused(phone.post(f"{AT}/result", json=sent), 413)
    assert told(phone)["you"]["task"] == [seed, squares]
    trained(phone, number, a_run(0.4), a_run(0.5))


def test_a_phone_gets_what_it_needs_to_train(service, phone, teacher):
    number = begun(teacher, PLAN)
    answer = phone.get(f"{AT}/{number}/job")
    job = answer.json()
    assert [square["config"]["lr"] for square in job["squares"]] == [0.003, 0.01]
    assert [square["form"]["cell"] for square in job["squares"]] == ["", ""]
    assert (len(job["train"]), len(job["valid"])) == (50_079, 13_017)
    assert answer.headers["content-encoding"] == "gzip"
    again = phone.get(f"{AT}/{number}/job", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_phones_hear_of_an_experiment_and_the_teacher_of_each_result(service, phone, teacher):
    token = next(iter(service.room.members))
    with live(phone, op="hello", token=token) as line, live(teacher, op="teach") as lectern:
        number = begun(teacher, PLAN)
        assert news_of(line)["id"] == number
        trained(phone, number, a_run(0.4), a_run(0.5))
        while not (seen := news_of(lectern)) or not seen["results"]:
            continue
        teacher.post(f"{AT}/reveal", json={"experiment": number})
        assert news_of(line)["revealed"]


def test_phones_hear_of_each_run_of_a_map(service, phone, teacher):
    service.experiments.losses.refuses = "later"
    token = next(iter(service.room.members))
    number = begun(teacher, MAP)
    with live(phone, op="hello", token=token) as line:
        for n in range(3):
            while news_of(line)["results"] < n:
                continue
            trained(phone, number, a_run(0.4, 80, 2))


def test_the_page_that_trains_has_a_worker_of_this_server_and_all_its_files(phone):
    answer = phone.get("/class/train")
    policy = answer.headers["content-security-policy"]
    assert "worker-src 'self'" in policy and "script-src 'self' 'wasm-unsafe-eval'" in policy
    files = re.findall(r'"\.\./(assets/[^"]+)"', answer.text)
    assert [Path(file).name for file in files] == [
        "style.css",
        "shown.css",
        "style.css",
        "phone.js",
    ]
    worker = str(Path(files[-1]).parents[4] / "browser/worker.js")
    for file in (*files, worker):
        assert phone.get(f"/{file}").status_code == 200, file


# --- The server's training ---


def test_only_losses_that_rounding_leaves_alone_decide():
    """At ten times its learning rate Model3 is chaos after a few steps; at its own it is not."""
    of = {lr: RunConfig.for_model("Model3", device="cpu", epochs=5, lr=lr) for lr in (3e-3, 3e-2)}
    found = {lr: first_losses(config, 25) for lr, config in of.items()}
    assert len(found[3e-3]) == 25
    assert 3 <= len(found[3e-2]) < 20


def test_a_run_that_is_shorter_has_fewer_losses():
    config = RunConfig.for_model("Model3", device="cpu", epochs=1, bs=4096, bptt=20)
    assert len(first_losses(config, 40)) == 1


# --- Runs ---

RUNS = "/api/class/runs"
LARGE = RunConfig.for_model("Model2", bs=4096, bptt=512)
NEEDED = f"{cost(LARGE).memory / GIGABYTE:.3g}", 2  # gigabytes: what it takes, what a phone may


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="module")
def zipped(tmp_path_factory):
    """A run as a browser sends it: one that is finished, without a checkpoint."""
    file = io.BytesIO()
    pack(RunStore(tmp_path_factory.mktemp("none")).folder("Model0"), file)
    return file.getvalue()


@pytest.fixture
def few(a_class):
    """A class whose students may start two runs each."""
    return a_class(each=2)


@pytest.fixture
def student(few, store):
    """The browser of student 1."""
    with visiting(site(few, more=[sent_run_route(few, store)])) as client:
        joined(client, few)
        yield client


def send(client: TestClient, content: bytes, kind: str = ZIP) -> Any:
    return client.post(RUNS, content=content, headers={"content-type": kind})


def test_a_run_that_a_device_has_trained_is_the_students(student, few, store, zipped):
    answer = send(student, zipped)
    assert answer.status_code == 200, answer.text
    run = answer.json()["run"]
    assert few.room.owner(run) == 1
    sent, given = store.folder(run), store.folder("Model0")
    assert sent.read() == replace(given.read(), id=run) and sent.snapshots() == given.snapshots()


def test_only_members_send_runs(student, few, store, zipped):
    for other in (another(student, "10.0.0.8"), as_teacher(another(student, "10.0.0.9"), few)):
        assert send(other, zipped).status_code == 403
    assert store.summaries() == [each for each in store.summaries() if each.shipped]


def test_a_student_sends_as_many_runs_as_a_student_may_start(student, store, zipped, recorded):
    assert [send(student, zipped).status_code for _ in range(3)] == [200, 200, 403]
    recorded(send(student, zipped).json()["error"], 2)
    assert sum(not each.shipped for each in store.summaries()) == 2


def other(zipped: bytes, without: str = "", **files: bytes | str) -> bytes:
    """The same zip file with other files in it, or without one."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(zipped)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for each in old.infolist():
            if each.filename not in {without, *files}:
                new.writestr(each, old.read(each))
        for name, content in files.items():
            new.writestr(name, content)
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
        (lambda zipped: other(zipped, without="events.jsonl"), ()),
        (lambda zipped: other(zipped, **{"recorded.json": b"{}"}), ()),
        (lambda zipped: settings(zipped, nh=MAX_NH + 1), (MAX_NH, MAX_NH + 1)),
        (lambda zipped: settings(zipped, model="Model5Reg", bptt=20), ()),
        (lambda zipped: settings(zipped, **LARGE.to_dict()), NEEDED),
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
    student, few, store, zipped, recorded, change, numbers
):
    answer = send(student, change(zipped))
    assert answer.status_code == 422
    recorded(answer.json()["error"], *numbers)
    assert not few.room.runs and not any(not each.shipped for each in store.summaries())
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


def test_a_start_of_several_runs_orders_what_the_students_device_trains(few, store, recorded):
    started: list[str] = []

    class Engine:
        def start(self) -> None:
            pass

        def job(self, run_id: str) -> None:
            return None

        def train(self, config: RunConfig, viewer: str, *, range_test: bool = False) -> str:
            started.append(config.model)
            return f"run-{len(started)}"

    routes = start_routes(ServerState(store, Engine), few)
    wanted = [{"model": "Model5"}, {"model": "Model5Reg", "seed": 7}, {"like": "Model3", "seed": 7}]
    with visiting(site(few, more=routes)) as client:
        joined(client, few)
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
        teacher = as_teacher(another(client, "10.0.0.9"), few)
        answer = teacher.post("/api/runs", json={"runs": more[:1]}).json()
        assert answer["runs"] == [{"run": "run-3", "new": True}]
