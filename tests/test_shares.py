"""How much of Model1 -> Model2 is the network: the shipped measurement and what is said of it."""

from collections import Counter

import pandas as pd
import pytest

from hnviz.app.kit.text import unbroken
from hnviz.bench.one_recipe import AFTER, BEFORE, BS, SEEDS, WINDOW, score
from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.figures.shares import SHARES_NOTE, alone_table, shares_sentence, shares_table
from hnviz.runs import RunStore, one_recipe_table
from tests.pages import open_page

TABLE = one_recipe_table()


def test_both_networks_are_measured_with_both_recipes_from_the_same_seeds():
    pairs = Counter(zip(TABLE["recipe"], TABLE["model"], strict=True))
    assert pairs == {(a, b): len(SEEDS) for a in (BEFORE, AFTER) for b in (BEFORE, AFTER)}
    for _, runs in TABLE.groupby("recipe"):
        assert runs["steps"].nunique() == 1  # equal updates
        assert all(sorted(own["seed"]) == list(SEEDS) for _, own in runs.groupby("model"))


@pytest.mark.slow
def test_a_measured_run_can_be_made_again():
    kept = TABLE.query("recipe == 'Model1' and model == 'Model1' and seed == 0").iloc[0]
    again = score("Model1", "Model1", 0)
    assert again.steps == kept["steps"]
    assert (again.train, again.valid) == pytest.approx((kept["train"], kept["valid"]), abs=0.01)


def test_the_first_measured_run_is_the_pre_trained_one(tmp_path):
    epoch = RunStore(tmp_path).record("Model1").epochs[-1]  # it answers in these very slots
    kept = TABLE.query("recipe == 'Model1' and model == 'Model1' and seed == 0").iloc[0]
    assert kept["valid"] == pytest.approx(epoch.accuracy, abs=1e-4)


def test_the_sentence_has_the_tables_means():
    mean = TABLE.groupby(["recipe", "model"])[["train", "valid"]].mean()
    said, train = shares_sentence(TABLE), mean["train"]
    lost, won = (train[pair] - train[AFTER, BEFORE] for pair in ((BEFORE, BEFORE), (AFTER, AFTER)))
    assert 0 < won < lost  # what "costs" and "wins back" say
    assert f"costs Model1 **{100 * lost:.1f} points** on train" in said
    assert f"wins **{100 * won:.1f}** of them back" in said
    assert "400 training steps instead of 1,566, and answers once in 20 tokens" in said
    assert "Batch norm moved too" in said
    rows = alone_table(TABLE)
    pairs = ((BEFORE, BEFORE), (BEFORE, AFTER), (AFTER, BEFORE), (AFTER, AFTER))
    assert rows["what changes"].tolist()[::3] == ["nothing: Model1", "both: Model2"]
    for split in ("train", "valid"):
        assert rows[split].tolist() == [f"{100 * mean.loc[pair, split]:.1f} %" for pair in pairs]


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
            SHARES_NOTE.replace(" of valid", " tokens of valid")
        )


@pytest.mark.usefixtures("own_runs")
def test_the_models_page_answers_it_at_model2():
    app = open_page("models", models_model="Model2", models_shares="true")
    assert not app.exception
    assert any(each.value == unbroken(shares_sentence(TABLE)) for each in app.markdown)
    assert any(each.value == unbroken(SHARES_NOTE) for each in app.markdown)
    other = open_page("models", models_model="Model3")
    assert "how much the recipe" not in "\n".join(each.value for each in other.markdown)
