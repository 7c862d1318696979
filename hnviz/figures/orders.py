"""What the orders of a short program's lines do, as HTML and sentences."""

import re
from html import escape

from hnviz.exercises.orders import (
    NOTHING,
    PUZZLES,
    RAISES,
    RIGHT,
    Group,
    Order,
    group_of,
    groups,
)
from hnviz.figures.theme import Theme

MOVE = "Move a line with its two buttons. Lines without a number stay where they are."
RUN_IT = "Guess first: does it raise an error, do the right thing, or do something else?"
ALL = "Every order was run in PyTorch. Look last: the list gives much away."
_LONG = re.compile(r": \[|\. ")
"""Where the first part of an error's words ends."""


def headline(name: str) -> str:
    """Ask for the order, with the number of orders and of those that are right."""
    found = groups()[name]
    n = sum(len(each.orders) for each in found)
    right = sum(len(each.orders) for each in found if each.kind == RIGHT)
    do = "1 order does" if right == 1 else f"{right} orders do"
    return f"{PUZZLES[name].title}: of **{n}** orders of its lines, **{do}** the right thing."


def said(name: str, group: Group) -> str:
    """Say what the orders of a group do."""
    if group.kind == RAISES:
        return f"It raises {_LONG.split(group.what)[0]}."
    if name == "Mini-batch":
        return _rows(group)
    right = next(each for each in groups()[name] if each.kind == RIGHT)
    if group.kind == RIGHT:
        return f"Right: it learns. After 60 mini-batches its loss is {group.what}."
    if group.kind == NOTHING:
        return (
            f"It runs without an error and learns nothing: after 60 mini-batches its loss is "
            f"{group.what}; in the right order it is {right.what}."
        )
    return (
        f"It runs without an error and computes something else: after 60 mini-batches its loss is "
        f"{group.what}; in the right order it is {right.what}."
    )


def _rows(group: Group) -> str:
    if group.kind == RIGHT:
        return "Right: the target of each word is the next one."
    shift = int(group.what)
    target = {0: "the word itself", -1: "the word before it"}[shift]
    return f"It runs without an error, and the target of each word is {target}."


def result(name: str, order: Order, look: Theme) -> str:
    """Write what *Run it* opens for an order."""
    group = group_of(name, order)
    n = len(group.orders) - 1
    also = "No other order does the same." if n == 0 else f"{n} other orders do the same."
    also = "1 other order does the same." if n == 1 else also
    program = PUZZLES[name].program(order).strip()
    lines = "".join(f"<div>{escape(each)}</div>" for each in program.splitlines())
    return (
        f'<div class="hn-ward" style="{_style(look)}">'
        f'<details class="hn-clinic"><summary>The whole program</summary>{_code(lines, look)}'
        '</details><details class="hn-clinic">'
        f"<summary>Run it</summary><p>{escape(said(name, group))} {also}</p></details></div>"
    )


def all_orders(name: str, look: Theme) -> str:
    """Write all groups of orders, the right one first, as a table to open."""
    rows = [(said(name, each), len(each.orders)) for each in groups()[name]]
    body = "".join(f"<tr><td>{escape(text)}</td><td>{n}</td></tr>" for text, n in rows)
    return (
        f'<div class="hn-ward" style="{_style(look)}"><details class="hn-clinic">'
        "<summary>What each of them does</summary>"
        f'<table class="hn-table"><thead><tr><th>what happens</th><th>orders</th></tr></thead>'
        f"<tbody>{body}</tbody></table></details></div>"
    )


def _code(content: str, look: Theme) -> str:
    style = f"background:{look.code['background']};color:{look.code['text']}"
    return f'<div class="hn-code hn-one" style="{style}"><div>{content}</div></div>'


def _style(look: Theme) -> str:
    return f"--hn-border:{look.border};--hn-muted:{look.muted};--hn-mark:{look.primary}"
