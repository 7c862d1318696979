"""Codes that people read out and type, tokens for machines, and waits after wrong codes.

A wait doubles with each wrong code, up to `MAX_WAIT_SECONDS`. Each address waits only for its own
wrong codes, so many addresses together lock nobody out. How far guessing gets: one address may send
`FREE_CODES` at once, ten more until its wait is two minutes long, then 30 an hour: 270 in a day of
eight hours. The `MAX_ADDRESSES` = 4,096 addresses that are counted may send 1.1 million in all.
They find one of 244 million codes with a chance of .45 %, the 254 addresses of a small network with
.03 %. While that many are counted, all others share one wait: one code in `SHARED_WAIT_SECONDS`.
"""

import hmac
import secrets
from dataclasses import dataclass

LETTERS = "ACDEFGHJKMNPQRTUVWXY34679"
"""No two of these look alike: no 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B."""

CODE_CHARS = 6  # 244 million codes
TOKEN_BYTES = 15

FREE_CODES = 20  # wrong codes without a wait: many people behind one router mistype
FORGIVEN = 2  # wrong codes that a right one from the same address cancels
MAX_WAIT_SECONDS, SHARED_WAIT_SECONDS = 120.0, 4.0
FORGET_SECONDS = 3600.0  # after so long without a wrong code, the count starts again
MAX_ADDRESSES = 4096


def new_code() -> str:
    """Return a code for a class, such as "K7QW4M"."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_CHARS))


def new_token() -> str:
    """Return a member's token or a teacher's secret: 20 characters that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def tidy(text: str) -> str:
    """Return a typed code without blanks and hyphens, in capital letters."""
    return "".join(each for each in text.upper() if each not in " -\t")


def same(given: str, wanted: str) -> bool:
    """Compare two texts in a time that does not depend on how much of them agrees."""
    # JSON may hold half a surrogate pair, which is not a character.
    return hmac.compare_digest(given.encode(errors="surrogatepass"), wanted.encode())


@dataclass(frozen=True, slots=True)
class _Count:
    wrong: int = 0
    last: float = 0.0  # time of the last wrong code

    def wait(self, now: float, free: int, longest: float) -> float:
        """Return the seconds until the next code."""
        if self.wrong < free:
            return 0.0
        pause = min(longest, 2.0 ** min(self.wrong - free, 20))
        return max(0.0, self.last + pause - now)

    def more(self, now: float) -> "_Count":
        """Count one more; old ones are forgotten after a while."""
        return _Count(1 if now - self.last > FORGET_SECONDS else self.wrong + 1, now)


class Backoff:
    """Waits of addresses that sent wrong codes, in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._by_address: dict[str, _Count] = {}
        self._others = _Count()  # for the addresses that are not counted individually

    def delay(self, address: str, now: float) -> float:
        """Return how long an address has to wait; 0 if it may send a code now."""
        if address in self._by_address:
            return self._by_address[address].wait(now, FREE_CODES, MAX_WAIT_SECONDS)
        return self._others.wait(now, 0, SHARED_WAIT_SECONDS) if self._is_full(now) else 0.0

    def failed(self, address: str, now: float) -> None:
        """Count a wrong code."""
        if address in self._by_address or not self._is_full(now):
            self._by_address[address] = self._by_address.pop(address, _Count()).more(now)
        else:
            self._others = self._others.more(now)

    def succeeded(self, address: str) -> None:
        """Count a right code, which shows that people at its address are not guessing."""
        if (found := self._by_address.pop(address, None)) and found.wrong > FORGIVEN:
            self._by_address[address] = _Count(found.wrong - FORGIVEN, found.last)

    def _is_full(self, now: float) -> bool:
        """Return whether no more addresses can be counted; forget old ones first."""
        while len(self._by_address) >= MAX_ADDRESSES:
            oldest = next(iter(self._by_address))  # all others sent wrong codes later
            if now - self._by_address[oldest].last <= FORGET_SECONDS:
                return True
            del self._by_address[oldest]
        return False
