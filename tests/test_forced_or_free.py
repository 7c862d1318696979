"""Counting with the true words and with its own, against a plain loop over the forward pass."""

import math
from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hnviz.app.rooms.predictions.counting_map.picture import FREE_VIEW
from hnviz.data import NOTEBOOK, corpus_of, numbers_of
from hnviz.figures.forced_or_free import free_sentence
from hnviz.figures.split_words import split_words
from hnviz.learn import MODELS
from hnviz.learn.models import LanguageModel
from hnviz.models.catalogue import BUILT_IN
from hnviz.observe import QUESTIONS
from hnviz.observe.forced_or_free import MOST_RIGHT, N_STARTS, free, starts
from hnviz.observe.subject import Subject
from hnviz.questions.view import Reply
from hnviz.runs import SHIPPED_DIR, RunFolder
from tests.sentences import Recorded
from tests.subjects import made_up, shipped
from tests.views import shown

EACH = [
    pytest.param(*each, marks=() if each == ("Model5", "valid") else pytest.mark.slow)
    for each in product(BUILT_IN, ("train", "valid"))
]


def asked(model: str, split: str, given: int = 3) -> Reply:
    return QUESTIONS["forced_or_free"](shipped(model), {"split": split, "given": given})


@cache
def plain(subject: Subject) -> LanguageModel:
    """Make the model again from its file: nothing of hnviz.observe is in the loop."""
    folder = RunFolder(SHIPPED_DIR / subject.config.model)
    model = MODELS[subject.config.model](len(subject.vocab), subject.config.nh)
    held = {n: torch.tensor(v) for n, v in folder.load_snapshot("last").items() if "state" not in n}
    model.load_state_dict(
        {n: v.float() if v.dtype.is_floating_point else v for n, v in held.items()}
    )
    return model.eval()


def words(subject: Subject, number: int) -> list[int]:
    spell = corpus_of(subject.config).spell
    assert spell is not None
    return [subject.vocab.stoi[word] for word in (*spell(number), ",")]


def tokens(net: LanguageModel, bptt: int, text: list[int]) -> Iterator[int]:
    """Say the likeliest token, read it, and so on."""
    state, unread = net.init_state(1), text
    while True:
        if not net.stateful:
            state, unread = net.init_state(1), text[-bptt:]
        with torch.no_grad():
            logits, state = net(torch.tensor([unread]), state)
        said = int(logits.reshape(-1, logits.shape[-1])[-1].argmax())
        yield said
        text, unread = [*text, said], [said]


def counted(subject: Subject, start: int, given: int) -> tuple[int, int, bool]:
    """Count on from one start: numbers right, the mistake, and whether it counts on from there."""
    net = plain(subject)
    spelled = {tuple(words(subject, number)): number for number in range(1, 10_000)}
    longest = max(map(len, spelled)) + 5
    prompt = range(max(1, start - given + 1), start + 1)
    text = [token for number in prompt for token in words(subject, number)]
    saying, comma = tokens(net, subject.config.bptt, text), subject.vocab.stoi[","]

    def number() -> int:
        said: list[int] = []
        while (not said or said[-1] != comma) and len(said) < longest:
            said.append(next(saying))
        return spelled.get(tuple(said), 0)

    for right in range(MOST_RIGHT):
        found = number()
        if found != start + right + 1:
            return right, found, found > 0 and number() == found + 1
    return MOST_RIGHT, -1, False


def forced(subject: Subject, split: str) -> tuple[float, float]:
    """Accuracy and perplexity with the true words, one answer for each token but the first."""
    net, ids = plain(subject), torch.tensor(subject.stream.ids(split))
    bptt = subject.config.bptt
    with torch.no_grad():
        if net.stateful:
            logits, _ = net(ids[None], net.init_state(1))
            logits = logits[0, :-1]
        else:
            rows = [net(ids[None, :end], net.init_state(1))[0] for end in range(1, bptt)]
            whole = ids.unfold(0, bptt, 1)[:-1]
            rows += [net(each, net.init_state(len(each)))[0] for each in whole.split(1000)]
            logits = torch.cat([each if each.ndim == 2 else each[:, -1] for each in rows])
    losses = torch.nn.functional.cross_entropy(logits.double(), ids[1:], reduction="none")
    right = (logits.argmax(-1) == ids[1:]).double().mean()
    return float(right), math.exp(float(losses.mean()))


@pytest.mark.parametrize(("model", "split"), EACH)
def test_each_figure_is_that_of_a_plain_loop(model: str, split: str) -> None:
    subject, (arrays, meta, *_) = shipped(model), asked(model, split)
    mine = (meta["accuracy"], meta["perplexity"])
    assert mine == pytest.approx(forced(subject, split), rel=2e-4)
    first = arrays["start"].tolist()
    for row in range(0, N_STARTS, 20):
        right, mistake, goes_on = counted(subject, first[row], 3)
        told = tuple(arrays[name][row] for name in ("right", "mistake", "goes_on"))
        assert told == (right, mistake, goes_on), first[row]
    hold_summary(arrays, meta)


def hold_summary(arrays: dict[str, NDArray[np.generic]], meta: dict[str, object]) -> None:
    right, mistake = sorted(arrays["right"].tolist()), arrays["mistake"].tolist()
    assert len(right) == meta["n_starts"] == N_STARTS
    assert meta["median"] == (right[49] + right[50]) / 2
    assert meta["quartiles"] == pytest.approx(
        [0.25 * right[24] + 0.75 * right[24] + 0.75 * (right[25] - right[24]),
         right[74] + 0.25 * (right[75] - right[74])]
    )  # fmt: skip
    assert meta["no_mistake"] == mistake.count(-1) == right.count(MOST_RIGHT)
    assert meta["no_number"] == mistake.count(0)
    assert meta["wrong_number"] == sum(number > 0 for number in mistake)
    assert meta["goes_on"] == int(arrays["goes_on"].sum()) <= meta["wrong_number"]


def test_starts_are_of_the_split_and_have_room_and_are_the_same_again() -> None:
    for model, split in (("Model5", "train"), ("Model5-blocks", "valid")):
        subject = shipped(model)
        drawn = starts(subject, split)
        assert len(set(drawn.tolist())) == N_STARTS
        assert np.isin(drawn, numbers_of(subject.config).of(split)).all()
        assert drawn.max() + MOST_RIGHT <= 9999
        np.testing.assert_array_equal(drawn, starts(subject, split))


@pytest.mark.parametrize(
    ("model", "given", "far"),
    [("Model5", 5, 20), ("Model5", 1, 0), ("Model2", 3, 0), ("Model0", 2, 0)],
)
def test_starts_with_few_numbers_before_them_and_long_counts(
    model: str, given: int, far: int
) -> None:
    subject, first = shipped(model), np.array([1, 3, 7960, 9000])
    found = free(subject, first, given)
    for row, start in enumerate(first.tolist()):
        mine = (found.right[row], found.mistake[row], found.goes_on[row])
        assert mine == counted(subject, start, given), start
    assert found.right.max() >= far, "none of them counts far: the test does not see a long count"


def test_an_untrained_network_says_no_numbers() -> None:
    found = free(made_up("Model5"), np.array([10, 4317]), 3)
    assert found.mistake.tolist() == [0, 0] and not found.goes_on.any()


def test_a_text_without_numbers_is_refused_in_one_sentence(recorded: Recorded) -> None:
    subject = made_up("Model5", corpus="task-parity")
    with pytest.raises(ValueError) as error:
        QUESTIONS["forced_or_free"](subject, {})
    assert corpus_of(subject.config).title in str(error.value)
    recorded(str(error.value))


@pytest.mark.parametrize(("median", "spread"), [(0, 1), (0, 0), (1.5, 1), (7, 1), (100, 0)])
def test_the_sentence_says_how_far_half_or_more_of_the_starts_get(
    median: float, spread: int, recorded: Recorded
) -> None:
    meta = {"accuracy": 0.5, "median": median, "n_starts": 100, "most": 100, "wrong_number": 0}
    meta |= {"quartiles": [median, median + spread]}
    said = free_sentence("It", meta, split_words(NOTEBOOK))
    recorded(said, "50.0", 8001, 100, *([] if median == 0 else [f"{median:g}"]))


@pytest.mark.slow
def test_the_map_shows_both_splits_and_says_why_there_is_no_perplexity(recorded: Recorded) -> None:
    told = shown(FREE_VIEW, given=3)
    inside, beyond = (asked("Model5", split).meta for split in ("train", "valid"))
    (_, *train), (_, *valid) = told.meta["rows"]
    for row, meta in ((train, inside), (valid, beyond)):
        assert row[:2] == [
            f"{min(100 * meta['accuracy'], 99.9):.1f} %",
            f"{meta['perplexity']:.3g}",
        ]
        assert row[3].startswith(f"{meta['goes_on']} of {meta['wrong_number']}")
    assert train[2] == "100+ (100+ to 100+)"
    right, slips = valid[0].removesuffix(" %"), (beyond["goes_on"], beyond["wrong_number"])
    recorded(told.meta["said"], 400, right, 8001, beyond["n_starts"], *slips)
    recorded(told.meta["why"], MOST_RIGHT, MOST_RIGHT)
