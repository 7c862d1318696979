"""How much of Model1 -> Model2 is the network: the shipped measurement and what is said of it."""

from collections import Counter

import pandas as pd
import pytest

from hnviz.app.kit.text import unbroken
from hnviz.bench.tables import BS, SEEDS, STEPS, WINDOW, score
from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.figures.numbers import accuracy, points
from hnviz.figures.shares import (
    alone_table,
    measured_note,
    scored_note,
    shares_sentence,
    shares_table,
)
from hnviz.runs import SHIPPED_DIR, RunFolder, RunStore, one_recipe_table, reference_range
from tests.pages import open_page

AFTER, BEFORE = next(iter(STEPS.items()))
TABLE = one_recipe_table(AFTER)
TABLES = {model: one_recipe_table(model) for model in STEPS}


@pytest.mark.parametrize(("after", "before"), STEPS.items())
def test_both_networks_are_measured_with_both_recipes_from_the_same_seeds(after, before):
    table = TABLES[after]
    pairs = Counter(zip(table["recipe"], table["model"], strict=True))
    assert pairs == {(a, b): len(SEEDS) for a in (before, after) for b in (before, after)}
    for _, runs in table.groupby("recipe"):
        assert runs["steps"].nunique() == 1  # equal updates
        assert all(sorted(own["seed"]) == list(SEEDS) for _, own in runs.groupby("model"))


@pytest.mark.slow
def test_a_measured_run_can_be_made_again():
    kept = TABLE.query("recipe == 'Model1' and model == 'Model1' and seed == 0").iloc[0]
    again = score("Model2", "Model1", "Model1", 0)
    assert again.steps == kept["steps"]
    assert (again.train, again.valid) == pytest.approx((kept["train"], kept["valid"]), abs=0.01)


@pytest.mark.parametrize(
    ("after", "model"), [("Model2", "Model1"), ("Model3", "Model2"), ("Model3", "Model3")]
)
def test_a_first_measured_run_is_the_pre_trained_one(tmp_path, after, model):
    epoch = RunStore(tmp_path).record(model).epochs[-1]  # it answers in these very slots
    kept = TABLES[after].query("recipe == @model and model == @model and seed == 0").iloc[0]
    assert kept["valid"] == pytest.approx(epoch.accuracy, abs=1e-4)


def test_the_sentence_has_the_tables_means(recorded):
    mean = TABLE.groupby(["recipe", "model"])[["train", "valid"]].mean()
    said, train = shares_sentence(TABLE), mean["train"]
    lost, won = (train[pair] - train[AFTER, BEFORE] for pair in ((BEFORE, BEFORE), (AFTER, AFTER)))
    assert 0 < won < lost  # what "costs" and "wins back" say
    assert (
        f"costs Model1 **{points(train[BEFORE, BEFORE], train[AFTER, BEFORE])}** on train" in said
    )
    assert f"wins **{points(train[AFTER, AFTER], train[AFTER, BEFORE])}** back" in said
    recorded(said, 15.1, 400, 1_566, 20, part="training steps instead of")
    recorded(said, 10, part="a mean of")
    assert "Batch norm moved too" in said
    rows = alone_table(TABLE)
    pairs = ((BEFORE, BEFORE), (BEFORE, AFTER), (AFTER, BEFORE), (AFTER, AFTER))
    assert rows["what changes"].tolist()[::3] == ["nothing: Model1", "both: Model2"]
    for split in ("train", "valid"):
        assert rows[split].tolist() == [f"{100 * mean.loc[pair, split]:.1f} %" for pair in pairs]


def test_a_kept_state_helps_most_after_the_new_recipe(recorded):
    mean = TABLES["Model3"].groupby(["recipe", "model"])["train"].mean()
    start, state = mean["Model2", "Model2"], mean["Model2", "Model3"]
    recipe, both = mean["Model3", "Model2"], mean["Model3", "Model3"]
    assert recipe > start and both - recipe > 2 * (state - start) > 0  # "lifts", "but after"
    said = shares_sentence(TABLES["Model3"])
    assert f"alone lifts Model2 by **{points(recipe, start)}** on train" in said
    recorded(said, 23.4, 800, 400, 30, part="training steps instead of")
    recorded(said, 10, part="a mean of")
    assert f"alone adds **{points(state, start)}**, but after the new recipe" in said
    assert f"**{points(both, recipe)}**" in said


def test_the_gain_of_the_gru_is_the_networks(recorded):
    mean = TABLES["Model5"].groupby(["recipe", "model"])[["train", "valid"]].mean()
    start, network = mean.loc["Model4", "Model4"], mean.loc["Model4", "Model5"]
    recipe, both = mean.loc["Model5", "Model4"], mean.loc["Model5", "Model5"]
    for split in ("train", "valid"):  # "all of the gain", and "about as much"
        assert start[split] < both[split] == pytest.approx(network[split], abs=0.01)
        assert recipe[split] < start[split]
    said = shares_sentence(TABLES["Model5"])
    for each in (network["train"], network["valid"]):
        assert f"**{accuracy(each)}**" in said
    assert f"Model4 gets {accuracy(start['train'])} and {accuracy(start['valid'])}" in said
    assert f"loses **{points(start['train'], recipe['train'])}** on train" in said
    recorded(said, 400, 800, 3.3, 19.9, part="training steps instead of")


def test_the_table_has_means_and_ranges():
    small = pd.DataFrame(
        [("A", "A", 0, 9, 0.1, 0.3), ("A", "A", 1, 9, 0.3, 0.5), ("A", "B", 0, 9, 0.7, 0.9)],
        columns=TABLE.columns,
    )
    (row,) = shares_table(small).to_dict("records")
    assert row["recipe"] == "A's" and row["training steps"] == "9"
    assert row["A, train"] == "20.0 % (10.0 % to 30.0 %)"
    assert row["B, valid"] == "90.0 % (90.0 % to 90.0 %)"
    assert len(shares_table(TABLE)) == 2


def test_the_note_counts_the_tokens():
    stream = human_numbers_stream()
    for ids in (stream.train, stream.valid):
        assert f"{BatchLayout(len(ids), BS, WINDOW).n_batches * BS:,} tokens" in (
            measured_note("Model2").replace(" of valid", " tokens of valid")
        )


@pytest.mark.usefixtures("own_runs")
@pytest.mark.parametrize("model", STEPS)
def test_the_models_page_answers_it(model):
    app = open_page("models", models_model=model, models_shares="true")
    assert not app.exception
    said = {each.value for each in app.markdown}
    sentences = shares_sentence(TABLES[model]), measured_note(model)
    assert {unbroken(each) for each in sentences} | {
        unbroken(f":gray[{scored_note(model)}]")
    } <= said


@pytest.mark.usefixtures("own_runs")
def test_a_model_that_was_not_measured_has_no_answer():
    other = open_page("models", models_model="Model4")
    assert "how much the recipe" not in "\n".join(each.value for each in other.markdown)


def test_each_figure_of_model2_on_valid_names_its_runs(recorded):
    """34.8 % on Models, 33.7 % in a lesson and beside Model3, 29.3 % on Start."""
    runs = one_recipe_table("Model2").query("recipe == 'Model2' and model == 'Model2'")
    shown = alone_table(one_recipe_table("Model2"))["valid"].iloc[-1]
    assert shown == accuracy(runs["valid"].mean()) == "34.8 %"
    three = scored_note("Model3")
    assert "on train a running figure" in three
    recorded(
        three, 0, *(f"{100 * end:.1f}" for end in reference_range("Model3", "ones", "accuracy"))
    )
    note = scored_note("Model2")
    assert "one run each, seed 0" in note
    seed_0 = RunFolder(SHIPPED_DIR / "Model2").read().epochs[-1].accuracy
    assert accuracy(seed_0) == "29.3 %"
    recorded(note, 33.7, 0, f"{100 * seed_0:.1f}", part="the run of seed")
