"""Long sentences for links: each is stored beside the runs, and found by its hash."""

import os
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hnviz.app.shell.server import server
from hnviz.runs import default_runs_dir
from hnviz.runs.errors import RunWriteError
from hnviz.runs.typed import MARK, MAX_CHARS, MAX_FILES, TYPED, keep_typed, typed
from hnviz.web.controls import button_routes
from tests.pages import mounts, open_page

LONG = "one, two, " * 30


def test_a_sentence_is_found_by_its_name_and_stored_once(tmp_path):
    name = keep_typed(tmp_path, LONG)
    assert name.startswith(MARK) and len(name) == 21
    assert keep_typed(tmp_path, LONG) == name
    assert typed(tmp_path, name) == LONG
    (path,) = (tmp_path / TYPED).iterdir()
    assert path.name == f"{name[1:]}.txt"  # links of before find theirs
    assert keep_typed(tmp_path, f"{LONG}three") != name


@pytest.mark.parametrize(
    "name", ["", LONG, "~", f"~{'0' * 20}", "~../../etc/passwd", f"~{'0' * 21}"]
)
def test_no_other_name_has_one(tmp_path, name):
    keep_typed(tmp_path, LONG)
    assert typed(tmp_path, name) is None


def test_a_damaged_file_is_no_sentence(tmp_path):
    name = keep_typed(tmp_path, LONG)
    (path,) = (tmp_path / TYPED).iterdir()
    path.write_text("another")
    assert typed(tmp_path, name) is None
    assert typed(tmp_path, keep_typed(tmp_path, LONG)) == LONG


@pytest.mark.parametrize("text", ["", "  ", "a" * (MAX_CHARS + 1)])
def test_a_sentence_has_a_length(tmp_path, text):
    with pytest.raises(ValueError, match="characters"):
        keep_typed(tmp_path, text)
    assert not (tmp_path / TYPED).exists()


@pytest.mark.parametrize("text", ["a", "a" * MAX_CHARS, "half of \ud83d a pair"])
def test_what_a_browser_can_send_is_stored(tmp_path, text):
    runs = tmp_path / "not" / "there"
    assert typed(runs, keep_typed(runs, text)) == text.replace("\ud83d", "?")


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / TYPED).write_text("no folder")
    with pytest.raises(RunWriteError, match="File exists"):
        keep_typed(tmp_path, LONG)


def test_the_oldest_goes_where_there_are_many(tmp_path, monkeypatch):
    monkeypatch.setattr("hnviz.runs.typed.MAX_FILES", 3)
    assert MAX_FILES > 100
    names = []
    for number in range(7):
        names.append(keep_typed(tmp_path, f"{LONG} {number}"))
        os.utime(tmp_path / TYPED / f"{names[-1][1:]}.txt", (number, number))
        assert [name for name in names if typed(tmp_path, name) is not None] == names[-3:]


def test_an_old_one_that_another_process_deletes_is_passed_over(tmp_path, monkeypatch):
    def gone(path: Path) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("hnviz.runs.typed.MAX_FILES", 1)
    monkeypatch.setattr(Path, "unlink", gone)
    names = [keep_typed(tmp_path, f"{LONG} {number}") for number in range(2)]
    assert all(typed(tmp_path, name) for name in names)


def test_a_browser_has_one_stored_and_a_page_gets_it_back(own_runs):
    server.cache_clear()
    with TestClient(Starlette(routes=button_routes(server()))) as client:
        answer = client.post("/api/typed", json={"text": LONG})
    assert answer.status_code == 200
    name = answer.json()["name"]
    assert typed(default_runs_dir(), name) == LONG
    for text, stored in ((name, LONG), ("one, two", None)):
        shown = mounts(open_page("start", machine_text=text))
        (machine,) = [each["settings"] for each in shown if each["picture"] == "machine"]
        assert machine.get("typed") == stored
