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
from hnviz.figures.panel import round_ticks
from hnviz.figures.reaches import Reached, reach_lines, reach_note, reach_sentence
from hnviz.figures.scissors import LEGEND_NORMS, WAYS, Passes, Twin, scissors, scissors_legend
from hnviz.figures.theme import theme
from hnviz.figures.time_text import (
    costs_sentence,
    far_share,
    gradient_sentence,
    handover_note,
    handover_sentence,
    no_handover,
    passes_note,
    share,
    small,
    takeaway,
    twin_line,
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
    ways={"reset": 2 * LAST, "detach": LAST, "keep": FADING},
)
ALONE = replace(PASSES, model="Model2", ways={"reset": LAST})
EVERY = replace(PASSES, every=True, ways=dict.fromkeys(("reset", "detach", "keep"), FADING))
CROSSING = Crossing(
    model="Model5",
    bs=64,
    last=39,
    n_read=3,
    carried=np.array([0.25, 0.25, 0.75, 1.0]),
    reset=np.array([0.5, 0.5, 0.75, 1.0]),
    agree=np.array([0.25, 0.5, 0.75, 1.0]),
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


def test_thickness_is_logarithmic():
    assert thickness(0) == 0
    steps = np.diff([thickness(10.0**power) for power in range(-5, 1)])
    np.testing.assert_allclose(steps, THICKEST / 6)
    assert thickness(1) == THICKEST


def test_a_ribbon_is_as_thick_as_its_norms():
    (detach, keep, reset) = ribbons(scissors(PASSES, LIGHT))
    for outline, norms in ((detach, FADING[8:]), (keep, FADING), (reset, 2 * FADING[8:])):
        assert len(outline) == 2 * len(norms)
        above, below = outline[: len(norms)], outline[len(norms) :][::-1]
        thick = [low[1] - high[1] for high, low in zip(above, below, strict=True)]
        np.testing.assert_allclose(thick, [thickness(norm) for norm in norms], atol=0.02)
    assert detach[0][0] == keep[8][0]  # the same step stands at the same place


def test_scissors_stand_where_the_gradient_is_cut_alone():
    assert scissors(PASSES, LIGHT).count("rotate(-90)") == 2
    assert scissors(ALONE, LIGHT).count("rotate(-90)") == 0


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_chosen_lane_is_marked(width):
    tops = []
    for way in WAYS:
        root = ElementTree.fromstring(scissors(PASSES, LIGHT, way, width))
        (mark,) = [each for each in root.iter("rect") if each.get("fill") == LIGHT.primary]
        tops.append(float(mark.get("y")))
    assert tops == sorted(set(tops))
    assert LIGHT.primary not in scissors(ALONE, LIGHT, "reset", width)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_model_that_carries_nothing_has_one_lane(width):
    said = words(scissors(ALONE, LIGHT, "reset", width))
    assert "reset" in said and "keep, detach" not in said
    assert said.count("0") == 2  # zeros at both seams
    assert {"keep, detach", "keep, no detach", "reset"} <= set(words(scissors(PASSES, LIGHT)))


def test_the_numbers_stand_at_the_ends_and_seams():
    said = words(scissors(PASSES, LIGHT))
    for norm in (FADING[0], FADING[4], FADING[8], FADING[11]):
        assert small(norm) in said
    assert said.count("no gradient here") == 2


def test_every_step_may_have_a_loss():
    with_losses = scissors(EVERY, LIGHT)
    marks = [path for path in paths(with_losses, LIGHT.role["h_o"]) if path]
    assert sum(path.count("M") for path in marks) == 3 * 12
    assert "losses" in words(with_losses) and "loss" not in words(with_losses)
    assert "losses" not in words(scissors(EVERY, LIGHT, width=NARROW))  # no room for it
    only_last = replace(EVERY, model="Model1", bptt=4, ways={"reset": FADING})
    assert sum(p.count("M") for p in paths(scissors(only_last, LIGHT), LIGHT.role["h_o"])) == 3
    assert len(ribbons(with_losses)) == 3 + 1 + 3


def test_gradients_that_vanish_are_drawn_as_far_as_they_reach():
    gone = np.where(np.arange(12) < 2, 0, FADING)
    passes = replace(PASSES, ways={**PASSES.ways, "keep": gone})
    assert len(ribbons(scissors(passes, LIGHT))[1]) == 2 * 10
    nothing = replace(PASSES, ways=dict.fromkeys(PASSES.ways, np.zeros(12)))
    assert ribbons(scissors(nothing, LIGHT)) == []


@given(st.integers(1, 60), st.sampled_from(["detach", "keep", "reset"]), st.booleans())
def test_any_window_is_drawn(bptt, way, wide):
    norms = np.geomspace(1e-9, 0.5, 3 * bptt)
    passes = replace(PASSES, bptt=bptt, every=True, ways=dict.fromkeys(PASSES.ways, norms))
    root = ElementTree.fromstring(scissors(passes, LIGHT, way, WIDE if wide else NARROW))
    assert root.get("aria-label").startswith("Three mini-batches unrolled. With")


def test_passes_say_which_shape_they_need():
    with pytest.raises(ValueError, match=r"keep must have 3 x 4 norms; got \(11,\)"):
        replace(PASSES, ways={"keep": FADING[:11]})


def test_three_steps_have_a_number_at_each_end():
    ways = {"reset": np.array([0, 0, 0, 0, 0, 0, 0.02, 0.03, 0.05])}
    passes = Passes(model="Model0", batches=(5, 6, 7), bptt=3, bs=64, every=False, ways=ways)
    assert {".0200", ".0500"} <= set(re.findall(r">(\.\d+)<", scissors(passes, LIGHT)))


def test_steps_have_room():
    steps = Steps(0, 100, 60, 20)
    assert [steps.x(0), steps.x(59)] == [0, 100]
    shown = list(steps.thinned(20, 40))
    assert shown[0] == 39 and set(np.diff(shown)) == {-5}
    assert len(steps.seams) == 2 and steps.x(19) < steps.seams[0] < steps.x(20)


def test_the_legend_names_thicknesses():
    html = scissors_legend(LIGHT)
    heights = [float(each) for each in re.findall(r' height="([\d.]+)" fill', html)]
    np.testing.assert_allclose(heights, [thickness(n) for n in LEGEND_NORMS.values()], atol=0.06)
    assert "log scale" in html


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0039, ".0039"), (0.213, ".21"), (1.5, "1.50"), (12.3, "12"),
     (2.7e-5, "2.7e\N{MINUS SIGN}5"), (1e-12, "1e\N{MINUS SIGN}12")],
)  # fmt: skip
def test_small_numbers(value, text):
    assert small(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "50 %"), (0.0071, "0.7 %"), (1.8e-11, "1.8e\N{MINUS SIGN}11 times")]
)
def test_shares(value, text):
    assert share(value) == text


def test_the_opening_sentence_has_the_pictures_numbers():
    said = gradient_sentence("Model5", PASSES.ways, 4, False, "detach")
    assert said == (
        "With detach, the loss at the last step reaches back over its own 4 steps and stops at the "
        "scissors. Without it, all 12 steps get a gradient; the farthest one is "
        "**1e\N{MINUS SIGN}4 times the nearest**."
    )
    gone = {**PASSES.ways, "keep": np.where(np.arange(12) < 2, 0, FADING)}
    assert "10 of 12 steps get a gradient" in gradient_sentence("Model5", gone, 4, False, "keep")
    zeros = gradient_sentence("Model5", PASSES.ways, 4, False, "reset")
    assert zeros.startswith("With zeros before each mini-batch") and "stops at the zeros" in zeros


def test_the_sentence_on_all_losses():
    ways = {**EVERY.ways, "keep": 1.5 * FADING}
    said = gradient_sentence("Model5", ways, 4, True, "detach")
    assert "each mini-batch's loss reaches back over its own 4 steps" in said
    assert f"{small(1.5e-5)} instead of {small(1e-5)} (**1.50** times)" in said


def test_the_sentence_is_about_the_way_that_was_chosen():
    keep = gradient_sentence("Model5", PASSES.ways, 4, False, "keep")
    assert keep.startswith("Without detach, all 12 steps get a gradient from the loss at the last")
    ways = {**EVERY.ways, "keep": EVERY.ways["detach"]}
    assert "have faded before they arrive" in gradient_sentence("Model5", ways, 4, True, "keep")
    reset = gradient_sentence("Model5", EVERY.ways, 4, True, "reset")
    assert "then starts from the state that was kept" in reset


def test_the_sentence_of_a_model_that_carries_nothing():
    said = gradient_sentence("Model2", ALONE.ways, 4, False, "reset")
    assert said.startswith("Model2 starts every mini-batch from zeros")
    assert share(FADING[8] / FADING[11]) in said
    assert "carried" not in said


def test_notes_and_costs():
    note = passes_note((5, 6, 7), 64, 1.5, 2)
    assert "norm over 64 rows, mini-batches 5 to 7" in note and "2 mini-batches before" in note
    assert "before them is zeros" in passes_note((0, 1, 2), 64, 1.5, 0)
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


TWIN = replace(PASSES, twin=Twin("untrained", "vanishing gradient", FADING**3))


def test_the_other_end_of_training_is_a_lane_of_its_own():
    _, keep, twin, reset = ribbons(scissors(TWIN, LIGHT))
    assert [keep, reset] != [twin, twin]
    above, below = twin[:12], twin[12:][::-1]
    thick = [low[1] - high[1] for high, low in zip(above, below, strict=True)]
    np.testing.assert_allclose(thick, [thickness(norm) for norm in FADING**3], atol=0.02)
    assert [x for x, _ in twin] == [x for x, _ in keep]  # the same steps, one below the other
    assert {"keep, no detach, untrained", "vanishing gradient"} <= set(words(scissors(TWIN, LIGHT)))
    alone = replace(ALONE, twin=Twin("untrained", "why", LAST))
    assert "reset, untrained" in words(scissors(alone, LIGHT, "reset"))
    for way in WAYS:  # the twin is never the lane that is switched on
        root = ElementTree.fromstring(scissors(TWIN, LIGHT, way))
        assert len([each for each in root.iter("rect") if each.get("fill") == LIGHT.primary]) == 1
    with pytest.raises(ValueError, match=r"untrained must have 3 x 4 norms; got \(11,\)"):
        replace(PASSES, twin=Twin("untrained", "", FADING[:11]))


def test_the_takeaway_has_twenty_words_and_the_pictures_numbers():
    before = FADING**3
    said = takeaway("Model5", PASSES.ways, 4, 400, (0, before))
    assert said == (
        "**Detach** cuts the gradient after 4 steps. Without it, the farthest of 12 gets "
        "**1e\N{MINUS SIGN}4** of the nearest; untrained, **1e\N{MINUS SIGN}12**."
    )
    assert "**1e\N{MINUS SIGN}4**" in takeaway("Model5", PASSES.ways, 4, 400, None)
    untrained = takeaway("Model5", {**PASSES.ways, "keep": before}, 4, 0, (400, FADING))
    assert untrained.startswith("Untrained, the gradient vanishes: the farthest of 12 steps gets")
    assert untrained.endswith("after 400 training steps, **1e\N{MINUS SIGN}4**.")
    alone = takeaway("Model2", ALONE.ways, 4, 400, (0, LAST))
    assert small(FADING[8] / FADING[11]) in alone
    for each in (said, untrained, alone):
        assert len(each.split()) <= 20


def test_a_twin_is_named_by_its_end():
    assert twin_line(0, FADING**3) == (
        "untrained",
        "vanishing gradient: the farthest is 1e\N{MINUS SIGN}12 of the nearest",
    )
    assert twin_line(0, FADING**0)[1] == "the farthest is 1.00 of the nearest"
    assert twin_line(400, FADING)[0] == "after 400 steps"
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
    assert one.beyond == pytest.approx(FADING[:8].sum() / FADING.sum())
    assert one.rate == pytest.approx(10 ** (-4 / 11))
    assert Reached("Model2", "trained", LAST, 4).beyond == 0
    assert len(Reached("Model2", "trained", LAST, 4).shares) == 4
    nothing = Reached("Model2", "trained", np.zeros(12), 4)
    assert (nothing.beyond, nothing.rate, len(nothing.shares)) == (0, 0, 0)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_reach_of_all_models_is_a_line_each_on_one_scale(width):
    svg = reach_lines(REACHED, LIGHT, "alt", width)
    *drawn, four, five = curves(svg)
    assert [each[:2] for each in drawn] == 2 * [four[:2], five[:2]]
    top = 34 + (0 if width == WIDE else 34 + 240 + 56)
    for one, (_, _, points) in zip(REACHED[2:], drawn[2:], strict=True):
        expected = [top + 240 * np.log10(share) / -9 for share in one.shares]
        np.testing.assert_allclose([y for _, y in points], expected, atol=0.06)
    assert ElementTree.fromstring(svg).get("aria-label").endswith(" alt")


def test_the_reach_sentence_names_both_ends():
    four, five = share(REACHED[2].beyond), share(REACHED[3].beyond)
    assert reach_sentence(REACHED) == (
        f"Untrained, Model5 reaches furthest; trained, Model4: **{four}** of its gradient lies "
        f"beyond the last window, **{five}** of Model5's."
    )
    same = [REACHED[1], replace(REACHED[0]), REACHED[3], replace(REACHED[2], norms=FADING)]
    assert reach_sentence(same).startswith("Untrained and trained, Model5 reaches furthest")
    note = reach_note(REACHED)
    assert "Model5's update gates keep 0.50" in note and "its gates keep 0.25" in note
    assert f"(times {REACHED[1].rate:.2f} a step)" in note and f"{REACHED[2].rate:.2f}" in note


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_handover_bars_are_the_shares(width):
    svg = handover(CROSSING, LIGHT, width)
    lanes = [path for path in paths(svg, LIGHT.role["h_o"]) if path]
    heights = [[-float(each) for each in re.findall(r"v(-[\d.]+|-?0\.0)h", lane)] for lane in lanes]
    np.testing.assert_allclose(heights, BAR * np.array([CROSSING.carried, CROSSING.reset]))
    assert {".562", ".688", "carried", "reset"} <= set(words(svg))
    assert svg.count('stroke-dasharray="3 3"') == 1  # zeros cut one lane


def test_the_sentence_of_the_handover():
    said = CROSSING.sentence
    assert "**0.250** of positions 0 to 1 right, less than from zeros, **0.500**" in said
    assert "in 16 of 64 rows, after the last in 64: the earlier text is forgotten" in said
    same = handover_sentence("Model3", *[np.array([0.5, 0.5])] * 3, bs=10)
    assert "the same share as from zeros" in same and "forgotten" not in same
    assert "Model1 carries no state" in no_handover("Model1")
    assert "last 3 mini-batches of train" in handover_note("never", 3)
    assert "starts valid from zeros" in handover_note("valid", 3)
