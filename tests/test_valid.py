"""hnviz.validate: a valid of one's own, by distance from what a run was trained on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hnviz
from hnviz.config import RunConfig
from hnviz.data import numbers_of
from hnviz.data.numbers import number_words
from hnviz.figures.numbers import accuracy
from hnviz.runs import RunStore
from tests.test_analysis import refusal
from tests.test_pairs import trained

pytestmark = pytest.mark.usefixtures("no_runs")


@pytest.mark.parametrize("run", ["Model5", "Model5-blocks", "LSTM"])
def test_the_runs_own_valid_has_the_share_of_the_app(run):
    told = hnviz.open(run).ask("counting_accuracy")
    found = hnviz.validate(run)
    assert found.share == told["valid"]
    train = hnviz.validate(run, numbers_of(hnviz.open(run).config).of("train")[1:])
    right = told.frame().set_index("number").right
    assert train.right.tolist() == right[train.numbers].tolist()
    assert set(train.distance) == {0}


@pytest.mark.parametrize("run", ["Model5", "Model5-blocks"])
def test_a_distance_is_that_of_the_nearest_number_of_train(run):
    found = hnviz.validate(run, range(7900, 8400))
    train = numbers_of(hnviz.open(run).config).of("train")
    for number, distance in zip(found.numbers, found.distance, strict=True):
        assert distance == np.abs(train - number).min()


def test_each_number_is_in_one_row_of_each_table():
    found = hnviz.validate("Model5-blocks", range(2, 4000))
    rows = found.frame()
    assert rows.number.tolist() == list(range(2, 4000))
    assert rows.length.tolist() == [len(number_words(each).split()) for each in rows.number]
    for table in (found.by_distance(), found.by_length()):
        assert table.n.sum() == len(rows) and table.right.sum() == rows.right.sum()
        assert table.share.tolist() == (table.right / table.n).tolist()
    for name, row in found.by_distance().iterrows():
        low, *high = (int(each) for each in str(name).split(" to "))
        kept = rows[rows.distance.between(low, high[0] if high else low)]
        assert (len(kept), kept.right.sum()) == (row.n, row.right)


def test_numbers_of_a_length_are_those_with_so_many_words():
    found = hnviz.validate("Model5", range(100, 200), length=[3, 4])
    wanted = [each for each in range(100, 200) if len(number_words(each).split()) in (3, 4)]
    assert found.numbers.tolist() == wanted
    assert hnviz.validate("Model5", range(100, 200), 2).numbers.tolist() == [100]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99))
def test_blocks_are_so_many_and_apart(n, size, seed):
    drawn = np.array(hnviz.blocks(n, size, seed))
    edges = np.flatnonzero(np.diff(drawn) > 1)
    lengths = np.diff([-1, *edges, len(drawn) - 1])
    assert len(drawn) in (n * size, n * size - 1)  # 1 has no number before it
    assert len(lengths) == n - (drawn[0] == 2 and len(drawn) < n * size and size == 1)
    assert set(lengths) <= {size, size - 1} and drawn[0] >= 2 and drawn[-1] <= 9999


def test_the_usual_blocks_are_those_of_the_split():
    config = RunConfig.for_model("Model5", split="blocks")
    assert hnviz.blocks() == numbers_of(config).of("valid").tolist()


def written(share: float) -> str:
    return accuracy(share).removesuffix(" %")


def test_the_sentence_has_the_figures_of_the_table(recorded):
    def say(found, *ends: tuple) -> None:
        n, right = len(found.numbers), int(found.right.sum())
        shares = [
            each
            for end, *numbers in ends
            for each in (written(found.by_distance().loc[end, "share"]), *numbers)
        ]
        recorded(repr(found), 400, right, n, written(right / n), *shares)

    say(hnviz.validate("Model5-blocks"), ("1", 1), ("8 to 15", 8, 15))
    say(hnviz.validate("Model5", range(7000, 9050)), ("0",), ("1,024 to 2,047", 1024, 2047))
    recorded(repr(hnviz.validate("Model5", range(7000, 7500))), 400, 498, 500, 99.6)


def test_bad_numbers_are_sentences(tmp_path, recorded):
    def say(*numbers, **options) -> None:
        recorded(refusal(lambda: hnviz.validate("Model5", **options)), *numbers)

    say(2, "9,999", numbers=[])
    say(2, "9,999", 1, numbers=range(1, 5))
    say(2, "9,999", "10000", numbers=range(9990, 10010))
    say(2, "9,999", 2.5, numbers=[2.5, 3])
    say(2, "9,999", numbers="one")
    say(1, 20, length="two")
    say(9, 2, 3, numbers=[100, 101], length=9)
    recorded(refusal(lambda: hnviz.blocks(600, 20)), 1, 1, 9999, 600, 20)
    recorded(refusal(lambda: hnviz.blocks(0)), 1, 1, 9999, 0, 20)
    tiny = {"nh": 8, "bs": 8, "bptt": 20, "epochs": 1, "device": "cpu"}
    store = RunStore(tmp_path)
    task = RunConfig.for_model("Model3", corpus="task-recall-gap.6", **tiny)
    recorded(refusal(lambda: hnviz.validate(store.create(task).path)), 1, 9999)
    french = RunConfig.for_model("Model3", corpus="numbers-fr", **tiny | {"bs": 512, "bptt": 64})
    assert len(hnviz.validate(trained(store, french).path, range(10, 20)).numbers) == 10
