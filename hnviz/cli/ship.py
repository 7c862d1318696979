"""``hnviz ship``: the six small runs that come with the package, trained anew."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from hnviz.catalogue import CATALOGUE
from hnviz.cli.parser import CommandError
from hnviz.cli.progress import Progress
from hnviz.cli.threads import use_one_thread
from hnviz.config import RunConfig
from hnviz.events import BatchEnd, Event, RunStarted

SUMMARY = "train the six models with their recipes and store them as the runs that ship"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add where to ship to."""
    parser.add_argument(
        "--dest", type=Path, metavar="DIR", help="default: hnviz/shipped, inside the package"
    )


def run(options: argparse.Namespace) -> int:
    """Train each model on the cpu with seed 0, and replace its shipped run."""
    from hnviz.runs import SHIPPED_DIR, RunWriteError

    dest = options.dest or SHIPPED_DIR
    try:
        for model in CATALOGUE:
            path = ship_model(RunConfig.for_model(model, seed=0, device="cpu"), dest / model)
            size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            print(f"{path}  {size / 1e6:.1f} MB", flush=True)
    except RunWriteError as error:
        raise CommandError(str(error)) from error
    return 0


def ship_model(config: RunConfig, dest: Path) -> Path:
    """Train a run in a place of its own, and swap its small copy in. Raises CommandError."""
    from hnviz.engine.recorder import run_in_folder
    from hnviz.runs import RunStore
    from hnviz.runs import ship as copy_small

    use_one_thread()
    with tempfile.TemporaryDirectory(prefix="hnviz-ship-") as scratch:
        folder = RunStore(Path(scratch)).create(config)
        bar = _Bar(config.model)
        ended = run_in_folder(folder, listen=bar)
        bar.progress.clear()
        if ended is None or ended.status != "finished":
            message = ended.message if ended else "the run was left"
            raise CommandError(f"{config.model} is not shipped: {message}")
        unfinished = dest.with_name(f".new-{dest.name}")
        shutil.rmtree(unfinished, ignore_errors=True)
        copy_small(folder, unfinished)
        shutil.rmtree(dest, ignore_errors=True)
        return unfinished.rename(dest)


class _Bar:
    """Hears a run and draws its progress."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.progress = Progress(1, stream=sys.stderr)

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self.progress = Progress(event.n_steps, f"{self.model} ")
        elif isinstance(event, BatchEnd):
            self.progress.update(event.step + 1, event.smooth_loss)
