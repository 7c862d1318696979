"""The part of Train in which a student puts the lines of a short program in order."""

from textwrap import dedent

import streamlit as st

from hnviz.app.kit.cards import drawing
from hnviz.app.kit.fields.picture import choice, controls, in_order, wrong
from hnviz.app.kit.text import lead, page_theme, prose, section
from hnviz.exercises.orders import PUZZLES, Order, OrderError, Puzzle
from hnviz.figures import orders as of


def lines() -> None:
    """Draw this part of its room."""
    with controls("lines_fields"):
        name = choice("Program", tuple(PUZZLES), "lines_program")
    puzzle, look = PUZZLES[name], page_theme()
    lead(of.headline(name))
    prose(f":gray[{puzzle.task} {of.MOVE}]")
    with st.container(key="lines_try"):  # a file has none of it
        order = _moving(puzzle, name.lower())
    section("Run it", of.RUN_IT)
    drawing(of.result(name, order, look))
    section("What all orders do", of.ALL)
    drawing(of.all_orders(name, look))


def _moving(puzzle: Puzzle, name: str) -> Order:
    """Draw the lines; return their order: the first one where the address has none."""
    places = dedent("\n".join(puzzle.places)).splitlines()
    shown = [puzzle.lines[line] for line in puzzle.first]
    key = f"lines_order_{name}"
    with controls(f"lines_{name}_fields"):
        text = in_order("Lines", shown, places, key, puzzle.written(puzzle.first))
        try:
            return puzzle.read(text)
        except OrderError as error:
            wrong(key, str(error))
            return puzzle.first
