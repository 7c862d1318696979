"""From what a user types to tokens."""

import pytest

from hnviz.app.kit.text import escape, html_escape
from hnviz.data import human_numbers_stream
from hnviz.data.phrase import LONGEST, read_phrase

VOCAB = human_numbers_stream().vocab


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7 to 9", "seven , eight , nine"),
        ("19-20", "nineteen , twenty"),
        ("4318, 12", "four thousand three hundred eighteen , twelve"),
        ("four thousand", "four thousand"),
        (" 9999 ", "nine thousand nine hundred ninety nine"),
    ],
)
def test_a_phrase_is_numbers_or_words(text, words):
    assert read_phrase(text, VOCAB).tokens == tuple(words.split())
    assert read_phrase(text, VOCAB).remark == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Type some words or a range of numbers"),
        ("9 to 3", "A range goes upwards; got 9 to 3. Try 3 to 9."),
        ("0 to 5", "Numbers go from 1 to 9999 here; got 0 to 5."),
        ("-4", "Numbers go from 1 to 9999 here; got -4."),
        ("12345", "Numbers go from 1 to 9999 here; got 12345."),
    ],
)
def test_a_phrase_that_cannot_be_read_gets_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_phrase(text, VOCAB)


def test_a_long_phrase_is_cut_and_unknown_words_are_named():
    phrase = read_phrase("banana " + "one " * 9_999, VOCAB)
    assert len(phrase.tokens) == LONGEST
    assert phrase.remark == (
        "Not in the vocabulary, so read as xxunk: “banana”. The first 2,000 tokens are shown."
    )


def test_what_would_turn_the_text_around_it_is_replaced():
    said = "a\u202eb \u2066one\u2069 \u200f\u061c"
    assert read_phrase(said, VOCAB).remark == (
        "Not in the vocabulary, so read as xxunk: “a”, “\ufffd”, “b”."
    )
    assert escape(said) == html_escape(said) == "a\ufffdb \ufffdone\ufffd \ufffd\ufffd"
