"""Which lines of a long run are skipped together, and where that stops."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnviz.events import BatchEnd, Event, RunStarted
from hnviz.runs.events import Lines, encode, last_between
from hnviz.schedule import MAX_BATCHES, batch_stride
from tests.by_hand import batch
from tests.by_hand import epoch_at as epoch

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


@pytest.mark.parametrize("step", range(1, EVERY))
def test_the_same_steps_before_and_after_do_not_count(step: int) -> None:
    steps = [encode(batch(each)) for each in range(EVERY + 1)]
    content, ends = told([*steps, *steps, *steps[-2:]])  # as those of an attempt before
    assert last_between(content, ends[len(steps) + step], step, EVERY) == ends[-4]


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


def started(n_steps: int) -> RunStarted:
    return RunStarted(n_batches=1, n_steps=n_steps, n_weights=1, device="cpu", time=1.0)


def kept(events: list[Event], every: int) -> list[Event]:
    """Drop the mini-batches between multiples of `every` that another one follows."""
    return [
        event
        for event, following in pairwise([*events, None])
        if not isinstance(event, BatchEnd)
        or event.step % every == 0
        or not isinstance(following, BatchEnd)
    ]


@given(
    lengths=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 70)), max_size=5),
    every=st.sampled_from([1, 2, 4, 8, 16]),
    data=st.data(),
)
@settings(max_examples=100)
def test_a_skim_drops_only_mini_batches_that_another_one_follows(lengths, every, data) -> None:
    events: list[Event] = []
    for first, length in lengths:
        events += [*map(batch, range(first, first + length)), epoch(first)]
    events = events[: data.draw(st.integers(0, len(events)))]
    content = b"".join(map(encode, events))
    lines = Lines(every)
    assert lines.read(content) == kept(events, every)
    with pytest.raises(ValueError, match=f"^line {len(events) + 1}: it is not JSON$"):
        lines.read(b"x\n")


def test_a_record_of_a_long_run_skips_and_a_given_distance_holds() -> None:
    n_steps = 20 * MAX_BATCHES
    every = batch_stride(n_steps)
    assert every > EVERY
    steps = [batch(each) for each in range(3 * every)]
    content = b"".join(map(encode, [started(n_steps), *steps]))
    assert Lines().read(content) == kept([started(n_steps), *steps], every)
    assert Lines(EVERY).read(content) == kept([started(n_steps), *steps], EVERY)
    assert Lines(1).read(content) == [started(n_steps), *steps]


def test_a_torn_line_among_the_skipped_is_told() -> None:
    lines = Lines(4)
    torn = STEPS[1][:-2] + b"\n"
    with pytest.raises(ValueError, match=r"^line 1: .* is not JSON"):
        lines.read(torn + STEPS[2] + STEPS[4])
