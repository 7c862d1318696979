"""Gives a target as many inputs as are wanted, each within its bounds."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.bounds import bounded
from tests.fuzz.targets import TARGETS, Place, Target, refused
from tests.fuzz.web import WEB_TARGETS

ALL: Mapping[str, Target] = TARGETS | WEB_TARGETS
WARM = 5  # first inputs that load modules and fill caches, so their time and memory do not count
AT_ONCE = 2_000  # inputs between two looks at the clock


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
    place = Place(folder)
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

        until, number = time.monotonic() + seconds, first
        while tried.inputs < wanted and time.monotonic() < until:
            chosen = settings(
                max_examples=min(AT_ONCE, wanted - tried.inputs),
                database=None,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
                print_blob=False,
                report_multiple_bugs=False,
            )
            try:
                seed(number)(chosen(given(strategy)(one)))()
            except Exception as error:
                tried.error = error
                break
            number += 1
    return tried
