"""Which lines of a long run are skipped together, and where that stops."""

import pytest

from hnviz.runs.codec import Lines, encode
from hnviz.runs.codec import _last_between as last_between
from tests.test_hostile_runs import batch, epoch

EVERY = 8
BEFORE = b"{}\n"


def told(lines: list[bytes]) -> tuple[bytes, list[int]]:
    """Return the lines as a file's content after a first one, and where each of them ends."""
    content, ends = BEFORE, []
    for line in lines:
        content += line
        ends.append(len(content) - 1)
    return content, ends


@pytest.mark.parametrize("step", range(1, EVERY))
@pytest.mark.parametrize("last", [EVERY, EVERY + 1, 2 * EVERY, 3 * EVERY])
def test_lines_are_skipped_up_to_the_one_before_the_next_multiple(step: int, last: int) -> None:
    content, ends = told([encode(batch(each)) for each in range(last + 1)])
    assert last_between(content, ends[step], step, EVERY) == ends[EVERY - 1]
    second, ends = told([encode(batch(each)) for each in range(EVERY, 2 * EVERY + 1)])
    assert last_between(second, ends[step], EVERY + step, EVERY) == ends[EVERY - 1]


def test_a_file_that_ends_before_the_next_multiple_is_read_line_by_line() -> None:
    content, ends = told([encode(batch(each)) for each in range(EVERY)])
    assert last_between(content, ends[1], 1, EVERY) == ends[1]


STEPS = [encode(batch(each)) for each in range(3 * EVERY)]


@pytest.mark.parametrize(
    "lines",
    [
        [*STEPS[:4], encode(epoch(4)), *STEPS[4:]],
        [*STEPS[:4], *STEPS[5:]],
        [*STEPS[:4], encode(epoch(4)), *STEPS[5:]],
        [*STEPS[:4], *STEPS[3:]],
        [*STEPS[:4], STEPS[4][:-2] + b"\n", *STEPS[5:]],
        [*STEPS[:7], STEPS[7][:-2] + b"\n", *STEPS[8:]],
        [*STEPS[:4], b"\n", *STEPS[5:]],
    ],
    ids=["another event", "a gap", "another for one", "twice", "torn", "torn last", "empty"],
)
def test_lines_of_anything_else_are_not_skipped_together(lines: list[bytes]) -> None:
    content, ends = told(lines)
    assert last_between(content, ends[1], 1, EVERY) == ends[1]


def test_a_search_ends_after_twice_the_room_of_the_lines() -> None:
    """Or each line of a file without the multiple would be searched for in all that follows."""
    line = len(STEPS[1])
    for room, found in ((2 * EVERY * line - 40, True), (2 * EVERY * line + 40, False)):
        wide = STEPS[2][:-2] + b" " * (room - 6 * line) + b"}\n"
        content, ends = told([*STEPS[:2], wide, *STEPS[3 : EVERY + 1]])
        assert (last_between(content, ends[1], 1, EVERY) == ends[EVERY - 1]) is found


def test_a_torn_line_among_the_skipped_is_told() -> None:
    lines = Lines(4)
    torn = STEPS[1][:-2] + b"\n"
    with pytest.raises(ValueError, match=r"^line 1: .* is not JSON"):
        lines.read(torn + STEPS[2] + STEPS[4])
