"""The Tasks page without a browser: its controls, its errors, and the run that it starts."""

import pytest

from hnviz.app.rooms.tasks.controls import TITLES
from hnviz.app.rooms.tasks.training import RECIPE
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.engine.client import EngineError
from hnviz.tasks.generators import EVEN_ONES, REBER
from hnviz.tasks.task import TaskStream
from tests.pages import below, choose, control, open_page, press
from tests.test_pages import drawn, text

pytestmark = pytest.mark.usefixtures("own_runs")


def said(app):
    return text(app).replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")


def red(app):
    shown = [each.value.replace("\\", "") for each in app.markdown if ":red[" in each.value]
    return [*shown, *below(app)]


def links(app):
    return " ".join(each.proto.label for each in app.get("page_link"))


def html(app):
    return "".join(each.proto.body for each in app.get("html"))


def wrong(app):
    """What the picture says is wrong with the table, and in which row."""
    settings = drawn(app, "tasks_automaton")["settings"]
    return settings["wrong"], settings["row"]


def edit(app, table, serial=1):
    """Do what the table's picture does: report what the reader made of it."""
    app.session_state["tasks_automaton"] = {"table": {"value": table, "serial": serial}}
    return app.run()


@pytest.mark.parametrize("title", TITLES)
def test_every_task_says_what_it_needs_before_training(title):
    app = open_page("tasks", tasks_task=title, tasks_figures="true")
    assert not app.exception and red(app) == []
    assert "The best possible accuracy is" in said(app)
    assert ", a machine needs" in said(app)
    asks = TITLES[title] in ("copy", "recall", "parity")
    assert ("of answers right" if asks else "The best possible is") in html(app)
    assert "hn-outlook" in html(app)
    assert len(drawn(app, "tasks_text")["settings"]["words"]) == 36
    assert "Without context the best guess is right" in said(app)
    assert "Without context the least loss is" in said(app)
    small = TITLES[title] in ("dyck", "parity", "periodic", "regular")
    shown = drawn(app, "tasks_automaton")
    assert bool(shown) is small
    assert ("table" in (shown or {"settings": {}})["settings"]) is (title == "A regular language")
    assert len(app.session_state["_tasks_good"]) == 1


def test_parameters_come_from_the_address():
    app = open_page("tasks", tasks_symbols="2", tasks_gap="3", tasks_bptt="4", tasks_model="Model3")
    assert not app.exception and red(app) == []
    assert "it takes the last <b>5 tokens</b>" in html(app)
    assert '<tr aria-current="true"><td><b>Model3</b><br>4 tokens, state kept' in html(app)
    choose(app, tasks_gap=4).run()
    assert "it takes the last <b>6 tokens</b>" in html(app)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"tasks_gap": "900"}, (0, 500, 900)),
        (
            {"tasks_task": "Balanced brackets", "tasks_kinds": "4", "tasks_depth": "60"},
            (2_048,),
        ),
        (
            {"tasks_task": "Counting in a base", "tasks_base": "16", "tasks_digits": "12"},
            (12, 16, 281_474_976_710_656, 100_000),
        ),
        ({"tasks_task": "A periodic sequence", "tasks_sequence": "a"}, ()),
        ({"tasks_bptt": "513"}, (1, 512, 513)),
        ({"tasks_tokens": "9"}, (100, 200_000, 9)),
        ({"tasks_model": "Model0", "tasks_bptt": "4"}, (3, 3, 4)),
    ],
)
def test_what_cannot_be_is_one_sentence_and_trains_nothing(query, numbers, recorded):
    app = open_page("tasks", **query)
    assert not app.exception
    (told,) = red(app)
    recorded(told, *numbers)
    assert control(app, "tasks_start").get("off")
    assert drawn(app, "tasks_text"), "the page still shows what could be used"


def test_after_a_mistake_the_last_good_parameters_stay_in_view(recorded):
    app = open_page("tasks", tasks_gap="3")
    choose(app, tasks_gap=-1).run()
    recorded(said(app), part="The page still shows the")
    assert "it takes the last <b>5 tokens</b>" in html(app)
    choose(app, tasks_gap=2).run()
    assert red(app) == [] and "it takes the last <b>4 tokens</b>" in html(app)


# --- the automaton ------------------------------------------------------------------------------


def open_automaton(**query):
    return open_page("tasks", tasks_task="A regular language", **query)


def test_an_edited_automaton_is_shown_and_in_the_address():
    app = open_automaton()
    assert "tasks_table" not in app.query_params
    edit(app, EVEN_ONES)
    assert not app.exception and wrong(app) == ("", None)
    assert app.query_params["tasks_table"] == EVEN_ONES
    names = [name for name, *_ in drawn(app, "tasks_automaton")["settings"]["nodes"]]
    assert names == ["even", "odd"]
    again = open_automaton(tasks_table=EVEN_ONES)
    assert drawn(again, "tasks_automaton") == drawn(app, "tasks_automaton")
    assert drawn(again, "tasks_automaton")["settings"]["table"] == EVEN_ONES
    choose(app, tasks_task="Parity").run()
    assert "tasks_table" not in app.query_params
    choose(app, tasks_task="A regular language").run()
    assert app.query_params["tasks_table"] == EVEN_ONES, "it comes back with its task"
    edit(app, REBER, serial=2)
    assert "tasks_table" not in app.query_params, "the default needs no parameter"


@pytest.mark.parametrize(
    ("table", "numbers", "row"),
    [
        ("A 0 A; B 0 C; accept C", (), None),
        ("A 0 B; accept C", (), None),
        ("A 0 B; A 0 A; accept A", (0,), 1),
        ("A 0 B", (), None),
        ("A 0; accept A", (0,), 0),
        ("accept A; A 0 A; A . A", (), 1),
        ("A 0 B; B 0 B; accept A", (), None),
        ("", (), None),
        ("A <script> B; accept Z", (), None),
        ("A \0 B; accept B", (), None),
        ("A 0 " + "B" * 1000 + "; accept A", (1_000, 1_014), None),
    ],
)
def test_a_bad_automaton_is_one_sentence_beside_its_row_and_the_last_one_stays(
    table, numbers, row, recorded
):
    app = edit(open_automaton(), EVEN_ONES)
    edit(app, table, serial=2)
    assert not app.exception and red(app) == []
    told, where = wrong(app)
    assert where == row
    recorded(told, *numbers)
    assert app.query_params["tasks_table"] == EVEN_ONES
    assert len(drawn(app, "tasks_automaton")["settings"]["nodes"]) == 2
    assert not control(app, "tasks_start").get("off"), "it trains on the automaton that is shown"
    edit(app, EVEN_ONES, serial=3)
    assert wrong(app) == ("", None)


def test_a_bad_automaton_in_the_address_is_told(recorded):
    app = open_automaton(tasks_table="A 0 A; B 0 C; accept C")
    assert not app.exception
    told, where = wrong(app)
    assert where is None, "its rows are not those that are shown"
    recorded(told)
    assert len(drawn(app, "tasks_automaton")["settings"]["nodes"]) == 8


# --- a run --------------------------------------------------------------------------------------


def test_a_run_is_trained_on_the_task_and_the_page_follows_it():
    app = open_page("tasks", tasks_gap="2", tasks_model="Model3", tasks_tokens="400")
    assert "reads this task" not in links(app)
    press(app, "tasks_start").run()
    assert not app.exception
    run = app.query_params["run"]
    server().engine.stop(run)
    corpus = TaskStream.of("recall", {"gap": 2, "tokens": 400}).id
    wanted = RunConfig.for_model("Model3", corpus=corpus, **RECIPE)
    assert server().store.record(run).config == wanted
    assert f"{run} reads this task" in links(app)
    choose(app, tasks_gap=3).run()
    assert "reads this task" not in links(app), "the run read another task"


def test_a_run_in_view_sets_the_controls_to_its_task():
    corpus = TaskStream.of("regular", {"table": EVEN_ONES}).id
    made = server().store.create(RunConfig.for_model("Model2", corpus=corpus))
    app = open_page("tasks", run=made.id)
    assert not app.exception
    assert control(app, "tasks_task")["value"] == "A regular language"
    assert '<tr aria-current="true"><td><b>Model2</b>' in html(app)
    assert len(drawn(app, "tasks_automaton")["settings"]["nodes"]) == 2
    assert f"{made.id} reads this task" in links(app)
    choose(app, tasks_task="Parity").run()
    assert "reads this task" not in links(app)
    asked = open_page("tasks", run=made.id, tasks_task="Parity")
    assert control(asked, "tasks_task")["value"] == "Parity", "a link comes first"


def test_a_run_that_is_refused_is_told_beside_the_button(monkeypatch):
    def refuse(*_, **__):
        raise EngineError("the queue is full: 16 runs are waiting already, and no more than 16 may")

    monkeypatch.setattr("hnviz.engine.client.Engine.train", refuse)
    app = open_page("tasks", run="Model2")
    press(app, "tasks_start").run()
    assert not app.exception
    assert said(app).count("queue is full: 16 runs are waiting already") == 1
    assert app.query_params["run"] == "Model2"
