"""The notebooks of docs/notebooks: run, and stored with their sentences and still pictures.

python -m tests.notebooks                        runs each and writes its outputs
python -m tests.notebooks docs/notebooks/A.ipynb runs one
"""

import argparse
import os
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbclient
import nbformat
from nbformat import NotebookNode

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))
LIVE = "text/html"  # of a picture: too large for a repository, and dropped by GitHub
PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
CELL = re.compile(r"\S*ipykernel_\d+\S*\.py")
SECONDS = 300  # for a cell


def read(path: Path) -> NotebookNode:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def executed(path: Path, runs: Path) -> NotebookNode:
    """Run a notebook, which writes its runs below `runs`. Raises CellExecutionError."""
    book = read(path)
    own = {"HNVIZ_RUNS_DIR": str(runs), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    resources = {"metadata": {"path": str(runs)}}
    client = nbclient.NotebookClient(book, timeout=SECONDS, resources=resources)
    client.execute(env={**os.environ, **own})
    return book


def stored(book: NotebookNode, runs: Path) -> NotebookNode:
    """Return a notebook as the repository has it: with sentences and still pictures."""
    for cell in book.cells:
        cell.metadata.clear()
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(LIVE, None)
            if "text" in output:  # a warning: its cell's file has another name in each kernel
                output["text"] = CELL.sub("cell", output["text"])
            for name, content in output.get("data", {}).items():
                output["data"][name] = content.replace(str(runs), "runs")
    return book


def said(cell: NotebookNode) -> str:
    """Return what a cell's outputs say as text."""
    outputs = cell.get("outputs", ())
    return "\n".join(each.get("data", {}).get("text/plain", "") for each in outputs)


def quoted(book: NotebookNode) -> Iterator[tuple[str, list[float], list[float]]]:
    """Yield each text that quotes percentages, these, and those of the output before it."""
    before: list[float] = []
    for cell in book.cells:
        if cell.cell_type == "code":
            before = percentages(said(cell)) or before
        elif shares := percentages(cell.source):
            yield cell.source, shares, before


def percentages(text: str) -> list[float]:
    """Return the percentages of a text."""
    return [float(each) for each in PERCENT.findall(text)]


def main() -> None:
    """Run the notebooks, and write their outputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=NOTEBOOKS)
    for path in parser.parse_args().files:
        with TemporaryDirectory() as folder:
            runs = Path(folder)
            nbformat.write(stored(executed(path, runs), runs), path)


if __name__ == "__main__":
    main()
