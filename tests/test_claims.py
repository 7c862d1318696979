"""Claims about a changed state, on outcomes typed by hand and on the pre-trained Model5."""

import numpy as np
import pytest

from hnviz.data import numbers_of
from hnviz.observe.surgery import (
    CLAIMS,
    N_PROMPTS,
    NO_NUMBER,
    Outcomes,
    Swap,
    Units,
    after,
    drawn,
    go_on,
    outcomes,
    tried,
)
from tests.subjects import shipped

SPOKEN = [4319, 5041, 5319, 4041, 5777, 6777, NO_NUMBER]
"""What is said in place of 4,319 with the state of 5,041."""


def out(said, *, same=False):
    n = len(said)
    return Outcomes(
        np.full(n, 4319), np.full(n, 5041), np.array(said), np.full(n, same, dtype=bool)
    )


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        ("same words", []),
        ("own number", [4319]),
        ("other number", [5041]),
        ("other thousand, own rest", [5319]),
        ("own thousand, other rest", [4041]),
        ("other thousand", [5041, 5319, 5777]),
        ("another number", [5319, 4041, 5777, 6777]),
        ("no number", [NO_NUMBER]),
    ],
)
def test_what_holds_means(claim, holds):
    found = CLAIMS[claim](out(SPOKEN))
    assert [said for said, each in zip(SPOKEN, found, strict=True) if each] == holds


def test_words_that_spell_no_number_have_no_thousand_and_no_rest():
    nothing = Outcomes(*(np.array([NO_NUMBER]),) * 3, np.array([False]))
    assert [name for name, holds in CLAIMS.items() if holds(nothing)[0]] == ["no number"]
    assert CLAIMS["same words"](out([NO_NUMBER], same=True))[0]


def test_prompts_are_drawn_from_train_by_a_seed():
    own, other = drawn(shipped("Model5"))
    assert len(own) == len(other) == N_PROMPTS == len(set(own.tolist()))
    assert min(own.min(), other.min()) >= 3
    assert max(own.max(), other.max()) <= 7998  # the number after it is in train
    assert ((own + 1) // 1000 != (other + 1) // 1000).all()
    assert (drawn(shipped("Model5"))[0] == own).all()
    assert (drawn(shipped("Model5"), seed=1)[0] != own).any()
    blocks = drawn(shipped("Model5-blocks"))[0]
    train = set(numbers_of(shipped("Model5-blocks").config).of("train").tolist())
    assert {each + step for each in blocks.tolist() for step in (-2, -1, 0, 1)} <= train


def test_each_drawn_prompt_is_changed_as_one_prompt_is():
    subject = shipped("Model5", exact=True)
    own, other = (numbers[:3] for numbers in drawn(subject))
    together = go_on(subject, after(subject, own), 12, Swap(other=after(subject, other), layer=1))
    for row in range(3):
        state, put = after(subject, own[row : row + 1]), after(subject, other[row : row + 1])
        alone = go_on(subject, state, 12, Swap(other=put, layer=1))
        assert (together.ids[row] == alone.ids[0]).all()


@pytest.mark.parametrize("model", ["Model3", "LSTM"])
def test_no_unit_set_changes_no_word_of_any_prompt(model):
    counts = tried(shipped(model), Units(layer=0, units=()))
    assert counts["same words"] == N_PROMPTS


@pytest.mark.parametrize("model", ["Model3", "Model4", "LSTM"])
def test_a_whole_state_gives_the_other_texts_number(model):
    own, other = drawn(shipped(model))
    subject = shipped(model)
    found = outcomes(subject, after(subject, own), Swap(other=after(subject, other)))
    assert (found.said == found.other).all()
    assert tried(subject, Swap(other=after(subject, other)))["other number"] >= 98
