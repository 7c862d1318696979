"""From what a user types to tokens."""

import pytest

from hnviz.app.kit.text import escape, html_escape
from hnviz.data import corpus, human_numbers_stream
from hnviz.data.phrase import MAX_TOKENS, read_phrase

VOCAB = human_numbers_stream().vocab


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7 to 9", "seven , eight , nine"),
        ("19-20", "nineteen , twenty"),
        ("4318, 12", "four thousand three hundred eighteen , twelve"),
        ("four thousand", "four thousand"),
        (" 9999 ", "nine thousand nine hundred ninety nine"),
        ("1 to 2", "one , two"),
        ("1 to 1", "one"),
        ("9999 to 9999", "nine thousand nine hundred ninety nine"),
        ("1, 2", "one , two"),
    ],
)
def test_a_phrase_is_numbers_or_words(text, words):
    assert read_phrase(text, VOCAB).tokens == tuple(words.split())
    assert read_phrase(text, VOCAB).remark == ""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ("4318", "4324")),
        ("9 to 3", (9, 3, 3, 9)),
        ("0 to 5", (1, "9999", 0, 5)),
        ("9999 to 10000", (1, "9999", "9999", "10000")),
        ("10000 to 5", (1, "9999", "10000", 5)),
        ("0", (1, "9999", 0)),
        ("-4", (1, "9999", 4)),
        ("12345", (1, "9999", "12345")),
        ("1" * 30, (1, "9999", "1" * 20)),
        ("-" + "1" * 30, (1, "9999", "1" * 19)),
    ],
)
def test_a_phrase_that_cannot_be_read_gets_a_sentence(text, numbers, recorded):
    with pytest.raises(ValueError) as error:
        read_phrase(text, VOCAB)
    recorded(str(error.value), *numbers)


def test_a_long_phrase_is_cut_and_unknown_words_are_named(recorded):
    phrase = read_phrase("banana " + "one " * 9_999, VOCAB)
    assert len(phrase.tokens) == MAX_TOKENS
    recorded(phrase.remark, 2_000)


def test_numbers_of_another_language_are_its_own_tokens():
    german = corpus("numbers-de")
    assert read_phrase("1 to 2", VOCAB, german).tokens == tuple("eins,zwei")
    with_spaces = corpus("numbers-fr")
    assert read_phrase("22, 1", VOCAB, with_spaces).tokens == ("vingt", "deux", ",", "un")


def test_a_text_is_read_no_further_than_its_tokens_could_be_shown():
    """A number that cannot be is not even refused there."""
    read = "one " * (MAX_TOKENS * 2)
    assert read_phrase(read + "0", VOCAB).tokens == ("one",) * MAX_TOKENS
    with pytest.raises(ValueError, match="got 0"):
        read_phrase(read[:-4] + "0", VOCAB)


def test_a_long_range_is_cut_to_what_can_be_shown():
    phrase = read_phrase("1 to 9999", VOCAB)
    assert len(phrase.tokens) == MAX_TOKENS and phrase.tokens[:3] == ("one", ",", "two")
    assert phrase.remark == "The first 2,000 tokens are shown."
    assert read_phrase("one " * MAX_TOKENS, VOCAB).remark == ""


def test_five_unknown_words_are_named_and_the_others_counted():
    words = [letter * 21 for letter in "abcdefg"]
    named = ", ".join(f"“{word[:20]}”" for word in words[:5])
    for n, more in ((5, ""), (6, " and 1 more"), (7, " and 2 more")):
        assert read_phrase(" ".join(words[:n]), VOCAB).remark == (
            f"Not in the vocabulary, so read as xxunk: {named}{more}."
        )


def test_digits_are_text_where_there_are_no_numbers():
    task = corpus("task-recall-gap.2")
    assert read_phrase("12 to -4", VOCAB, task).tokens == tuple(task.tokenize("12 to -4"))
    assert len(read_phrase("a " * MAX_TOKENS * 5, VOCAB, task).tokens) == MAX_TOKENS
    with pytest.raises(ValueError, match=r"^Type some words\.$"):
        read_phrase(" " * MAX_TOKENS * 8 + "a", VOCAB, task)


def test_what_would_turn_the_text_around_it_is_replaced(recorded):
    said = "a\u202eb \u2066one\u2069 \u200f\u061c"
    recorded(read_phrase(said, VOCAB).remark)
    assert escape(said) == html_escape(said) == "a\ufffdb \ufffdone\ufffd \ufffd\ufffd"
