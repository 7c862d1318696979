"""The sentences that Start and Train say, each where it is true."""

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.rooms.start.count.picture import COUNT_VIEW, SHARES_VIEW
from hnviz.app.rooms.start.count.words import heading, shares_sentence, side
from hnviz.app.rooms.start.machine.topic import Machine
from hnviz.app.rooms.start.overview import ladder_rows, what_it_is
from hnviz.app.run.topics import Run
from hnviz.app.shell.navigation import PAGES
from hnviz.app.shell.server import server
from hnviz.config import CHOICES, RunConfig
from hnviz.engine.client import EngineError
from hnviz.figures.numbers import accuracy
from hnviz.figures.sentences import as_sentence
from hnviz.runs import RunWriteError
from hnviz.runs.ruler import run_bounds
from tests.pages import fields, fill, form, open_page
from tests.test_pages import drawn, text
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")


def said(app: AppTest) -> str:
    """What a page says, without the marks that keep its words from being Markdown."""
    return text(app).replace("\\", "")


def counted(app: AppTest) -> list[dict[str, Any]]:
    """What the two cards show, inside and beyond, as the browser gets it."""
    asks = {each["name"]: each for each in drawn(app, "start_count")["asks"]}
    assert {each["question"] for each in asks.values()} == {COUNT_VIEW.name}
    return [dict(shown(COUNT_VIEW, **asks[side]["params"]).meta) for side in ("inside", "beyond")]


def headings(app: AppTest) -> list[str]:
    """What appears above the two counts."""
    return [each["heading"] for each in counted(app)]


def red(app: AppTest) -> list[str]:
    """The sentences about what is wrong."""
    return [each for each in said(app).split("\n") if each.startswith(":red[")]


INSIDE, BEYOND = "From 3,498: inside what it read", "From 8,316: beyond its text"
"""What is counted beside a number of the other side."""


@pytest.mark.parametrize(
    ("number", "stands"),
    [
        ("3", ["From 3: inside what it read", BEYOND]),
        ("4318", ["From 4,318: inside what it read", BEYOND]),
        ("7996", ["From 7,996: inside what it read", BEYOND]),
        ("7997", [INSIDE, "From 7,997: across 8,000, which it never read"]),
        ("7999", [INSIDE, "From 7,999: across 8,000, which it never read"]),
        ("8000", [INSIDE, "From 8,000: beyond its text"]),
        ("9996", [INSIDE, "From 9,996: beyond its text"]),
    ],
)
def test_each_count_says_on_which_side_of_the_text_it_begins(number, stands):
    app = open_page("start", start_number=number)
    assert not app.exception
    assert app.number_input(key="start_number").value == int(number)
    assert headings(app) == stands
    chosen = "inside" if stands[1] == BEYOND else "beyond"
    assert drawn(app, "start_count")["settings"]["chosen"] == chosen


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (3498, "From 3,498: inside what it read"),
        (8316, "From 8,316: in a held-out block"),
        (8302, "From 8,302: across the edge of a held-out block"),
        (8400, "From 8,400: inside what it read"),
    ],
)
def test_of_a_run_with_held_out_blocks_the_side_is_that_of_its_text(number, wanted):
    config = RunConfig.for_model("Model5", split="blocks")
    assert heading(number, config) == wanted
    assert side(number, config) == ("inside" if "inside" in wanted else "beyond")


def test_the_number_in_the_address_is_the_last_one_given():
    inside, _ = counted(open_page("start", start_number="4318"))
    assert inside["given"].endswith(
        "three hundred sixteen, four thousand three hundred seventeen, "
        "four thousand three hundred eighteen"
    )
    assert [line["number"] for line in inside["lines"]] == ["4,319", "4,320", "4,321"]


def test_a_count_tells_each_words_kind_and_which_one_is_wrong(recorded):
    inside, beyond = counted(open_page("start"))
    assert [line["right"] for line in inside["lines"]] == [True] * 3
    assert [word for word, *_ in inside["lines"][0]["words"]] == (
        ["three", "thousand", "four", "hundred", "ninety", "nine"]
    )
    assert [kind for _, kind, *_ in inside["lines"][0]["words"]] == (
        ["ones", "place", "ones", "place", "tens", "ones"]
    )
    recorded(inside["verdict"])
    first, *rest = beyond["lines"][0]["words"]
    assert not first[-1] and all(right for *_, right in rest)
    assert not any(line["right"] for line in beyond["lines"])
    recorded(beyond["verdict"])


def test_an_untrained_network_babbles_and_seven_words_of_it_are_shown():
    line = shown(COUNT_VIEW, step=0, number=3498).meta["lines"][0]
    assert len(line["words"]) == 7 and line["more"] > 0 and not line["right"]


@pytest.mark.parametrize("example", [5997, 8316])
def test_an_example_is_counted_on_from_and_comes_into_the_address(example):
    app = open_page("start", start_number="4318")
    turn = drawn(app, "start_count")["settings"]["turn"]
    app.button_group(key="start_example").set_value(example).run()
    assert app.query_params["start_number"] == str(example)
    at = {5997: ["From 5,997: inside what it read", BEYOND], 8316: [INSIDE, BEYOND]}
    assert headings(app) == at[example]
    now = drawn(app, "start_count")["settings"]
    assert now == {"chosen": "inside" if example == 5997 else "beyond", "turn": turn + 1}
    assert app.button_group(key="start_example").value == example


def test_the_button_counts_once_more():
    app = open_page("start")
    turn = drawn(app, "start_count")["settings"]["turn"]
    app.button(key="start_count_on").click().run()
    assert drawn(app, "start_count")["settings"]["turn"] == turn + 1


@pytest.mark.parametrize(
    ("number", "got"),
    [(-1, "\N{MINUS SIGN}1"), (0, "0"), (2, "2"), (9997, "9,997"), (10_000, "10,000")],
)
def test_a_number_that_cannot_be_counted_on_from_is_told_once_and_the_last_one_stays(number, got):
    wanted = [f":red[Count on from a number between 3 and 9,996; got {got}.]"]
    app = open_page("start", start_number=str(number))
    assert not app.exception
    assert red(app) == wanted
    assert headings(app) == [INSIDE, BEYOND]
    app.number_input(key="start_number").set_value(4318).run()
    assert red(app) == [] and marked(app) == []
    assert headings(app)[0] == "From 4,318: inside what it read"
    app.number_input(key="start_number").set_value(number).run()
    assert red(app) == wanted and len(marked(app)) == 1
    assert headings(app)[0] == "From 4,318: inside what it read"
    assert app.button_group(key="start_example").value is None, "no example is what was typed"


def marked(app: AppTest) -> list[str]:
    """The style sheets that mark a field as wrong."""
    html = [each.proto.body for each in app.get("html")]
    return [body for body in html if ".st-key-start_number" in body]


def test_what_is_no_number_is_told_once_and_another_is_counted_on_from():
    app = open_page("start", start_number="abc")
    assert not app.exception
    assert red(app) == [":red[The address asks for 'abc' here, which is not a whole number.]"]
    assert headings(app) == [INSIDE, BEYOND]


@pytest.mark.parametrize(
    ("train", "valid", "split", "wanted"),
    [
        (
            0.9931,
            0.0612,
            "notebook",
            "It gets the next number right **99.3 %** of the time up to 7,999, and **6.1 %** above "
            "8,000.",
        ),
        (
            0.9961,
            0.98,
            "blocks",
            "It gets the next number right **99.6 %** of the time where it has read, and "
            "**98.0 %** elsewhere.",
        ),
        (
            0.0,
            0.0,
            "notebook",
            "It gets the next number right **0 %** of the time up to 7,999, and **0 %** above "
            "8,000.",
        ),
    ],
)
def test_the_takeaway_has_the_measured_shares_in_at_most_twenty_words(train, valid, split, wanted):
    sentence = shares_sentence(train, valid, RunConfig.for_model("Model5", split=split))
    assert sentence == wanted
    learning = shares_sentence(train, valid, RunConfig.for_model("Model5", split=split), 1_234)
    assert len(sentence.split()) <= 20 and len(learning.split()) <= 20
    shares = re.findall(r"\*\*[^*]+\*\*", wanted)
    assert learning.startswith(f"At step 1,234 it gets {shares[0]} of next numbers right ")
    assert re.findall(r"\*\*[^*]+\*\*", learning) == shares


def test_the_takeaway_is_the_one_of_the_run_in_view():
    told = shown(SHARES_VIEW)
    assert told.meta == pytest.approx({"train": 0.993498, "valid": 0.06053}, abs=2e-3)
    assert "right **99.3 %** of the time up to 7,999, and **6.1 %** above 8,000." in told.sentence
    app = open_page("start", run="Model3")
    headline = drawn(app, "start_headline_Model3")
    assert headline["run"] == drawn(app, "start_count")["run"] == "Model3"
    assert [each["question"] for each in headline["asks"]] == [SHARES_VIEW.name]


def test_the_takeaway_of_another_snapshot_is_measured():
    told = shown(SHARES_VIEW, "Model3", 0)
    assert told.meta["train"] < 0.005 and told.meta["valid"] < 0.005
    assert told.sentence.startswith("At step 0 it gets **0 %** of next numbers right up to 7,999, ")


def test_the_start_page_says_what_its_scores_count_and_links_to_every_page():
    app = open_page("start")
    assert "This chart scores words; the cards above score whole numbers." in said(app)
    who = "For learners and teachers: Model5 is a **recurrent network**. It reads word by word"
    assert who in said(app)
    rows = {row.model: row for row in ladder_rows()}
    ends = [f"**{accuracy(rows[model].valid or 0)}**" for model in ("Model0", "Model5")]
    assert f"goes from {ends[0]} (Model0) to {ends[1]} (Model5)".replace(" %", "\xa0%") in text(app)
    three = accuracy(run_bounds(RunConfig.for_model("Model0"), "valid")[2].accuracy)
    assert f"Model0 knows three words at a time, which give {three}." in said(app).replace(
        "\xa0", " "
    )
    assert text(app).count("lesson7-human-numbers.ipynb") == 1, "the notebook is linked once"
    links = [each.proto.page for each in app.get("page_link")]
    pages = [name for section in PAGES.values() for name in section if name != "start"]
    assert links == [*pages, "data"]
    assert app.get("page_link")[-1].proto.label == "Next: what does the network read?"


@pytest.mark.parametrize(
    ("model", "said", "not_said"),
    [
        ("Model5", "is a **recurrent network**. It reads word by word, keeps a memory", "empty"),
        ("Model0", "its memory is empty at the start of each mini-batch", "keeps a memory"),
        ("Transformer", "is **not a recurrent network**", "keeps a memory"),
    ],
)
def test_the_start_page_calls_a_network_what_it_is(model, said, not_said):
    told = what_it_is(model)
    assert told.startswith(model) and said in told and not_said not in told
    assert "Press **Count on**" in told


def test_the_start_page_says_what_it_trains_on():
    known = server().engine.info()
    line = Machine().draw(None, {})["line"]
    devices = " and ".join(f"{each} ({known.device_names[each]})" for each in known.devices)
    assert f"Trains on {devices}, " in line
    assert "cpu" in known.devices
    assert f"torch {known.versions['torch']}, " in line
    assert "The engine is starting" not in line
    assert drawn(open_page("start"), "start_machine")


def test_the_start_page_does_not_wait_for_what_it_trains_on(monkeypatch, recorded):
    monkeypatch.setattr("hnviz.app.rooms.start.machine.topic.info", lambda: None)
    line = Machine().draw(None, {})["line"]
    recorded(line)


def test_a_run_is_trained_from_start_at_once_and_the_page_shows_it():
    app = open_page("start")
    assert not drawn(app, "start_loss"), "a pre-trained run has nothing that grows"
    assert drawn(app, "start_bar")["settings"]["slider"], "but its training can be played"
    app.button(key="start_train").click().run()
    run = app.query_params["run"]
    try:
        assert not app.exception
        assert app.title[0].value == "Watch a network learn to count"
        config = server().store.record(run).config
        assert config == RunConfig.for_model("Model5")
        shows = {key: drawn(app, key)["run"] for key in ("start_bar", "start_loss", "start_count")}
        assert set(shows.values()) == {run}
        assert drawn(app, "start_loss")["settings"] == {"comes_to_it": True}
        assert all(each["at"] == "step" for each in drawn(app, "start_count")["asks"])
    finally:
        server().engine.stop(run)


def test_a_run_that_start_may_not_make_is_told_beside_the_button(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise EngineError("the queue is full: 16 runs are waiting already, and no more than 16 may")

    monkeypatch.setattr("hnviz.engine.client.Engine.train", refuse)
    app = open_page("start", run="Model2")
    app.button(key="start_train").click().run()
    assert not app.exception
    assert (
        said(app).count("queue is full: 16 runs are waiting already, and no more than 16 may") == 1
    )
    assert app.query_params["run"] == "Model2"


def test_the_list_of_runs_is_drawn_once_it_is_opened():
    app = open_page("start")
    assert not drawn(app, "start_runs")
    app.session_state["start_all_runs"] = True
    assert drawn(app.run(), "start_runs")["settings"]["shown"] == "Model5"


def test_a_device_that_this_machine_lacks_is_told_beside_it_and_nothing_is_trained():
    known = server().engine.info()
    absent = next(each for each in CHOICES["device"] if each not in ("auto", *known.devices))
    there = ", ".join(("auto", *known.devices))
    sentence = f"this machine cannot train on {absent}; choose one of {there}"
    app = open_page("train", train_device=absent)
    assert not app.exception
    assert fields(app)["device"] == absent
    assert form(app)["wrong"] == {"device": sentence}
    assert app.button(key="train_start").disabled
    fill(app, device="auto").run()
    assert form(app)["wrong"] == {}
    assert not app.button(key="train_start").disabled


@pytest.mark.parametrize(
    "refusal",
    [
        EngineError("the queue is full: 16 runs are waiting already, and no more than 16 may"),
        RunWriteError("no run can be stored in /runs: No space left on device; make room there"),
    ],
)
def test_a_run_that_is_refused_is_told_and_the_address_stays(monkeypatch, refusal):
    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr("hnviz.engine.client.Engine.train", refuse)
    app = open_page("train", run="Model2", train_lr="0.004")
    before = dict(app.query_params)
    assert before == {"run": "Model2", "train_lr": "0.004"}
    assert as_sentence(str(refusal)) not in said(app)
    app.button(key="train_start").click().run()
    assert not app.exception
    assert said(app).count(as_sentence(str(refusal))) == 1
    assert dict(app.query_params) == before
    assert not app.button(key="train_start").disabled
    monkeypatch.setattr("hnviz.engine.client.Engine.train", lambda *_, **__: "Model3")
    app.button(key="train_start").click().run()
    assert as_sentence(str(refusal)) not in said(app)
    assert app.query_params["run"] == "Model3"


def test_a_speed_that_is_chosen_is_the_runs_and_every_viewer_sees_it():
    app = open_page("train", train_epochs="1000")
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    try:
        assert Run().draw(server().current(run), {})["speed"] is None
        server().engine.set_speed(run, 5.0)  # as POST /api/runs/{id}/speed does
        assert Run().draw(server().current(run), {})["speed"] == 5.0
        server().engine.set_speed(run, None)
        assert Run().draw(server().current(run), {})["speed"] is None
    finally:
        server().engine.stop(run)
