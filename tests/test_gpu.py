"""What must hold on a graphics card as on the processor: `make gpu` runs these on both.

Each test takes a device. `make system` runs all of them on the processor, so that they stay in
order where there is no card.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.numpy import load, save
from torch import nn

import hnviz
from hnviz.config import RunConfig
from hnviz.engine.pool.worker import train_together
from hnviz.events import EpochEnd
from hnviz.learn import MODELS, Learner
from hnviz.learn.lanes import Lanes
from hnviz.learn.state import tensors
from hnviz.runs import RunFolder, RunStore
from tests.small import figures, small_config, small_stream
from tests.test_lanes import SHORT, configs


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no graphics card that PyTorch can use")
    return str(request.param)


# --- Lanes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["Model3", "Model5"])
def test_a_captured_step_is_the_step(model: str, device: str) -> None:
    runs = configs(model, **SHORT, device=device)
    captured, eager = Lanes(runs, kinds=True), Lanes(runs, graph=False, kinds=True)
    captured.run(20), eager.run(20)
    for name, tensor in captured.checkpoint().items():
        torch.testing.assert_close(tensor, eager.checkpoint()[name], atol=1e-5, rtol=1e-5)


def test_a_shorter_lane_stops_and_the_others_go_on_as_before(device: str) -> None:
    long = configs("Model3", 2, device=device)
    short = replace(long[0], epochs=1, seed=9)
    lanes, without = Lanes([long[0], short, long[1]]), Lanes([long[0], long[0], long[1]])
    lanes.run(), without.run()
    assert [len(lane.epochs) for lane in lanes.lanes] == [2, 1, 2]
    for index in (0, 2):
        for name, tensor in lanes.weights_of(index).items():
            assert torch.equal(tensor, without.weights_of(index)[name])
    alone_short = Lanes([short, short, short])
    alone_short.run()
    for name, tensor in lanes.weights_of(1).items():  # it stays as it was when it stopped
        torch.testing.assert_close(tensor, alone_short.weights_of(1)[name], atol=1e-6, rtol=0)


@pytest.mark.parametrize("model", ["Model3", "Model5", "LSTM"])
def test_a_lane_that_becomes_nan_leaves_the_others_bit_for_bit(model: str, device: str) -> None:
    runs = configs(model, 3, **SHORT, device=device)
    broken = replace(runs[1], lr=1e30)
    good, bad = Lanes(runs), Lanes([runs[0], broken, runs[2]])
    good.run(30), bad.run(30)
    assert bad.lanes[1].diverged is not None and not bad.weights_of(1)["h_o.bias"].isfinite().all()
    for index in (0, 2):
        assert good.lanes[index].diverged is bad.lanes[index].diverged is None
        for name, tensor in good.weights_of(index).items():
            assert torch.equal(tensor, bad.weights_of(index)[name])
        for one, other in zip(tensors(good.state), tensors(bad.state), strict=True):
            assert torch.equal(one[index], other[index])


# --- Memory -------------------------------------------------------------------------------------


def group(store: RunStore, n: int, **options: object) -> list[RunFolder]:
    fixed = RunConfig.for_model("Model5", epochs=1, **options)
    return [store.create(replace(fixed, seed=seed)) for seed in range(n)]


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The seeds of each group of runs that was begun as one program."""

    def lanes(configs: Sequence[RunConfig], **options: bool) -> Lanes:
        begun.append([config.seed for config in configs])
        return Lanes(configs, **options)

    begun: list[list[int]] = []
    monkeypatch.setattr("hnviz.engine.pool.worker.Lanes", lanes)
    return begun


def test_a_group_for_which_memory_runs_out_trains_in_halves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tried: list[list[int]], device: str
) -> None:
    """Wherever memory runs out, before the first step or in the middle of the training."""
    advance = Lanes.advance

    def short_of_memory(lanes: Lanes, until: int) -> object:
        if len(lanes.lanes) > 2 and lanes.step >= 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return advance(lanes, until)

    monkeypatch.setattr(Lanes, "advance", short_of_memory)
    folders = group(RunStore(tmp_path), 5, nh=8, bs=256, bptt=70, device=device)
    train_together(folders)
    assert tried == [[0, 1, 2, 3, 4], [0, 1], [2, 3, 4], [2], [3, 4]]
    records = [folder.read() for folder in folders]
    assert [record.status for record in records] == ["finished"] * 5
    assert {len(record.batches) for record in records} == {Lanes([folders[0].config]).n_steps}


@pytest.fixture
def whole_card(device: str) -> Iterator[None]:
    """Give the memory of the card back to the next test."""
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)


def most_memory(folders: Sequence[RunFolder]) -> int:
    """Train runs together; return the bytes of the card that this has taken."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    train_together(folders)
    return torch.cuda.max_memory_reserved()


@pytest.mark.usefixtures("whole_card")
@pytest.mark.parametrize("device", [pytest.param("cuda", marks=pytest.mark.gpu)], indirect=True)
def test_half_a_group_trains_on_a_card_that_has_no_memory_for_all(
    tmp_path: Path, tried: list[list[int]], device: str
) -> None:
    """With room for two lanes and a little more, four do not even fit without a captured step."""
    size = {"nh": 1024, "bs": 64, "bptt": 5, "device": device}
    two, four = (most_memory(group(RunStore(tmp_path / f"{n}"), n, **size)) for n in (2, 4))
    assert tried == [[0, 1], [0, 1, 2, 3]]
    tried.clear()
    gc.collect()
    torch.cuda.empty_cache()
    room = two + (four - two) / 10
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(room / total)
    folders = group(RunStore(tmp_path / "short"), 4, **size)
    train_together(folders)
    assert tried == [[0, 1, 2, 3], [0, 1], [2, 3]]
    assert [folder.read().status for folder in folders] == ["finished"] * 4


# --- Single runs --------------------------------------------------------------------------------


def test_a_run_with_dropout_that_is_cut_goes_on_to_the_same_figures(device: str) -> None:
    """A card draws its dropout from a generator of its own, and computes steps ahead."""
    config, stream = small_config("Model5Reg", device=device), small_stream()
    whole = [figures(event) for event in Learner(config, stream).events()]
    first = Learner(config, stream)
    events = list(islice(first.events(), 9))
    stored = save(first.checkpoint())
    torch.manual_seed(999)
    second = Learner(config, stream)
    second.restore(load(stored))
    events += second.events()
    assert [figures(event) for event in events] == whole


def first_epoch(learner: Learner) -> EpochEnd:
    """Train an epoch without dropout, for which each device draws other numbers."""
    for module in learner.model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return next(event for event in learner.events() if isinstance(event, EpochEnd))


def exactly(learner: Learner) -> Learner:
    """The same run on the processor, in double precision."""
    torch.set_default_dtype(torch.float64)
    try:
        exact = Learner(replace(learner.config, device="cpu"))
    finally:
        torch.set_default_dtype(torch.float32)
    exact.model.load_state_dict(learner.model.state_dict())
    return exact


@pytest.mark.parametrize("model", MODELS)
def test_the_first_epoch_is_that_of_the_processor(model: str, device: str) -> None:
    """Single precision on the processor is within 1e-4 of double, and a card within 9e-4.

    IRNN's own rate doubles a difference in each step; a third of it does not.
    """
    size = {"bs": 256, "nh": 16} if device == "cpu" else {}  # a card trains the recipe
    config = RunConfig.for_model(model, device=device, **size)
    config = replace(config, lr=config.lr / 3) if model == "IRNN" else config
    learner = Learner(config)
    wanted, found = first_epoch(exactly(learner)), first_epoch(learner)
    tolerance = 1e-4 if device == "cpu" else 9e-4
    for name in ("train_loss", "valid_loss", "accuracy", "train_accuracy"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), abs=tolerance)


# --- A recorded loop ----------------------------------------------------------------------------


def test_a_loop_is_recorded_without_waiting_for_its_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    """A call copies nothing to the processor, with or without a snapshot: the thread does."""
    monkeypatch.setattr("hnviz.recording.thread.WAIT_SECONDS", 60.0)  # until it is closed
    model, losses = Kept().to(device), []
    x = torch.arange(40, device=device).view(8, 5) % 39
    rec = hnviz.record(model, runs_dir=tmp_path, n_batches=4, epochs=1)
    for _ in range(4):
        logits = model(x)
        loss = F.cross_entropy(logits.transpose(1, 2), x)
        losses.append(loss.detach())
        with no_waiting(device):
            rec.batch(loss, logits, x)
    rec.close()
    assert rec.folder is not None
    folder = RunFolder(rec.folder)
    record = folder.read()
    assert [each.loss for each in record.batches] == pytest.approx([float(each) for each in losses])
    assert record.started is not None and record.started.device == device
    torch.testing.assert_close(torch.tensor(folder.load_snapshot(4)["state"]), model.h.cpu())


class Kept(nn.Module):
    """A GRU that keeps its state."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.rnn = nn.Embedding(39, 8), nn.GRU(8, 8, batch_first=True)
        self.out, self.h = nn.Linear(8, 39), torch.zeros(1, 8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        res, h = self.rnn(self.words(x), self.h.to(x.device))
        self.h = h.detach()
        logits: torch.Tensor = self.out(res)
        return logits


@contextmanager
def no_waiting(device: str) -> Iterator[None]:
    """Let PyTorch raise an error if something waits for the card."""
    if device == "cuda":
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        if device == "cuda":
            torch.cuda.set_sync_debug_mode("default")
