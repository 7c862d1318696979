"""Lines to put in order: the groups that ship are what torch does."""

import re
from html import unescape
from math import factorial
from random import Random

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.bench import orders as bench
from hnviz.exercises.orders import (
    NOTHING,
    OTHER,
    PUZZLES,
    RAISES,
    RIGHT,
    Group,
    OrderError,
    group_of,
    groups,
    texts,
)
from hnviz.figures import orders as of
from hnviz.figures.theme import theme
from tests.pages import control, open_page
from tests.sentences import Recorded

FEW = 10  # orders of a program that a quick test runs again
each_puzzle = pytest.mark.parametrize("name", PUZZLES)


def kinds(name: str) -> dict[str, int]:
    found = dict.fromkeys((RIGHT, OTHER, NOTHING, RAISES), 0)
    for group in groups()[name]:
        found[group.kind] += len(group.orders)
    return found


def shipped(name: str, order: tuple[int, ...]) -> tuple[str, str]:
    group = group_of(name, order)
    return group.kind, group.what


def alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Compare what happens; another processor may end a loss elsewhere in its last digits."""
    try:
        return one[0] == other[0] and float(one[1]) == pytest.approx(float(other[1]), abs=0.2)
    except ValueError:  # an error, whose words are the version's
        return [each.partition(":")[0] for each in one] == [
            each.partition(":")[0] for each in other
        ]


def check_again(name: str, orders: list[tuple[int, ...]]) -> None:
    """Run orders again, and hold them to the file."""
    found = bench.grouped(PUZZLES[name], orders)
    assert sum(len(group.orders) for group in found) == len(orders)
    for group in found:
        for text in group.orders:
            order = tuple(map(int, text))
            assert alike((group.kind, group.what), shipped(name, order)), order


@each_puzzle
def test_every_order_is_in_one_group(name: str) -> None:
    puzzle = PUZZLES[name]
    listed = [order for group in groups()[name] for order in group.orders]
    assert len(puzzle.lines) <= 6
    assert len(listed) == factorial(len(puzzle.lines))
    assert sorted(listed) == sorted(texts(puzzle.orders()))
    assert groups()[name][0].kind == RIGHT
    assert texts([puzzle.orders()[0]])[0] in groups()[name][0].orders


@each_puzzle
def test_a_reader_begins_with_an_order_that_is_not_right(name: str) -> None:
    puzzle = PUZZLES[name]
    assert sorted(puzzle.first) == [*range(len(puzzle.lines))]
    assert group_of(name, puzzle.first).kind != RIGHT
    assert puzzle.read(puzzle.written(puzzle.first)) == puzzle.first


def test_each_program_has_orders_that_run_and_do_something_wrong() -> None:
    assert kinds("Loop")[NOTHING] > 0
    assert kinds("Mini-batch")[OTHER] > 0
    assert kinds("Forward")[OTHER] + kinds("Forward")[NOTHING] > 0
    assert all(kinds(name)[RAISES] > 0 for name in PUZZLES)


@each_puzzle
def test_some_orders_do_again_what_the_file_says(name: str) -> None:
    puzzle = PUZZLES[name]
    fails = [order for order in puzzle.orders() if shipped(name, order)[0] == RAISES]
    check_again(name, Random(0).sample(fails, FEW))


@pytest.mark.slow
@each_puzzle
def test_all_orders_do_again_what_the_file_says(name: str) -> None:
    check_again(name, PUZZLES[name].orders())


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [("1 2 3 5", (4, 1, 5)), ("1 2 2 3 4", (2, 2, 1, 5)), ("1 2 3 4 9", (9, 1, 5))],
)
def test_an_order_that_is_none_is_one_sentence(
    typed: str, numbers: tuple[int, ...], recorded: Recorded
) -> None:
    with pytest.raises(OrderError, match=re.escape(str(len(PUZZLES["Loop"].lines)))) as raised:
        PUZZLES["Loop"].read(typed)
    recorded(str(raised.value), *numbers)


def test_the_page_says_what_is_missing_and_still_works() -> None:
    page = open_page(
        "train",
        train_part="Exercises",
        train_exercise="Lines",
        lines_program="Loop",
        lines_order_loop="1 2 3 5",
    )
    assert control(page, "lines_order_loop")["wrong"]
    assert [*page.exception] == []
    assert of.said("Loop", group_of("Loop", PUZZLES["Loop"].first)) in drawn(page)


def test_an_order_in_the_address_is_run() -> None:
    puzzle = PUZZLES["Mini-batch"]
    moved = (puzzle.first[1], puzzle.first[0], *puzzle.first[2:])
    page = open_page(
        "train",
        train_part="Exercises",
        train_exercise="Lines",
        lines_program="Mini-batch",
        **{"lines_order_mini-batch": puzzle.written(moved)},
    )
    assert not control(page, "lines_order_mini-batch")["wrong"]
    html = drawn(page)
    places = [html.index(puzzle.lines[line]) for line in moved]
    assert places == sorted(places)


def drawn(page: AppTest) -> str:
    """Return all HTML of a page."""
    return unescape("".join(each.proto.body for each in (*page.markdown, *page.get("html"))))


def test_a_result_says_what_happens(recorded: Recorded) -> None:
    right, nothing = (
        next(group for group in groups()["Loop"] if group.kind == kind) for kind in (RIGHT, NOTHING)
    )
    steps = bench.STEPS
    recorded(of.said("Loop", right), steps, right.what)
    recorded(of.said("Loop", nothing), steps, nothing.what, right.what)
    recorded(of.said("Loop", Group(OTHER, "2.50", [])), steps, "2.50", right.what)
    recorded(of.said("Mini-batch", Group(OTHER, "0", [])))
    recorded(of.said("Mini-batch", Group(OTHER, "-1", [])))
    n = factorial(len(PUZZLES["Loop"].lines))
    recorded(of.headline("Loop"), n, len(right.orders))


@pytest.mark.parametrize("mode", ["light", "dark"])
@each_puzzle
def test_the_table_counts_all_orders(name: str, mode: str) -> None:
    table = of.all_orders(name, theme(mode))
    counted = [int(each) for each in re.findall(r"<td>(\d+)</td>", table)]
    assert sum(counted) == factorial(len(PUZZLES[name].lines))
