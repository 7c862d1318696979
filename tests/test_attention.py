"""Where each word looks: the shares against numpy, what windows allow, and the pages."""

import pickle

import numpy as np
import pytest
import torch

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, human_numbers_stream, split_text
from hnviz.figures.numbers import accuracy
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS
from hnviz.runs import SHIPPED_DIR, RunFolder, five_seeds_table
from hnviz.runs.ruler import possible, text_any_cut_means, text_position_bounds
from tests import attention
from tests.pages import mounts, open_page
from tests.subjects import made_up, shipped

STREAM = human_numbers_stream()
SLACK = 0.05  # of accuracy that the Transformer may be below what its windows allow


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_the_shares_are_those_of_a_hand_written_pass():
    of, ids = made_up("Transformer", bptt=12), STREAM.valid[40:49]
    before = pickle.dumps(of.model)
    w = {name: value.double().numpy() for name, value in of.model.state_dict().items()}
    found = QUESTIONS["attention"](of, {"ids": ids.tolist()}).arrays["shares"]
    h = [np.zeros(16)] * attention.LAYERS
    for row, index in enumerate(ids.tolist()):
        h, seen = attention.step(w, index, h)
        for layer in range(attention.LAYERS):
            np.testing.assert_allclose(found[layer, row, : row + 1], seen[layer], atol=1e-5)
    assert not np.triu(found, 1).any()
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)
    assert pickle.dumps(of.model) == before


def test_bad_questions_are_one_sentence(recorded):
    of = made_up("Transformer", bptt=12)
    for params, numbers in (
        ({}, (1, 12, 0, 38)),
        ({"ids": []}, (1, 12, 0, 38)),
        ({"ids": [9] * 13}, (1, 12, 0, 38, *[9] * 13)),
        ({"ids": [99]}, (1, 12, 0, 38, 99)),
        ({"ids": [9], "head": 1}, ()),
    ):
        with pytest.raises(ValueError) as error:
            QUESTIONS["attention"](of, params)
        recorded(str(error.value), *numbers)
    with pytest.raises(ValueError, match="Model2 has no attention: it carries"):
        QUESTIONS["attention"](made_up("Model2"), {"ids": [9]})


def asked(page: str, **query: str) -> list[str]:
    """The questions of all pictures that a page mounts."""
    app = open_page(page, **query)
    assert not app.exception
    return [ask["question"] for mount in mounts(app) for ask in mount.get("asks", [])]


def test_pages_say_in_a_sentence_what_a_model_without_a_state_lacks(recorded):
    def words(app) -> str:
        leads = [each.proto.body for each in app.get("html")]
        return " ".join([*leads, *(each.value for each in app.markdown)])

    time, states = (open_page(page, run="Transformer") for page in ("learn_back", "remember"))
    recorded(words(time), part="has no state for a")
    assert "Transformer has no hidden state: it carries nothing" in words(states)
    questions = asked("learn_back", run="Transformer")
    assert "lanes" not in questions and {"look_back_row", "look_back_map"} <= set(questions)
    assert "lanes" in asked("learn_back", run="Model2")


def test_on_train_the_transformer_is_near_what_its_windows_allow(capsys):
    """Measured after training, and in training; beside the bound of the same windows."""
    folder = RunFolder(SHIPPED_DIR / "Transformer")
    config, text = folder.config, split_text("train", folder.config)
    layout = BatchLayout(len(text.ids), config.bs, config.bptt)
    bound = text_position_bounds(text, layout, kept=False).mean
    any_cut = float(text_any_cut_means(text)[config.bptt - 1])
    params = {"split": "train", "reset": True}
    measured = QUESTIONS["accuracy_by_position"](shipped("Transformer"), params).meta["mean"]
    trained = folder.read().accuracies.train
    with capsys.disabled():
        print(
            f"\nTransformer on train, windows of {config.bptt}: {measured:.4f} measured, "
            f"{trained:.4f} at its end; the bound is {bound:.4f}, over any cut {any_cut:.4f}"
        )
    assert any_cut <= bound and measured <= bound
    assert any_cut - measured <= SLACK and bound - measured <= SLACK


@pytest.mark.parametrize("model", ["Transformer", "IRNN"])
def test_the_models_page_has_the_bound_beside_five_seeds(model, recorded):
    seeds = five_seeds_table(model)
    recipe, data = CATALOGUE[model].recipe, split_text("train")
    layout = BatchLayout(len(data.ids), recipe.bs, recipe.bptt)
    bound = text_position_bounds(data, layout, kept=False).mean
    assert seeds["train"].max() <= bound
    if model == "Transformer":
        assert bound - seeds["train"].min() <= SLACK
    text = " ".join(
        each.value for each in open_page("build", models_model=model, models_shares="true").markdown
    )
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    recorded(text, recipe.bptt, part="tokens begins with nothing known")
    given = possible(RunConfig.for_model(model), "train")
    assert f"give **{accuracy(given)}**, and no network can exceed {accuracy(bound)}" in text
    other = " ".join(
        each.value
        for each in open_page("build", models_model="LSTM", models_shares="true").markdown
    )
    assert "begins with nothing known" not in other


def test_only_the_transformer_attends():
    assert [name for name, net in CATALOGUE.items() if net.attends] == ["Transformer"]
