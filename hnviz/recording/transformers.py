"""Hugging Face's Trainer, recorded: `Trainer(callbacks=[hnviz.TransformersCallback(text)])`."""

from typing import Any

from hnviz.recording import record
from hnviz.recording.optional import from_package
from hnviz.recording.recorder import NAN, Recorder

TrainerCallback: Any = from_package("transformers", "TrainerCallback", "transformers")


class TransformersCallback(TrainerCallback):
    """Records a training as a run; takes the text and options of `hnviz.record`.

    The Trainer shows a callback no single mini-batch: the run has the losses that it logs, each a
    mean over `logging_steps` steps.
    """

    def __init__(self, text: Any = "human_numbers", **options: Any) -> None:
        self.text, self.options = text, options
        self.rec: Recorder | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Begin a run."""
        epochs = max(1, round(args.num_train_epochs))
        size = {"epochs": epochs, "n_batches": max(1, state.max_steps // epochs)}
        optimizer = given.get("optimizer")
        optimizer = getattr(optimizer, "optimizer", optimizer)  # accelerate's has no hooks
        known = {"bs": args.train_batch_size, "lr": args.learning_rate, "optimizer": optimizer}
        options = {**known, **size, **self.options}
        self.rec = record(given["model"], self.text, **options)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Count a step, and let the doctor look at it."""
        if self.rec is not None:
            self.rec.stepped(done=state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Record a logged loss."""
        logs = given.get("logs") or {}
        if self.rec is not None and "loss" in logs:
            step = state.global_step - 1
            self.rec.batch(float(logs["loss"]), lr=logs.get("learning_rate"), step=step)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Record the end of an epoch that no evaluation follows."""
        if self.rec is not None and args.eval_strategy == "no":
            self.rec.epoch()

    def on_evaluate(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Record what was measured on valid."""
        figures = given.get("metrics") or {}
        if self.rec is not None:
            accuracy = figures.get("eval_accuracy", NAN)
            self.rec.epoch(figures.get("eval_loss", NAN), accuracy)

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """End the run."""
        if self.rec is not None:
            self.rec.close()
