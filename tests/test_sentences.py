"""The record of sentences: what holds, what does not, and that it holds no more than the tests."""

import re

import pytest

from tests.sentences import FOLDER, Recorded, sentences


def test_a_sentence_and_its_numbers_are_held_to_the_record():
    recorded = Recorded(["Model5 gets **1,024** of 2,048 right: 5.0e-1.", "No number."])
    recorded("Model5 gets **1,024** of 2,048 right: 5.0e-1.", 1024, 2048, "5.0e-1")
    recorded("No number.")
    with pytest.raises(AssertionError):
        recorded("One more.")


@pytest.mark.parametrize("numbers", [(), (3,), (4, 3), (4.0,)])
def test_each_number_of_a_sentence_is_given(numbers):
    with pytest.raises(AssertionError, match="4 words"):
        Recorded(["4 words"])("4 words", *numbers)


def test_other_words_fail():
    with pytest.raises(AssertionError, match=r"python -m tests\.sentences"):
        Recorded(["4 words"])("4 Words", 4)


def test_the_record_names_tests_that_hold_sentences():
    for test in sentences():
        file, name = re.split(r"::|\[", test)[:2]
        source = (FOLDER / file).read_text(encoding="utf-8")
        assert re.search(rf"def {name}\([^)]*\brecorded\b", source), test
