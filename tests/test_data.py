"""Text, tokens, ids and batches, against what the notebook prints and a formula written twice."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hnviz.data import (
    KINDS,
    SPECIALS,
    BatchLayout,
    ShuffledLayout,
    Texts,
    TokenStream,
    Vocab,
    batches,
    corpus,
    human_numbers,
    human_numbers_stream,
    kind_in,
    kind_of,
    number_words,
    split_text,
    tokenize,
)
from tests.sentences import Recorded

DATA = Path(__file__).parent / "data"
PRINTS: dict[str, Any] = json.loads((DATA / "notebook_prints.json").read_text())
HASHES: dict[str, dict[str, Any]] = json.loads((DATA / "layout_sha256.json").read_text())


@pytest.fixture(scope="module")
def stream() -> TokenStream:
    return human_numbers_stream()


@pytest.fixture(scope="module")
def tensors(stream: TokenStream) -> dict[str, NDArray[np.int64]]:
    """x1, y1, ... x3, y3 of one pass over valid at bs 64, bptt 70."""
    layout = BatchLayout(len(stream.valid), 64, 70)
    named = {}
    for batch in batches(stream.valid, layout):
        named[f"x{batch.index + 1}"] = batch.x
        named[f"y{batch.index + 1}"] = batch.y
    return named


# --- the notebook's cells -----------------------------------------------------------------------


def test_texts_as_printed() -> None:
    corpus = human_numbers()
    assert corpus.train[:80] == PRINTS["train_text_head"]
    assert corpus.valid[-80:] == PRINTS["valid_text_tail"]


def test_tokens_as_printed() -> None:
    corpus = human_numbers()
    assert " ".join(tokenize(corpus.train))[:80] == PRINTS["train_tokens_head"]
    assert " ".join(tokenize(corpus.valid))[-80:] == PRINTS["valid_tokens_tail"]


def test_counts_as_printed(stream: TokenStream) -> None:
    assert len(stream.train) == PRINTS["n_train"] == 50_079
    assert len(stream.valid) == PRINTS["n_valid"] == 13_017
    assert len(stream.vocab) == PRINTS["nv"] == 39


def test_vocab_as_printed(stream: TokenStream) -> None:
    assert list(stream.vocab.itos) == PRINTS["itos"]


def test_ids_as_printed(stream: TokenStream) -> None:
    assert stream.train[:4].tolist() == PRINTS["train_ids"]["head"]
    assert stream.valid[:4].tolist() == PRINTS["valid_ids"]["head"]
    assert stream.valid[-4:].tolist() == PRINTS["valid_ids"]["tail"]


def test_number_of_batches_as_printed(stream: TokenStream) -> None:
    layout = BatchLayout(len(stream.valid), 64, 70)
    assert [layout.bptt, layout.n_batches] == PRINTS["bptt_and_batches"] == [70, 3]
    assert layout.n_tokens / 70 / 64 == PRINTS["batches_before_rounding"]
    assert layout.n_slots == PRINTS["slots"] == 13_440
    assert layout.n_repeated == 423


@pytest.mark.parametrize("name", ["x1", "y1", "x2", "y2", "x3", "y3"])
def test_tensor_equals_the_reference(name: str, tensors: dict[str, NDArray[np.int64]]) -> None:
    with np.load(DATA / "valid_bs64_bptt70.npz") as reference:
        np.testing.assert_array_equal(tensors[name], reference[name])
    assert list(tensors[name].shape) == PRINTS["shape"]
    assert tensors[name].dtype == np.int64


@pytest.mark.parametrize("name", sorted(PRINTS["corners"]))
def test_tensor_as_printed(name: str, tensors: dict[str, NDArray[np.int64]]) -> None:
    shown = [0, 1, 2, -3, -2, -1]
    assert tensors[name][np.ix_(shown, shown)].tolist() == PRINTS["corners"][name]


def row_of(name: str, tensors: dict[str, NDArray[np.int64]]) -> NDArray[np.int64]:
    """Look up "x3[-1]": the row -1 of the tensor x3."""
    tensor, row = name.removesuffix("]").split("[")
    return tensors[tensor][int(row)]


@pytest.mark.parametrize("name", PRINTS["rows"])
def test_row_as_printed(name: str, tensors: dict[str, NDArray[np.int64]]) -> None:
    assert row_of(name, tensors).tolist() == PRINTS["rows"][name]


@pytest.mark.parametrize("name", PRINTS["texts"])
def test_row_text_as_printed(
    name: str, stream: TokenStream, tensors: dict[str, NDArray[np.int64]]
) -> None:
    assert stream.vocab.textify(row_of(name, tensors)) == PRINTS["texts"][name]


@pytest.mark.parametrize("table", PRINTS["show_batch"])
def test_table_of_batches_as_printed(table: str, stream: TokenStream) -> None:
    """At bptt 70 the notebook shows mini-batch 3 of a pass of three: one past its end."""
    printed = PRINTS["show_batch"][table]
    layout = BatchLayout(len(stream.valid), 64, int(table.removeprefix("bptt ")))
    batch = layout.batch(stream.valid, printed["batch"])
    assert [stream.vocab.textify(row) for row in batch.x[:5]] == printed["texts"]


def test_one_batch_as_printed(stream: TokenStream) -> None:
    printed = PRINTS["one_batch"]
    layout = BatchLayout(len(stream.train), 64, printed["bptt"])
    batch = layout.batch(stream.train, printed["batch"])
    assert batch.x.shape == batch.y.shape == (64, 3)
    assert batch.x[:5].tolist() == printed["x[0:5]"]
    assert batch.x[:, 0].tolist() == printed["x[:,0]"]


@pytest.mark.parametrize("name", HASHES)
def test_whole_epoch_equals_the_reference(name: str, stream: TokenStream) -> None:
    reference = HASHES[name]
    ids = stream.ids(reference["split"])
    layout = BatchLayout(len(ids), reference["bs"], reference["bptt"])
    assert layout.n_batches == reference["n_batches"]
    xs, ys = zip(*[(batch.x, batch.y) for batch in batches(ids, layout)], strict=True)
    for key, tensor in {"x_sha256": np.stack(xs), "y_sha256": np.stack(ys)}.items():
        content = np.ascontiguousarray(tensor, dtype="<i8").tobytes()
        assert hashlib.sha256(content).hexdigest() == reference[key]


def test_8046_is_read_by_two_rows(stream: TokenStream) -> None:
    """The repetition that the notebook's readers stumble over: it ends x3[0] and opens x1[1]."""
    layout = BatchLayout(len(stream.valid), 64, 70)
    words = [*tokenize(number_words(8046))[1:], ","]
    wanted = stream.vocab.numericalize(words)
    windows = np.lib.stride_tricks.sliding_window_view(stream.valid, len(wanted))
    (start,) = np.flatnonzero((windows == wanted).all(axis=1))
    assert [(slot.batch, slot.row) for slot in layout.slots(int(start))] == [(0, 1), (2, 0)]


def test_train_at_bptt_20(stream: TokenStream) -> None:
    layout = BatchLayout(len(stream.train), 64, 20)
    assert (layout.n_batches, layout.n_repeated) == (40, 1121)


# --- the layout, for any size -------------------------------------------------------------------

SIZES = st.one_of(
    st.tuples(st.integers(1, 60), st.integers(1, 90), st.integers(1, 90)),  # all orders of size
    st.tuples(st.integers(500, 5000), st.integers(1, 300), st.integers(1, 120)),
)
LAYOUTS = SIZES.map(lambda size: BatchLayout(*size))


def naive_epoch(ids: list[int], bs: int, bptt: int) -> tuple[list[Any], list[Any]]:
    """Lay an epoch out once more, token by token, in plain Python."""
    n = len(ids)
    n_batches = 0
    while n_batches * bs * bptt < n:
        n_batches += 1
    xs, ys = [], []
    for k in range(n_batches):
        x, y = [], []
        for j in range(bs):
            place = int((n / bs) * j) + k * bptt
            x.append([ids[(place + t) % n] for t in range(bptt)])
            y.append([ids[(place + t + 1) % n] for t in range(bptt)])
        xs.append(x)
        ys.append(y)
    return xs, ys


@given(LAYOUTS)
def test_equals_a_plain_loop(layout: BatchLayout) -> None:
    ids = np.arange(layout.n_tokens)
    xs, ys = naive_epoch(ids.tolist(), layout.bs, layout.bptt)
    found = list(batches(ids, layout))
    assert [batch.index for batch in found] == list(range(layout.n_batches))
    np.testing.assert_array_equal(np.stack([batch.x for batch in found]), xs)
    np.testing.assert_array_equal(np.stack([batch.y for batch in found]), ys)


@given(LAYOUTS)
def test_every_token_stands_in_the_layout(layout: BatchLayout) -> None:
    places = np.stack([layout.positions(k) for k in range(layout.n_batches)])
    counts = np.bincount(places.ravel(), minlength=layout.n_tokens)
    assert counts.min() >= 1
    assert counts.sum() == layout.n_slots
    assert (counts - 1).sum() == layout.n_repeated


@given(LAYOUTS)
def test_one_slot_of_each_token_is_not_a_repeat(layout: BatchLayout) -> None:
    own = np.concatenate([layout.positions(k)[~layout.repeats(k)] for k in range(layout.n_batches)])
    assert sorted(own.tolist()) == list(range(layout.n_tokens))


@given(LAYOUTS, st.integers(0, 5))
def test_a_row_goes_on_where_it_stopped(layout: BatchLayout, k: int) -> None:
    ids = np.arange(layout.n_tokens)
    first, second = layout.batch(ids, k), layout.batch(ids, k + 1)
    np.testing.assert_array_equal(second.x[:, 0], first.y[:, -1])
    np.testing.assert_array_equal(second.x[:, 0], (first.x[:, -1] + 1) % layout.n_tokens)


@given(LAYOUTS)
def test_y_is_one_token_after_x(layout: BatchLayout) -> None:
    batch = layout.batch(np.arange(layout.n_tokens), layout.n_batches - 1)
    np.testing.assert_array_equal(batch.y, (batch.x + 1) % layout.n_tokens)
    np.testing.assert_array_equal(batch.y[:, :-1], batch.x[:, 1:])


@given(st.data())
def test_slots_is_the_inverse_of_position(data: st.DataObject) -> None:
    layout = data.draw(LAYOUTS)
    position = data.draw(st.integers(0, layout.n_tokens - 1))
    slots = layout.slots(position)
    assert slots == sorted(set(slots))
    assert all(layout.position(*slot) == position for slot in slots)
    places = np.stack([layout.positions(k) for k in range(layout.n_batches)])
    assert [tuple(slot) for slot in slots] == [
        tuple(slot) for slot in np.argwhere(places == position).tolist()
    ]


@given(st.data())
def test_position_is_the_inverse_of_slots(data: st.DataObject) -> None:
    layout = data.draw(LAYOUTS)
    slot = (
        data.draw(st.integers(0, layout.n_batches - 1)),
        data.draw(st.integers(0, layout.bs - 1)),
        data.draw(st.integers(0, layout.bptt - 1)),
    )
    assert slot in layout.slots(layout.position(*slot))


@settings(max_examples=300)
@given(
    n_tokens=st.integers(1, 10**7),
    bs=st.integers(1, 5000),
    bptt=st.integers(1, 5000),
)
def test_big_layouts_start_where_double_precision_says(n_tokens: int, bs: int, bptt: int) -> None:
    layout = BatchLayout(n_tokens, bs, bptt)
    assert layout.starts.tolist() == [int((n_tokens / bs) * row) for row in range(bs)]
    assert layout.own.min() >= 0
    assert layout.own.sum() == n_tokens
    assert layout.own.max() <= layout.row_length
    assert 0 <= layout.n_repeated < bs * bptt


@given(st.integers(1, 900), st.integers(1, 80), st.integers(1, 80))
def test_a_text_shorter_than_a_mini_batch_is_read_more_than_once(n_tokens, bs, bptt):
    layout = BatchLayout(n_tokens, bs, bptt)
    said = layout.crowding("valid")
    n_read = sum(batch.x.size for batch in batches(np.arange(n_tokens), layout))
    assert bool(said) == (bs * bptt > n_tokens)
    if said:
        assert f"{n_read / n_tokens:.1f} times on average" in said
        name, most = re.search(r"Set (bs|bptt) to ([\d,]+) or less", said).groups()
        smaller = replace(layout, **{name: int(most)}, **({"bs": 1} if name == "bptt" else {}))
        assert not smaller.crowding("valid")


def test_850_tokens_are_counted_five_times(recorded: Recorded) -> None:
    recorded(BatchLayout(850, 64, 70).crowding("valid"), 850, 64, 70, 4_480, 5.3, 12)


def test_starts_are_not_whole_number_division() -> None:
    layout = BatchLayout(13_017, 813, 70)
    assert layout.starts.tolist() != [13_017 * row // 813 for row in range(813)]


@pytest.mark.parametrize(("n_tokens", "bs", "bptt"), [(5, 64, 3), (5, 2, 70), (1, 1, 1), (3, 9, 9)])
def test_more_slots_than_text(n_tokens: int, bs: int, bptt: int) -> None:
    layout = BatchLayout(n_tokens, bs, bptt)
    assert layout.n_batches == 1
    (batch,) = batches(np.arange(n_tokens), layout)
    assert batch.x.shape == batch.y.shape == (bs, bptt)
    assert set(batch.x.ravel().tolist()) == set(range(n_tokens))


@pytest.mark.parametrize("field", ["n_tokens", "bs", "bptt"])
@pytest.mark.parametrize("value", [0, -1, 2.5, "70", None, True, float("nan")])
def test_layout_says_what_it_wants(field: str, value: Any, recorded: Recorded) -> None:
    sizes = {"n_tokens": 10, "bs": 2, "bptt": 3, field: value}
    with pytest.raises(ValueError) as error:
        BatchLayout(**sizes)
    got = [value] if isinstance(value, str) else re.findall(r"[\d.]+", repr(value))
    recorded(str(error.value), 1, *got)


@pytest.mark.parametrize("slot", [(-1, 0, 0), (0, 2, 0), (0, -1, 0), (0, 0, 3), (0, 0, -1)])
def test_no_such_slot(slot: tuple[int, int, int]) -> None:
    with pytest.raises(IndexError, match="rows run from 0 to 1, steps from 0 to 2"):
        BatchLayout(10, 2, 3).position(*slot)


@pytest.mark.parametrize("layout", [BatchLayout, ShuffledLayout])
@pytest.mark.parametrize("position", [-1, 10])
def test_no_such_position(layout: type[BatchLayout], position: int) -> None:
    with pytest.raises(IndexError, match=f"run from 0 to 9, got {position}"):
        layout(10, 2, 3).slots(position)


def test_layout_of_another_text() -> None:
    with pytest.raises(ValueError, match="the layout is for 10 tokens, got 9"):
        BatchLayout(10, 2, 3).batch(np.arange(9), 0)


# --- text, tokens and ids -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        1,
        10,
        11,
        20,
        40,
        99,
        100,
        115,
        1000,
        2030,
        5012,
        8046,
        9999,
    ],
)
def test_number_words(number: int, recorded: Recorded) -> None:
    recorded(number_words(number))


SMALL = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
VALUES = {word: value for value, word in enumerate(SMALL, 1)} | {
    word: 10 * value for value, word in enumerate(TENS, 2)
}


def value_of(words: str) -> int:
    """Read a number back from its words."""
    total = part = 0
    for word in words.split():
        if word == "thousand":
            total, part = part * 1000, 0
        elif word == "hundred":
            part *= 100
        else:
            part += VALUES[word]
    return total + part


def test_number_words_read_back() -> None:
    assert [value_of(number_words(number)) for number in range(1, 10_000)] == list(range(1, 10_000))


@pytest.mark.parametrize("number", [0, -3, 10_000])
def test_number_out_of_range(number: int) -> None:
    with pytest.raises(ValueError, match=f"from 1 to 9999, got {number}"):
        number_words(number)


def test_8000_is_in_neither_split() -> None:
    corpus = human_numbers()
    train, valid = corpus.train.split(", "), corpus.valid.split(", ")
    assert (len(train), len(valid)) == (7999, 1999)
    assert [value_of(train[0]), value_of(train[-1])] == [1, 7999]
    assert [value_of(valid[0]), value_of(valid[-1])] == [8001, 9999]


def test_tokenize_splits_marks_and_lowers() -> None:
    assert tokenize("Twenty-one, two!") == ["xxbos", "twenty", "-", "one", ",", "two", "!"]
    assert tokenize("  \n") == ["xxbos"]
    assert tokenize("don't café ٣") == ["xxbos", "don", "'", "t", "café", "٣"]


@given(st.text())
def test_tokenize_keeps_all_but_white_space(text: str) -> None:
    tokens = tokenize(text)
    assert tokens[0] == "xxbos"
    assert "".join(tokens[1:]) == "".join(text.lower().split())


def test_every_token_of_the_corpus_has_a_kind(stream: TokenStream) -> None:
    kinds = Counter(kind_of(stream.vocab.itos[index]) for index in stream.train)
    assert set(kinds) == set(KINDS)
    assert kinds["special"] == 1
    assert kinds["comma"] == 7998
    assert kind_of("xyz") == "special"


@pytest.mark.parametrize(
    ("corpus_id", "kinds"),
    [
        ("human_numbers", {"six": "ones", ",": "comma", "xxbos": "special", "word": "special"}),
        ("numbers-fr", {"six": "other", ",": "comma", "xxbos": "special", "vingt": "other"}),
        ("task-recall-gap.2", {"six": "ones", "xxunk": "special", "word": "other"}),
    ],
)
def test_a_kind_is_of_the_language_that_a_corpus_has(corpus_id: str, kinds: dict[str, str]) -> None:
    name = kind_in(corpus(corpus_id))
    assert {token: name(token) for token in kinds} == kinds


def test_vocab_orders_by_count_then_first_appearance() -> None:
    vocab = Vocab.from_tokens(["xxbos", "b", "a", "c", "c", "a", "b", "d"])
    assert vocab.itos == (*SPECIALS, "b", "a", "c", "d")
    assert len(vocab) == 13


WORDS = st.lists(st.sampled_from(["one", "two", ",", "ten", "xxbos"]), max_size=40)


@given(WORDS)
def test_textify_is_the_inverse_of_numericalize(tokens: list[str]) -> None:
    vocab = Vocab.from_tokens(["one", "two", ",", "ten"])
    ids = vocab.numericalize(tokens)
    assert ids.dtype == np.int64
    assert ids.shape == (len(tokens),)
    assert vocab.textify(ids) == " ".join(tokens)


def test_an_unknown_word_becomes_xxunk() -> None:
    vocab = Vocab.from_tokens(["one"])
    assert vocab.numericalize(["one", "million"]).tolist() == [9, 0]
    assert vocab.textify([9, 0]) == "one xxunk"


def test_an_unknown_word_without_xxunk_is_named(recorded: Recorded) -> None:
    with pytest.raises(ValueError) as error:
        Vocab(("one",)).numericalize(["one", "million"])
    recorded(str(error.value))


def test_a_vocab_with_a_token_twice(recorded: Recorded) -> None:
    with pytest.raises(ValueError) as refused:
        Vocab(("one", "one"))
    recorded(str(refused.value))


def test_a_stream_of_ones_own_text() -> None:
    stream = TokenStream.from_texts(Texts(train="a b a", valid="b c"))
    assert stream.vocab.textify(stream.train) == "xxbos a b a"
    assert stream.vocab.textify(stream.valid) == "xxbos b xxunk"


def test_shared_stream_cannot_be_changed(stream: TokenStream) -> None:
    with pytest.raises(ValueError, match="read-only"):
        stream.train[0] = 1


def test_no_such_split(stream: TokenStream, recorded: Recorded) -> None:
    assert stream.ids("train") is stream.train
    with pytest.raises(ValueError) as error:
        stream.ids("test")
    recorded(str(error.value))


def test_a_split_is_a_text() -> None:
    assert split_text("valid").ids is human_numbers_stream().valid
    assert split_text("valid") is split_text("valid")  # which caches of what is computed rest on


# --- the same text cut at random ----------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(1, 700), st.integers(1, 40), st.integers(1, 80))
def test_cut_at_random_every_token_is_read_and_has_one_slot_of_its_own(n, bs, bptt):
    layout = ShuffledLayout(n, bs, bptt)
    places = np.stack([layout.positions(k) for k in range(layout.n_batches)])
    own = ~np.stack([layout.repeats(k) for k in range(layout.n_batches)])
    assert sorted(places[own]) == list(range(n))
    assert places.size - n == layout.n_repeated
    position = n // 2
    assert layout.slots(position) == [tuple(slot) for slot in np.argwhere(places == position)]
    batch, row, step = layout.n_batches - 1, bs - 1, bptt - 1
    assert layout.position(batch, row, step) == places[batch, row, step]


def test_cut_at_random_hardly_a_row_goes_on() -> None:
    n_tokens = len(human_numbers_stream().valid)
    in_order, shuffled = BatchLayout(n_tokens, 64, 70), ShuffledLayout(n_tokens, 64, 70)
    assert [in_order.n_continued(batch) for batch in (1, 2)] == [64, 64]
    assert [shuffled.n_continued(batch) for batch in (1, 2)] == [0, 0]
    assert shuffled.n_windows == 186
    assert shuffled.n_repeated == in_order.n_repeated
    assert shuffled.order[:5].tolist() == ShuffledLayout(n_tokens, 64, 70).order[:5].tolist()
    assert len(set(shuffled.order.tolist())) == 186
