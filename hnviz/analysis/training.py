"""The runs of some settings: those that are here, and those that are trained now.

Each run is trained by ``python -m hnviz resume`` in a process of its own, so the notebook's torch,
its threads and its random numbers stay as they are.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import hnviz
from hnviz.config import RunConfig
from hnviz.engine.scheduler import Limits
from hnviz.figures.sentences import plural
from hnviz.learn import device_of
from hnviz.own import identity_of
from hnviz.runs import RESUMABLE, RunFolder, RunStore
from hnviz.runs.folder import MODELS

DONE = ("finished", "diverged")  # a run that diverged is a result, too
POLL_SECONDS = 0.1
STOP_SECONDS = 20.0  # for a run to store a checkpoint
LAST_BYTES = 300  # of what a process has said

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Process:
    """A run that trains, and the process that trains it."""

    folder: RunFolder
    process: "subprocess.Popen[bytes]"
    said: IO[bytes]  # its stderr, in a file: a pipe that nobody reads would stop it when full


def runs_of(
    configs: Sequence[RunConfig], store: RunStore, progress: Progress | None = None
) -> list[RunFolder]:
    """Return a run of each of some settings, trained to its end.

    A run that is here with the same settings is taken, a stopped one goes on. `progress` hears a
    sentence at the beginning and after each run. Raises ValueError, and RunWriteError.
    """
    known = _known(store, configs)
    limits = Limits.from_environ(os.environ, store.root)
    missing = [config for config in configs if _key(config) not in known]
    for config in missing:
        device_of(config)  # raises if this machine does not have it
        if problem := limits.budget.problem(config):
            raise ValueError(problem)
    folders = [known.get(_key(config)) or store.create(config) for config in configs]
    waiting = [folder for folder in folders if folder.read().status not in DONE]
    _train(waiting, limits.trainers, progress or (lambda said: None))
    return folders


def _known(store: RunStore, configs: Sequence[RunConfig]) -> dict[str, RunFolder]:
    """Find runs with the same settings: one that is done, or else one that can go on."""
    wanted, found = {_key(config) for config in configs}, dict[str, tuple[int, RunFolder]]()
    for line in store.summaries():
        key = _key(line.config) if line.config else ""
        if key not in wanted or not _is_sound(store.folder(line.id)):
            continue
        rank = 2 if line.status in DONE else 1 if line.status == "running" else 0
        if key not in found or rank > found[key][0]:
            found[key] = rank, store.folder(line.id)
    for rank, folder in found.values():
        if rank == 1:
            raise ValueError(
                f"the run {folder.id} has these settings and trains now: wait until it has ended"
            )
    return {key: folder for key, (_, folder) in found.items()}


def _is_sound(folder: RunFolder) -> bool:
    """Return whether a run's text and model are those of today."""
    with suppress(ValueError):
        folder.check_sources()
        return True
    return False


def _key(config: RunConfig) -> str:
    """Return what runs with the same settings have in common; "auto" is the device that it is."""
    device = device_of(config) if config.device == "auto" else config.device
    return repr(config.to_dict() | {"device": device})


def _train(waiting: list[RunFolder], at_a_time: int, progress: Progress) -> None:
    """Train runs side by side; if that is interrupted, each stops at a checkpoint."""
    training: list[_Process] = []
    n, left = len(waiting), waiting[::-1]
    if n:
        progress(f"{plural(n, 'run')} to train, {min(n, at_a_time)} at a time")
    try:
        while left or training:
            while left and len(training) < at_a_time:
                training.append(_begun(left.pop()))
            time.sleep(POLL_SECONDS)
            for each in [each for each in training if each.process.poll() is not None]:
                training.remove(each)
                _check(each)
                progress(f"{n - len(left) - len(training):,} of {n:,} runs trained")
    finally:
        _stop(training)


def _begun(folder: RunFolder) -> _Process:
    status = folder.read().status
    if status not in RESUMABLE:
        raise ValueError(f"the run {folder.id} is {status} and cannot go on")
    words = [sys.executable, "-m", "hnviz", "resume", folder.id]
    words += ["--runs-dir", str(folder.path.parent)]
    if identity_of(folder.config.model):
        words += ["--models", str(folder.path / MODELS)]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the process lives
    process = subprocess.Popen(
        words,
        env=_environ(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=file,
    )
    return _Process(folder, process, file)


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Let the process import the hnviz that this one uses."""
    root = str(Path(hnviz.__file__).parent.parent)
    path = os.pathsep.join([root, *filter(None, [environ.get("PYTHONPATH")])])
    return {**environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def _check(ended: _Process) -> None:
    """Raise ValueError for a run that has not come to an end."""
    with ended.said as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_BYTES))
        last = file.read().decode(errors="replace").strip()
    if ended.folder.read().status not in DONE:
        raise ValueError(f"the run {ended.folder.id} did not come to its end: {last}")


def _stop(training: list[_Process]) -> None:
    for each in training:
        each.process.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
    for each in training:
        with suppress(subprocess.TimeoutExpired):
            each.process.wait(STOP_SECONDS)
        each.process.kill()
        each.said.close()
