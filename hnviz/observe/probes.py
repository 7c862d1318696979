"""What the whole state contains, by linear probes, each tested on numbers held out of its fit.

A probe is scikit-learn's RidgeClassifier on standardised units. What it finds depends on where it
reads the state: see `POSITIONS`.
"""

from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.data import CorpusError, corpus_of
from hnviz.data.places import LABELS, Places, split_places
from hnviz.observe.passes import split_states
from hnviz.observe.progress import reported
from hnviz.observe.question import LAST_LAYER, Layer, question
from hnviz.observe.subject import Subject
from hnviz.questions.view import Reply

SPLIT = "train"
FIT, HELD_OUT = 2000, 1000  # numbers, drawn once; the probe never sees a held-out number
PENALTY = 1.0  # of the ridge, on standardised units

POSITIONS = ("due", "comma", "all")
"""Where to read a digit: after the last token before its word, where the network must know it;
after the comma that ends its number; or after each token of its number."""


class Probed(NamedTuple):
    """One label's probe on the held-out numbers."""

    right: float  # share
    chance: float  # the same share for a probe fitted on shuffled labels
    n_fit: int  # positions
    n_held_out: int


@question(slow=True)
def ask_probe(
    subject: Subject,
    layer: Layer = LAST_LAYER,
    positions: Annotated[str, POSITIONS] = POSITIONS[0],
) -> Reply:
    """Return how often a linear probe reads each of `LABELS` correctly from a `layer`'s state.

    `positions` is one of "due", "comma", "all". meta: for each label "right", on held-out numbers;
    "chance", of a probe fitted on shuffled labels; "n_fit" and "n_held_out".
    """
    found = probe(subject, layer, positions)
    return Reply({}, {name: probed._asdict() for name, probed in found.items()})


def probe(subject: Subject, layer: int, positions: str) -> dict[str, Probed]:
    """Probe one layer for each label; the slot is read after every token in any case."""
    read = corpus_of(subject.config)
    if not read.has_digits:
        raise CorpusError(f"{read.title} has no digits that a probe could read")
    places = split_places(SPLIT, subject.config)
    states = split_states(subject, SPLIT)[layer]  # (n, nh)
    fit, held_out = _numbers(places)
    found = {}
    for name in reported(LABELS, "probes"):
        at, label = read_at(places, name, positions)
        number = places.number[at + 1] if positions == "due" and name != "slot" else None
        number = places.number[at] if number is None else number
        one, other = np.isin(number, fit), np.isin(number, held_out)
        known = (states[at[one]], label[one], states[at[other]], label[other])
        found[name] = Probed(
            _score(*known), _score(*_shuffled(known)), int(one.sum()), int(other.sum())
        )
    return found


def read_at(
    places: Places, name: str, positions: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where a label is read, and its values there."""
    if positions == "due" and name != "slot":
        return places.due(name)
    slots = [6] if positions == "comma" and name != "slot" else range(7)
    at = np.flatnonzero(np.isin(places.slot, slots))
    return at, places.label(name)[at]


def _numbers(places: Places) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the numbers to fit on and those to hold out; always the same."""
    known = np.unique(places.number[places.number >= 0])
    drawn = np.random.default_rng(0).permutation(known)
    return drawn[:FIT], drawn[FIT : FIT + HELD_OUT]


def _shuffled(known: tuple[Any, ...]) -> tuple[Any, ...]:
    """Shuffle a probe's labels."""
    values, label, *held_out = known
    return (values, np.random.default_rng(1).permutation(label), *held_out)


def _score(*known: NDArray[Any]) -> float:
    values, label, held_out, truth = known
    return float(fitted(values, label).score(held_out, truth))


def fitted(values: NDArray[Any], label: NDArray[np.int64]) -> Any:
    """Fit a probe on states, (n, nh), and their labels, (n,); its steps are scaler and ridge."""
    # Imported here: the fork server imports this module and must start fast, and scikit-learn
    # takes a second.
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), RidgeClassifier(alpha=PENALTY)).fit(values, label)
