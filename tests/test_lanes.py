"""Runs that train together equal their single runs, lane by lane."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle

import pytest
import torch

from hnviz.cli.main import main
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.events import EpochEnd
from hnviz.learn import Learner, fit
from hnviz.learn.feed import Feed
from hnviz.learn.lanes import Lanes
from hnviz.models.catalogue import CATALOGUE, IN_LANES, LADDER, entry

SMALL = {"nh": 16, "bs": 256, "device": "cpu"}
SHORT = {"bs": 16, "corpus": "task-recall-tokens.2000"}  # a few steps an epoch, small ones
MODELS = IN_LANES
ELSEWHERE = [name for name in CATALOGUE if name not in IN_LANES]


def configs(model: str, n: int = 3, **options: object) -> list[RunConfig]:
    """Runs that differ in all that lanes may differ in."""
    slow = 0.1 if model == "IRNN" else 1.0  # at its own rate it doubles a difference each step
    made = [RunConfig.for_model(model, epochs=2, seed=seed, **SMALL | options) for seed in range(n)]
    return [
        replace(each, lr=each.lr * slow * (1 + i / 2), pct_start=0.3 - i / 10, bn_init=bn_init)
        for i, (each, bn_init) in enumerate(zip(made, cycle(["ones", "uniform"])))
    ]


def alone(config: RunConfig, n_steps: int) -> Learner:
    learner = Learner(config)
    for _ in learner.events():
        if learner.step >= n_steps:
            return learner
    return learner


def furthest(lanes: Lanes, singles: Sequence[Learner]) -> float:
    """The largest difference of a weight or statistic from those of the single runs."""
    found = 0.0
    for index, single in enumerate(singles):
        for name, tensor in lanes.weights_of(index).items():
            other = single.model.state_dict()[name]
            found = max(found, float((tensor - other).abs().max()))
    return found


@pytest.fixture
def double() -> Iterator[None]:
    """Double precision, in which only a different formula shows, not another order of sums."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("model", MODELS)
def test_a_steps_gradient_is_that_of_the_model(model, double):
    runs = configs(model, **SHORT)
    lanes = Lanes(runs)
    feed = Feed.lay_out(stream_of(runs[0]).train, runs[0], entry(model).predicts, "cpu")
    x, y = feed.x[0], feed.y[0]
    logits, state = lanes.read(x, dict(lanes.stats), lanes.state, training=True)
    for index, config in enumerate(runs):
        single = Learner(config)
        own, own_state = single.model(x, single.model.init_state(config.bs))
        torch.testing.assert_close(logits[index], own, atol=1e-10, rtol=1e-9)
        parts = zip(*(s if isinstance(s, tuple) else (s,) for s in (state, own_state)), strict=True)
        for together, one in parts:
            torch.testing.assert_close(together[index], one, atol=1e-10, rtol=1e-9)
        loss = torch.nn.functional.cross_entropy(own.flatten(0, -2), y.flatten())
        loss.backward()
        flat = logits[index].flatten(0, -2)
        mine = torch.nn.functional.cross_entropy(flat, y.flatten())
        (gradient,) = torch.autograd.grad(mine, lanes.weights, retain_graph=True)
        wanted = torch.cat([each.grad.flatten() for each in single.model.parameters()])
        torch.testing.assert_close(gradient[index], wanted, atol=1e-10, rtol=1e-8)
        others = [i for i in range(len(runs)) if i != index]
        assert not gradient[others].any()  # nothing leaks from lane to lane


@pytest.mark.parametrize(
    "model",
    [each if each in LADDER else pytest.param(each, marks=pytest.mark.slow) for each in MODELS],
)
def test_after_twenty_steps_the_weights_are_those_of_the_single_runs(model, double):
    runs = configs(model, **SHORT)
    lanes = Lanes(runs)
    lanes.run(20)
    assert furthest(lanes, [alone(each, 20) for each in runs]) < 1e-9


@pytest.mark.parametrize("model", ["Model2", "Model5"])
def test_in_single_precision_twenty_steps_differ_by_rounding_alone(model):
    runs = configs(model, **SHORT)
    lanes = Lanes(runs)
    lanes.run(20)
    assert furthest(lanes, [alone(each, 20) for each in runs]) < 5e-3


@pytest.mark.parametrize(
    ("model", "reset"), [("Model2", "never"), ("Model5", "never"), ("Model5", "both")]
)
def test_epochs_have_the_figures_of_the_single_runs(model, reset):
    runs = configs(model, 2, reset_state=reset)
    together = Lanes(runs).run()
    for lane in together:
        ends = [each for each in fit(lane.config) if isinstance(each, EpochEnd)]
        assert len(ends) == len(lane.epochs) == 2
        for end, epoch in zip(ends, lane.epochs, strict=True):
            for name in ("train_loss", "valid_loss", "accuracy", "train_accuracy"):
                assert getattr(epoch, name) == pytest.approx(getattr(end, name), abs=3e-3)


@pytest.mark.parametrize("model", ["Model2", "Model4", "LSTM"])
def test_lanes_go_on_from_a_checkpoint_bit_for_bit(model):
    runs = configs(model, 2, **SHORT)
    whole, first = Lanes(runs), Lanes(runs)
    whole.run(25)
    first.run(11)
    second = Lanes(runs)
    second.restore(first.checkpoint())
    second.run(25)
    assert torch.equal(whole.weights, second.weights)
    assert (whole.reports.sums == second.reports.sums).all() and whole.reports.sums.any()


@pytest.mark.parametrize("model", ELSEWHERE)
def test_a_model_that_is_not_written_out_is_refused(model):
    with pytest.raises(ValueError, match=f"runs of {model} cannot train together"):
        Lanes([RunConfig.for_model(model, **SMALL)])


def test_runs_of_several_shapes_are_refused():
    one = RunConfig.for_model("Model3", **SMALL)
    with pytest.raises(ValueError, match="may differ only in lr, epochs, seed, pct_start"):
        Lanes([one, replace(one, nh=17)])


def test_a_step_that_cannot_be_captured_is_trained_as_it_is(monkeypatch):
    @contextmanager
    def refused(graph):
        raise RuntimeError("operation not permitted when stream is capturing")
        yield

    monkeypatch.setattr(torch.cuda, "CUDAGraph", object)
    monkeypatch.setattr(torch.cuda, "graph", refused)
    monkeypatch.setattr("hnviz.learn.lanes.WARM_UPS", 0)
    lanes, other = Lanes(configs("Model1", 2), graph=True), Lanes(configs("Model1", 2))
    assert lanes.run(6) and other.run(6)
    torch.testing.assert_close(lanes.weights, other.weights, atol=0, rtol=0)


def test_the_bench_times_lanes_against_one_run(capsys, monkeypatch, recorded):
    monkeypatch.setattr("hnviz.bench.lanes.SECONDS", 0.1)
    monkeypatch.setattr("hnviz.bench.lanes.ON_CPU", (2,))
    assert main(["bench", "lanes", "--device", "cpu"]) == 0
    name, row = capsys.readouterr().out.splitlines()
    assert "of the cpu, torch" in name
    assert len(re.findall(r"[\d.]+", row)) == 4
    recorded(" ".join(re.sub(r"[\d.]+", "N", row.replace("2 lanes", "LANES")).split()))
    if not torch.cuda.is_available():
        assert main(["bench", "lanes", "--device", "cuda"]) == 2
        assert "device 'cuda' is not available" in capsys.readouterr().err
