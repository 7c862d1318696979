"""The words that a reader guesses among, and what train says of the true one."""

import re
from collections import Counter
from functools import cache

import pytest

from hnviz.app.rooms.data.guess.choices import CHOICES, LONGEST, guesses, unknowable
from hnviz.data import human_numbers, human_numbers_stream, tokenize
from hnviz.figures.sentences import own_tokens

STREAM = human_numbers_stream()
TRAIN = " ".join(tokenize(human_numbers().train)) + " "
TYPED = ["3045, 3046", "8045, 8046", "1 to 12", "seven", "eight bananas, hundred nine"]


@cache
def followed(context: str) -> Counter[str]:
    """Count the words behind a context in train."""
    return Counter(re.findall(rf"(?<!\S)(?={re.escape(context)} (\S+) )", TRAIN))


@pytest.mark.parametrize("typed", TYPED)
def test_each_guess_is_among_four_words_and_its_count_is_trains(typed):
    text = own_tokens(typed, STREAM.vocab)
    found = guesses(text.ids, STREAM)
    assert len(found) == len(text.tokens) - 1
    for place, (choices, why) in enumerate(found, start=1):
        truth = text.tokens[place]
        assert truth in choices and len(set(choices)) == len(choices) == CHOICES
        ids = [STREAM.vocab.stoi[word] for word in choices]
        assert ids == sorted(ids), "their order does not give the true word away"
        contexts = [" ".join(text.tokens[place - k : place]) for k in range(1, LONGEST + 1)]
        known = [each for each in contexts[:place] if followed(each)]
        if not known:
            assert why == f"Train never has “{text.tokens[place - 1]}”."
            continue
        times, n = followed(known[-1])[truth], followed(known[-1]).total()
        quoted = "“" + known[-1].replace(" ,", ",") + "”"
        wanted = {0: f"never follows {quoted}.", n: f"always follows {quoted}."}
        said = wanted.get(times, f"follows {quoted} {times:,} of {n:,} times.")
        assert why == f"In train, it {said}"


def test_words_that_follow_are_offered_before_words_that_never_do():
    choices, _ = guesses(own_tokens("three thousand", STREAM.vocab).ids, STREAM)[1]
    assert {"thousand", "hundred", ","} < set(choices), "all that follows “three” in train"


@pytest.mark.parametrize("typed", TYPED)
def test_nobody_could_know_a_word_that_follows_all_before_it_less_than_half_the_time(typed):
    text = own_tokens(typed, STREAM.vocab)
    found = unknowable(text.ids, STREAM)
    assert len(found) == len(text.tokens) - 1
    for place, nobody in enumerate(found, start=1):
        before = " ".join(text.tokens[1:place])
        behind = followed(before) if before else Counter[str]()
        most = max(behind.values(), default=0)
        assert nobody is (0 < most < behind.total() / 2), before


def test_the_first_number_is_open_and_the_next_one_is_not():
    text = own_tokens("3045, 3046", STREAM.vocab)
    named = dict(enumerate(zip(text.tokens[1:], unknowable(text.ids, STREAM), strict=True)))
    assert [word for word, nobody in named.values() if nobody] == ["thousand", "forty", "five"]
