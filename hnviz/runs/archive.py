"""Writes a run as one zip file, to send or to keep, and reads it back."""

import re
import shlex
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from hnviz import disk
from hnviz.config import RunConfig
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import text_hash, way_of
from hnviz.runs.answers import RECORDED_ANSWERS, answers_path
from hnviz.runs.errors import DamagedRun
from hnviz.runs.files import (
    CONFIG,
    EVENTS,
    RESUME,
    SNAPSHOTS,
    Tensors,
    checkpoint_content,
    open_regular,
    parse_json,
    writing,
)
from hnviz.runs.folder import MAX_CONFIG_BYTES, RunFolder, info_from, missing_model
from hnviz.runs.record import RunRecord
from hnviz.runs.recorded import MAX_BYTES as MAX_BYTES_RECORDED
from hnviz.runs.recorded import RECORDED, lent_network
from hnviz.runs.store import RunStore
from hnviz.runs.texts import setting_in

TEXT = "text.txt"  # the user's own text that the run read
ALWAYS_NAMED = ("model", "bptt", "lr", "epochs", "bs", "nh", "seed")
"""The settings that `repeat_command` always names; it names others only if they are unusual."""

MAX_FILES = 256  # a run has at most 48 snapshots, a recorded one 120, perhaps with answers
MAX_BYTES = 2**31  # in all files, unpacked
PIECE_BYTES = 2**20  # unpacked at a time
BROKEN = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError),
    *(NotImplementedError, UnicodeDecodeError),
)
"""What reading a broken zip file raises."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_NAME = re.compile(
    rf"{CONFIG}|{EVENTS}|{RECORDED}|{TEXT}|{RESUME}|{SNAPSHOTS}/(0|[1-9]\d{{0,14}})\.safetensors"
    rf"|{RECORDED_ANSWERS}/(0|[1-9]\d{{0,14}})\.zip",
    re.ASCII,
)
_LIMITS = {CONFIG: MAX_CONFIG_BYTES, RECORDED: MAX_BYTES_RECORDED, TEXT: texts.MAX_TEXT_BYTES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The limits of an import. Each function says what is wrong with a run, "" for nothing."""

    most: int | None = None  # bytes of all files, unpacked; None for MAX_BYTES
    most_events: int | None = None  # bytes of its events
    without: Collection[str] = ()  # files and folders that the zip file must not have
    config: Callable[[RunConfig], str] = lambda config: ""
    run: Callable[[RunFolder], str] = lambda run: ""


OPEN = Door()
"""Takes any run of hnviz: the user chose the file."""


class ArchiveError(ValueError):
    """A file does not hold a run; the message says what was wanted and what came."""


def pack(folder: RunFolder, file: IO[bytes]) -> None:
    """Write a run as a zip file: its config, events, snapshots, checkpoint and the user's own text.

    A damaged checkpoint is left out: the unpacked run can be viewed, but not resumed. Raises
    DamagedRun.
    """
    name = text_hash(folder.config.corpus)
    checkpoint = _checkpoint(folder)  # first: of a run that trains, the events must reach it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for each in (folder.path / name for name in (CONFIG, EVENTS, RECORDED)):
            if each.is_file():
                made.write(each, each.name)
        for step in folder.snapshots():
            path = folder.snapshot_path(step)
            made.write(path, f"{SNAPSHOTS}/{path.name}", zipfile.ZIP_STORED)  # weights are noise
            if (answers := answers_path(folder, step)).is_file():
                made.write(answers, f"{RECORDED_ANSWERS}/{answers.name}", zipfile.ZIP_STORED)
        if checkpoint is not None:
            made.writestr(RESUME, checkpoint, zipfile.ZIP_STORED)
        if name is not None:
            made.writestr(TEXT, texts.text_of(name))


def _checkpoint(folder: RunFolder) -> bytes | None:
    try:
        tensors = folder.load_resume()
    except DamagedRun:
        return None
    return None if tensors is None else checkpoint_content(tensors)


def unpack(store: RunStore, path: Path) -> RunFolder:
    """Add the run in a zip file to a store, as `unpack_file` does."""
    try:
        with open_regular(path.resolve()) as file:
            return unpack_file(store, file, str(path))
    except FileNotFoundError:
        raise ArchiveError(f"there is no file {path}") from None
    except OSError as error:
        raise ArchiveError(f"{path} cannot be read: {error.strerror or error}") from error


def unpack_file(store: RunStore, file: IO[bytes], source: str, door: Door = OPEN) -> RunFolder:
    """Add the run in an open zip file to a store, under a new id; `source` names it in errors.

    A file that does not hold a complete run, or one that `door` does not take, leaves nothing
    behind. Raises ArchiveError, RunWriteError or OSError.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = _checked(archive, source, door)
            content = _json(archive, source)
            text, recorded = _own_text(archive, source), _content(archive, RECORDED)
            with texts.lent(text), lent_network(recorded, setting_in(content, "model")):
                config = _config(content, source)
                _refuse(source, door.config(config))
                return store.add(
                    config, partial(_fill, archive, members), partial(_check, source, door)
                )
    except BROKEN as error:
        raise ArchiveError(f"{source} is not a complete zip file: {error!s:.200}") from error
    except DamagedRun as error:
        problem = str(error).split(" is damaged: ", 1)[-1]
        raise ArchiveError(f"{source} does not hold a complete run: {problem}") from error


def _refuse(source: str, problem: str) -> None:
    if problem:
        raise ArchiveError(f"{source} is not taken: {problem}")


def _checked(archive: zipfile.ZipFile, source: str, door: Door) -> list[zipfile.ZipInfo]:
    """Return the files in an archive. Raises ArchiveError for one that is not a run's file."""
    members = archive.infolist()
    if len(members) > MAX_FILES:
        raise ArchiveError(f"{source} has {len(members):,} files; a run has at most {MAX_FILES}")
    for problem in problems(members, door):
        raise ArchiveError(f"{source} is not a run of hnviz: {problem}")
    return members


def problems(members: list[zipfile.ZipInfo], door: Door = OPEN) -> Iterator[str]:
    """Yield what is wrong with the files that an archive lists, before any is unpacked."""
    most = MAX_BYTES if door.most is None else door.most
    limits = {**_LIMITS, EVENTS: door.most_events or most}
    names = [member.filename for member in members]
    if CONFIG not in names:
        yield f"it has no {CONFIG}"
    for member in members:
        name, size = member.filename, member.file_size
        if not _NAME.fullmatch(name) or name.partition("/")[0] in door.without:
            yield f"it has a file named {name[:60]!r}"
        if stat.S_ISLNK(member.external_attr >> 16):
            yield f"{name} is a link"
        if member.flag_bits & 1:
            yield f"{name} needs a password"
        if member.compress_type not in METHODS:
            yield f"{name} is not compressed with deflate: use that method"
        if names.count(name) > 1:
            yield f"it has two files named {name}"
        if size > (limit := limits.get(name, most)):
            yield f"{name} has {size:,} bytes; at most {limit:,} are read"
    if (total := sum(member.file_size for member in members)) > most:
        yield f"it unpacks to {total:,} bytes; at most {most:,} are read"


def _json(archive: zipfile.ZipFile, source: str) -> Any:
    try:
        return parse_json(archive.read(CONFIG))
    except ValueError as error:
        raise _no_config(source, error) from error


def _no_config(source: str, error: ValueError) -> ArchiveError:
    return ArchiveError(f"{source} does not hold a complete run: its {CONFIG}: {error}")


def _config(content: Any, source: str) -> RunConfig:
    try:
        if model := missing_model(content):
            raise ValueError(
                f"its model {model} is not loaded, and a zip file has no code: name the file that "
                "has it"
            )
        return info_from(content).config
    except ValueError as error:
        raise _no_config(source, error) from error


def _content(archive: zipfile.ZipFile, name: str) -> bytes | None:
    return archive.read(name) if name in archive.namelist() else None


def _own_text(archive: zipfile.ZipFile, source: str) -> str | None:
    """Return the user's own text, without which the config cannot be read."""
    content = _content(archive, TEXT)
    try:
        return None if content is None else texts.read_text(content)
    except ValueError as error:
        raise ArchiveError(f"{source} does not hold a complete run: {error}") from error


def _fill(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> None:
    for member in members:
        if member.filename != TEXT:
            _extract(archive, member, folder / member.filename)


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path) -> None:
    """Extract a file from an archive. zipfile reads at most the size that the archive states."""
    with writing(to):
        to.parent.mkdir(exist_ok=True)
        target = to.open("xb")
    with target, archive.open(member) as source:
        while piece := source.read(PIECE_BYTES):
            with writing(to):
                disk.write_all(target.fileno(), piece, "member")


def _check(source: str, door: Door, folder: RunFolder) -> None:
    """Read all of a run. Raises DamagedRun, and ArchiveError for one that `door` refuses."""
    record = folder.read()
    for step in folder.snapshots():
        folder.load_snapshot(step)
    checkpoint = folder.load_resume()
    if checkpoint is not None and (problem := progress_problem(checkpoint, record)):
        raise folder.damaged(f"{RESUME} {problem}")
    _refuse(source, door.run(folder))


def progress_problem(checkpoint: Tensors, record: RunRecord) -> str | None:
    """Say that a checkpoint is not of this run; None if it is, or if only its weights can show it.

    A run resumes from it: its events must reach the step, and no further than the run's end.
    """
    progress = checkpoint.get("progress")
    if progress is None or progress.shape != (2,) or progress.dtype.kind != "i":
        return "does not say how far the run was"
    (step, epochs), started = progress.tolist(), record.started
    if started is None or not 0 <= step <= min(record.step, started.n_steps):
        return f"is at step {step:,}, which the events do not reach"
    if not 0 <= epochs <= step // started.n_batches:
        return f"is at step {step:,} after epoch {epochs:,}, which do not fit"
    return None


def repeat_command(config: RunConfig) -> str:
    """Return the command that repeats a run with these settings.

    It reads an own text from the file that `pack` puts into a zip file.
    """
    usual = asdict(RunConfig.for_model(config.model))
    options = ["python", "-m", "hnviz", "train"]
    for name, value in config.to_dict().items():
        if name == "corpus":
            options += _text(value) if value != usual[name] else []
        elif name in ALWAYS_NAMED or value != usual[name]:
            options += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(options)


def _text(corpus_id: str) -> list[str]:
    way = way_of(corpus_id)
    if way is None:
        return ["--corpus", corpus_id]
    merges = ["--merges", str(way.merges)] if way.level == "bpe" else []
    least, share = ["--min-count", str(way.min_count)], ["--valid-percent", str(way.valid)]
    return ["--text", TEXT, "--tokens", way.level, *merges, *least, *share]
