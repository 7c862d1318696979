"""The sentences that tests hold: ``python -m tests.sentences`` records them again.

A test gives a sentence to the fixture `recorded`, with each number in it as the test knows it from
elsewhere. The words are in tests/data/sentences.json, those of tests in JavaScript in
tests/data/js_sentences.json: read the difference before you commit it.
A folder of the test is written as FOLDER, the name of a new run as RUN.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent
FILE = FOLDER / "data/sentences.json"
LONGEST_NAME = 120  # characters
JS_FILE = FOLDER / "data/js_sentences.json"
_NUMBER = re.compile(r"(?<![A-Za-z\d])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")
_RUN = re.compile(r"\b\d{8}-\d{6}[\w-]*")
_END = re.compile(r"(?<=[.?!])(?:\*\*|[”)])*\s+|\n|</?(?:p|div|li|h\d|t[dhr]|span|br|svg)\b[^>]*>")

Numbers = tuple[float | str, ...]
_heard: dict[str, list[str]] | None = None  # while they are recorded


def files_of_tests() -> list[Path]:
    """List the files of tests; some subjects have a folder, with a conftest of its own."""
    return sorted([*FOLDER.glob("test_*.py"), *FOLDER.glob("*/test_*.py")])


class Recorded:
    """Compares the sentences of one test with those of the file, in their order."""

    def __init__(self, expected: list[str] | None, folders: str = "") -> None:
        """Without `expected` sentences, it only collects those that are given."""
        self.expected, self.given, self.folders = expected, list[str](), folders

    def __call__(self, sentence: str, *numbers: float | str, part: str = "") -> None:
        """Hold a sentence to its record, and its numbers to these, in their order.

        A whole number may have commas, and a float has the digits that Python writes. `part` are
        words of the one sentence that is meant, where a text has several.
        """
        if part:
            found = [each for each in _END.split(sentence) if part in each]
            assert len(found) == 1, f"{len(found)} sentences have {part!r}: {sentence}"
            sentence = found[0]
        if self.folders:
            sentence = re.sub(rf"{re.escape(self.folders)}/[^/\s'\":]+", "FOLDER", sentence)
        sentence = _RUN.sub("RUN", sentence)
        assert _NUMBER.findall(sentence) == [*map(_written, numbers)], sentence
        place = len(self.given)
        self.given.append(sentence)
        if self.expected is not None:
            assert [sentence] == self.expected[place : place + 1], "python -m tests.sentences"

    def shown(self, place: Any, part: str, *numbers: float | str) -> None:
        """Wait until a page or an element shows the words `part`; hold their sentence likewise."""
        is_page = hasattr(place, "goto")
        found = place.get_by_text(part) if is_page else place.filter(has_text=part)
        found.wait_for()
        self(found.inner_text(), *numbers, part=part)


def inside(path: Path) -> str:
    """Return a file's name, with the folder of its subject where it has one."""
    path = path.resolve()
    return path.relative_to(FOLDER).as_posix() if path.is_relative_to(FOLDER) else path.name


def named(test: pytest.Item) -> str:
    """Return a test's name in the file: of a long one the beginning, and a hash of the whole."""
    name = f"{inside(test.path)}::{test.name}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:LONGEST_NAME]}… {hashlib.sha1(name.encode()).hexdigest()[:8]}"


def _written(number: float | str) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)


@cache
def sentences() -> dict[str, list[str]]:
    """Return the recorded sentences by file and name of their test."""
    known: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return known


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """Hold the sentences of a test to their records."""
    test = named(request.node)
    folders = request.getfixturevalue("tmp_path_factory").getbasetemp()
    mine = Recorded(None if _heard is not None else sentences().get(test, []), str(folders))
    if _heard is not None:
        _heard[test] = mine.given
    return mine


class Holders:
    """A plugin of pytest: only tests that hold sentences are run."""

    def __init__(self) -> None:
        self.tests: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out all others."""
        items[:] = [each for each in items if "recorded" in getattr(each, "fixturenames", ())]
        self.tests = {named(each) for each in items}


def main(paths: list[str]) -> int:
    """Record the sentences of these files, or of all that hold any; return the tests' status.

    A test that is skipped, as for want of a browser, keeps its record; so does each where a file
    is missing.
    """
    global _heard
    held = [path for path in files_of_tests() if "recorded" in path.read_text("utf-8")]
    files = [Path(path) for path in paths] or held
    holders, _heard = Holders(), {}
    status = pytest.main(["-q", *map(str, files)], plugins=[holders])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return int(status)  # nothing ran: each sentence keeps its record
    names = set(map(inside, files))
    kept = {
        test: said
        for test, said in sentences().items()
        if test.split("::")[0] not in names or test in holders.tests
    }
    written = json.dumps(kept | _heard, indent=1, sort_keys=True, ensure_ascii=False)
    FILE.write_text(f"{written}\n", encoding="utf-8")
    return int(status) if paths else max(int(status), record_javascript())


def record_javascript() -> int:
    """Record the sentences of the tests in JavaScript, where node is; return its status."""
    if not (node := shutil.which("node")):
        return 0
    JS_FILE.write_text("{}\n", encoding="utf-8")
    tests = sorted((FOLDER / "js").glob("*.test.js"))
    command = [node, "--test", "--test-concurrency=1", *map(str, tests)]
    return subprocess.run(command, env={**os.environ, "HNVIZ_RECORD": "1"}, check=False).returncode


if __name__ == "__main__":
    from tests import sentences as this  # the module whose fixture the tests have

    sys.exit(this.main(sys.argv[1:]))
