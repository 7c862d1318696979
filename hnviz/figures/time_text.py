"""The Through time page's sentences, each with its picture's own numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.sentences import plural


def small(value: float) -> str:
    """Write a norm briefly: ".0039", "2.7e-5", ".21", "12"."""
    if value == 0:
        return "0"
    if value >= 1e-3:
        digits = 4 if value < 0.0995 else 2 if value < 9.95 else 0
        return f"{value:.{digits}f}".removeprefix("0")
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e\N{MINUS SIGN}{abs(int(exponent))}"


def share(value: float) -> str:
    """Write a share of one as percent, or in powers of ten where that would be 0.00."""
    if value >= 0.0995:
        return f"{100 * value:.0f} %"
    if value >= 0.0005:
        return f"{100 * value:.1f} %"
    return f"{small(value)} times"


def _of(value: float) -> str:
    return f"{share(value)} of the nearest" if value >= 0.0005 else f"{share(value)} the nearest"


def far_share(norms: NDArray[np.floating]) -> float:
    """Return the farthest gradient that is not zero, as a share of the nearest."""
    there = np.flatnonzero(norms)
    return float(norms[there[0]] / norms[-1]) if len(there) and norms[-1] else 0.0


def takeaway(
    model: str,
    ways: Mapping[str, NDArray[np.floating]],
    bptt: int,
    step: int,
    other: tuple[int, NDArray[np.floating]] | None,
) -> str:
    """Say in 20 words what detach does and what training does, from the last step's loss.

    `other` is the run at the other end of its training, as (step, norms): before training, or for
    step 0 after it.
    """
    if "keep" not in ways:
        return (
            f"{model} starts each mini-batch from zeros, so gradients stop there; within it the "
            f"farthest gets **{small(far_share(ways['reset']))}** of the nearest."
        )
    far, n = small(far_share(ways["keep"])), len(ways["keep"])
    if step == 0:
        after = ""
        if other is not None:
            after = f"; after {plural(other[0], 'training step')}, "
            after += f"**{small(far_share(other[1]))}**"
        return (
            f"Untrained, the gradient vanishes: the farthest of {n} steps gets **{far}** of the "
            f"nearest{after}."
        )
    cut = f"**Detach** cuts the gradient after {plural(bptt, 'step')}."
    cut += f" Without it, the farthest of {n} gets **{far}** of the nearest"
    return f"{cut}." if other is None else f"{cut}; untrained, **{small(far_share(other[1]))}**."


def twin_line(step: int, norms: NDArray[np.floating]) -> tuple[str, str]:
    """Name the snapshot drawn beside another of its run, and say how far its gradient gets."""
    far = f"the farthest is {small(far_share(norms))} of the nearest"
    if step == 0:
        vanished = far_share(norms) < VANISHED
        return "untrained", f"vanishing gradient: {far}" if vanished else far
    return f"after {plural(step, 'step')}", far


VANISHED = 1e-3
"""Share of the nearest gradient below which the farthest one counts as vanished."""


def gradient_sentence(
    model: str, ways: Mapping[str, NDArray[np.floating]], bptt: int, every: bool, chosen: str
) -> str:
    """Say how far back the loss reaches, with a cut and without."""
    n = len(ways["reset"])
    if "keep" not in ways:
        return _without_carrying(model, ways["reset"], bptt, every)
    keep, cut = ways["keep"], ways[chosen if chosen == "reset" else "detach"]
    if every:
        return _all_losses(keep, cut, bptt, chosen)
    n_cut, n_keep = int((cut > 0).sum()), int((keep > 0).sum())
    own = f"its own {plural(n_cut, 'step')}"
    got = f"all {n} steps get" if n_keep == n else f"{n_keep} of {n} steps get"
    farthest = f"the farthest one is **{_of(far_share(keep))}**"
    if chosen == "keep":
        return (
            f"Without detach, {got} a gradient from the loss at the last step; {farthest}. With "
            f"detach that loss reaches back over {own} and stops at the scissors."
        )
    begin, stops, long = _CUT[chosen]
    return (
        f"{begin}, the loss at the last step reaches back over {own} and stops {stops}. {long}, "
        f"{got} a gradient; {farthest}."
    )


_CUT = {
    "reset": ("With zeros before each mini-batch", "at the zeros", "Without detach"),
    "detach": ("With detach", "at the scissors", "Without it"),
}
"""How a sentence begins, where the loss stops, and what the other way is called."""


def _all_losses(
    keep: NDArray[np.floating], cut: NDArray[np.floating], bptt: int, chosen: str
) -> str:
    """Compare the first step's gradient: a backward pass for each loss against one for all."""
    far = float(keep[0] / cut[0]) if cut[0] else float("inf")
    whole, own = small(float(keep[0])), small(float(cut[0]))
    arrive = "the two later losses arrive there too"
    if whole == own:
        arrive = "the two later losses have faded before they arrive there"
    if chosen == "keep":
        return (
            f"Without detach, one backward pass covers all {len(keep)} steps: the gradient at the "
            f"first step is {whole} instead of {own} (**{far:.2f}** times), because {arrive}."
        )
    begin, stops, long = _CUT[chosen]
    why = (
        "each mini-batch then starts from the state that was kept, and "
        if chosen == "reset"
        else ""
    )
    return (
        f"{begin}, each mini-batch's loss reaches back over its own {plural(bptt, 'step')} and "
        f"stops {stops}. {long}, one backward pass covers all {len(keep)}: the gradient at the "
        f"first step is {whole} instead of {own} (**{far:.2f}** times), because {why}{arrive}."
    )


def _without_carrying(model: str, norms: NDArray[np.floating], bptt: int, every: bool) -> str:
    """Describe a model that carries no state: no gradient leaves its window."""
    last = norms[-bptt:]
    far = float(last[0] / last[-1]) if last[-1] else 0.0
    what = "each loss" if every else "the loss at the last step"
    return (
        f"{model} starts every mini-batch from zeros, so {what} reaches back over its own "
        f"{plural(bptt, 'step')} at most and there is nothing to cut: the gradient at the first "
        f"step of the last mini-batch is **{_of(far)}**."
    )


def passes_note(batches: Sequence[int], bs: int, loss: float, n_before: int) -> str:
    """Say what was measured, and how."""
    before = (
        f"; the state before them comes from the {plural(n_before, 'mini-batch')} before"
        if n_before
        else "; the state before them is zeros"
    )
    return (
        f"Measured: norm over {plural(bs, 'row')}, mini-batches {batches[0]} to {batches[-1]} of "
        f"train{before}. Loss {loss:.3f}, on a copy in eval mode: batch norm uses the statistics "
        "that it learnt."
    )


def costs_sentence(costs: Sequence[Mapping[str, object]], threads: int = 1) -> str:
    """Say what a backward pass costs at the shortest and the longest window measured."""
    first, last = costs[0], costs[-1]
    way = "detach" if "detach" in last else "reset"
    short, long = _cost(first, way), _cost(last, way)
    sentence = (
        f"Measured just now on {plural(threads, 'thread')}: from bptt {first['bptt']} to "
        f"{last['bptt']}, one mini-batch goes from {short[0]:.1f} to **{long[0]:.1f} ms** of "
        f"processor time, and the memory for its backward pass from {short[1]:.2f} to "
        f"**{long[1]:.2f} MB**"
    )
    if way == "reset":
        return f"{sentence}."
    whole = _cost(last, "keep")
    return (
        f"{sentence}. Without detach, nothing can be freed before the third mini-batch is done: "
        f"**{whole[1]:.2f} MB** at bptt {last['bptt']}, {whole[1] / long[1]:.1f} times as much, in "
        f"{whole[0]:.1f} ms per mini-batch."
    )


def _cost(measured: Mapping[str, object], way: str) -> tuple[float, float]:
    """Return milliseconds and megabytes."""
    cost = measured[way]
    if not isinstance(cost, Mapping):
        raise ValueError(f"{way} must be a mapping of seconds and saved; got {cost!r}")
    return 1000 * cost["seconds"], cost["saved"] / 1e6


def handover_sentence(
    model: str, carried: NDArray[np.floating], reset: NDArray[np.floating],
    agree: NDArray[np.floating], bs: int,
) -> str:  # fmt: skip
    """Say what the state of train does to the first answers on valid."""
    n = max(1, len(agree) // 2)
    halves = f"positions 0 to {n - 1}" if n > 1 else "position 0"
    start = float(carried[:n].mean()), float(reset[:n].mean())
    better = "more" if start[0] > start[1] else "less"
    zeros = f"{better} than from zeros, **{start[1]:.3f}**"
    if abs(start[0] - start[1]) < 0.0005:
        zeros = "the same share as from zeros"
    same = [round(float(agree[place]) * bs) for place in (0, -1)]
    rest = ": the earlier text is forgotten on the way" if same[1] > same[0] else ""
    return (
        f"{model} reads the first valid mini-batch. With the state from train, it gets "
        f"**{start[0]:.3f}** of {halves} right, {zeros}. After the first word both give "
        f"the same answer in {same[0]} of {bs} rows, after the last in {same[1]}{rest}."
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
