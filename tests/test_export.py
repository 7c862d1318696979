"""A page or a lesson as one file: what is in it, and what cannot be exported."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import redirect_stdout
from functools import cache
from hashlib import sha256
from io import StringIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hnviz.app.machine.picture import SAYS
from hnviz.app.pictures import VIEWS
from hnviz.app.run import start
from hnviz.app.shell.server import server
from hnviz.browser.form import ANSWERED
from hnviz.cli.main import main
from hnviz.export import ExportError, contents, html
from hnviz.export import collect as collecting
from hnviz.export.build import MAX_FILE_BYTES, export_page
from hnviz.export.collect import collect, mounts
from hnviz.export.contents import address
from hnviz.export.html import MAIN
from hnviz.export.lesson import export_index, export_lesson, lesson_file
from hnviz.export.questions import COMPUTED, LIVE, MAX_SNAPSHOTS, Question, choose_steps
from hnviz.export.twin import twin
from hnviz.figures.theme import MODES, theme
from hnviz.lessons import Lesson, lessons, translations
from hnviz.questions.frame import pack
from hnviz.questions.view import Reply
from hnviz.runs import RunStore
from hnviz.runs.archive import unpack
from hnviz.web import downloads
from hnviz.web.answers import Answers
from hnviz.web.assets import PACKAGE
from hnviz.web.downloads import Exporter
from hnviz.web.http import Entry, Refusal, door
from hnviz.web.state import ServerState
from tests.conftest import ROOT

_IMPORTED = re.compile(r"""^(?:(?:import|export)\b[^;"]*? from|import) "([^"]+)";""", re.M)
PARSER = ROOT / "tests/js/node_modules/acorn"
PARSED = """
const { parse } = require(process.argv[1]);
const options = { ecmaVersion: "latest", sourceType: "module" };
const leave = ["start", "end", "bigint"];
const written = (value) => (typeof value === "bigint" ? `${value}n` : value);
const plain = (key, value) => (leave.includes(key) ? undefined : written(value));
const tree = (code) => JSON.stringify(parse(code, options), plain);
const sources = JSON.parse(require("fs").readFileSync(0, "utf-8"));
console.log(JSON.stringify(sources.map(([whole, code]) => tree(whole) === tree(code))));
"""

BATCHES = {"feed_part": "Batches", "batches_bs": "4", "batches_bptt": "8"}


@pytest.fixture(scope="module")
def batches(own_runs) -> str:
    """A page that needs no network of its own."""
    return export_page("feed", BATCHES, most=1).decode()


def elements(file: str, name: str) -> list[str]:
    """Return what a file holds in its elements of a name, compressed."""
    return re.findall(rf'<script type="text/plain" class="{name}">(.*?)</script>', file)


def held(file: str) -> tuple[dict[str, Any], str]:
    """Return what a file holds, unpacked: the data of its page, and the import map."""
    (page,), (code,) = (
        [gzip.decompress(b64decode(each)).decode() for each in elements(file, name)]
        for name in ("page", "code")
    )
    return json.loads(page), code


def parts_of(data: dict[str, Any], view: int = 0) -> list[dict[str, Any]]:
    """List the parts of the first page of a file, as a reader sees them in one of its scenes."""

    def inside(part: dict[str, Any]) -> list[dict[str, Any]]:
        return [part, *(leaf for each in part.get("parts", ()) for leaf in inside(each))]

    shown = data["scenes"][0]["views"][view]["parts"]
    return [leaf for at in shown for leaf in inside(data["parts"][at])]


def test_the_browser_answers_what_python_leaves_to_it():
    source = (PACKAGE / "export/js/views.js").read_text(encoding="utf-8")
    table = source[source.index("export const VIEWS") :]
    assert set(re.findall(r"^  (\w+)[:,]", table, re.M)) == set(COMPUTED) > set(LIVE)
    source = (PACKAGE / "browser/questions.js").read_text(encoding="utf-8")
    table = source[source.index("const ANSWERS") : source.index("export const ANSWERED")]
    assert tuple(re.findall(r"^  (\w+)[:,]", table, re.M)) == ANSWERED


def test_an_address_is_as_the_browser_writes_it():
    """tests/js/file.test.js has the same one."""
    params = {"text": "4 to 6", "order": "as numbered", "layer": "1"}
    written = '["api/runs/Model5/0/unit_rows",[["layer","1"],["order","as numbered"]]]'
    assert address("api/runs/Model5/0/unit_rows", params) == written


def test_the_first_and_the_last_snapshot_are_kept_and_those_that_are_named():
    steps = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89]
    kept = choose_steps(steps, [34])
    assert len(kept) == MAX_SNAPSHOTS
    assert {0, 34, 89} <= set(kept) <= set(steps)
    assert choose_steps(steps, [34], 2) == [0, 89]
    assert choose_steps([7], []) == [7]


def test_every_module_that_is_imported_is_in_the_map():
    used = html.needed([MAIN, "app/rooms/hidden_states/units/main.js"])
    imports = html.import_map(used)["imports"]
    for path in used:
        text = unquote(imports[html.specifier(path)].partition(",")[2])
        assert text == html.rewritten(path)
        assert "import.meta" not in text, path
        assert set(_IMPORTED.findall(text)) <= set(imports), path
    for path in html.styles(used):
        assert (PACKAGE / path).is_file()


def test_a_module_loses_its_comments_and_nothing_of_its_code():
    if not (node := shutil.which("node")) or not PARSER.is_dir():
        pytest.skip("sh .ci/js.sh installs the parser")
    paths = [
        path for part in ("app", "browser", "export") for path in (PACKAGE / part).rglob("*.js")
    ]
    sources = [
        (path.read_text("utf-8"), html.code_of(path.relative_to(PACKAGE).as_posix()))
        for path in paths
    ]
    assert sum(len(code) for _, code in sources) < 0.8 * sum(len(whole) for whole, _ in sources)
    done = subprocess.run(
        [node, "-e", PARSED, str(PARSER)], input=json.dumps(sources), text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    same = json.loads(done.stdout)
    assert [path for path, is_same in zip(paths, same, strict=True) if not is_same] == []


def test_no_text_can_end_the_script_that_holds_it(own_runs):
    hostile = "</script><script>alert(1)</script><!-- \u2028"
    file = export_page("feed", {"data_sentence": hostile}, most=1).decode()
    assert "alert" not in file
    assert held(file)[0]["scenes"][0]["at"] == {"data_sentence": hostile}


def test_a_file_forbids_the_network_and_names_its_own_scripts(batches):
    assert len(batches.encode()) <= MAX_FILE_BYTES
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', batches)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "connect-src" not in policy[1]  # the default holds
    assert "'unsafe-inline'" not in policy[1].partition("script-src")[2]
    assert "'unsafe-eval'" not in policy[1] and "'wasm-unsafe-eval'" in policy[1]
    elements = re.findall(r"<script([^>]*)>", batches)
    assert {each for each in elements if each} <= {  # no browser runs these
        f' type="text/plain" class="{name}"' for name in ("start", "code", "page", "blob")
    }
    [begin] = re.findall(r"<script>(.*?)</script>", batches, re.S)
    for script in (begin, held(batches)[1], f'import "{html.specifier(MAIN)}";'):
        assert b64encode(sha256(script.encode()).digest()).decode() in policy[1]


def test_a_file_is_ascii_and_no_style_or_script_has_a_reference(batches):
    assert batches.isascii()
    unescaped = re.findall(r"<(?:style|script)[^>]*>(.*?)</(?:style|script)>", batches, re.S)
    assert unescaped and not any("&#" in each for each in unescaped)


def test_a_file_has_what_the_page_sends(batches):
    data, _ = held(batches)
    pictures = [part["picture"] for part in parts_of(data) if "picture" in part]
    sent = mounts(collect("feed", data["scenes"][0]["at"]))
    folded = {"batches_reach", "batches_bounds"}
    named = [each["name"] for each in pictures if each["name"] not in folded]
    assert named == [mount.called for mount in sent]
    grid = next(mount.data for mount in sent if mount.called == "batches/grid")
    kept = next(each["data"] for each in pictures if each["name"] == "batches/grid")
    assert kept["settings"] == grid["settings"]
    assert grid["settings"]["stream"] in data["files"]


def test_a_file_holds_the_words_that_only_torch_can_draw(own_runs):
    at = {"machine_text": "7 to 9", "machine_temperature": "0.8", "machine_seed": "3"}
    drawn, likely = (held(export_page("start", given, most=1).decode())[0] for given in (at, {}))
    asked = {"n": str(SAYS), "seed": "3", "temperature": "0.8", "text": "7 to 9"}
    runs = drawn["runs"]["Model5"]
    for step in runs["steps"]:
        assert address(f"api/runs/Model5/{step}/machine", asked) in drawn["answers"]
    assert not runs["weights"] and likely["runs"]["Model5"]["weights"]
    assert not [each for each in likely["answers"] if '/machine"' in each]
    for page in (drawn, likely):
        steps = page["runs"]["Model5"]["steps"]
        codes = [address(f"api/runs/Model5/{step}/machine_codes", {}) for step in steps]
        assert set(codes) <= set(page["answers"])


def test_a_page_whose_address_has_a_hyphen_is_collected_itself(own_runs):
    called = [mount.called for mount in mounts(collect("learn_back", {}))]
    assert {"machine", "through_time/lanes", "through_time/look_back"} <= {*called}


def test_what_a_script_draws_is_in_a_file_in_both_modes(own_runs):
    at = {"train_view": "By learning rate", "run": "Model3"}
    data, _ = held(export_page("train", at, most=1).decode())
    drawn = [part["html"] for part in parts_of(data) if "html" in part]
    assert drawn
    for each in drawn:
        assert set(each) == set(MODES)
        for mode in MODES:
            look, other = theme(mode), theme(next(name for name in MODES if name != mode))
            assert look.border in each[mode] and other.border not in each[mode]


def test_what_cannot_be_exported_is_said_in_one_sentence(capsys, own_runs, recorded):
    with pytest.raises(ExportError) as error:
        export_page("nowhere", {})
    recorded(str(error.value))
    with pytest.raises(ExportError, match="Remember has no parameter 'promt'; it has run, "):
        export_page("remember", {"promt": "x"})
    with pytest.raises(ExportError) as error:
        export_lesson("x")
    recorded(str(error.value), 47, "8000")
    assert main(["export", "page", "remember", "--at", "run"]) == 2
    assert "--at takes NAME=VALUE, such as run=Model5; got 'run'" in capsys.readouterr().err
    assert main(["export"]) == 2
    assert "what" in capsys.readouterr().err


@pytest.fixture(scope="module")
def written(own_runs) -> tuple[str, dict[str, bytes]]:
    """What the check of all lessons prints, and the files that it writes."""
    said, files, ended = StringIO(), {}, []

    def write(lesson: Lesson, **form: bool) -> bytes:
        return files.setdefault(lesson.id, lesson_file(lesson, **form))

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.setattr("hnviz.export.lesson.lesson_file", write)
        patch.setattr("hnviz.engine.client.close_shared_engine", lambda: ended.append(True))
        assert main(["lessons", "check"]) == 0
    assert ended  # it is not ended here: other tests ask it
    return said.getvalue(), files


def test_every_lesson_is_a_file_with_room_for_another_picture(written):
    said, files = written
    assert MAX_FILE_BYTES == 1_500_000
    n_translations = len(translations())
    counted = f"{len(lessons())} lessons and {n_translations} translation"
    assert said.endswith(f"\n{counted} have no problem\n") and n_translations == 1
    assert files.keys() == lessons().keys()
    for lesson, file in files.items():
        assert f"{lesson}.toml: {len(file):,} bytes as a file\n" in said
        assert len(file) <= MAX_FILE_BYTES - 80_000, lesson


def test_a_lesson_alone_in_an_index_and_for_a_class_is_the_same_file(written, monkeypatch):
    """So one form of each lesson, the largest, shows how large all are."""
    once = cache(lambda page, at: collect(page, dict(at)))
    monkeypatch.setattr("hnviz.export.lesson.collect", lambda page, at: once(page, (*at.items(),)))
    lesson = lessons()["text-into-batches"]
    plain, beside = lesson_file(lesson), lesson_file(lesson, beside=True)
    for_class = written[1][lesson.id]
    assert plain == export_lesson(lesson.id)
    assert len(plain) < len(for_class) and len(beside) < len(for_class) < len(plain) + 100
    assert b"connect-src 'self'" in for_class and b"connect-src" not in beside
    assert [held(each.decode())[0]["lesson"]["beside"] for each in (plain, beside)] == [False, True]


def test_the_index_of_lessons_sets_code_as_code(monkeypatch):
    monkeypatch.setattr("hnviz.export.lesson.lesson_file", lambda *_, **__: b"")
    name, page = list(export_index())[-1]
    assert name == "index.html"
    assert b"<code>detach</code>" in page and b"`" not in page


def test_a_step_of_a_lesson_shows_the_section_that_it_points_into(written):
    file, _ = held(written[1]["learning-rate"].decode())
    named = [
        [
            part["picture"]["name"]
            for part in map(file["parts"].__getitem__, view["parts"])
            if "picture" in part
        ]
        for scene in file["scenes"]
        for view in scene["views"]
    ]
    for step, pictures in zip(file["lesson"]["steps"], named, strict=True):
        if "/" in step["point"]:
            assert step["point"] in pictures
    assert "train/schedule" in named[0] and "train/curves" not in named[0]
    assert "models/cursor" not in named[4]
    assert "train/inside" in named[5]  # below the curves


def test_a_page_that_takes_too_long_or_fails_is_said_to_be_that(own_runs, monkeypatch, recorded):
    def fails() -> bool:
        raise LookupError("no such thing")

    with monkeypatch.context() as patch:
        patch.setattr(collecting, "PATIENCE", 0.001)
        with pytest.raises(ExportError) as error:
            export_page("feed", {})
        recorded(str(error.value), 0.001)
    monkeypatch.setattr(start, "may_view", fails)
    with pytest.raises(ExportError, match=r"^the page feed failed: no such thing$"):
        export_page("feed", {})


@pytest.mark.slow
def test_an_export_beside_a_class_has_all_pages_and_leaves_the_class_alone(tmp_path):
    """The server of a class has its lessons written by a process with its own environment."""
    runs, path = tmp_path / "runs", tmp_path / "feed.html"
    environ = {**os.environ, "HNVIZ_CLASS": "coded", "HNVIZ_RUNS_DIR": str(runs)}
    command = [sys.executable, "-m", "hnviz", "export", "page", "feed", "-o", str(path)]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "join the class" not in path.read_text().lower()
    assert not list(runs.glob("class.*"))


def test_an_answer_that_a_busy_engine_refuses_is_asked_for_again(own_runs, monkeypatch):
    asked = []

    def busy(self, at, patience):
        asked.append(at.step)
        if len(asked) < 3:
            raise Refusal("the engine did not start within 60 s", 503)
        return Entry.of(pack(Reply({}, {})))

    monkeypatch.setattr(Answers, "answer", busy)
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: None)
    monkeypatch.setattr(contents, "time", clock)
    held = contents.Contents(Answers(server(), VIEWS), {})
    held.add_answer(Question("Model5", 0, "counting_map"))
    assert asked == [0, 0, 0] and len(held.blobs) == 1


def lessons_written_by(write: Callable[[str], bytes]) -> TestClient:
    state = ServerState()  # with a cache of its own
    routes = downloads.download_routes(state, SimpleNamespace(lesson=write))  # type: ignore[arg-type]
    return TestClient(Starlette(routes=door(routes)))


def test_a_lesson_is_written_once_for_all_who_ask(recorded):
    asked: list[str] = []

    def write(lesson: str) -> bytes:
        asked.append(lesson)
        if lesson == "none":
            raise Refusal("no lesson is named 'none'; choose one of a, b")
        return b"<!doctype html>" + lesson.encode()

    client = lessons_written_by(write)
    names = ("a", "none", "A", "a" * 99, "a")
    one, none, large, long, again = (client.get(f"/api/lessons/{name}/file") for name in names)
    assert (one.status_code, one.content) == (200, b"<!doctype html>a")
    assert again.content == one.content
    assert one.headers["content-disposition"] == 'attachment; filename="a.html"'
    assert one.headers["content-type"] == "text/html; charset=utf-8"
    assert none.status_code == 422
    recorded(none.json()["error"])
    assert (large.status_code, long.status_code) == (404, 404)
    assert asked == ["a", "none"]


def test_one_viewer_has_so_many_files_in_the_line_and_others_theirs():
    free, begun = threading.Event(), threading.Event()

    def write(name: str) -> bytes:
        begun.set()
        free.wait(120)
        return name.encode()

    client = lessons_written_by(write)

    def get(name: str, viewer: int = 0) -> int:
        headers = {"cookie": f"hnviz-viewer={viewer:032x}"}
        return client.get(f"/api/lessons/{name}/file", headers=headers).status_code

    with ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(get, "a")]
        assert begun.wait(120)
        asked += [pool.submit(get, name) for name in "bcd"]
        refused = next(as_completed(asked, 120))  # one is written, and two wait
        others = pool.submit(get, "e", 1)
        time.sleep(0.1)
        assert refused.result() == 429 and not others.done()
        free.set()
        assert others.result(120) == 200
        assert sorted(each.result(120) for each in asked) == [200, 200, 200, 429]


def test_another_process_says_in_one_sentence_why_a_lesson_cannot_be_written(own_runs, recorded):
    with pytest.raises(Refusal) as error:
        Exporter().lesson("nowhere")
    recorded(str(error.value), 47, "8000")


def test_a_file_that_is_being_written_ends_with_the_server(own_runs):
    exporter = Exporter()
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(exporter.lesson, "text-into-batches", in_class=True)
        while not exporter.is_writing:
            time.sleep(0.01)
        exporter.end()
        with pytest.raises(Refusal, match="the file could not be written"):
            writing.result(60)
    assert not exporter.is_writing


def test_a_run_is_taken_away_as_a_notebook_and_as_a_zip_file(tmp_path, monkeypatch, own_runs):
    routes = downloads.download_routes(server(), Exporter())
    client = TestClient(Starlette(routes=door(routes)), base_url="http://127.0.0.1")
    notebook = client.get("/api/runs/Model1/notebook")
    assert notebook.headers["content-disposition"] == 'attachment; filename="Model1.ipynb"'
    assert notebook.text == twin(RunStore(tmp_path).record("Model1"))
    packed = tmp_path / "Model1.zip"
    packed.write_bytes(client.get("/api/runs/Model1/zip").content)
    assert unpack(RunStore(tmp_path / "runs"), packed).read().epochs
    assert client.get("/api/runs/nowhere/zip").status_code == 404
    monkeypatch.setattr(downloads, "MAX_ZIP_MB", 0.1)
    refused = client.get("/api/runs/Model1/zip")
    assert refused.status_code == 413
    assert "python -m hnviz export run Model1" in refused.json()["error"]
