"""Hostile inputs for every reader: a few with each commit, 2,000 of each in CI.

What ``make fuzz`` found with more of them is a test beside the others of what it found it in.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fuzz.running import ALL, fuzz


@pytest.mark.parametrize("name", ALL)
def test_hostile_input_is_refused_in_one_line(name, tmp_path):
    held(name, tmp_path, 200)


@pytest.mark.slow  # CI runs it
@pytest.mark.parametrize("name", ALL)
def test_2000_hostile_inputs_are_refused_in_one_line(name, tmp_path):
    held(name, tmp_path, 2_000)


def held(name, folder, inputs):
    with ThreadPoolExecutor(1) as thread:  # a loop of the browser tests may run in this one
        tried = thread.submit(fuzz, name, folder, inputs).result()
    if tried.error is not None:
        raise AssertionError(f"on {tried.value!r:.1000}") from tried.error
    assert tried.inputs >= inputs // ALL[name].every
