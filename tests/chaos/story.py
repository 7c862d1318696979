"""A story that keeps one of everything, told piece by piece; and what must hold of it afterwards.

Each part that returns is acknowledged by its name. Whatever then happens, an acknowledged part is
there when the folder is read again.
"""

import io
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from unittest.mock import patch

import numpy as np

from hnviz.classroom import Classroom, Limits
from hnviz.classroom.store import FILE, ClassStore
from hnviz.config import RunConfig
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.events import BatchEnd, Ended, RunStarted
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.own import models as own
from hnviz.own.models import OwnModel, OwnModels
from hnviz.runs import RunFolder, RunNotFound, RunStore, RunWriteError, asking, ship
from hnviz.runs import trash as trash
from hnviz.runs.answers import ANSWERS, KeptAnswers, store_recorded
from hnviz.runs.archive import TEXT, pack, unpack
from hnviz.runs.files import CONFIG
from hnviz.runs.folder import Label, new_info, read_label, write_label
from hnviz.runs.recorded import Recorded
from hnviz.runs.texts import TEXTS
from hnviz.runs.typed import keep_typed, typed
from hnviz.sweeps.plan import make_plan
from hnviz.sweeps.store import Sweep, SweepStore
from hnviz.web.classroom.lessons import LessonCache

TEXT_OF_A_USER = " ".join(f"word{number % 7} goes on ." for number in range(60)).encode()
STEP = "counting.1"
SETTINGS = {"epochs": 1, "nh": 4, "bs": 4, "device": "cpu"}
SENTENCE = "one, two, " * 30
PLAN = make_plan("two seeds", {"model": "Model1", **SETTINGS}, {"seed": [0, 1]})
N_STEPS = 6
NAME, ANSWER = "0f" * 16, bytes(range(256))


def weights(config: RunConfig, step: int) -> dict[str, np.ndarray]:
    """Weights of the right shapes that say which step they are of."""
    return {
        f"{part.name}.{weight.name}": np.full(weight.shape(9, config.nh), step, "f4")
        for part in entry(config.model).parts
        for weight in part.weights
    }


def batch(step: int) -> BatchEnd:
    figures = {"loss": 0.5, "smooth_loss": 0.5, "accuracy": 0.25, "lr": 1e-3, "momentum": 0.9}
    return BatchEnd(step=step, **figures)


def an_archive(root: Path) -> Path:
    """The zip file of a run with a snapshot and a text of its own."""
    store = RunStore(root / "elsewhere", root / "none")
    folder = store.create(_config())
    with folder.writer() as writer:
        writer.append(RunStarted(n_batches=1, n_steps=1, n_weights=1, device="cpu", time=1.0))
        writer.save_snapshot(0, weights(folder.config, 0))
        writer.append(batch(0))
    packed = io.BytesIO()
    pack(folder, packed)
    path = root / "run.zip"
    path.write_bytes(packed.getvalue())
    with zipfile.ZipFile(path) as archive:
        assert TEXT in archive.namelist()
    return path


def _config() -> RunConfig:
    return RunConfig.for_model("Model1", corpus=own_corpus(TEXT_OF_A_USER, Way()).id, **SETTINGS)


@contextmanager
def own_model() -> Iterator[None]:
    """Let this process know a model of the user's own for a while: a copy of Model1."""
    mine = replace(entry("Model1"), name="Mine")
    with patch.dict(CATALOGUE), patch.object(own, "used", None):
        own.register(OwnModels("mine.py", "# a model\n", (OwnModel(mine, "0" * 20),)))
        yield


@dataclass
class Story:
    """Keeps one of everything below `root`; `said` hears of each part that is done."""

    root: Path
    archive: Path
    said: Callable[[str], None]
    problems: list[str] = field(default_factory=list)

    @cached_property
    def store(self) -> RunStore:
        return RunStore(self.root, self.root.parent / "shipped")

    def tell(self) -> None:
        """Tell all; a part that fails with its sentence is not acknowledged."""
        for name, part in self.parts():
            try:
                told = part()
            except (RunWriteError, RunNotFound, OSError) as error:
                self.problems.append(f"{name}: {error}")
            else:
                self.said(f"{name} {told}")

    def parts(self) -> Iterator[tuple[str, Callable[[], object]]]:
        yield "created", self._create
        if folder := self.__dict__.get("folder"):
            yield from self._trained(folder)
        yield "recorded", self._record
        yield "mine", self._create_mine
        if mine := self.__dict__.get("mine"):
            yield "shipped", lambda: ship(mine, self.root.parent / "small" / "Mine").id
        yield "imported", lambda: unpack(self.store, self.archive).id
        yield "answer", self._answer
        sweeps, sweep = SweepStore(self.root), Sweep.of(PLAN, 1.0)
        yield "sweep", lambda: sweeps.save(sweep) or 0
        begun = sweep.with_member(0, run="a-run", tries=1)
        yield "sweep", lambda: sweeps.append(begun, 0) or 1
        yield from self._class()

    def _answer(self) -> int:
        """Keep an answer: one that cannot be written is computed again, and nobody hears of it."""
        KeptAnswers(self.root).put(NAME, ANSWER)
        return 0

    def _create(self) -> str:
        self.folder = self.store.create(_config())
        return self.folder.id

    def _record(self) -> str:
        config = RunConfig.for_model("Model1", **SETTINGS)

        def fill(folder: Path) -> None:
            new_info(config, {}).save(folder / CONFIG)
            Recorded(class_name="Model1").save(folder)
            store_recorded(RunFolder(folder), 0, {})

        folder = self.store.add(config, fill)
        lock = asking.answer_from_here(folder.path)
        asked = asking.Question("0f", 0, "reading", {})
        asking.ask(folder.path, asked, 0.0)
        asking.store(folder.path, "0f", ANSWER)
        if lock is not None:
            lock.release()
        return folder.id

    def _create_mine(self) -> str:
        self.mine = self.store.create(RunConfig.for_model("Mine", **SETTINGS))
        return self.mine.id

    def _trained(self, folder: RunFolder) -> Iterator[tuple[str, Callable[[], object]]]:
        try:
            writer = folder.writer()
        except RunWriteError as error:
            self.problems.append(str(error))
            return
        started = RunStarted(
            n_batches=N_STEPS, n_steps=N_STEPS, n_weights=1, device="cuda", time=1.0
        )

        def add(event: object) -> int:
            writer.append(event)
            writer.flush()
            return getattr(event, "step", 0)

        def save(step: int) -> int:
            writer.save_snapshot(step, weights(folder.config, step))
            return step

        def keep(step: int) -> int:
            writer.save_resume({"progress": np.full(400, step)})
            return step

        yield "started", lambda: add(started)
        yield "snapshot", lambda: save(0)
        for step in range(N_STEPS):
            yield "step", lambda step=step: add(batch(step))
            if step % 2:
                yield "snapshot", lambda step=step: save(step + 1)
                yield "resume", lambda step=step: keep(step + 1)
        ended = Ended(status="stopped", step=N_STEPS, message="over", time=2.0)
        yield "ended", lambda: add(ended)
        yield "closed", writer.close
        yield "label", lambda: write_label(folder.path, Label("mine")) or "mine"
        yield "deleted", lambda: trash.delete(folder) or folder.id
        yield "restored", lambda: trash.restore(self.root, folder.id) or folder.id
        yield "typed", lambda: keep_typed(self.root, SENTENCE)

    def _class(self) -> Iterator[tuple[str, Callable[[], object]]]:
        store = ClassStore(self.root)
        room = Classroom(code="K7QW4M", secret="s" * 20).joined("a-member", Limits())
        guessed = room.guessed("a-member", STEP, 1.0)
        yield "class", lambda: store.save(room) or 0
        yield "class", lambda: store.save(guessed) or 1
        cache = LessonCache(self.root / ".lessons")
        yield "lesson", lambda: cache.put("why-truncate", b"<!doctype html>") or "why-truncate"
        damaged = self.root.parent / "another"
        damaged.mkdir(exist_ok=True)
        (damaged / FILE).write_text("{")
        yield "aside", lambda: ClassStore(damaged).put_aside().name


def check(root: Path, said: Collection[str]) -> None:
    """Hold a folder to what was acknowledged of it, as a process does that starts now."""
    told: dict[str, list[str]] = {}
    for each in said:
        name, _, value = each.partition(" ")
        told.setdefault(name, []).append(value)
    store = RunStore(root, root.parent / "shipped")
    _check_torn(root)
    lines = {line.id: line for line in store.summaries()}
    assert [line.problem for line in lines.values() if line.problem] == []
    for run in [*told.get("mine", ()), *told.get("imported", ())]:
        assert run in lines
    for run in told.get("recorded", ()):
        assert store.folder(run).read().recorded
    for run in told.get("created", ()):
        _check_run(store, run, told)
    if "shipped" in told:
        assert RunFolder(root.parent / "small" / "Mine").read().config.model == "Mine"
    _check_sweep(root, told.get("sweep", ()))
    _check_class(root, told.get("class", ()))
    for lesson in told.get("lesson", ()):
        assert LessonCache(root / ".lessons").get(lesson) == b"<!doctype html>"
    for name in told.get("typed", ()):
        assert typed(root, name) == SENTENCE
    if (root / ANSWERS / NAME).exists():
        assert KeptAnswers(root).get(NAME) == ANSWER
    another = root.parent / "another"
    if "aside" in told:
        assert [each.read_text() for each in another.glob("*")] == ["{"]
    _check_cleared(store)


def _check_torn(root: Path) -> None:
    for path in root.rglob("events.jsonl"):
        *lines, torn = path.read_bytes().split(b"\n")
        assert all(line.startswith(b"{") and line.endswith(b"}") for line in lines), path
        assert b"\n" not in torn


def _check_run(store: RunStore, run: str, told: dict[str, list[str]]) -> None:
    with suppress(RunNotFound):
        trash.restore(store.root, run)  # where the story was cut between the two
    folder = store.folder(run)
    assert (store.root / TEXTS).is_dir() and len(list((store.root / TEXTS).glob("*.txt"))) == 1
    record = folder.read()
    steps = [each.step for each in record.batches]
    assert steps == sorted(set(steps)) and set(steps) >= set(map(int, told.get("step", ())))
    assert record.status == "stopped" if "ended" in told else record.status != "finished"
    for step in folder.snapshots():
        assert folder.load_snapshot(step)["i_h.weight"][0, 0] == step
    assert set(folder.snapshots()) >= {int(each) for each in told.get("snapshot", ())}
    resume = folder.load_resume()
    newest = max(map(int, told.get("resume", ["0"])))
    assert (0 if resume is None else resume["progress"][0]) >= newest
    assert read_label(folder.path) == Label("mine") or "label" not in told
    path = folder.path / "events.jsonl"
    n_lines = path.read_bytes().count(b"\n") if path.exists() else 0
    with folder.writer() as writer:  # it goes on, with whole lines alone
        writer.append(batch(len(record.batches)))
    after = path.read_bytes()
    assert after.endswith(b"\n") and after.count(b"\n") == n_lines + 1
    assert not list(folder.path.rglob(".*.tmp"))


def _check_sweep(root: Path, told: Collection[str]) -> None:
    if told:
        members = SweepStore(root).load(PLAN.id).members
        assert sum(each.tries for each in members) >= max(map(int, told))


def _check_class(root: Path, told: Collection[str]) -> None:
    room = ClassStore(root).load()
    if told:
        assert room is not None and len(room.own("a-member")) >= max(map(int, told))


def _check_cleared(store: RunStore) -> None:
    """Hold the next engine to leaving nothing of what was cut off."""
    with patch("hnviz.runs.store.ABANDONED_SECONDS", -60.0):
        store.remove_unfinished()
    left = [str(path) for path in store.root.rglob("*") if ".tmp" in path.name]
    assert left + [str(path) for path in store.root.glob(".new-*")] == []
