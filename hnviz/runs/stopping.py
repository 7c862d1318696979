"""A request to stop a run, as a file in its folder: its writer may be on another machine."""

from contextlib import suppress
from pathlib import Path

from hnviz.runs.files import written_whole

REQUEST_NAME = "stop"


def ask_to_stop(folder: Path) -> None:
    """Ask the process that writes a run to stop it. Raises RunWriteError."""
    with written_whole(folder / REQUEST_NAME):
        (folder / REQUEST_NAME).touch()


def is_asked_to_stop(folder: Path) -> bool:
    """Return whether somebody has asked for a run's stop."""
    return (folder / REQUEST_NAME).exists()


def drop_stop(folder: Path) -> None:
    """Forget a request: the run has stopped, or is to train again."""
    with suppress(OSError):
        (folder / REQUEST_NAME).unlink()
