"""Lightning's training, recorded: `Trainer(callbacks=hnviz.LightningCallback())`."""

from importlib.util import find_spec
from typing import Any

from torch import Tensor, nn

from hnviz.given import said
from hnviz.recording import record
from hnviz.recording.optional import from_package
from hnviz.recording.recorder import NAN, Recorder

PACKAGE = "lightning.pytorch" if find_spec("lightning") else "pytorch_lightning"
Callback: Any = from_package(PACKAGE, "Callback", "lightning")


class LightningCallback(Callback):
    """Records a `fit` of a trainer as a run; takes the text and options of `hnviz.record`.

    `model` names the submodule of your LightningModule that is the network; without it, it is the
    only submodule, or the module itself. What `training_step` returns may hold "logits" and "y".
    """

    def __init__(self, text: Any = "human_numbers", *, model: str = "", **options: Any) -> None:
        super().__init__()
        self.text, self.model, self.options = text, model, options
        self.rec: Recorder | None = None

    def on_train_start(self, trainer: Any, pl_module: nn.Module) -> None:
        """Begin a run."""
        children = list(pl_module.children())
        model = children[0] if len(children) == 1 else pl_module
        if self.model:
            model = pl_module.get_submodule(self.model)
        size = {"epochs": trainer.max_epochs or 1, "n_batches": int(trainer.num_training_batches)}
        optimizer = trainer.optimizers[0] if trainer.optimizers else None
        options = {**({"optimizer": optimizer} if optimizer else {}), **size, **self.options}
        self.rec = record(model, self.text, **options)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, *_: Any) -> None:
        """Record a mini-batch of train."""
        if self.rec is None or outputs is None:
            return
        told = outputs if isinstance(outputs, dict) else {"loss": outputs}
        self.rec.batch(told["loss"], told.get("logits"), told.get("y"))

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Record what was logged as the loss and the accuracy on valid."""
        if self.rec is not None:
            figures = trainer.callback_metrics
            self.rec.epoch(_named(figures, "loss"), _named(figures, "acc"))

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """End the run."""
        if self.rec is not None:
            self.rec.close("stopped" if trainer.interrupted else "finished")

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """End the run with the error that ended the training."""
        if self.rec is not None:
            failed = isinstance(exception, Exception)
            message = f"the loop raised {said(exception)}" if failed else ""
            self.rec.close("failed" if failed else "stopped", message)


def _named(figures: dict[str, Tensor], what: str) -> float:
    """Return the figure on valid whose name holds a word; nan without one."""
    names = (name for name in figures if "val" in name and what in name)
    found = next(names, None)
    return NAN if found is None else float(figures[found])
