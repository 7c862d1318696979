"""The two splits of human numbers, and a run on held-out blocks from its config to its pages."""

import json
import re
from dataclasses import replace
from functools import cache
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnviz.app.rooms.hidden_states.path.picture import numbers_problem
from hnviz.app.rooms.predictions.counting_map.picture import MAP_VIEW
from hnviz.app.rooms.train.form.picture import known
from hnviz.app.run import text as run_text
from hnviz.app.run.names import run_name
from hnviz.cli import main
from hnviz.config import CHOICES, ConfigError, RunConfig
from hnviz.data import (
    NOTEBOOK,
    BatchLayout,
    Choice,
    TokenStream,
    human_numbers_stream,
    number_words,
    numbers_of,
    split_text,
    stream,
    stream_of,
    tokenize,
)
from hnviz.data.corpora import BUILT_IN, corpus
from hnviz.data.numbers import BLOCK, N_BLOCKS, WAYS, Numbers
from hnviz.data.numbers import held_out as draw
from hnviz.data.places import split_places
from hnviz.engine.scheduler import n_steps
from hnviz.figures.counting import MapFigures, held_out, map_sentence, prompt_note
from hnviz.figures.curves import accuracy_curves, n_batches_of
from hnviz.figures.split_words import split_words, valid_holds
from hnviz.figures.theme import theme
from hnviz.learn import Learner
from hnviz.learn.feed import Feed
from hnviz.observe import QUESTIONS
from hnviz.observe.subject import Subject
from hnviz.runs import BLOCKS, SHIPPED_DIR, RunFolder, RunStore, notebook_table
from hnviz.runs.ruler import text_bounds, token_bounds
from tests.pages import fields, mounts, open_page
from tests.sentences import Recorded
from tests.small import figures
from tests.views import shown

ROOT = Path(__file__).parent.parent
ON_BLOCKS = RunConfig(split="blocks", device="cpu")
NUMBERS = numbers_of(ON_BLOCKS)
STREAM = stream_of(ON_BLOCKS)


@cache
def shipped() -> Subject:
    folder = RunFolder(SHIPPED_DIR / BLOCKS)
    return Subject.load(folder.config, folder.load_snapshot("last"))


@pytest.fixture
def no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse the notebook's split: whatever has a run at hand must ask for that run's."""
    known = stream.cached_stream

    def guarded(corpus: str, split: str) -> TokenStream:
        assert split == "blocks", "a run on blocks was answered from the notebook's split"
        return known(corpus, split)

    monkeypatch.setattr(stream, "cached_stream", guarded)


# --- the numbers --------------------------------------------------------------------------------


def test_every_number_is_in_exactly_one_text_of_blocks() -> None:
    train, valid = NUMBERS.of("train").tolist(), NUMBERS.of("valid").tolist()
    assert sorted(train + valid) == list(range(1, 10_000))
    assert train == sorted(train) and valid == sorted(valid)
    assert (len(train), len(valid)) == (7999, 2000)


def test_blocks_are_a_hundred_stretches_of_twenty_apart_from_each_other() -> None:
    assert len(NUMBERS.valid) == N_BLOCKS == 100
    assert {len(block) for block in NUMBERS.valid} == {BLOCK} == {20}
    assert all(right.start > left.stop for left, right in pairwise(NUMBERS.valid))
    whole = sorted((*NUMBERS.train, *NUMBERS.valid), key=lambda stretch: stretch.start)
    assert whole[0].start == 1 and whole[-1].stop == 10_000
    assert all(left.stop == right.start for left, right in pairwise(whole))


def test_the_blocks_are_the_same_everywhere_and_always() -> None:
    """Another draw would make the shipped run's figures wrong."""
    starts = [block.start for block in NUMBERS.valid]
    assert starts[:5] == [67, 171, 227, 299, 434]
    assert sum(starts) == 492_861


@pytest.mark.parametrize("seed", range(5))
def test_blocks_that_just_fit_are_placed_where_they_must_be(seed: int) -> None:
    assert draw(20, 1, seed) == Numbers((), (range(1, 21),))
    assert draw(41, 2, seed) == Numbers((range(21, 22),), (range(1, 21), range(22, 42)))


def test_the_pages_examples_are_where_the_notebooks_split_has_them() -> None:
    held = set(NUMBERS.of("valid").tolist())
    assert held >= set(range(8314, 8321))
    for first, last in ((1, 29), (3495, 3504), (4290, 4329), (5030, 5044)):
        assert not held & set(range(first, last + 1))


@given(number=st.integers(-5, 10_050), split=st.sampled_from(WAYS))
def test_the_stretch_around_a_number_is_of_the_text_that_holds_it(number: int, split: str) -> None:
    numbers = numbers_of(Choice(split=split))
    found = numbers.stretch_with(number)
    holders = [text for text in ("train", "valid") if number in numbers.of(text)]
    assert ([] if found is None else [found[0]]) == holders
    if found is not None:
        text, stretch = found
        assert number in stretch
        held = numbers.of(text)
        assert np.isin(stretch, held).all()
        assert not np.isin([stretch.start - 1, stretch.stop], held).any()


def test_the_notebooks_split_is_what_it_was() -> None:
    numbers = numbers_of(RunConfig())
    assert (numbers.train, numbers.valid) == ((range(1, 8000),), (range(8001, 10_000),))
    stream = human_numbers_stream()
    assert stream_of(RunConfig()) is stream_of(NOTEBOOK) is stream
    assert (len(stream.train), len(stream.valid), len(stream.vocab)) == (50_079, 13_017, 39)


# --- the text -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["train", "valid"])
def test_a_text_of_blocks_is_one_document_of_its_numbers(text: str) -> None:
    words = ", ".join(map(number_words, NUMBERS.of(text).tolist()))
    tokens = tokenize(words)
    assert [STREAM.vocab.itos[index] for index in STREAM.ids(text)] == tokens
    assert tokens[0] == "xxbos" and tokens.count("xxbos") == 1
    assert len(tokens) == {"train": 50_829, "valid": 12_270}[text]
    found = split_places(text, ON_BLOCKS)
    assert np.unique(found.number[1:]).tolist() == NUMBERS.of(text).tolist()
    assert split_text(text, ON_BLOCKS).ids is STREAM.ids(text)
    assert split_text(text, ON_BLOCKS) is split_text(text, replace(ON_BLOCKS, seed=3))


def test_both_vocabs_hold_the_same_39_entries_each_by_its_own_counts() -> None:
    other = human_numbers_stream().vocab
    assert len(STREAM.vocab) == 39 and set(STREAM.vocab.itos) == set(other.itos)
    assert STREAM.vocab.itos[:10] == other.itos[:10]  # the specials, and the comma
    counts = np.bincount(STREAM.train, minlength=39)[9:]
    assert (np.diff(counts) <= 0).all()
    first = [np.flatnonzero(STREAM.train == index)[0] for index in range(9, 39)]
    ties = np.flatnonzero(np.diff(counts) == 0)
    assert all(first[index] < first[index + 1] for index in ties)
    assert STREAM.vocab.itos != other.itos  # so ids are never to be taken to another split


def test_a_stream_is_shared_and_cannot_be_written_to() -> None:
    assert stream_of(ON_BLOCKS) is stream_of(RunConfig.for_model("Model0", split="blocks"))
    with pytest.raises(ValueError, match="read-only"):
        STREAM.train[0] = 1


@pytest.mark.parametrize("text", ["train", "valid"])
def test_the_bounds_of_a_run_are_those_of_its_text(text: str) -> None:
    bounds = text_bounds(split_text(text, ON_BLOCKS))
    assert bounds == token_bounds(STREAM.ids(text))
    assert bounds != text_bounds(split_text(text))
    assert text_bounds(split_text(text)) == token_bounds(human_numbers_stream().ids(text))


# --- the config ---------------------------------------------------------------------------------


def test_a_config_of_before_is_of_the_notebooks_split() -> None:
    old = RunConfig(seed=2).to_dict()
    del old["corpus"], old["split"]
    config = RunConfig.from_dict(json.loads(json.dumps(old)))
    assert config == RunConfig(seed=2)
    assert (config.corpus, config.split) == ("human_numbers", "notebook")
    assert stream_of(config) is human_numbers_stream()


def test_the_shipped_runs_of_before_still_read() -> None:
    written = json.loads((SHIPPED_DIR / "Model5" / "config.json").read_bytes())["config"]
    assert "split" not in written
    folder = RunFolder(SHIPPED_DIR / "Model5")
    assert folder.config == RunConfig(device="cpu")
    assert RunFolder(SHIPPED_DIR / BLOCKS).config == ON_BLOCKS


def test_the_choices_are_those_of_the_data() -> None:
    assert CHOICES["split"] == WAYS == corpus("human_numbers").ways


@pytest.mark.parametrize(
    ("field", "value"),
    [("split", "thirds"), ("split", None), ("split", ["blocks"]), ("corpus", "poems")],
)
def test_an_unknown_split_or_corpus_is_one_sentence(
    field: str, value: Any, recorded: Recorded
) -> None:
    with pytest.raises(ConfigError) as caught:
        RunConfig(**{field: value})
    said = str(caught.value)
    recorded(said)
    assert caught.value.field == field
    assert field == "split" or f"one of {', '.join(BUILT_IN)};" in said
    if isinstance(value, str):
        with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
            stream_of(Choice(**{field: value}))


# --- training -----------------------------------------------------------------------------------


def test_the_layout_is_that_of_the_text() -> None:
    config = replace(ON_BLOCKS, bs=37, bptt=11)
    layout = BatchLayout(len(STREAM.train), 37, 11)
    learner = Learner(config)
    assert learner.n_batches == layout.n_batches
    assert n_steps(config) == learner.n_steps == 10 * layout.n_batches
    for ids in (STREAM.train, STREAM.valid):
        feed = Feed.lay_out(ids, config, learner.model.predicts, "cpu")
        first = BatchLayout(len(ids), 37, 11).batch(ids, 0)
        np.testing.assert_array_equal(feed.x[0], first.x)
        np.testing.assert_array_equal(feed.y[0], first.y)
    waiting = RunFolder(SHIPPED_DIR / BLOCKS).read()
    waiting = replace(waiting, started=None, config=config)
    assert n_batches_of(waiting) == layout.n_batches


@pytest.mark.usefixtures("no_notebook")
def test_a_run_on_blocks_is_cut_and_goes_on_bit_for_bit() -> None:
    config = RunConfig.for_model("Model4", epochs=1, split="blocks", device="cpu")
    expected = [figures(event) for event in Learner(config).events()]
    first = Learner(config)
    came = [figures(event) for event in islice(first.events(), 18)]
    second = Learner(config)
    second.restore(first.checkpoint())
    assert came + [figures(event) for event in second.events()] == expected
    assert expected != [
        figures(event) for event in Learner(replace(config, seed=1)).events()
    ]  # figures can differ at all


@pytest.mark.usefixtures("no_notebook")
def test_the_command_line_trains_on_blocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], recorded: Recorded
) -> None:
    options = ["--model", "Model4", "--epochs", "1", "--device", "cpu", "--runs-dir", str(tmp_path)]
    assert main(["train", *options, "--split", "blocks"]) == 0
    store = RunStore(tmp_path)
    folder = store.folder(store.ids()[0])
    assert folder.config == RunConfig.for_model("Model4", epochs=1, device="cpu", split="blocks")
    record = folder.read()
    assert record.status == "finished"
    assert record.started.n_batches == BatchLayout(len(STREAM.train), 64, 20).n_batches
    capsys.readouterr()
    assert main(["train", *options, "--split", "thirds"]) == 2
    said = capsys.readouterr().err
    recorded(said)


# --- questions ----------------------------------------------------------------------------------

PROMPT = [*number_words(8315).split(), ",", *number_words(8316).split(), ","]
IDS = STREAM.vocab.numericalize(PROMPT).tolist()
ASKED: dict[str, dict[str, Any]] = {
    "accuracy_by_position": {"split": "valid"},
    "backward_costs": {"bptt": 3},
    "cell": {"unit": 3},
    "count_on": {"number": 8316, "n": 2},
    "counted_number": {"number": 8317},
    "counting_accuracy": {"given": 3},
    "cursor": {"batch": 1},
    "erased": {"layer": 1},
    "find": {"ids": IDS, "start": 3, "threshold": 0.3},
    "forced_or_free": {"split": "valid"},
    "handover": {},
    "look_back": {"ids": IDS},
    "probe": {"positions": "comma"},
    "reading": {"ids": IDS, "n": 8},
    "rows": {"batch": 2, "rows": 2},
    "second_backward": {},
    "state_gradients": {"first": 3},
    "state_path": {"first": 8305, "last": 8324},
    "surgery": {"ids": IDS, "other": IDS[:3], "n": 4},
    "surgery_claims": {"ids": IDS, "other": IDS[:3], "layer": 1},
    "undetached": {},
    "unit_codes": {},
    "unit_order": {"split": "valid", "first": 30, "n": 40},
    "units": {"split": "valid", "first": 12_200, "n": 70},
    "worst_places": {"kind": "ones"},
}


def test_every_question_is_in_the_table() -> None:
    assert {*ASKED, "pair", "attention"} == set(QUESTIONS)


@pytest.mark.usefixtures("no_notebook")
@pytest.mark.parametrize("question", ASKED)
def test_a_run_on_blocks_answers_from_its_own_text(question: str) -> None:
    reply = QUESTIONS[question](shipped(), ASKED[question])
    assert reply.arrays or reply.meta


@pytest.mark.usefixtures("no_notebook")
def test_a_pair_on_blocks_reads_its_own_text() -> None:
    config = RunConfig.for_model("Model1", split="blocks", device="cpu")
    subject = Subject.load(config, Learner(config).snapshot())
    found = QUESTIONS["pair"](subject, {"split": "valid"})
    assert found.meta["names"] == ["Model0", "Model1"]


@pytest.mark.usefixtures("no_notebook")
def test_attention_on_blocks_reads_its_own_text() -> None:
    config = RunConfig.for_model("Transformer", split="blocks", device="cpu")
    subject = Subject.load(config, Learner(config).snapshot())
    found = QUESTIONS["attention"](subject, {"ids": IDS})
    assert found.arrays


def test_stretch_and_path_are_cut_out_of_the_runs_text() -> None:
    units = QUESTIONS["units"](shipped(), ASKED["units"])
    assert units.arrays["ids"].tolist() == STREAM.valid[12_200:].tolist()
    path = QUESTIONS["state_path"](shipped(), ASKED["state_path"])
    assert path.meta["split"] == "valid"
    assert np.unique(path.arrays["number"]).tolist() == list(range(8305, 8325))
    words = [STREAM.vocab.itos[index] for index in path.arrays["ids"].tolist()]
    assert " ".join(words).startswith("eight thousand three hundred five , eight thousand")


@pytest.mark.parametrize(
    ("first", "last", "of_block"),
    [(8310, 8330, ("8305", "8324")), (60, 70, (1, 66))],
)
def test_a_path_across_the_edge_of_a_block_is_one_sentence(
    first: int, last: int, of_block: Numbers, recorded: Recorded
) -> None:
    with pytest.raises(ValueError) as error:
        QUESTIONS["state_path"](shipped(), {"first": first, "last": last})
    recorded(str(error.value), *of_block, str(first), str(first), str(last))


def test_a_word_of_the_prompt_is_the_same_word_in_the_answer(recorded: Recorded) -> None:
    read = QUESTIONS["reading"](shipped(), {**ASKED["reading"], "n": 6}).arrays["ids"]
    recorded(STREAM.vocab.textify(read[len(IDS) :]))


def test_the_shares_are_of_the_numbers_that_each_split_holds() -> None:
    arrays, meta, *_ = QUESTIONS["counting_accuracy"](shipped(), {"given": 3})
    held = set(NUMBERS.of("valid").tolist())
    rights: dict[bool, list[bool]] = {True: [], False: []}
    for number, right in zip(arrays["number"].tolist(), arrays["right"].tolist(), strict=True):
        rights[number in held].append(right)
    assert (len(rights[True]), len(rights[False])) == (2000, 7998)  # 1 has no number before it
    assert meta["valid"] == pytest.approx(np.mean(rights[True]))
    assert meta["train"] == pytest.approx(np.mean(rights[False]))
    assert meta["valid"] == pytest.approx(0.9785, abs=0.01)
    drawn = MapFigures(3, *(arrays[name] for name in MAP), ON_BLOCKS)
    assert drawn.shares == pytest.approx((meta["train"], meta["valid"]))


MAP = ("number", "right", "first_wrong", "alone")


# --- what is said of it -------------------------------------------------------------------------


def test_the_map_says_what_is_held_out(recorded: Recorded) -> None:
    number = np.array([66, 67, 86, 87, 8000])
    right = np.array([True, True, False, False, True])
    first_wrong = np.where(right, -1, 0)
    found = MapFigures(3, number, right, first_wrong, ~right, ON_BLOCKS)
    assert found.shares == pytest.approx((2 / 3, 1 / 2))
    recorded(map_sentence("Model5", found), 2, 3, 1, 2, 1, 1, 1, 86)
    all_right = replace(found, right=np.ones(5, dtype=bool))
    recorded(map_sentence("Model5", all_right), part="In the held-out blocks it")
    assert "8,000" not in prompt_note(3, ON_BLOCKS) and "8,000" in prompt_note(3)
    assert held_out(NOTEBOOK) == []
    assert held_out(ON_BLOCKS)[0] == (67, 86) and len(held_out(ON_BLOCKS)) == 100


def test_each_split_has_its_own_words(recorded: Recorded) -> None:
    assert valid_holds(NOTEBOOK) == "numbers above 8,000"
    recorded(valid_holds(ON_BLOCKS), 20, 1, 9_999)
    told = [split_words(Choice(split=split)) for split in WAYS]
    for field in ("train", "valid", "on_train", "on_valid", "columns", "no_mistake", "asked"):
        assert len({getattr(each, field) for each in told}) == len(WAYS)


def test_a_run_on_blocks_is_told_from_its_neighbour(recorded: Recorded) -> None:
    record, theirs = (RunStore(SHIPPED_DIR).record(name) for name in (BLOCKS, "Model5"))
    assert run_name(record.config, shipped=True) == "Model5, blocks held out"
    assert run_name(theirs.config, shipped=True) == "Model5"
    notebook = notebook_table("Model5")
    said = run_text.against_notebook(record, notebook)
    recorded(said, 8_000, 20, 1, 9_999, part="They are measured on different")
    assert "judged" not in run_text.against_notebook(theirs, notebook)
    fig = accuracy_curves(record, theme("light")).figure()
    heads = [note.text for note in fig.layout.annotations]
    assert {"<b>train, all but the blocks, running</b>", "<b>valid, held-out blocks</b>"} <= set(
        heads
    )
    assert not any("8,001" in head for head in heads)


@pytest.mark.parametrize(
    ("first", "n", "numbers"),
    [
        (8000, 1, None),
        (8305, 20, None),
        (8305, 21, (8_305, 1, 20, 8_324, 21)),
        (9999, 2, (9_999, 1, 1, 9_999, 2)),
        (0, 5, (1, "9999", 0)),
    ],
)
def test_the_numbers_of_a_path_are_judged_by_the_runs_text(
    first: int, n: int, numbers: Numbers | None, recorded: Recorded
) -> None:
    said = numbers_problem(first, n, ON_BLOCKS)
    assert (said is None) is (numbers is None)
    if said is not None and numbers is not None:
        recorded(said, *numbers)


# --- pages --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("own_runs")
@pytest.mark.parametrize("name", ["train", "states", "predictions", "time", "models"])
def test_a_page_shows_a_run_on_blocks(name: str) -> None:
    app = open_page(name, run=BLOCKS, models_weights="run in view")
    assert not app.exception
    assert not app.error
    shown = mounts(app)
    assert BLOCKS in {data.get("run") for data in shown}


@pytest.mark.usefixtures("own_runs")
def test_the_train_page_offers_the_split_under_more() -> None:
    assert fields(open_page("train", train_split="blocks"))["split"] == "blocks"
    (box,) = [each for each in known()["settings"] if each["label"] == "Valid holds"]
    assert box["options"] == ("notebook", "blocks")


@pytest.mark.usefixtures("own_runs")
def test_the_counting_map_of_blocks_has_its_own_table_and_outlines() -> None:
    app = open_page("predictions", run=BLOCKS, predictions_view="Counting map")
    assert not app.exception
    answer = shown(MAP_VIEW, BLOCKS)
    assert "held-out blocks" in answer.sentence
    assert [list(block) for block in answer.meta["held"]] == [
        [block[0], block[-1]] for block in NUMBERS.valid
    ]


# --- the rule -----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["learn", "observe", "engine", "runs", "bench"])
def test_what_has_a_run_at_hand_never_asks_for_the_notebooks_text(part: str) -> None:
    for path in (ROOT / "hnviz" / part).rglob("*.py"):
        assert "human_numbers_stream" not in path.read_text(), path
