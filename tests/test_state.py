"""The state that pictures declare: what an address, a document, a lesson and a page make of it."""

import pytest

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.kit.state import Choice, Text, Whole
from hnviz.app.pictures import PICTURES
from hnviz.app.rooms.data.guess.picture import EXAMPLES, GUESS, READ
from hnviz.app.rooms.predictions.counting_map.picture import GIVEN, NUMBER
from hnviz.app.rooms.sweep.map.picture import SWEEP
from hnviz.app.shell.keys import ADDRESS, TAKES, wrong

WHOLE = Whole(name="a_row", page="Build", low=2, high=9, first=5, meaning="the row")
TEXT = Text(name="a_run", page="Train", pattern="^x$", called="a run", meaning="the run")


def test_an_entry_is_sent_with_its_kind_and_limits():
    assert WHOLE.sent() == {
        "kind": "whole",
        "name": "a_row",
        "page": "Build",
        "meaning": "the row",
        "low": 2,
        "high": 9,
        "first": 5,
    }
    assert TEXT.sent()["kind"] == "text" and TEXT.sent()["first"] == ""


def test_fewer_values_begin_with_the_last_one_if_the_first_is_not_among_them():
    assert WHOLE.within(7) == Whole(
        name="a_row", page="Build", low=2, high=7, first=5, meaning="the row"
    )
    assert WHOLE.within(3).first == 3
    assert WHOLE.choices == (2, 3, 4, 5, 6, 7, 8, 9)


def test_a_choice_is_one_of_its_choices():
    look = Choice(name="a_look", page="Train", choices=("mean", "each"), first="mean", meaning="it")
    assert (look.takes, look.default, look.sent()["kind"]) == ("mean / each", "mean", "choice")
    assert look.sent()["choices"] == ("mean", "each")


def test_a_question_takes_the_same_values():
    assert (WHOLE.param.default, WHOLE.param.low, WHOLE.param.high) == (5, 2, 9)


def test_a_picture_sends_its_state_with_the_limits_of_what_it_shows():
    sent = GUESS.sent("data_guess", EXAMPLES["ready"])
    last = len(sent["settings"]["words"]) - 1
    assert sent["state"] == {"read": READ.within(last).sent()}
    assert last < READ.high


@pytest.mark.parametrize("entry", [READ, GIVEN, NUMBER], ids=lambda entry: entry.name)
def test_the_address_the_document_and_the_lessons_have_an_entry(entry):
    (key,) = (key for key in ADDRESS if key.name == entry.name)
    assert (key.page, key.default, key.meaning) == (entry.page, str(entry.first), entry.meaning)
    assert TAKES[entry.name] == f"{entry.low} to {entry.high}"
    assert wrong(entry.name, str(entry.high)) is None
    assert str(entry.high) in str(wrong(entry.name, str(entry.high + 1)))


def test_all_that_pictures_declare_is_in_the_table():
    declared = {
        entry["name"]
        for picture in PICTURES.values()
        for entry in picture.sent("", picture.examples["ready"]).get("state", {}).values()
    }
    assert {"map_number", "data_step", "lr_test", "sweep", "sweep_show", "sweep_seeds"} <= declared
    assert declared <= {key.name for key in ADDRESS}


def test_the_document_says_what_is_shown_without_a_text():
    (key,) = (key for key in ADDRESS if key.name == SWEEP.name)
    assert key.default == SWEEP.default != SWEEP.first


def test_a_picture_without_state_sends_none():
    assert "state" not in Picture(GUESS.file, Place("plain")).sent("", Example())
