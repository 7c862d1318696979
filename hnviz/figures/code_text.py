"""Sentences on what units code, what a probe reads, what a query finds, and a state's path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.data.places import LABELS, SLOTS
from hnviz.figures.numbers import accuracy, percent
from hnviz.figures.sentences import plural, when

POSITIONS = {
    "due": "before its word",
    "comma": "after the number",
    "all": "after every token",
}
"""Where a probe reads a digit, by its name in a question."""

EXPLAINS_NOTE = (
    "A digit explains 100 % of how a unit varies if the digit alone decides the unit's value, and "
    "0 % if the unit's mean is the same for every digit: the variance of these means divided by "
    "the unit's variance (eta squared), over all tokens of train. *Untrained, at best* is the "
    "unit that the digit explains most in the same network before training."
)
"""What a page means by "explains"."""

_WHERE = {
    "due": "after the last token before its own word, when the network needs it",
    "comma": "after the comma that ends its number, when the network has just read all of it",
    "all": "after every token of its number, the comma included",
}
_WHAT = {"slot": "the position in the number", **{name: f"the {name} digit" for name in LABELS[1:]}}


Probes = Mapping[str, Mapping[str, float]]  # label -> "right", "chance", "n_fit", "n_held_out"
Erased = Mapping[str, Mapping[str, float]]  # digit -> as hnviz.observe.erasing returns it


def erased_sentence(whose: str, found: Erased, n: int) -> str:
    """Say which digit's erasure harms that digit least, beside random ones, and what a probe read.

    `whose` is the layer and the network, `n` the number of prompts.
    """
    name = max(found, key=lambda each: found[each]["kept"] - found[each]["random"])
    each = found[name]
    return (
        f"After **{each['reads']:.0f}** of {n} prompts, a probe reads the last number's {name} "
        f"digit from {whose}. Once all that it reads is erased before every word, it reads it "
        f"after {each['reads_erased']:.0f}, and the network keeps the digit in its next number "
        f"after **{each['kept']:.0f}**. With as much erased at random, it keeps the digit after "
        f"**{each['random']:.1f}** on average, from {each['least']:.0f} to {each['most']:.0f}."
    )


ERASED_NOTE = (
    "A dot below both bars: the digit is lost more often than with any of ten random erasures of "
    "as many directions. That is a sign that the network uses what the probe reads there. "
    "Otherwise the picture shows no such sign. The digit to keep is that of the next number that "
    "the network says without an erasure."
)
"""How to read a picture of erasures."""


def probe_sentence(
    whose: str, step: int, probes: Probes, twin: Probes | None, positions: str
) -> str:
    """Say which label training made easier to read, which harder, and what chance gives.

    `whose` is the layer that is read, `positions` where: one of POSITIONS.
    """
    at = {name: POSITIONS["all" if name == "slot" else positions] for name in probes}
    what = {name: f"{_WHAT[name]}, {at[name]}," for name in probes}
    chance = max(probe["chance"] for probe in probes.values())
    if twin is None or step == 0:
        best = max(probes, key=lambda name: probes[name]["right"])
        worst = min(probes, key=lambda name: probes[name]["right"])
        return (
            f"{whose[0].upper()}{whose[1:]} {when(step)}: a linear probe on all units reads "
            f"{what[best]} {_times(probes[best])} and {what[worst]} {_times(probes[worst])}; with "
            f"shuffled labels, at most {accuracy(chance)}."
        )
    change = {name: probes[name]["right"] - twin[name]["right"] for name in probes}
    up, down = max(change, key=change.__getitem__), min(change, key=change.__getitem__)
    first = (
        f"A linear probe on all units of {whose} reads {what[up]} {_times(probes[up])} "
        f"{when(step)} and {_times(twin[up])} untrained"
    )
    if change[down] < 0:
        other = (
            f"for {what[down]} it is the other way round, {accuracy(probes[down]['right'])} and "
            f"{accuracy(twin[down]['right'])}: the network need not use what a probe can read"
        )
    else:
        other = "no label is read worse than before training"
    return f"{first}; {other}. With shuffled labels, it gets at most {accuracy(chance)}."


def _times(probe: Mapping[str, float]) -> str:
    return f"right **{accuracy(probe['right'])}** of the time"


def probe_note(layer: str, positions: str, probes: Probes) -> str:
    """Say which state, positions, split and regularisation the probe uses."""
    slot, digit = probes["slot"], probes["tens"]
    return (
        f"Digits: the state of {layer}, read {_WHERE[positions]}. Position: after every token. "
        f"Ridge classifier, penalty 1 on standardised units, fitted on 2,000 numbers of train "
        f"({digit['n_fit']:,} states for a digit, {slot['n_fit']:,} for the position), scored on "
        f"1,000 others ({digit['n_held_out']:,} and {slot['n_held_out']:,}), drawn once."
    )


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a query found."""

    units: Sequence[int]
    words: Sequence[str]  # of the range
    threshold: float
    edges: bool
    ranges: Mapping[str, int]  # of each split in which all units agree
    slots: Sequence[int]  # how often each of SLOTS is the first token's there
    most: int = 0  # units that agree anywhere


def found_sentence(found: Found) -> str:
    """Say how many units are on, where else all of them are, and at which position that begins."""
    n, named = len(found.units), _named(found.words)
    edges = " and off just before and after" if found.edges else ""
    if not n:
        return (
            f"No unit is above {found.threshold:.2f} at every token of {named}{edges}: lower the "
            "threshold, or select fewer tokens."
        )
    listed = ", ".join(map(str, found.units[:12])) + (f" and {n - 12} more" if n > 12 else "")
    who = f"Unit **{listed}** is" if n == 1 else f"**{n} units** ({listed}) are"
    size = plural(len(found.words), "token")
    (first, n_first), *others = found.ranges.items()
    parts = "".join(f" and over **{number:,}** of {split}" for split, number in others)
    sentence = (
        f"{who} above {found.threshold:.2f} at every token of {named}{edges}. "
        f"The same is true over **{n_first:,}** ranges of {size} of {first}{parts}"
    )
    if sum(found.slots):
        top = int(np.argmax(found.slots))
        share = found.slots[top] / sum(found.slots)
        sentence += f"; {percent(share)} of these begin at the position {SLOTS[top]}"
    elif not sum(found.ranges.values()):
        sentence += f"; nowhere are more than {found.most} of them"
    return f"{sentence}."


def _named(words: Sequence[str]) -> str:
    shown = " ".join(words if len(words) <= 8 else [*words[:4], "…", *words[-2:]])
    return f"“{shown[:80]}”"


def path_sentence(
    model: str, step: int, numbers: tuple[int, int], explained: Sequence[float], jump: str
) -> str:
    """Say how much of the state's variance the picture shows, and which step of it is longest."""
    first, last = numbers
    return (
        f"{model} {when(step)} reads {first:,} to {last:,}: the two axes show "
        f"**{percent(explained[0])}** and **{percent(explained[1])}** of the variance of its state."
        f" {jump}"
    ).rstrip()


def longest_jump(points: NDArray[np.floating], words: Sequence[str], numbers: Sequence[int]) -> str:
    """Say between which two words the path, (n, 2), makes its longest jump; "" for one word.

    `numbers` has the number that each word belongs to.
    """
    lengths = np.hypot(*np.diff(points, axis=0).T)
    if not len(lengths):
        return ""
    at = int(lengths.argmax())
    times = lengths[at] / np.median(lengths)
    return (
        f"Its longest jump is from **“{words[at]}”** to **“{words[at + 1]}”** in "
        f"{numbers[at + 1]:,}, {times:.1f} times as far as a typical one."
    )


def path_note(layer: str) -> str:
    """Say what the axes are."""
    return (
        f"Principal components of the state of {layer} after every token of train, fitted again "
        "for each snapshot. Zero is the average state. The signs are arbitrary: we choose them so "
        "that the average comma is right of zero, and the average “hundred” above it."
    )
