"""The progress of a question, for viewers who wait for its answer."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

Item = TypeVar("Item")
Hear = Callable[[int, int, str], None]
"""(how many are done, of how many, what they are)"""

_hear: list[Hear] = []


def listen(hear: Hear) -> None:
    """Have this process's questions report to one listener; it must return at once."""
    _hear[:] = [hear]


def reported(
    items: Sequence[Item], what: str, sizes: Sequence[int] | None = None
) -> Iterator[Item]:
    """Go through `items`, and report before each how many are done; `what` names them.

    `sizes` is given where an item is several of what is named.
    """
    sizes = sizes or [1] * len(items)
    for item, done in zip(items, accumulate(sizes, initial=0), strict=False):
        for hear in _hear:
            hear(done, sum(sizes), what)
        yield item
