"""Every reader of what others wrote: hostile input for it, and how it may refuse.

A target's `feed` gives one input to its reader. Any other error than a refusal fails, and so does a
refusal that is not one line. The web's readers are in `tests.fuzz.web`.
"""

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st

from hnviz.app.kit.fields.field import Field
from hnviz.app.shell import address
from hnviz.classroom import GuessError, guesses
from hnviz.classroom.store import OLD_FILE, ClassStore, DamagedClassError
from hnviz.data import CorpusError
from hnviz.data.corpora import LEVELS, corpus
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.data.corpora.texts import unpack_ids
from hnviz.lessons.reading import FILES, LessonError, Source
from hnviz.models.catalogue import entry
from hnviz.own.models import OwnModel, OwnModels
from hnviz.runs import DamagedRun, RunFolder, RunStore
from hnviz.runs.archive import ArchiveError, unpack
from hnviz.runs.folder import read_label
from hnviz.runs.stop import end_writer
from hnviz.sweeps.plan import SweepError, read_plan
from hnviz.sweeps.store import SweepStore
from hnviz.tasks.generators import EVEN_ONES, REBER
from hnviz.tasks.machine import TaskError
from hnviz.tasks.task import TaskStream
from hnviz.web.http import Refusal
from hnviz.web.sweeps import read_body
from tests.chaos.story import PLAN, STEP, Story, an_archive, own_model
from tests.fuzz.odd import as_json, as_toml, changed, cut_up, json_of, texts, values

OLD_CLASS = Path(__file__).parents[1] / "data/class_0_5_0.json"

Feed = Callable[[Any], object]


@dataclass(frozen=True)
class Target:
    """One reader: `make` prepares a folder and returns what takes an input."""

    given: Callable[["Place"], st.SearchStrategy[Any]]
    make: Callable[["Place"], Feed]
    refuses: tuple[type[Exception], ...] = ()
    every: int = 1  # inputs of the others to one of this, where one takes long


class Place:
    """A folder with one of everything, to be spoiled; made when a target needs it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "inside" / "runs"
        self.world = ExitStack()  # closed with the place
        self.root.parent.mkdir(parents=True, exist_ok=True)

    @cached_property
    def archive(self) -> Path:
        """The zip file of a run."""
        return an_archive(self.root.parent)

    @cached_property
    def story(self) -> Story:
        """The runs, the sweep and the class of a story."""
        self.world.enter_context(own_model())
        made = Story(self.root, self.archive, lambda said: None)
        made.tell()
        return made

    @cached_property
    def run(self) -> RunFolder:
        """The run with events, snapshots and a checkpoint."""
        return self.story.folder

    def content(self, name: str) -> bytes:
        """What a file of the run holds."""
        return (self.run.path / name).read_bytes()


def refused(feed: Feed, given: Any, refuses: tuple[type[Exception], ...]) -> None:
    """Give an input to a reader; a refusal must be one line, and not the whole input."""
    try:
        feed(given)
    except refuses as error:
        said = str(error)
        assert said and len(said.splitlines()) == 1, f"no single line: {said!r}"
        assert len(said) < 2500, f"{len(said)} characters"
        said.encode()


# Run folders


def _events(place: Place) -> Feed:
    path, store = place.run.path / "events.jsonl", place.story.store

    def feed(content: bytes) -> None:
        path.write_bytes(content)
        _listed(store)
        place.run.read()

    return feed


def _listed(store: RunStore) -> None:
    """Make the list of runs, which nothing that a run holds may stop."""
    for line in RunStore(store.root, store.shipped).summaries():
        assert "\n" not in line.problem and len(line.problem) < 1000
        json.dumps([line.problem, line.message], ensure_ascii=False).encode()


def _config(place: Place) -> Feed:
    path, store = place.run.path / "config.json", place.story.store

    def feed(content: bytes) -> None:
        path.write_bytes(content)
        _listed(store)
        RunFolder(place.run.path).read()

    return feed


def _notes(place: Place) -> Feed:
    def feed(content: bytes) -> None:
        (place.run.path / "label.json").write_bytes(content)
        read_label(place.run.path).name.encode()
        (place.run.path / "writer.json").write_bytes(content)
        assert end_writer(place.run.path) is None

    return feed


def _tensors(place: Place) -> st.SearchStrategy[bytes]:
    content = place.content("snapshots/0.safetensors")
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]

    def packed(value: Any) -> bytes:
        written = as_json(value)
        return len(written).to_bytes(8, "little") + written + data

    kinds = ("BF16", "F8_E4M3", "F4", "I64", "BOOL", "U8", "F64", "C64", "F32", "")
    typed = st.sampled_from(kinds).map(
        lambda kind: packed({name: {**each, "dtype": kind} for name, each in header.items()})
    )
    return st.one_of(changed(header).map(packed), typed, cut_up([content]))


def _snapshot(place: Place) -> Feed:
    snapshot, resume = place.run.snapshot_path(0), place.run.path / "resume.safetensors"

    def feed(content: bytes) -> None:
        resume.write_bytes(content)
        with suppress(DamagedRun):
            place.run.load_resume()
        snapshot.write_bytes(content)
        place.run.load_snapshot(0)

    return feed


def _zips(place: Place) -> st.SearchStrategy[Any]:
    """Zip files, and how to pack one: its files, and the way."""
    content = place.archive.read_bytes()
    with zipfile.ZipFile(place.archive) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = st.sampled_from(
        (*members, "snapshots/01.safetensors", "snapshots/", "../x", "/x", "config.json/x", "a\\b")
    )
    files = st.dictionaries(
        names | texts, cut_up(list(members.values())) | st.binary(max_size=30), max_size=4
    )

    packed = st.tuples(files.map(lambda each: members | each), st.integers(0, 3))
    return st.one_of(packed, packed.map(_packed).flatmap(lambda each: cut_up([each, content])))


def _packed(given: tuple[dict[str, bytes], int]) -> bytes:
    files, way = given
    ways = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", ways[way % len(ways)]) as made:
        for name, content in files.items():
            with suppress(UnicodeEncodeError, IndexError):  # names that no zip file can have
                made.writestr(name, content)
    return packed.getvalue()


def _zip(place: Place) -> Feed:
    path, root = place.root.parent / "given.zip", place.root.parent / "unpacked"

    def feed(given: Any) -> None:
        path.write_bytes(given if isinstance(given, bytes) else _packed(given))
        store = RunStore(root, place.root / "none")
        try:
            unpack(store, path)
        except ArchiveError:
            assert not root.exists() or not list(root.glob("[!.]*")), "something was left"
            raise
        for run in store.ids():
            assert store.line(run).problem == ""
            for each in sorted(root.rglob("*"), reverse=True):
                each.unlink() if each.is_file() else each.rmdir()

    return feed


# Texts


def _lesson(place: Place) -> Feed:
    path = place.root.parent / "lesson.toml"

    def feed(content: bytes) -> None:
        path.write_bytes(content)
        Source(path).lesson()

    return feed


def _corpora(place: Place) -> st.SearchStrategy[tuple[bytes, dict[str, Any]]]:
    text = "one two, three.\nFour five six seven é 日本 ".encode() * 4
    way = {"level": "word", "merges": 20, "min_count": 1, "valid": 10}
    ways = st.sampled_from(LEVELS).map(lambda level: {**way, "level": level})
    odd = st.fixed_dictionaries({name: st.just(each) | values for name, each in way.items()})
    return st.tuples(cut_up([text, text.decode().encode("utf-16")]), ways | odd)


def _corpus(place: Place) -> Feed:
    def feed(given: tuple[bytes, dict[str, Any]]) -> None:
        content, way = given
        made = own_corpus(content, Way(**way))
        assert corpus(made.id) is made
        made.title.encode()

    return feed


def _ids(place: Place) -> st.SearchStrategy[bytes]:
    """What stands in a file of ids after its digest."""
    packed = next((place.run.path.parent / ".texts").glob("*.ids")).read_bytes()[16:]
    length = int.from_bytes(packed[:4], "little")
    header, rest = json.loads(packed[4 : 4 + length]), packed[4 + length :]

    def body(value: Any) -> bytes:
        written = as_json(value)
        return len(written).to_bytes(4, "little") + written + rest

    return st.one_of(changed(header).map(body), cut_up([packed]))


def _unpack(body: bytes) -> None:
    unpack_ids(blake2b(body, digest_size=16).digest() + body)


def _names(place: Place) -> st.SearchStrategy[str]:
    tables = st.sampled_from((REBER, EVEN_ONES, "a b a; accept a", "a \ud800 a; accept a" * 9))
    known = (
        *("human-numbers", "numbers-de", "task-recall-gap.6", "task-dyck-kinds.2-depth.3"),
        *("task-regular-table.a.3b._b", "task-sum-base.10", "text-" + "0" * 20 + "-word-min1"),
    )
    written = tables.map(lambda table: TaskStream("regular", (("table", table),)).id)
    cut = cut_up([each.encode() for each in known]).map(
        lambda each: each.decode("utf-8", "replace")
    )
    return st.one_of(written, cut, texts)


def _named(place: Place) -> Feed:
    def feed(name: str) -> None:
        corpus(name).title.encode()

    return feed


def _table(place: Place) -> Feed:
    def feed(table: str) -> None:
        stream = TaskStream.of("regular", {"table": table})
        stream.check()
        stream.title.encode()

    return feed


def _models(place: Place) -> st.SearchStrategy[bytes]:
    mine = OwnModels("mine.py", "# a model\n", (OwnModel(entry("LSTM"), "0" * 20),))
    return json_of(json.loads(json.dumps(asdict(mine))))


# Sweeps and the class


def _plans(place: Place) -> st.SearchStrategy[Any]:
    grid = {"name": "s", "fixed": {"model": "Model2"}, "grid": {"lr": [0.1, 1e-3], "seed": [0, 1]}}
    drawn = {
        "random": {
            "draws": 5,
            "seed": 3,
            "model": ["Model1", "Model2"],
            "lr": {"low": 1e-4, "high": 1.0, "scale": "log"},
            "nh": {"low": 8, "high": 64},
        }
    }
    given = st.one_of(changed(grid), changed(drawn))
    return st.one_of(given, given.map(as_toml), cut_up([as_toml(grid), as_toml(drawn)]))


def _plan(place: Place) -> Feed:
    def feed(given: Any) -> None:
        if isinstance(given, bytes):
            made = read_plan(given, "a plan")
        else:
            made = read_body(given if isinstance(given, dict) else {"grid": given})
        made.name.encode()
        assert len(made.id) == 12

    return feed


def _sweep_files(place: Place) -> st.SearchStrategy[bytes]:
    content = SweepStore(place.story.root).path(PLAN.id).read_bytes()
    return cut_up([content, content + b'[1, "b-run", 2]\n']) | json_of(
        json.loads(content.splitlines()[0])
    )


def _sweep(place: Place) -> Feed:
    sweeps, path = SweepStore(place.root), SweepStore(place.story.root).path(PLAN.id)

    def feed(content: bytes) -> None:
        path.write_bytes(content)
        sweeps.sweeps()
        sweeps.run_ids()
        json.dumps([sweeps.load(PLAN.id).name], ensure_ascii=False).encode()

    return feed


def _class_file(place: Place) -> Feed:
    folder = place.root.parent / "hostile"
    folder.mkdir(exist_ok=True)

    def feed(content: bytes) -> None:
        store = ClassStore(folder)
        store.delete()
        (folder / OLD_FILE).write_bytes(content)
        found = store.load()
        assert found is not None
        store.save(found)
        assert store.load() == found
        store.close()

    return feed


def _codes(place: Place) -> st.SearchStrategy[str]:
    lines = [
        guesses.encode(guesses.Pasted("k7qw4m", step, value))
        for step, value in ((STEP, 1.0), ("a-lesson.2", (1.0, 2.5)), ("x.99", 1e-7))
    ]
    changed_lines = cut_up([line.encode() for line in lines]).map(
        lambda each: each.decode("latin-1")
    )
    return st.one_of(changed_lines, st.text(max_size=60))


def _code(place: Place) -> Feed:
    def feed(text: str) -> None:
        head = text.rpartition("/")[0].strip().lower()
        for line in (*guesses.codes_in(text), f"{head}/{guesses.checksum(head)}"):
            with suppress(GuessError):
                guesses.decode(line)
        guesses.decode(text)

    return feed


# The address


WANTED: tuple[dict[str, Any], ...] = (
    *({"kind": kind} for kind in ("whole", "real", "slider", "switch")),
    *({"kind": "menu", "options": options} for options in (("a", "b"), (1, 2), ("a, b", "c"))),
)
ENDS = (None, (0, 10), (-1e9, 1e9), (0.5, 0.75))


def _parameters(place: Place) -> st.SearchStrategy[tuple[str, int]]:
    numbers = st.one_of(st.integers(), st.floats()).map(str)
    return st.tuples(texts | numbers, st.integers(0, len(WANTED) * len(ENDS)))


def _parameter(place: Place) -> Feed:
    held: dict[str, Any] = {}
    state = SimpleNamespace(get=held.get, put=held.__setitem__, pop=lambda key: held.pop(key, None))

    def feed(given: tuple[str, int]) -> None:
        raw, number = given
        wanted, ends = WANTED[number % len(WANTED)], ENDS[number // len(WANTED) % len(ENDS)]
        asked = SimpleNamespace(query_params={"present": raw})
        with patch.object(address, "st", asked), patch.object(address, "state", state):
            told = [address.address_problem("present")]
        field = Field(
            name="train_bs", label="bs", **wanted, ends=None if "options" in wanted else ends
        )
        if field.read(raw) is None:
            told += [field.vain(raw, asked=by_link) for by_link in (True, False)]
        assert all(said is None or ("\n" not in said and len(said) < 500) for said in told)

    return feed


def _as_is(read: Callable[[Any], object]) -> Callable[[Place], Feed]:
    return lambda place: read


TARGETS: dict[str, Target] = {
    "events": Target(
        lambda place: cut_up([place.content("events.jsonl")]) | _lines(place),
        _events,
        (DamagedRun,),
    ),
    "config": Target(
        lambda place: json_of(json.loads(place.content("config.json"))), _config, (DamagedRun,)
    ),
    "notes": Target(
        lambda place: (
            json_of({"name": "mine", "pinned": True}) | json_of({"pid": 99999999, "created": 1.5})
        ),
        _notes,
    ),
    "snapshot": Target(_tensors, _snapshot, (DamagedRun,)),
    "zip": Target(_zips, _zip, (ArchiveError,)),
    "lesson": Target(
        lambda place: cut_up([path.read_bytes() for path in sorted(FILES.glob("*.toml"))]),
        _lesson,
        (LessonError,),
    ),
    "corpus": Target(_corpora, _corpus, (CorpusError,)),
    "ids": Target(_ids, _as_is(_unpack)),
    "names": Target(_names, _named, (CorpusError,)),
    "table": Target(
        lambda place: cut_up([REBER.encode(), EVEN_ONES.encode()]).map(
            lambda each: each.decode("utf-8", "replace")
        ),
        _table,
        (TaskError,),
    ),
    "models": Target(_models, _as_is(OwnModels.from_json), (ValueError,)),
    "plan": Target(_plans, _plan, (SweepError, Refusal)),
    "sweep": Target(
        _sweep_files,
        _sweep,
        (SweepError,),
    ),
    "class": Target(
        lambda place: json_of(json.loads(OLD_CLASS.read_text())), _class_file, (DamagedClassError,)
    ),
    "codes": Target(_codes, _code, (GuessError,)),
    "address": Target(_parameters, _parameter),
}


def _lines(place: Place) -> st.SearchStrategy[bytes]:
    """Events of which some are nearly right."""
    events = [json.loads(line) for line in place.content("events.jsonl").splitlines()]
    kinds = {"a": [1, 1, 0.5]}
    epoch = {"event": "epoch", "epoch": 0, "step": 2, "valid_kinds": kinds, "train_kinds": kinds}
    figures = ("train_loss", "valid_loss", "accuracy", "train_accuracy", "seconds")
    known = [
        *events,
        epoch | dict.fromkeys(figures, 0.5),
        {"event": "resumed", "resumed_at": 2, "time": 1.0},
    ]
    each = st.sampled_from(known).flatmap(lambda event: changed(event, 1)).map(as_json)
    return st.lists(each, max_size=30).map(lambda lines: b"".join(line + b"\n" for line in lines))
