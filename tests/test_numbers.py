"""Shares are written in percent, the same in Python and in JavaScript."""

import json
from math import nan

import pytest

from hnviz.figures.numbers import accuracy, percent, points, unbroken
from hnviz.figures.sentences import as_sentence
from tests.conftest import ROOT

CASES = json.loads((ROOT / "tests" / "data" / "shares.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['share']}")
def test_a_share_is_written_as_in_the_table(case):
    assert accuracy(case["share"]) == case["accuracy"]
    assert percent(case["share"]) == case["percent"]
    assert accuracy(None) == accuracy(nan) == "not measured"
    assert len(unbroken(f"of 8 ({case['percent']}), '<' 3 more").split(" ")) == 6


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [(0.58349, 0.54051, "4.2 points"), (0.54051, 0.58349, "4.2 points"), (1, 0.9999, "0.1 points")],
)
def test_a_difference_is_that_of_the_shares_that_are_shown(one, other, said):
    """kit/js/text.js does the same: tests/js/compare.test.js."""
    assert points(one, other) == said


def test_a_refusal_is_a_sentence_with_one_full_stop():
    """tests/js/text.test.js reads the same table."""
    path = ROOT / "tests" / "data" / "refusals.json"
    for text, sentence in json.loads(path.read_text(encoding="utf-8")):
        assert as_sentence(text) == sentence
