"""The counting map's figures, against a plain script that says number after number word by word."""

import html
import json
import re

import numpy as np
import pytest
import torch

from hnviz.app.rooms.predictions.counting_map.picture import MAP_VIEW, NUMBER_VIEW
from hnviz.data import human_numbers_stream, number_words
from hnviz.learn import MODELS
from hnviz.observe import QUESTIONS, counting_accuracy
from hnviz.observe.passes import split_pass
from hnviz.questions.params import ParamError
from hnviz.runs import SHIPPED_DIR, RunFolder
from tests.sentences import Numbers, Recorded
from tests.subjects import shipped
from tests.views import shown

VOCAB = human_numbers_stream().vocab


def words_of(number: int) -> list[str]:
    return [*number_words(number).split(), ","]


def said_by(model: str, numbers: range) -> list[tuple[str, float]]:
    """Say the likeliest word again and again up to a comma: the network's own forward, no more."""
    folder = RunFolder(SHIPPED_DIR / model)
    config, tensors = folder.config, folder.load_snapshot("last")
    net = MODELS[model](len(VOCAB), config.nh)
    net.load_state_dict({n: torch.tensor(v).float() if v.dtype.kind == "f" else torch.tensor(v)
                         for n, v in tensors.items() if n != "state"})  # fmt: skip
    net.eval()
    text = [VOCAB.stoi[word] for number in numbers for word in words_of(number)]
    said: list[tuple[str, float]] = []
    while len(said) < 12 and (not said or said[-1][0] != ","):
        read = text if net.stateful else text[-config.bptt :]
        with torch.no_grad():
            logits, _ = net(torch.tensor([read]), net.init_state(1))
        share, index = logits.reshape(-1, len(VOCAB))[-1].softmax(0).max(0)
        said.append((VOCAB.itos[int(index)], float(share)))
        text = [*text, int(index)]
    return said


def first_difference(said: list[str], truth: list[str]) -> int:
    pairs = zip(said, truth, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), -1)


def counted_as_said(model: str, numbers: list[int], given: int) -> None:
    counted = counting_accuracy(shipped(model), given)
    assert counted.number.tolist() == list(range(2, 10_000))
    for number in numbers:
        row = number - 2
        said = [word for word, _ in said_by(model, range(max(1, number - given), number))]
        truth = words_of(number)
        place = first_difference(said, truth)
        assert (counted.right[row], counted.first_wrong[row]) == (said == truth, place), number
        alone = place >= 0 and [*said[:place], truth[place], *said[place + 1 :]] == truth
        assert counted.alone[row] == alone, number


def test_every_square_is_what_the_network_says_by_itself() -> None:
    """Some of each region: the first numbers, those that it reads in training, 8,000 and beyond."""
    draw = np.random.default_rng(0)
    wrong_inside = [4, 5, 6, 7, 8, 1000, 2000, 4311, 7000]
    inside, beyond = draw.choice(range(2, 8000), 60), draw.choice(range(8001, 10_000), 120)
    numbers = [2, 3, *wrong_inside, *inside, 7999, 8000, 8001, 8002, 8003, *beyond, 9999]
    counted_as_said("Model5", [int(number) for number in numbers], 3)


@pytest.mark.parametrize(("model", "given"), [("Model3", 1), ("Model2", 2), ("Model0", 5)])
def test_other_networks_and_other_prompts_too(model: str, given: int) -> None:
    draw = np.random.default_rng(given)
    counted_as_said(model, draw.choice(range(2, 10_000), 40).tolist(), given)


def test_the_shipped_run_fails_at_the_first_word_beyond_8000() -> None:
    """Of 1,878 wrong numbers beyond, 1,859 go wrong at the first word, 1,311 nowhere else."""
    arrays, meta, *_ = QUESTIONS["counting_accuracy"](shipped("Model5"), {"given": 3})
    beyond = (arrays["number"] > 8000) & ~arrays["right"]
    first = beyond & (arrays["first_wrong"] == 0)
    assert beyond.sum() == pytest.approx(1878, abs=15)
    assert first.sum() == pytest.approx(1859, abs=15)
    assert (beyond & arrays["alone"]).sum() == pytest.approx(1311, abs=40)
    assert (meta["train"], meta["valid"]) == pytest.approx((0.993, 0.061), abs=0.004)


@pytest.mark.parametrize("model", ["Model5", "Model0"])
@pytest.mark.parametrize(("number", "given"), [(8317, 3), (4318, 2), (2, 5), (8000, 1), (9999, 5)])
def test_a_numbers_card_is_what_the_network_says(model: str, number: int, given: int) -> None:
    _, meta, *_ = QUESTIONS["counted_number"](shipped(model), {"number": number, "given": given})
    json.dumps(meta)
    said = said_by(model, range(max(1, number - given), number))
    assert [word for word, _ in meta["said"]] == [word for word, _ in said]
    np.testing.assert_allclose(
        [share for _, share in meta["said"]], [share for _, share in said], atol=1e-6
    )
    assert [word for word, _ in meta["truth"]] == words_of(number)
    assert meta["right"] == ([word for word, _ in said] == words_of(number))
    if not meta["right"]:
        place = first_difference([word for word, _ in said], words_of(number))
        assert meta["asked"] == place
        assert tuple(meta["best"][0]) == pytest.approx(said[place], abs=1e-6)
    shares = [share for _, share in meta["best"]]
    assert shares == sorted(shares, reverse=True) and len(shares) == 4


@pytest.mark.parametrize("model", ["Model5", "Model1"])
def test_the_worst_places_are_those_of_the_highest_loss(model: str) -> None:
    subject = shipped(model)
    meta = QUESTIONS["worst_places"](subject, {"split": "valid", "kind": "tens", "top": 5}).meta
    json.dumps(meta)
    text = split_pass(subject, "valid")
    logits, ids = torch.from_numpy(text.logits).double(), torch.from_numpy(text.ids.copy())
    losses = torch.nn.functional.cross_entropy(logits[:-1], ids[1:], reduction="none")
    tens = {word: index for index, word in enumerate(VOCAB.itos) if word.endswith("ty")}
    at = [place for place in range(1, len(ids)) if int(ids[place]) in tens.values()]
    assert meta["n"] == len(at)
    assert meta["right"] == sum(int(logits[p - 1].argmax()) == int(ids[p]) for p in at)
    worst = sorted(at, key=lambda place: -float(losses[place - 1]))[:5]
    assert [each["position"] for each in meta["places"]] == worst
    for each, place in zip(meta["places"], worst, strict=True):
        assert each["loss"] == pytest.approx(float(losses[place - 1]), abs=1e-5)
        assert each["truth"] in tens and each["truth"] == VOCAB.itos[ids[place]]
        assert each["said"] == VOCAB.itos[logits[place - 1].argmax()]
        assert each["before"][-1] == VOCAB.itos[ids[place - 1]]
        assert each["p_said"] >= each["p_truth"]


@pytest.mark.parametrize(
    ("question", "params", "numbers"),
    [
        ("counted_number", {"number": 1}, (2, 9_999, 1)),
        ("counted_number", {"number": 10_000}, (2, 9_999, "10000")),
        ("counted_number", {"number": 5, "given": 6}, (1, 5, 6)),
        ("counted_number", {}, (2, 9_999)),
        ("worst_places", {"kind": "verbs"}, ()),
        ("worst_places", {"split": "test"}, ()),
        ("worst_places", {"top": 0}, (1, 50, 0)),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_sentence(
    question: str, params: dict[str, object], numbers: Numbers, recorded: Recorded
) -> None:
    with pytest.raises(ValueError) as error:
        QUESTIONS[question](shipped("Model5"), params)
    recorded(str(error.value), *numbers)


@pytest.mark.usefixtures("own_runs")
def test_the_map_is_told_as_squares_and_in_a_headline(recorded: Recorded) -> None:
    found = shown(MAP_VIEW)
    arrays, *_ = QUESTIONS["counting_accuracy"](shipped("Model5"), {"given": 3})
    places = found.arrays["places"]
    assert places.dtype == np.int8 and places.nbytes == 10_000
    assert places[:2].tolist() == [-2, -2]
    wrong = ~arrays["right"]
    assert (places[arrays["number"]] == -1).tolist() == arrays["right"].tolist()
    assert places[arrays["number"][wrong]].tolist() == arrays["first_wrong"][wrong].tolist()
    recorded(found.sentence, 99.3, 7_999, 6.1, 8_001, 70)
    recorded(
        found.meta["alt"],
        400,
        7_946,
        7_998,
        7_999,
        121,
        1_999,
        8_001,
        part="steps gets the next one",
    )
    assert found.meta["shares"] == pytest.approx((0.993, 0.061), abs=0.004)
    assert found.meta["held"] == [] and found.meta["columns"] == ("to 7,999", "from 8,001")


@pytest.mark.usefixtures("own_runs")
def test_a_run_with_blocks_held_out_has_them_outlined() -> None:
    found = shown(MAP_VIEW, "Model5-blocks")
    assert len(found.meta["held"]) == 100 and all(b - a == 19 for a, b in found.meta["held"])
    assert found.meta["columns"] == ("in train", "held out")
    assert found.sentence.endswith("in the held-out blocks.") and len(found.sentence.split()) <= 20


@pytest.mark.usefixtures("own_runs")
def test_an_untrained_network_has_a_map_too(recorded: Recorded) -> None:
    found = shown(MAP_VIEW, "Model0", 0, given=1)
    recorded(found.sentence, 0, 7_999, 0, 8_001)
    assert "Model0 untrained" in found.meta["alt"]


@pytest.mark.usefixtures("own_runs")
def test_a_number_is_drawn_with_its_true_and_its_said_words(recorded: Recorded) -> None:
    card = shown(NUMBER_VIEW, number=8317).meta["html"]
    assert "<h3>8,317 " in card and "after 8,314, 8,315, 8,316" in card and "✗ two" in card
    assert "<small>41\N{NO-BREAK SPACE}%</small>" in card
    assert "The four most probable first words" in card
    assert all(each.endswith("\N{NO-BREAK SPACE}%") for each in re.findall("<small>(.*?)<", card))
    assert html.unescape(re.findall('title="(.*?)"', card)[0]) == "0.5 %"  # "eight"
    right = shown(NUMBER_VIEW, number=4318).meta["html"]
    recorded(right, part="The four most probable words")
    assert shown(NUMBER_VIEW, number=8317, mode="dark").meta["html"] != card
    assert "1</b> has no number before it" in shown(NUMBER_VIEW, number=1).meta["html"]


@pytest.mark.usefixtures("own_runs")
@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({"number": 0}, (1, 9_999, 0)),
        ({"number": 10_000}, (1, 9_999, "10000")),
        ({"number": "1e3"}, (1, 9_999, "1e3")),
        ({"given": 6}, (1, 5, 6)),
    ],
)
def test_a_card_that_cannot_be_drawn_is_refused(
    params: dict[str, object], numbers: Numbers, recorded: Recorded
) -> None:
    with pytest.raises(ParamError) as error:
        shown(NUMBER_VIEW, **params)
    recorded(str(error.value), *numbers)
