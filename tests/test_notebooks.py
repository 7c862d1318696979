"""The notebooks of docs/notebooks: what they store, and that they run and are true."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from nbformat import NotebookNode, validate

from tests.conftest import ROOT
from tests.notebooks import LIVE, NOTEBOOKS, executed, quoted, read, said

MAX_BYTES = 500_000
ROUNDED = 0.6  # points between a figure of a text and that of the stored output
ELSEWHERE = 8  # points: another processor, and one weight in the last digit, change a training
NEEDS = {"lesson": "fastai.basics"}
NAMES = [path.stem for path in NOTEBOOKS]


def calls(cell: NotebookNode) -> set[str]:
    """Return the names of hnviz that a cell's last line calls, and whose value it shows."""
    last = ast.parse(cell.source).body[-1]
    return set(re.findall(r"^hnviz\.(\w+)\(", ast.unparse(last)))


def untruths(book: NotebookNode, points: float) -> list[tuple[str, float]]:
    """List the percentages that texts quote and the outputs before them do not have."""
    return [
        (text, share)
        for text, shares, outputs in quoted(book)
        for share in shares
        if not any(abs(share - each) <= points for each in outputs)
    ]


def masked(text: str) -> str:
    """Return a text with its numbers replaced: they are other ones on another processor."""
    return re.sub(r"\d+", "0", text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_stored_notebook_has_sentences_and_still_pictures(path: Path) -> None:
    book = read(path)
    validate(book)
    assert path.stat().st_size < MAX_BYTES
    shown = [cell for cell in book.cells if cell.cell_type == "code" and "show" in calls(cell)]
    assert len(shown) > 3
    for cell in shown:
        (output,) = cell.outputs
        assert LIVE not in output.data and "\n" not in said(cell)
        drawing = ElementTree.fromstring(output.data["image/svg+xml"])
        assert drawing.get("aria-label") == said(cell)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_percentages_of_a_text_are_those_of_the_output_before_it(path: Path) -> None:
    book = read(path)
    assert list(quoted(book))
    assert untruths(book, ROUNDED) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_and_the_page_of_pictures_link_a_notebook(name: str) -> None:
    for page, link in (("README.md", "docs/notebooks"), ("docs/notebook.md", "notebooks")):
        assert f"({link}/{name}.ipynb)" in (ROOT / page).read_text(encoding="utf-8"), page


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_runs_and_says_what_its_text_says(path: Path, tmp_path: Path) -> None:
    if needed := NEEDS.get(path.stem):
        pytest.importorskip(needed, reason=f"{path.name} needs {needed.partition('.')[0]}")
    before, book = read(path), executed(path, tmp_path)
    assert untruths(book, ELSEWHERE) == []
    for old, new in zip(before.cells, book.cells, strict=True):
        if old.cell_type != "code":
            continue
        kinds = [[sorted(each.get("data", {})) for each in cell.outputs] for cell in (old, new)]
        assert kinds[0] == [[name for name in each if name != LIVE] for each in kinds[1]]
        if "check" in calls(old):
            assert masked(said(old)) == masked(said(new))
