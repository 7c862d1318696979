"""What a page of docs/ says to do, done: files written, files changed, commands run.

A comment above a block of code says what the block is:

    <!-- writes FILE -->   the whole file
    <!-- changes FILE -->  lines of a diff: what is there, and what is there afterwards
    <!-- runs -->          commands, one a line, which end with status 0
"""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

BLOCK = re.compile(r"<!-- (writes|changes|runs) ?(\S*) -->\n *```\w*\n(.*?)\n *```$", re.S | re.M)
CELL = re.compile(r"^```python\n(.*?)\n```$(?:\n\n```text\n(.*?)\n```$)?", re.S | re.M)
STOP = re.compile(r"`(/\S*)`: (?:(?!`/).)*?!\[[^]]+\]\(docs/screenshots/(\w+)\.png\)", re.DOTALL)


class Act(NamedTuple):
    """One thing that a page says to do."""

    verb: str  # "writes", "changes" or "runs"
    file: str  # "" for commands
    text: str


def acts(page: str) -> list[Act]:
    """List what a page says to do, in its order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = [Act(*each) for each in BLOCK.findall(text)]
    assert len(found) == len(re.findall(r"^ *<!-- (?:writes|changes|runs)\b", text, re.MULTILINE))
    return found


def cells(page: str) -> list[tuple[str, str]]:
    """List the cells of a notebook on a page: the code, and what its last line shows, or ""."""
    return CELL.findall((ROOT / page).read_text(encoding="utf-8"))


def shown(code: str, names: dict[str, object]) -> str:
    """Run a cell as a notebook does; return what its last expression shows, or ""."""
    *body, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        body.append(last)
    exec(compile(ast.Module(body, []), "cell", "exec"), names)  # the document's own
    value = eval(ast.unparse(last), names) if isinstance(last, ast.Expr) else None
    return "" if value is None else repr(value)


def commands(page: str) -> list[list[str]]:
    """List the commands of a page, each as words after `python -m hnviz`."""
    return [words[3:] for each in acts(page) if each.verb == "runs" for words in _split(each)]


def tour() -> list[tuple[str, str]]:
    """List the pages of the README's tour: the address and the name of the picture of each."""
    return STOP.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def follow(page: str, folder: Path) -> None:
    """Write and change the files that a page says, below a folder."""
    for act in acts(page):
        path = folder / act.file
        if act.verb == "writes":
            assert not path.exists(), f"{page} writes {act.file}, which is there"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{act.text}\n", encoding="utf-8")
        elif act.verb == "changes":
            rewrite(path, patched(path.read_text(encoding="utf-8"), act.text))


def rewrite(path: Path, text: str) -> None:
    """Write a file again; the old one may be a link to the project's own."""
    path.unlink()
    path.write_text(text, encoding="utf-8")


def patched(source: str, diff: str) -> str:
    """Apply the lines of a diff, whose old lines must be there once."""
    lines = diff.splitlines()
    old = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
    new = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
    assert old != new and source.count(old) == 1, (
        f"these lines of the document's diff are not in the file, once: change the diff, too\n{old}"
    )
    return source.replace(old, new)


def copied(folder: Path) -> Path:
    """Copy the project; files, compiled ones too, are links; tests and documents are its own."""
    for name in ("hnviz", "pages"):
        shutil.copytree(
            ROOT / name,
            folder / name,
            copy_function=_linked,
            ignore=shutil.ignore_patterns("*.pyc.*"),  # being written
        )
    shutil.copy(ROOT / "app.py", folder)
    for name in ("tests", "docs"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def environ(folder: Path) -> dict[str, str]:
    """Return the environment in which Python finds the copy, and keeps its runs there."""
    own = {"PYTHONPATH": str(folder), "HNVIZ_RUNS_DIR": str(folder / "runs")}
    return {**os.environ, **own}


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a copy."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=environ(folder),
        capture_output=True,
        text=True,
        timeout=500,
    )


def _split(act: Act) -> Iterator[list[str]]:
    for line in act.text.splitlines():
        words = shlex.split(line, comments=True)
        assert words[:3] == ["python", "-m", "hnviz"], line
        yield words


def _linked(source: str, target: str) -> None:
    """Share a file where that is possible, as it is within one disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
