"""The folder of one run.

`config.json` holds the settings and `events.jsonl` the events, one JSON object per line. Each
`snapshots/<step>.safetensors` holds weights and hidden state, and `resume.safetensors` everything
that resuming needs. `label.json` has the name and the pin that a user gave the run, `models.py` is
the file of the user's own model, and `recorded.json` describes the network of a recorded loop.
Python's json and safetensors can read them without hnviz.
"""

import json
import re
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hnviz.config import ConfigError, RunConfig
from hnviz.data import Choice, CorpusError
from hnviz.estimate import checkpoint_bytes
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.own import identity_of, model_text
from hnviz.runs.errors import DamagedRun, SnapshotNotFound
from hnviz.runs.files import (
    CONFIG,
    RESUME,
    RESUME_BEFORE,
    SNAPSHOTS,
    Tensors,
    is_locked,
    is_number,
    printable,
    read_json,
    read_tensors,
    write_atomic,
)
from hnviz.runs.record import RunFollower, RunRecord
from hnviz.runs.recorded import is_recorded, know_network
from hnviz.runs.texts import content_hash, look_beside, setting_in, text_problem
from hnviz.runs.writer import RunWriter

FORMAT = 1  # of the folder; readers refuse later formats
RANGE_TEST = "lr-"
"""Prefix of the id of a learning rate range test: a run like any other, but not in lists."""

MODELS = "models.py"  # the file with the user's own model
LABEL = "label.json"

MAX_CONFIG_BYTES = 2**16  # a real config has fewer than a thousand
MAX_LABEL_BYTES = 4096
MAX_NAME_CHARS = 60
LAST_MOMENT = 253402300799  # the end of the year 9999, in seconds since 1970

_SNAPSHOT_NAME = re.compile(r"(0|[1-9]\d{0,14})\.safetensors", re.ASCII)  # one name per step


@dataclass(frozen=True)
class RunInfo:
    """The content of config.json."""

    config: RunConfig
    versions: dict[str, str]  # versions of python and of libraries that affect figures
    device: str  # in use; before the run starts, the requested one
    created: float  # seconds since 1970
    content_hash: str = ""  # hash of the text; older runs have none
    model_identity: str = ""  # identity of the user's own model; see `hnviz.own.entries`

    def save(self, path: Path) -> None:
        """Write config.json. Raises RunWriteError."""
        content = {
            "format": FORMAT,
            "created": self.created,
            "device": self.device,
            "versions": self.versions,
            "content_hash": self.content_hash,
            **({"model_identity": self.model_identity} if self.model_identity else {}),
            "config": self.config.to_dict(),
        }
        write_atomic(path, json.dumps(content, indent=2).encode() + b"\n", "config")


class RunFolder:
    """A run's folder; reading never waits for the writer."""

    def __init__(self, path: Path, *, shipped: bool = False) -> None:
        self.path = path
        self.shipped = shipped  # part of the package, read-only

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @property
    def id(self) -> str:
        """The run's name, which is the folder's."""
        return self.path.name

    @property
    def is_range_test(self) -> bool:
        """Whether this is a learning rate range test: see `hnviz.lr_finder`."""
        return self.id.startswith(RANGE_TEST)

    @property
    def is_recorded(self) -> bool:
        """Whether a loop outside hnviz trained the run: only that loop can continue or end it."""
        return is_recorded(self.path)

    @property
    def config(self) -> RunConfig:
        """The run's settings. Raises DamagedRun."""
        return self._info.config

    @property
    def versions(self) -> dict[str, str]:
        """Versions of python and of the libraries that made the run."""
        return self._info.versions

    @property
    def created(self) -> float:
        """When the run was created, in seconds since 1970."""
        return self._info.created

    @cached_property
    def _info(self) -> RunInfo:
        return self.info()

    def info(self) -> RunInfo:
        """Read config.json. Raises DamagedRun."""
        look_beside(self.path.parent)
        try:
            content = read_json(self.path / CONFIG, MAX_CONFIG_BYTES)
            know_network(self.path, setting_in(content, "model"))
            if unknown := unknown_model(self.path, content):
                said = f"the run {self.id} cannot be read here: {unknown}"
                raise DamagedRun(said, unknown_model=True)
            problem = text_problem(self.path.parent, content)
            if problem is None:
                return info_from(content)
        except DamagedRun:
            raise
        except FileNotFoundError:
            problem = f"{CONFIG} is missing"
        except OSError as error:
            problem = f"{CONFIG} cannot be read ({error.strerror})"
        except ConfigError as error:
            problem = f"{CONFIG} has an invalid setting: {error}"
        except ValueError as error:
            problem = f"{CONFIG} is not a run's config ({error})"
        raise self.damaged(problem)

    def check_sources(self) -> None:
        """Raise DamagedRun if the run's text or model has changed since the training."""
        info = self._info
        if other := other_model(self.path, info.config.model, info.model_identity):
            raise DamagedRun(f"the run {self.id} cannot be read here: {other}")
        text = Choice(info.config.corpus, info.config.split)
        try:
            is_other = info.content_hash not in ("", content_hash(text))
        except CorpusError as error:
            raise self.damaged(str(error)) from error
        if is_other:
            raise self.damaged(
                f"{text.corpus[:60]} has other tokens now than those that the run read; it was "
                f"made by hnviz {info.versions.get('hnviz', 'of another version')}: train it again"
            )

    def damaged(self, problem: str) -> DamagedRun:
        """Return an error that names the run and its problem."""
        return DamagedRun(f"the run {self.id} is damaged: {printable(problem)}")

    def is_alive(self) -> bool:
        """Return whether a process is writing the run now."""
        return not self.shipped and is_locked(self.path)

    def snapshots(self) -> list[int]:
        """Return the steps that have a snapshot, in rising order."""
        folder = self.path / SNAPSHOTS
        names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        return sorted(int(match[1]) for name in names if (match := _SNAPSHOT_NAME.fullmatch(name)))

    def snapshot_path(self, step: int) -> Path:
        """Return the path of a step's snapshot, whether or not it exists."""
        return self.path / SNAPSHOTS / f"{step}.safetensors"

    def resolve_step(self, step: int | str) -> int:
        """Return a step that has a snapshot; "last" is the newest. Raises SnapshotNotFound."""
        if isinstance(step, int) and step >= 0 and self.snapshot_path(step).is_file():
            return step  # most often: listing all snapshots takes ten times as long
        steps = self.snapshots()
        if not steps:
            raise SnapshotNotFound(f"the run {self.id} has no snapshot yet")
        if step == "last":
            return steps[-1]
        if step not in steps:
            known = ", ".join(map(str, steps))
            raise SnapshotNotFound(
                f"the run {self.id} has no snapshot at step {step}; its snapshots are at {known}"
            )
        return int(step)

    def load_snapshot(self, step: int | str) -> Tensors:
        """Return the weights by name, and the hidden state as "state".

        Pre-trained runs hold float16. Raises SnapshotNotFound or DamagedRun.
        """
        path = self.snapshot_path(self.resolve_step(step))
        try:
            tensors = read_tensors(path, self._most_bytes)
            check_weights(tensors, self.config, path.name)
        except DamagedRun as error:
            raise self.damaged(f"{error}; choose another snapshot") from error
        return tensors

    def load_resume(self) -> Tensors | None:
        """Return the newest undamaged checkpoint; None if none was stored. Raises DamagedRun."""
        problem = None
        for name in (RESUME, RESUME_BEFORE):
            try:
                return read_tensors(self.path / name, self._most_bytes)
            except FileNotFoundError:
                continue
            except DamagedRun as error:
                problem = problem or error
        if problem is None:
            return None
        raise self.damaged(f"{problem}; start the run again") from problem

    @property
    def _most_bytes(self) -> int:
        """The size limit of a file of tensors: twice a checkpoint of this config."""
        return 2 * checkpoint_bytes(self.config)

    def read(self) -> RunRecord:
        """Return the run's record. Raises DamagedRun."""
        return RunFollower(self).poll()

    def writer(self) -> RunWriter:
        """Become the run's only writer. Raises RunBusy or RunWriteError."""
        return RunWriter(self)


def info_from(content: Any) -> RunInfo:
    """Read the JSON of config.json. Raises ValueError, perhaps as ConfigError."""
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")
    if content.get("format") != FORMAT:
        raise ValueError(
            f"its format is {content.get('format')!r:.60}, and this version reads format {FORMAT}"
            f"{_written_by(content)}"
        )
    created: Any = content.get("created")
    valid = {
        "config": isinstance(content.get("config"), dict),
        "versions": isinstance(content.get("versions"), dict),
        "created": is_number(created) and 0 <= created <= LAST_MOMENT,
    }
    for name in (name for name, fine in valid.items() if not fine):
        raise ValueError(f"it has no valid {name}")
    config = RunConfig.from_dict(content["config"])
    versions = {printable(name): printable(str(each)) for name, each in content["versions"].items()}

    def text(name: str) -> str:
        return printable(str(content.get(name, "")))

    identities = text("content_hash"), text("model_identity")
    return RunInfo(config, versions, text("device"), float(created), *identities)


def _written_by(content: dict[str, Any]) -> str:
    """Name the version that wrote a config.json, if it says so."""
    versions = content.get("versions")
    version = versions.get("hnviz") if isinstance(versions, dict) else None
    if not isinstance(version, str):
        return ""
    return f"; hnviz {printable(version):.20} wrote it: install that version to read it"


def new_info(config: RunConfig, versions: dict[str, str]) -> RunInfo:
    """Describe a run that starts now."""
    text = content_hash(Choice(config.corpus, config.split))
    model = identity_of(config.model)
    return RunInfo(config, versions, config.device, time.time(), text, model)


def check_weights(tensors: Tensors, config: RunConfig, name: str) -> None:
    """Raise DamagedRun unless every weight of the config's model is present, in the right shape.

    The vocabulary's size, nv, is taken from the embedding: this check does not know the corpus.
    """
    words = f"{entry(config.model).part('i_h').name}.weight"
    embedding = tensors.get(words)
    if embedding is None or embedding.ndim != 2:
        raise DamagedRun(f"{name} has no embedding {words} of two dimensions")
    for part in entry(config.model).parts:
        for weight in part.weights:
            key = f"{part.name}.{weight.name}"
            wanted = weight.shape(len(embedding), config.nh)
            found = tensors.get(key)
            if found is None or found.shape != wanted:
                came = "nothing" if found is None else f"shape {found.shape}"
                raise DamagedRun(
                    f"{name}: {config.model} needs {key} of shape {wanted}; got {came}"
                )


# The file of the user's own model


def keep_models(folder: Path, model: str) -> None:
    """Store the file of the user's own model. Raises RunWriteError."""
    if identity_of(model):
        write_atomic(folder / MODELS, model_text(model).encode(), "models")


def unknown_model(folder: Path, content: Any) -> str | None:
    """Say how to read a run whose model this process does not know; None if it does.

    `content` is that of config.json, which may be anything.
    """
    model = missing_model(content)
    return model and f"its model {model} is not loaded{_way_in(folder)}"


def missing_model(content: Any) -> str | None:
    """Name the user's own model of a config.json, in quotes, if this process does not know it."""
    model = setting_in(content, "model")
    if model is None or model in CATALOGUE or not content.get("model_identity"):
        return None
    return f"{model[:40]!r}"


def other_model(folder: Path, model: str, identity: str) -> str | None:
    """Say that a run's model has changed since the training; None if it has not."""
    if identity == identity_of(model):
        return None
    return f"its model {model} has changed since the training{_way_in(folder)}"


def _way_in(folder: Path) -> str:
    file = folder / MODELS
    if not file.is_file():
        return f", and the run's folder has no {MODELS} to load it from"
    return f"; to see the run, start hnviz with --models {file}"


# The label


@dataclass(frozen=True, slots=True)
class Label:
    """What is noted on a run: a name, "" for none, and whether lists show it first."""

    name: str = ""
    pinned: bool = False


NO_LABEL = Label()


def read_label(folder: Path) -> Label:
    """Return a run's label. An unreadable label counts as none: the run itself is sound."""
    try:
        content = read_json(folder / LABEL, MAX_LABEL_BYTES)
        return Label(_name(content["name"]), content["pinned"] is True)
    except (OSError, ValueError, KeyError, TypeError):
        return NO_LABEL


def write_label(folder: Path, label: Label) -> None:
    """Replace a run's label. Raises ValueError for an invalid name, or RunWriteError."""
    content = {"name": _name(label.name), "pinned": label.pinned}
    write_atomic(folder / LABEL, json.dumps(content).encode() + b"\n", "label")


def _name(name: str) -> str:
    """Return a name without superfluous spaces. Raises ValueError."""
    if not isinstance(name, str):
        raise ValueError(f"a run's name must be a text; got {str(name)[:MAX_NAME_CHARS]!r}")
    name = " ".join(part for part in name.split(" ") if part)
    if len(name) > MAX_NAME_CHARS:
        raise ValueError(
            f"a run's name can have at most {MAX_NAME_CHARS} characters; got {len(name):,}: "
            "shorten it"
        )
    if printable(name) != name or not name.isprintable():
        raise ValueError("a run's name can hold no line breaks or control characters: remove them")
    return name
