"""Where a token stands in its number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnviz.data import Choice, human_numbers_stream, number_words, stream_of
from hnviz.data.corpora import TRAIN_NUMBERS, VALID_NUMBERS
from hnviz.data.places import LABELS, SLOTS, places, split_places

STREAM = human_numbers_stream()


def test_a_number_says_where_each_word_stands():
    words = [*number_words(4318).split(), ",", *number_words(20).split(), ",", "nine"]
    found = places(words)
    assert [SLOTS[slot] for slot in found.slot] == [
        "thousands digit",
        "“thousand”",
        "hundreds digit",
        "“hundred”",
        "tens or teens",
        "comma",
        "tens or teens",
        "comma",
        "ones digit",
    ]
    assert found.number.tolist() == [4318] * 6 + [20, 20, 9]
    assert [int(found.label(name)[0]) for name in LABELS] == [0, 4, 3, 1, 8]


@given(st.integers(1, 9999))
def test_every_number_is_read_back(number):
    words = number_words(number).split()
    found = places([*words, ","])
    assert set(found.number.tolist()) == {number}
    digits = [int(found.label(name)[0]) for name in LABELS[1:]]
    assert digits == [int(digit) for digit in f"{number:04}"]


@pytest.mark.parametrize(
    "text", ["xxbos", "twenty eleven", "hundred five", "twenty thousand", "one two", "cat", "", ","]
)
def test_what_is_no_number_has_no_place(text):
    found = places([*text.split(), ",", "one"])
    assert found.slot[:-1].tolist() == found.number[:-1].tolist() == [-1] * (len(found) - 1)
    assert found.number[-1] == 1


@pytest.mark.parametrize(("split", "numbers"), [("train", TRAIN_NUMBERS), ("valid", VALID_NUMBERS)])
def test_a_splits_tokens_belong_to_its_numbers_in_order(split, numbers):
    found = split_places(split)
    wanted = [number for number in numbers for _ in range(len(number_words(number).split()) + 1)]
    assert found.number.tolist() == [-1, *wanted[:-1]]  # no comma after the last one
    assert found.slot[0] == -1 and (found.slot[1:] >= 0).all()


@pytest.mark.parametrize("name", LABELS[1:])
def test_a_digit_is_due_before_its_word(name):
    found, ids = split_places("train"), STREAM.train
    at, digit = found.due(name)
    assert len(at) == 7998  # 1 follows xxbos
    power = 10 ** (4 - LABELS.index(name))
    number = found.number[at + 1]
    np.testing.assert_array_equal(digit, number // power % 10)
    for place in (200, 4317, 7000):
        n = int(number[place])
        said = [STREAM.vocab.itos[index] for index in ids[: at[place] + 1]]
        told = said[max(0, len(said) - 7) :]
        own = {"thousands": 0, "hundreds": n // 1000, "tens": n // 100, "ones": n // 10}[name]
        scale = {"thousands": 1, "hundreds": 1000, "tens": 100, "ones": 10}[name]
        before = own * scale if name != "ones" or n // 10 % 10 != 1 else n // 100 * 100
        words = number_words(before).split() if before else [","]
        assert told[-len(words) :] == words


def test_a_digit_at_the_start_of_a_text_is_never_due():
    found = places(["five", ",", "twenty", "five", ",", "six"])
    due = {name: [each.tolist() for each in found.due(name)] for name in LABELS[1:]}
    assert due == {
        "thousands": [[4, 1], [0, 0]],
        "hundreds": [[4, 1], [0, 0]],
        "tens": [[4, 1], [0, 2]],
        "ones": [[4, 2], [6, 5]],
    }
    assert [each.tolist() for each in places(["twenty", "five"]).due("ones")] == [[0], [5]]


def test_a_text_without_digits_has_a_place_for_each_token_and_none_of_a_digit():
    text = Choice("numbers-fr")
    for split in ("train", "valid"):
        found = split_places(split, text)
        for each in (found.slot, found.number):
            assert each.dtype == np.int64
            assert each.tolist() == [-1] * len(stream_of(text).ids(split))


def test_a_label_is_of_each_token_of_a_number():
    found = places(["xxbos", "four", "thousand", "twelve", ",", "xxunk"])
    assert found.label("slot") is found.slot
    wanted = {"thousands": 4, "hundreds": 0, "tens": 1, "ones": 2}
    for name, digit in wanted.items():
        assert found.label(name).tolist() == [-1, digit, digit, digit, digit, -1]
