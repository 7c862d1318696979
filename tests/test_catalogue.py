"""The models as the pages read them, without torch."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from hnviz.bench.search import SEEDS, Trial, best
from hnviz.bench.tables import read_rows
from hnviz.config import RunConfig
from hnviz.models.catalogue import CATALOGUE, LADDER, SAME_RECIPE, entry, previous, recipe_for
from hnviz.models.spec import ROLES, Weight
from tests.sentences import Recorded

NV, NH = 39, 64
TABLES = Path(str(files("hnviz.runs"))) / "data"

N_WEIGHTS = {  # counted by hand for nv 39, nh 64
    # embedding, hidden to hidden, hidden to output, batch norm
    "by hand": 39 * 64 + (64 * 64 + 64) + (64 * 39 + 39) + 2 * 64,
    # nn.RNN has a second matrix and a second bias
    "rnn": 39 * 64 + 2 * (64 * 64 + 64) + (64 * 39 + 39) + 2 * 64,
    # a layer of nn.GRU has three gates of each
    "gru": 39 * 64 + 2 * 3 * 2 * (64 * 64 + 64) + (64 * 39 + 39) + 2 * 64,
    # a layer of nn.LSTM has four gates of each
    "lstm": 39 * 64 + 2 * 4 * 2 * (64 * 64 + 64) + (64 * 39 + 39) + 2 * 64,
    # the output layer has only its bias, and no batch norm comes before it
    "tied": 39 * 64 + 2 * 3 * 2 * (64 * 64 + 64) + 39,
    # words and positions; twice query, key, value and merge, a layer twice as wide, and two norms;
    # the last norm, and the output
    "attention": (39 + 70) * 64
    + 2 * (4 * (64 * 64 + 64) + (64 * 128 + 128) + (128 * 64 + 64) + 2 * 128)
    + 2 * 64
    + (64 * 39 + 39),
}

RECIPES = {  # bptt, epochs, lr, pct_start
    "Model0": (3, 6, 1e-4, 0.3),
    "Model1": (3, 6, 1e-4, 0.3),
    "Model2": (20, 10, 1e-4, 0.1),
    "Model3": (20, 20, 3e-3, 0.3),
    "Model4": (20, 20, 3e-3, 0.3),
    "Model5": (20, 10, 1e-2, 0.3),
}


BEYOND = [model for model in CATALOGUE if model not in LADDER]


def test_the_ladder_has_six_steps() -> None:
    assert list(LADDER) == list(RECIPES) == list(CATALOGUE)[:6]
    assert [entry.name for entry in CATALOGUE.values()] == list(CATALOGUE)
    assert [previous(model) for model in LADDER] == [None, *LADDER[:-1]]


@pytest.mark.parametrize("model", BEYOND)
def test_a_model_beyond_the_ladder_follows_another_and_says_why_it_is_here(model: str) -> None:
    before = previous(model)
    assert before is not None
    assert list(CATALOGUE).index(before) < list(CATALOGUE).index(model)
    assert entry(model).reason.endswith(".")


@pytest.mark.parametrize("model", BEYOND)
def test_its_recipe_is_the_best_of_the_search(model: str) -> None:
    tried = [row for row in read_rows(TABLES / "recipes.csv", Trial) if row.model == model]
    assert entry(model).recipe == best(tried)[0]
    assert {row.seed for row in tried} == set(SEEDS)


@pytest.mark.parametrize("model", LADDER)
def test_recipe_is_the_notebooks(model: str) -> None:
    recipe = recipe_for(model)
    assert (recipe.bptt, recipe.epochs, recipe.lr, recipe.pct_start) == RECIPES[model]
    assert (recipe.bs, recipe.nh) == (64, 64)


@pytest.mark.parametrize("model", CATALOGUE)
def test_a_recipe_is_a_run_that_can_be_trained(model: str) -> None:
    for same in (False, True):
        assert RunConfig.for_model(model, same=same).model == model


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("Model0", "by hand"),
        ("Model1", "by hand"),
        ("Model2", "by hand"),
        ("Model3", "by hand"),
        ("Model4", "rnn"),
        ("Model5", "gru"),
        ("LSTM", "lstm"),
        ("Model3BN", "by hand"),
        ("Transformer", "attention"),
        ("Model5Reg", "tied"),
        ("IRNN", "rnn"),
        ("Model3Tanh", "by hand"),
    ],
)
def test_number_of_weights(model: str, kind: str) -> None:
    assert entry(model).n_weights(NV, NH) == N_WEIGHTS[kind]


@pytest.mark.parametrize("model", CATALOGUE)
def test_an_entry_is_whole(model: str) -> None:
    found = entry(model)
    assert found.predicts in ("last", "every")
    assert found.n_layers >= 1
    roles = {part.role for part in found.parts}
    assert {"i_h", "h_h", "h_o"} <= roles <= set(ROLES)
    assert ("drop" in roles) is (found.dropout > 0)
    assert len({part.name for part in found.parts}) == len(found.parts)
    assert all(part.n_weights(NV, NH) > 0 for part in found.parts if part.role != "drop")
    assert found.title
    assert found.network_change
    assert len(found.title.split()) <= 5


def test_what_each_step_changes() -> None:
    nets = [entry(model) for model in LADDER]
    assert [found.predicts for found in nets] == ["last"] * 2 + ["every"] * 4
    assert [found.stateful for found in nets] == [False] * 3 + [True] * 3
    assert [found.max_bptt for found in nets] == [3] + [None] * 5
    assert [found.n_layers for found in nets] == [1] * 5 + [2]
    assert entry("Model5").gates == ("reset", "update", "candidate")


def test_weights_in_numbers() -> None:
    assert Weight("weight", ("3*nh", "nv")).shape(nv=39, nh=64) == (192, 39)
    assert Weight("bias", ("nv",)).shape(nv=5, nh=2) == (5,)


def test_the_shared_recipe_is_model3s() -> None:
    assert recipe_for("Model5", same=True) == SAME_RECIPE == recipe_for("Model3")
    assert recipe_for("Model0", same=True).bptt == 3


def test_no_such_model(recorded: Recorded) -> None:
    with pytest.raises(ValueError) as error:
        entry("GPT")
    recorded(str(error.value))


def test_the_catalogue_needs_no_torch() -> None:
    known = "hnviz.models.catalogue, hnviz.config, hnviz.events"
    code = f"import sys, {known}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_gates_are_declared_once_and_looked_up_by_name(recorded: Recorded) -> None:
    gru = entry("Model5")
    assert [gru.gate(name).letter for name in gru.gates] == ["r", "z", "n"]
    assert [gru.gate(name).signed for name in gru.gates] == [False, False, True]
    assert gru.recurrent is not None and gru.recurrent.weights[0].dims[0] == f"{len(gru.gates)}*nh"
    assert entry("Model4").gates == () and entry("Model3").recurrent is None
    with pytest.raises(ValueError) as error:
        gru.gate("forget")
    recorded(str(error.value))
    with pytest.raises(ValueError, match="Model3 has no gate named 'reset'"):
        entry("Model3").gate("reset")
