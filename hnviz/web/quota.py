"""Limits on what one viewer and one address hold at the same time, and do in a second."""

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from hnviz.web.errors import Refusal
from hnviz.web.viewer import Viewer


def most_of_address(most: int) -> int:
    """Return how many of the places that all share one address may take: three quarters.

    A class behind one router has room, and others find some.
    """
    return max(1, most * 3 // 4)


def address_of(viewer: Hashable) -> Hashable:
    """Return a viewer's address; one who is only a name is an address of its own."""
    return viewer.address if isinstance(viewer, Viewer) else viewer


class Quota:
    """Counts what each viewer holds of one thing, and each address. For one event loop."""

    def __init__(self, most: int, sentence: str, of_address: int = 0) -> None:
        """A viewer may hold `most`; `sentence` refuses more. An address: 0 for no limit."""
        self._most, self._sentence, self._of_address = most, sentence, of_address
        self._held: Counter[Hashable] = Counter()
        self._addresses: Counter[Hashable] = Counter()

    def take(self, viewer: Hashable) -> None:
        """Count one more. Raises Refusal."""
        address = address_of(viewer)
        if self._held[viewer] >= self._most:
            raise Refusal(self._sentence, 429)
        if self._of_address and self._addresses[address] >= self._of_address:
            raise Refusal(
                f"your network address has {self._of_address} already, which is the limit; try "
                "again later",
                429,
            )
        self._held[viewer] += 1
        self._addresses[address] += 1

    def give(self, viewer: Hashable) -> None:
        """Count one less."""
        self._held -= Counter([viewer])  # which leaves no zeros
        self._addresses -= Counter([address_of(viewer)])

    @contextmanager
    def taken(self, viewer: Hashable) -> Iterator[None]:
        """Count one more for a while. Raises Refusal."""
        self.take(viewer)
        try:
            yield
        finally:
            self.give(viewer)


class Turns:
    """Lets a few things of each address go on at a time; its viewers take turns.

    For one event loop.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._running: Counter[Hashable] = Counter()
        self._lines: dict[Hashable, OrderedDict[Hashable, deque[asyncio.Future[None]]]] = {}

    async def take(self, viewer: Hashable) -> None:
        """Wait for a turn."""
        address = address_of(viewer)
        if self._running[address] < self._at_once:
            self._running[address] += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lines = self._lines.setdefault(address, OrderedDict())
        lines.setdefault(viewer, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came at the same moment
                self.give(viewer)
            raise

    def give(self, viewer: Hashable) -> None:
        """End a turn; the next one in line has it."""
        address = address_of(viewer)
        lines = self._lines.get(address, OrderedDict())
        while lines:
            first, line = next(iter(lines.items()))
            turn = line.popleft()
            lines.move_to_end(first)
            if not line:
                del lines[first]
            if not turn.done():
                turn.set_result(None)
                return
        self._lines.pop(address, None)
        self._running -= Counter([address])  # which leaves no zeros


class Rate:
    """Spreads what a viewer does too quickly, such as presses. For one event loop."""

    def __init__(
        self, a_second: float, at_once: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`at_once`: so many need no wait, if there were none for a while."""
        self._every, self._at_once, self._clock = 1 / a_second, at_once, clock
        self._due: dict[Hashable, float] = {}  # when a viewer's next would be due, at this rate

    def delay(self, viewer: Hashable) -> float:
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
