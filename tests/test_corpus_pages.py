"""Pages of a run on another text than the lesson's, and training one from the Train page."""

import json
from contextlib import suppress
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.rooms.models.cell.picture import CELL_VIEW
from hnviz.app.rooms.models.cursor.picture import CURSOR_VIEW
from hnviz.app.rooms.predictions.counting_map.picture import MAP_VIEW, NUMBER_VIEW
from hnviz.app.rooms.predictions.going_on.picture import SAYING_VIEW
from hnviz.app.rooms.start.count.picture import COUNT_VIEW, SHARES_VIEW
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.data import Choice, corpus, stream_of
from hnviz.data.corpora.own import Way, merging, own_corpus
from hnviz.engine.client import EngineError
from hnviz.engine.trainer import run_in_folder
from hnviz.runs import default_runs_dir
from hnviz.runs.texts import TEXTS
from hnviz.web.assets import DATA, PAGE_DATA
from hnviz.web.corpora import corpus_address
from tests.pages import EVERY_PAGE, form, mounts, open_page, switch_page
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


def test_a_page_says_what_a_text_lacks(runs: dict[str, str]) -> None:
    app = open_page("predictions", run=runs["own"], predictions_view="Counting map")
    assert not app.exception and "does not list numbers, so it cannot count" in text(app)
    app = open_page("predictions", run=runs["fr"], predictions_view="Counting map")
    assert not app.exception and "does not list numbers" not in text(app)
    assert "need the human numbers, so they are left out" in text(
        open_page("states", run=runs["fr"])
    )
    for name, lacks in (("own", True), ("fr", False), ("de", False)):
        app = open_page("start", run=runs[name])
        assert ("does not list numbers, so it cannot count" in text(app)) == lacks
        assert bool([each for each in app.number_input if each.key == "start_number"]) != lacks


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
    ("language", "given", "level"),
    [
        ("fr", "quatre-vingt-quinze, quatre-vingt-seize, quatre-vingt-dix-sept", "word"),
        ("de", "fünfundneunzig, sechsundneunzig, siebenundneunzig", "char"),
    ],
)
def test_a_network_counts_on_in_its_language(
    language: str, given: str, level: str, counting: dict[str, str]
) -> None:
    meta = shown(COUNT_VIEW, counting[language], number=97).meta
    assert meta["given"] == given.replace("-", " ")
    assert (meta["level"], meta["kinds"]) == (level, False)
    spell = corpus(f"numbers-{language}").spell
    assert spell
    for line, truth in zip(meta["lines"], (98, 99, 100), strict=True):
        told = [(word, right) for word, _, _, right in line["words"]]
        true = spell(truth)
        assert told == [(word, true[at : at + 1] == (word,)) for at, (word, _) in enumerate(told)]
        assert {kind for _, kind, *_ in line["words"]} <= {"other", "special"}


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
def test_a_number_and_what_follows_are_in_that_language(
    language: str, counting: dict[str, str]
) -> None:
    card = shown(NUMBER_VIEW, counting[language], number=98, given=1, mode="light").meta["html"]
    spell = corpus(f"numbers-{language}").spell
    assert spell and all(f">{word}" in card or f"{word}<" in card for word in spell(98))
    going = shown(SAYING_VIEW, counting[language], text="97", n=8)
    assert [cell[1] for cell in going.meta["cells"]][:2] == [",", spell(98)[0]]


def test_the_data_page_shows_what_the_run_reads(runs: dict[str, str]) -> None:
    app = open_page("data", run=runs["own"])
    address = drawn(app, "data_merging")["settings"]["merges"]
    sent = json.loads(PAGE_DATA.find(address.removeprefix(DATA)) or b"")
    merged = merging(server().store.record(runs["own"]).config.corpus)
    assert (sent["words"], [tuple(each) for each in sent["merges"]]) == tuple(merged)
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


def test_a_choice_of_the_address_that_is_no_text_is_told() -> None:
    app = open_page("data", data_corpus="poems")
    assert not app.exception
    told = text(app).replace("\\", "")
    assert "address asks for 'poems' here, which is not one of the " in told
    assert "choices in this box" in told and "numbers-fr" not in told.split("poems")[1][:90]


@pytest.mark.parametrize("level", ["word", "char", "bpe"])
def test_an_own_text_of_data_is_the_own_text_of_train(level: str) -> None:
    app = open_page("data", data_corpus="your own")
    assert "The text is empty" in text(app) and "data_guess" not in mounted(app)
    app.text_area(key="data_text").set_value(TEXT).run()
    app.selectbox(key="data_tokens").set_value(level).run()
    assert not app.exception
    read = own_corpus(TEXT.encode(), Way(level=level))
    assert f"<b>{sum(map(len, read.tokens())):,}</b> numbers" in html(app)
    assert ("data_merging" in mounted(app)) == (level == "bpe")
    app = switch_page(app, "train")
    app.query_params["train_corpus"] = "your own"
    app.run()
    assert app.text_area(key="train_text").value == TEXT


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
    app.text_area(key="data_text").set_value(TEXT).run()
    app.selectbox(key="data_tokens").set_value(level).run()
    app.number_input(key=f"data_own_{name}").set_value(number).run()
    [following] = [
        each.proto for each in app.get("page_link") if each.proto.label.startswith("Next")
    ]
    app = switch_page(app, "batches")
    app.query_params.update(dict(parse_qsl(following.query_string)))
    app.run()
    assert not app.exception
    assert app.text_area(key="batches_text").value == TEXT
    read = own_corpus(TEXT.encode(), Way(level=level, **{name: number}))
    [settings] = [each["settings"] for each in mounts(app) if each["id"] == "batches_grid"]
    assert settings["stream"] == corpus_address("train", Choice(read.id))
    assert settings["written"] == ""
    assert "is not read with the usual settings, so a link to this page does not" in text(app)


def test_batches_opens_with_the_corpus_that_data_shows() -> None:
    app = open_page("data", data_corpus="numbers-fr")
    [following] = [
        each.proto for each in app.get("page_link") if each.proto.label.startswith("Next")
    ]
    assert dict(parse_qsl(following.query_string))["batches_corpus"] == "numbers-fr"


def test_a_language_is_trained() -> None:
    from hnviz.app.shell.server import server

    app = open_page("train", train_corpus="numbers-vi")
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    server().engine.stop(run)
    assert server().store.record(run).config.corpus == "numbers-vi"


def test_an_own_text_is_trained() -> None:
    from hnviz.app.shell.server import server

    app = open_own()
    app.text_area(key="train_text").set_value(TEXT).run()
    app.selectbox(key="train_tokens").set_value("char").run()
    assert not app.exception and not app.button(key="train_start").disabled
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    with suppress(EngineError):  # a short text's run may have finished
        server().engine.stop(run)
    config = server().store.record(run).config
    assert corpus(config.corpus).level == "char"
    assert (default_runs_dir() / TEXTS / f"{config.corpus.split('-')[1]}.txt").is_file()


def test_the_box_counts_the_tokens_of_the_text_alone() -> None:
    app = open_own()
    app.text_area(key="train_text").set_value("the cat sat on the mat. the dog sat. " * 40).run()
    assert ", of 7 different ones." in text(app)  # six words and a full stop; no special entries
    assert "become xxunk" not in text(app)
    app.number_input(key="train_own_min_count").set_value(1000).run()
    assert ", of 1 different one." in text(app)
    said = "99.7 % of the tokens are rarer than the minimum count, so they become xxunk."
    assert said in text(app).replace("\\", "")
    app.number_input(key="train_own_min_count").set_value(2000).run()
    assert "Minimum count must be a whole number from 1 to 1,000; got 2000." in text(app).replace(
        "\\", ""
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "The text is empty"),
        (" \n ", "The text is empty"),
        ("word", "The text has 1 token, but training needs at least 10"),
        ("a\0b", "a NUL byte"),
    ],
)
def test_a_bad_text_is_one_sentence_beside_the_box(typed: str, sentence: str) -> None:
    app = open_own()
    app.text_area(key="train_text").set_value(typed).run()
    assert not app.exception
    assert text(app).count(sentence) == 1
    assert app.button(key="train_start").disabled


def test_a_text_shorter_than_a_mini_batch_is_told_beside_bptt() -> None:
    app = open_own()
    app.text_area(key="train_text").set_value(TEXT).run()
    n_train, n_valid = (
        len(stream_of(Choice(own_corpus(TEXT.encode(), Way()).id)).ids(split))
        for split in ("train", "valid")
    )
    said = form(app)["lost"]["bptt"]
    assert f"train has {n_train:,} tokens, and one mini-batch of 64 x 20 has 1,280 slots" in said
    assert f"valid has {n_valid:,} tokens" in said and "Set bs to" in said
    assert not app.button(key="train_start").disabled
    assert "bptt" not in form(open_page("train"))["lost"]


def test_batches_says_that_a_text_is_shorter_than_a_mini_batch() -> None:
    small = open_page("batches", batches_bs="64", batches_bptt="70", batches_split="valid")
    assert "times on average" not in text(small)
    large = open_page("batches", batches_bs="512", batches_bptt="70", batches_split="valid")
    said = text(large).replace("\\", "")
    assert "one mini-batch of 512 x 70 has 35,840 slots" in said
    assert "Set bs to 185 or less" in said


def test_blocks_of_numbers_are_refused_for_an_own_text() -> None:
    app = open_own(train_split="blocks")
    app.text_area(key="train_text").set_value(TEXT).run()
    assert form(app)["wrong"] == {"split": "split must be one of notebook; got 'blocks'"}
    assert app.button(key="train_start").disabled


def test_markup_in_a_text_stays_text() -> None:
    app = open_own()
    app.text_area(key="train_text").set_value("<script>alert(1)</script> *b* " * 9).run()
    assert not app.exception
    assert "begin: \\< script \\> alert" in text(app)
