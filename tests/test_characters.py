"""Bits per character: a text's tokens and characters, counted here by hand."""

from math import log

import pytest

from hnviz.data import NOTEBOOK, Choice, corpus, stream_of
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.data.stream import bits_per_character, measured, tokens_of

TEXT = "the cat sat on the mat, the dog sat on the log, and the cat saw the dog. " * 40
ENDING = "A zebra came!"


def chosen(**way) -> Choice:
    return Choice(own_corpus(f"{TEXT}{ENDING}".encode(), Way(**way)).id)


def valid_text() -> str:
    """The last tenth, cut at the space before it: the characters that all ways to read it share."""
    whole = f"{TEXT}{ENDING}"
    return whole[whole.rindex(" ", 0, len(whole) * 90 // 100 + 1) :]


@pytest.mark.parametrize(
    ("way", "tokens"),
    [
        ({"level": "word"}, "word"),
        ({"level": "char"}, "char"),
        ({"level": "bpe", "merges": 9}, "bpe9"),
    ],
)
def test_bits_are_spread_over_the_same_characters(way, tokens):
    choice, text = chosen(**way), valid_text()
    n_tokens = len(corpus(choice.corpus).tokenize(text))
    assert measured(choice).tokens == tokens_of(choice) == tokens
    bits = 2.0 / log(2) * n_tokens / len(text)
    assert bits_per_character(2.0, choice) == pytest.approx(bits)
    if tokens == "char":
        assert n_tokens == len(text)
    assert measured(choice).text == measured(chosen(level="char")).text


def test_words_that_train_lacks_cost_no_letters():
    """ "zebra", "came" and "!" are in valid only; all letters but z are in train."""
    ids = stream_of(chosen()).valid
    assert measured(chosen()).unknown == pytest.approx(4 / len(ids))  # "a" too
    assert measured(chosen(level="char")).unknown > 0  # "A", "z" and "!"
    assert measured(chosen(valid=50)).text != measured(chosen()).text


def test_the_notebooks_text_is_words_with_spaces_between():
    tokens = corpus(NOTEBOOK.corpus).tokens().valid[1:]
    measure = measured(NOTEBOOK)
    assert (measure.tokens, measure.unknown) == ("word", 0)
    assert measure.bits == pytest.approx(len(tokens) / len(" ".join(tokens)) / log(2))
