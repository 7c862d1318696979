"""Hostile inputs for every reader: a few with each commit, 2,000 of each in CI.

What ``make fuzz`` found with more of them is a row below, or of the tests of what it found it in.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from hnviz.lessons.reading import FILES
from hnviz.models.catalogue import entry
from hnviz.own.models import OwnModel, OwnModels
from tests.fuzz.running import ALL, fuzz
from tests.fuzz.targets import Place, refused

MINE = OwnModels("mine.py", "#", (OwnModel(entry("LSTM"), "0" * 20),)).to_json().encode()
LESSON = (FILES / "text-into-batches.toml").read_bytes()
HUGE, DEEP = b"1" + 400 * b"0", 9000 * b"[" + 9000 * b"]\n"
FOUND = {
    "a field of 10,000 characters in a lesson": ("lesson", b"%s = 1\n" % (b"x" * 10_000) + LESSON),
    "a field of two lines in a lesson": ("lesson", b'"a\\n\\u2028b" = 1\n' + LESSON),
    "an answer of a lesson is 10^400": ("lesson", LESSON.replace(b"truth = ", b"truth = " + HUGE)),
    "a deep value of a lesson": ("lesson", b"odd = " + DEEP + LESSON),
    "an unknown field of an own model": ("models", MINE.replace(b'"text"', b'"odd": 1, "text"', 1)),
    "an unknown field of an entry": ("models", MINE.replace(b'"name"', b'"odd": 1, "name"', 1)),
    "a deep value of an own model": ("models", MINE.replace(b'"LSTM"', DEEP, 1)),
}
"""What was found -> the reader, and an input that it refuses."""


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_is_refused_in_one_line(what, tmp_path):
    name, value = FOUND[what]
    feed, refuses = ALL[name].make(Place(tmp_path)), ALL[name].refuses
    refused(feed, value, refuses)
    with pytest.raises(refuses):
        feed(value)


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
