"""How far runs lie apart that differ in nothing but the seed."""

from dataclasses import replace
from math import nan
from pathlib import Path

import pytest

from hnviz.config import RunConfig
from hnviz.runs import RunStore
from hnviz.runs.reference import FIGURES, five_seeds_table, reference_range, spread_of, usual_gaps
from tests.made_runs import EPOCHS, make_run


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def test_the_spread_is_from_three_runs_at_hand_then_from_tables(store, recorded):
    config = RunConfig(epochs=EPOCHS, lr=2e-3)
    for number in (1, 2, 3):
        make_run(store.root, number, 80, lr=2e-3)
    found = spread_of(config, store.summaries())
    assert found and found.n == 3
    last = [0.2 + 0.08 * (EPOCHS - 1) + 0.0004 * number for number in (1, 3)]
    assert found.figures["accuracy"] == pytest.approx(tuple(last))
    recorded(found.source, 3)
    assert spread_of(replace(config, bptt=7), store.summaries()) is None


def test_the_spread_of_a_recipe_is_from_the_tables(recorded):
    lstm = spread_of(RunConfig.for_model("LSTM"), ())
    table = five_seeds_table("LSTM")
    assert lstm and lstm.n == 5
    recorded(lstm.source, 5)
    assert lstm.figures["accuracy"] == (table["valid"].min(), table["valid"].max())
    assert lstm.figures["train_loss"] == (table["train_loss"].min(), table["train_loss"].max())
    assert lstm.figures.keys() == set(FIGURES)
    assert spread_of(RunConfig.for_model("LSTM", bn_init="uniform"), ()) is None


@pytest.mark.parametrize("bn_init", ["ones", "uniform"])
def test_the_spread_of_the_notebooks_recipe_is_that_of_ten_seeds_in_fastai(bn_init, recorded):
    ten = spread_of(RunConfig.for_model("Model5", seed=9, device="cpu", bn_init=bn_init), ())
    assert ten and ten.n == 10
    recorded(ten.source, "1.0", 61)
    assert ten.figures["accuracy"] == reference_range("Model5", bn_init, "accuracy")
    assert ("valid_loss" in ten.figures) is (bn_init == "uniform")
    assert spread_of(RunConfig.for_model("Model5", split="blocks"), ()) is None


def test_two_seeds_at_hand_are_better_than_none(store):
    for number in (1, 2):
        make_run(store.root, number, 80, nh=32)
    found = spread_of(RunConfig(nh=32, epochs=EPOCHS), store.summaries())
    assert found and found.n == 2


def test_three_runs_of_a_recipe_come_before_the_table(store):
    config = RunConfig.for_model("Model5")
    lines = [
        replace(store.line("Model5"), config=replace(config, seed=seed), accuracy=share)
        for seed, share in enumerate((0.81, 0.82, 0.83))
    ]
    assert spread_of(config, lines).figures["accuracy"] == (0.81, 0.83)
    assert "fastai" in spread_of(config, lines[:2]).source


@pytest.mark.parametrize("unknown", [None, nan])
def test_a_figure_that_one_run_lacks_has_no_spread(store, unknown):
    config = RunConfig(nh=32)
    lines = [replace(store.line("Model5"), config=replace(config, seed=seed)) for seed in (1, 2)]
    lines[1] = replace(lines[1], valid_loss=unknown)
    assert spread_of(config, lines).figures.keys() == set(FIGURES) - {"valid_loss"}


def test_the_usual_gap_is_the_widest_of_some_models_recipes_on_the_notebooks_text():
    low, high = reference_range("Model3", "ones", "accuracy") or (0, 0)
    wide = usual_gaps([RunConfig.for_model(model, lr=0.5) for model in ("Model5", "Model3")])
    assert wide["accuracy"] == pytest.approx(high - low)
    narrow = usual_gaps([RunConfig.for_model("Model5")])
    assert 0 < narrow["accuracy"] < wide["accuracy"]
    low, high = reference_range("Model5", "uniform", "accuracy") or (0, 0)
    other = usual_gaps([RunConfig.for_model("Model5", bn_init="uniform")])["accuracy"]
    assert other == pytest.approx(high - low) != pytest.approx(narrow["accuracy"])
    assert usual_gaps([RunConfig.for_model("Model5", split="blocks")]) == {}
