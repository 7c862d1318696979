"""Waits after wrong codes: for each address, and for all of them together.

A wait doubles with each wrong code. The right code need not wait behind the wrong ones of others
for more than `LONGEST_IN_ALL` seconds, and those who are in the class do not need the code.
"""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import ip_address

FREE, FREE_IN_ALL = 8, 100  # wrong codes without a wait
LONGEST, LONGEST_IN_ALL = 120.0, 4.0  # seconds
FORGOTTEN = 600.0  # seconds without a wrong code, after which none counts
MOST_ADDRESSES = 2000


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
        self._by_address: OrderedDict[str, _Count] = OrderedDict()
        self._in_all = _Count()

    def wait(self, address: str, now: float) -> float:
        """Return the seconds that an address has to wait; 0 if it may try now."""
        own = self._by_address.get(network(address), _Count())
        in_all = self._in_all.wait(now, FREE_IN_ALL, LONGEST_IN_ALL)
        return max(own.wait(now, FREE, LONGEST), in_all)

    def wrong(self, address: str, now: float) -> None:
        """Count a wrong code."""
        name = network(address)
        self._by_address[name] = self._by_address.pop(name, _Count()).more(now)
        while len(self._by_address) > MOST_ADDRESSES:
            self._by_address.popitem(last=False)
        self._in_all = self._in_all.more(now)


def network(address: str) -> str:
    """Return what one person may have many addresses of: for IPv6, the first 64 bits."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:60]
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or found.exploded[:19])
