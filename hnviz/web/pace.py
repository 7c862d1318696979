"""Equal shares of a lane's time: a viewer who takes more rests while others are about."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from hnviz.web.quota import address_of

ABOUT = 5.0  # seconds for which a viewer who has asked counts as one who is about
LONGEST_REST = 5.0  # seconds


@dataclass
class _Account:
    seen: float  # when the viewer asked last, or had an answer
    debt: float = 0.0  # seconds taken and not yet made up for
    since: float = 0.0  # when that was so


class About:
    """Who has asked for work lately, in any of the lanes that share this."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._seen: OrderedDict[Hashable, float] = OrderedDict()  # the last seen is last
        self._lock = threading.Lock()

    def see(self, viewer: Hashable) -> None:
        """Note that a viewer asks, or has an answer."""
        with self._lock:
            self._seen[viewer] = self.clock()
            self._seen.move_to_end(viewer)

    def has_others(self, viewer: Hashable) -> bool:
        """Return whether anybody else is about."""
        with self._lock:
            while self._seen and self.clock() - next(iter(self._seen.values())) > ABOUT:
                self._seen.popitem(last=False)
            return not self._seen.keys() <= {viewer}


class Pace:
    """Counts the seconds that each viewer's work in one lane takes. The caller holds a lock.

    While others are about, the addresses that ask share `threads` seconds a second equally, and so
    do the viewers of each; each viewer may take a `burst` beyond.
    """

    def __init__(
        self, threads: float, burst: float, about: About | None = None, least: float = 0.0
    ) -> None:
        """`burst`: seconds of work at any speed, as the opening of a page needs.

        `least`: seconds that each piece of work counts as, at least: an answer also costs the
        server time outside of the lane's threads.
        """
        self._threads, self._burst, self._least = threads, burst, least
        self._about = about or About()
        self._clock = self._about.clock
        self._accounts: OrderedDict[Hashable, _Account] = OrderedDict()  # the last seen is last
        self._viewers: Counter[Hashable] = Counter()  # with an account, by address

    def asked(self, viewer: Hashable) -> None:
        """Note that a viewer asks for work."""
        self._see(viewer)

    def took(self, viewer: Hashable, seconds: float) -> None:
        """Note that a viewer's work took so long."""
        account = self._see(viewer)
        most = self._burst + LONGEST_REST * self._part(viewer)
        debt = self._debt(viewer) + max(seconds, self._least)
        account.debt, account.since = min(most, debt), self._clock()

    def rest(self, viewer: Hashable) -> float:
        """Return the seconds until a viewer's next turn: 0 for one who is about alone."""
        self._forget()
        if viewer not in self._accounts or not self._about.has_others(viewer):
            return 0.0
        return max(0.0, self._debt(viewer) - self._burst) / self._part(viewer)

    def _see(self, viewer: Hashable) -> _Account:
        if viewer not in self._accounts:
            self._viewers[address_of(viewer)] += 1
        account = self._accounts.setdefault(viewer, _Account(self._clock()))
        account.seen = self._clock()
        self._about.see(viewer)
        self._accounts.move_to_end(viewer)
        self._forget()
        return account

    def _forget(self) -> None:
        """Forget who has not been seen for a while, and so has made up for all but a burst."""
        while self._accounts:
            viewer, account = next(iter(self._accounts.items()))
            if self._clock() - account.seen <= ABOUT:
                return
            del self._accounts[viewer]
            self._viewers -= Counter([address_of(viewer)])  # which leaves no zeros

    def _debt(self, viewer: Hashable) -> float:
        account = self._accounts[viewer]
        return max(0.0, account.debt - self._part(viewer) * (self._clock() - account.since))

    def _part(self, viewer: Hashable) -> float:
        return self._threads / len(self._viewers) / self._viewers[address_of(viewer)]
