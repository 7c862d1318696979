"""``hnviz train`` and ``hnviz resume``: train a run in its folder."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING

from hnviz.cli.parser import (
    CommandError,
    add_models,
    add_runs_dir,
    add_text,
    chosen_corpus,
    real,
    run_ids,
    run_store,
    whole,
)
from hnviz.cli.training import (
    Progress,
    json_row,
    loading,
    table_head,
    table_row,
    use_one_thread,
)
from hnviz.config import CHOICES, SETTINGS, RunConfig
from hnviz.estimate import Budget
from hnviz.events import BatchEnd, Ended, EpochEnd, Event, Resumed, RunStarted
from hnviz.models.catalogue import CATALOGUE

if TYPE_CHECKING:
    from hnviz.engine.trainer import Control
    from hnviz.runs import RunFolder

OPTIONS = tuple(name for name in SETTINGS if name not in ("model", "corpus"))
"""The settings with an option of the same name."""
STATUS = {"finished": 0, "diverged": 1, "failed": 2, "stopped": 130}
"""A run's ending -> exit status; a stopped run is kept and can be resumed."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the settings of a run."""
    parser.add_argument(
        "--model",
        default="Model5",
        help=f"{', '.join(CATALOGUE)}, or one of your own (default Model5)",
    )
    add_settings(parser, OPTIONS)
    add_text(parser)
    add_runs_dir(parser)
    add_models(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object per epoch")


def add_settings(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Add an option for each of some settings of a run."""
    kinds: dict[str, Callable[[str], object]] = {"word": str, "whole": whole}
    for name in names:
        each = SETTINGS[name]
        choices = f" One of {', '.join(CHOICES[name])}." if each.kind == "word" else ""
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kinds.get(each.kind, real),
            help=f"{each.help}{choices}",
        )


def run(options: argparse.Namespace) -> int:
    """Train a run; return the exit status."""
    given = {name: getattr(options, name) for name in OPTIONS}
    config = RunConfig.for_model(options.model, corpus=chosen_corpus(options), **given)

    with loading():
        from hnviz.learn import DeviceError, resolve_device
        from hnviz.runs import RunStore, RunWriteError, default_runs_dir

    _warn(config)
    runs_dir = options.runs_dir or default_runs_dir()
    try:
        resolve_device(config.device)
        if problem := Budget.here(1, runs_dir, os.environ).problem(config):
            raise CommandError(problem)
        folder = RunStore(runs_dir).create(config)
    except (DeviceError, RunWriteError) as error:
        raise CommandError(str(error)) from error
    return train_folder(folder, as_json=options.json)


def train_folder(folder: "RunFolder", *, as_json: bool) -> int:
    """Train a run from its last stored state, and report it; return the exit status."""
    with loading():
        from hnviz.engine.trainer import Control, run_in_folder
        from hnviz.learn import DeviceError
        from hnviz.runs import DamagedRun, RunBusy, RunWriteError

    use_one_thread()
    control = Control()
    signal.signal(signal.SIGINT, _stopper(control))
    reporter = Reporter(folder, control, as_json=as_json)
    try:
        ended = run_in_folder(folder, control, reporter)
    except (DamagedRun, DeviceError, RunBusy, RunWriteError) as error:
        raise CommandError(str(error)) from error
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if reporter.output_error:
        raise reporter.output_error
    return reporter.close(ended)


def _warn(config: RunConfig) -> None:
    """Warn of a split that is shorter than one mini-batch."""
    from hnviz.data import BatchLayout, stream_of  # needs numpy, which delays the start
    from hnviz.data.stream import SPLITS

    stream = stream_of(config)
    for split in SPLITS:
        layout = BatchLayout(len(stream.ids(split)), config.bs, config.bptt)
        if said := layout.crowding(split):
            print(f"hnviz: {said}", file=sys.stderr)


def _stopper(control: "Control") -> Callable[[int, FrameType | None], None]:
    def stop(number: int, frame: FrameType | None) -> None:
        control.stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a second Ctrl-C ends at once

    return stop


class Reporter:
    """Reports a run's events: a bar on stderr, a row per epoch on stdout."""

    def __init__(self, folder: "RunFolder", control: "Control", *, as_json: bool) -> None:
        self.folder = folder
        self.control = control
        self.as_json = as_json
        self.progress = Progress(1)
        self.output_error: OSError | None = None
        self.last: EpochEnd | None = None

    def __call__(self, event: Event) -> None:
        """Show one event; if stdout is closed, stop the run and keep it."""
        try:
            self._show(event)
        except OSError as error:
            self.output_error = error
            self.control.stop()

    def _show(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._begin(event)
        elif isinstance(event, Resumed) and (started := self.folder.read().started):
            self._begin(started)
        elif isinstance(event, BatchEnd):
            self.progress.update(event.step + 1, event.smooth_loss)
        elif isinstance(event, EpochEnd):
            self.last = event
            self.progress.clear()
            print(json_row(event) if self.as_json else table_row(event), flush=True)

    def _begin(self, started: RunStarted) -> None:
        print(f"{self.folder.path} on {started.device}", file=sys.stderr)
        self.progress = Progress(started.n_steps)
        if not self.as_json:
            print(table_head(), flush=True)

    def close(self, ended: Ended | None) -> int:
        """Print how the run ended, and return the exit status."""
        self.progress.clear()
        if ended is None:
            return STATUS["stopped"]
        kept = "" if ended.status == "failed" else f"; the run is kept in {self.folder.path}"
        print(f"hnviz: {ended.message}{kept}", file=sys.stderr)
        self._judge(ended)
        return STATUS[ended.status]

    def _judge(self, ended: Ended) -> None:
        """Print whether a run on a task has reached the best possible result."""
        from hnviz.tasks.machine import TaskError
        from hnviz.tasks.reach import after, is_task, loss_line

        config = self.folder.config
        if ended.status != "finished" or self.last is None or not is_task(config.corpus):
            return
        try:
            judged = after(config, self.last.accuracy).sentence
            said = f"{judged} {loss_line(config, self.last.valid_loss)}"
        except TaskError as error:  # an automaton too large for exact figures
            said = str(error)
        print(said, file=sys.stderr)


def add_resume_options(parser: argparse.ArgumentParser) -> None:
    """Add the run, and the folder of the runs."""
    parser.add_argument(
        "name", metavar="RUN", help="the run's id, or its folder as train prints it"
    )
    add_runs_dir(parser)
    add_models(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object per epoch")


def resume(options: argparse.Namespace) -> int:
    """Train the rest of a run; return the exit status."""
    from hnviz.runs import DamagedRun, RunNotFound

    (run_id,), options.runs_dir = run_ids([options.name], options.runs_dir)
    try:
        folder = run_store(options).folder(run_id)
        folder.check_sources()
        record = folder.read()
    except (RunNotFound, DamagedRun) as error:
        raise CommandError(str(error)) from error
    if record.recorded:
        raise CommandError(f"a loop outside hnviz trained the run {run_id}: continue it there")
    if not record.resumable:
        raise CommandError(
            f"the run {run_id} is {record.status}; a run that was stopped, interrupted or failed "
            "can continue"
        )
    return train_folder(folder, as_json=options.json)


COMMANDS = {"train": (add_options, run), "resume": (add_resume_options, resume)}
