"""The learning rate finder: what it suggests, its loop, its folder, its door, its command."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import exp, isfinite, log, nan
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hnviz.app.rooms.train.finder.picture import made_test, settings
from hnviz.app.rooms.train.finder.topic import Rates
from hnviz.cli import main
from hnviz.config import RunConfig
from hnviz.data import BatchLayout
from hnviz.engine.client import EngineError
from hnviz.engine.trainer import run_in_folder
from hnviz.events import BatchEnd, Ended, EpochEnd
from hnviz.learn import RangeTest, build_model
from hnviz.learn.adam import BETA2, EPS, WEIGHT_DECAY
from hnviz.lr_finder import (
    DIVERGED,
    HIGHEST,
    LOWEST,
    MOMENTUM,
    STEPS,
    bench,
    ramp,
    range_test,
    rate_text,
    suggestions,
)
from hnviz.runs import RunStore
from hnviz.runs import store as store_module
from hnviz.web.controls import start_routes
from hnviz.web.http import door
from hnviz.web.state import CurrentRun, ServerState
from tests.made_runs import add_runs_of_other_machines
from tests.small import small_config, small_stream

TINY = {"model": "Model1", "bs": 64, "bptt": 16, "nh": 8, "device": "cpu"}


# --- What is suggested ----------------------------------------------------------------------------


def test_the_ramp_multiplies_lr_by_the_same_factor_in_each_step():
    lr, momentum = ramp()
    assert len(lr) == len(momentum) == STEPS == 100
    assert (lr[0], lr[-1]) == pytest.approx((LOWEST, HIGHEST)) == (1e-7, 10)
    factors = [after / before for before, after in pairwise(lr)]
    assert factors == pytest.approx([factors[0]] * 99)
    assert set(momentum) == {MOMENTUM}


def test_the_suggestions_are_those_of_fast_ai():
    """A loss that falls from mini-batch 40 to 79, fastest at 60, then rises."""
    lr = ramp().lr.tolist()
    smooth = [3.7 - 2 / (1 + exp(-(at - 60) / 3)) if at < 80 else 2 + at / 10 for at in range(100)]
    smooth[:40] = [3.7 + at / 1e4 for at in range(40)]  # it does not fall there
    found = suggestions(lr, smooth)
    rates, losses = torch.tensor(lr)[10:-5], torch.tensor(smooth)[10:-5]
    slopes = (losses[1:] - losses[:-1]) / (rates[1:].log() - rates[:-1].log())
    steepest = int(slopes.argmin())
    assert found["steepest"].at == 10 + steepest and abs(found["steepest"].at - 60) <= 1
    falls = 79 - 40 + 1 + 1  # the longest falling sequence: those, and one before
    assert found["valley"].at == pytest.approx(79 - falls + falls / 3 + falls / 6, abs=2)
    for each in found.values():
        assert each.lr == float(f"{lr[each.at]:.1e}") and each.loss == smooth[each.at]


def test_a_rate_is_written_with_two_digits():
    assert [rate_text(each) for each in (1e-7, 4.04e-4, 0.33, 1.0, 3.27, 10.0)] == [
        *("1.0e-7", "4.0e-4", "3.3e-1", "1", "3.3", "10"),
    ]


def test_a_loss_that_never_falls_suggests_nothing():
    lr = ramp().lr.tolist()
    assert suggestions(lr, [3.7 + at / 100 for at in range(100)]) == {}
    assert suggestions(lr, [3.7] * 100) == {}
    assert suggestions(lr[:19], [3.7 - at for at in range(19)]) == {}  # four points are left
    assert suggestions([], []) == {}


@pytest.mark.parametrize(("bs", "epochs"), [(64, 3), (4096, 100)])
def test_runs_that_differ_in_what_a_test_does_not_use_share_one(bs, epochs):
    config = RunConfig(bs=bs)
    made = range_test(config)
    assert range_test(replace(config, lr=1e-4, epochs=7, pct_start=0.1)) == made
    assert range_test(replace(config, bptt=21)) != made != range_test(replace(config, seed=1))
    n_batches = BatchLayout(50_079, bs, 20).n_batches
    assert made.epochs == -(-100 // n_batches) and made.epochs * n_batches >= STEPS
    assert (made.epochs == epochs) is (n_batches * (epochs - 1) < 100)


def test_a_bench_is_three_short_runs_that_differ_in_lr_alone():
    config = RunConfig(lr=0.5, seed=3)
    runs = bench(config, 3.3e-3)
    assert [each.lr for each in runs] == [3.3e-4, 3.3e-3, 3.3e-2]
    assert {replace(each, lr=1.0) for each in runs} == {replace(config, lr=1.0, epochs=2)}


# --- The loop -------------------------------------------------------------------------------------


def test_a_test_trains_as_a_loop_of_plain_torch_does():
    config = range_test(small_config("Model3", device="cpu"))
    stream = small_stream()
    started, *steps, ended = RangeTest(config, stream).events()
    assert not any(isinstance(each, EpochEnd) for each in steps)  # valid is never read
    assert (started.n_steps, ended.status) == (STEPS, "finished")
    assert [each.lr for each in steps] == pytest.approx(ramp().lr[: len(steps)].tolist())

    model = build_model(config, len(stream.vocab))
    adam = torch.optim.AdamW(
        model.parameters(), betas=(MOMENTUM, BETA2), eps=EPS, weight_decay=WEIGHT_DECAY
    )
    layout = BatchLayout(len(stream.train), config.bs, config.bptt)
    state, smooth = model.init_state(config.bs), 0.0
    for at in range(40):
        _, x, y = map(torch.as_tensor, layout.batch(stream.train, at % layout.n_batches))
        logits, state = model(x, state.detach())
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        adam.zero_grad()
        loss.backward()
        adam.param_groups[0]["lr"] = steps[at].lr
        adam.step()
        smooth = 0.98 * smooth + 0.02 * loss.item()
        assert steps[at].loss == pytest.approx(loss.item(), abs=1e-5)
        assert steps[at].smooth_loss == pytest.approx(smooth / (1 - 0.98 ** (at + 1)), abs=1e-5)


@pytest.mark.parametrize("model", ["Model1", "LSTM"])
def test_chunks_and_a_checkpoint_change_nothing(model):
    """Chunks are how a GPU reads losses; 45 steps are beyond the end of an epoch."""
    config, stream = range_test(small_config(model, device="cpu")), small_stream()

    def losses(test: RangeTest) -> list[float]:
        return [each.loss for each in test.events() if isinstance(each, BatchEnd)]

    whole = losses(RangeTest(config, stream))
    assert losses(RangeTest(config, stream, chunk=16)) == whole and len(whole) > 45
    before, after = RangeTest(config, stream), RangeTest(config, stream)
    for _, event in zip(range(46), before.events(), strict=False):
        assert not isinstance(event, Ended)
    after.restore(before.checkpoint())
    assert losses(after) == whole[45:]


def lose(monkeypatch, losses):
    """Let the mini-batches that follow have these losses."""
    told = iter(losses)
    monkeypatch.setattr(F, "nll_loss", lambda log_p, y: 0 * log_p.sum() + next(told))


def test_a_test_that_goes_on_still_knows_its_lowest_loss(monkeypatch):
    """The loss is at its lowest, then twice that, then the test is cut, then 5 times the lowest."""
    config, stream = range_test(small_config("Model1", device="cpu")), small_stream()
    lose(monkeypatch, [1.0] * 30 + [2.0] * 30 + [1e3] * 40)
    first, second = RangeTest(config, stream), RangeTest(config, stream)
    for _, event in zip(range(61), first.events(), strict=False):
        assert not isinstance(event, Ended)
    second.restore(first.checkpoint())
    *_, ended = second.events()
    assert ended.step < 100 and "4 times its lowest" in ended.message
    assert first.checkpoint()["lowest"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("losses", "steps_done", "numbers"),
    [
        ([3.0] * 40 + [1e3] * 60, 41, (4, "1.7e-4")),
        ([3.0] * 40 + [nan] * 60, 40, ("1.7e-4",)),
        ([3.0] * 100, 100, (100,)),
    ],
)
def test_it_ends_where_the_loss_does(losses, steps_done, numbers, monkeypatch, recorded):
    test = RangeTest(range_test(small_config("Model1", device="cpu")), small_stream())
    lose(monkeypatch, losses)
    *steps, ended = [each for each in test.events() if isinstance(each, BatchEnd | Ended)]
    assert ended.status == "finished"
    recorded(ended.message, *numbers)
    smooth = [each.smooth_loss for each in steps]
    assert all(map(isfinite, smooth)) and max(smooth[:-1]) <= DIVERGED * min(smooth[:-1])
    assert len(steps) == steps_done


# --- The folder -----------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    add_runs_of_other_machines(tmp_path / "runs")  # which no test may stumble over
    return RunStore(tmp_path / "runs")


def test_a_test_is_a_run_that_no_list_shows(store, monkeypatch):
    folder = store.create(range_test(RunConfig(**TINY)), range_test=True)
    assert folder.id.startswith("lr-") and folder.is_range_test
    assert run_in_folder(folder).status == "finished"
    own = store.create(RunConfig(**TINY))
    assert folder.id not in store.ids() and own.id in store.ids()
    (line,) = store.range_tests()
    assert (line.id, line.status, line.n_steps, line.accuracy) == (folder.id, "finished", 100, None)
    record = store.record(folder.id)
    assert len(record.batches) == record.step and folder.snapshots() == []
    files = {path.name for path in folder.path.iterdir()}
    assert "resume.safetensors" not in files and {"config.json", "events.jsonl"} <= files

    state = Rates().draw(CurrentRun(record, "finished"), {})
    assert state["lr"] == pytest.approx(ramp().lr[: record.step].tolist(), rel=1e-5)
    expected = suggestions(state["lr"], [each.smooth_loss for each in record.batches])
    assert state["found"]["valley"]["lr"] == expected["valley"].lr
    assert state["found"].keys() == {"valley", "steepest"} and not state["live"]
    assert made_test().keys() == state.keys()  # the gallery shows what a server sends

    newer = [store.create(range_test(RunConfig(**TINY)), range_test=True).id for _ in range(3)]
    monkeypatch.setattr(store_module, "MAX_RANGE_TESTS", 2)
    store.remove_unfinished()
    assert {each.id for each in store.range_tests()} == {*newer[1:]}
    assert own.id in store.ids()


# --- The door -------------------------------------------------------------------------------------


class Engine:
    """Notes what was asked, and makes the folders."""

    def __init__(self, store: RunStore) -> None:
        self.store, self.tests, self.full = store, list[RunConfig](), False

    def train(self, config: RunConfig, viewer: str, *, range_test: bool = False) -> str:
        if self.full:
            raise EngineError("5 of your runs are waiting or paused already", "busy")
        assert range_test
        self.tests.append(config)
        return self.store.create(config, range_test=True).id

    def start(self) -> None:
        """Do nothing."""

    def job(self, run_id: str) -> object:
        return object()  # it trains, or waits for its turn


@pytest.fixture
def engine(store: RunStore) -> Engine:
    return Engine(store)


@pytest.fixture
def client(store, engine) -> Iterator[TestClient]:
    state = ServerState(store, lambda: engine)
    with TestClient(Starlette(routes=door(start_routes(state)))) as client:
        yield client


def test_one_test_is_made_for_all_who_ask_for_it(client, engine):
    first = client.post("/api/lr-tests", json=dict(settings(RunConfig(**TINY))["config"])).json()
    assert first["new"] and first["run"].startswith("lr-")
    again = client.post("/api/lr-tests", json={**TINY, "lr": 0.3, "epochs": 9}).json()
    assert again == {"run": first["run"], "new": False}
    other = client.post("/api/lr-tests", json={**TINY, "bptt": 32}).json()
    assert other["new"] and engine.tests == [
        range_test(RunConfig(**TINY | {"bptt": each})) for each in (16, 32)
    ]


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"model": "Model9"}, 422, "no model named 'Model9'"),
        ({"model": "Model0", "bptt": 20}, 422, "Model0 reads 3 tokens"),
        ({"lr": -1}, 422, "lr must be a finite number above 0"),
        ({"speed": 1}, 422, "no setting is named 'speed'"),
        ({"like": "nobody"}, 404, "there is no run named 'nobody'"),
    ],
)
def test_what_cannot_be_tested_is_one_sentence(client, engine, body, status, part):
    reply = client.post("/api/lr-tests", json=body)
    assert (reply.status_code, part in reply.json()["error"]) == (status, True), reply.text
    assert engine.tests == []


def test_a_refusal_of_the_engine_is_passed_on(client, engine, store):
    engine.full = True
    reply = client.post("/api/lr-tests", json=TINY)
    assert (reply.status_code, reply.json()["error"].startswith("5 of your runs")) == (429, True)
    assert store.range_tests() == []


# --- The command ----------------------------------------------------------------------------------

SMALL = ("--bs", "64", "--bptt", "8", "--nh", "8", "--corpus", "task-recall-tokens.4000")
WORDS = ("lr", "Model1", *SMALL, "--device", "cpu")


def test_the_command_prints_what_the_losses_suggest(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*WORDS, "--bench", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    expected = suggestions(told["lr"], told["smooth_loss"])
    assert told["suggestions"] == {name: each._asdict() for name, each in expected.items()}
    valley = expected["valley"].lr
    assert [each["lr"] for each in told["bench"]] == pytest.approx(
        [valley / 10, valley, 10 * valley]
    )
    assert all(each["status"] == "finished" and each["train_loss"] > 0 for each in told["bench"])
    assert main(WORDS) == 0
    printed = capsys.readouterr().out
    assert f"valley: lr {rate_text(valley)} (mini-batch {expected['valley'].at + 1}," in printed
    assert list(tmp_path.iterdir()) == []  # nothing is kept


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("lr", "Model9"), "no model named 'Model9'"),
        (("lr", "Model0", "--bptt", "20"), "Model0 reads 3 tokens"),
        (("lr", "Model1", "--lr", "1e-3"), "unrecognized arguments: --lr 1e-3"),
        (("lr", "Model5", "--bs", "4096", "--bptt", "4096"), "this run would need about"),
    ],
)
def test_a_command_that_cannot_be_done_is_one_sentence(words, part, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert part in said and len(said.splitlines()) == 1


def test_a_test_is_not_exported_as_a_run(store, capsys):
    folder = store.create(range_test(RunConfig(**TINY)), range_test=True)
    for kind in ("notebook", "run"):
        assert main(["export", kind, folder.id, "--runs-dir", str(store.root)]) == 2
        assert f"{folder.id} is a learning rate range test" in capsys.readouterr().err


def test_the_examples_hold_a_curve_that_falls_and_rises():
    made = made_test()
    rates, losses = made["lr"], np.array(made["smooth"])
    assert set(made["found"]) == {"valley", "steepest"}
    assert losses[0] > 3.5 > losses.min() and losses[-1] > 4 * losses.min()
    assert abs(log(made["found"]["steepest"]["lr"] / 3e-3)) < 1 and len(rates) == STEPS
