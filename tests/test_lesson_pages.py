"""Data, Batches and Models, run without a browser: what they say, and odd input."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.kit.controls import MAX_CHARACTERS, side_problem
from hnviz.app.rooms.batches.grid import stream_file
from hnviz.app.rooms.models.cursor import new_forward_lines
from hnviz.app.run.engine import store
from hnviz.app.run.text import against_notebook
from hnviz.catalogue import CATALOGUE
from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.runs import notebook_table
from hnviz.runs.ruler import split_position_bounds

pytestmark = pytest.mark.usefixtures("own_runs")

PAGES = Path(__file__).parent.parent / "pages"


def run(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=30)
    app.query_params.update(query)
    return app.run()


def said(app: AppTest) -> str:
    html = "\n".join(each.proto.body for each in app.get("html"))
    return html + "\n".join(str(each.value).replace("\\", "") for each in app.markdown)


def drawn(app: AppTest) -> dict:
    return json.loads(app.get("bidi_component")[0].proto.json)


@pytest.mark.parametrize("name", ["data", "batches", "models"])
def test_a_page_runs_alone(name):
    app = run(name)
    assert not app.exception
    assert app.title[0].value.lower() == name


def test_batches_sends_sizes_and_addresses_not_tokens():
    app = run("batches")
    data = drawn(app)
    assert (data["bs"], data["bptt"]) == (64, 70)
    assert data["stream"].endswith(".bin") and data["module"].endswith("/grid/main.js")
    assert len(json.dumps(data)) < 700
    assert "423 are read twice" in data["alt"]


def test_batches_takes_its_settings_from_the_address():
    app = run("batches", batches_bs="32", batches_bptt="20", batches_split="train")
    assert (drawn(app)["bs"], drawn(app)["bptt"]) == (32, 20)
    assert "50,079 tokens" in said(app)


def test_batches_cut_at_random_says_what_is_lost():
    app = run("batches")
    assert drawn(app)["shuffled"] is False
    app.toggle(key="batches_random").set_value(True).run()
    assert drawn(app)["shuffled"] is True
    assert "<b>0 of 128 rows</b> go on" in said(app)
    assert run("batches", batches_random="true").toggle(key="batches_random").value is True


@pytest.mark.parametrize("value", [0, -3, 513])
@pytest.mark.parametrize("field", ["bs", "bptt"])
def test_a_size_that_cannot_be_used_is_told_and_the_picture_stays(field, value):
    app = run("batches")
    app.number_input(key=f"batches_{field}").set_value(30).run()
    before = drawn(app)
    app.number_input(key=f"batches_{field}").set_value(value).run()
    assert not app.exception
    assert side_problem(field, value) in said(app)
    assert drawn(app) == before and before[field] == 30


def test_the_text_table_follows_the_mini_batch_in_view():
    app = run("batches")
    assert "Mini-batch 0 as text" in app.header[1].value
    app.session_state["batches_grid"] = {"batch": 2}  # as the browser reports it
    app.run()
    assert "Mini-batch 2 as text" in app.header[1].value
    app.toggle(key="batches_past").set_value(True).run()
    assert "thousand forty seven , eight thousand forty eight" in said(app)


@pytest.mark.parametrize("model", CATALOGUE)
def test_every_model_has_its_page(model):
    app = run("models", models_model=model)
    assert not app.exception
    text = said(app)
    assert f"class {model}(LanguageModel)" in text
    assert text.count("<svg") >= 3
    assert ("**reset**" in text) is bool(CATALOGUE[model].gates)


def test_an_unknown_model_in_the_address_gives_the_first_choice():
    app = run("models", models_model="Model9")
    assert not app.exception
    assert "class Model2(LanguageModel)" in said(app)


def test_a_model_of_ones_own_that_stands_elsewhere(monkeypatch):
    own = replace(CATALOGUE["Model3"], name="Own", title="my own")
    monkeypatch.setitem(CATALOGUE, "Own", own)
    app = run("models", models_model="Own")
    assert not app.exception
    text = said(app)
    assert "the source of Own cannot be read: models.py holds no class named 'Own'" in text
    assert "No run of Own is shipped: train one on the Train page" in text
    assert "None: the notebook has no Own." in text
    assert new_forward_lines("Own", {"first_line": 1, "lines": ["def forward(self):"]}) == []
    app = run("start")
    assert not app.exception
    assert "Own: valid not measured, train not measured, notebook not measured" in said(app)
    assert "From Model0 to Model5" in said(app)


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("batches_split", "test", "'test' here, which is not one of train, valid"),
        ("batches_random", "maybe", "'maybe' here, which is not one of true, false"),
        ("batches_past", "3", "'3' here, which is not one of true, false"),
    ],
)
def test_a_choice_in_the_address_that_is_none_is_told(key, value, sentence):
    app = run("batches", **{key: value})
    assert not app.exception
    assert f"the address wanted {sentence}" in said(app)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The box is empty"),
        ("   ", "The box is empty"),
        ("eight bananas", "become xxunk: bananas."),
        ("<b>x</b> **y** $z$ `q`", "Not in the vocab"),
        ("nine " * 20_000, f"Only the first {MAX_CHARACTERS:,} of 100,000 characters are shown."),
        ("\x00\u202e🙂 seven", "Not in the vocab"),
    ],
)
def test_any_sentence_can_be_tokenized(text, sentence):
    app = run("data")
    app.text_area(key="data_sentence").set_value(text).run()
    assert not app.exception
    assert sentence in said(app)
    assert "<b>x</b>" not in said(app)


def test_a_stream_file_can_be_read_back():
    stream = human_numbers_stream()
    content = stream_file(stream.valid, stream.vocab)
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    assert header["words"] == list(stream.vocab.itos) and header["bytes"] == 1
    assert length % 4 == 0
    assert list(content[4 + length :]) == stream.valid.tolist()


def test_bounds_follow_split_and_bptt():
    app = run("batches", batches_bptt="20")
    assert "over all 20 positions **0.912**" in said(app)
    assert "the mean with a reset state is 0.864" in said(app)
    app.number_input(key="batches_bptt").set_value(5).run()
    five = split_position_bounds("valid", BatchLayout(13_017, 64, 5), kept=False)
    assert f"over all 5 positions **{five.mean:.3f}**" in said(app)
    app = run("batches", batches_bptt="20", batches_split="train")
    assert "of the time on train; over all 20 positions **0.892**" in said(app)
    assert "more often than **0.845** on train and **0.864** on valid" in said(app)
    ids = [json.loads(each.proto.json)["id"] for each in app.get("bidi_component")]
    assert {"batches_reach", "batches_bounds"} <= set(ids)


def test_bounds_of_windows_cut_at_random():
    text = said(run("batches", batches_random="true"))
    assert "Cut at random, a kept state is no help" in text and "state kept only" not in text


def test_a_text_of_ones_own_is_cut_and_measured():
    app = run("batches", batches_split="your own", batches_bs="4", batches_bptt="8")
    assert not app.exception
    assert "128 slots hold 99 tokens: 29 are read twice" in said(app)
    assert "on your text from two tokens on (35" in said(app)
    app.text_area(key="batches_text").set_value("One <b>two</b> three").run()
    assert not app.exception
    assert "seen once, your text" in said(app) and "<b>two" not in said(app)
    app.segmented_control(key="batches_split").set_value("valid").run()
    assert "13,017 tokens" in said(app)
    app.segmented_control(key="batches_split").set_value("your own").run()
    assert app.text_area(key="batches_text").value == "One <b>two</b> three"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("one two three", "A window of 8 steps is longer than the text, which has 4 tokens: set "),
        ("   ", "The text is empty: type or paste some words, or choose a file."),
    ],
)
def test_a_text_that_cannot_be_cut_is_a_sentence_in_place_of_the_picture(text, sentence):
    app = run("batches", batches_split="your own", batches_bs="4", batches_bptt="8")
    app.text_area(key="batches_text").set_value(text).run()
    assert not app.exception
    assert sentence in said(app)
    assert not app.get("bidi_component")


def test_long_rows_are_written_in_part():
    text = said(run("batches", batches_bptt="512"))
    assert text.count(" … and 372 more") == 5


def test_a_run_that_the_notebook_has_not():
    record = store().record("Model5")
    beside = against_notebook(record, notebook_table("Model5").iloc[:0])
    last = record.epochs[-1]
    said_of = f"this run stands at **{last.valid_loss:.3f}** and **{last.accuracy:.3f}**"
    assert beside == f"The notebook has no Model5; {said_of} after 10 of 10 epochs."
    unseen = against_notebook(replace(record, epochs=()), notebook_table("Model5").iloc[:0])
    assert unseen == "The notebook has no Model5."
