"""One pass over a text, against each model's own forward, token by token."""

import numpy as np
import pytest
import torch

from hnviz.data import human_numbers_stream
from hnviz.models.catalogue import CATALOGUE
from hnviz.observe import passes, states
from hnviz.observe.passes import read_states, read_text, split_pass, split_states
from tests.subjects import fresh, shipped


@pytest.fixture(params=tuple(CATALOGUE))
def subject(request):
    return shipped(request.param, exact=True)


def assert_same(values, wanted):
    np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-6)


def test_every_state_is_that_of_a_step_by_step_reading(subject):
    ids = human_numbers_stream().ids("valid")[:200]
    assert_same(read_text(subject, ids).states, states(subject, ids))


def test_a_text_of_one_token_is_read(subject):
    ids = human_numbers_stream().ids("valid")[:1]
    text = read_text(subject, ids)
    assert text.states.shape[1:] == (1, subject.config.nh)
    assert text.logits.shape == (1, len(subject.vocab))


def test_every_answer_is_the_models_own(subject):
    ids = human_numbers_stream().ids("valid")[:60]
    logits, state = read_text(subject, ids).logits, None
    for at in range(len(ids)):
        if subject.model.stateful:
            said, state = subject.answer(torch.tensor(ids[None, at : at + 1]), state)
        else:
            first = max(0, at + 1 - subject.config.bptt)
            said, _ = subject.answer(torch.tensor(ids[None, first : at + 1]))
        assert_same(logits[at], said[0].numpy())


def test_a_split_is_read_once_from_its_first_token():
    subject = shipped("Model5", 0)
    valid = split_pass(subject, "valid")
    assert split_pass(subject, "valid") is valid
    assert valid.states.shape == (2, 13_017, 64)
    assert_same(valid.states[:, :50], states(subject, valid.ids[:50]))


@pytest.mark.parametrize("model", ["Model0", "Model5"])
def test_states_alone_are_those_of_the_pass(model):
    subject = shipped(model, 0)
    assert_same(split_states(subject, "valid"), split_pass(subject, "valid").states)


@pytest.mark.parametrize("model", ["Model4", "Model5", "LSTM"])
def test_a_second_reading_makes_no_layers_but_reads_the_weights_again(model):
    subject, ids = fresh(model), human_numbers_stream().ids("valid")[:20]
    before = read_states(subject, ids)
    drawn = torch.get_rng_state()
    assert (read_states(subject, ids) == before).all()
    assert torch.equal(torch.get_rng_state(), drawn)
    with torch.no_grad():
        subject.part("h_h").weight_hh_l0.mul_(0.5)
    after = read_states(subject, ids)
    assert not np.allclose(after, before)
    assert_same(after, states(subject, ids))


def test_passes_are_kept_up_to_a_number_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "KEPT_BYTES", 200)
    read: list[str] = []
    keep = passes.keep_recent(lambda size: size)
    sized = keep(lambda subject, split: read.append(split) or subject)
    for size, split in ((90, "a"), (90, "b"), (90, "a"), (90, "c"), (90, "b"), (900, "d")):
        assert sized(size, split) == size
    assert sized(900, "d") == 900  # the last is kept whatever its size
    assert read == ["a", "b", "c", "b", "d"]


def test_a_split_that_takes_too_much_memory_is_refused(subject, monkeypatch):
    monkeypatch.setattr("hnviz.estimate.MOST_READ", 10_000)
    for read in (split_pass, split_states):
        other = fresh(subject.config.model)  # none of its passes is kept
        with pytest.raises(ValueError, match="train has 50,079 tokens, and with "):
            read(other, "train")
