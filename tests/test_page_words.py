"""The sentences that Start and Train say, each where it is true."""

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.run.engine import engine
from hnviz.config import CHOICES
from hnviz.engine.client import EngineError
from hnviz.runs import RunWriteError
from tests.test_pages import open_page, text

pytestmark = pytest.mark.usefixtures("own_runs")


def said(app: AppTest) -> str:
    """What a page says, without the marks that keep its words from being Markdown."""
    return text(app).replace("\\", "")


def headings(app: AppTest) -> list[str]:
    """What stands above the two counts."""
    return [each.value for each in app.markdown if each.value.startswith("**From ")]


def counted(app: AppTest) -> str:
    """The pictures of the two counts."""
    html = [each.proto.body for each in app.get("html")]
    return "\n".join(body for body in html if "It was given" in body)


INSIDE, BEYOND = "**From 3,498: inside what it read**", "**From 8,316: beyond 8,000**"
"""What is counted beside a number of the other side."""


@pytest.mark.parametrize(
    ("number", "stands"),
    [
        ("3", ["**From 3: inside what it read**", BEYOND]),
        ("4318", ["**From 4,318: inside what it read**", BEYOND]),
        ("7996", ["**From 7,996: inside what it read**", BEYOND]),
        ("7997", [INSIDE, "**From 7,997: across 8,000, which it never read**"]),
        ("7999", [INSIDE, "**From 7,999: across 8,000, which it never read**"]),
        ("8000", [INSIDE, "**From 8,000: beyond 8,000**"]),
        ("9996", [INSIDE, "**From 9,996: beyond 8,000**"]),
    ],
)
def test_each_count_says_on_which_side_of_the_text_it_begins(number, stands):
    app = open_page("start", start_number=number)
    assert not app.exception
    assert app.number_input(key="start_number").value == int(number)
    assert headings(app) == stands


def test_the_number_in_the_address_is_the_last_one_given():
    pictures = counted(open_page("start", start_number="4318"))
    assert "three hundred sixteen, four thousand three hundred seventeen, four thousand" in pictures
    assert [f"<span>{number}</span>" in pictures for number in ("4,318", "4,319", "4,321")] == [
        False,
        True,
        True,
    ]
    assert "<span>4,322</span>" not in pictures


def test_an_example_is_counted_on_from_and_comes_into_the_address():
    app = open_page("start", start_number="4318")
    app.button_group(key="start_example").set_value(5997).run()
    assert app.query_params["start_number"] == "5997"
    assert headings(app) == ["**From 5,997: inside what it read**", BEYOND]


@pytest.mark.parametrize("number", [-1, 0, 2, 9997, 10_000])
def test_a_number_that_cannot_be_counted_on_from_is_told_once(number):
    app = open_page("start", start_number=str(number))
    assert not app.exception
    red = [each for each in said(app).split("\n") if each.startswith(":red[")]
    assert red == [f":red[Count on from a number between 3 and 9996; got {number}.]"]
    assert headings(app) == [] and counted(app) == ""
    app.number_input(key="start_number").set_value(4318).run()
    assert "Count on from a number between" not in said(app)
    assert headings(app)[0] == "**From 4,318: inside what it read**"


def test_what_is_no_number_is_told_once_and_another_is_counted_on_from():
    app = open_page("start", start_number="abc")
    assert not app.exception
    red = [each for each in said(app).split("\n") if each.startswith(":red[")]
    assert red == [":red[the address wanted 'abc' here, which is not a whole number]"]
    assert headings(app) == [INSIDE, BEYOND]


def test_the_start_page_says_what_it_trains_on():
    known = engine().info()
    app = open_page("start")
    devices = " and ".join(f"{each} ({known.device_names[each]})" for each in known.devices)
    assert f"Trains on {devices}, " in said(app)
    assert "cpu" in known.devices
    assert f"torch {known.versions['torch']}, " in said(app)
    assert "The engine is starting" not in said(app)


def test_the_start_page_does_not_wait_for_what_it_trains_on(monkeypatch):
    monkeypatch.setattr("hnviz.app.rooms.start.overview.info", lambda: None)
    app = open_page("start")
    assert "The engine is starting; its device and versions follow." in said(app)
    assert "Trains on" not in said(app)


def test_a_device_that_this_machine_lacks_is_told_beside_it_and_nothing_is_trained():
    known = engine().info()
    absent = next(each for each in CHOICES["device"] if each not in ("auto", *known.devices))
    there = ", ".join(("auto", *known.devices))
    sentence = f"this machine cannot train on {absent}; choose one of {there}"
    app = open_page("train", train_device=absent)
    assert not app.exception
    assert app.selectbox(key="train_device").value == absent
    beside = [each.value.replace("\\", "") for each in app.expander[0].markdown]
    assert beside == [f":red[{sentence}]"]
    assert app.button(key="train_start").disabled
    app.selectbox(key="train_device").select("auto").run()
    assert sentence not in said(app)
    assert not app.button(key="train_start").disabled


@pytest.mark.parametrize(
    "refusal",
    [
        EngineError("the queue is full: 16 runs wait already, and no more than 16 may"),
        RunWriteError("no run can be stored in /runs: No space left on device; make room there"),
    ],
)
def test_a_run_that_is_refused_is_told_and_the_address_stays(monkeypatch, refusal):
    def refuse(*_: object) -> None:
        raise refusal

    monkeypatch.setattr("hnviz.engine.client.Engine.train", refuse)
    app = open_page("train", run="Model2", train_lr="0.004")
    before = dict(app.query_params)
    assert before == {"run": "Model2", "train_lr": "0.004"}
    assert str(refusal) not in said(app)
    app.button(key="train_start").click().run()
    assert not app.exception
    assert said(app).count(str(refusal)) == 1
    assert dict(app.query_params) == before
    assert not app.button(key="train_start").disabled
    monkeypatch.setattr("hnviz.engine.client.Engine.train", lambda *_: "Model3")
    app.button(key="train_start").click().run()
    assert str(refusal) not in said(app)
    assert app.query_params["run"] == "Model3"


def test_a_speed_that_is_chosen_is_the_runs_and_every_viewer_sees_it():
    app = open_page("train", train_epochs="1000")
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    key = f"train_speed_{run}"
    try:
        assert app.selectbox(key=key).value == "full speed"
        app.selectbox(key=key).select("5 steps/s").run()
        assert not app.exception
        job = engine().job(run)
        assert job is not None and job.speed == 5.0
        other = open_page("train", run=run)
        assert other.selectbox(key=key).value == "5 steps/s"
        other.selectbox(key=key).select("full speed").run()
        job = engine().job(run)
        assert job is not None and job.speed is None
    finally:
        engine().stop(run)
    assert app.run().selectbox(key=key).disabled
