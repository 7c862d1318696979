"""Drawings and sentences on what states mean, on small values typed by hand."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from hnviz.app.rooms.hidden_states.path.picture import numbers_problem
from hnviz.data.places import LABELS
from hnviz.figures import DRAWINGS
from hnviz.figures.code_text import (
    Found,
    found_sentence,
    longest_jump,
    path_note,
    path_sentence,
    probe_note,
    probe_sentence,
)
from hnviz.figures.found import FoundPlace, found_places
from hnviz.figures.probes import probe_lines, probe_table, table_sentence
from hnviz.figures.query import NARROW, WIDE, Queried, query_lines
from hnviz.figures.theme import MODES, theme

LIGHT = theme("light")


def probes(*right: float):
    sizes = {"chance": 0.1, "n_fit": 2000, "n_held_out": 1000}
    return {name: {"right": each, **sizes} for name, each in zip(LABELS, right, strict=True)}


TRAINED, TWIN = probes(0.97, 0.99, 0.99, 0.98, 0.7), probes(0.95, 0.88, 0.94, 0.79, 0.75)
QUERIED = Queried(
    values=np.linspace(-1, 1, 90).reshape(3, 30),
    words=["three", "hundred", ",", "<b>", "one"] * 6,
    units=[2],
    start=10,
    length=2,
    threshold=0.3,
    scale=1,
)
PLACES = [
    FoundPlace(
        split="valid",
        at=10_474,
        number=9612,
        agree=5,
        before=["<nine>", "thousand"],
        words=["six", "hundred"],
        after=["twelve"],
    )
]
EXAMPLES = {
    "found_places": (PLACES, 6),
    "probe_lines": (TRAINED, TWIN, "said & done"),
    "probe_table": ({"Model4": (TRAINED, TWIN)},),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_drawing_is_well_formed_in_its_modes_colours(name, mode):
    html = DRAWINGS[name](*EXAMPLES[name], look=theme(mode))
    ElementTree.fromstring(html)
    assert theme(mode).muted in html and theme(MODES[1 - MODES.index(mode)]).muted not in html


def test_a_probes_line_stands_where_its_numbers_are():
    html = probe_lines(TRAINED, TWIN, "", LIGHT)
    for name, places in (("hn-dot", TRAINED), ("hn-ring", TWIN)):
        found = [float(x) for x in re.findall(rf'<i class="{name}" style="left:([\d.]+)%', html)]
        assert found == pytest.approx([100 * each["right"] for each in places.values()])
    assert html.count('class="hn-bar" style="left:10.00%"') == 5
    assert "<b>98.0 %</b> 79.0 %" in html
    assert '<i style="left:100%">100\u00a0%</i>' in html, "at the right end it is one line"
    assert "hn-ring" not in probe_lines(TRAINED, None, "", LIGHT)


def test_the_query_marks_its_range_and_its_units():
    for width in (WIDE, NARROW):
        svg = ElementTree.fromstring(query_lines(QUERIED, LIGHT, "said", width))
        lines = [each.get("stroke") for each in svg.iter("polyline")]
        assert lines.count(LIGHT.role["h_h"]) == 1 and lines.count(LIGHT.border) == 2
        bold = [each.text for each in svg.iter("text") if each.get("font-weight")]
        assert bold == ["three", "hundred"]
        (frame,) = svg.iter("rect")
        step = float(frame.get("width")) / 2
        assert 0 < float(frame.get("x")) < width and step > 10
    assert "said" in svg.get("aria-label")


def test_a_found_place_names_all_about_it():
    html = found_places(PLACES, 6, LIGHT)
    assert "&lt;nine&gt; thousand <mark>six hundred</mark> twelve" in html
    for part in ("9,612", "valid", "10,474", "5 of 6"):
        assert f"<td>{part}</td>" in html


def test_the_probes_sentence_tells_what_went_up_and_what_went_down(recorded):
    said = probe_sentence("layer 1 of Model5", 400, TRAINED, TWIN, "due")
    recorded(said, 1, 98.0, 400, 79.0, 70.0, 75.0, part="reads the tens digit")
    assert "at most 10.0 %" in said
    up = probe_sentence("Model5", 400, TRAINED, probes(*[0.5] * 5), "comma")
    assert "no label is read worse" in up and "digit, after the number, right" in up
    alone = probe_sentence("layer 0 of Model5", 0, TWIN, None, "due")
    assert alone.startswith("Layer 0 of Model5 untrained: a linear probe")
    assert "position in the number, after every token," in alone and "right **75.0 %**" in alone
    assert "layer 1, read after the comma" in probe_note("layer 1", "comma", TRAINED)


def test_a_table_of_models_names_best_and_worst(recorded):
    models = {"Model2": (probes(*[0.1] * 5), TWIN), "Model5": (TRAINED, TWIN)}
    said = table_sentence(models, "before its word")
    recorded(said, 99.0, 88.0, 10.0, 88.0, part="the thousands digit is easiest")
    assert probe_table(models, LIGHT).count("<tr>") == 3


FOUND = Found(
    units=[3, 9],
    words=["three", "hundred"],
    threshold=0.4,
    edges=False,
    ranges={"train": 1200, "valid": 34},
    slots=[0, 0, 900, 0, 0, 334, 0],
    most=2,
)


def test_what_was_found_is_said(recorded):
    said = found_sentence(FOUND)
    recorded(said, 2, 3, 9, "0.40", part="at every token of")
    recorded(said, 1_200, 2, 34, 73, part="tokens of train and over")
    assert "73 % of these begin at the position hundreds digit" in said
    none = replace(FOUND, ranges={"train": 0, "valid": 0}, slots=[0] * 7, most=1)
    assert "nowhere are more than 1" in found_sentence(none)
    assert "No unit is above 0.40" in found_sentence(replace(FOUND, units=[]))
    assert "and off just before and after" in found_sentence(replace(FOUND, edges=True))


def test_the_paths_sentence_has_its_variances():
    said = path_sentence("Model5", 0, (8, 20), (0.161, 0.052), "")
    assert "untrained reads 8 to 20" in said and "**16 %** and **5.2 %**" in said


def test_the_longest_jump_of_the_path_is_named_with_its_words():
    points = np.array([[0, 0], [0, 1], [3, 5], [3, 7]])
    said = longest_jump(points, ("six", ",", "seven", ","), (6, 6, 7, 7))
    assert "from **“,”** to **“seven”** in 7, 2.5 times as far" in said  # steps of 1, 5 and 2
    assert longest_jump(points[:1], ("six",), (6,)) == ""


def test_the_paths_note_says_only_where_the_average_comma_and_hundred_are(recorded):
    note = path_note("layer 1")
    recorded(note, part="the average comma is right")
    assert "at the top" not in note


@pytest.mark.parametrize(
    ("first", "n", "numbers"),
    [
        (0, 5, (1, "7999", "8001", "9999", 0)),
        (8000, 5, (1, "7999", "8001", "9999", 8_000)),
        (7998, 3, (7_998, 1, 2, 7_999, 3)),
        (5, 101, (5, 1, 100, 101)),
        (5, 0, (5, 1, 100, 0)),
    ],
)
def test_a_path_that_cannot_be_drawn_gets_a_sentence(first, n, numbers, recorded):
    recorded(numbers_problem(first, n), *numbers)
    assert numbers_problem(7998, 2) is None and numbers_problem(9999, 1) is None
