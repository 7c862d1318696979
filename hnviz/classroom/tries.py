"""Waits after wrong codes, for each address.

A wait doubles with each wrong code, up to `LONGEST`. Wrong codes from other addresses make nobody
wait, so many addresses lock nobody out. What guessing can reach: one address has `FREE` codes at
once, some ten more until its wait is two minutes long, then 30 an hour: 270 in a day of eight
hours. The `MOST_ADDRESSES` = 4,096 addresses that are counted have 1.1 million together. They find
one of 244 million codes with a chance of .45 %, the 254 addresses of a small network with .03 %.
While that many are counted, further ones share one wait: one code in `LONGEST_IN_ALL` seconds.
"""

from dataclasses import dataclass

FREE = 20  # wrong codes without a wait: many people behind one router mistype
FORGIVEN = 2  # wrong codes that a right one from the same address takes back
LONGEST, LONGEST_IN_ALL = 120.0, 4.0  # seconds
FORGOTTEN = 3600.0  # seconds without a wrong code, after which none counts
MOST_ADDRESSES = 4096


@dataclass(frozen=True, slots=True)
class _Count:
    wrong: int = 0
    last: float = 0.0

    def wait(self, now: float, free: int, longest: float) -> float:
        """Return the seconds until the next try."""
        if self.wrong < free:
            return 0.0
        pause = min(longest, 2.0 ** min(self.wrong - free, 20))
        return max(0.0, self.last + pause - now)

    def more(self, now: float) -> "_Count":
        """Count another one; the old ones are forgotten after a while."""
        return _Count(1 if now - self.last > FORGOTTEN else self.wrong + 1, now)


class Tries:
    """Counts wrong codes; times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._by_address: dict[str, _Count] = {}
        self._others = _Count()  # of addresses that are not counted one by one

    def wait(self, address: str, now: float) -> float:
        """Return the seconds that an address has to wait; 0 if it may try now."""
        if address in self._by_address:
            return self._by_address[address].wait(now, FREE, LONGEST)
        return self._others.wait(now, 0, LONGEST_IN_ALL) if self._is_full(now) else 0.0

    def wrong(self, address: str, now: float) -> None:
        """Count a wrong code."""
        if address in self._by_address or not self._is_full(now):
            self._by_address[address] = self._by_address.pop(address, _Count()).more(now)
        else:
            self._others = self._others.more(now)

    def right(self, address: str) -> None:
        """Count a right code: those at its address are not guessing."""
        if (found := self._by_address.pop(address, None)) and found.wrong > FORGIVEN:
            self._by_address[address] = _Count(found.wrong - FORGIVEN, found.last)

    def _is_full(self, now: float) -> bool:
        """Return whether no more addresses can be counted; forget old ones first."""
        while len(self._by_address) >= MOST_ADDRESSES:
            oldest = next(iter(self._by_address))  # the others were wrong after it
            if now - self._by_address[oldest].last <= FORGOTTEN:
                return True
            del self._by_address[oldest]
        return False
