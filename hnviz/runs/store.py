"""All runs: the user's own, and the pre-trained ones of the package."""

import os
import platform
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from errno import EDQUOT, ENOSPC
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cachetools import LRUCache

import hnviz
from hnviz import disk
from hnviz.config import RunConfig
from hnviz.models.catalogue import CATALOGUE
from hnviz.runs.errors import DamagedRun, RunNotFound, RunWriteError
from hnviz.runs.files import CONFIG, EVENTS, age, remove_leftovers, stamp, writing
from hnviz.runs.folder import (
    NO_LABEL,
    RANGE_TEST,
    RunFolder,
    RunInfo,
    keep_models,
    new_info,
    read_label,
)
from hnviz.runs.record import RunFollower, RunRecord
from hnviz.runs.texts import drop_text, drop_unread_texts, keep_text, look_beside
from hnviz.runs.trash import drop_old

SHIPPED_DIR = Path(hnviz.__file__).parent / "shipped"
RUNS_DIR_VARIABLE = "HNVIZ_RUNS_DIR"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")  # no dot, no slash: it becomes a path
_UNFINISHED = ".new-"  # prefix of a folder that `create` is filling
BESIDE = (".*/", "*/questions/", "*/answers/")  # folders that no writer of a run looks after
ABANDONED_SECONDS = 60.0  # anything unfinished that is older has lost its writer
_LAST_ONLY = 2**53  # steps between the mini-batches that a list reads
MAX_RANGE_TESTS = 50  # kept when the engine starts: repeating one is quick
SOME = 8  # runs that an error names
MAX_RECORDS = 128  # in memory: each student of a class may follow another run


def default_runs_dir() -> Path:
    """Return the folder of the runs: $HNVIZ_RUNS_DIR, or runs/ in the current folder."""
    return Path(os.environ.get(RUNS_DIR_VARIABLE) or "runs")


@cache  # to read the metadata takes a millisecond, a fifth of a press on Train
def versions() -> dict[str, str]:
    """Return the versions that affect a run's figures; reads torch's without importing it."""
    found = dict.fromkeys(("torch", "numpy"), "not installed")
    for package in ("torch", "numpy"):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return {"python": platform.python_version(), "hnviz": hnviz.__version__, **found}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in one line of a list. A damaged run has a `problem` and little else."""

    id: str
    shipped: bool
    status: str  # one of STATUSES, or "damaged"
    created: float = 0.0  # seconds since 1970
    config: RunConfig | None = None
    step: int = 0  # updates done
    n_steps: int | None = None  # unknown before the run starts
    epoch: int | None = None  # the last finished one, from 0; the next four figures belong to it
    train_loss: float | None = None
    valid_loss: float | None = None
    accuracy: float | None = None
    train_accuracy: float | None = None  # None until the run has ended
    browser: str = ""  # that a page has trained it, or a part of it
    message: str = ""  # how it ended
    given: str = ""  # the name that the user gave it
    pinned: bool = False  # first in lists
    problem: str = ""  # why the run is damaged
    reason: str = ""  # the same sentence for a list, without the run's name
    unknown_model: bool = False  # the files are sound, but this process does not know the model

    @property
    def model(self) -> str:
        """The model's name; empty if unknown."""
        parts = self.id.split("-")
        return self.config.model if self.config else next(filter(CATALOGUE.get, parts), "")


@dataclass(eq=False)
class _Skimmed:
    """What a list shows of a run, and the states of the files it was read from."""

    info: RunInfo
    follower: RunFollower
    stamp: object  # of config.json
    events: object = None  # of events.jsonl
    found: RunRecord | DamagedRun | None = None

    def record(self, events: object) -> RunRecord:
        """Return the run's record; reads only what is new. Raises DamagedRun."""
        if self.found is None or self.events != events:
            self.events = events
            try:
                self.found = self.follower.poll()
            except DamagedRun as error:
                self.found = error
        if isinstance(self.found, DamagedRun):
            raise self.found
        return self.found


class RunStore:
    """Creates, finds and lists runs. Thread-safe."""

    def __init__(self, root: Path, shipped: Path = SHIPPED_DIR) -> None:
        self.root = Path(root)
        self.shipped = Path(shipped)
        self._lock = threading.Lock()
        self._followers: LRUCache[tuple[str, object], RunFollower] = LRUCache(MAX_RECORDS)
        self._skimmed: dict[str, _Skimmed] = {}
        look_beside(self.root)

    def create(self, config: RunConfig, *, range_test: bool = False) -> RunFolder:
        """Create the folder of a run or of a range test; it appears complete at once.

        Raises RunWriteError, and CorpusError for a text that is missing.
        """
        info, prefix = new_info(config, versions()), RANGE_TEST if range_test else ""
        return self.add(config, lambda folder: info.save(folder / CONFIG), prefix=prefix)

    def add(
        self,
        config: RunConfig,
        fill: Callable[[Path], None],
        check: Callable[[RunFolder], None] | None = None,
        *,
        prefix: str = "",
    ) -> RunFolder:
        """Add a run that `fill` writes into an empty folder; it appears complete at once.

        Its id begins with `prefix`. `check` gets it along with its text. If `fill` or `check`
        raises, nothing is left of the run. Raises what they raise, RunWriteError, and CorpusError
        for a missing text.
        """
        unfinished = self.root / f"{_UNFINISHED}{secrets.token_hex(8)}"
        try:
            with writing(unfinished / CONFIG), disk.step("run", "make"):
                unfinished.mkdir(parents=True)
            fill(unfinished)
            keep_models(unfinished, config.model)
            keep_text(self.root, config)  # from now on, a config refers to the text
            if check is not None:
                check(RunFolder(unfinished))
            return RunFolder(self._give_id(unfinished, config.model, prefix))
        except BaseException as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            drop_text(self.root, config)
            if isinstance(error, RunWriteError):
                raise self._not_stored(error) from error
            raise

    def _not_stored(self, error: RunWriteError) -> RunWriteError:
        cause = error.__cause__
        reason = cause.strerror if isinstance(cause, OSError) else error
        full = isinstance(cause, OSError) and cause.errno in (ENOSPC, EDQUOT)
        return RunWriteError(
            f"no run can be stored in {self.root}: {reason}; "
            f"{'make room there, or ' if full else ''}set {RUNS_DIR_VARIABLE} to another folder"
        )

    def find(self, run: object) -> RunFolder:
        """Return a run by its folder or its id. Raises RunNotFound, which says what is there."""
        if not isinstance(run, str | Path):
            wanted = "its id, its folder, a zip file, or a record of hnviz.record"
            raise RunNotFound(f"a run is named by {wanted}; got {type(run).__name__}")
        path = Path(run)
        came_along = path.resolve().parent == SHIPPED_DIR  # a pre-trained run
        if (path / CONFIG).is_file() and not came_along:
            return RunFolder(path.resolve())
        with suppress(RunNotFound):
            return self.folder(path.name if came_along else str(run))
        raise RunNotFound(_missing(path, self))

    def remove_unfinished(self) -> None:
        """Remove leftovers of killed processes, and files that are no longer needed.

        These are unfinished runs and files, runs in the trash, old range tests, and texts that no
        run reads.
        """
        for folder in self.root.glob(f"{_UNFINISHED}*"):
            with suppress(OSError):
                if age(folder) > ABANDONED_SECONDS:
                    shutil.rmtree(folder)  # raises for a link
        drop_old(self.root)
        for test in self._range_tests()[MAX_RANGE_TESTS:]:
            if not test.is_alive():
                shutil.rmtree(test.path, ignore_errors=True)
        drop_unread_texts(self.root, ABANDONED_SECONDS)
        # Of sweeps, texts and the class; of questions to recorders, and their answers.
        beside = (each for name in BESIDE for each in self.root.glob(name))
        for folder in (self.root, *beside):
            remove_leftovers(folder, ABANDONED_SECONDS)

    def _give_id(self, unfinished: Path, model: str, prefix: str) -> Path:
        """Move a folder to a free id: date, time, model, and fraction of the second in 65536ths."""
        while True:
            now = time.time()
            second = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
            path = self.root / f"{prefix}{second}-{model}-{int(now % 1 * 65536):04x}"
            if not path.exists():
                with writing(path / CONFIG):
                    disk.move(unfinished, path, "run")
                return path
            time.sleep(2 / 65536)

    def ids(self, newest: int | None = None, without: Collection[str] = frozenset()) -> list[str]:
        """Return the ids of the user's runs, newest first, then those of the pre-trained ones.

        Pinned runs come first; pre-trained runs are in the order of the catalogue. `newest` limits
        the number of the user's runs. Runs in `without` are left out unless they are pinned.
        """
        return [folder.id for folder in self._folders(newest, without)]

    def _folders(
        self, newest: int | None = None, without: Collection[str] = frozenset()
    ) -> list[RunFolder]:
        ranks = {
            name: (read_label(self.root / name).pinned, _age(name)) for name in _names(self.root)
        }
        listed = [name for name, (pinned, _) in ranks.items() if pinned or name not in without]
        own = sorted(listed, key=ranks.__getitem__, reverse=True)
        names = sorted(_names(self.shipped), key=_in_the_catalogue)
        shipped = [name for name in names if name not in ranks]
        return [RunFolder(self.root / name) for name in own[:newest]] + [
            RunFolder(self.shipped / name, shipped=True) for name in shipped
        ]

    def check_id(self, run_id: str) -> None:
        """Raise RunNotFound for a text that cannot be an id: it could be a path elsewhere."""
        if not _ID.fullmatch(run_id):
            raise RunNotFound(f"there is no run named {run_id[:100]!r} here")

    def folder(self, run_id: str) -> RunFolder:
        """Find a run. Raises RunNotFound."""
        self.check_id(run_id)
        own = self.root / run_id
        if own.is_dir() and not own.is_symlink():
            return RunFolder(own)
        if (self.shipped / run_id).is_dir():
            return RunFolder(self.shipped / run_id, shipped=True)
        raise RunNotFound(f"there is no run named {run_id!r} here")

    def record(self, run: str | RunFolder) -> RunRecord:
        """Return a run's current record; reads only what is new since the last call.

        Raises RunNotFound or DamagedRun.
        """
        folder = self.folder(run) if isinstance(run, str) else run
        key = str(folder.path), stamp(folder.path / CONFIG)
        with self._lock:
            follower = self._followers.get(key)
            if follower is None:
                follower = self._followers[key] = RunFollower(folder)
        return follower.poll()

    def summaries(
        self, newest: int | None = None, without: Collection[str] = frozenset()
    ) -> list[RunSummary]:
        """Return one line for each run in `ids`; a damaged run's line says what is wrong.

        Files that have not changed since the last call are not read again.
        """
        return [self._line(folder) for folder in self._folders(newest, without)]

    def range_tests(self) -> list[RunSummary]:
        """Return one line per range test, newest first."""
        return [self._line(folder) for folder in self._range_tests()]

    def _range_tests(self) -> list[RunFolder]:
        names = sorted(_names(self.root, range_tests=True), reverse=True)
        return [RunFolder(self.root / name) for name in names]

    def line(self, run_id: str) -> RunSummary:
        """Return the line of one run, as `summaries` has it. Raises RunNotFound."""
        return self._line(self.folder(run_id))

    def _line(self, folder: RunFolder) -> RunSummary:
        try:
            return self._summary(folder)
        except DamagedRun as error:
            return _damaged(folder, error)

    def _summary(self, folder: RunFolder) -> RunSummary:
        alive = folder.is_alive()  # before reading, as in RunFollower.poll
        known, now = self._skimmed.get(str(folder.path)), stamp(folder.path / CONFIG)
        if known is None or known.stamp != now:
            known = _Skimmed(folder.info(), RunFollower(folder, _LAST_ONLY), now)
            self._skimmed[str(folder.path)] = known
        record = known.record(stamp(folder.path / EVENTS))
        return _summarize(folder, replace(record, alive=alive), known.info)


def _summarize(folder: RunFolder, record: RunRecord, info: RunInfo) -> RunSummary:
    """Summarize a record in one line."""
    last = record.epochs[-1] if record.epochs else None
    label = NO_LABEL if folder.shipped else read_label(folder.path)
    return RunSummary(
        id=folder.id,
        shipped=folder.shipped,
        status=record.status,
        created=info.created,
        config=record.config,
        step=record.step,
        n_steps=record.started.n_steps if record.started else None,
        epoch=last.epoch if last else None,
        train_loss=last.train_loss if last else None,
        valid_loss=last.valid_loss if last else None,
        accuracy=record.accuracies.valid,
        train_accuracy=record.accuracies.train,
        browser=record.browser,
        message=record.ended.message if record.ended else "",
        given=label.name,
        pinned=label.pinned,
    )


def _damaged(folder: RunFolder, error: DamagedRun) -> RunSummary:
    """Return the entry of a run that cannot be read."""
    problem = str(error)
    said = f"{problem[:1].upper()}{problem[1:]}"
    return RunSummary(
        id=folder.id,
        shipped=folder.shipped,
        status="damaged",
        problem=problem,
        reason=said.replace(f"The run {folder.id} ", "This run ", 1),
        unknown_model=error.unknown_model,
    )


def _names(root: Path, *, range_tests: bool = False) -> list[str]:
    if not root.is_dir():
        return []
    with os.scandir(root) as entries:
        # A link is not a run: it could expose files elsewhere.
        return [
            entry.name
            for entry in entries
            if _ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
            if entry.name.startswith(RANGE_TEST) is range_tests
        ]


def _age(run_id: str) -> tuple[str, str, str]:
    """Sort key of an id: its second, then the fraction after the model's name."""
    return run_id[:15], run_id[-4:], run_id


def _in_the_catalogue(run_id: str) -> tuple[int, str]:
    """Sort key of a pre-trained run: its model's place in the catalogue, then its id."""
    models = list(CATALOGUE)
    model = run_id.partition("-")[0]
    return models.index(model) if model in models else len(models), run_id


def _missing(path: Path, store: RunStore) -> str:
    """Say why a name leads to no run."""
    runs = store.ids()
    others = f"; there are {', '.join(runs[:SOME])}" + (", ..." if len(runs) > SOME else "")
    if path.is_dir():
        own = sorted(each.parent.name for each in path.glob(f"*/{CONFIG}"))
        if not own:
            return f"{path} is not a run: it has no {CONFIG}; give a run's folder, zip file or id"
        return f"{path} is a folder of runs: name one, such as {path / own[-1]}"
    return f"no folder, zip file or run in {store.root} is named {str(path)!r:.100}{others}"
