"""What each model changes: the network and the recipe, side by side."""

import pytest

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.figures.changes import (
    STEPS,
    network_changes,
    recipe_changes,
    recipe_sentence,
    takeaway,
    written_lr,
)
from hnviz.models.catalogue import CATALOGUE

MOST_WORDS = 20  # of a page's headline


def new(changes):
    return {change.name.partition(" (")[0]: change.now for change in changes if change.is_new}


@pytest.mark.parametrize(
    ("model", "network", "recipe"),
    [
        ("Model0", {}, {}),
        ("Model1", {"longest window": "any"}, {}),
        (
            "Model2",
            {"answers": "after every token"},
            {
                "tokens per row": "20",
                "epochs": "10",
                "it rises during": "the first 10 %",
                STEPS: "400",
            },
        ),
        (
            "Model3",
            {"starts from": "the state it kept"},
            {
                "epochs": "20",
                "highest learning rate": "0.003 = 3.0e\N{NON-BREAKING HYPHEN}3",
                "it rises during": "the first 30 %",
                STEPS: "800",
            },
        ),
        (
            "Model4",
            {
                "state made by": "nn.RNN, tanh",
                "numbers to learn": "13,479",
            },
            {},
        ),
        (
            "Model5",
            {
                "state made by": "nn.GRU, tanh",
                "layers": "2, applied to each token",
                "numbers to learn": "55,079",
            },
            {
                "epochs": "10",
                "highest learning rate": "0.01 = 1.0e\N{NON-BREAKING HYPHEN}2",
                STEPS: "400",
            },
        ),
    ],
)
def test_all_that_a_model_changes_is_marked(model, network, recipe, recorded):
    found = new(network_changes(model))
    recorded(found.pop("batch norm", ""))
    assert found == network
    assert new(recipe_changes(model)) == recipe


@pytest.mark.parametrize("model", CATALOGUE)
def test_the_headline_names_the_idea_and_has_twenty_words_at_most(model):
    said = takeaway(model)
    assert CATALOGUE[model].title in said
    assert len(said.split()) <= MOST_WORDS


def test_the_headline_counts_the_settings_that_changed(recorded):
    recorded(takeaway("Model2"), 3)
    assert takeaway("Model4").endswith(" Model3: nn.RNN; same recipe.")
    for model, marked in (("Model2", 4), ("Model3", 4)):
        assert sum(change.is_new for change in recipe_changes(model)) == marked
        recorded(recipe_sentence(model), 3)
    assert "comes from the network" in recipe_sentence("Model1")


@pytest.mark.parametrize("model", CATALOGUE)
def test_the_updates_are_those_of_a_run(model):
    config = RunConfig.for_model(model)
    layout = BatchLayout(len(human_numbers_stream().train), config.bs, config.bptt)
    steps = next(change.now for change in recipe_changes(model) if change.name == STEPS)
    assert steps == f"{layout.n_batches * config.epochs:,}"


def test_a_learning_rate_is_written_with_its_power():
    assert [written_lr(lr) for lr in (1e-4, 3e-3, 0.01, 4.01645e-4)] == [
        "1.0e-4",
        "3.0e-3",
        "1.0e-2",
        "4.0e-4",
    ]
