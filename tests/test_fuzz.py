"""A few hostile inputs for every reader, and what ``make fuzz`` found with thousands."""

import pytest

from tests.fuzz.running import ALL, fuzz

INPUTS = 50

pytestmark = pytest.mark.xdist_group("fuzz")  # one process loads the pictures


@pytest.mark.parametrize("name", ALL)
def test_hostile_input_is_refused_in_one_line(name, tmp_path):
    tried = fuzz(name, tmp_path, INPUTS)
    if tried.error is not None:
        raise tried.error
    assert tried.inputs >= INPUTS // ALL[name].every
