"""Match the lines of two models that do the same, and compare their tensors."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.observe.tracing import Made, Step, Trace


class Match(NamedTuple):
    """Two lines that did the same."""

    left: int  # step of the left trace
    right: int
    made: tuple[Made, Made]  # the lines' results: the last tensors that can be compared
    largest: float  # largest difference over all tensors that can be compared


def match(left: Trace, right: Trace) -> list[Match]:
    """Match the lines that call the same submodule, k-th call with k-th call.

    The return lines match each other.
    """
    places = _calls(right)
    found = []
    for number, (step, calls) in enumerate(zip(left.steps, _by_step(left), strict=True)):
        partner = next((places[call] for call in calls if call in places), None)
        if number == len(left.steps) - 1:
            partner = len(right.steps) - 1
        if partner is None:
            continue
        compared = _compared(step, right.steps[partner])
        if compared:
            largest = max(largest_difference(one.value, two.value) for one, two in compared)
            found.append(Match(number, partner, compared[-1], largest))
    return found


def largest_difference(left: NDArray[Any], right: NDArray[Any]) -> float:
    """Return the largest absolute difference between two tensors of one shape."""
    return float(np.abs(left.astype(np.float64) - right.astype(np.float64)).max(initial=0))


def _by_step(trace: Trace) -> list[list[tuple[str, int]]]:
    """List each step's calls: (submodule, number of its earlier calls)."""
    seen: dict[str, int] = {}
    steps = []
    for step in trace.steps:
        calls = []
        for name in dict.fromkeys(made.module for made in step.made if made.module):
            calls.append((name, seen.get(name, 0)))
            seen[name] = seen.get(name, 0) + 1
        steps.append(calls)
    return steps


def _calls(trace: Trace) -> dict[tuple[str, int], int]:
    return {call: number for number, calls in enumerate(_by_step(trace)) for call in calls}


def _compared(left: Step, right: Step) -> list[tuple[Made, Made]]:
    """Pair the tensors that have the same name or come from the same submodule."""
    pairs = []
    for one in left.made:
        for two in right.made:
            same = set(one.names) & set(two.names) or (one.module and one.module == two.module)
            if same and one.value.shape == two.value.shape:
                pairs.append((one, two))
                break
    return pairs
