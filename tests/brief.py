"""How often a program that measures does its work: as often as it says, or once with HNVIZ_BRIEF.

`make slow` runs each of them so, to see that it still works; its figures then mean nothing.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

BRIEF = bool(os.environ.get("HNVIZ_BRIEF"))
Each = TypeVar("Each")


def often(times: int, brief: int = 1) -> int:
    """Return a number of times, or the few of a brief run."""
    return brief if BRIEF else times


def some(each: Sequence[Each], brief: int = 1) -> Sequence[Each]:
    """Return all of them, or the first few in a brief run."""
    return each[:brief] if BRIEF else each
