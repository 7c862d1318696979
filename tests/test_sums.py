"""Each package has at most as much code as tests/data/sums.csv says.

A figure falls with the code: ``python -m tests.sums``. It rises only in a commit that adds a
feature of an open issue, and says by how much: ``python -m tests.sums --raise PACKAGE``.
"""

import pytest

from tests.sums import figures, sizes

SLACK = 0.03  # of a package's lines, by which it may be smaller before its figure falls
SIZES = sizes()


def test_each_package_has_a_figure() -> None:
    assert figures().keys() == SIZES.keys(), "run python -m tests.sums"


@pytest.mark.parametrize("name", SIZES)
def test_a_package_has_no_more_than_its_figure(name: str) -> None:
    most, now = figures()[name], SIZES[name]
    for wanted, got, what in zip(most[:2], now[:2], now._fields[:2], strict=True):
        assert got <= wanted, f"{name} has {got:,} {what}, {got - wanted:,} more than its figure"


@pytest.mark.parametrize("name", SIZES)
def test_a_figure_falls_with_the_code(name: str) -> None:
    most, now = figures()[name], SIZES[name]
    assert now.lines >= (1 - SLACK) * most.lines - 10, "run python -m tests.sums"
    assert now.modules == most.modules, "run python -m tests.sums"
