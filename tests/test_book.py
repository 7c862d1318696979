"""The book: every document has its place, the diagram is the source's, and Sphinx builds it all."""

import re
import subprocess
import sys
import tomllib
from functools import cache

import pytest
import yaml

import hnviz
from tests import guide
from tests.conftest import ROOT
from tests.test_architecture import FILES, part_of

sys.path.insert(0, str(ROOT / "docs/site"))
from diagram import drawing, levels
from rooms import Room, arrows, reached
from rooms import rooms as rooms_of

DOCS = ROOT / "docs"
CHANGELOG = (DOCS / "CHANGELOG.md").read_text(encoding="utf-8")
IMPORT = re.compile(r"^ *(?:from|import) hnviz(?:\.(\w+)| import (\w+))", re.MULTILINE)


@cache
def rooms() -> dict[str, Room]:
    """Read from the source by a test, and not while tests are collected."""
    return rooms_of()


def test_every_document_has_its_place_in_the_book():
    listed = re.findall(r"^(?!:)(\w[\w/]*)$", (DOCS / "index.md").read_text(), re.MULTILINE)
    pages = {str(path.relative_to(DOCS).with_suffix("")) for path in DOCS.rglob("*.md")}
    assert sorted(listed) == sorted(pages - {"index"})


def test_the_rooms_are_those_of_the_source():
    parts = {part_of(path) for path in FILES} - {"__init__", "__main__"}
    assert set(rooms()) == parts
    for name, room in rooms().items():
        texts = [(ROOT / path).read_text("utf-8") for path in FILES if part_of(path) == name]
        found = {each for text in texts for pair in IMPORT.findall(text) for each in pair}
        assert room.imports == (found & parts) - {name}, name
        assert room.says, f"{name} has no docstring"
    assert {name for name, room in rooms().items() if room.torch} >= {"learn", "observe", "engine"}


def test_a_way_through_other_rooms_replaces_an_arrow_and_loses_nothing():
    shown = arrows(rooms())
    drawn = {name: Room(name, imports=set(shown[name])) for name in rooms()}
    for name in rooms():
        assert reached(drawn, name) == reached(rooms(), name)
    assert sum(map(len, shown.values())) < sum(len(room.imports) for room in rooms().values()) / 2


def test_a_room_is_above_what_it_imports_and_no_two_overlap():
    level = levels(rooms(), arrows(rooms()))
    for name, room in rooms().items():
        for other in room.imports:
            together = name in reached(rooms(), other)
            assert level[name] == level[other] if together else level[name] > level[other]
    boxes = re.findall(r'<rect x="(\d+)" y="(\d+)" width="(\d+)"', drawing(rooms()))
    places = [tuple(map(int, box)) for box in boxes]
    assert len(places) == len(rooms())
    for at, (x, y, width) in enumerate(places):
        for other_x, other_y, _ in places[at + 1 :]:
            assert y != other_y or abs(x - other_x) > width


def test_one_version_in_all_places():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["version"]["path"] == "hnviz/__init__.py"
    found = re.findall(r"^## (\d+)\.(\d+)\.(\d+), (\d{4}-\d\d-\d\d):", CHANGELOG, re.MULTILINE)
    versions = [tuple(map(int, each[:3])) for each in found]
    assert versions == sorted(versions, reverse=True) and len(set(versions)) == len(versions)
    assert hnviz.__version__ == ".".join(found[0][:3])
    cited = yaml.safe_load((DOCS / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)  # what the schema requires
    assert cited["cff-version"] == "1.2.0" and cited["authors"] == [{"name": "hnviz contributors"}]
    assert str(cited["version"]) == hnviz.__version__
    assert str(cited["date-released"]) == found[0][3]


def test_the_book_needs_what_its_developers_install():
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extra["docs"]) <= set((ROOT / "requirements-dev.txt").read_text().splitlines())


@pytest.mark.parametrize("page", sorted({path.name for path in DOCS.glob("*.md")}))
def test_what_a_page_changes_is_there(page):
    """A page that says how to add something fits the source of today, and names each file."""
    shown = re.sub("<!--.*?-->", "", (DOCS / page).read_text(encoding="utf-8"))
    written: dict[str, str] = {}
    for act in guide.acts(f"docs/{page}"):
        assert f"`{act.file}`" in shown or not act.file
        if act.verb == "changes":
            source = written.get(act.file) or (ROOT / act.file).read_text(encoding="utf-8")
            guide.patched(source, act.text)
        elif act.verb == "writes":
            assert not (ROOT / act.file).exists(), act.file
            written[act.file] = f"{act.text}\n"


def test_the_notebook_of_the_reference_runs(tmp_path, capsys):
    (act,) = guide.acts("docs/reference.md")
    code = act.text.replace("epochs=1,", "epochs=1, bs=512, bptt=64,")
    assert code != act.text
    names = {}
    exec(compile(code, act.file, "exec"), names)  # the document's own
    loss, accuracy = map(float, capsys.readouterr().out.split())
    assert loss > 0 and 0 < accuracy < 1
    assert names["state"].shape == (1, 20, 64)


@pytest.mark.slow
def test_the_book_is_built_without_a_warning(tmp_path):
    words = ["-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs/site", "docs", str(tmp_path)]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "architecture.html").read_text(encoding="utf-8")
    assert page.count('class="room') >= len(rooms())
    assert "LanguageModel" in (tmp_path / "reference.html").read_text(encoding="utf-8")
