"""Own texts beside the runs: a missing or changed one, one that no run reads, a refused start."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest
from cachetools import LRUCache
from starlette.routing import Router
from starlette.testclient import TestClient, httpx

from hnviz import __version__, disk
from hnviz.app.shell.server import server
from hnviz.cli.main import main
from hnviz.config import ConfigError, RunConfig
from hnviz.data import Choice, CorpusError, stream_of
from hnviz.data import stream as stream_module
from hnviz.data.corpora import own, texts
from hnviz.data.corpora.own import Way, own_corpus
from hnviz.engine.client import EngineError
from hnviz.export import ExportError
from hnviz.export.build import export_page
from hnviz.runs import DamagedRun, RunFolder, RunStore, RunWriteError, default_runs_dir
from hnviz.runs.texts import TEXTS, drop_text, keep_text, text_problem
from hnviz.tasks.task import TaskStream
from hnviz.web import corpora
from hnviz.web.limits import Bounds, Limits, Rate
from tests.failpoints import Failing
from tests.pages import open_page
from tests.sentences import refusal
from tests.test_export import held as data_of
from tests.test_pages import text

TEXT = b"the cat sat on the mat, the dog sat on the log, and the cat saw the dog. " * 20


@pytest.fixture
def runs(tmp_path):
    """A folder for runs."""
    return RunStore(tmp_path / "runs", tmp_path / "none")


@pytest.fixture
def _none_held(monkeypatch):
    """Let this process know of no text and no folder of texts."""
    monkeypatch.setattr(texts, "held", {})
    monkeypatch.setattr(texts, "folders", {})


def kept(runs_dir: Path) -> set[str]:
    """The names of the stored texts."""
    return {path.name for path in (runs_dir / TEXTS).glob("*")}


def forget() -> None:
    """Drop what this process knows of texts, as a new one would."""
    texts.held.clear()
    own.cached_corpus.cache_clear()


# --- a text that is missing or was changed ------------------------------------------------------


@pytest.mark.parametrize("change", ["gone", "other", "longer"])
def test_a_changed_text_damages_its_run_and_no_other(change, runs, recorded):
    config = RunConfig(corpus=own_corpus(TEXT, Way()).id)
    hurt, other = runs.create(config), runs.create(RunConfig())
    (path,) = (runs.root / TEXTS).glob("*.txt")
    forget()
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(TEXT.upper() if change == "other" else TEXT + b"more")
    recorded(refusal(DamagedRun, runs.folder(hurt.id).info).replace(path.stem, "HASH"))
    problems = {each.id: each.problem for each in runs.summaries()}
    assert "put it back" in problems[hurt.id] and problems[other.id] == ""
    path.write_bytes(TEXT)
    assert runs.folder(hurt.id).info().config == config


def test_a_text_that_is_put_in_again_is_stored_again(runs):
    read = own_corpus(TEXT, Way())
    runs.create(RunConfig(corpus=read.id))
    (path,) = (runs.root / TEXTS).glob("*.txt")
    path.write_bytes(b"changed")
    runs.create(RunConfig(corpus=own_corpus(TEXT, Way()).id))
    assert path.read_bytes() == TEXT


def with_other_hash(folder: RunFolder, **others: object) -> RunFolder:
    """A run that read other tokens than its corpus has now."""
    path = folder.path / "config.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"content_hash": "0" * 16} | others))
    return RunFolder(folder.path)


def test_tokens_that_are_no_longer_those_that_were_read_are_said(runs, recorded):
    folder = runs.create(RunConfig(corpus="numbers-vi"))
    folder.check_sources()
    said = refusal(DamagedRun, with_other_hash(folder).check_sources)
    recorded(said.replace(__version__, "VERSION"))
    RunFolder(runs.create(RunConfig()).path).check_sources()  # other runs stay as they are


def test_a_long_corpus_and_an_unknown_version_are_said_in_short(runs, recorded):
    table = "0 a 0; 0 b 1; 1 a 1; 1 b 2; 2 a 2; 2 b 0; accept 0 1"
    corpus = TaskStream.of("regular", {"table": table, "tokens": 200}).id
    assert len(corpus) > 60
    folder = with_other_hash(runs.create(RunConfig(corpus=corpus)), versions={})
    recorded(refusal(DamagedRun, folder.check_sources).replace(corpus[:60], "CORPUS"))


@pytest.mark.usefixtures("own_runs")
def test_a_page_and_the_command_line_say_so_in_one_sentence(tmp_path, capsys, recorded):
    folder = with_other_hash(server().store.create(RunConfig(corpus="numbers-vi")))
    app = open_page("states", run=folder.id)
    assert not app.exception
    (said,) = [each.value.replace("\\", "") for each in app.error]
    recorded(said.replace(__version__, "VERSION"))
    file = str(tmp_path / "page.html")
    assert main(["export", "page", "states", "--at", f"run={folder.id}", "-o", file]) == 2
    said = capsys.readouterr().err
    assert "numbers-vi has other tokens now" in said and said.count("\n") == 1
    assert not Path(file).exists()
    assert not open_page("states").error


@pytest.mark.usefixtures("own_runs")
def test_a_page_says_that_a_text_is_gone_and_other_runs_are_shown():
    other = b"a text that goes away, and comes back again when it is put in its place. " * 5
    folder = server().store.create(RunConfig(corpus=own_corpus(other, Way()).id))
    path = default_runs_dir() / TEXTS / f"{folder.config.corpus.split('-')[1]}.txt"
    path.unlink()
    forget()
    app = open_page("train", run=folder.id)
    assert not app.exception
    assert f"put it back as {path}" in app.error[0].value.replace("\\", "")
    assert not open_page("train").error
    path.write_bytes(other)
    assert not open_page("train", run=folder.id).error


# --- texts without a run ------------------------------------------------------------------------


@pytest.mark.usefixtures("own_runs")
def test_a_refused_start_stores_nothing():
    asked = server().engine
    asked.info()
    before = kept(default_runs_dir()), server().store.ids()
    read = own_corpus(b"a text whose run is refused, so that nothing of it is kept. " * 5, Way())
    with pytest.raises(EngineError, match="device 'mps' is not available"):
        asked.train(RunConfig(corpus=read.id, device="mps"))
    assert (kept(default_runs_dir()), server().store.ids()) == before


@pytest.mark.usefixtures("own_runs")
def test_a_refused_start_leaves_the_text_of_another_run():
    asked = server().engine
    asked.info()
    config = RunConfig(corpus=own_corpus(TEXT[:400], Way()).id)
    server().store.create(config)
    before = kept(default_runs_dir())
    assert f"{config.corpus.split('-')[1]}.txt" in before
    with pytest.raises(EngineError, match="device 'mps' is not available"):
        asked.train(RunConfig(corpus=config.corpus, device="mps"))
    assert kept(default_runs_dir()) == before


@pytest.mark.usefixtures("own_runs")
def test_a_refused_start_leaves_no_ids_of_another_way_to_read_a_text():
    asked = server().engine
    asked.info()
    first, other = (own_corpus(TEXT[:500], way).id for way in (Way(), Way(level="char")))
    server().store.create(RunConfig(corpus=first))
    before = kept(default_runs_dir())
    with pytest.raises(EngineError, match="device 'mps' is not available"):
        asked.train(RunConfig(corpus=other, device="mps"))
    assert kept(default_runs_dir()) == before and f"{first}.ids" in before


@pytest.mark.usefixtures("own_runs")
def test_a_start_whose_ids_cannot_be_stored_leaves_no_text(monkeypatch):
    asked, before = server().engine, kept(default_runs_dir())
    read = own_corpus(b"a text whose ids find no room, so that nothing of it is kept. " * 5, Way())
    monkeypatch.setattr(disk, "on_step", Failing("ids.write.before"))
    with pytest.raises(EngineError, match=r"\.ids could not be written") as refused:
        asked.train(RunConfig(corpus=read.id))
    assert refused.value.kind == "conflict" and kept(default_runs_dir()) == before


def test_a_text_is_new_once_and_passes_its_own_failpoints(tmp_path, monkeypatch):
    runs_dir = tmp_path / "not there" / "runs"
    assert keep_text(runs_dir, RunConfig()) is False and not runs_dir.exists()
    config = RunConfig(corpus=own_corpus(TEXT, Way()).id)
    monkeypatch.setattr(disk, "on_step", failing := Failing())
    assert keep_text(runs_dir, config) is True
    assert keep_text(runs_dir, config) is False
    parts = [point.partition(".")[0] for point in failing.passed]
    assert sorted(set(parts)) == ["ids", "text"] and parts == sorted(parts, reverse=True)


def test_a_place_without_room_for_texts_is_one_sentence(tmp_path):
    (tmp_path / TEXTS).touch()
    with pytest.raises(RunWriteError, match=r"/[0-9a-f]{20}\.txt could not be written: File"):
        keep_text(tmp_path, RunConfig(corpus=own_corpus(TEXT, Way()).id))


@pytest.mark.parametrize(
    "content", [None, [], "config", {}, {"config": []}, {"config": "x"}, {"config": {"corpus": 3}}]
)
def test_what_names_no_text_has_no_problem_with_one(tmp_path, content):
    assert text_problem(tmp_path, content) is None


def test_a_text_is_named_in_the_first_bytes_of_a_config(runs):
    """A larger file is no config, and is not read."""
    config = RunConfig(corpus=own_corpus(TEXT, Way()).id)
    path = runs.create(config).path / "config.json"
    named, most = path.read_bytes(), 2**16
    path.write_bytes(b" " * (most - len(named)) + named)
    drop_text(runs.root, config)
    assert len(kept(runs.root)) == 2
    path.write_bytes(b" " * most + named)
    drop_text(runs.root, config)
    assert kept(runs.root) == set()


def test_a_run_that_cannot_be_stored_leaves_no_text(runs, monkeypatch):
    monkeypatch.setattr(disk, "on_step", Failing("run.rename.before"))
    with pytest.raises(RunWriteError):
        runs.create(RunConfig(corpus=own_corpus(TEXT, Way()).id))
    assert list(runs.root.iterdir()) == []


def test_a_run_that_is_refused_leaves_the_text_of_another(runs):
    config = RunConfig(corpus=own_corpus(TEXT, Way()).id)
    runs.create(config)
    before = kept(runs.root)

    def refuse(folder: RunFolder) -> None:
        assert folder.path.parent == runs.root
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        runs.add(config, lambda _: None, refuse)
    assert kept(runs.root) == before and len(before) == 2
    drop_text(runs.root, RunConfig())  # which reads no own text
    assert kept(runs.root) == before


def test_what_cannot_be_read_or_removed_stops_no_other(runs):
    corpus_id = own_corpus(TEXT, Way()).id
    config, name = RunConfig(corpus=corpus_id), corpus_id.split("-")[1]
    damaged = runs.create(config).path / "config.json"
    (runs.root / "a folder" / "config.json").mkdir(parents=True)
    damaged.write_bytes(b"\xff" + damaged.read_bytes())
    drop_text(runs.root, config)
    assert len(kept(runs.root)) == 2  # the damaged config names it
    damaged.unlink()
    (runs.root / TEXTS / f"{name} of somebody").mkdir()
    drop_text(runs.root, config)
    assert kept(runs.root) == {f"{name} of somebody"}


def test_texts_that_no_run_reads_are_deleted_once_they_are_old(runs):
    first, second = (own_corpus(TEXT[:size], Way()) for size in (300, 600))
    folder = runs.create(RunConfig(corpus=first.id))
    runs.create(RunConfig(corpus=second.id))
    (folder.path / "config.json").unlink()
    runs.remove_unfinished()
    assert len(kept(runs.root)) == 4  # a run may be about to name them
    for path in (runs.root / TEXTS).iterdir():
        os.utime(path, (0, 0))
    runs.remove_unfinished()
    assert kept(runs.root) == {f"{second.id.split('-')[1]}.txt", f"{second.id}.ids"}
    folder = runs.root / TEXTS / "of somebody else"
    folder.mkdir()
    os.utime(folder, (0, 0))
    runs.remove_unfinished()
    assert folder.is_dir()


def test_a_text_that_a_damaged_config_names_is_kept(runs):
    folder = runs.create(RunConfig(corpus=own_corpus(TEXT, Way()).id))
    path = folder.path / "config.json"
    path.write_text(path.read_text()[:-40])
    for each in (runs.root / TEXTS).iterdir():
        os.utime(each, (0, 0))
    runs.remove_unfinished()
    assert len(kept(runs.root)) == 2


@pytest.mark.parametrize("way", [Way(), Way(level="char"), Way(level="bpe", min_count=3)], ids=str)
def test_other_processes_read_the_ids_that_lie_beside_the_text(way, runs, monkeypatch):
    read = own_corpus(TEXT, way)
    stream, content = stream_of(Choice(read.id)), read.content_hash()
    folder = runs.create(RunConfig(corpus=read.id))
    forget()
    stream_module.other_stream.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(texts, "text_of", None)  # no text is read
        again = stream_of(folder.config)
        assert again.vocab == stream.vocab and again is not stream
        for split in ("train", "valid"):
            np.testing.assert_array_equal(again.ids(split), stream.ids(split))
        assert folder.info().content_hash == content
        folder.check_sources()


def test_ids_that_are_damaged_are_made_from_the_text(runs, monkeypatch):
    monkeypatch.setattr(texts, "folders", {runs.root / TEXTS: None})
    read = own_corpus(TEXT, Way())
    stream = stream_of(Choice(read.id))
    runs.create(RunConfig(corpus=read.id))
    (path,) = (runs.root / TEXTS).glob("*.ids")
    kept = texts.find_ids(read.id)
    assert kept.train.dtype == kept.valid.dtype == np.int64
    assert kept.content_hash == read.content_hash(Choice(read.id).split)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    body = (9999).to_bytes(4, "little") + b"{}"  # right by its digest, and damaged all the same
    digested = blake2b(body, digest_size=16).digest() + body
    for bad in (bytes(content), content[:20], b"", digested):
        path.write_bytes(bad)
        assert texts.find_ids(read.id) is None
        stream_module.other_stream.cache_clear()
        np.testing.assert_array_equal(stream_of(Choice(read.id)).train, stream.train)


@pytest.mark.usefixtures("_none_held")
def test_the_newest_texts_are_held(monkeypatch):
    monkeypatch.setattr(texts, "held", LRUCache(10, len))
    for told, held in (("b" * 5, 1), ("c" * 5, 2), ("b" * 5, 2), ("d" * 5, 2)):
        name = texts.hold(told)
        assert len(texts.held) == held and texts.text_of(name) == told
    assert list(texts.held.values()) == ["b" * 5, "d" * 5]


@pytest.mark.usefixtures("_none_held")
def test_a_file_that_is_no_text_is_missing_whatever_its_hash(tmp_path):
    content = b"\xff no UTF-8"
    name = blake2b(content, digest_size=10).hexdigest()
    (tmp_path / f"{name}.txt").write_bytes(content)
    texts.look_in(tmp_path)
    with pytest.raises(CorpusError, match="missing or was changed"):
        texts.text_of(name)


def test_many_texts_are_held_up_to_a_limit(monkeypatch):
    forget()
    monkeypatch.setattr(texts, "held", LRUCache(3 * len(TEXT), len))
    ids = [own_corpus(TEXT[: -each - 1], Way()).id for each in range(5)]
    assert len(texts.held) == 3
    RunConfig(corpus=ids[-1])
    with pytest.raises(ConfigError, match="put it back"):
        RunConfig(corpus=ids[0])


# --- a page as a file ---------------------------------------------------------------------------


SMALL = ["--bs", "2", "--bptt", "4", "--nh", "4", "--epochs", "1", "--device", "cpu"]


@pytest.fixture(scope="module")
def trained(own_runs, tmp_path_factory):
    """Return finished runs by what they read."""
    file = tmp_path_factory.mktemp("text") / "own.txt"
    file.write_bytes(TEXT)
    own_text = ["--text", str(file), "--tokens", "bpe", "--merges", "20"]
    chosen = {"own": own_text, "task": ["--corpus", "task-recall-tokens.400"]}
    found = {}
    for name, options in chosen.items():
        before = set(server().store.ids())
        assert main(["train", "--model", "Model5", *SMALL, *options]) == 0
        (found[name],) = set(server().store.ids()) - before
    return found


PAGES = ("start", "data", "batches", "models", "train", "states", "predictions", "time")


@pytest.mark.parametrize("name", ["own", "task"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_another_text_is_exported(page, name, trained):
    content = export_page(page, {"run": trained[name]}).decode()
    assert content.startswith("<!doctype html>")
    data = json.dumps(data_of(content)[0])
    assert trained[name] in data or page in ("data", "batches", "models")
    if page == "data":
        assert ("assets/published/" in data) == (name == "own")  # its merges
    if page == "batches":
        assert "api/corpora/train?corpus=" in data


def test_the_units_of_a_text_without_digits_have_no_empty_matrix(trained):
    from hnviz.app.rooms.hidden_states.units.picture import ROWS_VIEW
    from tests.views import shown

    asked = {"split": "train", "first": 0, "n": 30}
    answer = shown(ROWS_VIEW, trained["own"], **asked)
    assert answer.meta["labels"] == () and answer.arrays["explained"].shape == (4, 0)
    assert sorted(answer.arrays["order"].tolist()) == [0, 1, 2, 3]
    assert answer.sentence.startswith("Unit **") and len(answer.sentence.split()) <= 20
    numbered = shown(ROWS_VIEW, trained["own"], **asked, order="as numbered")
    assert numbered.arrays["order"].tolist() == [0, 1, 2, 3]
    page = text(open_page("states", run=trained["own"]))
    assert page.count("need the human numbers") == 1


@pytest.mark.usefixtures("own_runs")
def test_an_export_of_a_damaged_run_is_refused():
    with pytest.raises(ExportError, match="is damaged"):
        export_page("states", {"run": with_other_hash(server().store.create(RunConfig())).id})


@pytest.fixture
def client():
    return TestClient(Limits(Router([*corpora.routes()]), Bounds))


def uploaded(client: TestClient, content: bytes, kind: str = "octet-stream") -> httpx.Response:
    return client.post(
        "/api/texts", content=content, headers={"Content-Type": f"application/{kind}"}
    )


@pytest.fixture
def waits(monkeypatch):
    """The seconds that each text waits while no time passes."""
    told: list[float] = []

    async def sleep(seconds: float) -> None:
        told.append(seconds)

    monkeypatch.setattr(corpora, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(corpora, "Rate", partial(Rate, clock=lambda: 0.0))
    return told


def test_texts_past_a_rate_wait(waits, client):
    assert uploaded(client, TEXT, "json").status_code == 415
    names = {uploaded(client, TEXT + b"%d" % number).json()["name"] for number in range(5)}
    assert waits == [0.0, 0.0, 0.0, 0.0, 1.0]
    assert len(names) == 5 and all(texts.is_known(name) for name in names)


def test_a_box_gets_a_stored_text_or_the_beginning_of_a_long_one(client, recorded):
    for content, shown in (
        (b"\xef\xbb\xbfa b\r\nc", "a b\nc"),
        (b"ab " * 50_000, "ab " * 666 + "ab"),
    ):
        name = uploaded(client, content).json()["name"]
        n_chars = 5 if len(shown) == 5 else 150_000
        assert client.get(f"/api/texts/{name}").json() == {"text": shown, "n_chars": n_chars}
    for name in ("0" * 20, "..%2Fconfig"):
        answer = client.get(f"/api/texts/{name}")
        assert answer.status_code == 404
    recorded(client.get("/api/texts/none").json()["error"])


def test_short_texts_are_read_while_long_ones_are_split(client, monkeypatch):
    ended, cut = Event(), own.cut

    def slow(text: str, way: Way) -> tuple[str, str]:
        assert len(text) < texts.MAX_TYPED_CHARS or ended.wait(5)
        return cut(text, way)

    monkeypatch.setattr(own, "cut", slow)
    long, short = [own_id(f"{each} ".encode() * 60_000) for each in "abc"], own_id(b"s " * 60)
    with client, ThreadPoolExecutor(len(long)) as threads:
        asked = [threads.submit(client.get, f"/api/corpora?corpus={each}") for each in long]
        assert client.get(f"/api/corpora?corpus={short}").status_code == 200
        assert not any(each.done() for each in asked)
        ended.set()
        assert [each.result().status_code for each in asked] == [200] * len(long)


def own_id(content: bytes) -> str:
    return f"{own.FAMILY}-{texts.hold(texts.read_text(content))}-word-min1-valid10"
