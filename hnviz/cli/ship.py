"""``hnviz ship``: train the package's pre-trained runs again, and write answers about them."""

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from hnviz.cli.parser import CommandError, folder
from hnviz.cli.training import Progress, use_one_thread
from hnviz.config import RunConfig
from hnviz.events import BatchEnd, Event, RunStarted


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the destination and the run."""
    parser.add_argument(
        "--dest", type=folder, metavar="DIR", help="default: hnviz/shipped, inside the package"
    )
    parser.add_argument("--only", metavar="RUN", help="one run, such as Model5-blocks")
    parser.add_argument(
        "--train-pass",
        action="store_true",
        help="train nothing: read train once with the last weights of the runs in the folder, and "
        "store the accuracy",
    )
    parser.add_argument(
        "--answers", action="store_true", help="write the answers only, and train nothing"
    )


def run(options: argparse.Namespace) -> int:
    """Train each run on the cpu with seed 0, replace the packaged one, and write its answers."""
    from hnviz.runs import SHIPPED_DIR, RunWriteError, shipped_configs

    dest = options.dest or SHIPPED_DIR
    configs = shipped_configs()
    if options.only is not None:
        if options.only not in configs:
            raise CommandError(
                f"no pre-trained run is named {options.only!r}; choose one of {', '.join(configs)}"
            )
        configs = {options.only: configs[options.only]}
    _check_place(dest)
    try:
        for run_id, config in {} if options.answers else configs.items():
            made = read_train if options.train_pass else ship_model
            path = made(config, dest / run_id)
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            print(f"{path}  {size / 1e6:.1f} MB", flush=True)
        if dest == SHIPPED_DIR and not options.train_pass:  # pages open with the package's own runs
            write_answers(dest)
    except RunWriteError as error:
        raise CommandError(str(error)) from error
    return 0


def write_answers(dest: Path) -> None:
    """Write the answers that pages, lessons and the README open with. Raises RunWriteError."""
    from hnviz.engine.client import close_shared_engine
    from hnviz.engine.observer import answer_now
    from hnviz.runs import shipped_configs
    from hnviz.runs.answers import ship_answers
    from hnviz.runs.files import scratch
    from hnviz.runs.store import RUNS_DIR_VARIABLE

    use_one_thread()
    with scratch() as place:
        os.environ[RUNS_DIR_VARIABLE] = str(place)  # no run of the user's hides one
        from hnviz.export.opening import answers_of, choose_answers

        runs = [run for run in shipped_configs() if (dest / run).is_dir()]
        answers = answers_of(runs, answer_now, lambda done, of: _say(f"page {done} of {of}"))
        kept = choose_answers(answers)
        close_shared_engine()
    for run, each in kept.items():
        ship_answers(dest / run, each.answers)
        size = sum(len(packed) for _, packed in each.answers.values())
        left_out = len(answers[run].answers) - len(each.answers)
        print(
            f"{dest / run}  {len(each.answers)} answers, {size / 1e6:.2f} MB, {left_out} left out, "
            f"{each.seconds:.0f} s to compute",
            flush=True,
        )


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text} ", end="", file=sys.stderr, flush=True)


def _check_place(dest: Path) -> None:
    """Raise CommandError if nothing can be written there: better now than after training."""
    try:
        dest.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=dest):
            pass
    except OSError as error:
        raise CommandError(f"no run can be written to {dest}: {error.strerror}") from error


def ship_model(config: RunConfig, dest: Path) -> Path:
    """Train a run in a temporary folder, and put its small copy in place. Raises CommandError."""
    from hnviz.engine.trainer import run_in_folder
    from hnviz.runs import RunStore
    from hnviz.runs import ship as copy_small
    from hnviz.runs.files import scratch

    use_one_thread()
    with scratch() as place:
        folder = RunStore(place).create(config)
        bar = _Bar(dest.name)
        ended = run_in_folder(folder, listen=bar)
        bar.progress.clear()
        if ended is None or ended.status != "finished":
            message = ended.message if ended else "the run was interrupted"
            raise CommandError(f"{dest.name} was not replaced: {message}")
        unfinished = dest.with_name(f".new-{dest.name}")
        shutil.rmtree(unfinished, ignore_errors=True)
        copy_small(folder, unfinished)
        shutil.rmtree(dest, ignore_errors=True)
        return unfinished.rename(dest)


def read_train(config: RunConfig, dest: Path) -> Path:
    """Add the pass over train to a packaged run. Raises CommandError if the run is missing."""
    from hnviz.data import stream_of
    from hnviz.learn import Learner, load_model
    from hnviz.runs import RunFolder
    from hnviz.runs.shipped import write_events

    use_one_thread()
    folder, learner = RunFolder(dest, shipped=True), Learner(config)
    record = folder.read()
    if record.ended is None or folder.config != config:
        raise CommandError(f"{dest} is not the finished run of this recipe; ship it again")
    weights, nv = folder.load_snapshot(record.step), len(stream_of(config).vocab)
    learner.model, learner.step = load_model(config, nv, weights), record.step
    write_events(replace(record, train_pass=learner.train_pass()), dest)
    return dest


class _Bar:
    """Listens to a run and draws a progress bar."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.progress = Progress(1, stream=sys.stderr)

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.progress = Progress(event.n_steps, f"{self.name} ")
        elif isinstance(event, BatchEnd):
            self.progress.update(event.step + 1, event.smooth_loss)


COMMANDS = {"ship": (add_options, run)}
