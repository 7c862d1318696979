"""The sentences that Start and Train say, each where it is true."""

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.machine.picture import SAYS, TRIES
from hnviz.app.machine.view import CODES_VIEW, READING_VIEW
from hnviz.app.rooms.start.overview import ladder_rows, what_it_is
from hnviz.app.rooms.start.shares import SHARES_VIEW, shares_sentence
from hnviz.app.rooms.train.form.topic import Machine
from hnviz.app.run.topics import Run
from hnviz.app.shell.server import server
from hnviz.config import CHOICES, RunConfig
from hnviz.engine.client import EngineError
from hnviz.figures.numbers import accuracy
from hnviz.figures.sentences import as_sentence
from hnviz.lessons import lessons, translations_of
from hnviz.lessons.panel import page_path
from hnviz.runs import RunWriteError
from hnviz.runs.ruler import run_bounds
from tests.pages import control, fields, fill, form, open_page, press
from tests.test_pages import drawn, text
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")


def said(app: AppTest) -> str:
    """What a page says, without the marks that keep its words from being Markdown."""
    return text(app).replace("\\", "")


def links(app: AppTest) -> list[str]:
    """The names of a page's links to other pages."""
    return [each.proto.label for each in app.main.get("page_link")]


def red(app: AppTest) -> list[str]:
    """The sentences about what is wrong."""
    return [each for each in said(app).split("\n") if each.startswith(":red[")]


def test_the_machine_reads_a_sentence_of_the_runs_text_and_lets_the_network_go_on():
    sent = drawn(open_page("start"), "start_reading")
    assert sent["run"] == "Model5"
    assert sent["settings"] == {"text": TRIES[0], "examples": list(TRIES), "compact": False}
    reads, codes, order = sent["asks"]
    assert reads["question"] == READING_VIEW.name
    assert reads["params"]["text"] == TRIES[0] and reads["params"]["n"] == str(SAYS)
    assert [each["question"] for each in (codes, order)] == [CODES_VIEW.name] * 2
    assert (reads["at"], codes["at"], order["at"]) == ("step", "rest", "end")


@pytest.mark.parametrize(
    ("train", "valid", "split", "numbers"),
    [
        (0.9931, 0.0612, "notebook", (99.3, 7_999, 6.1, 8_000)),
        (0.9961, 0.98, "blocks", (99.6, 98.0)),
        (0.0, 0.0, "notebook", (0, 7_999, 0, 8_000)),
    ],
)
def test_the_takeaway_has_the_measured_shares_in_at_most_twenty_words(
    train, valid, split, numbers, recorded
):
    sentence = shares_sentence(train, valid, RunConfig.for_model("Model5", split=split), 1_234)
    assert len(sentence.split()) <= 20
    recorded(sentence, 1_234, *numbers)


def test_the_takeaway_is_the_one_of_the_run_in_view(recorded):
    told = shown(SHARES_VIEW)
    assert told.meta == pytest.approx({"train": 0.993498, "valid": 0.06053}, abs=2e-3)
    recorded(told.sentence, 400, 99.3, 7_999, 6.1, 8_000)
    app = open_page("start", run="Model3")
    headline = drawn(app, "start_headline_Model3")
    assert headline["run"] == drawn(app, "start_reading")["run"] == "Model3"
    assert [each["question"] for each in headline["asks"]] == [SHARES_VIEW.name]


def test_the_takeaway_of_another_snapshot_is_measured(recorded):
    told = shown(SHARES_VIEW, "Model3", 0)
    assert told.meta["train"] < 0.005 and told.meta["valid"] < 0.005
    recorded(told.sentence, 0, 0, 7_999, 0, 8_000)


def test_the_start_page_says_what_its_scores_count_and_leads_on(recorded):
    app = open_page("start")
    recorded(said(app), part="the sentence at the top")
    recorded(said(app), part="For learners and teachers")
    recorded(said(app), part="It reads word by word")
    rows = {row.model: row for row in ladder_rows()}
    ends = [f"**{accuracy(rows[model].valid or 0)}**" for model in ("Model0", "Model5")]
    assert f"goes from {ends[0]} (Model0) to {ends[1]} (Model5)".replace(" %", "\xa0%") in text(app)
    three = run_bounds(RunConfig.for_model("Model0"), "valid")[2].accuracy
    recorded(said(app).replace("\xa0", " "), f"{100 * three:.1f}", part="words, a table gets")
    assert text(app).count("lesson7-human-numbers.ipynb") == 1, "the notebook is linked once"
    pages = [each.proto.page for each in app.main.get("page_link")]
    shown = [each for one in lessons().values() for each in (one, *translations_of(one))]
    cards = [page_path(each.steps[0].page) for each in shown]
    assert pages == [*cards, "train", "feed"]  # the clinic, then the next room
    recorded(links(app)[-1])


@pytest.mark.parametrize(
    ("model", "not_said"),
    [("Model5", "empty"), ("Model0", "keeps a memory"), ("Transformer", "keeps a memory")],
)
def test_the_start_page_calls_a_network_what_it_is(model, not_said, recorded):
    told = what_it_is(model)
    assert told.startswith(model) and not_said not in told
    recorded(told)
    assert "Press **Play**" in told


def test_the_form_says_what_this_machine_trains_on():
    known = server().engine.info()
    line = Machine().draw(None, {})["line"]
    devices = " and ".join(f"{each} ({known.device_names[each]})" for each in known.devices)
    assert f"Trains on {devices}, " in line
    assert "cpu" in known.devices
    assert f"torch {known.versions['torch']}, " in line
    assert "The engine is starting" not in line


def test_the_form_does_not_wait_for_what_this_machine_trains_on(monkeypatch, recorded):
    monkeypatch.setattr("hnviz.app.rooms.train.form.topic.info", lambda: None)
    line = Machine().draw(None, {})["line"]
    recorded(line)


def test_a_run_is_trained_from_start_at_once_and_the_page_shows_it(recorded):
    app = open_page("start")
    assert "See the loss fall" not in links(app), "a pre-trained run has nothing that grows"
    assert not drawn(app, "start_bar")["settings"]["slider"], "the machine has the slider"
    press(app, "start_train").run()
    run = app.query_params["run"]
    try:
        assert not app.exception
        recorded(app.title[0].value)
        config = server().store.record(run).config
        assert config == RunConfig.for_model("Model5")
        keys = ("start_bar", "start_reading")
        shows = {key: drawn(app, key)["run"] for key in keys}
        assert set(shows.values()) == {run}
        assert "See the loss fall" in links(app), "Train shows it, by the run's curves"
    finally:
        server().engine.stop(run)


def test_a_run_that_start_may_not_make_is_told_beside_the_button(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise EngineError("the queue is full")

    monkeypatch.setattr("hnviz.engine.client.Engine.train", refuse)
    app = open_page("start", run="Model2")
    press(app, "start_train").run()
    assert not app.exception
    assert said(app).count("queue is full") == 1
    assert app.query_params["run"] == "Model2"


def test_the_list_of_runs_is_drawn_once_it_is_opened():
    app = open_page("start")
    assert not drawn(app, "start_runs")
    app.session_state["start_all_runs"] = True
    assert drawn(app.run(), "start_runs")["settings"]["shown"] == "Model5"


def test_a_device_that_this_machine_lacks_is_told_beside_it_and_nothing_is_trained(recorded):
    known = server().engine.info()
    absent = next(each for each in CHOICES["device"] if each not in ("auto", *known.devices))
    there = ", ".join(("auto", *known.devices))
    app = open_page("train", train_device=absent)
    assert not app.exception
    assert fields(app)["device"] == absent
    wrong = form(app)["wrong"]
    assert [*wrong] == ["device"] and wrong["device"].endswith(
        f"on {absent}; choose one of {there}"
    )
    recorded(wrong["device"].partition(f" {absent};")[0])
    assert control(app, "train_start")["off"]
    fill(app, device="auto").run()
    assert form(app)["wrong"] == {}
    assert not control(app, "train_start")["off"]


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
    press(app, "train_start").run()
    assert not app.exception
    assert said(app).count(as_sentence(str(refusal))) == 1
    assert dict(app.query_params) == before
    assert not control(app, "train_start")["off"]
    monkeypatch.setattr("hnviz.engine.client.Engine.train", lambda *_, **__: "Model3")
    press(app, "train_start").run()
    assert as_sentence(str(refusal)) not in said(app)
    assert app.query_params["run"] == "Model3"


def test_a_speed_that_is_chosen_is_the_runs_and_every_viewer_sees_it():
    app = open_page("train", train_epochs="1000")
    press(app, "train_start").run()
    run = app.query_params["run"]
    try:
        assert Run().draw(server().current(run), {})["speed"] is None
        server().engine.set_speed(run, 5.0)  # as POST /api/runs/{id}/speed does
        assert Run().draw(server().current(run), {})["speed"] == 5.0
        server().engine.set_speed(run, None)
        assert Run().draw(server().current(run), {})["speed"] is None
    finally:
        server().engine.stop(run)
