"""The Through time page's drawings and sentences, on small values typed by hand."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnviz.figures.costs import backward_costs
from hnviz.figures.handover import Crossing, handover
from hnviz.figures.lanes import BAR, NARROW, THICKEST, WIDE, Steps, thickness
from hnviz.figures.numbers import percent
from hnviz.figures.panel import round_ticks
from hnviz.figures.reaches import Reached, reach_lines, reach_note, reach_sentence
from hnviz.figures.scissors import (
    LANE_WIDE,
    LANES,
    SHARES,
    Passes,
    lane,
    lanes_head,
    scissors_legend,
)
from hnviz.figures.theme import theme
from hnviz.figures.time_text import (
    costs_sentence,
    far_share,
    handover_note,
    handover_sentence,
    lane_sentences,
    later_sentence,
    no_handover,
    part,
    passes_note,
    takeaway,
)

LIGHT = theme("light")
BROWN = LIGHT.role["h_h"]

FADING = np.geomspace(1e-5, 1e-1, 12)
LAST = np.where(np.arange(12) < 8, 0, FADING)
PASSES = Passes(
    model="Model5",
    batches=(5, 6, 7),
    bptt=4,
    bs=64,
    every=False,
    lanes={"reset": 2 * LAST, "detach": LAST, "keep": FADING, "untrained": FADING**3},
)
ALONE = replace(PASSES, model="Model2", lanes={"reset": LAST, "untrained": LAST**2})
EVERY = replace(PASSES, every=True, lanes=dict.fromkeys(LANES, FADING))
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
COSTS = [
    {
        "bptt": bptt,
        "detach": {"seconds": 0.001 * bptt, "saved": 100_000 * bptt},
        "keep": {"seconds": 0.001 * bptt, "saved": 300_000 * bptt},
    }
    for bptt in (5, 10, 40)
]


def paths(svg: str, fill: str) -> list[str]:
    return [each.get("d") for each in ElementTree.fromstring(svg).iter("path")
            if each.get("fill") == fill]  # fmt: skip


def words(svg: str) -> list[str]:
    return [each.text for each in ElementTree.fromstring(svg).iter("text")]


def ribbons(svg: str) -> list[list[tuple[float, float]]]:
    """The outline of every ribbon: the filled brown paths that are no arrow's tip."""
    found = []
    for path in paths(svg, BROWN):
        points = [tuple(map(float, each.split())) for each in re.split("[ML]", path.rstrip("z"))
                  if " " in each]  # fmt: skip
        if len(points) > 3:
            found.append(points)
    return found


@given(st.floats(1e-30, 100), st.floats(1, 1e6))
def test_a_larger_norm_is_never_thinner(norm, times):
    assert 0 < thickness(norm) <= thickness(norm * times) <= THICKEST


def test_a_small_share_looks_thin():
    assert thickness(0) == 0
    assert thickness(1) == THICKEST
    assert np.isclose(thickness(1 / 8), THICKEST / 2), "the page says: half as thick is an eighth"
    assert thickness(0.007) < THICKEST / 5  # what is left 59 steps back looks like little
    assert thickness(1 / 64_000) == pytest.approx(0.8), "the legend says: thinnest"
    assert thickness(1e-11) == 0.8


@pytest.mark.parametrize("width", [LANE_WIDE, NARROW])
@pytest.mark.parametrize("name", LANES)
def test_a_ribbon_is_as_thick_as_its_share_of_the_nearest(name, width):
    (outline,) = ribbons(lane(PASSES, name, LIGHT, width))
    norms = PASSES.lanes[name]
    norms = norms[norms > 0]
    assert len(outline) == 2 * len(norms)
    above, below = outline[: len(norms)], outline[len(norms) :][::-1]
    thick = [low[1] - high[1] for high, low in zip(above, below, strict=True)]
    np.testing.assert_allclose(thick, [thickness(norm / norms[-1]) for norm in norms], atol=0.02)
    whole = ribbons(lane(PASSES, "keep", LIGHT, width))[0]
    assert [x for x, _ in above] == [x for x, _ in whole[12 - len(norms) : 12]]  # the same steps


def test_scissors_are_drawn_where_the_gradient_is_cut_alone():
    cuts = {name: lane(PASSES, name, LIGHT).count("rotate(-90)") for name in LANES}
    assert cuts == {"detach": 2, "keep": 0, "untrained": 0, "reset": 0}
    assert lane(ALONE, "reset", LIGHT).count("rotate(-90)") == 0


def test_each_lane_has_one_meaning_and_its_own_name():
    assert PASSES.ordered() == list(LANES)
    assert [PASSES.names(each)[0] for each in PASSES.ordered()] == [
        "Detach",
        "No detach",
        "No detach, untrained",
        "Reset",
    ]
    assert ALONE.ordered() == ["reset", "untrained"]
    assert [ALONE.names(each)[0] for each in ALONE.ordered()] == ["Reset", "Reset, untrained"]
    assert replace(PASSES, lanes={"reset": LAST}).ordered() == ["reset"]


@pytest.mark.parametrize("width", [LANE_WIDE, NARROW])
def test_the_state_is_zero_at_both_seams_where_it_is_reset(width):
    for passes, name in ((PASSES, "reset"), (ALONE, "reset"), (ALONE, "untrained")):
        assert words(lane(passes, name, LIGHT, width)).count("0") == 2
    assert "0" not in words(lane(PASSES, "detach", LIGHT, width))
    assert "0" not in words(lane(PASSES, "untrained", LIGHT, width))


@pytest.mark.parametrize(
    ("width", "named"), [(LANE_WIDE, "mini-batch 6, 4 steps"), (NARROW, "mini-batch 6")]
)
def test_the_mini_batches_are_named_above_their_steps(width, named):
    root = ElementTree.fromstring(lanes_head(PASSES, LIGHT, width))
    places = {each.text: float(each.get("x")) for each in root.iter("text")}
    steps = PASSES.steps(width)
    assert places[named] == pytest.approx(steps.x(5.5), abs=0.06)
    assert len(places) == 3


def test_the_shares_are_at_the_ends_and_seams():
    said = words(lane(PASSES, "keep", LIGHT))
    for step in (0, 4, 8, 11):
        assert part(FADING[step] / FADING[11]) in said
    narrow = words(lane(PASSES, "keep", LIGHT, NARROW))
    assert part(FADING[4] / FADING[11]) not in narrow  # no room for it
    for name, n in (("detach", 1), ("reset", 1), ("keep", 0)):
        assert words(lane(PASSES, name, LIGHT)).count("no gradient here") == n


def test_every_step_may_have_a_loss():
    drawn = {name: lane(EVERY, name, LIGHT) for name in LANES}
    for name, svg in drawn.items():
        marks = [path for path in paths(svg, LIGHT.role["h_o"]) if path]
        assert sum(path.count("M") for path in marks) == 12
        assert "losses" in words(svg) and "loss" not in words(svg)
        assert len(ribbons(svg)) == (1 if EVERY.way(name) == "keep" else 3)
    assert "losses" not in words(lane(EVERY, "keep", LIGHT, NARROW))  # no room for it
    only_last = replace(EVERY, model="Model1", bptt=4, lanes={"reset": FADING})
    marks = paths(lane(only_last, "reset", LIGHT), LIGHT.role["h_o"])
    assert sum(path.count("M") for path in marks) == 3


def test_with_all_losses_the_largest_gradient_is_all_of_it():
    growing = replace(EVERY, lanes={**EVERY.lanes, "keep": FADING[::-1]})
    assert {"100 %", "0.01 %"} <= set(words(lane(growing, "keep", LIGHT)))
    alone = replace(growing, every=False)
    assert "1000000 %" in words(lane(alone, "keep", LIGHT))


def test_gradients_that_vanish_are_drawn_as_far_as_they_reach():
    gone = np.where(np.arange(12) < 2, 0, FADING)
    passes = replace(PASSES, lanes={**PASSES.lanes, "keep": gone})
    assert len(ribbons(lane(passes, "keep", LIGHT))[0]) == 2 * 10
    nothing = replace(PASSES, lanes=dict.fromkeys(LANES, np.zeros(12)))
    assert [ribbons(lane(nothing, name, LIGHT)) for name in LANES] == [[], [], [], []]


@given(st.integers(1, 60), st.sampled_from(list(LANES)), st.booleans())
def test_any_window_is_drawn(bptt, name, wide):
    norms = np.geomspace(1e-9, 0.5, 3 * bptt)
    passes = replace(PASSES, bptt=bptt, every=True, lanes=dict.fromkeys(LANES, norms))
    root = ElementTree.fromstring(lane(passes, name, LIGHT, LANE_WIDE if wide else NARROW))
    assert root.get("aria-label").startswith(f"{LANES[name][0]}. ")


def test_passes_say_which_shape_they_need():
    with pytest.raises(ValueError, match=r"keep must have 3 x 4 norms; got \(11,\)"):
        replace(PASSES, lanes={"keep": FADING[:11]})


def test_three_steps_have_a_share_at_each_end():
    lanes = {"reset": np.array([0, 0, 0, 0, 0, 0, 0.02, 0.03, 0.05])}
    passes = Passes(model="Model0", batches=(5, 6, 7), bptt=3, bs=64, every=False, lanes=lanes)
    assert {"40 %", "100 %"} <= set(words(lane(passes, "reset", LIGHT)))


def test_steps_have_room():
    steps = Steps(0, 100, 60, 20)
    assert [steps.x(0), steps.x(59)] == [0, 100]
    shown = list(steps.thinned(20, 40))
    assert shown[0] == 39 and set(np.diff(shown)) == {-5}
    assert len(steps.seams) == 2 and steps.x(19) < steps.seams[0] < steps.x(20)


def test_the_legend_names_thicknesses():
    html = scissors_legend(LIGHT)
    heights = [float(each) for each in re.findall(r' height="([\d.]+)" fill', html)]
    np.testing.assert_allclose(heights, [thickness(n) for n in SHARES], atol=0.06)
    assert "share of the nearest<" in html and "thinnest: 1 in 64,000 or less" in html
    assert [f">{name} %<" in re.sub("</svg>", ">", html) for name in ("100", "1", "0.01")]
    assert "share of the lane's largest<" in scissors_legend(LIGHT, every=True)


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


def test_each_lane_says_what_it_shows(recorded):
    said = lane_sentences(PASSES.lanes, 4, False)
    assert set(said) == {"", *LANES}
    assert said[""].startswith("The **gradient** says how much the loss would change")
    assert "the gradient stops at the scissors, after 4 steps at most" in said["detach"]
    recorded(said["keep"], 12, 0.01)
    assert "The farthest gradient is **1 in 1 trillion** of the nearest." in said["untrained"]
    assert said["untrained"].endswith("It has vanished: a **vanishing gradient**.")
    assert "starts from a state of zeros" in said["reset"] and "after 4 steps" in said["reset"]
    gone = {**PASSES.lanes, "keep": np.where(np.arange(12) < 2, 0, FADING)}
    assert "10 of 12 steps get a gradient" in lane_sentences(gone, 4, False)["keep"]
    steady = {**PASSES.lanes, "untrained": FADING**0}
    assert "vanish" not in lane_sentences(steady, 4, False)["untrained"]


def test_the_sentences_on_all_losses():
    said = lane_sentences({**EVERY.lanes, "keep": 1.5 * FADING}, 4, True)
    assert "**1.50** times that with detach: the two later losses arrive there too" in said["keep"]
    assert "still stops at the scissors" in said[""]
    same = lane_sentences(EVERY.lanes, 4, True)
    assert "have faded before they arrive" in same["keep"]
    alone = lane_sentences(ALONE.lanes, 4, True)
    assert set(alone) == {"", "reset", "untrained"} and "stops at the zeros" in alone[""]


def test_notes_and_costs():
    note = passes_note((5, 6, 7), 64, 1.5, 2, {"Detach": 0.00391, "Reset": 0.0105})
    assert "the median of 64 rows: mini-batches 5 to 7" in note and "2 mini-batches before" in note
    assert "Nearest: Detach 0.00391, Reset 0.0105." in note
    assert "before them is zeros" in passes_note((0, 1, 2), 64, 1.5, 0, {})
    said = costs_sentence(COSTS)
    for number in ("bptt 5 to 40", "5.0 to **40.0 ms**", "0.50 to **4.00 MB**", "**12.00 MB**",
                   "3.0 times"):  # fmt: skip
        assert number in said
    alone = [{"bptt": 3, "reset": {"seconds": 0.001, "saved": 5e6}}]
    assert costs_sentence(alone).endswith("**5.00 MB**.")


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


def heights(points, floor: float) -> list[float]:
    return [floor - y for _, y in points]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_costs_as_a_figure(width):
    svg = backward_costs(COSTS, LIGHT, width)
    time_detach, time_keep, saved_detach, saved_keep, *legend = curves(svg)
    assert time_detach[:2] == saved_detach[:2] == legend[0][:2] == (LIGHT.text, "")
    assert time_keep[:2] == saved_keep[:2] == legend[1][:2] == (BROWN, "7 4")
    floor = 30 + 170  # px: where 0 lies in the first row of panels
    np.testing.assert_allclose(
        heights(time_detach[2], floor), [170 * ms / 40 for ms in (5, 10, 40)], atol=0.1
    )
    second = floor + (0 if width == WIDE else 30 + 170 + 52)
    most = heights(saved_keep[2], second)[-1] / 12.0  # px for a megabyte
    np.testing.assert_allclose(
        heights(saved_detach[2], second), [most * mb for mb in (0.5, 1, 4)], atol=0.1
    )
    np.testing.assert_allclose(
        heights(saved_keep[2], second), [most * mb for mb in (1.5, 3, 12)], atol=0.1
    )
    across = [x for x, _ in time_detach[2]]
    np.testing.assert_allclose((across[2] - across[1]) / (across[1] - across[0]), 6, rtol=0.01)
    said = words(svg)
    assert {"Time", "Memory", "MB held", "ms, forward and backward", "5", "10", "40"} <= set(said)
    assert said.count("bptt, steps") == 2
    assert {
        "keep and detach, one backward per mini-batch",
        "keep without detach, one backward for three",
    } <= set(said)


def test_costs_of_a_model_that_carries_nothing_have_one_curve():
    alone = [{"bptt": bptt, "reset": {"seconds": 0.001, "saved": 5e6}} for bptt in (1, 2, 3)]
    assert len(curves(backward_costs(alone, LIGHT))) == 2 + 1


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


def test_the_takeaway_has_twenty_words_and_the_pictures_numbers(recorded):
    said = takeaway("Model5", PASSES.lanes, 400)
    recorded(said, 0.01, 11, 1, 1)
    ways = {name: norms for name, norms in PASSES.lanes.items() if name != "untrained"}
    assert takeaway("Model5", ways, 400).endswith("keeps **0.01 %** 11 steps back.")
    gone = {**ways, "keep": np.where(np.arange(12) < 2, 0, FADING)}
    assert "9 steps back" in takeaway("Model5", gone, 400)
    untrained = takeaway("Model5", {**ways, "keep": FADING**3}, 0)
    recorded(untrained, 11, 1, 1)
    assert "the gradient fades: " in takeaway("Model5", {**ways, "keep": FADING**0}, 0)
    alone = takeaway("Model2", ALONE.lanes, 400)
    assert f"stops there, with **{part(FADING[8] / FADING[11])}** left" in alone
    least = {**PASSES.lanes, "keep": FADING**5, "untrained": FADING**5}
    for each in (said, untrained, alone, takeaway("Model5", least, 400)):
        assert len(each.split()) <= 20
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


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_reach_of_all_models_is_a_line_each_on_one_scale(width):
    svg = reach_lines(REACHED, LIGHT, "alt", width)
    *drawn, four, five = curves(svg)
    assert [each[:2] for each in drawn] == 2 * [four[:2], five[:2]]
    top = 34 + (0 if width == WIDE else 34 + 200 + 56)
    for one, (_, _, points) in zip(REACHED[2:], drawn[2:], strict=True):
        expected = [top + 200 * np.log10(share) / -6 for share in one.shares]
        np.testing.assert_allclose([y for _, y in points], expected, atol=0.06)
    assert ElementTree.fromstring(svg).get("aria-label").endswith(" alt")


def test_a_gradient_that_grows_on_its_way_back_is_drawn_whole_and_grey_is_never_alone():
    growing = replace(REACHED[3], norms=np.where(np.arange(12) == 5, 3 * FADING[-1], FADING))
    lstm = [Reached("LSTM", end, FADING, 4) for end in ("untrained", "trained")]
    irnn = [Reached("IRNN", end, FADING, 4) for end in ("untrained", "trained")]
    svg = reach_lines([*REACHED[:3], growing, *lstm, *irnn], LIGHT, "alt")
    looks = [(color, dash) for color, dash, _ in curves(svg)[:8]]
    assert len(set(looks)) == 4  # a look for each model, the same at both ends
    assert {color for color, _ in looks[2:4]} == {LIGHT.muted}
    _, _, points = next(each for each in curves(svg)[4:] if min(y for _, y in each[2]) == 34)
    assert sum(y == 34 for _, y in points) == 1  # the highest place is its own, not a flat cut


def test_the_reach_sentence_names_both_ends(recorded):
    assert [each.reach for each in REACHED] == [2, 5, 11, 11]
    recorded(reach_sentence(REACHED), 1, 11, 5)
    note = reach_note(REACHED)
    assert "Model5's update gates keep 50 %" in note and "its gates keep 25 %" in note
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
    assert "in 16 of 64 rows, after the last in 64: the earlier text is forgotten" in said
    same = handover_sentence("Model3", *[np.array([0.5, 0.5])] * 3, bs=10)
    assert "the same share as from zeros" in same and "forgotten" not in same
    assert "Model1 carries no state" in no_handover("Model1")
    assert "last 3 mini-batches of train" in handover_note("never", 3)
    assert "starts valid from zeros" in handover_note("valid", 3)
    recorded(later_sentence(CROSSING.batches_reset), 68.8, 75.0, 100)
    falls = later_sentence(np.array([0.5, 0.25, 0.75]))
    assert falls.endswith("and 25.0 to 75.0 % in later ones.")
    assert later_sentence(np.array([0.5])) == ""
