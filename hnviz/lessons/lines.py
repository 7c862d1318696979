"""Where in a lesson's file a value is, so that its author finds it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_STEP = re.compile(r"\s*\[\[\s*step\s*\]\]")
_TABLE = re.compile(r"\s*\[\s*step\s*\.\s*(\w+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*=")
_LONG = ('"""', "'''")


class Place(NamedTuple):
    """A line of the file: which step it is in (0 before the first), which table, which key."""

    line: int
    step: int
    table: str
    key: str


def line_of(text: str, step: int, table: str, key: str) -> int:
    """Return the line of a key of a step, counted from 1; else that of its table, or the step.

    `step` counts from 1, and 0 is the lesson itself; `table` is "", "at" or "guess".
    """
    best = 1
    for place in _places(text):
        if place.step != step:
            continue
        if place.table == table and place.key == key:
            return place.line
        is_table = place.table == table and not place.key
        if is_table or (table and place.key == table) or (best == 1 and step):
            best = place.line
    return best


def _places(text: str) -> Iterator[Place]:
    step, table, within = 0, "", ""
    for line, content in enumerate(text.splitlines(), start=1):
        if within:
            within = "" if within in content else within
            continue
        if _STEP.match(content):
            step, table = step + 1, ""
            yield Place(line, step, "", "")
        elif named := _TABLE.match(content):
            table = named[1]
            yield Place(line, step, table, "")
        elif named := _KEY.match(content):
            yield Place(line, step, table, named[1])
            value = content[named.end() :]
            within = next((mark for mark in _LONG if value.count(mark) == 1), "")
