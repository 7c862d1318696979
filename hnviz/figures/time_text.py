"""The Through time page's sentences, each with its picture's own numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.numbers import accuracy, percent
from hnviz.figures.sentences import plural

MEANT = (("trillion", 1e12), ("billion", 1e9), ("million", 1e6), ("", 1.0))
LEAST = 1e-15
"""A part below which its size says nothing more to a reader."""
HELD = 1e-30
"""Share of the nearest gradient below which a gradient counts as zero: float32 is inexact there."""
VANISHED = 1e-3
"""Share of the nearest gradient below which the farthest one counts as vanished."""


def part(share: float) -> str:
    """Write a share of the nearest gradient: "120 %", "0.7 %", "1 in 56 billion"."""
    if share >= 1:
        return f"{100 * share:.0f} %"
    if share >= 1e-4 or share == 0:
        return percent(share)
    if share < LEAST:
        return "almost 0 %"
    name, size = next((name, size) for name, size in MEANT if 1 / share >= size)
    return f"1 in {float(f'{1 / share / size:.2g}'):,g} {name}".rstrip()


def _there(norms: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the steps whose gradient counts."""
    return np.flatnonzero((norms > 0) & (norms >= HELD * norms[-1]))


def far_share(norms: NDArray[np.floating]) -> float:
    """Return the farthest gradient that counts, as a share of the nearest."""
    there = _there(norms)
    return float(norms[there[0]] / norms[-1]) if len(there) and norms[-1] else 0.0


def _back(norms: NDArray[np.floating]) -> str:
    """Say how far back the gradient reaches."""
    there = _there(norms)
    return plural(len(norms) - 1 - int(there[0]) if len(there) else 0, "step")


TAKEAWAYS = {
    "reset": "{model} starts from zeros: {gradient} ends after {own}.",
    "gone": "Untrained, {gradient} vanishes: almost nothing reaches the first step.",
    "vanishes": "Untrained, {gradient} vanishes: **{left}** is left {back} back.",
    "fades": "Untrained, {gradient} fades: **{left}** is left {back} back.",
    "keep": "Detach ends {gradient} after {own}; uncut, **{left}** is left {back} back.",
}
OF_LOSS = "the gradient of mini-batch {batch}"
"""What the lanes show, for any of their numbers; a page without a server fills them in, too."""


def takeaway(
    model: str, lanes: Mapping[str, NDArray[np.floating]], step: int, meta: Mapping[str, Any]
) -> str:
    """Say in one line what detach does to the gradient of the last step's loss.

    `lanes` has norms, `meta` is of "state_gradients". Words say how many states a gradient goes
    through, steps back how far the last state is from one of them.
    """
    name = "keep" if "keep" in lanes else "reset"
    norms, said = lanes[name], name
    if name == "keep" and step == 0:
        share = far_share(norms)
        said = "gone" if share < LEAST else "vanishes" if share < VANISHED else "fades"
    left = {"left": part(far_share(norms)), "back": _back(norms)}
    gradient = OF_LOSS.format(batch=f"{meta['batches'][-1]:,}")
    own = plural(meta["bptt"], "word")
    return TAKEAWAYS[said].format(model=model, gradient=gradient, own=own, **left)


def without_detach(model: str, measured: Mapping[str, Any]) -> str:
    """Say what it costs never to detach; `measured` is the meta of the question "undetached"."""
    steps, stops = measured["steps"], measured["error"].partition(": ")[2].partition(" (")[0]
    (first, first_mb), (last, last_mb) = (
        (1000 * step["seconds"], step["saved"] / 1e6) for step in (steps[0], steps[-1])
    )
    return (
        f"**Without detach** no run gets far: at the second mini-batch torch stops, “{stops}”. "
        "Told to keep the graph (retain_graph=True), with the weights left as they are, mini-batch "
        f"{len(steps)} takes **{last:.0f} ms** and holds **{last_mb:.1f} MB**, where the first "
        f"takes {first:.0f} ms and {first_mb:.1f} MB: each backward pass goes through all "
        f"mini-batches before it. Measured just now on {model}, {measured['bs']} rows of "
        f"{measured['bptt']} tokens."
    )


def handover_sentence(
    model: str, carried: NDArray[np.floating], reset: NDArray[np.floating],
    agree: NDArray[np.floating], bs: int,
) -> str:  # fmt: skip
    """Say what the state of train does to the first answers on valid."""
    n = max(1, len(agree) // 2)
    halves = f"positions 0 to {n - 1}" if n > 1 else "position 0"
    start = float(carried[:n].mean()), float(reset[:n].mean())
    better = "more" if start[0] > start[1] else "less"
    zeros = f"{better} than from zeros, **{accuracy(start[1])}**"
    if abs(start[0] - start[1]) < 0.0005:
        zeros = "the same share as from zeros"
    same = [round(float(agree[place]) * bs) for place in (0, -1)]
    rest = ": the earlier text is forgotten on the way" if same[1] > same[0] else ""
    return (
        f"{model} reads the first valid mini-batch. With the state from train, it gets "
        f"**{accuracy(start[0])}** of {halves} right, {zeros}. After the first word both give "
        f"the same answer in {same[0]} of {bs} rows, after the last in {same[1]}{rest}."
    )


def no_way_back(model: str) -> str:
    """Say why a model with attention has no lanes."""
    return (
        f"**{model}** has no state for a gradient to go back along: it goes straight to each word "
        "of the window."
    )


def no_handover(model: str) -> str:
    """Say why there is nothing to hand over."""
    return (
        f"{model} carries no state: it starts each mini-batch of train and of valid from zeros, so "
        "nothing carries over from one text to the other. Model3 is the first to carry its state."
    )


def handover_note(reset_state: str, n_read: int) -> str:
    """Say what this run does with its state, and how the two cases were measured."""
    does = {
        "never": "never resets its state: it carries it from train into valid and back, as the "
        "notebook does",
        "train": "starts train from zeros, and carries its state from there into valid",
        "valid": "starts valid from zeros, and carries its state from there into train",
        "both": "starts train and valid from zeros",
    }[reset_state]
    return (
        f"This run {does} (reset_state {reset_state}). Eval mode; the state is what the last "
        f"{plural(n_read, 'mini-batch')} of train leave behind; a bar is the share of rows "
        "whose answer is right."
    )


def later_sentence(shares: NDArray[np.floating]) -> str:
    """Compare the first mini-batch of valid with those that are read after it; "" for one alone."""
    if len(shares) < 2:
        return ""
    first, low, high = float(shares[0]), float(shares[1:].min()), float(shares[1:].max())
    reads = ": it builds up its state by reading" if low > first else ""
    return (
        f"From zeros, it is right {accuracy(first)} of the time in the first mini-batch of valid, "
        f"and {accuracy(low).removesuffix(' %')} to {accuracy(high)} in later ones{reads}."
    )
