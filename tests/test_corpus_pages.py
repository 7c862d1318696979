"""Pages of a run on another text than the lesson's, and training one from the Train page."""

import pytest

from hnviz.config import RunConfig
from hnviz.data import corpus
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.runs import default_runs_dir
from hnviz.runs.texts import TEXTS
from hnviz.web.standing import store
from tests.pages import open_page
from tests.test_pages import text

pytestmark = pytest.mark.usefixtures("own_runs")

TEXT = "the cat sat on the mat, the dog sat on the log, and the cat saw the dog. " * 20
PAGES = (
    "start",
    "data",
    "batches",
    "models",
    "train",
    "states",
    "predictions",
    "time",
    "tasks",
    "words",
)


def open_own(**query: str):
    """Open the Train page with the box for an own text."""
    return open_page("train", train_corpus="your own", **query)


@pytest.fixture(scope="module")
def runs(own_runs: None) -> dict[str, str]:
    """Return runs that wait for their first step, by what they read."""
    own = own_corpus(TEXT.encode(), Way(level="bpe", merges=9))
    ids = {"own": own.id, "de": "numbers-de", "fr": "numbers-fr"}
    return {name: store().create(RunConfig(corpus=each)).id for name, each in ids.items()}


@pytest.mark.parametrize("name", ["own", "de", "fr"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_every_text(page: str, name: str, runs: dict[str, str]) -> None:
    app = open_page(page, run=runs[name])
    assert not app.exception


def test_a_page_says_what_a_text_lacks(runs: dict[str, str]) -> None:
    app = open_page("predictions", run=runs["own"], predictions_view="Counting map")
    assert not app.exception and "does not list numbers, so it cannot count" in text(app)
    app = open_page("predictions", run=runs["fr"], predictions_view="Counting map")
    assert not app.exception and "does not list numbers" not in text(app)
    for page in ("start", "states"):
        assert "need the human numbers, so they are left out" in text(
            open_page(page, run=runs["fr"])
        )


def test_the_data_page_shows_what_the_run_reads(runs: dict[str, str]) -> None:
    app = open_page("data", run=runs["own"], data_merges="1")
    assert not app.exception and "Merge 1 joined" in text(app)
    assert "quatre-vingt-dix-huit" in text(open_page("data", run=runs["fr"])).replace("\\", "")
    assert "run in view reads" not in text(open_page("data"))


def test_a_language_is_trained() -> None:
    from hnviz.app.run.engine import engine

    app = open_page("train", train_corpus="numbers-vi")
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    engine().stop(run)
    assert store().record(run).config.corpus == "numbers-vi"


def test_an_own_text_is_trained() -> None:
    from hnviz.app.run.engine import engine

    app = open_own()
    app.text_area(key="train_text").set_value(TEXT).run()
    app.selectbox(key="train_tokens").set_value("char").run()
    assert not app.exception and not app.button(key="train_start").disabled
    app.button(key="train_start").click().run()
    run = app.query_params["run"]
    engine().stop(run)
    config = store().record(run).config
    assert corpus(config.corpus).level == "char"
    assert (default_runs_dir() / TEXTS / f"{config.corpus.split('-')[1]}.txt").is_file()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "The text is empty"),
        (" \n ", "The text is empty"),
        ("word", "The text has 1 token, and training needs at least 10"),
        ("a\0b", "a NUL byte"),
    ],
)
def test_a_bad_text_is_one_sentence_beside_the_box(typed: str, sentence: str) -> None:
    app = open_own()
    app.text_area(key="train_text").set_value(typed).run()
    assert not app.exception
    assert text(app).count(sentence) == 1
    assert app.button(key="train_start").disabled


def test_blocks_of_numbers_are_refused_for_an_own_text() -> None:
    app = open_own(train_split="blocks")
    app.text_area(key="train_text").set_value(TEXT).run()
    assert text(app).count("split must be one of notebook; got 'blocks'") == 1
    assert app.button(key="train_start").disabled


def test_markup_in_a_text_stays_text() -> None:
    app = open_own()
    app.text_area(key="train_text").set_value("<script>alert(1)</script> *b* " * 9).run()
    assert not app.exception
    assert "begin: \\< script \\> alert" in text(app)
