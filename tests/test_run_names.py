"""How runs are named: no two look alike."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from hnviz.app.run.names import Named, labels, rate, run_name
from hnviz.config import CHOICES, RunConfig
from hnviz.models.catalogue import CATALOGUE
from hnviz.tasks.task import TaskStream

OTHER = {
    "bptt": (10, "bptt 10"),
    "lr": (1.25e-3, "lr 0.00125"),
    "epochs": (1, "1 epoch"),
    "seed": (1, "seed 1"),
    "bs": (32, "bs 32"),
    "nh": (100, "nh 100"),
    "pct_start": (0.1, "warm-up 10 %"),
    "bn_init": ("uniform", "batch norm from 0 to 1"),
    "reset_state": ("both", "state reset"),
    "device": ("cpu", "on cpu"),
    "form": ("fast", "fast form"),
    "corpus": ("numbers-fr", "Numbers in French"),
    "split": ("blocks", "blocks held out"),
}


@pytest.mark.parametrize("model", CATALOGUE)
def test_a_recipe_is_named_by_its_model_alone(model):
    assert run_name(RunConfig.for_model(model)) == model


def test_every_setting_that_differs_is_in_the_name(recorded):
    free = {field.name for field in fields(RunConfig)} - {"model"}
    assert free - {name for name in free if len(CHOICES.get(name, "ab")) == 1} == set(OTHER)
    for name, (value, said) in OTHER.items():
        named = run_name(replace(RunConfig(), **{name: value}))
        assert named.startswith(f"Model5, {said}")
        recorded(named, *re.findall(r"[\d.]+", said))
    settings = {name: value for name, (value, _) in OTHER.items()}
    said = run_name(RunConfig(**settings)).split(", ")
    assert said[0] == "Model5"
    assert len(said[1:]) == len(OTHER)
    assert all(any(part.startswith(each) for part in said[1:]) for _, each in OTHER.values())


@pytest.mark.parametrize("name", [name for name in OTHER if name in CHOICES])
def test_each_choice_has_a_name_of_its_own(name):
    named = [run_name(replace(RunConfig(), **{name: value})) for value in CHOICES[name]]
    assert len(set(named)) == len(CHOICES[name])


def test_rates_that_differ_are_written_differently():
    rates = [1e-2, 1.04e-2, 0.0104000001, 1000.0, 1000.5, 1e-5]
    assert [rate(lr) for lr in rates[:2]] == ["1.0e-2", "0.0104"]
    assert all(one != other for one, other in pairwise(map(rate, rates)))


NOW = datetime(2026, 11, 26, 16, 50, tzinfo=UTC).timestamp()
DAY = 86_400


def test_time_tells_equal_runs_apart_on_the_readers_clock():
    runs = [
        Named("a", RunConfig(), NOW - 60),
        Named("b", RunConfig(seed=1), NOW - 60),
        Named("c", RunConfig(), NOW - 90),
        Named("d", RunConfig(), NOW - 91),
        Named("e", RunConfig(), NOW - 2 * DAY),
        Named("f", RunConfig(), NOW - 400 * DAY),
        Named("g", RunConfig(), NOW - 60),
        Named("i", RunConfig(), NOW - 60, whose="student 7"),
        Named("Model5", RunConfig(device="cpu"), 0, shipped=True),
        Named("h"),
        Named("j", problem="model not loaded"),
    ]
    assert labels(runs, ZoneInfo("Europe/Berlin"), NOW) == {
        "a": "Model5, today 17:49:00, a",
        "b": "Model5, seed 1, today 17:49",
        "c": "Model5, today 17:48:30",
        "d": "Model5, today 17:48:29",
        "e": "Model5, 24 Nov 17:50",
        "f": "Model5, 22 Oct 2025 18:50",
        "g": "Model5, today 17:49:00, g",
        "i": "Model5 · student 7, today 17:49",
        "Model5": "Model5, pre-trained",
        "h": "h, damaged",
        "j": "j, model not loaded",
    }


def test_runs_on_one_task_with_other_parameters_have_other_names(recorded):
    tables = ("A 0 B; B 0 A; B 1 A; A 1 A; accept A", "A 0 B; B 0 A; B 1 A; A 1 A; accept B")
    streams = [
        *(TaskStream.of("recall", given) for given in ({}, {"gap": 2}, {"tokens": 400})),
        TaskStream.of("recall", {"seed": 1}),
        *(TaskStream.of("regular", {"table": table}) for table in tables),
    ]
    names = [run_name(RunConfig(corpus=stream.id)) for stream in streams]
    recorded(names[1], 4, 2)
    recorded(names[4].partition("#")[0], 0, 0, 1, 1)
    assert len(set(names)) == len(names)
    assert max(map(len, names)) < 90
