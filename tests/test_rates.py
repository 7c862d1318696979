"""Which learning rate is too high: the shipped runs, the sentence and the map."""

import math

import pandas as pd
import pytest

from hnviz.bench.tables import RATES, ending
from hnviz.figures.rates import first_too_high, rate_warning, rates_map, rates_sentence
from hnviz.figures.sentences import scientific
from hnviz.figures.theme import theme
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.runs import RunStore, lr_table
from tests.pages import open_page

TABLE = lr_table()
MODELS = sorted(CATALOGUE)
SMALL = pd.DataFrame(
    {
        "model": ["Model1"] * 4,
        "lr": [1e-5, 1e-4, 1e-3, 1e-2],
        "train_loss": [3.0, 1.0, 1.4, 1.6],
        "valid": [0.1, 0.3, 0.5, 0.4],
    }
)


def test_every_model_is_measured_at_every_rate_and_at_its_own():
    for model in MODELS:
        assert sorted(TABLE.query("model == @model")["lr"]) == sorted(RATES)
        assert entry(model).recipe.lr in RATES


def test_a_rate_that_only_valid_suffers_from_is_named_beside_the_one_that_train_suffers_from(
    recorded,
):
    said = rates_sentence(TABLE, "Model5")
    row = TABLE.query("model == 'Model5' and lr == 0.1").iloc[0]
    best = TABLE.query("model == 'Model5'")["valid"].max()
    assert best - row["valid"] > 0.15 and row["train_loss"] < 0.5
    recorded(said, "3.0e-1", 1.15, part="lr is too high for")
    figures = (f"{100 * best:.1f}", "1.0e-1", f"{100 * row['valid']:.1f}")
    recorded(said, "1.0e-2", *figures, part="where train still works")


@pytest.mark.parametrize("model", MODELS)
def test_the_recipes_square_is_the_pre_trained_run(model, tmp_path):
    last = RunStore(tmp_path).record(model).epochs[-1]
    own = TABLE[(TABLE["model"] == model) & (TABLE["lr"] == entry(model).recipe.lr)].iloc[0]
    assert own["train_loss"] == pytest.approx(last.train_loss, abs=1e-3)
    assert own["valid"] == pytest.approx(last.accuracy, abs=1e-3)


@pytest.mark.slow
def test_a_square_can_be_made_again():
    kept = TABLE.query("model == 'Model2' and lr == 1.0").iloc[0]
    again = ending("Model2", 1.0)
    assert again.train_loss == pytest.approx(kept["train_loss"], abs=0.02, nan_ok=True)


def test_the_first_rate_that_is_clearly_worse_than_the_best_is_too_high():
    assert first_too_high(SMALL, "Model1") == 1e-2  # 1e-3 is only .4 worse
    lost = SMALL.assign(train_loss=[3.0, 1.0, math.nan, 1.6])
    assert first_too_high(lost, "Model1") == 1e-3
    assert "diverges" in rates_sentence(lost, "Model1")
    assert "highest at lr 1.0e-3, with **50.0 %**" in rates_sentence(SMALL, "Model1")
    good = SMALL.assign(train_loss=[3.0, 2.0, 1.4, 1.2])
    assert first_too_high(good, "Model1") is None
    assert "no lr up to 1.0e-2 is too high" in rates_sentence(good, "Model1")


@pytest.mark.parametrize("model", MODELS)
def test_the_sentence_has_the_tables_numbers(model):
    own = TABLE[TABLE["model"] == model].set_index("lr")["train_loss"]
    said, high = rates_sentence(TABLE, model), first_too_high(TABLE, model)
    assert f"**{own[entry(model).recipe.lr]:.2f}**" in said
    assert high is None or scientific(high) in said


POOR = (1.15, 0.01, "3.0e-2")
"""The loss at which a recipe of Model5 ends, its lowest one and where."""


@pytest.mark.parametrize(
    ("model", "lr", "numbers"),
    [
        ("Model5", 1e3, (1_000, "3.0e-1", *POOR)),
        ("Model5", 0.3, ("3.0e-1", "3.0e-1", *POOR)),
        ("Model3", 3.0, (3, "1.0e-1", 0.13, "3.0e-2")),
        ("Model0", 1000.0, (1_000, 3, 1.84, 1.43, "3.0e-3")),
        ("Model0", 3.0, None),
        ("Model5", 0.2, None),
        ("Mine", 1000.0, None),
    ],
)
def test_a_rate_that_failed_is_warned_of(model, lr, numbers, recorded):
    said = rate_warning(TABLE, model, lr)
    assert (said is None) is (numbers is None)
    if said is not None:
        recorded(said, *numbers)


@pytest.mark.parametrize("model", MODELS)
def test_no_recipe_is_warned_of(model):
    assert rate_warning(TABLE, model, entry(model).recipe.lr) is None


def test_the_map_has_a_square_for_each_run_and_marks_the_recipes():
    drawn = rates_map(TABLE, "Model5", theme("dark"))
    assert drawn.count("<td") == len(TABLE)
    assert drawn.count('<td class="hn-own"') == len(MODELS)
    assert "<b>Model5</b>" in drawn and "<b>Model4</b>" not in drawn


def test_the_train_page_shows_it(own_runs):
    page = open_page("train", train_view="By learning rate")
    assert any("too high" in each.value for each in page.markdown)
