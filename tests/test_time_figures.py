"""The Through time page's drawings and sentences, on small values typed by hand."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnviz.figures.handover import Crossing, handover
from hnviz.figures.lanes import BAR, NARROW, WIDE
from hnviz.figures.numbers import percent
from hnviz.figures.panel import round_ticks
from hnviz.figures.reaches import Reached, reach_note, reach_sentence
from hnviz.figures.theme import theme
from hnviz.figures.time_text import (
    far_share,
    handover_note,
    handover_sentence,
    later_sentence,
    no_handover,
    part,
    takeaway,
)
from hnviz.models.catalogue import CATALOGUE, LADDER
from tests.conftest import ROOT

LIGHT = theme("light")
BROWN = LIGHT.role["h_h"]

FADING = np.geomspace(1e-5, 1e-1, 12)
LAST = np.where(np.arange(12) < 8, 0, FADING)
LANES = {"reset": 2 * LAST, "detach": LAST, "keep": FADING, "untrained": FADING**3}
ALONE = {"reset": LAST, "untrained": LAST**2}
CROSSING = Crossing(
    model="Model5",
    bs=64,
    last=39,
    n_read=3,
    carried=np.array([0.25, 0.25, 0.75, 1.0]),
    reset=np.array([0.5, 0.5, 0.75, 1.0]),
    agree=np.array([0.25, 0.5, 0.75, 1.0]),
    batches_carried=np.array([0.5625, 0.75, 1.0]),
    batches_reset=np.array([0.6875, 0.75, 1.0]),
)


def paths(svg: str, fill: str) -> list[str]:
    return [each.get("d") for each in ElementTree.fromstring(svg).iter("path")
            if each.get("fill") == fill]  # fmt: skip


def words(svg: str) -> list[str]:
    return [each.text for each in ElementTree.fromstring(svg).iter("text")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10.4, "1040 %"),
        (1, "100 %"),
        (0.5, "50 %"),
        (0.0071, "0.7 %"),
        (2.5e-4, "0.03 %"),
        (9.1e-5, "1 in 11,000"),
        (6.2e-8, "1 in 16 million"),
        (1.7544e-11, "1 in 57 billion"),
        (4e-13, "1 in 2.5 trillion"),
        (8.8e-21, "almost 0 %"),
        (0, "0 %"),
    ],
)
def test_parts_of_the_nearest(value, text):
    assert part(value) == text


@given(st.floats(1e-15, 1e-4, exclude_max=True))
def test_a_tiny_part_is_right_to_two_digits(value):
    number, *name = part(value).removeprefix("1 in ").split(" ")
    times = {"million": 1e6, "billion": 1e9, "trillion": 1e12}[name[0]] if name else 1
    assert float(number.replace(",", "")) * times == pytest.approx(1 / value, rel=0.051)


def curves(svg: str) -> list[tuple[str, str, list[tuple[float, float]]]]:
    """Colour, dash and points of each curve."""
    return [
        (
            line.get("stroke"),
            line.get("stroke-dasharray") or "",
            [tuple(map(float, point.split(","))) for point in line.get("points").split()],
        )
        for line in ElementTree.fromstring(svg).iter("polyline")
    ]


@pytest.mark.parametrize(
    ("high", "ticks"),
    [(40, "0 10 20 30 40"), (12, "0 5 10 15"), (4.4, "0 1 2 3 4 5"), (0.4, "0 0.1 0.2 0.3 0.4")],
)
def test_ticks_are_round(high, ticks):
    assert [name for _, name in round_ticks(high)] == ticks.split()


@given(st.floats(1e-4, 1e6))
def test_ticks_reach_beyond_the_highest_value(high):
    values = [value for value, _ in round_ticks(high)]
    assert values[0] == 0 and values[-1] >= high * (1 - 1e-9)
    assert 2 <= len(values) <= 7


def test_the_takeaway_is_one_line_with_the_pictures_numbers(recorded):
    meta = {"bptt": 4, "batches": [5, 6, 7]}
    said = takeaway("Model5", LANES, 400, meta)
    recorded(said, 7, 4, 0.01, 11)
    gone = {**LANES, "keep": np.where(np.arange(12) < 2, 0, FADING)}
    assert "9 steps back" in takeaway("Model5", gone, 400, meta)
    untrained = takeaway("Model5", {**LANES, "keep": FADING**3}, 0, meta)
    recorded(untrained, 7, 1, 1, 11)
    assert "7 fades: " in takeaway("Model5", {**LANES, "keep": FADING**0}, 0, meta)
    alone = takeaway("Model2", ALONE, 400, meta)
    least = takeaway("Model5", {**LANES, "keep": FADING**5}, 400, {**meta, "bptt": 80})
    for each in (said, untrained, alone, least):
        assert len(each.replace("**", "")) <= 106  # one line at 1,280 pixels
    assert far_share(np.zeros(3)) == 0


REACHED = [
    Reached("Model4", "untrained", FADING**2, 4),
    Reached("Model5", "untrained", FADING, 4, 0.5),
    Reached("Model4", "trained", FADING**0.25, 4),
    Reached("Model5", "trained", FADING**0.5, 4, 0.25),
]


def test_what_is_reached_by_hand():
    one = REACHED[1]
    np.testing.assert_allclose(one.shares, FADING[::-1] / FADING[-1])
    assert one.reach == 5  # a tenth of a percent is left after eight steps
    assert one.rate == pytest.approx(10 ** (-4 / 11))
    assert len(Reached("Model2", "trained", LAST, 4).shares) == 4
    nothing = Reached("Model2", "trained", np.zeros(12), 4)
    assert (nothing.reach, nothing.rate, len(nothing.shares)) == (0, 0, 0)


def test_the_reach_sentence_names_both_ends(recorded):
    assert [each.reach for each in REACHED] == [2, 5, 11, 11]
    recorded(reach_sentence(REACHED), 1, 11, 5, part="gets")
    note = reach_note(REACHED)
    assert "Model5's update gates keep, on average, 50 %" in note and "its gates keep 25 %" in note
    assert f"({percent(REACHED[1].rate)} a step)" in note and percent(REACHED[2].rate) in note


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_handover_bars_are_the_shares(width):
    svg = handover(CROSSING, LIGHT, width)
    lanes = [path for path in paths(svg, LIGHT.role["h_o"]) if path]
    heights = [[-float(each) for each in re.findall(r"v(-[\d.]+|-?0\.0)h", lane)] for lane in lanes]
    np.testing.assert_allclose(heights[:2], BAR * np.array([CROSSING.carried, CROSSING.reset]))
    np.testing.assert_allclose(heights[2], BAR * CROSSING.batches_reset, atol=0.05)
    assert {"56.2 %", "68.8 %", "carried", "reset"} <= set(words(svg))
    assert {"69", "75", "100", "mini-batch by mini-batch"} <= set(words(svg))
    assert svg.count('stroke-dasharray="3 3"') == 1  # zeros cut one lane


def test_the_sentence_of_the_handover(recorded):
    said = CROSSING.sentence
    assert "**25.0 %** of positions 0 to 1 right, less than from zeros, **50.0 %**" in said
    recorded(said, 16, 64, 64, part="the earlier text is forgotten")
    same = handover_sentence("Model3", *[np.array([0.5, 0.5])] * 3, bs=10)
    assert "the same share as from zeros" in same and "forgotten" not in same
    assert "Model1 carries no state" in no_handover("Model1")
    assert "last 3 mini-batches of train" in handover_note("never", 3)
    assert "starts valid from zeros" in handover_note("valid", 3)
    recorded(later_sentence(CROSSING.batches_reset), 68.8, 75.0, 100)
    falls = later_sentence(np.array([0.5, 0.25, 0.75]))
    assert falls.endswith("and 25.0 to 75.0 % in later ones.")
    assert later_sentence(np.array([0.5])) == ""


def test_the_lanes_name_the_models_that_carry_their_state():
    words = (ROOT / "hnviz/app/rooms/through_time/lanes/scissors.js").read_text(encoding="utf-8")
    carrying = [name for name in LADDER if CATALOGUE[name].stateful]
    others = [name for name in LADDER if name not in carrying]
    assert f"is cut, as in {carrying[0]} to {carrying[-1]}" in words
    assert f"mini-batch, as in {others[0]} to {others[-1]}" in words
