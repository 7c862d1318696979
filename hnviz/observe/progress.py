"""The progress of a question, for viewers who wait for its answer."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Hear = Callable[[int, int, str], None]
"""(how many are done, of how many, what they are)"""

_hear: list[Hear] = []


def listen(hear: Hear) -> None:
    """Have this process's questions report to one listener; it must return at once."""
    _hear[:] = [hear]


def reported(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Go through `items`, and report before each how many are done; `what` names them."""
    for done, item in enumerate(items):
        for hear in _hear:
            hear(done, len(items), what)
        yield item
