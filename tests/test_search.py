"""The search for a recipe: what it draws, on what it scores, and what it chooses."""

from itertools import pairwise

import pandas as pd
import pytest

from hnviz.bench import search
from hnviz.bench.search import FIVE, SEEDS, Result, Trial, best, drawn, five_seeds, trials
from hnviz.bench.tables import RATES, read_rows, write_rows
from hnviz.cli.main import main
from hnviz.config import RunConfig
from hnviz.data.numbers import BLOCK, TRAIN_NUMBERS, held_out
from hnviz.events import Ended, EpochEnd
from hnviz.figures.recipes import origin_sentence, seeds_sentence
from hnviz.models.catalogue import CATALOGUE, LADDER, entry
from hnviz.models.spec import Recipe
from hnviz.runs import five_seeds_table, recipes_table
from tests.conftest import ROOT

BEYOND = [model for model in CATALOGUE if model not in LADDER]
DATA = ROOT / "hnviz/runs/data"


def made(score: float, seed: int = 0, lr: float = 0.01, model: str = "LSTM") -> Trial:
    return Trial(model, lr, 20, 10, 0.3, seed, 0.9, score)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_blocks_are_random_ones_of_train_alone(seed):
    numbers = held_out(TRAIN_NUMBERS[-1], search.N_BLOCKS, seed)
    held, kept = numbers.of("valid"), numbers.of("train")
    assert len(held) == 20 * 80 and sorted([*held, *kept]) == list(TRAIN_NUMBERS)
    starts = [block.start for block in numbers.valid]
    assert {len(block) for block in numbers.valid} == {BLOCK}
    assert len({b - a for a, b in pairwise(starts)}) > 40  # no fixed distance
    assert starts != [block.start for block in held_out(7999, search.N_BLOCKS, seed + 1).valid]


@pytest.mark.parametrize("model", BEYOND)
def test_recipes_are_always_the_same_and_can_be_trained(model):
    recipes = drawn(model)
    assert recipes == drawn(model) and len(set(recipes)) == len(recipes) > 10
    assert recipes[0] == entry(entry(model).follows).recipe
    for recipe in recipes:
        assert recipe.lr in RATES
        RunConfig.for_model(model, lr=recipe.lr, bptt=recipe.bptt, epochs=recipe.epochs)


def test_no_number_of_valid_is_ever_read(monkeypatch):
    """A learner that only notes the text it gets."""
    seen = []

    class Noting:
        def __init__(self, config, stream):
            assert stream is not None
            seen.append((config, stream))

        def events(self):
            figures = {"train_loss": 1.0, "valid_loss": 1.0, "train_accuracy": 0.5, "seconds": 1.0}
            yield EpochEnd(epoch=0, step=1, accuracy=len(seen) / 100, **figures)
            yield Ended(status="finished", message="", step=1, time=0.0)

    monkeypatch.setattr(search, "Learner", Noting)
    found = list(trials("LSTM"))
    assert len(found) == len(drawn("LSTM")) + 4 * (len(SEEDS) - 1) == len(seen)
    assert {each.seed for each in found[-8:]} == set(SEEDS[1:])
    assert best(found)[0] == found[-1].recipe  # which has the highest figures here
    for _, stream in seen:
        words = stream.vocab.textify([*stream.train, *stream.valid]).replace(" , ", ", ")
        assert "eight thousand" not in words and "nine thousand" not in words
        assert 38_000 < len(stream.train) < 42_000 and 8_000 < len(stream.valid) < 12_000


def test_the_best_mean_over_all_seeds_wins(recorded):
    tried = [made(0.99, lr=0.03)]  # never trained again
    tried += [made(score, seed) for seed, score in enumerate((0.9, 0.8, 0.85))]
    tried += [made(score, seed, lr=0.003) for seed, score in enumerate((0.95, 0.6, 0.7))]
    tried += [made(float("nan"), seed, lr=1.0) for seed in SEEDS]
    recipe, mean = best(tried)
    assert recipe == Recipe(bptt=20, epochs=10, lr=0.01) and mean == pytest.approx(0.85)
    with pytest.raises(ValueError) as error:
        best(tried[:1])
    recorded(str(error.value), 0, 1, 2)


def test_a_table_keeps_the_rows_of_other_models(tmp_path, monkeypatch):
    path = tmp_path / "recipes.csv"
    write_rows(path, Trial, [made(0.5, model="Other"), made(0.1)])
    monkeypatch.setattr(search, "trials", lambda model: iter([made(0.9), made(0.8, 1)]))
    assert [each.held_out for each in search.search(path, ["LSTM"])] == [0.9, 0.8]
    assert read_rows(path, Trial) == [made(0.5, model="Other"), made(0.9), made(0.8, 1)]
    assert read_rows(tmp_path / "none.csv", Trial) == []


@pytest.mark.parametrize("model", BEYOND)
def test_the_shipped_tables_have_every_trial_and_five_seeds(model):
    tried = [row for row in read_rows(DATA / "recipes.csv", Trial) if row.model == model]
    assert [row.recipe for row in tried if row.seed == 0] == drawn(model)
    assert len(tried) == len(drawn(model)) + 8
    seeds = [row for row in read_rows(DATA / "five_seeds.csv", Result) if row.model == model]
    assert [row.seed for row in seeds] == list(FIVE)
    readme = (ROOT / "README.md").read_text()
    assert ", ".join(f"{row.valid:.3f}".lstrip("0") for row in seeds) in readme


@pytest.mark.slow
@pytest.mark.parametrize("model", BEYOND)
def test_a_seed_can_be_trained_again(model, tmp_path):
    kept = five_seeds_table(model).iloc[0]
    again = next(five_seeds(tmp_path / "seeds.csv", [model]))
    assert again.train == pytest.approx(kept.train, abs=0.01)
    assert again.valid == pytest.approx(kept.valid, abs=0.05)


@pytest.mark.parametrize("model", BEYOND)
def test_the_page_says_where_a_recipe_comes_from_and_what_it_reaches(model):
    said = origin_sentence(recipes_table(model))
    assert f"of {len(drawn(model))} recipes tried" in said and "Valid was not looked at" in said
    seeds = five_seeds_table(model)
    assert f"5 runs of {model}" in seeds_sentence(model, seeds)
    assert recipes_table("Model5").empty and five_seeds_table("Model5").empty


def test_the_sentences_take_their_figures_from_the_tables(recorded):
    rows = [
        {"lr": lr, "bptt": 20, "epochs": 10, "pct_start": 0.3, "held_out": score}
        for lr, score in ((0.01, 0.91), (0.01, 0.93), (0.03, 0.99))  # the last was tried once
    ]
    assert "of 2 recipes tried" in (said := origin_sentence(pd.DataFrame(rows)))
    assert "**92.0 %**" in said
    seeds = pd.DataFrame({"seed": [0, 1], "train": [0.99, 0.98], "valid": [0.8, 0.75]})
    recorded(seeds_sentence("LSTM", seeds), 2, 80.0, 75.0, part="end at a valid accuracy")


def test_the_commands(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(search, "trials", lambda model: iter(made(0.9, seed) for seed in SEEDS))
    monkeypatch.setattr(search, "results", lambda model: iter([Result(model, 0, 1, 2, 0.9, 0.8)]))
    table = tmp_path / "table.csv"
    assert main(["bench", "search", "--model", "LSTM", "--to", str(table)]) == 0
    out = capsys.readouterr().out
    assert out.count("Trial(") == 3 and out.splitlines()[-1].endswith("held-out numbers 0.9000")
    assert main(["bench", "seeds", "--model", "LSTM", "--to", str(table.with_name("b.csv"))]) == 0
    assert "valid=0.8" in capsys.readouterr().out
    for model, sentence in (("Model5", "Model5 has the notebook's recipe"), ("GPT", "no model")):
        assert main(["bench", "search", "--model", model, "--to", str(table)]) == 2
        assert sentence in capsys.readouterr().err
    assert main(["bench", "race"]) == 2
    assert "invalid choice: 'race'" in capsys.readouterr().err
