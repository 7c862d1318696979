"""Limits on what one viewer holds at the same time, and does in a second."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
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


class Rate:
    """Spreads what a viewer does too quickly, such as presses. For one event loop."""

    def __init__(
        self, a_second: float, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`at_once`: so many need no wait, if there were none for a while."""
        self._every, self._at_once, self._clock = 1 / a_second, at_once, clock
        self._due: dict[str, float] = {}  # when a viewer's next would be due, at this rate

    def delay(self, viewer: str) -> float:
        """Count one more; return the seconds that it has to wait."""
        now = self._clock()
        self._due = {each: due for each, due in self._due.items() if due > now}
        due = self._due.get(viewer, now)
        self._due[viewer] = due + self._every
        return max(0.0, due - now - (self._at_once - 1) * self._every)


class Bucket:
    """An allowance: so many at once, then so many a second."""

    def __init__(
        self, a_second: float, at_once: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._a_second, self._most, self._clock = a_second, at_once, clock
        self._left, self._seen = at_once, clock()

    @property
    def left(self) -> float:
        """What may be taken now; below 0 after more was taken than there was."""
        now = self._clock()
        self._left = min(self._most, self._left + self._a_second * (now - self._seen))
        self._seen = now
        return self._left

    @property
    def is_half_full(self) -> bool:
        """Return whether little was taken lately."""
        return self.left >= self._most / 2

    def take(self, n: float) -> None:
        """Take so many, even if there are fewer."""
        self._left = self.left - n

    def wait(self, n: float) -> float:
        """Return the seconds until so many are there."""
        return max(0.0, (n - self.left) / self._a_second)
