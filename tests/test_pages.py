"""Every page, run as Streamlit runs it, without a browser."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from errno import ENOSPC
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.rooms.batches.reading import MAX_SIDE
from hnviz.app.rooms.train.form.picture import known
from hnviz.app.rooms.train.inside.picture import NUMBERS_VIEW
from hnviz.app.rooms.train.inside.worst import WORST_VIEW
from hnviz.app.rooms.train.positions.picture import LAST_VIEW, POSITIONS_VIEW
from hnviz.app.rooms.train.settings import read
from hnviz.app.rooms.train.topics import notebook_of, notes
from hnviz.app.shell.asgi import SCRIPT
from hnviz.app.shell.navigation import PAGES, page_file
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.engine.client import EngineError
from hnviz.figures.numbers import accuracy
from hnviz.runs import BLOCKS
from hnviz.runs.accuracies import NONE
from tests.pages import (
    SHARED,
    below,
    choose,
    control,
    drawn,
    fields,
    fill,
    form,
    mounts,
    open_page,
    press,
    switch_page,
)
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")

ROOT = Path(__file__).parent.parent
NAMES = [name for pages in PAGES.values() for name in pages]

ALL_PAGES = """
import sys
from tests.pages import below, drawn, open_page, switch_page
app = open_page("start")
for name in {names!r}:
    switch_page(app, name).run()
    assert not app.exception, (name, app.exception)
print("torch" in sys.modules, "streamlit" in sys.modules)
"""


def text(app: AppTest) -> str:
    """All that a page says outside of its components."""
    shown = (str(each.value) for each in [*app.title, *app.markdown, *app.error, *app.info])
    return "\n".join([*shown, *below(app)])


@pytest.mark.parametrize("name", NAMES)
def test_a_page_runs_and_has_a_picture(name):
    app = open_page(name)
    assert not app.exception
    assert app.title[0].value
    components = [each["id"] for each in mounts(app)]
    assert set(components) - SHARED, "a page has a picture of its own"
    if name == "start":
        html = [each.proto.body for each in app.get("html")]
        assert any('class="hn-ladder" role="img"' in body for body in html)


def test_a_link_gets_its_frame():
    app = open_page("data")
    assert app.title[0].value.startswith("What does it read")
    assert app.selectbox(key="run").label == "Run shown on all pages"


def test_no_folder_named_pages_is_beside_the_script():
    """Streamlit would take it for its old page system: links show "Page not found"."""
    assert not SCRIPT.with_name("pages").exists()
    assert page_file("train").is_absolute() and page_file("train").is_file()


def test_the_server_never_loads_torch(tmp_path):
    said = subprocess.run(
        [sys.executable, "-c", ALL_PAGES.format(names=NAMES[1:])],
        cwd=ROOT,
        env={**os.environ, "HNVIZ_RUNS_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert said.returncode == 0, said.stderr[-2000:]
    assert said.stdout.split() == ["False", "True"]


def test_choosing_a_model_brings_its_recipe():
    app = fill(open_page("train", train_lr="0.5"), model="Model3").run()
    assert (fields(app)["lr"], fields(app)["epochs"]) == (3e-3, 20)
    fill(app, same="true").run()
    fill(app, model="Model2").run()
    assert fields(app)["lr"] == 3e-3
    fill(app, same="false").run()
    assert fields(app)["lr"] == 1e-4


@pytest.mark.parametrize(
    ("model", "unused"),
    [
        ("Model0", {"reset_state", "form"}),
        ("Model2", {"reset_state"}),
        ("Model3", set()),
        ("Model5", {"form"}),
    ],
)
def test_a_setting_that_a_model_has_no_use_for_cannot_be_chosen(model, unused):
    assert set(known()["unused"][model]) == unused


def stop(run):
    with suppress(EngineError):  # it may have finished while the page was drawn
        server().engine.stop(run)


def test_what_is_set_under_more_is_trained():
    from hnviz.app.shell.server import server

    app = fill(open_page("train", train_model="Model3"), bs="32", form="fast").run()
    press(app, "train_start").run()
    run = app.query_params["run"]
    stop(run)
    config = server().store.record(run).config
    assert (config.model, config.bs, config.form, config.nh) == ("Model3", 32, "fast", 64)


def test_a_setting_that_a_model_has_no_use_for_is_trained_at_its_default():
    from hnviz.app.shell.server import server

    app = open_page("train", train_model="Model1", train_form="fast", train_reset_state="both")
    press(app, "train_start").run()
    run = app.query_params["run"]
    stop(run)
    config = server().store.record(run).config
    assert (config.model, config.form, config.reset_state) == ("Model1", "plain", "never")


@pytest.mark.parametrize(
    ("field", "typed", "numbers"),
    [
        ("bptt", "0", (1, 0)),
        ("bptt", "2.5", (1, 2.5)),
        ("bs", "-1", (1, 1)),
        ("nh", "0", (1, 0)),
        ("epochs", "0", (1, 0)),
        ("seed", "1e300", (0, 1e300)),
        ("lr", "0", (0, 0.0)),
        ("pct_start", "1", (0, 1, 1.0)),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(field, typed, numbers, recorded):
    app = fill(open_page("train"), **{field: typed}).run()
    assert not app.exception
    assert [*form(app)["wrong"]] == [field]
    recorded(form(app)["wrong"][field], *numbers)
    assert control(app, "train_start")["off"]
    fill(app, **{field: "0.5" if field in ("lr", "pct_start") else "7"}).run()
    assert form(app)["wrong"] == {}
    assert not control(app, "train_start")["off"]


def test_what_was_typed_a_moment_before_the_click_is_trained():
    from hnviz.app.shell.server import server

    app = fill(open_page("train"), lr="0.005", epochs="3")
    press(app, "train_start").run()
    run = app.query_params["run"]
    stop(run)
    config = server().store.record(run).config
    assert (config.model, config.lr, config.epochs, config.bptt) == ("Model5", 0.005, 3, 20)


def test_a_model_chosen_a_moment_before_the_click_is_trained_with_its_recipe():
    from hnviz.app.shell.server import server

    app = fill(open_page("train"), model="Model3")
    press(app, "train_start").run()
    run = app.query_params["run"]
    stop(run)
    config = server().store.record(run).config
    assert (config.model, config.lr, config.epochs, config.bptt) == ("Model3", 3e-3, 20, 20)


def test_a_wrong_number_typed_a_moment_before_the_click_starts_nothing(recorded):
    app = fill(open_page("train", run="Model2"), bptt="0")
    press(app, "train_start").run()
    assert not app.exception
    assert app.query_params["run"] == "Model2"
    assert [*form(app)["wrong"]] == ["bptt"]
    recorded(form(app)["wrong"]["bptt"], 1, 0)


def test_model0_with_a_long_window():
    app = fill(open_page("train"), model="Model0").run()
    assert form(app)["wrong"] == {}
    fill(app, bptt="4").run()
    assert form(app)["wrong"]["bptt"].startswith("Model0 reads 3 tokens")


def test_the_picker_shows_names_and_the_address_keeps_the_id():
    app = open_page("train", run="Model5-blocks")
    picker = app.selectbox(key="run")
    assert picker.value == "Model5-blocks"
    assert {"Model3, pre-trained", "Model5, blocks held out, pre-trained"} <= set(picker.options)
    assert len(set(picker.options)) == len(picker.options)
    picker.set_value("Model3").run()
    assert app.query_params["run"] == "Model3"
    app.selectbox(key="run").set_value("Model5").run()
    assert "run" not in app.query_params  # the default
    app.query_params["run"] = "Model2"  # the browser's Back, or a link
    app.run()
    assert app.selectbox(key="run").value == "Model2"
    switch_page(app, "data").run()
    assert app.selectbox(key="run").value == "Model2"


def test_an_older_run_is_offered_where_a_link_asks_for_it(monkeypatch):
    monkeypatch.setattr("hnviz.app.run.view.LISTED", 0)
    server().store.create(RunConfig(seed=3))
    older = server().store.ids()[0]
    app = open_page("data", run=older)
    assert app.selectbox(key="run").value == older
    assert app.selectbox(key="run").options[0].startswith("Model5, seed 3, ")
    assert len(app.selectbox(key="run").options) == 1 + len(server().store.ids(0))


def test_a_rate_that_is_known_to_fail_is_warned_of():
    app = open_page("train", train_lr="1000")
    assert form(app)["warning"].startswith("lr 1,000 is too high for Model5: at 3.0e-1")
    assert not control(app, "train_start")["off"]
    fill(app, lr="0.01").run()
    assert form(app)["warning"] == ""


def test_an_unknown_run_falls_back_to_a_shipped_one():
    app = open_page("train", run="no-such-run")
    assert "no run named 'no-such-run'" in text(app).replace("\\", "")
    assert app.selectbox(key="run").value == "Model5"


def test_a_damaged_run_is_told_and_the_page_stays(tmp_path):
    folder = Path(os.environ["HNVIZ_RUNS_DIR"]) / "20260101-000000-Model5-dead"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{")
    for name in ("train", "states", "models"):
        app = open_page(name, run=folder.name, models_weights="run in view")
        assert not app.exception
        assert "is damaged" in text(app).replace("\\", "")


@pytest.mark.parametrize("phrase", ["", "9 to 3", "12345", "0 to 5", "   "])
def test_a_phrase_that_cannot_be_shown_is_told(phrase):
    app = open_page("states")
    choose(app, states_phrase=phrase).run()
    assert not app.exception
    said = text(app).replace("\\", "")
    assert "Numbers go from 1" in said or "upwards" in said or "Type some words" in said


def test_unknown_words_are_named():
    app = open_page("states")
    choose(app, states_phrase="four thousand bananas").run()
    assert "bananas" in text(app)


@pytest.mark.parametrize(
    ("page", "name", "value"),
    [
        ("batches", "batches_bs", "many"),
        ("models", "models_model", "Model9"),
        ("start", "start_all_runs", "open"),
        ("data", "data_vocabulary", "open"),
        ("time", "time_more_state", "open"),
    ],
)
def test_an_address_that_cannot_be_used_is_told(page, name, value, recorded):
    app = open_page(page, **{name: value})
    assert not app.exception
    said = text(app).replace("\\", "")
    numbers = (1, MAX_SIDE, 4) if name == "batches_bs" else ()
    recorded(said, *numbers, part="address asks for")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("bptt", "abc", "bptt must be a whole number; got 'abc'"),
        ("lr", "nan", "lr must be a number; got 'nan'"),
        ("nh", "1_0", "nh must be a whole number; got '1_0'"),
        ("model", "Model9", "'Model9' is not one of Model0"),
        ("device", "tpu", "'tpu' is not one of auto"),
        ("same", "maybe", "'maybe' is not one of true, false"),
    ],
)
def test_a_setting_in_the_address_that_cannot_be_read_is_told_beside_it(field, value, sentence):
    app = open_page("train", **{f"train_{field}": value})
    assert not app.exception
    assert form(app)["lost"][field].startswith(sentence)
    assert fields(app) == read({}).values
    assert not control(app, "train_start")["off"]
    fill(app, seed="3").run()
    assert form(app)["lost"][field].startswith(sentence), "until that field is set"
    fill(app, **{field: {"model": "Model3", "device": "cpu", "same": "true"}.get(field, "1")}).run()
    assert form(app)["lost"] == form(app)["wrong"] == {}


def test_a_warm_up_share_that_was_set_is_trained():
    from hnviz.app.shell.server import server

    app = open_page("train", train_model="Model2")
    assert fields(app)["pct_start"] == 0.1
    fill(app, pct_start="0.25").run()
    press(app, "train_start").run()
    run = app.query_params["run"]
    stop(run)
    assert server().store.record(run).config.pct_start == 0.25


def test_the_notebook_is_beside_a_run_only_where_valid_is_its_own():
    assert [notebook_of(server().current(run)).empty for run in ("Model5", BLOCKS)] == [False, True]


def test_the_ruler_is_read_on_the_train_page(recorded):
    (read,) = [each for each in notes(server().current("Model5")) if each.startswith("On train")]
    recorded(read, 99.6, 65.7, 60, 83.2, 67.7, 58)


@pytest.mark.parametrize(
    ("view", "run", "split", "numbers"),
    [
        (POSITIONS_VIEW, "Model5", "valid", (400, 12.6, 0, 46.4, 84.2, 19, 76.0, 84.8)),
        (POSITIONS_VIEW, "Model2", "valid", (400, 13.4, 0, 46.4, 29.4, 19)),
        (POSITIONS_VIEW, "Model3", "train", (800, 17.8, 0, 26.9, 80.5, 19, 85.3, 87.3)),
        (LAST_VIEW, "Model1", None, (46.1, 55.0, 58.9, 59.8)),
    ],
)
def test_accuracy_by_position(view, run, split, numbers, recorded):
    answer = shown(view, run, **({"split": split} if split else {}))
    recorded(answer.sentence, *numbers)
    names = [trace["name"] for chart in answer.meta["charts"] for trace in chart["figure"]["data"]]
    assert ("reset" in names) is (view is POSITIONS_VIEW)
    assert ("kept" in names) is (run in ("Model3", "Model5"))


@pytest.mark.parametrize(("epochs", "number"), [([], "first"), ([1], "no number")])
def test_a_run_without_an_accuracy_has_no_figure_at_its_last_position(epochs, number):
    record = SimpleNamespace(accuracies=NONE, epochs=epochs)
    answer = LAST_VIEW.answer(SimpleNamespace(run=SimpleNamespace(record=record)))
    assert number in answer.sentence and not answer.meta["charts"]


@pytest.mark.parametrize(("run", "view"), [("Model5", "positions"), ("Model1", "last_position")])
def test_the_page_asks_for_positions_that_the_model_answers(run, view):
    app = open_page("train", run=run, train_view="By position")
    assert not app.exception
    asked = drawn(app, "train_positions")["asks"]
    assert [each["question"] for each in asked] == [view]
    assert asked[0]["params"] == ({"split": "valid"} if view == "positions" else {})


def test_the_curves_and_the_schedule_follow_topics():
    app = open_page("train", train_view="By epoch")
    assert not app.exception
    settings = drawn(app, "train_curves")["settings"]
    assert settings["topic"] == "curves" and settings["sentence"].startswith("Train reaches")
    assert drawn(app, "train_schedule")["settings"]["topic"] == "schedule"


def test_whole_numbers_and_worst_places_have_views(recorded):
    numbers = shown(NUMBERS_VIEW, "Model5")
    assert 0.98 < numbers.meta["train"] <= 1 and 0 <= numbers.meta["valid"] < 0.2
    assert f"**{accuracy(numbers.meta['train'])}** right up to 7,999" in numbers.sentence
    places = shown(WORST_VIEW, "Model1", kind="ones")
    recorded(places.sentence, 320, 5_419, 1_566, part="words one to nine are")
    assert places.meta["html"].count("<li>") == 6
    assert shown(WORST_VIEW, "Model1").meta["html"] == ""
    with pytest.raises(ValueError, match="kind"):
        shown(WORST_VIEW, "Model1", kind="zebra")


def test_a_sentence_in_the_address_is_tokenized():
    app = open_page("data", data_sentence="nine hundred")
    assert control(app, "data_sentence")["value"] == "nine hundred"


def test_a_full_disk_keeps_no_picture_from_its_data(monkeypatch):
    def full(path: Path, content: bytes) -> int:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    app = open_page("models")
    assert not app.exception
    assert drawn(app, "models_cursor")["tokens"].startswith("assets/")


def spy(asked):
    """An `observe` that notes what it is asked, and has no answer."""

    def observe(run_id, step, question, params):
        asked.append((run_id, step, question, json.dumps(params)))
        return None, "not now"

    return observe


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("batches", {"batches_bs": "inf", "batches_bptt": "-1e999"}),
        ("states", {"states_text": "valid", "states_first": "1e400", "states_n": "inf"}),
        (
            "states",
            {
                "states_view": "Path of the state",
                "states_path_first": "inf",
                "states_path_n": "inf",
            },
        ),
        ("tasks", {"tasks_gap": "inf", "tasks_bptt": "1e400", "tasks_tokens": "inf"}),
        ("models", {"models_model": "Model5", "models_cell": "true", "models_unit": "inf"}),
    ],
)
def test_an_endless_number_in_the_address_is_told_and_the_page_stays(page, query):
    app = open_page(page, **query)
    assert not app.exception
    endless = [value for value in query.values() if value.strip("-")[:1] in "i19"]
    assert text(app).count("address asks for") == len(endless)


def test_an_endless_number_in_the_form_is_told_and_the_page_stays():
    endless = {"epochs": "1e400", "seed": "inf", "bptt": "9" * 400, "bs": "inf", "lr": "-inf"}
    app = open_page("train", **{f"train_{name}": value for name, value in endless.items()})
    assert not app.exception
    said = form(app)["lost"]
    assert said.keys() == endless.keys()
    assert all(" must be a " in each for each in said.values())
