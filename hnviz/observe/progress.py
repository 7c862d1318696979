"""The progress of a question, for viewers waiting for its answer."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

Item = TypeVar("Item")
Hear = Callable[[int, int, str], None]
"""(how many are done, of how many, what they are)"""

_hear: list[Hear] = []


def listen(hear: Hear) -> None:
    """Let this process's questions report to one listener, which must return at once."""
    _hear[:] = [hear]


def reported(
    items: Sequence[Item], what: str, sizes: Sequence[int] | None = None
) -> Iterator[Item]:
    """Iterate over `items`, reporting before each how many are done; `what` names them.

    Give `sizes` where an item counts as several.
    """
    sizes = sizes or [1] * len(items)
    for item, done in zip(items, accumulate(sizes, initial=0), strict=False):
        for hear in _hear:
            hear(done, sum(sizes), what)
        yield item
