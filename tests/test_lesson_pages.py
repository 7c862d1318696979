"""Data and Batches, run without a browser: what they say, and odd input."""

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.rooms.batches.reading import (
    MOST_WINDOWS,
    side_problem,
    small_size,
    window_problem,
)
from hnviz.app.rooms.batches.settings import OPENING
from hnviz.app.rooms.data.sentence import MOST_CHARACTERS
from hnviz.app.run.text import against_notebook
from hnviz.app.shell.server import server
from hnviz.data import (
    BatchLayout,
    Choice,
    ShuffledLayout,
    human_numbers_stream,
    split_text,
    stream_of,
)
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.runs import notebook_table
from hnviz.runs.ruler import text_bounds, text_position_bounds
from hnviz.web.corpora import corpus_address, stream_file
from tests.pages import below, choose, control, drawn, mounts, open_page

pytestmark = pytest.mark.usefixtures("own_runs")


def said(app: AppTest) -> str:
    html = "\n".join(each.proto.body for each in app.get("html"))
    said = (str(each.value).replace("\\", "") for each in app.markdown)
    return html + "\n".join([*said, *below(app)])


def batches(*folds: str, **query: str) -> AppTest:
    """Open the Batches page, as a link does that opens some of its folds."""
    return open_page("batches", **query, **{f"batches_{fold}": "true" for fold in folds})


def cut(app: AppTest) -> dict:
    return drawn(app, "batches_grid")["settings"]


def test_the_room_has_its_name(recorded):
    app = open_page("data")
    assert not app.exception
    recorded(app.title[0].value)


def test_batches_opens_small_on_train_with_its_takeaway():
    app = batches()
    assert not app.exception
    assert (cut(app)["bs"], cut(app)["bptt"]) == (4, 8)
    takeaway = "Each of <b>4 rows</b> reads <b>8 tokens</b>, then goes on where it stopped."
    assert takeaway in said(app) and len(takeaway.split()) <= 20
    assert not app.get("plotly_chart") and not drawn(app, "batches_reach")  # folded
    assert "Next: which networks read these rows" in app.get("page_link")[0].proto.label


def test_batches_sends_sizes_and_addresses_not_tokens():
    app = batches(batches_bs="64", batches_bptt="70", batches_split="valid")
    data, settings = drawn(app, "batches_grid"), cut(app)
    assert (settings["bs"], settings["bptt"]) == (64, 70)
    assert settings["stream"] == corpus_address("valid")
    assert data["module"].endswith("/grid/main.js")
    assert len(json.dumps(data)) < 800
    assert "423 are read twice" in settings["alt"]


def test_batches_takes_its_settings_from_the_address():
    app = batches("counts", batches_bs="32", batches_bptt="20", batches_split="train")
    assert (cut(app)["bs"], cut(app)["bptt"]) == (32, 20)
    assert "50,079 tokens" in said(app)


def test_batches_cut_at_random_says_what_is_lost():
    sizes = {"batches_bs": "64", "batches_bptt": "70", "batches_split": "valid"}
    app = batches(**sizes)
    assert cut(app)["shuffled"] is False
    choose(app, batches_random=True).run()
    assert cut(app)["shuffled"] is True
    assert "stopped in <b>0 of 128</b> cases" in said(app)
    app = batches(**sizes, batches_random="true")
    assert control(app, "batches_random")["value"] == "true"


@pytest.mark.parametrize("value", [0, -3, 513])
@pytest.mark.parametrize("field", ["bs", "bptt"])
def test_a_size_that_cannot_be_used_is_told_and_the_picture_stays(field, value):
    app = batches()
    choose(app, **{f"batches_{field}": 30}).run()
    before = drawn(app, "batches_grid")
    choose(app, **{f"batches_{field}": value}).run()
    assert not app.exception
    assert side_problem(field, value) in said(app)
    assert drawn(app, "batches_grid") == before and before["settings"][field] == 30


@pytest.mark.parametrize(
    ("key", "value", "numbers"),
    [("batches_split", "test", ()), ("batches_random", "maybe", ()), ("batches_memory", "3", (3,))],
)
def test_a_choice_in_the_address_that_is_none_is_told(key, value, numbers, recorded):
    app = batches(**{key: value})
    assert not app.exception
    recorded(said(app), *numbers, part="address asks for")


@pytest.mark.parametrize(
    ("text", "part", "numbers"),
    [
        ("", "The line above", (10, 51)),
        ("   ", "The line above", (10, 51)),
        ("eight bananas", "Not in the vocabulary", ()),
        ("<b>x</b> **y** $z$ `q`", "Not in the vocabulary", (3,)),
        ("nine " * 20_000, "characters are shown", (MOST_CHARACTERS, 100_000)),
        ("\x00\u202e🙂 seven", "Not in the vocabulary", ()),
    ],
)
def test_any_sentence_can_be_tokenized(text, part, numbers, recorded):
    app = open_page("data")
    choose(app, data_sentence=text).run()
    assert not app.exception
    recorded(said(app), *numbers, part=part)
    assert "<b>x</b>" not in said(app)


def test_a_stream_file_can_be_read_back():
    stream = human_numbers_stream()
    content = stream_file(stream.valid, stream.vocab)
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    assert header["words"] == list(stream.vocab.itos) and header["bytes"] == 1
    assert length % 4 == 0
    assert list(content[4 + length :]) == stream.valid.tolist()


FOLDS = ("counts", "memory", "positions")


def test_bounds_follow_split_and_bptt(recorded):
    app = batches(*FOLDS, batches_bs="64", batches_bptt="20", batches_split="valid")
    assert "and **91.2\N{NO-BREAK SPACE}%** over all 20 positions" in said(app)
    recorded(said(app), 46.4, 91.2, 20, part="So on valid it can")
    assert "its own 704 slots" in said(app).replace("that position's", "its")
    assert "the mean with a reset state is 86.4\N{NO-BREAK SPACE}%" in said(app)
    choose(app, batches_bptt=5).run()
    five = text_position_bounds(split_text("valid"), BatchLayout(13_017, 64, 5), kept=False)
    assert f"**{100 * five.mean:.1f}\N{NO-BREAK SPACE}%** over all 5 positions" in said(app)
    app = batches(*FOLDS, batches_bs="64", batches_bptt="20", batches_split="train")
    assert "on train it can be right at most **" in said(app)
    assert "and **89.2\N{NO-BREAK SPACE}%** over all 20 positions" in said(app)
    recorded(said(app), 20, 84.5, 86.4, part="the most that a network can get right")
    ids = [each["id"] for each in mounts(app)]
    assert {"batches_reach", "batches_bounds"} <= set(ids)


def test_the_ruler_begins_with_a_worked_example(recorded):
    text = said(batches("memory"))
    assert "A network that remembers only “" in text
    assert text.index("An example: in train") < text.index("The best guess after each token")
    recorded(text, 25.1, part="The best guess after each token")


def test_bounds_of_windows_cut_at_random(recorded):
    text = said(batches("positions", batches_random="true"))
    recorded(text, part="a kept state does not")
    assert "state is kept, only" not in text


def own_split(text, split="train", **way):
    return split_text(split, Choice(own_corpus(text.encode(), Way(**way)).id))


def own_stream(text, split="train", **way):
    return corpus_address(split, Choice(own_corpus(text.encode(), Way(**way)).id))


SENTENCE = "One <b>two</b> three, and then four and five."


def test_a_text_of_ones_own_is_cut_and_measured():
    app = batches(*FOLDS, batches_corpus="your own")
    assert not app.exception
    assert f"{len(own_split(OPENING).ids)} tokens" in said(app)
    assert cut(app)["stream"] == own_stream(OPENING)
    choose(app, batches_text=SENTENCE).run()
    assert not app.exception
    assert cut(app)["stream"] == own_stream(SENTENCE)
    assert "seen once, train" in said(app) and "<b>two" not in said(app)
    choose(app, batches_split="valid").run()
    assert cut(app)["stream"] == own_stream(SENTENCE, "valid")
    choose(app, batches_corpus="human_numbers").run()
    assert "13,017 tokens" in said(app)
    choose(app, batches_corpus="your own").run()
    assert control(app, "batches_text")["value"] == SENTENCE
    assert cut(app)["stream"] == own_stream(SENTENCE, "valid")


def test_a_text_of_ones_own_outlives_an_old_report_of_its_row():
    """Streamlit may hand over again what a row reported before it left the page."""
    app = choose(batches(batches_corpus="your own"), batches_text="old " * 30).run()
    old = app.session_state["batches_own_box"]
    app = choose(app, batches_text=SENTENCE, batches_tokens="char").run()
    app = choose(app, batches_corpus="human_numbers").run()
    app = choose(app, batches_corpus="your own")
    app.session_state["batches_own_box"] = old
    app.run()
    assert control(app, "batches_text")["value"] == SENTENCE
    assert control(app, "batches_tokens")["value"] == "char"
    app = choose(app, batches_text="and another one " * 9).run()
    assert control(app, "batches_text")["value"] == "and another one " * 9


def test_a_text_that_the_server_no_longer_has_is_asked_for_again(recorded):
    app = choose(batches(batches_corpus="your own"), batches_text=f"~{'0' * 20}").run()
    recorded(control(app, "batches_text")["wrong"])
    assert drawn(app, "batches_own_box")["settings"]["again"] == ["batches_text"]
    assert not drawn(app, "batches_grid")


def test_a_text_of_ones_own_begins_with_a_size_that_fits():
    app = batches(batches_bs="64", batches_bptt="70")
    choose(app, batches_corpus="your own").run()
    assert (cut(app)["bs"], cut(app)["bptt"]) == (4, 8)
    numbers = "one two three four five six seven eight nine ten eleven twelve"
    app = batches(batches_corpus="your own", batches_text=numbers, batches_tokens="word")
    assert control(app, "batches_text")["value"] == numbers
    assert (cut(app)["bs"], cut(app)["bptt"]) == small_size(len(own_split(numbers).ids))
    choose(app, batches_text="one two three " * 30).run()
    choose(app, batches_bptt=9).run()
    assert (cut(app)["bs"], cut(app)["bptt"]) == (4, 9)
    choose(app, batches_text=numbers).run()
    assert (cut(app)["bs"], cut(app)["bptt"]) == small_size(len(own_split(numbers).ids))


def test_a_link_does_not_contain_a_long_text_and_the_page_says_so(recorded):
    app = batches("counts", batches_corpus="your own")
    choose(app, batches_text=f"~{texts.hold('one two ' * 300)}").run()
    lacks = "a link to this page"
    recorded(said(app), 2_000, part=lacks)
    choose(app, batches_text="one two " * 9).run()
    assert lacks not in said(app) and control(app, "batches_text")["linked"] == 2_000


@pytest.mark.parametrize(
    ("text", "part", "numbers"),
    [
        ("one two three " * 4, "A window of", (19, 12, 12)),
        ("one two three", "training needs at least", (3, 10)),
        ("   ", "The text is empty", ()),
    ],
)
def test_a_text_that_cannot_be_cut_is_a_sentence_in_place_of_the_picture(
    text, part, numbers, recorded
):
    app = batches(*FOLDS, batches_corpus="your own", batches_bs="4", batches_bptt="8")
    choose(app, batches_text=text).run()
    choose(app, batches_bptt=19).run()
    assert not app.exception
    recorded(said(app), *numbers, part=part)
    assert not drawn(app, "batches_grid")


def test_a_run_that_the_notebook_has_not(recorded):
    record = server().store.record("Model5")
    beside = against_notebook(record, notebook_table("Model5").iloc[:0])
    last = record.epochs[-1]
    recorded(beside, f"{last.valid_loss:.3f}", f"{100 * last.accuracy:.1f}", 10, 10)
    unseen = against_notebook(replace(record, epochs=()), notebook_table("Model5").iloc[:0])
    assert unseen == "The notebook has no Model5."


@pytest.mark.parametrize("corpus_id", ["numbers-fr", "numbers-de", "task-dyck"])
def test_any_corpus_is_cut_and_measured(corpus_id):
    app = batches(*FOLDS, batches_corpus=corpus_id, batches_split="train")
    assert not app.exception
    choice = Choice(corpus_id)
    n = len(stream_of(choice).train)
    assert cut(app)["stream"] == corpus_address("train", choice)
    assert f"{n:,} tokens" in said(app)
    best = text_bounds(split_text("train", choice))[0].accuracy
    assert f"**{100 * best:.1f}\N{NO-BREAK SPACE}%**" in said(app)


@pytest.mark.parametrize("level", ["word", "char", "bpe"])
def test_a_text_of_ones_own_is_cut_into_the_tokens_that_are_chosen(level):
    app = batches("counts", batches_corpus="your own", batches_tokens=level)
    assert f"{len(own_split(OPENING, level=level).ids):,} tokens" in said(app)
    assert (cut(app)["stream"], cut(app)["level"]) == (own_stream(OPENING, level=level), level)


@pytest.mark.parametrize(
    ("corpus_id", "split", "numbers"),
    [
        ("human_numbers", "train", [(1, 7999)]),
        ("numbers-de", "valid", [(8001, 9999)]),
        ("task-dyck", "train", None),
    ],
)
def test_what_is_searched_depends_on_the_corpus(corpus_id, split, numbers):
    app = batches(batches_corpus=corpus_id, batches_split=split)
    listed = None if numbers is None else [list(each) for each in numbers]
    assert cut(app)["numbers"] == listed


def test_a_text_with_too_many_windows_is_not_cut_at_random(recorded):
    few, many = (ShuffledLayout(n, 64, 1) for n in (MOST_WINDOWS, MOST_WINDOWS + 1))
    assert window_problem(few) is None
    recorded(window_problem(many), "2,097,152", "2,097,153", 2)
