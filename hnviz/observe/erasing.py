"""Is it used? What a network counts on with once all that a probe reads a digit from is erased.

A probe that reads a digit shows that the digit is in the state. Only a change of the state shows
whether the network uses it from there, and only beside as large a change at random.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data.places import LABELS
from hnviz.learn.state import State, seen
from hnviz.observe.directions import Basis, digit_probe, random_directions, read_along
from hnviz.observe.progress import reported
from hnviz.observe.question import LAST_LAYER, Ids, Layer, question
from hnviz.observe.subject import Subject
from hnviz.observe.surgery import (
    N_PROMPTS,
    NO_NUMBER,
    SEED,
    Erase,
    Holds,
    Outcomes,
    Spoken,
    after,
    compared,
    drawn,
    longest_number,
    spoken,
)
from hnviz.questions.view import Reply

DIGITS = LABELS[1:]
CONTROLS = 10  # random erasures


@question(slow=True)
def ask_erased(subject: Subject, layer: Layer = LAST_LAYER) -> Reply:
    """Erase from a layer's state, before every word, all that a probe reads each digit from.

    The probe reads the last number's digit after its last word, and is fitted on the other numbers
    of train. meta: "n" prompts drawn from train; for each digit of "digits": "directions" erased;
    "reads" and "reads_erased", after how many prompts the probe is right before and after; "kept",
    after how many the next number keeps the digit; and the same with as many random directions:
    "random", the mean of ten draws, "least" and "most". Raises ValueError for a model without a
    state to change, and CorpusError for a text without digits.
    """
    prompts, _ = drawn(subject)
    state = after(subject, prompts)
    own = spoken(subject, state, n=longest_number(subject))
    rows = seen(state)[layer].double().numpy()  # (n, nh)
    controls: dict[int, list[Outcomes]] = {}
    found: dict[str, dict[str, float]] = {}
    for digit in reported(DIGITS, "digits"):
        probe = digit_probe(subject, layer, digit, prompts)
        basis = read_along(probe)
        k = len(basis)
        if k not in controls:
            random = random_directions(k, rows.shape[1], CONTROLS, SEED + 1)
            controls[k] = [_without(subject, state, own, layer, each) for each in random]
        kept = [int(digits_kept(each)[digit].sum()) for each in controls[k]]
        gone = rows - (rows - rows.mean(0)) @ basis.T @ basis
        truth = prompts // _power(digit) % 10
        said = _without(subject, state, own, layer, basis)
        found[digit] = {
            "directions": k,
            "reads": int((probe.predict(rows) == truth).sum()),
            "reads_erased": int((probe.predict(gone) == truth).sum()),
            "kept": int(digits_kept(said)[digit].sum()),
            "random": float(np.mean(kept)),
            "least": min(kept),
            "most": max(kept),
        }
    return Reply({}, {"n": N_PROMPTS, "digits": found})


def digits_kept(out: Outcomes) -> dict[str, Holds]:
    """Return where the number said has each digit of the one that is said untouched."""
    return {digit: same_digit(out.own, out.said, digit) for digit in DIGITS}


def same_digit(one: Ids, other: Ids, digit: str) -> NDArray[np.bool_]:
    """Return where two numbers, (n,) of each, have the same digit."""
    known = (one != NO_NUMBER) & (other != NO_NUMBER)
    power = _power(digit)
    return known & (one // power % 10 == other // power % 10)


def _power(digit: str) -> int:
    return int(10 ** (len(DIGITS) - 1 - DIGITS.index(digit)))


def _without(subject: Subject, state: State, own: Spoken, layer: int, basis: Basis) -> Outcomes:
    """Count on from each row of a state, with directions erased before every word."""
    change, n = _erasure(state, layer, basis), longest_number(subject)
    return compared(own, spoken(subject, state, change, hold=True, n=n))


def _erasure(state: State, layer: int, basis: Basis) -> Erase:
    shown = seen(state)
    return Erase(
        layer=layer,
        basis=torch.tensor(basis.T, dtype=shown.dtype),
        target=shown[layer].double().mean(0).to(shown.dtype),
    )
