"""Shares are written in percent, the same in Python and in JavaScript."""

import json

import pytest

from hnviz.figures.numbers import accuracy, percent
from tests.conftest import ROOT

CASES = json.loads((ROOT / "tests" / "data" / "shares.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['share']}")
def test_a_share_is_written_as_in_the_table(case):
    assert accuracy(case["share"]) == case["accuracy"]
    assert percent(case["share"]) == case["percent"]
