"""Limits on what one viewer holds at the same time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from hnviz.web.views import Refusal


class Quota:
    """Counts what each viewer holds of one thing. For one event loop."""

    def __init__(self, most: int, sentence: str) -> None:
        """A viewer may hold `most`; `sentence` refuses more."""
        self._most, self._sentence = most, sentence
        self._held: Counter[str] = Counter()

    def take(self, viewer: str) -> None:
        """Count one more. Raises Refusal."""
        if self._held[viewer] >= self._most:
            raise Refusal(self._sentence, 429)
        self._held[viewer] += 1

    def give(self, viewer: str) -> None:
        """Count one less."""
        self._held[viewer] -= 1
        if not self._held[viewer]:
            del self._held[viewer]

    @contextmanager
    def taken(self, viewer: str) -> Iterator[None]:
        """Count one more for a while. Raises Refusal."""
        self.take(viewer)
        try:
            yield
        finally:
            self.give(viewer)
