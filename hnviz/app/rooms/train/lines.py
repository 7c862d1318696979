"""The part of Train in which a student puts the lines of a short program in order."""

from functools import partial
from textwrap import dedent

import streamlit as st

from hnviz.app.kit.cards import drawing
from hnviz.app.kit.fields.picture import button, choice, controls, put_in, text, wrong
from hnviz.app.kit.text import lead, page_theme, prose, section
from hnviz.exercises.orders import PUZZLES, Order, OrderError, Puzzle
from hnviz.figures import orders as of

ROW = "lines_order_fields"


def lines() -> None:
    """Draw this part of its room."""
    with controls("lines_fields"):
        name = choice("Program", tuple(PUZZLES), "lines_program")
    puzzle, look = PUZZLES[name], page_theme()
    lead(of.headline(name))
    prose(f":gray[{puzzle.task}]")
    with st.container(key="lines_try"):  # a file has none of it
        order = _moving(puzzle, f"lines_order_{name.lower()}")
    section("Run it", of.RUN_IT)
    drawing(of.result(name, order, look))
    section("What all orders do", of.ALL)
    drawing(of.all_orders(name, look))


def _moving(puzzle: Puzzle, key: str) -> Order:
    """Draw the lines, and what moves them; return their order."""
    with controls(ROW):
        order = _order(puzzle, key)
    prose(f":gray[{of.MOVE}]")
    _rows(puzzle, key, order)
    return order


def _order(puzzle: Puzzle, key: str) -> Order:
    """Return the order that a reader has typed or made; the first one where it is none."""
    typed = text("Order of the lines", key, puzzle.written(puzzle.first), longest=40, width=220)
    try:
        return puzzle.read(typed)
    except OrderError as error:
        wrong(key, str(error))
        return puzzle.first


def _rows(puzzle: Puzzle, key: str, order: Order) -> None:
    """Draw each line in its place, with what moves it; the fixed lines between them."""
    at = 0
    for place, row in enumerate(dedent("\n".join(puzzle.places)).splitlines()):
        if "{}" not in row:
            drawing(of.fixed_line(row, page_theme()))
            continue
        number = puzzle.first.index(order[at]) + 1
        with st.container(
            key=f"lines_row_{place}", horizontal=True, gap="small", vertical_alignment="center"
        ):
            with st.container(width="content"), controls(f"lines_row_{place}_fields"):
                for name, by in (("up", -1), ("down", 1)):
                    moved = _moved(order, at, by)
                    press = partial(put_in, ROW, {key: puzzle.written(moved)})
                    off = moved == order
                    button(f"{number} {name}", f"lines_{name}_{place}", press, off=off)
            with st.container(width="stretch"):
                drawing(of.line(number, row.format(puzzle.lines[order[at]]), page_theme()))
        at += 1


def _moved(order: Order, at: int, by: int) -> Order:
    """Swap a line with its neighbour; the same order where it has none on that side."""
    other = at + by
    if not 0 <= other < len(order):
        return order
    moved = [*order]
    moved[at], moved[other] = moved[other], moved[at]
    return tuple(moved)
