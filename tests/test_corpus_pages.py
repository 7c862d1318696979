"""Pages of a run on another text than the lesson's, and training one from the Train page."""

import json
from contextlib import suppress
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.machine.picture import SAYS, TRIES
from hnviz.app.machine.view import READING_VIEW
from hnviz.app.rooms.data.guess.picture import task_settings
from hnviz.app.rooms.models.cell.picture import CELL_VIEW
from hnviz.app.rooms.models.cursor.picture import CURSOR_VIEW
from hnviz.app.rooms.predictions.counting_map.picture import MAP_VIEW, NUMBER_VIEW
from hnviz.app.rooms.start.shares import SHARES_VIEW
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.data import Choice, corpus, stream_of
from hnviz.data.corpora.own import MIN_TOKENS, Way, merging, own_corpus
from hnviz.engine.client import EngineError
from hnviz.engine.trainer import run_in_folder
from hnviz.figures.sentences import vocab_sentence
from hnviz.runs import default_runs_dir
from hnviz.runs.texts import TEXTS
from hnviz.tasks.task import task_stream
from hnviz.web.assets import DATA, PAGE_DATA
from hnviz.web.corpora import corpus_address
from tests.pages import EVERY_PAGE, choose, control, form, mounts, open_page, press, switch_page
from tests.sentences import Numbers, Recorded
from tests.test_pages import drawn, text
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")

TEXT = "the cat sat on the mat, the dog sat on the log, and the cat saw the dog. " * 20


def open_own(**query: str):
    """Open the Train page with the box for an own text."""
    return open_page("train", train_corpus="your own", **query)


@pytest.fixture(scope="module")
def runs(own_runs: None) -> dict[str, str]:
    """Return runs that wait for their first step, by what they read."""
    own = own_corpus(TEXT.encode(), Way(level="bpe", merges=9))
    ids = {"own": own.id, "de": "numbers-de", "fr": "numbers-fr"}
    return {name: server().store.create(RunConfig(corpus=each)).id for name, each in ids.items()}


@pytest.mark.parametrize("name", ["own", "de", "fr"])
@pytest.mark.parametrize("page", EVERY_PAGE)
def test_every_page_opens_for_every_text(page: str, name: str, runs: dict[str, str]) -> None:
    app = open_page(page, run=runs[name])
    assert not app.exception


def test_a_page_says_what_a_text_lacks(runs: dict[str, str], recorded: Recorded) -> None:
    app = open_page("predictions", run=runs["own"], predictions_view="Counting map")
    assert not app.exception and "does not list numbers, so it cannot count" in text(app)
    app = open_page("predictions", run=runs["fr"], predictions_view="Counting map")
    assert not app.exception and "does not list numbers" not in text(app)
    recorded(text(open_page("states", run=runs["fr"])), part="need the human numbers")
    for name, lacks in (("own", True), ("fr", False), ("de", False)):
        app = open_page("start", run=runs[name])
        assert ("does not list numbers, so it cannot count" in text(app)) == lacks
        keys = mounted(app)
        assert any(key.startswith("start_headline") for key in keys) != lacks
        assert drawn(app, "start_reading")["settings"]["examples"] == ([] if lacks else list(TRIES))


@pytest.fixture(scope="module")
def counting(own_runs: None) -> dict[str, str]:
    """Return runs of a moment's training on numbers in French words and in German characters."""
    config = {"model": "Model4", "bs": 256, "bptt": 70, "nh": 8, "epochs": 1, "device": "cpu"}
    found = {}
    for language in ("fr", "de"):
        folder = server().store.create(RunConfig(corpus=f"numbers-{language}", **config))
        ended = run_in_folder(folder)
        assert ended is not None and ended.status == "finished"
        found[language] = folder.id
    return found


@pytest.mark.parametrize(
    ("language", "words", "level"),
    [
        ("fr", "quatre vingt quinze , quatre vingt seize , quatre vingt dix sept", "word"),
        ("de", " ".join("fünfundneunzig,sechsundneunzig,siebenundneunzig"), "char"),
    ],
)
def test_the_machine_reads_numbers_and_goes_on_in_their_language(
    language: str, words: str, level: str, counting: dict[str, str]
) -> None:
    found = shown(READING_VIEW, counting[language], text="95 to 97", n=SAYS)
    read = [found.meta["words"][str(each)] for each in found.arrays["ids"].tolist()]
    given = found.meta["given"]
    assert read[:given] == words.split(" ")
    assert found.meta["level"] == level
    spell = corpus(f"numbers-{language}").spell
    assert spell
    true = [",", *spell(98), ",", *spell(99), ","]
    judged = list(zip(read[given:], found.meta["truth"], strict=True))
    assert judged and all(
        verdict in ("right", "wrong") and (verdict == "right") == (word == truth)
        for word, (truth, verdict) in judged
    )
    assert judged[0][1][0] == true[0]


def test_the_counting_map_is_of_the_numbers_in_that_language(counting: dict[str, str]) -> None:
    answer = shown(MAP_VIEW, counting["fr"], given=1)
    places = answer.arrays["places"]
    assert places.shape == (10_000,) and places[1] == -2 and places[2:].min() >= -1
    assert answer.meta["token"] == "word" and "start at the first word" in answer.meta["alt"]
    shares = shown(SHARES_VIEW, counting["fr"])
    assert "of next numbers right up to 7,999" in shares.sentence


@pytest.mark.parametrize("language", ["fr", "de"])
def test_the_models_page_names_the_tokens_that_the_run_reads(
    language: str, counting: dict[str, str]
) -> None:
    stream = stream_of(server().store.record(counting[language]).config)
    cursor = shown(CURSOR_VIEW, counting[language]).meta
    assert cursor["itos"] == list(stream.vocab.itos)
    first = [stream.vocab.itos[index] for index in stream.valid[:8].tolist()]
    assert cursor["words"][0][:8] == first
    assert shown(CELL_VIEW, counting[language], mode="light", unit=0).meta["words"][:8] == first


@pytest.mark.parametrize("language", ["fr", "de"])
def test_a_number_is_in_that_language(language: str, counting: dict[str, str]) -> None:
    card = shown(NUMBER_VIEW, counting[language], number=98, given=1, mode="light").meta["html"]
    spell = corpus(f"numbers-{language}").spell
    assert spell and all(f">{word}" in card or f"{word}<" in card for word in spell(98))


def test_the_data_page_shows_what_the_run_reads(runs: dict[str, str]) -> None:
    app = open_page("data", run=runs["own"])
    address = drawn(app, "data_merging")["settings"]["merges"]
    sent = json.loads(PAGE_DATA.find(address.removeprefix(DATA)) or b"")
    merged = merging(server().store.record(runs["own"]).config.corpus)
    assert {**sent, "merges": [tuple(each) for each in sent["merges"]]} == merged._asdict()
    assert "quatre-vingt-dix-huit" in text(open_page("data", run=runs["fr"])).replace("\\", "")
    assert not any("merging" in name for name in mounted(open_page("data")))


def mounted(app: AppTest) -> list[str]:
    """The keys of a page's pictures."""
    return [each["id"] for each in mounts(app)]


CHOICES = ("numbers-fr", "numbers-de", "numbers-da", "task-dyck", "task-recall")


@pytest.mark.parametrize("corpus_id", CHOICES)
def test_the_data_page_shows_any_corpus(corpus_id: str) -> None:
    app = open_page("data", data_corpus=corpus_id, data_vocabulary="true")
    assert not app.exception
    stream = stream_of(Choice(corpus_id))
    page = text(app).replace("\\", "")
    n = len(stream.train) + len(stream.valid)
    assert f"<b>{n:,}</b> numbers" in html(app)
    assert corpus(corpus_id).description in page
    assert "comes most often: it is **" in page
    words = [(word, index) for word, _, index in drawn(app, "data_guess")["settings"]["words"]]
    assert words[0] == ("xxbos", 2)
    assert all(stream.vocab.itos[index] == word for word, index in words)
    assert f"The vocabulary: {len(stream.vocab):,} entries" in [each.label for each in app.expander]
    table = app.dataframe[0].value
    assert list(table["train"]) == [
        int((stream.train == index).sum()) for index in range(len(stream.vocab))
    ]


def html(app: AppTest) -> str:
    return "".join(each.proto.body for each in app.get("html"))


def test_a_choice_of_the_address_that_is_no_text_is_told(recorded: Recorded) -> None:
    app = open_page("data", data_corpus="poems")
    assert not app.exception
    told = text(app).replace("\\", "")
    recorded(told, 28, part="which is not one of")
    assert "choices in this box" in told and "numbers-fr" not in told.split("poems")[1][:90]


@pytest.mark.parametrize("level", ["word", "char", "bpe"])
def test_an_own_text_of_data_is_the_own_text_of_train(level: str) -> None:
    app = open_page("data", data_corpus="your own")
    asked = control(app, "data_text")["empty"]
    assert str(MIN_TOKENS) in asked and not control(app, "data_text")["wrong"]
    assert "The text is empty" not in text(app) and "data_guess" not in mounted(app)
    choose(app, data_text=TEXT).run()
    choose(app, data_tokens=level).run()
    assert not app.exception
    read = own_corpus(TEXT.encode(), Way(level=level))
    assert f"<b>{sum(map(len, read.tokens())):,}</b> tokens" in html(app)
    assert ("data_merging" in mounted(app)) == (level == "bpe")
    app = switch_page(app, "train")
    app.query_params["train_corpus"] = "your own"
    app.run()
    assert control(app, "train_text")["value"] == TEXT


def following_query(app: AppTest) -> dict[str, str]:
    """Return the parameters of a page's link to the next one."""
    links = [each.proto for each in app.get("page_link")]
    [query] = [each.query_string for each in links if each.label.startswith("Next")]
    return dict(parse_qsl(query))


@pytest.mark.parametrize(("level", "name", "number"), [("char", "valid", 20), ("bpe", "merges", 7)])
def test_batches_opens_with_the_own_text_of_data_read_in_the_same_way(
    level: str, name: str, number: int
) -> None:
    app = open_page("data", data_corpus="your own")
    choose(app, data_text=TEXT).run()
    choose(app, data_tokens=level).run()
    choose(app, **{f"data_own_{name}": number}).run()
    [following] = [
        each.proto for each in app.get("page_link") if each.proto.label.startswith("Next")
    ]
    app.query_params.update(dict(parse_qsl(following.query_string)))
    choose(app, feed_part="Batches").run()
    assert not app.exception
    assert control(app, "batches_text")["value"] == TEXT
    read = own_corpus(TEXT.encode(), Way(level=level, **{name: number}))
    [settings] = [each["settings"] for each in mounts(app) if each["id"] == "batches_grid"]
    assert settings["stream"] == corpus_address("train", Choice(read.id))
    assert "a link to this page" not in text(app)


@pytest.mark.parametrize("corpus_id", ["task-regular", "task-recall-gap.7"])
def test_the_text_of_a_task_leads_to_the_task(corpus_id: str) -> None:
    run = server().store.create(RunConfig(corpus=corpus_id)).id
    app = open_page("data", run=run)
    [link] = [each.proto for each in app.get("page_link") if "Tasks" in each.proto.label]
    app = open_page("feed", run=run, **dict(parse_qsl(link.query_string)))
    assert not app.exception
    wanted = task_stream(corpus_id)
    [guess] = [each["settings"] for each in mounts(app) if each["id"] == "tasks_text"]
    assert guess == json.loads(json.dumps(task_settings(wanted)))


def test_batches_opens_with_the_corpus_that_data_shows() -> None:
    app = open_page("data", data_corpus="numbers-fr")
    [following] = [
        each.proto for each in app.get("page_link") if each.proto.label.startswith("Next")
    ]
    assert dict(parse_qsl(following.query_string))["batches_corpus"] == "numbers-fr"


def test_a_language_is_trained() -> None:
    from hnviz.app.shell.server import server

    app = open_page("train", train_corpus="numbers-vi")
    press(app, "train_start").run()
    run = app.query_params["run"]
    server().engine.stop(run)
    assert server().store.record(run).config.corpus == "numbers-vi"


def test_an_own_text_is_trained() -> None:
    from hnviz.app.shell.server import server

    app = open_own()
    choose(app, train_text=TEXT).run()
    choose(app, train_tokens="char").run()
    assert not app.exception and not control(app, "train_start")["off"]
    press(app, "train_start").run()
    run = app.query_params["run"]
    with suppress(EngineError):  # a short text's run may have finished
        server().engine.stop(run)
    config = server().store.record(run).config
    assert corpus(config.corpus).level == "char"
    assert (default_runs_dir() / TEXTS / f"{config.corpus.split('-')[1]}.txt").is_file()


def test_the_box_counts_the_tokens_that_the_text_uses(recorded: Recorded) -> None:
    app = open_own()
    told = "the cat sat on the mat. the dog sat. " * 40
    choose(app, train_text=told).run()
    assert ", of 8 different ones." in text(app)  # xxbos, six words and a full stop
    assert "The tokens begin: xxbos the cat" in text(app)
    stream = stream_of(Choice(own_corpus(told.encode(), Way()).id))
    assert "only 8 of the" in vocab_sentence(stream)
    assert "become xxunk" not in text(app)
    choose(app, train_own_min_count=1000).run()
    assert ", of 2 different ones." in text(app)  # xxbos and xxunk
    recorded(text(app).replace("\\", ""), 99.7, part="so they become xxunk")
    choose(app, train_own_min_count=2000).run()
    recorded(
        text(app).replace("\\", ""),
        1,
        1_000,
        "2000",
        Way().min_count,
        part="Minimum count must be a",
    )


@pytest.mark.parametrize(("typed", "numbers"), [(" \n ", ()), ("word", (1, 10)), ("a\0b", (2,))])
def test_a_bad_text_is_one_sentence_beside_the_box(
    typed: str, numbers: Numbers, recorded: Recorded
) -> None:
    app = open_own()
    choose(app, train_text=typed).run()
    assert not app.exception
    recorded(control(app, "train_text")["wrong"], *numbers)
    assert control(app, "train_start")["off"]


def test_without_a_text_nothing_trains_and_nothing_is_wrong() -> None:
    app = open_own()
    assert control(app, "train_start")["off"] and not control(app, "train_text")["wrong"]


def test_a_text_shorter_than_a_mini_batch_is_told_beside_bptt(recorded: Recorded) -> None:
    app = open_own()
    choose(app, train_text=TEXT).run()
    n_train, n_valid = (
        len(stream_of(Choice(own_corpus(TEXT.encode(), Way()).id)).ids(split))
        for split in ("train", "valid")
    )
    said = form(app)["lost"]["bptt"]
    for split, n_tokens in (("train", n_train), ("valid", n_valid)):
        recorded(said, n_tokens, 64, 20, 1_280, f"{1_280 / n_tokens:.1f}", part=f"{split} has")
    assert "Set bs to" in said
    assert not control(app, "train_start")["off"]
    assert "bptt" not in form(open_page("train"))["lost"]


def test_batches_says_that_a_text_is_shorter_than_a_mini_batch() -> None:
    small = open_page("batches", batches_bs="64", batches_bptt="70", batches_split="valid")
    assert "times on average" not in text(small)
    large = open_page("batches", batches_bs="512", batches_bptt="70", batches_split="valid")
    said = text(large).replace("\\", "")
    assert "one mini-batch of 512 x 70 has 35,840 slots" in said
    assert "Set bs to 185 or less" in said


def test_blocks_of_numbers_are_refused_for_an_own_text(recorded: Recorded) -> None:
    app = open_own(train_split="blocks")
    choose(app, train_text=TEXT).run()
    assert [*form(app)["wrong"]] == ["split"]
    recorded(form(app)["wrong"]["split"])
    assert control(app, "train_start")["off"]


def test_markup_in_a_text_stays_text() -> None:
    app = open_own()
    choose(app, train_text="<script>alert(1)</script> *b* " * 9).run()
    assert not app.exception
    assert "begin: xxbos < script > alert" in control(app, "train_text")["remark"]
