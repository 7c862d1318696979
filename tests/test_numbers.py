"""Shares are written in percent, the same in Python and in JavaScript."""

import json

import pytest

from hnviz.figures.numbers import accuracy, percent, points
from tests.conftest import ROOT

CASES = json.loads((ROOT / "tests" / "data" / "shares.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['share']}")
def test_a_share_is_written_as_in_the_table(case):
    assert accuracy(case["share"]) == case["accuracy"]
    assert percent(case["share"]) == case["percent"]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [(0.58349, 0.54051, "4.2 points"), (0.54051, 0.58349, "4.2 points"), (1, 0.9999, "0.1 points")],
)
def test_a_difference_is_that_of_the_shares_that_are_shown(one, other, said):
    """kit/js/text.js does the same: tests/js/compare.test.js."""
    assert points(one, other) == said
