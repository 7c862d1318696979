"""`hnviz.record`: loops and networks of other people, as runs that the app shows."""

import json
import linecache
import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import hnviz
from hnviz import disk
from hnviz.app.machine.view import READING_VIEW
from hnviz.app.rooms.hidden_states.units.picture import ROWS_VIEW, UNITS_VIEW
from hnviz.cli import main
from hnviz.cli.main import build_parser
from hnviz.config import RunConfig
from hnviz.data import corpus_of, stream_of
from hnviz.data.corpora import texts
from hnviz.data.corpora.numbered import numbered
from hnviz.data.phrase import KEPT_FIRST, READ_FIRST, SAYS
from hnviz.engine.protocol import EngineError
from hnviz.engine.scheduler import Limits
from hnviz.engine.trainers import Trainers
from hnviz.engine.workers import Workers
from hnviz.events import BatchEnd, EpochEnd
from hnviz.learn import fit, load_model
from hnviz.learn.feed import Feed
from hnviz.learn.finding import Names, reader_of
from hnviz.learn.models import LanguageModel
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.observe import QUESTIONS, Subject
from hnviz.own.network import Network, NetworkError, forget, hash_of, network_of
from hnviz.questions.frame import unpack as unpack_frame
from hnviz.questions.params import read_query
from hnviz.questions.view import Look, Reply
from hnviz.recording import Recorder, RecordingWarning
from hnviz.recording.naming import named
from hnviz.recording.own import first_questions
from hnviz.recording.thread import MOST_WAITING, Batch, End, WriterThread, accuracy_of
from hnviz.runs import RunFolder, RunRecord, RunStore, answers, asking
from hnviz.runs.archive import ArchiveError, pack, unpack
from hnviz.runs.recorded import RECORDED, read_recorded
from hnviz.runs.stop import ask_to_stop, writer_of
from hnviz.schedule import one_cycle
from hnviz.web.answers import Asker
from hnviz.web.http import Refusal
from hnviz.web.state import CurrentRun, ServerState
from tests import guide, loops
from tests.conftest import ROOT
from tests.doctor_loops import Packed
from tests.sentences import Recorded

PAGE = "docs/recording.md"
NETWORKS: list[nn.Module] = [*(made() for made in loops.LESSON), *loops.book()]


@contextmanager
def silent() -> Iterator[None]:
    """Fail if the recorder warns of anything."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    assert [each.message for each in caught if each.category is RecordingWarning] == []


def feeds(config: RunConfig) -> tuple[Feed, Feed]:
    stream = stream_of(config)
    last = CATALOGUE[config.model].predicts
    return tuple(Feed.lay_out(ids, config, last, "cpu") for ids in (stream.train, stream.valid))  # type: ignore[return-value]


def model_of(folder: RunFolder, step: int | str = "last") -> LanguageModel:
    config = folder.config
    return load_model(config, len(stream_of(config).vocab), folder.load_snapshot(step))


# A loop


class Loop:
    """The lesson's own loop in plain torch, with fastai 1's optimizer, one cycle and rows."""

    def __init__(self, model: str, seed: int = 0) -> None:
        self.config = RunConfig.for_model(model, device="cpu", seed=seed)
        self.train, self.valid = feeds(self.config)
        n_steps = len(self.train) * self.config.epochs
        self.schedule = one_cycle(n_steps, self.config.lr, self.config.pct_start)
        torch.manual_seed(seed)
        self.model = next(each for each in loops.LESSON if each.__name__ == model)()
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=1.0, betas=(0.9, 0.99), weight_decay=0.01
        )
        self.losses: list[float] = []

    def record(self, folder: Path) -> Recorder:
        options = {"epochs": self.config.epochs, "lr": self.config.lr, "runs_dir": folder}
        return hnviz.record(self.model, optimizer=self.optimizer, **options)

    def steps(self, rec: Recorder | None, most: int = sys.maxsize) -> None:
        """Train for an epoch, or for a few steps of it."""
        self.model.train()
        for x, y in list(zip(self.train.x, self.train.y, strict=True))[:most]:
            group, step = self.optimizer.param_groups[0], len(self.losses)
            group["lr"] = float(self.schedule.lr[step])
            group["betas"] = (float(self.schedule.momentum[step]), 0.99)
            logits = self.model(x)
            loss = F.cross_entropy(logits.flatten(0, -2), y.flatten())
            loss.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.losses.append(loss.item())
            if rec is not None:
                rec.batch(loss, logits, y)

    def test(self, rec: Recorder) -> None:
        self.model.eval()
        with torch.no_grad():
            pairs = [(self.model(x), y) for x, y in zip(self.valid.x, self.valid.y, strict=True)]
        losses = [F.cross_entropy(each.flatten(0, -2), y.flatten()) for each, y in pairs]
        right = [(each.argmax(-1) == y).float().mean() for each, y in pairs]
        rec.epoch(torch.stack(losses).mean(), torch.stack(right).mean())


def first_epoch(model: str) -> tuple[list[BatchEnd], EpochEnd]:
    """Train hnviz's own run, up to its first valid pass."""
    batches = []
    for event in fit(RunConfig.for_model(model, device="cpu")):
        if isinstance(event, BatchEnd):
            batches.append(event)
        if isinstance(event, EpochEnd):
            return batches, event
    raise AssertionError


def check_first_epoch(model: str, folder: Path) -> RunFolder:
    loop = Loop(model)
    with silent(), loop.record(folder) as rec:
        loop.steps(rec)
        loop.test(rec)
    assert rec.folder is not None
    found = RunFolder(rec.folder)
    record, (batches, epoch) = found.read(), first_epoch(model)
    for mine, theirs in zip(record.batches, batches, strict=True):
        for name in ("step", "loss", "smooth_loss", "accuracy", "lr", "momentum"):
            assert getattr(mine, name) == pytest.approx(getattr(theirs, name), abs=1e-3), name
    for name in ("epoch", "step", "train_loss", "valid_loss", "accuracy", "train_accuracy"):
        mine, theirs = getattr(record.epochs[0], name), getattr(epoch, name)
        assert mine == pytest.approx(theirs, abs=1e-3), name
    assert found.config == RunConfig.for_model(model, device="auto")
    return found


def test_a_recorded_loop_has_the_figures_of_hnviz_s_own_run(tmp_path: Path) -> None:
    """And its snapshots: the same weights, from which the same code answers."""
    found = check_first_epoch("Model4", tmp_path)
    record = found.read()
    assert (record.status, record.step, record.recorded) == ("finished", 40, True)
    assert record.snapshots[:3] == (0, 1, 2) and record.snapshots[-1] == 40
    assert found.load_snapshot(40)["state"].shape == (1, 64, 64)
    recorded = read_recorded(found.path)
    assert recorded is not None and recorded.network is None
    assert recorded.source.startswith("class Model4(nn.Module):")
    assert recorded.source_hash == hash_of(recorded.source)


@pytest.mark.slow
@pytest.mark.parametrize("model", [each.__name__ for each in loops.LESSON])
def test_all_of_the_lesson_s_networks_have_the_figures(model: str, tmp_path: Path) -> None:
    check_first_epoch(model, tmp_path)


def test_the_recorder_changes_nothing(tmp_path: Path) -> None:
    """Losses, weights, buffers, the state and the generator are the same to the last bit."""
    alone, watched = Loop("Model3"), Loop("Model3")
    alone.steps(None, 5)
    chance = torch.get_rng_state()
    with watched.record(tmp_path) as rec:
        watched.steps(rec, 5)
    assert torch.equal(torch.get_rng_state(), chance)
    assert alone.losses == watched.losses
    pairs = zip(alone.model.state_dict().items(), watched.model.state_dict().items(), strict=True)
    assert all(one == other and torch.equal(a, b) for (one, a), (other, b) in pairs)
    assert torch.equal(alone.model.h, watched.model.h)  # type: ignore[arg-type]


# Networks


@pytest.mark.parametrize("model", NETWORKS, ids=lambda each: type(each).__name__)
def test_networks_of_notebooks_are_recognised_as_they_are(model: nn.Module, tmp_path: Path) -> None:
    """What hnviz builds from the description gives the model's own answers, on any text."""
    name, reader = type(model).__name__, reader_of(model, Names())
    found = named(reader)
    assert found.network is not None, found.seen
    assert found.built_in == (name if name in CATALOGUE else "")
    place = "self.h keeps the state" if hasattr(model, "h") else "The state starts from zeros"
    assert any(place in each for each in found.seen)
    check_answers(model, reader.steps, tmp_path)


def record(model: nn.Module, folder: Path, **options: Any) -> RunFolder:
    """Record one mini-batch of a model, and close."""
    rec = hnviz.record(model, runs_dir=folder, **options)
    rec.batch(1.0)
    rec.close()
    assert rec.folder is not None
    return RunFolder(rec.folder)


def check_answers(model: nn.Module, steps: int, folder: Path) -> None:
    """Read two windows of a text with the user's model, and with what a run's folder describes."""
    chance = torch.Generator().manual_seed(5)
    text = torch.randint(0, loops.nv, (1, 2 * steps), generator=chance)
    read = model_of(record(model.eval(), folder, bptt=steps), 0)
    start = read.init_state(1)
    if hasattr(model, "h"):
        model.h = one_row(model.h)  # type: ignore[assignment]
    for window in text.split(steps, dim=1):
        with torch.no_grad():
            wanted = model(window)
            logits, state = read(window, start)
        wanted = wanted[0] if isinstance(wanted, tuple) else wanted
        logits = logits[:, -1] if wanted.dim() < logits.dim() else logits
        torch.testing.assert_close(logits, wanted, atol=1e-5, rtol=1e-5)
        start = state if read.stateful else start


def one_row(state: Any) -> Any:
    """Return zeros like a kept state, for one row."""
    if isinstance(state, list):
        return [one_row(each) for each in state]
    return state if isinstance(state, int) else torch.zeros_like(state[..., :1, :])


def test_a_recorded_network_answers_the_questions_of_every_picture(tmp_path: Path) -> None:
    """Without its class: the machine, the units, the gates, what they code, another memory."""
    folder = record(loops.book()[5], tmp_path)  # LMModel6, an LSTM of two layers
    subject = Subject.load(folder.config, folder.load_snapshot(0))
    ids = stream_of(folder.config).train[:30].tolist()
    reading = QUESTIONS["reading"](subject, {"ids": ids, "n": 4})
    assert reading.arrays["states"].shape == (2, 34, 64)
    assert reading.arrays["passes"].shape == (2, 34)  # the forget gate
    for show in ("state", "c", "forget"):
        units = QUESTIONS["units"](subject, {"ids": ids, "layer": 1, "show": show})
        assert units.arrays["values"].shape == (64, 30)
    assert QUESTIONS["cell"](subject, {"layer": 0}).meta["kind"] == "LSTM"


class Nested(nn.Module):
    """A model whose parts are inside others, of unusual sizes and without biases."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.ModuleDict({"of": nn.Embedding(39, 12), "other": nn.Embedding(5, 3)})
        self.body = nn.Sequential(nn.Dropout(0.1), nn.LayerNorm(20))
        self.cell = nn.LSTM(12, 20, 2, bias=False, dropout=0.3)
        self.out = nn.Linear(20, 39, bias=False)

    def forward(self, x: Tensor, state: Any = None) -> Any:
        """Read (steps, rows): this one is not batch_first."""
        given = self.words["of"](x)
        rows = [torch.zeros(2, x.shape[1], 20) for _ in range(2)]
        res, state = self.cell(given, tuple(rows) if state is None else state)
        return {"logits": self.out(self.body(res)), "state": state}


def test_parts_are_found_inside_others_and_steps_may_come_first(tmp_path: Path) -> None:
    folder = record(Nested(), tmp_path, parts={"embedding": "words.of"})
    subject = Subject.load(folder.config, folder.load_snapshot(0))
    assert folder.config.nh == 20 and subject.model.stateful
    names = [part.name for part in entry(folder.config.model).parts]
    assert names == ["words.of", "cell", "out", "body.1"]
    assert QUESTIONS["reading"](subject, {"ids": [9, 10, 11]}).arrays["states"].shape[2] == 20


# Bad input


class Stateless(nn.Module):
    """A network without a state: it looks at one token at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(39, 8)
        self.out = nn.Linear(8, 39)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.words(x))


class Raises(Stateless):
    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("no forward today")


class NoWords(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(4, 39)


class Own(nn.Module):
    """A cell of its own: a minimal gated unit that takes its state and returns it."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.gate = nn.Embedding(39, 16), nn.Linear(16, 16)
        self.new, self.out = nn.Linear(16, 16), nn.Linear(16, 39)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res = []
        for e in self.words(x).unbind(1):
            z = torch.sigmoid(self.gate(e))
            h = (1 - z) * h + z * self.new(e)
            res.append(h)
        return self.out(torch.stack(res, 1)), h


class LooksAhead(Own):
    """It reads a window from its end, so an answer knows what comes."""

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        logits, h = super().forward(x.flip(1), h)
        return logits.flip(1), h


class Cells(nn.Module):
    """Two cells of torch in a loop, whose states are handed over in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.out = nn.Embedding(39, 16), nn.Linear(16, 39)
        self.cells = nn.ModuleList(nn.GRUCell(16, 16) for _ in range(2))

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, list[Tensor]]:
        state = [torch.zeros(len(x), 16) for _ in range(2)] if state is None else list(state)
        res = []
        for given in self.words(x).unbind(1):
            for layer, cell in enumerate(self.cells):
                state[layer] = given = cell(given, state[layer])
            res.append(given)
        return self.out(torch.stack(res, 1)), state


class Noisy(Own):
    """It draws numbers in eval mode, too: reading it beside the loop would change the loop."""

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        return super().forward(x, h + 1e-9 * torch.randn(1))


class Uncopied(Stateless):
    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("it holds a socket")


CURVES = {
    "without a state": (Stateless, r"No cell was found: .* it called words \(Embedding\), out"),
    "that raises": (Raises, r"could not be read .*RuntimeError: no forward today"),
    "without an embedding": (NoWords, r"no nn.Embedding was found; the model has out \(Linear\)"),
    "with a cell of its own and noise": (Noisy, r"something of its own: words, gate, out do not"),
    "that looks ahead": (LooksAhead, r"something of its own: words, gate, out do not"),
    "that packs rows": (lambda: Packed(39, 3), r"could not be read .* forward needs lengths, and"),
    "that cannot be copied": (Uncopied, r"cannot be copied: TypeError: it holds a socket"),
}


@pytest.mark.parametrize("case", CURVES)
def test_of_another_model_the_curves_are_recorded_and_a_sentence_says_why(
    case: str, tmp_path: Path
) -> None:
    made, sentence = CURVES[case]
    with pytest.warns(RecordingWarning, match=sentence) as warned:
        folder = record(made(), tmp_path)
    assert len(warned) == 1
    assert str(warned[0].message).endswith("recorded. The loop goes on.")
    found = folder.read()
    assert (found.status, len(found.batches), found.snapshots) == ("finished", 1, ())
    recorded = read_recorded(folder.path)
    assert recorded is not None and re.search(sentence.replace("could not", ".*"), recorded.seen[0])


def test_a_list_of_states_and_shared_weights_are_no_hindrance(tmp_path: Path) -> None:
    model = loops.book()[6]
    with silent():
        folder = record(model, tmp_path)
    found = read_recorded(folder.path)
    assert found is not None and found.network is not None
    head = found.network.part("h_o").weights[0]
    assert (head.name, head.tied) == ("weight", True)
    assert set(folder.load_snapshot(0)) >= {"state", "state.c"}


def test_a_compiled_model_is_recorded_like_the_one_inside(tmp_path: Path) -> None:
    """torch.compile wraps a module, or replaces its call; neither is run."""
    model = loops.Model5()
    wrapped = torch.compile(model, backend="eager")
    with silent():
        assert record(wrapped, tmp_path).config.model == "Model5"  # type: ignore[arg-type]
    model.compile(backend="eager")
    with silent():
        assert record(model, tmp_path).config.model == "Model5"


def test_a_state_with_a_history_is_copied_without_it(tmp_path: Path) -> None:
    """A loop that forgot to detach: torch itself does not copy such a model."""
    model = loops.Model3()
    model.h = (model.h_h.weight @ model.h.t()).t()
    with silent():
        assert record(model, tmp_path).config.model == "Model3"


def test_a_loop_that_raises_or_stops_ends_the_record_with_a_sentence(
    tmp_path: Path, recorded: Recorded
) -> None:
    endings = []
    for error in (ZeroDivisionError("by 0"), KeyboardInterrupt()):
        with pytest.raises(type(error)), hnviz.record(loops.Model1(), runs_dir=tmp_path) as rec:
            rec.batch(1.0)
            raise error
        assert rec.folder is not None
        ended = RunFolder(rec.folder).read().ended
        assert ended is not None
        endings.append(ended.status)
        recorded(ended.message, len(endings) - 1)
    assert endings == ["failed", "stopped"]


def test_a_full_disk_ends_the_record_and_not_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rec = hnviz.record(loops.Model1(), runs_dir=tmp_path)
    rec.batch(1.0)
    wait_for(lambda: rec.folder is not None and bool(RunFolder(rec.folder).read().batches))

    def full(name: str) -> None:
        if name == "events.write.before":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "on_step", full)
    with pytest.warns(
        RecordingWarning, match="nothing more is recorded: .*No space left"
    ) as warned:
        for _ in range(3):
            rec.batch(0.9)
            time.sleep(0.1)
        rec.close()
    assert len(warned) == 1


def wait_for(true: Any, seconds: float = 90.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_two_recorders_of_one_folder_of_runs_write_two_runs(tmp_path: Path) -> None:
    with silent():
        models = loops.Model1(), loops.Model1()
        first, second = (hnviz.record(each, runs_dir=tmp_path) for each in models)
        for each in (first, second, first):
            each.batch(1.0)
        first.close()
        second.close()
    lines = RunStore(tmp_path).summaries()
    assert sorted(line.step for line in lines if not line.shipped) == [1, 2]


def test_another_record_of_the_same_model_ends_the_first(
    tmp_path: Path, recorded: Recorded
) -> None:
    """In a notebook, a loop that was stopped halfway has closed nothing."""
    model = loops.Model1()
    first = hnviz.record(model, runs_dir=tmp_path)
    first.batch(1.0)
    second = hnviz.record(model, runs_dir=tmp_path)
    first.batch(1.0)
    second.close()
    assert first.folder is not None
    ended = RunFolder(first.folder).read().ended
    assert ended is not None and (ended.status, ended.step) == ("stopped", 1)
    recorded(ended.message)


KILLED = """
import os, signal, sys, time, hnviz
from tests import loops
rec = hnviz.record(loops.Model1(), runs_dir=sys.argv[1])
rec.batch(1.0)
while rec.folder is None:
    time.sleep(0.01)
rec.batch(1.0)
os.kill(os.getpid(), signal.SIGKILL) if sys.argv[2] == "killed" else None
"""


@pytest.mark.slow
@pytest.mark.parametrize(("end", "status"), [("killed", "interrupted"), ("over", "stopped")])
def test_a_kernel_that_is_killed_or_ends_leaves_a_run_that_can_be_read(
    end: str, status: str, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), end], cwd=ROOT)
    (line,) = (each for each in RunStore(tmp_path).summaries() if not each.shipped)
    assert (line.status, line.problem) == (status, "")


def test_a_text_that_does_not_fit_the_embedding_is_said(tmp_path: Path) -> None:
    sentence = "embedding has 39 rows, and the text has 14 tokens: pass vocab"
    with pytest.warns(RecordingWarning, match=sentence):
        folder = record(loops.Model5(), tmp_path, text="one two three four five " * 9)
    assert folder.read().snapshots == ()


def test_an_unknown_option_is_refused_and_a_wrong_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="no option 'rows'; it has vocab, valid, parts"):
        hnviz.record(loops.Model5(), rows=4)  # type: ignore[call-arg]
    with pytest.warns(RecordingWarning, match="epochs must be a whole"):
        assert record(loops.Model5(), tmp_path, epochs=0).config.epochs == 10
    for given, sentence in (
        ({"parts": {"rnn": "rnn"}}, "embedding, cell, head, norm; got 'rnn': 'rnn'. Only"),
        ({"parts": ["rnn"]}, "parts must be a dict such as .*; got .'rnn'.. Only"),
        ({"parts": {"head": "out"}}, "no part is named 'out'; the model has i_h .Embedding., rnn"),
        ({"optimizer": "adam"}, "optimizer must be a torch.optim.Optimizer; got a str. The lr"),
        ({"text": "a b", "vocab": "a b"}, "vocab must be a list of the tokens .*; got a str. Only"),
    ):
        with pytest.warns(RecordingWarning, match=sentence) as warned:
            record(loops.Model5(), tmp_path, **given)
        assert len(warned) == 1
    for model, sentence in ((5, "got an int"), (loops.Model5, "got the class Model5: make an")):
        with pytest.raises(TypeError, match=f"which is an nn.Module; {sentence}"):
            hnviz.record(model)  # type: ignore[arg-type]


def test_a_loop_that_measures_nothing_on_valid_is_shown_without_it(tmp_path: Path) -> None:
    rec = hnviz.record(loops.Model5(), runs_dir=tmp_path, epochs=1)
    rec.batch(1.0)
    rec.epoch()
    rec.close()
    assert "loss of 1.000; no accuracy on valid was measured" in hnviz.show(rec).sentence
    assert repr(hnviz.open(rec)).endswith("finished; valid was not measured; 1 snapshot")
    tiny = record(Own(), tmp_path)
    with pytest.raises(ValueError, match="which hnviz cannot run"):
        hnviz.compare(tiny.path, {"bptt": 7})


def test_what_is_handed_over_wrongly_is_said_once(tmp_path: Path) -> None:
    rec = hnviz.record(loops.Model5(), runs_dir=tmp_path)
    with pytest.warns(RecordingWarning, match="a mini-batch was not recorded: AttributeError") as w:
        for _ in range(3):
            rec.batch(1.0, logits="scores")  # type: ignore[arg-type]
    with pytest.warns(RecordingWarning, match="not recorded: ValueError"):
        rec.epoch("low")
    rec.close()
    assert len(w) == 1 and "rec.batch(" in linecache.getline(w[0].filename, w[0].lineno)


def test_a_loss_that_is_no_number_is_said_and_the_record_goes_on(tmp_path: Path) -> None:
    rec = hnviz.record(loops.Model4(), runs_dir=tmp_path)
    with pytest.warns(RecordingWarning, match="step 1, .* the loss is nan") as warned:
        for loss in (3.0, math.nan, math.inf, 2.0):
            rec.batch(torch.tensor(loss))
        rec.epoch(math.inf)
        rec.close()
    assert rec.folder is not None and len(warned) == 1
    record = RunFolder(rec.folder).read()
    assert [math.isnan(each.loss) for each in record.batches] == [False, True, True, False]
    smooth = (3.0, 3.0, 3.0, (0.98 * 3 + 2) / 1.98)
    assert [each.smooth_loss for each in record.batches] == pytest.approx(smooth)
    assert record.epochs[0].train_loss == pytest.approx(smooth[-1])
    assert record.ended is not None and record.ended.status == "finished"
    said = record.ended.message
    assert "2 mini-batches was no number" in said and said.endswith("first at step 1")
    assert rec.doctor is not None and rec.doctor.wrong == ("no-number",)


# Cells of one's own


def test_a_cell_of_its_own_is_read_where_it_trains_and_the_answers_are_stored(
    tmp_path: Path,
) -> None:
    """What the first pictures ask is what is stored; states are those of the model itself."""
    torch.manual_seed(1)
    model = Own()
    with silent():
        folder = record(model, tmp_path)
    config, stream = folder.config, stream_of(folder.config)
    asked: list[tuple[str, Any]] = []

    def asker(run: str, step: int | str, question: str, params: Any) -> Reply:
        asked.append((question, dict(params)))
        name = answers.named(folder, int(step), question, params).name(answers.LASTING)
        content = answers.recorded_answer(folder, int(step), name)
        assert content is not None, (question, params)
        return unpack_frame(content)

    run = CurrentRun(folder.read(), "finished")
    views = (
        (UNITS_VIEW, {"text": KEPT_FIRST}),
        (ROWS_VIEW, {"text": KEPT_FIRST, "order": "clustered"}),
        (READING_VIEW, {"text": READ_FIRST, "n": str(SAYS)}),
    )
    for view, params in views:
        given = read_query(view.params, params.items(), view.name)
        reply = view.answer(Look(run, 0, given, asker))
    ids, states = reply.arrays["ids"], reply.arrays["states"][0]
    assert set(map(str, asked)) == set(map(str, first_questions(folder, stream)))
    h = torch.zeros(1, 16)
    for index, state in zip(ids.tolist(), states, strict=True):
        with torch.no_grad():
            _, h = model(torch.tensor([[index]]), h)
        torch.testing.assert_close(torch.from_numpy(state.copy()), h[0], atol=1e-6, rtol=1e-6)
    with pytest.raises(ValueError, match="has no code of it"):
        load_model(config, len(stream.vocab), folder.load_snapshot(0))


def test_a_list_of_states_is_followed_in_a_loop_over_torch_s_cells(tmp_path: Path) -> None:
    model = Cells()
    with silent():
        folder = record(model, tmp_path)
    ids = stream_of(folder.config).train[:9].tolist()
    asker, values = Asker(ServerState(RunStore(tmp_path), never), folder.id, 0), []
    for show in ("state", "c"):
        reply = asker("", 0, "units", {"ids": ids, "layer": 0, "show": show})
        values.append(torch.from_numpy(reply.arrays["values"].copy()))
    state = None
    for place, index in enumerate(ids):
        with torch.no_grad():
            _, state = model(torch.tensor([[index]]), state)
        for found, wanted in zip(values, state, strict=True):
            torch.testing.assert_close(found[:, place], wanted[0], atol=1e-6, rtol=1e-6)


def test_another_class_of_the_same_name_is_another_network(tmp_path: Path) -> None:
    def other() -> nn.Module:
        class Own(Tires):
            pass

        return Own()

    names = {record(each, tmp_path).config.model for each in (Own(), other())}
    assert len(names) == 2 and all(name.startswith("Own_") for name in names)


def test_as_long_as_its_process_lives_it_answers_other_questions(tmp_path: Path) -> None:
    """Also after the loop has ended; an answer stays when the process is gone."""
    folder = record(Own(), tmp_path)
    state = ServerState(RunStore(tmp_path), never)
    asker = Asker(state, folder.id, 0)
    ids = stream_of(folder.config).train[40:70].tolist()
    asked = {"ids": ids, "layer": 0, "show": "state"}
    reply = asker("", 0, "units", asked)
    assert reply.arrays["values"].shape == (16, 30)
    assert asker("", 0, "state_path", {"first": 1, "last": 9}).arrays["points"].size
    gradients = asker("", 0, "state_gradients", {"first": 5}).arrays
    assert all(np.isfinite(each).all() and each.any() for each in gradients.values())
    with pytest.raises(Refusal, match="this picture cannot be made"):
        asker("", 0, "weather", {})
    later = subprocess.run(
        [sys.executable, "-c", LATER, str(tmp_path), folder.id, json.dumps(asked)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert later.stdout == "(16, 30)\n"


def test_a_notebook_asks_the_recorder_about_a_cell_of_one_s_own(tmp_path: Path) -> None:
    """`hnviz.show` and `hnviz.open` do so in the recorder's own process, too."""
    torch.manual_seed(1)
    model = Own()
    run = hnviz.open(record(model, tmp_path).path)
    ids, h = run.ids("12 to 14"), torch.zeros(1, 16)
    with torch.no_grad():
        _, h = model(torch.tensor(ids)[None], h)
    values = run.ask("units", 0, ids="12 to 14")["values"]
    np.testing.assert_allclose(values[:, -1], h[0], atol=1e-6)
    states = hnviz.show(run, "states", text="12 to 14")
    assert f"of 16 units over {len(ids)} tokens" in states.sentence
    assert "It reads 20 tokens, then says: " in hnviz.show(run, "machine").sentence
    with pytest.raises(ValueError, match="this picture cannot be made"):
        run.ask("units", 0, ids="12 to 14", layer=7)


def test_another_process_answers_once_somebody_gives_it_the_class(tmp_path: Path) -> None:
    """Here the recorder's own lock is freed, as at the end of its process."""
    torch.manual_seed(1)
    trained = Own()
    folder = RunFolder(
        shutil.copytree(record(trained, tmp_path / "a").path, tmp_path / "b" / "run")
    )
    ids = stream_of(folder.config).valid[:12].tolist()
    asked = {"ids": ids, "layer": 0, "show": "state"}
    with pytest.raises(ValueError, match="not the class that trained"):
        hnviz.answer(folder.path, Cells())
    answering = hnviz.answer(folder.path, Own())  # with other weights: it takes the snapshot's
    with pytest.raises(ValueError, match="another process answers about the run run already"):
        hnviz.answer(folder.path, Own())
    frame = asking.ask(folder.path, asking.Question("0e", 0, "units", asked), 90.0)
    answering.close()
    assert frame is not None and not asking.is_answering(folder.path)
    h = torch.zeros(1, 16)
    with torch.no_grad():
        _, h = trained(torch.tensor([ids]), h)
    values = torch.from_numpy(unpack_frame(frame).arrays["values"].copy())
    torch.testing.assert_close(values[:, -1], h[0], atol=1e-6, rtol=1e-6)
    known = record(loops.Model5(), tmp_path / "c")
    with pytest.raises(ValueError, match="needs no class: pages show"):
        hnviz.answer(known.path, loops.Model5())
    with pytest.raises(ValueError, match="is a folder of runs: name one"):
        hnviz.answer(tmp_path / "c", Own())


def never() -> Any:
    raise AssertionError("the engine has no code of it")


LATER = """
import json, sys
from pathlib import Path
from hnviz.runs import RunStore
from hnviz.web.answers import Asker
from hnviz.web.state import ServerState
asker = Asker(ServerState(RunStore(Path(sys.argv[1]))), sys.argv[2], 0)
print(asker("", 0, "units", json.loads(sys.argv[3])).arrays["values"].shape)
"""


def test_what_is_no_question_is_dropped_and_nobody_waits_for_a_process_that_is_gone(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    (folder / "questions").mkdir(parents=True)
    question = asking.Question("0a", 0, "units", {"ids": [1]})
    assert asking.ask(folder, question, 5.0) is None
    whole = '{"step": 0, "question": "", "params": {}}'
    for name, text in {"0b": "{", "0c": "[]", "zz": whole}.items():
        (folder / "questions" / f"{name}.json").write_text(text, encoding="utf-8")
    assert list(asking.questions(folder)) == []
    assert list((folder / "questions").iterdir()) == []
    asking.store(folder, "0d", "it rains")
    with pytest.raises(asking.RefusedError, match="it rains"):
        asking.stored(folder, "0d")
    assert asking.stored(folder, "0d") is None  # it is asked again


class Tires(Own):
    """It works until its weights are far from the first ones."""

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        if float(self.out.bias.detach()[0]) > 50:
            raise RuntimeError("I am tired")
        return super().forward(x, h)


def test_a_class_that_raises_later_is_said_once_and_the_weights_are_recorded(
    tmp_path: Path,
) -> None:
    model = Tires()
    rec = hnviz.record(model, runs_dir=tmp_path)
    with pytest.warns(
        RecordingWarning, match="states of step 1 are not recorded: .*tired"
    ) as warned:
        rec.batch(1.0)
        wait_for(lambda: rec.folder is not None)
        torch.nn.init.constant_(model.out.bias, 99.0)
        rec.snapshot()
        rec.batch(1.0)
        rec.snapshot()
        rec.close()
    assert len(warned) == 1 and rec.folder is not None
    assert len(RunFolder(rec.folder).read().snapshots) >= 2


# The queue


def test_without_room_in_the_queue_mini_batches_are_left_out_and_the_record_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(RunStore, "add", waiting(RunStore.add, go_on))
    rec = hnviz.record(loops.Model5(), runs_dir=tmp_path)
    for _ in range(MOST_WAITING + 30):
        rec.batch(1.0)
    go_on.set()
    rec.close()
    assert rec.folder is not None and 0 < rec.left_out < 90
    found = RunFolder(rec.folder).read()
    assert found.ended is not None and found.step == MOST_WAITING + 30
    assert f"; {rec.left_out} mini-batches were left out" in found.ended.message


def test_the_bound_of_the_queue_holds_though_both_threads_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mini-batch is handed over while the writer counts one that it has taken."""
    monkeypatch.setattr("hnviz.recording.thread.MOST_NUMBERS", 130)
    writer, done, handing = WriterThread(print), threading.Event(), threading.Lock()
    meanwhile = {61: [60, 1], 1: [150]}

    class Answers(Tensor):
        def numel(self) -> int:
            size = super().numel()
            if threading.current_thread().name == "hnviz.record" and handing.acquire(False):
                for numbers in meanwhile.pop(size, ()):
                    writer.put_batch(batch(numbers))
                handing.release()
                if not meanwhile:
                    done.set()
            return size

    def batch(numbers: int) -> Batch:
        return Batch(0, 1.0, torch.zeros(1, numbers).as_subclass(Answers), None, 0.1, 0.9)

    writer.put_batch(batch(61))
    assert done.wait(90)
    writer.close(End("finished", 3, ""))
    assert writer.left_out == 1


def waiting(function: Any, event: threading.Event) -> Any:
    def call(*args: Any, **options: Any) -> Any:
        event.wait(90)
        return function(*args, **options)

    return call


def test_answers_are_counted_whatever_their_shape() -> None:
    y = torch.tensor([[1, 2], [0, 2]])
    logits = F.one_hot(torch.tensor([[1, 2], [0, 1]]), 3).float()
    assert accuracy_of(logits, y) == 0.75
    assert accuracy_of(logits.flatten(0, 1), y.flatten()) == 0.75
    assert accuracy_of(logits.transpose(1, 2), y) == 0.75  # as cross_entropy takes them
    assert accuracy_of(logits[:, -1], y) == 0.5  # only the last token is answered
    steps = torch.tensor([[9, 9], [0, 0], [2, 1]])  # (steps, rows)
    assert accuracy_of(logits[:, -1], steps) == 1.0
    assert accuracy_of(logits, None) != accuracy_of(logits, None)  # nan
    for other, wanted in (
        (logits, y[:1]),
        (logits.where(logits > 0, math.nan), y),
        (logits[..., 0], y.float()),  # a regression
        (logits[..., :1], y),
        (logits[..., 0], y),
        (logits[0, 0, 0], y),
    ):
        assert math.isnan(accuracy_of(other, wanted))
    assert accuracy_of(0 * logits, torch.zeros_like(y)) == 1.0  # the first of equals is guessed


# The run


def test_a_recorded_run_can_be_sent_and_read_but_not_continued(tmp_path: Path) -> None:
    folder = record(loops.book()[2], tmp_path / "here", name="from the book")
    record_of: RunRecord = folder.read()
    assert not record_of.resumable and record_of.recorded
    file = tmp_path / "run.zip"
    with file.open("wb") as to:
        pack(folder, to)
    there = unpack(RunStore(tmp_path / "there"), file)
    assert (there.path / RECORDED).read_bytes() == (folder.path / RECORDED).read_bytes()
    assert there.read().recorded and there.load_snapshot(0).keys() == folder.load_snapshot(0).keys()
    (line,) = (each for each in RunStore(tmp_path / "here").summaries() if not each.shipped)
    assert (line.given, line.model) == ("from the book", folder.config.model)


def test_a_network_is_known_as_long_as_its_run_is_there(tmp_path: Path) -> None:
    folder = record(loops.book()[2], tmp_path / "here")
    file, found = tmp_path / "run.zip", read_recorded(folder.path)
    with file.open("wb") as to:
        pack(folder, to)
    assert found is not None and found.network is not None
    other = replace(found.network, eps=0.5)  # one that no loop in this process records
    content = {"format": 1, "class_name": "Other", "network": asdict(other)}
    config = json.loads((folder.path / "config.json").read_text())
    for name, is_whole in ((other.name, False), (other.older_name, True), (other.name, True)):
        config["config"]["model"] = name
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "new.zip", "w") as new:
            for each in {*old.namelist()} - {RECORDED, "config.json"}:
                new.writestr(each, old.read(each))
            new.writestr(RECORDED, json.dumps(content))
            new.writestr("config.json", json.dumps(config if is_whole else {}))
        store = RunStore(tmp_path / "there")
        if not is_whole:
            with pytest.raises(ArchiveError):
                unpack(store, tmp_path / "new.zip")
        else:
            there = unpack(store, tmp_path / "new.zip")
            assert there.config.model == name and there.config.called == other.class_name
            assert network_of(name) == other
            shutil.rmtree(there.path)
            forget(None)
        assert network_of(name) is None


def test_a_network_of_too_many_parts_is_refused_unread() -> None:
    with pytest.raises(NetworkError, match=r"1,000 parts; got 1,001"):
        Network.from_dict({"parts": [{}] * 1001})
    with pytest.raises(NetworkError):
        Network.from_dict({"parts": 3})


def test_the_app_cannot_end_the_process_of_a_loop_but_can_end_the_record(tmp_path: Path) -> None:
    rec = hnviz.record(loops.Model1(), runs_dir=tmp_path)
    rec.batch(1.0)
    wait_for(lambda: rec.folder is not None)
    folder = RunFolder(rec.folder or tmp_path)
    assert folder.is_alive() and writer_of(folder.path) is None
    ask_to_stop(folder.path)
    wait_for(lambda: folder.read().ended is not None)
    rec.batch(1.0)
    assert folder.read().status == "stopped"
    rec.close()


@pytest.mark.parametrize(
    "content",
    ["[]", "{", '{"format": 2}', '{"format": 1, "source": 3}', '{"format": 1, "network": {}}'],
)
def test_a_damaged_description_is_said(content: str, tmp_path: Path) -> None:
    folder = record(loops.book()[0], tmp_path)
    (folder.path / RECORDED).write_text(content, encoding="utf-8")
    (line,) = (each for each in RunStore(tmp_path).summaries() if not each.shipped)
    assert line.status == "damaged" and "recorded.json is not a recorder's" in line.problem


def test_neither_the_engine_nor_a_command_continues_a_recorded_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt), hnviz.record(loops.Model1(), runs_dir=tmp_path) as rec:
        rec.batch(1.0)
        raise KeyboardInterrupt
    assert rec.folder is not None
    assert main(["resume", rec.folder.name, "--runs-dir", str(tmp_path)]) == 2
    assert f"a loop outside hnviz trained the run {rec.folder.name}" in capsys.readouterr().err
    trainers = Trainers(RunStore(tmp_path), Limits(trainers=1), Workers())
    for press in (trainers.resume, trainers.start_again):
        with pytest.raises(EngineError, match="outside hnviz, can do that"):
            press(rec.folder.name, "")
    with pytest.raises(EngineError, match="cannot be stopped: only"):
        trainers.stop(rec.folder.name, lambda error: None)


WRONG: dict[str, dict[str, Any]] = {
    "cell": {"cell": "Transformer"},
    "n_layers": {"n_layers": 10**6},
    "eps": {"eps": 0.0},
    "class_name": {"class_name": "../x"},
    "roles": {"parts": []},
    "shape": {"dims": ["999999999", "999999999"]},
    "path": {"name": "__class__.__init__"},
    "an unknown field": {"run": "import os"},
    "code": {"code": "import os"},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_description_that_no_network_can_have_is_refused(case: str) -> None:
    found = named(reader_of(loops.book()[5], Names())).network
    assert found is not None
    told = json.loads(json.dumps(asdict(found)))
    assert Network.from_dict(told) == found
    change = WRONG[case]
    if case == "shape":
        told["parts"][1]["weights"][0] |= change
    elif case == "path":
        told["parts"][0] |= change
    else:
        told |= change
    with pytest.raises(NetworkError):
        Network.from_dict(told)


# The text


class Small(nn.Module):
    def __init__(self, n_tokens: int) -> None:
        super().__init__()
        self.words, self.rnn = nn.Embedding(n_tokens, 8), nn.RNN(8, 8, batch_first=True)
        self.out = nn.Linear(8, n_tokens)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.rnn(self.words(x))[0])


SENTENCE = "one . two . three . " * 9
VOCAB = ["one", ".", "two", "three"]


@pytest.mark.parametrize(
    "text",
    [SENTENCE, SENTENCE.split(), torch.tensor([VOCAB.index(word) for word in SENTENCE.split()])],
    ids=["a text", "tokens", "ids"],
)
def test_a_text_in_the_user_s_own_numbers_is_read_with_them(text: Any, tmp_path: Path) -> None:
    with silent():
        folder = record(Small(4), tmp_path / "runs", text=text, vocab=VOCAB)
    stream = stream_of(folder.config)
    assert stream.vocab.itos == tuple(VOCAB)
    assert (stream.train[:4].tolist(), len(stream.train), len(stream.valid)) == (
        [0, 1, 2, 1],
        48,
        6,
    )
    texts.held.clear()  # as in another process, which has only the files
    assert RunFolder(folder.path).config.corpus == folder.config.corpus


def test_a_text_in_characters_is_read_character_by_character(tmp_path: Path) -> None:
    vocab = sorted(set(SENTENCE))
    with silent():
        folder = record(Small(len(vocab)), tmp_path, text=SENTENCE, vocab=vocab)
    train = stream_of(folder.config).train
    said = "".join(vocab[token] for token in train)
    assert said == SENTENCE[: len(train)]
    assert len(train) == 9 * len(SENTENCE) // 10
    run = hnviz.open(folder.path)
    assert run.vocab.itos == ("␣", *vocab[1:])
    assert [vocab[token] for token in run.ids("two . one")] == list("two . one")


BAD_TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "a word that vocab lacks": (
        {"text": "one four", "vocab": VOCAB},
        "has the token .four., and vocab does not",
    ),
    "an id that vocab lacks": ({"text": [0, 9] * 20, "vocab": VOCAB}, "ids from 0 to 3"),
    "a token twice": ({"text": SENTENCE, "vocab": [*VOCAB, "."]}, "different tokens; got 5"),
    "too few tokens": ({"text": "one", "vocab": VOCAB}, "train must hold at least 2 ids"),
    "another vocabulary": (
        {"text": SENTENCE, "vocab": [*VOCAB, "four"]},
        "4 rows, .* 5 tokens",
    ),
    "a number": ({"text": 7}, "text must be a string, or with vocab a list of tokens; got an int"),
    "an unknown corpus": ({"text": "task-nothing"}, "task"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_a_text_that_cannot_be_read_is_said_and_the_curves_are_recorded(
    case: str, tmp_path: Path
) -> None:
    options, sentence = BAD_TEXTS[case]
    with pytest.warns(RecordingWarning, match=sentence):
        folder = record(Small(4), tmp_path, **options)
    assert folder.read().snapshots == () and folder.read().step == 1


def test_a_text_to_test_on_may_be_given(tmp_path: Path) -> None:
    folder = record(Small(4), tmp_path, text=SENTENCE, valid="three . one", vocab=VOCAB)
    assert stream_of(folder.config).valid.tolist() == [3, 1, 0]


# The page


def test_the_page_s_code_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(tmp_path))
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- python -->\n```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 1
    with silent():
        exec(compile(blocks[0], PAGE, "exec"), {"__name__": "page"})
    assert [build_parser().parse_args(words).command for words in guide.commands(PAGE)] == ["app"]
    (line,) = (each for each in RunStore(tmp_path).summaries() if not each.shipped)
    assert (line.status, line.step, line.n_steps) == ("finished", 24, 24)
    assert line.config is not None and (line.config.bs, line.config.bptt) == (4, 10)


# The app


def trained(model: nn.Module, corpus: str, steps: int, folder: Path, **options: Any) -> Recorder:
    """Train a network for an epoch on a corpus, in the numbers of its stream."""
    stream = stream_of(RunConfig(corpus=corpus))
    last = "last" if steps == 3 else "every"
    feed = Feed.lay_out(stream.train, RunConfig(bptt=steps), last, "cpu")
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    with hnviz.record(model, optimizer=optimizer, epochs=1, runs_dir=folder, **options) as rec:
        for x, y in zip(feed.x, feed.y, strict=True):
            out = model(x)
            logits = out[0] if isinstance(out, tuple) else out
            loss = F.cross_entropy(logits.flatten(0, -2), y.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rec.batch(loss, logits, y)
    return rec


def walk(rec: Recorder, folder: Path) -> None:
    """Open every page on a run in another process, and ask what its pictures ask."""
    assert rec.folder is not None
    ran = subprocess.run(
        [sys.executable, "-m", "tests.walk", rec.folder.name, rec.found.model],
        cwd=ROOT,
        env={**os.environ, "HNVIZ_RUNS_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("number", "steps"), [(1, 3), (2, 3), (6, 12)])
def test_every_page_opens_on_a_recorded_network(number: int, steps: int, tmp_path: Path) -> None:
    """Without its class: what starts from zeros, what a loop keeps, and an LSTM."""
    walk(trained(loops.book()[number], "human_numbers", steps, tmp_path), tmp_path)


@pytest.mark.slow
def test_every_page_opens_on_a_text_in_the_user_s_own_numbers(tmp_path: Path) -> None:
    """As fastbook has it: 30 tokens, a full stop between numbers, no token that begins a text."""
    corpus = corpus_of(RunConfig())
    words = [word if word != "," else "." for word in corpus.tokens().train[1:20_000]]
    vocab = list(dict.fromkeys(words))
    ids = [vocab.index(word) for word in words]
    model = loops.LMModel4(len(vocab), 16)
    known = numbered(vocab, ids[:18_000], ids[18_000:]).id
    options = {"text": words[:18_000], "valid": words[18_000:], "vocab": vocab}
    rec = trained(model, known, loops.sl, tmp_path, **options)
    assert rec.folder is not None and RunFolder(rec.folder).config.corpus == known
    walk(rec, tmp_path)
