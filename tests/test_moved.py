"""Addresses and lessons of 0.5.0 still lead to what they showed.

tests/data/of_0_5_0/addresses.txt lists 0.5.0's parameters, each after its page ("*" is every page),
and counting-past-8000.toml is one of its lessons.
"""

from urllib.parse import parse_qsl

import pytest

from hnviz.app.lesson.names import app_names
from hnviz.app.shell.asgi import elsewhere
from hnviz.app.shell.keys import ADDRESS, EVERY
from hnviz.app.shell.navigation import PAGES
from hnviz.export.build import export_page
from hnviz.lessons import address, lessons
from hnviz.lessons.check import check
from hnviz.lessons.moved import MOVES, POINTS, last_three_numbers, moved
from hnviz.lessons.reading import Source
from tests.conftest import DATA

WRITTEN = DATA / "of_0_5_0"
OLD = [tuple(line.split()) for line in (WRITTEN / "addresses.txt").read_text().splitlines()]
LESSON = WRITTEN / "counting-past-8000.toml"
TITLES = {name: title for pages in PAGES.values() for name, title in pages.items()}


def taken(page: str) -> set[str]:
    """The parameters that a page takes; "*" takes what every page does."""
    return {key.name for key in ADDRESS if key.page in (EVERY, TITLES.get(page))}


NOT_HERE = {"said", "models_pin", "time_more_costs"}
"""Parameters of which nothing is left: hnviz/lessons/moved.py says why."""


OF_A_STEP = {"lesson"}
"""Pages whose addresses lead to a lesson's step: tests/test_front.py."""


@pytest.mark.parametrize(("page", "name"), [each for each in OLD if each[0] not in OF_A_STEP])
def test_each_parameter_of_0_5_0_is_taken_or_has_moved(page, name):
    views = ("Next word", "Change the state", "Counting map")
    shown = [{"predictions_view": view} for view in views] if page == "predictions" else [{}]
    led = [moved(page, {**view, name: view.get(name, "3498")}) for view in shown]
    for there, _now in led:
        assert there == "*" or there in TITLES, f"{page} leads to {there}, which is no page"
    if name not in NOT_HERE and name != "predictions_view":
        assert any(len(now) and set(now) <= taken(there) for there, now in led), (
            f"the page {page} of 0.5.0 had {name}: give it a row in hnviz/lessons/moved.py"
        )


def test_the_list_is_that_of_0_5_0():
    assert len(OLD) == len(set(OLD)) == 144
    assert ("start", "start_number") in OLD and ("time", "row") in OLD


def test_no_row_is_of_what_never_was_and_none_leads_on():
    for row in MOVES:
        for name in (*row.renames, *row.where):
            assert (row.page, name) in OLD, row
        there, now = moved(row.page, row.where)
        assert moved(there, now) == (there, now), row


@pytest.mark.parametrize(
    ("last", "text"),
    [
        ("4318", "4316 to 4318"),
        ("3", "1 to 3"),
        ("2", "1 to 2"),
        ("1", "1"),
        ("12000", "11998 to 12000"),  # the machine says that numbers go to 9,999
        ("-1", "-1"),
        ("abc", "abc"),
        ("", ""),
        ("9" * 5000, "9" * 5000),
        ("\N{SUPERSCRIPT TWO}", "\N{SUPERSCRIPT TWO}"),
    ],
)
def test_a_number_to_count_on_from_is_the_last_of_three_that_are_read(last, text):
    assert last_three_numbers(last) == text
    assert moved("start", {"run": "Model3", "start_number": last}) == (
        "start",
        {"run": "Model3", "machine_text": text},
    )


def test_a_new_parameter_counts_before_an_old_one():
    asked = {"start_number": "7", "machine_text": "one"}
    assert moved("start", asked) == ("start", {"machine_text": "one"})
    assert moved("train", {"start_number": "7"}) == ("train", {"start_number": "7"})


@pytest.mark.parametrize(
    ("page", "asked", "there", "now"),
    [
        ("data", {}, "feed", {}),
        ("batches", {"cell": "0-1-4"}, "feed", {"cell": "0-1-4", "feed_part": "Batches"}),
        ("compare", {"runs": "a,b"}, "train", {"runs": "a,b", "train_part": "Compare runs"}),
        ("predictions", {"predictions_prompt": "one", "at": "3"}, "start",
         {"machine_text": "one", "machine_word": "3"}),
        ("predictions", {"predictions_view": "Counting map", "map_given": "2"}, "start",
         {"map_given": "2", "count_part": "Counting map"}),
        ("predictions", {"predictions_view": "Change the state", "predictions_prompt": "one"},
         "remember", {"predictions_prompt": "one", "remember_part": "Another memory"}),
        ("time", {"row": "3"}, "learn_back", {"row": "3"}),
        ("time", {"time_first": "5"}, "learn_back", {"time_batch": "7"}),
        ("time", {"time_first": "x"}, "learn_back", {"time_batch": "x"}),
        ("train", {"run": "x"}, "train", {"run": "x"}),
    ],
)  # fmt: skip
def test_a_page_that_moves_takes_its_parameters_along(page, asked, there, now):
    assert moved(page, asked) == (there, now)


@pytest.mark.parametrize(
    ("path", "asked", "there"),
    [
        ("/", "start_number=4318", "./?machine_text=4316+to+4318"),
        ("/base/", "start_number=4318&run=Model3&made=", None),
        ("/start", "start_number=4318", "./?machine_text=4316+to+4318"),
        ("/", "machine_text=one", ""),
        ("/data", "", "./feed"),
        ("/base/time", "row=3", "./learn-back?row=3"),
        ("/train", "start_number=4318", ""),
        ("/", "", ""),
        ("/lesson", "id=counting-past-8000&step=3", None),
    ],
)
def test_a_browser_is_sent_to_where_an_old_address_leads(path, asked, there):
    found = elsewhere(path, asked)
    if there is not None:
        assert (found or "") == there
    else:
        assert found is not None and "start_number" not in found
        assert dict(parse_qsl(found.partition("?")[2]))["run"] in ("Model3", "Model5")
    assert (
        found is None
        or elsewhere(f"/{found[2:].partition('?')[0]}", found.partition("?")[2]) is None
    )


@pytest.mark.slow
def test_a_page_is_exported_at_an_old_address(own_runs):
    new = export_page("start", {"machine_text": "4316 to 4318"})
    assert export_page("start", {"start_number": "4318"}) == new


def test_a_lesson_of_0_5_0_has_no_problem_and_shows_what_the_new_one_does():
    assert "start_number = 8318" in LESSON.read_text(encoding="utf-8")
    assert check(LESSON, app_names()) == []
    now = lessons()["counting-past-8000"]
    old = Source(LESSON).lesson()
    assert [(step.page, step.at, step.point) for step in old.steps] == [
        (step.page, step.at, step.point) for step in now.steps
    ]
    assert address(old, 3) == address(now, 3)


def test_what_lessons_pointed_at_has_something_in_its_place():
    assert set(POINTS.values()) <= set(app_names().points)
