"""Colours mean one thing: scales of values, kinds of token and models share none."""

from itertools import combinations

import numpy as np
import pytest

from hnviz.figures.theme import MODES, Theme, ink_on, theme
from tests.colours import SIGHTS, along, contrast, distance, lab, scales, with_hue

APART = 10.0
"""CIEDE2000 from which two colours are surely told apart, also when they are not side by side."""
READABLE = 4.5
SEEN = 3.0  # of what is no text

looks = pytest.mark.parametrize("look", [theme(mode) for mode in MODES], ids=MODES)


def nearest(one: list[str], two: list[str]) -> float:
    return float(distance(lab(one)[:, None], lab(two)[None]).min())


def test_the_distance_is_ciede2000() -> None:
    """Four pairs of the table in Sharma, Wu and Dalal 2005."""
    one = np.array(
        [
            [50, 2.6772, -79.7751],
            [50, 2.5, 0],
            [60.2574, -34.0099, 36.2677],
            [2.0776, 0.0795, -1.135],
        ]
    )
    two = np.array(
        [[50, 0, -82.7485], [73, 25, -18], [60.4626, -34.1751, 39.4387], [0.9033, -0.0636, -0.5514]]
    )
    assert distance(one, two) == pytest.approx([2.0425, 27.1492, 1.2644, 0.9082], abs=1e-4)


@looks
@pytest.mark.parametrize("group", ["kind", "categorical"])
def test_no_scale_has_the_colour_of_a_token_kind_or_a_model(look: Theme, group: str) -> None:
    own = list(look.kind.values()) if group == "kind" else list(look.categorical)
    named = with_hue(own)
    assert len(named) >= 4
    for color in named:
        assert nearest([color], scales(look)) >= APART, color


@looks
@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("group", ["kind", "categorical"])
def test_kinds_and_models_are_told_apart_by_all_eyes(look: Theme, sight: str, group: str) -> None:
    colors = set(look.kind.values()) if group == "kind" else set(look.categorical)
    if group == "kind":
        colors.remove(look.kind["other"])  # a word that is no number: it is named beside its cell
    for one, two in combinations(sorted(colors), 2):
        assert distance(lab([one], sight), lab([two], sight))[0] >= APART, (one, two)


@looks
@pytest.mark.parametrize("sight", SIGHTS)
def test_the_two_ends_of_a_state_are_told_apart_by_all_eyes(look: Theme, sight: str) -> None:
    least, most = (lab([look.diverging[end]], sight) for end in (0, -1))
    assert distance(least, most)[0] >= 2 * APART


@looks
def test_text_is_readable_on_every_kind_and_every_value(look: Theme) -> None:
    for kind, fill in look.kind.items():
        assert contrast(fill, look.kind_text[kind]) >= READABLE, kind
    for scale in (look.diverging, look.sequential, look.gradient):
        for fill in along(scale):
            assert contrast(fill, ink_on(fill)) >= READABLE, fill


@looks
def test_a_model_and_a_kind_are_seen_on_the_page(look: Theme) -> None:
    kinds = [fill for kind, fill in look.kind.items() if kind not in ("comma", "other")]
    for color in (*kinds, *look.categorical):
        assert contrast(color, look.background) >= SEEN, color
