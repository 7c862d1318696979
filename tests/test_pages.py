"""Every page, run as Streamlit runs it, without a browser."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from errno import ENOSPC
from pathlib import Path

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner.script_runner import _mpa_v1
from streamlit.testing.v1 import AppTest

from hnviz.app.run.engine import store
from hnviz.app.shell.frame import PAGES
from hnviz.catalogue import CATALOGUE, partner

pytestmark = pytest.mark.usefixtures("own_runs")

ROOT = Path(__file__).parent.parent
NAMES = [name for pages in PAGES.values() for name in pages]

ALL_PAGES = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
for name in {names!r}:
    app.switch_page(f"pages/{{name}}.py").run()
    assert not app.exception, (name, app.exception)
print("torch" in sys.modules, "streamlit" in sys.modules)
"""


def open_page(name: str, seen: str | None = None, **query: str) -> AppTest:
    """Open a page, as if it had been scrolled to the place `seen`."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update(query)
    if seen:
        app.session_state[seen] = {"seen": True}
    app.run()
    return app if name == "start" else app.switch_page(f"pages/{name}.py").run()


def text(app: AppTest) -> str:
    """All that a page says outside of its components."""
    return "\n".join(str(each.value) for each in [*app.title, *app.markdown, *app.error, *app.info])


@pytest.mark.parametrize("name", NAMES)
def test_a_page_runs_and_has_a_picture(name):
    app = open_page(name)
    assert not app.exception
    assert app.title[0].value
    components = [json.loads(each.proto.json)["id"] for each in app.get("bidi_component")]
    pictures = [each for each in components if "_seen_" not in each and each != "timeline_play"]
    ladder = [each for each in app.get("html") if 'class="hn-ladder" role="img"' in each.proto.body]
    assert pictures or ladder


def test_a_link_in_a_server_just_started_gets_its_frame(monkeypatch):
    """Streamlit runs the page by itself; another session ends that while it runs."""
    alone = []

    def by_itself(main: str) -> None:
        alone.append(main)
        PagesManager.uses_pages_directory = False
        _mpa_v1(main)

    monkeypatch.setattr("streamlit.runtime.scriptrunner.script_runner._mpa_v1", by_itself)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/data.py").run()
    assert len(alone) == 1 and app.title[0].value == "Data"
    assert app.selectbox(key="run").label == "Run in view"


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
    app = open_page("train")
    app.selectbox(key="train_model").select("Model3").run()
    assert app.number_input(key="train_lr").value == 3e-3
    assert app.number_input(key="train_epochs").value == 20
    app.toggle(key="train_same").set_value(True).run()
    app.selectbox(key="train_model").select("Model2").run()
    assert app.number_input(key="train_lr").value == 3e-3


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
    app = shut_or_open(open_page("train", train_model=model), True)
    disabled = {
        field
        for field in ("bn_init", "reset_state", "device", "form")
        if app.selectbox(key=f"train_{field}").disabled
    }
    assert disabled == unused


MORE = {"train_bn_init", "train_reset_state", "train_device", "train_form", "train_bs", "train_nh"}


def shut_or_open(app: AppTest, is_open: bool) -> AppTest:
    """Press on "More" of the Train page."""
    app.session_state["train_more"] = is_open
    return app.run()


def drawn_of_more(app: AppTest) -> set[str]:
    return MORE & {each.key for each in [*app.selectbox, *app.number_input]}


def test_what_is_under_more_is_drawn_while_it_is_open():
    app = open_page("train")
    assert drawn_of_more(app) == set()
    assert drawn_of_more(shut_or_open(app, True)) == MORE
    assert drawn_of_more(shut_or_open(app, False)) == set()


def test_what_was_set_under_more_holds_when_it_is_shut():
    from hnviz.app.run.engine import engine, store

    app = shut_or_open(open_page("train", train_model="Model3"), True)
    app.number_input(key="train_bs").set_value(32)
    app.selectbox(key="train_form").set_value("fast").run()
    shut_or_open(app, False)
    assert drawn_of_more(app) == MORE
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    engine().stop(run)
    config = store().record(run).config
    assert (config.bs, config.form, config.nh) == (32, "fast", 64)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("train_nh", "32", ""), ("train_device", "tpu", "the address wanted 'tpu' here")],
)
def test_a_link_that_sets_something_under_more_opens_it(key, value, told):
    app = open_page("train", **{key: value})
    assert app.session_state["train_more"]
    assert drawn_of_more(app) == MORE
    assert told in text(app).replace("\\", "")


def test_a_setting_that_a_model_has_no_use_for_is_trained_at_its_default():
    from hnviz.app.run.engine import engine, store

    app = open_page("train", train_model="Model1", train_form="fast", train_reset_state="both")
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    engine().stop(run)
    config = store().record(run).config
    assert (config.model, config.form, config.reset_state) == ("Model1", "plain", "never")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("train_bptt", 0, "bptt must be a whole number of at least 1; got 0"),
        ("train_bs", -1, "bs must be a whole number of at least 1"),
        ("train_nh", 0, "nh must be a whole number of at least 1"),
        ("train_epochs", 0, "epochs must be a whole number of at least 1"),
        ("train_lr", 0.0, "lr must be a finite number above 0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(key, value, sentence):
    app = shut_or_open(open_page("train"), True)
    app.number_input(key=key).set_value(value).run()
    assert not app.exception
    assert text(app).replace("\\", "").count(sentence) == 1
    assert app.button(key="train_start").disabled
    shut_or_open(app, False)  # what is out of sight under "More" is told at Train too
    assert text(app).replace("\\", "").count(sentence) == 1 + (key in MORE)


def test_what_was_typed_a_moment_before_the_click_is_trained():
    from hnviz.app.run.engine import engine, store

    app = open_page("train")
    app.number_input(key="train_lr").set_value(0.005)
    app.number_input(key="train_epochs").set_value(3)
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    engine().stop(run)
    config = store().record(run).config
    assert (config.model, config.lr, config.epochs, config.bptt) == ("Model5", 0.005, 3, 20)


def test_a_model_chosen_a_moment_before_the_click_is_trained_with_its_recipe():
    from hnviz.app.run.engine import engine, store

    app = open_page("train")
    app.selectbox(key="train_model").select("Model3")
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    engine().stop(run)
    config = store().record(run).config
    assert (config.model, config.lr, config.epochs, config.bptt) == ("Model3", 3e-3, 20, 20)


def test_a_wrong_number_typed_a_moment_before_the_click_starts_nothing():
    app = open_page("train", run="Model2")
    app.number_input(key="train_bptt").set_value(0)
    app.button(key="train_start").click().run()
    assert not app.exception
    assert app.query_params["run"] == "Model2"
    assert "bptt must be a whole number of at least 1; got 0" in text(app).replace("\\", "")


def test_model0_with_a_long_window():
    app = open_page("train")
    app.selectbox(key="train_model").select("Model0").run()
    app.number_input(key="train_bptt").set_value(4).run()
    assert "Model0 reads 3 tokens" in text(app).replace("\\", "")


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
    app.text_input(key="states_phrase").set_value(phrase).run()
    assert not app.exception
    said = text(app).replace("\\", "")
    assert "Numbers go from 1" in said or "upwards" in said or "Type some words" in said


def test_unknown_words_are_named():
    app = open_page("states")
    app.text_input(key="states_phrase").set_value("four thousand bananas").run()
    assert "bananas" in text(app)


@pytest.mark.parametrize(
    ("page", "name", "value", "wanted"),
    [
        ("start", "start_number", "abc", "a whole number"),
        ("train", "train_bptt", "abc", "a whole number"),
        ("train", "train_lr", "nan", "a number"),
        ("train", "train_model", "Model9", "one of Model0"),
        ("batches", "batches_bs", "many", "a whole number"),
        ("models", "models_model", "Model9", "one of Model0"),
        ("states", "snapshot", "999", "one of 0"),
    ],
)
def test_an_address_that_cannot_be_used_is_told(page, name, value, wanted):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != "start":
        app.run().switch_page(f"pages/{page}.py")
    app.query_params[name] = value
    app.run()
    assert not app.exception
    said = text(app).replace("\\", "")
    assert f"the address wanted '{value}' here, which is not {wanted}" in said


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        ("Model5", "above the six-token bound 0.663: more than six tokens are used"),
        ("Model5", "Model5 after 400 steps, on valid: with the state reset"),
        ("Model2", "Model2 never keeps its state"),
        ("Model1", "Model1 answers only after the last of its three tokens"),
    ],
)
def test_the_ruler_is_read_on_the_train_page(run, sentence):
    app = open_page("train", "train_seen_positions", run=run)
    assert not app.exception
    assert sentence in text(app)


def test_accuracy_by_position_on_train():
    app = open_page("train", "train_seen_positions", run="Model3", train_positions_split="train")
    assert "Model3 after 800 steps, on train" in text(app)


def drawn(app: AppTest, key: str) -> dict:
    """What a component on the page was given."""
    given = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    return next((data for data in given if data["id"] == key), {})


def test_a_sentence_in_the_address_is_tokenized():
    app = open_page("data", data_sentence="nine hundred")
    assert app.text_area(key="data_sentence").value == "nine hundred"


def test_on_a_full_disk_a_picture_travels_in_its_address(monkeypatch):
    def full(path: Path, content: bytes) -> int:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("hnviz.app.kit.component._published_folder", lambda name: Path("/nowhere"))
    monkeypatch.setattr(Path, "write_bytes", full)
    app = open_page("models")
    assert not app.exception
    for address in (drawn(app, "models_cursor")["trace"], drawn(app, "models_cursor")["tokens"]):
        assert address.startswith("data:application/octet-stream;base64,")
    assert json.loads(b64decode(address.partition(",")[2])).keys() >= {"light", "dark"}


def test_what_is_inside_is_drawn_and_counted_once_it_was_seen():
    assert not drawn(open_page("train"), "train_inside")
    assert drawn(open_page("train", "train_seen_inside"), "train_inside")["lacking"] >= 0


@pytest.mark.parametrize("model", CATALOGUE)
def test_the_code_cursor_of_every_model(model):
    app = open_page("models", models_model=model)
    assert not app.exception
    trained = drawn(app, "models_cursor")
    assert trained["alt"].startswith("Line ")
    assert bool(drawn(app, "models_pair")) is (partner(model) is not None)
    app.segmented_control(key="models_weights").set_value("untrained").run()
    assert drawn(app, "models_cursor")["trace"] != trained["trace"]


def test_two_models_agree_until_the_state_is_kept():
    app = open_page("models", models_model="Model1")
    assert drawn(app, "models_pair")["alt"].endswith("the largest difference is 0.0.")
    app = open_page("models", models_model="Model3")
    assert (
        "over 61 matching lines the largest difference is 0.0."
        in (drawn(app, "models_pair")["alt"])
    )
    app.segmented_control(key="models_batch").set_value("second").run()
    said = drawn(app, "models_pair")["alt"]
    assert "Model2 begins with zeros and Model3 with the state it kept" in said
    assert said.endswith("Both from zeros, the largest difference of the logits is 0.0.")


def test_the_numbers_of_one_unit():
    app = open_page("models", models_model="Model5", models_unit="5", models_step="4")
    said = text(app)
    assert "Unit 5 reads “,” at step 4: it keeps **" in said
    assert r"\quad r = \sigma(" in said and r"\quad h' = 0." in said
    for wrong in (64, -1):  # the last unit that there is stays in view
        app.number_input(key="models_unit").set_value(wrong).run()
        said = text(app).replace("\\", "")
        assert f"unit must be a whole number from 0 to 63; got {wrong}" in said
        assert "Unit 5 reads" in said
    assert not app.exception


def test_a_run_in_view_of_another_model_is_told():
    app = open_page("models", run="Model5", models_weights="run in view")
    assert "The run in view is one of Model5" in text(app).replace("\\", "")
    assert drawn(app, "models_cursor")  # the shipped one's stand there instead
    app = open_page("models", run="Model5", models_weights="run in view", models_model="Model5")
    newest = drawn(app, "models_cursor")["trace"]
    app.select_slider(key="snapshot").set_value(0).run()
    assert not app.exception
    assert drawn(app, "models_cursor")["trace"] != newest


def test_a_source_that_cannot_be_read_is_told_in_place_of_the_picture(monkeypatch):
    sentence = "the source of Made.forward cannot be read: the class was not made in a file"
    monkeypatch.setattr("hnviz.app.rooms.models.cursor.observe", lambda *_: (None, sentence))
    app = open_page("models")
    assert not app.exception
    assert sentence in text(app).replace("\\", "")
    assert not app.get("bidi_component")


@pytest.mark.parametrize("name", ["Model0", "Model1", "Model2", "Model3", "Model4", "Model5"])
def test_every_model_goes_back_through_time(name):
    app = open_page("time", run=name)
    assert not app.exception
    said = text(app)
    assert said.count('aria-label="Three mini-batches unrolled') == 2  # for a page and a phone
    carries = name in ("Model3", "Model4", "Model5")
    assert ("keep, no detach" in said) is carries
    assert ('aria-label="The state between train and valid' in said) is carries
    assert ("nothing goes over from one text to the other" in said) is not carries
    opening = "\n".join(each.proto.body for each in app.get("html"))
    assert "reaches back over its own" in opening


def test_what_is_one_key_or_one_choice_away_is_asked_for_ahead(monkeypatch):
    ahead = []
    monkeypatch.setattr("hnviz.app.rooms.through_time.settings.asker.look", ahead.extend)
    steps = store().record("Model3").snapshots
    open_page("time", run="Model3", snapshot=str(steps[10]))
    others = {(name, store().record(name).snapshots[-1]) for name in CATALOGUE if name != "Model3"}
    near = others | {("Model3", steps[9]), ("Model3", steps[11])}
    lanes = (("first", 5), ("every", False))
    questions = {"state_gradients", "look_back"}
    assert {(each.run_id, each.step, each.question) for each in ahead} == {
        (*at, question) for at in near for question in questions
    }
    assert {each.params for each in ahead if each.question == "state_gradients"} == {lanes}


def test_what_is_asked_for_ahead_is_what_the_page_asks(monkeypatch):
    """Else the observer would answer two questions where one is enough."""
    ahead, asked = [], []
    monkeypatch.setattr("hnviz.app.rooms.through_time.settings.asker.look", ahead.extend)
    steps = store().record("Model3").snapshots
    open_page("time", run="Model3", snapshot=str(steps[10]))
    for module in ("lanes", "look_back"):
        monkeypatch.setattr(f"hnviz.app.rooms.through_time.{module}.observe", spy(asked))
    open_page("time", run="Model3", snapshot=str(steps[11]))
    for each in ahead:
        if (each.run_id, each.step) == ("Model3", steps[11]):
            wanted = (each.run_id, each.step, each.question, json.dumps(dict(each.params)))
            assert wanted in asked


def spy(asked):
    """An `observe` that notes what it is asked, and has no answer."""

    def observe(run_id, step, question, params):
        asked.append((run_id, step, question, json.dumps(params)))
        return None, "not now"

    return observe


@pytest.mark.parametrize("value", ["38", "-1"])
def test_mini_batches_that_the_text_does_not_have_are_told(value):
    app = open_page("time")
    app.number_input(key="time_first").set_value(int(value)).run()
    assert not app.exception
    said = text(app).replace("\\", "")
    wanted = "so the first of 3 must be from 0 to 37"
    assert f"The text has 40 mini-batches, {wanted}; got {value}." in said
    assert "Three mini-batches unrolled" not in said


def test_a_run_whose_window_is_longer_than_the_text_is_told():
    from hnviz.config import RunConfig
    from hnviz.runs import RunStore

    made = RunStore(Path(os.environ["HNVIZ_RUNS_DIR"])).create(
        RunConfig.for_model("Model5", bs=64, bptt=4096)
    )
    app = open_page("time", run=made.id)
    assert not app.exception
    assert "This run ended before its first snapshot" in text(app)
    shipped = RunStore(Path(os.environ["HNVIZ_RUNS_DIR"])).folder("Model5")
    (made.path / "snapshots").mkdir()
    copy = shipped.snapshot_path(400).read_bytes()
    made.snapshot_path(400).write_bytes(copy)
    (made.path / "events.jsonl").write_bytes((shipped.path / "events.jsonl").read_bytes())
    app = open_page("time", run=made.id)
    assert not app.exception
    said = text(app).replace("\\", "")
    assert "64 rows of 4096 steps are 1 mini-batch, and the picture needs 3" in said


def test_a_backward_too_many_is_shown_as_torchs_error():
    app = open_page("time", time_between="keep")
    assert "RuntimeError: Trying to backward through the graph a second time" in app.code[0].value
    assert not open_page("time").code


@pytest.mark.parametrize("phrase", ["", "9 to 3", "0 to 5"])
def test_words_that_cannot_be_looked_back_at_are_told(phrase):
    app = open_page("time")
    app.text_input(key="time_phrase").set_value(phrase).run()
    assert not app.exception
    assert not drawn(app, "time_lookback")
    app.text_input(key="time_phrase").set_value("1 to 99").run()
    assert "the first 44 are shown" in text(app)


@pytest.mark.parametrize(("words", "row"), [("4311 to 4314", 3), ("one", 0)])
def test_the_map_comes_when_the_browser_asks_for_it(words, row):
    app = open_page("time", row=str(row), time_phrase=words)
    given = drawn(app, "time_lookback")
    assert [line["row"] for line in given["lines"]] == [row]
    app.session_state["time_lookback"] = {"wants": given["picture"], "row": row}
    app.run()
    given = drawn(app, "time_lookback")
    assert [line["row"] for line in given["lines"]] == [None] * 4
    names = [line["name"] for line in given["lines"]]
    assert names == ["Model5 after 400 steps", "Model4, tanh", "Model3, relu", "Model5 untrained"]


def test_a_model_beside_its_own_earlier_snapshot_is_told_apart():
    app = open_page("time", run="Model3", snapshot="400", time_phrase="9 to 11")
    app.session_state["time_lookback"] = {"wants": drawn(app, "time_lookback")["picture"], "row": 2}
    app.run()
    names = [line["name"] for line in drawn(app, "time_lookback")["lines"]]
    assert names[0] == "Model3 after 400 steps" and "Model3 trained, relu" in names


def test_another_run_is_shown_at_its_end_by_whoever_was_at_the_end():
    app = open_page("time", run="Model5")
    app.selectbox(key="time_model").select("Model3").run()
    assert not app.exception
    assert app.select_slider(key="snapshot").value == 800
    app.select_slider(key="snapshot").set_value(0).run()
    app.selectbox(key="time_model").select("Model4").run()
    assert app.select_slider(key="snapshot").value == 0
    assert open_page("time", run="Model3", snapshot="400").select_slider[0].value == 400
