"""How shares are written: always in percent, on every page. `kit/js/text.js` writes the same."""

import re
from math import exp, isnan, log

LARGEST_LOSS = log(1e6)  # nats: a perplexity of a million
_MOST, _LEAST = 99.95, 0.0001  # percent; beyond them no digits are worth writing


def accuracy(share: float | None) -> str:
    """Write a share that is compared with others: "83.2 %", or "not measured".

    Only all is "100 %", and only none is "0 %"; a share below half a thousandth is "< 0.1 %".
    """
    if share is None or isnan(share):
        return "not measured"
    percent = 100 * share
    if percent in (0, 100):
        return f"{percent:.0f} %"
    return f"{min(percent, 99.9):.1f} %" if percent >= 0.05 else "< 0.1 %"


def points(one: float, other: float) -> str:
    """Write the difference of two shares, as `accuracy` shows them: "4.2 points"."""
    shown, less = (float(accuracy(share).strip("< %")) for share in (one, other))
    return f"{abs(shown - less):.1f} points"


def percent(share: float) -> str:
    """Write a share or a probability briefly: "49 %", "99.7 %", "0.2 %", "0.0004 %"."""
    percent = 100 * share
    if percent == 0 or percent >= 100:  # a ratio may be above 1
        return f"{percent:.0f} %"
    if percent >= _MOST:
        return "> 99.9 %"
    if percent >= 99.5:
        return f"{percent:.1f} %"
    if percent >= 9.95:
        return f"{percent:.0f} %"
    if percent >= 0.095:
        return f"{percent:.1f} %"
    if percent >= _LEAST:
        return f"{float(f'{percent:.1g}'):.4f}".rstrip("0") + " %"
    return f"< {_LEAST} %"


def perplexity(loss: float) -> str:
    """Write exp of a mean loss in nats, over all answers of a split in one pass: "3.24"."""
    if loss < LARGEST_LOSS:
        return f"{exp(loss):.3g}" if exp(loss) < 999.5 else f"{exp(loss):,.0f}"
    return "over a million" if loss >= LARGEST_LOSS else "not a number"


def unbroken(text: str) -> str:
    """Let no line end inside a share: "> 99.9 %"."""
    return re.sub(r" (?=%)|(?<=[<>]) (?=\d)", "\N{NO-BREAK SPACE}", text)
