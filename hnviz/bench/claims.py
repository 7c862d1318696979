"""The claims of lessons, tested on 100 prompts drawn from train, and on five seeds.

`claims` trains Model5 and Model4 from five seeds, and Model3 at four rates from each, and makes the
shipped table hnviz/runs/data/claims.csv, in about five minutes on one processor:

    python -m hnviz bench claims

Seed 0 is the pre-trained run, trained again. A unit's number means something for one seed only, as
the claims about units are meant to show.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.bench.search import FIVE
from hnviz.bench.tables import RATES, write_rows
from hnviz.config import RunConfig
from hnviz.data import numbers_of
from hnviz.data.places import LABELS
from hnviz.learn import Learner, fit, last_epoch
from hnviz.models.catalogue import entry
from hnviz.observe.counting import counting_accuracy
from hnviz.observe.handover import handover
from hnviz.observe.subject import Subject
from hnviz.observe.surgery import N_PROMPTS, Swap, Units, after, drawn, tried
from hnviz.observe.through_time import FIRST, Windows, state_gradients
from hnviz.observe.unit_codes import unit_codes

EDGE_RATES = [rate for rate in RATES if 1e-3 <= rate <= 1e-1]
"""Rates of the table around Model3's best one, up to the first at which it diverges."""


@dataclass(frozen=True, slots=True)
class Tried:
    """For how many of n prompts or numbers a claim holds with one seed; n is 1 for a run."""

    claim: str
    model: str
    seed: int
    holds: int
    n: int


def claims(path: str | Path) -> Iterator[Tried]:
    """Train, test every claim and write the table; yield each row when it is ready."""
    torch.set_num_threads(1)
    rows = []
    for seed in FIVE:
        for row in _of_seed(seed):
            rows.append(row)
            yield row
    write_rows(path, Tried, rows)


def _of_seed(seed: int) -> Iterator[Tried]:
    five, four = _trained("Model5", seed), _trained("Model4", seed)
    for claim, holds in _changes(five).items():
        yield Tried(claim, "Model5", seed, holds, N_PROMPTS)
    for claim, right in _beyond(five).items():
        yield Tried(claim, "Model5", seed, int(right.sum()), len(right))
    follows = _follows_tens(five) - _follows_tens(_untrained("Model5", seed))
    yield Tried(
        "training makes a unit follow the tens digit", "Model5", seed, int(follows > 0.3), 1
    )
    yield Tried("zeros beat the state of train", "Model5", seed, int(_zeros_win(five)), 1)
    yield Tried("reaches further than Model5", "Model4", seed, int(_reach(four) > _reach(five)), 1)
    yield Tried("the best rate is the last that works", "Model3", seed, int(_at_the_edge(seed)), 1)


def _trained(model: str, seed: int) -> Subject:
    learner = Learner(RunConfig.for_model(model, seed=seed, device="cpu"))
    for _ in learner.events():
        pass
    return Subject.load(learner.config, learner.snapshot())


def _untrained(model: str, seed: int) -> Subject:
    learner = Learner(RunConfig.for_model(model, seed=seed, device="cpu"))
    return Subject.load(learner.config, learner.snapshot())


def _beyond(subject: Subject) -> dict[str, NDArray[np.bool_]]:
    """Return which numbers above 8,000 are right after three others, and how the rest go wrong."""
    found = counting_accuracy(subject, 3)
    above = np.isin(found.number, numbers_of(subject.config).of("valid"))
    wrong = above & ~found.right
    first = found.first_wrong[wrong] == 0
    return {
        "a number above 8,000 is right": found.right[above],
        "a mistake above 8,000 starts at the first word": first,
        "a mistake above 8,000 is the first word only": first & found.alone[wrong],
    }


def _follows_tens(subject: Subject) -> float:
    """Return the largest share of a unit of layer 0 that the tens digit explains."""
    return float(unit_codes(subject, 0).explained[:, LABELS.index("tens")].max())


def _changes(subject: Subject) -> dict[str, int]:
    """Count for each claim about a changed state the prompts for which it holds."""
    other = after(subject, drawn(subject)[1])
    upper, lower = (tried(subject, Swap(other=other, layer=layer)) for layer in (1, 0))
    zeros = tried(subject, Units(layer=0, units=tuple(range(32))))
    held = tried(subject, Units(layer=0, units=(2,), value=1.0), hold=True)
    mixed = "other thousand, own rest"
    return {
        "layer 1 gives the thousand": upper["other thousand"],
        "layer 1 gives the thousand, layer 0 the rest": upper[mixed],
        "layer 0 gives the rest, layer 1 the thousand": lower["own thousand, other rest"],
        "zeroing units 0 to 31 changes no word": zeros["same words"],
        "unit 2 held at 1 changes the number": held["another number"],
    }


def _zeros_win(subject: Subject) -> bool:
    """Compare the first half of valid's first windows read from zeros and from train's state."""
    found = handover(subject, subject.stream.train, subject.stream.valid)
    first = len(found.reset) // 2
    return bool(found.reset[:first].mean() > found.carried[:first].mean())


def _reach(subject: Subject) -> int:
    """Return how many steps back 1 % of a typical row's gradient reaches."""
    windows = Windows.cut(subject, subject.stream.train, FIRST)
    keep = state_gradients(subject, windows, every=False).keep
    if keep is None:
        raise ValueError(f"{subject.config.model} carries no state")
    return int(np.flatnonzero(keep[::-1] >= keep[-1] / 100)[-1])


def _at_the_edge(seed: int) -> bool:
    """Train Model3 at each rate; return whether the best on valid is the last that works."""
    scores = []
    for rate in EDGE_RATES:
        recipe = {**asdict(entry("Model3").recipe), "lr": rate}
        last = last_epoch(fit(RunConfig(model="Model3", seed=seed, device="cpu", **recipe)))
        scores.append(None if last is None else last.accuracy)
    known = [score for score in scores if score is not None]
    return 0 < len(known) < len(scores) and scores.index(max(known)) == len(known) - 1
