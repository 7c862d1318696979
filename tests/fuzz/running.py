"""Gives a target as many inputs as are wanted, each within its bounds: drawn, then mutants."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.bounds import bounded
from tests.fuzz.mutants import Mutants
from tests.fuzz.targets import TARGETS, Place, Target, refused
from tests.fuzz.web import WEB_TARGETS

ALL: Mapping[str, Target] = TARGETS | WEB_TARGETS
WARM = 5  # first inputs that load modules and fill caches, so their time and memory do not count
FEWEST, MOST = 50, 5_000  # inputs that hypothesis draws
SHARE = 50  # inputs to one that it draws; the others are mutants
AT_ONCE = 200  # inputs between two looks at the clock


@dataclass
class Tried:
    """How far a target is."""

    inputs: int = 0
    slowest: float = 0.0  # seconds of the clock
    error: Exception | None = None  # that a reader raised
    value: Any = None  # at which it did


def fuzz(name: str, folder: Path, inputs: int, seconds: float = 1e9, first: int = 0) -> Tried:
    """Try inputs until there were so many, the seconds are over, or a reader raises an error.

    `first` chooses the inputs: the same number tries the same ones.
    """
    target, tried = ALL[name], Tried()
    wanted = -(-inputs // target.every)
    drawn = min(wanted, MOST, max(FEWEST, wanted // SHARE))
    place, pool = Place(folder), list[Any]()
    until = time.monotonic() + seconds
    with place.world:
        strategy, feed = target.given(place), target.make(place)

        def one(value: Any) -> None:
            tried.inputs, tried.value = tried.inputs + 1, value
            begun = time.perf_counter()
            if tried.inputs <= WARM:
                return refused(feed, value, target.refuses)
            with bounded(place.root.parent):
                refused(feed, value, target.refuses)
            tried.slowest = max(tried.slowest, time.perf_counter() - begun)
            return None

        def draw(value: Any) -> None:
            one(value)
            if len(pool) < drawn:
                pool.append(value)

        try:
            for number in count(first):
                if len(pool) >= drawn or time.monotonic() > until:
                    break
                most = min(AT_ONCE, drawn - len(pool))
                seed(number)(_settings(most)(given(strategy)(draw)))()
            mutants = Mutants(pool, random.Random(f"{name} {first}"))
            while tried.inputs < wanted and time.monotonic() < until:
                for _ in range(min(AT_ONCE, wanted - tried.inputs)):
                    one(mutants.one())
        except Exception as error:
            tried.error = error
    return tried


def _settings(most: int) -> settings:
    return settings(
        max_examples=most,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
