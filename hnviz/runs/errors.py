"""What can go wrong with a run folder; each message is a sentence that a page can show as it is."""
# ruff: noqa: N818 - each name says what is the case


class RunNotFound(ValueError):
    """No run has this id."""


class SnapshotNotFound(ValueError):
    """The run has no snapshot at this step."""


class DamagedRun(ValueError):
    """A file of the run cannot be read."""


class RunBusy(RuntimeError):
    """Another process writes this run."""


class RunWriteError(RuntimeError):
    """A file of the run could not be written; what was stored before is whole."""
