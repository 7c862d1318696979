"""A page's name in prose is a link to that page."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from hnviz.app.shell.navigation import PAGES
from tests.conftest import ROOT

TITLES = [title for pages in PAGES.values() for title in pages.values()]
MADE = "made"  # what a string is made of, where that is not written in it
FILES = {name for pages in PAGES.values() for name in pages}
LINK = re.compile(r"\[[^]]+\]\((\w+)(?:\?[^)]*)?\)")
# After another word, a capital makes it a page. "Press Train": that is the button.
NAMED = re.compile(
    rf"(?<=[a-z,;:] )(?<!Press )(?:{'|'.join(TITLES)})\b|(?:{'|'.join(TITLES)})(?= page\b)"
)
QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`")


def unlinked(sentence: str) -> list[str]:
    """Return the names of pages that a sentence leaves without a link."""
    return NAMED.findall(LINK.sub("", sentence))


def said_by_python(path: Path) -> Iterator[str]:
    """Return what a module may write on a page: its strings, but for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else MADE for part in node.values)
            yield "".join(map(str, parts))
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes
        ):
            yield node.value


def said_by_javascript(path: Path) -> Iterator[str]:
    """Return the strings of a module, without its comments."""
    text = re.sub(r"/\*.*?\*/|^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.S | re.M)
    yield from (each.group()[1:-1] for each in QUOTED.finditer(text))


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        (
            "Train one on the Train page, then look at Remember.",
            ["Train", "Remember"],
        ),
        ("Train one on the [Train](train) page.", []),
        ("Press Train to begin.", []),
        ("Train reaches 99.8 %, and data are read.", []),
    ],
)
def test_a_name_without_a_link_is_found(sentence: str, names: list[str]) -> None:
    assert unlinked(sentence) == names


def test_no_prose_names_a_page_without_a_link() -> None:
    pages = ROOT / "hnviz/app"
    keys = pages / "shell/keys.py"  # writes docs/addresses.md, and nothing on a page
    python = [path for path in pages.rglob("*.py") if path != keys]
    python += (ROOT / "hnviz/figures").rglob("*.py")
    said = [(path, each) for path in python for each in said_by_python(path)]
    said += [(path, each) for path in pages.rglob("*.js") for each in said_by_javascript(path)]
    assert len(said) > 1000
    assert [(path.name, each) for path, each in said if unlinked(each)] == []


def test_a_link_goes_to_a_page_that_is_there() -> None:
    for path in (ROOT / "hnviz/app").rglob("*.py"):
        for each in said_by_python(path):
            assert set(LINK.findall(each)) <= {*FILES, MADE}, (path, each)


def test_one_function_makes_links_to_pages() -> None:
    makers = [
        path.name
        for path in (ROOT / "hnviz/app").rglob("*.py")
        if "st.page_link(" in path.read_text(encoding="utf-8")
    ]
    assert makers == ["text.py"]


def _sentences() -> None:
    from hnviz.app.kit.text import linked
    from hnviz.app.shell.navigation import navigation

    navigation()
    linked("None: train one on the [Train](train) page, then look.")
    linked("[Next: what does it keep?](remember)")


def test_a_sentence_is_written_around_its_link() -> None:
    app = AppTest.from_function(_sentences, default_timeout=120).run()
    assert [each.value for each in app.markdown] == [
        "None: train one on the",
        "page, then look.",
    ]
    links = [each.proto for each in app.get("page_link")]
    assert [(each.label, Path(each.page).name) for each in links] == [
        ("Train", "train"),
        ("Next: what does it keep?", "remember"),
    ]
