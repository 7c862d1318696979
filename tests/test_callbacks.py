"""Callbacks for fastai 2, Lightning and Hugging Face: one line each, and optional."""

import importlib
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import hnviz
from hnviz.config import RunConfig
from hnviz.data import stream_of
from hnviz.learn.feed import Feed
from hnviz.models.catalogue import entry
from hnviz.recording import Recorder, RecordingWarning
from hnviz.runs import RunFolder, RunRecord
from tests import loops
from tests.test_recording import first_epoch

PACKAGES = {
    "FastaiCallback": ("fastai", "fastai.callback.core"),
    "LightningCallback": ("lightning", "pytorch_lightning"),
    "TransformersCallback": ("transformers", "transformers"),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_a_missing_package_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    extra, module = PACKAGES[name]
    for each in (module, module.partition(".")[0], "lightning.pytorch"):
        monkeypatch.setitem(sys.modules, each, None)
    monkeypatch.delitem(sys.modules, f"hnviz.recording.{extra}", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ImportError, match=rf"needs {extra} \(.*; pip install 'hnviz\[{extra}\]'"):
        getattr(hnviz, name)


def record_of(rec: Recorder | None) -> RunRecord:
    assert rec is not None and rec.folder is not None
    return RunFolder(rec.folder).read()


@pytest.fixture
def _runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HNVIZ_RUNS_DIR", str(tmp_path))
    yield


def rows(config: RunConfig, ids: Any) -> list[tuple[Tensor, Tensor]]:
    """Return the rows of all mini-batches, one after the other."""
    feed = Feed.lay_out(ids, config, entry(config.model).predicts, "cpu")
    return [each for x, y in zip(feed.x, feed.y, strict=True) for each in zip(x, y, strict=True)]


def loss_of(logits: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, -2), y.flatten())


def accuracy(logits: Tensor, y: Tensor) -> Tensor:
    return (logits.argmax(-1) == y).float().mean()


def in_fastai(model: str, seed: int = 0) -> RunRecord:
    """Train one of the lesson's networks with its recipe in fastai 2; return the record."""
    basics = importlib.import_module("fastai.basics")
    importlib.import_module("fastai.callback.schedule")
    config = RunConfig.for_model(model, device="cpu")
    stream = stream_of(config)
    loaders = (
        basics.DataLoader(rows(config, ids), bs=config.bs, shuffle=False, num_workers=0)
        for ids in (stream.train, stream.valid)
    )
    torch.manual_seed(seed)
    learn = basics.Learner(
        basics.DataLoaders(*loaders, device="cpu"),
        next(each for each in loops.LESSON if each.__name__ == model)(),
        loss_func=loss_of,
        metrics=accuracy,
        opt_func=partial(basics.Adam, sqr_mom=0.99, eps=1e-8),
        wd_bn_bias=True,
        wd=0.01,
        cbs=hnviz.FastaiCallback(),
    )
    schedule = {"div": 25, "div_final": 25e4, "moms": (0.95, 0.85, 0.95)}
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(config.epochs, config.lr, pct_start=config.pct_start, **schedule)
    return record_of(rec_of(learn))


@pytest.mark.slow
@pytest.mark.usefixtures("_runs")
@pytest.mark.parametrize("model", [each.__name__ for each in loops.LESSON])
def test_the_lesson_in_fastai_2_is_recorded_by_one_line(model: str) -> None:
    """Its first epoch has the figures of hnviz's own run, to 1e-3."""
    pytest.importorskip("fastai.basics", reason="fastai is not installed")
    config = RunConfig.for_model(model, device="cpu")
    record, (_, mine) = in_fastai(model), first_epoch(model)
    found = record.config.to_dict() | {"device": "cpu", "pct_start": config.pct_start}
    assert found == config.to_dict() | {"bptt": record.config.bptt, "lr": record.config.lr}
    assert record.config.lr == pytest.approx(config.lr)
    for name in ("step", "train_loss", "valid_loss", "accuracy", "train_accuracy"):
        figure, wanted = getattr(record.epochs[0], name), getattr(mine, name)
        assert figure == pytest.approx(wanted, abs=1e-3), name
    assert (record.status, len(record.epochs)) == ("finished", config.epochs)


def rec_of(learn: Any) -> Recorder | None:
    (callback,) = (each for each in learn.cbs if type(each).__name__ == "FastaiCallback")
    found: Recorder | None = callback.rec
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("_runs")
def test_fastai_s_rate_finder_is_not_recorded_and_an_error_ends_the_run() -> None:
    basics = pytest.importorskip("fastai.basics", reason="fastai is not installed")
    importlib.import_module("fastai.callback.schedule")
    config = RunConfig.for_model("Model4", device="cpu")
    loader = basics.DataLoader(rows(config, stream_of(config).valid), bs=config.bs, num_workers=0)
    learn = basics.Learner(
        basics.DataLoaders(loader, loader, device="cpu"),
        loops.Model4(),
        loss_func=loss_of,
        cbs=hnviz.FastaiCallback(),
    )
    with learn.no_bar(), learn.no_logging():
        learn.lr_find(num_it=5, show_plot=False)
        assert rec_of(learn) is None
        learn.fit(1, 1e-3)
        first = rec_of(learn)
        learn.loss_func = broken
        with pytest.raises(ZeroDivisionError):
            learn.fit(1, 1e-3)
        second = rec_of(learn)
        learn.loss_func = loss_of
        learn.fit(1, 1e-3)
    assert [record_of(each).status for each in (first, rec_of(learn))] == ["finished"] * 2
    assert second is not None and second.folder is None  # it had no mini-batch


def broken(logits: Tensor, y: Tensor) -> Tensor:
    raise ZeroDivisionError


@pytest.mark.slow
@pytest.mark.usefixtures("_runs")
@pytest.mark.parametrize("fails", [False, True])
def test_a_lightning_module_is_recorded_by_one_line(fails: bool) -> None:
    pl = pytest.importorskip("pytorch_lightning", reason="Lightning is not installed")

    class Module(pl.LightningModule):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.network = loops.Model4()

        def training_step(self, batch: Any, number: int) -> Any:
            if fails and number == 3:
                raise ZeroDivisionError("a step failed")
            logits = self.network(batch[0])
            return {"loss": loss_of(logits, batch[1]), "logits": logits, "y": batch[1]}

        def validation_step(self, batch: Any, number: int) -> None:
            logits = self.network(batch[0])
            self.log("val_loss", loss_of(logits, batch[1]))
            self.log("val_accuracy", accuracy(logits, batch[1]))

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters(), lr=2e-3, betas=(0.8, 0.99))

    config = RunConfig.for_model("Model4", device="cpu")
    stream = stream_of(config)
    train, valid = (
        torch.utils.data.DataLoader(rows(config, ids), batch_size=64)  # type: ignore[arg-type]
        for ids in (stream.train, stream.valid)
    )
    callback = hnviz.LightningCallback()
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = pl.Trainer(max_epochs=2, callbacks=[callback], accelerator="cpu", **quiet)
    if fails:
        with pytest.raises(ZeroDivisionError):
            trainer.fit(Module(), train, valid)
        ended = record_of(callback.rec).ended
        assert ended is not None and ended.status == "failed"
        assert ended.message.endswith("ZeroDivisionError: a step failed")
        return
    trainer.fit(Module(), train, valid)
    found = record_of(callback.rec)
    assert (found.status, found.step, found.config.model) == ("finished", 80, "Model4")
    assert (found.config.lr, found.batches[7].momentum) == (2e-3, 0.8)
    assert len(found.epochs) == 2 and found.epochs[1].train_loss < found.epochs[0].train_loss
    assert all(0 < each.valid_loss < 4 for each in found.epochs)
    assert found.epochs[1].accuracy > 0.05 and found.epochs[1].train_accuracy > 0.05


class WithLoss(loops.Model4):
    """A model as Hugging Face's Trainer wants it: it works out its loss."""

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Any:  # type: ignore[override]
        logits = super().forward(x)
        loss = {} if labels is None else {"loss": loss_of(logits, labels)}
        return loss | {"logits": logits}


def in_transformers(folder: Path, *optimizers: Any, **arguments: Any) -> Recorder:
    """Train the lesson's Model4 for two epochs with Hugging Face's Trainer; return the record."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    config = RunConfig.for_model("Model4", device="cpu")
    stream, model = stream_of(config), WithLoss()
    train, valid = (
        [{"x": x, "labels": y} for x, y in rows(config, ids)]
        for ids in (stream.train, stream.valid)
    )
    usual = {"num_train_epochs": 2, "save_strategy": "no", "report_to": [], "use_cpu": True}
    sizes = {"per_device_train_batch_size": 64, "per_device_eval_batch_size": 64}
    callback = hnviz.TransformersCallback(bptt=20)
    transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(
            output_dir=str(folder / "out"), disable_tqdm=True, **usual, **sizes, **arguments
        ),
        train_dataset=train,
        eval_dataset=valid,
        callbacks=[callback],
        optimizers=(*(make(model) for make in optimizers), *[None] * (2 - len(optimizers))),
    ).train()
    rec: Recorder = callback.rec
    return rec


@pytest.mark.slow
@pytest.mark.usefixtures("_runs")
def test_a_trainer_of_hugging_face_is_recorded_by_one_line(tmp_path: Path) -> None:
    with pytest.warns(RecordingWarning, match="rows go on where"):  # the Trainer shuffles
        rec = in_transformers(tmp_path, logging_steps=5, eval_strategy="epoch")
    found = record_of(rec)
    assert (found.status, found.step) == ("finished", 80)
    assert [each.step for each in found.batches][:3] == [4, 9, 14]
    assert len(found.epochs) == 2 and found.epochs[0].valid_loss > 0
    assert (found.config.bs, found.config.bptt, found.config.epochs) == (64, 20, 2)
    assert found.config.model.startswith("WithLoss_") and found.snapshots[-1] == 80
    assert found.snapshots[:4] == (0, 1, 2, 3) and rec.doctor is not None


@pytest.mark.slow
@pytest.mark.usefixtures("_runs")
def test_a_trainer_that_logs_and_measures_nothing_is_recorded(tmp_path: Path) -> None:
    with pytest.warns(RecordingWarning, match="optimizer does not update") as said:
        rec = in_transformers(tmp_path, only_the_head, bf16=True)
    found = record_of(rec)
    assert (found.step, len(found.batches), len(found.epochs)) == (80, 0, 2)
    assert found.snapshots[:2] == (0, 1) and found.config.model.startswith("WithLoss_")
    assert not [each for each in said if "hnviz" in Path(each.filename).parts]


def only_the_head(model: loops.Model4) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.h_o.parameters(), lr=1e-3)
