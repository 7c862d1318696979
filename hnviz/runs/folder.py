"""One run on disk, to read.

`config.json` says what decides the run, `events.jsonl` what happened, one JSON object a line;
`snapshots/<step>.safetensors` hold weights and hidden state, and `resume.safetensors` all that
going on needs. pandas and safetensors alone can read them.
"""

import json
import re
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hnviz.config import ConfigError, RunConfig
from hnviz.runs.errors import DamagedRun, SnapshotNotFound
from hnviz.runs.files import is_locked, write_atomic
from hnviz.runs.tensors import Tensors, check_weights, read_tensors

if TYPE_CHECKING:
    from hnviz.runs.record import RunRecord
    from hnviz.runs.writer import RunWriter

FORMAT = 1
"""The version of the folder's layout; a reader refuses a later one."""

CONFIG = "config.json"
EVENTS = "events.jsonl"
SNAPSHOTS = "snapshots"
RESUME = "resume.safetensors"
_SNAPSHOT_NAME = re.compile(r"(\d+)\.safetensors")


@dataclass(frozen=True)
class RunInfo:
    """What config.json holds."""

    config: RunConfig
    versions: dict[str, str]  # of python and the libraries that decide a figure
    device: str  # where the run really runs; until it has started, the one asked for
    created: float  # seconds since 1970

    def save(self, path: Path) -> None:
        """Write config.json. Raises RunWriteError."""
        content = {
            "format": FORMAT,
            "created": self.created,
            "device": self.device,
            "versions": self.versions,
            "config": self.config.to_dict(),
        }
        write_atomic(path, json.dumps(content, indent=2).encode() + b"\n")


class RunFolder:
    """A run's folder; reading it never waits for the writer."""

    def __init__(self, path: Path, *, shipped: bool = False) -> None:
        self.path = path
        self.shipped = shipped  # belongs to the package: it can be read only

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @property
    def id(self) -> str:
        """The run's name, which is the folder's."""
        return self.path.name

    @property
    def config(self) -> RunConfig:
        """Everything that decides the run. Raises DamagedRun."""
        return self._info.config

    @property
    def versions(self) -> dict[str, str]:
        """Versions of python and the libraries the run was made with."""
        return self._info.versions

    @property
    def created(self) -> float:
        """When the run was asked for, in seconds since 1970."""
        return self._info.created

    @property
    def device(self) -> str:
        """Where the run runs; before it has started, the device asked for."""
        return self.info().device

    @cached_property
    def _info(self) -> RunInfo:
        return self.info()

    def info(self) -> RunInfo:
        """Read config.json. Raises DamagedRun."""
        try:
            content = json.loads((self.path / CONFIG).read_bytes())
            return _info_from(content)
        except FileNotFoundError:
            problem = f"{CONFIG} is missing"
        except OSError as error:
            problem = f"{CONFIG} cannot be read ({error.strerror})"
        except ConfigError as error:
            problem = f"{CONFIG} holds a setting that cannot be used: {error}"
        except ValueError as error:
            problem = f"{CONFIG} is not what a run begins with ({error})"
        raise self.damaged(problem)

    def damaged(self, problem: str) -> DamagedRun:
        """Return the error that says which run is damaged, and how."""
        return DamagedRun(f"the run {self.id} is damaged: {problem}")

    def is_alive(self) -> bool:
        """Say whether a process writes the run now."""
        return not self.shipped and is_locked(self.path)

    def snapshots(self) -> list[int]:
        """Return the steps that have a snapshot, rising."""
        folder = self.path / SNAPSHOTS
        names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(match[1]) for name in names if (match := _SNAPSHOT_NAME.fullmatch(name)))

    def snapshot_path(self, step: int) -> Path:
        """Return where the snapshot of a step stands, or would stand."""
        return self.path / SNAPSHOTS / f"{step}.safetensors"

    def resolve_step(self, step: int | str) -> int:
        """Turn "last" into the newest snapshot's step. Raises SnapshotNotFound."""
        steps = self.snapshots()
        if not steps:
            raise SnapshotNotFound(f"the run {self.id} has no snapshot yet")
        if step == "last":
            return steps[-1]
        if step not in steps:
            known = ", ".join(map(str, steps))
            raise SnapshotNotFound(
                f"the run {self.id} has no snapshot at step {step}; it has them at {known}"
            )
        return int(step)

    def load_snapshot(self, step: int | str) -> Tensors:
        """Return the weights by their names and the hidden state as "state".

        Shipped runs hold float16. Raises SnapshotNotFound or DamagedRun.
        """
        path = self.snapshot_path(self.resolve_step(step))
        try:
            tensors = read_tensors(path, "choose another snapshot")
            check_weights(tensors, self.config, path.name)
        except DamagedRun as error:
            raise self.damaged(str(error)) from error
        return tensors

    def load_resume(self) -> Tensors | None:
        """Return what going on needs; None where nothing was stored. Raises DamagedRun."""
        try:
            return read_tensors(self.path / RESUME, "delete it to start the run anew")
        except FileNotFoundError:
            return None
        except DamagedRun as error:
            raise self.damaged(str(error)) from error

    def read(self) -> "RunRecord":
        """Return all that is known of the run. Raises DamagedRun."""
        from hnviz.runs.follower import RunFollower

        return RunFollower(self).poll()

    def writer(self) -> "RunWriter":
        """Become the run's one writer. Raises RunBusy or RunWriteError."""
        from hnviz.runs.writer import RunWriter

        return RunWriter(self)


def _info_from(content: Any) -> RunInfo:
    if not isinstance(content, dict):
        raise ValueError("no JSON object")
    if content.get("format") != FORMAT:
        raise ValueError(
            f"its format is {content.get('format')!r}, and this version reads format {FORMAT}"
        )
    for name, wanted in (("config", dict), ("versions", dict), ("created", (int, float))):
        if not isinstance(content.get(name), wanted):
            raise ValueError(f"it has no {name} that can be used")
    config = RunConfig.from_dict(content["config"])
    versions = {str(name): str(version) for name, version in content["versions"].items()}
    return RunInfo(config, versions, str(content.get("device")), float(content["created"]))


def new_info(config: RunConfig, versions: dict[str, str]) -> RunInfo:
    """Describe a run that begins now."""
    return RunInfo(config, versions, config.device, time.time())
