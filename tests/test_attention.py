"""Where each word looks: the shares against numpy, the maps on shares typed by hand, the pages."""

import pickle
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from hnviz.app.rooms.predictions.attention.picture import ATTENTION_VIEW, MOST_WORDS
from hnviz.config import RunConfig
from hnviz.data import BatchLayout, human_numbers_stream, split_text
from hnviz.figures.attention import Looks, attention_maps, attention_note, attention_sentence
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.numbers import accuracy
from hnviz.figures.theme import MODES, theme
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import QUESTIONS
from hnviz.runs import SHIPPED_DIR, RunFolder, five_seeds_table
from hnviz.runs.ruler import possible, text_any_cut_means, text_position_bounds
from hnviz.web.http import Refusal
from tests import attention
from tests.pages import mounts, open_page
from tests.subjects import made_up, shipped
from tests.views import shown

STREAM = human_numbers_stream()
SLACK = 0.05  # of accuracy that the Transformer may be below what its windows allow


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def looks(words: str = "nine thousand ,") -> Looks:
    """Two layers, in which all looks are even but for the last word's in layer 1."""
    names = words.split()
    n = len(names)
    even = np.tril(np.ones((n, n))) / np.arange(1, n + 1)[:, None]
    shares = np.tile(even, (2, 1, 1))
    if n > 1:
        shares[1, -1] = [0.7, *[0.3 / (n - 1)] * (n - 1)]
    return Looks(names, shares)


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


def test_bad_questions_are_one_sentence():
    of = made_up("Transformer", bptt=12)
    for params, said in (
        ({}, "the question attention needs ids: 1 to 12 whole numbers from 0 to 38"),
        ({"ids": []}, "ids must be 1 to 12 whole numbers from 0 to 38; got"),
        ({"ids": [9] * 13}, "ids must be 1 to 12 whole numbers from 0 to 38; got"),
        ({"ids": [99]}, "whole numbers from 0 to 38; got"),
        ({"ids": [9], "head": 1}, "has no parameter 'head'"),
    ):
        with pytest.raises(ValueError, match=said):
            QUESTIONS["attention"](of, params)
    with pytest.raises(ValueError, match="Model2 has no attention: it carries"):
        QUESTIONS["attention"](made_up("Model2"), {"ids": [9]})


def test_the_sentence_names_the_last_words_strongest_look_back(recorded):
    said = attention_sentence(looks())
    recorded(said, 1, 2, 70)
    assert len(said.split()) <= 20
    assert "it can only look at itself" in attention_sentence(looks("nine"))
    assert "1 token back" in attention_sentence(looks("nine hundred"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_map_has_a_square_for_each_pair(width, mode):
    root = ElementTree.fromstring(attention_maps(looks(), theme(mode), "alt", width))
    squares = [each for each in root.iter("rect") if each.get("fill-opacity")]
    assert len(squares) == 2 * (1 + 2 + 3)
    said = {each.find("title").text: float(each.get("fill-opacity")) for each in squares}
    assert said["“,” looks at “nine”: 70 %"] == pytest.approx(0.7)
    right = max(float(each.get("x")) + float(each.get("width")) for each in squares)
    low = max(float(each.get("y")) + float(each.get("height")) for each in squares)
    assert right <= width and low <= float(root.get("viewBox").split()[3])
    names = ["".join(each.itertext()) for each in root.iter("text")]
    assert {"layer 0", "layer 1"} <= set(names)


def test_words_of_a_text_stay_words():
    odd = Looks(["<b>&", "a" * 40], looks("one two").shares)
    root = ElementTree.fromstring(attention_maps(odd, theme("light"), "alt"))
    names = {"".join(each.itertext()) for each in root.iter("text")}
    assert {"<b>&", "aaaaaaaaa…"} <= names
    with pytest.raises(ValueError, match="2 words need shares of shape"):
        Looks(["one", "two"], np.ones((2, 3, 3)))


def test_the_note_says_which_words_were_read():
    assert "all 3 tokens" in attention_note(looks(), 3, 20)
    assert "the last 3 of 8 tokens. In training a window has 20" in attention_note(looks(), 8, 20)


def test_the_picture_answers_with_its_own_numbers(own_runs):
    found = shown(ATTENTION_VIEW, "Transformer", text="4316 to 4330")
    assert len(found.sentence.split()) <= 20 and "**" in found.sentence
    (table,) = found.meta["tables"]
    assert len(table["rows"]) == MOST_WORDS * (MOST_WORDS + 1) / 2
    assert [each["title"] for each in table["columns"]][:3] == ["word", "looks at", "tokens back"]
    untrained = shown(ATTENTION_VIEW, "Transformer", 0, text="4316 to 4330")
    assert untrained.sentence != found.sentence
    with pytest.raises(Refusal, match="Model5 has no attention"):
        shown(ATTENTION_VIEW, "Model5", text="4316")


def asked(page: str, **query: str) -> list[str]:
    """The questions of all pictures that a page mounts."""
    app = open_page(page, **query)
    assert not app.exception
    return [ask["question"] for mount in mounts(app) for ask in mount.get("asks", [])]


def test_next_word_shows_attention_where_there_is_some():
    assert "attention_maps" in asked("predictions", run="Transformer")
    assert "attention_maps" not in asked("predictions", run="Model5")


def test_pages_say_in_a_sentence_what_a_model_without_a_state_lacks():
    def words(app) -> str:
        leads = [each.proto.body for each in app.get("html")]
        return " ".join([*leads, *(each.value for each in app.markdown)])

    time, states = (open_page(page, run="Transformer") for page in ("time", "states"))
    assert "has no state for a gradient to go back along" in words(time)
    assert "Transformer has no hidden state: it carries nothing" in words(states)
    questions = asked("time", run="Transformer")
    assert "lanes" not in questions and {"look_back_row", "reach_of_all"} <= set(questions)
    assert "lanes" in asked("time", run="Model2")


def test_on_train_the_transformer_is_near_what_its_windows_allow(capsys):
    """Measured after training, and in training; beside the bound of the same windows."""
    folder = RunFolder(SHIPPED_DIR / "Transformer")
    config, text = folder.config, split_text("train", folder.config)
    layout = BatchLayout(len(text.ids), config.bs, config.bptt)
    bound = text_position_bounds(text, layout, kept=False).mean
    any_cut = float(text_any_cut_means(text)[config.bptt - 1])
    params = {"split": "train", "reset": True}
    measured = QUESTIONS["accuracy_by_position"](shipped("Transformer"), params).meta["mean"]
    trained = folder.read().train_accuracy
    with capsys.disabled():
        print(
            f"\nTransformer on train, windows of {config.bptt}: {measured:.4f} measured, "
            f"{trained:.4f} at its end; the bound is {bound:.4f}, over any cut {any_cut:.4f}"
        )
    assert any_cut <= bound and measured <= bound
    assert any_cut - measured <= SLACK and bound - measured <= SLACK


@pytest.mark.parametrize("model", ["Transformer", "IRNN"])
def test_the_models_page_has_the_bound_beside_five_seeds(model):
    seeds = five_seeds_table(model)
    recipe, data = CATALOGUE[model].recipe, split_text("train")
    layout = BatchLayout(len(data.ids), recipe.bs, recipe.bptt)
    bound = text_position_bounds(data, layout, kept=False).mean
    assert seeds["train"].max() <= bound
    if model == "Transformer":
        assert bound - seeds["train"].min() <= SLACK
    text = " ".join(each.value for each in open_page("models", models_model=model).markdown)
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    assert f"Each window of {recipe.bptt} tokens begins with nothing known" in text
    given = possible(RunConfig.for_model(model), "train")
    assert f"give **{accuracy(given)}**, and no network can exceed {accuracy(bound)}" in text
    other = " ".join(each.value for each in open_page("models", models_model="LSTM").markdown)
    assert "begins with nothing known" not in other


def test_only_the_transformer_attends():
    assert [name for name, net in CATALOGUE.items() if net.attends] == ["Transformer"]
