"""What is inside an epoch's accuracy: answers by the kind of the token that was to be said."""

import json
from itertools import islice

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.numpy import load, save

from hnviz.config import RunConfig
from hnviz.data import KINDS, BatchLayout, batches, kind_of
from hnviz.events import BatchEnd, EpochEnd, KindFigures
from hnviz.learn import MODELS, Learner, build_model
from hnviz.learn.feed import Feed
from hnviz.learn.tally import Tally
from hnviz.models.catalogue import entry
from hnviz.runs import RunFolder
from hnviz.runs.events import decode, encode
from tests.small import small_config, small_stream

STREAM = small_stream()


def feed(config: RunConfig, ids: NDArray[np.int64]) -> Feed:
    return Feed.lay_out(ids, config, entry(config.model).predicts, "cpu")


def sums(kinds: dict[str, KindFigures]) -> list[float]:
    return np.sum(list(kinds.values()), axis=0).tolist()


@pytest.mark.parametrize("form", ["plain", "fast"])
@pytest.mark.parametrize("model", MODELS)
def test_the_kinds_add_up_to_the_epochs_figures(model: str, form: str) -> None:
    config = small_config(model, form=form)
    valid = feed(config, STREAM.valid)
    losses: list[float] = []
    for event in Learner(config, STREAM).events():
        if isinstance(event, BatchEnd):
            losses.append(event.loss)
        if isinstance(event, EpochEnd):
            n, right, loss = sums(event.valid_kinds)
            assert n == len(valid) * valid.n_answers
            assert right / n == pytest.approx(event.accuracy, rel=1e-12)
            assert loss / n == pytest.approx(event.valid_loss, rel=1e-6)
            n, right, loss = sums(event.train_kinds)
            assert right / n == pytest.approx(event.train_accuracy, rel=1e-12)
            assert loss / n == pytest.approx(np.mean(losses), rel=1e-6)
            losses = []


@pytest.mark.parametrize("model", MODELS)
def test_each_kinds_figures_are_those_of_a_plain_script(model: str) -> None:
    """The first epoch of a run that hardly moves, answer by answer."""
    config = small_config(model, lr=1e-30, epochs=1)
    (epoch,) = (e for e in Learner(config, STREAM).events() if isinstance(e, EpochEnd))
    network = build_model(config, len(STREAM.vocab))
    state = network.init_state(config.bs)
    for ids, told in ((STREAM.train, epoch.train_kinds), (STREAM.valid, epoch.valid_kinds)):
        found = {kind: [0, 0, 0.0] for kind in KINDS}
        for batch in batches(ids, BatchLayout(len(ids), config.bs, config.bptt)):
            with torch.no_grad():
                logits, after = network(torch.from_numpy(batch.x), state)
            state = after if network.stateful else state
            y = batch.y[:, -1:] if network.predicts == "last" else batch.y
            for row, target in zip(logits.reshape(y.size, -1), y.ravel(), strict=True):
                of = found[kind_of(STREAM.vocab.itos[target])]
                of[0] += 1
                of[1] += int(row.argmax() == target)
                of[2] += F.cross_entropy(row, torch.tensor(target)).item()
        assert {kind: each[:2] for kind, each in found.items() if each[0]} == {
            kind: [each.n, each.right] for kind, each in told.items()
        }
        for kind, each in told.items():
            assert each.loss == pytest.approx(found[kind][2], rel=1e-4)
        network.eval()


def test_a_run_resumed_without_what_was_noted_tells_of_the_next_epoch() -> None:
    """A checkpoint of before answers were counted: half an epoch is not passed off as a whole."""
    config = small_config("Model3")
    first = Learner(config, STREAM)
    list(islice(first.events(), 3))
    stored = {name: value for name, value in first.checkpoint().items() if "tally" not in name}
    second = Learner(config, STREAM)
    second.restore(load(save(stored)))
    epochs = [event for event in second.events() if isinstance(event, EpochEnd)]
    assert epochs[0].train_kinds == {}
    assert sums(epochs[0].valid_kinds)[0] == sums(epochs[1].valid_kinds)[0] > 0
    assert sums(epochs[1].train_kinds)[0] == 160


EPOCH = EpochEnd(
    epoch=0,
    step=4,
    train_loss=3.0,
    valid_loss=2.0,
    accuracy=0.5,
    train_accuracy=0.25,
    seconds=0.5,
    train_kinds={"comma": KindFigures(4, 1, 8.0), "ones": KindFigures(8, 2, 16.0)},
    valid_kinds={"tens": KindFigures(3, 2, 1.23456789)},
)


def test_figures_by_kind_survive_a_line_on_disk() -> None:
    assert decode(encode(EPOCH)) == EPOCH
    assert decode(encode(EPOCH, digits=3)).valid_kinds == {"tens": KindFigures(3, 2, 1.23)}


def test_an_epoch_of_an_older_run_has_none() -> None:
    values = json.loads(encode(EPOCH))
    del values["train_kinds"], values["valid_kinds"]
    event = decode(json.dumps(values).encode())
    assert isinstance(event, EpochEnd)
    assert (event.train_kinds, event.valid_kinds, event.accuracy) == ({}, {}, 0.5)


@pytest.mark.parametrize("told", [3, None, [], {"ones": 3}, {"ones": [1, 2]}, {"ones": [1, 2, "x"]},
                                  {"ones": [1.5, 2, 3.0]}, {"ones": [1, True, 3.0]}])  # fmt: skip
def test_damaged_figures_by_kind_are_named(told: object) -> None:
    values = json.loads(encode(EPOCH)) | {"valid_kinds": told}
    with pytest.raises(ValueError, match="valid_kinds of the event 'epoch' cannot be "):
        decode(json.dumps(values).encode())


def test_the_shipped_run_holds_what_is_inside_its_accuracy() -> None:
    """FACTS of one run: commas 1.00, tens .97, digit words .64 right on valid."""
    from hnviz.runs import SHIPPED_DIR

    last = RunFolder(SHIPPED_DIR / "Model5").read().epochs[-1]
    shares = {kind: each.right / each.n for kind, each in last.valid_kinds.items()}
    assert sums(last.valid_kinds)[0] == 14_080
    assert shares["comma"] == pytest.approx(1.0, abs=0.02)
    assert shares["tens"] == pytest.approx(0.97, abs=0.03)
    assert shares["ones"] == pytest.approx(0.64, abs=0.05)
    assert sums(last.valid_kinds)[1] / 14_080 == pytest.approx(last.accuracy, abs=1e-5)


def test_an_answer_is_right_if_no_word_has_a_higher_logit() -> None:
    read = feed(small_config("Model2"), STREAM.train)
    y, tally = read.y[0].flatten(), Tally(read, STREAM.vocab)
    one_hot = F.one_hot(y, len(STREAM.vocab)).float()
    for logits, right in (
        (one_hot, len(y)),
        (torch.zeros_like(one_hot), len(y)),  # a tie
        (-one_hot, 0),
        (torch.full_like(one_hot, torch.nan), 0),
    ):
        assert int(tally.take(0, logits, torch.log_softmax(logits, -1))) == right
