"""What a worker does with the runs that it is given."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from hnviz.engine.trainer import Control, run_in_folder
from hnviz.runs import DamagedRun, RunBusy, RunFolder, RunWriteError
from hnviz.runs.folder import CONFIG
from hnviz.runs.stop import drop_stop, is_asked_to_stop
from hnviz.runs.texts import look_beside

LOOK_SECONDS = 0.1  # between two looks for a request to stop

log = logging.getLogger(__name__)


def train_runs(paths: Sequence[str]) -> str:
    """Train the runs in some folders, one after the other, as the local engine's trainers do.

    Each goes on from its checkpoint, and leaves out one that is asked to stop. Returns "", or a
    sentence that says why no run can be trained here.
    """
    torch.set_num_threads(1)
    seen = [path for path in map(Path, paths) if (path / CONFIG).is_file()]
    if paths and not seen:  # where some are there, the others were deleted
        return (
            f"a worker does not see the runs in {Path(paths[0]).parent}; put them in a folder on a "
            "disk that all workers share"
        )
    for path in seen:
        look_beside(path.parent)
        if not is_asked_to_stop(path):
            _train(RunFolder(path))
        drop_stop(path)
    return ""


def _train(folder: RunFolder) -> None:
    control = Control()
    try:
        with _stopped_on_request(folder.path, control):
            run_in_folder(folder, control)
    except (DamagedRun, RunBusy, RunWriteError) as error:
        log.warning("%s", error)  # its folder, or its other writer's, shows how far it is


@contextmanager
def _stopped_on_request(folder: Path, control: Control) -> Iterator[None]:
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            if is_asked_to_stop(folder):
                return control.stop()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
