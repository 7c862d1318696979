"""The worst words of docs/words.md appear in no source, document or test."""

import re
from pathlib import Path

import pytest

from hnviz.figures.terms import TERMS
from tests.conftest import ROOT

WORST = {
    "stands": r"stands?|stood",
    "tells": r"tells|(?:is|are|was|were|be|been|being) told",
    "anew": r"anew",
    "whoever": r"who(?:so)?ever",
    "what takes long": r"what takes long",
    "makes it so that": r"makes? it so that",
    "by itself": r"by (?:itself|themselves)",
    "shipped run": r"shipped runs?",
    "snapshot slider": r"snapshot sliders?",
}
"""What docs/words.md calls it -> a regular expression; " " also matches a line's end."""

LATER = ("tests",)
"""Folders and files that are not rewritten yet; delete an entry once it is done."""

EXEMPT = ("docs/words.md", "docs/CHANGELOG.md", "tests/test_words_used.py")
"""The files that list these words, and the history."""

BREAK = r"\s+(?:(?:#|//|\*|>)\s*)?"  # a space, or a line's end and the next line's comment mark
PATTERNS = {
    name: re.compile(rf"\b(?:{words.replace(' ', BREAK)})\b", re.IGNORECASE)
    for name, words in WORST.items()
}


def texts() -> list[Path]:
    """Every .py, .js, .md and .ipynb file of the project, relative to its root."""
    found = [ROOT / "app.py", ROOT / "README.md"]
    for folder in ("hnviz", "pages", "tests", "docs"):
        for kind in ("py", "js", "md", "ipynb"):
            found += (ROOT / folder).rglob(f"*.{kind}")
    names = sorted(path.relative_to(ROOT) for path in found)
    return [
        name for name in names if name.as_posix() not in EXEMPT and "node_modules" not in name.parts
    ]


def worst_words(text: str) -> list[tuple[int, str]]:
    """Return the line, from 1, and the entry in docs/words.md of each word to replace."""
    return sorted(
        (text.count("\n", 0, match.start()) + 1, name)
        for name, pattern in PATTERNS.items()
        for match in pattern.finditer(text)
    )


def test_the_worst_words_are_not_used():
    names = [name for name in texts() if not any(map(name.is_relative_to, LATER))]
    assert {"hnviz", "pages", "docs", "README.md"} <= {name.parts[0] for name in names}
    found = [
        f'{name.as_posix()}:{line}: do not write "{word}"; docs/words.md has a plainer word'
        for name in names
        for line, word in worst_words((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_each_worst_word_is_in_the_list_of_words():
    table = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    left = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    for name in WORST:
        assert any(name in cell for cell in left), name


def test_pages_explain_the_terms_in_the_words_of_the_list():
    text = (ROOT / "docs" / "words.md").read_text(encoding="utf-8").split("## Terms")[1]
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", text, re.MULTILINE)[1:]
    assert dict(rows) == TERMS


@pytest.mark.parametrize("name", LATER)
def test_what_is_left_for_later_exists(name):
    assert (ROOT / name).exists(), f"{name} is gone: delete it from LATER"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Here stand the trained weights", [(1, "stands")]),
        ("x = 1\n# The page is\n# told anew.", [(2, "tells"), (3, "anew")]),
        ("a network goes on by\nitself; Whoever has the link", [(1, "by itself"), (2, "whoever")]),
        ("The snapshot slider of a shipped run", [(1, "shipped run"), (1, "snapshot slider")]),
        ("worker.tell(told); stand_back(1); standing; understands; newly", []),
    ],
)
def test_a_word_is_found_at_its_line(text, found):
    assert worst_words(text) == found
