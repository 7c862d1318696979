"""The sentences that tests hold: snapshots of syrupy, a file a test file.

A test gives a sentence to the fixture `recorded`, with each number in it as the test knows it from
elsewhere. The words are in ``__snapshots__`` beside the test: ``pytest FILE --snapshot-update``
records them again; read the difference before you commit it. The words of tests in JavaScript are
in tests/data/js_sentences.json: ``HNVIZ_RECORD=1 node --test --test-concurrency=1
tests/js/*.test.js``.
A folder of the test is written as FOLDER, the name of a new run as RUN.
"""

import re
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent
_NUMBER = re.compile(r"(?<![A-Za-z\d])\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?")
_RUN = re.compile(r"\b\d{8}-\d{6}[\w-]*")
_END = re.compile(r"(?<=[.?!])(?:\*\*|[”)])*\s+|\n|</?(?:p|div|li|h\d|t[dhr]|span|br|svg)\b[^>]*>")

Numbers = tuple[float | str, ...]


def files_of_tests() -> list[Path]:
    """List the files of tests; some subjects have a folder, with a conftest of its own."""
    return sorted([*FOLDER.glob("test_*.py"), *FOLDER.glob("*/test_*.py")])


class Recorded:
    """Compares the sentences of one test with its snapshot, in their order."""

    def __init__(self, expected: Any, folders: str = "") -> None:
        """Take what each sentence has to equal, and the folder of all tests' folders."""
        self.expected, self.folders = expected, folders

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
        assert sentence == self.expected

    def shown(self, place: Any, part: str, *numbers: float | str) -> None:
        """Wait until a page or an element shows the words `part`; hold their sentence likewise."""
        is_page = hasattr(place, "goto")
        found = place.get_by_text(part) if is_page else place.filter(has_text=part)
        found.wait_for()
        self(found.inner_text(), *numbers, part=part)


def _written(number: float | str) -> str:
    return f"{number:,}" if isinstance(number, int) else str(number)


@pytest.fixture
def recorded(snapshot: Any, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Hold the sentences of a test to their records."""
    return Recorded(snapshot, str(tmp_path_factory.getbasetemp()))


def refusal(kind: type[Exception], ask: Any, *given: Any, **named: Any) -> str:
    """Return the sentence with which a call is refused."""
    with pytest.raises(kind) as error:
        ask(*given, **named)
    return str(error.value)
