"""The sentences that tests hold: ``python -m tests.sentences`` records them again.

A test gives a sentence to the fixture `recorded`, with each number in it as the test knows it from
elsewhere. The words are in tests/data/sentences.json: read the difference before you commit it.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
FILE = FOLDER / "data/sentences.json"
_NUMBER = re.compile(r"(?<![A-Za-z\d])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")

_heard: dict[str, list[str]] | None = None  # while they are recorded


class Recorded:
    """Compares the sentences of one test with those of the file, in their order."""

    def __init__(self, expected: list[str] | None) -> None:
        """Without `expected` sentences, it only collects those that are given."""
        self.expected, self.given = expected, list[str]()

    def __call__(self, sentence: str, *numbers: float | str) -> None:
        """Hold a sentence to its record, and its numbers to these, in their order.

        A whole number may have commas, and a float has the digits that Python writes.
        """
        assert _NUMBER.findall(sentence) == [*map(_written, numbers)], sentence
        place = len(self.given)
        self.given.append(sentence)
        if self.expected is not None:
            assert [sentence] == self.expected[place : place + 1], "python -m tests.sentences"


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
    test = f"{request.path.name}::{request.node.name}"
    mine = Recorded(None if _heard is not None else sentences().get(test, []))
    if _heard is not None:
        _heard[test] = mine.given
    return mine


class Holders:
    """A plugin of pytest: only tests that hold sentences are run."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out all others."""
        items[:] = [each for each in items if "recorded" in getattr(each, "fixturenames", ())]


def main(paths: list[str]) -> int:
    """Record the sentences of these files, or of all that hold any; return pytest's status."""
    global _heard
    held = [path for path in FOLDER.glob("test_*.py") if "recorded(" in path.read_text("utf-8")]
    files = [Path(path) for path in paths] or held
    _heard = {}
    status = pytest.main(["-q", *map(str, files)], plugins=[Holders()])
    names = {path.name for path in files}
    others = {test: said for test, said in sentences().items() if test.split("::")[0] not in names}
    written = json.dumps(others | _heard, indent=1, sort_keys=True, ensure_ascii=False)
    FILE.write_text(f"{written}\n", encoding="utf-8")
    return int(status)


if __name__ == "__main__":
    from tests import sentences as this  # the module whose fixture the tests have

    sys.exit(this.main(sys.argv[1:]))
