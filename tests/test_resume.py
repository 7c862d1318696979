"""A run that is cut anywhere and goes on ends with the figures of one that was not."""

from functools import cache
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from hnviz.config import RunConfig
from hnviz.events import Event
from hnviz.learn import FAST, MODELS, Learner
from hnviz.learn.learner import generator_states, set_generators
from tests.small import figures, small_config, small_stream

STREAM = small_stream()
KINDS = [(model, "plain") for model in MODELS] + [(model, "fast") for model in FAST]


def run_until(learner: Learner, n_events: int) -> list[Event]:
    return list(islice(learner.events(), n_events))


def cut_and_resumed(config: RunConfig, cut: int, chunk: int) -> tuple[list[Event], Learner]:
    """Kill a run after `cut` events, and let another learner finish it from the file."""
    first = Learner(config, STREAM, chunk=chunk)
    events = run_until(first, cut)
    stored = save(first.checkpoint())
    run_until(first, 3)  # what the killed run did afterwards must not matter
    torch.manual_seed(999)
    second = Learner(config, STREAM, chunk=chunk)
    second.restore(load(stored))
    assert second.step == sum(event.kind == "batch" for event in events)
    return events + list(second.events()), second


@cache
def uncut(config: RunConfig) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The figures of a run's events, and what it could go on from at its end."""
    learner = Learner(config, STREAM)
    return [figures(event) for event in learner.events()], learner.checkpoint()


@pytest.mark.parametrize(("model", "form"), KINDS)
@settings(deadline=None, max_examples=12)
@given(data=st.data())
def test_a_run_cut_anywhere_ends_bit_equal(model, form, data):
    reset_state = data.draw(st.sampled_from(["never", "train", "valid", "both"]))
    config = small_config(model, form=form, bn_init="uniform", reset_state=reset_state)
    expected, last = uncut(config)
    cut = data.draw(st.integers(2, len(expected) - 1), label="cut after so many events")
    chunk = data.draw(st.sampled_from([1, 1, 3]), label="chunk")
    came, resumed = cut_and_resumed(config, cut, chunk)
    if came[cut - 1].kind == "train_pass":
        del came[cut - 1]  # train is read again
    assert [figures(event) for event in came] == expected
    ended = resumed.checkpoint()
    for name, value in last.items():
        if name != "sums":  # its seconds are the clock's
            np.testing.assert_array_equal(ended[name], value, strict=True)


@pytest.mark.parametrize("after", ["started", "last batch", "epoch"])
def test_the_edges_of_an_epoch(after):
    """Before the first step, between the last step and the valid pass, and after that pass."""
    config = small_config("Model3")
    cut = {"started": 1, "last batch": 5, "epoch": 6}[after]
    expected = [figures(event) for event in Learner(config, STREAM).events()]
    assert expected[cut - 1]["event"] == {"last batch": "batch"}.get(after, after)
    came, _ = cut_and_resumed(config, cut, chunk=1)
    # At step 0 nothing has been learnt, so the run starts again and says so.
    came = came[1:] if after == "started" else came
    assert [figures(event) for event in came] == expected


def test_a_run_of_the_real_text_goes_on_bit_equal(tmp_path):
    config = RunConfig.for_model("Model5", device="cpu", epochs=1)
    whole = Learner(config)
    expected = [figures(event) for event in whole.events()]
    first = Learner(config)
    run_until(first, 18)
    (tmp_path / "resume.safetensors").write_bytes(save(first.checkpoint()))
    second = Learner(config)
    second.restore(load((tmp_path / "resume.safetensors").read_bytes()))
    assert [figures(event) for event in second.events()] == expected[18:]
    np.testing.assert_array_equal(second.snapshot()["state"], whole.snapshot()["state"])


def test_a_checkpoint_and_a_snapshot_are_copies():
    learner = Learner(small_config("Model5"), STREAM)
    run_until(learner, 3)
    taken = [learner.checkpoint(), learner.snapshot()]
    before = [{name: value.copy() for name, value in each.items()} for each in taken]
    list(learner.events())
    for copied, tensors in zip(before, taken, strict=True):
        for name, value in copied.items():
            np.testing.assert_array_equal(tensors[name], value)


def test_the_generator_of_a_device_is_in_the_checkpoint(monkeypatch):
    """A GPU draws dropout from a generator of its own."""
    device = SimpleNamespace(state=torch.arange(4))
    device.get_rng_state = lambda: device.state
    device.set_rng_state = lambda state: setattr(device, "state", state)
    monkeypatch.setattr(torch, "get_device_module", {"cuda": device}.__getitem__)
    stored = generator_states("cuda")
    torch.rand(3)
    device.state = device.state + 1
    set_generators("cuda", stored)
    assert device.state.tolist() == [0, 1, 2, 3]
    assert torch.equal(torch.get_rng_state(), stored["rng"])
    assert set(generator_states("cpu")) == {"rng"}
    set_generators("cuda", {"rng": stored["rng"]})  # of a run that trained on the cpu


def test_a_snapshot_is_the_weights_and_the_state():
    learner = Learner(small_config("Model5"), STREAM)
    run_until(learner, 3)
    snapshot = learner.snapshot()
    assert set(snapshot) == {*learner.model.state_dict(), "state"}
    assert snapshot["state"].shape == (2, 4, 6)
    assert np.abs(snapshot["state"]).max() > 0
    assert not Learner(small_config("Model2"), STREAM).snapshot()["state"].any()


@pytest.mark.parametrize(("model", "options"), [("Model4", {}), ("Model5", {"nh": 7})])
def test_the_checkpoint_of_another_run_is_one_sentence(model, options):
    checkpoint = Learner(small_config("Model5"), STREAM).checkpoint()
    with pytest.raises(ValueError, match=f"does not belong to a run of {model}"):
        Learner(small_config(model, **options), STREAM).restore(checkpoint)
    del checkpoint["progress"]
    with pytest.raises(ValueError, match="'progress'"):
        Learner(small_config("Model5"), STREAM).restore(checkpoint)
