"""Errors of runs; each message is a sentence that a page can show unchanged."""
# ruff: noqa: N818 - each name states the problem


class RunNotFound(ValueError):
    """No run has this id."""


class SnapshotNotFound(ValueError):
    """The run has no snapshot at this step."""


class DamagedRun(ValueError):
    """A file of the run cannot be read, or (`unknown_model`) its model is not loaded here."""

    def __init__(self, message: str, *, unknown_model: bool = False) -> None:
        super().__init__(message)
        self.unknown_model = unknown_model


class RunBusy(RuntimeError):
    """Another process is writing this run."""


class RunWriteError(RuntimeError):
    """A file of the run could not be written; everything stored before is intact."""
